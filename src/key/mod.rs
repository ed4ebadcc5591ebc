//! Keys: who may ask for invites. Declared keys come with the settings; the others live in the state directory.
//!
//! A caller presents `ID/SECRET`. The id is looked up among the declared keys, then in the state directory; the secret is
//! compared by digest, in constant time, also when there is no such id. Or it presents a JWT ([`jwt`]), which stands for a
//! declared key and may narrow it.

mod crypto;
mod file;
mod flaw;
mod jwt;
pub mod lua;
pub mod mint;
mod once;
pub mod opaque;
pub mod prosody;
mod record;
mod signatures;
mod snapshot;
mod stamp;
pub mod state;
mod state_error;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use subtle::ConstantTimeEq as _;

use crate::config::public_key::PublicKey;
use crate::config::value::Sha256;
use crate::config::{JwtSettings, KeySettings, Origin, Proof, PublicUrl};
use crate::invite::name::KeyId;
pub use flaw::Flaw;
pub use once::Once;
pub use record::Key;
use signatures::SignatureCache;
use state::StateKeys;

/// Why a presented key opens nothing. Not told to the caller: they all look the same from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing was presented.
    #[error("no key")]
    Missing,
    /// Neither of the form `ID/SECRET` nor a JWT.
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
    /// A JWT that is not in order.
    #[error("{0}")]
    Jwt(Flaw),
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
            let signatures = SignatureCache::default();
            let (settings, origin) = (settings.clone(), origin.clone());
            let key = Key { id: id.clone(), settings, origin, signatures, once: None };
            (id.clone(), Arc::new(key))
        };
        Self { declared: Arc::new(declared.iter().map(key).collect()), state }
    }

    /// The key that whoever `presented` it has, with what it may do now: `ID/SECRET`, or a JWT made for one of `audiences`, which
    /// may have narrowed it. To look at either costs next to nothing but for the signature of a token that was not seen before:
    /// `may_compute` is asked first. A token for one use that is known to be used is let in all the same where its request
    /// `may_repeat` one.
    ///
    /// # Errors
    /// When it proves nothing; the reason is for the log alone.
    pub fn authenticate(
        &self,
        presented: &str,
        audiences: &[PublicUrl],
        now: Timestamp,
        may_repeat: bool,
        may_compute: &dyn Fn() -> bool,
    ) -> Result<Arc<Key>, (Refused, Option<KeyId>)> {
        let key = if jwt::is_jwt(presented) {
            self.by_token(presented, audiences, now, may_repeat, may_compute)?
        } else {
            self.by_secret(presented)?
        };
        if key.settings.expires.is_some_and(|at| now >= at) {
            return Err((Refused::Expired, Some(key.id.clone())));
        }
        Ok(key)
    }

    fn by_secret(&self, presented: &str) -> Result<Arc<Key>, (Refused, Option<KeyId>)> {
        let (id, secret) = opaque::split(presented).ok_or((Refused::Malformed, None))?;
        let key = self.find(&id);
        let presented = Sha256::of(secret);
        let expected = key.as_ref().and_then(|key| match key.settings.proof {
            Proof::Opaque(digest) => Some(digest),
            Proof::Signed(_) | Proof::Unread => None,
        });
        // An unknown id is compared too, with something that no secret has as its digest.
        let same: bool = presented.0.ct_eq(&expected.map_or([0; 32], |digest| digest.0)).into();
        match key {
            None => Err((Refused::Unknown, Some(id))),
            Some(_) if !same => Err((Refused::WrongSecret, Some(id))),
            Some(key) => Ok(key),
        }
    }

    fn by_token(
        &self,
        presented: &str,
        audiences: &[PublicUrl],
        now: Timestamp,
        may_repeat: bool,
        may_compute: &dyn Fn() -> bool,
    ) -> Result<Arc<Key>, (Refused, Option<KeyId>)> {
        let token = jwt::Token::read(presented).map_err(|flaw| (Refused::Jwt(flaw), None))?;
        let mut refused = (Refused::Unknown, None);
        let mut granted = None;
        for (key, signed, keys) in self.signers(&token.kid) {
            if !may_repeat && key.signatures.is_used(&token.digest) {
                refused = (Refused::Jwt(Flaw::Used), Some(key.id.clone()));
                continue;
            }
            match token.check(signed, keys, &key.signatures, audiences, now, may_compute) {
                Ok(_) if granted.is_some() => return Err((Refused::Jwt(Flaw::Ambiguous), Some(key.id.clone()))),
                Ok(grant) => granted = Some((key, grant)),
                Err(flaw) => refused = (Refused::Jwt(flaw), Some(key.id.clone())),
            }
        }
        let (key, grant) = granted.ok_or(refused)?;
        let mut key = Arc::clone(key);
        if !grant.is_whole() {
            grant.narrow(&mut Arc::make_mut(&mut key).settings);
        }
        if let Some(once) = grant.once {
            let once = Once::new(once, key.signatures.clone(), token.digest);
            Arc::make_mut(&mut key).once = Some(once);
        }
        Ok(key)
    }

    /// The declared keys that a token with this `kid` may stand for, each with the public keys to try. That is the key of
    /// that id; or, as many issuers choose `kid` themselves, those with such a member in their sets.
    fn signers<'a>(&'a self, kid: &str) -> Vec<(&'a Arc<Key>, &'a JwtSettings, Vec<&'a PublicKey>)> {
        let signed = |key: &'a Arc<Key>| match &key.settings.proof {
            Proof::Signed(signed) => Some((key, &**signed)),
            Proof::Opaque(_) | Proof::Unread => None,
        };
        if let Some(key) = self.declared.get(kid) {
            return signed(key).map(|(key, signed)| (key, signed, signed.keys.iter().collect())).into_iter().collect();
        }
        let of_that_name = |(key, signed): (&'a Arc<Key>, &'a JwtSettings)| {
            let keys: Vec<_> = signed.keys.iter().filter(|key| key.kid.as_deref() == Some(kid)).collect();
            (!keys.is_empty()).then_some((key, signed, keys))
        };
        self.declared.values().filter_map(signed).filter_map(of_that_name).collect()
    }

    /// The key called `id`.
    #[must_use]
    pub fn find(&self, id: &KeyId) -> Option<Arc<Key>> {
        match self.declared.get(id) {
            Some(key) => Some(Arc::clone(key)),
            None => self.state.current().keys.get(id).cloned(),
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
