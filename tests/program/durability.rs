//! What was answered with 201 stays, whatever becomes of the process and the disk; what is at rest gives nothing away.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot do its work fails")]

use crate::common;

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rand::{RngExt as _, SeedableRng as _};
use rusqlite::{Connection, params};

use common::{CONFIG, Client, KEY, Notified, PATIENCE, Response, Scratch};

/// What asks for an invite with [`KEY`].
fn create() -> String {
    common::http::request("POST", "/invites_api", &[&format!("Authorization: Bearer {KEY}")], "")
}

/// Says that a test cannot be done here; `tests/run` counts these lines.
fn skip(test: &str, reason: &str) {
    eprintln!("SKIPPED {test}: {reason}");
}

/// The tokens of all invites, as `invite list` has them; none of them, and no id, is there twice.
fn listed(scratch: &Scratch) -> HashSet<String> {
    let list: serde_json::Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    let (mut ids, mut tokens) = (HashSet::new(), HashSet::new());
    for invite in list["invites"].as_array().unwrap() {
        assert!(ids.insert(invite["id"].as_str().unwrap().to_owned()), "an id is there twice: {invite}");
        assert!(tokens.insert(invite["token"].as_str().unwrap().to_owned()), "a token is there twice: {invite}");
    }
    tokens
}

fn open(scratch: &Scratch) -> Connection {
    let connection = Connection::open(scratch.state().join("ledger.db")).unwrap();
    connection.busy_timeout(PATIENCE).unwrap();
    connection
}

fn assert_intact(scratch: &Scratch) {
    let answer: String = open(scratch).pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
    assert_eq!(answer, "ok");
}

/// Every file below `dir`, with `dir` itself.
fn walk(dir: &Path) -> Vec<PathBuf> {
    let mut found = vec![dir.to_owned()];
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}

/// Clients that make invites, each on a connection of its own, until it breaks or they are told to stop.
struct Crowd {
    answers: Receiver<Response>,
    threads: Vec<JoinHandle<()>>,
    enough: Arc<AtomicBool>,
}

impl Crowd {
    fn start(address: SocketAddr, clients: usize) -> Self {
        let (sender, answers) = mpsc::channel();
        let enough = Arc::new(AtomicBool::new(false));
        let start = |_| {
            let (sender, enough) = (sender.clone(), Arc::clone(&enough));
            std::thread::spawn(move || Self::ask(address, &sender, &enough))
        };
        Self { answers, threads: (0..clients).map(start).collect(), enough }
    }

    fn ask(address: SocketAddr, sender: &Sender<Response>, enough: &AtomicBool) {
        let Ok(mut client) = Client::try_tcp(address) else { return };
        while !enough.load(Ordering::SeqCst) && client.try_send(create()).is_ok() {
            let Ok(Some(answer)) = client.try_read(false) else { return };
            sender.send(answer).unwrap();
        }
    }

    fn next(&self) -> Response {
        self.answers.recv_timeout(PATIENCE).expect("an answer")
    }

    /// Stops; gives what was not looked at yet.
    fn end(self) -> Vec<Response> {
        self.enough.store(true, Ordering::SeqCst);
        for thread in self.threads {
            thread.join().unwrap();
        }
        self.answers.try_iter().collect()
    }
}

#[test]
fn every_invite_answered_with_201_survives_kill_9_under_load() {
    const CLIENTS: usize = 16;
    const ROUNDS: usize = 20;
    let scratch = Scratch::new(CONFIG);
    let mut rng = rand::rngs::StdRng::seed_from_u64(0x1d0d);
    let mut made = HashSet::new();
    let mut remember = |answer: &Response| {
        assert_eq!(answer.status, 201, "{answer:?}");
        assert!(made.insert(answer.token()), "the same token was handed out twice");
    };
    let mut served = scratch.serve();
    for _ in 0..ROUNDS {
        let crowd = Crowd::start(served.address(), CLIENTS);
        for _ in 0..rng.random_range(1..250) {
            remember(&crowd.next());
        }
        served.kill();
        crowd.end().iter().for_each(&mut remember);
        served = scratch.serve();
    }
    drop(served);

    let listed = listed(&scratch);
    let lost: Vec<_> = made.difference(&listed).collect();
    assert!(lost.is_empty(), "{} of {} invites were answered with 201 and are lost", lost.len(), made.len());
    // One request of each client may have been under way at each kill, and no more than that.
    let extra = listed.len() - made.len();
    assert!(extra <= CLIENTS * ROUNDS, "{extra} invites are there that nobody asked for");
    assert_intact(&scratch);
}

#[test]
fn killed_bulk_create_makes_all_or_nothing() {
    const COUNT: usize = 1000;
    let scratch = Scratch::new(CONFIG);
    let began = fs::metadata(scratch.config()).unwrap().modified().unwrap();
    scratch.ok(&["invite", "create", "--count", "1000"]);
    let whole =
        scratch.state().join("ledger.db").metadata().unwrap().modified().unwrap().duration_since(began).unwrap();
    let mut rng = rand::rngs::StdRng::seed_from_u64(0xb01c);
    let mut most = COUNT;
    for _ in 0..20 {
        let mut child = scratch
            .command()
            .args(["invite", "create", "--count", "1000"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The moment of the kill is what this is about; nothing is waited for.
        std::thread::sleep(whole.mul_f64(rng.random_range(0.0..1.2)));
        child.kill().unwrap();
        let finished = child.wait().unwrap().success();
        let before = most;
        let rows: i64 = open(&scratch).query_row("SELECT count(*) FROM invite", [], |row| row.get(0)).unwrap();
        most = usize::try_from(rows).unwrap();
        assert!(most == before + COUNT || (most == before && !finished), "{before} invites became {most}");
    }
    assert_eq!(listed(&scratch).len(), most);
    assert_intact(&scratch);
}

/// A small disk of its own; gone when dropped.
struct Disk {
    path: PathBuf,
}

impl Disk {
    /// Mounts it, or says why that is impossible.
    fn mount(path: PathBuf) -> Result<Self, String> {
        fs::create_dir_all(&path).unwrap();
        run("mount", &["-t", "tmpfs", "-o", "size=16m,mode=0700", "invited-test", path.to_str().unwrap()])?;
        Ok(Self { path })
    }

    fn remount(&self, how: &str) {
        run("mount", &["-o", &format!("remount,{how}"), self.path.to_str().unwrap()]).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.path.join("ballast")
    }

    /// Fills it to the last block.
    fn fill(&self) {
        let mut file = fs::File::options().create(true).append(true).open(self.ballast()).unwrap();
        while file.write_all(&[0x55; 4096]).is_ok() {}
    }

    fn relieve(&self) {
        // Truncated, and not only removed: a process that another test is starting may have it open until it is itself.
        fs::File::create(self.ballast()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a failed test may still hold files.
        let _ = run("umount", &["-l", self.path.to_str().unwrap()]);
    }
}

fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()) }
}

/// Makes invites until one is refused; gives the refusal.
fn until_refused(client: &mut Client, made: &mut HashSet<String>) -> Response {
    for _ in 0..20_000 {
        let answer = client.invite(KEY);
        if answer.status != 201 {
            return answer;
        }
        assert!(made.insert(answer.token()));
    }
    panic!("a full disk refuses nothing");
}

fn assert_unavailable(answer: &Response) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let body = answer.json();
    assert_eq!((&body["status"], &body["type"]), (&503.into(), &"urn:invited:problem:unavailable".into()));
    for field in ["title", "detail"] {
        assert!(body[field].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    }
}

#[test]
fn full_disk_is_503_and_heals_without_a_restart() {
    let scratch = Scratch::new(CONFIG);
    let disk = match Disk::mount(scratch.state()) {
        Ok(disk) => disk,
        Err(reason) => return skip("full_disk_is_503_and_heals_without_a_restart", &reason),
    };
    let served = scratch.serve();
    let mut client = served.client();
    let mut made = HashSet::new();
    for round in 0..3 {
        let first = client.invite(KEY);
        assert_eq!(first.status, 201, "round {round}: {first:?}");
        made.insert(first.token());

        let logged = served.log_length();
        disk.fill();
        assert_unavailable(&until_refused(&mut client, &mut made));
        // It may have made room for itself, by bringing its log into the ledger's file.
        disk.fill();
        assert_unavailable(&until_refused(&mut client, &mut made));
        served.wait_log_after(logged, "invites cannot be created");
        // What is there is shown all the same.
        assert_eq!(client.get(&format!("/invite?{}", first.token())).status, 200);

        disk.relieve();
        let healed = client.invite(KEY);
        assert_eq!(healed.status, 201, "round {round}: {healed:?}\n{}", served.log());
        made.insert(healed.token());
        served.wait_log_after(logged, "the ledger can be written again");
    }
    // What was refused was not made.
    assert_eq!(listed(&scratch), made);
    assert_intact(&scratch);
}

#[test]
fn full_disk_loses_nothing_under_load() {
    let scratch = Scratch::new(CONFIG);
    let disk = match Disk::mount(scratch.state()) {
        Ok(disk) => disk,
        Err(reason) => return skip("full_disk_loses_nothing_under_load", &reason),
    };
    let served = scratch.serve();
    let mut made = HashSet::new();
    let crowd = Crowd::start(served.address(), 16);
    for _ in 0..3 {
        let mut until = |status: u16, mut count: usize| {
            while count > 0 {
                let answer = crowd.next();
                count -= usize::from(answer.status == status);
                match answer.status {
                    201 => assert!(made.insert(answer.token())),
                    _ => assert_unavailable(&answer),
                }
            }
        };
        until(201, 50);
        disk.fill();
        until(503, 200);
        disk.relieve();
        until(201, 200);
    }
    for answer in crowd.end() {
        match answer.status {
            201 => assert!(made.insert(answer.token())),
            _ => assert_unavailable(&answer),
        }
    }
    assert_eq!(listed(&scratch), made);
    assert_intact(&scratch);
}

#[test]
fn service_killed_on_a_full_disk_starts_on_it_and_heals() {
    let scratch = Scratch::new(CONFIG);
    let disk = match Disk::mount(scratch.state()) {
        Ok(disk) => disk,
        Err(reason) => return skip("service_killed_on_a_full_disk_starts_on_it_and_heals", &reason),
    };
    let mut served = scratch.serve();
    let mut made = HashSet::new();
    disk.fill();
    until_refused(&mut served.client(), &mut made);
    for _ in 0..3 {
        served.kill();
        disk.fill();
        served = scratch.serve();
        assert_unavailable(&until_refused(&mut served.client(), &mut made));
    }

    // The command line fails as clearly, and leaves nothing behind.
    let keys = scratch.state().join("keys");
    disk.fill();
    for arguments in [["invite", "create"], ["key", "create"]] {
        let output = scratch.run(&arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), b"".as_slice()), "{stderr}");
        let way_out = ["full", "No space", "free disk space"].iter().any(|words| stderr.contains(words));
        assert!(way_out, "{arguments:?}: {stderr}");
        assert!(!stderr.contains("panic") && !stderr.contains("internal error"), "{stderr}");
    }
    assert!(!keys.exists() || fs::read_dir(&keys).unwrap().next().is_none(), "a key that was not made left a file");

    disk.relieve();
    let healed = served.client().invite(KEY);
    assert_eq!(healed.status, 201, "{healed:?}");
    made.insert(healed.token());
    assert_eq!(listed(&scratch), made);
    assert_intact(&scratch);
}

#[test]
fn read_only_disk_is_503_and_heals_without_a_restart() {
    let scratch = Scratch::new(CONFIG);
    let disk = match Disk::mount(scratch.state()) {
        Ok(disk) => disk,
        Err(reason) => return skip("read_only_disk_is_503_and_heals_without_a_restart", &reason),
    };
    let notified = Notified::new(&scratch);
    let mut made = HashSet::new();
    // The kernel makes nothing read-only that is open for writing; so the service meets it when it starts.
    for end in ["TERM", "KILL"] {
        let mut served = scratch.serve();
        let before = served.client().invite(KEY).token();
        made.insert(before.clone());
        served.signal(end);
        served.wait();

        disk.remount("ro");
        let served = scratch.serve_with(&[("NOTIFY_SOCKET", notified.path())]);
        // The second status comes when the service has counted what is there: then nobody is reading the ledger.
        notified.wait("READY=1");
        notified.wait("STATUS=");
        let mut client = served.client();
        assert_unavailable(&client.invite(KEY));
        assert_unavailable(&client.invite(KEY));

        disk.remount("rw");
        let healed = client.invite(KEY);
        assert_eq!(healed.status, 201, "after {end}: {healed:?}");
        made.insert(healed.token());
        for token in [before, healed.token()] {
            assert_eq!(client.get(&format!("/invite?{token}")).status, 200, "after {end}");
        }
    }
    assert_eq!(listed(&scratch), made);
    assert_intact(&scratch);
}

/// How many transactions the write-ahead log holds: a frame that ends one tells the size of the database
/// (<https://www.sqlite.org/fileformat2.html#walformat>).
fn transactions(scratch: &Scratch) -> usize {
    let log = fs::read(scratch.state().join("ledger.db-wal")).unwrap();
    let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    let frame = 24 + number(8) as usize;
    assert!(log.len() < frame * 900, "the log may have begun anew");
    (32..log.len()).step_by(frame).filter(|at| number(at + 4) != 0).count()
}

#[test]
fn creates_that_wait_together_are_committed_together() {
    const CLIENTS: usize = 32;
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    assert_eq!(served.client().invite(KEY).status, 201);
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| served.client()).collect();
    let mut others: Vec<_> = (0..CLIENTS).map(|_| served.client()).collect();

    // While somebody else writes, all creates have to wait. The page of an unknown invite is refused without the ledger,
    // so when these are answered, the creates that came before them have been read.
    let other = open(&scratch);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let before = transactions(&scratch);
    for client in &mut clients {
        client.send(create());
    }
    for other in &mut others {
        assert_eq!(other.get("/invite?unknown").status, 404);
    }
    other.execute_batch("ROLLBACK").unwrap();

    let answers: Vec<_> = clients.iter_mut().map(|client| client.read().unwrap()).collect();
    assert!(answers.iter().all(|answer| answer.status == 201), "{answers:?}");
    let tokens: HashSet<_> = answers.iter().map(Response::token).collect();
    assert_eq!(tokens.len(), CLIENTS);
    let commits = transactions(&scratch) - before;
    assert!((1..=4).contains(&commits), "{CLIENTS} invites that waited together took {commits} transactions");
}

#[test]
fn concurrent_clients_are_all_answered_and_no_id_comes_twice() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let address = served.address();
    let client = |_| {
        std::thread::spawn(move || {
            let mut client = Client::tcp(address);
            (0..40).map(|_| client.invite(KEY)).collect::<Vec<_>>()
        })
    };
    let threads: Vec<_> = (0..32).map(client).collect();
    // Admins make some at the same time, by processes of their own.
    let by_hand: String = (0..5).map(|_| scratch.ok(&["invite", "create", "--count", "20"])).collect();
    let answers: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    assert!(answers.iter().all(|answer| answer.status == 201));
    let tokens = answers.iter().map(Response::token);
    let tokens: HashSet<_> =
        tokens.chain(by_hand.lines().map(|link| link.split_once('?').unwrap().1.to_owned())).collect();
    assert_eq!(tokens.len(), 32 * 40 + 5 * 20);
    assert_eq!(listed(&scratch), tokens);
}

#[test]
fn state_is_for_its_owner_alone_whatever_the_umask() {
    let scratch = Scratch::new(CONFIG);
    let command = scratch.command();
    let run = |arguments: &[&str]| {
        let output = Command::new("/bin/sh")
            .args(["-c", "umask 000; exec \"$0\" \"$@\""])
            .arg(command.get_program())
            .args(command.get_args())
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    run(&["key", "create"]);
    run(&["invite", "create"]);
    let served = scratch.serve();
    assert_eq!(served.client().invite(KEY).status, 201);
    let mode = |path: &Path| path.symlink_metadata().unwrap().mode() & 0o7777;
    let files = walk(&scratch.state());
    for path in &files {
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(path), expected, "{}: {:o}", path.display(), mode(path));
    }
    let names: HashSet<_> = files.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    for name in ["state", "keys", "ledger.key", "ledger.db", "ledger.db-wal"] {
        assert!(names.contains(name), "{name} is not among {names:?}");
    }
}

/// Runs a subcommand that should end by itself; kills it if it does not.
fn ends(scratch: &Scratch, arguments: &[&str]) -> Output {
    let mut command = Command::new("timeout");
    command.arg(PATIENCE.as_secs().to_string()).arg(scratch.command().get_program()).args(scratch.command().get_args());
    command.args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// Nobody may use the ledger as it is; all are told why, and nothing changes.
fn assert_refused(scratch: &Scratch, why: &[&str]) {
    let contents = |path: &PathBuf| (path.clone(), if path.is_file() { fs::read(path).unwrap() } else { vec![] });
    let state = || walk(&scratch.state()).iter().map(contents).collect::<HashSet<_>>();
    let before = state();
    for arguments in [["serve"].as_slice(), &["invite", "create"], &["invite", "list"]] {
        let output = ends(scratch, arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {stderr}");
        assert!(output.stdout.is_empty());
        for word in why {
            assert!(stderr.contains(word), "{arguments:?} says nothing of {word:?}: {stderr}");
        }
    }
    assert!(state() == before, "a refused ledger was changed");
}

#[test]
fn ledger_that_does_not_fit_is_refused_and_left_alone() {
    let scratch = Scratch::new(CONFIG);
    let link = scratch.ok(&["invite", "create"]);
    let (file, key_file) = (scratch.state().join("ledger.db"), scratch.state().join("ledger.key"));
    let key = fs::read(&key_file).unwrap();

    fs::remove_file(&key_file).unwrap();
    assert_refused(&scratch, &["ledger.key", "ledger.db", "backup"]);
    fs::write(&key_file, STANDARD.encode([9; 32]) + "\n").unwrap();
    fs::set_permissions(&key_file, fs::Permissions::from_mode(0o600)).unwrap();
    assert_refused(&scratch, &["ledger.key", "does not belong", "ledger.db"]);
    for nonsense in [b"".as_slice(), b"nonsense\n", &[0xff; 44], STANDARD.encode([9; 31]).as_bytes()] {
        fs::write(&key_file, nonsense).unwrap();
        assert_refused(&scratch, &["ledger.key", "32 bytes"]);
    }
    fs::write(&key_file, &key).unwrap();

    let version: i64 = open(&scratch).pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    open(&scratch).pragma_update(None, "user_version", 99).unwrap();
    assert_refused(&scratch, &["ledger.db", "99", "newer"]);
    open(&scratch).pragma_update(None, "user_version", version).unwrap();

    // Everything is as it was.
    assert_eq!(listed(&scratch), HashSet::from([link.trim().split_once('?').unwrap().1.to_owned()]));

    let ledger = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)").unwrap();
    assert_refused(&scratch, &["ledger.db", "no ledger"]);
    fs::write(&file, b"this is no database, however long one looks at it, and so it is not for us to touch").unwrap();
    assert_refused(&scratch, &["ledger.db"]);
    fs::write(&file, ledger).unwrap();
    assert_eq!(listed(&scratch).len(), 1);
}

#[test]
fn stolen_ledger_holds_no_token_and_no_key() {
    let scratch = Scratch::new(CONFIG);
    let state_key = scratch.key(&["stolen"]);
    let served = scratch.serve();
    let mut client = served.client();
    let secret = |key: &str| key.split_once('/').unwrap().1.as_bytes().to_vec();
    let mut secrets = HashSet::from([secret(KEY), secret(&state_key)]);
    for _ in 0..100 {
        for key in [KEY, &state_key] {
            let token = client.invite(key).token();
            let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
            assert_eq!(bytes.len(), 18, "{token}");
            // The first 8 bytes are the id, in the ledger as a number; all the rest must be unknown to it.
            secrets.insert(token.as_bytes()[12..].to_vec());
            secrets.insert(bytes[8..].to_vec());
            secrets.insert(bytes[8..].iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect());
        }
    }
    let lengths: HashSet<usize> = secrets.iter().map(Vec::len).collect();
    // Most of what is read begins as no secret does, and is not looked up.
    let begin = |bytes: &[u8]| usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
    let mut begins = vec![false; 1 << 16];
    for secret in &secrets {
        begins[begin(secret)] = true;
    }
    let mut seen = 0;
    for path in walk(&scratch.state()).iter().filter(|path| path.is_file() && !path.ends_with("ledger.key")) {
        let bytes = fs::read(path).unwrap();
        for length in &lengths {
            let found = bytes.windows(*length).any(|window| begins[begin(window)] && secrets.contains(window));
            assert!(!found, "{} holds a secret of {length} bytes", path.display());
        }
        seen += bytes.len();
    }
    assert!(seen > 10_000, "the ledger was not looked at");
}

#[test]
fn ledger_file_alone_is_whole_after_a_stop() {
    let scratch = Scratch::new(CONFIG);
    let mut served = scratch.serve();
    let mut client = served.client();
    let made: HashSet<_> = (0..10).map(|_| client.invite(KEY).token()).collect();
    assert_eq!(client.get(&format!("/invite?{}", made.iter().next().unwrap())).status, 200);
    drop(client);
    served.signal("TERM");
    assert_eq!(served.wait().code(), Some(0));

    // Whoever stops the service to make a backup copies the ledger and its key.
    let copy = Scratch::new(CONFIG);
    fs::create_dir(copy.state()).unwrap();
    for name in ["ledger.db", "ledger.key"] {
        fs::copy(scratch.state().join(name), copy.state().join(name)).unwrap();
    }
    assert_eq!(listed(&copy), made);
}

#[test]
fn what_ended_long_ago_is_dropped_and_the_rest_stays() {
    const DAY: i64 = 86_400_000;
    /// 2025-01-01, where ids begin to count; see `InviteId`.
    const EPOCH: i64 = 1_735_689_600_000;
    let scratch = Scratch::new(CONFIG);
    let kept = scratch.ok(&["invite", "create"]);
    let ledger = open(&scratch);
    let now: i64 = ledger.query_row("SELECT unixepoch() * 1000", [], |row| row.get(0)).unwrap();
    let mut number = 0;
    // Days from now: created, expires, spent, revoked; uses, used.
    let mut insert = |created: i64, expires: i64, spent: Option<i64>, revoked: Option<i64>, uses: i64, used: i64| {
        let at = |days: i64| now + days * DAY;
        number += 1;
        let id = ((at(created) - EPOCH) << 22) | number;
        ledger
            .execute(
                "INSERT INTO invite (id, kind, host, source, uses, used, created_at, expires_at, spent_at, revoked_at) \
                 VALUES (?1, 'account', 'example.com', 'cli', ?2, ?3, ?4, ?5, ?6, ?7)",
                params![id, uses, used, at(created), at(expires), spent.map(at), revoked.map(at)],
            )
            .unwrap();
        URL_SAFE_NO_PAD.encode(id.to_be_bytes())
    };
    let mut gone = vec![
        insert(-100, -91, None, None, 1, 0),
        insert(-100, 30, None, Some(-91), 1, 0),
        insert(-100, 30, Some(-91), None, 1, 1),
        insert(-100, -95, Some(-97), None, 1, 1),
    ];
    let mut stay = vec![
        insert(-100, -89, None, None, 1, 0),
        insert(-100, 30, None, Some(-89), 1, 0),
        insert(-100, 30, Some(-89), None, 1, 1),
        insert(-300, 30, None, None, 1, 0),
        insert(-300, 30, None, None, 10, 9),
        insert(-80, -79, None, None, 1, 0),
    ];
    // More than one slice of a sweep, with some in between that stay.
    ledger.execute_batch("BEGIN").unwrap();
    for n in 0..5_000 {
        if n % 10 == 0 {
            stay.push(insert(-200, 60, None, None, 1, 0));
        } else {
            gone.push(insert(-200, -190, None, None, 1, 0));
        }
    }
    ledger.execute_batch("COMMIT").unwrap();
    drop(ledger);

    let served = scratch.serve();
    served.wait_log(&format!("{} invites that ended before ledger.retention were forgotten", gone.len()));
    let list: serde_json::Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    let left: HashSet<_> =
        list["invites"].as_array().unwrap().iter().map(|invite| invite["id"].as_str().unwrap().to_owned()).collect();
    let token = kept.trim().split_once('?').unwrap().1;
    let kept = URL_SAFE_NO_PAD.encode(&URL_SAFE_NO_PAD.decode(token).unwrap()[..8]);
    let expected: HashSet<_> = stay.into_iter().chain([kept]).collect();
    assert_eq!(left, expected);
    assert!(gone.iter().all(|id| !left.contains(id)));
}

/// The service under another user; killed when dropped.
struct Daemon {
    child: Child,
    address: SocketAddr,
}

impl Daemon {
    fn start(scratch: &Scratch, uid: u32) -> Self {
        let mut command = scratch.command();
        command.arg("serve").uid(uid).gid(uid).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut seen = String::new();
        let address = loop {
            let line = lines.next().unwrap_or_else(|| panic!("it does not start:\n{seen}"));
            if let Some((_, rest)) = line.split_once("listening on http://") {
                break rest[..rest.find([',', ';']).unwrap()].parse().unwrap();
            }
            seen = seen + line.as_str() + "\n";
        };
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_root_writes_belongs_to_the_services_user() {
    const NOBODY: u32 = 65_534;
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return skip("what_root_writes_belongs_to_the_services_user", "not root");
    }
    let scratch = Scratch::new(CONFIG);
    fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(scratch.state()).unwrap();
    fs::set_permissions(scratch.state(), fs::Permissions::from_mode(0o700)).unwrap();
    chown(scratch.state(), Some(NOBODY), Some(NOBODY)).unwrap();
    let assert_owned = |when: &str| {
        for path in walk(&scratch.state()) {
            let Ok(found) = path.symlink_metadata() else { continue };
            assert_eq!((found.uid(), found.gid()), (NOBODY, NOBODY), "{when}: {}", path.display());
        }
    };
    let token = |link: &str| link.trim().split_once('?').unwrap().1.to_owned();

    // Root is there first.
    let mut tokens = HashSet::from([token(&scratch.ok(&["invite", "create"]))]);
    let mut keys = vec![scratch.key(&["made before the service"])];
    assert_owned("before the first start");

    for _ in 0..2 {
        let daemon = Daemon::start(&scratch, NOBODY);
        keys.push(scratch.key(&["made beside the service"]));
        let mut client = Client::tcp(daemon.address);
        for key in &keys {
            tokens.insert(token(&scratch.ok(&["invite", "create"])));
            let answer = client.invite(key);
            assert_eq!(answer.status, 201, "{answer:?}");
            tokens.insert(answer.token());
        }
        for token in &tokens {
            assert_eq!(client.get(&format!("/invite?{token}")).status, 200);
        }
        assert_owned("beside the service");
        drop(daemon);
        // After kill -9 root is the one who recovers the log.
        tokens.insert(token(&scratch.ok(&["invite", "create"])));
        assert_owned("after the service");
    }
    assert_eq!(listed(&scratch), tokens);
    assert_owned("at the end");
}

#[test]
fn service_stops_in_order_while_the_ledger_is_locked_by_somebody_else() {
    let scratch = Scratch::new(CONFIG);
    let mut served = scratch.serve();
    let mut client = served.client();
    assert_eq!(client.invite(KEY).status, 201);
    let other = open(&scratch);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Whoever backs the ledger up for long makes creates wait, and then says so.
    assert_unavailable(&client.invite(KEY));
    client.send(create());
    served.signal("TERM");
    served.wait_log("stopping");
    other.execute_batch("ROLLBACK").unwrap();
    let answer = client.read();
    // Read before the stop or after it: in either case it is answered.
    assert_eq!(answer.map(|answer| answer.status), Some(201));
    assert_eq!(served.wait().code(), Some(0));
    assert_eq!(listed(&scratch).len(), 2);
}
