//! `invited key create`: a key of the state directory, or one to be declared.

use anyhow::bail;
use clap_complete::ArgValueCandidates;
use serde_json::{Value, json};

use super::candidates;
use super::key_declaration::{Declaration, unproven, with_defaults};
use super::key_events;
use super::outcome::{Outcome, WrongUse};
use super::owner::become_owner;
use super::terminal::{hint, print, print_json};
use crate::clock;
use crate::config::value::{Moment, Sha256, Span};
use crate::config::{Algorithm, RawKey, Scope, Settings};
use crate::invite::event::EventKind;
use crate::invite::name::{HostName, KeyId};
use crate::invite::policy::MAX_USES;
use crate::invite::text::is_control;
use crate::key::state::{StateError, StateKeys};
use crate::key::{mint, opaque};
use crate::rate::Rate;

/// What a declaration says of the age of tokens; callers mint them as they need them.
const JWT_MAX_AGE: Span = Span::seconds(600);

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  invited key create \"Sign-up form\" --host example.com --limit 60/h
  invited key create \"Helpdesk\" --allow create --allow reset --expires 90d
  invited key create \"Classes\" --max-uses 30
  invited key create --id website --declare    to be declared in a configuration
  invited key create --id ci --jwt >ci.pem     for callers that sign JWTs")]
pub(super) struct CreateKey {
    /// What the key is for, in a few words
    name: Option<String>,
    /// ID of the key: letters, digits, `.`, `_` and `-` [default: 8 random characters]
    #[arg(long)]
    id: Option<KeyId>,
    /// Host that the key may create invites for; repeatable [default: all hosts]
    #[arg(long = "host", value_name = "HOST", add = ArgValueCandidates::new(candidates::hosts))]
    hosts: Vec<HostName>,
    /// What the key may do; repeatable [default: create]
    #[arg(long, value_name = "SCOPE")]
    allow: Vec<Scope>,
    /// Most uses of an invite of the key, 1 to 10000 [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_USES)))]
    max_uses: Option<u32>,
    /// Lifetime, such as 90d [default: never expires]
    #[arg(long, value_name = "DURATION")]
    expires: Option<Span>,
    /// Rate limit for creating invites, such as 60/h [default: no limit]
    #[arg(long, value_name = "RATE")]
    limit: Option<Rate>,
    /// Store nothing: print the key, and on stderr the TOML and the Nix that declare it by its digest
    #[arg(long)]
    declare: bool,
    /// Store nothing: print an Ed25519 private key for signing JWTs, and on stderr the declaration of its public key
    #[arg(long, conflicts_with = "declare")]
    jwt: bool,
    /// Print JSON, which has a declaration in it
    #[arg(long)]
    json: bool,
}

pub(super) fn create(settings: &Settings, options: CreateKey) -> Outcome {
    let now = clock::now();
    let mut rng = clock::rng();
    let chosen = options.id.is_some();
    let mut id = options.id.unwrap_or_else(|| opaque::generate_id(&mut rng));
    if options.name.as_ref().is_some_and(|name| name.chars().any(is_control)) {
        return Err(WrongUse("the name must be one line, without control characters".into()).into());
    }
    let expires = options.expires.and_then(|span| now.checked_add(span.0).ok()).map(Moment);
    let key = RawKey {
        allow: (!options.allow.is_empty()).then_some(options.allow),
        max_uses: options.max_uses,
        expires,
        limit: options.limit,
        ..unproven(options.name, &options.hosts)
    };
    if options.jwt {
        let pair = mint::generate_pair(&mut rng)?;
        let (public_key, algorithm) = (Some(pair.public), Some(Algorithm::EdDSA));
        let key = RawKey { public_key, algorithm, max_age: Some(JWT_MAX_AGE), ..key };
        return declare(&id, &key, "private_key", pair.private.reveal(), options.json);
    }
    let secret = opaque::generate_secret(&mut rng);
    let key = RawKey { sha256: Some(Sha256::of(secret.reveal())), ..key };
    if options.declare {
        return declare(&id, &key, "key", &format!("{id}/{}", secret.reveal()), options.json);
    }
    let key = RawKey { created_at: Some(Moment(now)), ..with_defaults(key) };
    if let Some((_, origin)) = settings.keys.get(&id) {
        bail!("there is already a key {id}, declared in {origin}; choose another --id");
    }
    become_owner(settings)?;
    let state = StateKeys::new(&settings.state_dir);
    let path = loop {
        match state.store(&id, &key) {
            // By chance, once in 2^48.
            Err(StateError::Exists(_)) if !chosen => id = opaque::generate_id(&mut rng),
            result => break result?,
        }
    };
    for host in options.hosts.iter().filter(|host| !settings.hosts.contains_key(*host)) {
        hint(&format!("note: {host} is not declared under [hosts] yet"));
    }
    let whole = format!("{id}/{}", secret.reveal());
    let shown = if options.json {
        print_json(&json!({ "id": id, "key": whole, "file": path.display().to_string() }))
    } else {
        print(&whole)
    };
    if let Err(error) = shown {
        // Nobody has it, and it is never shown again.
        state.delete(&id)?;
        return Err(error.context("cannot print the key; none was created"));
    }
    if let Some(stored) = state.current().keys.get(&id) {
        key_events::announce(settings, EventKind::KeyCreated, &[key_events::data(&id, stored)]);
    }
    hint(&format!("stored in {}, by its digest alone: this is the only time that the key is shown", path.display()));
    Ok(())
}

/// Prints `secret`, which is called `what` in JSON, and how to declare its key.
fn declare(id: &KeyId, key: &RawKey, what: &str, secret: &str, is_json: bool) -> Outcome {
    let Declaration { toml, nix } = Declaration::of(id, key)?;
    if is_json {
        let mut answer = json!({ "id": id, "toml": toml, "nix": nix });
        answer[what] = Value::from(secret);
        return print_json(&answer);
    }
    hint(&format!(
        "# In the configuration:\n{toml}\n# In NixOS:\n{nix}\n# The key itself is on stdout: give it to whoever calls the API."
    ));
    print(secret)
}
