//! What invites are for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name::{Jid, Username};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize, JsonSchema)]
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
