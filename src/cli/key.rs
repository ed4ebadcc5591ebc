//! `invited key`: keys of the state directory.

use std::path::PathBuf;

use anyhow::bail;
use clap::Subcommand;
use clap_complete::ArgValueCandidates;
use serde_json::json;

use super::candidates;
use super::global::Global;
use super::key_create::{CreateKey, create};
use super::key_events;
use super::key_import::import;
use super::key_list::list;
use super::outcome::Outcome;
use super::owner::become_owner;
use super::terminal::{hint, print_json};
use crate::config::Settings;
use crate::invite::event::{EventKind, KeyData};
use crate::invite::name::{HostName, KeyId};
use crate::key::state::{StateError, StateKeys};

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Create a key in the state directory; prints ID/SECRET, which is shown only once
    Create(CreateKey),
    /// List keys: ID, name, origin, scopes, hosts, expiry, last use, most uses of an invite
    ///
    /// At a terminal the list is in columns. Into a pipe each key is a line with a tab between two fields, and times are in UTC
    /// (RFC 3339). The origin is the file in which a key is declared or stored.
    #[command(after_help = "\
Examples:
  invited key list
  invited key list --json
  invited key list | cut -f 1    the IDs")]
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
        #[arg(add = ArgValueCandidates::new(candidates::state_keys))]
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Import the keys of a Prosody host (mod_invites_api)
    ///
    /// The secrets stay as they are, so callers need no change. The file is Lua; it is parsed, never run.
    #[command(after_help = "\
Examples:
  invited key import /var/lib/prosody/example%2ecom/invite_api_keys.dat
  invited key import --host example.com invite_api_keys.dat")]
    Import {
        /// The `invite_api_keys.dat` of the host
        file: PathBuf,
        /// Host that the keys may create invites for [default: the one that the file's directory is named after]
        #[arg(long, add = ArgValueCandidates::new(candidates::hosts))]
        host: Option<HostName>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(global: &Global, command: KeyCommand) -> Outcome {
    global.start_log();
    let settings = global.admin_settings()?;
    match command {
        KeyCommand::Create(options) => create(&settings, options),
        KeyCommand::List { json } => list(&settings, json),
        KeyCommand::Delete { id, json } => delete(&settings, &id, json),
        KeyCommand::Import { file, host, json } => import(&settings, &file, host.as_ref(), json),
    }
}

fn delete(settings: &Settings, id: &str, is_json: bool) -> Outcome {
    let id: KeyId = id.parse().map_err(|_| StateError::Absent)?;
    become_owner(settings)?;
    let state = StateKeys::new(&settings.state_dir);
    let gone = state.current().keys.get(&id).map(|key| key_events::data(&id, key));
    let deleted = state.delete(&id);
    if deleted.is_ok() {
        // Of one whose file could not be read no more than its id is known.
        let gone = gone.unwrap_or_else(|| KeyData { id: id.to_string(), ..KeyData::default() });
        key_events::announce(settings, EventKind::KeyDeleted, &[gone]);
    }
    let declared = settings.keys.get(&id).map(|(_, origin)| origin);
    match (deleted, declared) {
        (Ok(()), None) => hint(&format!("deleted the key {id}; the service refuses it from now on")),
        (Ok(()), Some(origin)) => hint(&format!(
            "deleted the key {id} of the state directory; note: another key {id} is declared in {origin}, and stays in force"
        )),
        (Err(StateError::Absent), Some(origin)) => {
            bail!("the key {id} is declared in {origin}; remove it there and reload: systemctl reload invited")
        }
        (Err(error), _) => return Err(error.into()),
    }
    if is_json { print_json(&json!({ "id": id, "deleted": true })) } else { Ok(()) }
}
