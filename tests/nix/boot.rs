//! The module's units, booted: the machine's own systemd starts them over a throw-away copy of this machine, with the
//! built program where the module expects it. `boot.sh` is what is tried there.

use std::path::Path;
use std::process::Command;

use crate::evaluate::{ROOT, System, has, has_nix};
use crate::tree::{self, put, put_units};

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

/// The same beside Prosody, which is configured as the module says, and for clients of this machine alone.
fn put_beside_prosody(tree: &Path) {
    let system = System::of(&format!(
        "{{ imports = [ ({MODULE}) ]; services.invited.prosody.enable = true;
            services.prosody = {{ enable = true; virtualHosts.main.domain = \"example.com\"; }}; }}"
    ));
    system.all_well();
    put_units(tree, "/etc/beside", &system);
    put(tree, "/etc/beside/config.toml", &system.settings(), 0o444);
    tree::put_prosody(tree, "/etc/prosody/prosody.cfg.lua", &system);
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
    tree::put_programs(tree);
    put(tree, "/etc/invited/config.toml", &system.settings(), 0o444);
    put(tree, "/etc/invited/switched", &switched.settings(), 0o444);
    put(tree, "/etc/secrets/bot", "secret-of-the-bot-of-48\n", 0o400);
    tree::link(tree, "/usr/local/bin/invited", "/etc/systemd/system/invited.admin");
    put_units(tree, "/etc/systemd/system", &system);
    put_units(tree, "/etc/more", &System::of(&MODULE.replace(MORE.0, MORE.1)));
    put_beside_prosody(tree);

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
