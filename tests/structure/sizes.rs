//! Files can be read at a sitting.

use crate::source::modules;

/// Without its tests.
const MOST_LINES: usize = 300;

/// Files that are longer, and why they are one thing.
const LONGER: &[(&str, &str)] = &[];

/// Files that are still to be divided: what is here and short is to go from here, too.
#[rustfmt::skip]
const KNOWN: &[&str] = &[
    "api/invites.rs",
    "backend/guarded.rs",
    "backend/mod.rs",
    "backend/prosody/connection.rs",
    "config/raw.rs",
    "config/settings.rs",
    "config/settle.rs",
    "invite/mod.rs",
    "key/jwt.rs",
    "key/lua.rs",
    "ledger/mod.rs",
    "ledger/store/write.rs",
    "problem.rs",
];

#[test]
fn files_are_short() {
    let modules = modules();
    let long = modules.iter().filter(|module| !module.is_test && module.lines() >= MOST_LINES);
    let mut long: Vec<_> = long.map(|module| (module.file.display().to_string(), module.lines())).collect();
    for file in LONGER.iter().map(|(file, _)| file).chain(KNOWN) {
        let at = long.iter().position(|(long, _)| long == file);
        long.remove(at.unwrap_or_else(|| panic!("{file} is short enough: take it off the list")));
    }
    assert!(long.is_empty(), "files of {MOST_LINES} lines and more: {long:#?}");
}
