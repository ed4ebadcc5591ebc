//! The seam between what the ledger asks and the engine that answers: statements and rows.
//!
//! Every statement is written once, in what SQLite and PostgreSQL both understand, with `?1` for its first value. What
//! differs between the two is in `sqlite/` and `postgres/`, which know nothing of this. Statements are prepared once for
//! each connection.

use super::error::SqlError;
use super::postgres::PostgresSession;
use super::value::SqlValue;

/// A row of an answer.
pub(super) enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    pub(super) fn maybe_integer(&self, column: usize) -> Result<Option<i64>, SqlError> {
        Ok(match self {
            Self::Sqlite(row) => {
                row.get_ref(column)?.as_i64_or_null().map_err(|error| SqlError::unreadable(column, error))?
            }
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub(super) fn integer(&self, column: usize) -> Result<i64, SqlError> {
        self.maybe_integer(column)?.ok_or_else(|| SqlError::unreadable(column, "it is null"))
    }

    /// A number that is never negative, and small.
    pub(super) fn number(&self, column: usize) -> Result<u32, SqlError> {
        self.integer(column)?.try_into().map_err(|error| SqlError::unreadable(column, error))
    }

    pub(super) fn maybe_text(&self, column: usize) -> Result<Option<&str>, SqlError> {
        Ok(match self {
            Self::Sqlite(row) => {
                row.get_ref(column)?.as_str_or_null().map_err(|error| SqlError::unreadable(column, error))?
            }
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub(super) fn text(&self, column: usize) -> Result<&str, SqlError> {
        self.maybe_text(column)?.ok_or_else(|| SqlError::unreadable(column, "it is null"))
    }

    pub(super) fn maybe_bytes(&self, column: usize) -> Result<Option<&[u8]>, SqlError> {
        Ok(match self {
            Self::Sqlite(row) => {
                row.get_ref(column)?.as_blob_or_null().map_err(|error| SqlError::unreadable(column, error))?
            }
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub(super) fn bytes(&self, column: usize) -> Result<&[u8], SqlError> {
        self.maybe_bytes(column)?.ok_or_else(|| SqlError::unreadable(column, "it is null"))
    }
}

/// A connection, within a transaction or outside.
#[derive(Clone, Copy)]
pub(super) enum Sql<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a PostgresSession),
}

impl Sql<'_> {
    /// Runs a statement; gives how many rows it changed.
    pub(super) fn execute(self, sql: &str, values: &[SqlValue<'_>]) -> Result<u64, SqlError> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                Ok(statement.execute(rusqlite::params_from_iter(values))? as u64)
            }
            Self::Postgres(session) => session.execute(sql, values),
        }
    }

    /// The first row of an answer, if it has any.
    pub(super) fn first<T>(
        self,
        sql: &str,
        values: &[SqlValue<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, SqlError>,
    ) -> Result<Option<T>, SqlError> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                let mut rows = statement.query(rusqlite::params_from_iter(values))?;
                rows.next()?.map(|row| read(&Row::Sqlite(row))).transpose()
            }
            Self::Postgres(session) => {
                session.query(sql, values)?.first().map(|row| read(&Row::Postgres(row))).transpose()
            }
        }
    }

    /// Whether the answer has any row.
    pub(super) fn any(self, sql: &str, values: &[SqlValue<'_>]) -> Result<bool, SqlError> {
        Ok(self.first(sql, values, |_| Ok(()))?.is_some())
    }

    /// Reads every row of an answer.
    pub(super) fn each(
        self,
        sql: &str,
        values: &[SqlValue<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<(), SqlError>,
    ) -> Result<(), SqlError> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                let mut rows = statement.query(rusqlite::params_from_iter(values))?;
                while let Some(row) = rows.next()? {
                    read(&Row::Sqlite(row))?;
                }
                Ok(())
            }
            Self::Postgres(session) => session.query(sql, values)?.iter().try_for_each(|row| read(&Row::Postgres(row))),
        }
    }

    /// The rows of an answer.
    pub(super) fn all<T>(
        self,
        sql: &str,
        values: &[SqlValue<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, SqlError>,
    ) -> Result<Vec<T>, SqlError> {
        let mut all = Vec::new();
        self.each(sql, values, |row| {
            all.push(read(row)?);
            Ok(())
        })?;
        Ok(all)
    }
}
