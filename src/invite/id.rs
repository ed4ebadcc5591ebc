//! What invites are called by.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::display::Base64Display;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What an invite is called by. Not secret: it opens nothing. Time-ordered, so newer invites have greater ids.
///
/// 41 bits of milliseconds since 2025, then 22 bits that keep invites of one millisecond apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InviteId(u64);

/// 2025-01-01T00:00:00Z
const EPOCH_MS: i64 = 1_735_689_600_000;
const RANDOM_BITS: u32 = 22;
/// A clock that is later counts as this, in the year 2094: that leaves room for more ids than there will ever be, which come
/// one after the other then.
const LATEST_MS: u64 = (1 << 41) - (1 << 30);

impl InviteId {
    /// The id for an invite created at `now` after the one called `last`: always greater, also when the clock was set back.
    /// `random` keeps nodes that share a ledger apart.
    #[must_use]
    pub fn after(last: Option<Self>, now: Timestamp, random: u32) -> Self {
        let fresh = Self::first_at(now).0 | u64::from(random & ((1 << RANDOM_BITS) - 1));
        match last {
            // Within the millisecond: a small random step leaves room for the others.
            Some(Self(last)) if fresh <= last => Self(last.saturating_add(1 + u64::from(random & 0xff))),
            _ => Self(fresh),
        }
    }

    /// The smallest id of an invite created at `moment`: whatever is older has a smaller one.
    #[must_use]
    pub fn first_at(moment: Timestamp) -> Self {
        let ms = u64::try_from(moment.as_millisecond().saturating_sub(EPOCH_MS)).unwrap_or(0);
        Self(ms.min(LATEST_MS) << RANDOM_BITS)
    }

    /// As the ledger stores it.
    #[must_use]
    pub fn to_row(self) -> i64 {
        self.0.cast_signed()
    }

    /// From the ledger.
    #[must_use]
    pub fn from_row(row: i64) -> Self {
        Self(row.cast_unsigned())
    }

    pub(super) fn to_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    pub(super) fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(u64::from_be_bytes(bytes))
    }
}

impl fmt::Display for InviteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Base64Display::new(&self.to_bytes(), &URL_SAFE_NO_PAD), f)
    }
}

/// A text that is no invite's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an invite's id, 11 characters as `invited invite list` prints them")]
pub struct NoInviteId;

impl FromStr for InviteId {
    type Err = NoInviteId;
    fn from_str(text: &str) -> Result<Self, NoInviteId> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NoInviteId)?;
        Ok(Self::from_bytes(bytes.try_into().map_err(|_| NoInviteId)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::tests::moment;

    #[test]
    fn ids_grow_and_read_back() {
        let now = moment("2026-01-01T00:00:00Z");
        let first = InviteId::after(None, now, 7);
        let second = InviteId::after(Some(first), now, 0);
        let back_in_time = InviteId::after(Some(second), moment("2025-12-31T00:00:00Z"), u32::MAX);
        assert!(first < second && second < back_in_time);
        assert!(InviteId::first_at(now) <= first && first < InviteId::first_at(moment("2026-01-01T00:00:00.001Z")));
        assert_eq!(first.to_string(), "AdXsSwAAAAc");
        assert_eq!("AdXsSwAAAAc".parse(), Ok(first));
        for wrong in ["", "AdXsSwAAAA", "AdXsSwAAAAcA", "AdXsSwAAAA=", "😀"] {
            assert_eq!(wrong.parse::<InviteId>(), Err(NoInviteId));
        }
    }

    #[test]
    fn ids_grow_whatever_the_clock_does() {
        let moments = ["2026-01-01T00:00:00Z", "2036-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9000-01-01T00:00:00Z"];
        let mut last = None;
        for at in 0..10_000_u32 {
            let id = InviteId::after(last, moment(moments[at as usize % 4]), at.wrapping_mul(2_654_435_761));
            assert!(last < Some(id) && id.to_row() > 0, "{last:?} {id:?}");
            last = Some(id);
        }
    }
}
