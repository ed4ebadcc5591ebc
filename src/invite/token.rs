//! Tokens: the unguessable part of a link.
//!
//! A token is 18 bytes, 24 characters of URL-safe base64: the invite's id (8 bytes) and 80 bits of an HMAC-SHA-256 of it
//! under the ledger key. So the ledger holds nothing that could be a token, needs no index on random values, and
//! a guessed token is refused before anything is looked up. RFC 2104 (truncation), XEP-0379 5.1 (80 bits).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::InviteId;

/// The length of a token, in characters.
pub const TOKEN_CHARS: usize = 24;

const ID_BYTES: usize = 8;
const MAC_BYTES: usize = 10;
/// Keeps MACs for tokens apart from MACs for anything else under the same key.
const TOKEN_LABEL: &[u8] = b"invited token 1";
const CHECK_LABEL: &[u8] = b"invited ledger 1";
const SEAL_LABEL: &[u8] = b"invited seal 1";

/// The ledger key: the secret that tokens are made with. Whoever has it and the ledger can make every token.
#[derive(Clone)]
pub struct LedgerKey {
    token_mac: Hmac<Sha256>,
    check: [u8; 16],
    seal: [u8; 32],
}

impl LedgerKey {
    /// The length of a ledger key, in bytes.
    pub const BYTES: usize = 32;

    /// Takes the bytes of a ledger key.
    #[must_use]
    pub fn new(bytes: &[u8; Self::BYTES]) -> Self {
        let keyed = |label: &[u8]| {
            // HMAC pads a short key with zeros to its block (RFC 2104, 2).
            let mut block = [0; 64];
            block[..Self::BYTES].copy_from_slice(bytes);
            let mut mac = <Hmac<Sha256>>::new(&block.into());
            mac.update(label);
            mac
        };
        let mut check = [0; 16];
        check.copy_from_slice(&keyed(CHECK_LABEL).finalize().into_bytes()[..16]);
        let seal = keyed(SEAL_LABEL).finalize().into_bytes().into();
        Self { token_mac: keyed(TOKEN_LABEL), check, seal }
    }

    /// What the ledger keeps to recognise its key; tells nothing about it.
    #[must_use]
    pub fn check(&self) -> &[u8; 16] {
        &self.check
    }

    /// The secret under which answers are sealed.
    #[must_use]
    pub fn seal(&self) -> &[u8; 32] {
        &self.seal
    }

    fn mac(&self, id: InviteId) -> Hmac<Sha256> {
        let mut mac = self.token_mac.clone();
        mac.update(&id.to_bytes());
        mac
    }

    /// The token of the invite called `id`.
    #[must_use]
    pub fn token(&self, id: InviteId) -> String {
        let mut bytes = [0; ID_BYTES + MAC_BYTES];
        bytes[..ID_BYTES].copy_from_slice(&id.to_bytes());
        bytes[ID_BYTES..].copy_from_slice(&self.mac(id).finalize().into_bytes()[..MAC_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The invite that `token` belongs to, if it is one of ours. Takes the same time for every wrong MAC.
    #[must_use]
    pub fn open(&self, token: &str) -> Option<InviteId> {
        if token.len() != TOKEN_CHARS {
            return None;
        }
        let bytes: [u8; ID_BYTES + MAC_BYTES] = URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
        let (id, mac) = bytes.split_first_chunk::<ID_BYTES>()?;
        let id = InviteId::from_bytes(*id);
        self.mac(id).verify_truncated_left(mac).ok()?;
        Some(id)
    }
}

impl std::fmt::Debug for LedgerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LedgerKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::tests::moment;

    #[test]
    fn a_token_opens_only_under_its_key_and_only_whole() {
        let key = LedgerKey::new(&[7; 32]);
        let id = InviteId::after(None, moment("2026-01-01T00:00:00Z"), 7);
        let token = key.token(id);
        assert_eq!(token, "AdXsSwAAAAevGz3NYIJEj6At");
        assert_eq!(key.open(&token), Some(id));
        assert_eq!(LedgerKey::new(&[8; 32]).open(&token), None);
        for at in 0..TOKEN_CHARS {
            let mut other = token.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(key.open(std::str::from_utf8(&other).unwrap()), None, "changed at {at}");
        }
        for wrong in ["", &token[1..], &format!("{token}A"), "é3456789012345678901234"] {
            assert_eq!(key.open(wrong), None);
        }
    }
}
