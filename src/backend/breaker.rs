//! When to leave a server alone: after a few failures in a row it is not called for a while, then one call tries it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So many failures in a row, and the server counts as away.
const FAILURES: u32 = 3;
/// It is left alone for so long at first, twice as long after every try that fails…
const FIRST_REST: Duration = Duration::from_secs(1);
/// …up to this.
const LONGEST_REST: Duration = Duration::from_secs(15);

/// Whether a server may be called.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    /// Until when the server is left alone, and for how long that is.
    rest: Option<(Instant, Duration)>,
    is_tried: bool,
}

/// What a call may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    /// Go.
    Go,
    /// Go, and by this it is seen whether the server is back.
    Try,
}

impl Breaker {
    /// Lets a call through, or says that the server is left alone.
    fn pass(&mut self, now: Instant) -> Option<Pass> {
        match self.rest {
            None => Some(Pass::Go),
            Some((until, _)) if now >= until && !self.is_tried => {
                self.is_tried = true;
                Some(Pass::Try)
            }
            Some(_) => None,
        }
    }

    /// A call was answered, be it with a refusal.
    fn answered(&mut self) {
        *self = Self::default();
    }

    /// A call was not answered.
    fn failed(&mut self, pass: Pass, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        let rest = match (pass, self.rest) {
            (Pass::Try, Some((_, rest))) => Some((rest * 2).min(LONGEST_REST)),
            (Pass::Go, None) if self.failures >= FAILURES => Some(FIRST_REST),
            _ => None,
        };
        if let Some(rest) = rest {
            self.rest = Some((now + rest, rest));
        }
        self.gave_up(pass);
    }

    /// A call was given up by whoever called: it shows nothing.
    fn gave_up(&mut self, pass: Pass) {
        if pass == Pass::Try {
            self.is_tried = false;
        }
    }
}

/// What the breaker let through, until it learns how that went: also when the caller goes away in between.
pub(super) struct HeldPass<'a> {
    breaker: &'a Mutex<Breaker>,
    pass: Option<Pass>,
}

impl<'a> HeldPass<'a> {
    /// Lets a call through, or says that the server is left alone.
    pub(super) fn take(breaker: &'a Mutex<Breaker>, now: Instant) -> Option<Self> {
        let pass = lock(breaker).pass(now)?;
        Some(Self { breaker, pass: Some(pass) })
    }
}

impl HeldPass<'_> {
    /// See [`Breaker::answered`].
    pub(super) fn answered(&mut self) {
        self.pass = None;
        lock(self.breaker).answered();
    }

    /// See [`Breaker::failed`].
    pub(super) fn failed(&mut self, now: Instant) {
        if let Some(pass) = self.pass.take() {
            lock(self.breaker).failed(pass, now);
        }
    }
}

impl Drop for HeldPass<'_> {
    fn drop(&mut self) {
        if let Some(pass) = self.pass {
            lock(self.breaker).gave_up(pass);
        }
    }
}

fn lock(breaker: &Mutex<Breaker>) -> MutexGuard<'_, Breaker> {
    breaker.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_fails_is_left_alone_then_tried_by_one() {
        let mut breaker = Breaker::default();
        let start = crate::clock::instant();
        let at = |ms: u64| start + Duration::from_millis(ms);
        for _ in 0..FAILURES {
            assert_eq!(breaker.pass(at(0)), Some(Pass::Go));
            breaker.failed(Pass::Go, at(0));
        }
        assert_eq!(breaker.pass(at(999)), None);
        assert_eq!(breaker.pass(at(1_000)), Some(Pass::Try));
        assert_eq!(breaker.pass(at(1_000)), None, "one is enough");
        breaker.failed(Pass::Try, at(1_000));
        assert_eq!(breaker.pass(at(2_999)), None, "twice as long");
        assert_eq!(breaker.pass(at(3_000)), Some(Pass::Try));
        breaker.gave_up(Pass::Try);
        assert_eq!(breaker.pass(at(3_000)), Some(Pass::Try), "a try that was given up is no try");
        breaker.answered();
        assert_eq!(breaker.pass(at(3_000)), Some(Pass::Go));
    }

    #[test]
    fn failures_that_were_under_way_when_it_opened_change_nothing() {
        let mut breaker = Breaker::default();
        let now = crate::clock::instant();
        for _ in 0..100 {
            breaker.failed(Pass::Go, now);
        }
        assert_eq!(breaker.pass(now + FIRST_REST), Some(Pass::Try));
    }

    #[test]
    fn a_rest_has_an_end() {
        let mut breaker = Breaker::default();
        let mut now = crate::clock::instant();
        (0..FAILURES).for_each(|_| breaker.failed(Pass::Go, now));
        for _ in 0..1_000 {
            now += LONGEST_REST;
            assert_eq!(breaker.pass(now), Some(Pass::Try));
            breaker.failed(Pass::Try, now);
        }
    }
}
