//! Statements about limits: what is used of them, and what is left for whoever would create an invite.

use futures_lite::future::try_zip;
use jiff::Timestamp;

use super::pending::{pending, with_next};
use super::transaction::{Store, Transaction};
use crate::clock;
use crate::invite::name::KeyId;
use crate::ledger::error::{CreateError, SqlError};
use crate::ledger::limits::{NOTE_EVERY, SourceLimits};
use crate::ledger::row::Row;
use crate::ledger::statements::Statements;
use crate::rate::Used;

const NOTE_USE: &str = "INSERT INTO key_use (key, last_used_at, rate_used) VALUES (?1, ?2, ?3) \
                        ON CONFLICT (key) DO UPDATE SET last_used_at = excluded.last_used_at, rate_used = excluded.rate_used";

/// Whether `count` more invites may be created, and what is used of the rate then. `known`: what is used of it by now, if
/// that need not be read.
pub(super) async fn judge(
    sql: Statements<'_>,
    limits: &SourceLimits,
    known: Option<Used>,
    count: u32,
    now: Timestamp,
) -> Result<Result<Used, CreateError>, SqlError> {
    let account = limits.account();
    let used = async {
        match known {
            Some(known) => Ok(known),
            None => rate_used(sql, &account).await,
        }
    };
    let (pending, used) = try_zip(pending(sql, limits, now), used).await?;
    let pending = with_next(sql, limits, pending, count, now).await?;
    Ok(limits.judge(pending, used, count, now))
}

/// What is used of the rate that is counted for `account` ([`SourceLimits::account`]).
pub(super) async fn rate_used(sql: Statements<'_>, account: &str) -> Result<Used, SqlError> {
    let statement = "SELECT rate_used, last_used_at FROM key_use WHERE key = ?1";
    let used = |row: &Row<'_>| Ok(Used { full_at: row.integer(0)?, at: row.integer(1)?.saturating_mul(1_000) });
    Ok(sql.first(statement, &[account.into()], used).await?.unwrap_or_default())
}

impl Transaction<'_> {
    /// The same as [`judge`], for whoever holds the lock of this account: what is known of it in this transaction is not asked for
    /// again, and of a key without a limit nothing is asked where nothing has to be.
    pub(super) async fn judge(
        &self,
        limits: &SourceLimits,
        count: u32,
        now: Timestamp,
    ) -> Result<Result<Used, CreateError>, SqlError> {
        let known = self.memory.borrow().rates.get(&*limits.account()).copied();
        let Some(batch) = self.batch else {
            if limits.max_pending.is_some() {
                self.count_added().await?;
            }
            return judge(self.sql, limits, known, count, now).await;
        };
        let account = limits.account();
        let used = async {
            match (known, limits.limit) {
                (Some(known), _) => Ok(known),
                (None, None) => Ok(Used::default()),
                (None, Some(_)) => rate_used(self.sql, &account).await,
            }
        };
        let source = limits.source.to_string();
        let pending = async {
            if let Some(known) = batch.known_pending(&source) {
                return Ok(known);
            }
            if limits.max_pending.is_some() {
                batch.send_gathered().await;
            }
            pending(self.sql, limits, now).await
        };
        let (mut pending, used) = try_zip(pending, used).await?;
        if limits.max_pending.is_some() {
            if pending.next.is_none() && !limits.has_room(pending, count) {
                batch.send_gathered().await;
                pending = with_next(self.sql, limits, pending, count, now).await?;
            }
            batch.know_pending(source, pending);
        }
        if limits.limit.is_some() {
            self.memory.borrow_mut().rates.insert(account.into_owned(), used);
        }
        Ok(limits.judge(pending, used, count, now))
    }

    /// Writes what is used of a limit with every invite; when a key was last used, now and then.
    pub(super) async fn note_use(&self, limits: &SourceLimits, now: Timestamp, used: Used) -> Result<(), SqlError> {
        // A rate goes on from the moment by which it was judged.
        let noted_at = limits.limit.map_or_else(|| now.as_millisecond(), |_| used.at / 1_000);
        let account = limits.account();
        let noted = self.memory.borrow().noted.get(&*account).copied();
        if limits.limit.is_none() && noted.is_some_and(|at| clock::distance(at, now) < NOTE_EVERY) {
            return Ok(());
        }
        if let Some(batch) = self.batch {
            batch.gather_use(&account, noted_at, limits.limit.map(|_| used.full_at));
            if limits.limit.is_some() {
                self.memory.borrow_mut().rates.insert(account.to_string(), used);
            }
            self.memory.borrow_mut().noted.insert(account.into_owned(), now);
            return Ok(());
        }
        self.sql.send(NOTE_USE, &[(&*account).into(), noted_at.into(), used.full_at.into()]).await?;
        let mut memory = self.memory.borrow_mut();
        memory.rates.insert(account.to_string(), used);
        memory.noted.insert(account.into_owned(), now);
        Ok(())
    }
}

impl Transaction<'_> {
    /// Writes what is used of the rate that is counted for `account`.
    pub(super) async fn note_rate(&self, account: &str, used: Used) -> Result<(), SqlError> {
        self.memory.borrow_mut().rates.insert(account.to_owned(), used);
        if let Some(batch) = self.batch {
            batch.gather_use(account, used.at / 1_000, Some(used.full_at));
            return Ok(());
        }
        self.sql.send(NOTE_USE, &[account.into(), (used.at / 1_000).into(), used.full_at.into()]).await
    }

    /// Writes what is used of a limit also when it was refused, if the clock was set back since it was last written: from
    /// now on the time that passes counts again.
    pub(super) async fn note_refused(&self, limits: &SourceLimits, now: Timestamp) -> Result<(), SqlError> {
        let Some(limit) = limits.limit else { return Ok(()) };
        let known = self.memory.borrow().rates.get(&*limits.account()).copied();
        let used = match known {
            Some(known) => known,
            None => rate_used(self.sql, &limits.account()).await?,
        };
        if limit.is_ahead(used, now) {
            self.note_use(limits, now, limit.noted_at(used, now)).await?;
        }
        Ok(())
    }
}

impl Store<'_> {
    /// What is used of a key's rate.
    pub(in crate::ledger) async fn rate_used(self, key: &KeyId) -> Result<Used, SqlError> {
        rate_used(self.0, key.as_str()).await
    }
}
