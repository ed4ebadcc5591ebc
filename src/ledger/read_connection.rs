//! A connection that reads, and where it leads.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::error::SqlError;
use super::postgres::{LedgerServers, PostgresSession};
use super::sql::Sql;
use super::sqlite;
use super::store::Store;
use crate::config::LedgerUrl;

/// Where connections lead.
#[derive(Clone)]
pub(super) enum ReadSource {
    Sqlite(PathBuf),
    Postgres(Arc<LedgerServers>),
    Unread,
}

impl ReadSource {
    /// Of the ledger at `url`, whose writer has these `servers`.
    pub(super) fn of(url: &LedgerUrl, servers: Option<Arc<LedgerServers>>) -> Self {
        match (url, servers) {
            (LedgerUrl::Sqlite(file), _) => Self::Sqlite(file.clone()),
            (LedgerUrl::Postgres(_), Some(servers)) => Self::Postgres(servers),
            (LedgerUrl::Postgres(_), None) | (LedgerUrl::Unread, _) => Self::Unread,
        }
    }

    /// The servers, where it is PostgreSQL's.
    pub(super) fn servers(&self) -> Option<&LedgerServers> {
        match self {
            Self::Postgres(servers) => Some(servers),
            Self::Sqlite(_) | Self::Unread => None,
        }
    }
}

/// A connection that reads.
pub(super) enum ReadConnection {
    Sqlite(rusqlite::Connection),
    Postgres(Box<PostgresSession>),
}

impl ReadConnection {
    pub(super) fn open(source: &ReadSource) -> Result<Self, SqlError> {
        Ok(match source {
            ReadSource::Sqlite(file) => Self::Sqlite(sqlite::connect(file)?),
            ReadSource::Postgres(servers) => Self::Postgres(Box::new(servers.reader()?)),
            ReadSource::Unread => return Err(SqlError::connection("nobody says where it is")),
        })
    }

    /// Whether it works still, as far as is known without a question.
    pub(super) fn is_usable(&self) -> bool {
        match self {
            Self::Sqlite(_) => true,
            Self::Postgres(session) => !session.has_ended(),
        }
    }

    pub(super) fn may_be_kept(&self) -> bool {
        match self {
            Self::Sqlite(connection) => sqlite::may_be_kept(connection),
            Self::Postgres(_) => true,
        }
    }

    /// Whether what is read there still counts.
    pub(super) fn check(&self, servers: Option<&LedgerServers>, patience: Duration) -> Result<(), SqlError> {
        match (self, servers) {
            (Self::Postgres(session), Some(servers)) => {
                session.must_end_in(patience);
                servers.check_reader(session)
            }
            (Self::Sqlite(_) | Self::Postgres(_), _) => Ok(()),
        }
    }

    /// What comes of a query.
    pub(super) fn ask<T>(
        &self,
        query: impl AsyncFnOnce(Store<'_>) -> Result<T, SqlError>,
        patience: Duration,
    ) -> Result<T, SqlError> {
        let sql = match self {
            Self::Sqlite(connection) => Sql::Sqlite(connection),
            Self::Postgres(session) => {
                session.must_end_in(patience);
                Sql::Postgres(session)
            }
        };
        sql.wait(async |statements| query(Store(statements)).await)
    }
}
