//! Invites: what they are, which state they are in, and what may be asked of them. Pure: no I/O, no clock, no config.

pub mod app_token;
pub mod code;
pub mod event;
pub mod field;
pub mod found;
mod id;
pub mod inviter;
mod kind;
pub mod link;
pub mod mail;
pub mod name;
pub mod news;
pub mod open;
pub mod policy;
pub mod redemption;
pub mod request;
mod source;
pub mod text;
pub mod token;

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use app_token::AppToken;
pub use id::{InviteId, NoInviteId};
pub use inviter::Inviter;
pub use kind::{Kind, KindName};
use name::HostName;
pub use redemption::{AppUser, Change, Redemption, Via};
pub use source::Source;

/// An invite that is to be created.
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
    /// Who had it created.
    pub source: Source,
    /// The server's own token for an app, if one is out.
    pub app_token: Option<AppToken>,
}

/// An invite in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// What it is called by.
    pub id: InviteId,
    /// What it was created as.
    pub draft: Draft,
    /// How often it was redeemed.
    pub used: u32,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Who redeemed it, in the order of time.
    pub redemptions: Vec<Redemption>,
}

impl From<(InviteId, Draft)> for Invite {
    /// As it is when it was just created.
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
}
