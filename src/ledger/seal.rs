//! Answers that are kept to be repeated: sealed, because they hold tokens, and found by a MAC, because what was asked
//! may hold one too. Whoever has a copy of the ledger without its key learns nothing from them.

use std::sync::Arc;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use rand::Rng as _;
use sha2::Sha256;

use crate::clock;
use crate::invite::token::LedgerKey;

const NONCE_BYTES: usize = 24;

/// Seals under the ledger key.
#[derive(Clone)]
pub struct Seal(Arc<[u8; 32]>);

impl Seal {
    pub(super) fn new(key: &LedgerKey) -> Self {
        Self(Arc::new(*key.seal()))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.0.as_ref().into())
    }

    /// Where the answer to a request is kept. `parts` tell it from every other one.
    #[must_use]
    pub fn slot(&self, parts: &[&str]) -> Vec<u8> {
        let bytes: Vec<_> =
            parts.iter().flat_map(|part| [&part.len().to_be_bytes(), part.as_bytes()].concat()).collect();
        self.mac(b"slot", &bytes)
    }

    /// What a body is recognised by.
    #[must_use]
    pub fn digest(&self, body: &[u8]) -> Vec<u8> {
        self.mac(b"body", body)
    }

    fn mac(&self, label: &[u8], bytes: &[u8]) -> Vec<u8> {
        // HMAC takes keys of every length (RFC 2104, 2).
        let Ok(mut mac) = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(self.0.as_ref()) else { return vec![] };
        mac.update(label);
        mac.update(bytes);
        mac.finalize().into_bytes().to_vec()
    }

    /// Seals an answer.
    #[must_use]
    pub fn close(&self, answer: &[u8]) -> Vec<u8> {
        self.close_as("", answer)
    }

    /// Opens what [`Seal::close`] sealed; nothing if it was not, or under another key.
    #[must_use]
    pub fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        self.open_as("", sealed)
    }

    /// Seals what serves one purpose, and no other: not that of answers.
    #[must_use]
    pub fn close_as(&self, purpose: &str, bytes: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_BYTES];
        clock::rng().fill_bytes(&mut nonce);
        // It only fails for what is larger than memory.
        let payload = Payload { msg: bytes, aad: purpose.as_bytes() };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
        [&nonce, sealed.as_slice()].concat()
    }

    /// Opens what [`Seal::close_as`] sealed for that purpose.
    #[must_use]
    pub fn open_as(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: sealed, aad: purpose.as_bytes() };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_opens() {
        let [one, other] = [1, 2].map(|byte| Seal::new(&LedgerKey::new(&[byte; 32])));
        let mut sealed = one.close(b"an answer");
        assert_eq!(one.open(&sealed).as_deref(), Some(b"an answer".as_slice()));
        assert_eq!(other.open(&sealed), None);
        assert_ne!(one.close(b"an answer"), sealed, "sealed twice, it looks different");
        assert_eq!(one.open_as("session", &sealed), None);
        let session = one.close_as("session", b"an answer");
        assert_eq!(one.open_as("session", &session).as_deref(), Some(b"an answer".as_slice()));
        assert_eq!((one.open(&session), one.open_as("browser", &session)), (None, None));
        sealed[30] ^= 1;
        assert_eq!(one.open(&sealed), None);
        assert_eq!(one.open(b"short"), None);
    }

    #[test]
    fn slots_differ_when_a_part_does() {
        let seal = Seal::new(&LedgerKey::new(&[1; 32]));
        assert_ne!(seal.slot(&["ab", "c"]), seal.slot(&["a", "bc"]));
        assert_ne!(seal.slot(&["a"]), seal.digest(b"a"));
    }
}
