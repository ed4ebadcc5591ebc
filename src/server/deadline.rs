//! A point in time that is moved more often than it is reached.

use std::task::{Context, Poll, ready};
use std::time::Instant;

use async_io::Timer;

use crate::clock;

/// When a connection has had enough time.
pub(super) struct Deadline {
    at: Instant,
    timer: Timer,
    /// Nothing when it has rung: then it does not ring again by itself.
    rings_at: Option<Instant>,
}

impl Deadline {
    pub(super) fn new(at: Instant) -> Self {
        Self { at, timer: Timer::at(at), rings_at: Some(at) }
    }

    /// Moves it.
    pub(super) fn set(&mut self, at: Instant) {
        self.at = at;
        // A timer that rings too early is set anew when it rings; so a busy connection hardly ever touches it.
        if self.rings_at.is_none_or(|rings_at| at < rings_at) {
            self.set_timer();
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
            self.rings_at = None;
            if clock::instant() >= self.at {
                return Poll::Ready(());
            }
            self.set_timer();
        }
    }

    fn set_timer(&mut self) {
        self.timer.set_at(self.at);
        self.rings_at = Some(self.at);
    }
}
