//! Another configuration: all of it is right and put in force, or nothing changes.

use std::sync::Arc;

use super::in_force::{load_tls, log_certificate, log_notices, proxies};
use super::running::Running;
use crate::app;
use crate::caller::AppState;
use crate::config::{Credentials, Faults, Purpose, Settings, Sources};
use crate::delivery;
use crate::key::KeyRing;
use crate::log::{Event, event};
use crate::server::lifecycle;

/// Reads the configuration again when it is told to.
pub(super) struct Reloader {
    sources: Sources,
    running: Running,
    /// What the service was started with: some of it stays in force until a restart.
    started: Arc<Settings>,
}

impl Reloader {
    pub(super) fn new(sources: Sources, running: Running) -> Self {
        let started = Arc::clone(&running.state.load().settings);
        Self { sources, running, started }
    }

    /// Reads everything again, and says how that went.
    pub(super) fn reload(&self) {
        lifecycle::reloading();
        let done = self.put_in_force();
        self.running.metrics.reload_refused.set(done.is_err().into());
        match done {
            Ok(()) => event(&Event::Reloaded),
            Err(Faults(faults)) => {
                if let [fault] = &faults[..] {
                    event(&Event::ReloadRefused { reason: fault });
                } else {
                    event(&Event::ReloadRefused { reason: &format_args!("{} settings are wrong", faults.len()) });
                    for fault in &faults {
                        tracing::error!("{fault}");
                    }
                }
            }
        }
        lifecycle::ready(&self.running.status());
    }

    fn put_in_force(&self) -> Result<(), Faults> {
        let running = &self.running;
        let settings = self.sources.merge().settings(&Credentials::from_environment(), Purpose::Serve)?;
        let tls = load_tls(&settings)?;
        let before = running.state.load_full();
        warn_of_restart(&self.started, &settings);
        let (limits, trusted) = (settings.http.clone(), settings.trusted_proxies.clone());
        let keys = KeyRing::new(&settings.keys, Arc::clone(&running.state_keys));
        log_notices(&settings, &keys);
        let subscribers = delivery::subscribers(&settings);
        let settings = Arc::new(settings);
        let desk = before.desk.renewed(Arc::clone(&settings), keys);
        let state = Arc::new(AppState { desk, settings, proxies: Arc::clone(&before.proxies) });
        running.state.store(Arc::clone(&state));
        running.ledger.subscribe(subscribers);
        if let Some(tls) = tls {
            log_certificate(&tls);
            running.metrics.certificate(tls.expires_at());
            running.server.replace_tls(Some(tls));
        }
        running.server.replace_proxies(proxies(&state.settings));
        running.server.replace(app::build(state, Arc::clone(&running.metrics)), limits, &trusted);
        running.metrics.key_reloads.inc();
        Ok(())
    }
}

/// Names what is another than at the start, and stays as it was there until a restart.
fn warn_of_restart(before: &Settings, after: &Settings) {
    for (what, changed) in [
        ("listen", after.listen != before.listen),
        ("metrics.listen", after.metrics.listen != before.metrics.listen),
        ("state_dir", after.state_dir != before.state_dir),
        ("ledger.url", after.ledger.url != before.ledger.url),
        ("ledger.key_file", after.ledger.key_file != before.ledger.key_file),
        ("tls", after.tls.is_some() != before.tls.is_some()),
    ] {
        if changed {
            tracing::warn!("{what} has changed, and needs a restart");
        }
    }
}
