//! SQLite: schema, migrations, statements. WAL with full sync, so that a commit is on the disk when it returns.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, Row, TransactionBehavior, params};

use super::{Filter, LastUse, LedgerError, OpenError, Terms};
use crate::clock;
use crate::config::{Used, UsedUp};
use crate::files::{self, Existing};
use crate::invite::name::{HostName, Username};
use crate::invite::token::LedgerKey;
use crate::invite::{Draft, Invite, InviteId, Kind, Source, Status};

/// Each entry leads from the schema version of its index to the next. Entries are never changed, only added.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];

/// `PRAGMA application_id`: "invd".
const APPLICATION_ID: i64 = 0x696e_7664;

/// How long to wait for another process, such as `invited invite create`, to finish its transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// When a key was last used is written so often; a limit that is used, always.
const NOTE_EVERY: SignedDuration = SignedDuration::from_secs(10);

/// A sweep looks at so many rows in one transaction, so that creates never wait long for it.
const SWEEP_ROWS: i64 = 2_000;

const COLUMNS: &str = "id, kind, host, source, username, contact, groups, roles, note, uses, used, created_at, \
                       expires_at, revoked_at";

/// The condition for a pending invite at `?1`.
const IS_PENDING: &str = "used < uses AND revoked_at IS NULL AND expires_at > ?1";

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

/// The schema version of this program.
fn known_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cache_size", -1024)?;
    Ok(connection)
}

fn unavailable(error: &rusqlite::Error) -> LedgerError {
    LedgerError::Unavailable(error.to_string())
}

/// The connection that writes. After an error of the disk it is closed and opened anew, so that it heals.
pub(super) struct Writer {
    file: PathBuf,
    key_file: PathBuf,
    key: LedgerKey,
    connection: Option<Connection>,
    memory: Memory,
    /// Keeps ids of several processes apart. They are no secrets, so the operating system is not asked for each.
    rng: StdRng,
}

/// What the writer knows without asking; forgotten when a transaction fails.
#[derive(Default)]
struct Memory {
    last_id: Option<InviteId>,
    rates: HashMap<String, Used>,
    /// When the use of each key was last written.
    noted: HashMap<String, Timestamp>,
}

impl Writer {
    /// Opens, migrates, checks the key. A disk that cannot be written is no error, but told beside the writer.
    pub(super) fn open(
        file: &Path,
        key_file: &Path,
        key: &LedgerKey,
    ) -> Result<(Self, Option<LedgerError>), OpenError> {
        let mut writer = Self {
            file: file.to_owned(),
            key_file: key_file.to_owned(),
            key: key.clone(),
            connection: None,
            memory: Memory::default(),
            rng: StdRng::from_rng(&mut clock::rng()),
        };
        match writer.reconnect() {
            Ok(()) => Ok((writer, None)),
            Err(OpenError::Sqlite { source, .. }) if is_passing(&source) => Ok((writer, Some(unavailable(&source)))),
            Err(error) => Err(error),
        }
    }

    fn reconnect(&mut self) -> Result<(), OpenError> {
        self.connection = None;
        self.memory = Memory::default();
        if !self.file.exists() {
            // Made here and not by SQLite, for its mode and its owner.
            match files::write(&self.file, b"", Existing::Keep) {
                Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                    return Err(OpenError::Io { path: self.file.clone(), source: error });
                }
                _ => {}
            }
        }
        let failed = |source| OpenError::Sqlite { file: self.file.clone(), source };
        let mut connection = connect(&self.file).map_err(failed)?;
        if connection.is_readonly(rusqlite::MAIN_DB).map_err(failed)? {
            // SQLite opened it all the same, and would hold on to that when the disk has healed.
            let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY);
            return Err(failed(rusqlite::Error::SqliteFailure(code, None)));
        }
        self.check_schema(&connection)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
        connection.pragma_update(None, "cache_size", -4096).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(32);
        self.migrate(&mut connection)?;
        self.connection = Some(connection);
        Ok(())
    }

    /// Refuses what is no ledger, is a later one's, or has another key, before anything is changed.
    fn check_schema(&self, connection: &Connection) -> Result<(), OpenError> {
        let failed = |source| OpenError::Sqlite { file: self.file.clone(), source };
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
        if tables == 0 {
            return Ok(());
        }
        if pragma(connection, "application_id").map_err(failed)? != APPLICATION_ID {
            return Err(OpenError::Foreign(self.file.clone()));
        }
        let found = pragma(connection, "user_version").map_err(failed)?;
        if found > known_version() {
            return Err(OpenError::Newer { file: self.file.clone(), found, known: known_version() });
        }
        let check: Option<Vec<u8>> = connection
            .query_row("SELECT value FROM meta WHERE name = 'key_check'", [], |row| row.get(0))
            .optional()
            .map_err(failed)?;
        if check.as_deref() != Some(self.key.check()) {
            return Err(OpenError::WrongKey { file: self.file.clone(), key_file: self.key_file.clone() });
        }
        Ok(())
    }

    /// Brings the schema up to date, under SQLite's write lock.
    fn migrate(&self, connection: &mut Connection) -> Result<(), OpenError> {
        let failed = |source| OpenError::Sqlite { file: self.file.clone(), source };
        let known = known_version();
        // Nearly always there is nothing to do, and then nothing is locked.
        if pragma(connection, "user_version").map_err(failed)? != known {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(failed)?;
            let found = pragma(&transaction, "user_version").map_err(failed)?;
            // Another process may have been faster.
            self.check_schema(&transaction)?;
            for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
                transaction.execute_batch(migration).map_err(failed)?;
            }
            transaction.pragma_update(None, "user_version", known).map_err(failed)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
            transaction
                .execute(
                    "INSERT OR IGNORE INTO meta (name, value) VALUES ('key_check', ?1)",
                    [self.key.check().as_slice()],
                )
                .map_err(failed)?;
            transaction.commit().map_err(failed)?;
        }
        // Another process may have made it since, with another key.
        self.check_schema(connection)
    }

    /// Writes everything into the one file, for whoever copies it, and closes it.
    pub(super) fn close(self) {
        if let Some(connection) = self.connection {
            // A reader that is not done yet only means that some of it stays in the -wal file.
            let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }
    }

    /// Runs `work` in a transaction and commits it. When anything fails, nothing has changed.
    pub(super) fn transaction(
        &mut self,
        work: impl FnOnce(&mut Transaction<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), LedgerError> {
        if self.connection.is_none() {
            self.reconnect().map_err(|error| LedgerError::Unavailable(error.to_string()))?;
        }
        let Some(connection) = &mut self.connection else {
            return Err(LedgerError::Unavailable("it is closed".into()));
        };
        let result = connection.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|sqlite| {
            let mut transaction = Transaction { sqlite, memory: &mut self.memory, rng: &mut self.rng };
            work(&mut transaction)?;
            transaction.sqlite.commit()
        });
        result.map_err(|error| {
            // After an error of the disk SQLite's view of it may be stale.
            self.connection = None;
            self.memory = Memory::default();
            unavailable(&error)
        })
    }
}

/// Whether an error may pass by itself: the disk is full, read-only or away.
fn is_passing(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::CannotOpen
        )
    )
}

/// What one slice of a sweep did.
pub(super) struct Swept {
    pub(super) dropped: u64,
    /// Where the next slice begins, if there is one.
    pub(super) next: Option<InviteId>,
}

/// A transaction under way.
pub(super) struct Transaction<'a> {
    sqlite: rusqlite::Transaction<'a>,
    memory: &'a mut Memory,
    rng: &'a mut StdRng,
}

impl Transaction<'_> {
    /// Makes invites, all or none. The inner result is the caller's; the outer one fails the transaction.
    pub(super) fn create(
        &mut self,
        drafts: Vec<Draft>,
        terms: Option<&Terms>,
    ) -> rusqlite::Result<Result<Vec<Invite>, LedgerError>> {
        let Some(now) = drafts.first().map(|draft| draft.created_at) else { return Ok(Ok(vec![])) };
        let count = u32::try_from(drafts.len()).unwrap_or(u32::MAX);
        for (at, draft) in drafts.iter().enumerate() {
            if let Some(name) = draft.kind.reserves() {
                let twice =
                    drafts[..at].iter().any(|other| other.host == draft.host && other.kind.reserves() == Some(name));
                if twice || self.is_reserved(&draft.host, name, now)? {
                    return Ok(Err(LedgerError::NameReserved(name.clone())));
                }
            }
        }
        let used = match terms {
            Some(terms) => match self.judge(terms, now, count)? {
                Ok(used) => Some((terms, used)),
                Err(refusal) => return Ok(Err(refusal)),
            },
            None => None,
        };
        let invites = drafts.into_iter().map(|draft| self.insert(draft)).collect::<rusqlite::Result<Vec<_>>>()?;
        if let Some((terms, used)) = used {
            self.note_use(terms, now, used)?;
        }
        Ok(Ok(invites))
    }

    fn is_reserved(&self, host: &HostName, name: &Username, now: Timestamp) -> rusqlite::Result<bool> {
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM invite WHERE host = ?2 AND username = ?3 AND kind <> 'reset' AND {IS_PENDING})"
        );
        let mut statement = self.sqlite.prepare_cached(&sql)?;
        statement.query_row(params![now.as_millisecond(), host.as_str(), name.as_str()], |row| row.get(0))
    }

    /// Whether the key may make `count` more, and what is used of its rate then.
    fn judge(&mut self, terms: &Terms, now: Timestamp, count: u32) -> rusqlite::Result<Result<Used, LedgerError>> {
        if let Some(max_pending) = terms.max_pending {
            let sql = format!(
                "SELECT count(*), min(expires_at) FROM \
                 (SELECT expires_at FROM invite WHERE source = ?2 AND {IS_PENDING} LIMIT ?3)"
            );
            let source = Source::Key(terms.key.clone()).to_string();
            let mut statement = self.sqlite.prepare_cached(&sql)?;
            let (pending, next): (u32, Option<i64>) = statement
                .query_row(params![now.as_millisecond(), source, max_pending], |row| Ok((row.get(0)?, row.get(1)?)))?;
            if pending.saturating_add(count) > max_pending {
                let wait = next.map_or(0, |next| next.saturating_sub(now.as_millisecond()));
                let retry_after = Duration::from_millis(u64::try_from(wait).unwrap_or(0).max(1_000));
                return Ok(Err(LedgerError::Pending { retry_after }));
            }
        }
        let used = if let Some(used) = self.memory.rates.get(terms.key.as_str()) {
            *used
        } else {
            let mut statement = self.sqlite.prepare_cached("SELECT rate_used FROM key_use WHERE key = ?1")?;
            Used(statement.query_row([terms.key.as_str()], |row| row.get(0)).optional()?.unwrap_or(0))
        };
        Ok(match terms.limit {
            Some(limit) => {
                limit.take(used, now, count).map_err(|UsedUp { retry_after }| LedgerError::Limit { retry_after })
            }
            None => Ok(used),
        })
    }

    fn insert(&mut self, draft: Draft) -> rusqlite::Result<Invite> {
        let json = |list: &[String]| (!list.is_empty()).then(|| serde_json::Value::from(list).to_string());
        let mut statement = self.sqlite.prepare_cached(
            "INSERT OR IGNORE INTO invite \
             (id, kind, host, source, username, contact, groups, roles, note, uses, created_at, expires_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?;
        let last = if self.memory.last_id.is_some() {
            self.memory.last_id
        } else {
            let newest: Option<i64> = self.sqlite.query_row("SELECT max(id) FROM invite", [], |row| row.get(0))?;
            newest.map(InviteId::from_row)
        };
        let mut id = InviteId::after(last, draft.created_at, self.rng.next_u32());
        // Another process may have taken the id; then the next one is tried.
        while statement.execute(params![
            id.to_row(),
            draft.kind.word(),
            draft.host.as_str(),
            draft.source.to_string(),
            draft.kind.username().map(Username::as_str),
            draft.kind.contact().map(ToString::to_string),
            json(&draft.groups),
            json(&draft.roles),
            draft.note,
            draft.uses,
            draft.created_at.as_millisecond(),
            draft.expires_at.as_millisecond(),
        ])? == 0
        {
            id = InviteId::after(Some(id), draft.created_at, self.rng.next_u32());
        }
        self.memory.last_id = Some(id);
        Ok(Invite { id, draft, used: 0, revoked_at: None })
    }

    /// Writes what is used of a limit with every invite; when a key was last used, now and then.
    fn note_use(&mut self, terms: &Terms, now: Timestamp, used: Used) -> rusqlite::Result<()> {
        let noted = self.memory.noted.get(terms.key.as_str());
        if terms.limit.is_none() && noted.is_some_and(|at| now.duration_since(*at) < NOTE_EVERY) {
            return Ok(());
        }
        let mut statement = self.sqlite.prepare_cached(
            "INSERT INTO key_use (key, last_used_at, rate_used) VALUES (?1, ?2, ?3) \
             ON CONFLICT (key) DO UPDATE SET last_used_at = excluded.last_used_at, rate_used = excluded.rate_used",
        )?;
        statement.execute(params![terms.key.as_str(), now.as_millisecond(), used.0])?;
        self.memory.rates.insert(terms.key.to_string(), used);
        self.memory.noted.insert(terms.key.to_string(), now);
        Ok(())
    }

    pub(super) fn revoke(&mut self, ids: &[InviteId], now: Timestamp) -> rusqlite::Result<Vec<Invite>> {
        let sql = format!("UPDATE invite SET revoked_at = ?1 WHERE id = ?2 AND {IS_PENDING} RETURNING {COLUMNS}");
        let mut statement = self.sqlite.prepare_cached(&sql)?;
        let mut revoked = Vec::new();
        for id in ids {
            revoked.extend(statement.query_row(params![now.as_millisecond(), id.to_row()], read_invite).optional()?);
        }
        Ok(revoked)
    }

    /// Drops what ended before `ended_before` among the next rows after `after`. What was made later cannot have ended
    /// earlier, so the sweep stops there: it costs what is old, not what is there.
    pub(super) fn sweep(&mut self, ended_before: Timestamp, after: Option<InviteId>) -> rusqlite::Result<Swept> {
        let first = after.map_or(i64::MIN, InviteId::to_row);
        let end = InviteId::first_at(ended_before).to_row();
        let last: Option<i64> = self.sqlite.query_row(
            "SELECT max(id) FROM (SELECT id FROM invite WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3)",
            params![first, end, SWEEP_ROWS],
            |row| row.get(0),
        )?;
        let Some(last) = last else { return Ok(Swept { dropped: 0, next: None }) };
        let dropped = self.sqlite.execute(
            "DELETE FROM invite WHERE id > ?1 AND id <= ?2 \
             AND (expires_at < ?3 OR revoked_at < ?3 OR spent_at < ?3)",
            params![first, last, ended_before.as_millisecond()],
        )?;
        Ok(Swept { dropped: dropped as u64, next: Some(InviteId::from_row(last)) })
    }

    pub(super) fn probe(&mut self) -> rusqlite::Result<()> {
        self.sqlite.execute(
            "INSERT INTO meta (name, value) VALUES ('probe', x'00') ON CONFLICT (name) DO UPDATE SET value = x'00'",
            [],
        )?;
        Ok(())
    }
}

/// A connection that reads.
pub(super) struct Store(Connection);

impl Store {
    pub(super) fn find(&self, id: InviteId) -> rusqlite::Result<Option<Invite>> {
        let mut statement = self.0.prepare_cached(&format!("SELECT {COLUMNS} FROM invite WHERE id = ?1"))?;
        statement.query_row([id.to_row()], read_invite).optional()
    }

    pub(super) fn list(&self, filter: &Filter, now: Timestamp) -> rusqlite::Result<Vec<Invite>> {
        let status = match filter.status {
            None => "?1 = ?1",
            Some(Status::Pending) => IS_PENDING,
            Some(Status::Redeemed) => "used >= uses AND ?1 = ?1",
            Some(Status::Revoked) => "used < uses AND revoked_at IS NOT NULL AND ?1 = ?1",
            Some(Status::Expired) => "used < uses AND revoked_at IS NULL AND expires_at <= ?1",
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM invite WHERE {status} AND (?2 IS NULL OR host = ?2) \
             AND (?3 IS NULL OR source = ?3) AND (?4 IS NULL OR id < ?4) ORDER BY id DESC LIMIT ?5"
        );
        let mut statement = self.0.prepare_cached(&sql)?;
        let rows = statement.query_map(
            params![
                now.as_millisecond(),
                filter.host.as_ref().map(HostName::as_str),
                filter.source.as_ref().map(ToString::to_string),
                filter.before.map(InviteId::to_row),
                filter.limit.map_or(-1, i64::from),
            ],
            read_invite,
        )?;
        rows.collect()
    }

    pub(super) fn count_pending(&self, now: Timestamp) -> rusqlite::Result<u64> {
        let sql = format!("SELECT count(*) FROM invite WHERE {IS_PENDING}");
        self.0.query_row(&sql, [now.as_millisecond()], |row| row.get(0).map(i64::cast_unsigned))
    }

    pub(super) fn last_use(&self) -> rusqlite::Result<LastUse> {
        let mut statement = self.0.prepare("SELECT key, last_used_at FROM key_use")?;
        let rows = statement.query_map([], |row| Ok((parsed(row, 0)?, moment(row, 1)?)))?;
        rows.collect()
    }
}

/// A value that the ledger stores as text and checked when it was stored.
fn parsed<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text = row.get_ref(column)?.as_str()?;
    text.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

fn parsed_option<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let is_null = matches!(row.get_ref(column)?, rusqlite::types::ValueRef::Null);
    if is_null { Ok(None) } else { parsed(row, column).map(Some) }
}

fn moment(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let ms: i64 = row.get(column)?;
    Timestamp::from_millisecond(ms).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Integer, Box::new(error))
    })
}

fn list(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<String>> {
    let Some(json) = row.get_ref(column)?.as_str_or_null()? else { return Ok(vec![]) };
    serde_json::from_str(json).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// Reads a row of [`COLUMNS`].
fn read_invite(row: &Row<'_>) -> rusqlite::Result<Invite> {
    let username: Option<Username> = parsed_option(row, 4)?;
    let kind = match (row.get_ref(1)?.as_str()?, username) {
        ("contact", username) => Kind::Contact { contact: parsed(row, 5)?, username },
        ("reset", Some(username)) => Kind::Reset { username },
        (_, username) => Kind::Account { username },
    };
    let revoked_at: Option<i64> = row.get(13)?;
    Ok(Invite {
        id: InviteId::from_row(row.get(0)?),
        draft: Draft {
            kind,
            host: parsed(row, 2)?,
            source: parsed(row, 3)?,
            groups: list(row, 6)?,
            roles: list(row, 7)?,
            note: row.get(8)?,
            uses: row.get(9)?,
            created_at: moment(row, 11)?,
            expires_at: moment(row, 12)?,
        },
        used: row.get(10)?,
        revoked_at: revoked_at.map(|_| moment(row, 13)).transpose()?,
    })
}

/// A few connections that read, each opened when it is first needed.
pub(super) struct Readers {
    file: PathBuf,
    free: (async_channel::Sender<Option<Store>>, async_channel::Receiver<Option<Store>>),
}

const READERS: usize = 2;

impl Readers {
    pub(super) fn new(file: &Path) -> Self {
        let free = async_channel::bounded(READERS);
        for _ in 0..READERS {
            // There is room for exactly these.
            let _ = free.0.try_send(None);
        }
        Self { file: file.to_owned(), free }
    }

    /// Runs `query` on a free connection, off the event loop.
    pub(super) async fn read<T: Send + 'static>(
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
