//! Ledgers as rows, whichever engine has them: backed up into one file, restored from it, and copied from one engine to the
//! other.
//!
//! What is read is read of one moment, while others write. What is written is written into a ledger that nobody uses, as a
//! whole or not at all.

mod back_up;
mod backup_file;
mod copy;
mod error;
mod held;
mod layout;
mod new_file;
mod restore;
mod restore_file;
mod restore_server;
mod revived;
mod rows;
mod snapshot;
mod whole_backup;

pub use back_up::back_up;
pub use copy::{CopySummary, copy};
pub use error::TransferError;
pub(super) use layout::table_names;
pub use restore::{RestoreSummary, restore};
pub use revived::RevivedInvite;
pub(super) use snapshot::look;
pub use whole_backup::{BackupSummary, RestoreOptions, WholeBackup};
