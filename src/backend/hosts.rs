//! The backends of all hosts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::adapter::Adapter;
use super::guarded::Backend;
use super::question::Questions;
use super::{demo, ejabberd, prosody, xmpp};
use crate::config::{BackendSettings, HostSettings};
use crate::invite::name::HostName;
use crate::metrics::Metrics;

/// The backends of all hosts that have one.
#[derive(Default)]
pub struct Backends {
    of: BTreeMap<HostName, Arc<Backend>>,
    questions: Questions,
}

impl Backends {
    /// The backends of `hosts`. What `before` has for a host whose settings have not changed is kept, with its
    /// connection.
    #[must_use]
    pub fn new(hosts: &BTreeMap<HostName, HostSettings>, before: Option<&Self>, metrics: &Arc<Metrics>) -> Self {
        let questions = before.map(|before| before.questions.clone()).unwrap_or_default();
        let backend = |(name, host): (&HostName, &HostSettings)| {
            let same = before.and_then(|before| before.of(name)).filter(|backend| *backend.settings() == host.backend);
            let backend = match same {
                Some(backend) => Arc::clone(backend),
                None => Arc::new(Backend::new(name, &host.backend, adapter(name, &host.backend, &questions)?, metrics)),
            };
            Some((name.clone(), backend))
        };
        Self { of: hosts.iter().filter_map(backend).collect(), questions }
    }

    /// These backends, whatever is behind them.
    #[must_use]
    pub fn of_adapters(
        hosts: &BTreeMap<HostName, HostSettings>,
        mut adapters: BTreeMap<HostName, Box<dyn Adapter>>,
        metrics: &Arc<Metrics>,
    ) -> Self {
        let backend = |(name, host): (&HostName, &HostSettings)| {
            let backend = Backend::new(name, &host.backend, adapters.remove(name)?, metrics);
            Some((name.clone(), Arc::new(backend)))
        };
        Self { of: hosts.iter().filter_map(backend).collect(), questions: Questions::default() }
    }

    /// The backend of a host; none where the ledger is all there is.
    #[must_use]
    pub fn of(&self, host: &HostName) -> Option<&Arc<Backend>> {
        self.of.get(host)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = (&HostName, &Arc<Backend>)> {
        self.of.iter()
    }

    /// What the servers ask, those of later configurations, too.
    #[must_use]
    pub fn questions(&self) -> &Questions {
        &self.questions
    }
}

/// The adapter for a host; none where the ledger is all there is. Connects to nothing yet.
fn adapter(host: &HostName, settings: &BackendSettings, questions: &Questions) -> Option<Box<dyn Adapter>> {
    match settings {
        BackendSettings::Ledger => None,
        BackendSettings::Demo => Some(Box::new(demo::Demo::default())),
        BackendSettings::Ejabberd { url, login } => Some(Box::new(ejabberd::Ejabberd::new(host, url, login))),
        BackendSettings::Prosody { socket } => Some(Box::new(prosody::Prosody::new(host, socket).asking(questions))),
        BackendSettings::Xmpp(account) => Some(Box::new(xmpp::Xmpp::new(host, account))),
    }
}
