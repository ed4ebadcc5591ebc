//! Signatures that were checked before.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// So many tokens are remembered of a key.
const MOST_TOKENS: usize = 1_000;

/// Digests (SHA-256) of tokens that one declared key has signed: to find that out once more takes longer than all else
/// there is to do for a request. That it has signed a token says nothing about whether the token is still good. A reload
/// makes a new key, which has to find out again.
#[derive(Clone, Debug, Default)]
pub(super) struct SignatureCache(Arc<Mutex<HashSet<[u8; 32]>>>);

impl SignatureCache {
    /// Whether the key has signed this.
    pub(super) fn holds(&self, digest: &[u8; 32]) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(digest)
    }

    /// Remembers that the key has signed this. When there is no room, all is forgotten.
    pub(super) fn add(&self, digest: [u8; 32]) {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= MOST_TOKENS {
            tokens.clear();
        }
        tokens.insert(digest);
    }
}
