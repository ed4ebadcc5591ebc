//! What an admin is told of keys that do less than they once did.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::Scope;
use crate::invite::name::KeyId;
use crate::key::Key;

/// So many keys are named.
const NAMED: usize = 5;

/// Says which keys an earlier version created, to which `create` was all there is, with any number of uses.
pub(super) fn of_earlier_version(keys: &BTreeMap<KeyId, Arc<Key>>) -> Option<String> {
    let old: Vec<_> = keys.values().filter(|key| is_of_earlier_version(key)).map(|key| key.id.as_str()).collect();
    let first = old.first()?;
    let mut names = old.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if let Some(more) = old.len().checked_sub(NAMED).filter(|more| *more > 0) {
        names = format!("{names} and {more} more");
    }
    Some(format!(
        "keys of an earlier version create plain invites of one use now: {names}. For more, write what they need into \
         keys/{first}.toml of the state directory, such as allow = [\"create\", \"reset\"] and max_uses = 30; max_uses = 1 \
         if they need no more"
    ))
}

fn is_of_earlier_version(key: &Key) -> bool {
    let settings = &key.settings;
    // `key create` writes the moment, to less than a second; `key import` Prosody's whole seconds, and what that key could
    // do it still can. Nothing writes it into a declaration.
    let is_created_here = settings.created_at.is_some_and(|at| at.subsec_nanosecond() != 0);
    is_created_here && !settings.says_max_uses && key.allows(Scope::Create)
}
