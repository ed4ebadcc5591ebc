//! Reads what may be sent of a channel. Of several nodes the one that holds the channel sends, and one that can send nothing just
//! now leaves it to those who can.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::pace::Pace;
use crate::clock;
use crate::ledger::{Ledger, LedgerError, OutboxRow};

/// So many topics are read at once.
const TOPICS: usize = 256;

/// What is sent as one: rows of one topic.
pub(super) type Parcel = Vec<OutboxRow>;

/// Who reads, and what.
pub(super) struct Reading {
    pub(super) ledger: Ledger,
    pub(super) channel: String,
    pub(super) holder: String,
    pub(super) speed: Pace,
    /// What is being sent.
    pub(super) taken: BTreeSet<i64>,
    /// So much of one topic is sent as one.
    pub(super) together: usize,
    pub(super) held_until: Option<Instant>,
    /// Whether anything can be sent just now, as far as is known.
    pub(super) is_able: bool,
}

/// What was read.
pub(super) struct RowsRead {
    pub(super) parcels: Vec<Parcel>,
    /// Until when no other node sends them.
    pub(super) held_until: Option<Instant>,
}

impl Reading {
    /// Reads, and holds the channel where there is anything and other nodes may send it.
    pub(super) async fn read(self) -> Result<RowsRead, LedgerError> {
        let Self { ledger, held_until, speed, .. } = &self;
        let parcels = self.due().await?;
        let left = held_until.map(|until| until.saturating_duration_since(clock::instant())).unwrap_or_default();
        if parcels.is_empty() || !ledger.is_shared() || left >= speed.hold_on() {
            return Ok(RowsRead { parcels, held_until: *held_until });
        }
        let asked = clock::instant();
        let time = signed(speed.hold());
        if !ledger.hold_channel(self.channel.clone(), self.holder.clone(), time, ledger.now()).await? {
            return Ok(RowsRead { parcels: vec![], held_until: None });
        }
        // Whoever held it before may have sent some of them since.
        let parcels = if left.is_zero() { self.due().await? } else { parcels };
        Ok(RowsRead { parcels, held_until: Some(asked + speed.hold()) })
    }

    /// Has other nodes send what there is.
    pub(super) async fn leave(self) -> Result<RowsRead, LedgerError> {
        self.ledger.release_channel(self.channel, self.holder).await?;
        Ok(RowsRead { parcels: vec![], held_until: None })
    }

    /// What may be sent. Where that is not possible just now, and may be to another node, it is what no other has taken for so
    /// long as something may be under way: so there is always somebody who finds out that it cannot be sent, and that its time is
    /// over.
    async fn due(&self) -> Result<Vec<Parcel>, LedgerError> {
        let now = self.ledger.now();
        let since = if self.is_able || !self.ledger.is_shared() { now } else { earlier(now, self.speed.patience) };
        self.ledger.due(self.channel.clone(), self.taken.clone(), (TOPICS, self.together), since).await
    }
}

fn earlier(now: Timestamp, time: Duration) -> Timestamp {
    now.checked_sub(signed(time)).unwrap_or(Timestamp::MIN)
}

fn signed(time: Duration) -> SignedDuration {
    SignedDuration::try_from(time).unwrap_or(SignedDuration::ZERO)
}
