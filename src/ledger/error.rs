//! What can go wrong: one error per operation, over what can go wrong with the ledger itself.

use std::path::PathBuf;
use std::time::Duration;

use crate::invite::Status;
use crate::invite::name::Username;
use crate::invite::redemption::NoChange;
use crate::invite::token::LedgerKey;

/// Why the ledger cannot be used at all; a person must act.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Made by a later version of the program.
    #[error("the ledger {} has schema version {found}, and this program knows {known}; use a newer invited", file.display())]
    Newer {
        /// The ledger.
        file: PathBuf,
        /// Its schema version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Some other database.
    #[error("{} is a database, but no ledger; set ledger.url to a file of its own", .0.display())]
    Foreign(PathBuf),
    /// The ledger was made with another key.
    #[error("the ledger key {} does not belong to the ledger {}; put back the key that it was made with", key_file.display(), file.display())]
    WrongKey {
        /// The ledger.
        file: PathBuf,
        /// The key.
        key_file: PathBuf,
    },
    /// There is a ledger and no key; a new key would make all links invalid.
    #[error(
        "the ledger {} is there, but its key {} is not; put the key back from a backup, or move the ledger away to start anew",
        file.display(), key_file.display()
    )]
    KeyMissing {
        /// The ledger.
        file: PathBuf,
        /// Where the key should be.
        key_file: PathBuf,
    },
    /// The key file holds something else.
    #[error("{} is no ledger key: expected {} bytes in base64", .0.display(), LedgerKey::BYTES)]
    BadKey(PathBuf),
    /// A file cannot be read or written.
    #[error("cannot open {} ({source}); run as root or as the owner of the state directory", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite cannot.
    #[error("cannot open the ledger {} ({source})", file.display())]
    Sqlite {
        /// The ledger.
        file: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
}

/// The disk is full, read-only or away; nothing has changed, and later it may work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Why.
    #[error("the ledger is not available ({0})")]
    Unavailable(String),
}

/// Why invites were not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreateError {
    /// The ledger cannot be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Another pending invite reserves the name.
    #[error("another invite already reserves the name {0}")]
    NameReserved(Username),
    /// The key's rate is used up.
    #[error("the key has made as many invites as its limit allows for now")]
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
    /// The Idempotency-Key came before, with another body.
    #[error("the Idempotency-Key was used with another body")]
    OtherBody,
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
    /// It is spent, expired or revoked.
    #[error("the invite is {0}")]
    Ended(Status),
    /// It is for another name.
    #[error("the invite is for another name")]
    OtherName,
    /// Somebody has the name, or another invite reserves it.
    #[error("the name {0} is taken")]
    Taken(Username),
    /// The last use belongs to a token that is out; it must be taken back first.
    #[error("an app may be using this invite")]
    InApp,
    /// The Idempotency-Key came before, with another body.
    #[error("the Idempotency-Key was used with another body")]
    OtherBody,
}
