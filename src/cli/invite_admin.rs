//! What an admin works with by hand: the desk's invites, on the ledger that the service has, too.

use std::sync::Arc;

use jiff::Timestamp;

use crate::api::view::InviteView;
use crate::config::Settings;
use crate::desk::CreateInviteError;
use crate::desk::invites::Invites;
use crate::invite::{Invite, InviteId};
use crate::ledger::Ledger;

/// What an admin works with by hand.
pub(super) struct Admin {
    pub(super) invites: Invites,
    pub(super) settings: Arc<Settings>,
    pub(super) ledger: Ledger,
    /// When the command was given.
    pub(super) now: Timestamp,
}

impl Admin {
    /// The invites called `ids`.
    ///
    /// # Errors
    /// When one of them is not there, or the ledger cannot be read.
    pub(super) async fn find(&self, ids: &[String]) -> anyhow::Result<Vec<Invite>> {
        let mut invites = Vec::new();
        for id in ids {
            let parsed: InviteId = id.parse().map_err(|_| no_such(id))?;
            invites.push(self.ledger.find(parsed).await?.ok_or_else(|| no_such(id))?);
        }
        Ok(invites)
    }

    /// How an invite reads, with its link.
    ///
    /// # Errors
    /// When there is nothing to make links of.
    pub(super) fn view(&self, invite: Invite) -> Result<InviteView, CreateInviteError> {
        Ok(InviteView::new(self.invites.with_links(invite)?, self.now))
    }

    /// The same of several.
    ///
    /// # Errors
    /// When there is nothing to make links of.
    pub(super) fn views(&self, invites: Vec<Invite>) -> Result<Vec<InviteView>, CreateInviteError> {
        invites.into_iter().map(|invite| self.view(invite)).collect()
    }
}

/// There is no invite by that id. What is no id is not repeated: it may be a token, or a key.
pub(super) fn no_such(id: &str) -> anyhow::Error {
    let named = id.parse::<InviteId>().map_or_else(|_| String::new(), |id| format!(": {id}"));
    anyhow::anyhow!("no such invite{named}; see: invited invite list")
}
