//! What the ledger can be asked about invites.

use jiff::Timestamp;

use super::Ledger;
use super::answers::{Answer, Recorded, Repeatable};
use super::error::{ChangeError, CreateError, LedgerError};
use super::limits::SourceLimits;
use super::query::{Filter, ListedInvites, ReadInvites};
use super::store::{OutgoingLetter, Transaction};
use super::work::WorkShape;
use crate::invite::name::{HostName, Username};
use crate::invite::{Change, Draft, Invite, InviteId};

impl Ledger {
    /// Creates invites, all or none; they are durable when this returns.
    ///
    /// # Errors
    /// Nothing was created.
    pub async fn create(
        &self,
        drafts: Vec<Draft>,
        limits: Option<SourceLimits>,
        request: Option<Repeatable>,
        now: Timestamp,
    ) -> Result<Answer<Vec<Invite>>, CreateError> {
        self.create_mailed(drafts, limits, request, None, now).await
    }

    /// The same, and with the first of them a letter that brings its link to somebody goes into the outbox. A request that came
    /// before puts none there.
    ///
    /// # Errors
    /// As above; no letter goes out, either.
    pub async fn create_mailed(
        &self,
        drafts: Vec<Draft>,
        limits: Option<SourceLimits>,
        request: Option<Repeatable>,
        letter: Option<OutgoingLetter>,
        now: Timestamp,
    ) -> Result<Answer<Vec<Invite>>, CreateError> {
        let seal = self.seal.clone();
        let (rows, limits) = (drafts.len(), limits.as_ref());
        let may_add = request.is_none() && self.once.is_none() && letter.is_none();
        let additions = self.additions.as_deref().filter(|_| may_add);
        let only_adds = additions.is_some_and(|additions| additions.are_all(&drafts, limits, now));
        let shape = if only_adds { WorkShape::Addition { rows } } else { WorkShape::Beside { rows } };
        // Where they only add, nothing is judged, and nothing noted.
        let limits = limits.filter(|_| !only_adds).cloned();
        let work = async move |transaction: &Transaction<'_>| {
            let create = transaction.create(drafts.clone(), limits.as_ref(), letter.as_ref());
            match &request {
                None => Ok(create.await?.map(Recorded::New)),
                Some(request) => {
                    transaction
                        .once(request, &seal, now, CreateError::IdempotencyKeyReused, async { Ok(()) }, create)
                        .await
                }
            }
        };
        let recorded = self.judge(shape, work);
        Ok(recorded.await?.open(&self.seal, now)?)
    }

    /// Whether [`Ledger::create`] would create `count` invites under `limits` now, for that request; for whoever would do
    /// something for them beforehand. Meanwhile it may change.
    ///
    /// # Errors
    /// When the ledger cannot be read, or this node may not judge.
    pub async fn would_create(
        &self,
        limits: SourceLimits,
        count: usize,
        request: Option<Repeatable>,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        self.may_judge()?;
        self.readers.read(async move |store| store.would_create(&limits, count, request.as_ref(), now).await).await
    }

    /// Amends an invite; gives it as it is then.
    ///
    /// # Errors
    /// Nothing was amended.
    pub async fn amend(
        &self,
        id: InviteId,
        change: Change,
        limits: Option<SourceLimits>,
        now: Timestamp,
    ) -> Result<Invite, ChangeError> {
        self.judge(WorkShape::Alone, async move |transaction| {
            transaction.amend(id, change.clone(), limits.as_ref(), now).await
        })
        .await
    }

    /// Revokes invites; gives those that were pending, as they are now. Those that are not there are left out.
    ///
    /// # Errors
    /// Nothing was revoked.
    pub async fn revoke(&self, ids: Vec<InviteId>, now: Timestamp) -> Result<Vec<Invite>, LedgerError> {
        self.judge(WorkShape::Alone, async move |transaction| transaction.revoke(&ids, now).await).await
    }

    /// The invite called `id`, with its redemptions.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn find(&self, id: InviteId) -> Result<Option<Invite>, LedgerError> {
        self.readers.read_one(async move |store| store.find(id).await).await
    }

    /// The same without its redemptions, for whoever decides by the invite alone: there may be thousands.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn find_alone(&self, id: InviteId) -> Result<Option<Invite>, LedgerError> {
        self.readers.read_one(async move |store| store.find_alone(id).await).await
    }

    /// The same with the redemptions of one account.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn find_for(&self, id: InviteId, account: Username) -> Result<Option<Invite>, LedgerError> {
        self.readers.read_one(async move |store| store.find_for(id, &account).await).await
    }

    /// A page of at most `limit` invites, newest first. What is rare among many is looked for among some at a time, so that nobody
    /// waits for it, and a page may have few, or none.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn list(&self, filter: Filter, limit: u32, now: Timestamp) -> Result<ListedInvites, LedgerError> {
        let read = self.readers.read_list(async move |store| store.list(&filter, limit, now).await).await?;
        let next = read.next;
        Ok(ListedInvites { invites: self.readable(read), next })
    }

    /// Adopts an invite that the host's server created itself, unless it is there already; `token` is the
    /// server's.
    ///
    /// # Errors
    /// Nothing was adopted.
    pub async fn adopt(&self, token: &str, draft: Draft) -> Result<Option<Invite>, LedgerError> {
        let slot = self.adopted_slot(token, &draft.host);
        self.write(WorkShape::Alone, async move |transaction| transaction.adopt(&slot, draft.clone()).await).await
    }

    /// The invite that was adopted for the server's `token`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn adopted(&self, token: &str, host: &HostName) -> Result<Option<Invite>, LedgerError> {
        let slot = self.adopted_slot(token, host);
        self.readers.read(async move |store| store.adopted(&slot).await).await
    }

    /// Those that can be read. The others are told of.
    pub(super) fn readable(&self, read: ReadInvites) -> Vec<Invite> {
        for (id, why) in &read.unreadable {
            self.readers.damage.note_row(*id, why);
        }
        read.invites
    }

    fn adopted_slot(&self, token: &str, host: &HostName) -> Vec<u8> {
        self.seal.slot(&["adopted", host.as_str(), token])
    }

    /// The moment by which old things are forgotten, when the clock says `now`: not more than a day later than what this
    /// gave before, so that a clock that is ahead for a while has next to nothing deleted that is to be kept.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn forgetting_clock(&self, now: Timestamp) -> Result<Timestamp, LedgerError> {
        self.judge(WorkShape::Alone, async move |transaction| transaction.forgetting_clock(now).await).await
    }

    /// Deletes answers that were not to be repeated any more at `now`, and what was noted of tokens that had expired.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn forget_answers(&self, now: Timestamp) -> Result<(), LedgerError> {
        while self.write(WorkShape::Alone, async move |transaction| transaction.forget_answers(now).await).await? {}
        Ok(())
    }

    /// Forgets how many letters went to mailboxes to which as many may go again as at first.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn forget_mailboxes(&self, now: Timestamp) -> Result<(), LedgerError> {
        self.judge(WorkShape::Alone, async move |transaction| transaction.forget_mailboxes(now).await).await
    }

    /// Has answers that were kept before the clock was set back be repeated for no longer than others are.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub async fn bound_answers(&self, now: Timestamp) -> Result<(), LedgerError> {
        self.judge(WorkShape::Alone, async move |transaction| transaction.bound_answers(now).await).await
    }

    /// Deletes invites that were redeemed, expired or revoked before `ended_before`; gives how many.
    ///
    /// # Errors
    /// Some may have been deleted.
    pub async fn sweep(&self, ended_before: Timestamp, now: Timestamp) -> Result<u64, LedgerError> {
        let (mut after, mut deleted) = (None, 0);
        loop {
            self.may_judge()?;
            let slice = self
                .write(WorkShape::Alone, async move |transaction| transaction.sweep(ended_before, after, now).await)
                .await?;
            deleted += slice.deleted;
            match slice.next {
                Some(next) => after = Some(next),
                None => return Ok(deleted),
            }
        }
    }
}
