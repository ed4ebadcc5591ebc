//! The service manager and the signals: `sd_notify(3)`, watchdog, SIGHUP, SIGTERM.

use std::time::Duration;

use async_signal::{Signal, Signals};
use futures_lite::StreamExt as _;
use sd_notify::NotifyState;

use crate::log::chain;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceSignal {
    /// SIGHUP: read the configuration again.
    Reload,
    /// SIGTERM, SIGINT: answer what is in flight and stop.
    Stop,
}

/// Signals, one after the other.
pub struct ServiceSignals(Signals);

impl ServiceSignals {
    /// Begins to catch signals.
    ///
    /// # Errors
    /// As the system says.
    pub fn catch() -> std::io::Result<Self> {
        Signals::new([Signal::Hup, Signal::Term, Signal::Int]).map(Self)
    }

    /// The next request.
    pub async fn next(&mut self) -> ServiceSignal {
        match self.0.next().await {
            Some(Ok(Signal::Hup)) => ServiceSignal::Reload,
            _ => ServiceSignal::Stop,
        }
    }
}

/// Tells the service manager; without one, nobody.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(error = %chain(&error), "cannot notify the service manager");
    }
}

/// `READY=1` with a first `STATUS=`.
pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// `STATUS=`
pub fn status(status: &str) {
    tell(&[NotifyState::Status(status)]);
}

/// `RELOADING=1` with `MONOTONIC_USEC=`; [`ready`] ends it.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// `STOPPING=1`
pub fn stopping(status: &str) {
    tell(&[NotifyState::Stopping, NotifyState::Status(status)]);
}

/// `WATCHDOG=1`
pub fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// How often the service manager wants to hear [`alive`], at the least: `WATCHDOG_USEC`.
#[must_use]
pub fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}
