//! Who has the desk create something, and within which limits.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::config::{LackingScopes, Scope};
use crate::invite::name::Jid;
use crate::invite::request::Idempotency;
use crate::invite::{Invite, Source};
use crate::key::{Key, Once};
use crate::ledger::{Ledger, OneTimeUse, Repeatable, Seal, SourceLimits};
use crate::rate::Rate;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub enum Caller<'a> {
    /// An admin, on the command line: who may do everything.
    Admin,
    /// Whoever holds a key.
    Key(&'a Key),
    /// A user of the host, in an app or on `/manage`.
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

    /// A request that may come again.
    #[must_use]
    pub fn repeatable(&self, seal: &Seal, again: Option<&Idempotency>) -> Option<Repeatable> {
        again.map(|again| Repeatable::new(seal, [&self.as_granted(), again.path, &again.key], &again.body))
    }

    /// `ledger` for what is written by `request`, if that may come again: what the key has for one use is used with it.
    #[must_use]
    pub fn ledger<'l>(&self, ledger: &'l Ledger, request: Option<&Repeatable>, now: Timestamp) -> Cow<'l, Ledger> {
        match self.key().and_then(|key| one_time_use(key, now)) {
            None => Cow::Borrowed(ledger),
            Some(one) => Cow::Owned(ledger.with_once(Some(one.by(request)))),
        }
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

    /// Whether an invite is one that the caller may know of: with a key one for its hosts, and if it does not read, one that it
    /// did create; a user one that they had created.
    #[must_use]
    pub fn knows(&self, invite: &Invite) -> bool {
        match self {
            Self::Admin => true,
            Self::Key(key) => {
                let is_own = || invite.draft.source == self.source();
                key.allows_host(&invite.draft.host) && (key.allows(Scope::Read) || is_own())
            }
            Self::User { .. } => invite.draft.source == self.source(),
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

/// What `key` has for one use, if there is something.
#[must_use]
pub fn one_time_use(key: &Key, now: Timestamp) -> Option<OneTimeUse> {
    let Once { jti, until, is_ours, .. } = key.once.as_ref()?;
    Some(OneTimeUse::new(&key.id, jti, *until, Arc::clone(is_ours), now))
}
