//! `invited key`: keys of the state directory.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use serde::Serialize;

use super::{Global, Outcome, WrongUse, hint, print, print_json};
use crate::clock;
use crate::config::value::{Moment, Sha256, Span};
use crate::config::{Algorithm, ApiMethod, LedgerUrl, Origin, RawKey, Scope, Settings};
use crate::invite::name::{HostName, KeyId};
use crate::key::state::{StateError, StateKeys};
use crate::key::{Key, KeyRing, mint, opaque, prosody};
use crate::ledger::{LastUse, Ledger};
use crate::rate::Rate;

/// What a declaration says of the age of tokens; callers mint them as they need them.
const JWT_MAX_AGE: Span = Span::seconds(600);

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Create a key in the state directory; prints ID/SECRET, which is shown only once
    Create(Create),
    /// List keys: ID, name, origin, scopes, hosts, expiry, last use
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete a key from the state directory; a running service refuses it within a second
    #[command(after_help = "\
Examples:
  invited key delete Ab3dE_9x
  invited key delete -- -b3dE_9x    an ID that begins with a dash")]
    Delete {
        /// ID of the key, as `invited key list` prints it
        id: String,
    },
    /// Import the keys of a Prosody host (mod_invites_api)
    ///
    /// Import the keys of a Prosody host (mod_invites_api). The secrets stay as they are, so callers need no change. The
    /// file is Lua; it is parsed, never run.
    #[command(after_help = "\
Example:
  invited key import /var/lib/prosody/example%2ecom/invite_api_keys.dat")]
    Import {
        /// The `invite_api_keys.dat` of the host
        file: PathBuf,
        /// Host that the keys may create invites for [default: the one the file's directory is named after, else all]
        #[arg(long)]
        host: Option<HostName>,
    },
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  invited key create \"Sign-up form\" --host example.com --limit 60/h
  invited key create \"Helpdesk\" --allow create --allow revoke --expires 90d
  invited key create --id website --declare    to be declared in a configuration
  invited key create --id ci --jwt >ci.pem     for callers that sign JWTs")]
pub(super) struct Create {
    /// What the key is for, in a few words
    name: Option<String>,
    /// ID of the key: letters, digits, `.`, `_` and `-` [default: 8 random characters]
    #[arg(long)]
    id: Option<KeyId>,
    /// Host that the key may create invites for; repeatable [default: all hosts]
    #[arg(long = "host", value_name = "HOST")]
    hosts: Vec<HostName>,
    /// What the key may do; repeatable [default: create]
    #[arg(long, value_name = "SCOPE")]
    allow: Vec<Scope>,
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
}

pub(super) fn run(global: &Global, command: Command) -> Outcome {
    let settings = global.admin_settings()?;
    match command {
        Command::Create(options) => create(&settings, options),
        Command::List { json } => list(&settings, json),
        Command::Delete { id } => delete(&settings, &id),
        Command::Import { file, host } => import(&settings, &file, host.as_ref()),
    }
}

/// A key that is for `hosts`, without a proof.
fn unproven(name: Option<String>, hosts: &[HostName]) -> RawKey {
    let hosts = (!hosts.is_empty()).then(|| hosts.iter().map(ToString::to_string).collect());
    RawKey { name, hosts, ..RawKey::default() }
}

fn create(settings: &Settings, options: Create) -> Outcome {
    let now = clock::now();
    let mut rng = clock::rng();
    let chosen = options.id.is_some();
    let mut id = options.id.unwrap_or_else(|| opaque::make_id(&mut rng));
    if options.name.as_ref().is_some_and(|name| name.chars().any(char::is_control)) {
        return Err(WrongUse("the name must be one line, without control characters".into()).into());
    }
    let expires = options.expires.and_then(|span| now.checked_add(span.0).ok()).map(Moment);
    let key = RawKey {
        allow: (!options.allow.is_empty()).then_some(options.allow),
        expires,
        limit: options.limit,
        ..unproven(options.name, &options.hosts)
    };
    if options.jwt {
        let pair = mint::make_pair(&mut rng)?;
        let (public_key, algorithm) = (Some(pair.public), Some(Algorithm::EdDSA));
        hint(&declaration(&id, &RawKey { public_key, algorithm, max_age: Some(JWT_MAX_AGE), ..key })?);
        return print(pair.private.reveal());
    }
    let secret = opaque::make_secret(&mut rng);
    let key = RawKey { sha256: Some(Sha256::of(secret.reveal())), ..key };
    if options.declare {
        hint(&declaration(&id, &key)?);
        return print(&format!("{id}/{}", secret.reveal()));
    }
    let key = RawKey { created_at: Some(Moment(now)), ..key };
    if let Some((_, origin)) = settings.keys.get(&id) {
        bail!("there is already a key {id}, declared in {origin}; choose another --id");
    }
    let state = StateKeys::new(&settings.state_dir);
    let path = loop {
        match state.store(&id, &key) {
            // By chance, once in 2^48.
            Err(StateError::Exists(_)) if !chosen => id = opaque::make_id(&mut rng),
            result => break result?,
        }
    };
    for host in options.hosts.iter().filter(|host| !settings.hosts.contains_key(*host)) {
        hint(&format!("note: {host} is not declared under [hosts] yet"));
    }
    print(&format!("{id}/{}", secret.reveal()))?;
    hint(&format!("stored in {}, by its digest alone: this is the only time that the key is shown", path.display()));
    Ok(())
}

/// How to declare a key, in TOML and in Nix.
fn declaration(id: &KeyId, key: &RawKey) -> anyhow::Result<String> {
    let fields = serde_json::to_value(key)?;
    let fields = fields.as_object().context("a key has fields")?;
    let bare = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let quoted = if bare(id.as_str()) { id.to_string() } else { format!("\"{id}\"") };
    let mut text = format!("# In the configuration:\n[keys.{quoted}]\n");
    for (name, value) in fields {
        writeln!(text, "{name} = {value}")?;
    }
    // In Nix a bare name begins with a letter or underscore, and ${ begins code in a text.
    let nix_bare = bare(id.as_str()) && id.as_str().starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let quoted = if nix_bare { id.to_string() } else { format!("\"{id}\"") };
    write!(text, "\n# In NixOS:\nservices.invited.settings.keys.{quoted} = {{\n")?;
    for (name, value) in fields {
        let value = match value.as_array() {
            Some(list) => format!("[ {} ]", list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
            None => value.to_string(),
        };
        writeln!(text, "  {name} = {};", value.replace("${", "\\${"))?;
    }
    text.push_str("};\n\n# The key itself is on stdout: give it to whoever calls the API.");
    Ok(text)
}

/// A key in `key list --json`.
#[derive(Serialize)]
struct KeyView<'a> {
    id: &'a str,
    name: &'a str,
    origin: String,
    allow: Vec<Scope>,
    hosts: Option<Vec<&'a str>>,
    expires: Option<jiff::Timestamp>,
    last_used_at: Option<jiff::Timestamp>,
}

#[derive(Serialize)]
struct KeyList<'a> {
    keys: Vec<KeyView<'a>>,
}

fn list(settings: &Settings, json: bool) -> Outcome {
    let ring = KeyRing::new(&settings.keys, Arc::new(StateKeys::new(&settings.state_dir)));
    let keys = ring.all();
    let used = last_use(settings);
    let views: Vec<_> = keys.iter().map(|(id, key)| view(id, key, &used)).collect();
    if json {
        return print_json(&KeyList { keys: views });
    }
    let mut text = String::new();
    for key in views {
        let scopes: Vec<_> = key.allow.iter().map(ToString::to_string).collect();
        let hosts = key.hosts.map_or_else(|| "all hosts".to_owned(), |hosts| hosts.join(","));
        let moment = |moment: Option<jiff::Timestamp>| moment.map_or_else(|| "never".to_owned(), |at| at.to_string());
        let (expires, last) = (moment(key.expires), moment(key.last_used_at));
        let (id, name, origin, scopes) = (key.id, key.name, key.origin, scopes.join(","));
        let name = name.replace(char::is_control, " ");
        writeln!(text, "{id}\t{name}\t{origin}\t{scopes}\t{hosts}\t{expires}\t{last}")?;
    }
    if text.is_empty() {
        hint("no keys yet; create one: invited key create \"Sign-up form\"");
        return Ok(());
    }
    print(&text)
}

fn view<'a>(id: &'a KeyId, key: &'a Arc<Key>, used: &LastUse) -> KeyView<'a> {
    let settings = &key.settings;
    KeyView {
        id: id.as_str(),
        name: &settings.name,
        origin: key.origin.to_string(),
        allow: settings.allow.iter().copied().collect(),
        hosts: settings.hosts.as_ref().map(|hosts| hosts.iter().map(HostName::as_str).collect()),
        expires: settings.expires,
        last_used_at: used.get(id).copied(),
    }
}

/// When keys were last used: the ledger knows. Without a ledger, none was.
fn last_use(settings: &Settings) -> LastUse {
    let may_be_there = match &settings.ledger.url {
        LedgerUrl::Sqlite(file) => file.exists(),
        // Without a ledger key, opening would create a ledger.
        LedgerUrl::Postgres(_) | LedgerUrl::Unread => settings.ledger.key_file.exists(),
    };
    if !may_be_there {
        return BTreeMap::new();
    }
    let used = Ledger::open(&settings.ledger).map_err(anyhow::Error::from).and_then(|ledger| {
        let used = async_std::task::block_on(ledger.last_use());
        ledger.close();
        Ok(used?)
    });
    used.unwrap_or_else(|error| {
        hint(&format!("note: cannot tell when keys were last used: {error:#}"));
        BTreeMap::new()
    })
}

fn delete(settings: &Settings, id: &str) -> Outcome {
    let id: KeyId = id.parse().map_err(|_| StateError::Absent)?;
    let deleted = StateKeys::new(&settings.state_dir).delete(&id);
    match (deleted, settings.keys.get(&id)) {
        (Ok(()), None) => Ok(()),
        (Ok(()), Some((_, origin))) => {
            hint(&format!("note: another key {id} is declared in {origin}, and stays in force"));
            Ok(())
        }
        (Err(StateError::Absent), Some((_, origin))) => {
            bail!("the key {id} is declared in {origin}; remove it there and reload: systemctl reload invited")
        }
        (Err(error), _) => Err(error.into()),
    }
}

fn import(settings: &Settings, file: &Path, host: Option<&HostName>) -> Outcome {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let keys = prosody::read(&text).with_context(|| format!("cannot import {}", file.display()))?;
    let from_folder = file.parent().and_then(Path::file_name).and_then(|name| prosody_host(name.to_str()?));
    let hosts: Vec<_> = host.cloned().or(from_folder).into_iter().collect();
    let state = StateKeys::new(&settings.state_dir);
    let taken = state.current();
    for key in &keys {
        let same = |other: &Arc<Key>| is_same(other, Sha256::of(key.secret.reveal()));
        if settings.keys.contains_key(&key.id) || taken.keys.get(&key.id).is_some_and(|other| !same(other)) {
            bail!("there is already another key {}; nothing was imported", key.id);
        }
    }
    for key in &keys {
        let methods = (key.methods != [ApiMethod::Get, ApiMethod::Post]).then(|| key.methods.clone());
        let created_at = key.created_at.map(Moment);
        let sha256 = Some(Sha256::of(key.secret.reveal()));
        let stored = RawKey { sha256, methods, created_at, ..unproven(Some(key.name.clone()), &hosts) };
        match state.store(&key.id, &stored) {
            // Imported before.
            Ok(_) | Err(StateError::Exists(_)) => {
                print(&format!("{}\t{}", key.id, key.name.replace(char::is_control, " ")))?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    let count = keys.len();
    let hosts = hosts.first().map_or_else(|| "all hosts".to_owned(), ToString::to_string);
    hint(&format!("imported {count} key{}, for {hosts}", if count == 1 { "" } else { "s" }));
    Ok(())
}

fn is_same(key: &Key, sha256: Sha256) -> bool {
    matches!(&key.settings.proof, crate::config::Proof::Opaque(digest) if *digest == sha256)
        && matches!(key.origin, Origin::File(_))
}

/// Prosody names a host's folder after it, with `%2e` for dots.
fn prosody_host(folder: &str) -> Option<HostName> {
    let bytes = folder.contains('%').then(|| folder.to_ascii_lowercase().replace("%2e", ".").replace("%2d", "-"))?;
    bytes.parse().ok()
}
