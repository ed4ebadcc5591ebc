//! Completion in the shells that people have: what is offered, that asking changes nothing, tells no secret, and is silent.

use crate::common;
use crate::common::terminal;

use std::collections::BTreeMap;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::{CONFIG, Scratch};
use terminal::quoted;

const BINARY: &str = env!("CARGO_BIN_EXE_invited");

/// Whether a shell is there; if not, says which test is skipped.
fn is_missing(shell: &str, test: &str) -> bool {
    let is_there = Command::new(shell).arg("--version").output().is_ok();
    if !is_there {
        println!("SKIPPED {test}: needs {shell}");
    }
    !is_there
}

/// A shell that finds the program by its name.
fn shell(program: &str) -> Command {
    let dir = Path::new(BINARY).parent().unwrap().display();
    let mut command = Command::new(program);
    command.env("PATH", format!("{dir}:{}", std::env::var("PATH").unwrap())).stdin(Stdio::null());
    for name in ["STATE_DIRECTORY", "CREDENTIALS_DIRECTORY"] {
        command.env_remove(name);
    }
    command
}

/// What bash offers for the last of `words`; nothing may be on stderr.
fn in_bash(words: &[&str]) -> Vec<String> {
    let line: Vec<_> = words.iter().map(|word| quoted(word)).collect();
    let script = format!(
        "set -u; source <(invited completions bash)\n\
         complete -p invited >/dev/null\n\
         COMP_WORDS=({}) COMP_CWORD={} COMP_TYPE=9\n\
         compopt() {{ :; }}\n\
         _clap_complete_invited invited \"${{COMP_WORDS[COMP_CWORD]}}\" x\n\
         [[ -z ${{COMPREPLY-}} ]] || printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        line.join(" "),
        words.len() - 1
    );
    let output = shell("bash").args(["-c", &script]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{words:?}");
    let offered = String::from_utf8(output.stdout).unwrap();
    let mut offered: Vec<_> = offered.lines().map(str::to_owned).collect();
    offered.sort();
    offered
}

/// The words of a command with the configuration of `scratch`.
fn words<'a>(config: &'a str, state: &'a str, words: &[&'a str]) -> Vec<&'a str> {
    [&["invited", "--config", config, "--state-dir", state], words].concat()
}

fn offered(scratch: &Scratch, typed: &[&str]) -> Vec<String> {
    let (config, state) = (scratch.config().display().to_string(), scratch.state().display().to_string());
    in_bash(&words(&config, &state, typed))
}

/// Hosts, keys on both sides, and invites in all states; gives the ids of pending, revoked.
fn place() -> (Scratch, String, String) {
    let scratch = Scratch::new(&format!("{CONFIG}[hosts.\"example.org\"]\n"));
    scratch.key(&["A test", "--id", "mine"]);
    let id = |arguments: &[&str]| {
        let created = scratch.ok(&[&["invite", "create", "--json", "--host", "example.com"], arguments].concat());
        let created: serde_json::Value = serde_json::from_str(&created).unwrap();
        created["id"].as_str().unwrap().to_owned()
    };
    let (pending, revoked) = (id(&["--note", "a friend"]), id(&[]));
    scratch.ok(&["invite", "revoke", &revoked]);
    (scratch, pending, revoked)
}

/// Asks until the answer is right: a machine that is busy for longer than anybody waits for a word offers none.
fn again<T>(ask: impl Fn() -> T, is_right: impl Fn(&T) -> bool) -> T {
    (0..50).map(|_| ask()).find(is_right).unwrap_or_else(ask)
}

/// Asserts what is offered; options stand aside unless one was begun.
fn assert_offered(scratch: &Scratch, typed: &[&str], expected: &[&str]) {
    let is_meant = |word: &String| !word.starts_with('-') || typed.last().is_some_and(|last| last.starts_with('-'));
    let ask = || offered(scratch, typed).into_iter().filter(is_meant).collect::<Vec<_>>();
    assert_eq!(again(ask, |offered| offered == expected), expected, "{typed:?}");
}

#[test]
fn bash_completes_commands_options_hosts_and_ids() {
    let (scratch, pending, revoked) = place();
    let mut both = [&*pending, &*revoked];
    both.sort_unstable();
    for (typed, expected) in [
        (&["key", "cr"][..], &["create"][..]),
        (&["invite", "list", "--st"], &["--state-dir", "--status"]),
        (&["invite", "list", "--status", "re"], &["redeemed", "revoked"]),
        (&["invite", "list", "--host", ""], &["example.com", "example.org"]),
        (&["key", "create", "--host", "example.o"], &["example.org"]),
        (&["invite", "list", "--key", ""], &["mine", "site"]),
        // A declared key cannot be deleted.
        (&["key", "delete", ""], &["mine"]),
        (&["invite", "show", ""], &both),
        (&["invite", "show", &both[0][..3]], &both),
        (&["invite", "show", both[1]], &both[1..]),
        (&["invite", "show", "~"], &[]),
        (&["invite", "revoke", ""], &[&*pending]),
        (&["invite", "restore", ""], &[&*revoked]),
    ] {
        assert_offered(&scratch, typed, expected);
    }
}

#[test]
fn options_stand_anywhere_and_in_one_word() {
    let (scratch, ..) = place();
    let (config, state) = (scratch.config().display().to_string(), scratch.state().display().to_string());
    let one = [format!("--config={config}"), format!("--state-dir={state}")];
    let ask = || in_bash(&["invited", &one[0], &one[1], "invite", "list", "--key", "m"]);
    assert_eq!(again(ask, |offered| offered == &["mine"]), ["mine"]);
    // As bash splits them.
    let split =
        ["invited", "--config", "=", &config, "--state-dir", "=", &state, "invite", "list", "--host", "example.o"];
    assert_eq!(in_bash(&split), ["example.org"]);
}

/// Every file below a directory: a digest of its content, its inode and its times. Beside a service the ledger is its to write.
fn picture(dir: &Path, has_service: bool) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.display().to_string();
        if path.is_dir() {
            found.extend(picture(&path, has_service));
        }
        // The index is shared memory, which readers mark.
        let is_written = name.ends_with("-shm") || (has_service && name.contains("ledger.db"));
        let metadata = path.metadata().unwrap();
        let digest = if path.is_dir() { 0 } else { digest(&fs::read(&path).unwrap()) };
        let seen = format!("{digest:x} {} {}.{}", metadata.ino(), metadata.mtime(), metadata.mtime_nsec());
        found.insert(name, if is_written { String::new() } else { seen });
    }
    found
}

fn digest(content: &[u8]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}

const ASKED: [&[&str]; 8] = [
    &["key", "delete", ""],
    &["key", "create", "--host", ""],
    &["invite", "list", "--key", ""],
    &["invite", "show", ""],
    &["invite", "revoke", ""],
    &["invite", "restore", ""],
    &["token", "mint", "--id", ""],
    &["key", "import", ""],
];

#[test]
fn asking_changes_nothing_and_tells_no_secret() {
    let (scratch, ..) = place();
    let secrets: Vec<String> = {
        let list: serde_json::Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
        let invites = list["invites"].as_array().unwrap();
        invites.iter().map(|invite| invite["token"].as_str().unwrap().to_owned()).collect()
    };
    let ask = |when: &str, has_service: bool| {
        let before = picture(scratch.path(), has_service);
        for typed in ASKED {
            let told = offered(&scratch, typed).join("\n");
            assert!(!secrets.iter().any(|secret| told.contains(secret)), "{typed:?}: {told}");
            assert_eq!(picture(scratch.path(), has_service), before, "{when}: {typed:?}");
        }
    };
    ask("where no service runs", false);
    let mut served = scratch.serve();
    served.client().invite(common::KEY);
    ask("beside the service", true);
    served.kill();
    ask("where a log was left", false);
    assert!(fs::metadata(scratch.state().join("ledger.db-wal")).is_ok_and(|log| log.len() > 0), "there is a log");
    drop(served);

    // Nothing comes to be where there is nothing.
    let empty = Scratch::new(CONFIG);
    let before = picture(empty.path(), false);
    for typed in ASKED {
        offered(&empty, typed);
        assert_eq!(picture(empty.path(), false), before, "{typed:?}");
    }
    // What is declared needs no state directory.
    assert_offered(&empty, &["invite", "list", "--key", ""], &["site"]);
}

#[test]
fn whatever_is_wrong_is_no_reason_to_speak() {
    let (scratch, pending, revoked) = place();
    // in_bash sees that stderr is empty.
    let ledger = scratch.state().join("ledger.db");
    let whole = fs::read(&ledger).unwrap();
    for broken in [&b"this is no ledger"[..], b""] {
        fs::write(&ledger, broken).unwrap();
        assert_offered(&scratch, &["invite", "show", ""], &[]);
        assert_offered(&scratch, &["key", "delete", ""], &["mine"]);
    }
    fs::write(&ledger, whole).unwrap();
    // It is not needed for ids.
    fs::remove_file(scratch.state().join("ledger.key")).unwrap();
    let mut both = [&*pending, &*revoked];
    both.sort_unstable();
    assert_offered(&scratch, &["invite", "show", ""], &both);
    fs::write(scratch.state().join("keys/broken.toml"), "x").unwrap();
    assert_offered(&scratch, &["key", "delete", ""], &["mine"]);
    for config in ["x = [", "[hosts]\ncolour = 1\n", "[ledger]\nurl = \"postgres://nobody@127.0.0.1:1/none\"\n"] {
        scratch.configure(config);
        for typed in ASKED {
            offered(&scratch, typed);
        }
    }
    fs::remove_file(scratch.config()).unwrap();
    assert_offered(&scratch, &["invite", "list", "--host", ""], &[]);
}

/// What the program itself answers a shell: without what it is, but as it is.
fn asked(scratch: &Scratch, shell: &str, typed: &[&str]) -> Output {
    let mut command = scratch.command();
    let ours: Vec<_> = command.get_args().map(std::ffi::OsStr::to_owned).collect();
    command = Command::new(BINARY);
    command.env("_INVITED_COMPLETE", shell).arg("--").arg("invited").args(ours).args(typed);
    command.env("_CLAP_COMPLETE_INDEX", (4 + typed.len()).to_string());
    command.stdin(Stdio::null()).output().unwrap()
}

#[test]
fn ids_are_offered_with_what_they_are() {
    let (scratch, pending, _) = place();
    let told = |typed: &[&str], expected: &str| {
        let ask = || String::from_utf8(asked(&scratch, "fish", typed).stdout).unwrap();
        let told = again(ask, |told| told.contains(expected));
        assert!(told.contains(expected), "no {expected:?} in {told}");
    };
    let expected = format!("{pending}\taccount at example.com, pending, expiry in 7 days a friend\n");
    told(&["invite", "revoke", ""], &expected);
    told(&["key", "delete", ""], "mine\tA test\n");
    // A shell that nobody knows is a failure, without a word.
    let output = asked(&scratch, "cmd.exe", &["key", ""]);
    assert_eq!(
        (output.status.success(), output.stdout.as_slice(), output.stderr.as_slice()),
        (false, &[][..], &[][..])
    );
}

#[test]
fn fish_completes_hosts_and_ids() {
    if is_missing("fish", "fish_completes_hosts_and_ids") {
        return;
    }
    let (scratch, pending, _) = place();
    let complete = |typed: &str| {
        let ours = format!("--config {} --state-dir {}", scratch.config().display(), scratch.state().display());
        let script =
            format!("invited completions fish | source; complete -C {}", quoted(&format!("invited {ours} {typed}")));
        let output = shell("fish").args(["--no-config", "-c", &script]).env("HOME", scratch.path()).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{typed}");
        let offered = String::from_utf8(output.stdout).unwrap();
        let words = offered.lines().map(|line| line.split('\t').next().unwrap().to_owned());
        words.filter(|word| !word.starts_with('-')).collect::<Vec<_>>()
    };
    for (typed, expected) in
        [("invite list --host example.o", "example.org"), ("key delete ", "mine"), ("invite revoke ", &*pending)]
    {
        assert_eq!(again(|| complete(typed), |offered| offered == &[expected]), [expected], "{typed}");
    }
}

/// Typed at a terminal: what the line editor makes of a tab is what is shown. Both ways in which zsh finds the script.
#[test]
fn zsh_completes_hosts_and_ids() {
    if is_missing("zsh", "zsh_completes_hosts_and_ids") {
        return;
    }
    let (scratch, ..) = place();
    let functions = scratch.path().join("functions");
    fs::create_dir(&functions).unwrap();
    let script = shell(BINARY).args(["completions", "zsh"]).output().unwrap().stdout;
    fs::write(functions.join("_invited"), script).unwrap();
    let ours = format!("--config {} --state-dir {}", scratch.config().display(), scratch.state().display());
    for load in [
        format!("fpath=({} $fpath); autoload -Uz compinit && compinit -u -D", quoted(functions.to_str().unwrap())),
        "autoload -Uz compinit && compinit -u -D; source <(invited completions zsh)".to_owned(),
    ] {
        let typed = format!(
            "PS1=; unsetopt beep\n{load}\npreexec() {{ local words=(${{(z)1}}); print -r -- \"GOT ${{words[-1]}}\" }}\n\
             invited {ours} invite list --key m\t\ninvited {ours} invite list --host example.o\t\nexit\n"
        );
        let ask = || {
            let mut child = shell("script")
                .args(["--quiet", "--return", "--command", "zsh -f -i", "/dev/null"])
                .env("SHELL", "/bin/sh")
                .env("TERM", "dumb")
                .env("HOME", scratch.path())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            std::io::Write::write_all(&mut child.stdin.take().unwrap(), typed.as_bytes()).unwrap();
            String::from_utf8_lossy(&child.wait_with_output().unwrap().stdout).into_owned()
        };
        let shown = again(ask, |shown| shown.contains("GOT mine"));
        for expected in ["GOT mine", "GOT example.org"] {
            assert!(shown.contains(expected), "no {expected:?} with {load}:\n{shown}");
        }
    }
}
