//! What limits the one who has invites created, and the one rule that judges by it: for whoever asks beforehand, and in
//! the transaction that would use it up.

use std::borrow::Cow;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::error::CreateError;
use crate::invite::{Draft, Source};
use crate::rate::{Rate, RateExceeded, Used};

/// When a key was last used is written so often; a limit that is used, always.
pub(super) const NOTE_EVERY: SignedDuration = SignedDuration::from_secs(10);

/// Who has too many pending invites waits for so long at least.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// What limits the one who has invites created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLimits {
    /// Who: a key, or a user.
    pub source: Source,
    /// Invites created.
    pub limit: Option<Rate>,
    /// Most pending invites.
    pub max_pending: Option<u32>,
}

/// The pending invites of a source.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PendingCount {
    /// How many there are.
    pub(super) count: u32,
    /// When the next of them expires, where that was asked.
    pub(super) next: Option<NextEnd>,
}

impl PendingCount {
    /// One more.
    pub(super) fn add(&mut self, draft: &Draft) {
        self.count = self.count.saturating_add(1);
        let added = NextEnd::new(draft.expires_at.as_millisecond(), draft.created_at.as_millisecond());
        self.next = self.next.map(|next| if added.end < next.end { added } else { next });
    }
}

/// When an invite expires, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NextEnd {
    end: i64,
    /// How long it lives: whatever the clock did since it was created, nobody waits for longer.
    life: i64,
}

impl NextEnd {
    pub(super) fn new(end: i64, created_at: i64) -> Self {
        Self { end, life: end.saturating_sub(created_at) }
    }
}

impl SourceLimits {
    /// Under which name its rate is counted: a key's id, or `xmpp/` and the user's JID.
    pub(super) fn account(&self) -> Cow<'_, str> {
        match &self.source {
            Source::Key(id) => id.as_str().into(),
            source => source.to_string().into(),
        }
    }

    /// Whether `count` more invites may be created; gives what is used of the rate then.
    pub(super) fn judge(
        &self,
        pending: PendingCount,
        used: Used,
        count: u32,
        now: Timestamp,
    ) -> Result<Used, CreateError> {
        self.room(pending, count, now).map_err(|retry_after| CreateError::Pending { retry_after })?;
        match self.limit {
            Some(limit) => {
                limit.take(used, now, count).map_err(|RateExceeded { retry_after }| CreateError::Limit { retry_after })
            }
            None => Ok(used),
        }
    }

    /// Whether `count` more invites may be pending.
    pub(super) fn has_room(&self, pending: PendingCount, count: u32) -> bool {
        self.max_pending.is_none_or(|most| pending.count.saturating_add(count) <= most)
    }

    /// The same; if not, gives when the next one may.
    pub(super) fn room(&self, pending: PendingCount, count: u32, now: Timestamp) -> Result<(), Duration> {
        if self.has_room(pending, count) {
            return Ok(());
        }
        let wait = pending.next.map_or(0, |next| next.end.saturating_sub(now.as_millisecond()).min(next.life));
        Err(Duration::from_millis(u64::try_from(wait).unwrap_or(0)).max(SHORTEST_WAIT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pending_invites_are_judged_before_the_rate() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let pending = |count, seconds: i64| {
            let end = now.as_millisecond() + seconds * 1_000;
            PendingCount { count, next: Some(NextEnd::new(end, end - 60_000)) }
        };
        let limits = |limit: Option<&str>, max_pending| SourceLimits {
            source: Source::Cli,
            limit: limit.map(|limit| limit.parse().unwrap()),
            max_pending,
        };
        let over = |seconds| Err(CreateError::Pending { retry_after: Duration::from_secs(seconds) });
        let slow = |seconds| Err(CreateError::Limit { retry_after: Duration::from_secs(seconds) });
        let (none, at) = (Used::default(), now.as_microsecond());
        let hour = Ok(Used { full_at: at + 3_600_000_000, at });
        for (limits, pending, count, expected) in [
            (limits(None, None), pending(9, 60), 9, Ok(none)),
            (limits(None, Some(10)), pending(9, 60), 1, Ok(none)),
            (limits(None, Some(10)), pending(9, 60), 2, over(60)),
            (limits(None, Some(10)), pending(10, -5), 1, over(1)),
            // The clock was set back by a month.
            (limits(None, Some(10)), pending(10, 30 * 86_400), 1, over(60)),
            (limits(None, Some(0)), PendingCount::default(), 1, over(1)),
            (limits(Some("2/h"), None), pending(9, 60), 2, hour.clone()),
            (limits(Some("2/h"), None), pending(9, 60), 3, slow(1_800)),
            (limits(Some("2/h"), Some(9)), pending(9, 60), 3, over(60)),
            (limits(Some("2/h"), Some(10)), pending(9, 60), u32::MAX, over(60)),
        ] {
            assert_eq!(limits.judge(pending, none, count, now), expected, "{limits:?} {pending:?} {count}");
        }
    }
}
