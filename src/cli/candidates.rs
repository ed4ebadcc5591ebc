//! Words that a shell completes a command with: hosts, and ids of keys and invites, as the words before say where they are.
//!
//! Asking changes nothing and prints no secret: ids open nothing, and neither the ledger's key nor any secret in a file is
//! needed for them. What cannot be read in time is left out without a word, as somebody is typing.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use clap_complete::CompletionCandidate;

use super::owner::become_owner;
use super::terminal::one_line;
use super::time;
use crate::clock;
use crate::config::{Credentials, KeySettings, LedgerUrl, Proof, Purpose, Settings, Sources};
use crate::invite::Status;
use crate::key::state::StateKeys;
use crate::ledger::{self, Filter};

/// Longer than this nobody waits for a word.
const PATIENCE: Duration = Duration::from_secs(1);

/// So many invites are offered where nothing of an id was typed, and so many are looked through else.
const OFFERED: u32 = 100;
const SEARCHED: u32 = 10_000;

/// Hosts that are declared.
pub(super) fn hosts() -> Vec<CompletionCandidate> {
    let merged = sources().merge();
    merged.names_in("hosts").into_iter().map(CompletionCandidate::new).collect()
}

/// Webhooks that are declared.
pub(super) fn webhooks() -> Vec<CompletionCandidate> {
    let settings = sources().merge().settings(&Credentials::from_environment(), Purpose::Admin);
    let webhooks = settings.map(|settings| settings.webhooks).unwrap_or_default();
    webhooks.into_iter().filter_map(|webhook| candidate(&webhook.name, &webhook.shown_url())).collect()
}

/// Ids of all keys.
pub(super) fn keys() -> Vec<CompletionCandidate> {
    ids_of_keys(|_, _| true)
}

/// Ids of keys that can be deleted.
pub(super) fn state_keys() -> Vec<CompletionCandidate> {
    ids_of_keys(|_, is_declared| !is_declared)
}

/// Ids of keys for which tokens can be signed.
pub(super) fn signing_keys() -> Vec<CompletionCandidate> {
    ids_of_keys(|key, _| matches!(key.proof, Proof::Signed(_)))
}

/// Ids of invites.
pub(super) fn invites(typed: &OsStr) -> Vec<CompletionCandidate> {
    ids_of_invites(typed, None)
}

/// Ids of invites that can be revoked.
pub(super) fn pending_invites(typed: &OsStr) -> Vec<CompletionCandidate> {
    ids_of_invites(typed, Some(Status::Pending))
}

/// Ids of invites that can be restored.
pub(super) fn revoked_invites(typed: &OsStr) -> Vec<CompletionCandidate> {
    ids_of_invites(typed, Some(Status::Revoked))
}

/// Those of which `is_meant` says so, told whether they are declared.
fn ids_of_keys(is_meant: fn(&KeySettings, bool) -> bool) -> Vec<CompletionCandidate> {
    read(move |settings, has_state| {
        let stored = has_state.then(|| StateKeys::new(&settings.state_dir).current());
        let stored = stored.iter().flat_map(|stored| stored.keys.iter()).map(|(id, key)| (id, (&key.settings, false)));
        let declared = settings.keys.iter().map(|(id, (key, _))| (id, (key, true)));
        let keys: BTreeMap<_, _> = stored.chain(declared).collect();
        let keys = keys.into_iter().filter(|(_, (key, is_declared))| is_meant(key, *is_declared));
        keys.filter_map(|(id, (key, _))| candidate(id.as_str(), &key.name)).collect()
    })
}

fn ids_of_invites(typed: &OsStr, status: Option<Status>) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str().map(str::to_owned) else { return vec![] };
    read(move |settings, has_state| {
        let now = clock::now();
        // Another server's ledger needs no state directory, and no rights in one.
        if !has_state && matches!(settings.ledger.url, LedgerUrl::Sqlite(_)) {
            return vec![];
        }
        let limit = if typed.is_empty() { OFFERED } else { SEARCHED };
        let filter = Filter { status, ..Filter::default() };
        let invites = ledger::glance(&settings.ledger, &filter, limit, now);
        let ids = invites.iter().filter_map(|invite| {
            let id = Some(invite.id.to_string()).filter(|id| id.starts_with(&typed))?;
            let (kind, host) = (invite.draft.kind.name().word(), &invite.draft.host);
            let note = invite.draft.note.as_deref().unwrap_or_default();
            let end = time::away(invite.draft.expires_at, now);
            candidate(&id, format!("{kind} at {host}, {}, expiry {end} {note}", invite.status(now)).trim_end())
        });
        ids.take(OFFERED as usize).collect()
    })
}

/// A word with what it is. One that begins with a dash would be read as an option.
fn candidate(word: &str, what: &str) -> Option<CompletionCandidate> {
    let help = Some(one_line(what)).filter(|what| !what.is_empty()).map(Into::into);
    (!word.starts_with('-')).then(|| CompletionCandidate::new(word).help(help))
}

/// Reads with the rights and in the place of the state directory's owner, for a moment at most; says whether there is such a
/// directory.
fn read(ids: impl FnOnce(&Settings, bool) -> Vec<CompletionCandidate> + Send + 'static) -> Vec<CompletionCandidate> {
    let settings = sources().merge().settings(&Credentials::from_environment(), Purpose::Admin);
    let Ok(settings) = settings else { return vec![] };
    // Where there is none, becoming its owner may create one.
    let has_state = settings.state_dir.is_dir();
    if has_state && become_owner(&settings).is_err() {
        return vec![];
    }
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || drop(sender.send(ids(&settings, has_state))));
    receiver.recv_timeout(PATIENCE).unwrap_or_default()
}

/// Where the configuration is, by the words that were typed so far: behind `--`, as they stand there.
fn sources() -> Sources {
    let mut sources = Sources::default();
    let mut words = std::env::args_os().skip_while(|word| word != "--").skip(1);
    while let Some(word) = words.next() {
        let Some((option, value)) = option(&word) else { continue };
        // bash has `=` as a word of its own.
        let value = value.or_else(|| {
            let next = words.next()?;
            if next == "=" { words.next() } else { Some(next) }
        });
        match (option.as_str(), value.map(expanded)) {
            ("--config", Some(path)) => sources.files.push(path),
            ("--state-dir", Some(path)) => sources.state_dir = std::path::absolute(path).ok(),
            _ => {}
        }
    }
    sources
}

/// One of our options, and its value if that is in the same word.
fn option(word: &OsStr) -> Option<(String, Option<OsString>)> {
    let word = word.to_str()?;
    let (option, value) = word.split_once('=').map_or((word, None), |(option, value)| (option, Some(value.into())));
    ["--config", "--state-dir"].contains(&option).then(|| (option.to_owned(), value))
}

/// A path as the shell will read it.
fn expanded(word: OsString) -> PathBuf {
    let path = PathBuf::from(word);
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path,
    }
}
