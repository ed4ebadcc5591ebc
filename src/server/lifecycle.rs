//! The service manager and the signals: `sd_notify(3)`, watchdog, SIGHUP, SIGTERM.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
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
    pub fn catch() -> io::Result<Self> {
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
    let Some(name) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let lines: Vec<_> = states.iter().map(ToString::to_string).collect();
    let message = lines.join("\n") + "\n";
    if let Err(error) = send(&name, &message) {
        tracing::warn!(error = %chain(&error), "cannot notify the service manager");
    }
}

/// Sends a datagram to a socket of that name, which is a path, or `@` and a name that is none. sd-notify 0.5 knows paths alone.
fn send(name: &OsStr, message: &str) -> io::Result<()> {
    let address = match name.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(name)?,
    };
    UnixDatagram::unbound()?.send_to_addr(message.as_bytes(), &address).map(drop)
}

/// The service manager drops a message that is longer (`NOTIFY_BUFFER_MAX` of systemd), whatever else is in it.
const MAX_MESSAGE_BYTES: usize = 4096;

/// `READY=1`, in a message of its own, so that nothing can keep it from arriving; then a first `STATUS=`.
pub fn ready(text: &str) {
    tell(&[NotifyState::Ready]);
    status(text);
}

/// `STATUS=`, cut to what the service manager takes.
pub fn status(text: &str) {
    tell(&[NotifyState::Status(&one_message(text))]);
}

/// A line that fits into a message: a line end would begin another variable.
fn one_message(text: &str) -> String {
    const MOST: usize = MAX_MESSAGE_BYTES - "STATUS=\n".len() - '…'.len_utf8();
    let mut line = text.replace(char::is_control, " ");
    if line.len() > MOST {
        line.truncate(line.floor_char_boundary(MOST));
        line.push('…');
    }
    line
}

/// `RELOADING=1` with `MONOTONIC_USEC=`; [`ready`] ends it.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// `STOPPING=1`, then a `STATUS=`.
pub fn stopping(text: &str) {
    tell(&[NotifyState::Stopping]);
    status(text);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_one_line_of_one_message() {
        assert_eq!(one_message("serving a\n  for:\tb"), "serving a   for: b");
        assert_eq!(one_message("x\nWATCHDOG=1"), "x WATCHDOG=1");
        for long in ["x".repeat(4_085), "é".repeat(3_000), "x".repeat(1 << 20)] {
            let line = one_message(&long);
            let message = format!("STATUS={line}\n").len();
            assert!((4_090..=MAX_MESSAGE_BYTES).contains(&message), "{message}");
        }
        assert_eq!(one_message(&"x".repeat(4_086)).len(), 4_088);
        assert!(one_message(&"x".repeat(4_000)).ends_with("xx"));
    }
}
