//! How an invite reads in JSON; the same on the command line and over HTTP.

use jiff::Timestamp;
use serde::Serialize;

use crate::desk::Issued;
use crate::invite::name::{HostName, Username};

/// An invite, as outsiders see it.
#[derive(Debug, Serialize)]
pub struct InviteView {
    /// What it is called by; not secret.
    pub id: String,
    /// `account`, `contact` or `reset`.
    pub kind: &'static str,
    /// For which domain.
    pub host: String,
    /// The secret of its link.
    pub token: Option<String>,
    /// The link to hand out.
    pub landing_page: Option<String>,
    /// The same for an app.
    pub uri: Option<String>,
    /// `pending`, `redeemed`, `expired` or `revoked`.
    pub status: String,
    /// How often it may be redeemed.
    pub uses: u32,
    /// How often it still may.
    pub uses_left: u32,
    /// The only name that may redeem it.
    pub username: Option<String>,
    /// Who becomes a contact of the new account.
    pub contact: Option<String>,
    /// Who invites.
    pub inviter: Option<String>,
    /// Groups of the new account.
    pub groups: Vec<String>,
    /// Roles of the new account.
    pub roles: Vec<String>,
    /// A remark for admins.
    pub note: Option<String>,
    /// Who had it made: `key/ID` or `cli`.
    pub source: String,
    /// RFC 3339, UTC.
    pub created_at: Timestamp,
    /// RFC 3339, UTC.
    pub expires_at: Timestamp,
    /// Who redeemed it.
    pub redemptions: Vec<Redemption>,
}

/// One use of an invite. Nothing redeems yet, so there are none.
#[derive(Debug, Serialize)]
pub enum Redemption {}

/// A page of invites.
#[derive(Debug, Serialize)]
pub struct InviteList {
    /// Newest first.
    pub invites: Vec<InviteView>,
    /// Where the next page begins, if there is one.
    pub next_cursor: Option<String>,
}

impl InviteView {
    /// An invite at `now`, with its secrets.
    #[must_use]
    pub fn new(issued: Issued, now: Timestamp) -> Self {
        let Issued { invite, token, landing_page, uri } = issued;
        let contact = invite.draft.kind.contact().map(ToString::to_string);
        Self {
            id: invite.id.to_string(),
            kind: invite.draft.kind.word(),
            host: HostName::as_str(&invite.draft.host).to_owned(),
            token: Some(token),
            landing_page: Some(landing_page),
            uri: Some(uri),
            status: invite.status(now).to_string(),
            uses: invite.draft.uses,
            uses_left: invite.uses_left(),
            username: invite.draft.kind.username().map(Username::to_string),
            inviter: contact.clone(),
            contact,
            groups: invite.draft.groups,
            roles: invite.draft.roles,
            note: invite.draft.note,
            source: invite.draft.source.to_string(),
            created_at: invite.draft.created_at,
            expires_at: invite.draft.expires_at,
            redemptions: Vec::new(),
        }
    }
}
