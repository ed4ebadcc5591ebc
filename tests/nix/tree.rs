//! What a system is on the disk: units, configuration, programs, below the root of a tree that sdboot copies over `/`.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::evaluate::{System, store_path};
use crate::unit::text;

/// A file of the tree; absolute, as it will be there.
pub fn put(tree: &Path, path: &str, content: &str, mode: u32) {
    let file = tree.join(path.trim_start_matches('/'));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, content).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
}

pub fn link(tree: &Path, path: &str, target: &str) {
    let link = tree.join(path.trim_start_matches('/'));
    std::fs::create_dir_all(link.parent().unwrap()).unwrap();
    symlink(target, link).unwrap();
}

/// The programs that the module names, where it names them: the one under test, and this machine's.
pub fn put_programs(tree: &Path) {
    let invited = format!("{}/bin/invited", store_path("invited"));
    let file = tree.join(invited.trim_start_matches('/'));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    // The tree is copied into memory, and nobody debugs there.
    let mut strip = Command::new("strip");
    let stripped = strip.args(["--strip-debug", "-o"]).arg(&file).arg(env!("CARGO_BIN_EXE_invited")).status();
    if !stripped.is_ok_and(|status| status.success()) {
        std::fs::copy(env!("CARGO_BIN_EXE_invited"), file).unwrap();
    }
    link(tree, &format!("{}/bin/kill", store_path("coreutils")), "/bin/kill");
    link(tree, &format!("{}/bin/systemd-run", store_path("systemd")), "/usr/bin/systemd-run");
}

/// A file of the store: another content has another path.
fn put_in_store(tree: &Path, name: &str, content: &str) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    let path = format!("/nix/store/{:032x}-{name}", hasher.finish());
    put(tree, &path, content, 0o444);
    path
}

/// The units of a system in a folder of the tree, and the admin's command beside them. NixOS's words for a switch are in
/// them, too: what it restarts, reloads, or leaves alone.
pub fn put_units(tree: &Path, dir: &str, system: &System) {
    for (kind, units) in [("service", "services"), ("socket", "sockets")] {
        for (name, unit) in system.0["systemd"][units].as_object().into_iter().flatten() {
            let mut unit = unit.clone();
            if let Some(script) = unit["script"].as_str() {
                let file = put_in_store(tree, &format!("{name}-script"), script);
                unit["serviceConfig"]["ExecStart"] = format!("/bin/bash -e {file}").into();
            }
            // Prosody's own unit is Debian's.
            let file = if name == "prosody" { "prosody.service.d/module.conf" } else { &format!("{name}.{kind}") };
            put(tree, &format!("{dir}/{file}"), &switched(&unit, &system.settings()), 0o444);
        }
    }
    put(tree, &format!("{dir}/invited.admin"), &format!("#!/bin/bash\n{}", system.0["admin"].as_str().unwrap()), 0o555);
}

/// The unit's text with the triggers of a restart and of a reload. These are paths of the store, and the one of the
/// configuration changes with it.
fn switched(unit: &Value, settings: &str) -> String {
    let mut text = text(unit);
    for (name, directive, more) in
        [("restartTriggers", "X-Restart-Triggers", ""), ("reloadTriggers", "X-Reload-Triggers", settings)]
    {
        if unit[name].is_array() {
            let line = format!("{directive}={}", format!("{} {more}", unit[name]).replace('\n', " "));
            text = text.replacen("[Unit]\n", &format!("[Unit]\n{line}\n"), 1);
        }
    }
    if unit["stopIfChanged"] == false {
        text = text.replacen("[Service]\n", "[Service]\nX-StopIfChanged=false\n", 1);
    }
    text
}

/// The units that start by themselves.
pub fn wanted(system: &System) -> Vec<String> {
    let mut names = Vec::new();
    for (kind, units) in [("service", "services"), ("socket", "sockets")] {
        let units = system.0["systemd"][units].as_object().into_iter().flatten();
        names.extend(units.filter(|(_, unit)| unit["wantedBy"].is_array()).map(|(name, _)| format!("{name}.{kind}")));
    }
    names
}

/// Prosody's configuration as the module has it, for clients of this machine alone.
pub fn put_prosody(tree: &Path, path: &str, system: &System) {
    let modules = [&["roster", "saslauth", "disco"], &*system.strings("/prosody/extraModules")].concat();
    let lua = format!(
        "modules_enabled = {{ \"{}\" }}
modules_disabled = {{ \"s2s\", \"http\", \"tls\" }}
pidfile = \"/run/prosody/prosody.pid\"
log = {{ info = \"*stdout\" }}
c2s_interfaces = {{ \"127.0.0.1\" }}
{}
VirtualHost \"example.com\"
",
        modules.join("\"; \""),
        system.0["prosody"]["extraConfig"].as_str().unwrap()
    );
    put(tree, path, &lua, 0o444);
}
