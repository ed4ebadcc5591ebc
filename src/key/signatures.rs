//! Tokens that were seen before: those whose signature was checked, and those that were for one use and came again.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many tokens are remembered of a key.
const MOST_TOKENS: usize = 1_000;

/// Digests (SHA-256) of tokens that one declared key has signed: to find that out once more takes longer than all else
/// there is to do for a request. That it has signed a token says nothing about whether the token is still good. A reload
/// makes a new key, which has to find out again.
#[derive(Clone, Debug, Default)]
pub(super) struct SignatureCache {
    signed: Arc<Mutex<HashSet<[u8; 32]>>>,
    /// Those for one use that came again: they are refused unread, so that who repeats one costs no signature and no
    /// look at the ledger.
    used: Arc<Mutex<HashSet<[u8; 32]>>>,
}

impl SignatureCache {
    /// Whether the key has signed this.
    pub(super) fn holds(&self, digest: &[u8; 32]) -> bool {
        lock(&self.signed).contains(digest)
    }

    /// Remembers that the key has signed this.
    pub(super) fn add(&self, digest: [u8; 32]) {
        add(&self.signed, digest);
    }

    /// Whether this was for one use, and used before.
    pub(super) fn is_used(&self, digest: &[u8; 32]) -> bool {
        lock(&self.used).contains(digest)
    }

    /// Remembers that this was for one use, and used before.
    pub(super) fn note_used(&self, digest: [u8; 32]) {
        add(&self.used, digest);
    }
}

fn lock(tokens: &Mutex<HashSet<[u8; 32]>>) -> MutexGuard<'_, HashSet<[u8; 32]>> {
    tokens.lock().unwrap_or_else(PoisonError::into_inner)
}

/// When there is no room, all is forgotten.
fn add(tokens: &Mutex<HashSet<[u8; 32]>>, digest: [u8; 32]) {
    let mut tokens = lock(tokens);
    if tokens.len() >= MOST_TOKENS {
        tokens.clear();
    }
    tokens.insert(digest);
}
