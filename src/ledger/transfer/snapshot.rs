//! A ledger as it is at one moment, read while others write. Nothing is created, migrated or changed.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio_postgres::error::SqlState;

use super::error::TransferError;
use super::layout::{LedgerLayout, LedgerTable};
use super::rows::{TableReader, is_empty};
use crate::clock;
use crate::config::LedgerUrl;
use crate::ledger::error::{OpenError, SqlError};
use crate::ledger::postgres::PostgresSession;
use crate::ledger::server_access;
use crate::ledger::sql::Sql;
use crate::ledger::sqlite::{self, schema};

/// So long a session of PostgreSQL may take to be gone after it was closed.
const CLOSING: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(50);

enum SnapshotConnection {
    Sqlite(rusqlite::Connection),
    Postgres(Box<PostgresSession>),
}

/// What a ledger is at one moment.
pub(super) struct LedgerSnapshot {
    connection: SnapshotConnection,
    pub(super) layout: LedgerLayout,
    /// By which its key is told.
    pub(super) key_check: Vec<u8>,
}

impl LedgerSnapshot {
    /// Begins to read; nothing where there is no ledger.
    ///
    /// # Errors
    /// When it cannot be read, is none, or is a later version's.
    pub(super) fn begin(url: &LedgerUrl) -> Result<Option<Self>, OpenError> {
        let failed = |why: SqlError| failed(url, why);
        match url {
            LedgerUrl::Unread => Err(OpenError::Unread),
            LedgerUrl::Sqlite(file) => {
                match file.metadata() {
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                    Err(source) => return Err(OpenError::Io { path: file.clone(), source }),
                    Ok(found) if found.len() == 0 => return Err(OpenError::Emptied(url.to_string())),
                    Ok(_) => {}
                }
                Self::of_file(file, url)
            }
            LedgerUrl::Postgres(server) => {
                let session = server_access::connect(server).map_err(failed)?;
                server_access::begin_read(&session).map_err(failed)?;
                let sql = Sql::Postgres(&session);
                if !sql.any("SELECT 1 FROM pg_class WHERE oid = to_regclass('meta')", &[]).map_err(failed)? {
                    return Ok(None);
                }
                let value = |name: &str| {
                    let value = sql.first("SELECT value FROM meta WHERE name = ?1", &[name.into()], |row| {
                        Ok(row.bytes(0)?.to_vec())
                    });
                    match value {
                        Ok(Some(value)) => Ok(value),
                        Err(SqlError::Postgres(error)) if !is_of_foreign_table(&error) => {
                            Err(failed(SqlError::Postgres(error)))
                        }
                        Ok(None) | Err(_) => Err(OpenError::ForeignTable("meta".into())),
                    }
                };
                let version = String::from_utf8(value("version")?).ok().and_then(|text| text.parse().ok());
                let version = version.ok_or_else(|| OpenError::ForeignTable("meta".into()))?;
                let key_check = value("key_check")?;
                let layout = layout(url, version)?;
                Ok(Some(Self { connection: SnapshotConnection::Postgres(Box::new(session)), layout, key_check }))
            }
        }
    }

    fn of_file(file: &Path, url: &LedgerUrl) -> Result<Option<Self>, OpenError> {
        let failed = |why: rusqlite::Error| failed(url, why.into());
        sqlite::refuse_foreign_log(file)?;
        let connection = sqlite::connect_in_passing(file).map_err(failed)?;
        connection.execute_batch("BEGIN").map_err(failed)?;
        if schema::is_blank(&connection).map_err(failed)? {
            return Ok(None);
        }
        if !schema::is_ledger(&connection).map_err(failed)? {
            return Err(OpenError::Foreign(file.to_owned()));
        }
        let layout = layout(url, schema::version(&connection).map_err(failed)?)?;
        let key_check = connection
            .query_row("SELECT value FROM meta WHERE name = 'key_check'", [], |row| row.get(0))
            .map_err(failed)?;
        Ok(Some(Self { connection: SnapshotConnection::Sqlite(connection), layout, key_check }))
    }

    pub(super) fn sql(&self) -> Sql<'_> {
        match &self.connection {
            SnapshotConnection::Sqlite(connection) => Sql::Sqlite(connection),
            SnapshotConnection::Postgres(session) => Sql::Postgres(session),
        }
    }

    pub(super) fn read<'a>(&'a self, table: &'a LedgerTable) -> TableReader<'a> {
        TableReader::new(self.sql(), table)
    }

    /// Refuses a database in which nodes are at work.
    pub(super) fn refuse_other_sessions(&self, url: &LedgerUrl) -> Result<(), TransferError> {
        match &self.connection {
            SnapshotConnection::Sqlite(_) => Ok(()),
            SnapshotConnection::Postgres(session) => refuse_other_sessions(url, session),
        }
    }

    /// Whether there is nothing in it that somebody would miss.
    pub(super) fn is_empty(&self) -> Result<bool, SqlError> {
        is_empty(self.sql(), &self.layout)
    }
}

/// Whether a table of that name is somebody else's.
fn is_of_foreign_table(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| [SqlState::UNDEFINED_COLUMN, SqlState::UNDEFINED_FUNCTION].contains(code))
}

/// By what the key of a ledger is told; nothing where there is no ledger.
pub(in crate::ledger) fn look(url: &LedgerUrl) -> Result<Option<Vec<u8>>, OpenError> {
    Ok(LedgerSnapshot::begin(url)?.map(|ledger| ledger.key_check))
}

/// Refuses a database in which nodes are at work. Those that have just gone may still be listed for a moment.
pub(super) fn refuse_other_sessions(url: &LedgerUrl, session: &PostgresSession) -> Result<(), TransferError> {
    let deadline: Instant = clock::instant() + CLOSING;
    let statement = "SELECT count(*), min(coalesce(host(client_addr), 'a socket')) FROM pg_stat_activity \
                     WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid() \
                     AND application_name = current_setting('application_name')";
    loop {
        let found = Sql::Postgres(session)
            .first(statement, &[], |row| Ok((row.integer(0)?, row.maybe_text(1)?.unwrap_or_default().to_owned())));
        match found.map_err(|why| failed(url, why))? {
            None | Some((0, _)) => return Ok(()),
            Some((sessions, place)) if clock::instant() >= deadline => {
                return Err(TransferError::InUse { ledger: url.to_string(), sessions, place });
            }
            Some(_) => std::thread::sleep(PAUSE),
        }
    }
}

fn layout(url: &LedgerUrl, found: i64) -> Result<LedgerLayout, OpenError> {
    let known = schema::known_version();
    if found > known {
        return Err(OpenError::Newer { ledger: url.to_string(), found, known });
    }
    LedgerLayout::of(found).map_err(|why| failed(url, why))
}

pub(super) fn failed(url: &LedgerUrl, why: SqlError) -> OpenError {
    let ledger = url.to_string();
    if why.is_damage() { OpenError::Damaged { ledger, why } } else { OpenError::Sql { ledger, why } }
}
