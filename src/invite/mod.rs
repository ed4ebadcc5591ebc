//! Invites: what they are, which state they are in, and what may be asked of them. Pure: no I/O, no clock, no config.

pub mod app_token;
pub mod field;
pub mod link;
pub mod name;
pub mod policy;
pub mod redemption;
pub mod request;
pub mod token;

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use app_token::AppToken;
use name::{HostName, Jid, KeyId, Username};
pub use redemption::{Change, Redemption, Via};

/// What an invite is called by. Not secret: it opens nothing. Time-ordered, so newer invites have greater ids.
///
/// 41 bits of milliseconds since 2025, then 22 bits that keep invites of one millisecond apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InviteId(u64);

/// 2025-01-01T00:00:00Z
const EPOCH_MS: i64 = 1_735_689_600_000;
const RANDOM_BITS: u32 = 22;

impl InviteId {
    /// The id for an invite made at `now` after the one called `last`: always greater, also when the clock was set back.
    /// `random` keeps nodes that share a ledger apart.
    #[must_use]
    pub fn after(last: Option<Self>, now: Timestamp, random: u32) -> Self {
        let ms = u64::try_from(now.as_millisecond() - EPOCH_MS).unwrap_or(0);
        let fresh = (ms << RANDOM_BITS) | u64::from(random & ((1 << RANDOM_BITS) - 1));
        match last {
            // Within the millisecond: a small random step leaves room for the others.
            Some(Self(last)) if fresh <= last => Self(last + 1 + u64::from(random & 0xff)),
            _ => Self(fresh),
        }
    }

    /// The smallest id of an invite made at `moment`: whatever is older has a smaller one.
    #[must_use]
    pub fn first_at(moment: Timestamp) -> Self {
        Self(u64::try_from(moment.as_millisecond() - EPOCH_MS).unwrap_or(0) << RANDOM_BITS)
    }

    /// As the ledger stores it.
    #[must_use]
    pub fn to_row(self) -> i64 {
        self.0.cast_signed()
    }

    /// From the ledger.
    #[must_use]
    pub fn from_row(row: i64) -> Self {
        Self(row.cast_unsigned())
    }

    fn to_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(u64::from_be_bytes(bytes))
    }
}

impl fmt::Display for InviteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.to_bytes()))
    }
}

/// A text that is no invite's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an invite's id, 11 characters as `invited invite list` prints them")]
pub struct NoInviteId;

impl FromStr for InviteId {
    type Err = NoInviteId;
    fn from_str(text: &str) -> Result<Self, NoInviteId> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NoInviteId)?;
        Ok(Self::from_bytes(bytes.try_into().map_err(|_| NoInviteId)?))
    }
}

/// What the guest is led to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A new account, maybe with a name that is already chosen.
    Account {
        /// The only name that may redeem it.
        username: Option<Username>,
    },
    /// A new account that has `contact` in its roster, and the other way round.
    Contact {
        /// Who invites.
        contact: Jid,
        /// The only name that may redeem it.
        username: Option<Username>,
    },
    /// A new password for an account.
    Reset {
        /// Whose.
        username: Username,
    },
}

/// A kind without what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KindName {
    /// A new account.
    Account,
    /// A new account and a contact.
    Contact,
    /// A new password.
    Reset,
}

impl KindName {
    /// The word for it, in the ledger and the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Contact => "contact",
            Self::Reset => "reset",
        }
    }
}

impl Kind {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> KindName {
        match self {
            Self::Account { .. } => KindName::Account,
            Self::Contact { .. } => KindName::Contact,
            Self::Reset { .. } => KindName::Reset,
        }
    }

    /// The name that the invite is bound to.
    #[must_use]
    pub fn username(&self) -> Option<&Username> {
        match self {
            Self::Account { username } | Self::Contact { username, .. } => username.as_ref(),
            Self::Reset { username } => Some(username),
        }
    }

    /// The name that must stay free until the invite ends (XEP-0401: a chosen user name is reserved).
    #[must_use]
    pub fn reserves(&self) -> Option<&Username> {
        match self {
            Self::Account { username } | Self::Contact { username, .. } => username.as_ref(),
            Self::Reset { .. } => None,
        }
    }

    /// Who invites.
    #[must_use]
    pub fn contact(&self) -> Option<&Jid> {
        match self {
            Self::Contact { contact, .. } => Some(contact),
            Self::Account { .. } | Self::Reset { .. } => None,
        }
    }
}

/// Who had an invite made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Source {
    /// A caller with a key.
    Key(KeyId),
    /// An admin on the command line.
    Cli,
    /// The host's server itself: an invite of its own that was found there.
    Server,
    /// A user of the host, by a command in an app (XEP-0401).
    Xmpp(name::Jid),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => write!(f, "key/{id}"),
            Self::Cli => f.write_str("cli"),
            Self::Server => f.write_str("server"),
            Self::Xmpp(jid) => write!(f, "xmpp/{jid}"),
        }
    }
}

impl Source {
    /// What it is called where it is counted: a key by its id; of users it is not told who.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Key(id) => id.to_string(),
            Self::Cli | Self::Server => self.to_string(),
            Self::Xmpp(_) => "xmpp".into(),
        }
    }
}

impl FromStr for Source {
    type Err = name::NameError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some(("key", id)) => id.parse().map(Self::Key),
            Some(("xmpp", jid)) => jid.parse().map(Self::Xmpp),
            None if text == "cli" => Ok(Self::Cli),
            None if text == "server" => Ok(Self::Server),
            _ => Err(name::NameError::KeyId),
        }
    }
}

/// An invite that is to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// What it leads to.
    pub kind: Kind,
    /// Where.
    pub host: HostName,
    /// How often it may be redeemed.
    pub uses: u32,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Until when it may be redeemed.
    pub expires_at: Timestamp,
    /// Groups of the new account.
    pub groups: Vec<String>,
    /// Roles of the new account.
    pub roles: Vec<String>,
    /// A remark for admins.
    pub note: Option<String>,
    /// Who invites, in words.
    pub inviter: Option<String>,
    /// Who had it made.
    pub source: Source,
    /// The server's own token for an app, if one is out.
    pub app_token: Option<AppToken>,
}

/// An invite in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// What it is called by.
    pub id: InviteId,
    /// What it was made as.
    pub draft: Draft,
    /// How often it was redeemed.
    pub used: u32,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Who redeemed it, in the order of time.
    pub redemptions: Vec<Redemption>,
}

impl From<(InviteId, Draft)> for Invite {
    /// As it is when it was just made.
    fn from((id, draft): (InviteId, Draft)) -> Self {
        Self { id, draft, used: 0, revoked_at: None, redemptions: vec![] }
    }
}

/// What has become of an invite.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It can be redeemed.
    Pending,
    /// All its uses have been redeemed.
    Redeemed,
    /// It has expired.
    Expired,
    /// It was revoked.
    Revoked,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Redeemed => "redeemed",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        })
    }
}

impl Invite {
    /// Its status at `now`. What was spent stays redeemed, whatever came later; a revoked invite does not expire.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> Status {
        if self.used >= self.draft.uses {
            Status::Redeemed
        } else if self.revoked_at.is_some() {
            Status::Revoked
        } else if now >= self.draft.expires_at {
            Status::Expired
        } else {
            Status::Pending
        }
    }

    /// The server's token, if an app is to use it.
    #[must_use]
    pub fn live_app_token(&self, now: Timestamp) -> Option<&AppToken> {
        self.draft.app_token.as_ref().filter(|token| now < token.expires_at && !token.is_withdrawing)
    }

    /// How often it may still be redeemed, were it pending.
    #[must_use]
    pub fn uses_left(&self) -> u32 {
        self.draft.uses.saturating_sub(self.used)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    pub(crate) fn draft() -> Draft {
        Draft {
            kind: Kind::Account { username: None },
            host: "example.com".parse().unwrap(),
            uses: 2,
            created_at: moment("2026-01-01T00:00:00Z"),
            expires_at: moment("2026-01-08T00:00:00Z"),
            groups: vec![],
            roles: vec![],
            note: None,
            inviter: None,
            source: Source::Cli,
            app_token: None,
        }
    }

    #[test]
    fn status_follows_uses_revocation_and_time() {
        let id = InviteId::after(None, moment("2026-01-01T00:00:00Z"), 0);
        let mut invite = Invite::from((id, draft()));
        let (before, at) = (moment("2026-01-07T23:59:59.999Z"), moment("2026-01-08T00:00:00Z"));
        assert_eq!((invite.status(before), invite.uses_left()), (Status::Pending, 2));
        assert_eq!(invite.status(at), Status::Expired);
        invite.used = 1;
        assert_eq!((invite.status(before), invite.uses_left()), (Status::Pending, 1));
        invite.revoked_at = Some(before);
        assert_eq!((invite.status(before), invite.status(at)), (Status::Revoked, Status::Revoked));
        invite.used = 2;
        assert_eq!((invite.status(at), invite.uses_left()), (Status::Redeemed, 0));
    }

    #[test]
    fn ids_grow_and_read_back() {
        let now = moment("2026-01-01T00:00:00Z");
        let first = InviteId::after(None, now, 7);
        let second = InviteId::after(Some(first), now, 0);
        let back_in_time = InviteId::after(Some(second), moment("2025-12-31T00:00:00Z"), u32::MAX);
        assert!(first < second && second < back_in_time);
        assert!(InviteId::first_at(now) <= first && first < InviteId::first_at(moment("2026-01-01T00:00:00.001Z")));
        assert_eq!(first.to_string(), "AdXsSwAAAAc");
        assert_eq!("AdXsSwAAAAc".parse(), Ok(first));
        for wrong in ["", "AdXsSwAAAA", "AdXsSwAAAAcA", "AdXsSwAAAA=", "😀"] {
            assert_eq!(wrong.parse::<InviteId>(), Err(NoInviteId));
        }
    }
}
