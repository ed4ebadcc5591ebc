//! Changing invites, and taking them back.

use jiff::Timestamp;

use super::{Desk, max_uses, terms};
use crate::invite::policy::{self, Wrong};
use crate::invite::{AppToken, Change, Invite, InviteId, Status};
use crate::key::Key;
use crate::ledger::{ChangeError, LedgerError};
use crate::log::{Event, event};

/// Why an invite was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmendError {
    /// Something that was asked for cannot be had.
    #[error("{}", .0.iter().map(Wrong::to_string).collect::<Vec<_>>().join("; "))]
    Fields(Vec<Wrong>),
    /// The ledger says no.
    #[error(transparent)]
    Ledger(#[from] ChangeError),
}

impl Desk {
    /// Changes an invite within what `key` may.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn amend(
        &self,
        key: &Key,
        id: InviteId,
        mut change: Change,
        now: Timestamp,
    ) -> Result<Invite, AmendError> {
        let mut wrong = Vec::new();
        let mut refuse = |field: &'static str, reason: String| wrong.push(Wrong { field: field.into(), reason });
        if let Some(note) = &change.note
            && !policy::is_note(note)
        {
            refuse("note", policy::NOTE_EXPECTED.into());
        }
        if let Some(uses) = change.uses
            && !(1..=max_uses(Some(key))).contains(&uses)
        {
            refuse("uses", format!("expected 1 to {}", max_uses(Some(key))));
        }
        if let Some(expires_at) = &mut change.expires_at {
            // The ledger counts milliseconds.
            *expires_at = Timestamp::from_millisecond(expires_at.as_millisecond()).unwrap_or(*expires_at);
            let latest = jiff::SignedDuration::try_from(self.max_ttl(Some(key)))
                .ok()
                .and_then(|max_ttl| now.checked_add(max_ttl).ok())
                .unwrap_or(Timestamp::MAX);
            if *expires_at <= now || *expires_at > latest {
                refuse("expires_at", format!("expected a time to come, at most {latest}"));
            }
        }
        if !wrong.is_empty() {
            return Err(AmendError::Fields(wrong));
        }
        if self.find(key, id).await.map_err(ChangeError::from)?.is_none() {
            return Err(ChangeError::Absent.into());
        }
        let revoked = change.revoked;
        let invite = self.ledger.change(id, change, Some(terms(key)), now).await?;
        if revoked == Some(true) && invite.revoked_at == Some(now) {
            event(&Event::InviteRevoked { invite: &invite.id, host: &invite.draft.host });
        }
        // The server knows the token as it was; another is made when it is needed.
        let fits =
            |token: &AppToken| invite.status(now) == Status::Pending && token.expires_at <= invite.draft.expires_at;
        if !invite.draft.app_token.as_ref().is_none_or(fits) {
            self.take_back_soon(&invite, now).await;
            return Ok(self.ledger.find(id).await.map_err(ChangeError::from)?.unwrap_or(invite));
        }
        Ok(invite)
    }

    /// Revokes invites; gives those that were pending.
    ///
    /// # Errors
    /// Nothing was revoked.
    pub async fn revoke(&self, ids: Vec<InviteId>, now: Timestamp) -> Result<Vec<Invite>, LedgerError> {
        let revoked = self.revoke_only(ids, now).await?;
        for invite in &revoked {
            self.take_back_soon(invite, now).await;
        }
        Ok(revoked)
    }

    /// The same where nothing is to be taken back.
    pub(super) async fn revoke_only(&self, ids: Vec<InviteId>, now: Timestamp) -> Result<Vec<Invite>, LedgerError> {
        let revoked = self.ledger.revoke(ids, now).await?;
        for invite in &revoked {
            event(&Event::InviteRevoked { invite: &invite.id, host: &invite.draft.host });
        }
        Ok(revoked)
    }
}
