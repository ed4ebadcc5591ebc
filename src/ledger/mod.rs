//! The ledger: the record of all invites, and the authority on who may redeem what.
//!
//! It is kept in SQLite, by one process, or in PostgreSQL, by any number of nodes. The rules ([`store`]) are the same, over
//! a narrow seam ([`sql`]); what is each engine's own is in [`sqlite`] and [`postgres`].
//!
//! One thread writes ([`commit`]): what waits together is committed together, with one fsync. Answers leave after the
//! commit, so what a caller was told survives `kill -9` and power loss. Reads go to connections of their own and never
//! wait for the writer. Limits of a key are judged in the transaction that would use them up.

mod answers;
mod commit;
mod error;
mod key_file;
mod postgres;
mod readers;
mod seal;
mod sql;
mod sqlite;
mod store;
mod value;
mod writer;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_channel::Sender;
use jiff::Timestamp;
use prometheus_client::metrics::histogram::Histogram;

use crate::clock;
use crate::config::LedgerSettings;
use crate::invite::name::{HostName, KeyId, Username};
use crate::invite::token::LedgerKey;
use crate::invite::{AppToken, Change, Draft, Invite, InviteId, KindName, Source, Status, Via};
use crate::metrics;
use crate::rate::{Rate, Used};
pub use answers::{Answer, Repeatable};
use commit::{Job, LastFailure, Task};
use error::SqlError;
pub use error::{ChangeError, CreateError, LedgerError, OpenError, RedeemError};
use readers::Readers;
pub use seal::Seal;
use store::{Spend, Transaction};
use writer::Writer;

/// What limits the one who has invites made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Who: a key, or a user.
    pub source: Source,
    /// Invites made.
    pub limit: Option<Rate>,
    /// Most pending invites.
    pub max_pending: Option<u32>,
}

impl Terms {
    /// Under which name its rate is counted: a key's id, or `xmpp/` and the user's JID.
    fn account(&self) -> Cow<'_, str> {
        match &self.source {
            Source::Key(id) => id.as_str().into(),
            source => source.to_string().into(),
        }
    }
}

/// Which invites to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of these hosts.
    pub hosts: Option<BTreeSet<HostName>>,
    /// Of this kind.
    pub kind: Option<KindName>,
    /// Bound to this name.
    pub username: Option<Username>,
    /// In this state.
    pub status: Option<Status>,
    /// Made by this source.
    pub source: Option<Source>,
    /// Older than this one, for paging.
    pub before: Option<InviteId>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// How many invites a source has on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Census {
    /// The host.
    pub host: HostName,
    /// The source.
    pub source: Source,
    /// Those that can be redeemed.
    pub pending: u64,
    /// Those whose time ran out.
    pub expired: u64,
}

/// Which reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReservationId(i64);

/// A use of an invite that is kept for an account while it is being made.
#[derive(Clone, Debug)]
pub struct Reservation {
    /// Which.
    pub id: ReservationId,
    /// The invite, as it was before.
    pub invite: Invite,
    /// For whom.
    pub account: Username,
    /// Since when.
    pub at: Timestamp,
    /// By which way.
    pub via: Via,
    /// The server's token that holds this use: it must be used up with it, or the use is not to be had.
    pub token: Option<AppToken>,
}

/// Who got a use that was reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taker {
    /// Nobody: no account was made, and the use is free again.
    Nobody,
    /// The same, and the server's token is gone all the same.
    NobodyNorToken,
    /// The one it was reserved for; the server's token, if the use is that of one, was used up with it.
    Guest,
    /// An app, which used the server's token before; for whom, as far as the server knows.
    App(Option<Username>),
}

/// Whether a token that was minted is the invite's.
#[derive(Clone, Debug)]
pub enum Kept {
    /// It is.
    Kept(Invite),
    /// The invite has one already, or has ended: this one is to be taken back.
    NotNeeded(Option<Invite>),
}

/// Which app tokens to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppTokens {
    /// Those with which an app can use an invite.
    Live,
    /// Those that nobody is to use any more, and of which it is not known what became of them.
    Stale,
}

/// When a key was last used.
pub type LastUse = std::collections::BTreeMap<KeyId, Timestamp>;

/// The ledger; clones are handles to the same one.
#[derive(Clone)]
pub struct Ledger {
    key: LedgerKey,
    seal: Seal,
    jobs: Sender<Job>,
    writer: Arc<Mutex<Option<std::thread::JoinHandle<()>>>>,
    readers: Arc<Readers>,
    health: Arc<LastFailure>,
    commits: Histogram,
    /// When it was last tried whether it can be written.
    tried: Arc<Mutex<Option<Instant>>>,
}

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
    pub fn open(settings: &LedgerSettings) -> Result<Self, OpenError> {
        let key = key_file::load_or_create(settings)?;
        let (writer, trouble) = Writer::open(settings, &key)?;
        let readers = Arc::new(Readers::new(&settings.url));
        let (jobs, queue) = async_channel::bounded(QUEUE);
        let health = Arc::new(LastFailure::from(trouble.map(Arc::new)));
        let told = Arc::clone(&health);
        let commits = metrics::seconds();
        let timed = commits.clone();
        let thread = std::thread::Builder::new()
            .name("ledger".into())
            .spawn(move || commit::run(writer, &queue, &told, &timed))
            .map_err(|source| OpenError::Io { path: settings.key_file.clone(), source })?;
        let writer = Arc::new(Mutex::new(Some(thread)));
        let seal = Seal::new(&key);
        Ok(Self { key, seal, jobs, writer, readers, health, commits, tried: Arc::default() })
    }

    /// What tokens are made with.
    #[must_use]
    pub fn key(&self) -> &LedgerKey {
        &self.key
    }

    /// What answers are sealed with.
    #[must_use]
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// Makes invites, all or none; they are durable when this returns.
    ///
    /// # Errors
    /// Nothing was made.
    pub async fn create(
        &self,
        drafts: Vec<Draft>,
        terms: Option<Terms>,
        request: Option<Repeatable>,
        now: Timestamp,
    ) -> Result<Answer<Vec<Invite>>, CreateError> {
        let seal = self.seal.clone();
        let recorded = self.write(move |transaction| {
            transaction.once(request.as_ref(), &seal, now, CreateError::IdempotencyKeyReused, |transaction| {
                transaction.create(drafts, terms.as_ref())
            })
        });
        Ok(recorded.await?.open(&self.seal, now)?)
    }

    /// Whether [`Ledger::create`] would create `count` invites under `terms` now, for that request; for whoever would do
    /// something for them beforehand. Meanwhile it may change.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn would_create(
        &self,
        terms: Terms,
        count: usize,
        request: Option<Repeatable>,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        self.readers.read(move |store| store.would_create(&terms, count, request.as_ref(), now)).await
    }

    /// Changes an invite; gives it as it is then.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn change(
        &self,
        id: InviteId,
        change: Change,
        terms: Option<Terms>,
        now: Timestamp,
    ) -> Result<Invite, ChangeError> {
        self.write(move |transaction| transaction.change(id, change, terms.as_ref(), now)).await
    }

    /// Revokes invites; gives those that were pending, as they are now. Those that are not there are left out.
    ///
    /// # Errors
    /// Nothing was revoked.
    pub async fn revoke(&self, ids: Vec<InviteId>, now: Timestamp) -> Result<Vec<Invite>, LedgerError> {
        self.write(move |transaction| transaction.revoke(&ids, now)).await
    }

    /// Spends one use of an invite, for `account` if its name is told; gives the invite as it is then.
    ///
    /// # Errors
    /// Nothing was spent.
    pub async fn redeem(
        &self,
        id: InviteId,
        account: Option<Username>,
        via: Via,
        request: Option<Repeatable>,
        now: Timestamp,
    ) -> Result<Answer<Invite>, RedeemError> {
        let seal = self.seal.clone();
        let recorded = self.write(move |transaction| {
            transaction.once(request.as_ref(), &seal, now, RedeemError::IdempotencyKeyReused, |transaction| {
                transaction.redeem(id, account, via, now)
            })
        });
        Ok(recorded.await?.open(&self.seal, now)?)
    }

    /// Reserves one use of an invite for `account`, which is about to be made.
    ///
    /// # Errors
    /// Nothing was reserved.
    pub async fn reserve(
        &self,
        id: InviteId,
        account: Username,
        via: Via,
        now: Timestamp,
    ) -> Result<Reservation, RedeemError> {
        self.write(move |transaction| transaction.reserve(id, account, via, now)).await
    }

    /// Ends a reservation; gives the invite as it is then, or nothing if the reservation was ended before.
    ///
    /// # Errors
    /// The use stays reserved.
    pub async fn end_reservation(
        &self,
        reservation: ReservationId,
        taker: Taker,
    ) -> Result<Option<Invite>, LedgerError> {
        self.write(move |transaction| transaction.end_reservation(reservation, &taker)).await
    }

    /// The reservations that nobody has ended, oldest first: all, or those of one invite.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn reservations(&self, of: Option<InviteId>) -> Result<Vec<Reservation>, LedgerError> {
        self.readers.read(move |store| store.reservations(of)).await
    }

    /// Puts down that an app used `token`, once, and unless somebody else is finding out what became of it; gives the
    /// invite as it is then.
    ///
    /// # Errors
    /// Nothing was put down.
    pub async fn used_in_app(
        &self,
        id: InviteId,
        token: AppToken,
        account: Option<Username>,
        now: Timestamp,
    ) -> Result<Option<Invite>, LedgerError> {
        self.write(move |transaction| transaction.used_in_app(id, &token, account.as_ref(), now)).await
    }

    /// Remembers the server's token for an invite that can be redeemed and has none.
    ///
    /// # Errors
    /// Nothing was remembered.
    pub async fn keep_app_token(&self, id: InviteId, token: AppToken, now: Timestamp) -> Result<Kept, LedgerError> {
        self.write(move |transaction| transaction.keep_app_token(id, token, now)).await
    }

    /// Marks a token as being taken back: from now on nobody is given it. False if it is not out, or somebody's reservation
    /// holds it.
    ///
    /// # Errors
    /// Nothing was marked.
    pub async fn begin_withdrawal(&self, id: InviteId, token: AppToken) -> Result<bool, LedgerError> {
        self.write(move |transaction| transaction.begin_withdrawal(id, &token)).await
    }

    /// Forgets a token that was taken back; true if it was the invite's.
    ///
    /// # Errors
    /// It is still remembered.
    pub async fn drop_app_token(&self, id: InviteId, token: AppToken) -> Result<bool, LedgerError> {
        self.write(move |transaction| transaction.drop_app_token(id, &token)).await
    }

    /// Invites with an app token, by id after `after`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn app_tokens(
        &self,
        which: AppTokens,
        after: Option<InviteId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<Invite>, LedgerError> {
        self.readers.read(move |store| store.app_tokens(which, after, limit, now)).await
    }

    /// Takes an invite that the host's server made itself into the ledger, unless it is there already; `token` is the
    /// server's.
    ///
    /// # Errors
    /// Nothing was taken in.
    pub async fn adopt(&self, token: &str, draft: Draft) -> Result<Option<Invite>, LedgerError> {
        let slot = self.adopted_slot(token, &draft.host);
        self.write(move |transaction| transaction.adopt(&slot, draft)).await
    }

    /// The invite that was taken in for the server's `token`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn adopted(&self, token: &str, host: &HostName) -> Result<Option<Invite>, LedgerError> {
        let slot = self.adopted_slot(token, host);
        self.readers.read(move |store| store.adopted(&slot)).await
    }

    fn adopted_slot(&self, token: &str, host: &HostName) -> Vec<u8> {
        self.seal.slot(&["adopted", host.as_str(), token])
    }

    /// Uses up what may be used once: a `jti` of the tokens of `key`, which is remembered until `until`. Gives whether it
    /// was there to be used; that is durable when this returns.
    ///
    /// # Errors
    /// Nothing was used up.
    pub async fn spend_once(
        &self,
        key: &KeyId,
        jti: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let spend = Spend::new(key, jti, until, now);
        self.write(move |transaction| transaction.spend_once(&spend).map(Ok)).await
    }

    /// Drops invites that were spent, expired or revoked before `ended_before`, and answers that are not repeated any
    /// more; gives how many invites.
    ///
    /// # Errors
    /// Some may have been dropped.
    pub async fn sweep(&self, ended_before: Timestamp, now: Timestamp) -> Result<u64, LedgerError> {
        self.write(move |transaction| transaction.forget_answers(now)).await?;
        let (mut after, mut dropped) = (None, 0);
        loop {
            let slice = self.write(move |transaction| transaction.sweep(ended_before, after)).await?;
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
        let (reply, answer) = futures_channel::oneshot::channel();
        self.jobs.send(Job::Heartbeat(reply)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())
    }

    /// Tries whether the ledger can be written.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn probe(&self) -> Result<(), LedgerError> {
        #[expect(clippy::redundant_closure_for_method_calls, reason = "the path would be bound to one lifetime")]
        self.write(|transaction| transaction.probe()).await
    }

    /// Whether the ledger can be written; tried at most once a second, however often it is asked.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn is_writable(&self) -> Result<(), LedgerError> {
        const FRESH: Duration = Duration::from_secs(1);
        let is_due = {
            let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
            let now = clock::instant();
            let is_due = tried.is_none_or(|at| now.duration_since(at) >= FRESH);
            if is_due {
                *tried = Some(now);
            }
            is_due
        };
        if is_due {
            return self.probe().await;
        }
        self.trouble().map_or(Ok(()), |trouble| Err(LedgerError::clone(&trouble)))
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
        self.readers.read_one(move |store| store.find(id)).await
    }

    /// Invites, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn list(&self, filter: Filter, now: Timestamp) -> Result<Vec<Invite>, LedgerError> {
        self.readers.read(move |store| store.list(&filter, now)).await
    }

    /// How long commits took.
    #[must_use]
    pub fn commits(&self) -> &Histogram {
        &self.commits
    }

    /// How many invites are pending, and how many expired after `since`, by whose they are.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn census(&self, since: Timestamp, now: Timestamp) -> Result<Vec<Census>, LedgerError> {
        self.readers.read(move |store| store.census(since, now)).await
    }

    /// How much of a key's rate is used.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn rate_used(&self, key: KeyId) -> Result<Used, LedgerError> {
        self.readers.read(move |store| store.rate_used(&key)).await
    }

    /// How many pending invites a source has.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn pending_of(&self, source: Source, now: Timestamp) -> Result<u64, LedgerError> {
        self.readers.read(move |store| store.pending_of(&source, now)).await
    }

    /// When each key was last used.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn last_use(&self) -> Result<LastUse, LedgerError> {
        #[expect(clippy::redundant_closure_for_method_calls, reason = "the path would be bound to one lifetime")]
        self.readers.read(|store| store.last_use()).await
    }

    /// Writes what waits and closes the ledger; later calls find it unavailable.
    pub fn close(&self) {
        self.jobs.close();
        let thread = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A writer that panicked has nothing left to write.
            let _ = thread.join();
        }
    }

    async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<Result<T, E>, SqlError> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<LedgerError> + Send + 'static,
    {
        let (reply, answer) = futures_channel::oneshot::channel();
        let job = Job::Write(Box::new(Task::new(work, reply)));
        self.jobs.send(job).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

fn closed() -> LedgerError {
    LedgerError::Unavailable("it is closed".into())
}
