//! A connection for whoever has it alone and waits for each answer: the same statements as in `statements.rs`.

use super::error::SqlError;
use super::postgres::PostgresSession;
use super::row::Row;
use super::statements::{Statements, at_once};
use super::value::SqlValue;

/// A connection, within a transaction or outside.
#[derive(Clone, Copy)]
pub(super) enum Sql<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a PostgresSession),
}

impl<'a> Sql<'a> {
    /// Waits for what comes of `work` on it.
    pub(super) fn wait<T>(self, work: impl AsyncFnOnce(Statements<'a>) -> Result<T, SqlError>) -> Result<T, SqlError> {
        match self {
            Self::Sqlite(connection) => at_once(work(Statements::Sqlite(connection))),
            Self::Postgres(session) => session.wait(work(Statements::Postgres(session.pipeline()))),
        }
    }

    /// Runs a statement; gives how many rows it changed.
    pub(super) fn execute(self, sql: &str, values: &[SqlValue<'_>]) -> Result<u64, SqlError> {
        self.wait(async |statements| statements.execute(sql, values).await)
    }

    /// The first row of an answer, if it has any.
    pub(super) fn first<T>(
        self,
        sql: &str,
        values: &[SqlValue<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, SqlError>,
    ) -> Result<Option<T>, SqlError> {
        self.wait(async |statements| statements.first(sql, values, read).await)
    }

    /// Whether the answer has any row.
    pub(super) fn any(self, sql: &str, values: &[SqlValue<'_>]) -> Result<bool, SqlError> {
        self.wait(async |statements| statements.any(sql, values).await)
    }

    /// The rows of an answer.
    pub(super) fn all<T>(
        self,
        sql: &str,
        values: &[SqlValue<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, SqlError>,
    ) -> Result<Vec<T>, SqlError> {
        self.wait(async |statements| statements.all(sql, values, read).await)
    }
}
