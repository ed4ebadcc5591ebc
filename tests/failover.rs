//! A ledger in PostgreSQL with a replica, whose primary ends, freezes, or comes back: which server is written, and read.

mod common;
#[path = "common/postgres.rs"]
mod postgres;

use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::Duration;

use common::{CONFIG, KEY, PATIENCE, Scratch, Served, now};
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

#[test]
fn a_primary_that_freezes_is_followed_by_its_replica() {
    let mut primary = Postgres::start();
    let replica = primary.replica();
    primary.commit_with_replica();
    let scratch = node(&url_of(&[primary.place(), replica.place()]), None);
    let served = scratch.serve();
    let before = create(&served);
    primary.freeze();
    replica.promote();
    let after = create(&served);
    for token in [before, after] {
        assert_eq!(served.client().get(&format!("/invite?{token}")).status, 200, "{}", served.log());
    }
    assert_eq!(replica.ask("SELECT count(*) >= 2 FROM invite"), "t");
    drop(served);
    // Nor does it keep a node from starting.
    let served = scratch.serve();
    assert_eq!(served.client().invite(KEY).status, 201, "{}", served.log());
}
