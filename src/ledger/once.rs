//! What may be used once. A `jti` is kept as half of its digest: it is as long as its issuer likes.

use jiff::Timestamp;
use rusqlite::params;
use sha2::Digest as _;

use super::sqlite::Transaction;
use crate::invite::name::KeyId;

/// Two different `jti` of one key meet in these by chance once in 2^64 tokens.
const DIGEST_BYTES: usize = 16;

/// A `jti` to be used up.
pub(super) struct Spend {
    key: KeyId,
    jti: [u8; DIGEST_BYTES],
    until: Timestamp,
    now: Timestamp,
}

impl Spend {
    pub(super) fn new(key: &KeyId, jti: &str, until: Timestamp, now: Timestamp) -> Self {
        let digest = sha2::Sha256::digest(jti.as_bytes());
        let mut half = [0; DIGEST_BYTES];
        half.copy_from_slice(&digest[..DIGEST_BYTES]);
        Self { key: key.clone(), jti: half, until, now }
    }
}

impl Transaction<'_> {
    /// Gives whether it was there to be used. Forgets those whose time is over.
    pub(super) fn spend_once(&mut self, spend: &Spend) -> rusqlite::Result<bool> {
        let mut forget = self.sqlite.prepare_cached("DELETE FROM used_jti WHERE until <= ?1")?;
        forget.execute([spend.now.as_millisecond()])?;
        let mut insert =
            self.sqlite.prepare_cached("INSERT OR IGNORE INTO used_jti (key, jti, until) VALUES (?1, ?2, ?3)")?;
        let inserted = insert.execute(params![spend.key.as_str(), spend.jti, spend.until.as_millisecond()])?;
        Ok(inserted == 1)
    }
}
