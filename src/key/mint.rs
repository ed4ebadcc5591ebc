//! The other half of a key for JWTs: making pairs, and signing tokens with a private key. Only the command line does that.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jsonwebtoken::{EncodingKey, Header};
use pkcs8::der::Encode as _;
use pkcs8::der::asn1::{BitStringRef, OctetStringRef};
use pkcs8::{Document, LineEnding, PrivateKeyInfoRef, SubjectPublicKeyInfoRef};
use rand::Rng;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde::Serialize;

use super::{crypto, jwt, opaque};
use crate::config::Algorithm;
use crate::config::public_key::{KeyKind, read_pem};
use crate::config::secret::Secret;
use crate::invite::name::KeyId;

/// Why there is no token. Repeats nothing of the private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MintError {
    /// No PEM, or something else in it.
    #[error("expected a private key in PEM, \"-----BEGIN PRIVATE KEY-----…\"")]
    Pem,
    /// The wrong half.
    #[error("this is a public key; tokens are signed with the private one")]
    Public,
    /// Another form of private keys.
    #[error(
        "this private key is encrypted, or in an older form; rewrite it with: openssl pkcs8 -topk8 -nocrypt -in KEY.pem"
    )]
    Form,
    /// A kind of key that nothing here is signed with.
    #[error("expected an Ed25519, P-256, P-384 or RSA key")]
    Kind,
    /// A key for another algorithm.
    #[error("this is {0}; {1:?} needs {needed}", needed = KeyKind::of(*.1))]
    Misfit(KeyKind, Algorithm),
    /// ring does not take the key.
    #[error("this private key cannot be used; expected {0} in PKCS #8 form, with its public half")]
    Unusable(KeyKind),
}

/// A private key that signs tokens.
pub struct PrivateKey {
    kind: KeyKind,
    key: EncodingKey,
}

/// What a token says.
#[derive(Clone, Debug, Serialize)]
pub struct Claims<'a> {
    /// For which service: its `public_url`.
    #[serde(rename = "aud")]
    pub audience: &'a str,
    /// By whom.
    #[serde(rename = "iss", skip_serializing_if = "Option::is_none")]
    pub issuer: Option<&'a str>,
    /// When.
    #[serde(rename = "iat", serialize_with = "seconds")]
    pub issued_at: Timestamp,
    /// Until when.
    #[serde(rename = "exp", serialize_with = "seconds")]
    pub expires_at: Timestamp,
    /// What lets it be used only once.
    #[serde(rename = "jti", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Narrows the key to this host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Narrows the key to these scopes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Narrows the life of invites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_ttl: Option<String>,
    /// Whatever else the declared key asks for.
    #[serde(flatten)]
    pub others: &'a BTreeMap<String, String>,
}

fn seconds<S: serde::Serializer>(moment: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(moment.as_second())
}

/// A `jti` that no other token has.
pub fn generate_jti(rng: &mut impl Rng) -> String {
    opaque::generate_secret(rng).reveal().to_owned()
}

impl PrivateKey {
    /// Reads a private key in PEM: PKCS #8 (RFC 5958), or PKCS #1 for RSA.
    ///
    /// # Errors
    /// When it is none that can sign here.
    pub fn read(text: &str) -> Result<Self, MintError> {
        if text.contains("PUBLIC KEY-----") {
            return Err(MintError::Public);
        }
        let (label, document) = read_pem(text).ok_or(MintError::Pem)?;
        let der = document.as_bytes();
        let kind = match &*label {
            "PRIVATE KEY" => {
                let info = PrivateKeyInfoRef::try_from(der).map_err(|_| MintError::Pem)?;
                KeyKind::read(&info.algorithm).ok_or(MintError::Kind)?
            }
            "RSA PRIVATE KEY" => KeyKind::Rsa,
            "EC PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" => return Err(MintError::Form),
            _ => return Err(MintError::Pem),
        };
        let key = match kind {
            KeyKind::Ed25519 => EncodingKey::from_ed_der(der),
            KeyKind::P256 | KeyKind::P384 => EncodingKey::from_ec_der(der),
            KeyKind::Rsa => EncodingKey::from_rsa_der(der),
        };
        Ok(Self { kind, key })
    }

    /// The algorithm that it signs with where none is asked for.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self.kind {
            KeyKind::Ed25519 => Algorithm::EdDSA,
            KeyKind::P256 => Algorithm::ES256,
            KeyKind::P384 => Algorithm::ES384,
            KeyKind::Rsa => Algorithm::RS256,
        }
    }

    /// Signs a token for the key called `id`.
    ///
    /// # Errors
    /// When the private key is not one for `algorithm`.
    pub fn sign(&self, id: &KeyId, algorithm: Algorithm, claims: &Claims<'_>) -> Result<String, MintError> {
        crypto::install();
        if KeyKind::of(algorithm) != self.kind {
            return Err(MintError::Misfit(self.kind, algorithm));
        }
        let mut header = Header::new(jwt::declared(algorithm));
        header.kid = Some(id.to_string());
        jsonwebtoken::encode(&header, claims, &self.key).map_err(|_| MintError::Unusable(self.kind))
    }
}

/// A new Ed25519 pair, both halves in PEM.
pub struct Pair {
    /// PKCS #8, version 1: what every other program reads.
    pub private: Secret,
    /// X.509.
    pub public: String,
}

/// Makes a pair.
///
/// # Errors
/// Never: what is encoded has a fixed form.
pub fn generate_pair(rng: &mut impl Rng) -> Result<Pair, MintError> {
    const SEED_BYTES: usize = 32;
    let mut seed = [0; SEED_BYTES];
    rng.fill_bytes(&mut seed);
    let unusable = MintError::Unusable(KeyKind::Ed25519);
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| unusable)?;
    let encode = || {
        // RFC 8410, 7: the seed is an octet string within the octet string.
        let inner = OctetStringRef::new(&seed)?.to_der()?;
        let private = PrivateKeyInfoRef::new(KeyKind::ed25519_identifier(), OctetStringRef::new(&inner)?);
        let public = SubjectPublicKeyInfoRef {
            algorithm: KeyKind::ed25519_identifier(),
            subject_public_key: BitStringRef::from_bytes(pair.public_key().as_ref())?,
        };
        let private = Document::encode_msg(&private)?.to_pem("PRIVATE KEY", LineEnding::LF)?;
        let public = Document::encode_msg(&public)?.to_pem("PUBLIC KEY", LineEnding::LF)?;
        Ok::<_, pkcs8::der::Error>(Pair { private: Secret::new(private), public })
    };
    encode().map_err(|_| unusable)
}
