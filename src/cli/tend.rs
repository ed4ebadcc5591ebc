//! What the service does for its XMPP servers beside requests: tries those that are away, settles what was left open,
//! hears of what apps used, clears up. Apart from the housekeeper, which must never wait for a server.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use async_io::Timer;

use crate::backend::State;
use crate::clock;
use crate::desk::Desk;

const TURN: Duration = Duration::from_secs(1);
/// Tokens that apps hold are looked at every so many turns.
const WATCH_EVERY: u64 = 60;
/// Servers clear up every so many turns: once an hour.
const TIDY_EVERY: u64 = 3_600;

/// Goes on as long as the process lives.
pub(super) async fn run(desk: Arc<ArcSwap<Desk>>) {
    for turn in 0_u64.. {
        let desk = desk.load_full();
        if desk.backends().all().next().is_some() {
            for (_, backend) in desk.backends().all() {
                // How that went is told by the backend itself.
                if backend.state() != State::Up {
                    backend.probe().await;
                }
                let _ = backend.keep().await;
                if turn % TIDY_EVERY == 0 {
                    let _ = backend.tidy().await;
                }
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
