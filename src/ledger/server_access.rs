//! PostgreSQL for commands that work on a ledger as a whole: they wait for as long as it takes.

use std::path::Path;
use std::time::Duration;

use super::error::{LedgerError, OpenError, SqlError};
use super::postgres::{self, PostgresSession, PostgresWriter};
use crate::config::postgres::Postgres;
use crate::invite::token::LedgerKey;

/// For all that is read or written of a ledger.
const PATIENCE: Duration = Duration::from_hours(2);

/// A connection that reads.
pub(super) fn connect(server: &Postgres) -> Result<PostgresSession, SqlError> {
    postgres::connect(server)
}

/// The connection that writes, and why it cannot for now.
pub(super) fn open_writer(
    server: &Postgres,
    key_file: &Path,
    key: &LedgerKey,
) -> Result<(PostgresWriter, Option<LedgerError>), OpenError> {
    PostgresWriter::open(server, key_file, key, PATIENCE)
}

/// Begins to read one state of the ledger.
pub(super) fn begin_read(session: &PostgresSession) -> Result<(), SqlError> {
    session.must_end_in(PATIENCE);
    session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", &[])?;
    lift_limits(session)
}

/// This transaction may take long, and wait for a slow disk in between. Behind a pooler the settings of the session may be
/// others', so all that matters is set here.
pub(super) fn lift_limits(session: &PostgresSession) -> Result<(), SqlError> {
    session.must_end_in(PATIENCE);
    let settings = "SELECT set_config('statement_timeout', '0', true), \
                    set_config('idle_in_transaction_session_timeout', '0', true), \
                    set_config('search_path', quote_ident(current_schema()), true)";
    session.query(settings, &[]).map(drop)
}
