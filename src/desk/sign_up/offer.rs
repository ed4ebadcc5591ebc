//! What a guest can do with an invite.

use std::sync::Arc;

use jiff::Timestamp;

use super::guest::SignUpError;
use crate::backend::{Backend, State};
use crate::desk::app_tokens::AppTokens;
use crate::desk::context::Context;
use crate::invite::link;
use crate::invite::{Invite, Kind, Via};
use crate::ledger::LedgerError;

/// What a guest can do with an invite now.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The invite.
    pub invite: Invite,
    /// Its token: secret.
    pub token: String,
    /// The link for an app; none where apps cannot sign up with it, or the server is away, or there is none.
    pub uri: Option<String>,
    /// The same for programs, which may know a server that we do not.
    pub alternate: Option<String>,
    /// The link for an app that adds the contact to an account that there is.
    pub contact_uri: Option<String>,
    /// Whether an account can be created with it; else it is for whoever has one.
    pub is_for_accounts: bool,
    /// Whether it can be used on the web.
    pub web: WebSignUp,
}

/// Whether an invite can be used on the web.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebSignUp {
    /// It can.
    Open,
    /// It could, but the server is away, or this node may not judge.
    Away,
    /// It cannot: that is switched off, or nothing here creates accounts.
    Closed,
}

/// Whether somebody who opens an invite may want the link for an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppLink {
    /// They may: a token is minted for it.
    Wanted,
    /// They use the web alone, or nothing at all: a program that draws a preview of the link.
    NotWanted,
}

/// Says what can be done with invites.
#[derive(Clone)]
pub(super) struct Offers {
    context: Arc<Context>,
    app_tokens: AppTokens,
}

impl Offers {
    pub(super) fn new(context: Arc<Context>, app_tokens: AppTokens) -> Self {
        Self { context, app_tokens }
    }

    /// See [`super::SignUp::offer`].
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub(super) async fn offer(&self, invite: Invite, app_link: AppLink, now: Timestamp) -> Result<Offer, LedgerError> {
        let may_judge = self.context.ledger.may_judge().is_ok();
        let has_server = self.context.backend(&invite.draft.host).is_some();
        let (invite, is_for_accounts) =
            if has_server && may_judge { Box::pin(self.fresh(invite, app_link, now)).await? } else { (invite, true) };
        let web = match self.server_for(&invite, Via::Web) {
            _ if !is_for_accounts => WebSignUp::Closed,
            Ok(backend) if !may_judge || matches!(backend.state(), State::Away(_)) => WebSignUp::Away,
            Ok(_) => WebSignUp::Open,
            Err(_) => WebSignUp::Closed,
        };
        let token = self.context.ledger.key().token(invite.id);
        let app_token = if self.context.shows_own_token(&invite.draft) {
            // No app reaches a server that is away.
            let server = self.context.backend(&invite.draft.host).map(Backend::state);
            let is_away = matches!(server, Some(State::Away(_)));
            (!is_away && !self.context.is_reserved_reset(&invite.draft)).then(|| token.clone())
        } else {
            invite.live_app_token(now).and_then(|token| self.context.reveal(token))
        };
        // Without a server nobody answers an app.
        let shown_token = app_token.as_deref().filter(|_| has_server);
        let contact_uri = invite.draft.kind.contact().map(|contact| link::contact_uri(contact, shown_token));
        let alternate = app_token.filter(|_| is_for_accounts).map(|token| link::uri(&invite, &token));
        let uri = alternate.clone().filter(|_| has_server);
        Ok(Offer { invite, token, uri, alternate, contact_uri, is_for_accounts, web })
    }

    /// The invite as its server knows it now, with a token for apps where that can be; and whether it is for accounts.
    async fn fresh(&self, invite: Invite, app_link: AppLink, now: Timestamp) -> Result<(Invite, bool), LedgerError> {
        let invite = self.app_tokens.renew(invite, now).await?;
        let invite = match app_link {
            AppLink::Wanted => self.app_tokens.offer(invite, now).await?,
            AppLink::NotWanted => invite,
        };
        let is_for_accounts = self.app_tokens.is_for_accounts(&invite, now).await;
        Ok((invite, is_for_accounts))
    }

    /// The server that creates the account for an invite, or sets the password. Whether there is a form is a matter of our
    /// own.
    ///
    /// # Errors
    /// When that is switched off, or cannot be done here.
    pub(super) fn server_for(&self, invite: &Invite, via: Via) -> Result<&Backend, SignUpError> {
        let host = &invite.draft.host;
        let backend = self.context.backend(host).ok_or(SignUpError::Closed)?;
        let abilities = backend.abilities();
        let is_open = match invite.draft.kind {
            Kind::Reset { .. } => abilities.reset && !self.context.is_reserved_reset(&invite.draft),
            Kind::Account { .. } | Kind::Contact { .. } => {
                let has_form = || self.context.settings.hosts.get(host).is_some_and(|host| host.registration);
                abilities.sign_up && (via == Via::Api || has_form())
            }
        };
        if is_open { Ok(backend) } else { Err(SignUpError::Closed) }
    }
}
