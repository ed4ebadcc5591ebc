//! What may be used only once.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::Timestamp;

use super::signatures::SignatureCache;

/// A token's `jti`: used once, it is refused. It is of one call.
#[derive(Clone, Debug)]
pub struct Once {
    /// Unique within the tokens of its key.
    pub jti: String,
    /// From then on the token is refused by itself.
    pub until: Timestamp,
    /// Whether this call has used it.
    pub is_ours: Arc<AtomicBool>,
    signatures: SignatureCache,
    digest: [u8; 32],
}

impl Once {
    /// Of a token with this `digest`, one of those in `signatures`.
    pub(super) fn new((jti, until): (String, Timestamp), signatures: SignatureCache, digest: [u8; 32]) -> Self {
        Self { jti, until, is_ours: Arc::default(), signatures, digest }
    }

    /// Notes that it was used before: when it comes again, it is refused without asking anybody.
    pub fn note_used(&self) {
        self.signatures.note_used(self.digest);
    }
}
