//! What a key may do, and how it may be presented.

use std::fmt;

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Make invites.
    Create,
    /// See invites.
    Read,
    /// Revoke invites.
    Revoke,
    /// Redeem invites.
    Redeem,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Create, Self::Read, Self::Revoke, Self::Redeem];
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Revoke => "revoke",
            Self::Redeem => "redeem",
        })
    }
}

/// A method of `/invites_api`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ApiMethod {
    /// As links and `curl URL` do.
    Get,
    /// As forms and programs do.
    Post,
}
