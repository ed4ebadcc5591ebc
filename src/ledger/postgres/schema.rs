//! The versions of the schema.

use super::session::PostgresSession;
use crate::invite::inviter;
use crate::ledger::error::SqlError;
use crate::ledger::value::SqlValue;

/// A part of what leads from one version to the next.
#[derive(Clone, Copy)]
enum PostgresStep {
    Statements(&'static str),
    /// What no statement can do.
    Program(fn(&PostgresSession) -> Result<(), SqlError>),
}

/// Each entry leads from the schema version of its index to the next. Entries are never changed, only added.
const MIGRATIONS: &[&[PostgresStep]] = &[
    &[PostgresStep::Statements(include_str!("schema.sql"))],
    &[
        PostgresStep::Statements(include_str!("version_2.sql")),
        PostgresStep::Program(note_inviters),
        PostgresStep::Statements(include_str!("../version_2_accounts.sql")),
    ],
    &[PostgresStep::Statements(include_str!("version_3.sql"))],
    &[
        PostgresStep::Statements(include_str!("version_4.sql")),
        PostgresStep::Statements(include_str!("../count_anew.sql")),
    ],
];

/// So many rows are changed by one statement.
const ROWS: usize = 1000;

/// The schema version of this program.
pub(super) fn known_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Brings the schema from the version that was found to this program's. Belongs in a transaction.
pub(super) fn migrate(session: &PostgresSession, found: i64) -> Result<(), SqlError> {
    for step in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)).copied().flatten() {
        match step {
            PostgresStep::Statements(statements) => session.batch(statements)?,
            PostgresStep::Program(program) => program(session)?,
        }
    }
    Ok(())
}

/// Version 2: notes the addresses that the texts about inviters are.
fn note_inviters(session: &PostgresSession) -> Result<(), SqlError> {
    let texts = "SELECT id, inviter FROM invite WHERE inviter LIKE '%@%' AND source NOT LIKE 'xmpp/%'";
    let mut found = vec![];
    for row in session.query(texts, &[])? {
        if let Some(address) = inviter::address(row.try_get(1)?) {
            found.push((row.try_get::<_, i64>(0)?, address.to_string()));
        }
    }
    for some in found.chunks(ROWS) {
        let place = |at: usize| format!("(?{}::bigint, ?{}::text)", 2 * at + 1, 2 * at + 2);
        let places = (0..some.len()).map(place).collect::<Vec<_>>().join(", ");
        let statement = format!(
            "UPDATE invite SET invited_by = noted.address FROM (VALUES {places}) AS noted (id, address) \
             WHERE invite.id = noted.id"
        );
        let values: Vec<_> =
            some.iter().flat_map(|(id, address)| [SqlValue::from(*id), address.as_str().into()]).collect();
        session.execute(&statement, &values)?;
    }
    Ok(())
}
