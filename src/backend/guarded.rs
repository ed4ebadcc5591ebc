//! A backend as the desk calls it: an adapter behind a deadline, a bounded queue and a breaker, timed and told of.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::breaker::{Breaker, Pass};
use super::{
    Abilities, Adapter, CallError, DEADLINE, Examination, Finding, Mint, Minted, NewAccount, NewPassword, Own, Refusal,
    Room, TokenState,
};
use crate::clock;
use crate::config::{BackendKind, BackendSettings};
use crate::invite::name::{HostName, Username};
use crate::metrics::{CallLabels, HostLabel, Metrics};

/// So many calls may be under way; one more is told at once that the server is away.
const MAX_CALLS: usize = 64;

/// What is known of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It was not called yet.
    Unknown,
    /// It answered the last call.
    Up,
    /// It did not, and why.
    Away(String),
}

/// A host's server, which may be away at any time.
pub struct Backend {
    host: HostName,
    settings: BackendSettings,
    adapter: Box<dyn Adapter>,
    metrics: Arc<Metrics>,
    breaker: Mutex<Breaker>,
    state: Mutex<State>,
    calls: AtomicUsize,
    answered_at: Mutex<Instant>,
    crowd: Mutex<Crowd>,
    care: async_lock::Mutex<()>,
}

impl Backend {
    /// Puts `adapter` to work for `host`.
    #[must_use]
    pub fn new(host: &HostName, settings: &BackendSettings, adapter: Box<dyn Adapter>, metrics: &Arc<Metrics>) -> Self {
        Self {
            host: host.clone(),
            settings: settings.clone(),
            adapter,
            metrics: Arc::clone(metrics),
            breaker: Mutex::default(),
            state: Mutex::new(State::Unknown),
            calls: AtomicUsize::new(0),
            answered_at: Mutex::new(clock::instant()),
            crowd: Mutex::new(Crowd::None),
            care: async_lock::Mutex::new(()),
        }
    }

    /// What it was made from.
    #[must_use]
    pub fn settings(&self) -> &BackendSettings {
        &self.settings
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> BackendKind {
        self.settings.kind()
    }

    /// What it can do.
    #[must_use]
    pub fn abilities(&self) -> Abilities {
        self.adapter.abilities()
    }

    /// See [`Adapter::takes_back`].
    #[must_use]
    pub fn takes_back(&self) -> bool {
        self.adapter.takes_back()
    }

    /// What is known of it.
    #[must_use]
    pub fn state(&self) -> State {
        lock(&self.state).clone()
    }

    /// Whether it has answered nothing for so long.
    #[must_use]
    pub fn is_quiet_for(&self, time: Duration) -> bool {
        clock::instant().duration_since(*lock(&self.answered_at)) >= time
    }

    /// The right to look after it, which one at a time has; nothing if somebody has it.
    #[must_use]
    pub fn care(&self) -> Option<async_lock::MutexGuard<'_, ()>> {
        self.care.try_lock()
    }

    /// Until when an account may be made that is asked for now.
    #[must_use]
    pub fn not_after() -> Timestamp {
        clock::now().checked_add(DEADLINE).unwrap_or(Timestamp::MAX)
    }

    /// Sees whether the server answers.
    pub async fn probe(&self) {
        // Every server has a word on this name; which one is no matter.
        if let Ok(name) = "postmaster".parse() {
            let _ = self.call("probe", self.adapter.exists(&name)).await;
        }
    }

    /// See [`Adapter::examine`]; for an admin who waits, so without a breaker.
    pub async fn examine(&self, base: &str) -> Examination {
        let late = || {
            let what = format!("it did not answer within {} seconds", (DEADLINE * 2).as_secs());
            let mend = "See whether the server runs and is not overloaded.".into();
            Examination { server: None, findings: vec![Finding { is_fault: true, what, mend }] }
        };
        clock::within(DEADLINE * 2, self.adapter.examine(base)).await.unwrap_or_else(late)
    }

    /// See [`Adapter::exists`].
    ///
    /// # Errors
    /// When the server is away.
    pub async fn exists(&self, username: &Username) -> Result<bool, CallError> {
        self.call("exists", self.adapter.exists(username)).await
    }

    /// See [`Adapter::create`].
    ///
    /// # Errors
    /// Nothing was made, but for [`CallError::Unsure`].
    pub async fn create(&self, account: &NewAccount<'_>) -> Result<(), CallError> {
        self.call("create", self.adapter.create(account)).await
    }

    /// See [`Adapter::set_password`].
    ///
    /// # Errors
    /// Nothing was set, but for [`CallError::Unsure`].
    pub async fn set_password(&self, reset: &NewPassword<'_>) -> Result<(), CallError> {
        self.call("set_password", self.adapter.set_password(reset)).await
    }

    /// See [`Adapter::mint`].
    ///
    /// # Errors
    /// There is no token that anybody knows of.
    pub async fn mint(&self, wanted: &Mint<'_>) -> Result<Minted, CallError> {
        self.call("mint", self.adapter.mint(wanted)).await
    }

    /// See [`Adapter::withdraw`].
    ///
    /// # Errors
    /// It may still be there.
    pub async fn withdraw(&self, token: &str) -> Result<bool, CallError> {
        self.call("withdraw", self.adapter.withdraw(token)).await
    }

    /// See [`Adapter::look_up`].
    ///
    /// # Errors
    /// When the server is away.
    pub async fn look_up(&self, token: &str) -> Result<TokenState, CallError> {
        self.call("look_up", self.adapter.look_up(token)).await
    }

    /// See [`Adapter::own`].
    ///
    /// # Errors
    /// When the server is away.
    pub async fn own(&self, token: &str) -> Result<Option<Own>, CallError> {
        self.call("own", self.adapter.own(token)).await
    }

    /// See [`Adapter::forget`].
    ///
    /// # Errors
    /// It is still there.
    pub async fn forget(&self, token: &str) -> Result<(), CallError> {
        self.call("forget", self.adapter.forget(token)).await
    }

    /// See [`Adapter::limits`].
    #[must_use]
    pub fn limits(&self) -> Vec<String> {
        self.adapter.limits()
    }

    /// Whether the server makes no token for want of room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.adapter.room().is_some_and(|room| room.used >= room.limit)
    }

    /// See [`Adapter::ended`]; where the server has no such call, each token is looked up.
    ///
    /// # Errors
    /// When the server is away.
    pub async fn ended(&self, tokens: &[&str]) -> Result<Vec<(usize, TokenState)>, CallError> {
        match self.call("ended", self.adapter.ended(tokens)).await {
            Err(CallError::Refused(Refusal::Unsupported)) => {}
            answer => return answer,
        }
        let mut ended = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            match self.look_up(token).await? {
                TokenState::Live(_) => {}
                state => ended.push((at, state)),
            }
        }
        Ok(ended)
    }

    /// See [`Adapter::keep`].
    ///
    /// # Errors
    /// When the server is away.
    pub async fn keep(&self) -> Result<(), CallError> {
        self.call("keep", self.adapter.keep()).await
    }

    /// See [`Adapter::tidy`].
    ///
    /// # Errors
    /// When the server is away.
    pub async fn tidy(&self) -> Result<(), CallError> {
        self.call("tidy", self.adapter.tidy()).await
    }

    async fn call<T>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let Some(place) = Place::take(&self.calls) else {
            return Err(CallError::Away("too many calls are waiting for it".into()));
        };
        let began = clock::instant();
        let Some(pass) = lock(&self.breaker).pass(began) else {
            let State::Away(why) = self.state() else { return Err(CallError::Away("it did not answer".into())) };
            return Err(CallError::Away(why));
        };
        let mut pass = Held { breaker: &self.breaker, pass: Some(pass) };
        let late = || Err(CallError::Unsure(format!("not within {} seconds", DEADLINE.as_secs())));
        let answer = clock::within(DEADLINE, work).await.unwrap_or_else(late);
        drop(place);
        let now = clock::instant();
        let outcome = match &answer {
            Ok(_) => "ok",
            Err(CallError::Refused(_)) => "refused",
            Err(CallError::Away(_)) => "away",
            Err(CallError::Unsure(_)) => "unsure",
        };
        let call = CallLabels { host: self.host.to_string(), operation, outcome };
        self.metrics.backend_calls.get_or_create(&call).observe(now.duration_since(began).as_secs_f64());
        match &answer {
            // An adapter may know these by itself: they say nothing about the server.
            Err(CallError::Refused(Refusal::Unsupported | Refusal::Name | Refusal::Password)) => return answer,
            Ok(_) | Err(CallError::Refused(_)) => {
                pass.answered();
                *lock(&self.answered_at) = now;
            }
            Err(CallError::Away(_) | CallError::Unsure(_)) => pass.failed(now),
        }
        self.tell(answer.as_ref().err());
        self.tell_room();
        answer
    }

    /// Counts the tokens where there is a limit, and says in the log what that does to apps when it changes.
    fn tell_room(&self) {
        let Some(room) = self.adapter.room() else { return };
        let at = HostLabel { host: self.host.to_string() };
        self.metrics.backend_tokens.get_or_create(&at).set(room.used);
        self.metrics.backend_tokens_limit.get_or_create(&at).set(room.limit);
        let next = Crowd::of(room);
        let before = std::mem::replace(&mut *lock(&self.crowd), next);
        let (host, kind, Room { used, limit }) = (&self.host, self.kind().word(), room);
        match (before, next) {
            (Crowd::None | Crowd::Some, Crowd::Full) => {
                tracing::warn!(host = %host, backend = kind, tokens = used, limit = limit,
                    "the XMPP server has reached its token limit; until there are fewer tokens, invites work on the web only: see \
                     invited check --connect");
            }
            (Crowd::None, Crowd::Some) => {
                tracing::warn!(host = %host, backend = kind, tokens = used, limit = limit,
                    "the XMPP server is close to its token limit; see invited check --connect");
            }
            (Crowd::Full, Crowd::None | Crowd::Some) => {
                tracing::info!(host = %host, backend = kind, tokens = used, limit = limit,
                    "the XMPP server is below its token limit again");
            }
            (Crowd::None, Crowd::None) | (Crowd::Some, Crowd::None | Crowd::Some) | (Crowd::Full, Crowd::Full) => {}
        }
    }

    /// Remembers how the server is, and says so in the log when that changes.
    fn tell(&self, error: Option<&CallError>) {
        let next = match error {
            None | Some(CallError::Refused(_)) => State::Up,
            Some(CallError::Away(why) | CallError::Unsure(why)) => State::Away(why.clone()),
        };
        let before = std::mem::replace(&mut *lock(&self.state), next.clone());
        let (host, kind) = (&self.host, self.kind().word());
        match (before, next) {
            (State::Up | State::Unknown, State::Away(why)) => {
                tracing::warn!(host = %host, backend = kind, error = why.as_str(),
                    "the XMPP server is away; invites are still created, sign-up waits");
            }
            (State::Away(_), State::Up) => tracing::info!(host = %host, backend = kind, "the XMPP server is back"),
            _ => {}
        }
    }
}

/// How the tokens of a server stand to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Crowd {
    /// There is room.
    None,
    /// There will soon be none.
    Some,
    /// There is none.
    Full,
}

impl Crowd {
    fn of(room: Room) -> Self {
        match room {
            room if room.used >= room.limit => Self::Full,
            room if room.is_scarce() => Self::Some,
            _ => Self::None,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place among the calls that are under way.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(calls: &'a AtomicUsize) -> Option<Self> {
        let more = |calls: usize| (calls < MAX_CALLS).then_some(calls + 1);
        calls.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok().map(|_| Self(calls))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What the breaker let through, until it is told how that went: also when the caller goes away in between.
struct Held<'a> {
    breaker: &'a Mutex<Breaker>,
    pass: Option<Pass>,
}

impl Held<'_> {
    fn answered(&mut self) {
        self.pass = None;
        lock(self.breaker).answered();
    }

    fn failed(&mut self, now: std::time::Instant) {
        if let Some(pass) = self.pass.take() {
            lock(self.breaker).failed(pass, now);
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Some(pass) = self.pass {
            lock(self.breaker).gave_up(pass);
        }
    }
}
