//! Never more accounts than uses, and no use lost: sign-up with an invite, whatever the server answers, whenever we crash.

use crate::common::fake_server;

use std::path::Path;
use std::sync::Arc;

use fake_server::{AtWork, FakeServer, Fault};
use futures_lite::future::{self, block_on, poll_once};
use invited::backend::{Abilities, CallError, InApp, Refusal};
use invited::config::secret::Secret;
use invited::desk::{
    AppLink, Asker, Caller, CreateInviteError, CreatedInvite, FindError, Guest, RedeemInviteError, SignUpError,
    WebOnly, WebSignUp,
};
use invited::invite::field::Given;
use invited::invite::name::{Account, Username};
use invited::invite::request::{ChangeRequest, Idempotency, InviteRequest, Minting, RedeemRequest};
use invited::invite::{Change, Invite, Kind, Source, Status, Via};
use invited::ledger::RedeemError;
use jiff::{SignedDuration, Timestamp};

const PASSWORD: &str = "a password that is long";

/// A desk over a ledger of its own, with a server that does what it is told.
struct Place {
    dir: tempfile::TempDir,
    desk: AtWork,
    server: FakeServer,
    now: Timestamp,
}

fn desk(dir: &Path, server: &FakeServer) -> AtWork {
    let keys = format!(
        "[keys.site]\nsha256 = \"{}\"\nallow = [\"create\", \"reset\", \"read\", \"redeem\"]\n\
         [keys.slow]\nsha256 = \"{}\"\nlimit = \"2/d\"\n",
        "0".repeat(64),
        "1".repeat(64)
    );
    server.desk(dir, "", &keys)
}

impl Place {
    fn new() -> Self {
        Self::with(FakeServer::default())
    }

    fn with(server: FakeServer) -> Self {
        let dir = tempfile::Builder::new().prefix("invited-test-").tempdir().unwrap();
        let desk = desk(dir.path(), &server);
        Self { desk, dir, server, now: "2026-01-01T00:00:00Z".parse().unwrap() }
    }

    /// What a crash leaves: the ledger as it is on the disk, and nothing that was remembered.
    fn restart(&mut self) {
        self.desk.ledger.close();
        self.desk = desk(self.dir.path(), &self.server);
    }

    fn later(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    fn create(&self, request: &InviteRequest) -> CreatedInvite {
        self.try_create(request).unwrap().pop().unwrap()
    }

    fn try_create(&self, request: &InviteRequest) -> Result<Vec<CreatedInvite>, CreateInviteError> {
        block_on(self.desk.invites.create(&Caller::Admin, request, self.now)).map(|answer| answer.value)
    }

    fn sign_up(&self, invite: &CreatedInvite, name: &str) -> Result<Invite, SignUpError> {
        block_on(self.desk.sign_up.register(guest(invite, &name.parse().unwrap(), &password()), self.now))
    }

    fn reset(&self, invite: &CreatedInvite, name: &str) -> Result<Invite, SignUpError> {
        block_on(self.desk.sign_up.reset_password(guest(invite, &name.parse().unwrap(), &password()), self.now))
    }

    fn read(&self, invite: &CreatedInvite) -> Invite {
        block_on(self.desk.ledger.find(invite.invite.id)).unwrap().unwrap()
    }

    fn open(&self, invite: &CreatedInvite) -> invited::desk::Offer {
        block_on(self.desk.sign_up.offer(self.read(invite), AppLink::Wanted, self.now)).unwrap()
    }

    fn tend(&self) {
        block_on(self.desk.reconcile.run(self.now)).unwrap();
    }

    /// Who has redeemed the invite, and by which way.
    fn redemptions(&self, invite: &CreatedInvite) -> Vec<(String, Via)> {
        let redemption = |one: invited::invite::Redemption| (one.account.unwrap().to_string(), one.via);
        self.read(invite).redemptions.into_iter().map(redemption).collect()
    }
}

fn password() -> Secret {
    Secret::new(PASSWORD.into())
}

fn guest<'a>(invite: &'a CreatedInvite, username: &'a Username, password: &'a Secret) -> Guest<'a> {
    Guest { token: &invite.token, username, password, client: [127, 0, 0, 1].into() }
}

fn with_uses(uses: u32) -> InviteRequest {
    InviteRequest { uses: Given::Is(uses), ..InviteRequest::default() }
}

#[test]
fn a_guest_signs_up_once() {
    let place = Place::new();
    let invite = place.create(&InviteRequest::default());
    assert_eq!(place.open(&invite).web, WebSignUp::Open);
    assert_eq!(place.sign_up(&invite, "juliet").unwrap().status(place.now), Status::Redeemed);
    assert_eq!(place.server.state.lock().unwrap().accounts["juliet"], PASSWORD);
    assert_eq!(place.redemptions(&invite), [("juliet".into(), Via::Web)]);
    assert_eq!(place.sign_up(&invite, "romeo"), Err(SignUpError::Ended(Status::Redeemed)));
    assert_eq!(place.server.accounts(), ["juliet"]);
}

#[test]
fn a_form_that_is_sent_twice_makes_one_account() {
    let mut place = Place::new();
    let invite = place.create(&with_uses(2));
    let (release, held) = async_channel::bounded(1);
    place.server.script("create", Fault::Held(held));
    let (name, secret) = ("juliet".parse().unwrap(), password());
    let both = block_on(async {
        let first = place.desk.sign_up.register(guest(&invite, &name, &secret), place.now);
        let second = async {
            release.close();
            place.desk.sign_up.register(guest(&invite, &name, &secret), place.now).await
        };
        future::zip(first, second).await
    });
    assert_eq!(both.0.unwrap().id, both.1.unwrap().id);
    assert_eq!((place.server.count("create"), place.redemptions(&invite).len()), (1, 1));
    place.later(601);
    assert_eq!(place.sign_up(&invite, "juliet"), Err(SignUpError::Taken), "later it is somebody else");
}

#[test]
fn what_the_invite_does_not_allow_never_reaches_the_server() {
    let place = Place::new();
    let open = place.create(&InviteRequest::default());
    let bound = place.create(&InviteRequest { username: Given::Is("juliet".into()), ..InviteRequest::default() });
    place.server.state.lock().unwrap().accounts.insert("nurse".into(), "the old one".into());
    let reset = place.create(&InviteRequest { reset: Given::Is("nurse".into()), ..InviteRequest::default() });
    assert_eq!(place.sign_up(&open, "admin"), Err(SignUpError::Reserved));
    assert_eq!(place.sign_up(&open, "juliet"), Err(SignUpError::Taken), "it is kept for the bound invite");
    assert_eq!(place.sign_up(&bound, "romeo"), Err(SignUpError::OtherName));
    assert_eq!(place.sign_up(&reset, "juliet"), Err(SignUpError::WrongKind));
    assert_eq!(place.reset(&bound, "juliet"), Err(SignUpError::WrongKind));
    assert_eq!(place.reset(&reset, "romeo"), Err(SignUpError::OtherName));
    let short = Secret::new("eleven char".into());
    let name = "romeo".parse().unwrap();
    let answer = block_on(place.desk.sign_up.register(guest(&open, &name, &short), place.now));
    assert_eq!(answer, Err(SignUpError::PasswordTooShort(12)));
    assert_eq!(place.server.count("create") + place.server.count("set_password"), 0);
    assert_eq!(place.sign_up(&bound, "juliet").map(|invite| invite.used), Ok(1));
}

#[test]
fn what_the_server_refuses_spends_nothing() {
    let place = Place::new();
    let invite = place.create(&InviteRequest::default());
    place.server.state.lock().unwrap().accounts.insert("romeo".into(), String::new());
    assert_eq!(place.sign_up(&invite, "romeo"), Err(SignUpError::Taken));
    for (refusal, told) in [
        (Refusal::Taken, SignUpError::Taken),
        (Refusal::Name, SignUpError::Name),
        (Refusal::Password, SignUpError::Password),
        (Refusal::Unsupported, SignUpError::Closed),
        (Refusal::Other("what only we may know".into()), SignUpError::Away),
    ] {
        place.server.script("create", Fault::Refuse(refusal));
        assert_eq!(place.sign_up(&invite, "juliet"), Err(told));
        assert_eq!(place.read(&invite).used, 0);
    }
    assert!(place.sign_up(&invite, "juliet").is_ok());
    assert_eq!(place.server.accounts(), ["juliet", "romeo"]);
}

#[test]
fn a_server_that_is_away_spends_nothing_and_nobody_waits_for_it() {
    let place = Place::new();
    let invite = place.create(&InviteRequest::default());
    place.server.script("create", Fault::Away);
    assert_eq!(place.sign_up(&invite, "juliet"), Err(SignUpError::Away));
    assert_eq!(place.read(&invite).used, 0);
    assert_eq!(place.open(&invite).web, WebSignUp::Open, "it answered since");
    for operation in ["exists", "exists", "exists"] {
        place.server.script(operation, Fault::Away);
        assert_eq!(place.sign_up(&invite, "juliet"), Err(SignUpError::Away));
    }
    let asked = place.server.count("exists");
    assert_eq!(place.sign_up(&invite, "juliet"), Err(SignUpError::Away));
    assert_eq!(place.open(&invite).web, WebSignUp::Away);
    assert_eq!(place.server.count("exists"), asked, "the breaker is open");
    place.create(&with_uses(3));
}

/// Every fault at every call of a sign-up, with and without a token out, with a crash after it and without: there is
/// never an account without a use spent, nor, in the end, a use spent without an account.
#[test]
fn no_fault_and_no_crash_grants_or_loses_a_use() {
    let faults = [Fault::Away, Fault::LostBefore, Fault::LostAfter, Fault::Refuse(Refusal::Taken)];
    for is_atomic in [true, false] {
        for opened in [false, true] {
            for operation in ["exists", "create", "look_up"] {
                for fault in &faults {
                    for crash in [false, true] {
                        let case = format!("{operation} {fault:?} opened {opened} crash {crash} atomic {is_atomic}");
                        let mut place = Place::with(FakeServer { is_atomic, ..FakeServer::default() });
                        let invite = place.create(&InviteRequest::default());
                        if opened {
                            place.open(&invite);
                        }
                        place.server.script(operation, fault.clone());
                        let first = place.sign_up(&invite, "juliet").is_ok();
                        if crash {
                            place.restart();
                        }
                        let made = place.server.accounts().len();
                        assert!(!first || made == 1, "{case}");
                        assert!(made == 0 || place.read(&invite).used == 1, "{case}: an account without a use");
                        assert!(place.sign_up(&invite, "romeo").is_err() || made == 0, "{case}: a second account");
                        place.later(11);
                        place.tend();
                        let accounts = place.server.accounts().len();
                        assert_eq!(place.read(&invite).used as usize, accounts, "{case}: a use was lost");
                        assert_eq!(place.redemptions(&invite).len(), accounts, "{case}");
                        if accounts == 0 {
                            place.sign_up(&invite, "juliet").unwrap_or_else(|error| panic!("{case}: {error}"));
                        }
                        assert_eq!(place.server.accounts().len(), 1, "{case}");
                    }
                }
            }
        }
    }
}

/// The process ends at the moment the call is under way, before or after the server has done it.
#[test]
fn a_crash_in_the_middle_is_settled_by_asking_the_server() {
    for done in [false, true] {
        let mut place = Place::new();
        let invite = place.create(&InviteRequest::default());
        let (_release, held) = async_channel::bounded(1);
        place.server.script("create", if done { Fault::Held(held) } else { Fault::Late(held) });
        let (name, secret) = ("juliet".parse().unwrap(), password());
        let state = Arc::clone(&place.desk.state);
        block_on(async {
            let mut under_way = Box::pin(state.desk.sign_up.register(guest(&invite, &name, &secret), place.now));
            while place.server.count("create") == 0 {
                assert!(poll_once(&mut under_way).await.is_none());
                future::yield_now().await;
            }
        });
        place.restart();
        assert_eq!(place.read(&invite).used, 1, "reserved");
        place.tend();
        assert_eq!(place.read(&invite).used, 1, "the call may still come true");
        assert_eq!(place.sign_up(&invite, "juliet").is_ok(), done, "whoever asks again is told at once");
        place.later(11);
        place.tend();
        assert_eq!(place.read(&invite).used, u32::from(done));
        assert_eq!(place.redemptions(&invite).len(), usize::from(done));
    }
}

#[test]
fn many_guests_race_for_few_uses() {
    let place = Place::new();
    let invite = place.create(&with_uses(3));
    let secret = password();
    let names: Vec<Username> = (0..16).map(|n| format!("guest{n}").parse().unwrap()).collect();
    let answers = block_on(async {
        let mut answers = Vec::new();
        let mut tasks: Vec<_> = names
            .iter()
            .map(|name| Box::pin(place.desk.sign_up.register(guest(&invite, name, &secret), place.now)))
            .collect();
        while !tasks.is_empty() {
            let mut left = Vec::new();
            for mut task in tasks {
                match poll_once(&mut task).await {
                    Some(answer) => answers.push(answer),
                    None => left.push(task),
                }
            }
            tasks = left;
            future::yield_now().await;
        }
        answers
    });
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3);
    assert_eq!(place.server.accounts().len(), 3);
    assert_eq!(place.read(&invite).uses_left(), 0);
}

#[test]
fn one_token_is_minted_when_the_page_is_first_opened() {
    let place = Place::new();
    let invite = place.create(&InviteRequest::default());
    assert_eq!((invite.uri.clone(), place.server.count("mint")), (None, 0), "not at creation");
    let read = place.read(&invite);
    let (a, b) = block_on(future::zip(
        place.desk.sign_up.offer(read.clone(), AppLink::Wanted, place.now),
        place.desk.sign_up.offer(read, AppLink::Wanted, place.now),
    ));
    let uri = a.unwrap().uri.unwrap();
    assert_eq!(b.unwrap().uri.as_ref(), Some(&uri));
    assert_eq!(place.open(&invite).uri.as_ref(), Some(&uri));
    assert_eq!(place.server.live_tokens().len(), 1);
    assert_eq!(uri, format!("xmpp:example.com?register;preauth={}", place.server.live_tokens()[0]));
}

#[test]
fn a_token_that_an_app_used_is_a_use() {
    let place = Place::new();
    let invite = place.create(&InviteRequest::default());
    place.open(&invite);
    assert!(place.server.sign_up_in_app(&place.server.live_tokens()[0], "juliet"));
    assert_eq!(place.sign_up(&invite, "romeo"), Err(SignUpError::Ended(Status::Redeemed)));
    block_on(place.desk.app_tokens.watch(place.now)).unwrap();
    let told: Vec<_> = place.read(&invite).redemptions.into_iter().map(|one| (one.account, one.via)).collect();
    assert_eq!(told, [(Some("juliet".parse().unwrap()), Via::App)]);
    assert_eq!(place.server.accounts(), ["juliet"]);
}

#[test]
fn a_token_that_is_gone_without_a_word_is_no_use() {
    for (is_watched, is_opened) in [(true, true), (false, true), (false, false)] {
        let place = Place::new();
        let invite = place.create(&InviteRequest::default());
        place.open(&invite);
        // By an admin, or by what clears up there.
        place.server.lose_tokens();
        if is_watched {
            block_on(place.desk.app_tokens.watch(place.now)).unwrap();
        }
        if is_opened {
            assert!(place.open(&invite).uri.is_some(), "there is another");
        }
        assert_eq!(place.read(&invite).redemptions, []);
        place.sign_up(&invite, "romeo").unwrap();
        assert_eq!((place.server.accounts(), place.server.live_tokens()), (vec!["romeo".into()], vec![]));
        assert_eq!(place.read(&invite).redemptions[0].via, Via::Web);
    }
}

#[test]
fn what_a_server_cannot_tell_is_not_taken_for_a_use() {
    let mut place = Place::new();
    let invite = place.create(&InviteRequest::default());
    place.open(&invite);
    // It refuses the token, and then gives an answer that nobody understands.
    place.server.script("create", Fault::Refuse(Refusal::NoToken));
    place.server.script("look_up", Fault::Refuse(Refusal::Other("odd".into())));
    assert_eq!(place.sign_up(&invite, "romeo"), Err(SignUpError::Away));
    place.later(11);
    place.tend();
    assert_eq!((place.read(&invite).redemptions.len(), place.server.accounts().len()), (0, 0));
    place.sign_up(&invite, "romeo").unwrap();
    assert_eq!(place.server.accounts(), ["romeo"]);
}

#[test]
fn a_sign_up_on_the_web_uses_up_the_token_that_holds_the_last_use() {
    for is_atomic in [true, false] {
        let place = Place::with(FakeServer { is_atomic, ..FakeServer::default() });
        let invite = place.create(&with_uses(2));
        place.open(&invite);
        let token = place.server.live_tokens()[0].clone();
        place.sign_up(&invite, "juliet").unwrap();
        assert_eq!(place.server.live_tokens(), std::slice::from_ref(&token), "one use is left for it");
        place.sign_up(&invite, "romeo").unwrap();
        assert_eq!(place.server.live_tokens(), [""; 0]);
        assert!(!place.server.sign_up_in_app(&token, "tybalt"));
        assert_eq!(place.server.accounts(), ["juliet", "romeo"]);
    }
}

#[test]
fn an_invite_that_ends_takes_its_token_along() {
    let mut place = Place::new();
    let [revoked, away, shortened] = [(); 3].map(|()| place.create(&InviteRequest::default()));
    for invite in [&revoked, &away, &shortened] {
        place.open(invite);
    }
    block_on(place.desk.invites.revoke(vec![revoked.invite.id], place.now)).unwrap();
    assert_eq!(place.server.live_tokens().len(), 2);
    place.server.script("withdraw", Fault::Away);
    block_on(place.desk.invites.revoke(vec![away.invite.id], place.now)).unwrap();
    assert_eq!(place.server.live_tokens().len(), 2, "the server was away");
    place.restart();
    place.tend();
    assert_eq!(place.server.live_tokens().len(), 1, "it is taken back when the server is there again");
    let change = Change { expires_at: Some(place.now + SignedDuration::from_hours(1)), ..Change::default() };
    block_on(place.desk.ledger.amend(shortened.invite.id, change, None, place.now)).unwrap();
    place.later(3_600);
    place.tend();
    assert_eq!(place.server.live_tokens(), [""; 0]);
    assert_eq!(place.read(&revoked).draft.app_token, None);
}

#[test]
fn a_callers_own_sign_up_takes_the_token_back_first() {
    let place = Place::new();
    let key = place.desk.keys.all().into_iter().find(|(id, _)| id.as_str() == "site").unwrap().1;
    let redeem = |invite: &CreatedInvite| {
        let account = Given::Is(Account::try_from("juliet".to_owned()).unwrap());
        let request = RedeemRequest { token: Given::Is(invite.token.clone()), account, ..RedeemRequest::default() };
        block_on(place.desk.invites.redeem(&key, &request, place.now))
    };
    let invite = place.create(&InviteRequest::default());
    place.open(&invite);
    place.server.script("withdraw", Fault::Away);
    assert_eq!(redeem(&invite), Err(RedeemInviteError::Away));
    assert!(redeem(&invite).is_ok_and(|answer| !answer.is_repeated));
    assert_eq!(place.server.live_tokens(), [""; 0]);

    let invite = place.create(&InviteRequest::default());
    place.open(&invite);
    assert!(place.server.sign_up_in_app(&place.server.live_tokens()[0], "romeo"));
    assert_eq!(redeem(&invite), Err(RedeemInviteError::Ledger(RedeemError::Ended(Status::Redeemed))));
    assert_eq!(place.redemptions(&invite), [("romeo".into(), Via::App)]);
}

#[test]
fn tokens_can_be_had_with_the_invite() {
    let place = Place::new();
    let wanted = |minting| InviteRequest { minting: Given::Is(minting), ..InviteRequest::default() };
    let invite = place.create(&wanted(Minting::IfPossible));
    assert!(invite.uri.unwrap().ends_with(&place.server.live_tokens()[0]));
    place.server.script("mint", Fault::Away);
    assert_eq!(place.create(&wanted(Minting::IfPossible)).uri, None, "an invite is made all the same");
    place.server.script("mint", Fault::Away);
    let two = InviteRequest { count: Given::Is(2), ..wanted(Minting::Required) };
    assert!(matches!(place.try_create(&two), Err(CreateInviteError::NoAppToken(_))));
    // What the ledger refuses leaves no token behind.
    let bound = || InviteRequest {
        username: Given::Is("juliet".into()),
        minting: Given::Is(Minting::IfPossible),
        ..InviteRequest::default()
    };
    place.create(&bound());
    let before = place.server.live_tokens();
    assert!(place.try_create(&bound()).is_err());
    assert_eq!(place.server.live_tokens(), before);
}

#[test]
fn an_invite_that_a_server_cannot_hold_to_its_name_is_for_the_web() {
    let mut server = FakeServer::default();
    server.abilities.in_app.bound = false;
    let place = Place::with(server);
    let invite = place.create(&InviteRequest { username: Given::Is("juliet".into()), ..InviteRequest::default() });
    assert_eq!(invite.web_only, Some(WebOnly::Disobeyed));
    let offer = place.open(&invite);
    assert_eq!((offer.uri, offer.web, place.server.count("mint")), (None, WebSignUp::Open, 0));
    assert!(place.sign_up(&invite, "juliet").is_ok());
}

#[test]
fn what_the_server_can_never_give_is_refused_when_the_invite_is_asked_for() {
    let mut server = FakeServer::default();
    server.abilities =
        Abilities { contacts: false, groups: false, reset: false, in_app: InApp::NONE, ..server.abilities };
    let place = Place::with(server);
    let request = InviteRequest {
        contact: Given::Is("romeo@example.com".into()),
        groups: Given::Is(vec!["friends".into()]),
        roles: Given::Is(vec!["admin".into()]),
        ..InviteRequest::default()
    };
    let fields = |request| match place.try_create(&request) {
        Err(CreateInviteError::Fields(wrong)) => {
            wrong.into_iter().map(|wrong| wrong.field.into_owned()).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(fields(request), ["contact", "groups", "roles"]);
    assert_eq!(fields(InviteRequest { reset: Given::Is("juliet".into()), ..InviteRequest::default() }), ["reset"]);
    place.create(&InviteRequest::default());
}

/// Two reservations of one invite, one of which holds the token that is out: neither is taken for the other.
#[test]
fn the_token_belongs_to_one_reservation() {
    for first_is_made in [false, true] {
        for second_is_made in [false, true] {
            let mut place = Place::new();
            let invite = place.create(&with_uses(2));
            place.open(&invite);
            for (name, is_made) in [("juliet", first_is_made), ("romeo", second_is_made)] {
                place.server.script("create", if is_made { Fault::LostAfter } else { Fault::LostBefore });
                assert_eq!(place.sign_up(&invite, name), Err(SignUpError::Away));
            }
            assert_eq!(place.read(&invite).uses_left(), 0);
            place.restart();
            place.later(11);
            place.tend();
            let case = format!("first {first_is_made}, second {second_is_made}");
            let made = u32::from(first_is_made) + u32::from(second_is_made);
            assert_eq!((place.read(&invite).used, place.server.accounts().len()), (made, made as usize), "{case}");
            assert_eq!(place.redemptions(&invite).len(), made as usize, "{case}");
            assert_eq!(place.server.live_tokens().len(), usize::from(!second_is_made), "{case}: romeo's was the token");
            // All that is left can be had, and not more.
            let names = ["benvolio", "mercutio", "tybalt"];
            let more = names.into_iter().filter(|name| place.sign_up(&invite, name).is_ok()).count();
            assert_eq!(more, 2 - made as usize, "{case}");
            assert_eq!(place.server.live_tokens(), [""; 0], "{case}");
        }
    }
}

/// An app is faster than the guest whose use its token holds.
#[test]
fn an_app_that_uses_a_token_while_it_is_reserved_has_the_use() {
    let mut place = Place::new();
    let invite = place.create(&InviteRequest::default());
    place.open(&invite);
    let token = place.server.live_tokens()[0].clone();
    place.server.script("create", Fault::LostBefore);
    assert_eq!(place.sign_up(&invite, "juliet"), Err(SignUpError::Away));
    assert!(place.server.sign_up_in_app(&token, "romeo"));
    block_on(place.desk.app_tokens.watch(place.now)).unwrap();
    assert_eq!(place.read(&invite).used, 1);
    place.later(11);
    place.tend();
    assert_eq!(place.redemptions(&invite), [("romeo".into(), Via::App)]);
    assert_eq!(place.sign_up(&invite, "juliet"), Err(SignUpError::Ended(Status::Redeemed)));
    assert_eq!(place.server.accounts(), ["romeo"]);
}

#[test]
fn a_token_that_was_used_before_its_time_was_over_is_a_use() {
    let mut place = Place::new();
    for (is_used, way) in [(true, "web"), (true, "page"), (false, "web"), (false, "page")] {
        place.server.state.lock().unwrap().expires_at = Some(place.now + SignedDuration::from_hours(1));
        let invite = place.create(&InviteRequest::default());
        place.open(&invite);
        let token = place.server.live_tokens().pop().unwrap();
        place.later(3_599);
        assert!(!is_used || place.server.sign_up_in_app(&token, &format!("in-app-{way}")));
        place.later(2);
        place.server.state.lock().unwrap().expires_at = None;
        let case = format!("used {is_used}, then {way}");
        if way == "page" {
            let uri = place.open(&invite).uri;
            assert!(uri.is_some() != is_used && uri.is_none_or(|uri| !uri.ends_with(&token)), "{case}");
        }
        assert_eq!(place.sign_up(&invite, &format!("on-web-{way}")).is_ok(), !is_used, "{case}");
        assert_eq!(place.read(&invite).used, 1, "{case}");
        assert!(!place.server.live_tokens().contains(&token), "{case}: nobody can use it later");
    }
    assert_eq!(place.server.accounts(), ["in-app-page", "in-app-web", "on-web-page", "on-web-web"]);
}

#[test]
fn a_token_that_is_being_taken_back_was_not_used() {
    for (fault, is_gone) in [(Fault::LostAfter, true), (Fault::LostBefore, false), (Fault::Away, false)] {
        let mut place = Place::new();
        let invite = place.create(&with_uses(2));
        place.open(&invite);
        place.server.script("withdraw", fault.clone());
        let one_less = ChangeRequest {
            uses: Given::Is(1),
            expires_at: Given::Is(place.now + SignedDuration::from_mins(1)),
            ..ChangeRequest::default()
        };
        let key = place.desk.keys.all().into_iter().find(|(id, _)| id.as_str() == "site").unwrap().1;
        block_on(place.desk.invites.amend(&Caller::Key(&key), invite.invite.id, &one_less, place.now)).unwrap();
        assert_eq!(place.server.live_tokens().len(), usize::from(!is_gone), "{fault:?}");
        // Whoever looks now, in this process or in another, takes it neither for used nor for usable.
        place.restart();
        block_on(place.desk.app_tokens.watch(place.now)).unwrap();
        assert_eq!(place.read(&invite).used, 0, "{fault:?}");
        place.tend();
        let invite_now = place.read(&invite);
        assert_eq!((invite_now.used, invite_now.draft.app_token), (0, None), "{fault:?}");
        assert!(place.sign_up(&invite, "juliet").is_ok(), "{fault:?}");
    }
}

#[test]
fn tokens_that_cannot_be_taken_back_keep_none_waiting() {
    let mut place = Place::new();
    let opened = |count| {
        let invites: Vec<_> = (0..count).map(|_| place.create(&InviteRequest::default())).collect();
        for invite in &invites {
            place.open(invite);
        }
        invites
    };
    let (stuck, other) = (opened(201), opened(1));
    for _ in &stuck {
        place.server.script("withdraw", Fault::Refuse(Refusal::Other("not now".into())));
    }
    let ids = stuck.iter().map(|invite| invite.invite.id).collect();
    block_on(place.desk.invites.revoke(ids, place.now)).unwrap();
    place.server.script("withdraw", Fault::Refuse(Refusal::Other("not now".into())));
    block_on(place.desk.invites.revoke(vec![other[0].invite.id], place.now)).unwrap();
    place.restart();
    for _ in 0..200 {
        place.server.script("withdraw", Fault::Refuse(Refusal::Other("not now".into())));
    }
    place.tend();
    place.tend();
    assert_eq!(place.read(&other[0]).draft.app_token, None);
}

/// As a server that is reached as one of its clients: it tells nothing of accounts and tokens.
#[test]
fn a_server_that_tells_nothing_grants_no_second_account() {
    let server = || FakeServer { tells: false, ..FakeServer::default() };
    // The guest asks again, and the token is used up by the first try.
    let place = Place::with(server());
    let invite = place.create(&InviteRequest::default());
    place.open(&invite);
    place.server.script("create", Fault::LostAfter);
    assert_eq!(place.sign_up(&invite, "juliet"), Err(SignUpError::Away));
    assert!(place.sign_up(&invite, "juliet").is_ok());
    assert_eq!(place.sign_up(&invite, "romeo"), Err(SignUpError::Ended(Status::Redeemed)));
    assert_eq!(place.server.accounts(), ["juliet"]);

    // A token lapses, and nobody will ever know whether an app used it.
    let mut place = Place::with(server());
    place.server.state.lock().unwrap().expires_at = Some(place.now + SignedDuration::from_hours(1));
    let invite = place.create(&InviteRequest::default());
    place.open(&invite);
    assert!(place.server.sign_up_in_app(&place.server.live_tokens()[0], "juliet"));
    place.later(3_601);
    assert_eq!(place.sign_up(&invite, "romeo"), Err(SignUpError::Ended(Status::Redeemed)));
    assert_eq!((place.read(&invite).used, place.server.accounts().len()), (1, 1));

    // One that was revoked is let go when it has lapsed.
    let invite = place.create(&InviteRequest::default());
    place.server.state.lock().unwrap().expires_at = Some(place.now + SignedDuration::from_hours(1));
    place.open(&invite);
    block_on(place.desk.invites.revoke(vec![invite.invite.id], place.now)).unwrap();
    place.tend();
    assert!(place.read(&invite).draft.app_token.is_some());
    place.later(3_601);
    place.tend();
    assert_eq!((place.read(&invite).draft.app_token, place.read(&invite).used), (None, 0));

    // A caller's own sign-up cannot have the use that a token holds.
    let key = place.desk.keys.all().into_iter().find(|(id, _)| id.as_str() == "site").unwrap().1;
    place.server.state.lock().unwrap().expires_at = None;
    let invite = place.create(&InviteRequest::default());
    place.open(&invite);
    let request = RedeemRequest { token: Given::Is(invite.token.clone()), ..RedeemRequest::default() };
    let redeemed = block_on(place.desk.invites.redeem(&key, &request, place.now));
    assert_eq!(redeemed, Err(RedeemInviteError::Ledger(RedeemError::AppTokenOutstanding)));
    assert!(place.open(&invite).uri.is_some(), "it stays out");
}

#[test]
fn another_guest_who_chooses_the_same_name_is_told() {
    let place = Place::new();
    let invite = place.create(&with_uses(5));
    let name: Username = "juliet".parse().unwrap();
    let other = Secret::new("another one that is long".into());
    let as_other = || block_on(place.desk.sign_up.register(guest(&invite, &name, &other), place.now));
    assert!(place.sign_up(&invite, "juliet").is_ok());
    assert!(place.sign_up(&invite, "juliet").is_ok(), "the form that was sent twice");
    assert_eq!(as_other(), Err(SignUpError::Taken));
    assert_eq!(place.server.state.lock().unwrap().accounts["juliet"], PASSWORD);
    // Also while nobody knows how the first one's sign-up ended.
    let invite = place.create(&with_uses(5));
    let name: Username = "romeo".parse().unwrap();
    place.server.script("create", Fault::LostAfter);
    assert_eq!(place.sign_up(&invite, "romeo"), Err(SignUpError::Away));
    let answer = block_on(place.desk.sign_up.register(guest(&invite, &name, &other), place.now));
    assert_eq!(answer, Err(SignUpError::Taken));
    assert!(place.sign_up(&invite, "romeo").is_ok());
}

#[test]
fn a_reset_that_nobody_answered_is_settled_by_its_token() {
    for (fault, was_set) in [(Fault::LostBefore, false), (Fault::LostAfter, true)] {
        for again in [false, true] {
            let mut place = Place::new();
            place.server.state.lock().unwrap().accounts.insert("juliet".into(), "the old one".into());
            let invite = place.create(&InviteRequest { reset: Given::Is("juliet".into()), ..InviteRequest::default() });
            place.open(&invite);
            place.server.script("set_password", fault.clone());
            assert_eq!(place.reset(&invite, "juliet"), Err(SignUpError::Away));
            let case = format!("{fault:?}, again {again}");
            if again {
                assert!(place.reset(&invite, "juliet").is_ok(), "{case}");
                assert_eq!(place.server.state.lock().unwrap().accounts["juliet"], PASSWORD);
            } else {
                place.restart();
                place.later(11);
                place.tend();
            }
            assert_eq!(place.read(&invite).used, u32::from(was_set || again), "{case}");
            assert!(place.redemptions(&invite).iter().all(|(_, via)| *via == Via::Web), "{case}");
        }
    }
}

#[test]
fn what_is_reserved_after_a_wait_is_not_settled_too_early() {
    let place = Place::new();
    let invite = place.create(&with_uses(2));
    let (release, held) = async_channel::bounded(1);
    place.server.script("create", Fault::Held(held));
    place.server.script("create", Fault::LostBefore);
    let names: [Username; 2] = ["juliet".parse().unwrap(), "romeo".parse().unwrap()];
    let secret = password();
    let waited = std::time::Duration::from_millis(50);
    block_on(async {
        let first = place.desk.sign_up.register(guest(&invite, &names[0], &secret), place.now);
        let second = place.desk.sign_up.register(guest(&invite, &names[1], &secret), place.now);
        let release = async {
            async_io::Timer::after(waited).await;
            release.close();
        };
        let ((first, second), ()) = future::zip(future::zip(first, second), release).await;
        let ended: Vec<_> = [first, second].into_iter().filter_map(Result::err).collect();
        assert_eq!(ended, [SignUpError::Away]);
    });
    let reservations = block_on(place.desk.ledger.reservations(None)).unwrap();
    let reserved_at = reservations[0].at.duration_since(place.now);
    // The clock of the second begins a little after that of the wait.
    assert!(reserved_at >= SignedDuration::try_from(waited / 2).unwrap(), "{reserved_at}");
}

#[test]
fn nothing_is_minted_for_what_is_refused_or_was_answered_before() {
    let place = Place::new();
    let keys = place.desk.keys.all();
    let key = &keys.iter().find(|(id, _)| id.as_str() == "slow").unwrap().1;
    let wanted = |count, idempotency| InviteRequest {
        minting: Given::Is(Minting::IfPossible),
        count: Given::Is(count),
        idempotency,
        ..InviteRequest::default()
    };
    let ask = |request: InviteRequest| block_on(place.desk.invites.create(&Caller::Key(key), &request, place.now));
    let again = |body: &str| {
        let idempotency = Idempotency { path: "/invites", key: "one".into(), body: body.into() };
        ask(wanted(2, Some(idempotency)))
    };
    let (first, second) = (again("a").unwrap(), again("a").unwrap());
    assert_eq!((first.is_repeated, second.is_repeated), (false, true));
    let uris = |answer: &invited::ledger::Answer<Vec<CreatedInvite>>| -> Vec<_> {
        answer.value.iter().map(|one| one.uri.clone().unwrap()).collect()
    };
    assert_eq!(uris(&first), uris(&second), "the same tokens for apps");
    assert!(again("b").is_err());
    assert_eq!(place.server.count("mint"), 2);
    assert!(ask(wanted(1, None)).is_err(), "the rate is used up");
    assert_eq!(place.server.count("mint"), 2);
}

#[test]
fn a_contact_invite_makes_a_contact() {
    let place = Place::new();
    place.server.state.lock().unwrap().accounts.insert("romeo".into(), String::new());
    let invite =
        place.create(&InviteRequest { contact: Given::Is("romeo@example.com".into()), ..InviteRequest::default() });
    place.sign_up(&invite, "juliet").unwrap();
    assert_eq!(place.server.state.lock().unwrap().contacts, [("juliet".into(), "romeo@example.com".into())]);
}

#[test]
fn a_reset_sets_one_password() {
    let mut place = Place::new();
    place.server.state.lock().unwrap().accounts.insert("juliet".into(), "the old one".into());
    let request = InviteRequest { reset: Given::Is("juliet".into()), ..InviteRequest::default() };
    let invite = place.create(&request);
    assert!(place.reset(&invite, "juliet").is_ok());
    assert_eq!(place.server.state.lock().unwrap().accounts["juliet"], PASSWORD);
    place.later(601);
    assert_eq!(place.reset(&invite, "juliet"), Err(SignUpError::Ended(Status::Redeemed)));
    // Whoever got no answer may send it again.
    let invite = place.create(&request);
    place.server.script("set_password", Fault::LostBefore);
    assert_eq!(place.reset(&invite, "juliet"), Err(SignUpError::Away));
    assert!(place.reset(&invite, "juliet").is_ok());
    assert_eq!((place.read(&invite).used, place.server.count("set_password")), (1, 3));
}

/// What only the command line may have done to an admin of the server, or to a reserved name.
#[test]
fn an_admins_password_is_reset_by_the_command_line_alone() {
    let place = Place::new();
    let key = place.desk.keys.all().into_iter().find(|(id, _)| id.as_str() == "site").unwrap().1;
    let of = |name: &str| InviteRequest { reset: Given::Is(name.into()), ..InviteRequest::default() };
    let by_key = |name| block_on(place.desk.invites.create(&Caller::Key(&key), &of(name), place.now));
    let redeem = |invite: &CreatedInvite| {
        let request = RedeemRequest { token: Given::Is(invite.token.clone()), ..RedeemRequest::default() };
        block_on(place.desk.invites.redeem(&key, &request, place.now)).map(|answer| answer.value)
    };
    {
        let mut state = place.server.state.lock().unwrap();
        for name in ["boss", "admin", "juliet", "romeo"] {
            state.accounts.insert(name.into(), "the old one".into());
        }
        state.admins.insert("boss".into());
    }
    let old = |name: &str| place.server.state.lock().unwrap().accounts[name] == "the old one";
    assert_eq!(by_key("boss").unwrap_err(), CreateInviteError::AdminsPassword);
    assert!(matches!(by_key("admin"), Err(CreateInviteError::Fields(_))), "the name is reserved");

    // By a key, for somebody who becomes an admin, or while the server cannot be asked.
    let later = by_key("juliet").unwrap().value.remove(0);
    place.open(&later);
    assert_eq!(place.server.live_tokens().len(), 1, "an app may");
    place.server.script("is_admin", Fault::Away);
    let unasked = by_key("boss").unwrap().value.remove(0);
    place.server.state.lock().unwrap().admins.insert("juliet".into());
    for (invite, name) in [(&later, "juliet"), (&unasked, "boss")] {
        place.server.script("is_admin", Fault::LostBefore);
        assert_eq!(place.reset(invite, name), Err(SignUpError::Away), "{name}: who knows");
        assert_eq!(place.reset(invite, name), Err(SignUpError::Closed), "{name}");
        place.server.script("is_admin", Fault::Away);
        assert_eq!(redeem(invite), Err(RedeemInviteError::Away), "{name}: who knows");
        assert_eq!(redeem(invite), Err(RedeemInviteError::AdminsPassword), "{name}");
        assert!(old(name) && place.read(invite).used == 0, "{name}");
    }
    // Who is no admin any more has a new password.
    place.server.state.lock().unwrap().admins.remove("juliet");
    assert!(place.reset(&later, "juliet").is_ok());

    // By the command line.
    for name in ["boss", "admin"] {
        let invite = place.create(&of(name));
        assert!(place.reset(&invite, name).is_ok(), "{name}");
        assert!(!old(name), "{name}");
    }
}

/// A name may be reserved after somebody had an invite created for it.
#[test]
fn a_reserved_names_password_is_reset_by_the_command_line_alone() {
    let dir = tempfile::Builder::new().prefix("invited-test-").tempdir().unwrap();
    let server = FakeServer::default();
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    server.state.lock().unwrap().accounts.insert("juliet".into(), "the old one".into());
    let keys = format!("[keys.site]\nsha256 = \"{}\"\nallow = [\"reset\", \"redeem\"]\n", "0".repeat(64));
    let request = InviteRequest { reset: Given::Is("juliet".into()), ..InviteRequest::default() };
    let (name, secret) = ("juliet".parse().unwrap(), password());
    let mut invite = None;
    for (host, is_reserved) in [("", false), ("reserved_usernames = [\"juliet\"]", true)] {
        let desk = server.desk(dir.path(), host, &keys);
        let key = desk.keys.all().into_iter().next().unwrap().1;
        let created = block_on(desk.invites.create(&Caller::Key(&key), &request, now));
        assert_eq!(created.is_err(), is_reserved);
        let invite = invite.get_or_insert_with(|| created.unwrap().value.remove(0));
        if is_reserved {
            let found = block_on(desk.ledger.find(invite.invite.id)).unwrap().unwrap();
            let offer = block_on(desk.sign_up.offer(found, AppLink::Wanted, now)).unwrap();
            assert_eq!((offer.uri, offer.web), (None, WebSignUp::Closed));
            assert_eq!(
                block_on(desk.sign_up.reset_password(guest(invite, &name, &secret), now)),
                Err(SignUpError::Closed)
            );
            let request = RedeemRequest { token: Given::Is(invite.token.clone()), ..RedeemRequest::default() };
            let redeemed = block_on(desk.invites.redeem(&key, &request, now));
            assert_eq!(redeemed.unwrap_err(), RedeemInviteError::AdminsPassword);
        }
        desk.ledger.close();
    }
    assert_eq!(server.state.lock().unwrap().accounts["juliet"], "the old one");
}

#[test]
fn an_invite_of_the_server_itself_is_taken_in() {
    let place = Place::new();
    let token = "TheServersOwnToken1234ab";
    let kind = Kind::Contact { contact: "romeo@example.com".parse().unwrap(), username: None };
    place.server.own_invite(token, kind.clone(), place.now + SignedDuration::from_hours(1));
    let guest = Asker::guest([192, 0, 2, 1].into());
    let open = |token| block_on(place.desk.invites.open(token, &guest, place.now)).unwrap();
    let invite = open(token).unwrap();
    assert_eq!((&invite.draft.kind, &invite.draft.source, invite.draft.uses), (&kind, &Source::Server, 1));
    assert_eq!(open(token).map(|again| again.id), Some(invite.id), "once");
    assert_eq!(place.server.count("look_up"), 1);
    let guessed = "nothing-at-all-of-the-kind";
    assert_eq!((open(guessed), open(guessed)), (None, None));
    assert_eq!(place.server.count("look_up"), 2, "a miss is remembered");
    place.server.script("look_up", Fault::Away);
    let answer = block_on(place.desk.invites.open("a-token-while-it-is-away", &guest, place.now));
    assert_eq!(answer, Err(FindError::Away), "who knows");
    let (name, secret) = ("juliet".parse().unwrap(), password());
    let guest = Guest { token, username: &name, password: &secret, client: [127, 0, 0, 1].into() };
    let invite = block_on(place.desk.sign_up.register(guest, place.now)).unwrap();
    assert_eq!(invite.status(place.now), Status::Redeemed);
    assert_eq!(place.server.live_tokens(), [""; 0], "the server's own token is used up");
    assert_eq!(place.server.state.lock().unwrap().contacts, [("juliet".into(), "romeo@example.com".into())]);
}

/// What waits for a server is bounded, and whoever would be one too many is told at once.
#[test]
fn few_calls_wait_for_a_server() {
    let place = Place::new();
    let backends = &place.desk.backends;
    let backend = backends.of(&"example.com".parse().unwrap()).unwrap();
    let name: Username = "juliet".parse().unwrap();
    let (release, held) = async_channel::bounded::<()>(1);
    for _ in 0..64 {
        place.server.script("exists", Fault::Held(held.clone()));
    }
    block_on(async {
        let mut calls: Vec<_> = (0..64).map(|_| Box::pin(backend.exists(&name))).collect();
        for call in &mut calls {
            assert!(poll_once(call).await.is_none());
        }
        let one_more = backend.exists(&name).await;
        assert!(matches!(one_more, Err(CallError::Away(_))), "{one_more:?}");
        assert_eq!(place.server.count("exists"), 64);
        release.close();
        for call in calls {
            assert_eq!(call.await, Ok(false));
        }
        assert_eq!(backend.exists(&name).await, Ok(false), "there is room again");
    });
}

#[test]
fn a_password_is_asked_of_the_server_unless_it_can_be_nobodys() {
    let place = Place::new();
    let backends = &place.desk.backends;
    let backend = backends.of(&"example.com".parse().unwrap()).unwrap();
    place.server.state.lock().unwrap().accounts.insert("juliet".into(), PASSWORD.into());
    let check = |user: &str, password: &str| block_on(backend.check_password(&user.parse().unwrap(), password));
    assert_eq!(check("juliet", PASSWORD), Ok(true));
    assert_eq!([check("juliet", "wrong"), check("nobody", PASSWORD)], [Ok(false), Ok(false)]);
    assert_eq!(check("juliet", &"\u{1fae0}".repeat(1_000)), Ok(false));
    assert_eq!(place.server.count("check_password"), 4);
    for nobodys in [String::new(), "\u{1fae0}".repeat(1_001), "x".repeat(1 << 20)] {
        assert_eq!(check("juliet", &nobodys), Ok(false), "{} bytes", nobodys.len());
    }
    assert_eq!(place.server.count("check_password"), 4);
    // It is away, and left alone for a while; no text tells what was asked.
    for _ in 0..3 {
        place.server.script("check_password", Fault::Away);
    }
    for _ in 0..4 {
        let answer = check("juliet", PASSWORD);
        assert!(matches!(answer, Err(CallError::Away(_))) && !format!("{answer:?}").contains(PASSWORD), "{answer:?}");
    }
    assert_eq!(place.server.count("check_password"), 7);
}

/// The one test that waits: for the deadline itself.
#[test]
fn a_server_that_hangs_is_not_waited_for_longer_than_the_deadline() {
    let mut place = Place::new();
    let invite = place.create(&InviteRequest::default());
    let (release, late) = async_channel::bounded(1);
    place.server.script("create", Fault::Late(late));
    assert_eq!(place.sign_up(&invite, "juliet"), Err(SignUpError::Away));
    assert_eq!(place.read(&invite).used, 1, "it may come true yet");
    drop(release);
    place.later(11);
    place.tend();
    assert_eq!((place.read(&invite).used, place.server.accounts().len()), (0, 0));
}
