//! The ledger's files, when they are swapped, cut or copied while somebody relies on them.
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

mod common;

use std::fs;
use std::path::PathBuf;

use common::{CONFIG, Client, KEY, PATIENCE, Response, Scratch, Served, now};

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
