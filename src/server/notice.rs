//! What is worth a line in the log, but not one for each time that it happens.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Something that is said once in a while, however often it happens.
#[derive(Default)]
pub(super) struct Notice(Mutex<Option<Instant>>);

impl Notice {
    /// How often at most.
    const EVERY: Duration = Duration::from_mins(1);

    /// Whether it is to be said `now`; if so, it counts as said.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = said.is_none_or(|said| now.duration_since(said) >= Self::EVERY);
        if is_due {
            *said = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn a_notice_is_given_once_in_a_while() {
        let (notice, now) = (Notice::default(), clock::instant());
        let due = [0, 1, 59, 60, 61, 119, 120].map(|second| notice.is_due(now + Duration::from_secs(second)));
        assert_eq!(due, [true, false, false, true, false, false, true]);
    }
}
