//! The versions of the schema, and what tells a ledger from other databases.

use rusqlite::Connection;

use crate::invite::inviter;

/// A part of what leads from one version to the next.
#[derive(Clone, Copy)]
enum SqliteStep {
    Statements(&'static str),
    /// What no statement can do.
    Program(fn(&Connection) -> rusqlite::Result<()>),
}

/// Each entry leads from the schema version of its index to the next. Entries are never changed, only added.
const MIGRATIONS: &[&[SqliteStep]] = &[
    &[SqliteStep::Statements(include_str!("schema.sql"))],
    &[
        SqliteStep::Statements(include_str!("version_2.sql")),
        SqliteStep::Program(note_inviters),
        SqliteStep::Statements(include_str!("../version_2_accounts.sql")),
    ],
    &[SqliteStep::Statements(include_str!("version_3.sql"))],
    &[SqliteStep::Statements(include_str!("version_4.sql")), SqliteStep::Statements(include_str!("../count_anew.sql"))],
];

/// `PRAGMA application_id`: "invd".
const APPLICATION_ID: i64 = 0x696e_7664;

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

/// The schema version of this program.
pub(in crate::ledger) fn known_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The schema version of a ledger.
pub(in crate::ledger) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    pragma(connection, "user_version")
}

/// Whether this is no other program's database.
pub(in crate::ledger) fn is_ledger(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(pragma(connection, "application_id")? == APPLICATION_ID)
}

/// Whether there is no table yet.
pub(in crate::ledger) fn is_blank(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)).map(|tables| tables == 0)
}

/// Brings the schema from its version to a later one. Belongs in a transaction.
pub(in crate::ledger) fn migrate(connection: &Connection, to: i64) -> rusqlite::Result<()> {
    let [found, to] = [version(connection)?, to].map(|version| usize::try_from(version).unwrap_or(0));
    for step in MIGRATIONS.iter().take(to).skip(found).copied().flatten() {
        match step {
            SqliteStep::Statements(statements) => connection.execute_batch(statements)?,
            SqliteStep::Program(program) => program(connection)?,
        }
    }
    connection.pragma_update(None, "user_version", i64::try_from(to).unwrap_or(i64::MAX))?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)
}

/// Version 2: notes the addresses that the texts about inviters are.
fn note_inviters(connection: &Connection) -> rusqlite::Result<()> {
    let texts = "SELECT id, inviter FROM invite WHERE inviter LIKE '%@%' AND source NOT LIKE 'xmpp/%'";
    let mut texts = connection.prepare(texts)?;
    let mut note = connection.prepare("UPDATE invite SET invited_by = ?2 WHERE id = ?1")?;
    let found = texts.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    for (id, text) in found.collect::<rusqlite::Result<Vec<_>>>()? {
        if let Some(address) = inviter::address(&text) {
            note.execute((id, address.to_string()))?;
        }
    }
    Ok(())
}

/// Notes of which ledger key it is.
pub(in crate::ledger) fn note_key(connection: &Connection, check: &[u8]) -> rusqlite::Result<()> {
    connection.execute("INSERT OR IGNORE INTO meta (name, value) VALUES ('key_check', ?1)", [check]).map(drop)
}
