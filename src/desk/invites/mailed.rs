//! Invites on their way to whoever they are for, by mail.

use jiff::Timestamp;

use super::links::CreatedInvite;
use super::{CreateInviteError, Invites};
use crate::invite::mail::{Delivery, MailAddress};
use crate::invite::open::OpenInvites;
use crate::invite::request::InviteRequest;
use crate::invite::{InviteId, Status, policy};
use crate::ledger::{KeptLetter, LedgerError, OutboxRow, OutgoingLetter};

/// What is to be mailed.
#[derive(Debug)]
pub struct MailedInvite {
    /// The invite, with its link: derived now, and nowhere stored.
    pub created: CreatedInvite,
    /// Where it goes.
    pub delivery: Delivery,
}

/// What a letter is to say.
#[derive(Debug)]
pub enum LetterContent {
    /// The link of an invite.
    Invite(Box<MailedInvite>),
    /// To an admin: which links are open for long.
    Reminder {
        /// Where it goes.
        to: MailAddress,
        /// These.
        open: OpenInvites,
    },
}

impl Invites {
    /// What the outbox is to hold for a request that has its link mailed.
    pub(super) fn letter(&self, request: &InviteRequest) -> Option<OutgoingLetter> {
        let (mail, delivery) = (self.context.settings.mail.as_ref()?, policy::mail::delivery_of(request)?);
        Some(OutgoingLetter::new(&delivery, mail.per_address, self.context.ledger.seal()))
    }

    /// What a row of the outbox says is to be mailed; nothing if there is no such invite any more, or nobody could redeem it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn mailed(&self, row: &OutboxRow, now: Timestamp) -> Result<Option<LetterContent>, LedgerError> {
        let ledger = &self.context.ledger;
        let delivery = match OutgoingLetter::open(&row.body, ledger.seal()) {
            None => return Ok(None),
            Some(KeptLetter::Reminder(to, open)) => return Ok(Some(LetterContent::Reminder { to, open })),
            Some(KeptLetter::Invite(delivery)) => delivery,
        };
        let Ok(id) = row.topic.parse::<InviteId>() else { return Ok(None) };
        let found = ledger.find(id).await?.filter(|invite| invite.status(now) == Status::Pending);
        // Where the configuration has no host of it any more, or no links, nobody can open it, either.
        let hosts = &self.context.settings.hosts;
        let created =
            found.filter(|invite| hosts.contains_key(&invite.draft.host)).map(|invite| self.with_links(invite));
        match created {
            Some(Ok(created)) => Ok(Some(LetterContent::Invite(Box::new(MailedInvite { created, delivery })))),
            None | Some(Err(CreateInviteError::NoPublicUrl)) => Ok(None),
            Some(Err(error)) => {
                tracing::debug!("a link cannot be mailed: {error}");
                Ok(None)
            }
        }
    }
}
