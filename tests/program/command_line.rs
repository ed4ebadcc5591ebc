//! The command line as people and programs use it: lists at a terminal and in a pipe, filters, what is said of a change, JSON
//! everywhere, and words of others that a terminal would obey.

use crate::common;
use crate::common::terminal;

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::process::{Output, Stdio};

use common::{CONFIG, KEY, Scratch};
use serde_json::Value;
use terminal::at_terminal;

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Creates an invite; gives its id.
fn create(scratch: &Scratch, arguments: &[&str]) -> String {
    let created = json(&scratch.ok(&[&["invite", "create", "--json"], arguments].concat()));
    created["id"].as_str().unwrap().to_owned()
}

fn list(scratch: &Scratch, arguments: &[&str]) -> Value {
    json(&scratch.ok(&[&["invite", "list", "--json"], arguments].concat()))
}

/// The ids of a list, in its order.
fn ids(list: &Value) -> Vec<String> {
    list["invites"].as_array().unwrap().iter().map(|invite| invite["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn lists_are_columns_at_a_terminal_and_lines_in_a_pipe() {
    let scratch = Scratch::new(CONFIG);
    scratch.key(&["Sign-up form on the website", "--id", "Ab3dE_9x", "--expires", "90d"]);
    let id = create(&scratch, &["--ttl", "3d", "--note", "for a friend"]);

    let shown = at_terminal(&scratch, 120, &["invite", "list"]);
    let lines: Vec<_> = shown.lines().collect();
    assert_eq!(
        lines,
        [
            "ID           STATUS   KIND     HOST         LEFT  EXPIRES    SOURCE  NOTE",
            &format!("{id}  pending  account  example.com  1     in 3 days  cli     for a friend"),
        ]
    );
    let piped = scratch.ok(&["invite", "list"]);
    let cells: Vec<_> = piped.strip_suffix('\n').unwrap().split('\t').collect();
    let [own, "pending", "account", "example.com", "1", expires, "cli", "for a friend"] = cells[..] else {
        panic!("{piped}")
    };
    assert!(own == id && expires.parse::<jiff::Timestamp>().is_ok() && expires.ends_with('Z'), "{piped}");

    let shown = at_terminal(&scratch, 240, &["key", "list"]);
    let lines: Vec<Vec<_>> =
        shown.lines().map(|line| line.split("  ").filter(|cell| !cell.is_empty()).collect()).collect();
    let cells = |line: &[&str]| line.iter().map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    assert_eq!(cells(&lines[0]), ["ID", "NAME", "ORIGIN", "MAY", "HOSTS", "EXPIRES", "LAST USED", "USES"], "{shown}");
    assert_eq!(
        cells(&lines[1]),
        ["Ab3dE_9x", "Sign-up form on the website", "stored", "create", "all hosts", "in 90 days", "never", "1"]
    );
    let piped = scratch.ok(&["key", "list"]);
    let first: Vec<_> = piped.lines().next().unwrap().split('\t').collect();
    let file = scratch.state().join("keys/Ab3dE_9x.toml").display().to_string();
    let ["Ab3dE_9x", "Sign-up form on the website", origin, "create", "all hosts", expires, "never", "1"] = first[..]
    else {
        panic!("{piped}")
    };
    assert!(origin == file && expires.parse::<jiff::Timestamp>().is_ok(), "{piped}");
}

#[test]
fn columns_fit_whatever_the_terminal_is() {
    let scratch = Scratch::new(CONFIG);
    scratch.key(&["A name that is so long that it takes several lines wherever it is read", "--id", "long"]);
    let id = create(&scratch, &["--note", &"words and more ".repeat(20)]);
    for columns in [60, 80, 132] {
        for command in [&["key", "list"], &["invite", "list"]] {
            let shown = at_terminal(&scratch, columns, command);
            let wide = shown.lines().find(|line| line.chars().count() > usize::from(columns));
            assert_eq!(wide, None, "{columns}: {shown}");
        }
        assert!(at_terminal(&scratch, columns, &["invite", "list"]).contains(&id), "an id is copied from there");
    }
}

#[test]
fn a_time_is_shown_in_the_zone_of_who_reads_it() {
    let scratch = Scratch::new(CONFIG);
    let id = create(&scratch, &["--ttl", "3d"]);
    let expires = json(&scratch.ok(&["invite", "show", &id, "--json"]))["expires_at"].as_str().unwrap().to_owned();
    let at: jiff::Timestamp = expires.parse().unwrap();
    let zone = jiff::tz::TimeZone::posix("XYZ-5").unwrap();
    let expected = at.to_zoned_datetime(zone).strftime("expires_at    %Y-%m-%d %H:%M XYZ (in 3 days)").to_string();
    let shown = at_terminal(&scratch, 100, &["invite", "show", &id]);
    assert!(shown.lines().any(|line| line == expected), "{expected} in\n{shown}");
    assert!(scratch.ok(&["invite", "show", &id]).contains(&format!("expires_at    {expires}\n")));
}

/// What somebody else wrote: it would colour the screen, ring, move the cursor, and have a name read as another.
#[test]
fn a_terminal_obeys_no_word_of_others() {
    let scratch = Scratch::new(CONFIG);
    scratch.key(&["--id", "theirs"]);
    let evil = "evil\\u001b[31m\\u0007\\u009b1A\\rroot\\u202eknurd";
    let file = scratch.state().join("keys/theirs.toml");
    let key = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("name = \"{evil}\"\n{key}")).unwrap();
    let id = create(&scratch, &["--note", "two\nlines \u{1b}[31m"]);
    let is_obeyed = |c: char| c != '\n' && invited::invite::text::is_control(c);
    for arguments in [
        &["key", "list"][..],
        &["key", "list", "--json"],
        &["invite", "list"],
        &["invite", "list", "--json"],
        &["invite", "show", &id],
        &["invite", "show", &id, "--json"],
    ] {
        let shown = at_terminal(&scratch, 200, arguments);
        assert!(!shown.contains(is_obeyed), "{arguments:?}: {shown:?}");
        let piped = scratch.ok(arguments);
        assert!(!piped.contains(|c| c != '\t' && is_obeyed(c)), "{arguments:?}: {piped:?}");
    }
    // In JSON it is what it is.
    let keys = json(&scratch.ok(&["key", "list", "--json"]));
    let keys = keys["keys"].as_array().unwrap();
    let names: BTreeSet<_> = keys.iter().map(|key| key["name"].as_str().unwrap().to_owned()).collect();
    let expected: String = serde_json::from_str(&format!("\"{evil}\"")).unwrap();
    assert!(names.contains(&expected), "{names:?}");
    assert_eq!(json(&scratch.ok(&["invite", "show", &id, "--json"]))["note"], "two\nlines \u{1b}[31m");
}

#[test]
fn invites_are_listed_by_what_they_are() {
    let scratch = Scratch::new(&format!("{CONFIG}[hosts.\"example.org\"]\n"));
    let com = ["--host", "example.com"];
    let plain = create(&scratch, &com);
    let org = create(&scratch, &["--host", "example.org", "--inviter", "The chess club"]);
    let bound = create(&scratch, &[&com[..], &["--username", "Alice"]].concat());
    let contact = create(&scratch, &[&com[..], &["--contact", "romeo@example.com"]].concat());
    let reset = create(&scratch, &[&com[..], &["--reset", "juliet"]].concat());
    let served = scratch.serve();
    assert_eq!(
        served.client().ask("POST", "/invites_api?host=example.com", &["Authorization: Bearer site/s3cret"]).status,
        201
    );
    drop(served);
    let by_key = ids(&list(&scratch, &["--limit", "1"]))[0].clone();
    scratch.ok(&["invite", "revoke", &plain]);
    let names = [
        (&plain, "plain"),
        (&org, "org"),
        (&bound, "bound"),
        (&contact, "contact"),
        (&reset, "reset"),
        (&by_key, "key"),
    ];
    for (filter, expected) in [
        (&[][..], &["key", "reset", "contact", "bound", "org", "plain"][..]),
        (&["--host", "EXAMPLE.org"], &["org"]),
        (&["--status", "revoked"], &["plain"]),
        (&["--status", "pending", "--host", "example.com"], &["key", "reset", "contact", "bound"]),
        (&["--kind", "reset"], &["reset"]),
        (&["--kind", "contact"], &["contact"]),
        (&["--key", "site"], &["key"]),
        (&["--key", "nobody"], &[]),
        (&["--username", "ALICE"], &["bound"]),
        (&["--username", "juliet"], &["reset"]),
        (&["--inviter", "romeo@example.com"], &["contact"]),
        (&["--inviter", "The chess club"], &["org"]),
        (&["--limit", "2"], &["key", "reset"]),
        (&["--limit", "2", "--kind", "account"], &["key", "bound"]),
    ] {
        let found = ids(&list(&scratch, filter));
        let found: Vec<_> = found.iter().map(|id| names.iter().find(|(own, _)| *own == id).unwrap().1).collect();
        assert_eq!(found, expected, "{filter:?}");
        let text = scratch.ok(&[&["invite", "list"], filter].concat());
        assert_eq!(text.lines().count(), expected.len(), "{filter:?}: {text}");
    }
    for wrong in [
        &["--kind", "party"][..],
        &["--limit", "0"],
        &["--limit", "few"],
        &["--username", "a b"],
        &["--cursor", "x"],
        &["--key", "a/b"],
    ] {
        let output = scratch.run(&[&["invite", "list"], wrong].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", stderr(&output));
    }
}

#[test]
fn a_list_goes_on_where_it_ended() {
    let scratch = Scratch::new(CONFIG);
    scratch.ok(&["invite", "create", "--count", "5"]);
    let all = ids(&list(&scratch, &[]));
    let mut pages = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = match &cursor {
            None => list(&scratch, &["--limit", "2"]),
            Some(cursor) => list(&scratch, &["--limit", "2", "--cursor", cursor]),
        };
        pages.push(ids(&page));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!((pages.len(), pages.concat()), (3, all.clone()));
    // A person is told how to go on.
    let output = scratch.run(&["invite", "list", "--limit", "2"]);
    let expected = format!("there are more; go on with --cursor c{}\n", all[1]);
    assert_eq!((stdout(&output).lines().count(), stderr(&output)), (2, expected));
    assert_eq!(stderr(&scratch.run(&["invite", "list", "--limit", "5"])), "");
    assert!(list(&scratch, &["--limit", "5"])["next_cursor"].is_null());
}

#[test]
fn a_revoked_invite_is_restored() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let mut client = served.client();
    let link = scratch.ok(&["invite", "create", "--ttl", "3d"]);
    let path = link.trim().strip_prefix("https://invite.example.com").unwrap();
    let id = ids(&list(&scratch, &[]))[0].clone();
    assert_eq!(client.get(path).status, 200);

    let output = scratch.run(&["invite", "revoke", &id]);
    assert_eq!(
        (output.status.code(), stdout(&output), stderr(&output)),
        (Some(0), String::new(), format!("revoked {id}\n"))
    );
    assert_eq!(client.get(path).status, 410);
    let again = scratch.run(&["invite", "revoke", &id]);
    assert_eq!((again.status.code(), stderr(&again)), (Some(0), format!("{id} has been revoked before\n")));

    let output = scratch.run(&["invite", "restore", &id]);
    let expected = format!("restored {id}; it expires in 3 days\n");
    assert_eq!((output.status.code(), stdout(&output), stderr(&output)), (Some(0), String::new(), expected));
    assert_eq!(client.get(path).status, 200);
    let again = scratch.run(&["invite", "restore", &id]);
    assert_eq!(
        (again.status.code(), stderr(&again)),
        (Some(0), format!("{id} is not revoked; it expires in 3 days\n"))
    );
    let restored = json(&scratch.ok(&["invite", "restore", "--json", &id]));
    assert_eq!((&restored["invites"][0]["status"], &restored["next_cursor"]), (&"pending".into(), &Value::Null));
    let revoked = json(&scratch.ok(&["invite", "revoke", "--json", &id]));
    assert_eq!((&revoked["invites"][0]["id"], &revoked["invites"][0]["status"]), (&id.into(), &"revoked".into()));
}

#[test]
fn what_nobody_could_redeem_is_not_restored() {
    let scratch = Scratch::new(CONFIG);
    let [bound, other] = ["alice", "bob"].map(|name| create(&scratch, &["--username", name]));
    let short = create(&scratch, &["--ttl", "1ms"]);
    scratch.ok(&["invite", "revoke", &bound, &other]);
    // Meanwhile somebody else is to have the name.
    create(&scratch, &["--username", "alice"]);
    let output = scratch.run(&["invite", "restore", &bound, &short, &other]);
    let lines: Vec<_> = stderr(&output).lines().map(str::to_owned).collect();
    assert_eq!(output.status.code(), Some(1), "{lines:?}");
    assert_eq!(lines[0], format!("invited: cannot restore {bound}: the name alice is reserved or taken by now"));
    assert!(lines[1].starts_with(&format!("invited: cannot restore {short}: it expired ")), "{lines:?}");
    assert_eq!(lines[2], format!("restored {other}; it expires in 7 days"));
    assert_eq!(lines.len(), 3);
    // Nothing is done where one is unknown.
    scratch.ok(&["invite", "revoke", &other]);
    let output = scratch.run(&["invite", "restore", &other, "AAAAAAAAAAA"]);
    let expected = "invited: no such invite: AAAAAAAAAAA; see: invited invite list\n";
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(1), expected));
    assert_eq!(list(&scratch, &["--status", "revoked"])["invites"].as_array().unwrap().len(), 2);
}

#[test]
fn an_invite_that_has_been_redeemed_is_neither_revoked_nor_restored() {
    let scratch = Scratch::new(&format!("{CONFIG}allow = [\"create\", \"redeem\"]\n"));
    let link = scratch.ok(&["invite", "create"]);
    let token = link.trim().split_once('?').unwrap().1.to_owned();
    let id = ids(&list(&scratch, &[]))[0].clone();
    let served = scratch.serve();
    let body = format!("{{\"token\": \"{token}\"}}");
    let request = format!(
        "POST /api/v1/redeem HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(common::exchange(served.address(), request.as_bytes())[0].status, 200);
    for (act, told) in [("revoke", "cannot revoke"), ("restore", "cannot restore")] {
        let output = scratch.run(&["invite", act, &id]);
        let expected = format!("invited: {told} {id}: it has been redeemed\n");
        assert_eq!((output.status.code(), stdout(&output), stderr(&output)), (Some(1), String::new(), expected));
    }
}

#[test]
fn whatever_changes_something_says_so_on_stderr_and_stdout_has_the_result_alone() {
    let scratch = Scratch::new(CONFIG);
    let told = |arguments: &[&str]| {
        let output = scratch.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        (stdout(&output), stderr(&output))
    };
    let (key, said) = told(&["key", "create", "My test key", "--id", "mine"]);
    assert!(key.starts_with("mine/") && key.lines().count() == 1, "{key}");
    assert!(said.starts_with("stored in ") && said.lines().count() == 1, "{said}");
    let (link, said) = told(&["invite", "create"]);
    assert_eq!((link.lines().count(), said.as_str()), (1, "created 1 invite to example.com; it expires in 7 days\n"));
    let (links, said) = told(&["invite", "create", "--count", "3", "--ttl", "12h"]);
    assert_eq!(
        (links.lines().count(), said.as_str()),
        (3, "created 3 invites to example.com; they expire in 12 hours\n")
    );
    let deleted = "deleted the key mine; the service refuses it from now on\n";
    assert_eq!(told(&["key", "delete", "mine"]), (String::new(), deleted.to_owned()));
    // Whoever only asks is told nothing else.
    for arguments in [&["key", "list"][..], &["invite", "list"], &["check"], &["config", "show"]] {
        assert_eq!(common::beside_no_accounts(told(arguments).1.as_bytes()), "", "{arguments:?}");
    }
}

/// Every command that answers; those of the help are in src/cli/mod.rs.
#[test]
fn every_answer_is_json_where_that_is_asked_for() {
    let scratch = Scratch::new(CONFIG);
    let folder = scratch.path().join("example%2ecom");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("invite_api_keys.dat");
    fs::write(&file, "return { [\"imported\"] = { id = \"imported\", token = \"s3cret\", name = \"Bot\" } }").unwrap();
    let answer = |arguments: &[&str]| json(&scratch.ok(&[arguments, &["--json"]].concat()));

    let created = answer(&["key", "create", "--id", "mine"]);
    assert!(created["key"].as_str().unwrap().starts_with("mine/"), "{created}");
    assert!(created["file"].as_str().unwrap().ends_with("keys/mine.toml"), "{created}");
    let declared = answer(&["key", "create", "--id", "web", "--declare"]);
    assert!(declared["toml"].as_str().unwrap().starts_with("[keys.web]\n"), "{declared}");
    assert!(declared["nix"].as_str().unwrap().starts_with("services.invited.settings.keys.web = {\n"), "{declared}");
    assert!(declared["key"].as_str().unwrap().starts_with("web/"), "{declared}");
    let signed = answer(&["key", "create", "--id", "ci", "--jwt"]);
    let private = signed["private_key"].as_str().unwrap();
    assert!(private.starts_with("-----BEGIN PRIVATE KEY-----"), "{signed}");
    let pem = scratch.path().join("ci.pem");
    fs::write(&pem, private).unwrap();
    let token = answer(&["token", "mint", "--id", "ci", "--key-file", pem.to_str().unwrap()]);
    assert_eq!(token["token"].as_str().unwrap().split('.').count(), 3, "{token}");
    assert!(token["expires_at"].as_str().unwrap().ends_with('Z'), "{token}");
    let imported = answer(&["key", "import", file.to_str().unwrap()]);
    assert_eq!(
        imported,
        serde_json::json!({ "keys": [{ "id": "imported", "name": "Bot", "hosts": ["example.com"], "imported": true }] })
    );
    assert_eq!(answer(&["key", "delete", "imported"]), serde_json::json!({ "id": "imported", "deleted": true }));
    assert_eq!(answer(&["key", "list"])["keys"].as_array().unwrap().len(), 2);

    let invite = answer(&["invite", "create", "--inviter", "The chess club"]);
    assert_eq!(invite["inviter"], "The chess club");
    let id = invite["id"].as_str().unwrap();
    assert_eq!(answer(&["invite", "show", id])["id"], id);
    assert_eq!(answer(&["invite", "list"])["invites"][0]["id"], id);

    let settings = answer(&["config", "show"]);
    let settings = settings["settings"].as_array().unwrap();
    let named =
        |name: &str| settings.iter().find(|setting| setting["name"] == name).unwrap_or_else(|| panic!("{name}"));
    assert_eq!(named("listen")["value"], serde_json::json!(["127.0.0.1:0"]));
    assert_eq!(named("listen")["origin"], scratch.config().display().to_string());
    assert_eq!((&named("invites.ttl")["value"], &named("invites.ttl")["origin"]), (&"7d".into(), &"default".into()));
    assert_eq!(named("hosts.\"example.com\"")["value"], serde_json::json!({}));
    assert_eq!(settings.len(), scratch.ok(&["config", "show"]).lines().count());
}

#[test]
fn what_check_finds_is_json_too() {
    let scratch = Scratch::new(CONFIG);
    let found = json(&scratch.ok(&["check", "--json"]));
    assert_eq!([&found["valid"], &found["hosts"], &found["keys"]], [&Value::Bool(true), &1.into(), &1.into()]);
    assert_eq!([&found["faults"], &found["error"]], [&serde_json::json!([]), &Value::Null]);

    scratch.configure(&format!("{CONFIG}colour = 1\nmax_uses = \"many\"\n"));
    let output = scratch.run(&["check", "--json"]);
    let found = json(&stdout(&output));
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(2), ""), "told once");
    assert_eq!(found["valid"], false);
    let fault = &found["faults"][1];
    assert_eq!((&fault["name"], &fault["value"]), (&"keys.site.max_uses".into(), &"\"many\"".into()), "{found}");
    assert_eq!(
        (&fault["origin"], &fault["reason"]),
        (&scratch.config().display().to_string().into(), &"expected a whole number from 0 to 4294967295".into())
    );

    // A note is one of the answer, and no hint beside it.
    scratch.configure(CONFIG);
    scratch.key(&["--id", "odd"]);
    let file = scratch.state().join("keys/odd.toml");
    fs::write(&file, "sha256 = 5\n").unwrap();
    let output = scratch.run(&["check", "--json"]);
    let found = json(&stdout(&output));
    assert_eq!(
        (output.status.code(), stderr(&output).lines().filter(|line| line.contains("note:")).count()),
        (Some(0), 0)
    );
    let notes = found["notes"].as_array().unwrap();
    assert!(notes.iter().any(|note| note.as_str().unwrap().contains("odd.toml")), "{found}");
}

/// A list of any length goes through little memory, in the same order and form as a short one.
/// What a process has in memory that is its own, in KiB (`RssAnon` of proc(5)).
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

#[test]
fn a_list_is_written_as_it_is_read() {
    const INVITES: usize = 100_000;
    let scratch = Scratch::new(CONFIG);
    let first = create(&scratch, &["--note", "the first"]);
    let ledger = rusqlite::Connection::open(scratch.state().join("ledger.db")).unwrap();
    let more = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1) \
                INSERT INTO invite (id, kind, host, source, uses, created_at, expires_at) \
                SELECT invite.id + n, kind, host, source, uses, created_at, expires_at FROM invite, number";
    ledger.execute(more, [i64::try_from(INVITES - 1).unwrap()]).unwrap();
    ledger.close().unwrap();
    for (arguments, least) in [(&["--json"][..], 40 << 20), (&[], 5 << 20)] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_invited"));
        command.arg("--config").arg(scratch.config()).arg("--state-dir").arg(scratch.state());
        let mut listing = command.args(["invite", "list"]).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut written = listing.stdout.take().unwrap();
        let mut bytes = vec![0; least];
        written.read_exact(&mut bytes).unwrap();
        // It waits for us to read the rest.
        let held = memory(listing.id());
        written.read_to_end(&mut bytes).unwrap();
        assert!(listing.wait().unwrap().success());
        assert!(held < 40 << 10, "{held} KiB");
        let text = String::from_utf8(bytes).unwrap();
        if arguments.is_empty() {
            assert_eq!(text.lines().count(), INVITES);
            assert!(text.lines().last().unwrap().starts_with(&first));
        } else {
            let listed = json(&text);
            assert_eq!(ids(&listed).last(), Some(&first));
            // As one would print it.
            assert!(text.starts_with("{\n  \"invites\": [\n    {\n      \"id\": "), "{}", &text[..100]);
            assert_eq!(text.matches("\n    },\n    {\n").count(), INVITES - 1);
            assert!(text.ends_with("\n    }\n  ],\n  \"next_cursor\": null\n}\n"), "{}", &text[text.len() - 100..]);
            assert_eq!(ids(&listed).len(), INVITES);
        }
    }
}
