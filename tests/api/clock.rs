//! The service under a clock that jumps (libfaketime; monotonic time goes on): a month back, ten years forth and back again,
//! 1970, the year 9999. Invites are created all the while, and whatever is limited is so by its own window.
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;
use crate::common::fake_clock;
use crate::common::jwt;

use common::http::request;
use common::{CONFIG, Client, KEY, PATIENCE, Response, Scratch};
use fake_clock::FakeClock;
use jwt::Signer;
use serde_json::{Value, json};

/// Of [`CONFIG`]'s secret, as all of these.
const KEYS: &str = r#"
[keys.limited]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
limit = "5/h"
[keys.few]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
max_pending = 2
[keys.rest]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["create", "read", "revoke", "redeem"]
"#;

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
const JUMPS: [&str; 8] = ["+0", "-30d", "+0", "+10y", "+0", "@1970-01-01 00:00:10", "@9999-12-31 23:59:50", "+0"];

/// Whether it was made; if not, how long to wait.
fn made(answer: &Response) -> Result<(), u64> {
    match answer.status {
        201 => Ok(()),
        429 => Err(answer.header("retry-after").unwrap().parse().unwrap()),
        _ => panic!("{answer:?}"),
    }
}

/// How many a key makes until it has to wait, which is for at most `window`.
fn made_until_limited(client: &mut Client, key: &str, window: u64) -> usize {
    for count in 0..10 {
        if let Err(wait) = made(&client.invite(key)) {
            assert!((1..=window).contains(&wait), "{key}: {wait}");
            return count;
        }
    }
    panic!("{key} has no limit any more");
}

/// Has an invite in the ledger that ended in 1970: a service that starts forgets it, and that is logged.
fn create_ended(scratch: &Scratch) {
    // The other one says what time it is.
    scratch.ok(&["invite", "create", "--count", "2"]);
    let ledger = rusqlite::Connection::open(scratch.state().join("ledger.db")).unwrap();
    let ended = "UPDATE invite SET created_at = 0, expires_at = 1, id = 1 WHERE id = (SELECT min(id) FROM invite)";
    assert_eq!(ledger.execute(ended, []).unwrap(), 1);
}

#[test]
fn whatever_the_clock_does_invites_are_created_and_limits_are_those_of_their_window() {
    let scratch = Scratch::new(&format!("{CONFIG}[http]\nauth_failures = \"2/h\"\n{KEYS}"));
    let Some(clock) = FakeClock::new(&scratch) else { return };
    let served = clock.serve(&scratch);
    let mut client = served.client();
    assert_eq!([(); 2].map(|()| client.invite("site/wrong").status), [403, 403]);
    let mut limited = Vec::new();
    for jump in JUMPS {
        clock.set(jump);
        for _ in 0..3 {
            assert_eq!(made(&client.invite(KEY)), Ok(()), "{jump}");
        }
        limited.push(made_until_limited(&mut client, "limited/s3cret", HOUR));
        assert!(made_until_limited(&mut client, "few/s3cret", 7 * DAY) <= 2, "{jump}");
        let wait = made(&client.invite("site/wrong")).unwrap_err();
        assert!(wait <= HOUR / 2, "{jump}: {wait}");
    }
    // A clock that goes forth by more than an hour is believed; one that goes back gives nothing, and takes nothing.
    assert_eq!(limited[..5], [5, 0, 5, 5, 0], "{limited:?}");
    assert_eq!(limited[5..], [0, 5, 0], "{limited:?}");
    let log = served.log();
    assert!(!log.contains("panicked"), "{log}");

    // What was stored then is read by whoever comes next.
    drop(served);
    let served = clock.serve(&scratch);
    assert_eq!(made_until_limited(&mut served.client(), "limited/s3cret", HOUR), 0);
    let mut create = scratch.command();
    for jump in JUMPS {
        clock.set(jump);
        create.envs(clock.environment());
        let output = create.args(["invite", "create"]).output().unwrap();
        assert!(output.status.success(), "{jump}: {}", String::from_utf8_lossy(&output.stderr));
        create = scratch.command();
    }
}

#[test]
fn a_clock_that_was_ahead_has_no_token_used_twice() {
    let signer = Signer::new(1);
    let scratch = Scratch::new(&format!("{CONFIG}{}", jwt::key("ci", &signer.public_pem(), "")));
    let Some(clock) = FakeClock::new(&scratch) else { return };
    let served = clock.serve(&scratch);
    let mut client = served.client();
    let once = |jti: &str, ahead: i64| {
        let issued = jwt::now() + ahead;
        signer.token("ci", &json!({ "jti": jti, "iat": issued, "exp": issued + 300 }))
    };
    let first = once("one", 0);
    assert_eq!(made(&client.invite(&first)), Ok(()));
    clock.set("+3650d");
    assert_eq!(made(&client.invite(&once("two", 3_650 * 86_400))), Ok(()));
    clock.set("+0");
    assert_eq!(client.invite(&first).status, 403);
    served.wait_log("reason=\"token that was used before\"");
}

#[test]
fn an_answer_is_repeated_for_a_day_whatever_the_clock_did() {
    let scratch = Scratch::new(&format!("{CONFIG}{KEYS}"));
    let Some(clock) = FakeClock::new(&scratch) else { return };
    create_ended(&scratch);
    let served = clock.serve(&scratch);
    // A start forgets what is old, answers first. One that read the clock before a jump and writes after it would take an
    // answer for old that the jump has just had begin its day anew.
    served.wait_log("1 invites that ended before ledger.retention were forgotten");
    let create = || -> Value {
        let mut client = served.client();
        let headers = ["Authorization: Bearer rest/s3cret", "Content-Type: application/json", "Idempotency-Key: one"];
        client.send(request("POST", "/api/v1/invites", &headers, "{}"));
        let answer = client.read().unwrap();
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["id"].clone()
    };
    let first = create();
    for (jump, is_same) in [("-30d", true), ("-708h", true), ("-690h", false)] {
        clock.set(jump);
        assert_eq!(create() == first, is_same, "{jump}");
    }
}

#[test]
fn a_clock_that_is_ahead_at_a_start_has_nothing_forgotten() {
    let scratch = Scratch::new(&format!("{CONFIG}{KEYS}"));
    let Some(clock) = FakeClock::new(&scratch) else { return };
    let forgetting = || {
        let ledger = rusqlite::Connection::open(scratch.state().join("ledger.db")).unwrap();
        let value = ledger.query_row("SELECT value FROM meta WHERE name = 'forgetting'", [], |row| row.get(0));
        value.ok().map(i64::from_be_bytes)
    };
    // Each start forgets what is to be forgotten; when it has, the clock by which it does so has moved.
    let wait_for_sweep = |before: Option<i64>| {
        let began = common::now();
        while forgetting() == before {
            assert!(began.elapsed() < PATIENCE, "nothing is swept");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    };
    let served = clock.serve(&scratch);
    wait_for_sweep(None);
    let before = forgetting();
    let ended = scratch.ok(&["invite", "create", "--json"]);
    let ended: Value = serde_json::from_str(&ended).unwrap();
    let id = ended.pointer("/invites/0/id").or(ended.get("id")).unwrap().as_str().unwrap().to_owned();
    scratch.ok(&["invite", "revoke", &id]);
    drop(served);

    clock.set("+10y");
    let served = clock.serve(&scratch);
    wait_for_sweep(before);
    assert_eq!(made(&served.client().invite(KEY)), Ok(()));
    drop(served);
    clock.set("+0");
    let moved = forgetting().unwrap() - before.unwrap();
    assert!(moved.unsigned_abs() <= 24 * 3_600_000, "{moved}");
    assert!(scratch.ok(&["invite", "show", &id]).contains(&id), "it is gone");
}

#[test]
fn of_two_invites_that_a_jump_had_reserve_one_name_the_first_has_it() {
    let scratch = Scratch::new(&format!("{CONFIG}{KEYS}"));
    let Some(clock) = FakeClock::new(&scratch) else { return };
    let served = clock.serve(&scratch);
    let ask = |path: &str, body: Value| served.api("rest/s3cret", "POST", path, &body);
    let reserve = || ask("/api/v1/invites", json!({ "username": "juliet" }));
    let token = |answer: &(u16, Value)| answer.1["token"].as_str().unwrap().to_owned();
    let first = reserve();
    assert_eq!((first.0, reserve().0), (201, 409), "{first:?}");
    clock.set("+3650d");
    let second = reserve();
    assert_eq!(second.0, 201, "the first has expired by that clock: {second:?}");
    clock.set("+0");
    let redeem = |answer: &(u16, Value)| ask("/api/v1/redeem", json!({ "token": token(answer) })).0;
    assert_eq!((redeem(&second), redeem(&first), redeem(&second)), (409, 200, 409));
}

#[test]
fn a_clock_that_is_ahead_at_a_start_has_no_token_used_twice() {
    let signer = Signer::new(1);
    let scratch = Scratch::new(&format!("{CONFIG}{}", jwt::key("ci", &signer.public_pem(), "")));
    let Some(clock) = FakeClock::new(&scratch) else { return };
    let once = |jti: &str, ahead: i64| {
        let issued = jwt::now() + ahead;
        signer.token("ci", &json!({ "jti": jti, "iat": issued, "exp": issued + 300 }))
    };
    create_ended(&scratch);
    let served = clock.serve(&scratch);
    served.wait_log("1 invites that ended before ledger.retention were forgotten");
    let first = once("one", 0);
    assert_eq!(made(&served.client().invite(&first)), Ok(()));
    drop(served);
    clock.set("+3650d");
    let served = clock.serve(&scratch);
    assert_eq!(made(&served.client().invite(&once("two", 3_650 * 86_400))), Ok(()));
    clock.set("+0");
    assert_eq!(served.client().invite(&first).status, 403);
    served.wait_log("reason=\"token that was used before\"");
}
