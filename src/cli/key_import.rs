//! `invited key import`: the keys of a Prosody host.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::key_declaration::{unproven, with_defaults};
use super::key_events;
use super::outcome::{Outcome, WrongUse};
use super::owner::become_owner;
use super::terminal::{count, hint, one_line, print, print_json};
use crate::config::value::{Moment, Sha256};
use crate::config::{ApiMethod, Origin, RawKey, Settings};
use crate::invite::event::EventKind;
use crate::invite::name::{HostName, KeyId};
use crate::key::prosody::ImportedKey;
use crate::key::state::{StateError, StateKeys};
use crate::key::{Key, prosody};

/// Imports the keys of `file`.
pub(super) fn import(settings: &Settings, file: &Path, host: Option<&HostName>, is_json: bool) -> Outcome {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let keys = prosody::read(&text).with_context(|| format!("cannot import {}", file.display()))?;
    let host = match host {
        Some(host) => host.clone(),
        None => host_of_folder(settings, file)?,
    };
    become_owner(settings)?;
    let state = StateKeys::new(&settings.state_dir);
    let taken = state.current();
    for key in &keys {
        let same = |other: &Arc<Key>| is_same(other, Sha256::of(key.secret.reveal()));
        if settings.keys.contains_key(&key.id) || taken.keys.get(&key.id).is_some_and(|other| !same(other)) {
            bail!("there is already another key {}; nothing was imported", key.id);
        }
        let is_for_host = |other: &Arc<Key>| other.settings.hosts.as_ref().is_none_or(|hosts| hosts.contains(&host));
        if taken.keys.get(&key.id).is_some_and(|other| !is_for_host(other)) {
            let id = &key.id;
            bail!(
                "the key {id} is there already, and not for {host}; nothing was imported. Delete it first: invited key delete {id}"
            );
        }
    }
    let (mut created, mut found) = (vec![], vec![]);
    for key in &keys {
        let methods = (key.methods != [ApiMethod::Get, ApiMethod::Post]).then(|| key.methods.clone());
        let created_at = key.created_at.map(Moment);
        let sha256 = Some(Sha256::of(key.secret.reveal()));
        let stored =
            RawKey { sha256, methods, created_at, ..unproven(Some(key.name.clone()), std::slice::from_ref(&host)) };
        // mod_invites_api creates plain invites of one use for it, which is the default.
        let stored = with_defaults(stored);
        match state.store(&key.id, &stored) {
            Ok(_) => created.push(&key.id),
            // Imported before.
            Err(StateError::Exists(_)) if taken.keys.contains_key(&key.id) => found.push(&key.id),
            Err(error) => return Err(error.into()),
        }
        if !is_json {
            print(&format!("{}\t{}", key.id, one_line(&key.name)))?;
        }
    }
    let stored = state.current();
    let events: Vec<_> =
        created.iter().copied().filter_map(|id| Some(key_events::data(id, stored.keys.get(id)?))).collect();
    key_events::announce(settings, EventKind::KeyCreated, &events);
    if is_json {
        let view = |key: &ImportedKey| {
            let imported = created.contains(&&key.id);
            json!({ "id": key.id, "name": key.name, "hosts": [host], "imported": imported })
        };
        print_json(&json!({ "keys": keys.iter().map(view).collect::<Vec<_>>() }))?;
    }
    hint(&what_was_done(&created, &found, &host));
    if !settings.hosts.contains_key(&host) {
        hint(&format!("note: {host} is not declared under [hosts] yet"));
    }
    Ok(())
}

/// Which keys were imported, and which were there and are as they were.
fn what_was_done(created: &[&KeyId], found: &[&KeyId], host: &HostName) -> String {
    let keys = |ids: &[&KeyId]| count(ids.len(), "key");
    let names = |ids: &[&KeyId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let imported = format!("imported {}, for {host}", keys(created));
    let verb = if found.len() == 1 { "is" } else { "are" };
    match (created, found) {
        (_, []) => imported,
        ([], _) => format!("imported nothing, for {host}: {} {verb} there already", keys(found)),
        _ => format!("{imported}: {}; {} {verb} there already: {}", names(created), keys(found), names(found)),
    }
}

fn is_same(key: &Key, sha256: Sha256) -> bool {
    matches!(&key.settings.proof, crate::config::Proof::Opaque(digest) if *digest == sha256)
        && matches!(key.origin, Origin::File(_))
}

/// The declared host whose keys a file has, by its folder: Prosody keeps no other word on that.
fn host_of_folder(settings: &Settings, file: &Path) -> Result<HostName, WrongUse> {
    // `invite_api_keys.dat` is in the folder in which the command is run.
    let folder = std::path::absolute(file).ok().and_then(|file| Some(file.parent()?.file_name()?.to_str()?.to_owned()));
    let named = folder.as_deref().and_then(prosody_host);
    named.filter(|host| settings.hosts.contains_key(host)).ok_or_else(|| {
        let declared = settings.hosts.keys().map(HostName::as_str).collect::<Vec<_>>().join(", ");
        let folder = folder.unwrap_or_default();
        WrongUse(format!(
            "the directory of the file, {folder:?}, is named after no host that is declared; say for which the keys are with \
             --host: {declared}"
        ))
    })
}

/// Prosody names a host's folder after it, with every byte but letters and digits as `%xx`.
fn prosody_host(folder: &str) -> Option<HostName> {
    percent_encoding::percent_decode_str(folder).decode_utf8().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_named_after_its_host() {
        for (folder, host) in [
            ("example%2ecom", Some("example.com")),
            ("Example%2Ecom", Some("example.com")),
            ("b%c3%bccher%2eexample", Some("bücher.example")),
            ("my%2dhost%2eexample", Some("my-host.example")),
            ("chat%5fserver%2eexample", Some("chat_server.example")),
            ("localhost", Some("localhost")),
            ("%ff%2eexample", None),
            ("a%20b", None),
        ] {
            let read = prosody_host(folder);
            assert_eq!(read.as_ref().map(HostName::as_str), host, "{folder}");
        }
    }
}
