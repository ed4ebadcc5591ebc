//! What the service does for its XMPP servers beside requests: tries those that are away, finishes what was left undone,
//! asks what apps used, clears up. Apart from the housekeeper, which must never wait for a server.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use async_io::Timer;

use crate::caller::AppState;
use crate::log::chain;

/// How long it rests between two rounds.
const PAUSE: Duration = Duration::from_secs(1);
/// Tokens that apps hold are looked at every so many rounds.
const WATCH_EVERY: u64 = 60;
/// Servers clear up every so many rounds: once an hour, and not before it is known what became of the tokens there.
const TIDY_EVERY: u64 = 3_600;
const TIDY_FIRST: u64 = 60;

/// Goes on as long as the process lives.
pub(super) async fn run(state: Arc<ArcSwap<AppState>>) {
    for round in 0_u64.. {
        let state = state.load_full();
        // What was left undone waits for a clock that is right.
        let may_judge = state.desk.health.may_judge();
        for care in state.desk.reconcile.servers(may_judge && round % TIDY_EVERY == TIDY_FIRST) {
            // A server that hangs keeps no other waiting.
            async_std::task::spawn(care);
        }
        if may_judge {
            let now = state.desk.now();
            let mut done = state.desk.reconcile.run(now).await;
            if done.is_ok() && round % WATCH_EVERY == 0 {
                done = state.desk.app_tokens.watch(now).await;
            }
            if let Err(error) = done {
                tracing::debug!(error = %chain(&error), "reconciliation failed, will retry");
            }
        }
        Timer::after(PAUSE).await;
    }
}
