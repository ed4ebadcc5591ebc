//! A backup's file, read to its end before anything is done with it.

use std::fs::File;
use std::io::{BufReader, Seek as _};
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::backup_file::{BackupHeader, BackupItem, BackupReader};
use super::error::TransferError;
use super::layout::LedgerLayout;
use super::new_file::NewLedgerFile;
use super::rows::TableWriter;
use super::snapshot::failed;
use crate::config::LedgerUrl;
use crate::invite::token::LedgerKey;
use crate::ledger::key_file;

/// What is in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BackupSummary {
    /// The moment that it is of.
    pub created_at: Timestamp,
    /// How many invites are in it.
    pub invites: u64,
    /// How many rows there are in all.
    pub rows: u64,
    /// Its checksum, as its last line has it.
    pub sha256: String,
}

/// A backup that was read to its end, and is whole.
pub struct WholeBackup {
    file: File,
    header: BackupHeader,
    pub(super) key: LedgerKey,
    /// What is in it.
    pub summary: BackupSummary,
}

impl WholeBackup {
    /// Reads all of `file`.
    ///
    /// # Errors
    /// When it is no backup, is not whole, or is a later version's.
    pub fn read(file: File) -> Result<Self, TransferError> {
        let found = file.metadata().map_err(TransferError::Read)?;
        if !found.is_file() {
            let why = "it is no regular file; write it to one first";
            return Err(TransferError::Read(std::io::Error::new(std::io::ErrorKind::InvalidInput, why)));
        }
        let (reader, header) = BackupReader::begin(BufReader::new(&file))?;
        let key = key_file::parse(&header.ledger_key);
        let key = key.ok_or_else(|| TransferError::DamagedBackup("its ledger key is none".into()))?;
        let layout = layout(&header)?;
        let (mut invites, mut is_invite) = (0, false);
        let (rows, sha256) = reader.each(&layout, |item| {
            match item {
                BackupItem::Table(place) => is_invite = layout.tables[place].name == "invite",
                BackupItem::Row(_) => invites += u64::from(is_invite),
            }
            Ok(())
        })?;
        let summary = BackupSummary { created_at: header.created_at, invites, rows, sha256 };
        Ok(Self { file, header, key, summary })
    }

    pub(super) fn key_text(&self) -> &str {
        &self.header.ledger_key
    }

    /// A ledger of this version with all that is in it, beside `path`.
    pub(super) fn load(&self, path: &Path) -> Result<NewLedgerFile, TransferError> {
        (&self.file).rewind().map_err(TransferError::Read)?;
        let (reader, header) = BackupReader::begin(BufReader::new(&self.file))?;
        let (layout, url) = (layout(&header)?, LedgerUrl::Sqlite(path.to_owned()));
        let mut new = NewLedgerFile::begin(path, header.schema, self.key.check())?;
        let failed = |why| TransferError::from(failed(&url, why));
        let mut writer: Option<TableWriter<'_>> = None;
        reader.each(&layout, |item| match item {
            BackupItem::Table(place) => {
                let before = writer.replace(TableWriter::new(new.sql(), &layout.tables[place]));
                before.map_or(Ok(()), |mut before| before.flush()).map_err(failed)
            }
            BackupItem::Row(row) => writer.as_mut().map_or(Ok(()), |writer| writer.add(row)).map_err(failed),
        })?;
        if let Some(mut last) = writer {
            last.flush().map_err(failed)?;
        }
        new.bring_up_to_date().map_err(failed)?;
        Ok(new)
    }
}

fn layout(header: &BackupHeader) -> Result<LedgerLayout, TransferError> {
    LedgerLayout::of(header.schema).map_err(|why| TransferError::DamagedBackup(why.to_string()))
}

/// What an admin allows.
#[derive(Clone, Copy, Debug)]
pub struct RestoreOptions {
    /// A ledger that is not empty is replaced; it is kept under another name.
    pub replace: bool,
    /// What comes to life again is revoked.
    pub revoke_revived: bool,
}
