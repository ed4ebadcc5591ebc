//! Webhooks: real services and ledgers, and receivers that are scripted. Everything arrives, in order for each invite, however
//! the receiver, the service or the clock behaves.
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;
use crate::common::fake_clock;
use crate::common::receiver;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::tools::{installed, target};
use common::{CONFIG, PATIENCE, Scratch, Served, docs, free_port, now};
use fake_clock::FakeClock;
use hmac::Mac as _;
use receiver::{OK, Received, Receiver, Reply, status};
use serde_json::{Value, json};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A key that may do everything, and a second host.
const BASE: &str = r#"
[hosts."example.org"]
[keys.all]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["create", "contact", "reset", "roles", "read", "revoke", "redeem"]
max_uses = 10000
"#;

pub const ALL: &str = "all/s3cret";

pub fn webhook(name: &str, url: &str, more: &str) -> String {
    format!("[[webhooks]]\nname = {name:?}\nurl = {url:?}\nsecret = {SECRET:?}\n{more}\n")
}

pub fn config(webhooks: &[String]) -> String {
    format!("{CONFIG}{BASE}{}", webhooks.concat())
}

/// A configuration with one webhook, for all events.
fn with_one(receiver: &Receiver) -> Scratch {
    Scratch::new(&config(&[webhook("site", &receiver.url(), "")]))
}

pub fn create(served: &Served, body: &Value) -> Value {
    let mut body = body.clone();
    if body["host"].is_null() {
        body["host"] = "example.com".into();
    }
    let (status, invite) = served.api(ALL, "POST", "/api/v1/invites", &body);
    assert_eq!(status, 201, "{invite}");
    invite
}

fn redeem(served: &Served, invite: &Value, account: &str) {
    let body = json!({ "token": invite["token"], "account": account });
    let (status, answer) = served.api(ALL, "POST", "/api/v1/redeem", &body);
    assert_eq!(status, 200, "{answer}");
}

pub fn revoke(served: &Served, invite: &Value) {
    let path = format!("/api/v1/invites/{}", invite["id"].as_str().unwrap());
    assert_eq!(served.api(ALL, "DELETE", &path, &Value::Null).0, 204);
}

pub fn id(invite: &Value) -> String {
    invite["id"].as_str().unwrap().to_owned()
}

pub fn stop(mut served: Served) {
    served.signal("TERM");
    assert!(served.wait().success());
}

/// What `webhook list` says of a webhook.
pub fn listed(scratch: &Scratch, name: &str) -> Value {
    let list: Value = serde_json::from_str(&scratch.ok(&["webhook", "list", "--json"])).unwrap();
    let found = list["webhooks"].as_array().unwrap().iter().find(|one| one["name"] == name);
    found.unwrap_or_else(|| panic!("{list}")).clone()
}

/// Waits until `webhook list` says so of a webhook.
pub fn wait_listed(scratch: &Scratch, name: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    let began = now();
    loop {
        let found = listed(scratch, name);
        if is_it(&found) {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "{found}");
    }
}

/// Nothing waits for it, and nothing is dead.
pub fn wait_empty(scratch: &Scratch, name: &str) -> Value {
    wait_listed(scratch, name, |found| found["waiting"] == 0 && found["dead"] == 0)
}

/// Each event once, in the order in which it first came.
fn distinct(requests: &[Received]) -> Vec<Received> {
    let mut seen = BTreeSet::new();
    requests.iter().filter(|one| seen.insert(one.id().to_owned())).cloned().collect()
}

/// Of each invite, what it was told of, in order.
pub fn by_invite(requests: &[Received]) -> BTreeMap<String, Vec<String>> {
    let mut told = BTreeMap::<String, Vec<String>>::new();
    for one in distinct(requests) {
        told.entry(one.about()).or_default().push(one.kind());
    }
    told
}

fn is_signed(requests: &Received) -> bool {
    let key = STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = <hmac::Hmac<sha2::Sha256> as hmac::KeyInit>::new_from_slice(&key).unwrap();
    mac.update(format!("{}.{}.", requests.id(), requests.header("webhook-timestamp")).as_bytes());
    mac.update(&requests.body);
    requests.header("webhook-signature") == format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[test]
fn events_are_signed_and_say_what_happened_in_order_without_anything_secret() {
    let receiver = Receiver::start();
    let scratch = with_one(&receiver);
    let served = scratch.serve();
    let invite = create(&served, &json!({ "uses": 2, "note": "zNOTEz", "inviter": "Romeo" }));
    redeem(&served, &invite, "juliet");
    let other = create(&served, &json!({ "reset": "juliet", "host": "example.org" }));
    revoke(&served, &other);
    revoke(&served, &other);
    let key = scratch.key(&["Another"]);
    let (key_id, secret) = key.split_once('/').unwrap();
    scratch.ok(&["key", "delete", key_id]);
    let requests = receiver.wait(6);
    wait_empty(&scratch, "site");
    assert_eq!(receiver.received().len(), 6, "each comes once: {requests:?}");
    let told = by_invite(&requests);
    let kinds = |id: &str| told[id].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(kinds(&id(&invite)), ["invite.created", "invite.redeemed"]);
    assert_eq!(kinds(&id(&other)), ["invite.created", "invite.revoked"]);
    assert_eq!(kinds(key_id), ["key.created", "key.deleted"]);
    let of = |kind: &str| requests.iter().find(|one| one.kind() == kind).unwrap().json();
    let redeemed = &of("invite.redeemed")["data"];
    assert_eq!((&redeemed["status"], &redeemed["uses_left"]), (&json!("pending"), &json!(1)));
    assert_eq!(redeemed["redemption"]["account"], "juliet");
    assert_eq!(redeemed["redemption"]["via"], "api");
    assert_eq!((&redeemed["source"], &redeemed["inviter"]), (&json!("key/all"), &json!("Romeo")));
    assert_eq!(of("invite.revoked")["data"]["status"], "revoked");
    let created = of("key.created")["data"].clone();
    assert_eq!(created, json!({ "id": key_id, "name": "Another", "scopes": ["create"], "hosts": null }));
    for one in &requests {
        assert!(is_signed(one), "{one:?}");
        assert_eq!((one.path.as_str(), one.header("content-type")), ("/hook", "application/json"));
        let text = String::from_utf8(one.body.clone()).unwrap();
        let tokens = [&invite, &other].map(|invite| invite["token"].as_str().unwrap());
        for hidden in tokens.into_iter().chain([secret, "zNOTEz", "https://invite.example.com/", "xmpp:", "sha256"]) {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
    }
    // A receiver that is well is kept connected to.
    let connections: BTreeSet<_> = requests.iter().map(|one| one.connection).collect();
    assert!(connections.len() < requests.len(), "{connections:?}");
    assert!(!served.log().contains("webhook."), "{}", served.log());
}

/// Has a library that receivers use judge what came, what came changed, and with another secret.
fn verify_each(program: impl Fn() -> Command, script: &Path, requests: &Received) {
    let headers: BTreeMap<_, _> = requests.headers.iter().cloned().collect();
    let body = String::from_utf8(requests.body.clone()).unwrap();
    for (secret, body, expected) in [
        (SECRET, body.clone(), "verified"),
        (SECRET, body.replace("created", "deleted"), "refused"),
        ("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", body, "refused"),
    ] {
        let mut child = program().arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let request = json!({ "secret": secret, "headers": headers, "body": body });
        child.stdin.take().unwrap().write_all(request.to_string().as_bytes()).unwrap();
        let answer = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        assert_eq!(answer.trim(), expected);
    }
}

fn one_event() -> Received {
    let receiver = Receiver::start();
    let scratch = with_one(&receiver);
    let served = scratch.serve();
    create(&served, &json!({}));
    let requests = receiver.wait(1).remove(0);
    stop(served);
    requests
}

/// Python with the library of Standard Webhooks; where it is not, `test` says that it is skipped.
fn python_with_library(test: &str) -> Option<PathBuf> {
    let python = installed("python/bin/python", test)?;
    let lib = std::fs::read_dir(target().join("python/lib")).unwrap().flatten();
    let has = lib.map(|one| one.path().join("site-packages/standardwebhooks")).any(|path| path.exists());
    if !has {
        eprintln!("SKIPPED {test}: standardwebhooks is not in target/python; tests/run installs it");
    }
    has.then_some(python)
}

#[test]
fn the_library_for_python_verifies_them() {
    let Some(python) = python_with_library("the_library_for_python_verifies_them") else { return };
    let script = "import json, sys\nfrom standardwebhooks import Webhook, WebhookVerificationError\n\
                  it = json.load(sys.stdin)\ntry:\n    Webhook(it['secret']).verify(it['body'], it['headers'])\n    \
                  print('verified')\nexcept WebhookVerificationError:\n    print('refused')\n";
    let requests = one_event();
    let file = tempfile::Builder::new().suffix(".py").tempfile().unwrap();
    std::fs::write(file.path(), script).unwrap();
    verify_each(|| Command::new(&python), file.path(), &requests);
}

#[test]
fn the_library_for_javascript_verifies_them() {
    let place = "webhook-tools/node_modules";
    let Some(modules) = installed(place, "the_library_for_javascript_verifies_them") else { return };
    let script = "const { Webhook, WebhookVerificationError } = require('standardwebhooks')\n\
                  const it = JSON.parse(require('fs').readFileSync(0, 'utf8'))\n\
                  try { new Webhook(it.secret).verify(it.body, it.headers); console.log('verified') }\n\
                  catch (error) { if (!(error instanceof WebhookVerificationError)) throw error; console.log('refused') }\n";
    let requests = one_event();
    let file = tempfile::Builder::new().suffix(".js").tempfile().unwrap();
    std::fs::write(file.path(), script).unwrap();
    let node = || {
        let mut command = Command::new("node");
        command.env("NODE_PATH", &modules);
        command
    };
    verify_each(node, file.path(), &requests);
}

#[test]
fn what_was_refused_is_sent_again_with_the_same_id_and_told_once() {
    let receiver = Receiver::start();
    let unmoved = Reply::Status(302, "Location: /elsewhere\r\n".into());
    receiver.script(&[status(500), unmoved, Reply::Close, Reply::Large(10 << 20)], OK);
    let scratch = with_one(&receiver);
    let served = scratch.serve();
    let invite = create(&served, &json!({ "uses": 2 }));
    redeem(&served, &invite, "juliet");
    served.wait_log("event=webhook.recovered");
    wait_empty(&scratch, "site");
    let requests = receiver.received();
    assert!(requests.iter().all(is_signed));
    let kinds: Vec<_> = requests.iter().map(Received::kind).collect();
    assert_eq!(kinds[..4], ["invite.created"; 4], "one invite's come one after the other");
    assert_eq!(by_invite(&requests)[&id(&invite)], ["invite.created", "invite.redeemed"]);
    assert!(requests.iter().all(|one| one.path == "/hook"), "a redirect is not followed");
    assert_eq!(distinct(&requests).len(), 2);
    let log = served.log();
    for name in ["webhook.failing", "webhook.recovered"] {
        assert_eq!(log.matches(&format!("event={name}")).count(), 1, "{log}");
    }
    let found = listed(&scratch, "site");
    assert!(found["failed_at"].is_string() && found["delivered_at"].is_string(), "{found}");
}

#[test]
fn a_receiver_that_hangs_holds_up_nobody() {
    let (hangs, works) = (Receiver::start(), Receiver::start());
    hangs.script(&[], Reply::Hang);
    let both = [webhook("hangs", &hangs.url(), ""), webhook("works", &works.url(), "")];
    let scratch = Scratch::new(&config(&both));
    let served = scratch.serve();
    let invites: Vec<_> = (0..40).map(|_| id(&create(&served, &json!({})))).collect();
    let requests = works.wait(40);
    assert_eq!(by_invite(&requests).into_keys().collect::<BTreeSet<_>>(), invites.into_iter().collect());
    // Not every event is tried where none is taken.
    assert!((1..=16).contains(&hangs.wait(1).len()));
    scratch.configure(&config(&both[1..]));
    served.signal("HUP");
    served.wait_log("event=reload.done");
    create(&served, &json!({}));
    works.wait(41);
    scratch.configure(&config(&both));
    let before = served.log_length();
    served.signal("HUP");
    served.wait_log_after(before, "event=reload.done");
    create(&served, &json!({}));
    works.wait(42);
    assert_eq!(
        listed(&scratch, "hangs")["waiting"],
        41,
        "what waited is kept, and what happened meanwhile is not for it"
    );
    let began = now();
    stop(served);
    assert!(began.elapsed() < Duration::from_secs(12), "it ended after {:?}", began.elapsed());
}

#[test]
fn a_service_that_is_killed_while_it_sends_loses_nothing_and_keeps_the_order() {
    let receiver = Receiver::start();
    receiver.script(&[OK, Reply::Hang], Reply::Hang);
    let scratch = with_one(&receiver);
    let mut served = scratch.serve();
    let invites: Vec<_> = (0..5).map(|_| create(&served, &json!({ "uses": 3 }))).collect();
    for invite in &invites {
        redeem(&served, invite, &format!("a{}", id(invite).to_lowercase().replace(['-', '_'], "x")));
        revoke(&served, invite);
    }
    receiver.wait(2);
    served.kill();
    receiver.script(&[], OK);
    let served = scratch.serve();
    wait_empty(&scratch, "site");
    for (invite, kinds) in by_invite(&receiver.received()) {
        assert_eq!(kinds, ["invite.created", "invite.redeemed", "invite.revoked"], "{invite}");
    }
    assert_eq!(by_invite(&receiver.received()).len(), 5);
    stop(served);
}

#[test]
fn what_happens_while_the_service_is_stopped_is_sent_when_it_starts() {
    let receiver = Receiver::start();
    let scratch = with_one(&receiver);
    scratch.ok(&["invite", "create", "--host", "example.com"]);
    let key = scratch.key(&["Another", "--id", "another"]);
    assert!(key.starts_with("another/"));
    assert_eq!(listed(&scratch, "site")["waiting"], 2);
    assert_eq!(receiver.received().len(), 0);
    let served = scratch.serve();
    let kinds: BTreeSet<_> = receiver.wait(2).iter().map(Received::kind).collect();
    assert_eq!(kinds, BTreeSet::from(["invite.created".to_owned(), "key.created".to_owned()]));
    // Also what a command writes beside it.
    scratch.ok(&["invite", "create", "--host", "example.com"]);
    receiver.wait(3);
    wait_empty(&scratch, "site");
    stop(served);
}

#[test]
fn an_invite_that_expires_is_told_of_once_over_restarts() {
    let receiver = Receiver::start();
    let scratch = Scratch::new(&config(&[webhook("site", &receiver.url(), "events = [\"invite.expired\"]")]));
    let served = scratch.serve();
    let [first, revoked, spent] = [(); 3].map(|()| create(&served, &json!({ "ttl": "2s" })));
    revoke(&served, &revoked);
    redeem(&served, &spent, "juliet");
    let told = receiver.wait(1);
    assert_eq!((told[0].about(), told[0].json()["data"]["status"].clone()), (id(&first), json!("expired")));
    stop(served);
    let served = scratch.serve();
    let second = create(&served, &json!({ "ttl": "1s" }));
    receiver.wait_until("second", |requests| requests.iter().any(|one| one.about() == id(&second)));
    wait_empty(&scratch, "site");
    let told: Vec<_> = receiver.received().iter().map(Received::about).collect();
    assert_eq!(told, [id(&first), id(&second)]);
    stop(served);
}

#[test]
fn events_and_hosts_choose_what_is_sent() {
    let [of_host, of_keys, of_all] = [(); 3].map(|()| Receiver::start());
    let scratch = Scratch::new(&config(&[
        webhook("host", &of_host.url(), "hosts = [\"example.org\"]"),
        webhook("keys", &of_keys.url(), "events = [\"key.created\"]"),
        webhook("all", &of_all.url(), ""),
    ]));
    let served = scratch.serve();
    let here = create(&served, &json!({}));
    let there = create(&served, &json!({ "host": "example.org" }));
    revoke(&served, &here);
    scratch.key(&["Another"]);
    revoke(&served, &there);
    of_all.wait(5);
    of_host.wait(2);
    of_keys.wait(1);
    for name in ["host", "keys", "all"] {
        wait_empty(&scratch, name);
    }
    let kinds = |receiver: &Receiver| receiver.received().iter().map(Received::kind).collect::<BTreeSet<_>>();
    assert!(of_host.received().iter().all(|one| one.about() == id(&there)));
    assert_eq!(kinds(&of_host), BTreeSet::from(["invite.created".to_owned(), "invite.revoked".to_owned()]));
    assert_eq!(kinds(&of_keys), BTreeSet::from(["key.created".to_owned()]));
}

#[test]
fn links_that_are_open_for_long_are_told_of_once_a_week_to_who_asks_for_it() {
    let [asks, others, of_host] = [(); 3].map(|()| Receiver::start());
    let scratch = Scratch::new(&config(&[
        webhook("asks", &asks.url(), "events = [\"invites.open\", \"invite.revoked\"]"),
        webhook("others", &others.url(), ""),
        webhook("host", &of_host.url(), "events = [\"invites.open\", \"invite.revoked\"]\nhosts = [\"example.com\"]"),
    ]));
    let create =
        |ttl: &str| scratch.ok(&["invite", "create", "--host", "example.com", "--ttl", ttl, "--note", "poster"]);
    create("30d");
    create("31d");
    let served = scratch.serve();
    let told = asks.wait(1)[0].json();
    assert_eq!((&told["type"], &told["data"]["count"]), (&json!("invites.open"), &json!(1)));
    let first = told["data"]["invites"][0].clone();
    let keys: BTreeSet<_> = first.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, BTreeSet::from(["id", "host", "uses_left", "created_at", "expires_at"]));
    assert_eq!((&first["host"], &first["uses_left"]), (&json!("example.com"), &json!(1)));
    stop(served);
    let served = scratch.serve();
    revoke(&served, &first);
    for (receiver, count) in [(&asks, 2), (&of_host, 1), (&others, 3)] {
        receiver.wait(count);
    }
    for name in ["asks", "others", "host"] {
        wait_empty(&scratch, name);
    }
    let kinds = |receiver: &Receiver| receiver.received().iter().map(Received::kind).collect::<Vec<_>>();
    assert_eq!(kinds(&asks), ["invites.open", "invite.revoked"]);
    assert_eq!(kinds(&of_host), ["invite.revoked"]);
    assert!(!kinds(&others).contains(&"invites.open".to_owned()));
}

#[test]
fn what_is_refused_is_no_event_and_what_is_asked_again_is_one() {
    let receiver = Receiver::start();
    receiver.script(&[], Reply::Hang);
    let scratch = with_one(&receiver);
    let served = scratch.serve();
    create(&served, &json!({ "username": "juliet" }));
    let again = json!({ "host": "example.com", "username": "juliet" });
    assert_eq!(served.api(ALL, "POST", "/api/v1/invites", &again).0, 409);
    assert_eq!(served.api(ALL, "POST", "/api/v1/invites", &json!({ "host": "example.com", "uses": 0 })).0, 400);
    let mut client = served.client();
    for _ in 0..2 {
        let headers = [&format!("Authorization: Bearer {ALL}"), "Content-Type: application/json", "Idempotency-Key: a"];
        client.send(common::http::request("POST", "/api/v1/invites", &headers, "{\"host\":\"example.com\"}"));
        assert_eq!(client.read().unwrap().status, 201);
    }
    let found = listed(&scratch, "site");
    assert_eq!(found["waiting"], 2, "{found}");
}

#[test]
fn what_is_not_taken_for_three_days_is_dead_until_it_is_retried() {
    let receiver = Receiver::start();
    receiver.script(&[], status(500));
    let scratch = with_one(&receiver);
    let Some(clock) = FakeClock::new(&scratch) else { return };
    let served = clock.serve(&scratch);
    let invite = create(&served, &json!({ "ttl": "30d" }));
    receiver.wait(2);
    clock.set("+2d");
    let before = receiver.received().len();
    receiver.wait(before + 1);
    assert_eq!(listed(&scratch, "site")["dead"], 0);
    clock.set("+4d");
    served.wait_log("event=webhook.dead");
    let found = wait_listed(&scratch, "site", |found| found["dead"] == 1);
    assert_eq!((&found["waiting"], &found["failure"]), (&json!(0), &json!("status 500")));
    // What is later is not held up by it.
    receiver.script(&[], OK);
    revoke(&served, &invite);
    receiver.wait_until("revocation", |requests| requests.iter().any(|one| one.kind() == "invite.revoked"));
    let before = receiver.received().len();
    assert_eq!(
        scratch.ok(&["webhook", "retry", "site", "--json"]).trim(),
        "{\n  \"name\": \"site\",\n  \"retried\": 1\n}"
    );
    let requests = receiver.wait(before + 1);
    assert_eq!(requests.last().unwrap().id(), requests[0].id());
    wait_empty(&scratch, "site");
    stop(served);
}

#[test]
fn a_receiver_that_comes_back_after_a_day_gets_everything_in_order() {
    let place = free_port();
    let url = format!("http://{place}/hook");
    let scratch = Scratch::new(&config(&[webhook("site", &url, "")]));
    let Some(clock) = FakeClock::new(&scratch) else { return };
    let served = clock.serve(&scratch);
    let invites: Vec<_> = (0..300).map(|_| create(&served, &json!({ "ttl": "30d" }))).collect();
    for invite in &invites {
        revoke(&served, invite);
    }
    served.wait_log("event=webhook.failing");
    clock.set("+1d");
    let receiver = Receiver::at(place);
    wait_empty(&scratch, "site");
    let told = by_invite(&receiver.received());
    assert_eq!(told.len(), 300);
    assert!(told.values().all(|kinds| kinds == &["invite.created", "invite.revoked"]));
    served.wait_log("event=webhook.recovered");
    stop(served);
}

#[test]
fn one_that_is_removed_keeps_what_waits_for_it_and_gets_it_when_it_is_back() {
    let receiver = Receiver::start();
    receiver.script(&[], status(503));
    let with = config(&[webhook("site", &receiver.url(), "")]);
    let scratch = Scratch::new(&with);
    let served = scratch.serve();
    let invite = create(&served, &json!({}));
    receiver.wait(1);
    scratch.configure(&config(&[]));
    served.signal("HUP");
    served.wait_log("event=reload.done");
    create(&served, &json!({}));
    let list: Value = serde_json::from_str(&scratch.ok(&["webhook", "list", "--json"])).unwrap();
    assert_eq!(list, json!({ "webhooks": [], "undeclared": [{ "name": "site", "waiting": 1, "dead": 0 }] }));
    receiver.script(&[], OK);
    scratch.configure(&with);
    let before = served.log_length();
    served.signal("HUP");
    served.wait_log_after(before, "event=reload.done");
    wait_empty(&scratch, "site");
    assert_eq!(by_invite(&receiver.received()).into_keys().collect::<Vec<_>>(), [id(&invite)]);
    stop(served);
}

#[test]
fn a_test_says_what_came_back() {
    let receiver = Receiver::start();
    let scratch = Scratch::new(&config(&[webhook("site", &format!("{}?key=zQUERYz", receiver.url()), "")]));
    assert!(scratch.ok(&["webhook", "test", "site"]).starts_with("delivered: status 204, in "));
    let requests = receiver.received().remove(0);
    assert!(is_signed(&requests) && requests.kind() == "webhook.test" && requests.path == "/hook?key=zQUERYz");
    receiver.script(&[status(500), Reply::Close], OK);
    for reason in ["the webhook site did not take the test: status 500", "did not take the test: no answer"] {
        let output = scratch.run(&["webhook", "test", "site"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), b"".as_slice()), "{said}");
        assert!(said.contains(reason) && !said.contains("zQUERYz"), "{said}");
    }
    for command in ["test", "retry"] {
        let output = scratch.run(&["webhook", command, "other"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(said, "invited: no such webhook: other; see: invited webhook list\n");
    }
    let list = scratch.ok(&["webhook", "list"]);
    assert!(list.starts_with(&format!("site\thttp://{}/hook?…\t", receiver.address)), "{list}");
    assert!(!scratch.state().join("ledger.db").exists(), "nothing was created for that");
}

#[test]
fn a_certificate_that_is_not_trusted_gets_nothing() {
    let tls = Scratch::new("");
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let dir = tls.path().display();
    std::fs::write(tls.path().join("chain.pem"), made.cert.pem()).unwrap();
    std::fs::write(tls.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    tls.configure(&format!(
        "{CONFIG}[tls]\ncertificate_file = \"{dir}/chain.pem\"\nprivate_key_file = \"{dir}/key.pem\"\n"
    ));
    let receiver = tls.serve();
    let url = format!("https://localhost:{}/hook", receiver.address().port());
    let scratch = Scratch::new(&config(&[webhook("site", &url, "")]));
    let output = scratch.run(&["webhook", "test", "site"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("no TLS with localhost: invalid peer certificate"), "{said}");
    assert!(!receiver.log().contains("POST"), "{}", receiver.log());
    // Where it is trusted it is answered, by somebody who takes none.
    let mut trusting = scratch.command();
    trusting.env("SSL_CERT_FILE", tls.path().join("chain.pem")).args(["webhook", "test", "site"]);
    let said = String::from_utf8(trusting.output().unwrap().stderr).unwrap();
    assert!(said.contains("did not take the test: status 404"), "{said}");
}

#[test]
fn what_waits_in_a_backup_is_kept_and_not_sent() {
    let receiver = Receiver::start();
    receiver.script(&[], status(503));
    let scratch = with_one(&receiver);
    scratch.ok(&["invite", "create", "--host", "example.com", "--count", "3"]);
    let backup = scratch.path().join("backup");
    scratch.ok(&["backup", backup.to_str().unwrap()]);
    let output = scratch.run(&["restore", backup.to_str().unwrap(), "--replace"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("3 messages had not been sent"), "{said}");
    receiver.script(&[], OK);
    let served = scratch.serve();
    let invite = create(&served, &json!({}));
    let requests = receiver.wait(1);
    assert_eq!(requests.iter().map(Received::about).collect::<Vec<_>>(), [id(&invite)]);
    assert_eq!(wait_listed(&scratch, "site", |found| found["waiting"] == 0)["dead"], 3);
    scratch.ok(&["webhook", "retry", "site"]);
    receiver.wait(4);
    wait_empty(&scratch, "site");
    stop(served);
}

#[test]
fn what_is_wrong_with_one_is_told_without_its_secret() {
    let faults = |lines: &str| {
        let scratch = Scratch::new(&format!("{CONFIG}[[webhooks]]\n{lines}\n"));
        let output = scratch.run(&["check", "--no-state"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(!said.contains("zSECRETz"), "{said}");
        said
    };
    let rest = format!("url = \"https://example.com/\"\nsecret = {SECRET:?}");
    for (lines, expected) in [
        (format!("name = \"a b\"\n{rest}"), "webhooks.0.name = \"a b\""),
        (
            format!("name = \"a\"\n{rest}\nevents = [\"invite.eaten\"]"),
            "expected one of invite.created, invite.redeemed",
        ),
        (format!("name = \"a\"\n{rest}\nhosts = [\"example.net\"]"), "\"example.net\" is not declared under [hosts]"),
        (format!("name = \"a\"\n{rest}\n[[webhooks]]\nname = \"a\"\n{rest}"), "webhooks.1.name = \"a\""),
        ("name = \"a\"\nurl = \"ftp://example.com\"\nsecret = \"zSECRETz\"".into(), "webhooks.0.url"),
        (
            "name = \"a\"\nurl = \"https://example.com\"\nsecret = \"zSECRETz\"".into(),
            "expected \"whsec_\" and 24 to 64 bytes",
        ),
        ("name = \"a\"".into(), "needs `url`, or `url_file`"),
        ("name = \"a\"\nurl = \"https://example.com\"".into(), "needs `secret` or `secret_file`"),
        (format!("{rest}\nname = \"a\"\nsecrets = \"zSECRETz\""), "unknown key; known here: name, url"),
    ] {
        let said = faults(&lines);
        assert!(said.contains(expected), "{lines}: {said}");
    }
    let scratch = Scratch::new(&config(&[webhook("a", "http://example.com/", "")]));
    let said = String::from_utf8(scratch.run(&["check", "--no-state"]).stderr).unwrap();
    assert!(said.contains("webhooks.0.url: what is sent can be read on the way there; use https"), "{said}");
}

const PAGE: &str = "docs/webhooks.md";

#[test]
fn the_example_of_the_page_is_what_is_sent() {
    let receiver = Receiver::start();
    let scratch = with_one(&receiver);
    let served = scratch.serve();
    let invite = create(&served, &json!({ "contact": "romeo@example.com", "uses": 2 }));
    redeem(&served, &invite, "juliet");
    let sent = receiver.wait(2).pop().unwrap().json();
    let example: Value = serde_json::from_str(docs::block(docs::page(PAGE), "json")).unwrap();
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&sent), names(&example));
    assert_eq!(names(&sent["data"]), names(&example["data"]));
    assert_eq!(names(&sent["data"]["redemption"]), names(&example["data"]["redemption"]));
    for name in ["kind", "host", "status", "uses", "uses_left", "username", "contact", "inviter", "groups", "roles"] {
        assert_eq!(sent["data"][name], example["data"][name], "{name}");
    }
}

#[test]
fn the_receiver_of_the_page_verifies_and_prints_events() {
    let test = "the_receiver_of_the_page_verifies_and_prints_events";
    let place = free_port();
    let page = docs::page("docs/webhooks.md");
    let lines = docs::block(page, "toml");
    let url = format!("http://{place}/hook");
    let lines = lines.replace("https://example.com/hook", &url);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{SECRET}\n")).unwrap();
    let lines = lines.replace("/etc/invited/credentials/webhook", file.path().to_str().unwrap());
    let scratch = Scratch::new(&format!("{CONFIG}{BASE}{lines}"));
    assert!(scratch.ok(&["check", "--no-state"]).starts_with("valid: "));
    let refused = scratch.run(&["check", "--connect", "--no-state"]);
    let said = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    assert!(said.contains("webhook site: cannot connect to ") && said.contains("drop-in webhooks.conf"), "{said}");
    let Some(python) = python_with_library(test) else { return };
    let program = docs::block(page, "python").replace("8000", &place.port().to_string());
    let mut child = Command::new(python)
        .args(["-c", &program])
        .env("WEBHOOK_SECRET", SECRET)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut printed = BufReader::new(child.stdout.take().unwrap()).lines();
    let served = scratch.serve();
    let invite = create(&served, &json!({}));
    assert_eq!(printed.next().unwrap().unwrap(), format!("invite.created {}", id(&invite)));
    let said = scratch.ok(&["check", "--connect", "--no-state"]);
    assert!(said.contains("webhook site: it can be connected to"), "{said}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn how_webhooks_go_is_counted() {
    let receiver = Receiver::start();
    let metrics = "[metrics]\nlisten = [\"127.0.0.1:0\"]\n";
    let scratch = Scratch::new(&config(&[webhook("site", &receiver.url(), metrics)]));
    let served = scratch.serve();
    create(&served, &json!({}));
    wait_empty(&scratch, "site");
    let line = served.wait_log("metrics on http://");
    let place = line.rsplit_once("http://").unwrap().1.trim().parse().unwrap();
    let text = common::Client::tcp(place).get("/metrics").text();
    for series in [
        "invited_webhook_deliveries_total{webhook=\"site\",result=\"delivered\"} 1",
        "invited_webhook_waiting{webhook=\"site\"} 0",
        "invited_webhook_dead{webhook=\"site\"} 0",
        "invited_webhook_oldest_seconds{webhook=\"site\"} 0.0",
    ] {
        assert!(text.lines().any(|line| line == series), "no {series} in {text}");
    }
}
