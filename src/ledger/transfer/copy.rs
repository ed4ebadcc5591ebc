//! Copies a ledger from one engine to the other, and holds the copy against it before it counts.

use jiff::Timestamp;
use serde::Serialize;

use super::error::TransferError;
use super::layout::LedgerLayout;
use super::new_file::NewLedgerFile;
use super::rows::{TableReader, TableWriter, clear, continue_numbers, count_anew, is_empty};
use super::snapshot::{LedgerSnapshot, failed, refuse_other_sessions};
use crate::config::{LedgerSettings, LedgerUrl};
use crate::files::Existing;
use crate::ledger::error::{OpenError, SqlError};
use crate::ledger::key_file;
use crate::ledger::server_access;
use crate::ledger::sql::Sql;
use crate::ledger::sqlite::{self, schema};

/// What was copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CopySummary {
    /// How many invites there are.
    pub invites: u64,
    /// How many rows there are in all.
    pub rows: u64,
    /// The moment that the copy is of.
    pub copied_at: Timestamp,
}

/// Copies the ledger `from` into `to`, which is empty; the ledger key of `settings` is that of both.
///
/// # Errors
/// When a service runs on one of them, one does not fit, or the copy differs. Nothing was copied then.
pub fn copy(
    settings: &LedgerSettings,
    from: &LedgerUrl,
    to: &LedgerUrl,
    now: Timestamp,
) -> Result<CopySummary, TransferError> {
    if from == to {
        return Err(TransferError::Same);
    }
    let _lock = match from {
        LedgerUrl::Sqlite(file) if file.exists() => sqlite::take_service_lock(file)?,
        LedgerUrl::Sqlite(_) | LedgerUrl::Postgres(_) | LedgerUrl::Unread => None,
    };
    let source = LedgerSnapshot::begin(from)?.ok_or_else(|| TransferError::Absent(from.to_string()))?;
    if source.layout.version != schema::known_version() {
        return Err(TransferError::Older(from.to_string()));
    }
    let (key, _) = key_file::find_of(settings, from, &source.key_check)?;
    source.refuse_other_sessions(from)?;
    let found = LedgerSnapshot::begin(to)?;
    let is_empty = found.as_ref().map_or(Ok(true), LedgerSnapshot::is_empty).map_err(|why| failed(to, why))?;
    drop(found);
    if !is_empty {
        return Err(not_empty(to));
    }
    let rows = match to {
        LedgerUrl::Unread => return Err(OpenError::Unread.into()),
        LedgerUrl::Sqlite(file) => {
            if file.exists() {
                return Err(not_empty(to));
            }
            let mut new = NewLedgerFile::begin(file, source.layout.version, key.check())?;
            let rows = write(&source, new.sql(), to)?;
            new.bring_up_to_date().map_err(|why| failed(to, why))?;
            new.finish(file, Existing::Keep)?;
            rows
        }
        LedgerUrl::Postgres(server) => {
            let (mut writer, trouble) = server_access::open_writer(server, &settings.key_file, &key)?;
            if let Some(trouble) = trouble {
                return Err(trouble.into());
            }
            let mut done = None;
            let committed = writer.transaction(|session, _| {
                let result = refuse_other_sessions(to, session)
                    .and_then(|()| server_access::lift_limits(session).map_err(|why| failed(to, why).into()))
                    .and_then(|()| write(&source, Sql::Postgres(session), to));
                let is_done = result.is_ok();
                done = Some(result);
                if is_done { Ok(()) } else { Err(SqlError::connection("nothing was copied")) }
            });
            let rows = done.transpose()?;
            committed?;
            rows.unwrap_or_default()
        }
    };
    let invites = rows.iter().filter(|(table, _)| table == "invite").map(|(_, rows)| rows).sum();
    Ok(CopySummary { invites, rows: rows.iter().map(|(_, rows)| rows).sum(), copied_at: now })
}

fn not_empty(to: &LedgerUrl) -> TransferError {
    let way_out = match to {
        LedgerUrl::Sqlite(_) | LedgerUrl::Unread => "name a file that is not there yet",
        LedgerUrl::Postgres(_) => "name a database, or a schema, of its own",
    };
    TransferError::NotEmpty { ledger: to.to_string(), way_out }
}

/// Writes all rows, and reads both again; gives how many each table has.
fn write(source: &LedgerSnapshot, sql: Sql<'_>, to: &LedgerUrl) -> Result<Vec<(String, u64)>, TransferError> {
    let failed = |why| TransferError::from(failed(to, why));
    if !is_empty(sql, &source.layout).map_err(failed)? {
        return Err(not_empty(to));
    }
    clear(sql, &source.layout).map_err(failed)?;
    let mut counted = vec![];
    for table in &source.layout.tables {
        let (mut rows, mut writer) = (source.read(table), TableWriter::new(sql, table));
        while let Some(row) = rows.next().map_err(failed)? {
            writer.add(row).map_err(failed)?;
        }
        writer.flush().map_err(failed)?;
        counted.push((table.name.clone(), writer.rows));
    }
    continue_numbers(sql, &source.layout).map_err(failed)?;
    // A file is counted when it is whole.
    if let Sql::Postgres(_) = sql {
        count_anew(sql).map_err(failed)?;
    }
    verify(source, sql, &source.layout).map_err(failed)?.map_or(Ok(counted), Err)
}

/// The first difference, if there is one.
fn verify(source: &LedgerSnapshot, sql: Sql<'_>, layout: &LedgerLayout) -> Result<Option<TransferError>, SqlError> {
    for table in &layout.tables {
        let (mut ours, mut theirs) = (source.read(table), TableReader::new(sql, table));
        loop {
            let (one, other) = (ours.next()?, theirs.next()?);
            if one != other {
                let row = one.or(other).map(|row| table.name_row(&row)).unwrap_or_default();
                return Ok(Some(TransferError::Differs { table: table.name.clone(), row }));
            }
            if one.is_none() {
                break;
            }
        }
    }
    Ok(None)
}
