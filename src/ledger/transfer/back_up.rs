//! Writes a ledger and its key into one file, while others write to the ledger.

use std::io::Write;

use jiff::Timestamp;

use super::backup_file::BackupWriter;
use super::error::TransferError;
use super::snapshot::{LedgerSnapshot, failed};
use crate::config::LedgerSettings;
use crate::ledger::key_file;

/// Writes the ledger and its key to `to`. Nothing is created or changed.
///
/// # Errors
/// When there is no ledger, its key is another one, or one of the two cannot be read, or `to` be written.
pub fn back_up(settings: &LedgerSettings, to: impl Write, now: Timestamp) -> Result<(), TransferError> {
    let snapshot = LedgerSnapshot::begin(&settings.url)?;
    let snapshot = snapshot.ok_or_else(|| TransferError::Absent(settings.url.to_string()))?;
    let (_, text) = key_file::find_of(settings, &settings.url, &snapshot.key_check)?;
    let mut writer =
        BackupWriter::begin(to, snapshot.layout.version, text.trim_end(), now).map_err(TransferError::Write)?;
    for table in &snapshot.layout.tables {
        writer.table(table).map_err(TransferError::Write)?;
        let mut rows = snapshot.read(table);
        while let Some(row) = rows.next().map_err(|why| failed(&settings.url, why))? {
            writer.row(&row).map_err(TransferError::Write)?;
        }
    }
    writer.end().map_err(TransferError::Write)
}
