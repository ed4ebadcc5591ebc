//! The connection that writes, whichever engine it is of, and what is known on this side of it.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use futures_lite::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::deadline::patience;
use super::error::{LedgerError, OpenError};
use super::key_file::KeyFile;
use super::postgres::{LedgerServers, Pipeline, PostgresWriter, TransactionStart, WriteLock};
use super::sqlite::{LedgerFiles, SqliteWriter};
use super::statements::{Statements, at_once};
use super::store::{Batch, Memory, NodeIds, Transaction};
use super::subscribers::{Subscriber, Subscribers};
use super::work::{Work, WorkShape};
use crate::clock;
use crate::config::{LedgerSettings, LedgerUrl};

enum Engine {
    Sqlite(Box<SqliteWriter>),
    Postgres(Box<PostgresWriter>),
}

/// Who opens a ledger.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Opener {
    /// The service: one at a time, where the ledger is a file.
    Service,
    /// A command, also beside the service.
    Command,
}

/// The connection that writes.
pub(super) struct Writer {
    engine: Engine,
    memory: RefCell<Memory>,
    rng: RefCell<StdRng>,
    ids: Arc<NodeIds>,
    subscribers: Arc<Subscribers>,
    /// Beside whom it writes, where others do.
    lock: WriteLock,
}

/// What waits behind a transaction on this thread waits no longer than this for it to end, and for one request.
const LONGEST: Duration = Duration::from_millis(50);

impl Writer {
    /// Opens, migrates, checks the key. A ledger that cannot be written for now is no error, but reported beside the writer.
    pub(super) fn open(
        settings: &LedgerSettings,
        key: KeyFile,
        opener: Opener,
    ) -> Result<(Self, Option<LedgerError>), OpenError> {
        let (engine, trouble) = match &settings.url {
            LedgerUrl::Sqlite(file) => {
                let (engine, trouble) = SqliteWriter::open(file, key, opener == Opener::Service)?;
                (Engine::Sqlite(Box::new(engine)), trouble)
            }
            LedgerUrl::Unread => return Err(OpenError::Unread),
            LedgerUrl::Postgres(server) => {
                let (engine, trouble) =
                    PostgresWriter::open(server, &key.path, &key.key, patience(opener == Opener::Service))?;
                if opener == Opener::Service {
                    engine.watch().map_err(|source| OpenError::Io { path: key.path, source })?;
                }
                (Engine::Postgres(Box::new(engine)), trouble)
            }
        };
        let rng = RefCell::new(StdRng::from_rng(&mut clock::rng()));
        let (memory, ids, subscribers) = (RefCell::default(), Arc::default(), Arc::default());
        Ok((Self { engine, memory, rng, ids, subscribers, lock: WriteLock::InOrder }, trouble))
    }

    /// Another one for the same ledger, for what only adds to it, where several may write.
    pub(super) fn another(&self) -> Option<Self> {
        match &self.engine {
            Engine::Sqlite(_) => None,
            Engine::Postgres(engine) => Some(Self {
                engine: Engine::Postgres(Box::new(engine.another())),
                memory: RefCell::default(),
                rng: RefCell::new(StdRng::from_rng(&mut clock::rng())),
                ids: Arc::clone(&self.ids),
                subscribers: Arc::clone(&self.subscribers),
                lock: WriteLock::Beside,
            }),
        }
    }

    /// The ids that are given here.
    pub(super) fn ids(&self) -> Arc<NodeIds> {
        Arc::clone(&self.ids)
    }

    /// Who is told of what is written.
    pub(super) fn subscribers(&self) -> Arc<Subscribers> {
        Arc::clone(&self.subscribers)
    }

    /// Does all of it in one transaction and commits that; gives how many of them that were, for which there was time. When
    /// anything fails, nothing has changed; then it gives which of them has failed, too, if one has.
    pub(super) fn commit(&mut self, works: &[Box<dyn Work>]) -> (Result<usize, LedgerError>, Option<usize>) {
        let (failed, is_outbox_written) = (Cell::new(None), Cell::new(false));
        let subscribers = self.subscribers.list();
        let told = (subscribers.as_slice(), &is_outbox_written);
        let result = match &self.engine {
            Engine::Sqlite(_) => self.commit_one_after_the_other(works, &failed, told),
            Engine::Postgres(_) => self.commit_side_by_side(works, &failed, told),
        };
        if result.is_ok() && is_outbox_written.get() {
            self.subscribers.note_written();
        }
        if result.is_err() {
            let memory = self.memory.get_mut();
            *memory = memory.after_others();
        }
        (result, failed.get())
    }

    fn commit_one_after_the_other(
        &mut self,
        works: &[Box<dyn Work>],
        failed: &Cell<Option<usize>>,
        (subscribers, is_outbox_written): (&[Subscriber], &Cell<bool>),
    ) -> Result<usize, LedgerError> {
        let Self { engine, memory, rng, .. } = self;
        let Engine::Sqlite(engine) = engine else { return Ok(0) };
        let (began, mut done) = (clock::instant(), 0);
        engine.transaction(|sql| {
            let sql = Statements::Sqlite(sql);
            let transaction = Transaction { sql, memory, rng, batch: None, subscribers, is_outbox_written };
            for work in works {
                if done > 0 && clock::instant().duration_since(began) > LONGEST {
                    break;
                }
                at_once(work.run(&transaction)).inspect_err(|_| failed.set(Some(done)))?;
                done += 1;
            }
            at_once(transaction.count_added())
        })?;
        Ok(done)
    }

    fn commit_side_by_side(
        &mut self,
        works: &[Box<dyn Work>],
        failed: &Cell<Option<usize>>,
        (subscribers, is_outbox_written): (&[Subscriber], &Cell<bool>),
    ) -> Result<usize, LedgerError> {
        let Self { engine, memory, rng, ids, lock, .. } = self;
        let Engine::Postgres(engine) = engine else { return Ok(0) };
        let (memory, rng, ids, is_in_order) = (&*memory, &*rng, &**ids, *lock == WriteLock::InOrder);
        let start = engine.write(*lock, &async |pipeline: &Pipeline, start: &TransactionStart| {
            // Another node may have written since.
            let known = memory.borrow().after_others();
            *memory.borrow_mut() = known;
            failed.set(None);
            let (mut done, is_beside) = (0, |at: &usize| works[*at].shape() != WorkShape::Alone);
            while done < works.len() {
                let beside = (done..works.len()).take_while(is_beside).count();
                let group = &works[done..done + beside.max(1)];
                let (before, batch) = (done, Batch::new(pipeline, start, ids, is_in_order));
                let sql = Statements::Postgres(pipeline);
                let transaction = Transaction { sql, memory, rng, batch: Some(&batch), subscribers, is_outbox_written };
                let run =
                    async |at: usize| group[at].run(&transaction).await.inspect_err(|_| failed.set(Some(before + at)));
                let mut running: FuturesUnordered<_> = (0..group.len()).map(run).collect();
                while let Some(result) = running.next().await {
                    result?;
                }
                batch.send_gathered().await;
                done += group.len();
            }
            Ok(())
        })?;
        ids.note_newest(start.newest);
        Ok(works.len())
    }

    /// Closes its connection to a server, until it is needed again.
    pub(super) fn disconnect(&mut self) {
        if let Engine::Postgres(engine) = &mut self.engine {
            engine.disconnect();
        }
    }

    /// Whether a server has no room for it.
    pub(super) fn is_shut_out(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(_) => false,
            Engine::Postgres(engine) => engine.is_shut_out(),
        }
    }

    /// The files that it has open, where these are files.
    pub(super) fn files(&self) -> Option<Arc<LedgerFiles>> {
        match &self.engine {
            Engine::Sqlite(engine) => Some(engine.files()),
            Engine::Postgres(_) => None,
        }
    }

    /// The servers that it writes to, where these are PostgreSQL's.
    pub(super) fn servers(&self) -> Option<Arc<LedgerServers>> {
        match &self.engine {
            Engine::Sqlite(_) => None,
            Engine::Postgres(engine) => Some(engine.servers()),
        }
    }

    /// Closes it.
    pub(super) fn close(self) {
        if let Engine::Sqlite(engine) = self.engine {
            engine.close();
        }
    }
}
