//! How an invite reads in JSON; the same on the command line and over HTTP.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::desk::{CreatedInvite, WebOnly};
use crate::invite::name::{HostName, Username};
use crate::invite::redemption::RedemptionView;
use crate::invite::{Invite, KindName, Status};

/// An invite, as outsiders see it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InviteView {
    /// What it is called by; not secret.
    pub id: String,
    /// `account`, `contact` or `reset`.
    pub kind: KindName,
    /// For which domain.
    pub host: String,
    /// The secret of its link.
    pub token: Option<String>,
    /// The link to hand out.
    pub landing_page: Option<String>,
    /// The same for an app. Where the host's server has tokens of its own it is null until one is minted: when the link is
    /// first opened, or when it is asked for with `uri`.
    pub uri: Option<String>,
    /// Until when the host's server takes that, where this is earlier than `expires_at`. RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub uri_expires_at: Option<Timestamp>,
    /// Why apps cannot sign up with it; then it is for the web alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_only: Option<&'static str>,
    /// `pending`, `redeemed`, `expired` or `revoked`.
    pub status: Status,
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
    /// Who had it created: `key/ID`, `cli`, `xmpp/JID`, or `server` where that created it itself.
    pub source: String,
    /// RFC 3339, UTC.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub created_at: Timestamp,
    /// RFC 3339, UTC.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub expires_at: Timestamp,
    /// Who redeemed it.
    pub redemptions: Vec<RedemptionView>,
}

/// A page of invites.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InviteList {
    /// Newest first.
    pub invites: Vec<InviteView>,
    /// Where the next page begins, if there is one; there may be one although this one has few invites, or none.
    pub next_cursor: Option<String>,
}

/// Invites that were just created.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Created {
    /// The only one.
    One(Box<InviteView>),
    /// As many as were asked for.
    Many(InviteList),
}

impl Created {
    /// As a list if one was asked for, be it of one.
    #[must_use]
    pub fn of(mut invites: Vec<InviteView>, is_list: bool) -> Self {
        match invites.pop() {
            Some(only) if !is_list && invites.is_empty() => Self::One(Box::new(only)),
            last => {
                invites.extend(last);
                Self::Many(InviteList { invites, next_cursor: None })
            }
        }
    }
}

impl InviteView {
    /// An invite at `now`, with its secrets.
    #[must_use]
    pub fn new(created: CreatedInvite, now: Timestamp) -> Self {
        let CreatedInvite { invite, token, landing_page, uri, uri_expires_at, web_only } = created;
        Self {
            id: invite.id.to_string(),
            kind: invite.draft.kind.name(),
            host: HostName::as_str(&invite.draft.host).to_owned(),
            token: Some(token),
            landing_page: Some(landing_page),
            uri,
            uri_expires_at,
            web_only: web_only.map(|why| match why {
                WebOnly::Disobeyed => "the host's server could not hold apps to what this invite allows",
                WebOnly::NoRoom => "the host's server has as many tokens for apps as it takes",
            }),
            status: invite.status(now),
            uses: invite.draft.uses,
            uses_left: invite.uses_left(),
            username: invite.draft.kind.username().map(Username::to_string),
            contact: invite.draft.kind.contact().map(ToString::to_string),
            inviter: invite.draft.inviter,
            groups: invite.draft.groups,
            roles: invite.draft.roles,
            note: invite.draft.note,
            source: invite.draft.source.to_string(),
            created_at: invite.draft.created_at,
            expires_at: invite.draft.expires_at,
            redemptions: invite.redemptions.into_iter().map(RedemptionView::from).collect(),
        }
    }

    /// The same for whoever may not have its token.
    #[must_use]
    pub fn without_secrets(self) -> Self {
        Self { token: None, landing_page: None, uri: None, uri_expires_at: None, ..self }
    }
}

/// An invite that was just redeemed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RedeemedView {
    /// The invite's id.
    pub id: String,
    /// `account`, `contact` or `reset`.
    pub kind: KindName,
    /// For which domain.
    pub host: String,
    /// The user name of the account, if it was told or the invite is bound to one.
    pub account: Option<String>,
    /// Who is to become a contact of the new account.
    pub contact: Option<String>,
    /// Who invites.
    pub inviter: Option<String>,
    /// Groups of the new account.
    pub groups: Vec<String>,
    /// Roles of the new account.
    pub roles: Vec<String>,
    /// `pending`, or `redeemed` if this was the last use.
    pub status: Status,
    /// How often it still may be redeemed.
    pub uses_left: u32,
}

impl RedeemedView {
    /// An invite after a redemption at `now`.
    #[must_use]
    pub fn new(mut invite: Invite, now: Timestamp) -> Self {
        let account = invite.redemptions.pop().and_then(|redemption| redemption.account);
        Self {
            id: invite.id.to_string(),
            kind: invite.draft.kind.name(),
            host: HostName::as_str(&invite.draft.host).to_owned(),
            account: account.map(|account| account.to_string()),
            contact: invite.draft.kind.contact().map(ToString::to_string),
            status: invite.status(now),
            uses_left: invite.uses_left(),
            inviter: invite.draft.inviter,
            groups: invite.draft.groups,
            roles: invite.draft.roles,
        }
    }
}

/// An account that was just created with an invite.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RegisteredView {
    /// The address of the account: `name@host`.
    pub account: String,
    /// The invite's id.
    pub id: String,
    /// `account` or `contact`.
    pub kind: KindName,
    /// On which domain.
    pub host: String,
    /// Who becomes a contact of the account.
    pub contact: Option<String>,
    /// Who invites.
    pub inviter: Option<String>,
    /// Groups of the account.
    pub groups: Vec<String>,
    /// Roles of the account.
    pub roles: Vec<String>,
    /// State of the invite: `pending`, or `redeemed` if this was the last use.
    pub status: Status,
    /// How often it still may be redeemed.
    pub uses_left: u32,
}

impl RegisteredView {
    /// The account of `username` with an invite, as it was when it was redeemed for it, or at `now`.
    #[must_use]
    pub fn new(invite: Invite, username: &Username, now: Timestamp) -> Self {
        let own = invite.redemptions.iter().rev().find(|one| one.account.as_ref() == Some(username));
        let at = own.map_or(now, |redemption| redemption.at);
        let host = HostName::as_str(&invite.draft.host).to_owned();
        Self {
            account: format!("{username}@{host}"),
            id: invite.id.to_string(),
            kind: invite.draft.kind.name(),
            host,
            contact: invite.draft.kind.contact().map(ToString::to_string),
            status: invite.status(at),
            uses_left: invite.uses_left(),
            inviter: invite.draft.inviter,
            groups: invite.draft.groups,
            roles: invite.draft.roles,
        }
    }
}
