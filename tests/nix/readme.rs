//! What the README says for NixOS holds as it stands there.

use crate::evaluate::{System, URL, evaluate, has_nix, minimal};

const README: &str = include_str!("../../README.md");

/// What the README's modules take from elsewhere: agenix's options.
const ELSEWHERE: &str =
    "({ lib, ... }: { options.age.secrets = lib.mkOption { type = lib.types.attrsOf (lib.types.submodule {
    options.file = lib.mkOption { type = lib.types.path; };
    options.path = lib.mkOption { type = lib.types.str; default = \"/run/agenix/website\"; };
}); }; })";

#[test]
fn nix_of_the_readme_holds() {
    if !has_nix("nix_of_the_readme_holds") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("hardware-configuration.nix"), "{ }").unwrap();
    let blocks: Vec<_> = README.split("```nix\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let (mut flakes, mut modules) = (0, 0);
    for (number, block) in blocks.iter().enumerate() {
        let file = dir.path().join(format!("block{number}.nix"));
        std::fs::write(&file, block).unwrap();
        let file = file.display();
        if block.contains("outputs =") {
            flakes += 1;
            assert!(block.lines().count() <= 25, "a quick start of {} lines", block.lines().count());
            let system = evaluate(&format!("nixos.ofFlake (import {file})")).unwrap_or_else(|error| panic!("{error}"));
            let system = System(system);
            system.all_well();
            assert_eq!(system.0["settings"]["hosts"]["example.com"]["backend"]["kind"], "prosody");
        } else {
            modules += 1;
            System::of(&format!("{{ imports = [ ({}) {file} {ELSEWHERE} ]; }}", minimal(URL))).all_well();
        }
    }
    assert_eq!((flakes, modules), (1, 2));
}

#[test]
fn nix_of_key_create_declares_that_key() {
    if !has_nix("nix_of_key_create_declares_that_key") {
        return;
    }
    let scratch = crate::common::Scratch::new(crate::common::CONFIG);
    let name = "It's a \"${name}\"";
    let output = scratch.run(&["key", "create", "--declare", "--host", "example.com", "--limit", "60/h", name]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    let (_, nix) = stderr.split_once("# In NixOS:\n").expect(&stderr);
    let (nix, _) = nix.split_once("\n\n").unwrap();
    let system = System::of(&format!("{{ imports = [ ({}) {{ {nix} }} ]; }}", minimal(URL)));
    system.all_well();
    // And the service takes it.
    let key = String::from_utf8(output.stdout).unwrap();
    scratch.configure(&format!("listen = [\"127.0.0.1:0\"]\n{}", system.settings()));
    let served = scratch.serve();
    assert_eq!(served.client().invite(key.trim_end()).status, 201);
}
