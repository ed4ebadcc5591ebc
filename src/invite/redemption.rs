//! What becomes of an invite after it was created: its redemptions, and changes to it.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::field::FieldError;
use super::name::Username;
use super::{Invite, Status};

/// One use of an invite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redemption {
    /// Who has the account, as far as we were told.
    pub account: Option<Username>,
    /// When.
    pub at: Timestamp,
    /// By which way.
    pub via: Via,
}

/// Who redeemed an invite in an app, as its server knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppUser {
    /// The account.
    pub account: Username,
    /// Whether it was there before: then it is a contact now, and nobody has invited it.
    pub had_account: bool,
}

impl AppUser {
    /// Who had an account, and is a contact now.
    #[must_use]
    pub fn befriended(account: Username) -> Self {
        Self { account, had_account: true }
    }
}

impl From<Username> for AppUser {
    /// Who has signed up.
    fn from(account: Username) -> Self {
        Self { account, had_account: false }
    }
}

/// One use of an invite, as outsiders see it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RedemptionView {
    /// The user name of the account, if it was told.
    pub account: Option<String>,
    /// RFC 3339, UTC.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// By which way.
    pub via: Via,
}

impl From<Redemption> for RedemptionView {
    fn from(redemption: Redemption) -> Self {
        let Redemption { account, at, via } = redemption;
        Self { account: account.map(|account| account.to_string()), at, via }
    }
}

/// The way by which an invite was redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// A caller's own sign-up.
    Api,
    /// Our sign-up form.
    Web,
    /// In an app.
    App,
}

impl Via {
    const ALL: [Self; 3] = [Self::Api, Self::Web, Self::App];
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Api => "api",
            Self::Web => "web",
            Self::App => "app",
        })
    }
}

/// A text that is no [`Via`].
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("expected api, web or app")]
pub struct NoVia;

impl FromStr for Via {
    type Err = NoVia;
    fn from_str(text: &str) -> Result<Self, NoVia> {
        Self::ALL.into_iter().find(|via| via.to_string() == text).ok_or(NoVia)
    }
}

/// What is to be different of an invite; nothing: stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Another remark; the empty one is none.
    pub note: Option<String>,
    /// Another end.
    pub expires_at: Option<Timestamp>,
    /// Another number of uses.
    pub uses: Option<u32>,
    /// Taken back, or given again.
    pub revoked: Option<bool>,
}

/// Why a change cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoChange {
    /// It is for one account, which has one use.
    OneUse,
    /// So many uses are spent already.
    Used(u32),
}

impl Change {
    /// Changes `invite` at `now`; true if that makes it pending again.
    ///
    /// # Errors
    /// When it cannot be; `invite` may be half changed then.
    pub fn apply(self, invite: &mut Invite, now: Timestamp) -> Result<bool, NoChange> {
        let was_pending = invite.status(now) == Status::Pending;
        if let Some(uses) = self.uses {
            if uses > 1 && invite.draft.kind.username().is_some() {
                return Err(NoChange::OneUse);
            }
            if uses < invite.used {
                return Err(NoChange::Used(invite.used));
            }
            invite.draft.uses = uses;
        }
        if let Some(note) = self.note {
            invite.draft.note = Some(note).filter(|note| !note.is_empty());
        }
        if let Some(expires_at) = self.expires_at {
            invite.draft.expires_at = expires_at;
        }
        if let Some(revoked) = self.revoked {
            invite.revoked_at = revoked.then(|| invite.revoked_at.unwrap_or(now));
        }
        Ok(!was_pending && invite.status(now) == Status::Pending)
    }
}

impl From<NoChange> for FieldError {
    fn from(error: NoChange) -> Self {
        let reason = match error {
            NoChange::OneUse => "an invite for one account has one use".to_owned(),
            NoChange::Used(used) => format!("expected at least {used}: so many are spent already"),
        };
        Self::new("uses", reason)
    }
}
