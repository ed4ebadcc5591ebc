//! A backup in the place of a SQLite ledger: a new file takes the name of the old one, which is kept under another.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::error::TransferError;
use super::held::hold;
use super::layout::LedgerLayout;
use super::new_file::{NewLedgerFile, name_aside};
use super::revived::{Comparison, compare, revoke};
use super::snapshot::{LedgerSnapshot, failed};
use super::whole_backup::{RestoreOptions, WholeBackup};
use crate::config::LedgerUrl;
use crate::files::Existing;
use crate::ledger::error::{OpenError, SqlError};
use crate::ledger::sqlite::{self, LedgerFiles, schema};

/// What is there before.
enum Replaced {
    Nothing,
    Ledger(LedgerSnapshot),
    /// A file that cannot be read any more.
    Damaged,
}

/// Gives what comes to life again, where that can be told, where the ledger is that was replaced, and how much is kept in the
/// outbox and not sent.
pub(super) fn restore_file(
    file: &Path,
    url: &LedgerUrl,
    backup: &WholeBackup,
    options: RestoreOptions,
    now: Timestamp,
) -> Result<(Option<Comparison>, Vec<PathBuf>, u64), TransferError> {
    // Whoever serves it holds this.
    let _lock = if file.exists() { sqlite::take_service_lock(file)? } else { None };
    let before = match LedgerSnapshot::begin(url) {
        Ok(None) => Replaced::Nothing,
        Ok(Some(ledger)) => match ledger.is_empty() {
            Ok(true) => Replaced::Nothing,
            Ok(false) => Replaced::Ledger(ledger),
            Err(why) if why.is_damage() => Replaced::Damaged,
            Err(why) => return Err(failed(url, why).into()),
        },
        Err(OpenError::Damaged { .. } | OpenError::Emptied(_) | OpenError::ForeignLog { .. }) => Replaced::Damaged,
        Err(error) => return Err(error.into()),
    };
    if !options.replace && !matches!(before, Replaced::Nothing) {
        let way_out = "with --replace the backup takes its place, and it is kept under another name";
        return Err(TransferError::NotEmpty { ledger: url.to_string(), way_out });
    }
    let new = backup.load(file)?;
    let held = hold(new.sql(), now).map_err(|why| failed(url, why))?;
    let found = match &before {
        Replaced::Ledger(ledger) => match compare_with(&new, ledger, now) {
            Ok(found) => Some(found),
            Err(why) if why.is_damage() => None,
            Err(why) => return Err(failed(url, why).into()),
        },
        Replaced::Nothing | Replaced::Damaged => None,
    };
    if options.revoke_revived {
        let found = found.as_ref().ok_or(TransferError::NoComparison)?;
        revoke(new.sql(), &found.revived, now).map_err(|why| failed(url, why))?;
    }
    let (is_kept, is_damaged) = match before {
        Replaced::Nothing => (false, false),
        Replaced::Ledger(_) => (true, found.is_none()),
        Replaced::Damaged => (true, true),
    };
    let kept = put_in_place(new, file, is_kept, is_damaged, now)?;
    Ok((found, kept, held))
}

fn compare_with(new: &NewLedgerFile, ledger: &LedgerSnapshot, now: Timestamp) -> Result<Comparison, SqlError> {
    let layout = LedgerLayout::of(schema::known_version())?;
    let [ours, theirs] = [&layout, &ledger.layout].map(|layout| layout.table("invite"));
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => compare((new.sql(), ours), (ledger.sql(), theirs), now),
        _ => Ok(Comparison::default()),
    }
}

/// The log of the old ledger may not stand beside the new one, which it would be taken for.
fn put_in_place(
    new: NewLedgerFile,
    file: &Path,
    is_kept: bool,
    is_damaged: bool,
    now: Timestamp,
) -> Result<Vec<PathBuf>, TransferError> {
    let aside = name_aside(file, now);
    let written = |path: &Path, result: std::io::Result<()>| {
        result.map_err(|source| TransferError::File { path: path.to_owned(), source })
    };
    if file.exists() && !is_damaged {
        // The last one to close it writes what is in the log into the ledger, and removes the log.
        let closed = sqlite::connect(file).and_then(|connection| {
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            connection.close().map_err(|(_, error)| error)
        });
        closed.map_err(|why| failed(&LedgerUrl::Sqlite(file.to_owned()), why.into()))?;
    }
    let files = LedgerFiles::new(file);
    let log = files.log_with_content();
    if log.is_some() && file.exists() && !is_damaged {
        return Err(TransferError::Opened(file.display().to_string()));
    }
    let is_there = file.exists();
    if is_there && is_kept {
        written(&aside, std::fs::hard_link(file, &aside))?;
    }
    if let Some(log) = log {
        written(log, std::fs::rename(log, LedgerFiles::log_of(&aside)))?;
    }
    new.finish(file, if is_there { Existing::Replace } else { Existing::Keep })?;
    Ok(if is_there && is_kept { vec![aside] } else { vec![] })
}
