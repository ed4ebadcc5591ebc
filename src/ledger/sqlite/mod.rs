//! SQLite: schema, migrations, the connection that writes. WAL with full sync, so that a commit is on the disk when it
//! returns.

mod connection;
mod files;
mod lock;
mod own_log;
pub(super) mod schema;

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use super::error::{LedgerError, OpenError, SqlError};
use crate::clock;
use crate::files::{self as state_files, Existing};
use crate::ledger::key_file::KeyFile;
use connection::{BUSY_PAUSE, BUSY_TIMEOUT, Stage, is_busy, is_of_disk, is_passing};
pub(super) use connection::{connect, connect_at_a_glance, connect_in_passing, connect_unnamed, may_be_kept};
pub(super) use files::LedgerFiles;
pub(super) use lock::take as take_service_lock;
pub(super) use own_log::refuse_foreign_log;

/// More than there are statements, so that each is prepared once.
const STATEMENTS: usize = 64;

/// The connection that writes. After an error of the disk it is closed and opened anew, so that it heals.
pub(super) struct SqliteWriter {
    files: Arc<LedgerFiles>,
    key: KeyFile,
    connection: Option<Connection>,
    /// Whether no other process may serve this ledger, and what keeps it from that. It is dropped after the connection.
    is_served: bool,
    lock: Option<File>,
    /// Whether the log may hold what is in the system's memory, and will never be on the disk.
    log_is_doubtful: bool,
}

impl SqliteWriter {
    /// Opens, migrates, checks the key. A disk that cannot be written is no error, but reported beside the writer.
    pub(super) fn open(file: &Path, key: KeyFile, is_served: bool) -> Result<(Self, Option<LedgerError>), OpenError> {
        let files = Arc::new(LedgerFiles::new(file));
        let mut database = Self { files, key, connection: None, is_served, lock: None, log_is_doubtful: true };
        match database.reconnect() {
            Ok(()) => Ok((database, None)),
            Err(OpenError::Sql { why: SqlError::Sqlite(source), .. }) if is_passing(&source) => {
                Ok((database, Some(SqlError::from(source).into())))
            }
            Err(error) => Err(error),
        }
    }

    fn failed(&self, source: rusqlite::Error) -> OpenError {
        self.lost(source.into())
    }

    fn lost(&self, why: SqlError) -> OpenError {
        let ledger = self.name();
        if why.is_damage() { OpenError::Damaged { ledger, why } } else { OpenError::Sql { ledger, why } }
    }

    fn name(&self) -> String {
        self.files.ledger().display().to_string()
    }

    /// Opens the file anew. Where several processes begin at once SQLite says of some that the file is locked, without waiting
    /// for it as it does later; so that is done here.
    fn reconnect(&mut self) -> Result<(), OpenError> {
        let end = clock::instant() + BUSY_TIMEOUT;
        loop {
            match self.connect() {
                Err(OpenError::Sql { why: SqlError::Sqlite(error), .. })
                    if is_busy(&error) && clock::instant() < end =>
                {
                    std::thread::sleep(BUSY_PAUSE);
                }
                result => return result,
            }
        }
    }

    fn connect(&mut self) -> Result<(), OpenError> {
        self.connection = None;
        let file = self.files.ledger();
        match file.metadata() {
            Ok(found) if found.len() == 0 => return Err(OpenError::Emptied(self.name())),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.files.is_known() => {
                // Another process may have created both just now.
                if let Some(log) = self.files.log_with_content().filter(|_| !file.exists()) {
                    return Err(OpenError::Orphaned(log.to_owned()));
                }
                self.create()?;
                if !self.key.may_be_first() {
                    tracing::warn!(
                        "there was no ledger {}, and one was begun, but its key {} was there: links that were handed out before \
                         open nothing; if the ledger was lost, stop the service and put it back from a backup",
                        self.name(),
                        self.key.path.display()
                    );
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(self.lost(SqlError::Moved)),
            Err(source) => return Err(OpenError::Io { path: file.to_owned(), source }),
        }
        if self.is_served && self.lock.is_none() {
            self.lock = lock::take(file)?;
        }
        refuse_foreign_log(file)?;
        let failed = |source| self.failed(source);
        let mut connection = connect(file).map_err(failed)?;
        if connection.is_readonly(rusqlite::MAIN_DB).map_err(failed)? {
            // SQLite opened it all the same, and would hold on to that when the disk has healed.
            let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY);
            return Err(failed(rusqlite::Error::SqliteFailure(code, None)));
        }
        self.check_schema(&connection)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
        connection.pragma_update(None, "cache_size", -4096).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        self.migrate(&mut connection)?;
        self.trust_log(&connection)?;
        self.files.remember(&connection).map_err(|why| self.lost(why))?;
        self.connection = Some(connection);
        self.key.establish()
    }

    /// Empties the log before anything is added to it, when it was written by who knows whom, or on a disk that failed.
    ///
    /// After an fdatasync(2) that failed Linux takes what was written for clean, and a later one that succeeds says nothing of
    /// it. SQLite reads it back from memory and would append to it, so that what was committed later were lost with it when
    /// the power goes. This writes it anew, into the ledger, with a sync of its own.
    fn trust_log(&mut self, connection: &Connection) -> Result<(), OpenError> {
        if self.log_is_doubtful {
            // A command leaves it to whoever is at it; the service waits.
            let patience = if self.is_served { BUSY_TIMEOUT } else { Duration::ZERO };
            connection.busy_timeout(patience).map_err(|source| self.failed(source))?;
            let is_busy = match connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)) {
                Err(error) if is_busy(&error) => true,
                answer => answer.map_err(|source| self.failed(source))?,
            };
            connection.busy_timeout(BUSY_TIMEOUT).map_err(|source| self.failed(source))?;
            // At the first start others may be at it, whose log it is then.
            if is_busy && self.files.is_known() {
                let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
                return Err(self.failed(rusqlite::Error::SqliteFailure(code, None)));
            }
            self.log_is_doubtful = false;
        }
        Ok(())
    }

    /// Creates the ledger: there is none, or a whole one. Not by SQLite alone, for its mode, and so that an empty file is
    /// one that somebody cut.
    fn create(&self) -> Result<(), OpenError> {
        let (file, failed) = (self.files.ledger(), |source| self.failed(source));
        let io = |source| OpenError::Io { path: file.to_owned(), source };
        let begun = state_files::begin(file).map_err(io)?;
        let mut connection = connect_unnamed(begun.path()).map_err(failed)?;
        connection.pragma_update(None, "journal_mode", "MEMORY").map_err(failed)?;
        self.migrate(&mut connection)?;
        // So that nobody who opens it has to have it alone for that.
        connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
        connection.close().map_err(|(_, error)| failed(error))?;
        match state_files::finish(begun, file, Existing::Keep) {
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            finished => finished.map_err(io),
        }
    }

    /// Refuses what is no ledger, is a later one's, or has another key, before anything is changed.
    fn check_schema(&self, connection: &Connection) -> Result<(), OpenError> {
        let failed = |source| self.failed(source);
        if schema::is_blank(connection).map_err(failed)? {
            return Ok(());
        }
        if !schema::is_ledger(connection).map_err(failed)? {
            return Err(OpenError::Foreign(self.files.ledger().to_owned()));
        }
        let (found, known) = (schema::version(connection).map_err(failed)?, schema::known_version());
        if found > known {
            return Err(OpenError::Newer { ledger: self.name(), found, known });
        }
        let check: Option<Vec<u8>> = connection
            .query_row("SELECT value FROM meta WHERE name = 'key_check'", [], |row| row.get(0))
            .optional()
            .map_err(failed)?;
        if check.as_deref() != Some(self.key.key.check()) {
            return Err(OpenError::WrongKey { ledger: self.name(), key_file: self.key.path.clone() });
        }
        Ok(())
    }

    /// Brings the schema up to date, under SQLite's write lock.
    fn migrate(&self, connection: &mut Connection) -> Result<(), OpenError> {
        let failed = |source| self.failed(source);
        let known = schema::known_version();
        // Nearly always there is nothing to do, and then nothing is locked.
        if schema::version(connection).map_err(failed)? != known {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(failed)?;
            // Another process may have been faster.
            self.check_schema(&transaction)?;
            schema::migrate(&transaction, known).map_err(failed)?;
            schema::note_key(&transaction, self.key.key.check()).map_err(failed)?;
            transaction.commit().map_err(failed)?;
        }
        // Another process may have created it since, with another key.
        self.check_schema(connection)
    }

    /// Writes everything into the one file, for whoever copies it, and closes it.
    pub(super) fn close(self) {
        self.empty_log();
    }

    /// Writes everything into the one file, wherever that is by now.
    fn empty_log(&self) {
        if let Some(connection) = &self.connection {
            // A reader that is not done yet only means that some of it stays in the -wal file.
            let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }
    }

    /// The files that it has open.
    pub(super) fn files(&self) -> Arc<LedgerFiles> {
        Arc::clone(&self.files)
    }

    /// Whether its files are those that were opened. If not, the log is emptied into the ledger that it belongs to: beside
    /// another one it would be taken for that one's.
    fn check_files(&self) -> Result<(), SqlError> {
        self.files.check().inspect_err(|_| self.empty_log())
    }

    /// Runs `work` in a transaction and commits it. When anything fails, nothing has changed; but what was committed into
    /// a file that was removed meanwhile is still in there.
    pub(super) fn transaction(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<(), SqlError>,
    ) -> Result<(), LedgerError> {
        self.check_files()?;
        if self.connection.is_none() {
            self.reconnect()?;
        }
        let Some(connection) = &mut self.connection else {
            return Err(LedgerError::unavailable("it is closed"));
        };
        let result = connection::run(connection, work);
        if let Err((error, stage)) = result {
            // After an error of the disk SQLite's view of it may be stale.
            self.disconnect();
            let is_of_disk = matches!(&error, SqlError::Sqlite(error) if is_of_disk(error));
            self.log_is_doubtful |= is_of_disk;
            return Err(match stage {
                Stage::Commit if is_of_disk => LedgerError::unsure(error),
                Stage::Before | Stage::Commit => error.into(),
            });
        }
        // Committed, and where nobody will see it?
        Ok(self.check_files()?)
    }

    fn disconnect(&mut self) {
        let in_place = self.files.check().is_ok();
        self.connection = None;
        if in_place {
            self.files.forget_what_is_beside();
        }
    }
}
