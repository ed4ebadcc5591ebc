//! What a line of the log belongs to, and what is worth one (SPEC 9).
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;

use common::http::request;
use common::{CONFIG, KEY, Response, Scratch, Served};

const REST: &str = r#"
[keys.rest]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["create", "contact", "reset", "roles", "read", "revoke", "redeem"]
max_uses = 10000
"#;

/// A request to the API by the key `rest`.
fn ask(served: &Served, method: &str, target: &str, body: &str) -> Response {
    let headers = ["Authorization: Bearer rest/s3cret", "Content-Type: application/json"];
    let mut client = served.client();
    client.send(request(method, target, &headers, body));
    client.read().unwrap()
}

/// The id of the request that was answered so.
fn id(answer: &Response) -> &str {
    answer.header("x-request-id").unwrap()
}

/// The lines about the request that was answered so: the last is the one that every request has.
fn lines_about(served: &Served, answer: &Response) -> Vec<String> {
    let mark = format!("request.id={}", id(answer));
    served.wait_log(&format!("{mark} http.method="));
    let log = served.log();
    log.lines().filter(|line| line.contains(&mark)).map(str::to_owned).collect()
}

#[test]
fn every_event_has_the_id_of_the_request_that_caused_it() {
    let scratch = Scratch::new(&format!("{CONFIG}{REST}"));
    // As a service runs: no detail is needed for it.
    let served = scratch.serve_as(&[], &[]);
    let created = ask(&served, "POST", "/api/v1/invites", "{\"uses\":2}");
    assert_eq!(created.status, 201, "{created:?}");
    let invite = created.json();
    let path = format!("/api/v1/invites/{}", invite["id"].as_str().unwrap());
    let redeemed = ask(&served, "POST", "/api/v1/redeem", &format!("{{\"token\":{}}}", invite["token"]));
    let revoked = ask(&served, "DELETE", &path, "");
    let refused = served.client().ask("GET", "/invites_api", &["Authorization: Bearer site/wrong"]);
    for (answer, status, event) in [
        (created, 201, "invite.created"),
        (redeemed, 200, "invite.redeemed"),
        (revoked, 204, "invite.revoked"),
        (refused, 403, "key.refused"),
    ] {
        assert_eq!(answer.status, status, "{answer:?}");
        let lines = lines_about(&served, &answer);
        let [happened, line] = &lines[..] else { panic!("{event}: {lines:?}") };
        let end = format!(" request.id={}", id(&answer));
        assert!(happened.contains(&format!(" event={event} ")) && happened.ends_with(&end), "{happened}");
        assert!(line.contains(&format!(" http.status={status} ")), "{line}");
    }
    let log = served.log();
    assert!(log.lines().all(|line| line.matches("request.id=").count() <= 1), "{log}");
    assert_eq!(log.matches("event=").count(), 4, "{log}");
}

#[test]
fn what_a_request_does_to_the_ledger_has_its_id_though_another_thread_logs_it() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve_as(&[], &[]);
    let ledger = rusqlite::Connection::open(scratch.state().join("ledger.db")).unwrap();
    let failing = "CREATE TRIGGER failing BEFORE INSERT ON invite BEGIN SELECT RAISE(ABORT, 'no room at all'); END";
    ledger.execute_batch(failing).unwrap();
    let answer = served.client().invite(KEY);
    assert_eq!(answer.status, 503);
    let lines = lines_about(&served, &answer);
    let [trouble, line] = &lines[..] else { panic!("{lines:?}") };
    assert!(trouble.contains("invites cannot be created") && trouble.contains("no room at all"), "{trouble}");
    // Its cause stands there once, however many layers passed it on.
    for line in [trouble, line] {
        assert_eq!(line.matches("no room at all").count(), 1, "{line}");
        assert_eq!(line.matches("the ledger is not available").count(), 1, "{line}");
    }
}

#[test]
fn probes_that_succeed_are_details() {
    let scratch = Scratch::new(&format!("{CONFIG}[metrics]\nlisten = [\"127.0.0.1:0\"]\n"));
    for (arguments, is_told) in [(&[][..], false), (&["-v"], true)] {
        let served = scratch.serve_as(arguments, &[]);
        let metrics = served.wait_log("metrics on http://");
        let metrics = metrics.rsplit_once("http://").unwrap().1.parse().unwrap();
        let mut client = served.client();
        let mut answers = vec![client.get("/healthz"), client.get("/readyz")];
        answers.push(common::Client::tcp(metrics).get("/metrics"));
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        // A line that comes later, and always.
        let last = client.ask("POST", "/healthz", &[]);
        assert_eq!((last.status, lines_about(&served, &last).len()), (405, 1));
        for answer in answers {
            if is_told {
                let lines = lines_about(&served, &answer);
                assert!(lines.len() == 1 && lines[0].contains(" debug "), "{lines:?}");
            } else {
                assert!(!served.log().contains(id(&answer)), "{}", served.log());
            }
        }
    }
}

#[test]
fn a_cause_is_told_once_wherever_it_ends_up() {
    let taken = common::listener();
    let address = taken.local_addr().unwrap().to_string();
    let scratch = Scratch::new(&CONFIG.replace("127.0.0.1:0", &address));
    std::fs::create_dir_all(scratch.state()).unwrap();
    std::fs::write(scratch.state().join("keys"), "a file, and no directory").unwrap();
    for (arguments, cause) in [
        (&["serve"][..], "Address already in use"),
        (&["key", "create"], "(os error "),
        (&["key", "import", "/nonexistent", "--host", "example.com"], "No such file"),
        (&["token", "mint", "--id", "ci", "--key-file", "/nonexistent"], "No such file"),
    ] {
        let output = scratch.run(arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
        assert_eq!(told.matches(cause).count(), 1, "{arguments:?}: {told}");
    }
}

#[test]
fn a_refused_reload_says_why_and_what_stays() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve_as(&[], &[]);
    let refused = |config: &str| {
        let before = served.log_length();
        scratch.configure(config);
        served.signal("HUP");
        served.wait_log_after(before, "event=reload.refused")
    };
    let one = refused(&format!("{CONFIG}limit = \"many\"\n"));
    assert!(one.contains("reload refused: keys.site.limit = \"many\" ("), "{one}");
    assert!(one.contains("; keeping the running configuration event="), "{one}");
    let two = refused(&format!("{CONFIG}limit = \"many\"\nexpires = \"never\"\n"));
    assert!(two.contains("reload refused: 2 settings are wrong; keeping the running configuration event="), "{two}");
    served.wait_log("error keys.site.expires = \"never\" (");
    assert_eq!(served.client().invite(KEY).status, 201);
}
