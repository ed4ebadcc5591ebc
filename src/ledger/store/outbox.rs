//! Statements about the outbox: what is put there with what happened, and what becomes of it.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rand::Rng as _;

use super::outbox_entry::{OutboxEntry, give_up_at};
use super::rows::moment;
use super::sweep::SWEEP_ROWS;
use super::transaction::{Store, Transaction};
use crate::invite::event::{EventKind, body_of_invite};
use crate::invite::{Invite, Redemption};
use crate::ledger::error::{LedgerError, SqlError};
use crate::ledger::outbox_row::{AttemptEnd, Attempted, ChannelNote, OutboxRow};
use crate::ledger::row::Row;

/// So many rows are read at once, and so often, for whoever looks for what may be sent.
const PAGE: usize = 256;
const MOST_PAGES: usize = 40;

impl Transaction<'_> {
    /// Has whoever wants to know of it be told what happened to an invite, at the moment `at` and just now.
    pub(super) async fn announce(
        &self,
        kind: EventKind,
        invite: &Invite,
        redemption: Option<&Redemption>,
        (at, now): (Timestamp, Timestamp),
    ) -> Result<(), SqlError> {
        let mut body = None;
        for subscriber in self.subscribers.iter().filter(|one| one.wants(kind, Some(&invite.draft.host))) {
            let body = body.get_or_insert_with(|| body_of_invite(kind, invite, redemption, at));
            self.put_in_outbox(&subscriber.channel, invite.id.to_string(), body, now).await?;
        }
        Ok(())
    }

    /// Has whoever wants to know of it be told of an event that is of no host.
    pub(in crate::ledger) async fn announce_beside(
        &self,
        kind: EventKind,
        topic: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Result<(), LedgerError>, SqlError> {
        for subscriber in self.subscribers.iter().filter(|one| one.wants(kind, None)) {
            self.put_in_outbox(&subscriber.channel, topic.to_owned(), body, now).await?;
        }
        Ok(Ok(()))
    }

    /// Puts something into the outbox of a channel; it goes out if this transaction is committed.
    pub(super) async fn put_in_outbox(
        &self,
        channel: &str,
        topic: String,
        body: &[u8],
        at: Timestamp,
    ) -> Result<(), SqlError> {
        let mut random = [0; 16];
        self.rng.borrow_mut().fill_bytes(&mut random);
        let message = format!("msg_{}", URL_SAFE_NO_PAD.encode(random));
        let entry = OutboxEntry { channel, message, topic, body, at };
        self.is_outbox_written.set(true);
        if let Some(batch) = self.batch {
            batch.gather_outbox(&entry);
            return Ok(());
        }
        self.sql
            .send(
                "INSERT INTO outbox (channel, message, topic, created_at, next_at, give_up_at, body) \
                 VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)",
                &[
                    channel.into(),
                    entry.message.as_str().into(),
                    entry.topic.as_str().into(),
                    at.as_millisecond().into(),
                    entry.give_up_at().as_millisecond().into(),
                    body.into(),
                ],
            )
            .await
    }

    /// Writes down what came of sending rows of a channel, and how it goes. With `gives_up` the oldest ones are tried no more
    /// whose time is over by then; gives how many these were.
    pub(in crate::ledger) async fn note_attempts(
        &self,
        channel: &str,
        attempts: &[Attempted],
        note: &ChannelNote,
        gives_up: Option<Timestamp>,
    ) -> Result<Result<u64, LedgerError>, SqlError> {
        for Attempted { id, message, end } in attempts {
            let (id, message) = ((*id).into(), message.as_str().into());
            match end {
                AttemptEnd::Delivered => {
                    self.sql.send("DELETE FROM outbox WHERE id = ?1 AND message = ?2", &[id, message]).await?;
                }
                AttemptEnd::Failed { next_at } => {
                    let statement =
                        "UPDATE outbox SET attempts = attempts + 1, next_at = ?3 WHERE id = ?1 AND message = ?2";
                    self.sql.send(statement, &[id, message, next_at.as_millisecond().into()]).await?;
                }
                AttemptEnd::Early { next_at } => {
                    let statement = "UPDATE outbox SET next_at = ?3 WHERE id = ?1 AND message = ?2";
                    self.sql.send(statement, &[id, message, next_at.as_millisecond().into()]).await?;
                }
                AttemptEnd::Dead { at } => {
                    let statement =
                        "UPDATE outbox SET attempts = attempts + 1, dead_at = ?3 WHERE id = ?1 AND message = ?2";
                    self.sql.send(statement, &[id, message, at.as_millisecond().into()]).await?;
                }
            }
        }
        if *note != ChannelNote::default() {
            self.note_channel(channel, note).await?;
        }
        let Some(now) = gives_up else { return Ok(Ok(0)) };
        let statement = "UPDATE outbox SET dead_at = ?2 WHERE dead_at IS NULL AND give_up_at <= ?2 AND id IN \
                         (SELECT id FROM outbox WHERE channel = ?1 AND dead_at IS NULL ORDER BY id LIMIT ?3)";
        let values = [channel.into(), now.as_millisecond().into(), SWEEP_ROWS.into()];
        self.sql.execute(statement, &values).await.map(Ok)
    }

    /// Has dead rows of a channel be tried again: the first of them. Gives how many.
    pub(in crate::ledger) async fn revive_outbox(
        &self,
        channel: &str,
        now: Timestamp,
    ) -> Result<Result<u64, LedgerError>, SqlError> {
        let statement = "UPDATE outbox SET dead_at = NULL, attempts = 0, next_at = ?2, give_up_at = ?3 WHERE id IN \
                         (SELECT id FROM outbox WHERE channel = ?1 AND dead_at IS NOT NULL ORDER BY id LIMIT ?4)";
        let values =
            [channel.into(), now.as_millisecond().into(), give_up_at(now).as_millisecond().into(), SWEEP_ROWS.into()];
        self.sql.execute(statement, &values).await.map(Ok)
    }

    /// Forgets rows that were put there before `before`: the first of them. Gives how many.
    pub(in crate::ledger) async fn forget_outbox(
        &self,
        before: Timestamp,
    ) -> Result<Result<u64, LedgerError>, SqlError> {
        let statement = "DELETE FROM outbox WHERE created_at < ?1 AND id IN \
                         (SELECT id FROM outbox ORDER BY id LIMIT ?2)";
        self.sql.execute(statement, &[before.as_millisecond().into(), SWEEP_ROWS.into()]).await.map(Ok)
    }
}

impl Store<'_> {
    /// What may be sent of a channel at `now`: of at most so many topics the first row, and up to so many rows `together` with
    /// those behind it. `taken` are those that are being sent.
    pub(in crate::ledger) async fn due(
        self,
        channel: &str,
        taken: &BTreeSet<i64>,
        (most, together): (usize, usize),
        now: Timestamp,
    ) -> Result<Vec<Vec<OutboxRow>>, SqlError> {
        let statement = "SELECT id, message, topic, body, attempts, next_at, give_up_at FROM outbox \
                         WHERE channel = ?1 AND dead_at IS NULL AND id > ?2 ORDER BY id LIMIT ?3";
        let (mut found, mut topics, mut after) = (Vec::<Vec<OutboxRow>>::new(), BTreeMap::new(), i64::MIN);
        for _ in 0..MOST_PAGES {
            let limit = u32::try_from(PAGE).unwrap_or(u32::MAX);
            let page = self.0.all(statement, &[channel.into(), after.into(), limit.into()], read_row).await?;
            let is_last = page.len() < PAGE;
            after = page.last().map_or(after, |row| row.id);
            for row in page {
                match topics.get(&row.topic).copied() {
                    // Whatever is behind one that cannot be sent now waits for it.
                    None => {
                        let may = row.next_at <= now && !taken.contains(&row.id) && found.len() < most;
                        topics.insert(row.topic.clone(), may.then_some(found.len()));
                        if may {
                            found.push(vec![row]);
                        }
                    }
                    Some(Some(place)) => {
                        if let Some(parcel) = found.get_mut(place).filter(|parcel| parcel.len() < together) {
                            parcel.push(row);
                        }
                    }
                    Some(None) => {}
                }
            }
            if is_last || found.len() >= most {
                break;
            }
        }
        found.sort_by_key(|parcel| parcel.first().map(|row| (row.attempts, row.id)));
        Ok(found)
    }

    /// Whether anything in these channels is to be sent.
    pub(in crate::ledger) async fn is_to_be_sent(self, channels: &[String]) -> Result<bool, SqlError> {
        let statement = "SELECT 1 FROM outbox WHERE channel = ?1 AND dead_at IS NULL LIMIT 1";
        for channel in channels {
            if self.0.any(statement, &[channel.as_str().into()]).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn read_row(row: &Row<'_>) -> Result<OutboxRow, SqlError> {
    Ok(OutboxRow {
        id: row.integer(0)?,
        message: row.text(1)?.to_owned(),
        topic: row.text(2)?.to_owned(),
        body: row.bytes(3)?.to_vec(),
        attempts: row.number(4)?,
        next_at: moment(row, 5)?,
        give_up_at: moment(row, 6)?,
    })
}
