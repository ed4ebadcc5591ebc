//! Invites with what their holders need: the token and the links.

use std::sync::Arc;

use jiff::Timestamp;

use super::Invites;
use super::error::CreateInviteError;
use crate::backend::Backends;
use crate::config::Settings;
use crate::desk::context::shows_own_token;
use crate::invite::link::{self, Landing};
use crate::invite::name::HostName;
use crate::invite::token::LedgerKey;
use crate::invite::{Invite, Kind};
use crate::ledger::Seal;

/// An invite with what its holder needs.
#[derive(Clone, Debug)]
pub struct CreatedInvite {
    /// The invite.
    pub invite: Invite,
    /// Its token: secret.
    pub token: String,
    /// The link to hand out.
    pub landing_page: String,
    /// The same for an app; none where the server has tokens of its own and none was minted yet, or mints none.
    pub uri: Option<String>,
    /// Until when an app can use that, where the server's own limit is shorter than the invite's life.
    pub uri_expires_at: Option<Timestamp>,
    /// Why apps cannot sign up with it, if they cannot.
    pub web_only: Option<WebOnly>,
}

/// Why apps cannot sign up with an invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebOnly {
    /// The server would not obey the ledger.
    Disobeyed,
    /// The server has no room for another token now.
    NoRoom,
}

/// What links are made with.
pub(super) struct Links {
    key: LedgerKey,
    seal: Seal,
    pub(super) landing: Landing,
    backends: Arc<Backends>,
}

impl Links {
    /// An invite with them.
    pub(super) fn of(&self, invite: Invite) -> CreatedInvite {
        let token = self.key.token(invite.id);
        let backend = self.backends.of(&invite.draft.host);
        let is_own = shows_own_token(&self.backends, &invite.draft);
        let out = invite.draft.app_token.as_ref().filter(|out| !is_own && !out.is_withdrawing);
        let app_token = match out {
            _ if is_own => Some(token.clone()),
            Some(out) => self.seal.open(&out.sealed).and_then(|token| String::from_utf8(token).ok()),
            None => None,
        };
        let uri_expires_at = out.map(|out| out.expires_at).filter(|end| *end < invite.draft.expires_at);
        let uri = app_token.map(|token| link::uri(&invite, &token));
        let landing_page = link::landing_page(&invite, &token, uri.as_deref(), &self.landing);
        let web_only = backend.filter(|backend| !backend.abilities().in_app.has(&invite.draft.kind));
        // What is out is out, and what a user of the server created is the server's to judge.
        let web_only = web_only.filter(|_| uri.is_none()).map(|backend| match &invite.draft.kind {
            Kind::Account { username: None } if backend.is_full() => WebOnly::NoRoom,
            Kind::Account { .. } | Kind::Contact { .. } | Kind::Reset { .. } => WebOnly::Disobeyed,
        });
        CreatedInvite { invite, token, landing_page, uri, uri_expires_at, web_only }
    }
}

impl Invites {
    /// An invite with its token and links.
    ///
    /// # Errors
    /// When there is nothing to make links of.
    pub fn with_links(&self, invite: Invite) -> Result<CreatedInvite, CreateInviteError> {
        Ok(self.links(&invite.draft.host)?.of(invite))
    }

    /// What links to invites of `host` are made with, under the configuration in force.
    pub(super) fn links(&self, host: &HostName) -> Result<Links, CreateInviteError> {
        let landing = landing(&self.context.settings, Some(host))?;
        let (key, seal) = (self.context.ledger.key().clone(), self.context.ledger.seal().clone());
        Ok(Links { key, seal, landing, backends: Arc::clone(&self.context.backends) })
    }
}

/// Where links lead, to invites of `host` where that is known.
pub(super) fn landing(settings: &Settings, host: Option<&HostName>) -> Result<Landing, CreateInviteError> {
    let own = host.map_or(settings.public_url.as_ref(), |host| settings.public_url_of(host));
    match (&settings.invites.landing, own) {
        (Some(template), own) => Ok(Landing::Elsewhere(template.as_str().into(), own.map(|own| own.base().into()))),
        (None, Some(public_url)) => Ok(Landing::Own(public_url.base().into())),
        (None, None) => Err(CreateInviteError::NoPublicUrl),
    }
}
