//! `invited key import`: the keys of a Prosody host.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};

use super::key_declaration::{unproven, with_defaults};
use super::outcome::Outcome;
use super::owner::become_owner;
use super::terminal::{hint, print};
use crate::config::value::{Moment, Sha256};
use crate::config::{ApiMethod, Origin, RawKey, Settings};
use crate::invite::name::HostName;
use crate::invite::text::is_control;
use crate::key::state::{StateError, StateKeys};
use crate::key::{Key, prosody};

/// Imports the keys of `file`.
pub(super) fn import(settings: &Settings, file: &Path, host: Option<&HostName>) -> Outcome {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let keys = prosody::read(&text).with_context(|| format!("cannot import {}", file.display()))?;
    let from_folder = file.parent().and_then(Path::file_name).and_then(|name| prosody_host(name.to_str()?));
    let hosts: Vec<_> = host.cloned().or(from_folder).into_iter().collect();
    become_owner(settings)?;
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
        // mod_invites_api creates plain invites of one use for it, which is the default.
        let stored = with_defaults(stored);
        match state.store(&key.id, &stored) {
            // Imported before.
            Ok(_) | Err(StateError::Exists(_)) => {
                print(&format!("{}\t{}", key.id, key.name.replace(is_control, " ")))?;
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
