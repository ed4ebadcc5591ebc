//! `[keys]`: who may have invites created, and how they prove it; a key of the state directory has the same form.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::checks::Checks;
use super::hosts::HostSettings;
use super::key_secret;
use super::origin::Origin;
use super::public_key::{self, Algorithm, PublicKey};
use super::scopes::{self, ApiMethod, DEFAULT_MAX_USES, Scope};
use super::secret::Secret;
use super::value::{Moment, Sha256, Span};
use crate::invite::name::{HostName, KeyId};
use crate::rate::Rate;

/// `[keys.website]`
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct RawKey {
    /// What the key is for, in a few words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// SHA-256 of the secret, in hexadecimal; safe in a world-readable file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
    /// A file or credential that holds the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// For JWTs: the public key in PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// For JWTs: a file or credential that holds the public key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key_file: Option<PathBuf>,
    /// For JWTs: a file or credential that holds a JSON Web Key Set; read again on reload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_file: Option<PathBuf>,
    /// For JWTs: the one algorithm that is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<Algorithm>,
    /// For JWTs: what `iss` must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// For JWTs: claims that must be there, each exactly so.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub claims: BTreeMap<String, String>,
    /// For JWTs: the greatest age of a token, by `iat`; default: any, as long as it lives a day at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Span>,
    /// The hosts it may create invites for; default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Vec<String>>,
    /// What it may do; default: create, plain invites for accounts. More: contact, reset, roles (and groups), read, revoke,
    /// redeem, register, mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<Scope>>,
    /// The methods it may use on `/invites_api`; default: GET and POST.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub methods: Option<Vec<ApiMethod>>,
    /// The longest lifetime of its invites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_ttl: Option<Span>,
    /// The most uses of one of its invites; default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_uses: Option<u32>,
    /// Invites created, in bursts up to that many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Rate>,
    /// The most pending invites that it may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_pending: Option<u32>,
    /// When it expires; default: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Moment>,
    /// When it was created; written by `key create`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Moment>,
}

/// What a key may do and how it proves itself; the same for declared keys and those of the state directory.
#[derive(Clone, Debug)]
pub struct KeySettings {
    /// What it is for.
    pub name: String,
    /// How its holder proves to hold it.
    pub proof: Proof,
    /// The hosts it may create invites for; none: all.
    pub hosts: Option<BTreeSet<HostName>>,
    /// What it may do.
    pub allow: BTreeSet<Scope>,
    /// Methods on `/invites_api`.
    pub methods: BTreeSet<ApiMethod>,
    /// Longest lifetime of its invites.
    pub max_ttl: Option<Duration>,
    /// Most uses of one of its invites.
    pub max_uses: u32,
    /// Whether that is written down, and not the default.
    pub says_max_uses: bool,
    /// Invites created.
    pub limit: Option<Rate>,
    /// Most pending invites.
    pub max_pending: Option<u32>,
    /// When it expires.
    pub expires: Option<Timestamp>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
}

/// How the holder of a key proves to hold it.
#[derive(Clone, Debug)]
pub enum Proof {
    /// An opaque secret with this digest.
    Opaque(Sha256),
    /// JWTs.
    Signed(Arc<JwtSettings>),
    /// A credential that only the service itself gets to see.
    Unread,
}

/// What a JWT must be like.
#[derive(Debug)]
pub struct JwtSettings {
    /// The one algorithm.
    pub algorithm: Algorithm,
    /// Any of these has signed it.
    pub keys: Vec<PublicKey>,
    /// `iss`.
    pub issuer: Option<String>,
    /// Claims that must be there, each exactly so.
    pub claims: BTreeMap<String, String>,
    /// Its greatest age, by `iat`.
    pub max_age: Option<Duration>,
}

/// Declared keys and who declared them. `mail` says whether mail can be sent.
pub(super) fn resolve(
    raw: &BTreeMap<String, RawKey>,
    hosts: &BTreeMap<HostName, HostSettings>,
    mail: bool,
    checks: &mut Checks<'_>,
) -> BTreeMap<KeyId, (KeySettings, Origin)> {
    let mut keys = BTreeMap::new();
    for (name, key) in raw {
        let at = ["keys", name.as_str()];
        let id = match name.parse::<KeyId>() {
            Ok(id) => id,
            Err(error) => {
                // Somebody may have written the whole key, with its secret.
                let shown = name.split_once('/').map_or(name.clone(), |(id, _)| format!("{id}/…"));
                checks.name_fault(&at, &["keys", &shown], &error);
                continue;
            }
        };
        let proof = key.resolve_proof(name, &|id| raw.contains_key(id), checks);
        let named = key.hosts.iter().flatten().filter_map(|host| host.parse::<HostName>().ok());
        for host in named.filter(|host| !hosts.contains_key(host)) {
            checks.fault(&["keys", name, "hosts"], &format!("{host} is not declared under [hosts]"));
        }
        // One without a proof is a fault already; what is wrong beside it is told with it.
        match key.resolve(proof.unwrap_or(Proof::Unread), Some(name)) {
            Ok(resolved) => {
                scopes::note_idle(name, &resolved.allow, mail, checks);
                keys.insert(id, (resolved, checks.origin_at(&at)));
            }
            Err(wrong) => {
                for (field, reason) in wrong {
                    checks.fault(&["keys", name, field], &reason);
                }
            }
        }
    }
    keys
}

impl RawKey {
    fn resolve_proof(&self, name: &str, is_declared: &dyn Fn(&str) -> bool, checks: &mut Checks<'_>) -> Option<Proof> {
        let given = [
            ("sha256", self.sha256.is_some()),
            ("secret_file", self.secret_file.is_some()),
            ("public_key", self.public_key.is_some()),
            ("public_key_file", self.public_key_file.is_some()),
            ("jwks_file", self.jwks_file.is_some()),
        ];
        let given: Vec<_> = given.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect();
        if matches!(given.as_slice(), ["sha256" | "secret_file"]) {
            self.refuse_jwt_settings(name, checks);
        }
        match given.as_slice() {
            ["sha256"] => self.sha256.map(Proof::Opaque),
            ["secret_file"] => {
                let secret = key_secret::read(name, self.secret_file.as_ref()?, is_declared, checks);
                // Never given up for a key that is declared: an id without a proof opens nothing.
                Some(secret.map_or(Proof::Unread, |secret| Proof::Opaque(Sha256::of(secret.reveal()))))
            }
            [form] => Some(
                self.resolve_jwt(name, form, checks).map_or(Proof::Unread, |signed| Proof::Signed(Arc::new(signed))),
            ),
            [] => {
                checks
                    .fault(&["keys", name], "needs one of sha256, secret_file, public_key, public_key_file, jwks_file");
                None
            }
            [first, ..] => {
                let reason = format!("{} exclude each other; keep one", given.join(" and "));
                checks.fault(&["keys", name, first], &reason);
                None
            }
        }
    }

    /// A claim that is asked of a secret would never be looked at.
    fn refuse_jwt_settings(&self, name: &str, checks: &mut Checks<'_>) {
        let given = [
            ("algorithm", self.algorithm.is_some()),
            ("issuer", self.issuer.is_some()),
            ("claims", !self.claims.is_empty()),
            ("max_age", self.max_age.is_some()),
        ];
        for (field, _) in given.into_iter().filter(|(_, is)| *is) {
            checks.fault(&["keys", name, field], "is for JWTs, and this key is a secret; remove it");
        }
    }

    /// What its JWTs must be like; `form` is the setting that has its public keys.
    fn resolve_jwt(&self, name: &str, form: &str, checks: &mut Checks<'_>) -> Option<JwtSettings> {
        let Some(algorithm) = self.algorithm else {
            checks.fault(&["keys", name], "a key for JWTs needs `algorithm`: EdDSA, ES256, ES384, RS256 or PS256");
            return None;
        };
        let at = ["keys", name, form];
        let file = self.public_key_file.as_ref().or(self.jwks_file.as_ref());
        let text = match file {
            Some(file) => checks.read_text(&at, file)?,
            None => Secret::new(self.public_key.clone()?),
        };
        let keys = match form {
            "jwks_file" => public_key::from_jwks(text.reveal(), algorithm),
            _ => public_key::from_pem(text.reveal(), algorithm).map(|key| vec![key]),
        };
        match keys {
            Ok(keys) => {
                let (issuer, claims) = (self.issuer.clone(), self.claims.clone());
                Some(JwtSettings { algorithm, keys, issuer, claims, max_age: self.max_age.map(|span| span.0) })
            }
            Err(error) if file.is_some() => checks.fault_of(&at, &error),
            Err(error) => {
                // What stands where a public key belongs may be a private one.
                checks.secret_fault(&at, &error);
                None
            }
        }
    }

    /// A key's settings, or what is wrong with them, by field. The raw form is the same in a file of the state directory.
    ///
    /// # Errors
    /// The fields at fault, each with what is allowed.
    pub(crate) fn resolve(&self, proof: Proof, name: Option<&str>) -> Result<KeySettings, Vec<(&'static str, String)>> {
        let mut wrong = Vec::new();
        let mut hosts = self.hosts.as_ref().map(|_| BTreeSet::new());
        for host in self.hosts.iter().flatten() {
            match host.parse::<HostName>() {
                Ok(host) => _ = hosts.as_mut().map(|hosts| hosts.insert(host)),
                Err(error) => wrong.push(("hosts", error.to_string())),
            }
        }
        if self.max_uses == Some(0) {
            wrong.push(("max_uses", "expected at least 1".into()));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let methods = self.methods.clone().unwrap_or_else(|| ApiMethod::ALL.to_vec());
        Ok(KeySettings {
            name: self.name.clone().or(name.map(String::from)).unwrap_or_default(),
            proof,
            hosts,
            allow: self.allow.clone().map_or_else(Scope::defaults, |allow| allow.into_iter().collect()),
            methods: methods.into_iter().collect(),
            max_ttl: self.max_ttl.map(|span| span.0),
            max_uses: self.max_uses.unwrap_or(DEFAULT_MAX_USES),
            says_max_uses: self.max_uses.is_some(),
            limit: self.limit,
            max_pending: self.max_pending,
            expires: self.expires.map(|moment| moment.0),
            created_at: self.created_at.map(|moment| moment.0),
        })
    }
}
