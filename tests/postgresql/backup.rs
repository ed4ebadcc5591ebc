//! Backups: whole while the service runs, of either engine and for either, and restored with a word about what comes to life
//! again.

use crate::common;
use crate::common::postgres;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use common::http::{Response, request};
use common::{CONFIG, Client, Scratch, Served, docs};
use invited::invite::InviteId;
use postgres::Postgres;
use serde_json::{Value, json};

/// A key that may do everything; its secret is `s3cret`.
const ALL: &str = r#"
[keys.all]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["create", "contact", "reset", "roles", "read", "revoke", "redeem"]
max_uses = 10000
"#;

fn config(url: &str) -> String {
    format!("{CONFIG}{ALL}[ledger]\nurl = {url:?}\n")
}

fn on_sqlite() -> Scratch {
    Scratch::new(&config("sqlite:ledger.db"))
}

fn ask(client: &mut Client, method: &str, path: &str, headers: &[&str], body: &Value) -> Response {
    let lines = [&["Authorization: Bearer all/s3cret", "Content-Type: application/json"], headers].concat();
    client.send(request(method, path, &lines, &if body.is_null() { String::new() } else { body.to_string() }));
    client.read().expect("an answer")
}

fn create(client: &mut Client, body: &Value) -> Value {
    let answer = ask(client, "POST", "/api/v1/invites", &[], body);
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

fn redeem(client: &mut Client, invite: &Value, account: &str) -> u16 {
    let body = json!({ "token": invite["token"], "account": account });
    ask(client, "POST", "/api/v1/redeem", &[], &body).status
}

fn stop(mut served: Served) {
    served.signal("TERM");
    assert!(served.wait().success());
}

/// Every invite by its id, as `invite list --json` has it.
fn invites(scratch: &Scratch) -> BTreeMap<String, Value> {
    let listed: Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    let listed = listed["invites"].as_array().unwrap().clone();
    listed.into_iter().map(|invite| (invite["id"].as_str().unwrap().to_owned(), invite)).collect()
}

fn run(scratch: &Scratch, words: &[&str], path: &Path, more: &[&str]) -> Output {
    scratch.run(&[words, &[path.to_str().unwrap()], more].concat())
}

/// Runs it; gives its JSON and what it says on stderr.
fn succeed(scratch: &Scratch, words: &[&str], path: &Path, more: &[&str]) -> (Value, String) {
    let output = run(scratch, words, path, &[more, &["--json"]].concat());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{words:?} {more:?}: {stderr}");
    (serde_json::from_slice(&output.stdout).unwrap(), stderr)
}

/// Runs it; gives why it is refused.
fn refused(scratch: &Scratch, words: &[&str], path: &Path, more: &[&str]) -> String {
    let output = run(scratch, words, path, more);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), b"".as_slice()), "{stderr}");
    stderr
}

fn back_up(scratch: &Scratch, path: &Path) -> Value {
    succeed(scratch, &["backup"], path, &[]).0
}

/// Every file below, with what is in it; what SQLite keeps beside a ledger while it is open is no matter.
fn listing(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.is_file() && path.extension().is_none_or(|end| end != "db-shm"));
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// What each table has, in the file.
fn tables(backup: &Path) -> BTreeMap<String, usize> {
    let (mut tables, mut current) = (BTreeMap::new(), String::new());
    for line in BufReader::new(fs::File::open(backup).unwrap()).lines() {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        match line["table"].as_str() {
            Some(name) => {
                name.clone_into(&mut current);
                tables.insert(current.clone(), 0);
            }
            None if line.is_array() => *tables.get_mut(&current).unwrap() += 1,
            None => {}
        }
    }
    tables
}

/// All lines but the first and the last, which have a moment and a checksum.
fn rows(backup: &Path) -> Vec<String> {
    let text = fs::read_to_string(backup).unwrap();
    let lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines[1..lines.len() - 1].to_vec()
}

#[test]
fn a_backup_that_is_taken_while_invites_are_created_has_all_that_were_answered() {
    let scratch = on_sqlite();
    let served = scratch.serve();
    let address = served.address();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = Client::tcp(address);
                    while !is_over.load(Ordering::Relaxed) {
                        create(&mut client, &json!({ "uses": 2 }));
                    }
                })
            })
            .collect();
        let mut client = served.client();
        for round in 0..5 {
            let made: Vec<_> = (0..4).map(|_| create(&mut client, &json!({}))).collect();
            assert_eq!(redeem(&mut client, &made[0], &format!("guest{round}")), 200);
            let file = scratch.path().join(format!("{round}.backup"));
            let told = back_up(&scratch, &file);
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            // One key is enough for all the links, on a machine that has nothing else.
            let other = on_sqlite();
            let (restored, _) = succeed(&other, &["restore"], &file, &[]);
            assert_eq!((&restored["invites"], &restored["is_compared"]), (&told["invites"], &json!(false)));
            let there = invites(&other);
            assert_eq!(there.len(), usize::try_from(told["invites"].as_u64().unwrap()).unwrap());
            let second = other.serve();
            let mut client = second.client();
            for (at, invite) in made.iter().enumerate() {
                let found = &there[invite["id"].as_str().unwrap()];
                assert_eq!((&found["token"], &found["status"] == "redeemed"), (&invite["token"], at == 0));
                let link = format!("/invite?{}", invite["token"].as_str().unwrap());
                assert_eq!(client.get(&link).status, if at == 0 { 410 } else { 200 });
            }
        }
        is_over.store(true, Ordering::Relaxed);
        for writer in writers {
            writer.join().unwrap();
        }
    });
    let left = listing(scratch.path()).into_keys().chain(listing(&scratch.state()).into_keys());
    let left: Vec<_> = left.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with('.')).collect();
    assert_eq!(left, Vec::<PathBuf>::new());
}

/// Something in every table.
fn fill(scratch: &Scratch) -> Vec<Value> {
    let served = scratch.serve();
    let mut client = served.client();
    let invites = vec![
        create(
            &mut client,
            &json!({ "uses": 3, "note": "ü 'quoted' \"\\", "groups": ["friends"], "inviter": "Romeo" }),
        ),
        create(&mut client, &json!({ "username": "juliet", "ttl": "1h" })),
        create(&mut client, &json!({ "kind": "contact", "contact": "romeo@example.com" })),
    ];
    assert_eq!(redeem(&mut client, &invites[0], "nurse"), 200);
    assert_eq!(redeem(&mut client, &invites[0], "tybalt"), 200);
    let again = ["Idempotency-Key: 8e03978e-40d5-43dd-bc93-6894a57f9324"];
    assert_eq!(ask(&mut client, "POST", "/api/v1/invites", &again, &json!({})).status, 201);
    stop(served);
    invites
}

#[test]
fn a_backup_of_one_engine_is_restored_into_the_other_and_nothing_is_lost() {
    let database = Postgres::start();
    let sqlite = on_sqlite();
    let made = fill(&sqlite);
    // What only a server of its own, or a key that signs, would put there.
    let ledger = rusqlite::Connection::open(sqlite.state().join("ledger.db")).unwrap();
    ledger
        .execute_batch(
            "INSERT INTO adopted SELECT x'00ff', max(id) FROM invite; INSERT INTO used_jti VALUES ('ci', x'0001', 1), \
             ('CI', x'0001', 2), ('ä', x'0001', 3); UPDATE invite SET app_token = x'0102', app_expires_at = 5 WHERE id = \
             (SELECT max(id) FROM invite); INSERT OR REPLACE INTO meta VALUES ('forgetting', x'000000000000ffff'); \
             INSERT INTO outbox (channel, message, topic, created_at, next_at, give_up_at, dead_at, body) \
             VALUES ('webhook/ä', 'msg_1', 'key/a', 4102444800000, 2, 3, 4, x'00ff'); \
             INSERT INTO outbox_channel (channel, delivered_at, failure) VALUES ('webhook/ä', 1, 'status 500')",
        )
        .unwrap();
    ledger.close().unwrap();
    let files = [1, 2, 3].map(|number| sqlite.path().join(format!("{number}.backup")));
    back_up(&sqlite, &files[0]);
    let counted = tables(&files[0]);
    assert!(counted.values().all(|rows| *rows > 0), "{counted:?}");
    assert_eq!((counted["meta"], counted["redemption"], counted["used_jti"]), (1, 2, 3));

    let node = Scratch::new(&config(&database.url()));
    succeed(&node, &["restore"], &files[0], &[]);
    back_up(&node, &files[1]);
    assert_eq!(rows(&files[1]), rows(&files[0]));
    // It goes on from there: with the same key, and with numbers that are free.
    let served = node.serve();
    let mut client = served.client();
    assert_eq!(redeem(&mut client, &made[0], "mercutio"), 200);
    assert_eq!(redeem(&mut client, &made[0], "benvolio"), 410);
    assert_eq!(redeem(&mut client, &made[1], "juliet"), 200);
    assert_eq!(database.ask("SELECT count(*), count(DISTINCT id) FROM redemption"), "4|4");
    stop(served);
    back_up(&node, &files[2]);
    let last = on_sqlite();
    succeed(&last, &["restore"], &files[2], &[]);
    let backed_up = last.path().join("4.backup");
    back_up(&last, &backed_up);
    assert_eq!(rows(&backed_up), rows(&files[2]));
    assert_eq!(redeem(&mut last.serve().client(), &made[2], "paris"), 200);
}

#[test]
fn what_came_to_life_again_is_told_and_revoked_at_once_if_asked() {
    let database = Postgres::start();
    for url in ["sqlite:ledger.db".to_owned(), database.url()] {
        let scratch = Scratch::new(&config(&url));
        let served = scratch.serve();
        let mut client = served.client();
        let [redeemed, revoked, expired, used, kept] =
            [1, 1, 1, 5, 2].map(|uses| create(&mut client, &json!({ "uses": uses })));
        let named = create(&mut client, &json!({ "username": "juliet" }));
        let id = |invite: &Value| invite["id"].as_str().unwrap().to_owned();
        let file = scratch.path().join("backup");
        back_up(&scratch, &file);
        let later = create(&mut client, &json!({}));
        assert_eq!(redeem(&mut client, &redeemed, "romeo"), 200);
        assert_eq!(redeem(&mut client, &named, "juliet"), 200);
        assert_eq!(["a1", "b2"].map(|name| redeem(&mut client, &used, name)), [200, 200]);
        let path = |invite: &Value| format!("/api/v1/invites/{}", id(invite));
        let revoke = json!({ "status": "revoked" });
        assert_eq!(ask(&mut client, "PATCH", &path(&revoked), &[], &revoke).status, 200);
        let told = refused(&scratch, &["restore"], &file, &["--replace"]);
        let running = if url.starts_with("sqlite") { "another process serves" } else { "is in use" };
        assert!(told.contains(running), "{told}");
        stop(served);
        let row = id(&expired).parse::<InviteId>().unwrap().to_row();
        let expire = format!("UPDATE invite SET expires_at = created_at + 1 WHERE id = {row}");
        if url.starts_with("sqlite") {
            let ledger = rusqlite::Connection::open(scratch.state().join("ledger.db")).unwrap();
            assert_eq!(ledger.execute(&expire, []).unwrap(), 1);
        } else {
            database.ask(&expire);
        }
        let told = refused(&scratch, &["restore"], &file, &[]);
        assert!(told.contains("is not empty; with --replace"), "{told}");
        assert!(invites(&scratch).contains_key(&id(&later)), "nothing has changed");

        let (first, stderr) = succeed(&scratch, &["restore"], &file, &["--replace"]);
        let found: BTreeMap<_, _> = first["revived"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["id"].as_str().unwrap().to_owned(), one["was"].as_str().unwrap().to_owned()))
            .collect();
        let expected = [
            (&redeemed, "redeemed"),
            (&named, "redeemed"),
            (&revoked, "revoked"),
            (&expired, "expired"),
            (&used, "pending"),
        ];
        assert_eq!(found, expected.map(|(invite, was)| (id(invite), was.to_owned())).into());
        assert_eq!(
            (&first["revoked"], &first["unknown"], &first["is_compared"]),
            (&json!(false), &json!(0), &json!(true))
        );
        for (invite, words) in [
            (&redeemed, "account example.com: was redeemed"),
            (&named, "account example.com for juliet: was redeemed"),
            (&revoked, "was revoked"),
            (&expired, "was expired"),
            (&used, "had 3 of its 5 uses left"),
        ] {
            let line = stderr.lines().find(|line| line.trim().starts_with(&format!("{}  ", id(invite)))).unwrap();
            assert!(line.contains(words), "{line}");
        }
        assert!(stderr.contains("invited invite revoke ") && !stderr.contains(&format!("{}  ", id(&kept))), "{stderr}");
        let there = invites(&scratch);
        assert!(!there.contains_key(&id(&later)));
        assert!(
            [&redeemed, &revoked, &expired, &used, &kept, &named]
                .iter()
                .all(|invite| there[&id(invite)]["status"] == "pending")
        );

        // What was replaced is not lost: it is put back by the same way, and this time nothing lives again.
        let aside = Path::new(first["kept"][0].as_str().unwrap());
        let again = if url.starts_with("sqlite") {
            fs::rename(aside, scratch.state().join("ledger.db")).unwrap();
            succeed(&scratch, &["restore"], &file, &["--replace", "--revoke-revived"])
        } else {
            let (restored, _) = succeed(&scratch, &["restore"], aside, &["--replace"]);
            assert_eq!(restored["revived"], json!([]));
            succeed(&scratch, &["restore"], &file, &["--replace", "--revoke-revived"])
        };
        assert_eq!((&again.0["revived"], &again.0["revoked"]), (&first["revived"], &json!(true)));
        assert!(again.1.contains("have been revoked") && !again.1.contains("invite revoke"), "{}", again.1);
        let there = invites(&scratch);
        let status = |invite: &Value| there[&id(invite)]["status"].as_str().unwrap().to_owned();
        assert_eq!([&redeemed, &named, &revoked, &expired].map(status), ["revoked"; 4]);
        assert_eq!([&used, &kept].map(|invite| there[&id(invite)]["uses_left"].clone()), [3, 2]);
        assert_eq!(redeem(&mut scratch.serve().client(), &used, "c3"), 200);
    }
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_changes() {
    let scratch = on_sqlite();
    let made = fill(&scratch);
    let file = scratch.path().join("backup");
    back_up(&scratch, &file);
    let text = fs::read_to_string(&file).unwrap();
    let before = listing(&scratch.state());
    let refuse = |content: &[u8], words: &[&str]| {
        let other = scratch.path().join("other");
        fs::write(&other, content).unwrap();
        for target in [&scratch, &on_sqlite()] {
            let told = refused(target, &["restore"], &other, &["--replace"]);
            assert!(words.iter().all(|words| told.contains(words)), "{told}");
            assert!(target.state() == scratch.state() || !target.state().exists(), "{told}");
        }
    };
    refuse(b"", &["is no backup"]);
    refuse(&fs::read(scratch.state().join("ledger.db")).unwrap(), &["is no backup"]);
    refuse(&text.as_bytes()[..text.len() - 1], &["not whole"]);
    refuse(text.replace("romeo@example.com", "remeo@example.com").as_bytes(), &["damaged", "checksum"]);
    refuse(text.replacen("\"invited_backup\":1", "\"invited_backup\":2", 1).as_bytes(), &["format 2", "newer invited"]);
    refuse(text.replacen("\"schema\":", "\"schema\":9", 1).as_bytes(), &["schema version 9", "newer invited"]);
    assert!(listing(&scratch.state()) == before, "a refused backup changed something");

    // Nobody can tell what has ended since where there is nothing.
    let fresh = on_sqlite();
    let told = refused(&fresh, &["restore"], &file, &["--replace", "--revoke-revived"]);
    assert!(told.contains("leave out --revoke-revived"), "{told}");
    assert!(!fresh.state().join("ledger.db").exists());
    // A service that was started and never used is in nobody's way, and its key goes with it.
    stop(fresh.serve());
    let own = fs::read(fresh.state().join("ledger.key")).unwrap();
    let (restored, told) = succeed(&fresh, &["restore"], &file, &[]);
    assert!(told.contains("the ledger key is another one than before"), "{told}");
    assert_eq!(restored["key_changed"], true);
    assert_eq!(fs::read(restored["kept"][0].as_str().unwrap()).unwrap(), own);
    assert_eq!(redeem(&mut fresh.serve().client(), &made[2], "paris"), 200);

    // A key that comes from outside is not ours to replace.
    let outside = scratch.path().join("outside.key");
    fs::write(&outside, format!("{}=\n", "A".repeat(43))).unwrap();
    let given = Scratch::new(
        &config("sqlite:ledger.db")
            .replace("[ledger]\n", &format!("[ledger]\nkey_file = {:?}\n", outside.to_str().unwrap())),
    );
    let told = refused(&given, &["restore"], &file, &[]);
    assert!(told.contains("outside.key") && told.contains("jq -r .ledger_key"), "{told}");
    let first: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    fs::write(&outside, first["ledger_key"].as_str().unwrap()).unwrap();
    succeed(&given, &["restore"], &file, &[]);
    assert_eq!(invites(&given).len(), 4);
}

#[test]
fn a_backup_takes_the_place_of_a_ledger_that_is_damaged_or_of_another_key() {
    let scratch = on_sqlite();
    let made = fill(&scratch);
    let file = scratch.path().join("backup");
    back_up(&scratch, &file);
    let ledger = scratch.state().join("ledger.db");
    let mut content = fs::read(&ledger).unwrap();
    content[4096..].fill(0x5a);
    for damaged in [content.as_slice(), b""] {
        fs::write(&ledger, damaged).unwrap();
        let told = refused(&scratch, &["restore"], &file, &[]);
        assert!(told.contains("not empty; with --replace"), "{told}");
        let (restored, told) = succeed(&scratch, &["restore"], &file, &["--replace"]);
        assert!(told.contains("nobody knows which invites have ended"), "{told}");
        assert_eq!(fs::read(restored["kept"][0].as_str().unwrap()).unwrap(), damaged);
        fs::remove_file(restored["kept"][0].as_str().unwrap()).unwrap();
        assert_eq!(invites(&scratch).len(), 4);
    }
    // The ledger was lost, and another one begun.
    let other = on_sqlite();
    fill(&other);
    let (restored, told) = succeed(&other, &["restore"], &file, &["--replace"]);
    assert_eq!((&restored["unknown"], &restored["revived"]), (&json!(4), &json!([])));
    assert!(
        told.contains("4 invites of the backup are pending, of which the ledger that was replaced knew nothing"),
        "{told}"
    );
    assert_eq!(restored["kept"].as_array().unwrap().len(), 2);
    assert_eq!(redeem(&mut other.serve().client(), &made[0], "mercutio"), 200);
}

#[test]
fn what_is_no_ledger_is_not_backed_up_and_no_file_is_left() {
    let scratch = on_sqlite();
    let file = scratch.path().join("backup");
    let told = refused(&scratch, &["backup"], &file, &[]);
    assert!(told.contains("there is no ledger") && told.contains("ledger.db"), "{told}");
    assert!(!scratch.state().exists() && !file.exists());
    fill(&scratch);
    let key = scratch.state().join("ledger.key");
    fs::write(&key, format!("{}=\n", "A".repeat(43))).unwrap();
    let told = refused(&scratch, &["backup"], &file, &[]);
    assert!(told.contains("does not belong to the ledger"), "{told}");
    fs::remove_file(&key).unwrap();
    let told = refused(&scratch, &["backup"], &file, &[]);
    assert!(told.contains("its key") && told.contains("is not"), "{told}");
    let told = refused(&scratch, &["backup"], &scratch.path().join("nowhere/backup"), &[]);
    assert!(!told.is_empty());
    let names: Vec<_> = listing(scratch.path()).into_keys().map(|path| path.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["config.toml", "limits.toml"]);
}

/// As root, that could be a device.
#[test]
fn a_backup_takes_the_place_of_a_file_and_of_nothing_else() {
    let scratch = on_sqlite();
    fill(&scratch);
    let [fifo, link, dir] = ["fifo", "link", "dir"].map(|name| scratch.path().join(name));
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    std::os::unix::fs::symlink(scratch.path().join("elsewhere"), &link).unwrap();
    fs::create_dir(&dir).unwrap();
    for place in [&fifo, &link, &dir] {
        let before = fs::symlink_metadata(place).unwrap();
        let told = refused(&scratch, &["backup"], place, &[]);
        assert!(told.contains("it is no regular file") && told.contains("`-` for standard output"), "{told}");
        let after = fs::symlink_metadata(place).unwrap();
        assert_eq!((before.file_type(), before.ino()), (after.file_type(), after.ino()));
    }
}

#[test]
fn standard_output_has_the_backup_and_nothing_else() {
    let scratch = on_sqlite();
    fill(&scratch);
    let output = scratch.run(&["backup", "-"]);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let file = scratch.path().join("backup");
    fs::write(&file, output.stdout).unwrap();
    let other = on_sqlite();
    succeed(&other, &["restore"], &file, &[]);
    assert_eq!(invites(&other).into_keys().collect::<Vec<_>>(), invites(&scratch).into_keys().collect::<Vec<_>>());
    let wrong = scratch.run(&["backup", "-", "--json"]);
    assert_eq!((wrong.status.code(), wrong.stdout.as_slice()), (Some(2), b"".as_slice()));
    // Without --json it is silent on stdout.
    let quiet = run(&scratch, &["backup"], &file, &[]);
    assert!(quiet.status.success() && quiet.stdout.is_empty());
    let told = String::from_utf8(quiet.stderr).unwrap();
    assert!(told.contains("backed up 4 invites and the ledger key to "), "{told}");
}

/// Runs the commands of a block, with another name for each path; what systemd does the test does.
fn follow(scratch: &Scratch, block: &str, served: &mut Option<Served>, paths: &[(&str, &Path)]) {
    for line in block.lines() {
        match line.strip_prefix("# ").unwrap_or_else(|| panic!("{line:?}")) {
            "systemctl stop invited.socket invited.service" => stop(served.take().unwrap()),
            "systemctl start invited.socket" => *served = Some(scratch.serve()),
            command => {
                let words: Vec<_> = command.strip_prefix("invited ").unwrap().split(' ').collect();
                let own = |word: &str| {
                    let path = paths.iter().find(|(path, _)| *path == word);
                    path.map_or(word.to_owned(), |(_, own)| own.to_str().unwrap().to_owned())
                };
                let words: Vec<_> = words.into_iter().map(own).collect();
                // A configuration that it names itself takes the place of the test's own.
                let output = if words[0] == "--config" {
                    let mut command = Command::new(env!("CARGO_BIN_EXE_invited"));
                    command.arg("--state-dir").arg(scratch.state()).args(&words).output().unwrap()
                } else {
                    scratch.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
                };
                assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
            }
        }
    }
}

#[test]
fn the_commands_of_the_page_back_up_and_restore() {
    let [backup, restore] = docs::blocks(docs::section("docs/operations.md", "Backup"), "console")[..] else {
        panic!("two blocks")
    };
    let scratch = on_sqlite();
    let file = scratch.path().join("backup");
    let paths = [("/var/backups/invited.backup", file.as_path())];
    let mut served = Some(scratch.serve());
    let [open, ended] = [1, 1].map(|uses| create(&mut served.as_ref().unwrap().client(), &json!({ "uses": uses })));
    follow(&scratch, backup, &mut served, &paths);
    assert_eq!(redeem(&mut served.as_ref().unwrap().client(), &ended, "romeo"), 200);
    follow(&scratch, restore, &mut served, &paths);
    let mut client = served.as_ref().unwrap().client();
    assert_eq!([&ended, &open].map(|invite| redeem(&mut client, invite, "juliet")), [410, 200]);
}

/// The second server is a second database here, as it was at an earlier moment.
#[test]
fn the_commands_of_the_page_restore_what_was_recovered() {
    let block = docs::blocks(docs::section("docs/nodes.md", "Backup and point-in-time restore"), "console")[0];
    let database = Postgres::start();
    let scratch = Scratch::new(&config(&database.url()));
    let served = scratch.serve();
    let [open, ended] = [1, 1].map(|uses| create(&mut served.client(), &json!({ "uses": uses })));
    stop(served);
    database.sql("postgres", "CREATE DATABASE recovered TEMPLATE invited");
    let url = format!("postgres://invited@/recovered{}", database.address());
    let recovered = scratch.path().join("recovered.toml");
    fs::write(&recovered, config(&url)).unwrap();
    let mut served = Some(scratch.serve());
    assert_eq!(redeem(&mut served.as_ref().unwrap().client(), &ended, "romeo"), 200);
    let file = scratch.path().join("backup");
    let paths = [("/etc/invited/recovered.toml", recovered.as_path()), ("/var/backups/earlier.backup", file.as_path())];
    follow(&scratch, block, &mut served, &paths);
    let mut client = served.as_ref().unwrap().client();
    assert_eq!([&ended, &open].map(|invite| redeem(&mut client, invite, "juliet")), [410, 200]);
}
