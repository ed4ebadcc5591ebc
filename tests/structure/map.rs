//! Which module uses which: `src/lib.rs` has the map, and nothing goes against it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::source::{Module, ReferenceKind, Resolver, modules};

/// The arrows between the files of each top module: who uses whom, and where.
type Arrows = BTreeMap<String, BTreeMap<String, String>>;

/// The rows of the table, from the top.
fn rows(lib: &Module) -> Vec<Vec<String>> {
    let table = lib.text.lines().filter_map(|line| line.strip_prefix("//! | [`"));
    let names = |row: &str| {
        let cell = row.split(" |").next().unwrap_or_default();
        cell.split(", ").map(|name| name.trim_matches(['[', ']', '`']).to_owned()).collect()
    };
    table.map(names).collect()
}

#[test]
fn every_module_has_its_place_in_the_map() {
    let modules = modules();
    let lib = modules.iter().find(|module| module.path.is_empty()).unwrap();
    let mut mapped: Vec<_> = rows(lib).concat();
    let mut there: Vec<_> =
        modules.iter().filter(|module| module.path.len() == 1 && module.top() != "main").map(Module::name).collect();
    mapped.sort();
    there.sort();
    assert_eq!(mapped, there, "the table in src/lib.rs, and the modules");
}

#[test]
fn every_file_is_a_module() {
    let mut files = vec![];
    crate::sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert_eq!(modules().len(), files.len(), "a file that no `mod` names is read by nobody");
}

#[test]
fn arrows_point_down() {
    let modules = modules();
    let (rows, resolver) =
        (rows(modules.iter().find(|module| module.path.is_empty()).unwrap()), Resolver::new(&modules));
    // The program stands above all.
    let row = |top: &str| match top {
        "main" => 0,
        top => 1 + rows.iter().position(|row| row.iter().any(|name| name == top)).unwrap_or_else(|| panic!("{top}")),
    };
    let mut wrong = BTreeSet::new();
    for module in modules.iter().filter(|module| !module.path.is_empty()) {
        for reference in &module.references {
            let home = resolver.module(&reference.to).top().to_owned();
            for used in [reference.to.first().unwrap_or(&home), &home] {
                if !used.is_empty() && used != module.top() && row(module.top()) >= row(used) {
                    wrong.insert(format!("src/{}:{} uses {used}", module.file.display(), reference.line));
                }
            }
        }
    }
    assert_eq!(wrong, BTreeSet::new());
}

/// Without what is for tests, and what is handed on only.
fn arrows(modules: &[Module], with_parents: bool) -> Arrows {
    let resolver = Resolver::new(modules);
    let mut arrows = Arrows::new();
    for module in modules.iter().filter(|module| !module.is_test) {
        for reference in module.references.iter().filter(|reference| reference.kind == ReferenceKind::Code) {
            let used = resolver.module(&reference.to);
            let is_parent = module.path.starts_with(&used.path);
            if used.path != module.path && used.top() == module.top() && (with_parents || !is_parent) {
                let place = format!("src/{}:{}", module.file.display(), reference.line);
                arrows.entry(module.name()).or_default().entry(used.name()).or_insert(place);
            }
        }
    }
    arrows
}

/// Every arrow that is part of a circle, by top module.
fn circles(arrows: &Arrows) -> BTreeMap<String, Vec<String>> {
    let reached = |from: &String| {
        let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(module) = open.pop() {
            for used in arrows.get(module).into_iter().flat_map(BTreeMap::keys) {
                if reached.insert(used) {
                    open.push(used);
                }
            }
        }
        reached
    };
    let reached: BTreeMap<_, _> = arrows.keys().map(|module| (module, reached(module))).collect();
    let mut circles: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (module, uses) in arrows {
        for (used, place) in uses {
            if reached.get(used).is_some_and(|reached| reached.contains(module)) {
                let top = module.split("::").next().unwrap().to_owned();
                circles.entry(top).or_default().push(format!("{module} uses {used} ({place})"));
            }
        }
    }
    circles
}

#[test]
fn modules_inside_a_module_have_no_circles() {
    let modules = modules();
    // What parts share belongs in a file of its own, which `mod.rs` may hand on by `pub use`: it must not use its parts and
    // be used by them.
    for with_parents in [false, true] {
        let circles = circles(&arrows(&modules, with_parents));
        assert!(circles.is_empty(), "each of these arrows is part of a circle: {circles:#?}");
    }
}

#[test]
fn a_circle_is_found_and_a_tree_is_none() {
    let arrows = |pairs: &[(&str, &str)]| {
        let mut arrows = Arrows::new();
        for (from, to) in pairs {
            arrows.entry((*from).into()).or_default().insert((*to).into(), "here".into());
        }
        arrows
    };
    assert!(circles(&arrows(&[("a", "a::b"), ("a", "a::c"), ("a::b", "a::c")])).is_empty());
    let found = circles(&arrows(&[("a", "a::b"), ("a::b", "a::c"), ("a::c", "a::d"), ("a::d", "a::b")]));
    let expected = ["a::b uses a::c (here)", "a::c uses a::d (here)", "a::d uses a::b (here)"];
    assert_eq!(found, BTreeMap::from([("a".to_owned(), expected.map(String::from).to_vec())]));
}
