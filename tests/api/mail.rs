//! Links of invites by mail: from the request to what a mail program reads, with a mail server that is not ours, and with servers
//! that do not do as they should.

use crate::common;
use crate::common::smtp;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::mpsc::{self, Receiver};

use serde_json::{Value, json};

use common::docs::{block, page};
use common::{CONFIG, PATIENCE, Scratch};
use smtp::{MailServer, header, parts};

/// Keys that may and that may not.
const KEYS: &str = r#"
[keys.mailer]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["create", "reset", "mail"]
[keys.half]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["mail"]
"#;
const MAILER: &str = "mailer/s3cret";

fn config(mail: &str) -> String {
    format!("{CONFIG}{KEYS}{mail}")
}

/// A service that trusts these certificates.
fn serve(scratch: &Scratch, roots: &Path) -> common::Served {
    scratch.serve_with(&[("SSL_CERT_FILE", roots.to_str().unwrap())])
}

const PATH: &str = "/api/v1/invites";

fn post(service: &common::Served, key: &str, body: &Value) -> (u16, Value) {
    service.api(key, "POST", PATH, body)
}

/// The same with an Idempotency-Key.
fn post_again(service: &common::Served, body: &Value) -> (u16, Value) {
    let headers = [
        &format!("Authorization: Bearer {MAILER}") as &str,
        "Content-Type: application/json",
        "Idempotency-Key: again",
    ];
    let mut client = service.client();
    client.send(common::http::request("POST", PATH, &headers, &body.to_string()));
    let answer = client.read().unwrap();
    (answer.status, answer.json())
}

#[test]
fn an_invite_is_mailed_as_text_and_as_html() {
    if smtp::is_missing() {
        return;
    }
    for mode in ["smtps", "starttls"] {
        let server = MailServer::start(mode);
        let text = config(&server.table()).replace(
            "[hosts.\"example.com\"]\n",
            "[hosts.\"example.com\"]\nsite_name = \"Café Example\"\ncontact = \"help@example.com\"\naccent_color = \"#7c3aed\"\n",
        );
        let scratch = Scratch::new(&text);
        let service = serve(&scratch, &server.roots());
        let asked = json!({"mail": "Juliet.Capulet@example.net", "inviter": "Anna", "username": "juliet", "note": "secret note"});
        let (status, made) = post(&service, MAILER, &asked);
        assert_eq!(status, 201, "{made}");
        let (link, until) = (made["landing_page"].as_str().unwrap(), made["expires_at"].as_str().unwrap());
        let mail = server.mail();
        assert_eq!((&mail["sender"], &mail["to"]), (&json!(smtp::USER), &json!(["Juliet.Capulet@example.net"])));
        assert_eq!(header(&mail, "From"), "Café Example <invites@example.com>");
        assert_eq!(header(&mail, "To"), "Juliet.Capulet@example.net");
        assert_eq!(header(&mail, "Subject"), "Anna invites you to chat on Café Example");
        assert_eq!((header(&mail, "Auto-Submitted"), header(&mail, "Content-Language")), ("auto-generated", "en"));
        let id = made["id"].as_str().unwrap();
        assert_eq!(header(&mail, "Message-ID"), format!("<invite.{id}@example.com>"));
        assert!(header(&mail, "Date").ends_with("+0000"), "{mail}");
        assert_eq!(mail["ascii"], true);
        assert!(mail["longest"].as_u64().unwrap() <= 998, "RFC 5322, 2.1.1");
        let [text, html] = parts(&mail);
        assert!(text.contains(&format!("\n{link}\n")) && text.contains("\njuliet@example.com\n"), "{text}");
        assert!(text.contains("Questions? Ask here: help@example.com\n"), "{text}");
        let day = until[8..10].trim_start_matches('0');
        assert!(text.contains(&format!("The link works until {day} ")) && text.contains(" UTC."), "{text}");
        for part in [
            &format!("<a href=\"{link}\""),
            "background:#7c3aed",
            "<a href=\"mailto:help@example.com\">help@example.com</a>",
            "<html lang=\"en\" dir=\"ltr\">",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("src=") && !html.contains("<script") && !html.contains("secret note"));
        let path = link.strip_prefix("https://invite.example.com").unwrap();
        assert_eq!(service.client().get(path).status, 200, "the link opens");
        assert!(server.is_quiet());
    }
}

#[test]
fn a_mail_is_in_the_language_asked_else_in_the_hosts() {
    if smtp::is_missing() {
        return;
    }
    let server = MailServer::start("smtps");
    let text = config(&server.table()).replace(
        "[hosts.\"example.com\"]\n",
        "[hosts.\"example.com\"]\nlanguage = \"pl\"\ncontact = \"xmpp:help@example.com\"\n",
    );
    let scratch = Scratch::new(&format!("{text}per_address = \"100/d\"\n"));
    let service = serve(&scratch, &server.roots());
    for (tag, dir) in [
        (None, "ltr"),
        (Some("de"), "ltr"),
        (Some("AR"), "rtl"),
        (Some("he"), "rtl"),
        (Some("fa"), "rtl"),
        (Some("ja"), "ltr"),
        (Some("zh-hans"), "ltr"),
        (Some("pt-BR"), "ltr"),
    ] {
        let (status, made) =
            post(&service, MAILER, &json!({"mail": "juliet@example.net", "language": tag, "inviter": "Anna"}));
        assert_eq!(status, 201, "{made}");
        let mail = server.mail();
        let wanted = tag.unwrap_or("pl");
        assert!(header(&mail, "Content-Language").eq_ignore_ascii_case(wanted), "{mail}");
        let [text, html] = parts(&mail);
        let link = made["landing_page"].as_str().unwrap();
        assert!(text.contains(&format!("\n{link}\n")), "nothing stands beside the link: {text}");
        assert!(html.contains(&format!("dir=\"{dir}\">")) && html.contains(link), "{html}");
        assert!(header(&mail, "Subject").contains("Anna") && !header(&mail, "Subject").contains("invites you"));
        assert!(text.contains("xmpp:help@example.com") && html.contains("href=\"xmpp:help@example.com\""));
    }
    let (_, made) = post(&service, MAILER, &json!({"mail": "juliet@example.net", "reset": "juliet"}));
    let mail = server.mail();
    assert!(header(&mail, "Subject").starts_with("Nowe hasło"), "{mail} {made}");
}

#[test]
fn nothing_that_was_typed_becomes_a_header_or_html() {
    if smtp::is_missing() {
        return;
    }
    let server = MailServer::start("smtps");
    let hostile = "\"><script>alert(1)</script><img src=x> & =?utf-8?q?x?= \\r\\nBcc: c@example.net";
    let text = config(&server.table())
        .replace("[hosts.\"example.com\"]\n", &format!("[hosts.\"example.com\"]\nsite_name = {hostile:?}\n"));
    let scratch = Scratch::new(&text.replace("\\\\r\\\\n", "\\r\\n"));
    let service = serve(&scratch, &server.roots());
    let inviter = "<b>Anna</b>\"' Subject: x, a@example.net;";
    let (status, made) = post(
        &service,
        MAILER,
        &json!({"mail": "juliet@example.net", "inviter": inviter, "note": "a\r\nBcc: b@example.net"}),
    );
    assert_eq!(status, 201, "{made}");
    let mail = server.mail();
    let names: Vec<_> = mail["headers"].as_array().unwrap().iter().map(|header| header[0].as_str().unwrap()).collect();
    assert!(
        !names.iter().any(|name| ["bcc", "cc", "reply-to"].contains(&name.to_ascii_lowercase().as_str())),
        "{names:?}"
    );
    assert_eq!(mail["to"], json!(["juliet@example.net"]));
    let subject = header(&mail, "Subject");
    assert!(
        subject.contains(inviter) && subject.contains("Bcc: c@example.net") && !subject.contains(['\r', '\n']),
        "{subject}"
    );
    let [_, html] = parts(&mail);
    assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("<b>Anna"), "{html}");
    assert!(html.contains("&#60;script&#62;"), "{html}");
    for (field, body) in [
        ("inviter", json!({"mail": "juliet@example.net", "inviter": "Anna\r\nBcc: b@example.net"})),
        ("inviter", json!({"mail": "juliet@example.net", "inviter": "see https://evil.example/"})),
        ("inviter", json!({"mail": "juliet@example.net", "inviter": "WWW.evil.example"})),
        ("mail", json!({"mail": "juliet@example.net\r\nBcc: b@example.net"})),
        ("mail", json!({"mail": "Juliet <juliet@example.net>"})),
        ("mail", json!({"mail": "juliet@example.net, b@example.net"})),
        ("mail", json!({"mail": ["juliet@example.net"]})),
        ("mail", json!({"mail": "juliet@example.net", "count": 2})),
        ("language", json!({"mail": "juliet@example.net", "language": "xx"})),
        ("language", json!({"language": "de"})),
    ] {
        let (status, told) = post(&service, MAILER, &body);
        assert_eq!((status, &told["errors"][0]["field"]), (400, &field.into()), "{body}: {told}");
    }
    assert!(server.is_quiet());
}

#[test]
fn mail_takes_a_scope_of_its_own_and_a_mail_server() {
    let scratch = Scratch::new(&config("[mail]\nsmtp = \"smtps://localhost:1\"\nfrom = \"invites@example.com\"\n"));
    let service = scratch.serve();
    for (key, lacks) in [("site/s3cret", "mail"), ("half/s3cret", "create")] {
        let (status, told) = post(&service, key, &json!({"mail": "juliet@example.net"}));
        assert_eq!(status, 403, "{told}");
        assert!(told["detail"].as_str().unwrap().contains(&format!("lacks the scope `{lacks}`")), "{told}");
    }
    drop(service);
    let scratch = Scratch::new(&config(""));
    let service = scratch.serve();
    let (status, told) = post(&service, MAILER, &json!({"mail": "juliet@example.net"}));
    assert_eq!((status, &told["errors"][0]["field"]), (422, &"mail".into()), "{told}");
    let output = scratch.command().args(["invite", "create", "--mail", "juliet@example.net"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no [mail]"), "{output:?}");
}

#[test]
fn an_address_gets_so_many_a_day_and_what_is_repeated_sends_nothing() {
    if smtp::is_missing() {
        return;
    }
    let server = MailServer::start("smtps");
    let scratch = Scratch::new(&config(&format!("{}per_address = \"2/d\"\n", server.table())));
    let service = serve(&scratch, &server.roots());
    let body = json!({"mail": "juliet@example.net"});
    let (first, repeated) = (post_again(&service, &body), post_again(&service, &body));
    assert_eq!((first.0, &first.1["id"]), (201, &repeated.1["id"]));
    assert_eq!(post(&service, MAILER, &json!({"mail": "JULIET+b@example.net"})).0, 201);
    let (status, told) = post(&service, MAILER, &body);
    assert_eq!((status, told["type"].as_str().unwrap().ends_with("too-many-mails")), (429, true), "{told}");
    assert_eq!(post(&service, MAILER, &json!({"mail": "romeo@example.net"})).0, 201, "another address has its own");
    let to: Vec<_> = (0..3).map(|_| server.mail()["to"][0].as_str().unwrap().to_owned()).collect();
    assert_eq!(to, ["juliet@example.net", "JULIET+b@example.net", "romeo@example.net"]);
    let output = scratch.ok(&["invite", "list", "--json"]);
    let listed: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(listed["invites"].as_array().unwrap().len(), 3, "what was refused made no invite: {listed}");
    assert!(server.is_quiet());
}

#[test]
fn what_the_server_puts_off_is_sent_again_and_what_it_refuses_is_not() {
    if smtp::is_missing() {
        return;
    }
    let mut server = MailServer::start("starttls");
    let scratch = Scratch::new(&config(&server.table()));
    server.script("rcpt", "550 5.1.1 <Juliet@example.net>: \x07 no such user");
    let service = serve(&scratch, &server.roots());
    assert_eq!(post(&service, MAILER, &json!({"mail": "Juliet@example.net"})).0, 201);
    assert_eq!(server.refused()["on"], "rcpt");
    let line = service.wait_log("mail.refused");
    assert!(line.contains("5.1.1 <…@example.net>:") && !line.to_lowercase().contains("juliet@"), "{line}");
    server.script("rcpt", "451 4.7.1 come again");
    assert_eq!(post(&service, MAILER, &json!({"mail": "nurse@example.net"})).0, 201);
    assert!(server.refused()["say"].as_str().unwrap().starts_with("451"));
    assert_eq!(server.mail()["to"], json!(["nurse@example.net"]));
    // The command line writes it, and the running service sends it.
    scratch.ok(&["invite", "create", "--mail", "romeo@example.net", "--language", "de"]);
    let mail = server.mail();
    assert_eq!((&mail["to"], header(&mail, "Content-Language")), (&json!(["romeo@example.net"]), "de"));
    assert!(service.wait_log("mail.sent").contains("…@example.net"));
    assert!(server.is_quiet());
}

#[test]
fn a_letter_that_is_put_off_for_three_days_is_given_up_and_told_of() {
    if smtp::is_missing() {
        return;
    }
    let mut server = MailServer::start("smtps");
    let scratch = Scratch::new(&config(&server.table()));
    server.script("rcpt", "451 4.7.1 come again");
    let mut service = serve(&scratch, &server.roots());
    assert_eq!(post(&service, MAILER, &json!({"mail": "juliet@example.net"})).0, 201);
    server.refused();
    service.kill();
    let ledger = rusqlite::Connection::open(scratch.state().join("ledger.db")).unwrap();
    assert_eq!(ledger.execute("UPDATE outbox SET give_up_at = 1, next_at = 1", []).unwrap(), 1);
    drop(ledger);
    server.script("rcpt", "451 4.7.1 come again");
    let service = serve(&scratch, &server.roots());
    server.refused();
    let line = service.wait_log("event=mail.dead");
    assert!(line.contains("count=1") && !line.contains("juliet"), "{line}");
    // Others are sent all the same.
    assert_eq!(post(&service, MAILER, &json!({"mail": "romeo@example.net"})).0, 201);
    assert_eq!(server.mail()["to"], json!(["romeo@example.net"]));
}

#[test]
fn a_server_that_is_away_is_waited_for_and_that_is_told_once() {
    if smtp::is_missing() {
        return;
    }
    let server = MailServer::start("smtps");
    let nobody = common::free_port();
    let text = config(&server.table());
    let scratch = Scratch::new(&text.replace(&format!(":{}", server.port), &format!(":{}", nobody.port())));
    let service = serve(&scratch, &server.roots());
    for name in ["juliet", "romeo"] {
        assert_eq!(post(&service, MAILER, &json!({"mail": format!("{name}@example.net")})).0, 201);
    }
    service.wait_log("event=mail.failing");
    scratch.configure(&text);
    service.signal("HUP");
    let to: BTreeSet<_> = (0..2).map(|_| server.mail()["to"][0].as_str().unwrap().to_owned()).collect();
    assert_eq!(to, ["juliet@example.net", "romeo@example.net"].map(str::to_owned).into());
    assert_eq!(service.log().matches("event=mail.failing").count(), 1, "{}", service.log());
}

#[test]
fn an_admin_is_reminded_by_mail_of_links_that_are_open_for_long() {
    if smtp::is_missing() {
        return;
    }
    let server = MailServer::start("smtps");
    let remind = "[invites]\nremind = [\"mailto:admin@example.net\"]\n";
    let scratch = Scratch::new(&config(&format!("{}{remind}", server.table())));
    for ttl in ["90d", "31d", "30d", "7d"] {
        scratch.ok(&["invite", "create", "--ttl", ttl, "--note", "for the poster"]);
    }
    let listed: Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    let mut service = serve(&scratch, &server.roots());
    let mail = server.mail();
    assert_eq!(mail["to"], json!(["admin@example.net"]));
    assert_eq!(header(&mail, "Subject"), "2 invites that live longer than 30 days are still open");
    assert_eq!(header(&mail, "Auto-Submitted"), "auto-generated");
    let [text, html] = parts(&mail);
    // The newest is the first of the list.
    let ids = listed["invites"].as_array().unwrap().iter().rev().map(|invite| invite["id"].as_str().unwrap());
    for (number, id) in ids.enumerate() {
        for part in [&text, &html] {
            assert_eq!(part.contains(id), number < 2, "{id}: {part}");
        }
    }
    for part in [&text, &html] {
        assert!(!part.contains("poster") && !part.contains("invite.example.com/"), "{part}");
    }
    let line = service.wait_log("event=mail.reminded");
    assert!(line.contains("…@example.net"), "{line}");
    // By itself: what was sent is noted then.
    service.signal("TERM");
    service.wait();
    let service = serve(&scratch, &server.roots());
    scratch.ok(&["invite", "create", "--mail", "juliet@example.net"]);
    assert_eq!(server.mail()["to"], json!(["juliet@example.net"]), "{}", service.log());
    assert!(server.is_quiet(), "once a week");
}

#[test]
fn a_key_that_may_mail_where_there_is_no_mail_is_named() {
    let scratch = Scratch::new(&config(""));
    scratch.ok(&["key", "create", "Of the choir", "--allow", "create", "--allow", "mail"]);
    let output = scratch.run(&["check"]);
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let service = scratch.serve();
    for part in [
        "keys.mailer.allow: mail gives nothing without [mail]",
        "the scope mail of these keys gives nothing without [mail]",
    ] {
        assert!(text.contains(part), "{part}: {text}");
        service.wait_log(part);
    }
}

#[test]
fn the_lines_of_the_page_are_all_that_is_needed() {
    if smtp::is_missing() {
        return;
    }
    let server = MailServer::start("smtps");
    let password = server.roots().with_file_name("password");
    std::fs::write(&password, smtp::PASSWORD).unwrap();
    let mail = block(page("docs/mail.md"), "toml")
        .replace("invites@mail.example.com", &format!("{}@localhost:{}", smtp::USER, server.port))
        .replace("\"mail\"", &format!("{:?}", password.to_str().unwrap()));
    let scratch = Scratch::new(&config(&mail));
    let output = scratch.command().args(["check", "--connect"]).env("SSL_CERT_FILE", server.roots()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let service = serve(&scratch, &server.roots());
    scratch.ok(&["invite", "create", "--mail", "juliet@example.net", "--language", "de"]);
    assert_eq!(header(&server.mail(), "Content-Language"), "de");
    drop(service);
}

/// What a client says to a server that answers each line with the next of `replies`, the greeting first, and then nothing more.
fn scripted(replies: &'static [&'static str]) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, said) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            let mut stream = stream;
            for reply in replies {
                let _ = stream.write_all(reply.as_bytes());
                let mut line = String::new();
                if lines.read_line(&mut line).unwrap_or(0) == 0 {
                    break;
                }
                let _ = sender.send(line.trim_end().to_owned());
            }
            let mut rest = String::new();
            let _ = lines.read_to_string(&mut rest);
            for line in rest.lines() {
                let _ = sender.send(line.to_owned());
            }
            let _ = sender.send("(end)".into());
        }
    });
    (address, said)
}

#[test]
fn without_starttls_nothing_is_told_in_the_clear() {
    let (address, said) = scripted(&["220 mail\r\n", "250-mail\r\n250 AUTH PLAIN LOGIN\r\n", "221 bye\r\n"]);
    let mail = format!(
        "[mail]\nsmtp = \"smtp://user@localhost:{}\"\npassword = \"s3cret-of-mail\"\nfrom = \"invites@example.com\"\n",
        address.port()
    );
    let scratch = Scratch::new(&config(&mail));
    let output = scratch.command().args(["check", "--connect"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.code() == Some(1) && told.contains("STARTTLS is not supported"), "{told}");
    let mut heard = vec![];
    loop {
        match said.recv_timeout(PATIENCE).unwrap().as_str() {
            "(end)" => break,
            line => heard.push(line.to_owned()),
        }
    }
    assert!(heard.iter().all(|line| line.starts_with("EHLO ") || line == "QUIT"), "{heard:?}");
}

#[test]
fn check_says_whether_the_mail_server_lets_us_in_and_sends_nothing() {
    if smtp::is_missing() {
        return;
    }
    for mode in ["smtps", "starttls"] {
        let server = MailServer::start(mode);
        let check = |mail: &str, roots: &Path| {
            let scratch = Scratch::new(&config(mail));
            let output = scratch.command().args(["check", "--connect"]).env("SSL_CERT_FILE", roots).output().unwrap();
            (output.status.code(), String::from_utf8(output.stdout).unwrap())
        };
        let (code, text) = check(&server.table(), &server.roots());
        assert!(code == Some(0) && text.contains("lets us in"), "{text}");
        let (code, text) = check(&server.table_with("wrong"), &server.roots());
        assert!(code == Some(1) && text.contains("535") && !text.contains("wrong"), "{text}");
        let other = MailServer::called(mode, "elsewhere.example");
        let (code, text) = check(&other.table(), &other.roots());
        assert!(code == Some(1) && text.to_lowercase().contains("certificate"), "{text}");
        let (code, text) = check(&server.table(), &other.roots());
        assert!(code == Some(1) && text.to_lowercase().contains("certificate"), "{text}");
        assert!(server.is_quiet() && other.is_quiet());
    }
}

#[test]
fn a_mail_server_that_hangs_keeps_nobody_waiting() {
    let (address, said) = scripted(&[""]);
    let mail = format!("[mail]\nsmtp = \"smtps://localhost:{}\"\nfrom = \"invites@example.com\"\n", address.port());
    let scratch = Scratch::new(&config(&mail));
    let mut service = scratch.serve();
    assert_eq!(post(&service, MAILER, &json!({"mail": "juliet@example.net"})).0, 201);
    // TLS begins, and nobody answers.
    let _ = said.recv_timeout(PATIENCE);
    for _ in 0..20 {
        assert_eq!(post(&service, MAILER, &json!({})).0, 201);
    }
    service.signal("TERM");
    assert!(service.wait().success(), "nor the end of the service");
    // What is at rest says neither to whom nor by which link.
    let ledger = std::fs::read_dir(scratch.state()).unwrap();
    for file in ledger.map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("juliet@") && !text.contains("example.net"), "{}", file.display());
    }
}
