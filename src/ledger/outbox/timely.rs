//! What time alone brings about, and others are told of, as the ledger is asked for it: of several nodes by one.

use jiff::{SignedDuration, Timestamp};

use crate::invite::open::OpenInvites;
use crate::ledger::Ledger;
use crate::ledger::error::LedgerError;
use crate::ledger::outbox_row::ExpiryMark;
use crate::ledger::query::Reminder;
use crate::ledger::store::ExpiryKind;
use crate::ledger::work::WorkShape;

/// So many invites are told of in one transaction, so that creates never wait long for it.
const ROWS: usize = 500;

/// An invite whose end was put off at the last moment may be read as it was.
const BEHIND: SignedDuration = SignedDuration::from_secs(2);

/// A mark that nothing has moved is moved so late.
const LAZY: SignedDuration = SignedDuration::from_hours(1);

/// A mark that is further ahead is one of a clock that was.
const AHEAD: SignedDuration = SignedDuration::from_hours(1);

/// By how much less than a week passes between two reminders, so that they stay at their time of the day.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24 - 1);

impl Ledger {
    /// Has whoever wants to know of it be told of the invites that have expired since this was last asked for, by any node: of
    /// none twice, and of none that expired before anybody wanted to know, or long ago.
    ///
    /// # Errors
    /// Some may have been told of; the others will be.
    pub async fn announce_expired(&self, now: Timestamp) -> Result<(), LedgerError> {
        self.announce_ends(ExpiryKind::Past, now).await
    }

    /// Has users be told of their invites that will expire within a day and may still be redeemed: of each once, unless it is
    /// given more time.
    ///
    /// # Errors
    /// Some may have been told of; the others will be.
    pub async fn announce_expiring(&self, now: Timestamp) -> Result<(), LedgerError> {
        self.announce_ends(ExpiryKind::Near, now).await
    }

    async fn announce_ends(&self, ends: ExpiryKind, now: Timestamp) -> Result<(), LedgerError> {
        let noted = self.readers.read(async move |store| store.expiry_mark(ends).await).await?;
        let at = |time: SignedDuration| ExpiryMark::after(now.checked_add(time).unwrap_or(Timestamp::MAX));
        let end = at(ends.ahead() - BEHIND);
        let (latest, earliest) = (at(ends.ahead() + AHEAD), at(-ends.behind()));
        let Some(mut mark) = noted.filter(|mark| *mark < latest) else {
            self.note_ends(ends, noted, vec![], end, now).await?;
            return Ok(());
        };
        if mark >= end {
            return Ok(());
        }
        let from = mark.max(earliest);
        let found = self.readers.read(async move |store| store.expiring_between(ends, from, end).await).await?;
        for slice in found.chunks(ROWS) {
            let Some(last) = slice.last().copied() else { break };
            if !self.note_ends(ends, Some(mark), slice.to_vec(), last, now).await? {
                return Ok(());
            }
            mark = last;
        }
        // Where nothing expires for a while there is nothing to be written each time.
        if mark < at(ends.ahead() - LAZY) {
            self.note_ends(ends, Some(mark), vec![], end, now).await?;
        }
        Ok(())
    }

    async fn note_ends(
        &self,
        ends: ExpiryKind,
        from: Option<ExpiryMark>,
        found: Vec<ExpiryMark>,
        to: ExpiryMark,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        self.judge(WorkShape::Alone, async move |transaction| {
            transaction.announce_ends(ends, from, (&found, to), now).await
        })
        .await
    }

    /// Has admins be reminded of links that live long and are still open, if there are any, and that was not done for a week: by
    /// what `reminders` gives for them, and whoever is told of such an event.
    ///
    /// # Errors
    /// Nobody was reminded.
    pub async fn remind(
        &self,
        reminders: impl Fn(&OpenInvites) -> Vec<Reminder>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let before = self.readers.read(async |store| store.reminded_at().await).await?;
        let week_ago = now.checked_sub(WEEK).unwrap_or(Timestamp::MIN).as_millisecond();
        let latest = now.checked_add(AHEAD).unwrap_or(Timestamp::MAX).as_millisecond();
        if before.is_some_and(|at| (week_ago..latest).contains(&at)) {
            return Ok(());
        }
        let open = self.readers.read(async move |store| store.open_for_long(now).await).await?;
        if open.count == 0 {
            return Ok(());
        }
        let reminders = reminders(&open);
        self.judge(WorkShape::Alone, async move |transaction| transaction.remind(&open, &reminders, before, now).await)
            .await?;
        Ok(())
    }
}
