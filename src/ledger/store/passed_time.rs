//! How far time has come, for whoever forgets what is not needed any more.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// How far time has come for sure, so that a clock that is set forward, and maybe back again, has nothing forgotten that is
/// still needed: it goes with the clock back, and forth no faster than time passes.
#[derive(Clone, Copy, Default)]
pub(in crate::ledger) struct PassedTime(Option<(Timestamp, Instant)>);

/// By how much the clock may run ahead: it is being corrected all the time.
const DRIFT: SignedDuration = SignedDuration::from_secs(1);

impl PassedTime {
    /// What has passed for sure when the clock says `now`. The first time that is believed.
    pub(super) fn until(&mut self, now: Timestamp, at: Instant) -> Timestamp {
        let sure = self.0.and_then(|(before, since)| {
            let passed = SignedDuration::try_from(at.saturating_duration_since(since)).ok()?;
            before.checked_add(passed.checked_add(DRIFT)?).ok()
        });
        match sure {
            Some(sure) if sure < now => {
                self.0 = Some((sure.checked_sub(DRIFT).unwrap_or(Timestamp::MIN), at));
                sure
            }
            _ => {
                self.0 = Some((now, at));
                now
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::invite::tests::moment;

    #[test]
    fn time_passes_no_faster_than_it_does_and_goes_back_with_the_clock() {
        let mut time = PassedTime::default();
        let start = clock::instant();
        let mut until =
            |now: &str, seconds| time.until(moment(now), start + std::time::Duration::from_secs(seconds)).to_string();
        assert_eq!(until("2026-01-01T00:00:00Z", 0), "2026-01-01T00:00:00Z");
        assert_eq!(until("2026-01-01T00:01:00Z", 60), "2026-01-01T00:01:00Z");
        assert_eq!(until("2036-01-01T00:00:00Z", 120), "2026-01-01T00:02:01Z");
        assert_eq!(until("2036-01-01T00:00:00Z", 120), "2026-01-01T00:02:01Z");
        assert_eq!(until("2026-01-01T00:03:00Z", 180), "2026-01-01T00:03:00Z");
        assert_eq!(until("1970-01-01T00:00:00Z", 240), "1970-01-01T00:00:00Z");
    }
}
