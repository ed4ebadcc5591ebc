//! What waits in the outbox, and what came of sending it.

use jiff::{SignedDuration, Timestamp};

/// For so long something is tried, from when it happened.
pub(super) const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(3 * 24);

/// Something that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its place in the order.
    pub id: i64,
    /// What its receiver knows it by, however often it gets it.
    pub message: String,
    /// Rows of one topic are sent one after the other.
    pub topic: String,
    /// What is sent.
    pub body: Vec<u8>,
    /// How often it was tried.
    pub attempts: u32,
    /// Not before this.
    pub next_at: Timestamp,
    /// What fails later than this is not tried again.
    pub give_up_at: Timestamp,
}

/// Something that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempted {
    /// The row.
    pub id: i64,
    /// The same, where another one got its number since.
    pub message: String,
    /// What came of it.
    pub end: AttemptEnd,
}

/// What came of trying to send something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    /// It is with its receiver.
    Delivered,
    /// It is tried again.
    Failed {
        /// Not before this.
        next_at: Timestamp,
    },
    /// It was not tried, as it is not time for it yet.
    Early {
        /// Not before this.
        next_at: Timestamp,
    },
    /// It is tried no more.
    Dead {
        /// Since when.
        at: Timestamp,
    },
}

/// How a channel goes since that was last written; nothing: as before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelNote {
    /// When something was delivered last.
    pub delivered_at: Option<Timestamp>,
    /// When something was not, and why.
    pub failed: Option<(Timestamp, String)>,
}

/// How a channel goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelState {
    /// How many rows are to be sent.
    pub waiting: u64,
    /// Since when the first of them waits.
    pub oldest: Option<Timestamp>,
    /// How many are tried no more.
    pub dead: u64,
    /// When something was delivered last.
    pub delivered_at: Option<Timestamp>,
    /// When something was not delivered last.
    pub failed_at: Option<Timestamp>,
    /// Why.
    pub failure: Option<String>,
}

/// How far those have come who tell of what has expired: all that was to be told of until then, and until this invite among
/// those of that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ExpiryMark {
    pub(super) at: i64,
    pub(super) invite: i64,
}

impl ExpiryMark {
    /// After all of that moment.
    pub(super) fn after(moment: Timestamp) -> Self {
        Self { at: moment.as_millisecond(), invite: i64::MAX }
    }

    pub(super) fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.at.to_be_bytes());
        bytes[8..].copy_from_slice(&self.invite.to_be_bytes());
        bytes
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (at, invite) = bytes.split_first_chunk()?;
        Some(Self { at: i64::from_be_bytes(*at), invite: i64::from_be_bytes(invite.try_into().ok()?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        for mark in [ExpiryMark { at: 0, invite: 7 }, ExpiryMark { at: i64::MAX, invite: i64::MIN }] {
            assert_eq!(ExpiryMark::read(&mark.to_bytes()), Some(mark));
        }
        assert_eq!(ExpiryMark::read(b"short"), None);
        assert_eq!(ExpiryMark::read(&[0; 17]), None);
    }
}
