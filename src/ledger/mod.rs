//! The ledger: the record of all invites, and the authority on who may redeem what.
//!
//! It is kept in SQLite, by one process, or in PostgreSQL, by any number of nodes. The rules ([`store`]) are the same, over
//! a narrow seam ([`statements`]); what is each engine's own is in [`sqlite`] and [`postgres`].
//!
//! One thread writes ([`commit`]): what waits together is committed together, with one fsync; what only adds to PostgreSQL does
//! not wait for it ([`additions`]). Answers leave after the commit, so what a caller was answered survives `kill -9` and power
//! loss. Reads go to connections of their own and never wait for the writer. Limits are judged in the transaction that would
//! use them up.
//!
//! This file is the handle; what it can be asked is in `invites`, `uses`, `registrations`, `tree`, `counts` and `outbox`.

mod additions;
mod answers;
mod app_token;
mod clock_difference;
mod commit;
mod counts;
mod damage;
mod deadline;
mod error;
mod examine;
mod glance;
mod invites;
mod key_file;
mod limits;
mod outbox;
mod outbox_row;
mod postgres;
mod query;
mod read_connection;
mod reader_pool;
mod readers;
mod registrations;
mod reservation;
mod row;
mod seal;
mod server_access;
mod server_check;
mod server_clock;
mod server_faults;
mod server_finding;
mod server_identity;
mod sql;
mod sql_error;
mod sqlite;
mod statements;
mod store;
mod subscribers;
mod time;
mod transfer;
mod tree;
mod uses;
mod value;
mod work;
mod write;
mod writer;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_channel::Sender;
use prometheus_client::metrics::histogram::Histogram;

use crate::clock;
use crate::config::LedgerSettings;
use crate::invite::token::LedgerKey;
use crate::metrics;
use additions::Additions;
pub use answers::{Answer, Repeatable};
pub use app_token::{AppTokenFilter, Kept};
pub use clock_difference::ClockDifference;
use commit::LastFailure;
pub use deadline::DEADLINE;
use deadline::{Deadlines, in_time, silent};
pub use error::{ChangeError, CreateError, LedgerError, OpenError, RedeemError};
pub use examine::{examine, examine_key};
pub use glance::glance;
pub use limits::SourceLimits;
pub use outbox_row::{AttemptEnd, Attempted, ChannelNote, ChannelState, OutboxRow};
pub use query::{Census, Filter, InvitedAccount, LastUse, ListedInvites, Reminder, RevokedInvites, TreeFilter};
use read_connection::ReadSource;
use readers::Readers;
pub use reservation::{Reservation, ReservationEnd, ReservationId};
pub use seal::Seal;
pub use server_check::try_server;
use server_clock::ServerClock;
pub use server_finding::{ServerFinding, ServerTrial};
use sqlite::LedgerFiles;
pub use store::{KeptLetter, MAIL_CHANNEL, MESSAGE_CHANNEL, OneTimeUse, OutgoingLetter};
pub use subscribers::Subscriber;
use subscribers::Subscribers;
pub use transfer::{
    BackupSummary, CopySummary, RestoreOptions, RestoreSummary, RevivedInvite, TransferError, WholeBackup, back_up,
    copy, restore,
};
use work::{Job, WorkShape};
use writer::{Opener, Writer};

/// The ledger; clones are handles to the same one.
#[derive(Clone)]
pub struct Ledger {
    key: LedgerKey,
    seal: Seal,
    jobs: Sender<Job>,
    /// The way of what only adds, where several write.
    additions: Option<Arc<Additions>>,
    writers: Arc<Mutex<Vec<std::thread::JoinHandle<()>>>>,
    readers: Arc<Readers>,
    /// The database's, where it has one.
    clock: Option<Arc<ServerClock>>,
    files: Option<Arc<LedgerFiles>>,
    failure: Arc<LastFailure>,
    commits: Histogram,
    deadlines: Option<Deadlines>,
    /// When it was last tried whether it can be written; locked while that is tried.
    tried: Arc<async_lock::Mutex<Option<Instant>>>,
    /// What is used once, with what is written.
    once: Option<Arc<OneTimeUse>>,
    subscribers: Arc<Subscribers>,
}

/// So many writes may wait; more wait to be taken on.
const QUEUE: usize = 4096;

impl Ledger {
    /// Opens the ledger for a command, or creates it with its key if neither is there.
    ///
    /// A disk that is full or read-only is no error: the ledger then answers [`LedgerError::Unavailable`] until it
    /// heals.
    ///
    /// # Errors
    /// When a person must act.
    pub fn open(settings: &LedgerSettings) -> Result<Self, OpenError> {
        Self::open_as(Opener::Command, settings)
    }

    /// The same for the service, of which there is one where the ledger is a file.
    ///
    /// # Errors
    /// When a person must act, or another process serves this ledger.
    pub fn serve(settings: &LedgerSettings) -> Result<Self, OpenError> {
        Self::open_as(Opener::Service, settings)
    }

    fn open_as(opener: Opener, settings: &LedgerSettings) -> Result<Self, OpenError> {
        let key_file = key_file::load_or_create(settings)?;
        let key = key_file.key.clone();
        let (writer, trouble) = Writer::open(settings, key_file, opener)?;
        let (files, subscribers) = (writer.files(), writer.subscribers());
        let clock = writer.servers().map(|servers| servers.clock());
        let no_thread = |source| OpenError::Io { path: settings.key_file.clone(), source };
        let deadlines = match opener {
            Opener::Service => Some(Deadlines::start().map_err(no_thread)?),
            Opener::Command => None,
        };
        let (jobs, queue) = async_channel::bounded(QUEUE);
        let failure = Arc::new(LastFailure::new(trouble, opener));
        let source = ReadSource::of(&settings.url, writer.servers());
        let readers = Arc::new(Readers::new(source, files.clone(), Arc::clone(&failure), deadlines.clone()));
        let noted = Arc::clone(&failure);
        let commits = metrics::seconds();
        let timed = commits.clone();
        let (additions, mut threads) = additions::start(&writer, QUEUE, &jobs, &failure, &commits)
            .map_err(no_thread)?
            .map_or((None, vec![]), |(additions, threads)| (Some(Arc::new(additions)), threads));
        let thread = std::thread::Builder::new()
            .name("ledger".into())
            .spawn(move || commit::run(writer, &queue, &noted, &timed))
            .map_err(no_thread)?;
        threads.push(thread);
        let writers = Arc::new(Mutex::new(threads));
        let (seal, tried) = (Seal::new(&key), Arc::default());
        Ok(Self {
            key,
            seal,
            jobs,
            additions,
            writers,
            readers,
            clock,
            files,
            failure,
            commits,
            deadlines,
            tried,
            once: None,
            subscribers,
        })
    }

    /// The same one for a call that has something which is used once: it is used with the first thing that is written by this
    /// handle, in the same transaction. What is refused leaves it as it is; if somebody was faster, nothing is written, but for
    /// the same request, which finds what it has done.
    #[must_use]
    pub fn with_once(&self, once: Option<OneTimeUse>) -> Self {
        Self { once: once.map(Arc::new), ..self.clone() }
    }

    /// What the tokens of links are created with.
    #[must_use]
    pub fn key(&self) -> &LedgerKey {
        &self.key
    }

    /// What answers are sealed with.
    #[must_use]
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// Returns when the writer's thread has come round, whether or not it can write, and however long that takes: the
    /// service manager's watchdog has more patience than callers.
    ///
    /// # Errors
    /// When there is no writer any more.
    pub async fn heartbeat(&self) -> Result<(), LedgerError> {
        let (reply, answer) = futures_channel::oneshot::channel();
        self.jobs.send(Job::Heartbeat(reply)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())
    }

    /// Tries whether the ledger can be written.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn probe(&self) -> Result<(), LedgerError> {
        self.write(WorkShape::Alone, async |transaction| transaction.probe().await).await
    }

    /// Whether the ledger can be written, which is tried at most once a second, however often it is asked; and this node may
    /// judge.
    ///
    /// # Errors
    /// When it cannot, or may not.
    pub async fn is_writable(&self) -> Result<(), LedgerError> {
        const FRESH: Duration = Duration::from_secs(1);
        let asked = async {
            // Whoever comes while it is tried waits for what comes of that.
            let mut tried = self.tried.lock().await;
            let is_fresh = tried.is_some_and(|at| clock::instant().duration_since(at) < FRESH);
            if is_fresh && !self.has_moved() {
                return self.trouble().map_or(Ok(()), |trouble| Err(LedgerError::clone(&trouble)));
            }
            let result = self.probe().await;
            *tried = Some(clock::instant());
            result
        };
        in_time(self.deadlines.as_ref(), asked).await.unwrap_or_else(|| Err(silent()))?;
        self.may_judge()
    }

    /// Whether its files are no longer those that were opened: the next commit will fail, or the one that does not any more.
    #[must_use]
    pub fn has_moved(&self) -> bool {
        self.files.as_ref().is_some_and(|files| files.check().is_err())
    }

    /// How much was found damaged since the start: each invite that cannot be read counts, and the file once.
    #[must_use]
    pub fn damaged(&self) -> u64 {
        self.readers.damage.count()
    }

    /// How many PostgreSQL servers can be written, and are refused, as the ledger has gone on from them.
    #[must_use]
    pub fn stale_servers(&self) -> u64 {
        self.readers.stale_servers() as u64
    }

    /// Why the last commit failed, if it did.
    #[must_use]
    pub fn trouble(&self) -> Option<Arc<LedgerError>> {
        self.failure.load()
    }

    /// How long commits took.
    #[must_use]
    pub fn commits(&self) -> &Histogram {
        &self.commits
    }

    /// Writes what waits and closes the ledger; later calls find it unavailable.
    pub fn close(&self) {
        self.jobs.close();
        if let Some(additions) = &self.additions {
            additions.jobs.close();
        }
        let threads = std::mem::take(&mut *self.writers.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A writer that panicked has nothing left to write.
            let _ = thread.join();
        }
    }
}

fn closed() -> LedgerError {
    LedgerError::unavailable("it is closed")
}
