//! A backend as the desk calls it: an adapter behind a deadline, a bounded queue and a breaker, timed and reported.

mod tokens;

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;

use super::account::{MAX_PASSWORD_BYTES, NewAccount, NewPassword};
use super::adapter::{Abilities, Adapter, DEADLINE};
use super::breaker::{Breaker, HeldPass};
use super::calls::CallSlot;
use super::error::{CallError, Refusal};
use super::examination::{Examination, Finding};
use super::status::{ServerStatus, State};
use super::token::Room;
use crate::clock;
use crate::config::{BackendKind, BackendSettings};
use crate::invite::name::{HostName, Username};
use crate::metrics::{CallLabels, HostLabel, Metrics};

/// So many answers to a server may be under way; more wait. A part of the calls that it may have, so that those of guests on
/// the web have a place beside them.
const ANSWERS: usize = 32;

/// A host's server, which may be away at any time.
pub struct Backend {
    host: HostName,
    settings: BackendSettings,
    adapter: Box<dyn Adapter>,
    metrics: Arc<Metrics>,
    breaker: Mutex<Breaker>,
    status: ServerStatus,
    calls: AtomicUsize,
    care: async_lock::Mutex<()>,
    answers: async_lock::Semaphore,
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
            status: ServerStatus::new(host, settings.kind()),
            calls: AtomicUsize::new(0),
            care: async_lock::Mutex::new(()),
            answers: async_lock::Semaphore::new(ANSWERS),
        }
    }

    /// What it was created from.
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

    /// What is known of it.
    #[must_use]
    pub fn state(&self) -> State {
        self.status.state()
    }

    /// Whether it has answered nothing for so long.
    #[must_use]
    pub fn is_quiet_for(&self, time: Duration) -> bool {
        self.status.is_quiet_for(time)
    }

    /// The right to look after it, which one at a time has; nothing if somebody has it.
    #[must_use]
    pub fn care(&self) -> Option<async_lock::MutexGuard<'_, ()>> {
        self.care.try_lock()
    }

    /// Until when an account may be created that is asked for now.
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

    /// See [`Adapter::is_admin`]; where the server cannot be asked, nobody else is one.
    ///
    /// # Errors
    /// When the server is away.
    pub async fn is_admin(&self, username: &Username) -> Result<bool, CallError> {
        match self.call("is_admin", self.adapter.is_admin(username)).await {
            Err(CallError::Refused(Refusal::Admin)) => Ok(true),
            Err(CallError::Refused(Refusal::Unsupported)) => Ok(false),
            answer => answer,
        }
    }

    /// See [`Adapter::create`].
    ///
    /// # Errors
    /// Nothing was created, but for [`CallError::Unsure`].
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

    /// See [`Adapter::check_password`]. What is longer than any password that a server is given here is not sent.
    ///
    /// # Errors
    /// When the server is away, or cannot be asked.
    pub async fn check_password(&self, username: &Username, password: &str) -> Result<bool, CallError> {
        if !(1..=MAX_PASSWORD_BYTES).contains(&password.len()) {
            return Ok(false);
        }
        self.call("check_password", self.adapter.check_password(username, password)).await
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
        let Some(slot) = CallSlot::take(&self.calls) else {
            return Err(CallError::Away("too many calls are waiting for it".into()));
        };
        let began = clock::instant();
        let Some(mut pass) = HeldPass::take(&self.breaker, began) else {
            let State::Away(why) = self.state() else { return Err(CallError::Away("it did not answer".into())) };
            return Err(CallError::Away(why.into()));
        };
        let late = || Err(CallError::Unsure(format!("not within {} seconds", DEADLINE.as_secs()).into()));
        let answer = clock::within(DEADLINE, work).await.unwrap_or_else(late);
        drop(slot);
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
            Err(CallError::Refused(Refusal::Unsupported | Refusal::Name | Refusal::Password | Refusal::Admin)) => {
                return answer;
            }
            Ok(_) | Err(CallError::Refused(_)) => {
                pass.answered();
                self.status.answered(now);
            }
            Err(CallError::Away(_) | CallError::Unsure(_)) => pass.failed(now),
        }
        self.status.note(answer.as_ref().err());
        if let Some(room) = self.adapter.room() {
            self.count(room);
        }
        answer
    }

    /// Counts the tokens where there is a limit.
    fn count(&self, room: Room) {
        let at = HostLabel { host: self.host.to_string() };
        self.metrics.backend_tokens.get_or_create(&at).set(room.used);
        self.metrics.backend_tokens_limit.get_or_create(&at).set(room.limit);
        self.status.note_room(room);
    }
}
