//! A key, wherever it is kept.

use std::collections::BTreeSet;

use super::once::Once;
use super::signatures::SignatureCache;
use crate::config::{KeySettings, LackingScopes, Origin, Proof, Scope};
use crate::invite::name::{HostName, KeyId};

/// A key.
#[derive(Clone, Debug)]
pub struct Key {
    /// What it is called by.
    pub id: KeyId,
    /// What it may do.
    pub settings: KeySettings,
    /// Where it is declared, or its file in the state directory.
    pub origin: Origin,
    /// What it has signed, where it stands for JWTs.
    pub(super) signatures: SignatureCache,
    /// What may be used only once of the JWT that was presented, if there is something.
    pub once: Option<Once>,
}

impl Key {
    /// Whether it may create invites for `host`.
    #[must_use]
    pub fn allows_host(&self, host: &HostName) -> bool {
        self.settings.hosts.as_ref().is_none_or(|hosts| hosts.contains(host))
    }

    /// Whether it was given `scope`.
    #[must_use]
    pub fn allows(&self, scope: Scope) -> bool {
        self.settings.allow.contains(&scope)
    }

    /// Checks that it was given all of `scopes`.
    ///
    /// # Errors
    /// Those that it was not given.
    pub fn check_scopes(&self, scopes: &BTreeSet<Scope>) -> Result<(), LackingScopes> {
        let has = &self.settings.allow;
        let lacks: BTreeSet<_> = scopes.difference(has).copied().collect();
        let is_signed = matches!(self.settings.proof, Proof::Signed(_));
        if lacks.is_empty() { Ok(()) } else { Err(LackingScopes { has: has.clone(), lacks, is_signed }) }
    }

    /// Its secret, by the digest of it, and all that it may do, as a text that is another one for each other key; none where it
    /// has no secret but signs.
    #[must_use]
    pub fn as_declared(&self) -> Option<String> {
        let KeySettings { proof: Proof::Opaque(digest), limit, max_pending, expires, .. } = &self.settings else {
            return None;
        };
        Some(format!("{digest} {} {limit:?} {max_pending:?} {expires:?}", self.grants()))
    }

    /// What it may do now, as a text that is another one for each other grant: a JWT may have narrowed it.
    #[must_use]
    pub fn grants(&self) -> String {
        let KeySettings { hosts, allow, max_ttl, max_uses, .. } = &self.settings;
        let hosts = hosts.as_ref().map(|hosts| hosts.iter().map(HostName::as_str).collect::<Vec<_>>());
        let allow: Vec<_> = allow.iter().map(ToString::to_string).collect();
        format!("{hosts:?} {allow:?} {max_ttl:?} {max_uses}")
    }
}
