//! What the ledger can be asked about who invited whom.

use jiff::Timestamp;

use super::Ledger;
use super::error::LedgerError;
use super::query::{InvitedAccount, RevokedInvites, TreeFilter};
use super::work::WorkShape;
use crate::invite::name::Jid;

impl Ledger {
    /// Accounts that were created with invites, each with who invited it, in the order of their addresses. They are kept for
    /// longer than the invites.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn tree(&self, filter: TreeFilter) -> Result<Vec<InvitedAccount>, LedgerError> {
        self.readers.read(async move |store| store.tree(&filter).await).await
    }

    /// Whether it is known that `account` was created with an invite of `user`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn has_invited(&self, user: &Jid, account: &Jid) -> Result<bool, LedgerError> {
        let (user, account) = (user.clone(), account.clone());
        self.readers.read(async move |store| store.has_invited(&user, &account).await).await
    }

    /// Revokes all pending invites of `inviter`, and with `is_deep` those of all whom that one has invited, and so on. What is
    /// created meanwhile is created before or after.
    ///
    /// # Errors
    /// Nothing was revoked.
    pub async fn revoke_of(&self, inviter: Jid, is_deep: bool, now: Timestamp) -> Result<RevokedInvites, LedgerError> {
        self.judge(WorkShape::Alone, async move |transaction| transaction.revoke_of(&inviter, is_deep, now).await).await
    }

    /// Forgets who invited `user`, and whom `user` invited; gives how many accounts that is told of.
    ///
    /// # Errors
    /// Nothing was forgotten.
    pub async fn forget_invited(&self, user: Jid) -> Result<u64, LedgerError> {
        self.write(WorkShape::Alone, async move |transaction| transaction.forget_invited(&user).await).await
    }
}
