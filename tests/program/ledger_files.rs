//! The ledger's files, when they are swapped, cut or copied while somebody relies on them.
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use common::{CONFIG, Client, KEY, PATIENCE, Response, Scratch, Served, now};
use serde_json::json;

const FILES: [&str; 3] = ["ledger.db", "ledger.db-wal", "ledger.db-shm"];

fn file(scratch: &Scratch, name: &str) -> PathBuf {
    scratch.state().join(name)
}

fn assert_unavailable(answer: &Response) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
}

/// Neither written nor read, and said once, however often it is tried.
fn assert_noticed(served: &Served, client: &mut Client, token: &str, logged: usize) {
    for _ in 0..3 {
        assert_unavailable(&client.invite(KEY));
        assert_unavailable(&client.get("/readyz"));
        assert_unavailable(&client.get(&format!("/invite?{token}")));
    }
    let told = "a file of the ledger was removed, renamed or replaced while it was open";
    let line = served.wait_log_after(logged, "invites cannot be created; ");
    for words in [told, "put the file back, or restart the service"] {
        assert!(line.contains(words), "{line}");
    }
    let log = served.log();
    let lines = log.lines().skip(logged).filter(|line| line.contains("invites cannot be created; ")).count();
    assert_eq!(lines, 1, "{log}");
    assert_eq!(client.get("/healthz").status, 200);
}

#[test]
fn no_file_that_was_removed_gets_an_invite() {
    for names in [FILES.as_slice(), &["ledger.db"], &["ledger.db-wal"], &["ledger.db-shm"]] {
        let scratch = Scratch::new(CONFIG);
        let served = scratch.serve();
        let mut client = served.client();
        let token = client.invite(KEY).token();
        let logged = served.log_length();
        for name in names {
            fs::remove_file(file(&scratch, name)).unwrap();
        }
        // The first answer after that is none.
        assert_unavailable(&client.invite(KEY));
        assert_noticed(&served, &mut client, &token, logged);
        if !names.contains(&"ledger.db") {
            // What was created before is in there once the service has stopped.
            let mut served = served;
            served.signal("TERM");
            assert!(served.wait().success());
            assert_eq!(scratch.serve().client().get(&format!("/invite?{token}")).status, 200, "{names:?}");
        }
    }
}

#[test]
fn a_file_that_is_put_in_place_of_the_ledger_is_noticed_without_a_request_and_opened_by_a_restart() {
    let scratch = Scratch::new(CONFIG);
    let mut served = scratch.serve();
    let first = served.client().invite(KEY).token();
    served.signal("TERM");
    assert!(served.wait().success());
    let backup = scratch.path().join("backup.db");
    fs::copy(file(&scratch, "ledger.db"), &backup).unwrap();

    let mut served = scratch.serve();
    let mut client = served.client();
    let second = client.invite(KEY).token();
    let logged = served.log_length();
    let aside = scratch.path().join("aside.db");
    fs::rename(file(&scratch, "ledger.db"), &aside).unwrap();
    fs::rename(&backup, file(&scratch, "ledger.db")).unwrap();
    served.wait_log_after(logged, "invites cannot be created; ");
    assert_noticed(&served, &mut client, &second, logged);
    drop(client);
    served.signal("TERM");
    assert!(served.wait().success());

    // What was committed last is in the file that it belongs to, wherever that is, and not in the other one.
    let count = |path: &PathBuf| -> i64 {
        let connection = rusqlite::Connection::open(path).unwrap();
        let answer: String = connection.pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
        assert_eq!(answer, "ok", "{}", path.display());
        connection.query_row("SELECT count(*) FROM invite", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(&aside), 2);
    let served = scratch.serve();
    let mut client = served.client();
    assert_eq!(client.get(&format!("/invite?{first}")).status, 200);
    assert_eq!(client.get(&format!("/invite?{second}")).status, 404);
    assert_eq!(client.invite(KEY).status, 201);
    assert_eq!(count(&file(&scratch, "ledger.db")), 2);
}

#[test]
fn a_ledger_that_comes_back_is_written_again() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let mut client = served.client();
    let token = client.invite(KEY).token();
    let (ledger, aside) = (file(&scratch, "ledger.db"), scratch.path().join("aside.db"));
    fs::rename(&ledger, &aside).unwrap();
    assert_unavailable(&client.invite(KEY));
    let logged = served.log_length();
    fs::rename(&aside, &ledger).unwrap();
    assert_eq!(client.invite(KEY).status, 201, "{}", served.log());
    served.wait_log_after(logged, "the ledger can be written again");
    assert_eq!(client.get("/readyz").status, 200);
    assert_eq!(client.get(&format!("/invite?{token}")).status, 200);
    assert_eq!(scratch.ok(&["invite", "list"]).lines().filter(|line| line.contains("pending")).count(), 2);
}

#[test]
fn whatever_was_answered_201_is_in_the_file_of_that_name_while_the_file_comes_and_goes() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let address = served.address();
    let (ledger, aside) = (file(&scratch, "ledger.db"), scratch.path().join("aside.db"));
    let clients: Vec<_> = (0..8)
        .map(|_| {
            std::thread::spawn(move || {
                let mut client = Client::tcp(address);
                let answers = (0..60).map(|_| client.invite(KEY));
                let created = answers.filter(|answer| {
                    answer.status == 201 || {
                        assert_unavailable(answer);
                        false
                    }
                });
                created.map(|answer| answer.token()).collect::<Vec<_>>()
            })
        })
        .collect();
    let began = now();
    while clients.iter().any(|client| !client.is_finished()) {
        fs::rename(&ledger, &aside).unwrap();
        fs::rename(&aside, &ledger).unwrap();
        assert!(began.elapsed() < PATIENCE);
    }
    let tokens: Vec<_> = clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
    let mut client = served.client();
    for token in &tokens {
        assert_eq!(client.get(&format!("/invite?{token}")).status, 200);
    }
}

/// Runs a subcommand that should end by itself; kills it if it does not.
fn ends(scratch: &Scratch, arguments: &[&str]) -> Output {
    let mut command = Command::new("timeout");
    command.arg(PATIENCE.as_secs().to_string()).arg(scratch.command().get_program()).args(scratch.command().get_args());
    command.args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// All are told the same, and nothing changes.
fn assert_refused(scratch: &Scratch, commands: &[&[&str]], words: &[&str]) {
    let state = || {
        let entries = fs::read_dir(scratch.state()).unwrap().map(|entry| entry.unwrap().path());
        entries
            .filter(|path| path.is_file())
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect::<BTreeMap<_, _>>()
    };
    let before = state();
    assert_told(scratch, commands, words);
    assert!(state() == before, "a refused ledger was changed");
}

/// All are told the same.
fn assert_told(scratch: &Scratch, commands: &[&[&str]], words: &[&str]) {
    for arguments in commands {
        let output = ends(scratch, arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), output.stdout.as_slice()),
            (Some(1), b"".as_slice()),
            "{arguments:?}: {stderr}"
        );
        for word in words {
            assert!(stderr.contains(word), "{arguments:?} says nothing of {word:?}: {stderr}");
        }
    }
}

const EACH: [&[&str]; 3] = [&["serve"], &["invite", "create"], &["invite", "list"]];

#[test]
fn one_process_serves_a_ledger_and_commands_work_beside_it() {
    let scratch = Scratch::new(CONFIG);
    let mut served = scratch.serve();
    let pid = format!("(pid {})", served.pid());
    let told = ["another process serves the ledger", "ledger.db", &pid, "PostgreSQL"];
    assert_told(&scratch, &[&["serve"]], &told);
    // Nor from another state directory.
    let other =
        Scratch::new(&format!("{CONFIG}[ledger]\nurl = \"sqlite:{}\"\n", file(&scratch, "ledger.db").display()));
    fs::create_dir(other.state()).unwrap();
    fs::copy(file(&scratch, "ledger.key"), file(&other, "ledger.key")).unwrap();
    assert_told(&other, &[&["serve"]], &told);
    scratch.ok(&["invite", "create"]);
    scratch.ok(&["invite", "list"]);
    assert_eq!(served.client().invite(KEY).status, 201);

    // Whatever ends the first, the next may.
    served.kill();
    let mut served = scratch.serve();
    assert_told(&scratch, &[&["serve"]], &told[..2]);
    served.signal("TERM");
    assert!(served.wait().success());
    assert_eq!(scratch.serve().client().invite(KEY).status, 201);
}

#[test]
fn a_ledger_that_was_cut_is_refused_and_one_that_was_taken_away_is_begun_anew_with_a_warning() {
    let scratch = Scratch::new(CONFIG);
    let token = scratch.ok(&["invite", "create"]);
    let ledger = file(&scratch, "ledger.db");
    let content = fs::read(&ledger).unwrap();
    fs::write(&ledger, b"").unwrap();
    assert_refused(&scratch, &EACH, &["ledger.db", "empty (0 bytes)", "backup"]);
    fs::write(&ledger, content).unwrap();
    assert_eq!(scratch.ok(&["invite", "list"]).lines().count(), 1);

    let warning = "links that were handed out before open nothing";
    fs::remove_file(&ledger).unwrap();
    let served = scratch.serve();
    assert!(served.log().contains(warning), "{}", served.log());
    let mut client = served.client();
    assert_eq!(client.get(&format!("/invite?{}", token.trim().split_once('?').unwrap().1)).status, 404);
    assert_eq!(client.invite(KEY).status, 201);
    drop(client);
    // Killed, it leaves its log behind, which would be taken for the next ledger's.
    drop(served);
    fs::remove_file(&ledger).unwrap();
    assert_refused(&scratch, &EACH[..2], &["ledger.db-wal", "of a ledger that is gone", "put the ledger back"]);

    // Whoever begins anew moves all away.
    for name in ["ledger.db-wal", "ledger.db-shm", "ledger.key"] {
        fs::remove_file(file(&scratch, name)).unwrap();
    }
    assert!(!scratch.serve().log().contains(warning));
}

#[test]
fn an_earlier_ledger_beside_a_later_log_is_refused() {
    let scratch = Scratch::new(CONFIG);
    let ledger = file(&scratch, "ledger.db");
    let mut served = scratch.serve();
    let first = served.client().invite(KEY).token();
    // A copy of the file alone, without its log, is not even the state of its time.
    let while_served = fs::read(&ledger).unwrap();
    served.signal("TERM");
    assert!(served.wait().success());
    let stopped = fs::read(&ledger).unwrap();
    scratch.ok(&["invite", "create"]);
    let mut served = scratch.serve();
    let last = served.client().invite(KEY).token();
    served.kill();
    let [killed, log] = ["ledger.db", "ledger.db-wal"].map(|name| fs::read(file(&scratch, name)).unwrap());
    assert!(!log.is_empty());
    let told = ["ledger.db-wal", "is not of the ledger", "put that ledger back, or move the log away"];
    for earlier in [&while_served, &stopped] {
        fs::write(&ledger, earlier).unwrap();
        assert_refused(&scratch, &EACH, &told);
        assert_damage_is_found(&scratch, "is not of the ledger");
        assert!(fs::read(&ledger).unwrap() == *earlier, "the ledger was changed");
        let backup = scratch.run(&["backup", "-"]);
        assert!(!backup.status.success() && backup.stdout.is_empty());
    }
    // Either way out is one.
    fs::rename(file(&scratch, "ledger.db-wal"), scratch.path().join("aside")).unwrap();
    assert_eq!(scratch.ok(&["invite", "list"]).lines().count(), 1);
    fs::write(&ledger, &killed).unwrap();
    fs::write(file(&scratch, "ledger.db-wal"), &log).unwrap();
    let served = scratch.serve();
    for token in [first, last] {
        assert_eq!(served.client().get(&format!("/invite?{token}")).status, 200);
    }
}

#[test]
fn a_first_start_that_was_broken_off_is_gone_on_with() {
    let scratch = Scratch::new(CONFIG);
    let link = scratch.ok(&["invite", "create"]);
    let (key, new) = (file(&scratch, "ledger.key"), file(&scratch, ".new-ledger.key"));
    let bytes = fs::read(&key).unwrap();
    // The ledger is there, and its key has no name yet.
    fs::rename(&key, &new).unwrap();
    let listed = scratch.ok(&["invite", "list", "--json"]);
    assert!(listed.contains(link.trim()), "{listed}");
    assert!(fs::read(&key).unwrap() == bytes && !new.exists());
    // The key is there, and no ledger yet.
    fs::rename(&key, &new).unwrap();
    fs::remove_file(file(&scratch, "ledger.db")).unwrap();
    assert_eq!(scratch.serve().client().invite(KEY).status, 201);
    assert!(fs::read(&key).unwrap() == bytes && !new.exists());
}

#[test]
fn many_that_start_first_create_one_ledger() {
    for _ in 0..20 {
        let scratch = Scratch::new(CONFIG);
        let start = || {
            let mut command = scratch.command();
            command.args(["invite", "create"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        };
        let all: Vec<_> = (0..8).map(|_| start()).collect();
        for child in all {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        assert_eq!(scratch.ok(&["invite", "list"]).lines().count(), 8);
        let left =
            fs::read_dir(scratch.state()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let left: Vec<_> = left.filter(|name| name.starts_with('.')).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn a_command_that_cannot_write_says_so_once() {
    let scratch = Scratch::new(CONFIG);
    scratch.ok(&["invite", "create"]);
    for name in FILES {
        let _ = fs::remove_file(file(&scratch, name));
    }
    fs::create_dir(file(&scratch, "ledger.db")).unwrap();
    let output = scratch.run(&["invite", "create"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), b"".as_slice()), "{stderr}");
    assert!(stderr.starts_with("invited: the ledger is not available: cannot open the ledger "), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

/// By the name that it would have had.
#[test]
fn a_directory_in_which_nothing_can_be_created_is_told() {
    let scratch = Scratch::new(CONFIG);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_invited"))
        .arg("--config")
        .arg(scratch.config())
        .args(["--state-dir", "/proc/self", "invite", "create"])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.starts_with("invited: cannot open /proc/self/ledger.key: No such file or directory"), "{told}");
}

#[test]
fn a_ledger_key_that_others_can_read_is_refused() {
    let scratch = Scratch::new(CONFIG);
    scratch.ok(&["invite", "create"]);
    let mode = |mode| fs::set_permissions(file(&scratch, "ledger.key"), fs::Permissions::from_mode(mode)).unwrap();
    for (bits, told) in [(0o640, "mode 0640"), (0o604, "mode 0604"), (0o620, "mode 0620")] {
        mode(bits);
        assert_refused(&scratch, &EACH, &["ledger.key", "is for others to read", told, "chmod 600"]);
    }
    mode(0o400);
    scratch.ok(&["invite", "list"]);
}

#[test]
fn a_key_that_is_a_credential_may_be_there_before_its_ledger() {
    let scratch = Scratch::new(CONFIG);
    let credentials = scratch.path().join("credentials");
    fs::create_dir(&credentials).unwrap();
    fs::create_dir(scratch.state()).unwrap();
    // 44 characters of base64; systemd gives the service's user its credentials with 0440 and an ACL.
    fs::write(credentials.join("ledger.key"), format!("{}=\n", "A".repeat(43))).unwrap();
    fs::set_permissions(credentials.join("ledger.key"), fs::Permissions::from_mode(0o440)).unwrap();
    let environment = [("CREDENTIALS_DIRECTORY", credentials.to_str().unwrap())];
    let mut served = scratch.serve_with(&environment);
    let token = served.client().invite(KEY).token();
    served.kill();
    let served = scratch.serve_with(&environment);
    assert_eq!(served.client().get(&format!("/invite?{token}")).status, 200);
    assert!(!file(&scratch, "ledger.key").exists());
}

/// Those that the API lists, two by two.
fn listed(client: &mut Client) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/invites?limit=2{cursor}");
        let answer = client.ask("GET", &path, &["Authorization: Bearer reader/s3cret"]);
        assert_eq!(answer.status, 200, "{answer:?}");
        let page = answer.json();
        ids.extend(page["invites"].as_array().unwrap().iter().map(|invite| invite["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

/// A configuration with a key that reads, and metrics.
fn with_reader() -> Scratch {
    let key =
        "sha256 = \"1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0\"\nallow = [\"create\", \"read\"]";
    Scratch::new(&format!("{CONFIG}[keys.reader]\n{key}\n[metrics]\nlisten = [\"127.0.0.1:0\"]\n"))
}

/// What is measured of damage, when that is more than nothing.
fn damaged(served: &Served) -> String {
    let place = served.wait_log("metrics on http://").rsplit_once("http://").unwrap().1.trim().parse().unwrap();
    let began = now();
    loop {
        let text = Client::tcp(place).get("/metrics").text();
        let count = text.lines().find_map(|line| line.strip_prefix("invited_ledger_damaged ")).unwrap().to_owned();
        if count != "0" || began.elapsed() > PATIENCE {
            return count;
        }
        std::thread::yield_now();
    }
}

#[test]
fn an_invite_that_cannot_be_read_takes_no_other_with_it() {
    let scratch = with_reader();
    let served = scratch.serve();
    let mut client = served.client();
    let tokens: Vec<_> = (0..5).map(|_| client.invite(KEY).token()).collect();
    let all = listed(&mut client);
    assert_eq!(all.len(), 5);
    assert_eq!(client.get("/readyz").json()["ledger"], "ok");
    assert!(scratch.ok(&["check"]).starts_with("valid"));

    // One bit of a host's name: it is no UTF-8 any more.
    let ledger = rusqlite::Connection::open(file(&scratch, "ledger.db")).unwrap();
    let third = "UPDATE invite SET host = CAST(x'e578616d706c652e636f6d' AS TEXT) WHERE id = \
                 (SELECT id FROM invite ORDER BY id DESC LIMIT 1 OFFSET 2)";
    assert_eq!(ledger.execute(third, []).unwrap(), 1);
    drop(ledger);
    let expected = [&all[..2], &all[3..]].concat();
    for _ in 0..2 {
        assert_eq!(listed(&mut client), expected);
    }
    let line = served.wait_log("an invite cannot be read and is left out; run invited check");
    assert!(line.contains(&format!("invite.id={}", all[2])), "{line}");
    assert_eq!(served.log().matches("an invite cannot be read and is left out").count(), 1, "{}", served.log());
    let ready = client.get("/readyz");
    assert_eq!((ready.status, &ready.json()["ledger"]), (200, &"damaged".into()));
    assert_eq!(damaged(&served), "1");
    // Itself it is no invite, and the others are.
    let statuses = tokens.iter().map(|token| client.get(&format!("/invite?{token}")).status).collect::<Vec<_>>();
    assert_eq!(statuses, [200, 200, 503, 200, 200]);
    assert_eq!(client.invite(KEY).status, 201);

    let output = scratch.run(&["invite", "list"]);
    let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success() && stdout.lines().count() == 5 && stderr.contains(&all[2]), "{stdout}{stderr}");
    assert_damage_is_found(&scratch, &format!("invite {} cannot be read", all[2]));
}

/// Of an invite for thousands this is what makes the last redemption as fast as the first.
#[test]
fn whoever_redeems_has_no_earlier_redemption_read() {
    let scratch = Scratch::new(&format!("{CONFIG}allow = [\"create\", \"redeem\", \"read\"]\nmax_uses = 9\n"));
    let served = scratch.serve();
    let (_, made) = served.api(KEY, "POST", "/api/v1/invites", &json!({ "uses": 9 }));
    let redeem = |name: &str| {
        let body = json!({ "token": made["token"], "account": name });
        let (status, answer) = served.api(KEY, "POST", "/api/v1/redeem", &body);
        (status, answer["account"].clone(), answer["uses_left"].clone())
    };
    assert_eq!(redeem("romeo"), (200, "romeo".into(), 8.into()));
    // This one cannot be read.
    let ledger = rusqlite::Connection::open(file(&scratch, "ledger.db")).unwrap();
    assert_eq!(ledger.execute("UPDATE redemption SET account = 'no name'", []).unwrap(), 1);
    drop(ledger);
    assert_eq!(redeem("juliet"), (200, "juliet".into(), 7.into()));
    let page = format!("/invite?{}", made["token"].as_str().unwrap());
    assert_eq!(served.client().get(&page).status, 200);
    let path = format!("/api/v1/invites/{}", made["id"].as_str().unwrap());
    let (status, answer) = served.api(KEY, "GET", &path, &serde_json::Value::Null);
    assert_eq!(status, 503, "with its redemptions: {answer}");
}

fn assert_damage_is_found(scratch: &Scratch, what: &str) {
    let output = scratch.run(&["check"]);
    let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(1), "{stdout}{stderr}");
    assert!(stdout.contains("ledger.db is damaged") && stdout.contains(what), "{stdout}");
    assert!(["stop the service", "backup", ".recover"].iter().all(|words| stderr.contains(words)), "{stderr}");
    assert!(scratch.ok(&["check", "--no-state"]).starts_with("valid"));
}

#[test]
fn a_damaged_file_is_said_to_be_damaged() {
    let scratch = with_reader();
    scratch.ok(&["invite", "create", "--count", "500"]);
    let ledger = file(&scratch, "ledger.db");
    let mut content = fs::read(&ledger).unwrap();
    let (page, pages) = (4096, content.len() / 4096);
    // All but the schema: it is opened, and no more than that.
    let connection = rusqlite::Connection::open(&ledger).unwrap();
    let statement = "SELECT rootpage FROM sqlite_schema WHERE name = 'invite'";
    let root: usize = connection.query_row(statement, [], |row| row.get::<_, i64>(0)).unwrap().try_into().unwrap();
    drop(connection);
    assert!(root < pages);
    content[(root - 1) * page..][..page].fill(0x5a);
    fs::write(&ledger, content).unwrap();
    assert_damage_is_found(&scratch, "malformed");

    let served = scratch.serve();
    let mut client = served.client();
    let list = client.ask("GET", "/api/v1/invites", &["Authorization: Bearer reader/s3cret"]);
    assert_unavailable(&list);
    assert_unavailable(&client.invite(KEY));
    let line = served.wait_log("the ledger is damaged; run invited check");
    assert!(line.contains("malformed"), "{line}");
    assert!(served.wait_log("invites cannot be created; run invited check").contains("damaged"));
    assert_eq!(damaged(&served), "1");
    assert_eq!(client.get("/healthz").status, 200);
}

#[test]
fn check_leaves_the_files_as_it_finds_them() {
    let scratch = Scratch::new(CONFIG);
    let names = || {
        let entries = fs::read_dir(scratch.state()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<BTreeSet<_>>()
    };
    let mut served = scratch.serve();
    assert_eq!(served.client().invite(KEY).status, 201);
    let check = |what: &str| {
        let before = names();
        scratch.ok(&["check"]);
        assert_eq!(names(), before, "{what}");
    };
    check("beside the service");
    served.kill();
    assert!(names().contains("ledger.db-wal"));
    check("after one that was killed");
    let mut served = scratch.serve();
    served.signal("TERM");
    assert!(served.wait().success());
    check("after one that was stopped");
    scratch.ok(&["invite", "list"]);
    check("after a command");
}

#[test]
fn check_tells_a_key_that_does_not_open_the_ledger_as_serve_does() {
    let scratch = Scratch::new(CONFIG);
    scratch.ok(&["invite", "create"]);
    let (key, other) = (file(&scratch, "ledger.key"), format!("{}=\n", "A".repeat(43)));
    let own = fs::read_to_string(&key).unwrap();
    let files = || {
        let entries = fs::read_dir(scratch.state()).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| (fs::read(&path).ok(), path)).collect::<BTreeSet<_>>()
    };
    let run = |arguments: &[&str]| {
        let output = scratch.run(arguments);
        (output.status.code(), common::beside_no_accounts(&output.stderr), String::from_utf8(output.stdout).unwrap())
    };
    for (text, mode, told) in [
        (None, 0o600, "ledger.db is there, but its key "),
        (Some(&*other), 0o600, "does not belong to the ledger "),
        (Some("no key"), 0o600, "is no ledger key: "),
        (Some(&*own), 0o644, "is for others to read, too (mode 0644)"),
    ] {
        fs::remove_file(&key).unwrap();
        if let Some(text) = text {
            fs::write(&key, text).unwrap();
            fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        }
        let before = files();
        let (code, of_check, printed) = run(&["check"]);
        assert_eq!((code, &*printed), (Some(1), ""), "{of_check}");
        assert!(of_check.contains(told), "{of_check}");
        let found = run(&["check", "--json"]);
        assert!(found.0 == Some(1) && found.2.contains(told), "{found:?}");
        assert_eq!(files(), before, "check creates and changes nothing");
        assert_eq!(run(&["serve"]), (Some(1), of_check, String::new()));
        assert!(scratch.ok(&["check", "--no-state"]).starts_with("valid"));
        fs::write(&key, &own).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(scratch.ok(&["check"]).starts_with("valid"));
    }
}
