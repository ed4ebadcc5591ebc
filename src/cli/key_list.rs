//! `invited key list`: all keys that count, with what each may do.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::key_notes;
use super::listing::{ListCell, ListColumn, print_rows};
use super::outcome::Outcome;
use super::owner::become_owner;
use super::terminal::{hint, print_json};
use crate::clock;
use crate::config::value::Span;
use crate::config::{ApiMethod, LedgerUrl, Scope, Settings};
use crate::desk::invites::max_uses;
use crate::invite::name::{HostName, KeyId};
use crate::key::state::StateKeys;
use crate::key::{Key, KeyRing};
use crate::ledger::{LastUse, Ledger};
use crate::log::chain;
use crate::rate::Rate;

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

/// In the order that mod_invites_api began.
const HEADS: [ListColumn; 8] = [
    ListColumn { head: "ID", is_whole: true },
    ListColumn { head: "NAME", is_whole: false },
    ListColumn { head: "ORIGIN", is_whole: true },
    ListColumn { head: "MAY", is_whole: false },
    ListColumn { head: "HOSTS", is_whole: false },
    ListColumn { head: "EXPIRES", is_whole: true },
    ListColumn { head: "LAST USED", is_whole: false },
    ListColumn { head: "USES", is_whole: true },
];

pub(super) fn list(settings: &Settings, is_json: bool) -> Outcome {
    become_owner(settings)?;
    let state = Arc::new(StateKeys::new(&settings.state_dir));
    state.try_list()?;
    let ring = KeyRing::new(&settings.keys, state);
    let keys = ring.all();
    if let Some(note) = key_notes::of_earlier_version(&keys) {
        hint(&format!("note: {note}"));
    }
    let used = last_use(settings);
    let views: Vec<_> = keys.iter().map(|(id, key)| view(id, key, &used)).collect();
    if is_json {
        return print_json(&KeyList { keys: views });
    }
    if views.is_empty() {
        hint("no keys yet; create one: invited key create \"Sign-up form\"");
    }
    print_rows(&HEADS, views.into_iter().map(|key| row(key, settings)).collect(), clock::now())
}

fn row(key: ListedKey<'_>, settings: &Settings) -> Vec<ListCell> {
    let scopes: Vec<_> = key.allow.iter().map(ToString::to_string).collect();
    let hosts = key.hosts.map(|hosts| (hosts.join(", "), hosts.join(",")));
    let (hosts_of_list, hosts_of_line) = hosts.unwrap_or_else(|| ("all hosts".into(), "all hosts".into()));
    // As mod_invites_api has it: with nothing between two tabs, `read` of a shell would take what comes next for the name.
    let name = match key.name {
        "" => ListCell::Words(String::new(), "<unknown>".to_owned()),
        name => ListCell::Text(name.to_owned()),
    };
    let origin = if settings.keys.contains_key(key.id) { "declared" } else { "stored" };
    vec![
        ListCell::Text(key.id.to_owned()),
        name,
        ListCell::Words(origin.to_owned(), key.origin),
        ListCell::Words(scopes.join(", "), scopes.join(",")),
        ListCell::Words(hosts_of_list, hosts_of_line),
        ListCell::Time(key.expires, "never"),
        ListCell::Time(key.last_used_at, "never"),
        ListCell::Text(key.max_uses.to_string()),
    ]
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
