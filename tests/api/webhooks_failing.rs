//! A receiver that fails for long, while much happens: nobody else notices, it is not flooded, and gets all of it in the end.
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;
use crate::common::fake_clock::FakeClock;
use crate::common::http::request;
use crate::common::receiver::{OK, Received, Receiver, status};
use crate::webhooks::{ALL, by_invite, config, create, id, listed, revoke, stop, wait_empty, wait_listed, webhook};

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use common::{Client, PATIENCE, Scratch, Served, now};
use serde_json::{Value, json};

/// So many are sent to a webhook at once, while all is well.
const AT_ONCE: usize = 16;

const CLIENTS: usize = 4;
/// So many invites each client creates and redeems.
const EACH: usize = 100;

/// So often so many are created together, with groups that are long.
const TIMES: usize = 8;
const TOGETHER: usize = 1_000;
const GROUP_CHARS: usize = 120;
const GROUPS: usize = 30;

const METRICS: &str = "[metrics]\nlisten = [\"127.0.0.1:0\"]\n";

/// A configuration with one webhook, for all events, and metrics.
fn with_metrics(receiver: &Receiver) -> Scratch {
    Scratch::new(&config(&[webhook("site", &receiver.url(), METRICS)]))
}

/// What the metrics say of the webhook.
fn metric(served: &Served, name: &str) -> f64 {
    let line = served.wait_log("metrics on http://");
    let place: SocketAddr = line.rsplit_once("http://").unwrap().1.trim().parse().unwrap();
    let text = Client::tcp(place).get("/metrics").text();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
    value.unwrap_or_else(|| panic!("no {name} in {text}"))
}

/// Waits until that is counted, which is done now and then.
fn wait_metric(served: &Served, name: &str, value: f64) {
    let began = now();
    while (metric(served, name) - value).abs() > 0.1 {
        assert!(began.elapsed() < PATIENCE, "{name}: {}", metric(served, name));
        thread::sleep(Duration::from_millis(100));
    }
}

/// How much memory it has, in bytes.
fn memory(served: &Served) -> usize {
    let text = std::fs::read_to_string(format!("/proc/{}/status", served.pid())).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// Calls the API on a connection that is kept.
fn call(client: &mut Client, path: &str, body: &Value) -> Value {
    let headers = [&format!("Authorization: Bearer {ALL}"), "Content-Type: application/json"];
    client.send(request("POST", path, &headers, &body.to_string()));
    let answer = client.read().unwrap();
    assert!([200, 201].contains(&answer.status), "{path}: {}: {}", answer.status, answer.text());
    answer.json()
}

/// Creates invites and redeems them; gives what is to be told of each.
fn create_and_redeem(address: SocketAddr, name: &str) -> BTreeMap<String, Vec<String>> {
    let (mut client, mut wanted) = (Client::tcp(address), BTreeMap::new());
    for at in 0..EACH {
        let invite = call(&mut client, "/api/v1/invites", &json!({ "host": "example.com" }));
        let account = json!({ "token": invite["token"], "account": format!("{name}-{at}") });
        call(&mut client, "/api/v1/redeem", &account);
        wanted.insert(id(&invite), vec!["invite.created".to_owned(), "invite.redeemed".to_owned()]);
    }
    wanted
}

/// Creates many invites together, of each of which a lot is to be told.
fn create_together(served: &Served) -> BTreeMap<String, Vec<String>> {
    let group = |at| format!("{at:-<GROUP_CHARS$}");
    let groups: Vec<_> = (0..GROUPS).map(group).collect();
    let body = json!({ "host": "example.com", "count": TOGETHER, "groups": groups });
    let created = call(&mut served.client(), "/api/v1/invites", &body);
    let invites = created["invites"].as_array().unwrap_or_else(|| panic!("{created}"));
    assert_eq!(invites.len(), TOGETHER);
    invites.iter().map(|invite| (id(invite), vec!["invite.created".to_owned()])).collect()
}

/// How many requests a receiver may have seen that has failed for so long: those that were under way at first, and then one at a
/// time, after a second, two, four, and so on.
fn most_requests(time: Duration) -> usize {
    let (mut pauses, mut passed) = (0, Duration::ZERO);
    while passed <= time {
        passed += Duration::from_secs(1 << pauses).min(Duration::from_mins(5));
        pauses += 1;
    }
    AT_ONCE + pauses
}

fn counts(requests: &[Received]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for one in requests {
        *counts.entry(one.id().to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn a_receiver_that_answers_500_to_a_flood_slows_nobody_is_left_alone_and_gets_all_of_it_later() {
    let receiver = Receiver::start();
    receiver.script(&[], status(500));
    let scratch = with_metrics(&receiver);
    let (began, served) = (now(), scratch.serve());
    let address = served.address();
    let mut wanted = create_together(&served);
    served.wait_log("event=webhook.failing");
    let before = memory(&served);
    let together = (0..TIMES).map(|_| create_together(&served)).collect::<Vec<_>>();
    let told = thread::scope(|scope| {
        let clients: Vec<_> =
            (0..CLIENTS).map(|client| scope.spawn(move || create_and_redeem(address, &format!("c{client}")))).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect::<Vec<_>>()
    });
    wanted.extend(together.into_iter().chain(told).flatten());
    assert_eq!(wanted.len(), (1 + TIMES) * TOGETHER + CLIENTS * EACH);
    let events: usize = wanted.values().map(Vec::len).sum();
    assert_eq!(listed(&scratch, "site")["waiting"], events);
    // What waits is in the ledger, and not in memory.
    let (grown, waiting) = (memory(&served).saturating_sub(before), TIMES * TOGETHER * GROUPS * GROUP_CHARS);
    assert!(grown < waiting / 2, "{grown} bytes more, while {waiting} more wait");
    // However much waits it is asked for one thing at a time, and less and less often.
    let asked = receiver.script(&[], OK);
    let most = most_requests(began.elapsed());
    assert!((1..=most).contains(&asked), "{asked} requests in {:?}, while {events} wait", began.elapsed());
    assert_eq!(served.log().matches("event=webhook.failing").count(), 1, "{}", served.log());
    wait_empty(&scratch, "site");
    let requests = &receiver.received()[asked..];
    assert!(counts(requests).values().all(|count| *count == 1), "each is taken once");
    assert_eq!(requests.len(), events);
    assert!(by_invite(requests) == wanted, "in order for each invite");
    served.wait_log("event=webhook.recovered");
    let delivered = metric(&served, "invited_webhook_deliveries_total{webhook=\"site\",result=\"delivered\"}");
    assert!((delivered - f64::from(u32::try_from(events).unwrap())).abs() < 0.1, "{delivered}");
    println!("{asked} requests of {most} for {events} events, {grown} bytes of {waiting}; {:?}", began.elapsed());
    stop(served);
}

#[test]
fn all_that_was_not_taken_for_three_days_is_kept_and_comes_in_order_when_it_is_retried() {
    const INVITES: usize = 30;
    const EVENTS: usize = 2 * INVITES;
    let receiver = Receiver::start();
    receiver.script(&[], status(500));
    let scratch = with_metrics(&receiver);
    let Some(clock) = FakeClock::new(&scratch) else { return };
    let served = clock.serve(&scratch);
    let invites: Vec<_> = (0..INVITES).map(|_| create(&served, &json!({ "ttl": "30d" }))).collect();
    for invite in &invites {
        revoke(&served, invite);
    }
    wait_metric(&served, "invited_webhook_waiting{webhook=\"site\"}", 60.0);
    // A bit less than three days later all of it waits still.
    clock.set("+71h");
    receiver.wait(receiver.received().len() + 1);
    let found = listed(&scratch, "site");
    assert_eq!((&found["waiting"], &found["dead"]), (&json!(EVENTS), &json!(0)), "{found}");
    assert!(!served.log().contains("event=webhook.dead"), "{}", served.log());
    // Whatever the receiver is asked for by now, it takes nothing.
    for hour in 73.. {
        let found = listed(&scratch, "site");
        if found["dead"] == EVENTS {
            assert_eq!(found["waiting"], 0, "{found}");
            break;
        }
        let asked = receiver.received().len();
        clock.set(&format!("+{hour}h"));
        if found["waiting"] != 0 {
            receiver.wait_until("another try, or all dead", |received| {
                received.len() > asked || listed(&scratch, "site")["waiting"] == 0
            });
        }
    }
    let told: usize = served
        .log()
        .lines()
        .filter(|line| line.contains("event=webhook.dead"))
        .map(|line| line.split_once("count=").unwrap().1.split(' ').next().unwrap().parse::<usize>().unwrap())
        .sum();
    assert_eq!(told, EVENTS, "{}", served.log());
    wait_metric(&served, "invited_webhook_dead{webhook=\"site\"}", 60.0);
    wait_metric(&served, "invited_webhook_waiting{webhook=\"site\"}", 0.0);
    assert!(metric(&served, "invited_webhook_deliveries_total{webhook=\"site\",result=\"dead\"}") >= 1.0);
    let checked = scratch.ok(&["check", "--connect"]);
    assert!(checked.contains("webhook site: it can be connected to"), "{checked}");
    stop(served);

    // A start sends none of it, nor a receiver that is well.
    let asked = receiver.script(&[], OK);
    let served = clock.serve(&scratch);
    let last = create(&served, &json!({ "ttl": "30d" }));
    wait_listed(&scratch, "site", |found| found["waiting"] == 0);
    assert_eq!(by_invite(&receiver.received()[asked..]), BTreeMap::from([(id(&last), vec!["invite.created".into()])]));
    assert_eq!(listed(&scratch, "site")["dead"], EVENTS);
    let asked = receiver.received().len();
    let retried: Value = serde_json::from_str(&scratch.ok(&["webhook", "retry", "site", "--json"])).unwrap();
    assert_eq!(retried["retried"], EVENTS);
    wait_empty(&scratch, "site");
    let requests = &receiver.received()[asked..];
    let wanted = |invite: &Value| (id(invite), vec!["invite.created".to_owned(), "invite.revoked".to_owned()]);
    assert_eq!(by_invite(requests), invites.iter().map(wanted).collect());
    assert_eq!(requests.len(), EVENTS, "each once");
    wait_metric(&served, "invited_webhook_dead{webhook=\"site\"}", 0.0);
    stop(served);
}
