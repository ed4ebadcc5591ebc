//! Who invited whom: noted with every account that an invite makes, kept when the invite goes, and what follows from it.

use crate::common;
use crate::common::postgres;
use crate::common::terminal;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use common::{CONFIG, Scratch, Served};
use futures_lite::future::block_on;
use invited::config::{LedgerSettings, LedgerUrl};
use invited::invite::name::{Jid, Username};
use invited::invite::{AppToken, AppUser, Draft, Invite, InviteId, Kind, Source, Via};
use invited::ledger::{Filter, Ledger, ReservationEnd, TreeFilter};
use jiff::{SignedDuration, Timestamp};
use postgres::Postgres;
use serde_json::{Value, json};
use tempfile::TempDir;
use terminal::at_terminal;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn start() -> Timestamp {
    at("2026-01-01T00:00:00Z")
}

fn user(text: &str) -> Jid {
    text.parse().unwrap()
}

fn name(text: &str) -> Username {
    text.parse().unwrap()
}

/// Does the same with a ledger of either engine.
fn with_both(test: &impl AsyncFn(&Ledger)) {
    let server = Postgres::start();
    let dir = tempfile::tempdir().unwrap();
    let urls =
        [LedgerUrl::Sqlite(dir.path().join("ledger.db")), LedgerUrl::Postgres(Box::new(server.url().parse().unwrap()))];
    for url in urls {
        let ledger = open(url, &dir);
        block_on(test(&ledger));
        ledger.close();
    }
}

fn open(url: LedgerUrl, dir: &TempDir) -> Ledger {
    let (key_file, retention) = (dir.path().join("ledger.key"), Duration::from_hours(1));
    Ledger::open(&LedgerSettings { url, key_file, key: None, retention }).unwrap()
}

fn draft() -> Draft {
    Draft {
        kind: Kind::Account { username: None },
        host: "example.com".parse().unwrap(),
        uses: 9,
        created_at: start(),
        expires_at: start() + SignedDuration::from_hours(24),
        groups: vec![],
        roles: vec![],
        note: None,
        inviter: None,
        source: Source::Key("website".parse().unwrap()),
        app_token: None,
    }
}

/// An invite that a user asked for in an app.
fn of_user(inviter: &str) -> Draft {
    Draft { source: Source::Xmpp(user(inviter)), ..draft() }
}

async fn create(ledger: &Ledger, draft: Draft) -> Invite {
    let now = draft.created_at;
    ledger.create(vec![draft], None, None, now).await.unwrap().value.pop().unwrap()
}

async fn redeem(ledger: &Ledger, id: InviteId, account: &str) {
    ledger.redeem(id, Some(name(account)), Via::Api, None, start()).await.unwrap();
}

/// Creates an invite of `inviter`, which `account` redeems.
async fn invite(ledger: &Ledger, inviter: &str, account: &str) {
    let account = user(account);
    let invite = create(ledger, Draft { host: account.host, ..of_user(inviter) }).await;
    redeem(ledger, invite.id, account.user.as_str()).await;
}

/// `account inviter source` of all that are found.
async fn tree(ledger: &Ledger, filter: TreeFilter) -> Vec<String> {
    let found = ledger.tree(filter).await.unwrap();
    found.iter().map(|one| format!("{} {} {}", one.account, one.inviter, one.source)).collect()
}

async fn accounts(ledger: &Ledger, filter: TreeFilter) -> Vec<String> {
    let found = ledger.tree(filter).await.unwrap();
    found.iter().map(|one| one.account.to_string()).collect()
}

fn all() -> TreeFilter {
    TreeFilter::default()
}

fn below(inviter: &str) -> TreeFilter {
    TreeFilter { inviter: Some(inviter.parse().unwrap()), is_deep: true, ..all() }
}

fn app_token(text: &str) -> AppToken {
    let expires_at = start() + SignedDuration::from_hours(1);
    AppToken { sealed: text.as_bytes().to_vec(), expires_at, is_withdrawing: false }
}

#[test]
fn every_way_to_an_account_notes_who_invited_it() {
    with_both(&async |ledger| {
        let one = create(ledger, of_user("romeo@example.com")).await.id;
        redeem(ledger, one, "api").await;
        for (account, end) in [
            ("web", ReservationEnd::Redeemed),
            ("released", ReservationEnd::Released),
            ("gone", ReservationEnd::ReleasedTokenGone),
            ("other", ReservationEnd::RedeemedInApp(Some(name("app").into()))),
            ("nobody", ReservationEnd::RedeemedInApp(None)),
            ("friend", ReservationEnd::RedeemedInApp(Some(AppUser::befriended(name("friend"))))),
        ] {
            let reserved = ledger.reserve(one, name(account), Via::Web, start()).await.unwrap();
            assert!(!accounts(ledger, all()).await.contains(&format!("{account}@example.com")), "it is not there yet");
            ledger.end_reservation(reserved.id, end).await.unwrap();
        }
        // Nobody says who it was.
        ledger.redeem(one, None, Via::Api, None, start()).await.unwrap();
        let bound = Kind::Account { username: Some(name("bound")) };
        let bound = create(ledger, Draft { kind: bound, uses: 1, ..draft() }).await.id;
        ledger.redeem(bound, None, Via::Api, None, start()).await.unwrap();
        // By tokens of the server, for invites of ours and of its own.
        let minted = create(ledger, draft()).await.id;
        ledger.keep_app_token(minted, app_token("a"), start()).await.unwrap();
        ledger.redeem_in_app(minted, app_token("a"), Some(name("minted").into()), start()).await.unwrap();
        let kind = || Kind::Contact { contact: user("nurse@example.com"), username: None };
        for (token, account) in [("b", name("adopted").into()), ("c", AppUser::befriended(name("an-old-friend")))] {
            let out = app_token(token);
            let adopted = Draft { kind: kind(), source: Source::Server, app_token: Some(out.clone()), ..draft() };
            let adopted = ledger.adopt(token, adopted).await.unwrap().unwrap().id;
            ledger.redeem_in_app(adopted, out, Some(account), start()).await.unwrap();
        }
        // Who has an account and becomes a contact; and a new password.
        let contact = create(ledger, Draft { kind: kind(), ..draft() }).await.id;
        let friend = ledger.reserve_contact(contact, Some(name("tybalt")), start()).await.unwrap();
        ledger.end_reservation(friend, ReservationEnd::Redeemed).await.unwrap();
        let reset = Draft { kind: Kind::Reset { username: name("paris") }, uses: 1, ..of_user("romeo@example.com") };
        let reset = create(ledger, reset).await.id;
        ledger.redeem(reset, None, Via::Web, None, start()).await.unwrap();
        let found = [
            "adopted@example.com nurse@example.com server",
            "api@example.com romeo@example.com xmpp/romeo@example.com",
            "app@example.com romeo@example.com xmpp/romeo@example.com",
            "bound@example.com key/website key/website",
            "minted@example.com key/website key/website",
            "web@example.com romeo@example.com xmpp/romeo@example.com",
        ];
        assert_eq!(tree(ledger, all()).await, found);
        // What ended is forgotten, and this is not.
        let later = start() + SignedDuration::from_hours(1_000);
        assert!(ledger.sweep(later, later).await.unwrap() > 0);
        assert!(ledger.list(Filter::default(), 100, later).await.unwrap().invites.is_empty());
        assert_eq!(tree(ledger, all()).await, found);
        assert_eq!(ledger.tree(all()).await.unwrap()[1].invite, one);
    });
}

#[test]
fn whom_somebody_invited_is_found_with_all_below() {
    with_both(&async |ledger| {
        for (inviter, account) in [
            ("a@example.com", "b@example.com"),
            ("b@example.com", "c@example.com"),
            ("b@example.com", "d@example.org"),
            ("d@example.org", "e@example.com"),
            ("z@example.com", "y@example.com"),
        ] {
            invite(ledger, inviter, account).await;
        }
        let of_a = ["b@example.com", "c@example.com", "e@example.com", "d@example.org"];
        assert_eq!(accounts(ledger, below("a@example.com")).await, of_a);
        assert_eq!(accounts(ledger, TreeFilter { is_deep: false, ..below("a@example.com") }).await, of_a[..1]);
        assert_eq!(accounts(ledger, below("c@example.com")).await, [""; 0]);
        assert_eq!(accounts(ledger, below("key/website")).await, [""; 0]);
        // Of one host nothing is told that goes by another.
        let com: Option<_> = Some(["example.com".parse().unwrap()].into());
        let on_com = TreeFilter { hosts: com.clone(), ..below("a@example.com") };
        assert_eq!(accounts(ledger, on_com).await, of_a[..2]);
        assert_eq!(accounts(ledger, TreeFilter { hosts: com, ..all() }).await.len(), 4);
        assert_eq!(accounts(ledger, TreeFilter { hosts: Some([].into()), ..all() }).await.len(), 0);
        // Pages.
        for filter in [all(), below("a@example.com")] {
            let (mut pages, mut after) = (vec![], None);
            loop {
                let page = TreeFilter { after: after.take(), limit: Some(2), ..filter.clone() };
                let page = ledger.tree(page).await.unwrap();
                let Some(last) = page.last() else { break };
                after = Some(last.account.clone());
                pages.extend(page);
            }
            assert_eq!(pages, ledger.tree(filter).await.unwrap());
        }
    });
}

#[test]
fn an_account_made_anew_has_another_inviter_and_a_circle_ends() {
    with_both(&async |ledger| {
        invite(ledger, "nurse@example.com", "alice@example.com").await;
        invite(ledger, "alice@example.com", "bob@example.com").await;
        // Her account is deleted, and when her invite is forgotten she comes back with one of bob's.
        let later = start() + SignedDuration::from_hours(1_000);
        ledger.sweep(later, later).await.unwrap();
        invite(ledger, "bob@example.com", "alice@example.com").await;
        let both = ["alice@example.com", "bob@example.com"];
        assert_eq!(accounts(ledger, all()).await, both);
        assert_eq!(accounts(ledger, below("alice@example.com")).await, both);
        assert_eq!(accounts(ledger, below("bob@example.com")).await, both);
        assert_eq!(accounts(ledger, below("nurse@example.com")).await, [""; 0]);
        for inviter in both {
            create(ledger, of_user(inviter)).await;
        }
        let revoked = ledger.revoke_of(user("alice@example.com"), true, start()).await.unwrap();
        // The invites that were just redeemed have uses left.
        assert_eq!((revoked.invites.len(), revoked.accounts.len()), (3, 2));
        let none = ledger.revoke_of(user("alice@example.com"), true, start()).await.unwrap();
        assert_eq!((none.invites.len(), none.accounts.len()), (0, 2));
        // Whoever invites themselves is one, too.
        invite(ledger, "self@example.com", "self@example.com").await;
        assert_eq!(accounts(ledger, below("self@example.com")).await, ["self@example.com"]);
    });
}

#[test]
fn all_that_an_inviter_has_pending_is_revoked_however_that_is_known() {
    with_both(&async |ledger| {
        let contact = |jid: &str| Kind::Contact { contact: user(jid), username: None };
        let note = |note: &str, draft: Draft| Draft { note: Some(note.to_owned()), ..draft };
        let romeo = "romeo@example.com";
        for draft in [
            note("app", of_user(romeo)),
            note("text", Draft { inviter: Some("ROMEO@Example.com".into()), ..draft() }),
            note("contact", Draft { kind: contact(romeo), inviter: Some("Romeo".into()), ..draft() }),
            note("said by another", Draft { inviter: Some(romeo.into()), ..of_user("juliet@example.com") }),
            note("for another", Draft { kind: contact(romeo), inviter: Some("juliet@example.com".into()), ..draft() }),
            note("nobody", draft()),
            note("words", Draft { inviter: Some("Romeo".into()), ..draft() }),
            note("below", of_user("juliet@example.com")),
        ] {
            create(ledger, draft).await;
        }
        let expired = Draft { expires_at: start(), ..of_user(romeo) };
        create(ledger, note("expired", expired)).await;
        let spent = create(ledger, note("spent", Draft { uses: 1, ..of_user(romeo) })).await.id;
        redeem(ledger, spent, "juliet").await;
        // A use that is reserved may come free again.
        let reserved = create(ledger, note("reserved", Draft { uses: 1, ..of_user(romeo) })).await.id;
        ledger.reserve(reserved, name("nurse"), Via::Web, start()).await.unwrap();
        let notes = |mut invites: Vec<Invite>| {
            invites.sort_by_key(|invite| invite.id);
            invites.into_iter().map(|invite| invite.draft.note.unwrap()).collect::<Vec<_>>()
        };
        let listed = Filter { inviter: Some("Romeo@example.com".into()), ..Filter::default() };
        let listed = notes(ledger.list(listed, 100, start()).await.unwrap().invites);
        assert_eq!(listed, ["app", "text", "contact", "expired", "spent", "reserved"]);
        let revoked = ledger.revoke_of(user(romeo), false, start()).await.unwrap();
        assert!(revoked.invites.iter().all(|invite| invite.revoked_at == Some(start())));
        assert_eq!(notes(revoked.invites), ["app", "text", "contact", "reserved"]);
        assert_eq!(revoked.accounts[0].account, user("juliet@example.com"));
        let revoked = ledger.revoke_of(user(romeo), true, start()).await.unwrap();
        assert_eq!(notes(revoked.invites), ["said by another", "for another", "below"]);
        assert_eq!(notes(ledger.list(Filter::default(), 100, start()).await.unwrap().invites).len(), 11);
    });
}

#[test]
fn what_is_forgotten_of_a_user_is_who_invited_them_and_whom_they_invited() {
    with_both(&async |ledger| {
        for (inviter, account) in [("a@example.com", "b@example.com"), ("b@example.com", "c@example.com")] {
            invite(ledger, inviter, account).await;
        }
        invite(ledger, "c@example.com", "d@example.com").await;
        assert_eq!(ledger.forget_invited(user("b@example.org")).await, Ok(0));
        assert_eq!(ledger.forget_invited(user("b@example.com")).await, Ok(2));
        assert_eq!(ledger.forget_invited(user("b@example.com")).await, Ok(0));
        assert_eq!(accounts(ledger, all()).await, ["d@example.com"]);
    });
}

/// What the first version of the schema may have held.
const CONTENT: &str = "
    INSERT INTO invite (id, kind, host, source, username, contact, inviter, uses, used, created_at, expires_at) VALUES
        (1, 'account', 'example.com', 'xmpp/romeo@example.com', NULL, NULL, NULL, 9, 1, 1, 4102444800000),
        (2, 'contact', 'example.com', 'key/site', NULL, 'nurse@example.com', 'nurse@example.com', 9, 3, 2, 4102444800000),
        (3, 'account', 'example.com', 'key/site', NULL, NULL, 'Zoë@XN--BCHER-KVA.example', 9, 2, 3, 4102444800000),
        (4, 'account', 'example.com', 'cli', NULL, NULL, 'me @ home', 9, 2, 4, 4102444800000),
        (5, 'reset', 'example.com', 'cli', 'paris', NULL, 'romeo@example.com', 1, 1, 5, 4102444800000),
        (6, 'account', 'example.com', 'xmpp/romeo@example.com', NULL, NULL, 'juliet@example.com', 9, 0, 6, 4102444800000);
    INSERT INTO redemption (invite, host, account, at, via, made) VALUES
        (1, 'example.com', 'juliet', 1000, 'web', 1), (2, 'example.com', 'tybalt', 2000, 'app', 1),
        (2, 'example.com', 'juliet', 2001, 'app', 1), (2, 'example.com', 'mercutio', 2002, 'web', 1),
        (3, 'example.com', 'benvolio', 3000, 'api', 1), (3, 'example.com', NULL, 3001, 'app', 1),
        (4, 'example.com', 'rosaline', 4000, 'api', 1), (4, 'example.com', 'friar', 4001, 'web', 0),
        (5, 'example.com', 'paris', 5000, 'web', 1), (4, 'example.com', 'benvolio', 4002, 'api', 1);
";

/// What is known of that.
const KNOWN: &str = "\
benvolio@example.com\tcli\tcli\t1970-01-01T00:00:04.002Z
juliet@example.com\tromeo@example.com\txmpp/romeo@example.com\t1970-01-01T00:00:01Z
mercutio@example.com\tnurse@example.com\tkey/site\t1970-01-01T00:00:02.002Z
rosaline@example.com\tcli\tcli\t1970-01-01T00:00:04Z
tybalt@example.com\tnurse@example.com\tkey/site\t1970-01-01T00:00:02Z
";

/// A ledger of the first version with [`CONTENT`], in place of the one that there is, with its key.
fn put_first_version(file: &Path) {
    let before = rusqlite::Connection::open(file).unwrap();
    let key_check: Vec<u8> =
        before.query_row("SELECT value FROM meta WHERE name = 'key_check'", [], |row| row.get(0)).unwrap();
    let application: i64 = before.pragma_query_value(None, "application_id", |row| row.get(0)).unwrap();
    before.close().unwrap();
    fs::remove_file(file).unwrap();
    let first = rusqlite::Connection::open(file).unwrap();
    first.execute_batch(include_str!("../../src/ledger/sqlite/schema.sql")).unwrap();
    first.execute("INSERT INTO meta (name, value) VALUES ('key_check', ?1)", [key_check]).unwrap();
    first.execute_batch(CONTENT).unwrap();
    first.pragma_update(None, "user_version", 1).unwrap();
    first.pragma_update(None, "application_id", application).unwrap();
    first.close().unwrap();
}

/// Goes on with a ledger that was brought up to date.
fn check_brought_up_to_date(scratch: &Scratch) {
    assert_eq!(scratch.ok(&["invite", "tree"]), KNOWN);
    for (inviter, expected) in
        [("zoë@bücher.example", &["3"][..]), ("romeo@example.com", &["6", "5", "1"]), ("nurse@example.com", &["2"])]
    {
        let listed = scratch.ok(&["invite", "list", "--inviter", inviter]);
        let ids = expected.iter().map(|id| InviteId::from_row(id.parse().unwrap()).to_string());
        let found: Vec<_> = listed.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect();
        assert_eq!(found, ids.collect::<Vec<_>>(), "{inviter}: {listed}");
    }
    let served = scratch.serve();
    assert_eq!(served.api(ALL, "POST", "/api/v1/invites", &json!({ "host": "example.com" })).0, 201);
    drop(served);
    assert_eq!(scratch.ok(&["invite", "tree"]), KNOWN);
}

#[test]
fn a_ledger_of_the_first_version_is_brought_up_to_date_with_all_that_it_tells() {
    let scratch = scratch("");
    scratch.ok(&["invite", "create", "--host", "example.com"]);
    let (file, backup) = (scratch.state().join("ledger.db"), scratch.path().join("first.backup"));
    put_first_version(&file);
    // Nothing that only reads touches it.
    let backup = backup.to_str().unwrap();
    scratch.ok(&["backup", backup]);
    assert!(fs::read_to_string(backup).unwrap().contains("\"schema\":1,"));
    assert_eq!(version(&file), 1);
    check_brought_up_to_date(&scratch);
    assert!(version(&file) > 1);
    // So is what a backup of that version has.
    scratch.ok(&["restore", "--replace", backup]);
    check_brought_up_to_date(&scratch);
}

fn version(file: &Path) -> i64 {
    let ledger = rusqlite::Connection::open(file).unwrap();
    ledger.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

#[test]
fn a_ledger_of_the_first_version_in_postgresql_is_brought_up_to_date() {
    let database = Postgres::start();
    let scratch = scratch(&format!("[ledger]\nurl = {:?}\n", database.url()));
    scratch.ok(&["invite", "create", "--host", "example.com"]);
    let ask = |sql: &str| database.ask(sql);
    ask("CREATE SCHEMA old; CREATE TABLE old.meta AS SELECT * FROM meta");
    ask(
        "DROP TABLE meta, invite, adopted, key_use, redemption, answer, used_jti, invited_account, outbox, outbox_channel, \
         counted, expired_invite, pending_count",
    );
    ask(include_str!("../../src/ledger/postgres/schema.sql"));
    ask("INSERT INTO meta SELECT name, CASE name WHEN 'version' THEN '1' ELSE value END FROM old.meta");
    ask(CONTENT);
    check_brought_up_to_date(&scratch);
    assert_ne!(ask("SELECT convert_from(value, 'UTF8') FROM meta WHERE name = 'version'"), "1");
}

/// A key that may do everything there.
const ALL: &str = "all/s3cret";

fn scratch(more: &str) -> Scratch {
    const SHA256: &str = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0";
    let keys = [
        ("all", "allow = [\"create\", \"contact\", \"read\", \"redeem\"]\nmax_uses = 100"),
        ("com", "allow = [\"read\"]\nhosts = [\"example.com\"]"),
    ];
    let key = |(id, allow): (&str, &str)| format!("[keys.{id}]\nsha256 = \"{SHA256}\"\n{allow}\n");
    Scratch::new(&format!("{CONFIG}[hosts.\"example.org\"]\n{}{more}", keys.map(key).concat()))
}

/// Creates an invite by a key, and redeems it for an account.
fn invite_by_key(served: &Served, inviter: Option<&str>, account: &str) -> String {
    let account = user(account);
    let asked = json!({ "inviter": inviter, "host": account.host.as_str(), "uses": 2 });
    let (status, invite) = served.api(ALL, "POST", "/api/v1/invites", &asked);
    assert_eq!(status, 201, "{invite}");
    let redeemed = json!({ "token": invite["token"], "account": account.to_string() });
    assert_eq!(served.api(ALL, "POST", "/api/v1/redeem", &redeemed).0, 200);
    invite["id"].as_str().unwrap().to_owned()
}

/// Everybody below romeo, and somebody else.
fn invite_all(served: &Served) -> Vec<String> {
    [
        (None, "romeo@example.com"),
        (Some("Romeo@example.com"), "juliet@example.com"),
        (Some("juliet@example.com"), "nurse@example.org"),
        (Some("nurse@example.org"), "peter@example.com"),
        (Some("The chess club"), "tybalt@example.com"),
    ]
    .map(|(inviter, account)| invite_by_key(served, inviter, account))
    .into()
}

fn listed(answer: &Value) -> Vec<&str> {
    answer["accounts"].as_array().unwrap().iter().map(|one| one["account"].as_str().unwrap()).collect()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_api_lists_who_invited_whom_as_far_as_the_key_may_see() {
    let scratch = scratch("");
    let served = scratch.serve();
    invite_all(&served);
    let get = |key: &str, query: &str| served.api(key, "GET", &format!("/api/v1/tree{query}"), &Value::Null);
    let ok = |key: &str, query: &str| {
        let (status, answer) = get(key, query);
        assert_eq!(status, 200, "{query}: {answer}");
        answer
    };
    let all = ok(ALL, "");
    let expected =
        ["juliet@example.com", "peter@example.com", "romeo@example.com", "tybalt@example.com", "nurse@example.org"];
    assert_eq!((listed(&all), &all["next_cursor"]), (expected.into(), &Value::Null));
    let juliet = &all["accounts"][0];
    let at: Timestamp = juliet["at"].as_str().unwrap().parse().unwrap();
    assert_eq!(
        *juliet,
        json!({ "account": "juliet@example.com", "inviter": "romeo@example.com", "source": "key/all", "at": at.to_string() })
    );
    assert_eq!((&all["accounts"][3]["inviter"], &all["accounts"][3]["source"]), (&json!("key/all"), &json!("key/all")));
    // Below one, on a host, in pages.
    let of_romeo = ["juliet@example.com", "peter@example.com", "nurse@example.org"];
    assert_eq!(listed(&ok(ALL, "?inviter=ROMEO%40example.com")), of_romeo);
    assert_eq!(listed(&ok(ALL, "?inviter=key/all")).len(), 5);
    assert_eq!(listed(&ok(ALL, "?inviter=cli")), [""; 0]);
    assert_eq!(listed(&ok(ALL, "?host=example.org")), ["nurse@example.org"]);
    let (mut pages, mut cursor) = (vec![], String::new());
    loop {
        let page = ok(ALL, &format!("?inviter=romeo@example.com&limit=1{cursor}"));
        pages.extend(listed(&page).iter().map(ToString::to_string));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(pages, of_romeo);
    // A key of one host sees no account of another, nor through whom one of its own was invited.
    assert_eq!(listed(&ok("com/s3cret", "")), expected[..4]);
    assert_eq!(listed(&ok("com/s3cret", "?inviter=romeo@example.com")), of_romeo[..1]);
    assert_eq!(listed(&ok("com/s3cret", "?host=example.org")), [""; 0]);
    assert_eq!(listed(&ok("com/s3cret", "?inviter=romeo@example.com&host=example.org")), [""; 0]);
    assert_eq!(get("site/s3cret", "").0, 403, "it takes the scope read");
    // What is wrong is named.
    let (status, refused) = get(ALL, "?inviter=romeo&limit=0&cursor=c&colour=red");
    let fields: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|one| &one["field"]).collect();
    assert_eq!(
        (status, fields),
        (400, ["colour", "cursor", "inviter", "limit"].map(|field| json!(field)).iter().collect())
    );
}

#[test]
fn invites_are_listed_by_inviter_in_the_api() {
    let scratch = scratch("");
    let served = scratch.serve();
    let made = invite_all(&served);
    let get = |query: &str| served.api(ALL, "GET", &format!("/api/v1/invites?inviter={query}"), &Value::Null);
    for (query, expected) in [
        ("romeo@EXAMPLE.com", vec![&made[1]]),
        ("Romeo%40example.com", vec![&made[1]]),
        ("The+chess+club", vec![&made[4]]),
        ("romeo", vec![]),
        ("juliet@example.com&host=example.com", vec![]),
        ("juliet@example.com&host=example.org", vec![&made[2]]),
    ] {
        let (status, answer) = get(query);
        assert_eq!(status, 200, "{query}: {answer}");
        let found: Vec<_> =
            answer["invites"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "{query}");
    }
    for wrong in ["", "a%00b", "a%0Ab", "%E2%80%AE", &"x".repeat(2_048)] {
        let (status, answer) = get(wrong);
        assert_eq!((status, &answer["errors"][0]["field"]), (400, &json!("inviter")), "{wrong}");
    }
}

#[test]
fn the_command_shows_a_tree_to_a_person_and_lines_to_a_program() {
    let scratch = scratch("");
    let nothing = scratch.run(&["invite", "tree"]);
    assert_eq!((nothing.status.code(), &*stdout(&nothing)), (Some(0), ""));
    assert_eq!(stderr(&nothing), "no account has been created with an invite yet\n");
    let none: Value = serde_json::from_str(&scratch.ok(&["invite", "tree", "--json"])).unwrap();
    assert_eq!(none, json!({ "accounts": [], "next_cursor": null }));
    let served = scratch.serve();
    invite_all(&served);
    let lines = scratch.ok(&["invite", "tree"]);
    let first = lines.lines().next().unwrap();
    let (fields, time) = first.rsplit_once('\t').unwrap();
    assert_eq!(fields, "juliet@example.com\tromeo@example.com\tkey/all");
    assert!(time.parse::<Timestamp>().is_ok() && lines.lines().count() == 5, "{lines}");
    let (_, api) = served.api(ALL, "GET", "/api/v1/tree", &Value::Null);
    assert_eq!(serde_json::from_str::<Value>(&scratch.ok(&["invite", "tree", "--json"])).unwrap(), api);
    for (arguments, expected) in [
        (&["romeo@example.com"][..], 3),
        (&["romeo@example.com", "--host", "example.com"], 1),
        (&["key/all"], 5),
        (&["cli"], 0),
    ] {
        let lines = scratch.ok(&[&["invite", "tree"], arguments].concat());
        assert_eq!(lines.lines().count(), expected, "{arguments:?}: {lines}");
    }
    let shown = at_terminal(&scratch, 80, &["invite", "tree"]);
    let times = shown.lines().map(|line| line.replace(" seconds ago", "").replace(" second ago", ""));
    let shown: Vec<_> =
        times.map(|line| line.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end().to_owned()).collect();
    let expected = [
        "ACCOUNT                  SOURCE   INVITED",
        "key/all",
        "  romeo@example.com      key/all",
        "    juliet@example.com   key/all",
        "      nurse@example.org  key/all",
        "        peter@example.com  key/all",
        "  tybalt@example.com     key/all",
    ];
    let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let indent = |line: &str| line.len() - line.trim_start().len();
    let shown: Vec<_> = shown.iter().map(|line| (indent(line), squeezed(&line.replace(" now", "")))).collect();
    assert_eq!(shown, expected.map(|line| (indent(line), squeezed(line))));
    for wrong in [&["romeo"][..], &["a", "b"], &["--host", "a b"], &["xmpp/romeo"]] {
        assert_eq!(scratch.run(&[&["invite", "tree"], wrong].concat()).status.code(), Some(2), "{wrong:?}");
    }
}

/// Hosts with a server each, which is asked nothing.
const SERVERS: &str = r#"
[hosts."prosody.example".backend]
kind = "prosody"
socket = "/nonexistent/prosody.sock"
[hosts."ejabberd.example".backend]
kind = "ejabberd"
url = "http://127.0.0.1:1/api"
user = "admin@ejabberd.example"
password = "a password"
"#;

/// Names of accounts that a shell would make something of.
const HOSTILE: [&str; 15] =
    ["$(id)", "`id`", "a;id", "a|id", "a\\", "!!", "*", "~root", "#a", "{a,b}", "a=b", "-rf", "zoë", "%s", "?"];

#[test]
fn all_of_an_inviter_is_revoked_and_the_servers_own_tools_are_told() {
    let scratch = scratch(SERVERS);
    assert_eq!(
        scratch.run(&["invite", "revoke", "--of", "romeo@example.com"]).status.code(),
        Some(0),
        "there is no ledger"
    );
    let served = scratch.serve();
    let made = invite_all(&served);
    for name in HOSTILE {
        for host in ["prosody.example", "ejabberd.example"] {
            invite_by_key(&served, Some("nurse@example.org"), &format!("{name}@{host}"));
        }
    }
    // Directly, and with all below.
    let output = scratch.run(&["invite", "revoke", "--of", "Romeo@example.com"]);
    let told = stderr(&output);
    assert_eq!((output.status.code(), &*stdout(&output)), (Some(0), ""), "its host has no server: {told}");
    assert!(
        told.starts_with(&format!(
            "revoked {}, of romeo@example.com (key/all)\n1 account was invited before:\n",
            made[1]
        ))
    );
    assert!(told.contains("\n  juliet@example.com by romeo@example.com (key/all), "), "{told}");
    assert!(told.contains("disable 1 account on example.com with the tools of its server"), "{told}");
    let again = scratch.run(&["invite", "revoke", "--of", "romeo@example.com"]);
    assert!(stderr(&again).starts_with("romeo@example.com has no pending invites\n"), "{}", stderr(&again));
    assert_eq!(again.status.code(), Some(0));
    let output = scratch.run(&["invite", "revoke", "--of", "romeo@example.com", "--deep", "--json"]);
    let (answer, told): (Value, _) = (serde_json::from_slice(&output.stdout).unwrap(), stderr(&output));
    // What nurse and juliet have: romeo's own was revoked before.
    let revoked = answer["invites"].as_array().unwrap();
    let count = 2 * HOSTILE.len();
    assert!(revoked.len() == 2 + count && revoked.iter().all(|invite| invite["status"] == "revoked"), "{answer}");
    assert_eq!((listed(&answer).len(), &answer["next_cursor"]), (3 + count, &Value::Null));
    let lines = scratch.ok(&["invite", "revoke", "--of", "romeo@example.com", "--deep"]);
    let commands: Vec<_> = answer["commands"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert_eq!(lines.lines().collect::<Vec<_>>(), commands);
    assert!(told.contains("Prosody 0.12") && told.contains("nothing was done to these accounts"), "{told}");
    // A shell takes each for a command with these words.
    let tools = tempfile::tempdir().unwrap();
    for tool in ["ejabberdctl", "prosodyctl"] {
        fs::write(tools.path().join(tool), "#!/bin/sh\nprintf '%s|' \"$@\"; echo\n").unwrap();
        assert!(Command::new("chmod").arg("+x").arg(tools.path().join(tool)).status().unwrap().success());
    }
    let path = format!("{}:/usr/bin:/bin", tools.path().display());
    let run = Command::new("sh").arg("-c").arg(&lines).env("PATH", path).current_dir(tools.path()).output().unwrap();
    let run = String::from_utf8(run.stdout).unwrap();
    assert_eq!(run.lines().count(), count, "{run}");
    for name in HOSTILE {
        for line in [
            format!("ban_account|{name}|ejabberd.example|invited by nurse@example.org|"),
            format!("shell|user|disable|{name}@prosody.example|"),
        ] {
            assert!(run.lines().any(|own| own == line), "{line} is not in {run}");
        }
    }
    for wrong in
        [&["--of", "romeo@example.com", &made[0]][..], &["--of", "romeo"], &["--deep", &made[0]], &["--deep"], &[]]
    {
        assert_eq!(scratch.run(&[&["invite", "revoke"], wrong].concat()).status.code(), Some(2), "{wrong:?}");
    }
    // Nobody else's are touched.
    assert_eq!(scratch.ok(&["invite", "list", "--status", "pending"]).lines().count(), 2);
}

#[test]
fn a_user_is_forgotten_and_it_is_told_what_stays() {
    let scratch = scratch("[ledger]\nretention = \"10d\"\n");
    let nothing = scratch.run(&["invite", "forget", "romeo@example.com"]);
    assert_eq!((nothing.status.code(), &*stdout(&nothing)), (Some(0), ""));
    assert_eq!(stderr(&nothing), "nothing is known of who invited romeo@example.com, or whom they invited\n");
    let served = scratch.serve();
    invite_all(&served);
    let output = scratch.run(&["invite", "forget", "JULIET@example.com", "paris@example.com"]);
    let told = stderr(&output);
    assert_eq!((output.status.code(), &*stdout(&output)), (Some(0), ""), "{told}");
    assert!(told.starts_with(
        "forgot who invited whom of juliet@example.com: 2 accounts\nnothing is known of who invited paris"
    ));
    assert!(told.contains("stays until 10d after each has ended (ledger.retention), and in backups"), "{told}");
    let tree = scratch.ok(&["invite", "tree"]);
    assert!(!tree.contains("juliet@") && tree.lines().count() == 3, "{tree}");
    let answer: Value =
        serde_json::from_str(&scratch.ok(&["invite", "forget", "peter@example.com", "--json"])).unwrap();
    assert_eq!(answer, json!({ "forgotten": [{ "user": "peter@example.com", "accounts": 1 }] }));
    for wrong in [&["romeo"][..], &[]] {
        assert_eq!(scratch.run(&[&["invite", "forget"], wrong].concat()).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn a_copy_and_a_backup_have_who_invited_whom() {
    let database = Postgres::start();
    let scratch = scratch("");
    let served = scratch.serve();
    invite_all(&served);
    drop(served);
    let before = scratch.ok(&["invite", "tree"]);
    let backup = scratch.path().join("ledger.backup");
    scratch.ok(&["backup", backup.to_str().unwrap()]);
    scratch.ok(&["ledger", "copy", "sqlite:ledger.db", &database.url()]);
    let other = self::scratch(&format!("[ledger]\nurl = {:?}\n", database.url()));
    fs::create_dir_all(other.state()).unwrap();
    fs::copy(scratch.state().join("ledger.key"), other.state().join("ledger.key")).unwrap();
    assert_eq!(other.ok(&["invite", "tree"]), before);
    other.ok(&["invite", "forget", "juliet@example.com"]);
    other.ok(&["restore", "--replace", backup.to_str().unwrap()]);
    assert_eq!(other.ok(&["invite", "tree"]), before, "what is forgotten stays in backups");
}

#[test]
fn nothing_of_many_invites_is_read_but_what_is_asked_for() {
    let database = Postgres::start();
    let scratch = scratch(&format!("[ledger]\nurl = {:?}\n", database.url()));
    scratch.ok(&["invite", "create", "--host", "example.com"]);
    database.ask(
        "INSERT INTO invite (id, kind, host, source, uses, created_at, expires_at, invited_by) SELECT n, 'account', \
         'example.com', 'cli', 1, n, 4102444800000, CASE WHEN n % 2 = 0 THEN 'u' || n % 1000 || '@example.com' END \
         FROM generate_series(1, 20000) AS n; \
         INSERT INTO invited_account SELECT 'example.com', 'u' || n, 'u' || n / 2 || '@example.com', 'cli', n, n \
         FROM generate_series(1, 20000) AS n; ANALYZE",
    );
    let reads = || {
        let statement = "SELECT pg_stat_clear_snapshot(), sum(seq_tup_read) FROM pg_stat_user_tables \
                         WHERE relname IN ('invite', 'invited_account')";
        database.ask(statement).trim_start_matches('|').parse::<u64>().unwrap()
    };
    let mut before = reads();
    for (words, lines) in [
        (&["tree", "u9999@example.com"][..], 2),
        (&["list", "--inviter", "u996@example.com"], 20),
        (&["revoke", "--of", "u998@example.com", "--deep"], 20),
        (&["forget", "u9999@example.com"], 2),
    ] {
        let output = scratch.run(&[&["invite"], words].concat());
        let told = format!("{}{}", stdout(&output), stderr(&output));
        let found = told.lines().filter(|line| !line.starts_with("  ")).count();
        assert!(output.status.success() && found >= lines, "{words:?}: {told}");
        let now = reads();
        assert!(now - before < 1_000, "{words:?} read {} rows one after the other", now - before);
        before = now;
    }
}
