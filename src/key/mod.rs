//! Keys: who may ask for invites. Declared keys come with the settings; the others live in the state directory.
//!
//! A caller presents `ID/SECRET`. The id is looked up among the declared keys, then in the state directory; the secret is
//! compared by digest, in constant time, also when there is no such id.

mod failures;
mod lua;
pub mod opaque;
pub mod prosody;
pub mod state;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use subtle::ConstantTimeEq as _;

use crate::config::settings::digest;
use crate::config::{KeySettings, Origin, Proof};
use crate::invite::name::{HostName, KeyId};
pub use failures::Failures;
use state::StateKeys;

/// A key.
#[derive(Clone, Debug)]
pub struct Key {
    /// What it is called by.
    pub id: KeyId,
    /// What it may do.
    pub settings: KeySettings,
    /// Where it is declared, or its file in the state directory.
    pub origin: Origin,
}

/// Why a presented key opens nothing. Not told to the caller: they all look the same from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing was presented.
    #[error("no key")]
    Missing,
    /// Not of the form `ID/SECRET`.
    #[error("malformed key")]
    Malformed,
    /// No such id.
    #[error("unknown key")]
    Unknown,
    /// The secret is another.
    #[error("wrong secret")]
    WrongSecret,
    /// Its time is over.
    #[error("expired key")]
    Expired,
}

impl Key {
    /// Whether it may make invites for `host`.
    #[must_use]
    pub fn allows_host(&self, host: &HostName) -> bool {
        self.settings.hosts.as_ref().is_none_or(|hosts| hosts.contains(host))
    }
}

/// All keys: the declared ones of one configuration, and those of the state directory as they are now.
#[derive(Clone)]
pub struct KeyRing {
    declared: Arc<BTreeMap<KeyId, Arc<Key>>>,
    state: Arc<StateKeys>,
}

impl KeyRing {
    /// Brings both sides together.
    #[must_use]
    pub fn new(declared: &BTreeMap<KeyId, (KeySettings, Origin)>, state: Arc<StateKeys>) -> Self {
        let key = |(id, (settings, origin)): (&KeyId, &(KeySettings, Origin))| {
            let key = Key { id: id.clone(), settings: settings.clone(), origin: origin.clone() };
            (id.clone(), Arc::new(key))
        };
        Self { declared: Arc::new(declared.iter().map(key).collect()), state }
    }

    /// The key that `presented` (`ID/SECRET`) proves to hold.
    ///
    /// # Errors
    /// When it proves nothing; the reason is for the log alone.
    pub fn authenticate(&self, presented: &str, now: Timestamp) -> Result<Arc<Key>, (Refused, Option<KeyId>)> {
        let (id, secret) = opaque::split(presented).ok_or((Refused::Malformed, None))?;
        let key = match self.declared.get(id.as_str()) {
            Some(key) => Some(Arc::clone(key)),
            None => self.state.current().keys.get(id.as_str()).cloned(),
        };
        let presented = digest(secret);
        let expected = key.as_ref().and_then(|key| match key.settings.proof {
            Proof::Opaque(digest) => Some(digest),
            Proof::Signed | Proof::Unread => None,
        });
        // An unknown id is compared too, with something that no secret has as its digest.
        let same: bool = presented.0.ct_eq(&expected.map_or([0; 32], |digest| digest.0)).into();
        match key {
            None => Err((Refused::Unknown, Some(id))),
            Some(_) if !same => Err((Refused::WrongSecret, Some(id))),
            Some(key) if key.settings.expires.is_some_and(|at| now >= at) => Err((Refused::Expired, Some(id))),
            Some(key) => Ok(key),
        }
    }

    /// Every key that counts, by id: a declared one hides one of the state directory.
    #[must_use]
    pub fn all(&self) -> BTreeMap<KeyId, Arc<Key>> {
        let mut all: BTreeMap<_, _> =
            self.state.current().keys.iter().map(|(id, key)| (id.clone(), Arc::clone(key))).collect();
        all.extend(self.declared.iter().map(|(id, key)| (id.clone(), Arc::clone(key))));
        all
    }

    /// The ids that are on both sides.
    #[must_use]
    pub fn twice(&self) -> Vec<KeyId> {
        let state = self.state.current();
        self.declared.keys().filter(|id| state.keys.contains_key(id.as_str())).cloned().collect()
    }

    /// The keys of the state directory.
    #[must_use]
    pub fn state(&self) -> &Arc<StateKeys> {
        &self.state
    }
}
