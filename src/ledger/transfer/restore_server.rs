//! A backup in the place of a PostgreSQL ledger: in one transaction, while no node is at work.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::back_up::back_up;
use super::error::TransferError;
use super::held::hold;
use super::layout::LedgerLayout;
use super::new_file::{NewLedgerFile, name_aside};
use super::revived::{Comparison, compare, revoke};
use super::rows::{TableReader, TableWriter, clear, continue_numbers, count_anew};
use super::snapshot::{LedgerSnapshot, failed, refuse_other_sessions};
use super::whole_backup::{RestoreOptions, WholeBackup};
use crate::config::LedgerSettings;
use crate::config::postgres::Postgres;
use crate::files::{self, Existing};
use crate::invite::token::LedgerKey;
use crate::ledger::error::{OpenError, SqlError};
use crate::ledger::postgres::PostgresSession;
use crate::ledger::server_access;
use crate::ledger::sql::Sql;
use crate::ledger::sqlite::schema;

/// Gives what comes to life again, where that can be told, where the ledger is that was replaced, and how much is kept in the
/// outbox and not sent.
pub(super) fn restore_server(
    server: &Postgres,
    settings: &LedgerSettings,
    state_dir: &Path,
    own_key: Option<&LedgerKey>,
    backup: &WholeBackup,
    options: RestoreOptions,
    now: Timestamp,
) -> Result<(Option<Comparison>, Vec<PathBuf>, u64), TransferError> {
    let url = &settings.url;
    let failed = |why| TransferError::from(failed(url, why));
    let before = LedgerSnapshot::begin(url)?;
    let is_empty = before.as_ref().map_or(Ok(true), LedgerSnapshot::is_empty).map_err(failed)?;
    if !is_empty && !options.replace {
        let way_out = "with --replace the backup takes its place, and a backup of it is kept";
        return Err(TransferError::NotEmpty { ledger: url.to_string(), way_out });
    }
    if is_empty && options.revoke_revived {
        return Err(TransferError::NoComparison);
    }
    // An earlier try may have come to the ledger, and not to its key.
    let has_key = |key: &&LedgerKey| before.as_ref().is_none_or(|before| *key.check() == *before.key_check);
    let own_key = own_key.filter(|_| before.is_some()).filter(has_key);
    let key =
        own_key.or(Some(&backup.key).filter(has_key)).ok_or_else(|| TransferError::UnknownKey(url.to_string()))?;
    drop(before);
    let kept = if is_empty || own_key.is_none() { vec![] } else { vec![keep(settings, state_dir, now)?] };

    if let Some(dir) = settings.key_file.parent().filter(|_| settings.key.is_none()) {
        // Where the key cannot be put the ledger is left alone.
        files::create_dir(dir).map_err(|source| TransferError::File { path: dir.to_owned(), source })?;
    }
    let new = backup.load(&std::env::temp_dir().join("ledger.db"))?;
    let held = hold(new.sql(), now).map_err(failed)?;
    let (mut writer, trouble) = server_access::open_writer(server, &settings.key_file, key)?;
    if let Some(trouble) = trouble {
        return Err(trouble.into());
    }
    let mut done = None;
    let committed = writer.transaction(|session, at| {
        let result = refuse_other_sessions(url, session)
            .and_then(|()| replace(session, &new, backup, is_empty, options, at).map_err(failed));
        let is_done = result.is_ok();
        done = Some(result);
        if is_done { Ok(()) } else { Err(SqlError::connection("nothing was restored")) }
    });
    let found = match done {
        Some(result) => result?,
        None => return committed.map_err(TransferError::from).map(|()| (None, kept, held)),
    };
    committed?;
    Ok((found, kept, held))
}

fn replace(
    session: &PostgresSession,
    new: &NewLedgerFile,
    backup: &WholeBackup,
    was_empty: bool,
    options: RestoreOptions,
    now: Timestamp,
) -> Result<Option<Comparison>, SqlError> {
    server_access::lift_limits(session)?;
    let (sql, layout) = (Sql::Postgres(session), LedgerLayout::of(schema::known_version())?);
    let mut found = None;
    if let Some(invite) = layout.table("invite").filter(|_| !was_empty) {
        let compared = compare((new.sql(), invite), (sql, invite), now)?;
        if options.revoke_revived {
            revoke(new.sql(), &compared.revived, now)?;
        }
        found = Some(compared);
    }
    clear(sql, &layout)?;
    for table in &layout.tables {
        let (mut rows, mut writer) = (TableReader::new(new.sql(), table), TableWriter::new(sql, table));
        while let Some(row) = rows.next()? {
            writer.add(row)?;
        }
        writer.flush()?;
    }
    continue_numbers(sql, &layout)?;
    count_anew(sql)?;
    sql.execute("UPDATE meta SET value = ?1 WHERE name = 'key_check'", &[backup.key.check().as_slice().into()])?;
    Ok(found)
}

/// Backs up what is replaced.
fn keep(settings: &LedgerSettings, state_dir: &Path, now: Timestamp) -> Result<PathBuf, TransferError> {
    let path = name_aside(&state_dir.join("ledger.backup"), now);
    let failed = |source| OpenError::Io { path: path.clone(), source };
    files::create_dir(state_dir).map_err(failed)?;
    let mut file = files::begin(&path).map_err(failed)?;
    back_up(settings, std::io::BufWriter::new(file.as_file_mut()), now).map_err(|error| error.in_file(&path))?;
    files::finish(file, &path, Existing::Keep).map_err(failed)?;
    Ok(path)
}
