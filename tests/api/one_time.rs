//! Tokens for one use (JWTs with `jti`): what uses them, what leaves them, and what may come again with one.

use crate::common;
use crate::common::jwt;

use std::thread;

use common::http::request;
use common::{CONFIG, Response, Scratch, Served};
use jwt::{PATIENT, Signer, key};
use serde_json::{Value, json};

const ALLOW: &str = "hosts = [\"example.com\"]\nallow = [\"create\", \"read\", \"revoke\", \"redeem\"]\n";

/// A key whose secret is `s3cret`, for what is to be there beforehand.
const STEADY: &str = r#"
[keys.steady]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
hosts = ["example.com"]
allow = ["create", "read", "revoke", "redeem"]
"#;

/// A place where tokens of the key `ci` are accepted, for which there is `more`.
fn place(more: &str) -> (Signer, Scratch) {
    let signer = Signer::new(1);
    let ci = key("ci", &signer.public_pem(), &format!("{ALLOW}{more}"));
    let scratch = Scratch::new(&format!("{PATIENT}{CONFIG}[hosts.\"chat.example.com\"]\n{STEADY}{ci}"));
    (signer, scratch)
}

const STEADY_KEY: &str = "steady/s3cret";
const AGAIN: &str = "Idempotency-Key: 8e03978e-40d5-43dd-bc93-6894a57f9324";

fn call(served: &Served, token: &str, (method, path): (&str, &str), more: &[&str], body: &Value) -> Response {
    let bearer = format!("Authorization: Bearer {token}");
    let headers = [&[&*bearer, "Content-Type: application/json"], more].concat();
    let mut client = served.client();
    client.send(request(method, path, &headers, &body.to_string()));
    client.read().unwrap()
}

fn create(served: &Served, token: &str, more: &[&str], body: &Value) -> Response {
    call(served, token, ("POST", "/api/v1/invites"), more, body)
}

fn of(signer: &Signer, jti: &str) -> String {
    signer.token("ci", &json!({ "jti": jti }))
}

/// The path of the invite in an answer.
fn path(answer: &Response) -> String {
    format!("/api/v1/invites/{}", answer.json()["id"].as_str().unwrap())
}

#[test]
fn a_refusal_that_tells_nothing_leaves_a_token_for_the_next_try() {
    let (signer, scratch) = place("max_pending = 1\n");
    let served = scratch.serve();
    let first = create(&served, &of(&signer, "first"), &[], &json!({}));
    assert_eq!(first.status, 201);
    let token = of(&signer, "second");
    for (body, more, status) in [
        (json!({ "uses": 0 }), &[][..], 400),
        (json!({}), &["Idempotency-Key: "], 400),
        (json!({ "roles": ["member"] }), &[], 403),
        (json!({ "host": "chat.example.com" }), &[], 403),
        (json!({}), &[], 429),
    ] {
        let answer = create(&served, &token, more, &body);
        assert_eq!(answer.status, status, "{body} {more:?}: {}", answer.text());
    }
    let change = call(&served, &token, ("PATCH", &path(&first)), &[], &json!({ "uses": "many" }));
    assert_eq!(change.status, 400, "{}", change.text());
    assert_eq!(call(&served, STEADY_KEY, ("DELETE", &path(&first)), &[], &json!({})).status, 204);
    assert_eq!(create(&served, &token, &[], &json!({})).status, 201);
    let used = create(&served, &token, &[], &json!({}));
    assert_eq!((used.status, used.json()["type"].as_str()), (401, Some("urn:invited:problem:unauthorized")));
    served.wait_log("reason=\"token that was used before\"");
}

#[test]
fn whatever_is_done_or_told_uses_a_token() {
    let (signer, scratch) = place("");
    let served = scratch.serve();
    let made = create(&served, STEADY_KEY, &[], &json!({ "username": "juliet", "note": "hers" }));
    let (here, token) = (path(&made), made.json()["token"].clone());
    let nowhere = "/api/v1/invites/AAAAAAAAAAA";
    let other = json!({ "token": token, "account": "romeo" });
    for (jti, how, body, status) in [
        ("a", ("GET", "/api/v1/self"), json!({}), 200),
        ("b", ("GET", nowhere), json!({}), 404),
        ("c", ("POST", "/api/v1/invites"), json!({ "username": "juliet" }), 409),
        ("d", ("PATCH", nowhere), json!({}), 404),
        ("e", ("DELETE", nowhere), json!({}), 404),
        ("f", ("POST", "/api/v1/redeem"), json!({ "token": "AAAA" }), 404),
        ("g", ("POST", "/api/v1/redeem"), other, 403),
        ("h", ("PATCH", &here), json!({ "note": "changed" }), 200),
        ("i", ("POST", "/api/v1/redeem"), json!({ "token": token }), 200),
        ("j", ("POST", "/api/v1/redeem"), json!({ "token": token }), 410),
        ("k", ("DELETE", &here), json!({}), 204),
    ] {
        let one = of(&signer, jti);
        let answer = call(&served, &one, how, &[], &body);
        assert_eq!(answer.status, status, "{jti}: {}", answer.text());
        // Not even for the same again.
        assert_eq!(call(&served, &one, how, &[], &body).status, 401, "{jti}");
        assert_eq!(create(&served, &one, &[AGAIN], &json!({})).status, 401, "{jti}");
    }
}

#[test]
fn of_many_questions_at_once_with_one_token_one_is_answered() {
    let (signer, scratch) = place("");
    let served = scratch.serve();
    let names: Vec<_> = (0..12).map(|n| format!("guest{n}")).collect();
    for name in &names {
        assert_eq!(create(&served, STEADY_KEY, &[], &json!({ "username": name })).status, 201);
    }
    let token = of(&signer, "one");
    let mut statuses: Vec<_> = thread::scope(|scope| {
        let ask = |name| create(&served, &token, &[], &json!({ "username": name })).status;
        let asked: Vec<_> = names.iter().map(|name| scope.spawn(move || ask(name))).collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [&[401; 11][..], &[409]].concat());
}

#[test]
fn of_many_who_do_something_with_one_token_one_does() {
    let (signer, scratch) = place("");
    let served = scratch.serve();
    let token = of(&signer, "one");
    let mut statuses: Vec<_> = thread::scope(|scope| {
        let ask = |n: usize| create(&served, &token, &[], &json!({ "note": format!("note {n}") })).status;
        let asked: Vec<_> = (0..12).map(|n| scope.spawn(move || ask(n))).collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [&[201][..], &[401; 11]].concat());
    let listed = call(&served, STEADY_KEY, ("GET", "/api/v1/invites"), &[], &json!({}));
    assert_eq!(listed.json()["invites"].as_array().unwrap().len(), 1);
}

#[test]
fn the_same_request_may_come_again_with_its_token_and_no_other() {
    let (signer, scratch) = place("");
    let mut served = scratch.serve();
    let (token, body) = (of(&signer, "one"), json!({ "note": "mine" }));
    let answers: Vec<_> = thread::scope(|scope| {
        let ask = || create(&served, &token, &[AGAIN], &body);
        let asked: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let first = &answers[0];
    assert_eq!(first.status, 201, "{}", first.text());
    assert!(answers.iter().all(|answer| (answer.status, &answer.body) == (201, &first.body)), "{answers:?}");
    // Another token gets the same answer, and is used by that.
    let second = of(&signer, "two");
    assert_eq!(create(&served, &second, &[AGAIN], &body).body, first.body);
    assert_eq!(create(&served, &second, &[], &json!({})).status, 401);
    // What another token has done is no answer to one that was used for something else.
    let other = ["Idempotency-Key: other"];
    let theirs = create(&served, &of(&signer, "three"), &other, &body);
    assert_eq!(theirs.status, 201);

    served.kill();
    drop(served);
    let served = scratch.serve();
    assert_eq!(create(&served, &token, &[AGAIN], &body).body, first.body);
    for (more, body) in [
        (&[][..], &body),
        (&other[..], &body),
        (&["Idempotency-Key: new"], &body),
        (&[AGAIN], &json!({ "note": "another" })),
    ] {
        assert_eq!(create(&served, &token, more, body).status, 401, "{more:?} {body}");
    }
    // A refusal without the key has not been the last word on it.
    assert_eq!(create(&served, &token, &[AGAIN], &body).body, first.body);
    let listed = call(&served, STEADY_KEY, ("GET", "/api/v1/invites"), &[], &json!({}));
    assert_eq!(listed.json()["invites"].as_array().unwrap().len(), 2);
}

#[test]
fn a_question_may_come_again_with_its_token_until_it_is_done() {
    let (signer, scratch) = place("");
    let served = scratch.serve();
    let hers = create(&served, STEADY_KEY, &[], &json!({ "username": "juliet" }));
    let (token, body) = (of(&signer, "one"), json!({ "username": "juliet" }));
    for _ in 0..2 {
        assert_eq!(create(&served, &token, &[AGAIN], &body).status, 409);
    }
    assert_eq!(create(&served, &token, &[AGAIN], &json!({ "username": "nurse" })).status, 401);
    assert_eq!(call(&served, STEADY_KEY, ("DELETE", &path(&hers)), &[], &json!({})).status, 204);
    let made = create(&served, &token, &[AGAIN], &body);
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(create(&served, &token, &[AGAIN], &body).body, made.body);
}

#[test]
fn the_simple_call_takes_a_token_again_with_its_idempotency_key() {
    let (signer, scratch) = place("limit = \"1/d\"\n");
    let served = scratch.serve();
    let [one, two] = ["one", "two"].map(|jti| format!("Authorization: Bearer {}", of(&signer, jti)));
    let ask = |headers: &[&str]| served.client().ask("POST", "/invites_api?host=example.com", headers);
    let first = ask(&[&one, AGAIN]);
    assert_eq!(first.status, 201, "{}", first.text());
    let again = ask(&[&one, AGAIN]);
    assert_eq!((again.status, again.header("location")), (201, first.header("location")));
    let without = ask(&[&one]);
    assert_eq!((without.status, without.json()["type"].as_str()), (403, Some("urn:invited:problem:key-refused")));
    // The limit lets no second one through, and leaves the token.
    assert_eq!([ask(&[&two]).status, ask(&[&two]).status], [429; 2]);
}
