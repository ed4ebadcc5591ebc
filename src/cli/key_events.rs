//! Has webhooks be told of keys that are created and deleted in the state directory.

use super::terminal::hint;
use crate::config::Settings;
use crate::delivery;
use crate::invite::event::{EventKind, KeyData, body};
use crate::invite::name::{HostName, KeyId};
use crate::key::Key;
use crate::ledger::Ledger;
use crate::log::chain;

/// What is said of a key.
pub(super) fn data(id: &KeyId, key: &Key) -> KeyData {
    let settings = &key.settings;
    KeyData {
        id: id.to_string(),
        name: settings.name.clone(),
        scopes: settings.allow.iter().map(ToString::to_string).collect(),
        hosts: settings.hosts.as_ref().map(|hosts| hosts.iter().map(HostName::to_string).collect()),
    }
}

/// Has whoever wants to know be told of what happened to keys. What was done with these is done, whatever comes of this; where
/// nobody wants to know the ledger is left alone.
pub(super) fn announce(settings: &Settings, kind: EventKind, keys: &[KeyData]) {
    let subscribers = delivery::subscribers(settings);
    if keys.is_empty() || !subscribers.iter().any(|one| one.wants(kind, None)) {
        return;
    }
    if let Err(error) = try_to(settings, kind, keys) {
        hint(&format!("warning: webhooks are not told of that: {}", chain(error.as_ref())));
    }
}

fn try_to(settings: &Settings, kind: EventKind, keys: &[KeyData]) -> anyhow::Result<()> {
    let ledger = Ledger::open(&settings.ledger)?;
    ledger.subscribe(delivery::subscribers(settings));
    let now = ledger.now();
    let told = async_std::task::block_on(async {
        for key in keys {
            ledger.announce(kind, format!("key/{}", key.id), body(kind.name(), now, key), now).await?;
        }
        Ok::<_, anyhow::Error>(())
    });
    ledger.close();
    told
}
