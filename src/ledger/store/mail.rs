//! Statements about mail: how many go to one mailbox, and letters that are put into the outbox.

use jiff::Timestamp;

use super::letter::{MAIL_CHANNEL, OutgoingLetter};
use super::limits::rate_used;
use super::locks::{HeldLock, LockKey};
use super::transaction::Transaction;
use crate::invite::InviteId;
use crate::ledger::error::{CreateError, LedgerError, SqlError};
use crate::rate::{RateExceeded, Used};

/// What is used of a mailbox's rate with one more letter, until that is written.
pub(super) struct TakenMail<'a> {
    used: Used,
    _lock: Option<HeldLock<'a>>,
}

impl<'a> Transaction<'a> {
    /// Whether one more letter may go to its mailbox.
    pub(super) async fn judge_mail(
        &self,
        letter: &OutgoingLetter,
        now: Timestamp,
    ) -> Result<Result<TakenMail<'a>, CreateError>, SqlError> {
        let lock = self.lock(LockKey::Mailbox(letter.mailbox.clone())).await;
        let known = self.memory.borrow().rates.get(&letter.mailbox).copied();
        let used = match known {
            Some(known) => known,
            None => rate_used(self.sql, &letter.mailbox).await?,
        };
        let taken = letter.limit.take(used, now, 1);
        Ok(taken
            .map(|used| TakenMail { used, _lock: lock })
            .map_err(|RateExceeded { retry_after }| CreateError::MailLimit { retry_after }))
    }

    /// Puts a letter with the link of an invite into the outbox.
    pub(super) async fn put_letter(
        &self,
        letter: &OutgoingLetter,
        taken: TakenMail<'a>,
        invite: InviteId,
        now: Timestamp,
    ) -> Result<(), SqlError> {
        self.note_rate(&letter.mailbox, taken.used).await?;
        self.put_in_outbox(MAIL_CHANNEL, invite.to_string(), &letter.sealed, now).await
    }

    /// Forgets how many letters went to mailboxes whose rates are whole again.
    pub(in crate::ledger) async fn forget_mailboxes(
        &self,
        now: Timestamp,
    ) -> Result<Result<(), LedgerError>, SqlError> {
        let now = self.sure(now).await;
        self.memory.borrow_mut().rates.retain(|account, _| !account.starts_with(MAIL_CHANNEL));
        let statement = "DELETE FROM key_use WHERE key LIKE 'mail/%' AND rate_used <= ?1 AND last_used_at <= ?2";
        self.sql.send(statement, &[now.as_microsecond().into(), now.as_millisecond().into()]).await.map(Ok)
    }
}
