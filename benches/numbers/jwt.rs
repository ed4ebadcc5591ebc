//! Tokens for the load, each signed anew, and the key that they stand for.

use std::collections::BTreeMap;

use invited::clock;
use invited::key::mint::{Claims, PrivateKey, generate_jti, generate_pair};
use jiff::SignedDuration;

use crate::service::{Scratch, post};

/// What signs for a key that is declared.
pub struct Signer(PrivateKey);

impl Signer {
    /// Declares a key `ci` beside those of `scratch`.
    pub fn declare(scratch: &Scratch) -> Self {
        let pair = generate_pair(&mut clock::rng()).unwrap();
        let public = pair.public;
        let key = format!("[keys.ci]\nalgorithm = \"EdDSA\"\nmax_age = \"10m\"\npublic_key = {public:?}\n");
        scratch.configure_more(&key);
        Self(PrivateKey::read(pair.private.reveal()).unwrap())
    }

    /// A whole request with a token: for one use, or for as long as it lives.
    pub fn request(&self, once: bool) -> Vec<u8> {
        let now = clock::now();
        let claims = Claims {
            audience: "https://invite.example.com/",
            issuer: None,
            issued_at: now,
            expires_at: now + SignedDuration::from_mins(5),
            id: once.then(|| generate_jti(&mut clock::rng())),
            host: None,
            scope: None,
            max_ttl: None,
            others: &BTreeMap::new(),
        };
        let token = self.0.sign(&"ci".parse().unwrap(), self.0.algorithm(), &claims).unwrap();
        post("/invites_api", &token)
    }
}
