//! The seam between the rules and the engine that answers: statements and rows.
//!
//! Every statement is written once, in what SQLite and PostgreSQL both understand, with `?1` for its first value. What
//! differs between the two is in `sqlite/` and `postgres/`, which know nothing of this. Statements are prepared once for
//! each connection.
//!
//! SQLite answers at once: there a future of this file is ready when it is first polled. PostgreSQL answers later, and what is
//! asked side by side meanwhile is sent without waiting: it shares the way there and back. Its futures are large, and boxed, so that
//! SQLite's are not.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use futures_lite::future::poll_once;

use super::error::SqlError;
use super::postgres::Pipeline;
use super::row::Row;
use super::value::SqlValue;

/// A connection, within a transaction or outside.
#[derive(Clone, Copy)]
pub(super) enum Statements<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a Pipeline),
}

impl Statements<'_> {
    /// Runs a statement; gives how many rows it changed.
    pub(super) async fn execute(self, sql: &str, values: &[SqlValue<'_>]) -> Result<u64, SqlError> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                Ok(statement.execute(rusqlite::params_from_iter(values))? as u64)
            }
            Self::Postgres(pipeline) => Box::pin(pipeline.execute(sql, values)).await,
        }
    }

    /// Runs a statement of which nobody needs to know how many rows it changed. Where that takes a while, whether it failed is
    /// known when the transaction is committed.
    pub(super) async fn send(self, sql: &str, values: &[SqlValue<'_>]) -> Result<(), SqlError> {
        match self {
            Self::Sqlite(_) => self.execute(sql, values).await.map(drop),
            Self::Postgres(pipeline) => {
                Box::pin(pipeline.send(sql, values.iter().map(|value| (*value).into()).collect())).await;
                Ok(())
            }
        }
    }

    /// The first row of an answer, if it has any.
    pub(super) async fn first<T>(
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
            Self::Postgres(pipeline) => {
                Box::pin(pipeline.query(sql, values)).await?.first().map(|row| read(&Row::Postgres(row))).transpose()
            }
        }
    }

    /// Whether the answer has any row.
    pub(super) async fn any(self, sql: &str, values: &[SqlValue<'_>]) -> Result<bool, SqlError> {
        Ok(self.first(sql, values, |_| Ok(())).await?.is_some())
    }

    /// Reads every row of an answer.
    pub(super) async fn each(
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
            Self::Postgres(pipeline) => {
                Box::pin(pipeline.query(sql, values)).await?.iter().try_for_each(|row| read(&Row::Postgres(row)))
            }
        }
    }

    /// The rows of an answer.
    pub(super) async fn all<T>(
        self,
        sql: &str,
        values: &[SqlValue<'_>],
        read: impl Fn(&Row<'_>) -> Result<T, SqlError>,
    ) -> Result<Vec<T>, SqlError> {
        let mut all = Vec::new();
        self.each(sql, values, |row| {
            all.push(read(row)?);
            Ok(())
        })
        .await?;
        Ok(all)
    }
}

/// What comes of `work` on SQLite, where nothing is waited for.
pub(super) fn at_once<T>(work: impl Future<Output = Result<T, SqlError>>) -> Result<T, SqlError> {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => {
            debug_assert!(false, "a statement of SQLite was waited for");
            Err(SqlError::connection("a statement of SQLite was waited for, which is a bug of invited"))
        }
    }
}

/// A statement that was sent, and whose answer may be waited for later.
pub(super) enum SentStatement<'a, T> {
    Answered(T),
    Open(Pin<Box<dyn Future<Output = T> + 'a>>),
}

impl<'a, T> SentStatement<'a, T> {
    /// Sends it, before whatever is sent later.
    pub(super) async fn send(statement: impl Future<Output = T> + 'a) -> Self {
        let mut statement = Box::pin(statement);
        match poll_once(&mut statement).await {
            Some(answer) => Self::Answered(answer),
            None => Self::Open(statement),
        }
    }

    pub(super) async fn answer(self) -> T {
        match self {
            Self::Answered(answer) => answer,
            Self::Open(statement) => statement.await,
        }
    }
}
