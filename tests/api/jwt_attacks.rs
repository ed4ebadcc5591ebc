//! JWTs as attackers make them: each is refused for its own reason, which only the log has, and all look the same outside.

use crate::common;
use crate::common::jwt;

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use common::http::request;
use common::{CONFIG, KEY, PATIENCE, Response, Scratch};
use jwt::{PATIENT, Signer, URL, claims, header, key, now};

/// What it is called, the token, and why it is refused.
type Attack = (&'static str, String, &'static str);

const HOUR: i64 = 3600;

fn good(signer: &Signer) -> String {
    signer.token("ci", &json!({}))
}

/// A token for the key `ci`, by its own signer, but for these headers.
fn with_header(signer: &Signer, changes: &Value) -> String {
    signer.sign(&header("ci", changes), &claims(&json!({})))
}

/// Taken apart and put together again in another way.
fn forged(ours: &Signer, theirs: &Signer) -> Vec<Attack> {
    let good = good(ours);
    let [head, body, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let by_secret = |secret: &[u8]| {
        let message = format!("{}.{body}", encoded(&header("ci", &json!({ "alg": "HS256" }))));
        let tag = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret), message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
    };
    let widened = encoded(&claims(&json!({ "scope": "create read revoke redeem" })));
    let bare_header = encoded(&json!({ "alg": "EdDSA", "kid": "ci" }));
    let mut other_signature = signature.to_owned();
    other_signature.replace_range(..1, if signature.starts_with('A') { "B" } else { "A" });
    let (another, wrong) = ("token with another algorithm", "wrong signature");
    let mut attacks: Vec<Attack> = vec![
        ("the public key as a secret", by_secret(ours.public_pem().as_bytes()), another),
        ("the public key as a secret, trimmed", by_secret(ours.public_pem().trim_end().as_bytes()), another),
        ("the public key's bytes as a secret", by_secret(ours.public()), another),
        ("another algorithm's name", with_header(ours, &json!({ "alg": "ES256" })), another),
        ("an algorithm of the same key", with_header(ours, &json!({ "alg": "Ed448" })), "malformed token header"),
        ("no header", format!("e30.{body}.{signature}"), "malformed token header"),
        ("no kid", with_header(ours, &json!({ "kid": null })), "token without kid"),
        ("swapped kid", ours.token("other", &json!({})), wrong),
        ("unknown kid", ours.token("nobody", &json!({})), "unknown key"),
        ("kid of a secret", ours.token("site", &json!({})), "unknown key"),
        ("kid as a path", ours.token("../ci", &json!({})), "unknown key"),
        ("another signer", theirs.token("ci", &json!({})), wrong),
        ("tampered payload", format!("{head}.{widened}.{signature}"), wrong),
        ("tampered header", format!("{bare_header}.{body}.{signature}"), wrong),
        ("tampered signature", format!("{head}.{body}.{other_signature}"), wrong),
        ("no signature", format!("{head}.{body}."), wrong),
        ("signature of nothing", format!("{head}.{body}.{}", URL_SAFE_NO_PAD.encode([0; 64])), wrong),
        ("four parts", format!("{good}.{signature}"), "malformed key"),
        ("two parts", format!("{head}.{body}"), "malformed key"),
        ("empty parts", "..".into(), "malformed key"),
    ];
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let head = encoded(&header("ci", &json!({ "alg": alg })));
        attacks.push(("alg: none", format!("{head}.{body}."), "malformed token header"));
        attacks.push(("alg: none, signed", format!("{head}.{body}.{signature}"), "malformed token header"));
    }
    attacks
}

/// Headers that would have the token choose how it is judged.
fn with_demands(ours: &Signer, theirs: &Signer) -> Vec<Attack> {
    let foreign = "token header with jwk, jku, x5u, x5c or crit";
    vec![
        ("embedded jwk", with_header(theirs, &json!({ "jwk": theirs.jwk("ci") })), foreign),
        ("embedded jku", with_header(theirs, &json!({ "jku": "https://evil.example/jwks" })), foreign),
        ("embedded x5u", with_header(theirs, &json!({ "x5u": "https://evil.example/cert" })), foreign),
        ("embedded x5c", with_header(theirs, &json!({ "x5c": ["MIIB"] })), foreign),
        ("embedded jwk, well signed", with_header(ours, &json!({ "jwk": ours.jwk("ci") })), foreign),
        ("crit", with_header(ours, &json!({ "crit": ["b64"], "b64": false })), foreign),
        ("another type", with_header(ours, &json!({ "typ": "dpop+jwt" })), "token of another type"),
    ]
}

/// Well signed, and not for this service, this key or this time.
fn misclaimed(ours: &Signer) -> Vec<Attack> {
    let (malformed, audience) = ("malformed claims", "token for another audience");
    let (issuer, claim) = ("token of another issuer", "token without a claim that is declared");
    let attacks = [
        ("too long", json!({ "x": "x".repeat(8 << 10) }), "token of more than 8192 bytes"),
        ("missing exp", json!({ "exp": null }), "token without exp"),
        ("exp as text", json!({ "exp": "4102444800" }), malformed),
        ("exp beyond time", json!({ "exp": 1e300 }), malformed),
        ("expired", json!({ "exp": now() - 61 }), "expired token"),
        ("far-future exp", json!({ "exp": 4_102_444_800_i64 }), "token that lives for more than a day"),
        ("iat too old", json!({ "iat": now() - 662 }), "token older than max_age"),
        ("iat in the future", json!({ "iat": now() + 120 }), "token of the future"),
        ("nbf in the future", json!({ "nbf": now() + 120 }), "token of the future"),
        ("missing iat", json!({ "iat": null }), "token without iat"),
        ("wrong aud", json!({ "aud": "https://other.example/" }), audience),
        ("aud below", json!({ "aud": "https://invite.example.com/x" }), audience),
        ("aud of another scheme", json!({ "aud": "http://invite.example.com/" }), audience),
        ("missing aud", json!({ "aud": null }), audience),
        ("no aud", json!({ "aud": [] }), audience),
        ("several aud", json!({ "aud": ["https://a.example/", "https://b.example/"] }), audience),
        ("aud as a number", json!({ "aud": 5 }), audience),
        ("wrong issuer", json!({ "iss": "https://issuer.example" }), issuer),
        ("missing issuer", json!({ "iss": null }), issuer),
        ("wrong claim", json!({ "repository": "acme/site2" }), claim),
        ("claim in a list", json!({ "repository": ["acme/site"] }), claim),
        ("missing claim", json!({ "repository": null }), claim),
        ("jti as a number", json!({ "jti": 5 }), malformed),
        ("host as a list", json!({ "host": ["example.com"] }), malformed),
        ("no host name", json!({ "host": "*" }), malformed),
        ("scope as a list", json!({ "scope": ["create"] }), malformed),
        ("max_ttl of nothing", json!({ "max_ttl": 0 }), malformed),
        ("max_ttl in words", json!({ "max_ttl": "for ever" }), malformed),
    ];
    let raw = |claims: &str| ours.sign_text(&header("ci", &json!({})).to_string(), claims);
    let mut attacks: Vec<Attack> =
        attacks.into_iter().map(|(name, changes, reason)| (name, ours.token("ci", &changes), reason)).collect();
    attacks.extend([("no claims", raw("[]"), malformed), ("no JSON", raw("{"), malformed)]);
    for iat in [json!(null), json!(now() - 25 * HOUR)] {
        let token = ours.token("plain", &json!({ "iat": iat, "exp": now() + 25 * HOUR }));
        attacks.push(("far-future exp without max_age", token, "token that lives for more than a day"));
    }
    attacks
}

/// Each differs in one thing from one of the attacks.
fn in_order(ours: &Signer, theirs: &Signer) -> Vec<String> {
    let with_claims = |changes: Value| ours.token("ci", &changes);
    vec![
        good(ours),
        with_header(ours, &json!({ "typ": null })),
        with_header(ours, &json!({ "typ": "at+JWT" })),
        with_header(ours, &json!({ "typ": "application/jwt" })),
        with_claims(json!({ "aud": "https://invite.example.com" })),
        with_claims(json!({ "aud": ["https://a.example/", URL] })),
        with_claims(json!({ "exp": now() - 30, "iat": now() - 300 })),
        with_claims(json!({ "iat": now() - 630 })),
        with_claims(json!({ "iat": now() + 30, "nbf": now() + 30 })),
        theirs.token("other", &json!({})),
        ours.token("plain", &json!({ "iat": null, "iss": null, "repository": null })),
        ours.token("plain", &json!({ "iat": now() - 23 * HOUR })),
    ]
}

/// All that an outsider sees of an answer.
fn visible(answer: &Response) -> (u16, BTreeSet<(String, String)>, String) {
    let same = answer.headers.iter().filter(|(name, _)| name != "date" && name != "x-request-id");
    (answer.status, same.cloned().collect(), answer.text())
}

#[test]
fn no_attack_opens_anything_and_all_look_the_same() {
    let (ours, theirs) = (Signer::new(1), Signer::new(2));
    let strict = "issuer = \"https://issuer.example/\"\nclaims = { repository = \"acme/site\" }\nmax_age = \"10m\"";
    let scratch = Scratch::new(&format!(
        "{PATIENT}{CONFIG}{}{}{}",
        key("ci", &ours.public_pem(), strict),
        key("other", &theirs.public_pem(), ""),
        key("plain", &ours.public_pem(), ""),
    ));
    let served = scratch.serve_as(&["-vv"], &[]);
    let mut client = served.client();
    let before = served.log_length();
    let stranger = client.invite("nobody/s3cret");
    assert_eq!(stranger.status, 403);
    served.wait_log_after(before, "event=key.refused");
    let attacks = [forged(&ours, &theirs), with_demands(&ours, &theirs), misclaimed(&ours)].concat();
    for (name, token, reason) in &attacks {
        let before = served.log_length();
        assert_eq!(visible(&client.invite(token)), visible(&stranger), "{name}");
        let line = served.wait_log_after(before, "event=key.refused");
        assert!(line.contains(&format!(" reason={reason:?} request.id=")), "{name}: {line}");
    }
    let enormous = ours.token("ci", &json!({ "x": "x".repeat(100 << 10) }));
    assert_eq!(served.client().invite(&enormous).status, 431, "a head is of 16 KiB");
    assert_eq!(scratch.ok(&["invite", "list"]), "", "nothing was made");

    for token in in_order(&ours, &theirs) {
        assert_eq!(client.invite(&token).status, 201, "{token}\n{}", served.log());
    }
    let log = served.log();
    for (name, token, _) in &attacks {
        for part in token.split('.').filter(|part| part.len() > 8) {
            assert!(!log.contains(part), "{name}: a token is in the log:\n{log}");
        }
    }
}

#[test]
fn a_token_for_one_use_that_comes_again_counts_as_no_wrong_key() {
    let signer = Signer::new(1);
    let strict = "http.auth_failures = \"2/h\"\n";
    let scratch = Scratch::new(&format!("{strict}{CONFIG}{}", key("ci", &signer.public_pem(), "")));
    let served = scratch.serve_as(&["-vv"], &[]);
    let mut client = served.client();
    let token = signer.token("ci", &json!({ "jti": "one" }));
    assert_eq!(client.invite(&token).status, 201);
    for _ in 0..5 {
        let before = served.log_length();
        assert_eq!(client.invite(&token).status, 403);
        served.wait_log_after(before, "reason=\"token that was used before\"");
    }
    let statuses = [(); 3].map(|()| client.invite("site/wrong").status);
    assert_eq!(statuses, [403, 403, 429]);
    // Also while the address waits it is told the same.
    assert_eq!(client.invite(&token).status, 403);
}

#[test]
fn a_token_is_let_in_from_an_address_that_waits_and_signatures_there_have_a_budget() {
    let (ours, theirs) = (Signer::new(1), Signer::new(2));
    let strict = "http.auth_failures = \"1/h\"\n";
    let scratch = Scratch::new(&format!("{strict}{CONFIG}{}", key("ci", &ours.public_pem(), "")));
    let served = scratch.serve();
    let mut client = served.client();
    let (seen, forged) = (good(&ours), good(&theirs));
    let fresh = |at: i64| ours.token("ci", &json!({ "iat": now() - at }));
    assert_eq!([client.invite(&seen).status, client.invite(&forged).status], [201, 403]);
    let refused = client.invite(&forged);
    let wait = |answer: &Response| answer.header("retry-after").unwrap().parse::<u32>().unwrap();
    assert!(refused.status == 429 && wait(&refused) > 60, "{refused:?}");
    assert_eq!(client.invite(&fresh(1)).status, 201);

    // More of them than signatures are computed: then one that was seen before is let in, and another a moment later.
    let request = request("POST", "/invites_api", &[&format!("Authorization: Bearer {forged}")], "");
    let began = common::now();
    loop {
        assert!(began.elapsed() < PATIENCE, "they were all computed");
        client.send(request.repeat(100));
        let waits: Vec<_> = (0..100).map(|_| wait(&client.read().unwrap())).collect();
        if waits.contains(&1) {
            break;
        }
    }
    assert_eq!([client.invite(&seen).status, client.invite(KEY).status], [201, 201]);
    while client.invite(&fresh(2)).status != 201 {
        assert!(began.elapsed() < PATIENCE * 2, "it is not let in");
    }
}
