//! An XMPP server that does what a test has scripted: a server behind the [`Adapter`] interface, for faults that a real
//! one cannot be brought to at will.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use invited::backend::{
    Abilities, Adapter, Backends, CallError, Examination, InApp, Mint, Minted, NewAccount, NewPassword, Refusal,
    TokenDetails, TokenState,
};
use invited::caller::AppState;
use invited::config::{Credentials, Purpose, Sources};
use invited::desk::Desk;
use invited::invite::Kind;
use invited::invite::name::Username;
use invited::key::KeyRing;
use invited::key::state::StateKeys;
use invited::ledger::Ledger;
use invited::metrics::Metrics;
use jiff::Timestamp;

/// What happens to a call.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The server cannot be reached.
    Away,
    /// It does nothing, and no answer comes.
    LostBefore,
    /// It does it, and no answer comes.
    LostAfter,
    /// It says no.
    Refuse(Refusal),
    /// It does it, and the answer waits until the other end of this is closed.
    Held(async_channel::Receiver<()>),
    /// The call waits so before it is done.
    Late(async_channel::Receiver<()>),
}

#[derive(Debug)]
struct Token {
    kind: Kind,
    expires_at: Timestamp,
    used: Option<Username>,
}

/// What the server has.
#[derive(Debug, Default)]
pub struct State {
    /// Accounts with their passwords.
    pub accounts: BTreeMap<String, String>,
    /// Which of them are admins.
    pub admins: BTreeSet<String>,
    /// Where those were who got one.
    pub clients: Vec<Option<std::net::IpAddr>>,
    /// Who is whose contact.
    pub contacts: Vec<(String, String)>,
    tokens: BTreeMap<String, Token>,
    minted: usize,
    faults: BTreeMap<&'static str, VecDeque<Fault>>,
    /// What was asked, in order.
    pub calls: Vec<&'static str>,
    /// Until when the next tokens are good, if not for ever.
    pub expires_at: Option<Timestamp>,
}

/// The server; clones are the same one.
#[derive(Clone)]
pub struct FakeServer {
    pub state: Arc<Mutex<State>>,
    pub abilities: Abilities,
    /// Accounts are made and tokens used up in one go.
    pub is_atomic: bool,
    /// It says whether there is an account, and what became of a token, and takes tokens back.
    pub tells: bool,
}

impl Default for FakeServer {
    fn default() -> Self {
        let in_app = InApp { account: true, bound: true, contact: true, reset: true };
        let abilities = Abilities { sign_up: true, reset: true, contacts: true, groups: true, in_app, asks: false };
        Self { state: Arc::default(), abilities, is_atomic: true, tells: true }
    }
}

/// A desk, and what it works with.
pub struct AtWork {
    pub state: Arc<AppState>,
    pub keys: KeyRing,
    pub backends: Arc<Backends>,
    pub ledger: Ledger,
}

impl std::ops::Deref for AtWork {
    type Target = Desk;
    fn deref(&self) -> &Desk {
        &self.state.desk
    }
}

impl FakeServer {
    /// A desk over the ledger in `dir`, with this as the server of example.com; `host` are settings of that host, `rest`
    /// of everything else.
    pub fn desk(&self, dir: &Path, host: &str, rest: &str) -> AtWork {
        self.desk_beside(dir, host, rest, &[])
    }

    /// The same beside servers of other hosts.
    pub fn desk_beside(&self, dir: &Path, host: &str, rest: &str, others: &[(&str, &Self)]) -> AtWork {
        let prosody = |name: &str| format!("[hosts.\"{name}\".backend]\nkind = \"prosody\"\nsocket = \"/nowhere\"\n");
        let beside: String = others.iter().map(|(name, _)| prosody(name)).collect();
        let config = dir.join("config.toml");
        let text = format!(
            "public_url = \"https://invite.example.com/\"\nstate_dir = \"{}\"\n[hosts.\"example.com\"]\n{host}\n{}\
             {beside}{rest}\n",
            dir.display(),
            prosody("example.com")
        );
        std::fs::write(&config, text).unwrap();
        let sources = Sources { files: vec![config], state_dir: None };
        let settings = sources.merge().settings(&Credentials::default(), Purpose::Serve).unwrap();
        let ledger = Ledger::open(&settings.ledger).unwrap();
        let keys = KeyRing::new(&settings.keys, Arc::new(StateKeys::new(&settings.state_dir)));
        let metrics = Arc::new(Metrics::new(ledger.commits().clone()));
        let adapter = |(name, server): (&str, &Self)| {
            let adapter: Box<dyn Adapter> = Box::new(server.clone());
            (name.parse().unwrap(), adapter)
        };
        let adapters = others.iter().copied().chain([("example.com", self)]).map(adapter).collect();
        let backends = Arc::new(Backends::of_adapters(&settings.hosts, adapters, &metrics));
        let settings = Arc::new(settings);
        let desk = Desk::new(Arc::clone(&settings), keys.clone(), Arc::clone(&backends), ledger.clone(), metrics);
        AtWork { state: Arc::new(AppState { desk, settings, proxies: Arc::default() }), keys, backends, ledger }
    }

    /// The next call of `operation` meets `fault`.
    pub fn script(&self, operation: &'static str, fault: Fault) {
        self.state.lock().unwrap().faults.entry(operation).or_default().push_back(fault);
    }

    pub fn accounts(&self) -> Vec<String> {
        self.state.lock().unwrap().accounts.keys().cloned().collect()
    }

    pub fn count(&self, operation: &str) -> usize {
        self.state.lock().unwrap().calls.iter().filter(|call| **call == operation).count()
    }

    /// Its tokens are gone, without anybody having used them.
    pub fn lose_tokens(&self) {
        self.state.lock().unwrap().tokens.clear();
    }

    /// The tokens that apps can use.
    pub fn live_tokens(&self) -> Vec<String> {
        let state = self.state.lock().unwrap();
        state.tokens.iter().filter(|(_, token)| token.used.is_none()).map(|(text, _)| text.clone()).collect()
    }

    /// An invite that the server made itself.
    pub fn own_invite(&self, token: &str, kind: Kind, expires_at: Timestamp) {
        self.state.lock().unwrap().tokens.insert(token.into(), Token { kind, expires_at, used: None });
    }

    /// What an app does: signs up with a token. False if the server refuses.
    pub fn sign_up_in_app(&self, token: &str, name: &str) -> bool {
        let mut state = self.state.lock().unwrap();
        if state.accounts.contains_key(name) {
            return false;
        }
        match state.tokens.get_mut(token) {
            Some(token) if token.used.is_none() => token.used = Some(name.parse().unwrap()),
            _ => return false,
        }
        state.accounts.insert(name.into(), "chosen in the app".into());
        true
    }

    fn must_tell(&self) -> Result<(), CallError> {
        if self.tells { Ok(()) } else { Err(Refusal::Unsupported.into()) }
    }

    async fn call<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut State) -> Result<T, CallError> + Send,
    ) -> Result<T, CallError> {
        let fault = {
            let mut state = self.state.lock().unwrap();
            state.calls.push(operation);
            state.faults.get_mut(operation).and_then(VecDeque::pop_front)
        };
        let unsure = || CallError::Unsure("the connection was lost".into());
        match fault {
            None => work(&mut self.state.lock().unwrap()),
            Some(Fault::Away) => Err(CallError::Away("nobody listens".into())),
            Some(Fault::LostBefore) => Err(unsure()),
            Some(Fault::LostAfter) => {
                let _ = work(&mut self.state.lock().unwrap());
                Err(unsure())
            }
            Some(Fault::Refuse(refusal)) => Err(refusal.into()),
            Some(Fault::Held(until)) => {
                let answer = work(&mut self.state.lock().unwrap());
                let _ = until.recv().await;
                answer
            }
            Some(Fault::Late(until)) => {
                let _ = until.recv().await;
                work(&mut self.state.lock().unwrap())
            }
        }
    }
}

impl State {
    /// Uses up a token, or takes it back.
    fn take(&mut self, token: &str) -> bool {
        let is_live = self.tokens.get(token).is_some_and(|token| token.used.is_none());
        if is_live {
            self.tokens.remove(token);
        }
        is_live
    }
}

#[async_trait]
impl Adapter for FakeServer {
    fn abilities(&self) -> Abilities {
        self.abilities
    }

    async fn examine(&self, _base: &str) -> Examination {
        Examination::default()
    }

    async fn exists(&self, username: &Username) -> Result<bool, CallError> {
        self.must_tell()?;
        self.call("exists", |state| Ok(state.accounts.contains_key(username.as_str()))).await
    }

    async fn is_admin(&self, username: &Username) -> Result<bool, CallError> {
        self.call("is_admin", |state| Ok(state.admins.contains(username.as_str()))).await
    }

    async fn check_password(&self, username: &Username, password: &str) -> Result<bool, CallError> {
        let is_right = |state: &mut State| state.accounts.get(username.as_str()).is_some_and(|known| known == password);
        self.call("check_password", |state| Ok(is_right(state))).await
    }

    async fn create(&self, account: &NewAccount<'_>) -> Result<(), CallError> {
        let is_atomic = self.is_atomic;
        self.call("create", |state| {
            let name = account.username.to_string();
            let is_taken = state.accounts.contains_key(&name);
            if is_taken && is_atomic {
                return Err(Refusal::Taken.into());
            }
            if account.token.is_some_and(|token| !state.take(token)) {
                return Err(Refusal::NoToken.into());
            }
            if is_taken {
                return Err(Refusal::Taken.into());
            }
            state.clients.push(account.client);
            if let Some(contact) = account.contact {
                state.contacts.push((name.clone(), contact.to_string()));
            }
            state.accounts.insert(name, account.password.reveal().into());
            Ok(())
        })
        .await
    }

    async fn set_password(&self, reset: &NewPassword<'_>) -> Result<(), CallError> {
        self.call("set_password", |state| {
            if reset.token.is_some_and(|token| !state.take(token)) {
                return Err(Refusal::NoToken.into());
            }
            let password = state.accounts.get_mut(reset.username.as_str()).ok_or(Refusal::NoAccount)?;
            *password = reset.password.reveal().into();
            Ok(())
        })
        .await
    }

    async fn mint(&self, wanted: &Mint<'_>) -> Result<Minted, CallError> {
        self.call("mint", |state| {
            state.minted += 1;
            let token = format!("token-of-the-server-{:04}", state.minted);
            let expires_at = state.expires_at.unwrap_or(Timestamp::MAX);
            state.tokens.insert(token.clone(), Token { kind: wanted.kind.clone(), expires_at, used: None });
            Ok(Minted { token, expires_at: state.expires_at })
        })
        .await
    }

    fn can_withdraw(&self) -> bool {
        self.tells
    }

    async fn withdraw(&self, token: &str) -> Result<bool, CallError> {
        self.must_tell()?;
        self.call("withdraw", |state| Ok(state.take(token))).await
    }

    async fn look_up(&self, token: &str) -> Result<TokenState, CallError> {
        self.must_tell()?;
        self.call("look_up", |state| {
            Ok(match state.tokens.get(token) {
                None => TokenState::Unused,
                Some(Token { used: Some(name), .. }) => TokenState::Used(Some(name.clone())),
                Some(Token { kind, expires_at, .. }) => {
                    TokenState::Live(TokenDetails { kind: kind.clone(), expires_at: *expires_at, reusable: false })
                }
            })
        })
        .await
    }
}
