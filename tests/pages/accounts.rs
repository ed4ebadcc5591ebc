//! Whether those whom an invite names have accounts: the host's server is asked when the invite is created, and whatever it
//! cannot say keeps none from being created.

use crate::common::fake_server;

use std::time::Duration;

use fake_server::{AtWork, FakeServer, Fault};
use futures_lite::future::block_on;
use invited::backend::Refusal;
use invited::desk::{Caller, CreateInviteError, CreatedInvite};
use invited::invite::Via;
use invited::invite::field::Given;
use invited::invite::name::{Jid, Username};
use invited::invite::request::{Idempotency, InviteRequest};
use invited::key::Key;
use invited::ledger::Filter;
use invited::problem::Problem;
use jiff::Timestamp;

/// A desk before a server on which romeo has an account.
struct Place {
    _dir: tempfile::TempDir,
    desk: AtWork,
    server: FakeServer,
    now: Timestamp,
}

impl Place {
    fn with(server: FakeServer) -> Self {
        let dir = tempfile::Builder::new().prefix("invited-test-").tempdir().unwrap();
        let keys = format!(
            "[keys.site]\nsha256 = \"{}\"\nallow = [\"create\", \"contact\", \"reset\"]\nmax_pending = 1\n\
             [keys.plain]\nsha256 = \"{}\"\n",
            "0".repeat(64),
            "1".repeat(64)
        );
        let desk = server.desk(dir.path(), "", &keys);
        server.state.lock().unwrap().accounts.insert("romeo".into(), String::new());
        Self { _dir: dir, desk, server, now: "2026-01-01T00:00:00Z".parse().unwrap() }
    }

    fn new() -> Self {
        Self::with(FakeServer::default())
    }

    fn key(&self, id: &str) -> std::sync::Arc<Key> {
        self.desk.keys.all().into_iter().find(|(key, _)| key.as_str() == id).unwrap().1
    }

    fn create(&self, caller: &Caller<'_>, request: &InviteRequest) -> Result<Vec<CreatedInvite>, CreateInviteError> {
        block_on(self.desk.invites.create(caller, request, self.now)).map(|answer| answer.value)
    }

    fn count(&self) -> usize {
        block_on(self.desk.ledger.list(Filter::default(), 1_000, self.now)).unwrap().invites.len()
    }

    fn calls(&self) -> Vec<&'static str> {
        self.server.state.lock().unwrap().calls.clone()
    }
}

fn given(text: &str) -> Given<String> {
    Given::Is(text.into())
}

fn named(username: &str) -> InviteRequest {
    InviteRequest { username: given(username), ..InviteRequest::default() }
}

fn reset(username: &str) -> InviteRequest {
    InviteRequest { reset: given(username), ..InviteRequest::default() }
}

fn contact(jid: &str) -> InviteRequest {
    InviteRequest { contact: given(jid), ..InviteRequest::default() }
}

/// Status and slug as programs are told, and the fields that are named.
fn told(error: CreateInviteError) -> (u16, &'static str, Vec<String>) {
    let fields = match &error {
        CreateInviteError::Accounts(errors) | CreateInviteError::Fields(errors) => {
            errors.iter().map(|error| error.field.to_string()).collect()
        }
        _ => vec![],
    };
    let problem = Problem::from(error);
    (problem.status(), problem.slug(), fields)
}

#[test]
fn a_name_that_somebody_has_and_one_that_nobody_has_are_told_to_whoever_asks() {
    let place = Place::new();
    let key = place.key("site");
    let jid: Jid = "romeo@example.com".parse().unwrap();
    for caller in [Caller::Admin, Caller::Key(&key), Caller::User { jid: &jid, limit: None }] {
        let refused = |request| told(place.create(&caller, &request).unwrap_err());
        assert_eq!(refused(named("Romeo")), (409, "name-taken", vec![]));
        assert_eq!(refused(reset("nobody")), (422, "not-for-server", vec!["reset".into()]));
        assert_eq!(refused(contact("nobody@example.com")), (422, "not-for-server", vec!["contact".into()]));
        let both = InviteRequest { username: given("romeo"), ..contact("nobody@example.com") };
        assert_eq!(refused(both), (422, "not-for-server", vec!["contact".into(), "username".into()]));
        let taken = InviteRequest { username: given("romeo"), ..contact("romeo@example.com") };
        assert_eq!(refused(taken), (409, "name-taken", vec![]));
    }
    assert_eq!(place.count(), 0);
    let told = |request| place.create(&Caller::Admin, &request).unwrap_err().to_string();
    assert_eq!(told(reset("nobody")), "reset: there is no account nobody on example.com");
    assert_eq!(told(named("romeo")), "romeo has an account; choose another name, or create a password reset for it");
    for request in [named("juliet"), reset("romeo"), contact("romeo@example.com")] {
        place.create(&Caller::Admin, &request).unwrap();
    }
}

#[test]
fn a_server_that_cannot_say_keeps_no_invite_from_being_created() {
    for fault in [Fault::Away, Fault::LostBefore, Fault::Refuse(Refusal::Unsupported)] {
        let place = Place::new();
        for request in [reset("nobody"), contact("nobody@example.com"), named("romeo")] {
            place.server.script("exists", fault.clone());
            place.create(&Caller::Admin, &request).unwrap();
        }
        assert_eq!(place.count(), 3, "{fault:?}");
    }
    let place = Place::with(FakeServer { tells: false, ..FakeServer::default() });
    for request in [reset("nobody"), contact("nobody@example.com"), named("romeo")] {
        place.create(&Caller::Admin, &request).unwrap();
    }
}

#[test]
fn a_server_that_is_slow_is_not_waited_for() {
    let place = Place::new();
    let (_never, held) = async_channel::bounded(1);
    place.server.script("exists", Fault::Late(held));
    let began = invited::clock::instant();
    place.create(&Caller::Admin, &reset("nobody")).unwrap();
    assert!(began.elapsed() >= Duration::from_secs(2), "it was asked");
}

#[test]
fn no_server_is_asked_about_what_names_nobody_or_is_refused_anyway() {
    let place = Place::new();
    let (site, plain) = (place.key("site"), place.key("plain"));
    let (site, plain) = (Caller::Key(&site), Caller::Key(&plain));
    place.create(&site, &InviteRequest { note: given("nobody"), ..InviteRequest::default() }).unwrap();
    let refused = |caller, request| told(place.create(caller, &request).unwrap_err()).0;
    assert_eq!(refused(&plain, reset("romeo")), 403);
    assert_eq!(refused(&plain, InviteRequest { uses: Given::Malformed, ..named("romeo") }), 400);
    assert_eq!(refused(&site, named("romeo")), 429, "it has as many as it may");
    assert_eq!(place.calls(), [""; 0]);
    assert_eq!(refused(&plain, named("romeo")), 409);
    assert_eq!(place.calls(), ["exists"]);
}

#[test]
fn many_alike_are_asked_for_once_and_created_all_or_none() {
    let place = Place::new();
    let many = |jid| InviteRequest { count: Given::Is(30), ..contact(jid) };
    assert!(place.create(&Caller::Admin, &many("nobody@example.com")).is_err());
    assert_eq!((place.count(), place.calls()), (0, vec!["exists"]));
    assert_eq!(place.create(&Caller::Admin, &many("romeo@example.com")).unwrap().len(), 30);
    assert_eq!(place.calls().len(), 2);
}

#[test]
fn who_invites_from_an_account_has_it() {
    let place = Place::new();
    let jid: Jid = "nobody@example.com".parse().unwrap();
    place.create(&Caller::User { jid: &jid, limit: None }, &contact("nobody@example.com")).unwrap();
    assert_eq!(place.calls(), [""; 0]);
}

/// The name that the invite was for has an account by now.
#[test]
fn a_request_that_comes_again_is_answered_as_before() {
    let place = Place::new();
    let key = place.key("plain");
    let again = Idempotency { path: "/api/v1/invites", key: "once".into(), body: b"{}".to_vec() };
    let request = InviteRequest { idempotency: Some(again), ..named("juliet") };
    let first = place.create(&Caller::Key(&key), &request).unwrap();
    let juliet: Username = "juliet".parse().unwrap();
    block_on(place.desk.ledger.redeem(first[0].invite.id, Some(juliet), Via::Api, None, place.now)).unwrap();
    place.server.state.lock().unwrap().accounts.insert("juliet".into(), String::new());
    let second = place.create(&Caller::Key(&key), &request).unwrap();
    assert_eq!(first[0].token, second[0].token);
    assert_eq!(place.server.count("exists"), 1);
}
