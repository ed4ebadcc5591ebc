//! Which files SQLite holds open, and whether they still are what their names stand for.
//!
//! SQLite goes by file descriptors: a ledger that is removed, renamed or replaced is written as before, and gone with the
//! process (<https://sqlite.org/howtocorrupt.html>, 2.4). So the names are looked at, before and after each commit.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use arc_swap::ArcSwapOption;
use rusqlite::{Connection, FileControl};

use crate::ledger::error::SqlError;

/// What SQLite adds to the name of a database for the files beside it (<https://sqlite.org/walformat.html>).
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// A file, whatever it is called.
#[derive(Clone, Copy, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    fn at(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        Some(Self { device: found.dev(), inode: found.ino() })
    }
}

fn beside(ledger: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(ledger);
    name.push(suffix);
    PathBuf::from(name)
}

/// The files of a ledger, as they were when the connection that writes was opened.
pub(in crate::ledger) struct LedgerFiles {
    /// The database, and what is beside it.
    paths: [PathBuf; 3],
    opened: ArcSwapOption<[Option<FileId>; 3]>,
}

impl LedgerFiles {
    pub(in crate::ledger) fn new(ledger: &Path) -> Self {
        let [log, index] = BESIDE.map(|suffix| beside(ledger, suffix));
        Self { paths: [ledger.to_owned(), log, index], opened: ArcSwapOption::empty() }
    }

    /// What the write-ahead log of a database is called.
    pub(in crate::ledger) fn log_of(ledger: &Path) -> PathBuf {
        beside(ledger, BESIDE[0])
    }

    /// The database.
    pub(super) fn ledger(&self) -> &Path {
        &self.paths[0]
    }

    /// The write-ahead log, if there is anything in it.
    pub(in crate::ledger) fn log_with_content(&self) -> Option<&Path> {
        let log = self.paths[1].as_path();
        fs::metadata(log).is_ok_and(|found| found.len() > 0).then_some(log)
    }

    /// From now on, what `connection` has opened is what is to stay.
    pub(super) fn remember(&self, connection: &Connection) -> Result<(), SqlError> {
        let found = self.found();
        // SQLite knows which file it has; what is found is found later.
        let mut has_moved = 0;
        connection.file_control(Some(rusqlite::MAIN_DB), FileControl::HasMoved(&mut has_moved))?;
        if has_moved != 0 {
            return Err(SqlError::Moved);
        }
        self.opened.store(Some(found.into()));
        Ok(())
    }

    /// Whether anything was opened.
    pub(super) fn is_known(&self) -> bool {
        self.opened.load().is_some()
    }

    /// What is beside the ledger may be another one, as it is once nobody has it open.
    pub(super) fn forget_what_is_beside(&self) {
        self.opened.rcu(|opened| opened.as_deref().map(|[ledger, ..]| [*ledger, None, None].into()));
    }

    /// Whether all of them are still there.
    pub(in crate::ledger) fn check(&self) -> Result<(), SqlError> {
        let Some(opened) = self.opened.load_full() else { return Ok(()) };
        let is_same = |(opened, found): (&Option<FileId>, Option<FileId>)| opened.is_none() || *opened == found;
        if opened.iter().zip(self.found()).all(is_same) { Ok(()) } else { Err(SqlError::Moved) }
    }

    fn found(&self) -> [Option<FileId>; 3] {
        self.paths.each_ref().map(|path| FileId::at(path))
    }
}
