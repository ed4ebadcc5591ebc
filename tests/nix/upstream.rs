//! `nix/upstream`: package and module as nixpkgs would take them. [`System::of`](crate::evaluate::System::of) holds what comes of
//! every configuration against the flake's module; here is the rest.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::common::docs::{block, page};
use crate::evaluate::{ROOT, assert_same, evaluate, files, has_nix};

const MODULE: &str = "nixos/modules/services/networking/invited.nix";
const PACKAGE: &str = "pkgs/by-name/in/invited/package.nix";

/// What packages of nixpkgs have, and those of a flake have not or have otherwise.
const OF_NIXPKGS: [&str; 5] = ["cargoHash", "cargoLock", "meta", "passthru", "src"];

#[test]
fn its_package_is_built_as_ours_is() {
    if !has_nix("its_package_is_built_as_ours_is") {
        return;
    }
    let [ours, upstream] = ["package", "packageUpstream"].map(|name| evaluate(&format!("nixos.{name}")).unwrap());
    let built = |package: &Value| -> BTreeMap<String, Value> {
        let attributes = package.as_object().unwrap().clone().into_iter();
        attributes.filter(|(name, _)| !OF_NIXPKGS.contains(&name.as_str())).collect()
    };
    assert_eq!(built(&ours), built(&upstream), "on the right nix/upstream");
    assert!(upstream["cargoHash"].is_string() && upstream["passthru"]["updateScript"].is_string());
    assert_eq!(upstream["passthru"]["tests"].as_object().unwrap().keys().collect::<Vec<_>>(), ["invited"]);

    let (ours, mut upstream) = (&ours["meta"], upstream["meta"].clone());
    let mut of_nixpkgs = |name: &str| upstream.as_object_mut().unwrap().remove(name).unwrap_or_default();
    let [changelog, maintainers] = ["changelog", "maintainers"].map(&mut of_nixpkgs);
    assert_eq!(ours, &upstream, "on the right nix/upstream");
    assert!(maintainers.is_array());

    // Where the project lives, and which version this is, stands in Cargo.toml, as said there.
    let package = |name: &str| {
        let manifest: toml::Table = include_str!("../../Cargo.toml").parse().unwrap();
        manifest["package"][name].as_str().unwrap().to_owned()
    };
    let (home, tag) = (package("homepage"), format!("v{}", package("version")));
    assert_eq!(changelog, format!("{home}/blob/{tag}/CHANGELOG.md"));
    let text = std::fs::read_to_string(Path::new(ROOT).join("nix/upstream").join(PACKAGE)).unwrap();
    assert!(text.contains(&format!("url = \"{}\";", package("repository"))), "its src is elsewhere");
}

#[test]
fn its_module_is_one_file_with_our_options() {
    if !has_nix("its_module_is_one_file_with_our_options") {
        return;
    }
    let text = std::fs::read_to_string(Path::new(ROOT).join("nix/upstream").join(MODULE)).unwrap();
    assert!(!text.contains("import ./") && !text.contains("imports ="), "it is not alone");
    let options = |docs: &str| -> BTreeMap<String, Value> {
        let all = evaluate(&format!("nixos.{docs}")).unwrap();
        let own =
            all.as_array().unwrap().iter().filter(|option| option["name"].as_str().unwrap().contains(".invited."));
        own.map(|option| (option["name"].as_str().unwrap().to_owned(), option.clone())).collect()
    };
    let (mut ours, mut upstream) = (options("docs"), options("docsUpstream"));
    // There the command for admins has a name of its own.
    let enable = "services.invited.enable";
    let [ours_said, upstream_said] =
        [&mut ours, &mut upstream].map(|all| all.remove(enable).unwrap()["description"].as_str().unwrap().to_owned());
    assert!(upstream_said.starts_with(ours_said.trim_end_matches('.')) && upstream_said.contains("`invited-admin`"));
    assert!(ours.len() > 12);
    assert_eq!(ours, upstream, "on the right nix/upstream");
}

#[test]
fn the_commands_of_the_page_put_it_into_nixpkgs() {
    if !has_nix("the_commands_of_the_page_put_it_into_nixpkgs") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let tests = home.path().join("nixpkgs/nixos/tests/invited");
    std::fs::create_dir_all(home.path().join("nixpkgs/nixos/tests")).unwrap();
    std::fs::create_dir_all(home.path().join("nixpkgs/pkgs/by-name/in")).unwrap();
    let lines = block(page("nix/upstream/README.md"), "console").lines();
    let commands = lines.map(|line| line.strip_prefix("$ ").unwrap()).collect::<Vec<_>>().join("\n");
    let mut bash = Command::new("bash");
    let output = bash.args(["-eu", "-c", &commands]).current_dir(ROOT).env("HOME", home.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for file in [MODULE, PACKAGE] {
        assert!(home.path().join("nixpkgs").join(file).is_file(), "{file}");
    }

    // As many tests as there are, each of which holds with the module beside them.
    let listed =
        evaluate(&format!("import {}/default.nix {{ runTest = file: builtins.baseNameOf file; }}", tests.display()));
    let listed = listed.unwrap().as_object().unwrap().clone();
    let ours = files().into_iter().filter(|file| file.starts_with(Path::new(ROOT).join("nix/tests"))).count();
    assert_eq!(listed.len(), ours, "nix/upstream/nixos/tests/invited/default.nix names not all of nix/tests");
    for (name, file) in &listed {
        assert_eq!(file, &json!(format!("{name}.nix")));
        let path = tests.join(format!("{name}.nix"));
        let text = std::fs::read_to_string(&path).unwrap();
        let mut words =
            text.split("invited ").skip(1).map(|rest| rest.split(|c: char| !c.is_alphabetic()).next().unwrap());
        let is_plain = words.any(|word| ["check", "invite", "key", "token"].contains(&word));
        assert!(!is_plain, "{name} calls the program alone");
        let upstream = evaluate(&format!("(nixos.testsUpstream {{ it = {}; }}).it", path.display()));
        let upstream = upstream.unwrap_or_else(|error| panic!("{name}: {error}"));
        let own = evaluate(&format!("(nixos.tests {{ it = {ROOT}/nix/tests/{name}.nix; }}).it")).unwrap();
        for (node, system) in upstream["nodes"].as_object().unwrap() {
            assert_same(&own["nodes"][node], system, &format!("{name}: {node}"));
        }
    }
}
