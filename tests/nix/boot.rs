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

/// A file of the copy; absolute, as it will be there.
fn put(tree: &Path, path: &str, content: &str, mode: u32) {
    let file = tree.join(path.trim_start_matches('/'));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, content).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn program(tree: &Path, package: &str, name: &str, target: &str) {
    let dir = tree.join(store_path(package).trim_start_matches('/')).join("bin");
    std::fs::create_dir_all(&dir).unwrap();
    symlink(target, dir.join(name)).unwrap();
}

#[test]
fn units_of_the_module_boot() {
    let test = "units_of_the_module_boot";
    if !has_nix(test) || !has(test, "systemctl", "systemd") || !has(test, "dbus-daemon", "dbus") {
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
    let admin = system.0["admin"].as_str().unwrap();
    put(tree, "/usr/local/bin/invited", &format!("#!/bin/bash\n{admin}"), 0o755);
    for (kind, unit) in [("service", system.service()), ("socket", system.socket())] {
        put(tree, &format!("/etc/systemd/system/invited.{kind}"), &text(unit), 0o444);
    }

    let mut sdboot = Command::new("bash");
    sdboot.arg(Path::new(ROOT).join("tests/boot/sdboot")).arg("--tree").arg(tree);
    sdboot.args(["--enable", "invited.socket", "--unmask", "dbus.service", "--unmask", "dbus.socket"]);
    sdboot.arg("--out").arg(dir.path().join("out")).arg(Path::new(ROOT).join("tests/nix/boot.sh"));
    let output = sdboot.output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{stdout}");
    let journal = std::fs::read_to_string(dir.path().join("out/journal.txt")).unwrap_or_default();
    assert!(output.status.success(), "{stdout}\n{stderr}\n{journal}");
}
