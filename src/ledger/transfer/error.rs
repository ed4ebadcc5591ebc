//! Why a ledger was not backed up, restored or copied.

use std::path::{Path, PathBuf};

use crate::ledger::error::{LedgerError, OpenError};

/// Why a ledger was not backed up, restored or copied. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// One of the ledgers cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The ledger cannot be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// There is nothing.
    #[error("there is no ledger {0}")]
    Absent(String),
    /// A file that has something else in it.
    #[error("this file is no backup that `invited backup` wrote")]
    NoBackup,
    /// A later version's file.
    #[error("this backup has format {found}, and this program knows {known}; use a newer invited")]
    NewerFormat {
        /// The file's.
        found: u64,
        /// Ours.
        known: u64,
    },
    /// A later version's ledger is in there.
    #[error("this backup has schema version {found}, and this program knows {known}; use a newer invited")]
    NewerSchema {
        /// The file's.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// It ends too early.
    #[error("this backup is not whole: it ends in line {0}; take another one")]
    CutOff(u64),
    /// Its checksum says so, or a row cannot be read.
    #[error("this backup is damaged ({0}); take another one")]
    DamagedBackup(String),
    /// The backup's file cannot be read.
    #[error("cannot read the backup")]
    Read(#[source] std::io::Error),
    /// The backup's file cannot be written.
    #[error("cannot write the backup")]
    Write(#[source] std::io::Error),
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There is something in the way.
    #[error("the ledger {ledger} is not empty; {way_out}")]
    NotEmpty {
        /// The ledger.
        ledger: String,
        /// What to do.
        way_out: &'static str,
    },
    /// Somebody has it open.
    #[error(
        "the ledger {ledger} is in use: PostgreSQL has {sessions} more session(s) of its user, from {place}; stop all nodes, and close \
         the connections that a pooler keeps"
    )]
    InUse {
        /// The ledger.
        ledger: String,
        /// How many sessions there are.
        sessions: i64,
        /// Where one of them comes from.
        place: String,
    },
    /// Somebody has the file open.
    #[error("another process has the ledger {0} open; wait for it, or stop it, and try again")]
    Opened(String),
    /// The key comes from outside, and is another one.
    #[error(
        "the backup is of a ledger with another key than {}, which is not in the state directory; first put the backup's key there: \
         head -n 1 FILE | jq -r .ledger_key", .0.display()
    )]
    OtherKey(PathBuf),
    /// The ledger is not of this key, nor of the backup's.
    #[error(
        "the ledger {0} was created with another key than the one that is there, and than the backup's; put back its key, or have its \
         tables dropped"
    )]
    UnknownKey(String),
    /// What came to life again was to be revoked, and cannot be told.
    #[error("there is no ledger that tells which invites have ended since; leave out --revoke-revived")]
    NoComparison,
    /// An earlier version's ledger.
    #[error("the ledger {0} is an earlier version's; start this version's service on it once, so that it is migrated")]
    Older(String),
    /// Both are one.
    #[error("the two ledgers are the same")]
    Same,
    /// What was written is not what was read.
    #[error("the copy differs from the ledger in table {table}, row {row}; nothing was copied")]
    Differs {
        /// The table.
        table: String,
        /// What tells the row apart.
        row: String,
    },
}

impl TransferError {
    /// The same of a backup that is written into this file.
    #[must_use]
    pub fn in_file(self, path: &Path) -> Self {
        match self {
            Self::Write(source) => Self::File { path: path.to_owned(), source },
            error => error,
        }
    }
}
