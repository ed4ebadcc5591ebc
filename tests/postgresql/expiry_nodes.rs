//! What time alone brings about, of two nodes on one PostgreSQL: each of them finds it, and one tells it, once.
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;
use crate::common::postgres;

use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use common::{PATIENCE, now};
use futures_lite::future::block_on;
use invited::config::{LedgerSettings, LedgerUrl, News};
use invited::invite::event::EventKind;
use invited::invite::{Draft, Kind, Source};
use invited::ledger::{Ledger, LedgerError, Subscriber};
use jiff::{SignedDuration, Timestamp};
use postgres::Postgres;

/// Hours after the first invites were created.
fn hour(number: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(number)
}

/// A node that has somebody told of all of it.
fn node(database: &Postgres, dir: &tempfile::TempDir) -> Ledger {
    let url = LedgerUrl::Postgres(Box::new(database.url().parse().unwrap()));
    let (key_file, retention) = (dir.path().join("shared.key"), Duration::from_hours(1));
    let ledger = Ledger::open(&LedgerSettings { url, key_file, key: None, retention }).unwrap();
    ledger.subscribe(vec![Subscriber {
        channel: "site".into(),
        events: [EventKind::InviteExpired, EventKind::InvitesOpen].into(),
        hosts: None,
        news: [News::Expiring].into(),
    }]);
    ledger
}

/// An invite of a user that lives so many hours.
fn draft(hours: i64) -> Draft {
    Draft {
        kind: Kind::Account { username: None },
        host: "example.com".parse().unwrap(),
        uses: 1,
        created_at: hour(0),
        expires_at: hour(hours),
        groups: vec![],
        roles: vec![],
        note: None,
        inviter: None,
        source: Source::Xmpp("romeo@example.com".parse().unwrap()),
        app_token: None,
    }
}

/// Waits until a node's session waits for such a lock; not for one that has given up.
fn wait_blocked(database: &Postgres, lock: &str, node: &ScopedJoinHandle<'_, Result<(), LedgerError>>) {
    let began = now();
    let blocked = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'invited' AND wait_event_type = 'Lock' \
         AND wait_event = '{lock}'"
    );
    while database.ask(&blocked) != "1" && !node.is_finished() {
        assert!(began.elapsed() < PATIENCE, "{}", database.ask("SELECT * FROM pg_stat_activity"));
    }
}

/// Has both nodes look at the same time: the second one finds what there is to tell while the first one is just telling it. Gives how
/// many rows the outbox has then.
fn told(
    database: &Postgres,
    [first, second]: &[Ledger; 2],
    look: impl Fn(&Ledger) -> Result<(), LedgerError> + Sync,
) -> String {
    thread::scope(|scope| {
        let outbox = database.lock("outbox");
        let one = scope.spawn(|| look(first));
        wait_blocked(database, "relation", &one);
        // What it reads is what is committed; then it waits for its turn to write.
        let other = scope.spawn(|| look(second));
        wait_blocked(database, "advisory", &other);
        drop(outbox);
        let _ = [one.join().unwrap(), other.join().unwrap()];
    });
    // A node that was kept waiting too long has told nothing, and looks again; so does one that has.
    for node in [first, second] {
        let began = now();
        while let Err(error) = look(node) {
            assert!(began.elapsed() < PATIENCE, "{error:?}");
        }
    }
    database.ask("SELECT count(*) FROM outbox")
}

#[test]
fn what_both_nodes_find_one_of_them_tells_once() {
    let (database, dir) = (Postgres::start(), tempfile::tempdir().unwrap());
    let nodes = [(); 2].map(|()| node(&database, &dir));
    let expiring = |now| move |node: &Ledger| block_on(node.announce_expiring(now));
    let expired = |now| move |node: &Ledger| block_on(node.announce_expired(now));
    // Of what ends from now on somebody is told.
    expiring(hour(0))(&nodes[0]).unwrap();
    expired(hour(0))(&nodes[0]).unwrap();
    let long = Draft { source: Source::Cli, ..draft(24 * 90) };
    for draft in [draft(72), draft(72), draft(72), long] {
        block_on(nodes[1].create(vec![draft], None, None, hour(0))).unwrap();
    }

    assert_eq!(told(&database, &nodes, expiring(hour(60))), "3", "of each invite that will expire");
    assert_eq!(told(&database, &nodes, expired(hour(73))), "6", "and of each that has");
    let remind = |node: &Ledger| block_on(node.remind(|_| vec![], hour(74)));
    assert_eq!(told(&database, &nodes, remind), "7", "and that one is open for long");
    let topics =
        "SELECT count(*) FROM (SELECT topic, count(*) AS rows FROM outbox GROUP BY topic) AS topics WHERE rows = 1";
    assert_eq!(database.ask(topics), "4", "three invites, and the reminder");
}
