//! A row of an answer, whichever engine gave it.

use super::error::SqlError;

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
