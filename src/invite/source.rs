//! Who had invites created.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::name::{self, KeyId};

/// Who had an invite created.
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
