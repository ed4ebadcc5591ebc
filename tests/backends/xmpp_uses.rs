//! Invites of several uses at a server of which nothing can be asked but whether it still takes a token: the desk, its
//! ledger and the adapter before a scripted server.

use crate::common::fake_xmpp;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use fake_xmpp::{FakeXmpp, HOST, PASSWORD, Reply, Style, USER};
use futures_lite::future::block_on;
use invited::backend::Backends;
use invited::clock;
use invited::config::secret::Secret;
use invited::config::{Credentials, Purpose, Sources};
use invited::desk::{AppLink, Asker, Caller, Desk, Guest, SignUpError};
use invited::invite::field::Given;
use invited::invite::request::InviteRequest;
use invited::invite::{Invite, Status, Via};
use invited::key::KeyRing;
use invited::key::state::StateKeys;
use invited::ledger::Ledger;
use invited::metrics::Metrics;

/// A desk before the server.
struct Place {
    _dir: tempfile::TempDir,
    server: FakeXmpp,
    ledger: Ledger,
    desk: Desk,
}

impl Place {
    fn new() -> Self {
        let server = FakeXmpp::start(Style::V0_6);
        let dir = tempfile::Builder::new().prefix("invited-test-").tempdir().unwrap();
        let config = dir.path().join("config.toml");
        let text = format!(
            "public_url = \"https://invite.example.com/\"\nstate_dir = \"{}\"\n[hosts.\"{HOST}\".backend]\nkind = \
             \"xmpp\"\njid = \"{USER}@{HOST}\"\npassword = {PASSWORD:?}\naddress = \"{}\"\ntls = \"off\"\n",
            dir.path().display(),
            server.address
        );
        std::fs::write(&config, text).unwrap();
        let sources = Sources { files: vec![config], state_dir: None };
        let settings = sources.merge().settings(&Credentials::default(), Purpose::Serve).unwrap();
        let ledger = Ledger::open(&settings.ledger).unwrap();
        let keys = KeyRing::new(&settings.keys, Arc::new(StateKeys::new(&settings.state_dir)));
        let metrics = Arc::new(Metrics::new(ledger.commits().clone()));
        let backends = Arc::new(Backends::new(&settings.hosts, None, &metrics));
        let desk = Desk::new(Arc::new(settings), keys, backends, ledger.clone(), metrics);
        Self { _dir: dir, server, ledger, desk }
    }

    /// The link's token of a new invite.
    fn invite(&self, uses: u32) -> String {
        let request = InviteRequest { uses: Given::Is(uses), ..InviteRequest::default() };
        let answer = block_on(self.desk.invites.create(&Caller::Admin, &request, clock::now())).unwrap();
        answer.value.into_iter().next().unwrap().token
    }

    fn find(&self, token: &str) -> Invite {
        block_on(self.desk.invites.open(token, &Asker::guest([127, 0, 0, 1].into()), clock::now())).unwrap().unwrap()
    }

    /// Opens the page; gives the token that an app is offered there, and the invite.
    fn open(&self, token: &str) -> (Option<String>, Invite) {
        let invite = self.find(token);
        let offer = block_on(self.desk.sign_up.offer(invite, AppLink::Wanted, clock::now())).unwrap();
        let app_token = offer.uri.map(|uri| uri.split_once("preauth=").unwrap().1.to_owned());
        (app_token, offer.invite)
    }

    fn sign_up(&self, token: &str, name: &str) -> Result<Invite, SignUpError> {
        let (username, password) = (name.parse().unwrap(), Secret::new("quarrel mantle orchid bridge".into()));
        let client = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let guest = Guest { token, username: &username, password: &password, client };
        block_on(self.desk.sign_up.register(guest, clock::now()))
    }

    /// By which ways it was redeemed.
    fn ways(&self, invite: &Invite) -> Vec<Via> {
        let known = block_on(self.ledger.find(invite.id)).unwrap().unwrap();
        known.redemptions.iter().map(|redemption| redemption.via).collect()
    }

    fn minted(&self) -> usize {
        self.server.state().tokens.len()
    }
}

#[test]
fn the_next_token_is_made_when_one_was_used_and_none_beyond_the_uses() {
    let place = Place::new();
    let token = place.invite(3);
    assert_eq!(place.minted(), 0, "none before somebody looks");
    let mut seen = vec![];
    for used in 0..3 {
        // Opening it ever so often makes and spends nothing.
        let (Some(first), invite) = place.open(&token) else { panic!("no token for apps") };
        for _ in 0..5 {
            assert_eq!(place.open(&token).0.as_ref(), Some(&first));
        }
        assert_eq!((place.minted(), place.ways(&invite)), (used + 1, vec![Via::App; used]));
        assert!(!seen.contains(&first));
        assert!(place.server.sign_up_in_app(&first, &format!("guest{used}")), "shown to the server, it is still good");
        seen.push(first);
    }
    let (none, invite) = place.open(&token);
    assert_eq!((none, invite.status(clock::now()), place.ways(&invite)), (None, Status::Redeemed, vec![Via::App; 3]));
    assert_eq!((place.minted(), place.server.state().accounts.len()), (3, 3));
    assert!(matches!(place.sign_up(&token, "fourth"), Err(SignUpError::Ended(Status::Redeemed))));
}

#[test]
fn apps_and_the_web_share_the_uses() {
    let place = Place::new();
    let token = place.invite(3);
    let (first, _) = place.open(&token);
    assert!(place.sign_up(&token, "web1").is_ok());
    assert!(place.server.sign_up_in_app(&first.unwrap(), "app1"));
    let (second, invite) = place.open(&token);
    assert_eq!((invite.uses_left(), place.ways(&invite)), (1, vec![Via::Web, Via::App]));
    // The last use is one for the two: the web takes the token along.
    assert!(place.sign_up(&token, "web2").is_ok());
    assert!(!place.server.sign_up_in_app(&second.unwrap(), "app2"));
    assert!(matches!(place.sign_up(&token, "web3"), Err(SignUpError::Ended(Status::Redeemed))));
    assert!(place.server.state().accounts.keys().eq(["app1", "web1", "web2"]));
    // And the other way round: the app was first, and nothing has been heard of it.
    let token = place.invite(1);
    assert!(place.server.sign_up_in_app(&place.open(&token).0.unwrap(), "app3"));
    assert!(matches!(place.sign_up(&token, "web4"), Err(SignUpError::Ended(Status::Redeemed))));
    assert_eq!(place.ways(&place.find(&token)), [Via::App]);
}

#[test]
fn what_apps_used_is_heard_of_without_a_page() {
    let place = Place::new();
    // More than are shown to a server at once.
    let tokens: Vec<_> = (0..100).map(|_| place.invite(1)).collect();
    for (at, token) in tokens.iter().enumerate() {
        let (app_token, _) = place.open(token);
        if at % 2 == 0 {
            assert!(place.server.sign_up_in_app(&app_token.unwrap(), &format!("guest{at}")));
        }
    }
    let used = || tokens.iter().filter(|token| place.find(token).status(clock::now()) == Status::Redeemed).count();
    let mut rounds = 0;
    while used() < 50 {
        let before = place.server.count("preauth");
        block_on(place.desk.app_tokens.watch(clock::now())).unwrap();
        assert!(place.server.count("preauth") - before <= 40);
        rounds += 1;
        assert!(rounds < 200, "{} of 50 were heard of", used());
    }
    assert!(tokens.iter().skip(1).step_by(2).all(|token| place.find(token).status(clock::now()) == Status::Pending));
}

#[test]
fn a_server_that_cannot_tell_has_used_nothing() {
    let place = Place::new();
    let token = place.invite(2);
    let (first, _) = place.open(&token);
    for (kind, condition) in [
        ("wait", "item-not-found"),
        ("wait", "resource-constraint"),
        ("cancel", "not-allowed"),
        ("cancel", "service-unavailable"),
        ("cancel", "internal-server-error"),
    ] {
        place.server.script("preauth", Reply::Error(kind, condition, ""));
        let (same, invite) = place.open(&token);
        assert_eq!((&same, invite.uses_left()), (&first, 2), "{condition}");
    }
    place.server.script("preauth", Reply::Lost);
    let (same, invite) = place.open(&token);
    assert_eq!((&same, invite.uses_left(), place.minted()), (&first, 2, 1));
}
