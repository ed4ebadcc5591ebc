//! What those share who do something in one transaction at the same time: their locks, what they know of each other, and what
//! they have gathered to be written together. Only where statements take a while.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

use super::gathered::GatheredInvites;
use super::gathered_outbox::GatheredOutbox;
use super::locks::KeyedLocks;
use super::outbox_entry::OutboxEntry;
use crate::invite::name::{HostName, Username};
use crate::invite::{Invite, InviteId};
use crate::ledger::limits::PendingCount;
use crate::ledger::postgres::{Pipeline, StartState, TransactionStart};
use crate::ledger::value::OwnedValue;

/// Ids that a node has given.
pub(in crate::ledger) struct NodeIds {
    given: AtomicI64,
    /// The greatest that there was when last looked.
    newest: AtomicI64,
}

/// Clocks of nodes may differ by so much, and their ids go by them all the same.
const APART: SignedDuration = SignedDuration::from_secs(1);

impl Default for NodeIds {
    fn default() -> Self {
        Self { given: AtomicI64::new(0), newest: AtomicI64::new(i64::MAX) }
    }
}

impl NodeIds {
    /// The greatest id that there was when a transaction began.
    pub(in crate::ledger) fn note_newest(&self, newest: Option<i64>) {
        self.newest.store(newest.unwrap_or(0), Ordering::Relaxed);
    }

    /// Whether ids go by the clock, as far as is known: not where there are some of a clock that was ahead. Those that come after
    /// these would be the same on all nodes, so there nodes have to know of each other's.
    pub(in crate::ledger) fn go_by_the_clock(&self, now: Timestamp) -> bool {
        let latest = InviteId::first_at(now.checked_add(APART).unwrap_or(Timestamp::MAX));
        self.newest.load(Ordering::Relaxed) < latest.to_row()
    }

    /// The next one, after all that were given here, and after `floor`.
    fn next(&self, floor: Option<InviteId>, now: Timestamp, random: u32) -> InviteId {
        let after = |last: i64| {
            let last = (last > 0).then(|| InviteId::from_row(last));
            InviteId::after(last.max(floor), now, random)
        };
        match self.given.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(after(last).to_row())) {
            Ok(last) | Err(last) => after(last),
        }
    }
}

/// What is known of a name on a host.
#[derive(Clone, Copy, Default)]
pub(super) struct KnownName {
    /// Until when an invite reserves it that was created in this transaction.
    pub(super) created_until: Option<i64>,
    /// Until when one reserves it that was there before, where that was asked; `i64::MIN` if none does.
    pub(super) found_until: Option<i64>,
    /// Whether somebody has it, where that was asked.
    pub(super) is_taken: Option<bool>,
}

/// What is to be written of the use of a key.
struct GatheredUse {
    noted_at: i64,
    /// Nothing where the key has no rate.
    rate_used: Option<i64>,
}

/// What is shared in one transaction.
pub(in crate::ledger) struct Batch<'a> {
    pipeline: &'a Pipeline,
    start: &'a TransactionStart,
    ids: &'a NodeIds,
    /// Whether ids come after those of other nodes, too.
    is_in_order: bool,
    pub(super) locks: KeyedLocks,
    invites: RefCell<GatheredInvites>,
    uses: RefCell<BTreeMap<String, GatheredUse>>,
    outbox: RefCell<GatheredOutbox>,
    names: RefCell<HashMap<(HostName, Username), KnownName>>,
    /// By source.
    pending: RefCell<HashMap<String, PendingCount>>,
    /// Invites as they were when it began, as far as they were read.
    found: RefCell<HashMap<InviteId, Invite>>,
    /// Invites as they are after what was done here; nothing where that has to be read.
    known: RefCell<HashMap<InviteId, Option<Invite>>>,
}

impl<'a> Batch<'a> {
    pub(in crate::ledger) fn new(
        pipeline: &'a Pipeline,
        start: &'a TransactionStart,
        ids: &'a NodeIds,
        is_in_order: bool,
    ) -> Self {
        Self {
            pipeline,
            start,
            ids,
            is_in_order,
            locks: KeyedLocks::default(),
            invites: RefCell::default(),
            uses: RefCell::default(),
            outbox: RefCell::default(),
            names: RefCell::default(),
            pending: RefCell::default(),
            found: RefCell::default(),
            known: RefCell::default(),
        }
    }

    /// What there was when the transaction began.
    pub(super) async fn start(&self) -> StartState {
        self.start.get().await
    }

    /// The id for another invite. It may be another node's, too: then the transaction fails, and is begun anew with other ids
    /// (`postgres/write.rs`).
    pub(super) async fn next_id(&self, now: Timestamp, random: u32) -> InviteId {
        let newest = if self.is_in_order { self.start().await.newest } else { None };
        self.ids.next(newest.map(InviteId::from_row), now, random)
    }

    /// An invite that is to be written.
    pub(super) fn gather(&self, invite: &Invite) {
        let draft = &invite.draft;
        let end = draft.expires_at.as_millisecond();
        if let Some(name) = draft.kind.reserves() {
            self.know_name(&draft.host, name, |known| known.created_until = known.created_until.max(Some(end)));
        }
        if let Some(pending) = self.pending.borrow_mut().get_mut(&draft.source.to_string()) {
            pending.add(draft);
        }
        self.invites.borrow_mut().add(invite);
    }

    /// The use of a key that is to be written.
    pub(super) fn gather_use(&self, account: &str, noted_at: i64, rate_used: Option<i64>) {
        self.uses.borrow_mut().insert(account.to_owned(), GatheredUse { noted_at, rate_used });
    }

    /// What is to be put into the outbox.
    pub(super) fn gather_outbox(&self, entry: &OutboxEntry<'_>) {
        self.outbox.borrow_mut().add(entry);
    }

    /// Sends what was gathered: what is asked from now on finds it.
    pub(in crate::ledger) async fn send_gathered(&self) {
        let invites = self.invites.take();
        if let Some((sql, values)) = invites.statement() {
            self.pipeline.send(sql, values).await;
        }
        let (rated, unrated): (Vec<_>, Vec<_>) =
            self.uses.take().into_iter().partition(|(_, used)| used.rate_used.is_some());
        for (uses, sql) in [(rated, RATED_USES), (unrated, UNRATED_USES)] {
            if uses.is_empty() {
                continue;
            }
            let (mut keys, mut at, mut rates_used) = (vec![], vec![], vec![]);
            for (key, used) in uses {
                keys.push(Some(key));
                at.push(Some(used.noted_at));
                rates_used.push(Some(used.rate_used.unwrap_or(0)));
            }
            let values = vec![OwnedValue::Texts(keys), OwnedValue::Integers(at), OwnedValue::Integers(rates_used)];
            self.pipeline.send(sql, values).await;
        }
        let outbox = self.outbox.take();
        if let Some((sql, values)) = outbox.statement() {
            self.pipeline.send(sql, values).await;
        }
    }

    pub(super) fn known_name(&self, host: &HostName, name: &Username) -> KnownName {
        self.names.borrow().get(&(host.clone(), name.clone())).copied().unwrap_or_default()
    }

    pub(super) fn know_name(&self, host: &HostName, name: &Username, change: impl FnOnce(&mut KnownName)) {
        change(self.names.borrow_mut().entry((host.clone(), name.clone())).or_default());
    }

    /// How many invites of a source are pending, where that is known.
    pub(super) fn known_pending(&self, source: &str) -> Option<PendingCount> {
        self.pending.borrow().get(source).copied()
    }

    pub(super) fn know_pending(&self, source: String, pending: PendingCount) {
        self.pending.borrow_mut().insert(source, pending);
    }

    /// An invite as it was when this began, where it was read since, and is there.
    pub(super) fn found(&self, id: InviteId) -> Option<Invite> {
        self.found.borrow().get(&id).cloned()
    }

    /// Only the first reading counts: a later one may have been sent behind what was written since.
    pub(super) fn note_found(&self, invite: &Invite) {
        self.found.borrow_mut().entry(invite.id).or_insert_with(|| invite.clone());
    }

    /// The invite as it is by now, for whoever holds the lock of it and has `read` it in this transaction; nothing if it has to
    /// be read anew.
    pub(super) fn now(&self, id: InviteId, read: Invite) -> Option<Invite> {
        self.known.borrow().get(&id).map_or(Some(read), Clone::clone)
    }

    /// What an invite is from now on; nothing where that has to be read.
    pub(super) fn know(&self, id: InviteId, invite: Option<Invite>) {
        self.known.borrow_mut().insert(id, invite);
    }
}

const RATED_USES: &str = "INSERT INTO key_use (key, last_used_at, rate_used) \
                          SELECT * FROM unnest(?1::text[], ?2::bigint[], ?3::bigint[]) \
                          ON CONFLICT (key) DO UPDATE SET last_used_at = excluded.last_used_at, \
                          rate_used = excluded.rate_used";

/// What is used of a rate that the key has no more, or not yet, stays.
const UNRATED_USES: &str = "INSERT INTO key_use (key, last_used_at, rate_used) \
                            SELECT * FROM unnest(?1::text[], ?2::bigint[], ?3::bigint[]) \
                            ON CONFLICT (key) DO UPDATE SET last_used_at = excluded.last_used_at";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::tests::moment;

    #[test]
    fn ids_of_a_node_grow_whatever_the_clock_does_and_come_after_those_that_it_has_to() {
        let ids = NodeIds::default();
        let now = moment("2026-01-01T00:00:00Z");
        let first = ids.next(None, now, 7);
        let second = ids.next(None, moment("2025-06-01T00:00:00Z"), 7);
        assert!(first < second && second < InviteId::first_at(moment("2026-01-01T00:00:01Z")));
        let floor = InviteId::first_at(moment("2027-01-01T00:00:00Z"));
        let third = ids.next(Some(floor), now, 0);
        assert!(third > floor);
        assert!(ids.next(None, now, 0) > third);
    }
}
