//! What can go wrong: one error per operation, over what can go wrong with the ledger itself, over what can go wrong with
//! a statement.

use std::path::PathBuf;
use std::time::Duration;

use super::clock_difference::ClockDifference;
pub use super::sql_error::SqlError;
use crate::files::way_out;
use crate::invite::Status;
use crate::invite::name::Username;
use crate::invite::redemption::NoChange;
use crate::invite::token::LedgerKey;
use crate::log::Cause;

/// Why the ledger cannot be used at all; a person must act.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Made by a later version of the program.
    #[error("the ledger {ledger} has schema version {found}, and this program knows {known}; use a newer invited")]
    Newer {
        /// The ledger.
        ledger: String,
        /// Its schema version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Where it is, only the service itself gets to see.
    #[error(
        "ledger.url_file is a credential, and $CREDENTIALS_DIRECTORY is not set; use an absolute path, or ask the service's API"
    )]
    Unread,
    /// Some other database.
    #[error("{} is a database, but no ledger; set ledger.url to a file of its own", .0.display())]
    Foreign(PathBuf),
    /// Some other program's table in PostgreSQL.
    #[error("the PostgreSQL table {0} is not the ledger's; set ledger.url to a database of its own")]
    ForeignTable(String),
    /// A PostgreSQL database that cannot hold every name.
    #[error(
        "the PostgreSQL database is encoded in {0}, which has no place for some names; create it with ENCODING 'UTF8'"
    )]
    Encoding(String),
    /// The ledger was created with another key.
    #[error("the ledger key {} does not belong to the ledger {ledger}; put back the key that it was created with", key_file.display())]
    WrongKey {
        /// The ledger.
        ledger: String,
        /// The key.
        key_file: PathBuf,
    },
    /// There is a ledger and no key; with a new key no link is valid.
    #[error(
        "the ledger {ledger} is there, but its key {} is not; put the key back from a backup, or move the ledger away to start anew",
        key_file.display()
    )]
    KeyMissing {
        /// The ledger.
        ledger: String,
        /// Where the key should be.
        key_file: PathBuf,
    },
    /// SQLite would take its log for the new one's.
    #[error(
        "the log {} of a ledger that is gone is there; put the ledger back beside it, or move it away, too, to begin a new one",
        .0.display()
    )]
    Orphaned(PathBuf),
    /// SQLite would write what is in there into it.
    #[error(
        "the log {} is not of the ledger {ledger} beside it, but of a later copy of it, or another one; put that ledger back, or move the \
         log away to go on with this one, without what is in the log", log.display()
    )]
    ForeignLog {
        /// The ledger.
        ledger: String,
        /// The log.
        log: PathBuf,
    },
    /// Somebody cut it; this program never leaves it so.
    #[error("the ledger {0} is empty (0 bytes); put it back from a backup, or move it and its key away to start anew")]
    Emptied(String),
    /// Whoever can read the key can create every token.
    #[error("the ledger key {} is for others to read, too (mode {mode:04o}); run chmod 600 on it", key_file.display())]
    KeyReadable {
        /// The key.
        key_file: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// One process serves a SQLite ledger.
    #[error(
        "another process serves the ledger {ledger} already{pid}; stop that one, or keep the ledger in PostgreSQL, where several may serve it"
    )]
    Served {
        /// The ledger.
        ledger: String,
        /// ` (pid N)`, if that is known.
        pid: String,
    },
    /// There is no key, and nobody says whether there is a ledger.
    #[error(
        "the ledger key {} is not there, and whether a new one may be created cannot be asked; start PostgreSQL",
        key_file.display()
    )]
    KeyUncertain {
        /// Where the key should be.
        key_file: PathBuf,
        /// Why.
        #[source]
        why: SqlError,
    },
    /// The key file holds something else.
    #[error("{} is no ledger key: expected {} bytes in base64", .0.display(), LedgerKey::BYTES)]
    BadKey(PathBuf),
    /// A file cannot be read or written.
    #[error("cannot open {}{}", path.display(), way_out(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds what SQLite or this program never wrote.
    #[error("the ledger {ledger} is damaged; run invited check, and put back a backup")]
    Damaged {
        /// The ledger.
        ledger: String,
        /// Why.
        #[source]
        why: SqlError,
    },
    /// The database cannot.
    #[error("cannot open the ledger {ledger}")]
    Sql {
        /// The ledger.
        ledger: String,
        /// Why.
        #[source]
        why: SqlError,
    },
}

/// Why the ledger cannot be written or read. Nothing was answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The disk is full, read-only or away, or PostgreSQL is; nothing has changed, and later it may work.
    #[error("the ledger is not available")]
    Unavailable(#[source] Cause),
    /// It did not answer in time, or could not say whether it has written: what was asked may have been done, or may be yet.
    #[error("what was asked of the ledger may have been done all the same")]
    Unsure(#[source] Cause),
    /// It holds what this program never wrote. A person must act.
    #[error("the ledger is damaged")]
    Damaged(#[source] Cause),
    /// Its file is not what it was when it was opened. What was written last is in a file that nobody opens again.
    #[error("the ledger is not available")]
    Moved(#[source] Cause),
    /// This node is not to judge; nothing has changed.
    #[error("this node's clock is {0}; set it, and have chrony or systemd-timesyncd keep it right")]
    Clock(ClockDifference),
    /// What may be used once was used before, by another request; nothing has changed.
    #[error("the token was used before")]
    TokenUsed,
}

impl LedgerError {
    /// Not available, for this reason.
    pub fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(Cause::new(cause))
    }

    /// Nobody knows what has been done, for this reason.
    pub(super) fn unsure(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unsure(Cause::new(cause))
    }

    /// What to do about it, where the ledger is a file or in PostgreSQL.
    pub(super) fn way_out(&self, is_file: bool) -> &'static str {
        match (self, is_file) {
            (Self::Damaged(_), true) => "run invited check",
            (Self::Damaged(_), false) => "check the database",
            (Self::Moved(_), _) => "put the file back, or restart the service to open the one that is there",
            (Self::Clock(_), _) => "set the clock",
            (Self::TokenUsed, _) => "send another token",
            (Self::Unavailable(_) | Self::Unsure(_), true) => "free disk space or check the disk",
            (Self::Unavailable(_) | Self::Unsure(_), false) => "start PostgreSQL, or check the connection to it",
        }
    }
}

impl From<OpenError> for LedgerError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Damaged { .. } => Self::Damaged(Cause::new(error)),
            error => Self::unavailable(error),
        }
    }
}

impl From<SqlError> for LedgerError {
    fn from(error: SqlError) -> Self {
        match error {
            SqlError::Moved => Self::Moved(Cause::new(error)),
            error if error.is_damage() => Self::Damaged(Cause::new(error)),
            SqlError::Sqlite(_)
            | SqlError::Postgres(_)
            | SqlError::TimedOut
            | SqlError::Away(_)
            | SqlError::Connection(_)
            | SqlError::Unreadable { .. } => Self::unavailable(error),
        }
    }
}

/// Why invites were not created.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreateError {
    /// The ledger cannot be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Another pending invite reserves the name.
    #[error("another invite already reserves the name {0}")]
    NameReserved(Username),
    /// The key's rate is used up.
    #[error("the key has created as many invites as its limit allows for now")]
    Limit {
        /// When there is room.
        retry_after: Duration,
    },
    /// The key has as many pending invites as it may.
    #[error("the key has as many pending invites as it may")]
    Pending {
        /// When the next of them expires.
        retry_after: Duration,
    },
    /// So many mails went to the address already.
    #[error("as many mails as mail.per_address allows went to this address")]
    MailLimit {
        /// When there is room.
        retry_after: Duration,
    },
    /// The Idempotency-Key came before, with another request.
    #[error("the Idempotency-Key was used with another request")]
    IdempotencyKeyReused,
}

/// Why an invite was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The ledger cannot be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// There is no such invite.
    #[error("there is no such invite")]
    Absent,
    /// It cannot be what was asked for.
    #[error("the number of uses cannot be this")]
    Uses(NoChange),
    /// It would be pending again, and another pending invite reserves its name by now, or somebody has it.
    #[error("the name {0} is reserved or taken by now")]
    NameReserved(Username),
    /// It would be pending again, and the key has as many pending invites as it may.
    #[error("the key has as many pending invites as it may")]
    Pending {
        /// When the next of them expires.
        retry_after: Duration,
    },
}

/// Why an invite was not redeemed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedeemError {
    /// The ledger cannot be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// There is no such invite.
    #[error("there is no such invite")]
    Absent,
    /// It is redeemed, expired or revoked.
    #[error("the invite is {0}")]
    Ended(Status),
    /// It is for another name.
    #[error("the invite is for another name")]
    OtherName,
    /// Somebody has the name, or another invite reserves it.
    #[error("the name {0} is taken")]
    Taken(Username),
    /// The last use belongs to a token that is out; it must be withdrawn first.
    #[error("an app may be using this invite")]
    AppTokenOutstanding,
    /// The Idempotency-Key came before, with another request.
    #[error("the Idempotency-Key was used with another request")]
    IdempotencyKeyReused,
}
