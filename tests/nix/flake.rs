//! The flake: its files, its lock, its outputs, its VM tests.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::evaluate::{ROOT, evaluate, files, has, has_nix, instantiate};

#[test]
fn every_file_parses() {
    if !has_nix("every_file_parses") {
        return;
    }
    let files = files();
    assert!(files.len() > 15, "{files:?}");
    for file in files {
        let output = instantiate(&["--parse", file.to_str().unwrap()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn lock_belongs_to_the_flake() {
    if !has_nix("lock_belongs_to_the_flake") {
        return;
    }
    // A store of its own; and a copy, as Nix would copy target/, too.
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("flake");
    std::fs::create_dir(&copy).unwrap();
    for file in ["flake.nix", "flake.lock"] {
        std::fs::copy(Path::new(ROOT).join(file), copy.join(file)).unwrap();
    }
    let lock = std::fs::read(copy.join("flake.lock")).unwrap();
    let mut command = Command::new("nix");
    for (variable, place) in
        [("NIX_STORE_DIR", "store"), ("NIX_STATE_DIR", "state"), ("NIX_LOG_DIR", "log"), ("HOME", "home")]
    {
        command.env(variable, dir.path().canonicalize().unwrap().join(place));
    }
    command.args(["--extra-experimental-features", "nix-command flakes", "--option", "build-users-group", ""]);
    command.args(["--offline", "flake", "metadata", "--json", "--no-update-lock-file"]);
    let output = command.arg(format!("path:{}", copy.display())).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(metadata["locks"], serde_json::from_slice::<Value>(&lock).unwrap());
    assert_eq!(metadata["locks"]["nodes"]["root"]["inputs"], json!({ "nixpkgs": "nixpkgs" }));
    let nixpkgs = &metadata["locks"]["nodes"]["nixpkgs"];
    assert_eq!(
        nixpkgs["original"],
        json!({"owner": "NixOS", "ref": "nixos-26.05", "repo": "nixpkgs", "type": "github"})
    );
}

#[test]
fn outputs_evaluate_on_stand_ins() {
    if !has_nix("outputs_evaluate_on_stand_ins") {
        return;
    }
    let outputs = evaluate("nixos.outputs").unwrap();
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let all = ["checks", "devShells", "formatter", "nixosModules", "overlays", "packages"];
    assert_eq!(names(&outputs), all);
    for system in ["aarch64-linux", "x86_64-linux"] {
        assert_eq!(names(&outputs["packages"][system]), ["default", "invited"]);
        assert_eq!(names(&outputs["devShells"][system]), ["default"]);
        assert_eq!(
            names(&outputs["checks"][system]),
            ["clippy", "package", "vm-basic", "vm-nginx", "vm-postgresql", "vm-prosody"],
            "{system}"
        );
        assert!(outputs["formatter"][system].is_string());
    }
    assert_eq!(outputs["nixosModules"], json!(["default", "invited"]));
    assert_eq!(outputs["overlays"], json!(["default"]));
}

/// As far as it goes without a VM: the nodes are configurations that hold, and the scripts are Python.
#[test]
fn vm_tests_evaluate() {
    if !has_nix("vm_tests_evaluate") || !has("vm_tests_evaluate", "python3", "python3") {
        return;
    }
    let inside = Path::new(ROOT).join("nix/tests");
    let tests: Vec<_> = files().into_iter().filter(|file| file.starts_with(&inside)).collect();
    assert!(tests.len() >= 4, "{tests:?}");
    for test in tests {
        let file = test.display();
        let value = evaluate(&format!("(nixos.tests {{ it = {file}; }}).it")).unwrap_or_else(|error| panic!("{error}"));
        for (name, node) in value["nodes"].as_object().unwrap() {
            assert_eq!((&node["assertions"], &node["warnings"]), (&json!([]), &json!([])), "{file}: {name}");
        }
        let script = value["testScript"].as_str().unwrap();
        let mut python = Command::new("python3");
        python.args(["-c", "import sys; compile(sys.stdin.read(), sys.argv[1], 'exec')"]).arg(&test);
        let mut python = python.stdin(Stdio::piped()).spawn().unwrap();
        python.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert!(python.wait().unwrap().success(), "{file}: the script is no Python");
    }
}
