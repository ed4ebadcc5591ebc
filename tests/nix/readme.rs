//! What docs/nixos.md says holds as it stands there.

use std::path::Path;

use crate::common::docs::{block, blocks, page};
use crate::evaluate::{System, URL, evaluate, has_nix, minimal};

const PAGE: &str = "docs/nixos.md";

/// What the page's modules take from elsewhere: agenix's options.
const ELSEWHERE: &str =
    "({ lib, ... }: { options.age.secrets = lib.mkOption { type = lib.types.attrsOf (lib.types.submodule {
    options.file = lib.mkOption { type = lib.types.path; };
    options.path = lib.mkOption { type = lib.types.str; default = \"/run/agenix/website\"; };
}); }; })";

const CONFIGURATION: &str = include_str!("machine/configuration.nix");

/// What `nixos-generate-config` writes.
fn put_machine(dir: &Path, configuration: &str) {
    std::fs::write(dir.join("hardware-configuration.nix"), include_str!("machine/hardware-configuration.nix")).unwrap();
    std::fs::write(dir.join("configuration.nix"), configuration).unwrap();
}

/// The page's flake.
fn flake() -> &'static str {
    blocks(page(PAGE), "nix").into_iter().find(|block| block.contains("outputs =")).unwrap()
}

/// Who can log in from elsewhere and become root.
fn admin_of(system: &System) -> Option<&str> {
    let (openssh, sudo) = (&system.0["openssh"], &system.0["sudo"]);
    let users = system.0["users"].as_object().unwrap();
    let is_admin = |user: &serde_json::Value| {
        let keys = user["openssh"]["authorizedKeys"]["keys"].as_array().unwrap();
        user["extraGroups"].as_array().unwrap().contains(&"wheel".into()) && !keys.is_empty()
    };
    let (name, _) = users.iter().find(|(_, user)| is_admin(user))?;
    (openssh["enable"] == true && sudo["wheelNeedsPassword"] == false).then_some(name.as_str())
}

/// The page's flake beside other lines than those for EFI: what comes of it, and what is wrong with it.
#[test]
fn machine_of_the_page_boots_by_its_own_loader() {
    if !has_nix("machine_of_the_page_boots_by_its_own_loader") {
        return;
    }
    let flake = flake();
    let without = |names: [&str; 2]| -> String {
        CONFIGURATION
            .lines()
            .filter(|line| !names.iter().any(|name| line.contains(name)))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let no_loader = without(["systemd-boot", "efi"]);
    let bios = no_loader.replace("system.stateVersion", "boot.loader.grub.device = \"/dev/sda\";\nsystem.stateVersion");
    for (configuration, wrong) in [
        (bios.as_str(), None),
        (no_loader.as_str(), Some("/assertions")),
        (&without(["stateVersion"; 2]), Some("/warnings")),
        (&without(["imports"; 2]), Some("/assertions")),
    ] {
        let dir = tempfile::tempdir().unwrap();
        put_machine(dir.path(), configuration);
        let file = dir.path().join("flake.nix");
        std::fs::write(&file, flake).unwrap();
        let system = System(evaluate(&format!("nixos.ofFlake (import {})", file.display())).unwrap());
        match wrong {
            None => system.all_well(),
            Some(pointer) => assert!(!system.strings(pointer).is_empty(), "{pointer} says nothing of: {configuration}"),
        }
    }
}

#[test]
fn nix_of_the_page_holds() {
    if !has_nix("nix_of_the_page_holds") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    put_machine(dir.path(), CONFIGURATION);
    let blocks = blocks(page(PAGE), "nix");
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
            // The machine's own nixpkgs builds the program, of the release that our lock has; stateVersion stays.
            let ours = evaluate("nixos.inputs").unwrap();
            assert_eq!(system.0["inputs"]["nixpkgs"], ours["nixpkgs"]);
            assert_eq!(system.0["inputs"]["invited"]["inputs"]["nixpkgs"]["follows"], "nixpkgs");
            assert_eq!(system.0["stateVersion"], "25.11");
            assert_eq!(admin_of(&system), Some("admin"), "whoever switches to it is locked out");
        } else {
            modules += 1;
            System::of(&format!("{{ imports = [ ({}) {file} {ELSEWHERE} ]; }}", minimal(URL))).all_well();
        }
    }
    assert_eq!((flakes, modules), (1, 2));
}

/// They switch to the machine of the flake, and are otherwise those of the README's package, asked where nginx listens.
#[test]
fn commands_after_the_flake_are_those_of_its_machine() {
    let [switch, key, curl] = block(page(PAGE), "console").lines().collect::<Vec<_>>()[..] else { panic!() };
    let name = switch.strip_prefix("# nixos-rebuild switch --flake .#").unwrap();
    let flake = flake();
    assert!(flake.contains(&format!("nixosConfigurations.{name} = ")), "{name}");
    // The first block is that of the package.
    let install: Vec<_> = blocks(page("README.md"), "console")[0].lines().collect();
    assert!(install.contains(&key), "{key}");
    let (call, url) = curl.rsplit_once(' ').unwrap();
    assert!(install.iter().any(|line| line.starts_with(call)), "{call}");
    let host = url.strip_prefix("https://").and_then(|rest| rest.strip_suffix("/invites_api")).unwrap();
    assert!(flake.contains(&format!("nginx.virtualHost = \"{host}\"")), "{host}");
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
