//! `invited key`: keys of the state directory.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use clap::Subcommand;
use serde::Serialize;

use super::global::Global;
use super::key_declaration::{declaration, unproven, with_defaults};
use super::key_import::import;
use super::key_notes;
use super::outcome::{Outcome, WrongUse};
use super::owner::become_owner;
use super::terminal::{hint, print, print_json};
use crate::clock;
use crate::config::value::{Moment, Sha256, Span};
use crate::config::{Algorithm, ApiMethod, LedgerUrl, RawKey, Scope, Settings};
use crate::desk::invites::max_uses;
use crate::invite::name::{HostName, KeyId};
use crate::invite::policy::MAX_USES;
use crate::invite::text::is_control;
use crate::key::state::{StateError, StateKeys};
use crate::key::{Key, KeyRing, mint, opaque};
use crate::ledger::{LastUse, Ledger};
use crate::log::chain;
use crate::rate::Rate;

/// What a declaration says of the age of tokens; callers mint them as they need them.
const JWT_MAX_AGE: Span = Span::seconds(600);

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Create a key in the state directory; prints ID/SECRET, which is shown only once
    Create(CreateKey),
    /// List keys: ID, name, origin, scopes, hosts, expiry, last use, most uses of an invite
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
        /// Host that the keys may create invites for [default: the one that the file's directory is named after]
        #[arg(long)]
        host: Option<HostName>,
    },
}

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
    #[arg(long = "host", value_name = "HOST")]
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
}

pub(super) fn run(global: &Global, command: KeyCommand) -> Outcome {
    global.start_log();
    let settings = global.admin_settings()?;
    match command {
        KeyCommand::Create(options) => create(&settings, options),
        KeyCommand::List { json } => list(&settings, json),
        KeyCommand::Delete { id } => delete(&settings, &id),
        KeyCommand::Import { file, host } => import(&settings, &file, host.as_ref()),
    }
}

fn create(settings: &Settings, options: CreateKey) -> Outcome {
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
        hint(&declaration(&id, &RawKey { public_key, algorithm, max_age: Some(JWT_MAX_AGE), ..key })?);
        return print(pair.private.reveal());
    }
    let secret = opaque::generate_secret(&mut rng);
    let key = RawKey { sha256: Some(Sha256::of(secret.reveal())), ..key };
    if options.declare {
        hint(&declaration(&id, &key)?);
        return print(&format!("{id}/{}", secret.reveal()));
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
    print(&format!("{id}/{}", secret.reveal()))?;
    hint(&format!("stored in {}, by its digest alone: this is the only time that the key is shown", path.display()));
    Ok(())
}

/// A key in `key list --json`.
#[derive(Serialize)]
struct ListedKey<'a> {
    id: &'a str,
    name: &'a str,
    origin: String,
    allow: Vec<Scope>,
    hosts: Option<Vec<&'a str>>,
    methods: Vec<ApiMethod>,
    max_uses: u32,
    max_ttl: Option<Span>,
    limit: Option<Rate>,
    max_pending: Option<u32>,
    expires: Option<jiff::Timestamp>,
    last_used_at: Option<jiff::Timestamp>,
}

#[derive(Serialize)]
struct KeyList<'a> {
    keys: Vec<ListedKey<'a>>,
}

fn list(settings: &Settings, json: bool) -> Outcome {
    become_owner(settings)?;
    let state = Arc::new(StateKeys::new(&settings.state_dir));
    state.try_list()?;
    let ring = KeyRing::new(&settings.keys, state);
    let keys = ring.all();
    if let Some(note) = key_notes::of_earlier_version(&keys) {
        hint(&note);
    }
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
        let (name, most) = (name.replace(is_control, " "), key.max_uses);
        writeln!(text, "{id}\t{name}\t{origin}\t{scopes}\t{hosts}\t{expires}\t{last}\t{most}")?;
    }
    if text.is_empty() {
        hint("no keys yet; create one: invited key create \"Sign-up form\"");
        return Ok(());
    }
    print(&text)
}

fn view<'a>(id: &'a KeyId, key: &'a Arc<Key>, used: &LastUse) -> ListedKey<'a> {
    let settings = &key.settings;
    ListedKey {
        id: id.as_str(),
        name: &settings.name,
        origin: key.origin.to_string(),
        allow: settings.allow.iter().copied().collect(),
        hosts: settings.hosts.as_ref().map(|hosts| hosts.iter().map(HostName::as_str).collect()),
        methods: settings.methods.iter().copied().collect(),
        max_uses: max_uses(Some(key)),
        max_ttl: settings.max_ttl.map(Span),
        limit: settings.limit,
        max_pending: settings.max_pending,
        expires: settings.expires,
        last_used_at: used.get(id).copied(),
    }
}

/// When keys were last used: the ledger knows. Without a ledger, none was.
fn last_use(settings: &Settings) -> LastUse {
    // Without a ledger key, opening PostgreSQL's would create one there.
    let is_sqlite = matches!(settings.ledger.url, LedgerUrl::Sqlite(_));
    if !settings.ledger.may_be_there() || !(is_sqlite || settings.ledger.key_file.exists()) {
        return BTreeMap::new();
    }
    let used = Ledger::open(&settings.ledger).map_err(anyhow::Error::from).and_then(|ledger| {
        let used = async_std::task::block_on(ledger.last_use());
        ledger.close();
        Ok(used?)
    });
    used.unwrap_or_else(|error| {
        hint(&format!("note: cannot tell when keys were last used: {}", chain(error.as_ref())));
        BTreeMap::new()
    })
}

fn delete(settings: &Settings, id: &str) -> Outcome {
    let id: KeyId = id.parse().map_err(|_| StateError::Absent)?;
    become_owner(settings)?;
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
