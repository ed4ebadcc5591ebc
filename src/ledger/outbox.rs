//! What the ledger can be asked about its outbox, for whoever sends what is in it, and about whom it is for.

mod timely;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use event_listener::EventListener;
use jiff::{SignedDuration, Timestamp};

use super::Ledger;
use super::error::LedgerError;
use super::outbox_row::{Attempted, ChannelNote, ChannelState, OutboxRow};
use super::store::MAIL_CHANNEL;
use super::subscribers::Subscriber;
use super::work::WorkShape;
use crate::clock;
use crate::invite::event::EventKind;

impl Ledger {
    /// From now on these are told of what happens.
    pub fn subscribe(&self, subscribers: Vec<Subscriber>) {
        self.subscribers.replace(subscribers);
    }

    /// Who is told of what happens.
    #[must_use]
    pub fn subscribers(&self) -> Arc<Vec<Subscriber>> {
        self.subscribers.list()
    }

    /// Hears when something was put into the outbox here, or others are told.
    #[must_use]
    pub fn outbox_written(&self) -> EventListener {
        self.subscribers.written()
    }

    /// Whether other nodes may send what is in the outbox, too.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.files.is_none()
    }

    /// Has whoever wants to know of it be told of an event that is of no host.
    ///
    /// # Errors
    /// Nobody is told.
    pub async fn announce(
        &self,
        kind: EventKind,
        topic: String,
        body: Vec<u8>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.write(WorkShape::ONE, async move |transaction| transaction.announce_beside(kind, &topic, &body, now).await)
            .await
    }

    /// What may be sent of a channel: of at most so many topics the first row, and up to so many rows `together` with those behind
    /// it; `taken` are being sent.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn due(
        &self,
        channel: String,
        taken: BTreeSet<i64>,
        (most, together): (usize, usize),
        now: Timestamp,
    ) -> Result<Vec<Vec<OutboxRow>>, LedgerError> {
        self.readers.read(async move |store| store.due(&channel, &taken, (most, together), now).await).await
    }

    /// Has `holder` alone send what is in a channel, for so long; false if somebody else does.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn hold_channel(
        &self,
        channel: String,
        holder: String,
        time: SignedDuration,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let (asked, who) = (channel.clone(), holder.clone());
        // So that whoever waits for another writes nothing.
        if self.readers.read(async move |store| store.is_held_by_another(&asked, &who, now).await).await? {
            return Ok(false);
        }
        self.judge(WorkShape::ONE, async move |transaction| {
            transaction.hold_channel(&channel, &holder, time, now).await
        })
        .await
    }

    /// Lets others send what is in a channel.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn release_channel(&self, channel: String, holder: String) -> Result<(), LedgerError> {
        self.write(WorkShape::ONE, async move |transaction| transaction.release_channel(&channel, &holder).await).await
    }

    /// Writes down what came of sending rows of a channel, and how it goes. With `gives_up`, what was to be given up by then
    /// is dead; gives how many rows that were.
    ///
    /// # Errors
    /// Nothing was written down.
    pub async fn note_attempts(
        &self,
        channel: String,
        attempts: Arc<[Attempted]>,
        note: ChannelNote,
        gives_up: Option<Timestamp>,
    ) -> Result<u64, LedgerError> {
        let shape = WorkShape::Beside { rows: attempts.len().max(1) };
        self.write(shape, async move |transaction| {
            transaction.note_attempts(&channel, &attempts, &note, gives_up).await
        })
        .await
    }

    /// Has what is dead in a channel be tried again; gives how many rows that are.
    ///
    /// # Errors
    /// Some may be tried again.
    pub async fn revive_outbox(&self, channel: &str, now: Timestamp) -> Result<u64, LedgerError> {
        let mut revived = 0;
        loop {
            let channel = channel.to_owned();
            let some = self
                .write(WorkShape::Alone, async move |transaction| transaction.revive_outbox(&channel, now).await)
                .await?;
            if some == 0 {
                return Ok(revived);
            }
            revived += some;
        }
    }

    /// Forgets what was put into the outbox before `before`; gives how many rows that were.
    ///
    /// # Errors
    /// Some may have been forgotten.
    pub async fn forget_outbox(&self, before: Timestamp) -> Result<u64, LedgerError> {
        let mut forgotten = 0;
        loop {
            let some =
                self.write(WorkShape::Alone, async move |transaction| transaction.forget_outbox(before).await).await?;
            if some == 0 {
                return Ok(forgotten);
            }
            forgotten += some;
        }
    }

    /// How each channel goes that has anything in it, or had.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn channels(&self) -> Result<BTreeMap<String, ChannelState>, LedgerError> {
        self.readers.read(async |store| store.channels().await).await
    }

    /// Whether anything is to be sent to whoever is told of what happens.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn is_anything_to_be_sent(&self) -> Result<bool, LedgerError> {
        let channels: Vec<_> = self.subscribers().iter().map(|one| one.channel.clone()).collect();
        if channels.is_empty() {
            return Ok(false);
        }
        self.readers.read(async move |store| store.is_to_be_sent(&channels).await).await
    }

    /// Whether any letter is to be mailed.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn is_any_letter_to_be_sent(&self) -> Result<bool, LedgerError> {
        self.readers.read(async |store| store.is_to_be_sent(&[MAIL_CHANNEL.to_owned()]).await).await
    }

    /// A name for this process among those that send what is in the outbox. Where the ledger is a file there is one at a time.
    #[must_use]
    pub fn new_holder(&self) -> String {
        use rand::Rng as _;
        if self.is_shared() { format!("{:016x}", clock::rng().next_u64()) } else { "service".into() }
    }
}
