//! A ledger in a SQLite file of its own, under a temporary name until it is whole.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};
use tempfile::NamedTempFile;

use super::error::TransferError;
use super::rows::count_anew;
use super::snapshot::failed;
use crate::config::LedgerUrl;
use crate::files::{self, Existing};
use crate::ledger::error::SqlError;
use crate::ledger::sql::Sql;
use crate::ledger::sqlite::{self, schema};

/// A ledger that has no name yet; what is in it is gone with this value.
pub(super) struct NewLedgerFile {
    connection: Connection,
    file: NamedTempFile,
}

impl NewLedgerFile {
    /// An empty one of that schema version beside `path`, in a transaction.
    pub(super) fn begin(path: &Path, version: i64, key_check: &[u8]) -> Result<Self, TransferError> {
        let io = |source| TransferError::File { path: path.to_owned(), source };
        if let Some(dir) = path.parent() {
            files::create_dir(dir).map_err(io)?;
        }
        let file = files::begin(path).map_err(io)?;
        let begun = || {
            let connection = sqlite::connect_unnamed(file.path())?;
            connection.pragma_update(None, "journal_mode", "MEMORY")?;
            connection.execute_batch("BEGIN EXCLUSIVE")?;
            schema::migrate(&connection, version)?;
            schema::note_key(&connection, key_check)?;
            Ok(connection)
        };
        let connection = begun().map_err(|why: rusqlite::Error| failed(&url(path), why.into()))?;
        Ok(Self { connection, file })
    }

    pub(super) fn sql(&self) -> Sql<'_> {
        Sql::Sqlite(&self.connection)
    }

    /// Commits what was written, and brings it to this program's schema version.
    pub(super) fn bring_up_to_date(&mut self) -> Result<(), SqlError> {
        self.connection.execute_batch("COMMIT")?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
        schema::migrate(&transaction, schema::known_version())?;
        count_anew(Sql::Sqlite(&transaction))?;
        Ok(transaction.commit()?)
    }

    /// Gives it its name, durably.
    pub(super) fn finish(self, path: &Path, existing: Existing) -> Result<(), TransferError> {
        let sql = |why: rusqlite::Error| failed(&url(path), why.into());
        // So that nobody who opens it has to have it alone for that.
        self.connection.pragma_update(None, "journal_mode", "WAL").map_err(sql)?;
        self.connection.close().map_err(|(_, why)| sql(why))?;
        match files::finish(self.file, path, existing) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(TransferError::Opened(path.display().to_string()))
            }
            finished => finished.map_err(|source| TransferError::File { path: path.to_owned(), source }),
        }
    }
}

fn url(path: &Path) -> LedgerUrl {
    LedgerUrl::Sqlite(path.to_owned())
}

/// What a file is called when another one has its place: by the moment at which that was, and so that nothing is there yet.
pub(super) fn name_aside(path: &Path, now: jiff::Timestamp) -> PathBuf {
    let named = |number: u32| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(now.strftime(".replaced-%Y%m%dT%H%M%SZ").to_string());
        if number > 1 {
            name.push(format!(".{number}"));
        }
        path.with_file_name(name)
    };
    let free = (1..100).map(named).find(|name| files::is_gone(name));
    free.unwrap_or_else(|| named(100))
}
