//! A ledger in PostgreSQL behind `PgBouncer`, which shares its connections between all sessions, or gives each session one.

use crate::common;
use crate::common::postgres;

use std::thread;

use common::{CONFIG, KEY, Scratch};
use postgres::{Pooler, Postgres};

fn node(url: &str, key_of: Option<&Scratch>) -> Scratch {
    let scratch = Scratch::new("");
    let key = key_of.unwrap_or(&scratch).path().join("shared.key");
    scratch.configure(&format!("{CONFIG}[ledger]\nurl = {url:?}\nkey_file = \"{}\"\n", key.display()));
    scratch
}

/// Two nodes create invites at the same time, by several clients each, and each opens those of the other; the server would
/// rather be fast than durable. Gives their logs.
fn create_and_open(database: &Postgres, pooler: &Pooler) -> String {
    let one = node(&pooler.url(), None);
    let two = node(&pooler.url(), Some(&one));
    one.ok(&["invite", "create"]);
    database.ask(
        "CREATE TABLE seen (what text); CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO \
         seen VALUES (current_setting('synchronous_commit') || ' ' || current_setting('search_path')); \
         RETURN NEW; END $$; CREATE TRIGGER see AFTER INSERT ON invite FOR EACH ROW EXECUTE FUNCTION see()",
    );
    let nodes = [one.serve(), two.serve()];
    let create_and_open = |client: usize| {
        for turn in 0..6 {
            let (creating, opening) = (&nodes[client % 2], &nodes[(client + turn) % 2]);
            let answer = creating.client().invite(KEY);
            assert_eq!(answer.status, 201, "{}", creating.log());
            let page = opening.client().get(&format!("/invite?{}", answer.token()));
            assert_eq!(page.status, 200, "{}", opening.log());
        }
    };
    thread::scope(|scope| (0..8).for_each(|client| drop(scope.spawn(move || create_and_open(client)))));
    assert_eq!(database.ask("SELECT what, count(*) FROM seen GROUP BY what"), "on public|48");
    nodes.map(|node| node.log()).concat()
}

/// The server's own default, which a session has that nobody told otherwise.
fn hasty_server() -> Postgres {
    let database = Postgres::start();
    database.sql("postgres", "ALTER DATABASE invited SET synchronous_commit = off");
    database
}

#[test]
fn a_pooler_may_give_each_transaction_another_connection() {
    let database = hasty_server();
    let pooler = Pooler::start(&database, "transaction", 3);
    let log = create_and_open(&database, &pooler);
    assert!(log.contains("PostgreSQL is behind a pooler"), "{log}");
}

#[test]
fn a_pooler_may_give_each_session_a_connection() {
    let database = hasty_server();
    let pooler = Pooler::start(&database, "session", 30);
    let log = create_and_open(&database, &pooler);
    assert!(!log.contains("PostgreSQL is behind a pooler"), "{log}");
}

/// The node takes its first session for its own, and has prepared statements there; then the pooler gives it another one.
#[test]
fn another_session_than_before_is_no_refusal() {
    let database = Postgres::start();
    let pooler = Pooler::start(&database, "transaction", 12);
    let one = node(&pooler.url(), None);
    let served = one.serve();
    for _ in 0..4 {
        assert_eq!(served.client().invite(KEY).status, 201, "{}", served.log());
    }
    // All sessions that the pooler has by now are somebody else's for a while.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let held: Vec<_> = (0..8)
        .map(|_| {
            runtime.block_on(async {
                let (client, connection) = tokio_postgres::connect(&pooler.url(), tokio_postgres::NoTls).await.unwrap();
                tokio::spawn(connection);
                client.simple_query("BEGIN; SELECT 1").await.unwrap();
                client
            })
        })
        .collect();
    let answers = [(); 3].map(|()| served.client().invite(KEY).status);
    assert_eq!(answers, [201; 3], "{}", served.log());
    served.wait_log("PostgreSQL is behind a pooler");
    drop(held);
}
