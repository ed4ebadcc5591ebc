//! What a courier is given to send with.

use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

use super::pace::Pace;
use crate::ledger::OutboxRow;

/// What came of sending something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// Its receiver has it.
    Delivered,
    /// Nobody could do anything with it any more.
    Dropped,
    /// Its receiver does not take it, and would not take it later.
    Refused {
        /// Why, for an admin: without anything secret.
        reason: String,
    },
    /// Its receiver does not take it now; others it may.
    PutOff {
        /// Why, likewise.
        reason: String,
    },
    /// Its receiver may not have it, and takes nothing for now.
    Failed {
        /// Why, likewise, and without what the receiver said.
        reason: String,
        /// How long the receiver wants to be left alone.
        wait: Option<Duration>,
    },
    /// It was not tried: it is not time for it yet.
    Early {
        /// For how long not.
        wait: Duration,
    },
}

/// How sending ended, as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryEnd {
    /// Its receiver has it.
    Delivered,
    /// Nobody could do anything with it any more.
    Dropped,
    /// Its receiver does not take it.
    Refused,
    /// It is tried again.
    Failed,
    /// It is tried no more.
    Dead,
}

impl DeliveryEnd {
    /// What it is called in the counts of letters and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Delivered => "sent",
            Self::Dropped => "dropped",
            Self::Refused | Self::Dead => "refused",
            Self::Failed => "failed",
        }
    }
}

/// What an admin may want to know of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelNews<'a> {
    /// It begins to fail.
    Failing {
        /// Why.
        reason: &'a str,
    },
    /// All that had failed is with its receiver.
    Recovered,
    /// So many are tried no more: their time is over.
    Dead {
        /// How many.
        count: u64,
    },
}

/// What sending some of it comes to, some time.
pub type Carrying<'a> = Pin<Box<dyn Future<Output = Carried> + Send + 'a>>;

/// Who sends what is in a channel.
pub trait Carrier: Send + Sync + 'static {
    /// Sends these rows, and waits for what comes of that, for as long as its [`Pace`] says at most. There is one row, or where
    /// a topic [goes together](Self::goes_together) any number of that topic.
    fn carry<'a>(&'a self, rows: &'a [OutboxRow], now: Timestamp) -> Carrying<'a>;

    /// How fast it goes.
    fn pace(&self) -> Pace;

    /// Whether it may be that something can be sent just now. Of several nodes one that cannot leaves it to the others.
    fn is_able(&self) -> bool {
        true
    }

    /// Whether all that waits of one topic is sent as one.
    fn goes_together(&self) -> bool {
        false
    }

    /// Counts how sending something ended.
    fn count(&self, end: DeliveryEnd);

    /// Tells an admin.
    fn tell(&self, news: &ChannelNews<'_>);
}
