//! The adapter for ejabberd against Debian's ejabberd 23.01, and against a scripted one where a real one has no faults.

mod common;
#[path = "common/ejabberd.rs"]
mod ejabberd;
#[path = "common/form.rs"]
mod form;
#[path = "common/hostile.rs"]
mod hostile;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use futures_lite::future::block_on;
use invited::backend::ejabberd::Ejabberd as Client;
use invited::backend::{Adapter as _, CallError, Mint, NewAccount, NewPassword, Refusal};
use invited::config::secret::Secret;
use invited::config::settings::Login;
use invited::invite::Kind;
use invited::invite::name::{Jid, Username};
use jiff::Timestamp;

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

/// Calls a command as the admin would, without our adapter.
fn call(ejabberd: &Ejabberd, command: &str, body: &serde_json::Value) -> (u16, serde_json::Value) {
    use base64::Engine as _;
    let login = base64::engine::general_purpose::STANDARD.encode(format!("{ADMIN}:{PASSWORD}"));
    let body = body.to_string();
    let mut stream = TcpStream::connect(ejabberd.http).unwrap();
    write!(
        stream,
        "POST /api/{command} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Basic {login}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
}

fn check_password(ejabberd: &Ejabberd, user: &str, password: &str) -> bool {
    let asked = serde_json::json!({"user": user, "host": HOST, "password": password});
    call(ejabberd, "check_password", &asked).1 == 0
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
            let (_, roster) = call(&server, "get_roster", &serde_json::json!({"user": user, "host": HOST}));
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

        // 23.01 has no invites, says so, and is not taken to have any from then on.
        assert!(client.abilities().in_app.account);
        let wanted = Mint {
            kind: &Kind::Account { username: None },
            groups: &[],
            roles: &[],
            ttl: std::time::Duration::from_mins(1),
        };
        assert_eq!(client.mint(&wanted).await, Err(Refusal::Unsupported.into()));
        assert!(!client.abilities().in_app.account && client.abilities().sign_up);
        assert_eq!(client.look_up("sometoken").await, Err(Refusal::Unsupported.into()));
        assert_eq!(client.keep().await, Err(Refusal::Unsupported.into()));

        let examination = client.examine(BASE).await;
        assert_eq!(examination.server.as_deref(), Some("ejabberd 23.01"), "{examination:?}");
        assert_eq!(examination.findings.iter().filter(|finding| finding.is_fault).count(), 0, "{examination:?}");
        assert!(examination.findings[0].what.contains("26.07"), "{examination:?}");
    });

    server.kill();
    assert!(matches!(block_on(client.exists(&juliet)), Err(CallError::Away(_))));
    server.restart();
    assert_eq!(block_on(client.exists(&juliet)), Ok(true));
}

#[test]
fn what_is_missing_is_told_with_the_lines_that_mend_it() {
    let server = Ejabberd::start();
    let wrong = client(server.http, "wrong");
    assert!(matches!(block_on(wrong.exists(&name("juliet"))), Err(CallError::Away(why)) if why.contains("password")));
    let examination = block_on(wrong.examine(BASE));
    assert!(examination.server.is_none() && examination.findings[0].mend.contains("api_permissions"));

    // An account that is no admin.
    assert_eq!(call(&server, "register", &serde_json::json!({"user": "guest", "host": HOST, "password": "pw"})).0, 200);
    let login =
        Login::Password { user: "guest@example.com".parse().unwrap(), password: Some(Secret::new("pw".into())) };
    let url = format!("http://{}/api", server.http).parse().unwrap();
    let guest = Client::new(&HOST.parse().unwrap(), &url, &login);
    assert!(
        matches!(block_on(guest.exists(&name("juliet"))), Err(CallError::Away(why)) if why.contains("api_permissions"))
    );

    // Another host than those of the server; and no server at all.
    let login = Login::Password { user: ADMIN.parse().unwrap(), password: Some(Secret::new(PASSWORD.into())) };
    let elsewhere = Client::new(&"elsewhere.example".parse().unwrap(), &url, &login);
    let findings = block_on(elsewhere.examine(BASE)).findings;
    assert!(
        findings.iter().any(|finding| finding.is_fault && finding.mend.contains("- elsewhere.example")),
        "{findings:?}"
    );
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(block_on(client(nobody, PASSWORD).examine(BASE)).findings[0].what.contains("cannot connect"));
}

#[test]
fn a_token_of_oauth_lets_in() {
    let server = Ejabberd::start();
    let (_, issued) =
        call(&server, "oauth_issue_token", &serde_json::json!({"jid": ADMIN, "ttl": 3600, "scopes": "ejabberd:admin"}));
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
            Ok(()) => assert!(check_password(&server, user.as_str(), text), "{text:?} became something else"),
            Err(CallError::Refused(_)) => assert_eq!(block_on(client.exists(&user)), Ok(false), "{text:?}"),
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
                    assert_eq!(block_on(client.create(&account(&friend, &password, Some(&contact)))), Ok(()));
                    for (user, other) in [(&friend, &contact.user), (&contact.user, &friend)] {
                        let asked = serde_json::json!({"user": user.as_str(), "host": HOST});
                        let (_, roster) = call(&server, "get_roster", &asked);
                        assert_eq!(roster[0]["jid"], format!("{other}@{HOST}"), "{text:?}: {roster}");
                    }
                }
                Err(CallError::Refused(_)) => {}
                Err(error) => panic!("{text:?}: {error}"),
            }
        }
    }
    let (_, users) = call(&server, "registered_users", &serde_json::json!({"host": HOST}));
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

/// A block of the README's section on ejabberd.
fn readme(language: &str) -> &'static str {
    let section = include_str!("../README.md").split("## With ejabberd").nth(1).unwrap().split("\n## ").next().unwrap();
    section.split(&format!("```{language}\n")).nth(1).unwrap().split("```").next().unwrap()
}

#[test]
fn the_lines_of_the_readme_are_all_that_is_needed() {
    let real = Ejabberd::as_told(readme("yaml"));
    let scratch = Scratch::new("");
    let password = scratch.path().join("password");
    std::fs::write(&password, PASSWORD).unwrap();
    let backend = readme("toml")
        .replace("127.0.0.1:5280", &real.http.to_string())
        .replace("\"ejabberd-password\"", &format!("{:?}", password.to_str().unwrap()));
    scratch.configure(&format!("{CONFIG}{backend}"));
    let told = scratch.ok(&["check", "--connect"]);
    assert!(told.starts_with("example.com: ejabberd 23.01") && !told.contains("missing: "), "{told}");
    let served = scratch.serve();
    let link = scratch.ok(&["invite", "create"]);
    let sent = Form::open(&served, "/register", link.trim().split_once('?').unwrap().1).send(
        &served,
        "juliet",
        "a long password, and odd",
    );
    assert_eq!(sent.status, 303, "{}", sent.text());
    assert_eq!(block_on(client(real.http, PASSWORD).exists(&name("juliet"))), Ok(true));
}
