//! Tokens: the unguessable part of a link.
//!
//! A token is 18 bytes, 24 characters of URL-safe base64: the invite's id (8 bytes) and 80 bits of an HMAC-SHA-256 of it
//! under the ledger key. So the ledger holds nothing that could be a token, needs no index on random values, and
//! a guessed token is refused before anything is looked up. RFC 2104 (truncation), XEP-0379 5.1 (80 bits).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::InviteId;

/// The length of a token, in characters.
pub const TOKEN_CHARS: usize = 24;

const ID_BYTES: usize = 8;
const MAC_BYTES: usize = 10;
/// Keeps MACs for tokens apart from MACs for anything else under the same key.
const TOKEN_LABEL: &[u8] = b"invited token 1";
const CODE_LABEL: &[u8] = b"invited code 1";
/// The bits of the last byte that the last character stands for.
const LAST_CHAR: u8 = 0x3f;
/// So many characters of URL-safe base64 are neither `-` nor `_`; these come after them (RFC 4648, 5).
const LETTERS_AND_DIGITS: u8 = 62;
const CHECK_LABEL: &[u8] = b"invited ledger 1";
const SEAL_LABEL: &[u8] = b"invited seal 1";

/// The ledger key: the secret that tokens are made with. Whoever has it and the ledger can make every token.
#[derive(Clone)]
pub struct LedgerKey {
    token_mac: Hmac<Sha256>,
    code_mac: Hmac<Sha256>,
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
        Self { token_mac: keyed(TOKEN_LABEL), code_mac: keyed(CODE_LABEL), check, seal }
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

    /// What codes are enciphered with.
    pub(super) fn code_mac(&self) -> &Hmac<Sha256> {
        &self.code_mac
    }

    fn mac(&self, id: InviteId) -> Hmac<Sha256> {
        let mut mac = self.token_mac.clone();
        mac.update(&id.to_bytes());
        mac
    }

    /// What proves a token of the invite called `id`: as it is in tokens, and as it was when they could end in `-` or `_`.
    fn macs(&self, id: InviteId) -> [[u8; MAC_BYTES]; 2] {
        let whole: [u8; 32] = self.mac(id).finalize().into_bytes().into();
        let mut before = [0; MAC_BYTES];
        before.copy_from_slice(&whole[..MAC_BYTES]);
        let mut now = before;
        // The last character stands for six bits; in this alphabet `-` and `_` are the last two of 64.
        if now[MAC_BYTES - 1] & LAST_CHAR >= LETTERS_AND_DIGITS {
            now[MAC_BYTES - 1] = (now[MAC_BYTES - 1] & !LAST_CHAR) | (whole[MAC_BYTES] % LETTERS_AND_DIGITS);
        }
        [now, before]
    }

    /// The token of the invite called `id`. It does not end in `-` or `_`, which programs leave out of a link, or take from
    /// what stands behind one.
    #[must_use]
    pub fn token(&self, id: InviteId) -> String {
        let mut bytes = [0; ID_BYTES + MAC_BYTES];
        bytes[..ID_BYTES].copy_from_slice(&id.to_bytes());
        bytes[ID_BYTES..].copy_from_slice(&self.macs(id)[0]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The invite that `token` belongs to, if it is one of ours, also if it was handed out when tokens could end in `-` or
    /// `_`. Takes the same time for every wrong MAC.
    #[must_use]
    pub fn open(&self, token: &str) -> Option<InviteId> {
        if token.len() != TOKEN_CHARS {
            return None;
        }
        let bytes: [u8; ID_BYTES + MAC_BYTES] = URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
        let (id, mac) = bytes.split_first_chunk::<ID_BYTES>()?;
        let id = InviteId::from_bytes(*id);
        let [now, before] = self.macs(id);
        bool::from(now.ct_eq(mac) | before.ct_eq(mac)).then_some(id)
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

    #[test]
    fn no_token_ends_in_a_mark_and_those_that_do_still_open() {
        let key = LedgerKey::new(&[7; 32]);
        let (mut marked, mut ends) = (0, std::collections::BTreeSet::new());
        for number in 0..2_000 {
            let id = InviteId::after(None, moment("2026-01-01T00:00:00Z"), number);
            let token = key.token(id);
            assert!(!token.ends_with(['-', '_']), "{token}");
            assert_eq!(key.open(&token), Some(id));
            let [_, before] = key.macs(id);
            let before = URL_SAFE_NO_PAD.encode([&id.to_bytes()[..], &before].concat());
            assert_eq!(key.open(&before), Some(id), "{before}");
            assert_eq!(before == token, !before.ends_with(['-', '_']), "{before} is now {token}");
            marked += u32::from(before != token);
            ends.extend(token.chars().last());
            // No third one opens it.
            let last = ends.iter().find(|last| !token.ends_with(**last) && !before.ends_with(**last));
            if let Some(last) = last {
                assert_eq!(key.open(&format!("{}{last}", &token[..TOKEN_CHARS - 1])), None);
            }
        }
        assert!(marked > 20 && ends.len() == 62, "{marked} of 2,000 ended so; {} ends", ends.len());
    }
}
