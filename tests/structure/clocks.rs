//! Which clock is asked what time it is: whatever judges asks the ledger, which has the database's.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{ReferenceKind, modules};

/// Where this machine's own clock is the right one, and why.
const OWN: &[(&str, &str)] = &[
    ("backend", "how long a call may take, and what XMPP servers say of their own tokens"),
    ("cli::backup", "when a backup was written"),
    ("cli::candidates", "a shell does not wait"),
    ("cli::check", "certificates"),
    ("cli::invite", "what was typed, before there is a ledger"),
    ("cli::key_create", "keys are files"),
    ("cli::key_list", "keys are files"),
    ("cli::ledger", "when a ledger was copied"),
    ("cli::man", "the date of a page"),
    ("cli::token", "a token is signed by whoever calls, who has no ledger"),
    ("cli::webhook", "a test is no event of the ledger"),
    ("key::snapshot", "when a file was changed"),
    ("ledger::examine", "the ledger is a file"),
    ("ledger::server_clock", "it is held against the database's"),
    ("ledger::time", "the ledger is a file"),
    ("log", "when a line was written"),
    ("server::http", "`Date`"),
    ("service::in_force", "certificates"),
];

#[test]
fn whatever_judges_asks_the_ledger_what_time_it_is() {
    let now = ["clock".to_owned(), "now".to_owned()];
    let (mut asked, mut used) = (BTreeMap::new(), BTreeSet::new());
    for module in modules().iter().filter(|module| !module.is_test) {
        let is_asked = |kind| kind == ReferenceKind::Code || kind == ReferenceKind::Reexport;
        let own = OWN.iter().find(|(name, _)| {
            let name: Vec<_> = name.split("::").map(str::to_owned).collect();
            module.path.starts_with(&name)
        });
        for reference in module.references.iter().filter(|reference| reference.to == now && is_asked(reference.kind)) {
            match own {
                Some((name, _)) => _ = used.insert(*name),
                None => _ = asked.insert(format!("src/{}:{}", module.file.display(), reference.line), "ledger.now()"),
            }
        }
    }
    assert!(asked.is_empty(), "these ask this machine's clock; ask the ledger's: {asked:#?}");
    let gone: Vec<_> = OWN.iter().map(|(name, _)| *name).filter(|name| !used.contains(name)).collect();
    assert!(gone.is_empty(), "gone, so to be taken off the list: {gone:?}");
}
