//! A point in time that is moved more often than it is reached.

use std::task::{Context, Poll, ready};
use std::time::Instant;

use async_io::Timer;

use crate::clock;

/// When a connection has had enough time.
pub(super) struct Deadline {
    at: Instant,
    timer: Timer,
    timer_at: Instant,
}

impl Deadline {
    pub(super) fn new(at: Instant) -> Self {
        Self { at, timer: Timer::at(at), timer_at: at }
    }

    /// Moves it.
    pub(super) fn set(&mut self, at: Instant) {
        self.at = at;
        // A timer that rings too early is set anew when it rings; so a busy connection never touches it.
        if at < self.timer_at {
            self.timer.set_at(at);
            self.timer_at = at;
        }
    }

    /// Moves it forward, if it is later than this.
    pub(super) fn hasten(&mut self, at: Instant) {
        self.set(self.at.min(at));
    }

    /// Whether it has passed.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(std::pin::Pin::new(&mut self.timer).poll(cx));
            if clock::instant() >= self.at {
                return Poll::Ready(());
            }
            self.timer.set_at(self.at);
            self.timer_at = self.at;
        }
    }
}
