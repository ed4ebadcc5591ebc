//! Connections that read; they never wait for the writer. What they read is what the writer writes to: its file, or its server.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::commit::LastFailure;
use super::damage::Damage;
use super::deadline::{Deadlines, in_time, patience, silent};
use super::error::{LedgerError, SqlError};
use super::postgres::{LedgerServers, PostgresSession};
use super::sql::Sql;
use super::sqlite::{self, LedgerFiles};
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
    fn servers(&self) -> Option<&LedgerServers> {
        match self {
            Self::Postgres(servers) => Some(servers),
            Self::Sqlite(_) | Self::Unread => None,
        }
    }
}

/// A connection that reads.
enum ReadConnection {
    Sqlite(rusqlite::Connection),
    Postgres(Box<PostgresSession>),
}

impl ReadConnection {
    fn open(source: &ReadSource) -> Result<Self, SqlError> {
        Ok(match source {
            ReadSource::Sqlite(file) => Self::Sqlite(sqlite::connect(file)?),
            ReadSource::Postgres(servers) => Self::Postgres(Box::new(servers.reader()?)),
            ReadSource::Unread => return Err(SqlError::connection("nobody says where it is")),
        })
    }

    /// Whether it works still, as far as is known without a question.
    fn is_usable(&self) -> bool {
        match self {
            Self::Sqlite(_) => true,
            Self::Postgres(session) => !session.has_ended(),
        }
    }

    fn may_be_kept(&self) -> bool {
        match self {
            Self::Sqlite(connection) => sqlite::may_be_kept(connection),
            Self::Postgres(_) => true,
        }
    }

    fn ask<T>(
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

/// A few connections that read, each opened when it is first needed.
pub(super) struct Readers {
    source: ReadSource,
    /// What the writer has open, and readers may read.
    files: Option<Arc<LedgerFiles>>,
    failure: Arc<LastFailure>,
    pub(super) damage: Damage,
    deadlines: Option<Deadlines>,
    patience: Duration,
    /// For the one who reads on a thread of the event loop. If the disk hangs just then, that thread does, and there must be
    /// another one.
    at_once: Option<Mutex<()>>,
    free: (async_channel::Sender<Option<ReadConnection>>, async_channel::Receiver<Option<ReadConnection>>),
}

const READERS: usize = 2;

impl Readers {
    pub(super) fn new(
        source: ReadSource,
        files: Option<Arc<LedgerFiles>>,
        failure: Arc<LastFailure>,
        deadlines: Option<Deadlines>,
    ) -> Self {
        let has_threads = std::thread::available_parallelism().is_ok_and(|threads| threads.get() > 1);
        let at_once = has_threads.then(Mutex::default);
        let free = async_channel::bounded(READERS);
        for _ in 0..READERS {
            // There is room for exactly these.
            let _ = free.0.try_send(None);
        }
        let patience = patience(deadlines.is_some());
        Self { source, files, failure, damage: Damage::default(), deadlines, patience, at_once, free }
    }

    /// Runs a `query` that is answered at once where the ledger is a file: for one row, found by its key, that takes less
    /// than to have another thread do it. Elsewhere, where no connection is free and open, and while the disk does not answer,
    /// it is as [`Self::read`].
    pub(super) async fn read_one<T: Send + 'static>(
        &self,
        query: impl AsyncFnOnce(Store<'_>) -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        self.look()?;
        if self.failure.load().is_none()
            && let Some(Ok(_only)) = self.at_once.as_ref().map(Mutex::try_lock)
            && let Ok(connection) = self.free.1.try_recv()
        {
            let mut loan = Loan { connection, back: self.free.0.clone() };
            if let Some(ReadConnection::Sqlite(_)) = &loan.connection
                && let Some(connection) = loan.take()
            {
                let result = connection.ask(query, self.patience).map_err(|why| self.failed(why))?;
                if connection.may_be_kept() {
                    loan.put(connection);
                }
                return Ok(result);
            }
        }
        self.read(query).await
    }

    /// Nothing is read of files that the writer does not write to.
    fn look(&self) -> Result<(), SqlError> {
        self.files.as_ref().map_or(Ok(()), |files| files.check())
    }

    /// Runs `query` on a free connection, off the event loop.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        query: impl AsyncFnOnce(Store<'_>) -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        in_time(self.deadlines.as_ref(), self.read_on_a_thread(query)).await.unwrap_or_else(|| Err(silent()))
    }

    async fn read_on_a_thread<T: Send + 'static>(
        &self,
        query: impl AsyncFnOnce(Store<'_>) -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        // Servers that do not answer are not waited for by each who reads.
        self.servers_may_answer(LedgerServers::check)?;
        let connection = self.free.1.recv().await.map_err(|_| LedgerError::unavailable("it is closed"))?;
        self.look()?;
        // Is given back also when the caller goes away in the meantime.
        let mut loan = Loan { connection, back: self.free.0.clone() };
        self.servers_may_answer(LedgerServers::begin_read)?;
        let (source, patience) = (self.source.clone(), self.patience);
        async_std::task::spawn_blocking(move || {
            let connection = match loan.take().filter(ReadConnection::is_usable) {
                Some(connection) => connection,
                None => ReadConnection::open(&source)?,
            };
            let result = connection.ask(query, patience);
            let servers = source.servers();
            if let (Err(SqlError::TimedOut), Some(servers)) = (&result, servers) {
                drop(connection);
                // Whoever asked has been told. What comes next finds a connection, or hears at once that there is none.
                if let Ok(session) = servers.reader_after_silence() {
                    loan.put(ReadConnection::Postgres(Box::new(session)));
                }
                return result;
            }
            servers.inspect(|servers| servers.answered());
            let result = result?;
            if connection.may_be_kept() {
                loan.put(connection);
            }
            Ok(result)
        })
        .await
        .map_err(|why: SqlError| self.failed(why))
    }

    /// How many servers can be written, and are refused, as the ledger has gone on from them.
    pub(super) fn stale_servers(&self) -> usize {
        self.source.servers().map_or(0, LedgerServers::stale_count)
    }

    fn servers_may_answer(&self, ask: impl FnOnce(&LedgerServers) -> Result<(), SqlError>) -> Result<(), SqlError> {
        self.source.servers().map_or(Ok(()), ask)
    }

    fn failed(&self, why: SqlError) -> LedgerError {
        let error = why.into();
        self.damage.note(&error);
        error
    }
}

/// A connection on loan, or the right to open one. What failed is not put back: the next reader opens a new one.
struct Loan {
    connection: Option<ReadConnection>,
    back: async_channel::Sender<Option<ReadConnection>>,
}

impl Loan {
    fn take(&mut self) -> Option<ReadConnection> {
        self.connection.take()
    }

    fn put(&mut self, connection: ReadConnection) {
        self.connection = Some(connection);
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        let _ = self.back.try_send(self.connection.take());
    }
}
