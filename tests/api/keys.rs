//! Keys: made, listed, deleted and imported by hand while the service runs, and what each may do.
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;
use crate::common::terminal;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};

use common::{CONFIG, Client, KEY, PATIENCE, Response, Scratch, Served};

/// A configuration that wrong keys do not slow down, with a second host; a test adds its keys below.
const MANY: &str = r#"
public_url = "https://invite.example.com/"
listen = ["127.0.0.1:0"]
http.auth_failures = "1000000/m"
[hosts."example.com"]
[hosts."example.org"]
[keys.site]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
hosts = ["example.com"]
"#;

/// What [`KEY`]'s secret digests to.
const SHA256: &str = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0";

fn split(key: &str) -> (&str, &str) {
    key.split_once('/').unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn keys(scratch: &Scratch) -> Vec<serde_json::Value> {
    let list: serde_json::Value = serde_json::from_str(&scratch.ok(&["key", "list", "--json"])).unwrap();
    list["keys"].as_array().unwrap().clone()
}

fn ids(scratch: &Scratch) -> BTreeSet<String> {
    keys(scratch).iter().map(|key| key["id"].as_str().unwrap().to_owned()).collect()
}

fn invites(scratch: &Scratch) -> Vec<serde_json::Value> {
    let list: serde_json::Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    list["invites"].as_array().unwrap().clone()
}

/// Puts a file among the state directory's keys, whole, as `key create` does.
fn put(dir: &Path, name: &str, text: impl AsRef<[u8]>, mode: u32) {
    fs::create_dir_all(dir).unwrap();
    let new = dir.join(".new-by-the-test");
    fs::write(&new, text).unwrap();
    fs::set_permissions(&new, fs::Permissions::from_mode(mode)).unwrap();
    fs::rename(new, dir.join(name)).unwrap();
}

fn write_key(dir: &Path, name: &str, text: impl AsRef<[u8]>) {
    put(dir, name, text, 0o600);
}

fn assert_problem(answer: &Response, status: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.json()["status"], status);
    assert_eq!(answer.header("location"), None);
}

#[test]
fn created_key_is_all_of_stdout_works_at_once_and_is_refused_when_deleted() {
    let scratch = Scratch::new(MANY);
    let served = scratch.serve();
    let mut client = served.client();
    for _ in 0..15 {
        let output = scratch.run(&["key", "create", "My test key"]);
        assert!(output.status.success(), "{}", stderr(&output));
        let stdout = String::from_utf8(output.stdout.clone()).unwrap();
        let key = stdout.strip_suffix('\n').unwrap();
        let (id, secret) = split(key);
        let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        assert!((id.len(), secret.len()) == (8, 32) && plain(id) && plain(secret), "{stdout:?}");
        assert!(!stderr(&output).contains(secret), "the secret is on stderr, too");

        let host = "/invites_api?host=example.org";
        assert_eq!(client.ask("POST", host, &[&format!("Authorization: Bearer {key}")]).status, 201);
        let file = scratch.state().join(format!("keys/{id}.toml"));
        assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o600);
        assert!(!fs::read_to_string(&file).unwrap().contains(secret), "the secret is stored");

        let logged = served.log_length();
        assert_eq!(scratch.ok(&["key", "delete", id]), "");
        assert_problem(&client.ask("POST", host, &[&format!("Authorization: Bearer {key}")]), 403);
        assert!(!file.exists());
        served.wait_log_after(logged, &format!("event=key.deleted key.id={id}"));
        let log = served.log();
        assert_eq!(log.matches(&format!("event=key.created key.id={id}")).count(), 1, "{log}");
        assert!(!log.contains(secret), "the secret is in the log");
    }
    assert_eq!(ids(&scratch), BTreeSet::from(["site".to_owned()]));
}

#[test]
fn idle_service_notices_made_and_deleted_keys_without_a_request() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let key = scratch.key(&[]);
    served.wait_log(&format!("event=key.created key.id={}", split(&key).0));
    scratch.ok(&["key", "delete", split(&key).0]);
    served.wait_log(&format!("event=key.deleted key.id={}", split(&key).0));
}

#[test]
fn list_begins_with_id_and_name_and_says_what_a_key_may() {
    let scratch = Scratch::new(MANY);
    assert_eq!(scratch.ok(&["key", "list"]).lines().count(), 1);
    let key = scratch.key(&[
        "Bot, the second",
        "--id",
        "bot",
        "--host",
        "example.com",
        "--allow",
        "read",
        "--allow",
        "create",
        "--expires",
        "90d",
        "--limit",
        "60/h",
    ]);
    assert!(key.starts_with("bot/"));
    let text = scratch.ok(&["key", "list"]);
    let lines: Vec<Vec<_>> = text.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert_eq!(lines[0][..2], ["bot", "Bot, the second"]);
    assert_eq!(lines[1][0], "site");
    assert!(!text.contains(split(&key).1) && !text.contains(SHA256));

    let listed = keys(&scratch);
    let by_id: BTreeMap<_, _> = listed.iter().map(|key| (key["id"].as_str().unwrap(), key)).collect();
    let bot = by_id["bot"];
    assert_eq!(bot["name"], "Bot, the second");
    assert_eq!(bot["hosts"], serde_json::json!(["example.com"]));
    assert_eq!(bot["allow"], serde_json::json!(["create", "read"]));
    assert!(bot["origin"].as_str().unwrap().ends_with("state/keys/bot.toml"), "{bot}");
    assert!(bot["expires"].as_str().unwrap().ends_with('Z'), "{bot}");
    assert_eq!(bot["last_used_at"], serde_json::Value::Null);
    assert!(by_id["site"]["origin"].as_str().unwrap().contains("config.toml"), "{}", by_id["site"]);

    let served = scratch.serve();
    assert_eq!(served.client().invite(&key).status, 201);
    let bot = keys(&scratch).into_iter().find(|key| key["id"] == "bot").unwrap();
    assert!(bot["last_used_at"].as_str().unwrap().ends_with('Z'), "{bot}");
}

#[test]
fn exit_status_is_1_for_failure_and_2_for_wrong_use() {
    let scratch = Scratch::new(CONFIG);
    scratch.key(&["--id", "mine"]);
    let cases: &[(i32, &[&str], &str)] = &[
        (1, &["key", "create", "--id", "mine"], "mine"),
        (1, &["key", "create", "--id", "site"], "config.toml"),
        (1, &["key", "delete", "site"], "config.toml"),
        (1, &["key", "delete", "nobody"], "no key"),
        (1, &["key", "delete", "../../etc/passwd"], "no key"),
        (1, &["key", "import", "/nonexistent/keys.dat"], "/nonexistent/keys.dat"),
        (2, &["key"], "Usage"),
        (2, &["key", "create", "--id", "../x"], "--id"),
        (2, &["key", "create", "--id", ""], "--id"),
        (2, &["key", "create", "--allow", "everything"], "everything"),
        (2, &["key", "create", "--expires", "soon"], "soon"),
        (2, &["key", "create", "--expires", "0s"], "--expires"),
        (2, &["key", "create", "--limit", "0/h"], "--limit"),
        (2, &["key", "create", "--host", "not a host"], "--host"),
        (2, &["key", "create", "two\nlines"], "one line"),
        (2, &["key", "delete"], "ID"),
        (2, &["--config", "/nonexistent/config.toml", "key", "list"], "/nonexistent/config.toml"),
    ];
    for (status, arguments, says) in cases {
        let output = scratch.run(arguments);
        assert_eq!(output.status.code(), Some(*status), "{arguments:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{arguments:?} prints a result");
        assert!(stderr(&output).contains(says), "{arguments:?} says nothing of {says:?}: {}", stderr(&output));
    }
    assert_eq!(ids(&scratch), BTreeSet::from(["mine".to_owned(), "site".to_owned()]));
    assert_eq!(fs::read_dir(scratch.state().join("keys")).unwrap().count(), 1);
}

/// As mod_invites_api prints it: nothing stands between two tabs, which a shell's `read` takes for one.
#[test]
fn a_key_without_a_name_is_listed_as_unknown() {
    let scratch = Scratch::new(CONFIG);
    scratch.key(&["--id", "mine"]);
    let list = scratch.ok(&["key", "list"]);
    assert!(list.starts_with("mine\t<unknown>\t"), "{list}");
    assert_eq!(keys(&scratch)[0]["name"], "");
    assert!(!terminal::at_terminal(&scratch, 120, &["key", "list"]).contains("unknown"));
}

/// The name under which a file is written is nobody's business.
#[test]
fn a_file_that_cannot_be_written_is_told_by_its_own_name() {
    let scratch = Scratch::new(CONFIG);
    scratch.ok(&["invite", "create", "--count", "1000"]);
    let backup = scratch.path().join("invited.backup");
    // What is longer than so many times 512 bytes (1024, in some shells) is refused, and no signal comes.
    let limited = |blocks: u32, arguments: &[&str]| {
        let command = scratch.command();
        let mut limited = Command::new("sh");
        limited.arg("-c").arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"")).arg("sh");
        limited.arg(command.get_program()).args(command.get_args()).args(arguments);
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => limited.env(name, value),
                None => limited.env_remove(name),
            };
        }
        stderr(&limited.output().unwrap())
    };
    for (blocks, arguments, name) in [
        (0, &["key", "create", "--id", "mine"][..], scratch.state().join("keys/mine.toml")),
        (80, &["backup", backup.to_str().unwrap()], backup.clone()),
    ] {
        let told = limited(blocks, arguments);
        assert!(told.contains(&format!("cannot write {}", name.display())), "{told}");
        assert!(told.contains("File too large (os error 27)") && !told.contains(".new-"), "{told}");
    }
    let output = scratch.command().arg("demo").env("TMPDIR", "/proc").output().unwrap();
    let told = stderr(&output);
    assert!(told.contains("cannot create a directory in /proc (") && !told.contains("invited-demo-"), "{told}");
}

/// Whoever reads that there are none creates them once more.
#[test]
fn keys_that_cannot_be_listed_are_not_said_to_be_none() {
    let scratch = Scratch::new(CONFIG);
    let dir = scratch.state().join("keys");
    assert!(scratch.ok(&["key", "list"]).starts_with("site\t"), "there is no directory yet, and so no key in it");
    fs::create_dir(scratch.state()).unwrap();
    fs::write(&dir, "no directory").unwrap();
    for arguments in [&["key", "list"][..], &["key", "list", "--json"]] {
        let output = scratch.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        let expected = format!("invited: cannot list {}: Not a directory (os error 20)\n", dir.display());
        assert_eq!(stderr(&output), expected);
    }
}

#[test]
fn closed_pipe_is_no_error() {
    let scratch = Scratch::new(CONFIG);
    scratch.key(&["--id", "mine"]);
    scratch.ok(&["invite", "create"]);
    let cases: [&[&str]; 6] = [
        &["key", "list"],
        &["key", "list", "--json"],
        &["invite", "list"],
        &["config", "show"],
        &["man"],
        &["completions", "bash"],
    ];
    for arguments in cases {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = scratch.command().args(arguments).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{arguments:?}");
    }
}

/// Nobody would ever have it.
#[test]
fn a_key_that_cannot_be_printed_is_not_created() {
    let scratch = Scratch::new(CONFIG);
    for arguments in [&["key", "create", "--id", "mine"][..], &["key", "create", "--id", "mine", "--json"]] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = scratch.command().args(arguments).stdout(full).stderr(Stdio::piped()).output().unwrap();
        let expected = "invited: cannot print the key (cannot write to standard output: No space left on device (os error 28)); none was \
                        created\n";
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(1), expected), "{arguments:?}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = scratch.command().args(arguments).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{arguments:?}");
        assert_eq!(ids(&scratch), BTreeSet::from(["site".to_owned()]), "{arguments:?}");
    }
}

#[test]
fn what_cannot_be_printed_is_told_to_be_that() {
    let scratch = Scratch::new(CONFIG);
    scratch.ok(&["invite", "create"]);
    for arguments in
        [&["key", "list"][..], &["key", "list", "--json"], &["invite", "list", "--json"], &["config", "show"]]
    {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = scratch.command().args(arguments).stdout(full).stderr(Stdio::piped()).output().unwrap();
        let expected = "invited: cannot write to standard output: No space left on device (os error 28)\n";
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(1), expected), "{arguments:?}");
    }
}

#[test]
fn declare_stores_nothing_and_prints_what_declares_the_key() {
    let scratch = Scratch::new(MANY);
    let output = scratch.run(&[
        "key",
        "create",
        "a \"quoted\" ${name} \\",
        "--declare",
        "--id",
        "web",
        "--host",
        "example.org",
        "--limit",
        "2/d",
    ]);
    let (stdout, stderr) = (String::from_utf8(output.stdout.clone()).unwrap(), stderr(&output));
    assert!(output.status.success(), "{stderr}");
    let key = stdout.strip_suffix('\n').unwrap();
    assert!(key.starts_with("web/") && key.len() == 4 + 32, "{stdout:?}");
    assert!(!stderr.contains(split(key).1), "the secret is on stderr, too: {stderr}");
    assert!(!scratch.state().exists(), "something is stored");
    assert!(stderr.contains("services.invited.settings.keys.web = {"), "{stderr}");

    // What is printed works as it is printed.
    let toml = stderr.split_once("[keys.").unwrap().1.split("\n\n").next().unwrap();
    scratch.configure(&format!("{MANY}\n[keys.{toml}\n"));
    let served = scratch.serve();
    let mut client = served.client();
    assert_eq!(client.invite(key).status, 201);
    assert_eq!(client.invite(key).status, 201);
    assert_problem(&client.invite(key), 429);
    let declared = keys(&scratch).into_iter().find(|key| key["id"] == "web").unwrap();
    assert_eq!(declared["name"], "a \"quoted\" ${name} \\");
    assert_eq!(declared["hosts"], serde_json::json!(["example.org"]));

    let deleted = scratch.run(&["key", "delete", "web"]);
    assert_eq!(deleted.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&deleted.stderr).contains(scratch.config().to_str().unwrap()));
}

/// Clients that ask with one key as fast as they can; of each request is known whether it was sent after `deleted`.
struct Load {
    deleted: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<usize>>,
    answered: mpsc::Receiver<()>,
}

impl Load {
    const AFTERWARDS: usize = 25;

    fn start(address: SocketAddr, key: &str) -> Self {
        let deleted = Arc::new(AtomicBool::new(false));
        let (sender, answered) = mpsc::channel();
        let start = |_| {
            let (deleted, sender, key) = (Arc::clone(&deleted), sender.clone(), key.to_owned());
            std::thread::spawn(move || Self::ask(address, &key, &deleted, &sender))
        };
        let threads = (0..16).map(start).collect();
        Self { deleted, threads, answered }
    }

    /// Gives how many requests were sent after the key was deleted.
    fn ask(address: SocketAddr, key: &str, deleted: &AtomicBool, answered: &mpsc::Sender<()>) -> usize {
        let mut client = Client::tcp(address);
        let mut afterwards = 0;
        while afterwards < Self::AFTERWARDS {
            let is_deleted = deleted.load(Ordering::SeqCst);
            let answer = client.invite(key);
            if is_deleted {
                assert_problem(&answer, 403);
                afterwards += 1;
            } else {
                // While it is being deleted, either is right.
                assert!(matches!(answer.status, 201 | 403), "{answer:?}");
                let _ = answered.send(());
            }
        }
        afterwards
    }

    fn wait(&self, answers: usize) {
        (0..answers).for_each(|_| self.answered.recv_timeout(PATIENCE).unwrap());
    }

    fn end(self) {
        self.deleted.store(true, Ordering::SeqCst);
        let afterwards: usize = self.threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert_eq!(afterwards, 16 * Self::AFTERWARDS);
    }
}

#[test]
fn deleted_key_makes_no_invite_for_what_is_sent_after_the_delete_under_load() {
    let scratch =
        Scratch::new(&MANY.replace("hosts = [\"example.com\"]\n", "").replace("[hosts.\"example.org\"]\n", ""));
    let served = scratch.serve();
    for _ in 0..8 {
        let key = scratch.key(&[]);
        let load = Load::start(served.address(), &key);
        load.wait(200);
        scratch.ok(&["key", "delete", split(&key).0]);
        load.end();
    }
}

#[test]
fn key_by_the_same_id_is_another_key_at_once() {
    let scratch = Scratch::new(MANY);
    let served = scratch.serve();
    let mut client = served.client();
    let mut before: Option<String> = None;
    // Faster than a clock's tick: the files differ in nothing but what is in them.
    for _ in 0..20 {
        let key = scratch.key(&["--id", "same", "--host", "example.com"]);
        assert_eq!(client.invite(&key).status, 201);
        if let Some(before) = before {
            assert_problem(&client.invite(&before), 403);
        }
        scratch.ok(&["key", "delete", "same"]);
        before = Some(key);
    }
}

#[test]
fn keys_made_by_200_processes_at_once_are_distinct_and_all_work() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let spawn = |_| scratch.command().args(["key", "create"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let children: Vec<_> = (0..200).map(|n| spawn(n).unwrap()).collect();
    let mut client = served.client();
    let mut made = HashSet::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        let key = String::from_utf8(output.stdout).unwrap().trim_end().to_owned();
        assert_eq!(client.invite(&key).status, 201);
        assert!(made.insert(split(&key).0.to_owned()), "the same id twice");
    }
    made.insert("site".to_owned());
    assert_eq!(ids(&scratch), made.into_iter().collect());
    assert_eq!(fs::read_dir(scratch.state().join("keys")).unwrap().count(), 200);
}

#[test]
fn one_of_many_processes_makes_the_key_that_all_want() {
    let scratch = Scratch::new(CONFIG);
    let spawn =
        || scratch.command().args(["key", "create", "--id", "x"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let children: Vec<_> = (0..20).map(|_| spawn().unwrap()).collect();
    let outputs: Vec<_> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    let made: Vec<_> = outputs.iter().filter(|output| output.status.success()).collect();
    assert_eq!(made.len(), 1);
    assert!(outputs.iter().all(|output| output.status.success() || output.status.code() == Some(1)));
    let key = String::from_utf8(made[0].stdout.clone()).unwrap();
    assert_eq!(scratch.serve().client().invite(key.trim_end()).status, 201);
}

#[test]
fn key_create_killed_at_any_moment_leaves_the_key_whole_or_not_at_all() {
    let scratch = Scratch::new(CONFIG);
    let dir = scratch.state().join("keys");
    let served = scratch.serve();
    let mut rng = rand::rngs::StdRng::seed_from_u64(0x6b69);
    // How long it takes to its end, by the clock of the file system.
    let start = scratch.path().join("start");
    fs::write(&start, "").unwrap();
    let first = scratch.key(&["--id", "first"]);
    let modified = |path: &Path| path.metadata().unwrap().modified().unwrap();
    let mut whole =
        modified(&dir.join("first.toml")).duration_since(modified(&start)).unwrap().max(Duration::from_millis(5));

    let mut printed = vec![first];
    let mut killed = 0;
    for _ in 0..150 {
        let mut child =
            scratch.command().args(["key", "create"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // The moment of the kill is what this is about; nothing is waited for.
        std::thread::sleep(whole.mul_f64(rng.random_range(0.0..1.5)));
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        // A machine is busier at one time than at another.
        whole = whole.mul_f64(if output.status.success() { 0.95 } else { 1.05 });
        killed += usize::from(!output.status.success());
        let stdout = String::from_utf8(output.stdout).unwrap();
        printed.extend(stdout.strip_suffix('\n').map(str::to_owned));
    }
    assert!(killed > 10, "only {killed} were killed before their end");

    // Whatever was printed is there; whatever is there can be read.
    let mut client = served.client();
    for key in &printed {
        assert_eq!(client.invite(key).status, 201);
    }
    let names: Vec<_> =
        fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let stored: BTreeSet<_> = names.iter().filter_map(|name| name.strip_suffix(".toml").map(str::to_owned)).collect();
    let mut listed = ids(&scratch);
    listed.remove("site");
    assert_eq!(listed, stored);
    for id in printed.iter().map(|key| split(key).0) {
        assert!(stored.contains(id), "{id} was printed and is not stored");
    }
    let check = scratch.run(&["check"]);
    assert!(check.status.success() && common::beside_no_accounts(&check.stderr).is_empty(), "{}", stderr(&check));
    assert!(!served.log().contains("skipped"), "{}", served.log());
}

/// Names of files that are no keys, and a word that says why.
fn broken_files(dir: &Path, good: &Path) -> Vec<(&'static str, &'static str)> {
    write_key(dir, "empty.toml", "");
    write_key(dir, "binary.toml", [0u8, 0xff, 0xfe, 0x80, 0x0a, 0x00]);
    write_key(dir, "half.toml", &fs::read(good).unwrap()[..40]);
    write_key(dir, "unknown.toml", format!("sha256 = \"{SHA256}\"\nevil = true\n"));
    write_key(dir, "short.toml", "sha256 = \"1ec1c26b\"\n");
    write_key(dir, "huge.toml", vec![b'#'; 10 << 20]);
    write_key(dir, "wrong name.toml", format!("sha256 = \"{SHA256}\"\n"));
    write_key(dir, "noending", format!("sha256 = \"{SHA256}\"\n"));
    write_key(dir, "backup.toml~", format!("sha256 = \"{SHA256}\"\n"));
    for (name, mode) in [("public.toml", 0o644), ("group.toml", 0o640)] {
        put(dir, name, format!("sha256 = \"{SHA256}\"\n"), mode);
    }
    symlink(dir.join("loop.toml"), dir.join("loop.toml")).unwrap();
    symlink(good, dir.join("link.toml")).unwrap();
    fs::create_dir(dir.join("dir.toml")).unwrap();
    assert!(Command::new("mkfifo").arg(dir.join("fifo.toml")).status().unwrap().success());
    vec![
        ("empty.toml", "sha256"),
        ("binary.toml", ""),
        ("half.toml", ""),
        ("unknown.toml", "expected"),
        ("short.toml", ""),
        ("huge.toml", "larger"),
        ("wrong name.toml", "name"),
        ("noending", "name"),
        ("backup.toml~", "name"),
        ("public.toml", "0644"),
        ("group.toml", "0640"),
        ("loop.toml", "regular file"),
        ("link.toml", "regular file"),
        ("dir.toml", "regular file"),
        ("fifo.toml", "regular file"),
    ]
}

fn assert_each_reported_once(served: &Served, dir: &Path, broken: &[(&str, &str)]) {
    let log = served.log();
    for (name, why) in broken {
        let path = dir.join(name).display().to_string();
        let lines: Vec<_> = log.lines().filter(|line| line.contains(&path)).collect();
        assert_eq!(lines.len(), 1, "{name}: {lines:#?}");
        assert!(lines[0].contains("warn") && lines[0].contains(why), "{name}: {}", lines[0]);
    }
}

#[test]
fn broken_key_file_is_reported_once_and_opens_and_closes_nothing() {
    let scratch = Scratch::new(MANY);
    let dir = scratch.state().join("keys");
    let good = scratch.key(&["--id", "good", "--host", "example.com"]);
    let served = scratch.serve();
    let mut client = served.client();
    let broken = broken_files(&dir, &dir.join("good.toml"));
    let works = |client: &mut Client| {
        for key in [KEY, &good] {
            assert_eq!(client.invite(key).status, 201, "{key} is closed by a broken file");
        }
        for (name, _) in &broken {
            // What does not even look like an id cannot be asked for.
            let id = name.split('.').next().unwrap();
            for secret in [split(KEY).1, split(&good).1, ""] {
                let answer = client.ask("POST", "/invites_api", &[&format!("Authorization: Bearer {id}/{secret}")]);
                assert_problem(&answer, 403);
            }
        }
    };
    works(&mut client);
    // Two more readings of the directory, and those of a few seconds.
    for id in ["more", "evenmore"] {
        scratch.key(&["--id", id]);
        served.wait_log(&format!("event=key.created key.id={id}"));
        scratch.ok(&["key", "delete", id]);
        served.wait_log(&format!("event=key.deleted key.id={id}"));
    }
    works(&mut client);
    assert_each_reported_once(&served, &dir, &broken);
    drop(served);

    // The same where they are met at the start.
    let served = scratch.serve();
    works(&mut served.client());
    assert_each_reported_once(&served, &dir, &broken);

    // `check` and `key list` say so, too, and go on.
    let check = scratch.run(&["check"]);
    assert_eq!(check.status.code(), Some(0), "{}", stderr(&check));
    let listed = scratch.run(&["key", "list"]);
    assert_eq!(String::from_utf8_lossy(&listed.stdout).lines().count(), 2);
    for (name, _) in &broken {
        assert!(stderr(&check).contains(name), "check does not report {name}");
        assert!(stderr(&listed).contains(name), "key list does not report {name}");
    }

    // What is mended works.
    let mended = dir.join("public.toml");
    fs::set_permissions(&mended, fs::Permissions::from_mode(0o600)).unwrap();
    served.wait_log("event=key.created key.id=public");
    let answer = served.client().ask(
        "POST",
        "/invites_api?host=example.org",
        &[&format!("Authorization: Bearer public/{}", split(KEY).1)],
    );
    assert_eq!(answer.status, 201);
}

#[test]
fn value_in_a_key_file_that_may_be_a_secret_is_not_told_to_anyone() {
    const SECRET: &str = "Hq3vT9sWx2LmZb7Rk4Yc8NdPf6Jg1Au5";
    let scratch = Scratch::new(CONFIG);
    let dir = scratch.state().join("keys");
    let lines = [
        "sha256 = \"SECRET\"".to_owned(),
        "SECRET".to_owned(),
        "sha256 = SECRET".to_owned(),
        format!("sha256 = \"{SHA256}\"\nallow = \"SECRET\""),
        format!("sha256 = \"{SHA256}\"\nallow = [\"SECRET\"]"),
        format!("sha256 = \"{SHA256}\"\nhosts = \"SECRET\""),
        format!("sha256 = \"{SHA256}\"\nhosts = [\"SECRET/\"]"),
        format!("sha256 = \"{SHA256}\"\nlimit = \"SECRET\""),
        format!("sha256 = \"{SHA256}\"\nmax_ttl = \"SECRET\""),
        format!("sha256 = \"{SHA256}\"\nmax_uses = \"SECRET\""),
        format!("sha256 = \"{SHA256}\"\nexpires = \"SECRET\""),
        format!("sha256 = \"{SHA256}\"\nclaims = \"SECRET\""),
        format!("sha256 = \"{SHA256}\"\nmethods = \"SECRET\""),
        format!("sha256 = \"{SHA256}\"\nalgorithm = \"SECRET\""),
    ];
    for (number, line) in lines.iter().enumerate() {
        write_key(&dir, &format!("key{number}.toml"), line.replace("SECRET", SECRET));
    }
    let served = scratch.serve();
    served.wait_log("key0.toml");
    let mut told = served.log();
    for arguments in [["check", "-v"], ["key", "list"]] {
        told += &stderr(&scratch.run(&arguments));
    }
    let leaks: Vec<_> = told.lines().filter(|line| line.contains(SECRET)).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}

#[test]
fn key_may_do_what_it_is_allowed_and_nothing_else() {
    let key = |id: &str, more: &str| format!("[keys.{id}]\nsha256 = \"{SHA256}\"\n{more}\n");
    let scratch = Scratch::new(
        &[
            MANY,
            &key("any", ""),
            &key("reader", "allow = [\"read\", \"revoke\", \"redeem\"]"),
            &key("nothing", "allow = []\nhosts = [\"example.com\"]"),
            &key("org", "hosts = [\"example.org\"]"),
            &key("poster", "hosts = [\"example.com\"]\nmethods = [\"POST\"]"),
            &key("getter", "hosts = [\"example.com\"]\nmethods = [\"GET\"]"),
            &key("old", "hosts = [\"example.com\"]\nexpires = \"2026-01-01T00:00:00Z\""),
            &key("young", "hosts = [\"example.com\"]\nexpires = \"2099-01-01T00:00:00Z\""),
            &key("short", "hosts = [\"example.com\"]\nmax_ttl = \"1h\""),
        ]
        .concat(),
    );
    let state = |arguments: &[&str]| scratch.key(arguments);
    let [reader, org] = [state(&["--allow", "read"]), state(&["--host", "example.org"])];
    let served = scratch.serve();
    let mut client = served.client();
    let mut made = BTreeMap::<&str, usize>::new();
    let cases: &[(&str, &str, &str, u16)] = &[
        ("any/s3cret", "POST", "?host=example.com", 201),
        ("any/s3cret", "GET", "?host=EXAMPLE.org", 201),
        ("any/s3cret", "GET", "", 400),
        ("any/s3cret", "GET", "?host=example.net", 403),
        ("any/other", "GET", "?host=example.com", 403),
        ("any/", "GET", "?host=example.com", 403),
        ("any", "GET", "?host=example.com", 403),
        ("/s3cret", "GET", "?host=example.com", 403),
        ("ANY/s3cret", "GET", "?host=example.com", 403),
        ("nobody/s3cret", "GET", "?host=example.com", 403),
        ("reader/s3cret", "POST", "?host=example.com", 403),
        ("nothing/s3cret", "POST", "", 403),
        (&reader, "POST", "?host=example.com", 403),
        ("org/s3cret", "POST", "", 201),
        ("org/s3cret", "POST", "?host=example.org", 201),
        ("org/s3cret", "POST", "?host=example.com", 403),
        (&org, "POST", "", 201),
        (&org, "POST", "?host=example.com", 403),
        ("poster/s3cret", "POST", "", 201),
        ("poster/s3cret", "GET", "", 405),
        ("getter/s3cret", "GET", "", 201),
        ("getter/s3cret", "POST", "", 405),
        ("old/s3cret", "POST", "", 403),
        ("young/s3cret", "POST", "", 201),
        ("short/s3cret", "POST", "", 201),
    ];
    for (key, method, query, status) in cases {
        let answer = client.ask(method, &format!("/invites_api{query}"), &[&format!("Authorization: Bearer {key}")]);
        assert_eq!(answer.status, *status, "{method} {query} with {key}: {answer:?}");
        if *status == 405 {
            let allow: Vec<_> = answer.header("allow").unwrap().split(", ").collect();
            assert!(!allow.contains(method) && allow.contains(if *method == "GET" { &"POST" } else { &"GET" }));
        }
        *made.entry(split_id(key)).or_default() += usize::from(*status == 201);
    }
    made.retain(|_, count| *count > 0);

    let invites = invites(&scratch);
    let mut there = BTreeMap::<&str, usize>::new();
    for invite in &invites {
        let id = invite["source"].as_str().unwrap().strip_prefix("key/").unwrap();
        *there.entry(id).or_default() += 1;
        assert!(!id.starts_with("org") || invite["host"] == "example.org", "{invite}");
    }
    assert_eq!(there, made);
    let short = invites.iter().find(|invite| invite["source"] == "key/short").unwrap();
    let moment = |field: &str| short[field].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(moment("expires_at") - moment("created_at"), jiff::SignedDuration::from_hours(1));
}

fn split_id(key: &str) -> &str {
    key.split('/').next().unwrap()
}

#[test]
fn refusals_of_a_key_look_the_same_from_outside() {
    let scratch =
        Scratch::new(&format!("{MANY}\n[keys.old]\nsha256 = \"{SHA256}\"\nexpires = \"2026-01-01T00:00:00Z\"\n"));
    let served = scratch.serve();
    let mut client = served.client();
    let mut seen = |headers: &[&str]| {
        let mut answer = client.ask("POST", "/invites_api", headers);
        answer.headers.retain(|(name, _)| name != "x-request-id" && name != "date");
        answer.headers.sort();
        (answer.status, answer.headers.clone(), answer.text())
    };
    let missing = seen(&[]);
    assert_eq!(missing.0, 403);
    for key in ["site/wrong", "nobody/s3cret", "old/s3cret", "nonsense", "", "site/"] {
        assert_eq!(seen(&[&format!("Authorization: Bearer {key}")]), missing, "{key:?}");
    }
}

#[test]
fn key_stops_working_when_it_expires() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let mut client = served.client();
    let key = scratch.key(&["--expires", "3s"]);
    assert_eq!(client.invite(&key).status, 201);
    let expires = keys(&scratch).into_iter().find(|key| key["id"] != "site").unwrap()["expires"].clone();
    let expires: jiff::Timestamp = expires.as_str().unwrap().parse().unwrap();
    // Each invite tells the service's own clock.
    let refused = (0..1_000_000).map(|_| client.invite(&key)).find(|answer| answer.status != 201).unwrap();
    assert_problem(&refused, 403);
    for invite in invites(&scratch) {
        let created: jiff::Timestamp = invite["created_at"].as_str().unwrap().parse().unwrap();
        assert!(created < expires, "made at {created} with a key that expired at {expires}");
    }
    assert_eq!(client.invite(KEY).status, 201);
}

/// Has `clients` ask at the same time, each `times` times.
fn ask_all(address: SocketAddr, key: &str, clients: usize, times: usize) -> Vec<Response> {
    let ask = |_| {
        let key = key.to_owned();
        std::thread::spawn(move || {
            let mut client = Client::tcp(address);
            (0..times).map(|_| client.invite(&key)).collect::<Vec<_>>()
        })
    };
    let threads: Vec<_> = (0..clients).map(ask).collect();
    threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
}

fn count(answers: &[Response], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

fn retry_after(answer: &Response) -> u64 {
    assert_problem(answer, 429);
    answer.header("retry-after").unwrap().parse().unwrap()
}

#[test]
fn limit_is_exact_under_concurrency_and_survives_reload_and_restart() {
    // One more comes after 21.6 minutes; no test takes that long.
    let scratch =
        Scratch::new(&format!("{CONFIG}limit = \"40/d\"\n[keys.more]\nsha256 = \"{SHA256}\"\nlimit = \"50/d\"\n"));
    let state_key = scratch.key(&["--limit", "45/d"]);
    let all = [(KEY, 40), ("more/s3cret", 50), (&*state_key, 45)];
    let served = scratch.serve();
    for (key, limit) in all {
        let answers = ask_all(served.address(), key, 32, 3);
        assert_eq!((count(&answers, 201), count(&answers, 429)), (limit, 96 - limit), "{key}");
        for answer in answers.iter().filter(|answer| answer.status == 429) {
            assert!((1..=86_400 / limit as u64 + 1).contains(&retry_after(answer)), "{answer:?}");
        }
    }
    let refused = |served: &Served, when: &str| {
        let mut client = served.client();
        for (key, _) in all {
            assert_eq!(client.invite(key).status, 429, "{key} {when}");
        }
    };
    served.signal("HUP");
    served.wait_log("event=reload.done");
    refused(&served, "after a reload");
    let mut served = served;
    served.signal("TERM");
    assert_eq!(served.wait().code(), Some(0));
    let mut served = scratch.serve();
    refused(&served, "after a restart");
    served.kill();
    let served = scratch.serve();
    refused(&served, "after kill -9");
    // What an admin makes is not the key's.
    scratch.ok(&["invite", "create"]);
    assert_eq!(invites(&scratch).len(), 40 + 50 + 45 + 1);
}

#[test]
fn pending_limit_is_exact_and_makes_room_when_one_is_revoked() {
    let scratch = Scratch::new(&format!("{CONFIG}max_pending = 10\n"));
    let mut served = scratch.serve();
    let answers = ask_all(served.address(), KEY, 32, 2);
    assert_eq!((count(&answers, 201), count(&answers, 429)), (10, 54));
    let week = 7 * 86_400;
    for answer in answers.iter().filter(|answer| answer.status == 429) {
        assert!((week - 60..=week).contains(&retry_after(answer)), "{answer:?}");
    }
    let id = invites(&scratch)[3]["id"].as_str().unwrap().to_owned();
    scratch.ok(&["invite", "revoke", &id]);
    let answers = ask_all(served.address(), KEY, 8, 1);
    assert_eq!((count(&answers, 201), count(&answers, 429)), (1, 7));
    served.kill();
    let served = scratch.serve();
    assert_eq!(served.client().invite(KEY).status, 429);
}

#[test]
fn key_on_both_sides_is_an_error_of_check_and_the_declared_one_counts() {
    let scratch = Scratch::new(MANY);
    let state_key = scratch.key(&["the other one", "--id", "twice", "--host", "example.com"]);
    scratch.configure(&format!(
        "{MANY}[keys.twice]\nsha256 = \"{SHA256}\"\nname = \"this one\"\nhosts = [\"example.com\"]\n"
    ));
    let check = scratch.run(&["check"]);
    assert_eq!(check.status.code(), Some(2), "{}", stderr(&check));
    for word in ["twice", scratch.config().to_str().unwrap(), "key delete twice"] {
        assert!(stderr(&check).contains(word), "check says nothing of {word:?}: {}", stderr(&check));
    }
    let served = scratch.serve();
    let mut client = served.client();
    assert_eq!(client.invite("twice/s3cret").status, 201);
    assert_problem(&client.invite(&state_key), 403);
    let listed: Vec<_> = keys(&scratch).into_iter().filter(|key| key["id"] == "twice").collect();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["name"], "this one");

    // As check says.
    scratch.ok(&["key", "delete", "twice"]);
    scratch.ok(&["check"]);
    assert_eq!(client.invite("twice/s3cret").status, 201);
}

#[test]
fn thousand_keys_are_listed_and_work() {
    let scratch = Scratch::new(CONFIG);
    let dir = scratch.state().join("keys");
    for n in 0..1000 {
        write_key(&dir, &format!("key-{n:04}.toml"), format!("name = \"number {n}\"\nsha256 = \"{SHA256}\"\n"));
    }
    let text = scratch.ok(&["key", "list"]);
    assert_eq!(text.lines().count(), 1001);
    assert_eq!(text.lines().next().unwrap().split('\t').take(2).collect::<Vec<_>>(), ["key-0000", "number 0"]);
    let served = scratch.serve();
    served.wait_log("1001 keys");
    let mut client = served.client();
    for n in 0..1000 {
        assert_eq!(client.invite(&format!("key-{n:04}/s3cret")).status, 201);
    }
    for n in [0, 500, 999] {
        scratch.ok(&["key", "delete", &format!("key-{n:04}")]);
        assert_problem(&client.invite(&format!("key-{n:04}/s3cret")), 403);
        assert_eq!(client.invite(&format!("key-{:04}/s3cret", n ^ 1)).status, 201);
    }
    let used = keys(&scratch).iter().filter(|key| !key["last_used_at"].is_null()).count();
    assert_eq!(used, 997);
}

/// What Prosody 0.12 writes for two keys.
const PROSODY: &str = r#"return {
	["0JoKl7QweYZ9"] = {
		["allowed_methods"] = {
			["POST"] = true;
			["GET"] = true;
		};
		["token"] = "39h59554UjYl6-msdvWnoyPY1_2nvxZ98uFy";
		["name"] = "My test key";
		["id"] = "0JoKl7QweYZ9";
		["created_at"] = 1700000000;
	};
	["postonly0001"] = {
		["allowed_methods"] = { ["POST"] = true; };
		["token"] = "s3cret";
		["id"] = "postonly0001";
	};
};
"#;

fn prosody_file(scratch: &Scratch, text: &str) -> PathBuf {
    let folder = scratch.path().join("example%2ecom");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("invite_api_keys.dat");
    fs::write(&file, text).unwrap();
    file
}

#[test]
fn imported_keys_work_as_they_are_for_their_host_and_methods() {
    let scratch = Scratch::new(MANY);
    let file = prosody_file(&scratch, PROSODY);
    let served = scratch.serve();
    for told in ["imported 2 keys, for example.com\n", "imported nothing, for example.com: 2 keys are there already\n"]
    {
        let output = scratch.run(&["key", "import", file.to_str().unwrap()]);
        assert_eq!((output.status.code(), &*stderr(&output)), (Some(0), told));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "0JoKl7QweYZ9\tMy test key\npostonly0001\t\n");
    }
    let mut client = served.client();
    let first = "0JoKl7QweYZ9/39h59554UjYl6-msdvWnoyPY1_2nvxZ98uFy";
    assert_eq!(client.invite(first).status, 201);
    assert_eq!(client.get(&format!("/invites_api?key={first}")).status, 201);
    assert_eq!(client.get(&format!("/invites_api?key={first}&host=example.org")).status, 403);
    assert_eq!(client.invite("postonly0001/s3cret").status, 201);
    assert_eq!(client.get("/invites_api?key=postonly0001/s3cret").status, 405);
    let imported = keys(&scratch).into_iter().find(|key| key["id"] == "0JoKl7QweYZ9").unwrap();
    assert_eq!((&imported["name"], &imported["hosts"]), (&"My test key".into(), &serde_json::json!(["example.com"])));

    scratch.ok(&["key", "delete", "0JoKl7QweYZ9"]);
    assert_problem(&client.invite(first), 403);
    // For another host, if that is said; where it is there for the first one, it would not be.
    let other = ["key", "import", "--host", "example.org", file.to_str().unwrap()];
    let output = scratch.run(&other);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
    let told = "the key postonly0001 is there already, and not for example.org; nothing was imported.";
    assert!(stderr(&output).contains(told), "{}", stderr(&output));
    scratch.ok(&["key", "delete", "postonly0001"]);
    scratch.ok(&other);
    assert_eq!(client.get(&format!("/invites_api?key={first}&host=example.org")).status, 201);
    assert_eq!(client.get(&format!("/invites_api?key={first}&host=example.com")).status, 403);
}

#[test]
fn import_says_which_keys_were_there() {
    let scratch = Scratch::new(MANY);
    let (file, path) = (prosody_file(&scratch, PROSODY), scratch.state().join("keys/postonly0001.toml"));
    scratch.ok(&["key", "import", file.to_str().unwrap()]);
    scratch.ok(&["key", "delete", "0JoKl7QweYZ9"]);
    let before = fs::read_to_string(&path).unwrap();
    let output = scratch.run(&["key", "import", "--json", file.to_str().unwrap()]);
    let told = "imported 1 key, for example.com: 0JoKl7QweYZ9; 1 key is there already: postonly0001\n";
    assert_eq!((output.status.code(), &*stderr(&output)), (Some(0), told));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!([&found["keys"][0]["imported"], &found["keys"][1]["imported"]], [true, false], "{found}");
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
    // One that cannot be read is none that is the same.
    fs::write(&path, "sha256 = ").unwrap();
    let output = scratch.run(&["key", "import", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("there is already a key postonly0001"), "{}", stderr(&output));
}

#[test]
fn import_that_cannot_take_everything_takes_nothing() {
    let scratch = Scratch::new(MANY);
    let import = |text: &str, says: &[&str]| {
        let file = prosody_file(&scratch, text);
        let output = scratch.run(&["key", "import", file.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
        for word in says {
            assert!(stderr(&output).contains(word), "it says nothing of {word:?}: {}", stderr(&output));
        }
        assert!(!stderr(&output).contains("39h59554"), "{}", stderr(&output));
    };
    import(&PROSODY.replace("return", "os.execute('touch x') return"), &["line 1", "invite_api_keys.dat"]);
    import(&PROSODY[..PROSODY.len() - 20], &["line"]);
    // One of them has the id of a declared key.
    import(&PROSODY.replace("postonly0001", "site"), &["site", "nothing was imported"]);
    assert_eq!(ids(&scratch), BTreeSet::from(["site".to_owned()]));
    // One of them has the id of another key.
    scratch.key(&["--id", "postonly0001"]);
    import(PROSODY, &["postonly0001", "nothing was imported"]);
    assert_eq!(ids(&scratch), BTreeSet::from(["site".to_owned(), "postonly0001".to_owned()]));
}

/// The keys `kept` and `deleted`, and a connection on which they made an invite each.
fn two_keys(scratch: &Scratch, served: &Served) -> ([String; 2], Client) {
    let keys = ["kept", "deleted"].map(|id| scratch.key(&["--id", id, "--host", "example.com"]));
    let mut client = served.client();
    assert_eq!(keys.each_ref().map(|key| client.invite(key).status), [201, 201]);
    (keys, client)
}

#[test]
fn keys_stay_in_force_while_no_more_files_can_be_opened() {
    let scratch = Scratch::new(MANY);
    let served = scratch.serve();
    let ([kept, deleted], mut client) = two_keys(&scratch, &served);
    served.limit_files(None);
    // So that there is something to look at.
    scratch.key(&["--id", "another"]);
    let line = served.wait_log("cannot list the keys in ");
    assert!(line.contains("error") && line.contains("the keys that were known stay in force"), "{line}");
    assert_eq!([&kept, &deleted].map(|key| client.invite(key).status), [201, 201]);
    // That a file is gone can be seen all the same.
    scratch.ok(&["key", "delete", "deleted"]);
    assert_eq!([&kept, &deleted].map(|key| client.invite(key).status), [201, 403]);
    served.limit_files(Some(1024));
    served.wait_log("the keys of the state directory can be listed again");
    assert_eq!([&kept, &deleted].map(|key| client.invite(key).status), [201, 403]);
    let log = served.log();
    assert_eq!((log.matches("cannot list").count(), log.matches("event=key.deleted").count()), (1, 1), "{log}");
}

#[test]
fn keys_stay_in_force_while_their_directory_is_gone_or_none() {
    let scratch = Scratch::new(MANY);
    let served = scratch.serve();
    let ([kept, deleted], mut client) = two_keys(&scratch, &served);
    let (dir, away) = (scratch.state().join("keys"), scratch.state().join("away"));
    let mut check = |before: usize| {
        served.wait_log_after(before, "cannot list the keys in ");
        assert_eq!([&kept, &deleted].map(|key| client.invite(key).status), [201, 201]);
    };
    let before = served.log_length();
    fs::rename(&dir, &away).unwrap();
    check(before);
    // It heals, and fails in another way.
    let before = served.log_length();
    fs::rename(&away, &dir).unwrap();
    served.wait_log_after(before, "can be listed again");
    fs::rename(&dir, &away).unwrap();
    fs::write(&dir, "").unwrap();
    check(before);
    fs::remove_file(&dir).unwrap();
    assert!(!served.log().contains("event=key.deleted"), "{}", served.log());

    // A directory that is empty has no keys.
    fs::create_dir(&dir).unwrap();
    served.wait_log("event=key.deleted key.id=kept");
    assert_eq!(client.invite(&kept).status, 403);
    assert_eq!(client.invite(KEY).status, 201);
}

#[test]
fn a_service_that_cannot_list_the_keys_at_its_start_serves_the_declared_ones_and_says_so() {
    let scratch = Scratch::new(MANY);
    let key = scratch.key(&["--id", "kept", "--host", "example.com"]);
    let (dir, away) = (scratch.state().join("keys"), scratch.state().join("away"));
    fs::rename(&dir, &away).unwrap();
    fs::write(&dir, "").unwrap();
    let served = scratch.serve();
    let line = served.wait_log("cannot list the keys in ");
    assert!(line.contains("error") && line.contains("only declared keys are in force"), "{line}");
    let mut client = served.client();
    assert_eq!([client.invite(KEY).status, client.invite(&key).status], [201, 403]);
    let check = scratch.run(&["check"]);
    assert!(stderr(&check).contains("note: cannot list the keys in "), "{}", stderr(&check));
    fs::remove_file(&dir).unwrap();
    fs::rename(&away, &dir).unwrap();
    served.wait_log("can be listed again");
    assert_eq!(client.invite(&key).status, 201);
    assert!(!served.log().contains("event=key.created"), "{}", served.log());
}
