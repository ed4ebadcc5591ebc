//! The adapter for ejabberd against versions with mod_invites, scripted: every odd answer, and every fault in between.
//! `tests/xmpp/ejabberd_fake.rs` holds the script against the real one, and `tests/xmpp/ejabberd_apps.rs` has that beside the service.

use crate::common::ejabberd;
use crate::common::fake_ejabberd;
use crate::common::hostile;

use std::sync::Arc;
use std::time::Duration;

use ejabberd::{ADMIN, HOST, PASSWORD};
use fake_ejabberd::{FakeEjabberd, Version};
use futures_lite::future::block_on;
use invited::backend::ejabberd::Ejabberd as Client;
use invited::backend::{
    Adapter as _, Backend, CallError, End, Examination, InApp, Mint, Minted, NewAccount, NewPassword, Refusal, Room,
    State, TokenDetails, TokenState,
};
use invited::clock;
use invited::config::secret::Secret;
use invited::config::{BackendSettings, Login};
use invited::invite::Kind;
use invited::invite::name::Username;
use invited::log::chain;
use invited::metrics::{self, Metrics};
use jiff::Timestamp;
use serde_json::json;

/// How servers say that there is no such command.
const UNKNOWN: [(u16, &str); 3] = [
    (404, r#"{"status":"error","code":40,"message":"Endpoint not found."}"#),
    (404, r#"{"status":"error","code":44,"message":"Command not found."}"#),
    (400, r#""unknown_command""#),
];

const ANYBODY: Kind = Kind::Account { username: None };
const DAY: Duration = Duration::from_hours(24);

/// Where our pages are.
const BASE: &str = "https://invite.example.com/";

fn client(server: &FakeEjabberd) -> Client {
    let login = Login::Password { user: ADMIN.parse().unwrap(), password: Some(Secret::new(PASSWORD.into())) };
    Client::new(&HOST.parse().unwrap(), &format!("http://{}/api", server.address).parse().unwrap(), &login)
}

fn name(text: &str) -> Username {
    text.parse().unwrap()
}

fn mint(kind: &Kind) -> Mint<'_> {
    Mint { kind, groups: &[], roles: &[], ttl: 30 * DAY, spares_admins: true }
}

fn account<'a>(username: &'a Username, password: &'a Secret, token: Option<&'a str>) -> NewAccount<'a> {
    let not_after = Timestamp::MAX;
    NewAccount { username, password, contact: None, groups: &[], roles: &[], token, client: None, not_after }
}

fn password() -> Secret {
    Secret::new("a password".into())
}

fn token(client: &Client) -> String {
    block_on(client.mint(&mint(&ANYBODY))).unwrap().token
}

/// What is not in a list is not believed of an older one.
fn list_again(client: &Client) {
    assert_eq!(block_on(client.look_up("none")), Ok(TokenState::Unused));
}

fn what(examination: &Examination) -> Vec<&str> {
    examination.findings.iter().map(|finding| finding.what.as_str()).collect()
}

#[test]
fn a_token_ends_when_the_server_says_if_that_is_earlier() {
    let server = FakeEjabberd::start(Version::V26_07);
    server.state().ttl = DAY;
    let client = client(&server);
    let Minted { token, expires_at } = block_on(client.mint(&mint(&ANYBODY))).unwrap();
    let ends = server.state().tokens[0].expires;
    assert_eq!(expires_at.map(Timestamp::as_second), Some(ends.as_second()), "thirty days were asked for");
    let found = TokenDetails { kind: ANYBODY, expires_at: expires_at.unwrap(), reusable: false };
    assert_eq!(block_on(client.look_up(&token)), Ok(TokenState::Live(found)));
    assert_eq!(block_on(client.look_up("another")), Ok(TokenState::Unused));
    assert!(server.register_in_app(&token, "juliet"));
    list_again(&client);
    assert_eq!(block_on(client.look_up(&token)), Ok(TokenState::Used(Some(name("juliet")))));
    server.state().tokens[0].expires = Timestamp::UNIX_EPOCH;
    list_again(&client);
    assert_eq!(
        block_on(client.look_up(&token)),
        Ok(TokenState::Used(Some(name("juliet")))),
        "also when it has expired"
    );
}

#[test]
fn a_token_for_a_new_password_is_for_an_account_that_is_there() {
    let server = FakeEjabberd::start(Version::V26_07);
    let client = client(&server);
    let juliet = name("juliet");
    let reset = Kind::Reset { username: juliet.clone() };
    assert_eq!(block_on(client.mint(&mint(&reset))), Err(Refusal::NoAccount.into()));
    block_on(client.create(&account(&juliet, &password(), None))).unwrap();
    let minted = block_on(client.mint(&mint(&reset))).unwrap();
    assert!(matches!(block_on(client.look_up(&minted.token)), Ok(TokenState::Live(found)) if found.kind == reset));
    let fresh = Secret::new("another".into());
    let with =
        NewPassword { username: &juliet, password: &fresh, token: Some(&minted.token), not_after: Timestamp::MAX };
    assert_eq!(block_on(client.set_password(&with)), Ok(()));
    assert_eq!(server.state().accounts["juliet"], "another");
    assert_eq!(block_on(client.set_password(&with)), Err(Refusal::NoToken.into()), "it is used up");
    for kind in [
        Kind::Account { username: Some(name("romeo")) },
        Kind::Contact { contact: ADMIN.parse().unwrap(), username: None },
    ] {
        assert_eq!(block_on(client.mint(&mint(&kind))), Err(Refusal::Unsupported.into()));
    }
}

#[test]
fn what_is_taken_back_is_of_no_use_to_anybody() {
    let server = FakeEjabberd::start(Version::V26_07);
    let client = client(&server);
    let withdrawn = token(&client);
    assert!(server.preauth(&withdrawn), "an app has shown it before");
    assert_eq!(block_on(client.withdraw(&withdrawn)), Ok(true));
    assert!(!server.preauth(&withdrawn) && !server.register_in_app(&withdrawn, "juliet"));
    assert_eq!(block_on(client.look_up(&withdrawn)), Ok(TokenState::Unused));
    assert_eq!(block_on(client.withdraw(&withdrawn)), Ok(false));

    let used = token(&client);
    assert!(server.register_in_app(&used, "juliet"));
    assert_eq!(block_on(client.withdraw(&used)), Ok(false), "though a list said a moment ago that it was not used");
    assert_eq!(
        block_on(client.look_up(&used)),
        Ok(TokenState::Used(Some(name("juliet")))),
        "and the trace of it stays"
    );

    let raced = token(&client);
    server.script("expire_invite_by_token", 404, r#""not_found""#);
    assert_eq!(block_on(client.withdraw(&raced)), Ok(false), "somebody else was faster");
    server.script("expire_invite_by_token", 200, "1");
    assert!(matches!(block_on(client.withdraw(&raced)), Err(CallError::Refused(Refusal::Other(_)))), "200 may say no");
}

#[test]
fn sign_up_on_the_web_uses_up_the_token_that_is_out() {
    let server = FakeEjabberd::start(Version::V26_07);
    let client = client(&server);
    let (juliet, romeo, password) = (name("juliet"), name("romeo"), password());
    let spent = token(&client);
    assert_eq!(block_on(client.create(&account(&juliet, &password, Some(&spent)))), Ok(()));
    assert!(!server.preauth(&spent));
    assert_eq!(block_on(client.create(&account(&romeo, &password, Some(&spent)))), Err(Refusal::NoToken.into()));
    let used = token(&client);
    assert!(server.register_in_app(&used, "tybalt"));
    assert_eq!(block_on(client.create(&account(&romeo, &password, Some(&used)))), Err(Refusal::NoToken.into()));
    // Nobody has used this one, and nobody can: the ledger says whether the invite is still good.
    let lapsed = token(&client);
    server.state().tokens.last_mut().unwrap().expires = Timestamp::UNIX_EPOCH;
    assert_eq!(block_on(client.create(&account(&romeo, &password, Some(&lapsed)))), Ok(()));
    assert!(server.state().accounts.keys().eq(["juliet", "romeo", "tybalt"]));
}

#[test]
fn a_server_that_cannot_take_tokens_back_is_not_asked_for_any() {
    for (status, unknown) in UNKNOWN {
        for version in [Version::V23_01, Version::V26_01] {
            let server = FakeEjabberd::start(version);
            server.state().unknown = (status, unknown.into());
            let client = client(&server);
            assert_eq!(block_on(client.mint(&mint(&ANYBODY))), Err(Refusal::Unsupported.into()), "{unknown}");
            assert_eq!(server.count("generate_invite"), 0, "it would be out for good");
            assert_eq!(client.abilities().in_app, InApp::NONE);
            assert_eq!(block_on(client.withdraw("sometoken")), Err(Refusal::Unsupported.into()));
            assert_eq!(server.calls_of_invites(), 1, "once is enough");
            let (juliet, romeo) = (name("juliet"), name("romeo"));
            assert_eq!(block_on(client.create(&account(&juliet, &password(), None))), Ok(()));
            let fresh = Secret::new("another".into());
            let reset = NewPassword { username: &juliet, password: &fresh, token: None, not_after: Timestamp::MAX };
            assert_eq!(block_on(client.set_password(&reset)), Ok(()));

            let examination = block_on(client.examine(BASE));
            let advice = examination.findings.last().unwrap();
            assert!(!advice.is_fault && advice.what.contains("26.07"), "{examination:?}");
            assert_eq!(advice.mend.contains("mod_invites:"), version == Version::V23_01, "{examination:?}");

            // A token of a version that was replaced by an older one: no second account comes of it.
            if version == Version::V26_01 {
                server.own_token("older", "account_only", "");
                let with = block_on(client.create(&account(&romeo, &password(), Some("older"))));
                assert!(matches!(with, Err(CallError::Refused(Refusal::Other(_)))), "{with:?}");
                assert!(server.register_in_app("older", "tybalt"));
                list_again(&client);
                let with = block_on(client.create(&account(&romeo, &password(), Some("older"))));
                assert_eq!(with, Err(Refusal::NoToken.into()));
            }
        }
    }
}

#[test]
fn what_a_server_can_is_learnt_before_it_is_needed() {
    let server = FakeEjabberd::start(Version::V26_01);
    let client = client(&server);
    assert!(client.abilities().in_app.account, "nobody has looked");
    assert_eq!(block_on(client.keep()), Err(Refusal::Unsupported.into()));
    assert_eq!(client.abilities().in_app, InApp::NONE);
    let server = FakeEjabberd::start(Version::V26_07);
    let client = self::client(&server);
    assert_eq!(block_on(client.keep()), Ok(()));
    for _ in 0..10 {
        assert_eq!(block_on(client.keep()), Err(Refusal::Unsupported.into()), "nothing more to see to");
    }
    assert_eq!(server.calls_of_invites(), 2, "whether tokens can be taken back, and how many there are");
    assert_eq!(client.abilities().in_app, InApp { account: true, reset: true, ..InApp::NONE });
    assert_eq!(block_on(client.tidy()), Err(Refusal::Unsupported.into()));
    assert_eq!(server.count("cleanup_expired_invite_tokens"), 0, "it takes what was used along");
}

#[test]
fn rights_for_accounts_alone_are_enough_for_the_web() {
    let server = FakeEjabberd::start(Version::V26_07);
    let refused = r#"{"status":"error","message":"AccessRules: Account does not have the right to perform the operation.","code":32}"#;
    for command in ["generate_invite", "list_invites", "expire_invite_by_token"] {
        server.always(command, 403, refused);
    }
    let client = client(&server);
    for _ in 0..10 {
        assert_eq!(block_on(client.mint(&mint(&ANYBODY))), Err(Refusal::Unsupported.into()));
    }
    assert!(!client.abilities().in_app.account && client.abilities().sign_up);
    assert_eq!(block_on(client.create(&account(&name("juliet"), &password(), None))), Ok(()));
    let examination = block_on(client.examine(BASE));
    assert!(what(&examination)[0].contains("may not call list_invites"), "{examination:?}");
    assert!(examination.findings.iter().all(|finding| !finding.is_fault));
    server.always("register", 403, refused);
    let denied = block_on(client.create(&account(&name("romeo"), &password(), None)));
    assert!(matches!(denied, Err(CallError::Away(why)) if chain(&why).to_string().contains("api_permissions")));
}

#[test]
fn odd_answers_are_sorted_and_never_repeated() {
    let server = FakeEjabberd::start(Version::V26_07);
    let client = client(&server);
    let (juliet, password) = (name("juliet"), password());
    let create = || block_on(client.create(&account(&juliet, &password, None)));
    let other = |answer: &Result<(), CallError>| matches!(answer, Err(CallError::Refused(Refusal::Other(_))));
    let secret = "SECRET a password";
    for (status, body, expected) in [
        (409, r#"{"status":"error","code":10090,"message":"SECRET"}"#, Some(Refusal::Taken)),
        (500, r#"{"status":"error","code":10001,"message":"SECRET a password"}"#, Some(Refusal::Name)),
        (500, r#""internal_error SECRET""#, None),
        (400, r#""SECRET a password""#, None),
        (400, r#"{"message":"SECRET","code":1}"#, None),
        (418, "SECRET no JSON", None),
    ] {
        server.script("register", status, body);
        let answer = create();
        match expected {
            Some(refusal) => assert_eq!(answer, Err(refusal.into()), "{body}"),
            None => assert!(other(&answer), "{body}: {answer:?}"),
        }
        assert!(!format!("{answer:?}").contains("SECRET") && !format!("{answer:?}").contains(secret), "{answer:?}");
    }
    for status in [502, 503, 504] {
        server.script("register", status, "");
        assert!(matches!(create(), Err(CallError::Unsure(_))));
    }
    server.script("register", 401, r#"{"status":"error","code":10,"message":"SECRET"}"#);
    assert!(matches!(create(), Err(CallError::Away(why)) if !chain(&why).to_string().contains("SECRET")));
    assert_eq!(create(), Ok(()));

    for (body, is_there) in [("0", Some(true)), ("1", Some(false)), ("2", None), (r#""0""#, None), ("[]", None)] {
        server.script("check_account", 200, body);
        assert_eq!(block_on(client.exists(&juliet)).ok(), is_there, "{body}");
    }
    let reset = NewPassword { username: &juliet, password: &password, token: None, not_after: Timestamp::MAX };
    for (status, body, expected) in [
        (200, "1", Refusal::Password),
        (404, r#""unknown_user""#, Refusal::NoAccount),
        (500, r#""SECRET""#, Refusal::Other("change_password was answered with status 500".into())),
    ] {
        server.script("change_password", status, body);
        assert_eq!(block_on(client.set_password(&reset)), Err(expected.into()), "{body}");
    }
    for body in
        ["{}", r#"{"invite_uri":"","landing_page":""}"#, r#"{"invite_uri":"xmpp:example.com?register"}"#, "[]", "0"]
    {
        server.script("generate_invite", 200, body);
        let minted = block_on(client.mint(&mint(&ANYBODY)));
        assert!(matches!(minted, Err(CallError::Refused(Refusal::Other(_)))), "{body}: {minted:?}");
    }
    for body in ["{}", r#""a text""#, "null", "no JSON"] {
        server.script("list_invites", 200, body);
        let found = block_on(client.look_up("sometoken"));
        assert!(matches!(found, Err(CallError::Refused(Refusal::Other(_)))), "{body}: {found:?}");
    }
    server.script("list_invites", 200, r#"[{}, 1, {"token": 1}, {"token": "sometoken"}]"#);
    assert_eq!(block_on(client.look_up("sometoken")), Ok(TokenState::Unused), "it is not said to be good");
}

#[test]
fn an_invite_for_the_roster_makes_an_account_where_its_user_may() {
    let server = FakeEjabberd::start(Version::V26_07);
    server.own_roster_token("roster", "romeo", false);
    server.own_roster_token("both", "romeo", true);
    server.own_token("friend", "account_subscription", "romeo");
    let client = client(&server);
    let kind = Kind::Contact { contact: "romeo@example.com".parse().unwrap(), username: None };
    for (token, is_for_accounts) in [("roster", false), ("both", true), ("friend", true)] {
        let own = block_on(client.own(token)).unwrap().unwrap();
        assert_eq!((own.found.kind, own.is_for_accounts, own.end), (kind.clone(), is_for_accounts, None), "{token}");
        assert!(matches!(block_on(client.look_up(token)), Ok(TokenState::Live(found)) if found.kind == kind));
    }
    assert_eq!(block_on(client.own("none")), Ok(None));
    let (juliet, nurse, password) = (name("juliet"), name("nurse"), password());
    let refused = block_on(client.create(&account(&juliet, &password, Some("roster"))));
    assert!(matches!(refused, Err(CallError::Refused(Refusal::NotAllowed(_)))), "{refused:?}");
    assert_eq!(block_on(client.create(&account(&juliet, &password, Some("both")))), Ok(()));
    assert_eq!(server.count("expire_invite_by_token"), 1, "only to see that it is there: in SQL these do not expire");
    assert_eq!(block_on(client.create(&account(&nurse, &password, Some("both")))), Err(Refusal::NoToken.into()));
    list_again(&client);
    server.add_contact("roster", "tybalt");
    list_again(&client);
    let own = block_on(client.own("roster")).unwrap().unwrap();
    assert_eq!(own.end, Some(End::Befriended(Some(name("tybalt")))));
    server.state().tokens[1].expires = Timestamp::UNIX_EPOCH;
    list_again(&client);
    assert_eq!(block_on(client.own("friend")).unwrap().unwrap().end, Some(End::Unused));
}

#[test]
fn a_list_that_a_deletion_came_into_is_asked_for_again() {
    let server = FakeEjabberd::start(Version::V26_07);
    let client = client(&server);
    let out = token(&client);
    for _ in 0..5 {
        server.script("list_invites", 404, r#""not_found""#);
        server.script("list_invites", 400, r#""badarg""#);
    }
    list_again(&client);
    assert!(matches!(block_on(client.look_up(&out)), Ok(TokenState::Live(_))));
    server.script("list_invites", 404, r#""not_found""#);
    let before = server.count("list_invites");
    assert_eq!(block_on(client.create(&account(&name("juliet"), &password(), Some(&out)))), Ok(()));
    assert!(server.count("list_invites") > before && client.abilities().in_app.account);
}

#[test]
fn tokens_are_made_one_after_the_other_and_again_where_the_database_gave_up() {
    let server = FakeEjabberd::start(Version::V26_07);
    let client = client(&server);
    for _ in 0..4 {
        server.script("generate_invite", 500, r#""internal_error""#);
    }
    token(&client);
    assert_eq!(server.count("generate_invite"), 5);
    server.always("generate_invite", 500, r#""internal_error""#);
    let minted = block_on(client.mint(&mint(&ANYBODY)));
    assert!(matches!(minted, Err(CallError::Refused(Refusal::Other(_)))), "{minted:?}");
    assert_eq!(server.count("generate_invite"), 10, "there is an end to it");
}

#[test]
fn a_server_that_is_full_is_left_alone_and_heals() {
    let server = FakeEjabberd::start(Version::V26_07);
    let client = client(&server);
    assert_eq!(client.room(), None, "nobody has looked");
    (0..999).for_each(|at| server.own_token(&format!("token{at}"), "account_only", ""));
    let last = token(&client);
    assert_eq!(client.room(), Some(Room { used: 1_000, limit: 1_000 }));
    let (in_app, calls) = (client.abilities().in_app, server.calls_of_invites());
    assert_eq!(in_app, InApp { reset: true, ..InApp::NONE });
    assert_eq!(block_on(client.keep()), Err(Refusal::Unsupported.into()));
    assert_eq!(server.calls_of_invites(), calls, "it was counted just now");
    assert_eq!(block_on(client.mint(&mint(&ANYBODY))), Err(Refusal::NoRoom.into()), "whoever asks all the same");
    // What an app has used is let go; what nobody has used is not.
    block_on(client.forget(&last)).unwrap();
    assert!(server.register_in_app("token0", "juliet"));
    block_on(client.forget("token0")).unwrap();
    assert_eq!(server.count("delete_invite_by_token"), 1);
    server.state().tokens.truncate(400);
    list_again(&client);
    assert_eq!(client.room().unwrap().used, 1_000, "for a minute it is taken as it was");
    block_on(client.forget("token1")).unwrap();
    assert_eq!(server.count("delete_invite_by_token"), 1, "there is room");
}

#[test]
fn many_tokens_are_looked_up_in_few_lists() {
    let server = FakeEjabberd::start(Version::V26_07);
    let client = client(&server);
    for at in 0..500 {
        server.own_token(&format!("token{at}"), "account_only", "");
    }
    let began = clock::instant();
    for at in 0..500 {
        assert!(matches!(block_on(client.look_up(&format!("token{at}"))), Ok(TokenState::Live(_))));
    }
    let seconds = usize::try_from(began.elapsed().as_secs()).unwrap();
    assert!(server.count("list_invites") <= seconds + 1, "{} lists", server.count("list_invites"));

    // A list never says that a token is not there to somebody who asked after it was begun.
    server.own_token("new", "account_only", "");
    assert!(matches!(block_on(client.look_up("new")), Ok(TokenState::Live(_))));
    let before = server.count("list_invites");
    for _ in 0..3 {
        assert_eq!(block_on(client.look_up("none")), Ok(TokenState::Unused));
    }
    assert_eq!(server.count("list_invites"), before + 3);
    // Who asks while one is under way shares the next.
    let slow = Duration::from_millis(500);
    server.state().slow = slow;
    let (before, began) = (server.count("list_invites"), clock::instant());
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| assert_eq!(block_on(client.look_up("none")), Ok(TokenState::Unused)));
        }
    });
    let lists = server.count("list_invites") - before;
    // One after the other, each as slow as that; and one may be under way at each end.
    let most = began.elapsed().as_millis() / slow.as_millis() + 2;
    assert!(u128::try_from(lists).unwrap() <= most, "{lists} lists, at most {most}");
}

#[test]
fn a_list_that_is_too_long_stops_tokens_but_not_sign_up() {
    let server = FakeEjabberd::start(Version::V26_07);
    let client = client(&server);
    let out = token(&client);
    server.always("list_invites", 200, &format!("[{}]", "0,".repeat(3 << 20)));
    let error = block_on(client.look_up("another")).unwrap_err();
    assert!(
        matches!(&error, CallError::Refused(_)) && error.to_string().contains("cleanup_expired_invite_tokens"),
        "{error}"
    );
    assert!(!client.abilities().in_app.account && client.abilities().sign_up);
    assert_eq!(block_on(client.create(&account(&name("juliet"), &password(), None))), Ok(()));
    let with = block_on(client.create(&account(&name("romeo"), &password(), Some(&out))));
    assert!(matches!(with, Err(CallError::Refused(Refusal::Other(_)))), "no second account for one use: {with:?}");

    // A token whose end nobody can read is given to nobody.
    let before = server.state().tokens.len();
    assert!(block_on(client.mint(&mint(&ANYBODY))).is_err());
    assert_eq!(server.state().tokens.len(), before);
    let examination = block_on(client.examine(BASE));
    assert!(what(&examination)[0].contains("cleanup_expired_invite_tokens"), "{examination:?}");
}

#[test]
fn names_reach_the_server_as_they_are() {
    let server = FakeEjabberd::start(Version::V26_07);
    let client = client(&server);
    let names: Vec<_> = hostile::texts().iter().filter_map(|text| text.parse::<Username>().ok()).collect();
    assert!(names.len() > 20);
    for username in names {
        let kind = Kind::Reset { username: username.clone() };
        assert_eq!(block_on(client.mint(&mint(&kind))), Err(Refusal::NoAccount.into()));
        let expected = ("generate_reset_token".to_owned(), json!({"username": username.as_str(), "host": HOST}));
        assert_eq!(server.state().calls.last(), Some(&expected));
    }
    for text in hostile::texts() {
        assert_eq!(block_on(client.withdraw(&text)), Ok(false), "{text:?}");
        assert_eq!(block_on(client.look_up(&text)), Ok(TokenState::Unused), "{text:?}");
    }
}

#[test]
fn an_admin_is_told_what_is_missing() {
    let server = FakeEjabberd::start(Version::V26_07);
    let client = client(&server);
    let examine = || block_on(client.examine(BASE));
    let examination = examine();
    assert_eq!(examination.server.as_deref(), Some("ejabberd 26.07"));
    assert!(
        what(&examination)[0].contains("no app has signed up") && examination.findings.len() == 1,
        "{examination:?}"
    );
    let mend = &examination.findings[0].mend;
    for line in [
        "allow_modules: [mod_invites]",
        "ip_access: all",
        "access_create_account: configure",
        "landing_page: \"https://invite.example.com/invite?{{ invite.token }}\"",
    ] {
        assert!(mend.contains(line), "{mend}");
    }
    server.own_token("used", "account_only", "");
    assert!(server.register_in_app("used", "juliet"));
    assert_eq!(examine().findings, []);
    server.state().landing_page = "";
    assert!(what(&examine())[0].contains("no landing page"), "{:?}", examine());
    server.state().landing_page = "https://invite.example.com/invite?";

    server.script("list_invites", 400, r#""Virtual host not known: example.com""#);
    assert!(what(&examine())[0].contains("mod_invites is not loaded for example.com"));
    for (status, unknown) in UNKNOWN {
        server.script("add_rosteritem", status, unknown);
        let examination = examine();
        assert!(
            examination.findings[0].is_fault && examination.findings[0].mend.contains("mod_admin_extra"),
            "{examination:?}"
        );
        server.script("check_account", status, unknown);
        assert!(what(&examine())[0].contains("mod_admin_extra"));
        server.script("expire_invite_by_token", status, unknown);
        assert!(what(&examine())[0].contains("26.07"));
    }
    server.script("change_password", 500, r#""internal_error""#);
    assert!(what(&examine())[0].contains("change_password was answered with status 500"));
    server.script("check_password", 403, r#"{"status":"error","code":32,"message":"AccessRules"}"#);
    let examination = examine();
    assert!(
        !examination.findings[0].is_fault
            && examination.findings[0].what.contains("user_invites")
            && examination.findings[0].mend.contains("api_permissions"),
        "{examination:?}"
    );
    assert_eq!(server.state().accounts.len(), 1, "nothing was done to see that");
}

/// ejabberd does not say who is an admin. The account that we use is one, and nobody has to be asked for that.
#[test]
fn our_own_account_is_an_admins_and_saying_so_is_no_word_of_the_server() {
    let server = FakeEjabberd::start(Version::V26_07);
    let client = client(&server);
    let own = Kind::Reset { username: ADMIN.split('@').next().unwrap().parse().unwrap() };
    let Kind::Reset { username } = &own else { unreachable!() };
    assert_eq!(block_on(client.is_admin(username)), Err(Refusal::Admin.into()));
    assert_eq!(block_on(client.is_admin(&name("juliet"))), Err(Refusal::Unsupported.into()));
    assert_eq!(block_on(client.mint(&mint(&own))), Err(Refusal::Admin.into()));
    let by_command = Mint { spares_admins: false, ..mint(&own) };
    assert_ne!(block_on(client.mint(&by_command)), Err(Refusal::Admin.into()));

    let (host, url) = (HOST.parse().unwrap(), format!("http://{}/api", server.address).parse().unwrap());
    let login = Login::Password { user: ADMIN.parse().unwrap(), password: Some(Secret::new(PASSWORD.into())) };
    let settings = BackendSettings::Ejabberd { url, login };
    let metrics = Arc::new(Metrics::new(metrics::seconds()));
    let backend = Backend::new(&host, &settings, Box::new(client), &metrics);
    assert_eq!(block_on(backend.is_admin(username)), Ok(true));
    assert_eq!(block_on(backend.is_admin(&name("juliet"))), Ok(false));
    assert_eq!(backend.state(), State::Unknown, "it was not asked");
}
