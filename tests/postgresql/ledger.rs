//! Every call to the ledger does the same in SQLite and in PostgreSQL.

use crate::common::postgres;

use std::sync::Arc;
use std::time::Duration;

use futures_lite::future::block_on;
use invited::config::{LedgerSettings, LedgerUrl};
use invited::invite::name::{Jid, KeyId, Username};
use invited::invite::{AppToken, Draft, InviteId, Kind, Source, Via};
use invited::ledger::{
    AppTokenFilter, Filter, Kept, Ledger, OneTimeUse, Repeatable, Reservation, ReservationEnd, SourceLimits,
};
use invited::rate::Rate;
use jiff::{SignedDuration, Timestamp};
use postgres::Postgres;

fn open(url: LedgerUrl, dir: &tempfile::TempDir) -> Ledger {
    let (key_file, retention) = (dir.path().join("ledger.key"), Duration::from_hours(1));
    Ledger::open(&LedgerSettings { url, key_file, key: None, retention }).unwrap()
}

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn key() -> KeyId {
    "website".parse().unwrap()
}

fn name(text: &str) -> Username {
    text.parse().unwrap()
}

fn draft(uses: u32) -> Draft {
    Draft {
        kind: Kind::Account { username: None },
        host: "example.com".parse().unwrap(),
        uses,
        created_at: now(),
        expires_at: now() + SignedDuration::from_hours(24),
        groups: vec!["friends".into()],
        roles: vec![],
        note: Some("ü".into()),
        inviter: None,
        source: Source::Key(key()),
        app_token: None,
    }
}

/// A `jti` as one call has it.
fn single(jti: &str, until: Timestamp, now: Timestamp) -> OneTimeUse {
    OneTimeUse::new(&key(), jti, until, Arc::default(), now)
}

fn token(text: &str) -> AppToken {
    let expires_at = now() + SignedDuration::from_hours(1);
    AppToken { sealed: text.as_bytes().to_vec(), expires_at, is_withdrawing: false }
}

/// What was said, with invites by the order in which they first came: ids are random, and those of reservations each
/// engine's own.
#[derive(Default)]
struct Said(Vec<String>, Vec<String>);

impl Said {
    fn note(&mut self, what: impl std::fmt::Debug) {
        let mut line = String::new();
        let text = format!("{what:?}");
        let mut rest = text.as_str();
        while let Some(at) = ["InviteId(", "ReservationId("].iter().filter_map(|id| rest.find(id)).min() {
            let end = at + rest[at..].find(')').unwrap();
            let (id, before) = (&rest[at..end], &rest[..at]);
            let number = if id.starts_with("Invite") {
                if !self.1.iter().any(|known| known == id) {
                    self.1.push(id.to_owned());
                }
                self.1.iter().position(|known| known == id)
            } else {
                None
            };
            line = format!("{line}{before}{number:?}");
            rest = &rest[end + 1..];
        }
        self.0.push(line + rest);
    }
}

/// What may be used once is used with what is done, left by what is refused, and good for the same request alone.
async fn use_tokens(ledger: &Ledger, said: &mut Said, terms: &SourceLimits, invite: InviteId) {
    let end = now() + SignedDuration::from_hours(24);
    let again =
        |key: &str, body: &str| Some(Repeatable::new(ledger.seal(), ["key/website", "/invites", key], body.as_bytes()));
    for (jti, request, body, count) in
        [("c", "4", "a", 1_000), ("c", "4", "a", 1), ("c", "4", "a", 1), ("c", "4", "b", 1), ("c", "5", "a", 1)]
    {
        let request = again(request, body);
        let token = single(jti, end, now()).by(request.as_ref());
        said.note(ledger.may_use(token.clone()).await);
        let drafts = vec![draft(1); count];
        said.note(ledger.with_once(Some(token)).create(drafts, Some(terms.clone()), request, now()).await);
    }
    let given = single("d", end, now());
    said.note(ledger.with_once(Some(given.clone())).revoke(vec![invite], now()).await);
    said.note(ledger.with_once(Some(single("d", end, now()))).revoke(vec![invite], now()).await);
    said.note(ledger.give_back(given).await);
    said.note(ledger.with_once(Some(single("d", end, now()))).revoke(vec![invite], now()).await);
}

/// Goes through everything that a ledger does.
async fn story(ledger: Ledger) -> Vec<String> {
    let mut said = Said::default();
    let terms =
        SourceLimits { source: Source::Key(key()), limit: Some("10/d".parse::<Rate>().unwrap()), max_pending: Some(9) };
    let made = async |uses: u32| -> InviteId {
        ledger.create(vec![draft(uses)], Some(terms.clone()), None, now()).await.unwrap().value[0].id
    };
    let (one, two) = (made(2).await, made(1).await);
    said.note(ledger.find(one).await);

    // Uses that are reserved, and what becomes of them.
    for taker in [
        ReservationEnd::Released,
        ReservationEnd::ReleasedTokenGone,
        ReservationEnd::Redeemed,
        ReservationEnd::RedeemedInApp(None),
        ReservationEnd::RedeemedInApp(Some(name("nurse").into())),
    ] {
        let reserved = ledger.reserve(one, name("romeo"), Via::Web, now()).await;
        said.note(&reserved);
        said.note(ledger.reservations(None).await);
        said.note(ledger.reservations(Some(one)).await);
        said.note(ledger.reservations(Some(two)).await);
        said.note(ledger.revoke(vec![two], now()).await);
        if let Ok(Reservation { id, .. }) = reserved {
            said.note(ledger.end_reservation(id, taker.clone()).await);
            said.note(ledger.end_reservation(id, taker).await);
        }
        said.note(ledger.find(one).await);
    }

    // Tokens for apps.
    let three = made(1).await;
    said.note(ledger.keep_app_token(three, token("a"), now()).await);
    said.note(ledger.keep_app_token(three, token("b"), now()).await.map(|kept| matches!(kept, Kept::Kept(_))));
    for later in [0, 2] {
        let then = now() + SignedDuration::from_hours(later);
        said.note(ledger.app_tokens(AppTokenFilter::Live, None, 10, then).await);
        said.note(ledger.app_tokens(AppTokenFilter::Stale, Some(one), 10, then).await);
    }
    let reserved = ledger.reserve(three, name("juliet"), Via::Web, now()).await.unwrap();
    said.note(&reserved);
    said.note(ledger.begin_withdrawal(three, token("a")).await);
    said.note(ledger.redeem_in_app(three, token("a"), None, now()).await);
    said.note(ledger.end_reservation(reserved.id, ReservationEnd::Released).await);
    said.note(ledger.begin_withdrawal(three, token("a")).await);
    said.note(ledger.begin_withdrawal(three, token("a")).await);
    said.note(ledger.forget_app_token(three, token("other")).await);
    said.note(ledger.forget_app_token(three, token("a")).await);
    said.note(ledger.keep_app_token(three, token("c"), now()).await);
    said.note(ledger.redeem_in_app(three, token("c"), Some(name("juliet").into()), now()).await);
    said.note(ledger.redeem_in_app(three, token("c"), Some(name("juliet").into()), now()).await);

    // Invites of the server's own.
    let host = "example.com".parse().unwrap();
    let adopted = Draft { source: Source::Server, app_token: Some(token("theirs")), ..draft(1) };
    said.note(ledger.adopted("their token", &host).await);
    said.note(ledger.adopt("their token", adopted.clone()).await);
    said.note(ledger.adopt("their token", adopted).await);
    said.note(ledger.adopted("their token", &host).await);

    // What is counted.
    said.note(ledger.census(now() - SignedDuration::from_hours(1), now()).await);
    said.note(ledger.census(now(), now() + SignedDuration::from_hours(48)).await);
    said.note(ledger.rate_used(key()).await);
    said.note(ledger.pending_of(Source::Key(key()), now()).await);
    said.note(ledger.last_use().await);
    let again =
        |key: &str, body: &str| Some(Repeatable::new(ledger.seal(), ["key/website", "/invites", key], body.as_bytes()));
    for (count, request) in [(1, None), (7, None), (10, None), (1, again("1", "a"))] {
        said.note(ledger.would_create(terms.clone(), count, request, now()).await);
    }

    // Requests that come again.
    let later = |hours| now() + SignedDuration::from_hours(hours);
    let first = ledger.create(vec![draft(2)], None, again("1", "a"), now()).await.unwrap();
    said.note(ledger.redeem(first.value[0].id, None, Via::Api, None, now()).await);
    let second = ledger.create(vec![draft(2)], None, again("1", "a"), later(23)).await.unwrap();
    assert_eq!((first.is_repeated, second.is_repeated), (false, true));
    assert_eq!((&second.value, second.at), (&first.value, first.at), "as they were then");
    said.note(&second);
    said.note(ledger.create(vec![draft(2)], None, again("1", "b"), later(23)).await);
    said.note(ledger.create(vec![draft(2)], None, again("2", "a"), later(23)).await);
    said.note(ledger.would_create(terms.clone(), 1, again("1", "b"), later(23)).await);
    said.note(ledger.would_create(terms.clone(), 1, again("3", "a"), later(23)).await);
    said.note(ledger.create(vec![draft(2)], None, again("1", "b"), later(24)).await);
    for id in [first.value[0].id, first.value[0].id, two] {
        said.note(ledger.redeem(id, None, Via::Api, again("redeem", "a"), later(23)).await);
    }

    for jti in ["a", "b", "a"] {
        said.note(ledger.use_once(single(jti, now() + SignedDuration::from_hours(1), now())).await);
    }
    said.note(ledger.use_once(single("a", now(), now() + SignedDuration::from_hours(2))).await);
    use_tokens(&ledger, &mut said, &terms, two).await;
    said.note(ledger.probe().await);
    said.note(ledger.probe().await);
    said.note(ledger.list(Filter::default(), 100, now()).await);
    for inviter in ["romeo@example.com", "Romeo's mother", "nobody"] {
        said.note(ledger.list(Filter { inviter: Some(inviter.into()), ..Filter::default() }, 100, now()).await);
    }
    said.note(ledger.sweep(now() + SignedDuration::from_hours(2), now()).await);
    said.note(ledger.list(Filter::default(), 2, now()).await);
    ledger.close();
    said.note(ledger.probe().await);
    said.0
}

#[test]
fn every_call_does_the_same_in_both() {
    let server = Postgres::start();
    let dir = tempfile::tempdir().unwrap();
    let sqlite = block_on(story(open(LedgerUrl::Sqlite(dir.path().join("ledger.db")), &dir)));
    let postgres = block_on(story(open(LedgerUrl::Postgres(Box::new(server.url().parse().unwrap())), &dir)));
    for (one, other) in sqlite.iter().zip(&postgres) {
        assert_eq!(one, other);
        assert!(!one.contains("Unavailable") || one.contains("closed"), "{one}");
    }
    assert_eq!(sqlite.len(), postgres.len());
}

/// Whoever was kept waiting may end a reservation late: another one must not be taken for it.
async fn ends_none_but_its_own(ledger: Ledger) {
    let invite = ledger.create(vec![draft(2)], None, None, now()).await.unwrap().value[0].id;
    let first = ledger.reserve(invite, name("romeo"), Via::App, now()).await.unwrap().id;
    ledger.end_reservation(first, ReservationEnd::Released).await.unwrap();
    let second = ledger.reserve(invite, name("juliet"), Via::App, now()).await.unwrap().id;
    for end in [ReservationEnd::Released, ReservationEnd::Redeemed] {
        assert_eq!(ledger.end_reservation(first, end).await.unwrap(), None);
    }
    let redeemed = ledger.end_reservation(second, ReservationEnd::Redeemed).await.unwrap().unwrap();
    assert_eq!(redeemed.used, 1);
    ledger.close();
}

#[test]
fn a_reservation_that_has_ended_is_never_another_one() {
    let (server, dir) = (Postgres::start(), tempfile::tempdir().unwrap());
    block_on(ends_none_but_its_own(open(LedgerUrl::Sqlite(dir.path().join("ledger.db")), &dir)));
    block_on(ends_none_but_its_own(open(LedgerUrl::Postgres(Box::new(server.url().parse().unwrap())), &dir)));
}

#[test]
fn invites_are_listed_by_their_inviter_whichever_way_that_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(LedgerUrl::Sqlite(dir.path().join("ledger.db")), &dir);
    let romeo: Jid = "romeo@example.com".parse().unwrap();
    let drafts = [
        Draft { note: Some("words".into()), inviter: Some("Romeo's mother".into()), ..draft(1) },
        Draft { note: Some("address".into()), inviter: Some(romeo.to_string()), ..draft(1) },
        Draft {
            note: Some("contact".into()),
            kind: Kind::Contact { contact: romeo.clone(), username: None },
            inviter: Some("a friend".into()),
            ..draft(1)
        },
        Draft { note: Some("app".into()), source: Source::Xmpp(romeo), ..draft(1) },
        Draft { note: Some("none".into()), ..draft(1) },
    ];
    block_on(async {
        for draft in drafts {
            ledger.create(vec![draft], None, None, now()).await.unwrap();
        }
        for (inviter, expected) in [
            ("romeo@example.com", &["app", "contact", "address"][..]),
            ("Romeo@EXAMPLE.com", &["app", "contact", "address"]),
            ("Romeo's mother", &["words"]),
            ("a friend", &["contact"]),
            ("romeo", &[]),
            ("juliet@example.com", &[]),
            ("%", &[]),
        ] {
            let of_inviter = Filter { inviter: Some(inviter.into()), ..Filter::default() };
            let found = ledger.list(of_inviter, 100, now()).await.unwrap();
            let notes: Vec<_> = found.invites.iter().map(|invite| invite.draft.note.as_deref().unwrap()).collect();
            assert_eq!(notes, expected, "{inviter}");
        }
        let other = Filter {
            inviter: Some("romeo@example.com".into()),
            hosts: Some(["example.org".parse().unwrap()].into()),
            ..Filter::default()
        };
        assert!(ledger.list(other, 100, now()).await.unwrap().invites.is_empty());
    });
    ledger.close();
}

#[test]
fn both_have_the_same_tables() {
    let server = Postgres::start();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ledger.db");
    open(LedgerUrl::Sqlite(file.clone()), &dir).close();
    open(LedgerUrl::Postgres(Box::new(server.url().parse().unwrap())), &dir).close();

    let sqlite = rusqlite::Connection::open(file).unwrap();
    let asked = |sql: &str| -> Vec<String> {
        let mut statement = sqlite.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let lines = |text: String| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    let columns = asked(
        "SELECT t.name || '.' || c.name || ' ' || replace(replace(c.type, 'INTEGER', 'bigint'), 'BLOB', 'bytea') || ' ' \
         || (c.\"notnull\" OR c.pk) || ' ' || coalesce(c.dflt_value, '') \
         FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' ORDER BY 1",
    );
    let theirs = server.ask(
        "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || (is_nullable = 'NO')::int || ' ' \
         || replace(coalesce(column_default, ''), '::text', '') FROM information_schema.columns \
         WHERE table_schema = 'public' ORDER BY 1",
    );
    let columns: Vec<_> =
        columns.iter().map(|column| column.replace(" TEXT ", " text ").trim_end().to_owned()).collect();
    assert_eq!(columns, lines(theirs));
    assert!(columns.len() > 30, "{columns:?}");
    let indexes = asked("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1");
    let theirs = server
        .ask("SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname !~ '_(pkey|key)$' ORDER BY 1");
    assert_eq!(indexes, lines(theirs));
}
