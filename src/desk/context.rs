//! What all parts of the desk work with, and what each of them says of an invite.

use std::sync::Arc;

use jiff::Timestamp;

use super::locks::InviteLocks;
use crate::backend::{Backend, Backends, CallError};
use crate::config::Settings;
use crate::invite::name::{HostName, Username};
use crate::invite::{AppToken, Draft, Invite, InviteId, Kind, Source, Via};
use crate::ledger::{Ledger, LedgerError};
use crate::log::{Event, event};
use crate::metrics::{MetricLabels, Metrics};

/// Why a password is not reset.
pub(super) const ADMINS_PASSWORD: &str = "the account is an admin of its XMPP server, or its name is reserved: its password is \
                                          reset only by an invite of the command line";

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

    /// Whether an invite that is for nobody by name does not let a new account be called `username`. Whoever created one for
    /// that name has been through this.
    pub(super) fn is_reserved(&self, draft: &Draft, username: &Username) -> bool {
        let host = self.settings.hosts.get(&draft.host);
        draft.kind.username().is_none() && host.is_some_and(|host| host.reserved_usernames.contains(username))
    }

    /// Whether an invite is for a new password of a name that is reserved on its host: only the command line has that set.
    pub(super) fn is_reserved_reset(&self, draft: &Draft) -> bool {
        let Kind::Reset { username } = &draft.kind else { return false };
        let host = self.settings.hosts.get(&draft.host);
        draft.source != Source::Cli && host.is_some_and(|host| host.reserved_usernames.contains(username))
    }

    /// Whether an invite is to let somebody set the password of an admin of the XMPP server: only the command line may have
    /// that done. False also where the server cannot tell.
    ///
    /// # Errors
    /// When the server is away.
    pub(super) async fn is_admins_reset(&self, draft: &Draft) -> Result<bool, CallError> {
        match (&draft.kind, self.backend(&draft.host)) {
            (Kind::Reset { username }, Some(backend)) if draft.source != Source::Cli => {
                backend.is_admin(username).await
            }
            _ => Ok(false),
        }
    }

    /// Whether an app shows the invite's own token: where there is no server, or one that asks us about it. An invite that
    /// the server created itself has the server's.
    pub(super) fn shows_own_token(&self, draft: &Draft) -> bool {
        shows_own_token(&self.backends, draft)
    }

    /// The app token itself.
    pub(super) fn reveal(&self, token: &AppToken) -> Option<String> {
        String::from_utf8(self.ledger.seal().open(&token.sealed)?).ok()
    }

    /// Revokes invites by this handle of the ledger; gives those that were pending. Their app tokens are still out.
    ///
    /// # Errors
    /// Nothing was revoked.
    pub(super) async fn revoke(
        &self,
        ledger: &Ledger,
        ids: Vec<InviteId>,
        now: Timestamp,
    ) -> Result<Vec<Invite>, LedgerError> {
        let revoked = ledger.revoke(ids, now).await?;
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

/// See [`Context::shows_own_token`].
pub(super) fn shows_own_token(backends: &Backends, draft: &Draft) -> bool {
    backends.of(&draft.host).is_none_or(|backend| backend.abilities().asks && draft.source != Source::Server)
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
