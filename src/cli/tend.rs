//! What the service does for its XMPP servers beside requests: tries those that are away, settles what was left open,
//! hears of what apps used, clears up. Apart from the housekeeper, which must never wait for a server.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use async_io::Timer;

use crate::backend::{Backend, State};
use crate::clock;
use crate::desk::Desk;

const TURN: Duration = Duration::from_secs(1);
/// Tokens that apps hold are looked at every so many turns.
const WATCH_EVERY: u64 = 60;
/// A server that answered, and was asked for nothing since, is asked whether it is still there.
const PROBE_EVERY: Duration = Duration::from_secs(30);
/// Servers clear up every so many turns: once an hour, and not before it is known what became of the tokens there.
const TIDY_EVERY: u64 = 3_600;
const TIDY_FIRST: u64 = 60;

/// Goes on as long as the process lives.
pub(super) async fn run(desk: Arc<ArcSwap<Desk>>) {
    for turn in 0_u64.. {
        let desk = desk.load_full();
        if desk.backends().all().next().is_some() {
            for (_, backend) in desk.backends().all() {
                // A server that hangs keeps no other waiting.
                async_std::task::spawn(look_after(Arc::clone(backend), turn % TIDY_EVERY == TIDY_FIRST));
            }
            let now = clock::now();
            let mut done = desk.tend(now).await;
            if done.is_ok() && turn % WATCH_EVERY == 0 {
                done = desk.watch_apps(now).await;
            }
            if let Err(error) = done {
                log::debug!("error":% = error; "what is open at the XMPP servers is settled later");
            }
        }
        Timer::after(TURN).await;
    }
}

/// Sees that one server is there, and that what must be in place there is.
async fn look_after(backend: Arc<Backend>, tidy: bool) {
    let Some(_care) = backend.care() else { return };
    // How that went is told by the backend itself.
    if backend.state() != State::Up || backend.is_quiet_for(PROBE_EVERY) {
        backend.probe().await;
    }
    let _ = backend.keep().await;
    if tidy {
        let _ = backend.tidy().await;
    }
}
