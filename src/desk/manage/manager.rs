//! Who is signed in, and what that one may do: with a key, what the key may; as a user of a host, what the configuration gives
//! its users. Nobody else is asked.

use std::sync::Arc;

use crate::config::{Scope, UserInvites};
use crate::desk::invites::{Caller, max_uses, may_have_token};
use crate::invite::name::{HostName, Jid};
use crate::invite::{Invite, KindName, Source};
use crate::key::Key;

/// Who is signed in.
#[derive(Clone, Debug)]
pub enum Manager {
    /// Whoever holds this key.
    Key(Arc<Key>),
    /// A user of a host.
    User {
        /// Who.
        jid: Jid,
        /// What users of the host may do.
        rules: UserInvites,
    },
}

impl Manager {
    /// The same as whoever has invites created.
    #[must_use]
    pub fn caller(&self) -> Caller<'_> {
        match self {
            Self::Key(key) => Caller::Key(key),
            Self::User { jid, rules } => Caller::User { jid, limit: Some(rules.per_user) },
        }
    }

    /// What the log calls them: of users it is not told who.
    #[must_use]
    pub fn label(&self) -> &str {
        match self {
            Self::Key(key) => key.id.as_str(),
            Self::User { .. } => "user",
        }
    }

    /// The key, if one is held.
    #[must_use]
    pub fn key(&self) -> Option<&Key> {
        match self {
            Self::Key(key) => Some(key),
            Self::User { .. } => None,
        }
    }

    /// The user, if it is one.
    #[must_use]
    pub fn user(&self) -> Option<&Jid> {
        match self {
            Self::Key(_) => None,
            Self::User { jid, .. } => Some(jid),
        }
    }

    /// Whether invites for `host` are any of their business.
    #[must_use]
    pub fn allows_host(&self, host: &HostName) -> bool {
        match self {
            Self::Key(key) => key.allows_host(host),
            Self::User { jid, .. } => jid.host == *host,
        }
    }

    /// Whether they may create invites of that kind.
    #[must_use]
    pub fn may_create(&self, kind: KindName) -> bool {
        match (self, kind) {
            (Self::Key(key), KindName::Account) => key.allows(Scope::Create),
            (Self::Key(key), KindName::Contact) => key.allows(Scope::Create) && key.allows(Scope::Contact),
            (Self::Key(key), KindName::Reset) => key.allows(Scope::Reset),
            (Self::User { rules, .. }, kind) => rules.allows(kind),
        }
    }

    /// Whether new accounts may be put into groups.
    #[must_use]
    pub fn may_group(&self) -> bool {
        self.key().is_some_and(|key| key.allows(Scope::Create) && key.allows(Scope::Roles))
    }

    /// Whether links may be mailed.
    #[must_use]
    pub fn may_mail(&self) -> bool {
        self.key().is_some_and(|key| key.allows(Scope::Mail))
    }

    /// The most uses that an invite of theirs may have.
    #[must_use]
    pub fn max_uses(&self) -> u32 {
        self.key().map_or(1, |key| max_uses(Some(key)))
    }

    /// Whose invites they see; nobody's: everybody's.
    #[must_use]
    pub fn sees_only(&self) -> Option<Source> {
        (!self.may_read()).then(|| self.caller().source())
    }

    /// Whether they see what others had created, and who invited whom.
    #[must_use]
    pub fn may_read(&self) -> bool {
        self.key().is_some_and(|key| key.allows(Scope::Read))
    }

    /// Whether they see that invite.
    #[must_use]
    pub fn sees(&self, invite: &Invite) -> bool {
        self.caller().knows(invite)
    }

    /// Whether they may have the token of an invite that they see: they could have created it.
    #[must_use]
    pub fn may_have_token(&self, invite: &Invite) -> bool {
        match self {
            Self::Key(key) => may_have_token(key, invite),
            Self::User { rules, .. } => rules.allows(invite.draft.kind.name()),
        }
    }

    /// Whether they may change an invite that they see, so that it lives on: as over the API.
    #[must_use]
    pub fn may_amend(&self, invite: &Invite) -> bool {
        self.may_have_token(invite) && self.key().is_none_or(|key| key.allows(Scope::Create))
    }

    /// Whether they may revoke an invite that they see; a user what they had created, whatever users may create by now.
    #[must_use]
    pub fn may_revoke(&self, invite: &Invite) -> bool {
        self.key().is_none_or(|key| key.allows(Scope::Revoke) || self.may_amend(invite))
    }
}
