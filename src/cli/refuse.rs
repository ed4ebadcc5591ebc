//! A service that a socket started, and that cannot serve: its configuration is wrong, or its ledger cannot be opened.
//!
//! The connection that started it waits, and would start it again as soon as it ends, without a pause. So it answers 503
//! for a second before it ends: no caller is left waiting, and there is one start a second at the most.

use std::time::Duration;

use async_io::Timer;
use tide::listener::Listener as _;

use crate::app;
use crate::config::HttpSettings;
use crate::config::value::Span;
use crate::log::chain;
use crate::server::lifecycle;
use crate::server::listen::{Role, Socket};
use crate::server::{Listeners, Server};

/// How long, and how long whoever is slow may take after that.
const SECOND: Duration = Duration::from_secs(1);

/// There may be no valid configuration to take these from.
fn limits() -> HttpSettings {
    let second = Span(SECOND);
    HttpSettings { header_timeout: second, body_timeout: second, idle_timeout: second, ..HttpSettings::default() }
}

/// Refuses all that comes in on `sockets`, and tells the service manager why. Without sockets nothing is refused.
pub(super) async fn all(sockets: Vec<Socket>, error: &anyhow::Error) {
    // Without a certificate nothing can be said on the others.
    let sockets: Vec<_> = sockets.into_iter().filter(|socket| socket.role != Role::Https).collect();
    if sockets.is_empty() {
        return;
    }
    let lines = chain(error.as_ref()).to_string();
    let line: Vec<_> = lines.lines().map(str::trim).collect();
    lifecycle::status(&format!("cannot start: {}", line.join(" ")));
    let server = Server::new(limits(), &[]);
    let app = app::unavailable("the service cannot start");
    let mut listeners = match app.bind(Listeners::new(&server, sockets)).await {
        Ok(listeners) => listeners,
        Err(error) => {
            return tracing::warn!(error = %chain(&error), "cannot answer 503 on the sockets that systemd passed");
        }
    };
    let accepting = async_std::task::spawn(async move { listeners.accept().await });
    Timer::after(SECOND).await;
    server.drain(accepting, SECOND).await;
}
