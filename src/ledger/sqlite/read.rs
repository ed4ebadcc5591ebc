//! Connections that read; they never wait for the writer.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, ToSql, params};

use super::rows::{COLUMNS, IS_PENDING, find, moment, parsed, read_invite, with_redemptions};
use super::write::answers_kept_since;
use super::{connect, unavailable};
use crate::config::Used;
use crate::invite::name::{HostName, KeyId};
use crate::invite::{Invite, InviteId, Source, Status};
use crate::ledger::{AppTokens, Census, Filter, LastUse, LedgerError, Reservation, ReservationId, Terms};

/// A connection that reads.
pub(in crate::ledger) struct Store(Connection);

impl Store {
    pub(in crate::ledger) fn find(&self, id: InviteId) -> rusqlite::Result<Option<Invite>> {
        find(&self.0, id)
    }

    /// Invites, newest first. Only what is asked for is in the statement, so that it finds its index.
    pub(in crate::ledger) fn list(&self, filter: &Filter, now: Timestamp) -> rusqlite::Result<Vec<Invite>> {
        let mut conditions = vec![match filter.status {
            None => "?1 = ?1",
            Some(Status::Pending) => IS_PENDING,
            Some(Status::Redeemed) => "used >= uses AND ?1 = ?1",
            Some(Status::Revoked) => "used < uses AND revoked_at IS NOT NULL AND ?1 = ?1",
            Some(Status::Expired) => "used < uses AND revoked_at IS NULL AND expires_at <= ?1",
        }];
        let mut values: Vec<Box<dyn ToSql>> = vec![Box::new(now.as_millisecond())];
        let mut also = |condition, value| {
            conditions.push(condition);
            values.push(value);
        };
        if let Some(hosts) = &filter.hosts {
            also("host IN (SELECT value FROM json_each(?))", Box::new(json(hosts.iter().map(HostName::as_str))));
        }
        if let Some(source) = &filter.source {
            also("source = ?", Box::new(source.to_string()));
        }
        if let Some(kind) = filter.kind {
            also("kind = ?", Box::new(kind.word()));
        }
        if let Some(username) = &filter.username {
            also("username = ?", Box::new(username.to_string()));
        }
        if let Some(before) = filter.before {
            also("id < ?", Box::new(before.to_row()));
        }
        values.push(Box::new(filter.limit.map_or(-1, i64::from)));
        let sql = format!("SELECT {COLUMNS} FROM invite WHERE {} ORDER BY id DESC LIMIT ?", conditions.join(" AND "));
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map(rusqlite::params_from_iter(values), read_invite)?;
        rows.map(|invite| with_redemptions(&self.0, invite?)).collect()
    }

    /// Reservations that nobody has ended, oldest first.
    pub(in crate::ledger) fn reservations(&self, of: Option<InviteId>) -> rusqlite::Result<Vec<Reservation>> {
        let mut statement = self.0.prepare_cached(
            "SELECT id, invite, account, at, via, with_token FROM redemption WHERE made = 0 AND (?1 IS NULL OR invite = ?1) \
             AND account IS NOT NULL ORDER BY at",
        )?;
        let rows = statement.query_map([of.map(InviteId::to_row)], |row| {
            let invite = InviteId::from_row(row.get(1)?);
            Ok((ReservationId(row.get(0)?), invite, parsed(row, 2)?, moment(row, 3)?, parsed(row, 4)?, row.get(5)?))
        })?;
        let mut reservations = Vec::new();
        for row in rows {
            let (id, invite, account, at, via, with_token) = row?;
            if let Some(invite) = self.find(invite)? {
                let token = invite.draft.app_token.clone().filter(|_| with_token);
                reservations.push(Reservation { id, invite, account, at, via, token });
            }
        }
        Ok(reservations)
    }

    /// Invites with an app token.
    pub(in crate::ledger) fn app_tokens(
        &self,
        which: AppTokens,
        after: Option<InviteId>,
        limit: u32,
        now: Timestamp,
    ) -> rusqlite::Result<Vec<Invite>> {
        let is_offered = format!("{IS_PENDING} AND app_expires_at > ?1 AND app_withdrawing = 0");
        let which = match which {
            AppTokens::Live => is_offered,
            AppTokens::Stale => format!("NOT ({is_offered})"),
        };
        // An invite whose last use is just being taken is not over yet.
        let sql = format!(
            "SELECT {COLUMNS} FROM invite WHERE app_token IS NOT NULL AND id > ?2 AND {which} \
             AND NOT EXISTS (SELECT 1 FROM redemption WHERE invite = invite.id AND made = 0) ORDER BY id LIMIT ?3"
        );
        let mut statement = self.0.prepare_cached(&sql)?;
        let after = after.map_or(i64::MIN, InviteId::to_row);
        let rows = statement.query_map(params![now.as_millisecond(), after, limit], read_invite)?;
        rows.map(|invite| with_redemptions(&self.0, invite?)).collect()
    }

    /// The invite that was adopted for a token.
    pub(in crate::ledger) fn adopted(&self, slot: &[u8]) -> rusqlite::Result<Option<Invite>> {
        let mut statement = self.0.prepare_cached("SELECT invite FROM adopted WHERE token = ?1")?;
        let row: Option<i64> = statement.query_row([slot], |row| row.get(0)).optional()?;
        row.map_or(Ok(None), |row| self.find(InviteId::from_row(row)))
    }

    /// Whether invites would be made: neither were they before, nor does a limit forbid it.
    pub(in crate::ledger) fn would_create(
        &self,
        terms: &Terms,
        count: usize,
        slot: Option<&[u8]>,
        now: Timestamp,
    ) -> rusqlite::Result<bool> {
        if let Some(slot) = slot {
            let mut statement =
                self.0.prepare_cached("SELECT EXISTS (SELECT 1 FROM answer WHERE slot = ?1 AND made_at > ?2)")?;
            if statement.query_row(params![slot, answers_kept_since(now)], |row| row.get(0))? {
                return Ok(false);
            }
        }
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        if let Some(limit) = terms.limit
            && limit.take(self.rate_used(&terms.key)?, now, count).is_err()
        {
            return Ok(false);
        }
        let Some(max_pending) = terms.max_pending else { return Ok(true) };
        let pending = self.pending_of(&Source::Key(terms.key.clone()), now)?;
        Ok(pending + u64::from(count) <= u64::from(max_pending))
    }

    /// What is used of a key's rate.
    pub(in crate::ledger) fn rate_used(&self, key: &KeyId) -> rusqlite::Result<Used> {
        let mut statement = self.0.prepare_cached("SELECT rate_used FROM key_use WHERE key = ?1")?;
        Ok(Used(statement.query_row([key.as_str()], |row| row.get(0)).optional()?.unwrap_or(0)))
    }

    /// How many pending invites a source has.
    pub(in crate::ledger) fn pending_of(&self, source: &Source, now: Timestamp) -> rusqlite::Result<u64> {
        let sql = format!("SELECT count(*) FROM invite WHERE source = ?2 AND {IS_PENDING}");
        let mut statement = self.0.prepare_cached(&sql)?;
        statement.query_row(params![now.as_millisecond(), source.to_string()], |row| row.get(0).map(i64::cast_unsigned))
    }

    pub(in crate::ledger) fn census(&self, since: Timestamp, now: Timestamp) -> rusqlite::Result<Vec<Census>> {
        let mut statement = self.0.prepare_cached(
            "SELECT host, source, sum(expires_at > ?1), sum(expires_at <= ?1) FROM invite \
             WHERE used < uses AND revoked_at IS NULL AND expires_at > ?2 GROUP BY host, source",
        )?;
        let rows = statement.query_map([now.as_millisecond(), since.as_millisecond()], |row| {
            Ok(Census {
                host: parsed(row, 0)?,
                source: parsed(row, 1)?,
                pending: row.get(2).map(i64::cast_unsigned)?,
                expired: row.get(3).map(i64::cast_unsigned)?,
            })
        })?;
        rows.collect()
    }

    pub(in crate::ledger) fn last_use(&self) -> rusqlite::Result<LastUse> {
        let mut statement = self.0.prepare("SELECT key, last_used_at FROM key_use")?;
        let rows = statement.query_map([], |row| Ok((parsed(row, 0)?, moment(row, 1)?)))?;
        rows.collect()
    }
}

fn json<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.collect::<serde_json::Value>().to_string()
}

/// A few connections that read, each opened when it is first needed.
pub(in crate::ledger) struct Readers {
    file: PathBuf,
    free: (async_channel::Sender<Option<Store>>, async_channel::Receiver<Option<Store>>),
}

const READERS: usize = 2;

impl Readers {
    pub(in crate::ledger) fn new(file: &Path) -> Self {
        let free = async_channel::bounded(READERS);
        for _ in 0..READERS {
            // There is room for exactly these.
            let _ = free.0.try_send(None);
        }
        Self { file: file.to_owned(), free }
    }

    /// Runs `query` on a free connection, off the event loop.
    pub(in crate::ledger) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Store) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let place = self.free.1.recv().await.map_err(|_| LedgerError::Unavailable("it is closed".into()))?;
        // Gives the place back also when the caller goes away in the meantime.
        let mut place = Place { store: place, back: self.free.0.clone() };
        let file = self.file.clone();
        async_std::task::spawn_blocking(move || {
            let store = match place.take() {
                Some(store) => store,
                None => Store(connect(&file)?),
            };
            let result = query(&store)?;
            // What was opened on a read-only disk is not kept: SQLite would hold the whole process to it (its shared
            // memory is one for all connections), also when the disk has healed.
            if !store.0.is_readonly(rusqlite::MAIN_DB)? {
                place.put(store);
            }
            Ok(result)
        })
        .await
        .map_err(|error| unavailable(&error))
    }
}

/// A place among the readers. A connection that failed is not put back: the next reader opens a new one.
struct Place {
    store: Option<Store>,
    back: async_channel::Sender<Option<Store>>,
}

impl Place {
    fn take(&mut self) -> Option<Store> {
        self.store.take()
    }

    fn put(&mut self, store: Store) {
        self.store = Some(store);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.back.try_send(self.store.take());
    }
}
