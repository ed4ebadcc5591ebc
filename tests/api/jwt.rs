//! JWTs as keys: the way from a pair to an invite, what other implementations sign, rotation, and what is told when a key is
//! wrong. The attacks are in `jwt_attacks.rs`.

use crate::common;
use crate::common::jwt;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use common::{CONFIG, Response, Scratch, Served};
use jwt::{PATIENT, Signer, URL, changed, key, now};

/// The declaration in TOML, of what `--jwt` prints on stderr.
fn declaration(stderr: &str) -> String {
    let from = stderr.find("[keys.").unwrap();
    stderr[from..].split("\n\n").next().unwrap().to_owned() + "\n"
}

fn ask(served: &Served, token: &str) -> Response {
    served.client().invite(token)
}

#[test]
fn a_pair_that_was_made_here_signs_tokens_that_make_invites() {
    let scratch = Scratch::new(CONFIG);
    let arguments =
        ["key", "create", "--jwt", "--id", "ci", "--host", "example.com", "--limit", "60/h", "Nightly builds"];
    let output = scratch.run(&arguments);
    assert!(output.status.success());
    assert!(!scratch.state().exists(), "it stores nothing");
    let (private, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    let lines: Vec<_> = private.lines().collect();
    assert_eq!((lines[0], lines[2]), ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"));
    assert!(!stderr.contains(lines[1]));
    assert!(stderr.contains("services.invited.settings.keys.ci = {\n  algorithm = \"EdDSA\";\n"), "{stderr}");

    scratch.configure(&format!("{CONFIG}{}", declaration(&stderr)));
    let pem = scratch.path().join("ci.pem");
    std::fs::write(&pem, &private).unwrap();
    let mint = |more: &[&str]| {
        let arguments = ["token", "mint", "--id", "ci", "--key-file", pem.to_str().unwrap()];
        let output = scratch.run(&[&arguments, more].concat());
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{more:?}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    };
    let mut served = scratch.serve_as(&["-vv"], &[]);
    let tokens: Vec<_> = (0..3).map(|_| mint(&[])).collect();
    for token in &tokens {
        assert_eq!(token.split('.').count(), 3);
        assert_eq!(ask(&served, token).status, 201);
        assert_eq!(ask(&served, token).status, 403, "a token is for one use");
    }
    assert_eq!(served.client().get(&format!("/invites_api?key={}", mint(&[]))).status, 201);
    assert_eq!(ask(&served, &mint(&["--audience", "https://invite.example.com"])).status, 201);
    assert_eq!(ask(&served, &mint(&["--scope", "read"])).status, 403);

    // Also after the end of everything that is only in memory.
    served.kill();
    let again = scratch.serve_as(&["-vv"], &[]);
    for token in &tokens {
        assert_eq!(ask(&again, token).status, 403);
        again.wait_log("reason=\"token that was used before\"");
    }
    assert_eq!(ask(&again, &mint(&[])).status, 201);
    let invites: Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    let sources: Vec<_> = invites["invites"].as_array().unwrap().iter().map(|invite| &invite["source"]).collect();
    assert_eq!(sources, ["key/ci"; 6]);
    let log = served.log() + again.log().as_str();
    for token in &tokens {
        assert!(token.split('.').all(|part| !log.contains(part)), "a token is in the log:\n{log}");
    }
}

#[test]
fn of_many_who_show_a_token_at_once_one_is_let_in() {
    let signer = Signer::new(1);
    let scratch = Scratch::new(&format!("{PATIENT}{CONFIG}{}", key("ci", &signer.public_pem(), "")));
    let served = scratch.serve();
    let token = signer.token("ci", &json!({ "jti": "one" }));
    let statuses: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..16).map(|_| scope.spawn(|| ask(&served, &token).status)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 403).count(), 15, "{statuses:?}");
    // Another key's tokens may have the same one, and without one a token is for as long as it lives.
    for _ in 0..2 {
        assert_eq!(ask(&served, &signer.token("ci", &json!({}))).status, 201);
    }
    assert_eq!(ask(&served, &signer.token("ci", &json!({ "jti": "two" }))).status, 201);
}

#[test]
fn a_token_narrows_its_key_and_never_widens_it() {
    let signer = Signer::new(1);
    let config = format!(
        "{CONFIG}[hosts.\"example.org\"]\n{}{}",
        key("all", &signer.public_pem(), "allow = [\"create\", \"read\"]"),
        key("few", &signer.public_pem(), "hosts = [\"example.com\"]\nallow = [\"read\"]\nmax_ttl = \"2h\""),
    );
    let both = config.replace("allow = [\"read\"]", "allow = [\"create\"]");
    let scratch = Scratch::new(&both);
    let served = scratch.serve();
    let make = |id: &str, changes: Value| ask(&served, &signer.token(id, &changes));
    // Two hosts are possible until the token leaves one.
    assert_eq!(make("all", json!({})).status, 400);
    for (id, changes, host, hours) in [
        ("all", json!({ "host": "example.org" }), "example.org", 7 * 24),
        ("all", json!({ "host": "example.org", "scope": "create" }), "example.org", 7 * 24),
        ("all", json!({ "host": "Example.COM", "scope": "email create admin", "max_ttl": "1h" }), "example.com", 1),
        ("all", json!({ "host": "example.org", "max_ttl": 7200 }), "example.org", 2),
        ("all", json!({ "host": "example.org", "max_ttl": "999d" }), "example.org", 7 * 24),
        ("few", json!({}), "example.com", 2),
        ("few", json!({ "max_ttl": "1h" }), "example.com", 1),
        ("few", json!({ "max_ttl": "30d", "hosts": ["example.org"], "allow": ["read"] }), "example.com", 2),
    ] {
        let answer = make(id, changes.clone());
        assert_eq!(answer.status, 201, "{id} {changes}");
        let invites: Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
        let invite = &invites["invites"][0];
        let moment = |field: &str| invite[field].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        let life = moment("expires_at").duration_since(moment("created_at")).as_hours();
        assert_eq!((invite["host"].as_str().unwrap(), life), (host, hours), "{id} {changes}");
    }
    let may_not = |answer: &Response| (answer.status, answer.json()["type"].as_str().unwrap().to_owned());
    let not_allowed = (403, "urn:invited:problem:not-allowed".to_owned());
    for (id, changes) in [
        ("few", json!({ "host": "example.org" })),
        ("all", json!({ "host": "unknown.example" })),
        ("all", json!({ "host": "example.com", "scope": "" })),
        ("all", json!({ "host": "example.com", "scope": "read" })),
        ("all", json!({ "host": "example.com", "scope": "CREATE creates" })),
    ] {
        assert_eq!(may_not(&make(id, changes.clone())), not_allowed, "{id} {changes}");
    }
    // A token that claims more than its key may is the key.
    scratch.configure(&config);
    served.signal("HUP");
    served.wait_log("event=reload.done");
    let wide = json!({ "scope": "create read revoke redeem", "host": "example.com" });
    assert_eq!(may_not(&make("few", wide)), not_allowed);
}

#[test]
fn a_key_set_is_rotated_on_reload() {
    let [old, new, foreign] = [1, 2, 3].map(Signer::new);
    let scratch = Scratch::new("");
    let file = scratch.path().join("ci.jwks");
    let write = |keys: &[Value]| std::fs::write(&file, json!({ "keys": keys }).to_string()).unwrap();
    let more = format!("[keys.ci]\nalgorithm = \"EdDSA\"\njwks_file = {file:?}\n");
    scratch.configure(&format!("{CONFIG}{more}"));
    // What does not fit is for others: an encryption key, another algorithm, kinds that nobody knows.
    let others = [
        changed(foreign.jwk("enc"), &json!({ "use": "enc" })),
        changed(foreign.jwk("es"), &json!({ "alg": "ES256" })),
        changed(foreign.jwk("ops"), &json!({ "key_ops": ["deriveKey"] })),
        json!({ "kty": "EC", "crv": "P-256", "kid": "ec", "x": "AA", "y": "AA" }),
        json!({ "kty": "AKP", "kid": "pq", "alg": "ML-DSA-44", "pub": "AA" }),
    ];
    write(&[&[old.jwk("old")], &others[..]].concat());
    let served = scratch.serve();
    let reload = |event: &str| {
        let before = served.log_length();
        served.signal("HUP");
        served.wait_log_after(before, event);
    };
    let statuses = || {
        // By the id of the key, and by the name that the issuer gave its own.
        let ask = |signer: &Signer, kid: &str| ask(&served, &signer.token(kid, &json!({}))).status;
        [
            ask(&old, "ci"),
            ask(&old, "old"),
            ask(&new, "ci"),
            ask(&new, "new"),
            ask(&foreign, "ci"),
            ask(&foreign, "enc"),
        ]
    };
    assert_eq!(statuses(), [201, 201, 403, 403, 403, 403]);
    write(&[old.jwk("old"), changed(new.jwk("new"), &json!({ "use": "sig", "alg": "EdDSA" }))]);
    assert_eq!(statuses(), [201, 201, 403, 403, 403, 403], "until it is told");
    reload("event=reload.done");
    assert_eq!(statuses(), [201, 201, 201, 201, 403, 403]);
    // One key's name is not another's.
    assert_eq!(ask(&served, &old.token("new", &json!({}))).status, 403);

    // What is wrong changes nothing.
    for (text, reason) in [
        ("nonsense".to_owned(), "expected a JSON Web Key Set, {\"keys\": [ … ]}"),
        (json!({ "keys": others }).to_string(), "no key of the set fits; EdDSA needs an Ed25519 key"),
        (
            json!({ "keys": (0..17).map(|n| Signer::new(n).jwk("x")).collect::<Vec<_>>() }).to_string(),
            "17 keys of the set fit; expected at most 16",
        ),
        (
            json!({ "keys": [changed(new.jwk("new"), &json!({ "d": "c2VjcmV0" }))] }).to_string(),
            "the set holds a private",
        ),
        (json!({ "keys": [new.jwk("new"), { "kty": "oct", "k": "c2VjcmV0" }] }).to_string(), "the set holds a private"),
    ] {
        std::fs::write(&file, text).unwrap();
        let before = served.log_length();
        reload("event=reload.refused");
        let line = served.wait_log_after(before, "keys.ci.jwks_file");
        assert!(line.contains(reason), "{line}");
    }
    assert!(!served.log().contains("c2VjcmV0"));
    assert_eq!(statuses(), [201, 201, 201, 201, 403, 403]);
    write(&[new.jwk("new")]);
    reload("event=reload.done");
    assert_eq!(statuses(), [403, 403, 201, 201, 403, 403]);
}

#[test]
fn keys_with_one_key_set_are_told_apart_by_what_they_declare() {
    let signer = Signer::new(1);
    let scratch = Scratch::new("");
    let file = scratch.path().join("ci.jwks");
    std::fs::write(&file, json!({ "keys": [signer.jwk("issuers-own")] }).to_string()).unwrap();
    let key = |id: &str, repository: &str| {
        format!(
            "[keys.{id}]\nalgorithm = \"EdDSA\"\njwks_file = {file:?}\nclaims = {{ repository = \"{repository}\" }}\n"
        )
    };
    scratch.configure(&format!("{CONFIG}{}{}{}", key("a", "acme/a"), key("b", "acme/b"), key("b2", "acme/b")));
    let served = scratch.serve();
    let ask =
        |repository: &str| ask(&served, &signer.token("issuers-own", &json!({ "repository": repository }))).status;
    assert_eq!(ask("acme/a"), 201);
    served.wait_log("source=key/a");
    assert_eq!(ask("acme/b"), 403);
    served.wait_log("reason=\"token that fits several keys; declare claims that tell them apart\"");
    assert_eq!(ask("acme/c"), 403);
    served.wait_log("reason=\"token without a claim that is declared\"");
}

#[test]
fn a_token_is_not_used_up_while_the_ledger_is_away() {
    let signer = Signer::new(1);
    let scratch = Scratch::new(&format!("{CONFIG}{}", key("ci", &signer.public_pem(), "")));
    let served = scratch.serve();
    let token = signer.token("ci", &json!({ "jti": "one" }));
    let other = rusqlite::Connection::open(scratch.state().join("ledger.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = ask(&served, &token);
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(ask(&served, &token).status, 201);
    assert_eq!(ask(&served, &token).status, 403);
}

#[test]
fn what_was_used_is_forgotten_when_it_is_refused_by_itself() {
    let signer = Signer::new(1);
    let scratch = Scratch::new(&format!("{CONFIG}{}", key("ci", &signer.public_pem(), "")));
    let served = scratch.serve();
    let ledger = rusqlite::Connection::open(scratch.state().join("ledger.db")).unwrap();
    let count = || ledger.query_row("SELECT count(*) FROM used_jti", [], |row| row.get::<_, i64>(0)).unwrap();
    for jti in ["one", "two"] {
        assert_eq!(ask(&served, &signer.token("ci", &json!({ "jti": jti }))).status, 201);
    }
    assert_eq!(count(), 2);
    let latest: i64 = ledger.query_row("SELECT max(until) FROM used_jti", [], |row| row.get(0)).unwrap();
    assert!((now() + 300..=now() + 360).contains(&(latest / 1000)), "exp and the leeway");
    ledger.execute("UPDATE used_jti SET until = ?1", [now() * 1000]).unwrap();
    assert_eq!(ask(&served, &signer.token("ci", &json!({ "jti": "three" }))).status, 201);
    assert_eq!(count(), 1);
    // The jti itself is nowhere.
    let text: Vec<u8> = ledger.query_row("SELECT jti FROM used_jti", [], |row| row.get(0)).unwrap();
    assert_eq!(text.len(), 16);
}

/// A Python that has `PyJWT` and `cryptography`, as `tests/run` installs it.
fn python() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python/bin/python");
    let works = Command::new(&python).args(["-c", "import jwt, cryptography"]).output();
    works.is_ok_and(|output| output.status.success()).then_some(python)
}

/// Pairs of every kind and a token with each; and what another implementation says to tokens of ours.
const PYJWT: &str = r#"
import json, sys, time, jwt
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
dir, url, verify = sys.argv[1], sys.argv[2], sys.argv[3:]
if verify:
    for algorithm, token in zip(verify[::2], verify[1::2]):
        public = open(f"{dir}/{algorithm}.pub").read()
        claims = jwt.decode(token, public, algorithms=[algorithm], audience=url, options={"require": ["exp", "iat", "jti"]})
        print(jwt.get_unverified_header(token)["kid"], claims["exp"] - claims["iat"], claims["scope"])
    sys.exit()
weak = rsa.generate_private_key(65537, 1024)
pairs = {
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "RS256": rsa.generate_private_key(65537, 2048),
    "PS256": rsa.generate_private_key(65537, 3072),
    "weak": weak,
    "ES256K": ec.generate_private_key(ec.SECP256K1()),
}
for name, pair in pairs.items():
    private = pair.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
    public = pair.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo)
    open(f"{dir}/{name}.pem", "wb").write(private)
    open(f"{dir}/{name}.pub", "wb").write(public)
    if name in ("weak", "ES256K"):
        continue
    jwk = jwt.get_algorithm_by_name(name).to_jwk(pair.public_key(), as_dict=True)
    jwk.pop("key_ops", None)
    json.dump({"keys": [jwk]}, open(f"{dir}/{name}.jwks", "w"))
    for how in ("pub", "jwks"):
        claims = {"aud": url, "iat": int(time.time()), "exp": time.time() + 300, "jti": f"{name}-{how}"}
        print(name, how, jwt.encode(claims, pair, algorithm=name, headers={"kid": f"{name}-{how}"}))
"#;

#[test]
fn tokens_of_pyjwt_are_accepted_and_ours_by_pyjwt() {
    let Some(python) = python() else {
        println!("SKIPPED tokens_of_pyjwt_are_accepted_and_ours_by_pyjwt: no PyJWT in target/python; run tests/run");
        return;
    };
    let scratch = Scratch::new("");
    let dir = scratch.path().to_str().unwrap();
    let run = |more: &[&str]| {
        let output = Command::new(&python).args(["-c", PYJWT, dir, URL]).args(more).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let made = run(&[]);
    let tokens: Vec<[&str; 3]> =
        made.lines().map(|line| line.split(' ').collect::<Vec<_>>().try_into().unwrap()).collect();
    assert_eq!(tokens.len(), 10);
    let mut config = CONFIG.to_owned();
    for [algorithm, how, _] in &tokens {
        let setting = if *how == "pub" { "public_key_file" } else { "jwks_file" };
        let file = format!("{dir}/{algorithm}.{how}");
        let lines = format!("algorithm = \"{algorithm}\"\n{setting} = {file:?}\nmax_age = \"10m\"\n");
        write!(config, "[keys.{algorithm}-{how}]\n{lines}").unwrap();
    }
    scratch.configure(&config);
    let served = scratch.serve();
    for [algorithm, how, token] in &tokens {
        assert_eq!(ask(&served, token).status, 201, "{algorithm} {how}: {}", served.log());
        assert_eq!(ask(&served, token).status, 403, "{algorithm} {how}: used");
    }

    // Ours, read by PyJWT, and by ourselves.
    let mut arguments = Vec::new();
    for [algorithm, _, _] in tokens.iter().filter(|[_, how, _]| *how == "pub") {
        let (id, file) = (format!("{algorithm}-pub"), format!("{dir}/{algorithm}.pem"));
        let mint = ["token", "mint", "--id", &id, "--key-file", &file, "--ttl", "2m", "--scope", "create"];
        let token = scratch.ok(&mint).trim_end().to_owned();
        assert_eq!(ask(&served, &token).status, 201, "{algorithm}");
        arguments.extend([(*algorithm).to_owned(), token]);
    }
    let read = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let expected: Vec<_> = arguments.iter().step_by(2).map(|algorithm| format!("{algorithm}-pub 120 create")).collect();
    assert_eq!(read.lines().collect::<Vec<_>>(), expected);
    no_key_is_taken_for_an_algorithm_that_it_does_not_fit(&scratch);
}

fn no_key_is_taken_for_an_algorithm_that_it_does_not_fit(scratch: &Scratch) {
    let dir = scratch.path().to_str().unwrap();
    let needs = [
        ("EdDSA", "EdDSA needs an Ed25519 key"),
        ("ES256", "ES256 needs an EC key on P-256"),
        ("ES384", "ES384 needs an EC key on P-384"),
        ("RS256", "RS256 needs an RSA key of 2048 to 8192 bits"),
        ("PS256", "PS256 needs an RSA key of 2048 to 8192 bits"),
    ];
    for (algorithm, needs) in needs {
        for file in ["EdDSA", "ES256", "ES384", "RS256", "PS256", "weak", "ES256K"] {
            let is_rsa = |name: &str| matches!(name, "RS256" | "PS256");
            let fits = file == algorithm || is_rsa(algorithm) && is_rsa(file);
            let key = format!("[keys.k]\nalgorithm = \"{algorithm}\"\npublic_key_file = \"{dir}/{file}.pub\"\n");
            scratch.configure(&format!("{CONFIG}{key}"));
            let output = scratch.run(&["check"]);
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(if fits { 0 } else { 2 }), "{file} for {algorithm}: {stderr}");
            assert!(fits || stderr.contains(needs), "{file} for {algorithm}: {stderr}");
        }
    }
}

#[test]
fn wrong_keys_are_told_and_private_ones_not_repeated() {
    let signer = Signer::new(1);
    let scratch = Scratch::new(CONFIG);
    let output = scratch.run(&["key", "create", "--jwt", "--id", "ci"]);
    let private = String::from_utf8(output.stdout).unwrap();
    let secret = private.lines().nth(1).unwrap();
    let file = scratch.path().join("private.pem");
    std::fs::write(&file, &private).unwrap();
    let inside = |id: &str, text: &str| format!("[keys.{id}]\nalgorithm = \"EdDSA\"\npublic_key = {text:?}\n");
    let keys = [
        "max_age = \"1h\"\nclaims = { a = \"b\" }\n".to_owned(),
        inside("a", &private),
        inside("b", secret),
        inside("c", &signer.public_pem().replace("MCow", "MCox")),
        format!("[keys.d]\nalgorithm = \"EdDSA\"\npublic_key_file = {file:?}\n"),
        format!("[keys.e]\npublic_key = {private:?}\n"),
        format!("[keys.f]\nalgorithm = \"HS256\"\npublic_key = {private:?}\n"),
    ];
    scratch.configure(&(CONFIG.to_owned() + keys.concat().as_str()));
    let output = scratch.run(&["check"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    let config = scratch.config().display().to_string();
    let faults = stderr.replace(&config, "F").replace(file.to_str().unwrap(), "P");
    let private_key = "this is a private key; leave it with whoever signs, and declare its public half: openssl pkey -in KEY.pem -pubout";
    let pem = "expected a public key in PEM, \"-----BEGIN PUBLIC KEY-----…\"";
    for expected in [
        format!("keys.a.public_key (F): {private_key}"),
        format!("keys.b.public_key (F): {pem}"),
        format!("keys.c.public_key (F): {pem}"),
        format!("keys.d.public_key_file = \"P\" (F): {private_key}"),
        "a key for JWTs needs `algorithm`: EdDSA, ES256, ES384, RS256 or PS256".to_owned(),
        "keys.f.algorithm = \"HS256\" (F): expected one of EdDSA, ES256, ES384, RS256, PS256".to_owned(),
        "keys.site.max_age = \"1h\" (F): is for JWTs, and this key is a secret; remove it".to_owned(),
        "keys.site.claims = { a = \"b\" } (F): is for JWTs, and this key is a secret; remove it".to_owned(),
    ] {
        assert!(faults.contains(&expected), "{expected}\n{faults}");
    }
    assert!(!stderr.contains(secret), "{stderr}");
    let shown = scratch.ok(&["config", "show"]);
    assert!(!shown.contains(secret), "{shown}");
    assert!(shown.contains("keys.c.public_key = \"-----BEGIN PUBLIC KEY-----"), "{shown}");
}

#[test]
fn only_a_private_key_that_fits_signs() {
    let scratch = Scratch::new(CONFIG);
    let private = String::from_utf8(scratch.run(&["key", "create", "--jwt", "--id", "ci"]).stdout).unwrap();
    let secret = private.lines().nth(1).unwrap();
    let file = scratch.path().join("private.pem");
    let mint = |text: &str, more: &[&str]| {
        std::fs::write(&file, text).unwrap();
        let output =
            scratch.run(&[&["token", "mint", "--id", "ci", "--key-file", file.to_str().unwrap()], more].concat());
        assert_eq!(output.stdout, b"", "{text}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!stderr.contains(secret), "{stderr}");
        (output.status.code().unwrap(), stderr.replace(file.to_str().unwrap(), "P"))
    };
    let refused = |reason: &str| (1, format!("invited: cannot sign with P: {reason}\n"));
    assert_eq!(
        mint(&Signer::new(1).public_pem(), &[]),
        refused("this is a public key; tokens are signed with the private one")
    );
    let form = "this private key is encrypted, or in an older form; rewrite it with: openssl pkcs8 -topk8 -nocrypt -in KEY.pem";
    assert_eq!(mint(&private.replace("PRIVATE", "EC PRIVATE"), &[]), refused(form));
    let expected = "expected a private key in PEM, \"-----BEGIN PRIVATE KEY-----…\"";
    assert_eq!(mint(secret, &[]), refused(expected));
    let misfit = "this is an Ed25519 key; RS256 needs an RSA key of 2048 to 8192 bits";
    assert_eq!(mint(&private, &["--algorithm", "RS256"]), refused(misfit));
    scratch.configure("");
    std::fs::write(&file, &private).unwrap();
    let output = scratch.run(&["token", "mint", "--id", "ci", "--key-file", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("the token has no audience: give --audience URL, or --config PATH with a public_url")
    );
}

#[test]
fn minting_says_when_the_service_would_refuse_the_token() {
    let scratch = Scratch::new(CONFIG);
    let output = scratch.run(&["key", "create", "--jwt", "--id", "ci"]);
    let file = scratch.path().join("ci.pem");
    std::fs::write(&file, output.stdout).unwrap();
    let stderr = |config: &str, more: &[&str]| {
        scratch.configure(config);
        let output =
            scratch.run(&[&["token", "mint", "--id", "ci", "--key-file", file.to_str().unwrap()], more].concat());
        assert_eq!((output.status.code(), output.stdout.split(|byte| *byte == b'.').count()), (Some(0), 3));
        String::from_utf8(output.stderr).unwrap()
    };
    let note = |reason: &str| format!("note: with this configuration the service refuses this token: {reason}\n");
    let declared = format!(
        "{CONFIG}{}issuer = \"https://issuer.example/\"\nclaims = {{ sub = \"x\" }}\n",
        declaration(&String::from_utf8(output.stderr).unwrap())
    );
    assert_eq!(stderr(&declared, &[]), "", "it says what the declaration asks for");
    assert_eq!(stderr(&declared, &["--ttl", "2d"]), note("token that lives for more than a day"));
    assert_eq!(stderr(&declared, &["--audience", "https://x.example/"]), note("token for another audience"));
    let other = format!("{CONFIG}{}", key("ci", &Signer::new(9).public_pem(), ""));
    assert_eq!(stderr(&other, &[]), note("wrong signature"));
    assert_eq!(stderr(CONFIG, &[]), "", "the configuration may be elsewhere");
}
