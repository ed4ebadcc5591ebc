//! The commands of docs/operations.md, in a directory of their own: what systemd does the test does.
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use common::docs::{blocks, section};
use common::{CONFIG, Client, KEY, Scratch, Served};
use serde_json::{Value, json};

const PAGE: &str = "docs/operations.md";

/// [`CONFIG`] and a key that redeems, of the same secret.
fn config() -> String {
    let digest = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0";
    format!("{CONFIG}[keys.redeemer]\nsha256 = \"{digest}\"\nallow = [\"redeem\"]\n")
}

/// A machine, with what an admin carries from one to the other in `root`.
struct Machine<'a> {
    scratch: Scratch,
    root: &'a Path,
    served: Option<Served>,
}

impl<'a> Machine<'a> {
    fn new(root: &'a Path) -> Self {
        let scratch = Scratch::new(&config());
        for dir in ["etc", "backups", "bin"] {
            fs::create_dir(scratch.path().join(dir)).unwrap();
        }
        fs::write(scratch.path().join("etc/config.toml"), config()).unwrap();
        let (program, dir) = (env!("CARGO_BIN_EXE_invited"), scratch.path().display());
        let lines = format!("#!/bin/sh\nexec {program} --config {dir}/etc --state-dir {dir}/state \"$@\"\n");
        let command = scratch.path().join("bin/invited");
        fs::write(&command, lines).unwrap();
        fs::set_permissions(command, fs::Permissions::from_mode(0o755)).unwrap();
        Self { scratch, root, served: None }
    }

    fn serving(root: &'a Path) -> Self {
        let mut machine = Self::new(root);
        machine.served = Some(machine.scratch.serve());
        machine
    }

    fn client(&self) -> Client {
        self.served.as_ref().unwrap().client()
    }

    fn page(&self, token: &str) -> u16 {
        self.client().get(&format!("/invite?{token}")).status
    }

    fn redeem(&self, token: &str, account: &str) -> u16 {
        let body = json!({ "token": token, "account": account });
        self.served.as_ref().unwrap().api("redeemer/s3cret", "POST", "/api/v1/redeem", &body).0
    }

    /// Runs the commands of a block; gives what they say on stdout.
    fn follow(&mut self, block: &str) -> String {
        let mut said = String::new();
        let mut script = String::new();
        for line in block.lines() {
            let command = line.strip_prefix("# ").unwrap_or_else(|| panic!("{line:?}"));
            match command {
                "systemctl start invited.socket" => {
                    said.push_str(&self.run(&std::mem::take(&mut script)));
                    self.served = Some(self.scratch.serve());
                }
                "systemctl stop invited.socket invited.service"
                | "systemctl disable --now invited.socket invited.service" => {
                    said.push_str(&self.run(&std::mem::take(&mut script)));
                    self.stop();
                }
                other => script.extend([other, "\n"]),
            }
        }
        said.push_str(&self.run(&script));
        said
    }

    fn stop(&mut self) {
        if let Some(mut served) = self.served.take() {
            served.signal("TERM");
            assert!(served.wait().success());
        }
    }

    fn run(&self, script: &str) -> String {
        let own = self.scratch.path().display();
        let script = script
            .replace("/root/", &format!("{}/", self.root.display()))
            .replace("/var/lib/invited", &format!("{own}/state"))
            .replace("/var/backups", &format!("{own}/backups"))
            .replace("/etc/invited", &format!("{own}/etc"));
        let path = format!("{own}/bin:{}", std::env::var("PATH").unwrap());
        let output = Command::new("bash").args(["-eu", "-o", "pipefail", "-c", &script]).env("PATH", path).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

/// The blocks below a heading, of which there are so many.
fn commands<const N: usize>(heading: &str) -> [&'static str; N] {
    blocks(section(PAGE, heading), "console").try_into().unwrap_or_else(|blocks| panic!("{heading}: {blocks:?}"))
}

#[test]
fn the_commands_of_the_page_lead_back_to_the_time_before_an_upgrade() {
    let [before, back] = commands("Upgrade and downgrade");
    let root = tempfile::tempdir().unwrap();
    let mut machine = Machine::serving(root.path());
    let old = machine.client().invite(KEY).token();
    machine.follow(before);
    let new = machine.client().invite(KEY).token();
    machine.follow(back);
    assert_eq!([&old, &new].map(|token| machine.page(token)), [200, 404]);
}

#[test]
fn the_commands_of_the_page_move_a_service_to_another_machine() {
    let [from, to] = commands("Moving to another host");
    let root = tempfile::tempdir().unwrap();
    let mut old = Machine::serving(root.path());
    let key = old.scratch.key(&["My website"]);
    let token = old.client().invite(&key).token();
    old.follow(from);
    assert!(old.served.is_none(), "it is over there");
    let mut new = Machine::new(root.path());
    fs::remove_file(new.scratch.path().join("etc/config.toml")).unwrap();
    new.follow(to);
    assert_eq!(fs::read_to_string(new.scratch.path().join("etc/config.toml")).unwrap(), config());
    assert_eq!((new.page(&token), new.client().invite(&key).status), (200, 201));
}

#[test]
fn the_commands_of_the_page_put_back_a_ledger_key_that_was_lost() {
    let [back] = commands("Losing the ledger key");
    let root = tempfile::tempdir().unwrap();
    let mut machine = Machine::serving(root.path());
    machine.run("invited backup /var/backups/invited.backup");
    let token = machine.client().invite(KEY).token();
    machine.stop();
    fs::remove_file(machine.scratch.state().join("ledger.key")).unwrap();
    let output = machine.scratch.run(&["serve"]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    machine.follow(back);
    assert_eq!((machine.page(&token), machine.client().invite(KEY).status), (200, 201));
}

#[test]
fn the_commands_of_the_page_end_what_a_leaked_key_has_begun() {
    let [of_api_key, of_ledger_key] = commands("A leaked key");
    let root = tempfile::tempdir().unwrap();
    let mut machine = Machine::serving(root.path());
    let key = machine.scratch.key(&["--id", "website"]);
    let [used, pending] = [(); 2].map(|()| machine.client().invite(&key).token());
    let other = machine.client().invite(KEY).token();
    assert_eq!(machine.redeem(&used, "nurse"), 200);
    let said = machine.follow(of_api_key);
    assert_eq!([&used, &pending, &other].map(|token| machine.page(token)), [410, 410, 200]);
    assert_eq!(machine.client().invite(&key).status, 403);
    assert!(said.contains("\tredeemed\t") && said.contains("nurse@example.com"), "{said}");

    let before = fs::read(machine.scratch.state().join("ledger.key")).unwrap();
    machine.follow(of_ledger_key);
    assert_eq!(machine.page(&other), 404);
    assert_ne!(fs::read(machine.scratch.state().join("ledger.key")).unwrap(), before);
    let noted: Value = serde_json::from_slice(&fs::read(root.path().join("pending.json")).unwrap()).unwrap();
    assert_eq!(noted["invites"].as_array().unwrap().len(), 1);
    assert!(fs::read_to_string(root.path().join("tree.txt")).unwrap().contains("nurse@example.com"));
    assert_eq!(machine.client().invite(KEY).status, 201);
}
