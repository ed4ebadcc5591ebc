//! The adapter for ejabberd against a real one of any version, and against a scripted one where a real one has no faults.

use crate::common;
use crate::common::ejabberd;
use crate::common::form;
use crate::common::hostile;
use crate::common::slixmpp;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};

use futures_lite::future::block_on;
use invited::backend::ejabberd::Ejabberd as Client;
use invited::backend::{Adapter as _, CallError, Mint, NewAccount, NewPassword, Refusal};
use invited::config::Login;
use invited::config::secret::Secret;
use invited::invite::Kind;
use invited::invite::name::{Jid, Username};
use invited::log::chain;
use jiff::Timestamp;
use serde_json::json;

use common::docs::{block, blocks, page};
use common::{CONFIG, Scratch};
use ejabberd::{ADMIN, Ejabberd, HOST, PASSWORD};
use form::Form;

/// Where our pages are.
const BASE: &str = "https://invite.example.com/";

fn client(address: SocketAddr, password: &str) -> Client {
    let login = Login::Password { user: ADMIN.parse().unwrap(), password: Some(Secret::new(password.into())) };
    Client::new(&HOST.parse().unwrap(), &format!("http://{address}/api").parse().unwrap(), &login)
}

fn name(text: &str) -> Username {
    text.parse().unwrap()
}

fn account<'a>(username: &'a Username, password: &'a Secret, contact: Option<&'a Jid>) -> NewAccount<'a> {
    let not_after = Timestamp::MAX;
    NewAccount { username, password, contact, groups: &[], roles: &[], token: None, client: None, not_after }
}

fn check_password(ejabberd: &Ejabberd, user: &str, password: &str) -> bool {
    let asked = json!({"user": user, "host": HOST, "password": password});
    ejabberd.call("check_password", &asked).1 == 0
}

#[test]
fn everything_works_on_a_real_server() {
    let mut server = Ejabberd::start();
    let client = client(server.http, PASSWORD);
    let (juliet, romeo, password) = (name("juliet"), name("romeo"), Secret::new("a pass\"word & more".into()));
    block_on(async {
        assert_eq!(client.exists(&juliet).await, Ok(false));
        assert_eq!(client.create(&account(&romeo, &password, None)).await, Ok(()));
        let contact = Jid { user: romeo.clone(), host: HOST.parse().unwrap() };
        assert_eq!(client.create(&account(&juliet, &password, Some(&contact))).await, Ok(()));
        assert_eq!(client.exists(&juliet).await, Ok(true));
        assert_eq!(client.create(&account(&juliet, &password, None)).await, Err(Refusal::Taken.into()));
        assert!(check_password(&server, "juliet", password.reveal()));
        for (user, other) in [("juliet", "romeo@example.com"), ("romeo", "juliet@example.com")] {
            let (_, roster) = server.call("get_roster", &json!({"user": user, "host": HOST}));
            assert_eq!((&roster[0]["jid"], &roster[0]["subscription"]), (&other.into(), &"both".into()), "{roster}");
        }

        let fresh = Secret::new("another one".into());
        let reset = |username, token| NewPassword { username, password: &fresh, token, not_after: Timestamp::MAX };
        assert_eq!(client.set_password(&reset(&juliet, None)).await, Ok(()));
        assert!(
            check_password(&server, "juliet", "another one") && !check_password(&server, "juliet", password.reveal())
        );
        assert_eq!(client.set_password(&reset(&name("nobody"), None)).await, Err(Refusal::NoAccount.into()));
        assert!(!check_password(&server, "nobody", "another one"));

        let late = NewAccount { not_after: Timestamp::UNIX_EPOCH, ..account(&romeo, &password, None) };
        assert!(matches!(client.create(&late).await, Err(CallError::Away(_))));

        // It has no invites: before 26.01 not at all, and later not unless mod_invites is loaded. It says so, and is not
        // taken to have any from then on.
        assert!(client.abilities().in_app.account);
        let wanted = Mint {
            kind: &Kind::Account { username: None },
            groups: &[],
            roles: &[],
            ttl: std::time::Duration::from_mins(1),
            spares_admins: true,
        };
        assert_eq!(client.mint(&wanted).await, Err(Refusal::Unsupported.into()));
        assert!(!client.abilities().in_app.account && client.abilities().sign_up);
        assert_eq!(client.look_up("sometoken").await, Err(Refusal::Unsupported.into()));
        assert_eq!(client.keep().await, Err(Refusal::Unsupported.into()));

        let examination = client.examine(BASE).await;
        assert_eq!(examination.server, Some(server.version()), "{examination:?}");
        assert_eq!(examination.findings.iter().filter(|finding| finding.is_fault).count(), 0, "{examination:?}");
        let what = if ejabberd::version() < (26, 7) { "26.07 or later" } else { "mod_invites is not loaded" };
        assert!(examination.findings[0].what.contains(what), "{examination:?}");
    });

    server.kill();
    assert!(matches!(block_on(client.exists(&juliet)), Err(CallError::Away(_))));
    server.restart();
    assert_eq!(block_on(client.exists(&juliet)), Ok(true));
}

#[test]
fn a_password_is_asked_of_the_server() {
    let server = Ejabberd::that_bans();
    let client = client(server.http, PASSWORD);
    let (juliet, password) = (name("juliet"), "a pass\"word' & more");
    block_on(client.create(&account(&juliet, &Secret::new(password.into()), None))).unwrap();
    let check = |username: &str, password: &str| block_on(client.check_password(&name(username), password));
    assert_eq!(check("juliet", password), Ok(true));
    for wrong in ["", "a pass", "A PASS\"WORD' & MORE", "a pass\"word' & more\0", "\0", "a\nb", &"x".repeat(4_000)] {
        assert_eq!(check("juliet", wrong), Ok(false), "{wrong:?}");
    }
    assert_eq!(check("nobody", password), Ok(false));
    // Whom an admin has banned: by another password, or by a note of it (24.06).
    let (status, said) = server.call("ban_account", &json!({"user": "juliet", "host": HOST, "reason": "a test"}));
    assert_eq!(status, 200, "{said}");
    // 24.12 has an internal error instead of an answer.
    let answer = check("juliet", password);
    let is_refusal = matches!(&answer, Err(CallError::Refused(Refusal::Other(why))) if why.ends_with("status 500"));
    assert!(
        answer == Ok(false) || is_refusal && ejabberd::version() == (24, 12),
        "a banned account is nobody's: {answer:?}"
    );
    assert_eq!(block_on(client.exists(&juliet)), Ok(true));
}

#[test]
fn what_is_missing_is_told_with_the_lines_that_mend_it() {
    let server = Ejabberd::start();
    let wrong = client(server.http, "wrong");
    assert!(
        matches!(block_on(wrong.exists(&name("juliet"))), Err(CallError::Away(why)) if chain(&why).to_string().contains("password"))
    );
    let examination = block_on(wrong.examine(BASE));
    assert!(examination.server.is_none() && examination.findings[0].mend.contains("api_permissions"));

    // An account that is no admin.
    assert_eq!(server.call("register", &json!({"user": "guest", "host": HOST, "password": "pw"})).0, 200);
    let login =
        Login::Password { user: "guest@example.com".parse().unwrap(), password: Some(Secret::new("pw".into())) };
    let url = format!("http://{}/api", server.http).parse().unwrap();
    let guest = Client::new(&HOST.parse().unwrap(), &url, &login);
    assert!(
        matches!(block_on(guest.exists(&name("juliet"))), Err(CallError::Away(why)) if chain(&why).to_string().contains("api_permissions"))
    );

    // Another host than those of the server; and no server at all.
    let login = Login::Password { user: ADMIN.parse().unwrap(), password: Some(Secret::new(PASSWORD.into())) };
    let elsewhere = Client::new(&"elsewhere.example".parse().unwrap(), &url, &login);
    let findings = block_on(elsewhere.examine(BASE)).findings;
    assert!(
        findings.iter().any(|finding| finding.is_fault && finding.mend.contains("- elsewhere.example")),
        "{findings:?}"
    );
    let nobody = common::free_port();
    assert!(block_on(client(nobody, PASSWORD).examine(BASE)).findings[0].what.contains("cannot connect"));
}

#[test]
fn a_token_of_oauth_lets_in() {
    let server = Ejabberd::start();
    // From 24.02 on they are a list.
    let scopes = if ejabberd::version() < (24, 2) { json!("ejabberd:admin") } else { json!(["ejabberd:admin"]) };
    let (_, issued) = server.call("oauth_issue_token", &json!({"jid": ADMIN, "ttl": 3600, "scopes": scopes}));
    let url = format!("http://{}/api", server.http).parse().unwrap();
    let with = |token: &str| Client::new(&HOST.parse().unwrap(), &url, &Login::Token(Some(Secret::new(token.into()))));
    let token = issued["token"].as_str().unwrap_or_else(|| panic!("{issued}"));
    assert_eq!(block_on(with(token).exists(&name("admin"))), Ok(true));
    assert!(matches!(block_on(with("wrong").exists(&name("admin"))), Err(CallError::Away(_))));
}

#[test]
fn hostile_texts_reach_the_server_as_they_are_or_not_at_all() {
    let server = Ejabberd::start();
    let client = client(server.http, PASSWORD);
    let texts = hostile::texts();
    assert!(texts.len() >= 100);
    let romeo = name("romeo");
    block_on(client.create(&account(&romeo, &Secret::new("a password".into()), None))).unwrap();
    for (at, text) in texts.iter().enumerate() {
        let user = name(&format!("guest{at}"));
        let password = Secret::new(text.clone());
        match block_on(client.create(&account(&user, &password, None))) {
            Ok(()) => {
                assert!(check_password(&server, user.as_str(), text), "{text:?} became something else");
                assert_eq!(block_on(client.check_password(&user, text)), Ok(true), "{text:?}");
            }
            Err(CallError::Refused(_)) => {
                assert_eq!(block_on(client.exists(&user)), Ok(false), "{text:?}");
                let answer = block_on(client.check_password(&user, text));
                assert!(matches!(answer, Ok(false) | Err(CallError::Refused(_))), "{text:?}: {answer:?}");
            }
            Err(error) => panic!("{text:?}: {error}"),
        }
        let reset = NewPassword { username: &romeo, password: &password, token: None, not_after: Timestamp::MAX };
        match block_on(client.set_password(&reset)) {
            Ok(()) => assert!(check_password(&server, "romeo", text), "{text:?} became something else"),
            Err(CallError::Refused(_)) => assert!(!check_password(&server, "romeo", text), "{text:?}"),
            Err(error) => panic!("{text:?}: {error}"),
        }
        if let Ok(user) = text.parse::<Username>() {
            let password = Secret::new("a password".into());
            let contact = Jid { user: user.clone(), host: HOST.parse().unwrap() };
            let friend = name(&format!("friend{at}"));
            match block_on(client.create(&account(&user, &password, None))) {
                Ok(()) => {
                    assert!(check_password(&server, user.as_str(), "a password"), "{text:?}");
                    assert_eq!(block_on(client.check_password(&user, "a password")), Ok(true), "{text:?}");
                    assert_eq!(block_on(client.create(&account(&friend, &password, Some(&contact)))), Ok(()));
                    for (user, other) in [(&friend, &contact.user), (&contact.user, &friend)] {
                        let asked = json!({"user": user.as_str(), "host": HOST});
                        let (_, roster) = server.call("get_roster", &asked);
                        assert_eq!(roster[0]["jid"], format!("{other}@{HOST}"), "{text:?}: {roster}");
                    }
                }
                Err(CallError::Refused(_)) => {}
                Err(error) => panic!("{text:?}: {error}"),
            }
        }
    }
    let (_, users) = server.call("registered_users", &json!({"host": HOST}));
    let users: Vec<_> = users.as_array().unwrap().iter().map(|user| user.as_str().unwrap()).collect();
    assert!(users.iter().all(|user| user.parse::<Username>().is_ok()), "{users:?}");
    assert_eq!(block_on(client.exists(&name("admin"))), Ok(true));
}

/// A server that takes one request and answers with `answer`, and then ends the connection.
fn scripted(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                head.push(byte[0]);
            }
            let _ = stream.write_all(answer);
        }
    });
    address
}

#[test]
fn answers_that_are_none_are_not_taken_for_one() {
    let cases: [(&[u8], bool); 7] = [
        (b"", false),
        (b"garbage\r\n\r\n", false),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0", false),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", false),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n", false),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\"2\"", true),
        (b"HTTP/1.1 500 Error\r\nContent-Length: 17\r\n\r\n\"a bare string...\"", true),
    ];
    for (answer, is_refusal) in cases {
        let error = block_on(client(scripted(answer), PASSWORD).exists(&name("juliet"))).unwrap_err();
        let text = String::from_utf8_lossy(answer);
        assert_eq!(matches!(error, CallError::Refused(_)), is_refusal, "{text}: {error:?}");
        assert!(is_refusal || matches!(error, CallError::Unsure(_)), "{text}: {error:?}");
        assert!(!error.to_string().contains("bare string"), "the server's text is not repeated");
    }
}

/// Puts modules among those that are in `lines`.
fn with_modules(lines: &str, more: &str) -> String {
    let more = more.split("modules:\n").nth(1).unwrap().trim_end();
    lines.replace("modules:\n", &format!("modules:\n{more}\n"))
}

/// A guest on the web, and one in an app where this version lets apps sign up.
fn sign_up(real: &Ejabberd, backend: &str) {
    let scratch = Scratch::new(&format!("{CONFIG}{backend}"));
    let told = scratch.ok(&["check", "--connect"]);
    assert!(told.starts_with(&format!("example.com: {}", real.version())) && !told.contains("missing: "), "{told}");
    let served = scratch.serve();
    let link = scratch.ok(&["invite", "create"]);
    let form = Form::open(&served, "/register", link.trim().split_once('?').unwrap().1);
    let sent = form.send(&served, "juliet", "a long password, and odd");
    assert_eq!(sent.status, 303, "{}", sent.text());
    assert_eq!(block_on(client(real.http, PASSWORD).exists(&name("juliet"))), Ok(true));
    if ejabberd::version() < (26, 7) || slixmpp::is_missing() {
        return;
    }
    assert!(told.contains("no app has signed up here") && !told.contains("no landing page"), "{told}");
    let made: serde_json::Value = serde_json::from_str(&scratch.ok(&["invite", "create", "--uri", "--json"])).unwrap();
    let token = made["uri"].as_str().unwrap().split("preauth=").nth(1).unwrap();
    let asked = json!({"do": "register", "token": token, "username": "romeo", "password": "a long password"});
    assert_eq!(slixmpp::ask(real.c2s, &asked), json!({"ok": true}));
    let told = scratch.ok(&["check", "--connect"]);
    assert!(!told.contains("advice: ") && told.contains("1 of 1000 tokens"), "{told}");
}

#[test]
fn the_lines_of_the_page_are_all_that_is_needed() {
    let page = page("docs/ejabberd.md");
    let [accounts, apps] = blocks(page, "yaml")[..] else { panic!() };
    let lines = if ejabberd::version() < (26, 7) { accounts.into() } else { with_modules(accounts, apps) };
    let real = Ejabberd::as_told(&lines.replace("port: 5281", "port: 5280"));
    let password = Scratch::new("");
    let password = password.path().join("password");
    std::fs::write(&password, PASSWORD).unwrap();
    let backend = block(page, "toml")
        .replace("127.0.0.1:5281", &real.http.to_string())
        .replace("\"ejabberd-password\"", &format!("{:?}", password.to_str().unwrap()));
    sign_up(&real, &backend);
}

#[test]
fn the_hints_are_all_that_is_needed() {
    let lines = |mend: &str| {
        assert!(mend.starts_with("ejabberd.yml:\n"), "{mend}");
        mend.split("\nthen:\n").next().unwrap().replace("ejabberd.yml:\n", "")
    };
    // Nobody is there yet: the hint names what the configuration names.
    let nobody = common::free_port();
    let examination = block_on(client(nobody, PASSWORD).examine(BASE));
    assert!(examination.findings[0].what.contains("cannot connect"), "{examination:?}");
    let hint = lines(&examination.findings[0].mend);
    // The account, too, for the harness makes it without being told.
    let register = format!("\nejabberdctl register admin {HOST} PASSWORD ");
    assert!(examination.findings[0].mend.contains(&register), "{examination:?}");
    assert!(hint.contains(ADMIN) && !hint.contains("invite.example.com"), "{hint}");
    let hint = hint.replace(&format!("port: {}", nobody.port()), "port: 5280");
    let real = Ejabberd::as_told(&hint);
    let examination = block_on(client(real.http, PASSWORD).examine(BASE));
    let [finding] = &examination.findings[..] else { panic!("{examination:?}") };
    assert!(!finding.is_fault, "{finding:?}");
    let real = if ejabberd::version() < (26, 7) {
        assert!(finding.what.contains("26.07 or later"), "{finding:?}");
        real
    } else {
        assert!(finding.what.ends_with("mod_invites is not loaded"), "{finding:?}");
        Ejabberd::as_told(&with_modules(&hint, &finding.mend))
    };
    sign_up(&real, &format!("[hosts.\"{HOST}\".backend]\n{}", real.backend()));
}

/// Writes the lines of a hint into a file, as somebody does who reads it: each into its section, in place of an entry of
/// that name if there is one.
fn merged(file: &str, hint: &str) -> String {
    let mut file: Vec<String> = file.lines().map(str::to_owned).collect();
    let (mut section, mut at) = (String::new(), 0);
    let lines = hint.lines().take_while(|line| *line != "then:");
    for line in lines.filter(|line| *line != "ejabberd.yml:") {
        let is_entry = line.starts_with("  ") && !line.starts_with("   ");
        if !line.starts_with(' ') {
            section = line.into();
            if !file.contains(&section) {
                file.push(section.clone());
            }
        } else if is_entry {
            let begin = file.iter().position(|other| *other == section).unwrap() + 1;
            let name = line.split_inclusive(':').next().unwrap().to_owned();
            let is_section = |line: &String| !line.starts_with(' ');
            let end = file[begin..].iter().position(is_section).map_or(file.len(), |length| begin + length);
            let old = file[begin..end].iter().position(|other| !name.contains("- ") && other.starts_with(&name));
            if let Some(old) = old.map(|old| begin + old) {
                let further = file[old + 1..end].iter().position(|other| !other.starts_with("   "));
                file.drain(old..further.map_or(end, |length| old + 1 + length));
            }
            at = begin;
        }
        if line.starts_with(' ') {
            file.insert(at, line.into());
            at += 1;
        }
    }
    file.join("\n") + "\n"
}

#[test]
fn from_the_stock_file_to_a_sign_up_by_the_hints_alone_with_two_restarts() {
    let test = "ejabberd::from_the_stock_file_to_a_sign_up_by_the_hints_alone_with_two_restarts";
    if ejabberd::ran_in_a_network_of_its_own(test, "192.0.2.1") {
        return;
    }
    // The client of these tests speaks no TLS.
    let stock = Ejabberd::stock_file().replace("    starttls_required: true\n", "");
    let (http, c2s) = (5281, 5222);
    let real = Ejabberd::with_file(&stock, http, c2s);
    let examination = block_on(client(real.http, PASSWORD).examine(BASE));
    assert!(examination.findings[0].what.contains("cannot connect"), "{examination:?}");
    drop(real);
    let first = merged(&stock, &examination.findings[0].mend);
    let real = Ejabberd::with_file(&first, http, c2s);
    let examination = block_on(client(real.http, PASSWORD).examine(BASE));
    let [finding] = &examination.findings[..] else { panic!("{examination:?}\n{first}") };
    assert!(!finding.is_fault, "{finding:?}");
    let real = if ejabberd::version() < (26, 7) {
        real
    } else {
        drop(real);
        Ejabberd::with_file(&merged(&first, &finding.mend), http, c2s)
    };
    sign_up(&real, &format!("[hosts.\"{HOST}\".backend]\n{}", real.backend()));
}
