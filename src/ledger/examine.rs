//! Whether a ledger's file is whole, and its key the one that it was created with, for whoever asks by hand. Nothing is created or
//! changed.

use super::error::{OpenError, SqlError};
use super::key_file;
use super::query::Filter;
use super::sql::Sql;
use super::sqlite;
use super::store::Store;
use super::transfer;
use crate::clock;
use crate::config::{LedgerSettings, LedgerUrl};
use crate::log::chain;

/// So many findings are enough.
const MOST: usize = 20;

/// So many invites are read at once.
const PAGE: u32 = 1000;

/// What is wrong with the file of a ledger, a line each; nothing where there is no file.
///
/// # Errors
/// When it cannot be opened.
pub fn examine(settings: &LedgerSettings) -> Result<Vec<String>, OpenError> {
    let LedgerUrl::Sqlite(file) = &settings.url else { return Ok(vec![]) };
    if !file.exists() {
        return Ok(vec![]);
    }
    if let Err(error @ OpenError::ForeignLog { .. }) = sqlite::refuse_foreign_log(file) {
        return Ok(vec![error.to_string()]);
    }
    let looked = sqlite::connect_in_passing(file).map_err(SqlError::from).and_then(|connection| look(&connection));
    match looked {
        Ok(findings) => Ok(findings),
        Err(why) if why.is_damage() => Ok(vec![chain(&why).to_string()]),
        Err(why) => Err(OpenError::Sql { ledger: file.display().to_string(), why }),
    }
}

/// Whether the ledger that is there opens with its key, as whoever serves it finds out; in the same words.
///
/// # Errors
/// When it would not be opened.
pub fn examine_key(settings: &LedgerSettings) -> Result<(), OpenError> {
    match transfer::look(&settings.url)? {
        Some(key_check) => key_file::find_of(settings, &settings.url, &key_check).map(drop),
        None => Ok(()),
    }
}

fn look(connection: &rusqlite::Connection) -> Result<Vec<String>, SqlError> {
    let mut findings = Vec::new();
    let mut statement = connection.prepare(&format!("PRAGMA quick_check({MOST})"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let line: String = row.get(0)?;
        findings.extend(Some(line).filter(|line| line != "ok"));
    }
    // It says nothing of what is in the rows.
    let sql = Sql::Sqlite(connection);
    let mut filter = Filter::default();
    while findings.len() < MOST {
        let read = sql.wait(async |sql| Store(sql).list(&filter, PAGE, clock::now()).await)?;
        findings.extend(read.unreadable.iter().map(|(id, why)| format!("invite {id} cannot be read: {}", chain(why))));
        if read.next.is_none() {
            break;
        }
        filter.before = read.next;
    }
    findings.truncate(MOST);
    Ok(findings)
}
