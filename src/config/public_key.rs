//! Public keys that JWTs are verified with: one in PEM (RFC 7468), or several in a JSON Web Key Set (RFC 7517).
//!
//! A key is taken only if it fits the algorithm that is declared beside it, so that no token can make another use of it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::ValueEnum;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use pkcs8::der::asn1::UintRef;
use pkcs8::der::{Decode as _, Reader as _, SliceReader};
use pkcs8::spki::AlgorithmIdentifierRef;
use pkcs8::{Document, ObjectIdentifier, SubjectPublicKeyInfoRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A token may be signed with any fitting key of a set, and each is tried: so many at most.
const MAX_KEYS: usize = 16;

/// Below it RSA is not safe any more (NIST SP 800-131A); RFC 7518, 3.3 asks for it, too.
const MIN_RSA_BITS: usize = 2048;
/// Above it a signature costs more than anyone needs.
const MAX_RSA_BITS: usize = 8192;

/// How JWTs of a key are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ValueEnum)]
#[value(rename_all = "verbatim")]
pub enum Algorithm {
    /// Ed25519.
    EdDSA,
    /// ECDSA with P-256.
    ES256,
    /// ECDSA with P-384.
    ES384,
    /// RSA, PKCS #1 1.5.
    RS256,
    /// RSA, PSS.
    PS256,
}

/// A public key that fits its algorithm.
#[derive(Clone, Debug)]
pub struct PublicKey {
    /// What its issuer calls it.
    pub kid: Option<String>,
    /// The key: an Ed25519 key, an uncompressed point, or modulus and exponent.
    pub key: DecodingKey,
}

/// Why a text gives no public key. Does not repeat it: it may be a secret in the wrong place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// The other half of the pair.
    #[error(
        "this is a private key; leave it with whoever signs, and declare its public half: openssl pkey -in KEY.pem -pubout"
    )]
    Private,
    /// A set with a secret in it.
    #[error("the set holds a private or secret key; leave that with whoever signs, and keep only public keys here")]
    PrivateInSet,
    /// No public key.
    #[error("expected a public key in PEM, \"-----BEGIN PUBLIC KEY-----…\"")]
    Pem,
    /// No set.
    #[error("expected a JSON Web Key Set, {{\"keys\": [ … ]}}")]
    Set,
    /// A key for something else.
    #[error("this is {found}; {algorithm:?} needs {needed}", needed = KeyKind::of(*algorithm))]
    Misfit {
        /// What was found.
        found: String,
        /// What it is declared for.
        algorithm: Algorithm,
    },
    /// Nothing but keys for something else.
    #[error("no key of the set fits; {0:?} needs {needed}", needed = KeyKind::of(*.0))]
    NoneFits(Algorithm),
    /// Too many to try each.
    #[error("{0} keys of the set fit; expected at most {MAX_KEYS}")]
    TooMany(usize),
}

/// The kinds of keys that our algorithms use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RFC 8410.
    Ed25519,
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// RSA.
    Rsa,
}

impl KeyKind {
    const ID_ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
    const ID_EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
    const ID_P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
    const ID_P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
    const ID_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

    /// The one that `algorithm` needs.
    #[must_use]
    pub fn of(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::EdDSA => Self::Ed25519,
            Algorithm::ES256 => Self::P256,
            Algorithm::ES384 => Self::P384,
            Algorithm::RS256 | Algorithm::PS256 => Self::Rsa,
        }
    }

    /// The one that a key in PKCS #8 or X.509 form says to be (RFC 5480, RFC 8410).
    pub(crate) fn read(identifier: &AlgorithmIdentifierRef<'_>) -> Option<Self> {
        match (identifier.oid, identifier.parameters_oid().ok()) {
            (Self::ID_ED25519, _) => Some(Self::Ed25519),
            (Self::ID_EC, Some(Self::ID_P256)) => Some(Self::P256),
            (Self::ID_EC, Some(Self::ID_P384)) => Some(Self::P384),
            (Self::ID_RSA, _) => Some(Self::Rsa),
            _ => None,
        }
    }

    /// As keys in PKCS #8 or X.509 form say it.
    pub(crate) fn ed25519_identifier() -> AlgorithmIdentifierRef<'static> {
        AlgorithmIdentifierRef { oid: Self::ID_ED25519, parameters: None }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ed25519 => f.write_str("an Ed25519 key"),
            Self::P256 => f.write_str("an EC key on P-256"),
            Self::P384 => f.write_str("an EC key on P-384"),
            Self::Rsa => write!(f, "an RSA key of {MIN_RSA_BITS} to {MAX_RSA_BITS} bits"),
        }
    }
}

/// A key as it was found, whatever it is to be used for.
enum KeyMaterial {
    Ed25519(Vec<u8>),
    /// An uncompressed point.
    Point(KeyKind, Vec<u8>),
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
}

impl KeyMaterial {
    /// Numbers may come with zeros before them.
    fn rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        let trim = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect();
        Self::Rsa { modulus: trim(modulus), exponent: trim(exponent) }
    }

    fn fit(self, algorithm: Algorithm) -> Result<DecodingKey, PublicKeyError> {
        let misfit = |found: String| PublicKeyError::Misfit { found, algorithm };
        let needed = KeyKind::of(algorithm);
        match self {
            Self::Ed25519(key) if needed == KeyKind::Ed25519 && key.len() == 32 => Ok(DecodingKey::from_ed_der(&key)),
            Self::Ed25519(_) => Err(misfit(KeyKind::Ed25519.to_string())),
            Self::Point(kind, point) if needed == kind => {
                let length = if kind == KeyKind::P256 { 65 } else { 97 };
                // Points are compressed where they begin otherwise (SEC 1, 2.3.3).
                if point.len() == length && point.first() == Some(&4) {
                    Ok(DecodingKey::from_ec_der(&point))
                } else {
                    Err(misfit("a point in another form than uncompressed".into()))
                }
            }
            Self::Point(kind, _) => Err(misfit(kind.to_string())),
            Self::Rsa { modulus, exponent } => {
                let bits = modulus.len() * 8 - modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
                if needed == KeyKind::Rsa && (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
                    Ok(DecodingKey::from_rsa_raw_components(&modulus, &exponent))
                } else {
                    Err(misfit(format!("an RSA key of {bits} bits")))
                }
            }
        }
    }
}

/// Reads a public key in PEM.
///
/// # Errors
/// When it is none, or none for `algorithm`.
pub(super) fn from_pem(text: &str, algorithm: Algorithm) -> Result<PublicKey, PublicKeyError> {
    if text.contains("PRIVATE KEY") {
        return Err(PublicKeyError::Private);
    }
    let (label, document) = read_pem(text).ok_or(PublicKeyError::Pem)?;
    let found = match &*label {
        "PUBLIC KEY" => from_spki(document.as_bytes(), algorithm)?,
        "RSA PUBLIC KEY" => from_pkcs1(document.as_bytes()).ok_or(PublicKeyError::Pem)?,
        _ => return Err(PublicKeyError::Pem),
    };
    Ok(PublicKey { kid: None, key: found.fit(algorithm)? })
}

/// The label of a PEM and what is in it. Lines may be indented, as texts in a configuration are.
pub(crate) fn read_pem(text: &str) -> Option<(String, Document)> {
    let lines: String = text.lines().flat_map(|line| [line.trim(), "\n"]).collect();
    let (label, document) = Document::from_pem(&lines).ok()?;
    Some((label.to_owned(), document))
}

fn from_spki(der: &[u8], algorithm: Algorithm) -> Result<KeyMaterial, PublicKeyError> {
    let info = SubjectPublicKeyInfoRef::try_from(der).map_err(|_| PublicKeyError::Pem)?;
    let key = info.subject_public_key.as_bytes().ok_or(PublicKeyError::Pem)?;
    match KeyKind::read(&info.algorithm) {
        Some(KeyKind::Ed25519) => Ok(KeyMaterial::Ed25519(key.to_vec())),
        Some(kind @ (KeyKind::P256 | KeyKind::P384)) => Ok(KeyMaterial::Point(kind, key.to_vec())),
        Some(KeyKind::Rsa) => from_pkcs1(key).ok_or(PublicKeyError::Pem),
        None => Err(PublicKeyError::Misfit { found: "a key of another kind".into(), algorithm }),
    }
}

/// `RSAPublicKey` (RFC 8017, A.1.1): modulus and exponent.
fn from_pkcs1(der: &[u8]) -> Option<KeyMaterial> {
    let mut reader = SliceReader::new(der).ok()?;
    let numbers =
        reader.sequence(|inner| Ok::<_, pkcs8::der::Error>((UintRef::decode(inner)?, UintRef::decode(inner)?)));
    let (modulus, exponent) = numbers.ok()?;
    Some(KeyMaterial::rsa(modulus.as_bytes(), exponent.as_bytes()))
}

/// Reads a JSON Web Key Set: the keys in it that fit. Others are for others, and left out (RFC 7517, 5).
///
/// # Errors
/// When it is none, holds a secret, or nothing in it fits `algorithm`.
pub(super) fn from_jwks(text: &str, algorithm: Algorithm) -> Result<Vec<PublicKey>, PublicKeyError> {
    let set: Value = serde_json::from_str(text).map_err(|_| PublicKeyError::Set)?;
    let members = set["keys"].as_array().ok_or(PublicKeyError::Set)?;
    // The secret numbers of RFC 7518, 6: `d` of all pairs, `k` of what is shared.
    if [&set].into_iter().chain(members).any(|member| member.get("d").is_some() || member.get("k").is_some()) {
        return Err(PublicKeyError::PrivateInSet);
    }
    let fitting = members.iter().filter_map(|member| from_jwk(member, algorithm)).collect::<Vec<_>>();
    match fitting.len() {
        0 => Err(PublicKeyError::NoneFits(algorithm)),
        1..=MAX_KEYS => Ok(fitting),
        count => Err(PublicKeyError::TooMany(count)),
    }
}

fn from_jwk(member: &Value, algorithm: Algorithm) -> Option<PublicKey> {
    let jwk: Jwk = serde_json::from_value(member.clone()).ok()?;
    let common = jwk.common;
    let for_signatures = common.public_key_use.is_none_or(|usage| usage == PublicKeyUse::Signature)
        && common.key_operations.is_none_or(|operations| operations.contains(&KeyOperations::Verify))
        && common.key_algorithm.is_none_or(|other| other.to_string() == format!("{algorithm:?}"));
    if !for_signatures {
        return None;
    }
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let found = match &jwk.algorithm {
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            KeyMaterial::Ed25519(bytes(&pair.x)?)
        }
        AlgorithmParameters::EllipticCurve(point) => {
            let kind = match point.curve {
                EllipticCurve::P256 => KeyKind::P256,
                EllipticCurve::P384 => KeyKind::P384,
                _ => return None,
            };
            KeyMaterial::Point(kind, [vec![4], bytes(&point.x)?, bytes(&point.y)?].concat())
        }
        AlgorithmParameters::RSA(numbers) => KeyMaterial::rsa(&bytes(&numbers.n)?, &bytes(&numbers.e)?),
        _ => return None,
    };
    Some(PublicKey { kid: common.key_id, key: found.fit(algorithm).ok()? })
}
