//! `invited setup`: what it asks, shows and writes, and what it leaves alone.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use tempfile::TempDir;

use crate::common;

const ANSWERS: &str =
    "host = \"example.org\"\npublic_url = \"https://join.example.org/\"\nserver = \"prosody\"\nfront_end = \"nginx\"\n";

struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("answers.toml"), ANSWERS).unwrap();
        Self { dir }
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("root")
    }

    fn answer(&self, text: &str) {
        fs::write(self.dir.path().join("answers.toml"), text).unwrap();
    }

    fn run(&self, more: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_invited"));
        command.arg("setup").arg("--answers").arg(self.dir.path().join("answers.toml")).args(more);
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// Into the directory.
    fn write(&self, more: &[&str]) -> Output {
        let root = self.root();
        self.run(&[&["--dir", root.to_str().unwrap()], more].concat())
    }

    fn file(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn written(dir: &Path) -> Vec<(PathBuf, Vec<u8>, std::time::SystemTime)> {
    let mut all = vec![];
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(written(&path));
        } else {
            let changed = fs::metadata(&path).unwrap().modified().unwrap();
            all.push((path.clone(), fs::read(&path).unwrap(), changed));
        }
    }
    all.sort();
    all
}

#[test]
fn answers_become_files_that_are_shown_and_run_again_change_nothing() {
    let place = Place::new();
    let output = place.write(&[]);
    let shown = told(&output);
    assert!(output.status.success(), "{shown}");
    for path in [
        "etc/invited/conf.d/setup.toml",
        "etc/systemd/system/invited.service.d/prosody.conf",
        "etc/systemd/system/prosody.service.d/invited.conf",
        "etc/systemd/system/invited.socket.d/group.conf",
        "etc/nginx/sites-available/invited",
    ] {
        assert!(shown.contains(&format!("+++ {}", place.root().join(path).display())), "{path}: {shown}");
        assert_eq!(fs::metadata(place.root().join(path)).unwrap().permissions().mode() & 0o777, 0o644, "{path}");
    }
    let nginx = place.file("etc/nginx/sites-available/invited");
    assert!(nginx.contains("server_name join.example.org;") && !nginx.contains("example.com"), "{nginx}");
    assert!(nginx.contains("/run/invited/http.sock"), "{nginx}");
    assert!(shown.contains("prosody.cfg.lua"), "what is left to do is told: {shown}");

    // What was written is a configuration.
    let mut check = Command::new(env!("CARGO_BIN_EXE_invited"));
    let output = check
        .arg("--config")
        .arg(place.root().join("etc/invited/conf.d"))
        .args(["check", "--no-state"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", told(&output));

    let before = written(&place.root());
    let output = place.write(&[]);
    assert!(output.status.success() && !told(&output).contains("+++"), "{}", told(&output));
    assert_eq!(written(&place.root()), before, "nothing is written again");
}

#[test]
fn other_answers_change_what_setup_wrote_and_nothing_else() {
    let place = Place::new();
    assert!(place.write(&[]).status.success());
    place.answer(&ANSWERS.replace("join.example.org/", "example.org/rooms/invites/"));
    let output = place.write(&[]);
    assert!(output.status.success(), "{}", told(&output));
    assert!(told(&output).contains("-public_url = \"https://join.example.org/\""), "{}", told(&output));
    let path = place.file("etc/invited/front-end/nginx.conf");
    assert!(path.contains("location /rooms/invites/") && path.contains("/run/invited/http.sock"), "{path}");

    // Somebody changes a file by hand: it is theirs.
    let own = place.root().join("etc/invited/conf.d/setup.toml");
    fs::write(&own, place.file("etc/invited/conf.d/setup.toml") + "site_name = \"Ours\"\n").unwrap();
    place.answer(&ANSWERS.replace("front_end = \"nginx\"", "front_end = \"apache\""));
    let before = written(&place.root());
    let output = place.write(&["--yes"]);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(told(&output).contains("setup.toml") && told(&output).contains("nothing was written"), "{}", told(&output));
    assert_eq!(written(&place.root()), before);
}

#[test]
fn a_file_that_was_there_before_stays() {
    let place = Place::new();
    let theirs = place.root().join("etc/nginx/sites-available/invited");
    fs::create_dir_all(theirs.parent().unwrap()).unwrap();
    fs::write(&theirs, "server {}\n").unwrap();
    let output = place.write(&["--yes"]);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert_eq!(written(&place.root()).len(), 1, "nothing is written beside it");
    assert_eq!(fs::read_to_string(theirs).unwrap(), "server {}\n");
}

#[test]
fn wrong_and_missing_answers_are_told_and_write_nothing() {
    for (answers, part) in [
        ("host = \"example.org\"\npublic_url = \"https://joi", "answers.toml"),
        ("host = \"example.org\"\n", "--public-url is missing"),
        ("host = \"exa mple\"\npublic_url = \"https://join.example.org/\"\n", "--host"),
        ("host = \"example.org\"\npublic_url = \"join.example.org\"\n", "https://invite.example.com/"),
        (&format!("{ANSWERS}proxy = \"nginx\"\n"), "proxy"),
        (&ANSWERS.replace("nginx", "iis"), "nginx"),
        (&ANSWERS.replace("https://join.example.org/", "http://join.example.org/"), "https"),
        (&ANSWERS.replace("https://join.example.org/", "https://join.example.org:8443/"), "443"),
        (&format!("{ANSWERS}certificates = \"live\"\n"), "--certificates \"live\": expected an absolute path"),
        (
            &format!("{ANSWERS}certificates = \"/etc/x; y\"\n"),
            "--certificates \"/etc/x; y\": expected an absolute path",
        ),
    ] {
        let place = Place::new();
        place.answer(answers);
        let output = place.write(&["--yes"]);
        assert_eq!(output.status.code(), Some(2), "{answers}: {}", told(&output));
        assert!(told(&output).contains(part), "{answers}: {}", told(&output));
        assert!(!place.root().exists(), "{answers}");
    }
}

#[test]
fn a_password_for_ejabberd_is_made_once_and_shown_to_nobody() {
    let place = Place::new();
    place.answer(&ANSWERS.replace("prosody", "ejabberd"));
    let output = place.write(&[]);
    assert!(output.status.success(), "{}", told(&output));
    let path = "etc/invited/credentials/ejabberd-password";
    let password = place.file(path);
    assert!(password.trim().len() > 20 && !told(&output).contains(password.trim()), "{}", told(&output));
    assert_eq!(fs::metadata(place.root().join(path)).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(
        told(&output)
            .contains("ejabberdctl register invited example.org \"$(cat /etc/invited/credentials/ejabberd-password)\"")
    );
    assert!(place.write(&[]).status.success());
    assert_eq!(place.file(path), password);
}

#[test]
fn without_a_terminal_or_a_yes_nothing_is_written_and_programs_get_json() {
    let place = Place::new();
    let output = place.write(&["--json", "--yes"]);
    assert!(output.status.success(), "{}", told(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["written"], true);
    let files = report["files"].as_array().unwrap();
    assert!(files.len() == 5 && files.iter().all(|file| file["standing"] == "new"), "{report}");
    assert!(report["then"].as_array().unwrap().iter().any(|line| line.as_str().unwrap().contains("prosody.cfg.lua")));
}

/// As systemd and NixOS have them, in a mount namespace of the test's own.
#[test]
fn on_nixos_lines_of_the_module_are_printed_and_nothing_is_written() {
    let place = Place::new();
    let release = place.dir.path().join("os-release");
    fs::write(&release, "ID=nixos\n").unwrap();
    let script =
        "mount --bind \"$1\" \"$(readlink -f /etc/os-release)\" && exec \"$2\" setup --answers \"$3\" --dir \"$4\"";
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .args([
            &release,
            Path::new(env!("CARGO_BIN_EXE_invited")),
            &place.dir.path().join("answers.toml"),
            &place.root(),
        ])
        .output()
        .expect("needs unshare (apt-get install util-linux)");
    assert!(output.status.success(), "{}", told(&output));
    let lines = String::from_utf8(output.stdout).unwrap();
    for line in ["services.invited = {", "prosody.enable = true;", "nginx.virtualHost = \"join.example.org\";"] {
        assert!(lines.contains(line), "{line}: {lines}");
    }
    assert!(!place.root().exists());
}

#[test]
fn the_answers_of_the_page_are_answers() {
    let page = common::docs::page("docs/setup.md");
    let answers = page.split("<<EOF\n").nth(1).unwrap().split("EOF\n").next().unwrap();
    let place = Place::new();
    place.answer(answers);
    let output = place.write(&[]);
    assert!(output.status.success(), "{}", told(&output));
    let nginx = place.file("etc/nginx/sites-available/invited");
    assert!(nginx.contains("/etc/letsencrypt/live/invite.example.com/fullchain.pem"), "{nginx}");
}

/// A person answers at a terminal, wrongly at first, and agrees.
#[test]
fn at_a_terminal_it_asks_until_it_has_answers() {
    let place = Place::new();
    let line = format!(
        "{} setup --server none --front-end none --dir {}",
        env!("CARGO_BIN_EXE_invited"),
        place.root().display()
    );
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .env("SHELL", "/bin/sh")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("needs script(1), of bsdutils: {error}"));
    child.stdin.take().unwrap().write_all(b"exa mple\nexample.org\njoin\nhttps://join.example.org/\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let shown = told(&output);
    assert!(output.status.success(), "{shown}");
    assert!(shown.contains("such as https://invite.example.org/"), "a question has an example: {shown}");
    let configuration = place.file("etc/invited/conf.d/setup.toml");
    assert!(configuration.contains("public_url = \"https://join.example.org/\""), "{configuration}");
}
