//! PostgreSQL at a distance: what waits together costs a few round trips, however much it is, and the rules hold among those who
//! are done at the same time as they do one after the other.

use crate::common;
use crate::common::distance;
use crate::common::jwt;
use crate::common::postgres;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use common::http::{Response, request};
use common::{CONFIG, Client, PATIENCE, Scratch, Served, now};
use distance::{Distance, RoundTrips};
use jwt::Signer;
use postgres::{Postgres, url_of};
use serde_json::{Value, json};

/// More keys than [`CONFIG`] has; the secret is `s3cret`.
const KEYS: &str = r#"
[keys.all]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["create", "contact", "reset", "roles", "read", "revoke", "redeem"]
max_uses = 10000
[keys.limited]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
limit = "10/h"
[keys.many]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["create", "redeem"]
limit = "100000/h"
max_pending = 100000
[keys.small]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
max_pending = 7
"#;

/// A node; what nodes share is the URL and the ledger key.
fn node(url: Option<&str>, key_of: Option<&Scratch>) -> Scratch {
    let scratch = Scratch::new("");
    let key = key_of.unwrap_or(&scratch).path().join("shared.key");
    let jwt = jwt::key("ci", &Signer::new(1).public_pem(), "");
    let ledger = |url| format!("[ledger]\nurl = {url:?}\nkey_file = \"{}\"\n", key.display());
    scratch.configure(&format!("{CONFIG}{KEYS}{jwt}{}", url.map_or(String::new(), ledger)));
    scratch
}

fn ask(client: &mut Client, key: &str, method: &str, path: &str, headers: &[&str], body: &Value) -> Response {
    let key = format!("Authorization: Bearer {key}/s3cret");
    let lines = [&[key.as_str(), "Content-Type: application/json"], headers].concat();
    client.send(request(method, path, &lines, &if body.is_null() { String::new() } else { body.to_string() }));
    client.read().expect("an answer")
}

fn create(client: &mut Client, key: &str, headers: &[&str], body: &Value) -> Response {
    ask(client, key, "POST", "/api/v1/invites", headers, body)
}

fn redeem(client: &mut Client, key: &str, token: &Value, account: Option<&str>) -> Response {
    ask(client, key, "POST", "/api/v1/redeem", &[], &json!({ "token": token, "account": account }))
}

/// Asks all nodes at once, `count` times in all; gives the answers.
fn at_once(nodes: &[Served], count: usize, call: impl Fn(&mut Client, usize) -> Response + Sync) -> Vec<Response> {
    let barrier = Barrier::new(count);
    thread::scope(|scope| {
        let (call, barrier) = (&call, &barrier);
        let asking: Vec<_> = (0..count)
            .map(|number| {
                scope.spawn(move || {
                    let mut client = nodes[number % nodes.len()].client();
                    barrier.wait();
                    call(&mut client, number)
                })
            })
            .collect();
        asking.into_iter().map(|asked| asked.join().unwrap()).collect()
    })
}

fn statuses(answers: &[Response]) -> BTreeMap<u16, usize> {
    let mut came = BTreeMap::new();
    for answer in answers {
        *came.entry(answer.status).or_default() += 1;
    }
    came
}

/// The rules, by so many who ask at the same time: whoever asks first has the writer busy, and the others wait together.
fn rules_hold(nodes: &[Served]) {
    let creates = |key: &'static str, headers: &'static [&'static str], body: Value| {
        move |client: &mut Client, _: usize| create(client, key, headers, &body)
    };
    // A name.
    let came = at_once(nodes, 24, creates("all", &[], json!({ "username": "juliet" })));
    assert_eq!(statuses(&came), BTreeMap::from([(201, 1), (409, 23)]));
    // A rate, and pending invites.
    let came = at_once(nodes, 40, creates("limited", &[], json!({})));
    assert_eq!(statuses(&came), BTreeMap::from([(201, 10), (429, 30)]));
    let came = at_once(nodes, 30, creates("small", &[], json!({})));
    assert_eq!(statuses(&came), BTreeMap::from([(201, 7), (429, 23)]));
    let came = at_once(nodes, 6, creates("all", &[], json!({ "count": 30 })));
    assert_eq!(statuses(&came), BTreeMap::from([(201, 6)]));
    // An Idempotency-Key: one invite, and all are answered the same; another body is refused.
    let again: &[&str] = &["Idempotency-Key: 8e03978e-40d5-43dd-bc93-6894a57f9324"];
    let came = at_once(nodes, 20, creates("all", again, json!({ "note": "once" })));
    let bodies: BTreeSet<_> = came.iter().map(Response::text).collect();
    assert_eq!((statuses(&came), bodies.len()), (BTreeMap::from([(201, 20)]), 1));
    let other = at_once(nodes, 3, creates("all", again, json!({ "note": "twice" })));
    assert_eq!(statuses(&other), BTreeMap::from([(422, 3)]));
    // Each with one of its own, by a key with a limit.
    let came = at_once(nodes, 30, |client, number| {
        let (own, began) = (format!("Idempotency-Key: own {number}"), now());
        loop {
            let answer = create(client, "many", &[&own], &json!({ "username": format!("own{number}") }));
            // What took longer than five seconds may be sent again: that is what the key is for.
            if answer.status != 503 || began.elapsed() > PATIENCE {
                return answer;
            }
        }
    });
    assert_eq!(statuses(&came), BTreeMap::from([(201, 30)]));
    let ids: BTreeSet<_> = came.iter().map(|answer| answer.json()["id"].to_string()).collect();
    assert_eq!(ids.len(), 30);
    // A token for one use.
    let signer = Signer::new(1);
    let tokens: Vec<_> = (0..3).map(|n| signer.token("ci", &json!({ "jti": format!("token {n}") }))).collect();
    let came = at_once(nodes, 24, |client, number| client.invite(&tokens[number % 3]));
    assert_eq!(statuses(&came), BTreeMap::from([(201, 3), (403, 21)]));
    // Uses, of one invite by many.
    let ten = create(&mut nodes[0].client(), "all", &[], &json!({ "uses": 10 })).json();
    let came =
        at_once(nodes, 30, |client, number| redeem(client, "all", &ten["token"], Some(&format!("guest{number}"))));
    assert_eq!(statuses(&came), BTreeMap::from([(200, 10), (410, 20)]));
    let path = format!("/api/v1/invites/{}", ten["id"].as_str().unwrap());
    let shown = ask(&mut nodes[0].client(), "all", "GET", &path, &[], &Value::Null).json();
    let accounts: BTreeSet<_> =
        shown["redemptions"].as_array().unwrap().iter().map(|one| one["account"].to_string()).collect();
    assert_eq!((accounts.len(), &shown["status"]), (10, &json!("redeemed")));
    // What each was answered is what was left then.
    let left: BTreeSet<_> =
        came.iter().filter(|one| one.status == 200).map(|one| one.json()["uses_left"].to_string()).collect();
    assert_eq!(left.len(), 10, "{left:?}");
    // A name, of many invites and of one.
    let invites: Vec<_> =
        (0..4).map(|_| create(&mut nodes[0].client(), "all", &[], &json!({ "uses": 9 })).json()).collect();
    let came =
        at_once(nodes, 16, |client, number| redeem(client, "all", &invites[number % 4]["token"], Some("rosaline")));
    assert_eq!(statuses(&came), BTreeMap::from([(200, 1), (409, 15)]));
    // To reserve it, and to redeem for it.
    let came = at_once(nodes, 16, |client, number| {
        if number % 2 == 0 {
            create(client, "all", &[], &json!({ "username": "mercutio" }))
        } else {
            redeem(client, "all", &invites[number % 4]["token"], Some("mercutio"))
        }
    });
    let came = statuses(&came);
    // Whoever came first has it; after a redemption it may be reserved still, for nobody's use.
    assert!(
        came.get(&200).is_none_or(|redeemed| *redeemed == 1) && came.get(&201).is_none_or(|made| *made == 1),
        "{came:?}"
    );
    assert!(came.contains_key(&200) || came.contains_key(&201), "{came:?}");
}

#[test]
fn the_rules_hold_among_those_who_wait_together_in_sqlite() {
    let one = node(None, None);
    rules_hold(&[one.serve()]);
}

#[test]
fn the_rules_hold_among_those_who_wait_together_far_from_postgresql() {
    let database = Postgres::start();
    let way = Distance::to(database.socket_address(), Duration::from_millis(20));
    let one = node(Some(&url_of(&[way.place()])), None);
    rules_hold(&[one.serve()]);
    assert_eq!(database.ask("SELECT count(*) FROM invite GROUP BY host, username HAVING username = 'juliet'"), "1");
}

#[test]
fn the_rules_hold_among_those_who_wait_together_on_nodes_near_and_far() {
    let database = Postgres::start();
    let way = Distance::to(database.socket_address(), Duration::from_millis(5));
    let near = node(Some(&database.url()), None);
    let far = node(Some(&url_of(&[way.place()])), Some(&near));
    rules_hold(&[near.serve(), far.serve()]);
}

/// Something that is done several times.
type Call<'a> = Box<dyn Fn(&mut Client, usize) -> Response + Sync + 'a>;

/// How many round trips it costs to do something `count` times: while the writer waits for an answer that is held back for `time`,
/// for the others to come.
fn round_trips(
    way: &RoundTrips,
    served: &Served,
    count: usize,
    expected: u16,
    time: Duration,
    call: impl Fn(&mut Client, usize) -> Response + Sync,
) -> usize {
    let began = now();
    loop {
        way.close(true);
        let (came, trips) = thread::scope(|scope| {
            let first = scope.spawn(|| {
                let answer = create(&mut served.client(), "many", &[], &json!({}));
                (answer, way.count())
            });
            thread::sleep(time / 4);
            let others = scope.spawn(|| at_once(std::slice::from_ref(served), count, &call));
            thread::sleep(time);
            way.close(false);
            let (first, after_first) = first.join().unwrap();
            assert!([201, 503].contains(&first.status), "{}", served.log());
            let mut came = others.join().unwrap();
            came.extend((first.status == 503).then_some(first));
            (statuses(&came), way.count() - after_first)
        });
        // What took longer than five seconds, on a machine that has others to see to, says nothing of round trips.
        if !came.contains_key(&503) || began.elapsed() > PATIENCE {
            assert_eq!(came, BTreeMap::from([(expected, count)]), "{}", served.log());
            return trips;
        }
    }
}

#[test]
fn a_batch_costs_a_few_round_trips_whatever_its_size() {
    let database = Postgres::start();
    let way = RoundTrips::to(database.socket_address());
    let one = node(Some(&url_of(&[way.place()])), None);
    let served = one.serve();
    let invite = create(&mut served.client(), "all", &[], &json!({ "uses": 9000 })).json();
    let turn = std::sync::atomic::AtomicUsize::new(0);
    let next = || turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let calls: [(&str, usize, u16, Call<'_>); 4] = [
        ("creates by a key with limits", 2, 201, Box::new(|client, _| create(client, "many", &[], &json!({})))),
        (
            "creates for names",
            2,
            201,
            Box::new(|client, _| create(client, "all", &[], &json!({ "username": format!("name{}", next()) }))),
        ),
        (
            "creates with an Idempotency-Key",
            3,
            201,
            Box::new(|client, _| {
                create(
                    client,
                    "all",
                    &[&format!("Idempotency-Key: {}", next())],
                    &json!({ "username": format!("own{}", next()) }),
                )
            }),
        ),
        (
            "redemptions of one invite",
            3,
            200,
            Box::new(|client, _| redeem(client, "all", &invite["token"], Some(&format!("guest{}", next())))),
        ),
    ];
    for (what, most, expected, call) in &calls {
        for count in [1, 60] {
            // On a busy machine they may come late, and cost more then, but never less.
            let mut counted = vec![];
            for ms in [200, 200, 500, 1_000, 2_000, 2_000] {
                counted.push(round_trips(&way, &served, count, *expected, Duration::from_millis(ms), call));
                if counted.last() <= Some(most) {
                    break;
                }
            }
            assert!(counted.last() <= Some(most), "{what}: {count} cost more than {most} round trips: {counted:?}");
        }
    }
}

#[test]
fn many_invites_of_one_request_cost_one_round_trip() {
    let database = Postgres::start();
    let way = RoundTrips::to(database.socket_address());
    let one = node(Some(&url_of(&[way.place()])), None);
    let served = one.serve();
    let mut client = served.client();
    // What is known after that: that the ledger is what it was, and that the use of the key is written.
    let mut create_many = || {
        let before = way.count();
        let answer = create(&mut client, "all", &[], &json!({ "count": 1000 }));
        assert_eq!(answer.status, 201, "{}", answer.text());
        way.count() - before
    };
    // On a busy machine one answer may come in pieces, and cost more then, but never less.
    let mut trips = vec![];
    while trips.last() != Some(&1) && trips.len() < 40 {
        trips.push(create_many());
    }
    assert!(trips.contains(&1), "{trips:?}");
    let all = trips.len() * 1000;
    assert_eq!(database.ask("SELECT count(*), count(DISTINCT id) FROM invite"), format!("{all}|{all}"));
}

#[test]
fn what_fails_leaves_nothing_of_those_who_waited_with_it() {
    let database = Postgres::start();
    let way = Distance::to(database.socket_address(), Duration::from_millis(20));
    let one = node(Some(&url_of(&[way.place()])), None);
    let served = one.serve();
    let invite = create(&mut served.client(), "all", &[], &json!({ "uses": 5 })).json();
    database.ask(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.note = 'no' THEN RAISE 'no'; END IF; \
         RETURN NEW; END $$; CREATE TRIGGER refuse AFTER INSERT ON invite FOR EACH ROW EXECUTE FUNCTION refuse()",
    );
    // In some of these an invite is created that the database refuses, by either way.
    let came = at_once(std::slice::from_ref(&served), 30, |client, number| match number {
        3 | 20 => create(client, "all", &[], &json!({ "note": "no" })),
        7 | 13 => create(client, "many", &[], &json!({ "note": "no", "username": format!("no{number}") })),
        _ if number % 2 == 0 => redeem(client, "all", &invite["token"], Some(&format!("guest{number}"))),
        _ => create(client, "many", &[&format!("Idempotency-Key: {number}")], &json!({ "note": "yes" })),
    });
    for refused in [3, 7, 13, 20] {
        assert_eq!(came[refused].status, 503, "{}", came[refused].text());
        // It is known that nothing has changed.
        assert!(came[refused].text().contains("nothing has changed"), "{}", came[refused].text());
    }
    let count = |status: u16| came.iter().filter(|answer| answer.status == status).count().to_string();
    assert_eq!(database.ask("SELECT count(*) FROM invite WHERE note = 'yes'"), count(201));
    assert_eq!(database.ask("SELECT count(*) FROM answer"), count(201));
    assert_eq!(database.ask("SELECT count(*) FROM redemption"), count(200));
    assert_eq!(database.ask("SELECT used FROM invite WHERE uses = 5"), count(200));
    assert_eq!(database.ask("SELECT count(*) FROM invite WHERE note = 'no'"), "0");
    assert_eq!(create(&mut served.client(), "many", &[], &json!({})).status, 201, "{}", served.log());
}

#[test]
fn an_id_that_another_node_has_taken_is_replaced_by_another_one() {
    let database = Postgres::start();
    let one = node(Some(&database.url()), None);
    let served = one.serve();
    let mut client = served.client();
    for _ in 0..2 {
        assert_eq!(create(&mut client, "all", &[], &json!({})).status, 201);
    }
    // What PostgreSQL says of an id that is there; it says so twice, whatever is rolled back.
    database.ask(
        "CREATE SEQUENCE tries; CREATE FUNCTION meet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF nextval('tries') <= 2 THEN RAISE unique_violation; END IF; RETURN NULL; END $$; \
         CREATE TRIGGER meet AFTER INSERT ON invite FOR EACH STATEMENT EXECUTE FUNCTION meet()",
    );
    for (key, body) in [("all", json!({ "count": 3 })), ("many", json!({ "username": "juliet" }))] {
        let answer = create(&mut client, key, &["Idempotency-Key: twice"], &body);
        assert_eq!(answer.status, 201, "{}", served.log());
        assert_eq!(database.ask("SELECT last_value FROM tries"), "3");
        database.ask("ALTER SEQUENCE tries RESTART");
    }
    let answer = create(&mut client, "all", &[], &json!({ "count": 4 }));
    assert_eq!(answer.status, 201, "{}", served.log());
    assert_eq!(database.ask("SELECT count(*) FROM invite"), "10");
    assert_eq!(database.ask("SELECT count(*) FROM answer"), "2");
}

/// Ids that one of a clock that was ahead has given are followed by all nodes, one after the other.
#[test]
fn ids_go_on_after_those_of_a_clock_that_was_ahead() {
    let database = Postgres::start();
    let one = node(Some(&database.url()), None);
    let two = node(Some(&database.url()), Some(&one));
    one.ok(&["invite", "create"]);
    // Two years, of 2^22 ids a millisecond.
    database.ask("UPDATE invite SET id = id + 2 * 365 * 86400000::bigint * 4194304");
    let nodes = [one.serve(), two.serve()];
    let began = now();
    let came = at_once(&nodes, 60, |client, _| {
        loop {
            let answer = create(client, "all", &[], &json!({ "count": 5 }));
            // On a busy machine one may take longer than five seconds; it may have been done then.
            if answer.status != 503 || began.elapsed() > PATIENCE {
                return answer;
            }
        }
    });
    assert_eq!(statuses(&came), BTreeMap::from([(201, 60)]));
    let first = "SELECT min(id) FROM invite";
    assert_eq!(database.ask(&format!("SELECT source FROM invite WHERE id = ({first})")), "cli");
    let invites: usize = database.ask("SELECT count(*) FROM invite").parse().unwrap();
    assert!(invites >= 301 && invites % 5 == 1, "{invites}");
}
