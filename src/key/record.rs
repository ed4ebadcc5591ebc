//! A key, wherever it is kept.

use super::signatures::SignatureCache;
use crate::config::{KeySettings, Origin};
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
}

impl Key {
    /// Whether it may create invites for `host`.
    #[must_use]
    pub fn allows_host(&self, host: &HostName) -> bool {
        self.settings.hosts.as_ref().is_none_or(|hosts| hosts.contains(host))
    }
}
