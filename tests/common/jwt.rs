//! Tokens as anyone may make them: signed by ring alone, with nothing of ours in between.

#![expect(clippy::unwrap_used, reason = "a harness that cannot do its work fails the test")]
#![allow(dead_code, reason = "every test file uses a part of it")]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

/// The audience.
pub const URL: &str = "https://invite.example.com/";

/// Wrong keys slow nobody down.
pub const PATIENT: &str = "http.auth_failures = \"1000000/m\"\n";

#[expect(clippy::disallowed_methods, reason = "the service goes by the real clock")]
pub fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Signs whatever it is told to, by ring alone.
pub struct Signer(Ed25519KeyPair);

impl Signer {
    pub fn new(seed: u8) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
    }

    pub fn public(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    pub fn public_pem(&self) -> String {
        // RFC 8410, 4: a fixed head, then the key.
        let head = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        let body = STANDARD.encode([&head, self.public()].concat());
        format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
    }

    pub fn jwk(&self, kid: &str) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": URL_SAFE_NO_PAD.encode(self.public()) })
    }

    pub fn sign_text(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(self.0.sign(message.as_bytes())))
    }

    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    /// A token for the key `id` that is in order, but for `changes`; null takes a claim away.
    pub fn token(&self, id: &str, changes: &Value) -> String {
        self.sign(&header(id, &json!({})), &claims(changes))
    }
}

pub fn changed(mut value: Value, changes: &Value) -> Value {
    for (name, change) in changes.as_object().unwrap() {
        match change {
            Value::Null => _ = value.as_object_mut().unwrap().remove(name),
            change => value[name] = change.clone(),
        }
    }
    value
}

pub fn header(id: &str, changes: &Value) -> Value {
    changed(json!({ "alg": "EdDSA", "typ": "JWT", "kid": id }), changes)
}

pub fn claims(changes: &Value) -> Value {
    let ours = json!({
        "aud": URL, "iss": "https://issuer.example/", "repository": "acme/site", "iat": now(), "exp": now() + 300,
    });
    changed(ours, changes)
}

pub fn key(id: &str, public_pem: &str, more: &str) -> String {
    format!("[keys.{id}]\nalgorithm = \"EdDSA\"\npublic_key = \"\"\"\n{public_pem}\"\"\"\n{more}\n")
}
