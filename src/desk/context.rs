//! What all parts of the desk work with, and what each of them says of an invite.

use std::sync::Arc;

use jiff::Timestamp;

use super::locks::InviteLocks;
use crate::backend::{Backend, Backends, CallError};
use crate::config::Settings;
use crate::invite::name::HostName;
use crate::invite::{AppToken, Invite, InviteId, Source, Via};
use crate::ledger::{Ledger, LedgerError};
use crate::log::{Event, event};
use crate::metrics::{MetricLabels, Metrics};

/// What the parts share: one configuration at work, over the ledger.
pub(super) struct Context {
    pub(super) settings: Arc<Settings>,
    pub(super) backends: Arc<Backends>,
    pub(super) ledger: Ledger,
    pub(super) metrics: Arc<Metrics>,
    pub(super) locks: Arc<InviteLocks>,
}

impl Context {
    /// The server behind a host, if there is one.
    pub(super) fn backend(&self, host: &HostName) -> Option<&Backend> {
        self.backends.of(host).map(AsRef::as_ref)
    }

    /// The app token itself.
    pub(super) fn reveal(&self, token: &AppToken) -> Option<String> {
        String::from_utf8(self.ledger.seal().open(&token.sealed)?).ok()
    }

    /// Revokes invites; gives those that were pending. Their app tokens are still out.
    ///
    /// # Errors
    /// Nothing was revoked.
    pub(super) async fn revoke(&self, ids: Vec<InviteId>, now: Timestamp) -> Result<Vec<Invite>, LedgerError> {
        let revoked = self.ledger.revoke(ids, now).await?;
        for invite in &revoked {
            event(&Event::InviteRevoked { invite: &invite.id, host: &invite.draft.host });
        }
        Ok(revoked)
    }

    /// Counts and logs a redemption: by the caller who says so, else by whoever had the invite created.
    pub(super) fn redeemed(&self, invite: &Invite, via: Via, source: &Source) {
        let whose = match source {
            Source::Key(_) => source,
            Source::Cli | Source::Server | Source::Xmpp(_) => &invite.draft.source,
        };
        let labels = MetricLabels { host: invite.draft.host.to_string(), key: whose.label() };
        self.metrics.redeemed.get_or_create(&labels).inc();
        event(&Event::InviteRedeemed { invite: &invite.id, host: &invite.draft.host, via: &via, source });
    }
}

/// Logs what a server refused to do for an invite. That it is away, the backend has logged itself, once.
pub(super) fn warn_refused(invite: &Invite, what: &str, error: &CallError) {
    match error {
        CallError::Away(_) | CallError::Unsure(_) => {}
        CallError::Refused(refusal) => {
            tracing::warn!(invite.id = %invite.id, host = %invite.draft.host, error = %refusal, "{what}");
        }
    }
}
