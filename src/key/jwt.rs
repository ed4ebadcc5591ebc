//! JWTs (RFC 7519) as keys: what a token must be like to stand for a declared key, and how it may narrow it.
//!
//! The token chooses nothing: the algorithm and the public keys are the declared key's, and headers that bring keys along
//! are refused (RFC 8725, 3.1 and 3.10). Time comes as a parameter.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::Header;
use jsonwebtoken::crypto::verify;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::crypto;
use super::flaw::{Flaw, MAX_BYTES};
use super::signatures::SignatureCache;
use crate::config::public_key::PublicKey;
use crate::config::value::Span;
use crate::config::{Algorithm, JwtSettings, KeySettings, PublicUrl, Scope};
use crate::invite::name::HostName;

/// By how much clocks may differ.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// The longest life of a token, from `iat`, or from now where there is none, to `exp`.
const MAX_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// Whether `presented` is a JWT: three parts in URL-safe base64. An opaque key has a slash in it.
pub(super) fn is_jwt(presented: &str) -> bool {
    let is_base64 = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let mut parts = presented.split('.');
    // One without a signature is a JWT all the same: `alg` is `none`, which no key is declared with.
    parts.clone().count() == 3 && parts.clone().take(2).all(|part| !part.is_empty()) && parts.all(is_base64)
}

/// A token of which the header is read, and nothing believed.
pub(super) struct Token<'a> {
    text: &'a str,
    header: Header,
    pub(super) kid: String,
    /// SHA-256 of all of it.
    pub(super) digest: [u8; 32],
}

/// What a token grants of the key that it stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Grant {
    host: Option<HostName>,
    scopes: Option<BTreeSet<Scope>>,
    max_ttl: Option<Duration>,
    /// Its `jti`, and until when that must be remembered.
    pub(super) once: Option<(String, Timestamp)>,
}

impl<'a> Token<'a> {
    /// Reads the header.
    pub(super) fn read(text: &'a str) -> Result<Self, Flaw> {
        if text.len() > MAX_BYTES {
            return Err(Flaw::TooLong);
        }
        let header = jsonwebtoken::decode_header(text).map_err(|_| Flaw::Header)?;
        if header.jwk.is_some()
            || header.jku.is_some()
            || header.x5u.is_some()
            || header.x5c.is_some()
            || header.crit.is_some()
        {
            return Err(Flaw::ForeignKey);
        }
        // RFC 7515, 4.1.9: what has no slash begins with `application/`; in any letter case.
        let typ = header.typ.as_deref().map(str::to_ascii_lowercase);
        let typ = typ.as_deref().map(|typ| typ.strip_prefix("application/").unwrap_or(typ));
        if !matches!(typ, None | Some("jwt" | "at+jwt")) {
            return Err(Flaw::Type);
        }
        let kid = header.kid.clone().ok_or(Flaw::NoKeyId)?;
        Ok(Self { text, header, kid, digest: Sha256::digest(text).into() })
    }

    /// Checks everything. `keys` are those of `signed` that may have signed it, and `known` is what they signed before.
    /// `may_compute` is asked before a signature is computed.
    pub(super) fn check<'k>(
        &self,
        signed: &JwtSettings,
        keys: impl IntoIterator<Item = &'k PublicKey>,
        known: &SignatureCache,
        audiences: &[PublicUrl],
        now: Timestamp,
        may_compute: &dyn Fn() -> bool,
    ) -> Result<Grant, Flaw> {
        let is_known = known.holds(&self.digest);
        let claims = VerifiedClaims(self.verified(signed.algorithm, keys, is_known, may_compute)?);
        let once_until = claims.check_times(signed.max_age, now)?;
        if !audiences.iter().any(|audience| claims.is_for(audience)) {
            return Err(Flaw::Audience);
        }
        if signed.issuer.is_some() && claims.text("iss")? != signed.issuer.as_deref() {
            return Err(Flaw::Issuer);
        }
        let has = |(name, value): (&String, &String)| claims.0.get(name).and_then(Value::as_str) == Some(value);
        if !signed.claims.iter().all(has) {
            return Err(Flaw::Claim);
        }
        let grant = claims.grant(once_until)?;
        // What may come again is not computed again.
        if grant.once.is_none() {
            known.add(self.digest);
        }
        Ok(grant)
    }

    /// The claims, if one of the keys has signed them, or `is_known` to have.
    fn verified<'k>(
        &self,
        algorithm: Algorithm,
        keys: impl IntoIterator<Item = &'k PublicKey>,
        is_known: bool,
        may_compute: &dyn Fn() -> bool,
    ) -> Result<Map<String, Value>, Flaw> {
        crypto::install();
        let algorithm = declared(algorithm);
        if self.header.alg != algorithm {
            return Err(Flaw::Algorithm);
        }
        if !is_known && !may_compute() {
            return Err(Flaw::Unchecked);
        }
        let (message, signature) = self.text.rsplit_once('.').ok_or(Flaw::Header)?;
        // jsonwebtoken's `decode` would read header and claims three times, and the clock.
        let signs = |key: &PublicKey| verify(signature, message.as_bytes(), &key.key, algorithm).unwrap_or(false);
        if !is_known && !keys.into_iter().any(signs) {
            return Err(Flaw::Signature);
        }
        let (_, claims) = message.split_once('.').ok_or(Flaw::Header)?;
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| Flaw::Claims)?;
        serde_json::from_slice(&claims).map_err(|_| Flaw::Claims)
    }
}

/// jsonwebtoken's name for an algorithm.
pub(super) fn declared(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::EdDSA => jsonwebtoken::Algorithm::EdDSA,
        Algorithm::ES256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::ES384 => jsonwebtoken::Algorithm::ES384,
        Algorithm::RS256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::PS256 => jsonwebtoken::Algorithm::PS256,
    }
}

/// The claims of a token that its key has signed. A claim that is there in another form than it must have is never
/// taken for one that is not there.
struct VerifiedClaims(Map<String, Value>);

impl VerifiedClaims {
    fn text(&self, name: &str) -> Result<Option<&str>, Flaw> {
        self.0.get(name).map(|value| value.as_str().ok_or(Flaw::Claims)).transpose()
    }

    /// `NumericDate` (RFC 7519, 2): seconds since 1970, maybe with a fraction.
    fn moment(&self, name: &str) -> Result<Option<Timestamp>, Flaw> {
        let moment = |value: &Value| {
            let since = SignedDuration::try_from_secs_f64(value.as_f64()?).ok()?;
            Timestamp::from_duration(since).ok()
        };
        self.0.get(name).map(|value| moment(value).ok_or(Flaw::Claims)).transpose()
    }

    /// Gives the time at which the token is refused by itself.
    fn check_times(&self, max_age: Option<Duration>, now: Timestamp) -> Result<Timestamp, Flaw> {
        let expires = self.moment("exp")?.ok_or(Flaw::NoExpiry)?;
        let (issued, not_before) = (self.moment("iat")?, self.moment("nbf")?);
        if now.duration_since(expires) >= LEEWAY {
            return Err(Flaw::Expired);
        }
        if [issued, not_before].into_iter().flatten().any(|moment| moment.duration_since(now) > LEEWAY) {
            return Err(Flaw::Future);
        }
        if let Some(max_age) = max_age {
            let age = now.duration_since(issued.ok_or(Flaw::NoAge)?).saturating_sub(LEEWAY);
            if Duration::try_from(age).is_ok_and(|age| age > max_age) {
                return Err(Flaw::TooOld);
            }
        }
        if expires.duration_since(issued.unwrap_or(now)) > MAX_LIFE + LEEWAY {
            return Err(Flaw::TooLasting);
        }
        expires.checked_add(LEEWAY).map_err(|_| Flaw::Claims)
    }

    /// `aud`: one, or several (RFC 7519, 4.1.3); the slash at the end of `public_url` may be left out.
    fn is_for(&self, audience: &PublicUrl) -> bool {
        let base = audience.base();
        let is_ours =
            |value: &Value| value.as_str().is_some_and(|aud| aud == base || base.strip_suffix('/') == Some(aud));
        match self.0.get("aud") {
            Some(Value::Array(several)) => several.iter().any(is_ours),
            Some(one) => is_ours(one),
            None => false,
        }
    }

    fn grant(&self, once_until: Timestamp) -> Result<Grant, Flaw> {
        let host = self.text("host")?.map(str::parse).transpose().map_err(|_| Flaw::Claims)?;
        // A word that is no scope of ours grants nothing here.
        let scope = |word: &str| Scope::ALL.into_iter().find(|scope| scope.to_string() == word);
        let scopes = self.text("scope")?.map(|words| words.split(' ').filter_map(scope).collect());
        let max_ttl = match self.0.get("max_ttl") {
            None => None,
            Some(Value::String(text)) => Some(text.parse::<Span>().map_err(|_| Flaw::Claims)?.0),
            Some(seconds) => {
                let seconds = seconds.as_u64().filter(|seconds| *seconds > 0);
                Some(Duration::from_secs(seconds.ok_or(Flaw::Claims)?))
            }
        };
        let once = self.text("jti")?.map(|jti| (jti.to_owned(), once_until));
        Ok(Grant { host, scopes, max_ttl, once })
    }
}

impl Grant {
    /// Whether it leaves the key as it is.
    pub(super) fn is_whole(&self) -> bool {
        self.host.is_none() && self.scopes.is_none() && self.max_ttl.is_none()
    }

    /// Takes away what the token does not grant.
    pub(super) fn narrow(&self, settings: &mut KeySettings) {
        if let Some(host) = &self.host {
            let allowed = settings.hosts.as_ref().is_none_or(|hosts| hosts.contains(host));
            settings.hosts = Some(allowed.then(|| host.clone()).into_iter().collect());
        }
        if let Some(scopes) = &self.scopes {
            settings.allow.retain(|scope| scopes.contains(scope));
        }
        if let Some(max_ttl) = self.max_ttl {
            settings.max_ttl = Some(settings.max_ttl.map_or(max_ttl, |most| most.min(max_ttl)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_800_000_000;

    fn check(claims: Value, max_age: Option<u64>) -> Result<i64, Flaw> {
        let Value::Object(claims) = claims else { panic!("{claims}") };
        let now = Timestamp::from_second(NOW).unwrap();
        VerifiedClaims(claims).check_times(max_age.map(Duration::from_secs), now).map(|until| until.as_second() - NOW)
    }

    #[test]
    fn times_count_to_the_second_with_a_minute_of_leeway() {
        let day = 86_400;
        for (claims, max_age, expected) in [
            (json!({ "exp": NOW + 300 }), None, Ok(360)),
            (json!({ "exp": NOW - 59 }), None, Ok(1)),
            (json!({ "exp": NOW - 60 }), None, Err(Flaw::Expired)),
            (json!({ "exp": 0 }), None, Err(Flaw::Expired)),
            (json!({ "exp": -1e10 }), None, Err(Flaw::Expired)),
            (json!({ "exp": NOW + 300, "nbf": NOW + 60 }), None, Ok(360)),
            (json!({ "exp": NOW + 300, "nbf": NOW + 61 }), None, Err(Flaw::Future)),
            (json!({ "exp": NOW + 300, "iat": NOW + 60 }), Some(600), Ok(360)),
            (json!({ "exp": NOW + 300, "iat": NOW + 61 }), Some(600), Err(Flaw::Future)),
            (json!({ "exp": NOW + 300, "iat": NOW - 660 }), Some(600), Ok(360)),
            (json!({ "exp": NOW + 300, "iat": NOW - 661 }), Some(600), Err(Flaw::TooOld)),
            (json!({ "exp": NOW + 300, "iat": NOW - 661 }), None, Ok(360)),
            (json!({ "exp": NOW + 300 }), Some(600), Err(Flaw::NoAge)),
            (json!({ "exp": NOW + day + 60 }), None, Ok(day + 120)),
            (json!({ "exp": NOW + day + 61 }), None, Err(Flaw::TooLasting)),
            (json!({ "exp": NOW + 300, "iat": NOW + 300 - day - 60 }), None, Ok(360)),
            (json!({ "exp": NOW + 300, "iat": NOW + 300 - day - 61 }), None, Err(Flaw::TooLasting)),
            (json!({ "exp": NOW + 2 * day, "iat": NOW }), Some(600), Err(Flaw::TooLasting)),
            (json!({ "iat": NOW }), Some(600), Err(Flaw::NoExpiry)),
            (json!({ "exp": null }), None, Err(Flaw::Claims)),
            (json!({ "exp": NOW + 300, "nbf": "x" }), None, Err(Flaw::Claims)),
            (json!({ "exp": NOW + 300, "iat": true }), None, Err(Flaw::Claims)),
            (json!({ "exp": 1e18 }), None, Err(Flaw::Claims)),
        ] {
            assert_eq!(check(claims.clone(), max_age), expected, "{claims} {max_age:?}");
        }
    }

    #[test]
    fn a_token_that_is_known_is_checked_all_the_same_but_for_its_signature() {
        use crate::clock;
        use crate::key::mint::{PrivateKey, generate_pair};

        let make = || {
            let pair = generate_pair(&mut clock::rng()).unwrap();
            let base64: String = pair.public.lines().filter(|line| !line.starts_with('-')).collect();
            let der = base64::engine::general_purpose::STANDARD.decode(base64).unwrap();
            let key = jsonwebtoken::DecodingKey::from_ed_der(&der[der.len() - 32..]);
            (PrivateKey::read(pair.private.reveal()).unwrap(), PublicKey { kid: None, key })
        };
        let ((private, public), (_, other)) = (make(), make());
        let (known, others) = (SignatureCache::default(), SignatureCache::default());
        let signed = JwtSettings {
            algorithm: Algorithm::EdDSA,
            keys: vec![],
            issuer: None,
            claims: std::collections::BTreeMap::new(),
            max_age: None,
        };
        let audience: PublicUrl = "https://invite.example.com/".parse().unwrap();
        let now = Timestamp::from_second(NOW).unwrap();
        let mint = |id: Option<String>| {
            let claims = crate::key::mint::Claims {
                audience: audience.base(),
                issuer: None,
                issued_at: now,
                expires_at: now + SignedDuration::from_mins(5),
                id,
                host: None,
                scope: None,
                max_ttl: None,
                others: &std::collections::BTreeMap::new(),
            };
            private.sign(&"ci".parse().unwrap(), Algorithm::EdDSA, &claims).unwrap()
        };
        let digest = |text: &str| Sha256::digest(text).into();
        let check = |text: &str, key: &PublicKey, known: &SignatureCache, now| {
            Token::read(text)
                .unwrap()
                .check(&signed, [key], known, std::slice::from_ref(&audience), now, &|| true)
                .map(drop)
        };
        let token = mint(None);
        assert!(!known.holds(&digest(&token)));
        for _ in 0..2 {
            assert_eq!(check(&token, &public, &known, now), Ok(()));
            assert!(known.holds(&digest(&token)));
        }
        // The signature is not computed again: with another public key it would not fit.
        assert_eq!(check(&token, &other, &known, now), Ok(()));
        assert_eq!(check(&token, &other, &others, now), Err(Flaw::Signature));
        assert_eq!(check(&token, &public, &known, now + SignedDuration::from_mins(7)), Err(Flaw::Expired));
        let (message, signature) = token.rsplit_once('.').unwrap();
        let changed = format!("{message}.{}{}", if signature.starts_with('A') { 'B' } else { 'A' }, &signature[1..]);
        assert_eq!(check(&changed, &public, &known, now), Err(Flaw::Signature));
        // What comes once is not worth it; what came again is known.
        let once = mint(Some("x".into()));
        assert_eq!(check(&once, &public, &known, now), Ok(()));
        assert!(!known.holds(&digest(&once)));
        assert!(!known.is_used(&digest(&once)));
        known.note_used(digest(&once));
        assert!(known.is_used(&digest(&once)));
        // Where signatures are not computed, what is known is known all the same.
        let sparing = |text: &str| {
            Token::read(text)
                .unwrap()
                .check(&signed, [&public], &known, std::slice::from_ref(&audience), now, &|| false)
                .map(drop)
        };
        assert_eq!((sparing(&token), sparing(&changed)), (Ok(()), Err(Flaw::Unchecked)));
    }

    #[test]
    fn a_jwt_has_three_parts_and_no_slash() {
        for jwt in ["a.b.c", "eyJ.e30.", "-_.A.9"] {
            assert!(is_jwt(jwt), "{jwt}");
        }
        for other in ["", "a", "a.b", "a.b.c.d", ".b.c", "a..c", "..", "a.b.c/secret", "a/b.c.d", "a.b.c=", "a.b.c d"] {
            assert!(!is_jwt(other), "{other}");
        }
    }
}
