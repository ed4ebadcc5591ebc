//! Statements about the channels of the outbox: who sends what is in one, and how it goes.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::rows::moment;
use super::transaction::{Store, Transaction};
use crate::ledger::error::{LedgerError, SqlError};
use crate::ledger::outbox_row::{ChannelNote, ChannelState};
use crate::ledger::row::Row;

impl Transaction<'_> {
    /// Writes down how a channel goes.
    pub(super) async fn note_channel(&self, channel: &str, note: &ChannelNote) -> Result<(), SqlError> {
        let (failed_at, failure) = match &note.failed {
            Some((at, why)) => (Some(at.as_millisecond()), Some(why.as_str())),
            None => (None, None),
        };
        self.sql
            .send(
                "INSERT INTO outbox_channel (channel, delivered_at, failed_at, failure) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (channel) DO UPDATE SET \
                 delivered_at = coalesce(excluded.delivered_at, outbox_channel.delivered_at), \
                 failed_at = coalesce(excluded.failed_at, outbox_channel.failed_at), \
                 failure = coalesce(excluded.failure, outbox_channel.failure)",
                &[
                    channel.into(),
                    note.delivered_at.map(Timestamp::as_millisecond).into(),
                    failed_at.into(),
                    failure.into(),
                ],
            )
            .await
    }

    /// Has `holder` alone send what is in a channel, for so long; false if somebody else does.
    pub(in crate::ledger) async fn hold_channel(
        &self,
        channel: &str,
        holder: &str,
        time: SignedDuration,
        now: Timestamp,
    ) -> Result<Result<bool, LedgerError>, SqlError> {
        let now = self.clock().await.unwrap_or(now);
        let until = now.checked_add(time).unwrap_or(Timestamp::MAX);
        let statement = "INSERT INTO outbox_channel (channel, holder, held_until) VALUES (?1, ?2, ?3) \
                         ON CONFLICT (channel) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until \
                         WHERE outbox_channel.holder = excluded.holder OR outbox_channel.held_until <= ?4";
        let values = [channel.into(), holder.into(), until.as_millisecond().into(), now.as_millisecond().into()];
        Ok(Ok(self.sql.execute(statement, &values).await? == 1))
    }

    /// Lets others send what is in a channel.
    pub(in crate::ledger) async fn release_channel(
        &self,
        channel: &str,
        holder: &str,
    ) -> Result<Result<(), LedgerError>, SqlError> {
        let statement = "UPDATE outbox_channel SET held_until = 0 WHERE channel = ?1 AND holder = ?2";
        self.sql.send(statement, &[channel.into(), holder.into()]).await.map(Ok)
    }
}

impl Store<'_> {
    /// Whether somebody else than `holder` sends what is in a channel.
    pub(in crate::ledger) async fn is_held_by_another(
        self,
        channel: &str,
        holder: &str,
        now: Timestamp,
    ) -> Result<bool, SqlError> {
        let statement = "SELECT 1 FROM outbox_channel WHERE channel = ?1 AND holder <> ?2 AND held_until > ?3";
        self.0.any(statement, &[channel.into(), holder.into(), now.as_millisecond().into()]).await
    }

    /// How each channel goes that has anything in it, or had.
    pub(in crate::ledger) async fn channels(self) -> Result<BTreeMap<String, ChannelState>, SqlError> {
        let mut channels = BTreeMap::<String, ChannelState>::new();
        let statement = "SELECT channel, delivered_at, failed_at, failure FROM outbox_channel";
        let maybe = |row: &Row<'_>, column| row.maybe_integer(column)?.map(|_| moment(row, column)).transpose();
        self.0
            .each(statement, &[], |row| {
                let state = channels.entry(row.text(0)?.to_owned()).or_default();
                (state.delivered_at, state.failed_at) = (maybe(row, 1)?, maybe(row, 2)?);
                state.failure = row.maybe_text(3)?.map(str::to_owned);
                Ok(())
            })
            .await?;
        let mut first = Vec::new();
        let statement = "SELECT channel, count(*), min(id) FROM outbox WHERE dead_at IS NULL GROUP BY channel";
        self.0
            .each(statement, &[], |row| {
                let channel = row.text(0)?.to_owned();
                channels.entry(channel.clone()).or_default().waiting = row.integer(1)?.cast_unsigned();
                first.push((channel, row.integer(2)?));
                Ok(())
            })
            .await?;
        for (channel, id) in first {
            let statement = "SELECT created_at FROM outbox WHERE id = ?1";
            let oldest = self.0.first(statement, &[id.into()], |row| moment(row, 0)).await?;
            channels.entry(channel).or_default().oldest = oldest;
        }
        let statement = "SELECT channel, count(*) FROM outbox WHERE dead_at IS NOT NULL GROUP BY channel";
        self.0
            .each(statement, &[], |row| {
                channels.entry(row.text(0)?.to_owned()).or_default().dead = row.integer(1)?.cast_unsigned();
                Ok(())
            })
            .await?;
        Ok(channels)
    }
}
