//! Connections that read; they never wait for the writer. What they read is what the writer writes to: its file, or its server.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::commit::LastFailure;
use super::damage::Damage;
use super::deadline::{Deadlines, in_time, patience, silent};
use super::error::{LedgerError, SqlError};
use super::postgres::LedgerServers;
use super::read_connection::{ReadConnection, ReadSource};
use super::reader_pool::{DISTANT_READERS, LIST_READERS, READERS, ReaderPool};
use super::sqlite::LedgerFiles;
use super::store::Store;
use crate::{clock, waiting};

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
    pool: ReaderPool,
    lists: ReaderPool,
}

/// Whoever has waited longer for a connection is looked at before it is used: a client that has ended its side may only have
/// nothing further to ask, so that this is no reason to refuse it at once.
const LONG: Duration = Duration::from_secs(1);

impl Readers {
    pub(super) fn new(
        source: ReadSource,
        files: Option<Arc<LedgerFiles>>,
        failure: Arc<LastFailure>,
        deadlines: Option<Deadlines>,
    ) -> Self {
        let has_threads = std::thread::available_parallelism().is_ok_and(|threads| threads.get() > 1);
        let at_once = has_threads.then(Mutex::default);
        let pool = ReaderPool::new(if source.servers().is_some() { DISTANT_READERS } else { READERS });
        let lists = ReaderPool::new(LIST_READERS);
        let patience = patience(deadlines.is_some());
        Self { source, files, failure, damage: Damage::default(), deadlines, patience, at_once, pool, lists }
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
            && self.files.is_some()
            && let Some(Ok(_only)) = self.at_once.as_ref().map(Mutex::try_lock)
            && let Some(mut loan) = self.pool.try_borrow()
            && let Some(connection) = loan.take()
        {
            let result = connection.ask(query, self.patience).map_err(|why| self.failed(why))?;
            if connection.may_be_kept() {
                loan.put(connection);
            }
            return Ok(result);
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
        let read = self.read_on_a_thread(&self.pool, query);
        in_time(self.deadlines.as_ref(), read).await.unwrap_or_else(|| Err(silent()))
    }

    /// The same for a query that reads many rows.
    pub(super) async fn read_list<T: Send + 'static>(
        &self,
        query: impl AsyncFnOnce(Store<'_>) -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let read = self.read_on_a_thread(&self.lists, query);
        in_time(self.deadlines.as_ref(), read).await.unwrap_or_else(|| Err(silent()))
    }

    async fn read_on_a_thread<T: Send + 'static>(
        &self,
        pool: &ReaderPool,
        mut query: impl AsyncFnOnce(Store<'_>) -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        loop {
            // Servers that do not answer are not waited for by each who reads.
            self.servers_may_answer(LedgerServers::check)?;
            let began = clock::instant();
            let mut loan = pool.borrow().await.ok_or_else(|| LedgerError::unavailable("it is closed"))?;
            self.look()?;
            // Others wait, too, and for them somebody does.
            if clock::instant().duration_since(began) > LONG && waiting::has_gone() {
                return Err(LedgerError::unavailable("whoever asked has gone"));
            }
            // Is given back also when the caller goes away in the meantime.
            self.servers_may_answer(LedgerServers::begin_read)?;
            let (source, patience) = (self.source.clone(), self.patience);
            let read = async_std::task::spawn_blocking(move || {
                let connection = match loan.take().filter(ReadConnection::is_usable) {
                    Some(connection) => connection,
                    None => match ReadConnection::open(&source) {
                        Err(error) if error.is_of_full_server() && loan.give_up() => {
                            source.servers().inspect(|servers| servers.answered());
                            return Err(query);
                        }
                        Err(error) => return Ok(Err(error)),
                        Ok(connection) => connection,
                    },
                };
                let servers = source.servers();
                let result = connection.check(servers, patience).and_then(|()| connection.ask(query, patience));
                if let (Err(SqlError::TimedOut), Some(servers)) = (&result, servers) {
                    drop(connection);
                    // Whoever asked has been told. What comes next finds a connection, or hears at once that there is none.
                    if let Ok(session) = servers.reader_after_silence() {
                        loan.put(ReadConnection::Postgres(Box::new(session)));
                    }
                    return Ok(result);
                }
                servers.inspect(|servers| servers.answered());
                if result.is_ok() && connection.may_be_kept() {
                    loan.put(connection);
                }
                Ok(result)
            });
            match read.await {
                Ok(result) => return result.map_err(|why: SqlError| self.failed(why)),
                // The server has no room for one more, so it is read with those that there are.
                Err(unasked) => query = unasked,
            }
        }
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
