//! `check --connect` as root, beside a systemd that is none: what it is asked, what it is told to run, and what is made of how
//! that ends. `tests/boot` has the real one.

use crate::common;
use crate::common::fake_xmpp;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use common::{CONFIG, Scratch};
use fake_xmpp::{FakeXmpp, HOST, PASSWORD, Style, USER};

const SHOW: &str = "LoadState=loaded\nNeedDaemonReload=no\nUser=invited\nDynamicUser=yes\nGroup=invited\n\
                    SupplementaryGroups=prosody\nPrivateNetwork=no\nIPAddressDeny=0.0.0.0/0 ::/0\n";
const CAT: &str = "[Service]\nLoadCredential=xmpp:/etc/invited/credentials/xmpp\n";
/// Runs what it is told to, as a service with a credential.
const RUN: &str = "while [ \"$1\" != -- ]; do shift; done; shift; CREDENTIALS_DIRECTORY=$dir exec \"$@\"";

/// A machine on which `systemctl show` and `cat` say this, and `systemd-run` is that.
struct Machine {
    scratch: Scratch,
    server: FakeXmpp,
}

/// Status, stdout and stderr.
type Said = (Option<i32>, String, String);

impl Machine {
    fn new(show: &str, run: &str) -> Self {
        let server = FakeXmpp::start(Style::V0_6);
        let scratch = Scratch::new(&format!(
            "{CONFIG}[hosts.\"{HOST}\".backend]\nkind = \"xmpp\"\njid = \"{USER}@{HOST}\"\npassword_file = \"xmpp\"\n\
             tls = \"off\"\naddress = \"{}\"\n",
            server.address
        ));
        let machine = Self { scratch, server };
        machine.write("bin/show", show);
        machine.write("bin/cat", CAT);
        machine.write("xmpp", PASSWORD);
        machine.write("bin/systemctl", &machine.script("/bin/cat \"$dir/bin/$1\""));
        machine.write("bin/systemd-run", &machine.script(run));
        machine
    }

    fn script(&self, body: &str) -> String {
        let dir = self.scratch.path().display();
        format!("#!/bin/sh\ndir={dir}\nprintf '%s\\n' \"$0\" \"$@\" >>\"$dir/heard\"\n{body}\n")
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.scratch.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    }

    fn check_in(&self, path: &Path) -> Said {
        self.check_with(path, &["check", "--connect"])
    }

    fn check_with(&self, path: &Path, arguments: &[&str]) -> Said {
        let mut command = self.scratch.command();
        let output = command.args(arguments).env("PATH", path).env("NOTIFY_SOCKET", "/x").output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    fn check(&self) -> Said {
        self.check_in(&self.scratch.path().join("bin"))
    }

    /// The arguments that `systemd-run` got.
    fn heard(&self) -> Vec<String> {
        let heard = std::fs::read_to_string(self.scratch.path().join("heard")).unwrap();
        let (_, heard) = heard.split_once("/systemd-run\n").unwrap();
        heard.lines().map(str::to_owned).collect()
    }
}

/// Whoever is not root cannot become anybody.
fn is_not_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        println!("SKIPPED what root's check does: needs root");
    }
    !is_root
}

const AS_ROOT: &str = "note: tried as root, which proves nothing about the service: ";

#[test]
fn it_is_tried_as_the_service_and_said_so() {
    if is_not_root() {
        return;
    }
    let machine = Machine::new(SHOW, RUN);
    let (code, stdout, stderr) = machine.check();
    assert_eq!(
        (code, stderr.as_str()),
        (Some(0), "note: tried as user invited with group prosody, as systemd runs invited.service\n")
    );
    assert_eq!(stdout, "example.com: a server\nvalid: 1 host, 1 key\n");
    assert_eq!(machine.server.state().logins, 1, "once, with a password that the service alone has");
    let scratch = machine.scratch.path().display();
    let (binary, config) = (env!("CARGO_BIN_EXE_invited"), machine.scratch.config());
    let expected = format!(
        "--quiet\n--collect\n--wait\n--pipe\n--property=User=invited\n--property=DynamicUser=yes\n--property=Group=invited\n\
         --property=SupplementaryGroups=prosody\n--property=PrivateNetwork=no\n--property=IPAddressDeny=0.0.0.0/0 ::/0\n\
         --property=LoadCredential=xmpp:/etc/invited/credentials/xmpp\n--\n{binary}\n--config\n{}\n--state-dir\n\
         {scratch}/state\ncheck\n--connect\n--only-connect",
        config.display()
    );
    assert_eq!(machine.heard(), expected.lines().collect::<Vec<_>>());
}

#[test]
fn what_is_missing_for_the_service_is_told_once() {
    if is_not_root() {
        return;
    }
    let machine = Machine::new(SHOW, RUN);
    machine.server.state().login_failure = Some("not-authorized");
    let (code, stdout, stderr) = machine.check();
    assert!(code == Some(1) && stdout.starts_with("example.com: ") && !stdout.contains("valid"), "{stdout}");
    let lines: Vec<_> = stderr.lines().collect();
    let told = ["invited: not everything works at example.com; see above"];
    assert_eq!((&lines[..1], lines.len()), (&told[..], 2), "{stderr}");
    // What root sees is valid, and the service does not have it.
    std::fs::remove_file(machine.scratch.path().join("xmpp")).unwrap();
    let (code, stdout, stderr) = machine.check();
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(
        stderr.contains("backend.password_file = \"xmpp\"") && stderr.contains("tried as user invited"),
        "{stderr}"
    );
}

#[test]
fn what_the_service_finds_is_in_one_json() {
    if is_not_root() {
        return;
    }
    let machine = Machine::new(SHOW, RUN);
    let check = || {
        let bin = machine.scratch.path().join("bin");
        let (code, stdout, stderr) = machine.check_with(&bin, &["check", "--connect", "--json"]);
        assert_eq!(stderr, "", "told once");
        (code, serde_json::from_str::<serde_json::Value>(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}")))
    };
    let (code, found) = check();
    assert_eq!((code, &found["valid"], &found["hosts"]), (Some(0), &true.into(), &1.into()), "{found}");
    assert_eq!((&found["servers"][0]["host"], &found["servers"][0]["server"]), (&HOST.into(), &"a server".into()));
    assert_eq!(found["notes"][0], "tried as user invited with group prosody, as systemd runs invited.service");
    machine.server.state().login_failure = Some("not-authorized");
    let (code, found) = check();
    assert_eq!((code, &found["valid"], &found["hosts"]), (Some(1), &false.into(), &1.into()), "{found}");
    assert_eq!(found["servers"][0]["findings"][0]["is_fault"], true, "{found}");
    // What root sees is valid, and the service does not have it.
    std::fs::remove_file(machine.scratch.path().join("xmpp")).unwrap();
    let (code, found) = check();
    assert_eq!((code, &found["valid"]), (Some(2), &false.into()), "{found}");
    assert_eq!(found["faults"][0]["name"], format!("hosts.\"{HOST}\".backend.password_file"), "{found}");
}

#[test]
fn a_service_that_cannot_start_is_no_reason_to_try_as_root() {
    if is_not_root() {
        return;
    }
    let machine = Machine::new(SHOW, "exit 216");
    let expected = "invited: systemd cannot start a process as invited.service (status 216, see systemd.exec(5)), so the service cannot start\n";
    assert_eq!(machine.check(), (Some(1), String::new(), expected.into()));
    assert_eq!(machine.server.state().connections, 0);
}

#[test]
fn where_systemd_does_not_help_root_tries_and_says_that_this_proves_nothing() {
    if is_not_root() {
        return;
    }
    for (show, run, why) in [
        ("LoadState=not-found\n", RUN, "systemd has no invited.service"),
        (SHOW, "exit 1", "systemd-run failed; it needs the system's D-Bus (on Debian: apt-get install dbus)"),
        (SHOW, "kill -9 $$", "systemd-run failed; it needs the system's D-Bus (on Debian: apt-get install dbus)"),
    ] {
        let machine = Machine::new(show, run);
        // As root it can be tried with a password that stands in a file.
        let file = machine.scratch.path().join("xmpp").display().to_string();
        let config = std::fs::read_to_string(machine.scratch.config()).unwrap();
        machine.scratch.configure(&config.replace("\"xmpp\"\ntls", &format!("{file:?}\ntls")));
        let (code, stdout, stderr) = machine.check();
        assert_eq!((code, stderr), (Some(0), format!("{AS_ROOT}{why}\n")));
        assert_eq!(stdout, "example.com: a server\nvalid: 1 host, 1 key\n");
    }
    let machine = Machine::new(SHOW, RUN);
    let (code, _, stderr) = machine.check_in(Path::new("/nowhere"));
    assert!(stderr.starts_with(&format!("{AS_ROOT}cannot run systemctl (")), "{stderr}");
    assert!(code == Some(1) && stderr.contains("password_file is not checked"), "{stderr}");
    machine.write("bin/systemctl", "#!/bin/sh\necho 'System has not been booted with systemd' >&2; exit 1\n");
    let (_, _, stderr) = machine.check();
    let why = "systemd does not show the settings of invited.service (System has not been booted with systemd)";
    assert!(stderr.starts_with(&format!("{AS_ROOT}{why}\n")), "{stderr}");
}

#[test]
fn a_ledger_key_that_the_service_alone_has_is_not_missed() {
    let machine = Machine::new(SHOW, RUN);
    machine.scratch.ok(&["invite", "create"]);
    std::fs::remove_file(machine.scratch.state().join("ledger.key")).unwrap();
    let check = || machine.check_with(&machine.scratch.path().join("bin"), &["check"]);
    let (code, _, stderr) = check();
    assert!(code == Some(1) && stderr.contains("is there, but its key "), "{stderr}");
    machine.write("bin/cat", &format!("{CAT}LoadCredential=ledger.key:/etc/invited/credentials/ledger.key\n"));
    let (code, stdout, stderr) = check();
    let told = "note: the ledger key is not looked at: ledger.key_file is a credential, which only the service sees\n";
    assert_eq!((code, &*stdout), (Some(0), "valid: 1 host, 1 key\n"), "{stderr}");
    assert!(stderr.contains(told), "{stderr}");
}
