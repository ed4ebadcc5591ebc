//! Puts a backup in the place of a ledger, and says what comes to life again by that.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use super::error::TransferError;
use super::new_file::name_aside;
use super::restore_file::restore_file;
use super::restore_server::restore_server;
use super::revived::RevivedInvite;
use super::whole_backup::{RestoreOptions, WholeBackup};
use crate::config::{LedgerSettings, LedgerUrl};
use crate::ledger::error::OpenError;
use crate::ledger::key_file;

/// What was restored.
#[derive(Clone, Debug, Serialize)]
pub struct RestoreSummary {
    /// The moment that the backup is of.
    pub created_at: Timestamp,
    /// How many invites it has.
    pub invites: u64,
    /// Whether there was a ledger to compare it with.
    pub is_compared: bool,
    /// What comes to life again.
    pub revived: Vec<RevivedInvite>,
    /// Whether that was revoked.
    pub revoked: bool,
    /// How many pending invites were not in the ledger that was replaced.
    pub unknown: u64,
    /// Where that ledger and its key are kept.
    pub kept: Vec<PathBuf>,
    /// How many events of the backup's outbox are kept, and not sent.
    pub held: u64,
    /// Whether the ledger key is another one than before.
    pub key_changed: bool,
}

/// Puts `backup` in the place of the ledger.
///
/// # Errors
/// When it does not fit, somebody uses the ledger, or it cannot be written. Nothing has changed then.
pub fn restore(
    settings: &LedgerSettings,
    state_dir: &Path,
    backup: &WholeBackup,
    options: RestoreOptions,
    now: Timestamp,
) -> Result<RestoreSummary, TransferError> {
    let key = key_file::find(settings)?.map(|(key, _)| key);
    let is_other = key.as_ref().is_some_and(|key| key.check() != backup.key.check());
    if is_other && settings.key.is_some() {
        return Err(TransferError::OtherKey(settings.key_file.clone()));
    }
    let (found, mut kept, held) = match &settings.url {
        LedgerUrl::Unread => return Err(OpenError::Unread.into()),
        LedgerUrl::Sqlite(file) => restore_file(file, &settings.url, backup, options, now)?,
        LedgerUrl::Postgres(server) => restore_server(server, settings, state_dir, key.as_ref(), backup, options, now)?,
    };
    if settings.key.is_none() {
        let aside = name_aside(&settings.key_file, now);
        if key_file::put(&settings.key_file, backup.key_text(), &aside)? {
            kept.push(aside);
        }
    }
    let is_compared = found.is_some();
    let found = found.unwrap_or_default();
    Ok(RestoreSummary {
        created_at: backup.summary.created_at,
        invites: backup.summary.invites,
        is_compared,
        revoked: options.revoke_revived && !found.revived.is_empty(),
        revived: found.revived,
        unknown: found.unknown,
        kept,
        held,
        key_changed: is_other,
    })
}
