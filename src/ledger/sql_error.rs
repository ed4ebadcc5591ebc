//! Why a statement failed, whichever engine says so.

use std::error::Error;
use std::io;

use rusqlite::ErrorCode;
use tokio_postgres::error::SqlState;

use crate::log::Cause;

/// Why a statement failed.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// SQLite says so.
    #[error("{0}")]
    Sqlite(rusqlite::Error),
    /// PostgreSQL says so, or is away.
    #[error("{}", postgres_error_text(.0))]
    Postgres(tokio_postgres::Error),
    /// PostgreSQL says nothing.
    #[error("PostgreSQL does not answer in time")]
    TimedOut,
    /// PostgreSQL is away, in a way that is no error of its own.
    #[error(transparent)]
    Away(Cause),
    /// A file of SQLite's is not the one that was opened.
    #[error("a file of the ledger was removed, renamed or replaced while it was open")]
    Moved,
    /// A certificate or the like, on our side of the connection.
    #[error(transparent)]
    Connection(Cause),
    /// A row holds what this program never wrote.
    #[error("column {column} holds what cannot be read")]
    Unreadable {
        /// Which, from 0.
        column: usize,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

// The sources of both are left out: SQLite's says the same again, and PostgreSQL's has details, which may quote what was to be
// written.
impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<tokio_postgres::Error> for SqlError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

impl SqlError {
    /// What is wrong on our side of the connection.
    pub(super) fn connection(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Connection(Cause::new(cause))
    }

    /// PostgreSQL is away, for this reason.
    pub(super) fn away(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Away(Cause::new(cause))
    }

    /// Whether PostgreSQL is away, starting, stopping, full, or a replica for now: that may pass by itself.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::TimedOut | Self::Away(_) => true,
            Self::Sqlite(_) | Self::Moved | Self::Connection(_) | Self::Unreadable { .. } => false,
            Self::Postgres(error) => match error.code() {
                Some(state) => {
                    ["08", "40", "53", "57", "58"].iter().any(|class| state.code().starts_with(class))
                        || [SqlState::LOCK_NOT_AVAILABLE, SqlState::READ_ONLY_SQL_TRANSACTION].contains(state)
                }
                None => error.is_closed() || error.source().is_some_and(<dyn Error>::is::<io::Error>),
            },
        }
    }

    /// Whether PostgreSQL has no room for one more connection.
    pub(super) fn is_of_full_server(&self) -> bool {
        matches!(self, Self::Postgres(error) if error.code() == Some(&SqlState::TOO_MANY_CONNECTIONS))
    }

    /// Whether a row or the file is not as this program or SQLite wrote it.
    pub(super) fn is_damage(&self) -> bool {
        use rusqlite::Error::{FromSqlConversionFailure, InvalidColumnType};
        match self {
            Self::Unreadable { .. } | Self::Sqlite(FromSqlConversionFailure(..) | InvalidColumnType(..)) => true,
            Self::Sqlite(error) => {
                matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
            }
            Self::Postgres(_) | Self::TimedOut | Self::Away(_) | Self::Moved | Self::Connection(_) => false,
        }
    }

    pub(super) fn unreadable(column: usize, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unreadable { column, source: source.into() }
    }
}

/// What PostgreSQL or its library says, in one line. Details are left out: they may quote what was to be written.
fn postgres_error_text(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return format!("PostgreSQL: {}", error.message());
    }
    let mut text = format!("PostgreSQL: {error}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
