//! What users are told of invites that they had created, as far as it is true when they are told.

use jiff::Timestamp;

use super::Invites;
use crate::invite::name::Jid;
use crate::invite::news::UserNews;
use crate::invite::open::OpenInvites;
use crate::invite::{Invite, Status};
use crate::ledger::{LedgerError, OutboxRow};

/// What is true of what waited for a user.
#[derive(Clone, Debug, Default)]
pub struct TrueNews {
    /// Who has joined with their invites, in the order of time.
    pub joined: Vec<Jid>,
    /// Which of their invites will expire soon, and may still be used.
    pub expiring: Vec<Invite>,
    /// Of an admin: which links are open for long.
    pub open: Option<OpenInvites>,
}

impl TrueNews {
    /// How much it is.
    #[must_use]
    pub fn count(&self) -> usize {
        self.joined.len() + self.expiring.len() + usize::from(self.open.is_some())
    }
}

impl Invites {
    /// What is true of these rows of the outbox, which are all for `user`: not that somebody has joined of whom it was forgotten
    /// since who invited them, nor that an invite will expire that was redeemed, revoked or given more time.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn news(&self, user: &Jid, rows: &[OutboxRow], now: Timestamp) -> Result<TrueNews, LedgerError> {
        let ledger = &self.context.ledger;
        let mut news = TrueNews::default();
        for row in rows {
            match UserNews::read(&row.body) {
                // An account that was deleted and created anew.
                Some(UserNews::Joined { account }) if news.joined.contains(&account) => {}
                Some(UserNews::Joined { account }) => {
                    let is_true = ledger.has_invited(user, &account).await?;
                    news.joined.extend(is_true.then_some(account));
                }
                Some(UserNews::Expiring { invite, expires_at }) => {
                    let found = ledger.find(invite).await?;
                    let found = found.filter(|invite| invite.status(now) == Status::Pending);
                    news.expiring.extend(found.filter(|invite| invite.draft.expires_at == expires_at));
                }
                Some(UserNews::Open(open)) => news.open = Some(open),
                // Of another version.
                None => {}
            }
        }
        Ok(news)
    }
}
