//! Amending invites, and revoking them.

use jiff::Timestamp;

use super::caller::Caller;
use super::{Invites, grants};
use crate::config::LackingScopes;
use crate::invite::field::{FieldError, Given, join};
use crate::invite::policy;
use crate::invite::request::ChangeRequest;
use crate::invite::{AppToken, Invite, InviteId, Status};
use crate::ledger::{ChangeError, LedgerError};
use crate::log::{Event, event};

/// Why an invite was not amended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmendError {
    /// Fields of the request are wrong.
    #[error("{}", join(.0))]
    Fields(Vec<FieldError>),
    /// The key was not given what the invite gives.
    #[error(transparent)]
    Scopes(#[from] LackingScopes),
    /// A new password for whom the command line said.
    #[error("only the command line changes a password reset that it created")]
    ForAdmins,
    /// The ledger says no.
    #[error(transparent)]
    Ledger(#[from] ChangeError),
}

impl Invites {
    /// Amends an invite within what `caller` may: with a key one that it could create, and if it does not read, one that it did
    /// create; a user one that they had created.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn amend(
        &self,
        caller: &Caller<'_>,
        id: InviteId,
        request: &ChangeRequest,
        now: Timestamp,
    ) -> Result<Invite, AmendError> {
        let found = self.context.ledger.find(id).await.map_err(ChangeError::from)?;
        let invite = found.filter(|invite| caller.knows(invite)).ok_or(ChangeError::Absent)?;
        caller.check_scopes(&grants::of_draft(&invite.draft))?;
        if grants::is_for_admins(&invite.draft) {
            return Err(AmendError::ForAdmins);
        }
        self.amend_found(caller, &invite, request, now).await
    }

    /// Restores an invite that was revoked, for an admin: the same as amending its status.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn restore(&self, id: InviteId, now: Timestamp) -> Result<Invite, AmendError> {
        let invite = self.context.ledger.find(id).await.map_err(ChangeError::from)?.ok_or(ChangeError::Absent)?;
        let request = ChangeRequest { revoked: Given::Is(false), ..ChangeRequest::default() };
        self.amend_found(&Caller::Admin, &invite, &request, now).await
    }

    async fn amend_found(
        &self,
        caller: &Caller<'_>,
        invite: &Invite,
        request: &ChangeRequest,
        now: Timestamp,
    ) -> Result<Invite, AmendError> {
        let id = invite.id;
        let bounds = self.rules().bounds(caller, Some(&invite.draft.host));
        let change = policy::validate_change(request, invite, &bounds, now).map_err(AmendError::Fields)?;
        let revoked = change.revoked;
        let ledger = caller.ledger(&self.context.ledger, None, now);
        let invite = ledger.amend(id, change, caller.limits(), now).await?;
        if revoked == Some(true) && invite.revoked_at == Some(now) {
            event(&Event::InviteRevoked { invite: &invite.id, host: &invite.draft.host });
        }
        // The server knows the token as it was; another is minted when it is needed.
        let fits =
            |token: &AppToken| invite.status(now) == Status::Pending && token.expires_at <= invite.draft.expires_at;
        if !invite.draft.app_token.as_ref().is_none_or(fits) {
            self.app_tokens.withdraw_soon(&invite, now).await;
            return Ok(self.context.ledger.find(id).await.map_err(ChangeError::from)?.unwrap_or(invite));
        }
        Ok(invite)
    }

    /// Revokes invites; gives those that were pending.
    ///
    /// # Errors
    /// Nothing was revoked.
    pub async fn revoke(&self, ids: Vec<InviteId>, now: Timestamp) -> Result<Vec<Invite>, LedgerError> {
        self.revoke_for(&Caller::Admin, ids, now).await
    }

    /// The same for `caller`.
    ///
    /// # Errors
    /// Nothing was revoked.
    pub async fn revoke_for(
        &self,
        caller: &Caller<'_>,
        ids: Vec<InviteId>,
        now: Timestamp,
    ) -> Result<Vec<Invite>, LedgerError> {
        let ledger = caller.ledger(&self.context.ledger, None, now);
        let revoked = self.context.revoke(&ledger, ids, now).await?;
        for invite in &revoked {
            self.app_tokens.withdraw_soon(invite, now).await;
        }
        Ok(revoked)
    }
}
