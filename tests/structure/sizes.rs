//! Files can be read at a sitting.

use std::collections::BTreeMap;

use crate::source::modules;

/// Without its tests.
const MOST_LINES: usize = 300;

/// Files that are longer, and why they are one thing.
const LONGER: &[(&str, &str)] = &[];

#[test]
fn files_are_short() {
    let modules = modules();
    let long = modules.iter().filter(|module| !module.is_test && module.lines() >= MOST_LINES);
    let mut long: BTreeMap<_, _> = long.map(|module| (module.file.display().to_string(), module.lines())).collect();
    let listed = LONGER.iter().map(|(file, _)| file);
    let gone: Vec<_> = listed.filter(|file| long.remove(**file).is_none()).collect();
    assert!(gone.is_empty(), "short enough, so to be taken off the list: {gone:?}");
    assert!(long.is_empty(), "files of {MOST_LINES} lines and more: {long:#?}");
}
