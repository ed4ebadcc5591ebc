//! `invited token`: JWTs, signed with the private half of a declared key.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Subcommand;
use clap_complete::ArgValueCandidates;
use serde_json::json;

use super::candidates;
use super::global::Global;
use super::outcome::{Outcome, WrongUse};
use super::owner::become_owner;
use super::terminal::{hint, print, print_json};
use crate::clock;
use crate::config::value::Span;
use crate::config::{Algorithm, Proof, PublicUrl, Scope, Settings};
use crate::invite::name::{HostName, KeyId};
use crate::key::KeyRing;
use crate::key::mint::{Claims, PrivateKey, generate_jti};
use crate::key::state::StateKeys;

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Mint a JWT for the API; it is accepted once
    Mint(MintToken),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  invited token mint --id ci --key-file ci.pem
  invited token mint --id ci --key-file ci.pem --scope create --max-ttl 1h")]
pub(super) struct MintToken {
    /// ID of the declared key that the token stands for
    #[arg(long, value_name = "KEYID", add = ArgValueCandidates::new(candidates::signing_keys))]
    id: KeyId,
    /// File with the private key, in PEM
    #[arg(long, value_name = "PEM")]
    key_file: PathBuf,
    /// URL of the service that the token is for [default: `public_url` of the configuration]
    #[arg(long, value_name = "URL")]
    audience: Option<PublicUrl>,
    /// Lifetime of the token
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    ttl: Span,
    /// Signature algorithm [default: the declared one, else what fits the private key]
    #[arg(long, value_name = "ALGORITHM")]
    algorithm: Option<Algorithm>,
    /// Restrict the token to one host [default: those of the key]
    #[arg(long, value_name = "HOST", add = ArgValueCandidates::new(candidates::hosts))]
    host: Option<HostName>,
    /// Restrict the token to a scope; repeatable [default: those of the key]
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<Scope>,
    /// Restrict the lifetime of invites created with the token [default: that of the key]
    #[arg(long, value_name = "DURATION")]
    max_ttl: Option<Span>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(global: &Global, command: TokenCommand) -> Outcome {
    global.start_log();
    let TokenCommand::Mint(options) = command;
    mint(&global.admin_settings()?, options)
}

fn mint(settings: &Settings, options: MintToken) -> Outcome {
    let now = clock::now();
    let file = options.key_file.display();
    let text = std::fs::read_to_string(&options.key_file).with_context(|| format!("cannot read {file}"))?;
    let private = PrivateKey::read(&text).with_context(|| format!("cannot sign with {file}"))?;
    let audience = options.audience.as_ref().or(settings.public_url.as_ref());
    let audience = audience.ok_or_else(|| {
        WrongUse("the token has no audience: give --audience URL, or --config PATH with a public_url".into())
    })?;
    // What the declaration asks for is known where the configuration is at hand, and may be left to the issuer elsewhere.
    let declared = settings.keys.get(&options.id).and_then(|(key, _)| match &key.proof {
        Proof::Signed(signed) => Some(signed),
        Proof::Opaque(_) | Proof::Unread => None,
    });
    let algorithm = options.algorithm.or(declared.map(|signed| signed.algorithm));
    let words = |scopes: &[Scope]| scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let none = std::collections::BTreeMap::new();
    let claims = Claims {
        audience: audience.base(),
        issuer: declared.and_then(|signed| signed.issuer.as_deref()),
        issued_at: now,
        expires_at: now
            .checked_add(options.ttl.0)
            .context("the token would expire after the year 9999; use a shorter --ttl")?,
        id: Some(generate_jti(&mut clock::rng())),
        host: options.host.map(|host| host.to_string()),
        scope: (!options.scopes.is_empty()).then(|| words(&options.scopes)),
        max_ttl: options.max_ttl.map(|span| span.to_string()),
        others: declared.map_or(&none, |signed| &signed.claims),
    };
    let algorithm = algorithm.unwrap_or_else(|| private.algorithm());
    let token = private.sign(&options.id, algorithm, &claims).with_context(|| format!("cannot sign with {file}"))?;
    if declared.is_some() {
        become_owner(settings)?;
        let ring = KeyRing::new(&settings.keys, Arc::new(StateKeys::new(&settings.state_dir)));
        let audiences: Vec<_> = settings.public_urls().cloned().collect();
        if let Err((reason, _)) = ring.authenticate(&token, &audiences, now, false, &|| true) {
            hint(&format!("note: with this configuration the service refuses this token: {reason}"));
        }
    }
    if options.json {
        return print_json(&json!({ "id": options.id, "token": token, "expires_at": claims.expires_at }));
    }
    print(&token)
}
