//! A ledger in PostgreSQL: the same rules, on any number of nodes, and none of them needs to know of another.

use crate::common;
use crate::common::jwt;
use crate::common::postgres;

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use common::http::{Response, request};
use common::{CONFIG, Client, KEY, PATIENCE, Scratch, Served, docs, now};
use jwt::Signer;
use postgres::{PASSWORD, Postgres};
use serde_json::{Value, json};

/// More keys than [`CONFIG`] has; the secret is `s3cret`.
const KEYS: &str = r#"
[keys.all]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["create", "contact", "reset", "roles", "read", "revoke", "redeem"]
max_uses = 10000
[keys.limited]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
limit = "5/d"
[keys.slow]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
limit = "4/d"
[keys.small]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
max_pending = 3
"#;

/// As docs/nodes.md says, but for the name, which the harness has taken.
#[test]
fn the_lines_of_the_page_are_all_that_is_needed() {
    let mut database = Postgres::start();
    let section = docs::section("docs/nodes.md", "Set up");
    let renamed = |text: &str| text.replace("invited", "nodes");
    for line in docs::block(section, "console").lines() {
        let command = line.strip_prefix("# sudo -u postgres ").unwrap_or_else(|| panic!("{line:?}"));
        database.run_client(&renamed(command));
    }
    let address = "?host=/run/postgresql\"";
    let toml = docs::block(section, "toml");
    assert!(toml.contains(address), "{toml}");
    let toml = renamed(toml).replace(address, &format!("{}\"", database.address()));
    let scratch = Scratch::new(&format!("{CONFIG}{toml}"));
    assert_eq!(scratch.serve().client().invite(KEY).status, 201);
    // By a user that may do no more than this.
    let owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(database.sql("nodes", owners), "nodes");
    assert_eq!(database.sql("nodes", "SELECT rolsuper FROM pg_roles WHERE rolname = 'nodes'"), "f");
    // And while it is away.
    let served = scratch.serve();
    database.stop_at_once();
    let refused = served.client().invite(KEY);
    assert!(refused.status == 503 && refused.header("retry-after").is_some(), "{}", refused.text());
}

/// A node; what nodes share is the URL and the ledger key.
fn node(url: &str, key_of: Option<&Scratch>) -> Scratch {
    let scratch = Scratch::new("");
    let key = key_of.unwrap_or(&scratch).path().join("shared.key");
    let jwt = jwt::key("ci", &Signer::new(1).public_pem(), "");
    scratch.configure(&format!("{CONFIG}{KEYS}{jwt}[ledger]\nurl = {url:?}\nkey_file = \"{}\"\n", key.display()));
    scratch
}

/// The time for one question does not run while nobody asks: longer than anybody would wait.
#[test]
fn a_page_is_there_after_a_pause() {
    const PAUSE: Duration = Duration::from_millis(5_100);
    let database = Postgres::start();
    let served = node(&database.url(), None).serve();
    let token = served.client().invite(KEY).token();
    for before in ["/readyz", "/healthz"] {
        assert_eq!(served.client().get(before).status, 200);
        thread::sleep(PAUSE);
        let page = served.client().get(&format!("/invite?{token}"));
        assert_eq!(page.status, 200, "after {before}: {}\n{}", page.text(), served.log());
    }
}

fn two_nodes(database: &Postgres) -> [Scratch; 2] {
    let one = node(&database.url(), None);
    let two = node(&database.url(), Some(&one));
    [one, two]
}

fn ask(client: &mut Client, key: &str, method: &str, path: &str, headers: &[&str], body: &Value) -> Response {
    let key = format!("Authorization: Bearer {key}/s3cret");
    let lines = [&[key.as_str(), "Content-Type: application/json"], headers].concat();
    client.send(request(method, path, &lines, &if body.is_null() { String::new() } else { body.to_string() }));
    client.read().expect("an answer")
}

fn make(client: &mut Client, body: &Value) -> Value {
    let answer = ask(client, "all", "POST", "/api/v1/invites", &[], body);
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

fn redeem(client: &mut Client, token: &Value, account: Option<&str>) -> u16 {
    let body = json!({ "token": token, "account": account });
    ask(client, "all", "POST", "/api/v1/redeem", &[], &body).status
}

fn show(client: &mut Client, invite: &Value) -> Value {
    let path = format!("/api/v1/invites/{}", invite["id"].as_str().unwrap());
    let answer = ask(client, "all", "GET", &path, &[], &Value::Null);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// Asks all nodes at once, `each` times; gives how often each status came.
fn at_once(nodes: &[Served], each: usize, call: impl Fn(&mut Client, usize) -> u16 + Sync) -> BTreeMap<u16, usize> {
    let barrier = Barrier::new(nodes.len() * each);
    let mut came = BTreeMap::new();
    thread::scope(|scope| {
        let asking: Vec<_> = (0..nodes.len() * each)
            .map(|turn| {
                let (call, barrier) = (&call, &barrier);
                scope.spawn(move || {
                    let mut client = nodes[turn % nodes.len()].client();
                    barrier.wait();
                    call(&mut client, turn)
                })
            })
            .collect();
        for status in asking {
            *came.entry(status.join().unwrap()).or_default() += 1;
        }
    });
    came
}

#[test]
fn an_invite_lives_in_postgresql_as_in_sqlite() {
    let database = Postgres::start();
    let one = node(&database.url(), None);
    let served = one.serve();
    let mut client = served.client();
    let made = make(
        &mut client,
        &json!({ "uses": 2, "note": "ü 'quoted' ?1 $1", "groups": ["friends"], "inviter": "Romeo", "ttl": "1h" }),
    );
    assert_eq!((&made["status"], &made["uses_left"]), (&json!("pending"), &json!(2)));
    assert_eq!(redeem(&mut client, &made["token"], Some("juliet")), 200);
    assert_eq!(redeem(&mut client, &made["token"], Some("Juliet")), 409, "the name is taken");
    let changed = ask(
        &mut client,
        "all",
        "PATCH",
        &format!("/api/v1/invites/{}", made["id"].as_str().unwrap()),
        &[],
        &json!({ "note": "changed", "uses": 3 }),
    );
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(redeem(&mut client, &made["token"], None), 200);
    let shown = show(&mut client, &made);
    assert_eq!(
        (&shown["note"], &shown["groups"], &shown["inviter"], &shown["uses_left"]),
        (&json!("changed"), &json!(["friends"]), &json!("Romeo"), &json!(1))
    );
    let redeemed: Vec<_> = shown["redemptions"].as_array().unwrap().iter().map(|one| &one["account"]).collect();
    assert_eq!(redeemed, [&json!("juliet"), &Value::Null]);

    // By hand, on the same ledger, beside the service.
    let link = one.ok(&["invite", "create", "--username", "romeo", "--note", "by hand"]);
    let listed: Value = serde_json::from_str(&one.ok(&["invite", "list", "--json", "--status", "pending"])).unwrap();
    let listed = listed["invites"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!((&listed[0]["username"], &listed[0]["source"]), (&json!("romeo"), &json!("cli")));
    assert!(link.contains(listed[0]["token"].as_str().unwrap()));
    let id = listed[0]["id"].as_str().unwrap();
    let shown = one.ok(&["invite", "show", id]);
    assert!(shown.contains("by hand"));
    let code = shown.lines().find_map(|line| line.strip_prefix("code ")).unwrap().trim().to_lowercase();
    let opened = client.get(&format!("/?code={}", code.replace(' ', "%20-%20")));
    let landing = format!("/invite?{}", listed[0]["token"].as_str().unwrap());
    assert_eq!((opened.status, opened.header("location")), (303, Some(&*landing)));
    one.ok(&["invite", "revoke", id]);
    assert_eq!(redeem(&mut client, &listed[0]["token"], Some("romeo")), 410);
    for (query, count) in [
        ("", 2),
        ("?host=example.com&status=pending", 1),
        ("?status=revoked&kind=account&username=romeo", 1),
        ("?status=redeemed", 0),
        ("?status=expired&key=all", 0),
        ("?key=all&limit=1", 1),
    ] {
        let answer = ask(&mut client, "all", "GET", &format!("/api/v1/invites{query}"), &[], &Value::Null);
        assert_eq!(answer.json()["invites"].as_array().unwrap().len(), count, "{query}: {}", answer.text());
    }
    let used = one.ok(&["key", "list"]);
    assert!(used.lines().any(|line| line.starts_with("all\t") && line.contains("20")), "{used}");
    assert_eq!(client.get("/readyz").status, 200);
    assert_eq!(one.ok(&["check"]), "valid: 1 host, 6 keys\n");
}

#[test]
fn what_one_node_makes_the_other_knows_and_no_use_is_given_twice() {
    let database = Postgres::start();
    let nodes = two_nodes(&database).map(|node| (node.serve(), node));
    let [(one, _one), (two, _two)] = nodes;
    let made = make(&mut one.client(), &json!({}));
    assert_eq!(show(&mut two.client(), &made)["token"], made["token"]);
    assert_eq!(redeem(&mut two.client(), &made["token"], Some("juliet")), 200);
    assert_eq!(show(&mut one.client(), &made)["status"], "redeemed");
    assert_eq!(redeem(&mut one.client(), &made["token"], Some("romeo")), 410);

    let nodes = [one, two];
    for uses in [1, 3, 7] {
        let made = make(&mut nodes[0].client(), &json!({ "uses": uses }));
        let came =
            at_once(&nodes, 12, |client, turn| redeem(client, &made["token"], Some(&format!("guest{uses}-{turn}"))));
        assert_eq!(came, BTreeMap::from([(200, uses), (410, 24 - uses)]));
        let shown = show(&mut nodes[1].client(), &made);
        assert_eq!((shown["redemptions"].as_array().unwrap().len(), &shown["status"]), (uses, &json!("redeemed")));
    }
    // One name, by many invites.
    let made = make(&mut nodes[0].client(), &json!({ "uses": 30 }));
    let came = at_once(&nodes, 8, |client, _| redeem(client, &made["token"], Some("rosaline")));
    assert_eq!(came, BTreeMap::from([(200, 1), (409, 15)]));
}

#[test]
fn limits_and_names_are_kept_by_all_nodes_together() {
    let database = Postgres::start();
    let [one, two] = two_nodes(&database);
    let nodes = [one.serve(), two.serve()];
    let create = |key: &'static str, body: Value| {
        move |client: &mut Client, _: usize| ask(client, key, "POST", "/api/v1/invites", &[], &body).status
    };
    let came = at_once(&nodes, 10, create("all", json!({ "username": "juliet" })));
    assert_eq!(came, BTreeMap::from([(201, 1), (409, 19)]));
    let came = at_once(&nodes, 10, create("limited", json!({})));
    assert_eq!(came, BTreeMap::from([(201, 5), (429, 15)]));
    // No node goes by what it knew before the other's turn.
    let in_turn = [0, 1, 0, 1, 0, 1].map(|node: usize| nodes[node].client().invite("slow/s3cret").status);
    assert_eq!(in_turn, [201, 201, 201, 201, 429, 429]);
    let came = at_once(&nodes, 10, create("small", json!({})));
    assert_eq!(came, BTreeMap::from([(201, 3), (429, 17)]));

    // A request that comes again, to whichever node, is answered as before.
    let again = ["Idempotency-Key: 8e03978e-40d5-43dd-bc93-6894a57f9324"];
    let order = json!({ "note": "once" });
    let answers: Vec<_> =
        nodes.iter().map(|node| ask(&mut node.client(), "all", "POST", "/api/v1/invites", &again, &order)).collect();
    assert_eq!((answers[0].status, answers[0].json()), (201, answers[1].json()));
    let other = ask(&mut nodes[1].client(), "all", "POST", "/api/v1/invites", &again, &json!({ "note": "twice" }));
    assert_eq!(other.status, 422);
    assert_eq!(database.ask("SELECT count(*) FROM invite WHERE note IN ('once', 'twice')"), "1");

    // And a token that was used is used everywhere.
    let signer = Signer::new(1);
    let tokens: Vec<_> = (0..4).map(|n| signer.token("ci", &json!({ "jti": format!("token {n}") }))).collect();
    let came = at_once(&nodes, 8, |client, turn| client.invite(&tokens[turn % 4]).status);
    assert_eq!(came, BTreeMap::from([(201, 4), (403, 12)]));

    // But for the same request, which gets its answer from whichever node.
    let token = format!("Authorization: Bearer {}", signer.token("ci", &json!({ "jti": "again" })));
    let call = |node: &Served, again: &str| {
        let again = format!("Idempotency-Key: {again}");
        let answer = node.client().ask("POST", "/invites_api", &[&token, &again]);
        (answer.status, answer.header("location").map(String::from))
    };
    let first = call(&nodes[0], "one");
    assert_eq!((first.0, &call(&nodes[1], "one")), (201, &first));
    assert_eq!([call(&nodes[0], "two").0, call(&nodes[1], "two").0], [403; 2]);
}

/// The version of the schema in the database.
fn version(database: &Postgres) -> String {
    database.ask("SELECT convert_from(value, 'UTF8') FROM meta WHERE name = 'version'")
}

#[test]
fn nodes_that_start_at_once_make_one_ledger() {
    let database = Postgres::start();
    let [one, two] = two_nodes(&database);
    let nodes: Vec<_> = thread::scope(|scope| {
        let starting: Vec<_> = [&one, &two, &one, &two].map(|node| scope.spawn(|| node.serve())).into_iter().collect();
        starting.into_iter().map(|node| node.join().unwrap()).collect()
    });
    for node in &nodes {
        assert_eq!(node.client().get("/readyz").status, 200, "{}", node.log());
        assert_eq!(node.client().invite("all/s3cret").status, 201, "{}", node.log());
    }
    assert_eq!(version(&database), "4");
    assert_eq!(database.ask("SELECT count(*) FROM invite"), "4");
}

/// Waits until the node can write again, without a restart.
fn wait_until_it_heals(served: &Served) {
    let deadline = now() + PATIENCE;
    while served.client().invite("all/s3cret").status != 201 {
        assert!(now() < deadline, "{}", served.log());
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_server_that_goes_away_is_503_and_it_heals_without_a_restart() {
    let mut database = Postgres::start();
    let one = node(&database.url(), None);
    let served = one.serve();
    let made = make(&mut served.client(), &json!({}));
    for round in 0..2 {
        database.stop_at_once();
        for _ in 0..3 {
            let refused = ask(&mut served.client(), "all", "POST", "/api/v1/invites", &[], &json!({}));
            assert_eq!((refused.status, refused.header("retry-after").is_some()), (503, true), "{}", refused.text());
            assert_eq!(redeem(&mut served.client(), &made["token"], None), 503);
            let path = format!("/api/v1/invites/{}", made["id"].as_str().unwrap());
            assert_eq!(ask(&mut served.client(), "all", "GET", &path, &[], &Value::Null).status, 503);
        }
        assert_eq!(served.client().get("/readyz").status, 503);
        assert_eq!(served.client().get("/healthz").status, 200);
        database.run();
        wait_until_it_heals(&served);
        assert_eq!(show(&mut served.client(), &made)["status"], "pending");
        if round == 0 {
            // A server that was restarted while nobody asked is no trouble at all.
            database.stop_at_once();
            database.run();
            assert_eq!(served.client().invite("all/s3cret").status, 201, "{}", served.log());
            assert_eq!(show(&mut served.client(), &made)["status"], "pending");
        }
    }
    served.wait_log("the ledger can be written again");

    // Away at the start is the same, once there is a key.
    drop(served);
    database.stop_at_once();
    let served = one.serve();
    assert_eq!(served.client().invite("all/s3cret").status, 503);
    served.wait_log("start PostgreSQL, or check the connection to it");
    database.run();
    wait_until_it_heals(&served);
}

#[test]
fn a_server_that_is_frozen_holds_nobody_up_for_long() {
    let database = Postgres::start();
    let one = node(&database.url(), None);
    let served = one.serve();
    // The first ones are more than additions; by then both connections are open.
    assert_eq!([(); 3].map(|()| served.client().invite("all/s3cret").status), [201; 3]);
    let writers = database.ask("SELECT pid FROM pg_stat_activity WHERE application_name = 'invited'");
    let signal = |name: &str, pids: &str| {
        for pid in pids.lines() {
            assert!(std::process::Command::new("kill").args([name, pid]).status().unwrap().success());
        }
    };
    // Their sockets stay open, and nobody ever answers.
    signal("-STOP", &writers);
    let began = now();
    let answer = served.client().invite("all/s3cret");
    // It gives up after some ten seconds, and is not the only one on a machine.
    assert!(now() - began < Duration::from_mins(1), "{:?}", now() - began);
    // What the writer was just doing may be something of its own; then this is already done over a new connection.
    assert!([503, 201].contains(&answer.status), "{}", served.log());
    served.wait_log("PostgreSQL does not answer in time");
    signal("-CONT", &writers);
    wait_until_it_heals(&served);
}

#[test]
fn what_was_answered_is_there_after_a_crash_of_the_server() {
    let mut database = Postgres::start();
    let [one, two] = two_nodes(&database);
    let nodes = [one.serve(), two.serve()];
    // A server that would rather be fast: our sessions are not.
    database.ask("ALTER DATABASE invited SET synchronous_commit = off");
    let made = AtomicUsize::new(0);
    let (nodes, answered) = thread::scope(|scope| {
        let asking: Vec<_> = (0..8)
            .map(|turn| {
                let (node, made) = (&nodes[turn % 2], &made);
                scope.spawn(move || {
                    let mut client = node.client();
                    let mut ids = Vec::new();
                    loop {
                        let answer = ask(&mut client, "all", "POST", "/api/v1/invites", &[], &json!({}));
                        match answer.status {
                            201 => {
                                ids.push(answer.json()["id"].as_str().unwrap().to_owned());
                                made.fetch_add(1, Ordering::Relaxed);
                            }
                            503 => return ids,
                            other => panic!("{other}: {}", answer.text()),
                        }
                    }
                })
            })
            .collect();
        // It is not over before; whoever is answered otherwise has ended.
        while made.load(Ordering::Relaxed) < 100 && asking.iter().any(|asked| !asked.is_finished()) {
            thread::sleep(Duration::from_millis(1));
        }
        database.stop_at_once();
        let answered: Vec<_> = asking.into_iter().flat_map(|asked| asked.join().unwrap()).collect();
        (&nodes, answered)
    });
    assert!(answered.len() >= 100, "{}", answered.len());
    database.run();
    wait_until_it_heals(&nodes[0]);
    let there: Value = serde_json::from_str(&one.ok(&["invite", "list", "--json"])).unwrap();
    let there: Vec<_> = there["invites"].as_array().unwrap().iter().map(|invite| invite["id"].clone()).collect();
    println!("{} were answered, {} are there", answered.len(), there.len());
    let lost: Vec<_> = answered.iter().filter(|id| !there.contains(&json!(id))).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn sessions_are_durable_whatever_the_server_s_default() {
    let database = Postgres::start();
    database.sql("postgres", "ALTER DATABASE invited SET synchronous_commit = off");
    database.sql("postgres", "ALTER DATABASE invited SET default_transaction_isolation = 'serializable'");
    // Says in the ledger what it finds of the transaction that writes it.
    let one = node(&database.url(), None);
    one.ok(&["invite", "create"]);
    database.ask(
        "CREATE TABLE seen (what text); CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO \
         seen VALUES (current_setting('synchronous_commit') || ' ' || current_setting('transaction_isolation')); \
         RETURN NEW; END $$; CREATE TRIGGER see AFTER INSERT ON invite FOR EACH ROW EXECUTE FUNCTION see()",
    );
    one.ok(&["invite", "create"]);
    assert_eq!(database.ask("SELECT what FROM seen"), "on read committed");
}

#[test]
fn an_earlier_version_stops_writing_when_a_later_one_has_come() {
    let database = Postgres::start();
    let one = node(&database.url(), None);
    let served = one.serve();
    assert_eq!(served.client().invite("all/s3cret").status, 201);
    let known = version(&database);
    database.ask("UPDATE meta SET value = '9' WHERE name = 'version'");
    assert_eq!([(); 3].map(|()| served.client().invite("all/s3cret").status), [503; 3]);
    served.wait_log(&format!("has schema version 9, and this program knows {known}; use a newer invited"));
    database.ask(&format!("UPDATE meta SET value = '{known}' WHERE name = 'version'"));
    wait_until_it_heals(&served);
    assert_eq!(database.ask("SELECT count(*) FROM invite"), "2");
}

/// What a node says that must not start on this ledger.
fn refused(node: &Scratch) -> String {
    let output = node.run(&["serve"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    stderr
}

#[test]
fn a_ledger_that_is_not_ours_is_refused_and_left_alone() {
    let database = Postgres::start();
    database.ask("CREATE TABLE invite (theirs int); INSERT INTO invite VALUES (7)");
    let one = node(&database.url(), None);
    let said = refused(&one);
    assert!(
        said.contains("the PostgreSQL table public.invite is not the ledger's; set ledger.url to a database"),
        "{said}"
    );
    let key = one.path().join("shared.key");
    std::fs::write(&key, "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n").unwrap();
    assert!(refused(&one).contains("the PostgreSQL table public.invite is not the ledger's"));
    database.ask("CREATE TABLE meta (name text, value int)");
    assert!(refused(&one).contains("is not the ledger's"));
    assert_eq!(database.ask("SELECT theirs FROM invite"), "7");
    assert_eq!(database.ask("SELECT count(*) FROM pg_class WHERE relname = 'redemption'"), "0");

    // In a schema of its own it is nobody's business what else there is.
    database.ask("CREATE SCHEMA ours; ALTER ROLE invited SET search_path = ours, public");
    one.ok(&["invite", "create"]);
    assert_eq!(database.ask("SELECT count(*) FROM ours.invite"), "1");

    // Another key; no key; a later version.
    let two = node(&database.url(), None);
    assert!(refused(&two).contains("the ledger postgres://… is there, but its key"));
    assert!(!two.path().join("shared.key").exists());
    std::fs::write(two.path().join("shared.key"), "OTEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n").unwrap();
    let said = refused(&two);
    assert!(said.contains("does not belong to the ledger postgres://…; put back the key"), "{said}");
    let known = database.ask("SELECT convert_from(value, 'UTF8') FROM ours.meta WHERE name = 'version'");
    database.ask("UPDATE ours.meta SET value = '9' WHERE name = 'version'");
    let said = refused(&one);
    let expected = format!("has schema version 9, and this program knows {known}; use a newer invited");
    assert!(said.contains(&expected), "{said}");
    database.ask(&format!("UPDATE ours.meta SET value = '{known}' WHERE name = 'version'"));
    one.ok(&["invite", "create"]);
    assert_eq!(database.ask("SELECT count(*) FROM ours.invite"), "2");
}

#[test]
fn the_password_of_the_url_is_never_told() {
    let mut database = Postgres::start();
    let told = |text: &str| assert!(!text.contains("zPASSz") && !text.contains(PASSWORD), "{text}");
    let wrong = database.tcp_url().replace("zPASSz", "zPASSz-not");
    let no_database = database.tcp_url().trim_end_matches("invited").to_owned() + "elsewhere";
    let no_host = database.tcp_url().replace("127.0.0.1", "no-such-host.invalid");
    let unencrypted = database.tcp_url() + "?sslmode=require";
    let first = node(&database.url(), None);
    first.ok(&["invite", "create"]);
    for (url, says) in [
        (database.tcp_url(), "is there, but its key"),
        (wrong, "password authentication failed"),
        (no_database, "database \"elsewhere\" does not exist"),
        (no_host, "cannot be asked"),
        (unencrypted, "server does not support TLS"),
    ] {
        let one = node(&url, None);
        for arguments in [
            &["config", "show"][..],
            &["check", "--connect"],
            &["-vv", "invite", "create"],
            &["-vv", "invite", "list"],
            &["-vv", "key", "list"],
        ] {
            let output = one.run(arguments);
            let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            told(&text);
            if arguments.contains(&"create") {
                assert!(text.contains(says), "{text}");
            }
        }
        assert!(one.ok(&["config", "show"]).contains("ledger.url = \"postgres://…\""));
    }
    // In a file it is the same, and the process does not show it either.
    let one = node(&database.tcp_url(), None);
    let file = one.path().join("url");
    std::fs::write(&file, database.tcp_url() + "\n").unwrap();
    let config = std::fs::read_to_string(one.config()).unwrap();
    let config = config.split("url = \"postgres").next().unwrap().to_owned();
    let key = first.path().join("shared.key");
    let files = format!("url_file = \"{}\"\nkey_file = \"{}\"\n", file.display(), key.display());
    one.configure(&format!("{config}{files}"));
    let served = one.serve_as(&["-vv"], &[]);
    assert_eq!(served.client().invite("all/s3cret").status, 201);
    database.stop_at_once();
    assert_eq!(served.client().invite("all/s3cret").status, 503);
    assert_eq!(served.client().get("/readyz").status, 503);
    database.run();
    wait_until_it_heals(&served);
    told(&served.log());

    // What changes on reload needs a restart.
    std::fs::write(&file, database.url()).unwrap();
    served.signal("HUP");
    served.wait_log("ledger.url has changed, and needs a restart");

    // A credential is the service's alone: nobody else makes a ledger of his own in its place.
    one.configure(&format!("{config}url_file = \"ledger-url\"\n"));
    let output = one.run(&["invite", "create"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("ledger.url_file is a credential, and $CREDENTIALS_DIRECTORY is not set"), "{stderr}");
    assert!(!one.state().join("ledger.db").exists());
}

#[test]
fn encrypted_is_verified() {
    let database = Postgres::start();
    let certificate = database.speak_tls();
    let (by_name, by_address) = (database.tcp_url().replace("127.0.0.1", "localhost"), database.tcp_url());
    let trusting = format!("?sslmode=verify-full&sslrootcert={}", certificate.display());
    let first = node(&format!("{by_name}{trusting}"), None);
    let served = first.serve();
    assert_eq!(served.client().invite("all/s3cret").status, 201);
    assert_eq!(served.client().get("/readyz").status, 200);
    let sessions = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                    WHERE application_name = 'invited'";
    assert_eq!(database.ask(sessions), "t");
    for (url, says) in [
        (format!("{by_name}?sslmode=require"), "invalid peer certificate: UnknownIssuer"),
        (format!("{by_address}{trusting}"), "invalid peer certificate: certificate not valid for name"),
        (
            format!("{by_name}?sslmode=require&sslrootcert=/nonexistent.pem"),
            "cannot read certificates from /nonexistent",
        ),
    ] {
        let output = node(&url, Some(&first)).run(&["invite", "create"]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(says), "{stderr}");
    }
}

/// A shell that completes is answered from there, too, and is not kept waiting by a server that is away.
#[test]
fn ids_of_invites_are_completed() {
    let mut database = Postgres::start();
    let scratch = node(&database.url(), None);
    scratch.ok(&["invite", "create"]);
    let list: Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    let id = list["invites"][0]["id"].as_str().unwrap();
    let offered = || {
        let mut shell = std::process::Command::new(env!("CARGO_BIN_EXE_invited"));
        shell.env("_INVITED_COMPLETE", "fish").args(["--", "invited", "--config"]).arg(scratch.config());
        let output = shell.arg("--state-dir").arg(scratch.state()).args(["invite", "revoke", ""]).output().unwrap();
        assert!(output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    // A machine that is busy for longer than anybody waits for a word offers none, once in a while.
    assert!((0..100).any(|_| offered().contains(&format!("{id}\taccount at example.com, pending"))), "{}", offered());
    database.stop_at_once();
    assert!(!offered().contains(id));
}
