//! Nodes that share a ledger in PostgreSQL, and whose clocks differ (libfaketime): all judge by PostgreSQL's, and one that is
//! far off judges nothing.
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;
use crate::common::fake_clock;
use crate::common::jwt;
use crate::common::postgres;

use std::process::Output;
use std::thread;
use std::time::Duration;

use common::prometheus::{Prometheus, metrics_of};
use common::{CONFIG, Client, KEY, Notified, PATIENCE, Response, Scratch, Served, now};
use fake_clock::FakeClock;
use jiff::Timestamp;
use jwt::Signer;
use postgres::Postgres;
use serde_json::{Value, json};

/// Of [`CONFIG`]'s secret, as all of these.
const KEYS: &str = r#"
[metrics]
listen = ["127.0.0.1:0"]
[keys.limited]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
limit = "4/h"
[keys.rest]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["create", "read", "revoke", "redeem"]
"#;
const REST: &str = "rest/s3cret";

/// What a node knows of PostgreSQL's time is as good as an answer is fast, in milliseconds; much less than 20 seconds.
const MARGIN: i64 = 5_000;

/// A node; what nodes share is the database, the ledger key and the keys.
fn node(database: &Postgres, key_of: Option<&Scratch>) -> Scratch {
    let scratch = Scratch::new("");
    let key = key_of.unwrap_or(&scratch).path().join("shared.key");
    let jwt = jwt::key("ci", &Signer::new(1).public_pem(), "allow = [\"create\", \"read\"]");
    let ledger = format!("[ledger]\nurl = {:?}\nkey_file = \"{}\"\n", database.url(), key.display());
    scratch.configure(&format!("{CONFIG}{KEYS}{jwt}{ledger}"));
    scratch
}

/// A token of the real time, to be used once.
fn once(jti: &str) -> String {
    Signer::new(1).token("ci", &json!({ "jti": jti }))
}

/// PostgreSQL's time, in milliseconds since 1970.
fn time(database: &Postgres) -> i64 {
    database.ask("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint").parse().unwrap()
}

fn reserve(served: &Served, name: &str) -> (u16, Value) {
    served.api(REST, "POST", "/api/v1/invites", &json!({ "username": name }))
}

fn moment(value: &Value) -> i64 {
    value.as_str().unwrap_or_else(|| panic!("{value}")).parse::<Timestamp>().unwrap().as_millisecond()
}

/// What the metric of that name is.
fn metric(served: &Served, name: &str) -> f64 {
    let text = Client::tcp(metrics_of(served)).get("/metrics").text();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
    value.unwrap_or_else(|| panic!("no {name} in {text}"))
}

/// Waits until the metric of the difference is within a second of `seconds`.
fn wait_difference(served: &Served, seconds: f64) {
    let deadline = now() + PATIENCE;
    while (metric(served, "invited_clock_difference_seconds") - seconds).abs() > 1.0 {
        assert!(now() < deadline, "{}", metric(served, "invited_clock_difference_seconds"));
        thread::sleep(Duration::from_millis(20));
    }
}

/// It is refused for the clock, which is said to be `difference` PostgreSQL's.
fn assert_refused(answer: &Response, difference: &str) {
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("60")), "{answer:?}");
    let problem = answer.json();
    assert_eq!(problem["type"], "urn:invited:problem:clock");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(&format!("is {difference} PostgreSQL's")) && detail.contains("chrony"), "{detail}");
}

/// Runs a command by hand under that clock.
fn run(scratch: &Scratch, clock: &FakeClock, arguments: &[&str]) -> (Output, String) {
    let output = scratch.command().envs(clock.environment()).args(arguments).output().unwrap();
    let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (output, String::from_utf8(said).unwrap())
}

/// An invite that ended in 1970: it is gone when a node has swept.
fn insert_ended(database: &Postgres, id: u32) {
    database.ask(&format!(
        "INSERT INTO invite (id, kind, host, source, uses, created_at, expires_at) \
         VALUES ({id}, 'account', 'example.com', 'cli', 1, 0, 1)"
    ));
}

const FORGOTTEN: &str = "1 invites that ended before ledger.retention were forgotten";

#[test]
fn a_node_that_is_far_off_judges_and_forgets_nothing_until_its_clock_is_set() {
    let database = Postgres::start();
    let right = node(&database, None);
    let wrong = node(&database, Some(&right));
    let Some(clock) = FakeClock::new(&wrong) else { return };
    right.ok(&["invite", "create"]);
    insert_ended(&database, 1);
    let right = right.serve();
    right.wait_log(FORGOTTEN);
    let juliet = reserve(&right, "juliet");
    assert_eq!(juliet.0, 201, "{juliet:?}");
    let [id, token] = ["id", "token"].map(|field| juliet.1[field].as_str().unwrap());

    insert_ended(&database, 2);
    clock.set("+400d");
    let notified = Notified::new(&wrong);
    let environment = [clock.environment(), vec![("NOTIFY_SOCKET", notified.path())]].concat();
    let served = wrong.serve_as(&["-v"], &environment);
    notified.wait("READY=1");
    let prometheus = Prometheus::start(&[metrics_of(&served)]);
    let status = notified.wait("STATUS=");
    assert!(status.contains("this node's clock is 400 days ahead of PostgreSQL's"), "{status}");
    served.wait_log(
        "this node's clock is 400 days ahead of PostgreSQL's: it answers 503 to whatever it would have to judge",
    );
    // Its first look at what is to be done is over when it says how it goes; a sweep would have been part of it.
    notified.wait("STATUS=");
    assert_eq!(database.ask("SELECT count(*) FROM invite WHERE id = 2"), "1");

    let mut client = served.client();
    let difference = "400 days ahead of";
    for key in [KEY, "limited/s3cret", &once("one")] {
        assert_refused(&client.invite(key), difference);
    }
    let authorization = format!("Authorization: Bearer {REST}");
    let headers = [authorization.as_str(), "Content-Type: application/json"];
    let body = json!({ "token": token }).to_string();
    for (method, path, body) in [
        ("POST", "/api/v1/invites", "{\"count\": 2}"),
        ("POST", "/api/v1/redeem", &body),
        ("PATCH", &format!("/api/v1/invites/{id}"), "{\"note\": \"n\"}"),
        ("DELETE", &format!("/api/v1/invites/{id}"), ""),
    ] {
        client.send(common::http::request(method, path, &headers, body));
        assert_refused(&client.read().unwrap(), difference);
    }
    assert_refused(&client.get("/readyz"), difference);
    assert_eq!(client.get("/healthz").status, 200);
    wait_difference(&served, 400.0 * 86_400.0);

    // What only reads goes on, by PostgreSQL's clock.
    let read = || assert_eq!(client.get(&format!("/invite?{token}")).status, 200);
    prometheus.wait_alert_while("InvitedClockOff", metrics_of(&served), read);
    let (status, shown) = served.api(REST, "GET", &format!("/api/v1/invites/{id}"), &Value::Null);
    assert_eq!((status, &shown["status"]), (200, &json!("pending")), "{shown}");
    let in_order = Signer::new(1).token("ci", &json!({}));
    assert_eq!(served.api(&in_order, "GET", "/api/v1/invites", &Value::Null).0, 200);

    // So do other nodes.
    assert_eq!([(); 5].map(|()| right.client().invite("limited/s3cret").status), [201, 201, 201, 201, 429]);
    assert_eq!(right.client().invite(&once("one")).status, 201);

    // The same by hand.
    let (output, said) = run(&wrong, &clock, &["invite", "create"]);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("this node's clock is 400 days ahead of PostgreSQL's; set it"), "{said}");
    let (output, said) = run(&wrong, &clock, &["invite", "list", "--status", "pending"]);
    assert!(output.status.success() && said.contains(id), "{said}");
    let (output, said) = run(&wrong, &clock, &["check", "--connect"]);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("this machine's clock is 400 days ahead of PostgreSQL's, so that the service"), "{said}");

    clock.set("+0");
    assert_eq!(client.invite(KEY).status, 201, "{}", served.log());
    assert_eq!(client.get("/readyz").status, 200);
    served.wait_log("this node's clock agrees with PostgreSQL's again");
    served.wait_log(FORGOTTEN);
    assert_eq!(database.ask("SELECT count(*) FROM invite WHERE id = 2"), "0");
    assert!(metric(&served, "invited_invites_forgotten_total").total_cmp(&1.0).is_eq());
    wait_difference(&served, 0.0);
    assert_eq!(reserve(&served, "juliet").0, 409);
}

#[test]
fn minutes_of_skew_use_no_token_twice_and_reserve_no_name_twice() {
    let database = Postgres::start();
    let right = node(&database, None);
    let wrong = node(&database, Some(&right));
    let Some(clock) = FakeClock::new(&wrong) else { return };
    let (right, served) = (right.serve(), clock.serve(&wrong));
    for (name, offset, difference) in [("juliet", "+300", "5 minutes ahead of"), ("nurse", "-300", "5 minutes behind")]
    {
        let (token, lines) = (once(name), served.log_length());
        assert_eq!(right.client().invite(&token).status, 201);
        assert_eq!(reserve(&right, name).0, 201);
        // The clock of a node that runs is set.
        clock.set(offset);
        assert_eq!(served.client().invite(&token).status, 403);
        assert_refused(&served.client().invite(&once(&format!("{name}2"))), difference);
        assert_eq!(reserve(&served, name).0, 503);
        served.wait_log_after(lines, &format!("this node's clock is {difference} PostgreSQL's: it answers 503"));
        clock.set("+0");
        assert_eq!(served.client().invite(&token).status, 403);
        assert_eq!(reserve(&served, name).0, 409);
        served.wait_log_after(lines, "this node's clock agrees with PostgreSQL's again");
    }
}

#[test]
fn nodes_that_differ_by_seconds_judge_alike() {
    let database = Postgres::start();
    let one = node(&database, None);
    let two = node(&database, Some(&one));
    let (Some(ahead), Some(behind)) = (FakeClock::new(&one), FakeClock::new(&two)) else { return };
    ahead.set("+20");
    behind.set("-20");
    let (one, two) = (ahead.serve(&one), behind.serve(&two));
    let nodes = [&one, &two];
    one.wait_log("this node's clock is 20 seconds ahead of PostgreSQL's, by which it judges");
    two.wait_log("this node's clock is 20 seconds behind PostgreSQL's, by which it judges");
    wait_difference(&one, 20.0);
    wait_difference(&two, -20.0);
    let ready = two.client().get("/readyz");
    assert_eq!((ready.status, &ready.json()["clock"]), (200, &json!("20 seconds behind PostgreSQL's")));

    // Limits, names, tokens and Idempotency-Keys are one for both.
    let limited = |served: &Served| served.client().invite("limited/s3cret").status;
    assert_eq!([&one, &two, &one, &two, &one, &two].map(limited), [201, 201, 201, 201, 429, 429]);
    assert_eq!([reserve(&two, "juliet").0, reserve(&one, "juliet").0, reserve(&two, "juliet").0], [201, 409, 409]);
    let token = once("one");
    assert_eq!(nodes.map(|served| served.client().invite(&token).status), [201, 403]);
    let repeated = nodes.map(|served| {
        let authorization = format!("Authorization: Bearer {REST}");
        let headers = [authorization.as_str(), "Content-Type: application/json", "Idempotency-Key: one"];
        let mut client = served.client();
        client.send(common::http::request("POST", "/api/v1/invites", &headers, "{}"));
        client.read().unwrap().json()["id"].clone()
    });
    assert!(repeated[0].is_string() && repeated[0] == repeated[1], "{repeated:?}");

    // An invite ends for both at the moment that PostgreSQL's clock says, whoever created it.
    for (creator, other) in [(&one, &two), (&two, &one)] {
        let before = time(&database);
        let (status, invite) = creator.api(REST, "POST", "/api/v1/invites", &json!({ "ttl": "10s" }));
        let after = time(&database);
        assert_eq!(status, 201, "{invite}");
        let (created, expires) = (moment(&invite["created_at"]), moment(&invite["expires_at"]));
        assert!((before - MARGIN..=after + MARGIN).contains(&created) && expires == created + 10_000, "{invite}");
        let path = format!("/api/v1/invites/{}", invite["id"].as_str().unwrap());
        let mut pending = vec![creator, other];
        let deadline = now() + PATIENCE;
        while !pending.is_empty() {
            assert!(now() < deadline);
            pending.retain(|served| {
                let before = time(&database);
                let (_, shown) = served.api(REST, "GET", &path, &Value::Null);
                let after = time(&database);
                let is_pending = shown["status"] == "pending";
                assert!(is_pending || shown["status"] == "expired", "{shown}");
                assert!(if is_pending { before < expires + MARGIN } else { after > expires - MARGIN }, "{shown}");
                is_pending
            });
        }
    }
}

#[test]
fn three_seconds_are_told_once_and_nothing_else() {
    let database = Postgres::start();
    let scratch = node(&database, None);
    let Some(clock) = FakeClock::new(&scratch) else { return };
    clock.set("+3");
    let served = clock.serve(&scratch);
    let told = "this node's clock is 3 seconds ahead of PostgreSQL's, by which it judges; set it";
    let line = served.wait_log(told);
    assert!(line.contains(" warn "), "{line}");
    wait_difference(&served, 3.0);
    let before = time(&database);
    let (status, invite) = served.api(REST, "POST", "/api/v1/invites", &json!({}));
    assert_eq!(status, 201);
    let created = moment(&invite["created_at"]);
    assert!((before - 1_500..=time(&database) + 1_500).contains(&created), "{invite}");
    let ready = served.client().get("/readyz");
    assert_eq!((ready.status, &ready.json()["clock"]), (200, &json!("3 seconds ahead of PostgreSQL's")));
    let (output, said) = run(&scratch, &clock, &["check", "--connect"]);
    assert!(
        output.status.success() && said.contains("this machine's clock is 3 seconds ahead of PostgreSQL's"),
        "{said}"
    );
    assert!(run(&scratch, &clock, &["invite", "create"]).0.status.success());

    clock.set("+0");
    served.wait_log("this node's clock agrees with PostgreSQL's again");
    wait_difference(&served, 0.0);
    assert_eq!(served.client().get("/readyz").json()["clock"], Value::Null);
    assert_eq!(served.log().matches(told).count(), 1, "{}", served.log());
}

#[test]
fn a_database_that_is_away_leaves_what_is_known_of_its_clock() {
    let mut database = Postgres::start();
    let scratch = node(&database, None);
    let Some(clock) = FakeClock::new(&scratch) else { return };
    clock.set("+20");
    let served = clock.serve(&scratch);
    wait_difference(&served, 20.0);
    database.stop_at_once();
    assert_eq!(served.client().invite(KEY).status, 503);
    wait_difference(&served, 20.0);
    clock.set("+400d");
    let answer = served.client().invite(KEY);
    assert_refused(&answer, "400 days ahead of");
    clock.set("+0");
    database.run();
    let deadline = now() + PATIENCE;
    while served.client().invite(KEY).status != 201 {
        assert!(now() < deadline, "{}", served.log());
        thread::sleep(Duration::from_millis(20));
    }
    served.wait_log("this node's clock agrees with PostgreSQL's again");
}

#[test]
fn nodes_follow_a_database_whose_clock_is_set() {
    let mut database = Postgres::start();
    let scratch = node(&database, None);
    let Some(clock) = FakeClock::new(&scratch) else { return };
    database.restart_with(&clock.environment());
    let served = scratch.serve();
    for (offset, difference) in [("+20", -20.0), ("-20", 20.0), ("+0", 0.0)] {
        clock.set(offset);
        // Whoever is answered was judged by the new time, also the first.
        let deadline = now() + PATIENCE;
        loop {
            let before = time(&database);
            let (status, invite) = served.api(REST, "POST", "/api/v1/invites", &json!({}));
            if status == 201 {
                let created = moment(&invite["created_at"]);
                assert!((before - MARGIN..=time(&database) + MARGIN).contains(&created), "{offset}: {invite}");
                break;
            }
            assert!(status == 503 && now() < deadline, "{status}: {invite}");
        }
        wait_difference(&served, difference);
    }
    // A node that nobody asks for anything finds it out, too.
    let lines = served.log_length();
    clock.set("+20");
    served.wait_log_after(lines, "this node's clock is 20 seconds behind PostgreSQL's");
    clock.set("+3600");
    served.wait_log_after(lines, "this node's clock is 60 minutes behind PostgreSQL's: it answers 503");
    assert_refused(&served.client().invite(KEY), "60 minutes behind");
    // It may have said so of the last time only now.
    let lines = served.log_length();
    clock.set("+0");
    served.wait_log_after(lines, "this node's clock agrees with PostgreSQL's again");
    assert_eq!(served.client().invite(KEY).status, 201);
}
