//! `forwarded`: the header in which trusted proxies name the client.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The header that counts. The other one is not looked at: a proxy that sets one of them passes the other on as the client
/// wrote it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`: what most proxies append to.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl ForwardedHeader {
    /// Both.
    pub const ALL: [Self; 2] = [Self::XForwardedFor, Self::Forwarded];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "X-Forwarded-For",
            Self::Forwarded => "Forwarded",
        }
    }

    /// The one that does not count.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::XForwardedFor => Self::Forwarded,
            Self::Forwarded => Self::XForwardedFor,
        }
    }
}

impl fmt::Display for ForwardedHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
