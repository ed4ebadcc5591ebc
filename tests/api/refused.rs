//! What is refused leaves nothing behind: no file, no directory.

use crate::common;

use std::path::Path;

use common::{CONFIG, Scratch};

/// Every path below `dir`, with what is in it.
fn listing(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = vec![];
    for entry in std::fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        found.push((path.display().to_string(), std::fs::read(&path).unwrap_or_default()));
        found.extend(listing(&path));
    }
    found.sort();
    found
}

/// Commands that are refused whatever is there, for what was typed.
const REFUSED: [&[&str]; 30] = [
    &["invite", "create", "--host", "other.example"],
    &["invite", "create", "--host", "exa mple"],
    &["invite", "create", "--uses", "0"],
    &["invite", "create", "--uses", "many"],
    &["invite", "create", "--ttl", "1M"],
    &["invite", "create", "--ttl", "400d"],
    &["invite", "create", "--count", "1001"],
    &["invite", "create", "--username", "admin"],
    &["invite", "create", "--username", "exa mple"],
    &["invite", "create", "--contact", "romeo@other.example"],
    &["invite", "create", "--contact", "romeo@example.com", "--reset", "juliet"],
    &["invite", "create", "--note", "a\u{202e}b"],
    &["invite", "show", "nonsense"],
    &["invite", "show", "AAAAAAAAAAA"],
    &["invite", "revoke", "AAAAAAAAAAA"],
    &["invite", "list", "--status", "nonsense"],
    &["key", "create", "--id", "site"],
    &["key", "create", "--id", "a/b"],
    &["key", "create", "two\nlines"],
    &["key", "create", "--limit", "60"],
    &["key", "delete", "site"],
    &["key", "delete", "Ab3dE_9x"],
    &["key", "import", "/nonexistent/invite_api_keys.dat"],
    &["token", "mint", "--id", "site", "--key-file", "/nonexistent.pem"],
    &["backup", "/nonexistent/invited.backup"],
    &["restore", "/nonexistent/invited.backup"],
    &["restore", "/dev/null", "--replace"],
    &["ledger", "copy", "sqlite:nowhere.db", "sqlite:other.db"],
    &["ledger", "copy", "sqlite:ledger.db", "sqlite:ledger.db"],
    &["ledger", "copy", "sqlite:ledger.db", "mysql:ledger"],
];

#[test]
fn a_command_that_is_refused_leaves_nothing_behind() {
    let scratch = Scratch::new(CONFIG);
    let import = |text: &str| {
        let file = scratch.path().join("invite_api_keys.dat");
        std::fs::write(&file, text).unwrap();
        let before = listing(scratch.path());
        let output = scratch.run(&["key", "import", file.to_str().unwrap(), "--host", "example.com"]);
        assert!(!output.status.success(), "{text}");
        assert_eq!(listing(scratch.path()), before, "{text}");
        std::fs::remove_file(&file).unwrap();
    };
    import("this is no Lua");
    import("return { [\"site\"] = { token = \"another secret of that key\", name = \"x\" } }");
    let before = listing(scratch.path());
    for command in REFUSED {
        let output = scratch.run(command);
        assert!(!output.status.success(), "{command:?}");
        assert_eq!(listing(scratch.path()), before, "{command:?}");
    }
    // Whatever only asks makes nothing, either.
    for command in [
        &["invite", "list"][..],
        &["invite", "list", "--json"],
        &["key", "list"],
        &["key", "list", "--json"],
        &["check"],
        &["config", "show"],
    ] {
        scratch.ok(command);
        assert_eq!(listing(scratch.path()), before, "{command:?}");
    }
    // Nor is anything changed where there is something.
    scratch.ok(&["invite", "create"]);
    scratch.ok(&["key", "create", "--id", "other"]);
    let before = listing(scratch.path());
    for command in REFUSED {
        assert!(!scratch.run(command).status.success(), "{command:?}");
        assert_eq!(listing(scratch.path()), before, "{command:?}");
    }
}

#[test]
fn a_command_under_a_configuration_that_does_not_do_leaves_nothing_behind() {
    let no_host = CONFIG.replace("[hosts.\"example.com\"]", "");
    let no_url = CONFIG.replace("public_url", "#");
    for (config, commands) in [
        (no_host.as_str(), &[&["invite", "create"][..], &["serve"]][..]),
        (&no_url, &[&["invite", "create"], &["serve"]]),
        (&format!("{CONFIG}[hosts.\"b.example\"]\n"), &[&["invite", "create"]]),
        (
            &format!("{CONFIG}colour = 1\n"),
            &[&["invite", "create"], &["invite", "list"], &["key", "create"], &["key", "list"], &["serve"]],
        ),
        ("x = [", &[&["invite", "create"], &["key", "create"], &["serve"]]),
        (&CONFIG.replace("127.0.0.1:0", "192.0.2.1:1"), &[&["serve"]]),
        (
            &format!("{CONFIG}[tls]\ncertificate_file = \"/nonexistent\"\nprivate_key_file = \"/nonexistent\"\n"),
            &[&["serve"]],
        ),
    ] {
        let scratch = Scratch::new(config);
        let before = listing(scratch.path());
        for command in commands {
            let output = scratch.run(command);
            assert!(!output.status.success(), "{command:?} with {config}");
            assert_eq!(listing(scratch.path()), before, "{command:?} with {config}");
        }
    }
}

/// What is meant for the service's own state directory would go to the default one.
#[test]
fn an_empty_configuration_is_no_configuration() {
    let scratch = Scratch::new("# nothing\n");
    let run = |arguments: &[&str], environment: &[(&str, &Path)]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_invited"));
        command.env_clear().envs(environment.iter().copied()).arg("--config").arg(scratch.config());
        command.args(arguments).output().unwrap()
    };
    let before = (listing(scratch.path()), listing(Path::new("/var/lib/invited")));
    for command in [&["key", "create"][..], &["key", "list"], &["invite", "create"], &["invite", "list"]] {
        let output = run(command, &[]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{command:?}: {stderr}");
        assert!(stderr.contains(&format!("nothing is configured in {};", scratch.config().display())), "{stderr}");
    }
    assert_eq!((listing(scratch.path()), listing(Path::new("/var/lib/invited"))), before);
    // Whoever names a directory means it.
    let state = scratch.state();
    assert!(run(&["key", "create"], &[("INVITED_STATE_DIR", &state)]).status.success());
    assert!(run(&["--state-dir", state.to_str().unwrap(), "key", "create"], &[]).status.success());
    assert!(run(&["key", "create"], &[("STATE_DIRECTORY", &state)]).status.success());
    assert_eq!(std::fs::read_dir(state.join("keys")).unwrap().count(), 3);
}
