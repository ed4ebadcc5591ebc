//! What others are told of: the kinds of events, and what is said of an invite or a key. Never a token, a code, a link or a
//! password; nor an invite's note, which is for admins and may hold anything.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name::{Jid, Username};
use super::redemption::RedemptionView;
use super::text::AsText;
use super::{Invite, InviteId, KindName, Redemption, Source, Status};

/// Something that happens to an invite or a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum EventKind {
    /// An invite was created.
    #[serde(rename = "invite.created")]
    InviteCreated,
    /// A use of an invite was redeemed.
    #[serde(rename = "invite.redeemed")]
    InviteRedeemed,
    /// An invite was revoked.
    #[serde(rename = "invite.revoked")]
    InviteRevoked,
    /// An invite expired before all its uses were redeemed.
    #[serde(rename = "invite.expired")]
    InviteExpired,
    /// A key was created in the state directory.
    #[serde(rename = "key.created")]
    KeyCreated,
    /// A key was deleted from there.
    #[serde(rename = "key.deleted")]
    KeyDeleted,
    /// Once a week, if there are any: invites are open that live longer than 30 days.
    #[serde(rename = "invites.open")]
    InvitesOpen,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::InviteCreated,
        Self::InviteRedeemed,
        Self::InviteRevoked,
        Self::InviteExpired,
        Self::KeyCreated,
        Self::KeyDeleted,
        Self::InvitesOpen,
    ];

    /// Those that a webhook gets which asks for none: all that happen. What it is only reminded of, it has to ask for.
    #[must_use]
    pub fn happening() -> BTreeSet<Self> {
        Self::ALL.into_iter().filter(|kind| *kind != Self::InvitesOpen).collect()
    }

    /// Whether it is of no host.
    #[must_use]
    pub fn is_of_no_host(self) -> bool {
        matches!(self, Self::KeyCreated | Self::KeyDeleted | Self::InvitesOpen)
    }

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InviteCreated => "invite.created",
            Self::InviteRedeemed => "invite.redeemed",
            Self::InviteRevoked => "invite.revoked",
            Self::InviteExpired => "invite.expired",
            Self::KeyCreated => "key.created",
            Self::KeyDeleted => "key.deleted",
            Self::InvitesOpen => "invites.open",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// As long as most bodies are, at least: they are written while others wait for the ledger.
const BODY_BYTES: usize = 512;

/// What is said of an event.
#[derive(Serialize)]
struct EventBody<'a, T> {
    r#type: &'a str,
    timestamp: Timestamp,
    data: T,
}

/// An invite after something happened to it, without anything that opens it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InviteData<'a> {
    /// What it is called by; not secret.
    #[schemars(with = "String")]
    pub id: AsText<InviteId>,
    /// `account`, `contact` or `reset`.
    pub kind: KindName,
    /// For which domain.
    pub host: &'a str,
    /// `pending`, `redeemed`, `expired` or `revoked`.
    pub status: Status,
    /// How often it may be redeemed.
    pub uses: u32,
    /// How often it still may.
    pub uses_left: u32,
    /// The only name that may redeem it.
    pub username: Option<&'a str>,
    /// Who becomes a contact of the new account.
    #[schemars(with = "Option<String>")]
    pub contact: Option<AsText<&'a Jid>>,
    /// Who invites.
    pub inviter: Option<&'a str>,
    /// Groups of the new account.
    pub groups: &'a [String],
    /// Roles of the new account.
    pub roles: &'a [String],
    /// Who had it created: `key/ID`, `cli`, `xmpp/JID`, or `server` where that created it itself.
    #[schemars(with = "String")]
    pub source: AsText<&'a Source>,
    /// RFC 3339, UTC.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub created_at: Timestamp,
    /// RFC 3339, UTC.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub expires_at: Timestamp,
    /// The use that was redeemed; in `invite.redeemed` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redemption: Option<RedemptionView>,
}

/// A key of the state directory, without its secret.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct KeyData {
    /// What it is called by; not secret.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The hosts that it may create invites for; null: all.
    pub hosts: Option<Vec<String>>,
}

/// A body, as it is sent.
#[must_use]
pub fn body(name: &str, at: Timestamp, data: impl Serialize) -> Vec<u8> {
    let mut body = Vec::with_capacity(BODY_BYTES);
    // None of it has a map whose keys are no texts, which is all that this could fail for.
    let written = serde_json::to_writer(&mut body, &EventBody { r#type: name, timestamp: at, data });
    if written.is_ok() { body } else { Vec::new() }
}

/// What is said of what happened to `invite` at `at`.
#[must_use]
pub fn body_of_invite(kind: EventKind, invite: &Invite, redemption: Option<&Redemption>, at: Timestamp) -> Vec<u8> {
    let draft = &invite.draft;
    let data = InviteData {
        id: AsText(invite.id),
        kind: draft.kind.name(),
        host: draft.host.as_str(),
        status: invite.status(at),
        uses: draft.uses,
        uses_left: invite.uses_left(),
        username: draft.kind.username().map(Username::as_str),
        contact: draft.kind.contact().map(AsText),
        inviter: draft.inviter.as_deref(),
        groups: &draft.groups,
        roles: &draft.roles,
        source: AsText(&draft.source),
        created_at: draft.created_at,
        expires_at: draft.expires_at,
        redemption: redemption.cloned().map(RedemptionView::from),
    };
    body(kind.name(), at, data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::tests::{draft, moment};
    use crate::invite::{AppToken, InviteId, Kind, Via};

    #[test]
    fn an_event_says_what_its_docs_say_and_nothing_secret() {
        let at = moment("2026-01-02T00:00:00Z");
        let token = AppToken { sealed: b"sealed".to_vec(), expires_at: at, is_withdrawing: false };
        let kind = Kind::Contact { contact: "romeo@example.com".parse().unwrap(), username: None };
        let draft = crate::invite::Draft { kind, note: Some("for admins".into()), app_token: Some(token), ..draft() };
        let mut invite = Invite::from((InviteId::after(None, moment("2026-01-01T00:00:00Z"), 7), draft));
        let redemption = Redemption { account: Some("juliet".parse().unwrap()), at, via: Via::Web };
        invite.used = 1;
        let body = body_of_invite(EventKind::InviteRedeemed, &invite, Some(&redemption), at);
        let expected = r#"{"type":"invite.redeemed","timestamp":"2026-01-02T00:00:00Z","data":{"id":"AdXsSwAAAAc","kind":"contact","host":"example.com","status":"pending","uses":2,"uses_left":1,"username":null,"contact":"romeo@example.com","inviter":null,"groups":[],"roles":[],"source":"cli","created_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-08T00:00:00Z","redemption":{"account":"juliet","at":"2026-01-02T00:00:00Z","via":"web"}}}"#;
        assert_eq!(String::from_utf8(body).unwrap(), expected);
    }

    #[test]
    fn events_are_called_in_the_configuration_what_they_are_called_in_bodies() {
        for kind in EventKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
