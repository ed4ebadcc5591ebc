//! Root beside a service whose user is hostile: whatever it puts in the place of what is in the state directory, and
//! whenever, root's commands touch nothing outside, and what they write is the user's. And root still does its work, in
//! directories that their owner cannot reach, too.

use crate::common;

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{CONFIG, KEY, Process, Scratch};
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};

/// A user that no machine has on record, as systemd's dynamic ones are.
const USER: u32 = 61_199;
/// So often is each command run beside the attack.
const TIMES: usize = 500;
/// Those that go on until they are stopped.
const TIMES_SERVED: usize = 50;
/// What tells this program that it is to attack, and where.
const INSIDE: &str = "INVITED_TEST_ATTACK";

fn is_not_root(test: &str) -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        println!("SKIPPED {test}: needs root");
    }
    !is_root
}

/// Whether this container lets nobody mount.
fn may_not_mount(test: &str) -> bool {
    let may = Command::new("unshare").args(["--mount", "true"]).status().is_ok_and(|status| status.success());
    if !may {
        println!("SKIPPED {test}: needs to mount");
    }
    !may
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn give(path: &Path, user: u32) {
    chown(path, Some(user), Some(user)).unwrap();
}

/// A directory of a user.
fn dir_of(path: &Path, user: u32) {
    fs::create_dir(path).unwrap();
    mode(path, 0o700);
    give(path, user);
}

/// A directory with a configuration that is for root alone, into which others may look.
fn scratch(config: &str) -> Scratch {
    let scratch = Scratch::new(config);
    mode(scratch.path(), 0o755);
    mode(&scratch.config(), 0o600);
    scratch
}

/// The same with a state directory of [`USER`].
fn beside_user(config: &str) -> Scratch {
    let scratch = scratch(config);
    dir_of(&scratch.state(), USER);
    scratch
}

fn walk(dir: &Path) -> Vec<PathBuf> {
    let mut found = vec![dir.to_owned()];
    for entry in fs::read_dir(dir).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() { found.extend(walk(&entry.path())) } else { found.push(entry.path()) }
    }
    found.sort();
    found
}

fn assert_owned(dir: &Path, user: u32) {
    for path in walk(dir) {
        let found = path.symlink_metadata().unwrap();
        assert_eq!((found.uid(), found.gid()), (user, user), "{}", path.display());
    }
}

/// Everything about what is outside.
fn picture(dir: &Path) -> Vec<String> {
    let describe = |path: PathBuf| {
        let found = path.symlink_metadata().unwrap();
        let content = fs::read(&path).unwrap_or_default();
        format!(
            "{} {} {}:{} {:o} {}.{} {content:?}",
            path.display(),
            found.ino(),
            found.uid(),
            found.gid(),
            found.mode(),
            found.ctime(),
            found.ctime_nsec()
        )
    };
    walk(dir).into_iter().map(describe).collect()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The lines of `/proc/PID/status` that say who a process is, and what it may beyond that.
fn rights(pid: u32) -> Vec<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let names = ["Uid:", "Gid:", "Groups:", "CapInh:", "CapPrm:", "CapEff:", "CapAmb:"];
    let lines = status.lines().filter(|line| names.iter().any(|name| line.starts_with(name)));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn rights_of(user: u32, groups: &[u32]) -> Vec<String> {
    let groups = groups.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    let none = "0000000000000000";
    let mut lines = vec![
        format!("Uid: {user} {user} {user} {user}"),
        format!("Gid: {user} {user} {user} {user}"),
        format!("Groups: {groups}"),
    ];
    lines.extend(["CapInh", "CapPrm", "CapEff", "CapAmb"].map(|name| format!("{name}: {none}")));
    lines
}

/// Swaps what is in the state directory of `home` for links to what is `outside`, and back, and whatever else comes to be in
/// there for links for good.
fn attack(home: &Path, outside: &Path) -> ! {
    let state = home.join("state");
    let (dir, file) = (outside.join("dir"), outside.join("file"));
    let link = |target: &Path, path: &Path| drop(symlink(target, path));
    let exchange = |path: &Path, with: &Path| {
        let _ = renameat2(AT_FDCWD, path, AT_FDCWD, with, RenameFlags::RENAME_EXCHANGE);
    };
    let swapped = [
        ("state", &dir),
        ("state/keys", &dir),
        ("state/ledger.db", &file),
        ("state/ledger.db-wal", &file),
        ("state/ledger.key", &file),
        ("state/keys/victim.toml", &file),
    ];
    loop {
        for (name, target) in swapped {
            let (path, aside) = (home.join(name), home.join("aside"));
            link(target, &aside);
            // What is not there yet is there before root makes it.
            link(target, &path);
            exchange(&path, &aside);
            std::thread::yield_now();
            exchange(&path, &aside);
            let _ = fs::remove_file(&aside).or_else(|_| fs::remove_dir_all(&aside));
            if path.is_symlink() {
                let _ = fs::remove_file(&path);
            }
        }
        for place in [home.to_owned(), state.clone(), state.join("keys")] {
            for entry in fs::read_dir(place).into_iter().flatten().flatten() {
                let name = entry.file_name();
                let is_one = |prefix: &str| name.as_encoded_bytes().starts_with(prefix.as_bytes());
                let target = if is_one("invited-demo-") { &dir } else { &file };
                if is_one("invited-demo-") || is_one(".new-") {
                    let aside = home.join("aside");
                    link(target, &aside);
                    exchange(&entry.path(), &aside);
                    let _ = fs::remove_file(&aside).or_else(|_| fs::remove_dir_all(&aside));
                }
            }
        }
        let _ = fs::create_dir(&state);
    }
}

/// Before what a shell asks to be completed.
const COMPLETED: &str = "completed";

/// What a shell asks.
fn completion() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_invited"));
    command.env("_INVITED_COMPLETE", "fish").args(["--", "invited"]).stdin(Stdio::null());
    command
}

/// What is run beside the attack, and as often.
struct Attacked {
    scratch: Scratch,
    commands: Vec<Vec<OsString>>,
}

impl Attacked {
    fn new() -> Self {
        let private = Scratch::new("");
        let output = private.run(&["key", "create", "--jwt", "--id", "ci"]);
        let declared = stderr(&output);
        let declared = declared.split("\n\n").next().unwrap();
        let scratch = scratch(&format!("{CONFIG}{declared}\n"));
        let inside = |name: &str| scratch.path().join(name);
        fs::write(inside("ci.pem"), output.stdout).unwrap();
        mode(&inside("ci.pem"), 0o600);
        let keys = "return { [\"imported0001\"] = { [\"id\"] = \"imported0001\"; [\"token\"] = \"a-secret-from-prosody\"; \
                    [\"name\"] = \"imported\"; [\"created_at\"] = 1700000000; }; };";
        fs::write(inside("keys.dat"), keys).unwrap();
        mode(&inside("keys.dat"), 0o600);

        // Outside, there is what root alone may touch, under names that are looked for.
        fs::create_dir_all(inside("outside/dir/keys")).unwrap();
        for name in ["file", "dir/victim.toml", "dir/ledger.key", "dir/ledger.db", "dir/keys/victim.toml"] {
            fs::write(inside("outside").join(name), "root's").unwrap();
            mode(&inside("outside").join(name), 0o600);
        }
        dir_of(&inside("home"), USER);
        dir_of(&inside("home/state"), USER);

        let (pem, dat, backup) = (inside("ci.pem"), inside("keys.dat"), inside("invited.backup"));
        let backup = backup.to_str().unwrap();
        let commands: [&[&str]; 13] = [
            &["key", "create", "a key"],
            &["key", "create", "--id", "victim"],
            &["key", "list"],
            &["key", "delete", "victim"],
            &["key", "import", "--host", "example.com", dat.to_str().unwrap()],
            &["token", "mint", "--id", "ci", "--key-file", pem.to_str().unwrap()],
            &["invite", "create"],
            &["invite", "list"],
            &["backup", backup],
            &["restore", backup, "--replace"],
            &["check"],
            &[COMPLETED, "key", "delete", ""],
            &[COMPLETED, "invite", "revoke", ""],
        ];
        let commands = commands.iter().map(|words| words.iter().map(OsString::from).collect()).collect();
        Self { scratch, commands }
    }

    fn home(&self) -> PathBuf {
        self.scratch.path().join("home")
    }

    fn outside(&self) -> PathBuf {
        self.scratch.path().join("outside")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_invited"));
        self.configure(&mut command);
        command
    }

    fn configure(&self, command: &mut Command) {
        command.arg("--config").arg(self.scratch.config()).arg("--state-dir").arg(self.home().join("state"));
        command.stdin(Stdio::null());
    }

    /// Runs one of `commands`.
    fn run(&self, words: &[OsString]) -> Output {
        match words {
            [first, typed @ ..] if first == COMPLETED => {
                let mut command = completion();
                self.configure(&mut command);
                command.args(typed).output().unwrap()
            }
            words => self.command().args(words).output().unwrap(),
        }
    }

    /// Starts what serves, waits until it does or has ended, and stops it; whether it did.
    fn serve(&self, command: &str) -> bool {
        let mut command_line = self.command();
        command_line.arg(command).env("TMPDIR", self.home()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Process(command_line.spawn().unwrap());
        let (stdout, stderr) = (child.0.stdout.take().unwrap(), child.0.stderr.take().unwrap());
        let (told, other): (Box<dyn std::io::Read>, Box<dyn std::io::Read + Send>) =
            if command == "demo" { (Box::new(stdout), Box::new(stderr)) } else { (Box::new(stderr), Box::new(stdout)) };
        let other = std::thread::spawn(move || std::io::copy(&mut { other }, &mut std::io::sink()));
        let mut lines = BufReader::new(told).lines().map_while(Result::ok);
        let serves = lines.any(|line| line.contains("listening on ") || line.contains("Serving on "));
        let pid = child.0.id();
        if serves {
            assert_eq!(rights(pid)[0], format!("Uid: {USER} {USER} {USER} {USER}"));
        }
        // Ctrl-C: the demo cleans up.
        let _ = Command::new("kill").arg("-INT").arg(pid.to_string()).stderr(Stdio::null()).status();
        lines.for_each(drop);
        let status = child.0.wait().unwrap();
        other.join().unwrap().unwrap();
        assert!(status.code().is_some_and(|code| code <= 2) || !serves, "{command} ended with {status}");
        serves
    }
}

#[test]
fn no_link_of_the_services_user_leads_root_outside() {
    if let Some(dir) = std::env::var_os(INSIDE) {
        attack(&Path::new(&dir).join("home"), &Path::new(&dir).join("outside"));
    }
    let test = "no_link_of_the_services_user_leads_root_outside";
    if is_not_root(test) {
        return;
    }
    let beside = Attacked::new();
    let before = picture(&beside.outside());
    let mut attacker = Command::new(std::env::current_exe().unwrap());
    attacker
        .args([&common::name_of_test(module_path!(), test), "--exact"])
        .env(INSIDE, beside.scratch.path())
        .uid(USER)
        .gid(USER);
    let mut attacker = Process(attacker.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());

    let next = AtomicUsize::new(0);
    let all = TIMES * beside.commands.len();
    let run = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= all {
                return;
            }
            let words = &beside.commands[number % beside.commands.len()];
            let output = beside.run(words);
            let ended_well = output.status.code().is_some_and(|code| code <= 2);
            assert!(ended_well, "{words:?} ended with {}: {}", output.status, stderr(&output));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(run);
        }
    });
    assert_eq!(picture(&beside.outside()), before);
    for command in ["serve", "demo"] {
        for _ in 0..TIMES_SERVED {
            beside.serve(command);
        }
    }
    assert!(attacker.0.try_wait().unwrap().is_none(), "the attack ended by itself");
    drop(attacker);
    assert_eq!(picture(&beside.outside()), before);
    assert_owned(&beside.home(), USER);

    // And left alone, all of it works, in a directory that is not there yet.
    fs::remove_dir_all(beside.home()).unwrap();
    dir_of(&beside.home(), USER);
    for words in &beside.commands {
        let output = beside.run(words);
        assert!(output.status.success(), "{words:?} ended with {}: {}", output.status, stderr(&output));
    }
    assert!(beside.serve("serve") && beside.serve("demo"));
    assert_eq!(picture(&beside.outside()), before);
    assert_owned(&beside.home(), USER);
}

/// Makes a directory like systemd's `/var/lib/private`, with the state directory in it; gives the way there.
fn out_of_reach(scratch: &Scratch) -> PathBuf {
    let private = scratch.path().join("private");
    fs::create_dir(&private).unwrap();
    mode(&private, 0o700);
    dir_of(&private.join("invited"), USER);
    symlink("private/invited", scratch.state()).unwrap();
    private.join("invited")
}

#[test]
fn root_works_where_the_owner_cannot_go_by_itself() {
    let test = "root_works_where_the_owner_cannot_go_by_itself";
    if is_not_root(test) || may_not_mount(test) {
        return;
    }
    let scratch = scratch(CONFIG);
    let dir = out_of_reach(&scratch);
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let key = scratch.key(&["--id", "first"]);
    let listed = scratch.ok(&["key", "list"]);
    let shown = scratch.state().join("keys/first.toml");
    assert!(listed.contains(&format!("\t{}\t", shown.display())), "the path that is configured: {listed}");
    let mut served = scratch.serve();
    assert_eq!(rights(served.pid()), rights_of(USER, &[USER]));
    assert_eq!(served.client().invite(&key).status, 201);
    // Beside it.
    let second = scratch.key(&["--id", "second"]);
    assert_eq!(served.client().invite(&second).status, 201);
    scratch.ok(&["key", "delete", "second"]);
    assert_eq!(served.client().invite(&second).status, 403);
    scratch.ok(&["invite", "create"]);
    assert_eq!(scratch.ok(&["invite", "list"]).lines().count(), 3);
    assert_eq!(scratch.ok(&["check"]), "valid: 1 host, 2 keys\n");
    let mut shell = completion();
    shell.arg("--config").arg(scratch.config()).arg("--state-dir").arg(scratch.state()).args(["key", "delete", ""]);
    // A machine that is busy for longer than anybody waits for a word offers none.
    let mut offers = || String::from_utf8(shell.output().unwrap().stdout).unwrap().lines().any(|line| line == "first");
    assert!((0..50).any(|_| offers()));
    served.signal("TERM");
    assert_eq!(served.wait().code(), Some(0));
    assert!(dir.join("ledger.db").is_file() && dir.join("keys/first.toml").is_file());
    assert_owned(&dir, USER);
    assert_eq!(fs::read_to_string("/proc/self/mountinfo").unwrap(), mounts, "nobody else sees what is mounted");
}

#[test]
fn where_nothing_may_be_mounted_root_is_told_how_to_be_the_service() {
    let test = "where_nothing_may_be_mounted_root_is_told_how_to_be_the_service";
    if is_not_root(test) {
        return;
    }
    let scratch = scratch(CONFIG);
    let dir = out_of_reach(&scratch);
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set=-sys_admin", env!("CARGO_BIN_EXE_invited"), "--config"]).arg(scratch.config());
    let output = command.arg("--state-dir").arg(scratch.state()).args(["key", "create"]).output().unwrap();
    let expected = format!(
        "invited: user {USER}, to whom {} belongs, cannot reach it by that path, and no other could be made for it (EPERM: \
         Operation not permitted); run it as systemd runs the service: systemd-run --pipe -p DynamicUser=yes -p User=invited \
         -p StateDirectory=invited invited …\n",
        scratch.state().display()
    );
    assert_eq!((output.status.code(), stderr(&output)), (Some(1), expected));
    assert_eq!(walk(&dir).len(), 1);
}

#[test]
fn root_has_the_owners_groups_and_no_rights_beyond() {
    const MORE: u32 = 61_190;
    let test = "root_has_the_owners_groups_and_no_rights_beyond";
    if is_not_root(test) || may_not_mount(test) {
        return;
    }
    let scratch = beside_user(CONFIG);
    for (name, line) in
        [("passwd", format!("tester:x:{USER}:{USER}::/:/bin/false")), ("group", format!("more:x:{MORE}:tester"))]
    {
        let there = fs::read_to_string(Path::new("/etc").join(name)).unwrap();
        fs::write(scratch.path().join(name), format!("{there}{line}\n")).unwrap();
    }
    let script = "mount --bind \"$0/passwd\" /etc/passwd && mount --bind \"$0/group\" /etc/group && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script]).arg(scratch.path()).arg(env!("CARGO_BIN_EXE_invited"));
    command.arg("--config").arg(scratch.config()).arg("--state-dir").arg(scratch.state()).arg("serve");
    // Root's own group is not the user's, though the directory has it.
    chown(scratch.state(), Some(USER), Some(0)).unwrap();
    let mut child = Process(command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(child.0.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("listening on ")));
    assert_eq!(rights(child.0.id()), rights_of(USER, &[MORE, USER]));
}

/// Another user, who is on no record, either.
const OTHER: u32 = 61_198;

/// Makes what is to be refused in a directory, where `roots` is root's; gives the state directory.
type Setup = fn(&Path) -> PathBuf;

/// With what is said of it, where `DIR` is that directory.
const REFUSED: [(Setup, &str); 9] = [
    (
        |dir| {
            dir_of(&dir.join("state"), USER);
            mode(&dir.join("state"), 0o770);
            dir.join("state")
        },
        "DIR/state is no directory of one owner: its mode is 0770, so others can write there; run: chmod go-w DIR/state",
    ),
    (
        |dir| {
            fs::create_dir_all(dir.join("open/state")).unwrap();
            mode(&dir.join("open"), 0o757);
            dir.join("open/state")
        },
        "DIR/open is no directory of one owner: its mode is 0757, so others can write there; run: chmod go-w DIR/open",
    ),
    (
        |dir| {
            dir_of(&dir.join("other"), OTHER);
            dir_of(&dir.join("other/state"), USER);
            dir.join("other/state")
        },
        "DIR/other/state belongs to user 61199, but user 61198, to whom DIR/other belongs, can put another one in its \
             place; have each directory above it belong to root or to user 61199",
    ),
    (
        |dir| {
            dir_of(&dir.join("user"), USER);
            fs::create_dir(dir.join("user/state")).unwrap();
            dir.join("user/state")
        },
        "DIR/user/state belongs to user root, but user 61199, to whom DIR/user belongs, can put another one in its \
             place; have each directory above it belong to root or to user root",
    ),
    (
        |dir| {
            dir_of(&dir.join("user"), USER);
            symlink(dir.join("roots"), dir.join("user/state")).unwrap();
            dir.join("user/state")
        },
        "DIR/roots belongs to user root, but user 61199, to whom DIR/user belongs, can put another one in its place; \
             have each directory above it belong to root or to user root",
    ),
    (
        |dir| {
            fs::create_dir(dir.join("tmp")).unwrap();
            mode(&dir.join("tmp"), 0o1777);
            symlink(dir.join("roots"), dir.join("tmp/state")).unwrap();
            std::os::unix::fs::lchown(dir.join("tmp/state"), Some(USER), Some(USER)).unwrap();
            dir.join("tmp/state")
        },
        "DIR/roots belongs to user root, but user 61199, to whom DIR/tmp/state belongs, can put another one in its \
             place; have each directory above it belong to root or to user root",
    ),
    (
        |dir| {
            dir_of(&dir.join("state"), USER);
            fs::create_dir(dir.join("state/keys")).unwrap();
            dir.join("state")
        },
        "DIR/state is no directory of one owner: it belongs to user 61199, and `keys` in it to user root; once you know \
             why, run: chown -hR 61199 DIR/state",
    ),
    (
        |dir| {
            fs::create_dir(dir.join("state")).unwrap();
            dir_of(&dir.join("user"), USER);
            let config = dir.with_file_name("config.toml");
            let ledger = format!("{CONFIG}[ledger]\nurl = \"sqlite:{}/user/ledger.db\"\n", dir.display());
            fs::write(config, ledger).unwrap();
            dir.join("state")
        },
        "DIR/user/ledger.db is in a directory of user 61199, and DIR/state belongs to root; have both belong to the user \
             that the service runs as",
    ),
    (
        |dir| {
            fs::write(dir.join("state"), "").unwrap();
            dir.join("state")
        },
        "DIR/state is no directory; move it away, or set another state_dir",
    ),
];

#[test]
fn what_is_no_directory_of_one_owner_is_refused() {
    if is_not_root("what_is_no_directory_of_one_owner_is_refused") {
        return;
    }
    for (setup, why) in REFUSED {
        let scratch = scratch(CONFIG);
        let dir = scratch.path().join("case");
        fs::create_dir_all(dir.join("roots")).unwrap();
        let state = setup(&dir);
        let before = picture(&dir);
        let why = format!("invited: {}\n", why.replace("DIR", dir.to_str().unwrap()));
        let commands: [&[&str]; 5] =
            [&["key", "create"], &["key", "list"], &["invite", "create"], &["check"], &["serve", "-q"]];
        for words in commands {
            let mut command = Command::new(env!("CARGO_BIN_EXE_invited"));
            command.arg("--config").arg(scratch.config()).arg("--state-dir").arg(&state).args(words);
            let output = command.output().unwrap();
            let told = common::beside_no_accounts(&output.stderr);
            assert_eq!((output.status.code(), told), (Some(1), why.clone()), "{words:?}");
        }
        assert_eq!(picture(&dir), before);
    }
}

#[test]
fn what_is_made_where_everybody_may_put_something_is_roots_at_once() {
    if is_not_root("what_is_made_where_everybody_may_put_something_is_roots_at_once") {
        return;
    }
    let scratch = scratch(CONFIG);
    let tmp = scratch.path().join("tmp");
    fs::create_dir(&tmp).unwrap();
    mode(&tmp, 0o1777);
    let run = |state: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_invited"));
        command.arg("--config").arg(scratch.config()).arg("--state-dir").arg(tmp.join(state));
        assert!(command.args(["key", "create"]).output().unwrap().status.success());
    };
    run("new/state");
    assert_owned(&tmp.join("new"), 0);
    assert_eq!(tmp.join("new").metadata().unwrap().mode() & 0o7777, 0o700);
    // Whose directory is there already is the one whose keys these are.
    dir_of(&tmp.join("users"), USER);
    run("users/state");
    assert_owned(&tmp.join("users"), USER);
}

#[test]
fn what_root_alone_may_read_and_bind_is_read_and_bound_before() {
    if is_not_root("what_root_alone_may_read_and_bind_is_read_and_bound_before") {
        return;
    }
    // A ledger key, as a service makes it.
    let other = Scratch::new(CONFIG);
    other.ok(&["invite", "create"]);
    let scratch = beside_user("");
    let inside = |name: &str| scratch.path().join(name);
    fs::copy(other.state().join("ledger.key"), inside("ledger.key")).unwrap();
    let certificate = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(inside("chain.pem"), certificate.cert.pem()).unwrap();
    fs::write(inside("key.pem"), certificate.signing_key.serialize_pem()).unwrap();
    fs::write(inside("secret"), "another").unwrap();
    fs::create_dir(inside("run")).unwrap();
    for name in ["ledger.key", "chain.pem", "key.pem", "secret"] {
        mode(&inside(name), 0o600);
    }
    let dir = scratch.path().display();
    let sockets = format!("[\"127.0.0.1:0\", \"unix:{dir}/run/http.sock\", \"unix:{dir}/state/http.sock\"]");
    scratch.configure(&format!(
        "{}[keys.other]\nsecret_file = \"{dir}/secret\"\n[ledger]\nkey_file = \"{dir}/ledger.key\"\n\
         [tls]\ncertificate_file = \"{dir}/chain.pem\"\nprivate_key_file = \"{dir}/key.pem\"\n",
        CONFIG.replace("[\"127.0.0.1:0\"]", &sockets)
    ));
    // What a killed process left, or whoever is there now, is replaced.
    for _ in 0..2 {
        let mut served = scratch.serve();
        assert!(served.wait_log("listening on ").contains("https://127.0.0.1:"));
        assert_eq!(rights(served.pid()), rights_of(USER, &[USER]));
        for (socket, user) in [(inside("run/http.sock"), 0), (inside("state/http.sock"), USER)] {
            let found = socket.symlink_metadata().unwrap();
            assert_eq!((found.uid(), found.mode() & 0o777), (user, 0o660), "{}", socket.display());
            let mut client = common::Client::unix(&socket);
            assert_eq!(client.invite("other/another").status, 201);
        }
        scratch.ok(&["invite", "create"]);
        served.signal("TERM");
        assert_eq!(served.wait().code(), Some(0));
    }
    assert_eq!(scratch.ok(&["invite", "list"]).lines().count(), 6);
    assert_owned(&scratch.state(), USER);
}

#[test]
fn what_is_in_the_state_directory_makes_no_configuration_invalid() {
    let scratch = Scratch::new(CONFIG);
    scratch.key(&["--id", "planted"]);
    let key = scratch.state().join("keys/planted.toml");
    fs::rename(&key, key.with_file_name("site.toml")).unwrap();
    assert_eq!(scratch.run(&["check"]).status.code(), Some(2));
    assert_eq!(scratch.ok(&["check", "--no-state"]), "valid: 1 host, 1 key\n");
    // Nothing there is so much as looked at.
    fs::remove_dir_all(scratch.state()).unwrap();
    fs::write(scratch.state(), "").unwrap();
    assert_eq!(scratch.ok(&["check", "--no-state"]), "valid: 1 host, 1 key\n");
    fs::remove_file(scratch.state()).unwrap();
    scratch.key(&["--id", "planted"]);
    fs::rename(&key, key.with_file_name("site.toml")).unwrap();
    // And the declared one counts.
    assert_eq!(scratch.serve().client().invite(KEY).status, 201);
}

/// What is read is read with the rights of the state directory's owner, and the file is written with those of whoever has the
/// directory that it is in: no more is needed, and no link of either leads root anywhere.
#[test]
fn a_backup_belongs_to_whoever_has_the_directory_that_it_is_in() {
    if is_not_root("a_backup_belongs_to_whoever_has_the_directory_that_it_is_in") {
        return;
    }
    let scratch = beside_user(CONFIG);
    scratch.ok(&["invite", "create"]);
    let other = scratch.path().join("other");
    dir_of(&other, USER + 1);
    symlink("/etc/hostname", other.join("link")).unwrap();
    let hostname = fs::metadata("/etc/hostname").unwrap();
    for (file, owner) in
        [(scratch.path().join("backup"), 0), (scratch.state().join("backup"), USER), (other.join("backup"), USER + 1)]
    {
        for _ in 0..2 {
            scratch.ok(&["backup", file.to_str().unwrap()]);
            let found = file.symlink_metadata().unwrap();
            assert_eq!((found.uid(), found.gid(), found.mode()), (owner, owner, 0o100_600), "{}", file.display());
        }
    }
    assert_eq!(scratch.run(&["backup", other.join("link").to_str().unwrap()]).status.code(), Some(1));
    let now = fs::metadata("/etc/hostname").unwrap();
    assert_eq!((hostname.ino(), hostname.mtime()), (now.ino(), now.mtime()));
    assert_eq!(walk(&other).len(), 3, "nothing else is left there");
    // A file that root alone may read.
    fs::remove_dir_all(scratch.state()).unwrap();
    dir_of(&scratch.state(), USER);
    scratch.ok(&["restore", scratch.path().join("backup").to_str().unwrap()]);
    assert_owned(&scratch.state(), USER);
    assert_eq!(scratch.ok(&["invite", "list"]).lines().count(), 1);
}
