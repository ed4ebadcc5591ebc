//! A ledger that moves from one engine to the other: all of it, or nothing.

use crate::common;
use crate::common::postgres;

use std::fs;
use std::path::Path;

use common::http::request;
use common::{CONFIG, Client, KEY, Scratch, Served, docs};
use postgres::{ENCODED_PASSWORD, Postgres};
use serde_json::Value;

const ON_SQLITE: &str = "url = \"sqlite:ledger.db\"";

fn configure(scratch: &Scratch, ledger: &str) {
    scratch
        .configure(&format!("{CONFIG}allow = [\"create\", \"read\", \"redeem\"]\nmax_uses = 9\n[ledger]\n{ledger}\n"));
}

fn ask(client: &mut Client, path: &str, body: &str) -> (u16, Value) {
    let key = format!("Authorization: Bearer {KEY}");
    client.send(request("POST", path, &[&key, "Content-Type: application/json"], body));
    let answer = client.read().expect("an answer");
    (answer.status, answer.json())
}

fn create(served: &Served, uses: u32) -> String {
    let (status, invite) = ask(&mut served.client(), "/api/v1/invites", &format!("{{\"uses\": {uses}}}"));
    assert_eq!(status, 201, "{invite}");
    invite["token"].as_str().unwrap().to_owned()
}

fn redeem(served: &Served, token: &str, account: &str) -> u16 {
    let body = format!("{{\"token\": \"{token}\", \"account\": \"{account}\"}}");
    ask(&mut served.client(), "/api/v1/redeem", &body).0
}

fn stop(mut served: Served) {
    served.signal("TERM");
    assert!(served.wait().success());
}

/// Copies; gives its JSON and what it says on stderr.
fn copy(scratch: &Scratch, from: &str, to: &str) -> (Value, String) {
    let output = scratch.run(&["ledger", "copy", from, to, "--json"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{from} to {to}: {stderr}");
    (serde_json::from_slice(&output.stdout).unwrap(), stderr)
}

fn refused(scratch: &Scratch, from: &str, to: &str, words: &[&str]) {
    let output = scratch.run(&["ledger", "copy", from, to]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), b"".as_slice()), "{stderr}");
    assert!(words.iter().all(|words| stderr.contains(words)), "{from} to {to}: {stderr}");
}

/// The rows of the ledger that is configured.
fn rows(scratch: &Scratch) -> Vec<String> {
    let text = scratch.ok(&["backup", "-"]);
    let lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines[1..lines.len() - 1].to_vec()
}

/// What it says that the configuration is to be.
fn told_setting(told: &str) -> &str {
    told.split_once("[ledger]\n").unwrap().1.trim()
}

#[test]
fn a_ledger_goes_to_postgresql_and_back_with_all_that_is_in_it() {
    let database = Postgres::start();
    let scratch = Scratch::new("");
    configure(&scratch, ON_SQLITE);
    let served = scratch.serve();
    let tokens: Vec<_> = (0..1200).map(|_| create(&served, 4)).collect();
    assert_eq!(redeem(&served, &tokens[0], "romeo"), 200);
    refused(&scratch, "sqlite:ledger.db", &database.url(), &["another process serves", "ledger.db"]);
    stop(served);
    let before = rows(&scratch);
    let (copied, told) = copy(&scratch, "sqlite:ledger.db", &database.url());
    assert_eq!((&copied["invites"], database.ask("SELECT count(*) FROM invite").as_str()), (&1200.into(), "1200"));
    assert!(told.contains("copied 1200 invites") && told.contains("ledger.db away"), "{told}");
    // As it says, with the key that there is.
    configure(&scratch, told_setting(&told));
    assert_eq!(rows(&scratch), before);
    let served = scratch.serve();
    for (at, name) in ["juliet", "nurse", "tybalt"].iter().enumerate() {
        assert_eq!(redeem(&served, &tokens[0], name), 200, "the use {at}");
    }
    assert_eq!(redeem(&served, &tokens[0], "paris"), 410);
    refused(&scratch, &database.url(), "sqlite:other.db", &["in use", "stop all nodes"]);
    refused(&scratch, "sqlite:ledger.db", &database.url(), &["is not empty", "database"]);
    stop(served);

    // A password is in a file, and nowhere else.
    let url = scratch.path().join("url");
    fs::write(&url, format!("{}\n", database.tcp_url())).unwrap();
    let place = format!("@{}", url.display());
    let before = rows(&scratch);
    refused(&scratch, &place, "sqlite:ledger.db", &["is not empty", "a file that is not there yet"]);
    let (_, told) = copy(&scratch, &place, "sqlite:other.db");
    assert!(!told.contains(ENCODED_PASSWORD), "{told}");
    configure(&scratch, told_setting(&told));
    assert_eq!(rows(&scratch), before);
    let served = scratch.serve();
    assert_eq!(redeem(&served, &tokens[0], "benvolio"), 410);
    assert_eq!(redeem(&served, &tokens[1199], "benvolio"), 200);
    stop(served);
    let (_, told) = copy(&scratch, "sqlite:other.db", "sqlite:third.db");
    assert_eq!(told_setting(&told), "url = \"sqlite:third.db\"");
}

#[test]
fn a_copy_that_differs_or_cannot_be_changes_nothing() {
    let database = Postgres::start();
    let scratch = Scratch::new("");
    configure(&scratch, ON_SQLITE);
    refused(&scratch, "sqlite:ledger.db", &database.url(), &["there is no ledger", "ledger.db"]);
    assert_eq!(database.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
    let served = scratch.serve();
    create(&served, 1);
    stop(served);
    // Nodes have been there, and left nothing.
    configure(&scratch, &format!("url = {:?}", database.url()));
    stop(scratch.serve());
    let alter = "CREATE FUNCTION alter_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.uses := 2; RETURN NEW; END $$; \
                 CREATE TRIGGER alter_row BEFORE INSERT ON invite FOR EACH ROW EXECUTE FUNCTION alter_row()";
    database.ask(alter);
    refused(&scratch, "sqlite:ledger.db", &database.url(), &["differs", "table invite", "nothing was copied"]);
    assert_eq!(database.ask("SELECT count(*) FROM invite"), "0");
    database.ask("DROP TRIGGER alter_row ON invite");

    let key = scratch.state().join("ledger.key");
    let own = fs::read(&key).unwrap();
    fs::write(&key, format!("{}=\n", "A".repeat(43))).unwrap();
    refused(&scratch, "sqlite:ledger.db", &database.url(), &["does not belong to the ledger"]);
    fs::write(&key, own).unwrap();
    copy(&scratch, "sqlite:ledger.db", &database.url());
    assert_eq!(database.ask("SELECT count(*) FROM invite"), "1");
    assert!(!Path::new(&scratch.state().join("other.db")).exists());
}

#[test]
fn the_commands_of_the_page_move_a_ledger() {
    let block = docs::block(docs::section("docs/nodes.md", "From SQLite to PostgreSQL, and back"), "console");
    let database = Postgres::start();
    let scratch = Scratch::new("");
    configure(&scratch, ON_SQLITE);
    let served = scratch.serve();
    let token = create(&served, 1);
    let [stop_line, copy_line] = block.lines().collect::<Vec<_>>()[..] else { panic!("{block}") };
    assert_eq!(stop_line, "# systemctl stop invited.socket invited.service");
    stop(served);
    let words: Vec<_> = copy_line.strip_prefix("# invited ledger copy ").unwrap().split(' ').collect();
    let to = words[1].trim_matches('\'').replace("?host=/run/postgresql", &database.address());
    let (_, told) = copy(&scratch, words[0], &to);
    configure(&scratch, told_setting(&told));
    assert_eq!(redeem(&scratch.serve(), &token, "romeo"), 200);
}
