//! What the tasks of the service share, and one line about how it goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;

use crate::backend::State;
use crate::caller::AppState;
use crate::component;
use crate::key::state::StateKeys;
use crate::ledger::Ledger;
use crate::log::chain;
use crate::metrics::Metrics;
use crate::server::Server;

/// What the tasks of the service share.
#[derive(Clone)]
pub(super) struct Running {
    pub(super) server: Server<Arc<AppState>>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) state_keys: Arc<StateKeys>,
    pub(super) ledger: Ledger,
    /// The configuration in force, at work.
    pub(super) state: Arc<ArcSwap<AppState>>,
    /// How many invites were pending when they were last counted.
    pub(super) pending: Arc<AtomicU64>,
    pub(super) component: Arc<component::Health>,
}

impl Running {
    /// One line about how it goes.
    pub(super) fn status(&self) -> String {
        let AppState { desk, settings } = &**self.state.load();
        let hosts: Vec<_> = settings.hosts.keys().map(ToString::to_string).collect();
        let keys = desk.access.key_count();
        let pending = self.pending.load(Ordering::Relaxed);
        let plural = if keys == 1 { "" } else { "s" };
        let mut status = format!("serving {}; {keys} key{plural}; {pending} pending", hosts.join(", "));
        for (host, _, state) in desk.health.hosts() {
            if let Some(State::Away(why)) = state {
                status = format!("{status}; the XMPP server of {host} is away ({why})");
            }
        }
        if let Some(trouble) = self.component.trouble() {
            status = format!("{status}; {trouble}");
        }
        match self.ledger.trouble() {
            Some(trouble) => format!("{status}; {}", chain(&*trouble)),
            None => status,
        }
    }
}
