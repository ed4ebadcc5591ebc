//! The ledger: the record of all invites, and the authority on who may redeem what.
//!
//! One thread writes ([`commit`]): what waits together is committed together, with one fsync. Answers leave after the
//! commit, so what a caller was told survives `kill -9` and power loss. Reads go to connections of their own and never
//! wait for the writer. Limits of a key are judged in the transaction that would use them up.

mod commit;
mod key_file;
mod sqlite;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_channel::Sender;
use jiff::Timestamp;

use crate::config::{Rate, settings};
use crate::invite::name::{HostName, KeyId, Username};
use crate::invite::token::LedgerKey;
use crate::invite::{Draft, Invite, InviteId, Source, Status};
use commit::Job;
use sqlite::Readers;

/// Why the ledger cannot be used at all; a person must act.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Made by a later version of the program.
    #[error("the ledger {} has schema version {found}, and this program knows {known}; use a newer invited", file.display())]
    Newer {
        /// The ledger.
        file: PathBuf,
        /// Its schema version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Some other database.
    #[error("{} is a database, but no ledger; set ledger.url to a file of its own", .0.display())]
    Foreign(PathBuf),
    /// The ledger was made with another key.
    #[error("the ledger key {} does not belong to the ledger {}; put back the key that it was made with", key_file.display(), file.display())]
    WrongKey {
        /// The ledger.
        file: PathBuf,
        /// The key.
        key_file: PathBuf,
    },
    /// There is a ledger and no key; a new key would make all links invalid.
    #[error(
        "the ledger {} is there, but its key {} is not; put the key back from a backup, or move the ledger away to start anew",
        file.display(), key_file.display()
    )]
    KeyMissing {
        /// The ledger.
        file: PathBuf,
        /// Where the key should be.
        key_file: PathBuf,
    },
    /// The key file holds something else.
    #[error("{} is no ledger key: expected {} bytes in base64", .0.display(), LedgerKey::BYTES)]
    BadKey(PathBuf),
    /// A file cannot be read or written.
    #[error("cannot open {} ({source}); run as root or as the owner of the state directory", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite cannot.
    #[error("cannot open the ledger {} ({source})", file.display())]
    Sqlite {
        /// The ledger.
        file: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
}

/// Why something was not written, or not found out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The disk is full, read-only or away; nothing has changed, and later it may work.
    #[error("the ledger is not available ({0})")]
    Unavailable(String),
    /// Another pending invite reserves the name.
    #[error("another invite already reserves the name {0}")]
    NameReserved(Username),
    /// The key's rate is used up.
    #[error("the key has made as many invites as its limit allows for now")]
    Limit {
        /// When there is room.
        retry_after: Duration,
    },
    /// The key has as many pending invites as it may.
    #[error("the key has as many pending invites as it may")]
    Pending {
        /// When the next of them expires.
        retry_after: Duration,
    },
}

/// What limits the one who has invites made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The key.
    pub key: KeyId,
    /// Invites made.
    pub limit: Option<Rate>,
    /// Most pending invites.
    pub max_pending: Option<u32>,
}

/// Which invites to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this host.
    pub host: Option<HostName>,
    /// In this state.
    pub status: Option<Status>,
    /// Made by this source.
    pub source: Option<Source>,
    /// Older than this one, for paging.
    pub before: Option<InviteId>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// When a key was last used.
pub type LastUse = std::collections::BTreeMap<KeyId, Timestamp>;

/// The ledger; clones are handles to the same one.
#[derive(Clone)]
pub struct Ledger {
    key: LedgerKey,
    jobs: Sender<Job>,
    writer: Arc<std::sync::Mutex<Option<std::thread::JoinHandle<()>>>>,
    readers: Arc<Readers>,
    health: Arc<Health>,
}

/// Why the last commit failed, if it did.
type Health = arc_swap::ArcSwapOption<LedgerError>;

/// So many writes may wait; more wait to be taken on.
const QUEUE: usize = 4096;

impl Ledger {
    /// Opens the ledger, or makes it with its key if neither is there.
    ///
    /// A disk that is full or read-only is no error: the ledger then answers [`LedgerError::Unavailable`] until it
    /// heals.
    ///
    /// # Errors
    /// When a person must act.
    pub fn open(settings: &settings::Ledger) -> Result<Self, OpenError> {
        let key = key_file::load_or_make(settings)?;
        let (writer, trouble) = sqlite::Writer::open(&settings.file, &settings.key_file, &key)?;
        let readers = Arc::new(Readers::new(&settings.file));
        let (jobs, queue) = async_channel::bounded(QUEUE);
        let health = Arc::new(Health::from(trouble.map(Arc::new)));
        let told = Arc::clone(&health);
        let thread = std::thread::Builder::new()
            .name("ledger".into())
            .spawn(move || commit::run(writer, &queue, &told))
            .map_err(|source| OpenError::Io { path: settings.file.clone(), source })?;
        let writer = Arc::new(std::sync::Mutex::new(Some(thread)));
        Ok(Self { key, jobs, writer, readers, health })
    }

    /// What tokens are made with.
    #[must_use]
    pub fn key(&self) -> &LedgerKey {
        &self.key
    }

    /// Makes invites, all or none; they are durable when this returns.
    ///
    /// # Errors
    /// Nothing was made.
    pub async fn create(&self, drafts: Vec<Draft>, terms: Option<Terms>) -> Result<Vec<Invite>, LedgerError> {
        self.write(|reply| Job::Create { drafts, terms, reply }).await
    }

    /// Revokes invites; gives those that were pending, as they are now. Those that are not there are left out.
    ///
    /// # Errors
    /// Nothing was revoked.
    pub async fn revoke(&self, ids: Vec<InviteId>, now: Timestamp) -> Result<Vec<Invite>, LedgerError> {
        self.write(|reply| Job::Revoke { ids, now, reply }).await
    }

    /// Drops invites that were spent, expired or revoked before `ended_before`; gives how many.
    ///
    /// # Errors
    /// Some may have been dropped.
    pub async fn sweep(&self, ended_before: Timestamp) -> Result<u64, LedgerError> {
        let (mut after, mut dropped) = (None, 0);
        loop {
            let slice = self.write(|reply| Job::Sweep { ended_before, after, reply }).await?;
            dropped += slice.dropped;
            match slice.next {
                Some(next) => after = Some(next),
                None => return Ok(dropped),
            }
        }
    }

    /// Returns when the writer has come round, whether or not it can write.
    ///
    /// # Errors
    /// When there is no writer any more.
    pub async fn turn(&self) -> Result<(), LedgerError> {
        self.write(|reply| Job::Turn { reply }).await
    }

    /// Tries whether the ledger can be written.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn probe(&self) -> Result<(), LedgerError> {
        self.write(|reply| Job::Probe { reply }).await
    }

    /// Why the last commit failed, if it did.
    #[must_use]
    pub fn trouble(&self) -> Option<Arc<LedgerError>> {
        self.health.load_full()
    }

    /// The invite called `id`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn find(&self, id: InviteId) -> Result<Option<Invite>, LedgerError> {
        self.readers.read(move |store| store.find(id)).await
    }

    /// Invites, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn list(&self, filter: Filter, now: Timestamp) -> Result<Vec<Invite>, LedgerError> {
        self.readers.read(move |store| store.list(&filter, now)).await
    }

    /// How many invites are pending.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn count_pending(&self, now: Timestamp) -> Result<u64, LedgerError> {
        self.readers.read(move |store| store.count_pending(now)).await
    }

    /// When each key was last used.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn last_use(&self) -> Result<LastUse, LedgerError> {
        self.readers.read(sqlite::Store::last_use).await
    }

    /// Writes what waits and closes the ledger; later calls find it unavailable.
    pub fn close(&self) {
        self.jobs.close();
        let thread = self.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A writer that panicked has nothing left to write.
            let _ = thread.join();
        }
    }

    async fn write<T>(&self, job: impl FnOnce(commit::Reply<T>) -> Job) -> Result<T, LedgerError> {
        let gone = || LedgerError::Unavailable("it is closed".into());
        let (reply, answer) = futures_channel::oneshot::channel();
        self.jobs.send(job(reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}
