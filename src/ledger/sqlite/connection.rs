//! A connection to SQLite: how it is opened, what runs on it, and what its errors mean.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::NON_ALPHANUMERIC;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, FileControl, OpenFlags, ToSql, TransactionBehavior};

use super::own_log::count_commit;
use crate::ledger::error::SqlError;
use crate::ledger::value::SqlValue;

/// How long to wait for another process, such as `invited invite create`, to finish its transaction: less than callers
/// wait, so that they are told.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(4);

/// How long a process that begins waits before it tries again.
pub(super) const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// A connection that reads.
pub(in crate::ledger) fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -1024)?;
    Ok(connection)
}

/// A connection to a file that has a temporary name: SQLite would tell that one.
pub(in crate::ledger) fn connect_unnamed(file: &Path) -> rusqlite::Result<Connection> {
    connect(file).map_err(|error| match error {
        rusqlite::Error::SqliteFailure(code, _) => rusqlite::Error::SqliteFailure(code, None),
        error => error,
    })
}

/// A connection that leaves the files beside the ledger as it finds them: SQLite would delete the log of a service that was
/// killed when the last connection is closed.
pub(in crate::ledger) fn connect_in_passing(file: &Path) -> rusqlite::Result<Connection> {
    let is_there = log_of(file).exists();
    let connection = connect(file)?;
    connection.file_control(Some(rusqlite::MAIN_DB), FileControl::PersistWal(&mut i32::from(is_there)))?;
    // Nor is what is in that log written into the ledger.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, is_there)?;
    Ok(connection)
}

/// A connection to look by for a moment, as somebody may be in a hurry. Where there is no log nobody has the ledger open, and
/// not even the files beside it are created meanwhile (<https://sqlite.org/uri.html>, `immutable`).
pub(in crate::ledger) fn connect_at_a_glance(file: &Path) -> rusqlite::Result<Connection> {
    if log_of(file).exists() {
        return connect_in_passing(file);
    }
    let path = percent_encoding::percent_encode(file.as_os_str().as_bytes(), NON_ALPHANUMERIC);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(format!("file:{path}?immutable=1"), flags)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// The write-ahead log of a ledger.
fn log_of(file: &Path) -> PathBuf {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// Whether a connection may be kept. What was opened on a read-only disk may not: SQLite would hold the whole process to
/// it (its shared memory is one for all connections), also when the disk has healed.
pub(in crate::ledger) fn may_be_kept(connection: &Connection) -> bool {
    matches!(connection.is_readonly(rusqlite::MAIN_DB), Ok(false))
}

/// How far a transaction got.
#[derive(Clone, Copy)]
pub(super) enum Stage {
    Before,
    Commit,
}

/// Whether the disk failed to read, write or sync.
pub(super) fn is_of_disk(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure)
}

/// Runs `work` in a transaction and commits it.
pub(super) fn run(
    connection: &mut Connection,
    work: impl FnOnce(&Connection) -> Result<(), SqlError>,
) -> Result<(), (SqlError, Stage)> {
    let before = |error| (error, Stage::Before);
    let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = begun.map_err(|error| before(error.into()))?;
    let changes = transaction.total_changes();
    work(&transaction).map_err(before)?;
    if transaction.total_changes() != changes {
        count_commit(&transaction).map_err(|error| before(error.into()))?;
    }
    transaction.commit().map_err(|error| (error.into(), Stage::Commit))
}

/// Whether another connection is in the way.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

/// Whether an error may pass by itself: the disk is full, read-only or away.
pub(super) fn is_passing(error: &rusqlite::Error) -> bool {
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

impl ToSql for SqlValue<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_name_is_told_by_none() {
        let told = |opened: rusqlite::Result<Connection>| opened.unwrap_err().to_string();
        let file = Path::new("/nonexistent/.new-x");
        assert!(told(connect(file)).contains(".new-x"));
        assert_eq!(told(connect_unnamed(file)), "Error code 14: unable to open database file");
    }
}
