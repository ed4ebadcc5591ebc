//! What there is in the database before a ledger is opened.

use super::session::PostgresSession;
use crate::ledger::error::SqlError;

/// The tables of the latest version.
const TABLES: [&str; 13] = [
    "meta",
    "invite",
    "adopted",
    "key_use",
    "redemption",
    "answer",
    "used_jti",
    "invited_account",
    "outbox",
    "outbox_channel",
    "counted",
    "expired_invite",
    "pending_count",
];

/// Which tables there are of those that a ledger has, each with its schema.
fn tables(session: &PostgresSession) -> Result<Vec<String>, SqlError> {
    let names = TABLES.map(|name| format!("'{name}'")).join(", ");
    let statement = format!(
        "SELECT quote_ident(nspname) || '.' || relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace \
         WHERE nspname = current_schema() AND relname IN ({names}) ORDER BY relname"
    );
    session.query(&statement, &[])?.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// What there is before a ledger is opened.
pub(super) enum SchemaState {
    Nothing,
    Ledger {
        version: i64,
        key_check: Vec<u8>,
        /// See `lineage.rs`.
        lineage: Option<String>,
    },
    /// A table that is none of ours.
    Foreign(String),
}

pub(super) fn look(session: &PostgresSession) -> Result<SchemaState, SqlError> {
    let Some(table) = tables(session)?.into_iter().next() else { return Ok(SchemaState::Nothing) };
    // Asked for with its types, so that a table of somebody else's is no error.
    let ours = session.query(
        "SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'meta' \
         AND column_name = 'value' AND data_type = 'bytea' AND EXISTS (SELECT 1 FROM information_schema.columns \
         WHERE table_schema = current_schema() AND table_name = 'meta' AND column_name = 'name' AND data_type = 'text')",
        &[],
    )?;
    if ours.is_empty() {
        return Ok(SchemaState::Foreign(table));
    }
    let value = |name: &str| {
        let statement = "SELECT value FROM meta WHERE name = ?1";
        let rows = session.query(statement, &[name.into()])?;
        Ok::<Option<Vec<u8>>, SqlError>(rows.first().map(|row| row.try_get(0)).transpose()?)
    };
    let version = value("version")?.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
    let lineage = value("lineage")?.and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(match (version, value("key_check")?) {
        (Some(version), Some(key_check)) => SchemaState::Ledger { version, key_check, lineage },
        _ => SchemaState::Foreign(table),
    })
}

/// The schema that this program writes in, if there is one, and whether what is committed there is durable.
pub(super) fn own_schema(session: &PostgresSession) -> Result<Option<(u32, bool)>, SqlError> {
    let statement = "SELECT oid::bigint, current_setting('fsync') FROM pg_namespace WHERE nspname = current_schema()";
    let rows = session.query(statement, &[])?;
    let Some(row) = rows.first() else { return Ok(None) };
    let schema = u32::try_from(row.try_get::<_, i64>(0)?).map_err(|error| SqlError::unreadable(0, error))?;
    Ok(Some((schema, row.try_get::<_, &str>(1)? == "on")))
}
