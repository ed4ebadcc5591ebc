//! Who invited whom, and what follows from it: all invites of somebody are revoked, or it is forgotten.

use jiff::Timestamp;

use super::Invites;
use crate::invite::name::Jid;
use crate::key::Key;
use crate::ledger::{InvitedAccount, LedgerError, RevokedInvites, TreeFilter};
use crate::log::{Event, event};

impl Invites {
    /// Accounts that were created with invites, each with who invited it, in the order of their addresses.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn tree(&self, filter: TreeFilter) -> Result<Vec<InvitedAccount>, LedgerError> {
        self.context.ledger.tree(filter).await
    }

    /// The same of the hosts of `key`: of accounts elsewhere it learns nothing, also not through whom they have invited.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn tree_for(&self, key: &Key, filter: TreeFilter) -> Result<Vec<InvitedAccount>, LedgerError> {
        let hosts = match filter.hosts {
            None => key.settings.hosts.clone(),
            Some(hosts) => Some(hosts.into_iter().filter(|host| key.allows_host(host)).collect()),
        };
        self.tree(TreeFilter { hosts, ..filter }).await
    }

    /// Revokes all pending invites of `inviter`, and with `is_deep` those of all whom that one has invited, and so on.
    ///
    /// # Errors
    /// Nothing was revoked.
    pub async fn revoke_of(&self, inviter: &Jid, is_deep: bool, now: Timestamp) -> Result<RevokedInvites, LedgerError> {
        let revoked = self.context.ledger.revoke_of(inviter.clone(), is_deep, now).await?;
        for invite in &revoked.invites {
            event(&Event::InviteRevoked { invite: &invite.id, host: &invite.draft.host });
        }
        for invite in &revoked.invites {
            self.app_tokens.withdraw_soon(invite, now).await;
        }
        Ok(revoked)
    }

    /// Forgets who invited `user`, and whom `user` invited; gives of how many accounts that is told no more.
    ///
    /// # Errors
    /// Nothing was forgotten.
    pub async fn forget_invited(&self, user: &Jid) -> Result<u64, LedgerError> {
        self.context.ledger.forget_invited(user.clone()).await
    }
}
