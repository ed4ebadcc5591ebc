//! Who has the desk create something, and within which limits.

use std::collections::BTreeSet;

use crate::config::{LackingScopes, Scope};
use crate::invite::Source;
use crate::invite::name::Jid;
use crate::key::Key;
use crate::ledger::SourceLimits;
use crate::rate::Rate;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub enum Caller<'a> {
    /// An admin, on the command line: who may do everything.
    Admin,
    /// Whoever holds a key.
    Key(&'a Key),
    /// A user of the host, in an app.
    User {
        /// Who.
        jid: &'a Jid,
        /// So many invites in which time; nothing: any number.
        limit: Option<Rate>,
    },
}

impl<'a> Caller<'a> {
    /// The key, if one is held.
    #[must_use]
    pub fn key(&self) -> Option<&'a Key> {
        match self {
            Self::Key(key) => Some(key),
            Self::Admin | Self::User { .. } => None,
        }
    }

    /// Checks that all of `scopes` may be asked for: of a key, that it was given them.
    ///
    /// # Errors
    /// Those that the key was not given.
    pub fn check_scopes(&self, scopes: &BTreeSet<Scope>) -> Result<(), LackingScopes> {
        self.key().map_or(Ok(()), |key| key.check_scopes(scopes))
    }

    /// Who asks, with what that one may do now: two JWTs of one key that may not the same are two callers.
    #[must_use]
    pub fn as_granted(&self) -> String {
        format!("{} {}", self.source(), self.key().map(Key::grants).unwrap_or_default())
    }

    /// Whose what is created is.
    #[must_use]
    pub fn source(&self) -> Source {
        match self {
            Self::Admin => Source::Cli,
            Self::Key(key) => Source::Key(key.id.clone()),
            Self::User { jid, .. } => Source::Xmpp((*jid).clone()),
        }
    }

    /// What bounds how much that is; nothing bounds an admin.
    #[must_use]
    pub fn limits(&self) -> Option<SourceLimits> {
        let (limit, max_pending) = match self {
            Self::Admin => return None,
            Self::Key(key) => (key.settings.limit, key.settings.max_pending),
            Self::User { limit, .. } => (*limit, None),
        };
        Some(SourceLimits { source: self.source(), limit, max_pending })
    }
}
