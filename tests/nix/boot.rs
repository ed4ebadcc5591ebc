//! The module's units, booted: the machine's own systemd starts them over a throw-away copy of this machine, with the
//! built program where the module expects it. `boot.sh` is what is tried there.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use crate::evaluate::{ROOT, System, has, has_nix, store_path};
use crate::unit::text;

const MODULE: &str = "{ services.invited = {
  enable = true;
  listenStreams = [ \"127.0.0.1:5290\" ];
  credentials.bot = \"/etc/secrets/bot\";
  settings = {
    public_url = \"https://invite.example.com/\";
    hosts.\"example.com\".site_name = \"Example\";
    keys.website.sha256 = \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\";
    keys.bot.secret_file = \"bot\";
  };
}; }";

/// After a switch: one key is gone, and another has come.
const SWITCHED: (&str, &str) = ("keys.website", "keys.late");

/// After another: the service listens elsewhere, too, and its metrics are collected.
const MORE: (&str, &str) = (
    "[ \"127.0.0.1:5290\" ]",
    "[ \"127.0.0.1:5290\" \"127.0.0.1:5291\" ]; metrics.listenStreams = [ \"127.0.0.1:9280\" ]",
);

/// A file of the copy; absolute, as it will be there.
fn put(tree: &Path, path: &str, content: &str, mode: u32) {
    let file = tree.join(path.trim_start_matches('/'));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, content).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The units of a system, in a folder of the copy; scripts beside them, as NixOS has them in the store.
fn put_units(tree: &Path, dir: &str, system: &System) {
    for (kind, units) in [("service", "services"), ("socket", "sockets")] {
        for (name, unit) in system.0["systemd"][units].as_object().unwrap() {
            let mut unit = unit.clone();
            if let Some(script) = unit["script"].as_str() {
                let file = format!("{dir}/{name}-script");
                put(tree, &file, script, 0o444);
                unit["serviceConfig"]["ExecStart"] = format!("/bin/bash -e {file}").into();
            }
            // Prosody's own unit is Debian's.
            let file = if name == "prosody" { "prosody.service.d/module.conf" } else { &format!("{name}.{kind}") };
            put(tree, &format!("{dir}/{file}"), &text(&unit), 0o444);
        }
    }
    put(tree, &format!("{dir}/invited.admin"), &format!("#!/bin/bash\n{}", system.0["admin"].as_str().unwrap()), 0o555);
}

/// The same beside Prosody, which is configured as the module says, and for clients of this machine alone.
fn put_prosody(tree: &Path) {
    let system = System::of(&format!(
        "{{ imports = [ ({MODULE}) ]; services.invited.prosody.enable = true;
            services.prosody = {{ enable = true; virtualHosts.main.domain = \"example.com\"; }}; }}"
    ));
    system.all_well();
    put_units(tree, "/etc/beside", &system);
    put(tree, "/etc/beside/config.toml", &system.settings(), 0o444);
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
    put(tree, "/etc/prosody/prosody.cfg.lua", &lua, 0o444);
}

fn program(tree: &Path, package: &str, name: &str, target: &str) {
    let dir = tree.join(store_path(package).trim_start_matches('/')).join("bin");
    std::fs::create_dir_all(&dir).unwrap();
    symlink(target, dir.join(name)).unwrap();
}

#[test]
fn units_of_the_module_boot() {
    let test = "units_of_the_module_boot";
    if !has_nix(test)
        || !has(test, "systemctl", "systemd")
        || !has(test, "dbus-daemon", "dbus")
        || !has(test, "prosody", "prosody")
    {
        return;
    }
    if !rustix::process::geteuid().is_root() {
        println!("SKIPPED {test}: needs root");
        return;
    }
    let (system, switched) = (System::of(MODULE), System::of(&MODULE.replace(SWITCHED.0, SWITCHED.1)));
    // Only the configuration differs: NixOS reloads.
    assert_eq!(system.0["systemd"], switched.0["systemd"]);

    let dir = tempfile::tempdir().unwrap();
    let tree = &dir.path().join("tree");
    let invited = format!("{}/bin", store_path("invited"));
    std::fs::create_dir_all(tree.join(invited.trim_start_matches('/'))).unwrap();
    std::fs::copy(env!("CARGO_BIN_EXE_invited"), tree.join(invited.trim_start_matches('/')).join("invited")).unwrap();
    program(tree, "coreutils", "kill", "/bin/kill");
    program(tree, "systemd", "systemd-run", "/usr/bin/systemd-run");
    put(tree, "/etc/invited/config.toml", &system.settings(), 0o444);
    put(tree, "/etc/invited/switched", &switched.settings(), 0o444);
    put(tree, "/etc/secrets/bot", "s3cret\n", 0o400);
    std::fs::create_dir_all(tree.join("usr/local/bin")).unwrap();
    symlink("/etc/systemd/system/invited.admin", tree.join("usr/local/bin/invited")).unwrap();
    put_units(tree, "/etc/systemd/system", &system);
    put_units(tree, "/etc/more", &System::of(&MODULE.replace(MORE.0, MORE.1)));
    put_prosody(tree);

    let mut sdboot = Command::new("bash");
    sdboot.arg(Path::new(ROOT).join("tests/boot/sdboot")).arg("--tree").arg(tree);
    sdboot.args(["--enable", "invited.socket", "--enable", "invited-sockets.service"]);
    sdboot.args(["--unmask", "dbus.service", "--unmask", "dbus.socket", "--unmask", "prosody.service"]);
    sdboot.arg("--out").arg(dir.path().join("out")).arg(Path::new(ROOT).join("tests/nix/boot.sh"));
    let output = sdboot.output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{stdout}");
    let journal = std::fs::read_to_string(dir.path().join("out/journal.txt")).unwrap_or_default();
    assert!(output.status.success(), "{stdout}\n{stderr}\n{journal}");
}
