//! A ledger in PostgreSQL with a replica, whose primary ends, freezes, or comes back: which server is written, and read.

use crate::common;
use crate::common::postgres;

use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::Duration;

use common::http::request;
use common::prometheus::{METRICS, Prometheus, metrics_of};
use common::{CONFIG, Client, KEY, PATIENCE, Scratch, Served, now};
use postgres::{Postgres, url_of};

/// A node; what nodes share is the URL and the ledger key.
fn node(url: &str, key_of: Option<&Scratch>) -> Scratch {
    let scratch = Scratch::new("");
    let key = key_of.unwrap_or(&scratch).path().join("shared.key");
    scratch.configure(&format!("{CONFIG}[ledger]\nurl = {url:?}\nkey_file = \"{}\"\n", key.display()));
    scratch
}

/// Creates an invite, as soon as the node can; gives its token.
fn create(served: &Served) -> String {
    let deadline = now() + PATIENCE;
    loop {
        let answer = served.client().invite(KEY);
        match answer.status {
            201 => return answer.token(),
            503 => assert!(now() < deadline, "{}", served.log()),
            other => panic!("{other}: {}", answer.text()),
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// A host that takes connections and says nothing.
fn silent_host() -> (TcpListener, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let place = listener.local_addr().unwrap().to_string();
    (listener, place)
}

#[test]
fn hosts_that_never_answer_keep_nobody_from_the_one_that_does() {
    let database = Postgres::start();
    let [one, two] = [(); 2].map(|()| silent_host());
    let url = url_of(&[one.1, two.1, database.place()]);
    let scratch = node(&url, None);
    let served = scratch.serve();
    // Not after a deadline, nor by trying again.
    assert_eq!(served.client().invite(KEY).status, 201, "{}", served.log());
    assert!(!served.log().contains("invites cannot be created"), "{}", served.log());
}

/// What the page of an invite answers, as soon as the node can read.
fn open(served: &Served, token: &str) -> u16 {
    let deadline = now() + PATIENCE;
    loop {
        let status = served.client().get(&format!("/invite?{token}")).status;
        if status != 503 {
            return status;
        }
        assert!(now() < deadline, "{}", served.log());
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_primary_that_ends_is_followed_by_its_replica() {
    let mut primary = Postgres::start();
    let replica = primary.replica();
    primary.commit_with_replica();
    let scratch = node(&url_of(&[primary.place(), replica.place()]), None);
    let served = scratch.serve();
    let before = create(&served);
    assert_eq!(open(&served, &before), 200);
    primary.stop_at_once();
    replica.promote();
    // Also where nobody writes.
    assert_eq!(open(&served, &before), 200);
    let after = create(&served);
    assert_eq!(open(&served, &after), 200);
    assert_eq!(replica.ask("SELECT count(*) FROM invite"), "2");
}

#[test]
fn nothing_is_read_from_another_server_than_the_one_that_is_written() {
    let mut primary = Postgres::start();
    let replica = primary.replica();
    primary.commit_with_replica();
    let one = node(&url_of(&[primary.place(), replica.place()]), None);
    let two = node(&url_of(&[primary.place(), replica.place()]), Some(&one));
    let nodes = [one.serve(), two.serve()];
    let before = create(&nodes[0]);
    // Each of their readers is connected by now.
    thread::scope(|scope| {
        for node in nodes.iter().cycle().take(16) {
            scope.spawn(|| assert_eq!(open(node, &before), 200));
        }
    });
    primary.freeze();
    replica.promote();
    for node in &nodes {
        create(node);
    }
    // It comes back, can be written, and knows nothing of what follows.
    primary.thaw();
    for turn in 0..8 {
        let token = create(&nodes[turn % 2]);
        for node in &nodes {
            assert_eq!(node.client().get(&format!("/invite?{token}")).status, 200, "{}", node.log());
        }
    }
    assert_eq!(primary.ask("SELECT count(*) FROM invite"), "1");
    drop(nodes);
    // Nor does a primary that is frozen keep a node from starting.
    primary.freeze();
    let served = one.serve();
    assert_eq!(served.client().invite(KEY).status, 201, "{}", served.log());
    assert_eq!(open(&served, &before), 200);
}

#[test]
fn a_commit_that_did_not_wait_for_the_replica_is_no_201() {
    let database = Postgres::start();
    let scratch = node(&database.url(), None);
    let served = scratch.serve();
    create(&served);
    database.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    database.sql("postgres", "SELECT pg_reload_conf()");
    let key = format!("Authorization: Bearer {KEY}");
    let mut accepts = vec!["text/html", "application/json"];
    while let Some(accept) = accepts.last() {
        let accept = format!("Accept: {accept}");
        let (answer, is_cancelled) = thread::scope(|scope| {
            let asked = scope.spawn(|| served.client().ask("POST", "/invites_api", &[&key, &accept]));
            // What an admin does to have the server go on: it commits, and says that the replica may not have it.
            let cancel = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
            let mut is_cancelled = false;
            while !asked.is_finished() {
                is_cancelled |= database.ask(cancel) != "0";
            }
            (asked.join().unwrap(), is_cancelled)
        });
        // It takes a moment until the server has the setting.
        if !is_cancelled {
            continue;
        }
        accepts.pop();
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert!(answer.text().contains("may have"), "{}", answer.text());
        assert!(!answer.text().contains("nothing has changed"), "{}", answer.text());
    }
    database.sql("postgres", "ALTER SYSTEM RESET synchronous_standby_names");
    database.sql("postgres", "SELECT pg_reload_conf()");
    create(&served);
}

#[test]
fn nobody_waits_for_long_for_a_server_that_answers_nothing() {
    let mut database = Postgres::start();
    let scratch = node(&database.url(), None);
    let served = scratch.serve();
    let token = create(&served);
    let page = |count| {
        thread::scope(|scope| {
            let asking: Vec<_> =
                (0..count).map(|_| scope.spawn(|| served.client().get(&format!("/invite?{token}")).status)).collect();
            assert_eq!(served.client().get("/healthz").status, 200);
            asking.into_iter().map(|asked| asked.join().unwrap()).collect::<Vec<_>>()
        })
    };
    // All connections that read are open.
    assert_eq!(page(20), [200; 20]);
    database.freeze();
    assert_eq!(page(20), [503; 20]);
    // One now and then waits for some seconds; if each of them did, that were eight minutes.
    let began = now();
    for _ in 0..100 {
        assert_eq!(page(1), [503]);
    }
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    database.thaw();
    assert_eq!(open(&served, &token), 200);
}

/// So many connections read where PostgreSQL is.
const READERS: usize = 5;

#[test]
fn nothing_is_read_for_those_who_have_gone() {
    const WAITING: &str = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    let database = Postgres::start();
    let scratch = node(&database.url(), None);
    let served = scratch.serve();
    let token = create(&served);
    database.sql("postgres", "ALTER SYSTEM SET log_min_duration_statement = 0");
    database.sql("postgres", "SELECT pg_reload_conf()");
    let page = request("GET", &format!("/invite?{token}"), &[], "");
    let is_read = |line: &&str| line.contains(" execute ") && line.contains("FROM invite WHERE id");
    let read = || database.log().lines().filter(is_read).count();
    // It takes a moment until the server has the setting.
    let deadline = now() + PATIENCE;
    while read() == 0 {
        assert!(now() < deadline, "{}", database.log());
        assert_eq!(open(&served, &token), 200);
    }
    let before = read();
    assert_eq!(open(&served, &token), 200);
    let each = read() - before;

    let lock = database.lock("invite");
    let ask = || {
        let mut client = served.client();
        client.send(&page);
        client
    };
    // They have all the connections that read.
    let staying: Vec<_> = (0..READERS).map(|_| ask()).collect();
    while database.ask(WAITING) != READERS.to_string() {
        assert!(now() < deadline, "{}", served.log());
    }
    for _ in 0..20 {
        drop(ask());
    }
    // For as long as it takes to be looked at; those who are answered in the meantime are not served, either.
    thread::sleep(Duration::from_secs(3));
    drop(lock);
    let statuses: Vec<_> = staying.into_iter().map(|mut client| client.read().unwrap().status).collect();
    // Whoever comes now comes after all of them.
    assert_eq!(open(&served, &token), 200);
    let served_here = statuses.iter().filter(|status| **status == 200).count() + 1;
    assert!(read() - before - each <= (served_here + statuses.len()) * each, "{statuses:?}: {}", database.log());
}

#[test]
fn whatever_is_asked_while_a_server_answers_nothing_is_answered() {
    let mut database = Postgres::start();
    let scratch = node(&database.url(), None);
    let config = std::fs::read_to_string(scratch.config()).unwrap();
    let key = "[keys.all]\nsha256 = \"1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0\"\nlimit = \"9/d\"\n\
               max_pending = 99\nallow = [\"create\", \"read\", \"revoke\", \"redeem\", \"register\"]\n";
    scratch.configure(&config.replace("[ledger]", &format!("{key}[ledger]")));
    let served = scratch.serve();
    let token = create(&served);
    let bearer = "Authorization: Bearer all/s3cret";
    let named = r#"{"username":"juliet"}"#;
    let redeem = format!(r#"{{"token":"{token}"}}"#);
    let requests = [
        ("POST", "/api/v1/invites", named),
        ("POST", "/api/v1/invites", r#"{"count":20}"#),
        ("POST", "/api/v1/redeem", &redeem),
        ("GET", "/api/v1/invites", ""),
        ("GET", "/api/v1/self", ""),
        ("GET", "/readyz", ""),
        ("GET", "/invites_api?key=all/s3cret", ""),
    ];
    database.freeze();
    let served_here = &served;
    thread::scope(|scope| {
        for (method, path, body) in requests {
            let headers = [bearer, "Content-Type: application/json", "Idempotency-Key: one"];
            let bytes = request(method, path, &headers, body);
            scope.spawn(move || {
                let mut client = served_here.client();
                client.send(bytes);
                assert_eq!(client.read().unwrap().status, 503, "{method} {path}");
            });
        }
    });
    database.thaw();
    assert_eq!(open(&served, &token), 200);
}

/// Waits until the metric has this value.
fn wait_metric(served: &Served, line: &str) {
    let deadline = now() + PATIENCE;
    while !Client::tcp(metrics_of(served)).get("/metrics").text().lines().any(|found| found == line) {
        assert!(now() < deadline, "{}", served.log());
        thread::sleep(Duration::from_millis(50));
    }
}

/// On which timelines the ledger of a server says that it was written, without their marks.
fn noted(server: &Postgres) -> String {
    let lines = server.ask("SELECT convert_from(value, 'UTF8') FROM meta WHERE name = 'lineage'");
    let timeline = |line: &str| line.split(' ').nth(1).unwrap_or(line).to_owned();
    lines.lines().map(timeline).collect::<Vec<_>>().join("\n")
}

/// Waits until a server was told that the ledger went on elsewhere.
fn wait_told(server: &Postgres, by: &Served) {
    let deadline = now() + PATIENCE;
    while !noted(server).ends_with("elsewhere") {
        assert!(now() < deadline, "{}", by.log());
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn nothing_is_read_of_a_primary_that_comes_back_from_the_past() {
    let mut primary = Postgres::start();
    let replica = primary.replica();
    primary.commit_with_replica();
    let one = node(&url_of(&[primary.place(), replica.place()]), None);
    // As if it could not reach the replica; nobody has it write.
    let reads = node(&url_of(&[primary.place()]), Some(&one));
    let (sees_both, sees_primary) = (one.serve(), reads.serve());
    let before = create(&sees_both);
    assert_eq!(open(&sees_primary, &before), 200);
    primary.freeze();
    replica.promote();
    create(&sees_both);
    primary.thaw();
    wait_told(&primary, &sees_both);
    let deadline = now() + PATIENCE;
    while sees_primary.client().get(&format!("/invite?{before}")).status != 503 {
        assert!(now() < deadline, "{}", sees_primary.log());
        thread::sleep(Duration::from_millis(20));
    }
    sees_primary.wait_log("can be written and is refused: this server is from the past");
    // From then on, whoever asks for what.
    for _ in 0..4 {
        assert_eq!(sees_primary.client().get(&format!("/invite?{before}")).status, 503);
    }
    assert_eq!(sees_primary.client().invite(KEY).status, 503);
    assert_eq!(sees_primary.client().get("/readyz").status, 503);
    assert_eq!(open(&sees_both, &before), 200);
}

#[test]
fn of_two_replicas_that_are_promoted_the_first_one_is_gone_on_with() {
    let mut primary = Postgres::start();
    let [first, second] = [(); 2].map(|()| primary.replica());
    let places = [primary.place(), second.place(), first.place()];
    let old = node(&url_of(&places), None);
    let old_node = old.serve();
    let before = create(&old_node);
    // Both have received it.
    let all = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()";
    let deadline = now() + PATIENCE;
    while primary.sql("postgres", all) != "2" {
        assert!(now() < deadline, "{}", primary.log());
        thread::sleep(Duration::from_millis(20));
    }
    primary.stop_at_once();
    first.promote();
    create(&old_node);
    let timeline = "SELECT timeline_id FROM pg_control_checkpoint()";
    second.promote();
    for server in [&first, &second] {
        server.sql("postgres", "CHECKPOINT");
        assert_eq!(server.ask(timeline), "2");
    }

    // Nodes that know of the first one, and nodes that know nothing, also those that see only the second one.
    old_node.wait_log(&format!("PostgreSQL at {} can be written and is refused", second.place()));
    let new = node(&url_of(&places), Some(&old));
    let new_node = new.serve();
    wait_told(&second, &old_node);
    let blind = node(&url_of(&[second.place()]), Some(&old));
    let blind_node = blind.serve();
    for node in [&old_node, &new_node] {
        let token = create(node);
        for other in [&old_node, &new_node] {
            assert_eq!([open(other, &token), open(other, &before)], [200; 2]);
        }
    }
    assert_eq!(blind_node.client().invite(KEY).status, 503);
    assert_eq!(blind_node.client().get(&format!("/invite?{before}")).status, 503);
    blind_node.wait_log("can be written and is refused: this server is from the past");
    assert_eq!([&first, &second].map(|server| server.ask("SELECT count(*) FROM invite")), ["4", "1"]);
    assert_eq!([noted(&first), noted(&second)], ["1\n2", "1\n2\nelsewhere"]);
}

#[test]
fn a_primary_that_comes_back_from_the_past_is_refused() {
    let mut primary = Postgres::start();
    let replica = primary.replica();
    primary.commit_with_replica();
    let one = node(&url_of(&[primary.place(), replica.place()]), None);
    let config = std::fs::read_to_string(one.config()).unwrap();
    one.configure(&format!("{config}{METRICS}"));
    // As if the others could not reach the replica.
    let [old, new] = [(); 2].map(|()| node(&url_of(&[primary.place()]), Some(&one)));
    let (sees_both, sees_primary) = (one.serve(), old.serve());
    let prometheus = Prometheus::start(&[metrics_of(&sees_both)]);
    create(&sees_both);
    let before = create(&sees_primary);
    assert_eq!(open(&sees_primary, &before), 200);
    primary.freeze();
    replica.promote();
    // Whether or not anybody writes.
    sees_both.wait_log("was promoted; the ledger goes on there");
    let token = create(&sees_both);
    assert_eq!(open(&sees_both, &token), 200);

    primary.thaw();
    sees_both.wait_log("can be written and is refused: this server is from the past");
    wait_metric(&sees_both, "invited_ledger_stale_servers 1");
    prometheus.wait_alert("InvitedServerFromThePast", metrics_of(&sees_both));
    // Its own ledger says so from now on, to those who know nothing else.
    wait_told(&primary, &sees_both);
    assert_eq!(noted(&primary), noted(&replica) + "\nelsewhere");
    let answer = sees_primary.client().invite(KEY);
    assert_eq!(answer.status, 503, "{}", answer.text());
    sees_primary.wait_log("can be written and is refused: this server is from the past");
    // Nor is anything read there.
    assert_eq!(sees_primary.client().get(&format!("/invite?{before}")).status, 503);
    let served = new.serve();
    assert_eq!(served.client().invite(KEY).status, 503);
    assert_eq!(served.client().get(&format!("/invite?{token}")).status, 503);
    served.wait_log("can be written and is refused: this server is from the past");
    assert_eq!(primary.ask("SELECT count(*) FROM invite"), "2");
    create(&sees_both);

    // Where it is stopped there is nothing to tell of.
    primary.stop_at_once();
    wait_metric(&sees_both, "invited_ledger_stale_servers 0");
}
