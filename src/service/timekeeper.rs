//! Sees how far this node's clock is from the database's, by which it judges; tells when that is much, and when it is over.

use std::sync::Arc;
use std::time::Duration;

use async_io::Timer;

use crate::ledger::{ClockDifference, Ledger};
use crate::log::chain;
use crate::metrics::Metrics;

/// How often it looks.
const ROUND: Duration = Duration::from_secs(1);

/// For so many rounds a database that is away is not asked.
const PAUSES: u32 = 4;

/// How this node's clock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClockState {
    InStep,
    /// An admin is to know of it.
    Off,
    /// The node does not judge.
    TooFar,
}

impl ClockState {
    /// After another look. A difference about the size from which on it is told is not told again and again.
    fn next(self, difference: ClockDifference) -> Self {
        let is_small = difference.size() < ClockDifference::SMALL;
        if difference.is_too_large() {
            Self::TooFar
        } else if difference.is_large() || (self != Self::InStep && !is_small) {
            Self::Off
        } else {
            Self::InStep
        }
    }
}

/// Goes on as long as the process lives, where the database has a clock of its own.
pub(super) async fn run(ledger: Ledger, metrics: Arc<Metrics>) {
    if !ledger.has_other_clock() {
        return;
    }
    let (mut state, mut pauses) = (ClockState::InStep, 0);
    loop {
        if pauses > 0 {
            pauses -= 1;
        } else if let Err(error) = ledger.read_clock().await {
            tracing::debug!(error = %chain(&error), "the database's clock cannot be read, will retry");
            pauses = PAUSES;
        }
        if let Some(difference) = ledger.clock_difference() {
            metrics.clock_difference.set(difference.seconds());
            let next = state.next(difference);
            if next != state {
                tell(state, next, difference);
            }
            state = next;
        }
        Timer::after(ROUND).await;
    }
}

fn tell(before: ClockState, now: ClockState, difference: ClockDifference) {
    match (before, now) {
        (_, ClockState::InStep) => tracing::info!("this node's clock agrees with PostgreSQL's again"),
        (_, ClockState::TooFar) => tracing::error!(
            "this node's clock is {difference}: it answers 503 to whatever it would have to judge, and forgets nothing; set it, and \
             have chrony or systemd-timesyncd keep it right"
        ),
        (ClockState::TooFar, ClockState::Off) => {
            tracing::warn!("this node judges again; its clock is still {difference}");
        }
        (_, ClockState::Off) => tracing::warn!(
            "this node's clock is {difference}, by which it judges; set it, and have chrony or systemd-timesyncd keep it right"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_about_as_large_as_is_told_is_told_once() {
        use ClockState::{InStep, Off, TooFar};
        let mut state = InStep;
        for (ms, expected) in [
            (1_900, InStep),
            (2_100, Off),
            (1_900, Off),
            (-2_100, Off),
            (-1_000, Off),
            (-999, InStep),
            (-1_900, InStep),
            (31_000, TooFar),
            (29_000, Off),
            (-31_000, TooFar),
            (500, InStep),
        ] {
            state = state.next(ClockDifference::new(jiff::SignedDuration::from_millis(ms)));
            assert_eq!(state, expected, "{ms}");
        }
    }
}
