//! What a server may do to a component: a scripted one, on whose connection every byte can be looked at.

use std::time::{Duration, Instant};

use crate::common::hostile;
use crate::common::{CONFIG, KEY, Notified, PATIENCE, Scratch, Served, now};
use crate::component::adhoc::{
    Asks as _, COMMANDS, CREATE_ACCOUNT, Command, Failure, INFO, INVITE, Made, command, escaped, payload, query,
    refused, submission,
};
use crate::component::fake_port::{FakePort, Line, iq, proof};
use crate::component::place::{LISTS, NAME, SECRET, configured, invites, section};

const CONNECTED: &str = "invites.example.com is connected";
const NOT_CONNECTED: &str = "invites.example.com is not connected";
const ROMEO: &str = "romeo@example.com/orchard";
const ADMIN: &str = "admin@example.com/desk";
const PING: &str = "<ping xmlns='urn:xmpp:ping'/>";

fn start() -> (FakePort, Scratch, Served) {
    let port = FakePort::open();
    let scratch = Scratch::new(&configured(port.address));
    let served = scratch.serve();
    (port, scratch, served)
}

fn count(served: &Served, text: &str) -> usize {
    served.log().lines().filter(|line| line.contains(text)).count()
}

/// The most memory that it ever had, in KiB.
fn peak(served: &Served) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", served.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().trim().parse().unwrap()
}

/// How long it has kept a processor busy, in ticks of 10 ms.
fn ticks(served: &Served) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", served.pid())).unwrap();
    let fields: Vec<_> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    [fields[11], fields[12]].map(|field| field.parse::<u64>().unwrap()).iter().sum()
}

fn assert_is_answering(line: &mut Line) {
    assert_eq!(line.ask_as(ROMEO, "get", PING).attr("type"), Some("result"));
}

#[test]
fn the_handshake_is_that_of_the_xep() {
    for (secret, id) in [("plain", "3BF96D32"), (SECRET, "a&b<'\">"), ("пароль ☎", "é"), (" blanks ", " ")] {
        let port = FakePort::open();
        let config = configured(port.address).replace(&format!("{SECRET:?}"), &format!("{secret:?}"));
        let scratch = Scratch::new(&config);
        let served = scratch.serve();
        let mut line = port.accept();
        line.read_head();
        line.send_head(id);
        assert_eq!(line.read_handshake(), proof(id, secret), "{id} {secret}");
        assert_eq!(count(&served, CONNECTED), 0, "it waits for the server's word");
        line.send("<handshake/>");
        served.wait_log(CONNECTED);
        assert_is_answering(&mut line);
    }
}

#[test]
fn only_users_of_the_host_may_run_commands() {
    let port = FakePort::open();
    let lists = "contact_invites = [\"example.com\"]\naccount_invites = [\"admin@example.com\"]\n";
    let scratch = Scratch::new(&format!("{CONFIG}{}{lists}", section(port.address)));
    let _served = scratch.serve();
    let mut line = port.connected();
    for stranger in [
        "romeo@elsewhere.example/orchard",
        "admin@elsewhere.example/desk",
        "admin@sub.example.com",
        "admin@example.com.elsewhere.example",
        "admin@invites.example.com/x",
        "admin@elsewhere.example/admin@example.com",
        "elsewhere.example",
        "elsewhere.example/admin@example.com",
        "example.com.elsewhere.example",
        // The host itself is nobody of its users.
        "example.com",
        "example.com/admin@example.com",
    ] {
        let mut user = line.user(stranger);
        assert!(user.commands().is_empty(), "{stranger}");
        for node in [INVITE, CREATE_ACCOUNT] {
            for action in ["action='execute'", "action='complete'", "", "action='complete' sessionid='x'"] {
                assert_eq!(refused(&user.run(node, action, "")), ("auth".into(), "forbidden".into()), "{stranger}");
            }
        }
        // Whoever asks may see what this is.
        assert_eq!(user.ask("get", &query(INFO, None)).attr("type"), Some("result"));
    }
    assert!(invites(&scratch).is_empty());
    for (jid, count) in
        [("tybalt@example.com/street", 1), ("tybalt@example.com", 1), (ADMIN, 2), ("admin@example.com", 2)]
    {
        assert_eq!(line.user(jid).commands().len(), count, "{jid}");
    }
    Made::of(&line.user("tybalt@example.com").invite());
    assert_eq!(invites(&scratch)[0]["contact"], "tybalt@example.com");
    // A session that an admin began is none of an admin's elsewhere.
    let session = line.user(ADMIN).begin();
    let answer = line.user("admin@elsewhere.example/desk").submit(&session, &[]);
    assert_eq!(refused(&answer), ("auth".into(), "forbidden".into()));
    assert_eq!(invites(&scratch).len(), 1);
}

#[test]
fn a_host_whose_name_is_not_ascii_is_known_as_servers_write_it() {
    let port = FakePort::open();
    let text = format!("{CONFIG}{}{LISTS}", section(port.address)).replace("\"example.com\"", "\"bücher.example\"");
    let scratch = Scratch::new(&text.replace("@example.com", "@xn--bcher-kva.example"));
    let _served = scratch.serve();
    let mut line = port.connected();
    let made = Made::of(&line.user("romeo@bücher.example/орешник").invite());
    assert!(made.uri.starts_with("xmpp:romeo@b%C3%BCcher.example?roster;preauth="), "{made:?}");
    assert_eq!(invites(&scratch)[0]["source"], "xmpp/romeo@bücher.example");
}

#[test]
fn an_answer_is_for_who_asked_word_for_word() {
    let (port, scratch, _served) = start();
    let mut line = port.connected();
    let legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    for text in hostile::texts().into_iter().filter(|text| text.chars().all(legal)) {
        line.send(&iq(ROMEO, "get", &text, PING));
        let answer = line.next().unwrap_or_else(|| panic!("it ended at {text:?}"));
        assert_eq!((answer.attr("type"), answer.attr("id")), (Some("result"), Some(&*text)));
        // What stands after the slash is the client's affair.
        let from = format!("romeo@example.com/{text}");
        if (1..=1_023).contains(&text.len()) {
            line.send(&iq(&from, "get", "i", &query(INFO, None)));
            let answer = line.next().unwrap_or_else(|| panic!("it ended at {text:?}"));
            assert_eq!((answer.attr("type"), answer.attr("to")), (Some("result"), Some(&*from)));
        }
    }
    assert!(invites(&scratch).is_empty());
}

#[test]
fn every_wrong_field_of_a_form_is_told_at_once() {
    const NAME: &str =
        "username: expected a user name: letters, digits and . _ - without blanks or any of \" & ' / : < > @";
    let (port, scratch, _served) = start();
    let mut line = port.connected();
    let twice = [("username", "a"), ("username", "b"), ("roster-subscription", "1"), ("roster-subscription", "0")];
    let cases: [(&[(&str, &str)], _, String); 5] = [
        (&[("username", "a b")], "not-acceptable", NAME.into()),
        (&[("username", "root")], "conflict", "username: root is reserved on example.com".into()),
        (
            &[("username", "a b"), ("roster-subscription", "perhaps")],
            "not-acceptable",
            format!("roster-subscription: expected true or false; {NAME}"),
        ),
        (
            &[("username", "root"), ("roster-subscription", "2")],
            "not-acceptable",
            "roster-subscription: expected true or false; username: root is reserved on example.com".into(),
        ),
        (
            &twice,
            "not-acceptable",
            "roster-subscription: is there twice; expected true or false; username: is there twice; expected one name"
                .into(),
        ),
    ];
    for (fields, condition, text) in cases {
        let failure = Failure::of(&line.user(ADMIN).create(fields));
        assert_eq!((failure.what(), &failure.text), (("modify", condition), &text), "{fields:?}");
    }
    assert!(invites(&scratch).is_empty());
}

#[test]
fn hostile_fields_are_names_or_refused() {
    let (port, scratch, served) = start();
    let mut line = port.connected();
    let legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    let mut made = 0;
    for text in hostile::texts().into_iter().filter(|text| text.chars().all(legal)) {
        let answer = line.user(ADMIN).create(&[("username", &text)]);
        match answer.attr("type") {
            Some("result") => {
                Made::of(&answer);
                made += 1;
            }
            _ => assert_eq!(refused(&answer).0, "modify", "{text:?}: {answer:?}"),
        }
        for attributes in [
            format!("action='{}'", escaped(&text)),
            format!("action='complete' sessionid='{}'", escaped(&text)),
            format!("action='cancel' sessionid='{}'", escaped(&text)),
        ] {
            let answer = line.user(ADMIN).run(CREATE_ACCOUNT, &attributes, "");
            if answer.attr("type") != Some("error") {
                assert_eq!(Command::of(&answer).status, "executing", "{attributes}");
            }
        }
        let answer = line.user(ADMIN).run(&escaped(&text), "action='execute'", "");
        assert_eq!(refused(&answer), ("cancel".into(), "item-not-found".into()), "{text:?}");
        let field = format!("<x xmlns='jabber:x:data' type='submit'><field var='{0}' type='{0}'/></x>", escaped(&text));
        let session = line.user(ADMIN).begin();
        let attributes = format!("action='complete' sessionid='{session}'");
        let answer = line.user(ADMIN).run(CREATE_ACCOUNT, &attributes, &field);
        if answer.attr("type") == Some("result") {
            Made::of(&answer);
            made += 1;
        }
    }
    assert!(made > 20, "{made}");
    assert_eq!(invites(&scratch).len(), made);
    assert_eq!(count(&served, CONNECTED), 1, "all on one connection");
}

#[test]
fn what_is_no_question_has_no_answer() {
    let (port, scratch, _served) = start();
    let mut line = port.connected();
    let run = command(INVITE, "action='execute'", "");
    let to = format!("to='{NAME}'");
    for stanza in [
        iq(ROMEO, "result", "a", &run),
        iq(ROMEO, "error", "b", &run),
        iq(ROMEO, "result", "c", ""),
        format!("<message from='{ROMEO}' {to} id='d'><body>hello</body></message>"),
        format!("<message from='{ROMEO}' {to} id='e' type='error'>{run}</message>"),
        format!("<presence from='{ROMEO}' {to} id='f'/>"),
        format!("<presence from='{ROMEO}' {to} id='h' type='error'/>"),
        // Nobody can be told what comes of these, so nothing does.
        format!("<iq type='set' id='i' {to}>{run}</iq>"),
        format!("<iq type='set' id='j' from='' {to}>{run}</iq>"),
        format!("<iq type='get' id='k' {to}>{PING}</iq>"),
        "<unknown xmlns='urn:example:unknown'/>".into(),
        " \n ".into(),
    ] {
        line.send(&stanza);
        // The next thing that comes is the answer to this.
        assert_is_answering(&mut line);
    }
    assert!(invites(&scratch).is_empty());
    // What is neither is an error (RFC 6120, 8.2.3), or nothing.
    for odd in [
        iq(ROMEO, "get", "l", ""),
        iq(ROMEO, "set", "m", &format!("{PING}{run}")),
        iq(ROMEO, "odd", "n", &run),
        format!("<iq id='o' from='{ROMEO}' {to}>{run}</iq>"),
    ] {
        line.send(&odd);
        line.send(&iq(ROMEO, "get", "sync", PING));
        while let Some(answer) = line.next() {
            if answer.attr("id") == Some("sync") {
                break;
            }
            assert_eq!(answer.attr("type"), Some("error"), "{odd}: {answer:?}");
        }
    }
    assert_is_answering(&mut line);
    assert!(invites(&scratch).is_empty());
}

#[test]
fn stanzas_come_in_whatever_pieces() {
    let (port, scratch, _served) = start();
    let mut line = port.connected();
    let stanza = iq("romeo@example.com/☎ é 😀", "set", "é😀", &command(INVITE, "action='execute'", ""));
    for byte in stanza.as_bytes() {
        line.try_send(&[*byte]).unwrap();
    }
    let answer = line.next().unwrap();
    Made::of(&answer);
    assert_eq!((answer.attr("id"), answer.attr("to")), (Some("é😀"), Some("romeo@example.com/☎ é 😀")));
    let together: String = (0..100).map(|number| iq(ROMEO, "get", &format!("p{number}"), PING)).collect();
    line.send(&together);
    let mut ids: Vec<_> = (0..100).map(|_| line.next().unwrap().attr("id").unwrap().to_owned()).collect();
    ids.sort_by_key(|id| id[1..].parse::<usize>().unwrap());
    assert!(ids.iter().enumerate().all(|(number, id)| *id == format!("p{number}")), "{ids:?}");
    assert_eq!(invites(&scratch).len(), 1);
}

#[test]
fn garbage_ends_the_connection_and_it_comes_again() {
    for garbage in [
        b"\0\xff\xfe<<<>>>".as_slice(),
        b"<iq type='get'></message>",
        b"<iq from='romeo@example.com'>\xc3\x28</iq>",
        b"<iq><undeclared:ping/></iq>",
        b"<iq>&undefined;</iq>",
        b"<!DOCTYPE a [<!ENTITY b 'bbbbbbbbbb'><!ENTITY c '&b;&b;&b;&b;&b;&b;'>]><iq>&c;</iq>",
        b"<?xml-stylesheet href='x'?><iq/>",
        b"<!-- a comment --><iq/>",
        b"</stream:stream>",
    ] {
        let (port, scratch, served) = start();
        let mut line = port.connected();
        assert_is_answering(&mut line);
        // Said where the test fails.
        println!("{}", garbage.escape_ascii());
        line.try_send(garbage).unwrap();
        line.wait_for_end();
        served.wait_log(NOT_CONNECTED);
        let mut line = port.connected();
        assert_is_answering(&mut line);
        assert_eq!(served.client().invite(KEY).status, 201);
        assert_eq!(invites(&scratch).len(), 1);
    }
}

#[test]
fn a_stanza_without_end_is_cut_off_and_takes_no_memory() {
    const CHUNK: usize = 64 << 10;
    const MOST: usize = 64 << 20;
    let begin = format!("<iq type='set' id='x' from='{ROMEO}' to='{NAME}'>");
    for (begin, more) in [
        (format!("{begin}<x>"), "xxxxxxxx"),
        (format!("{begin}<x y='"), "yyyyyyyy"),
        (format!("{begin}<"), "zzzzzzzz"),
        (begin.clone(), "<a/>"),
        (begin.clone(), "<a>"),
        (begin.clone(), "        "),
        (format!("{begin}<x>"), "&amp;"),
        (format!("{begin}<x"), "                "),
    ] {
        let (port, _scratch, served) = start();
        let mut line = port.connected();
        assert_is_answering(&mut line);
        let before = peak(&served);
        line.send(&begin);
        let chunk = more.repeat(CHUNK / more.len());
        let mut sent = 0;
        while sent < MOST && line.try_send(chunk.as_bytes()).is_ok() {
            sent += chunk.len();
        }
        assert!(sent < MOST, "it took {sent} bytes of {more:?}");
        line.wait_for_end();
        let mut line = port.connected();
        assert_is_answering(&mut line);
        assert_eq!(served.client().invite(KEY).status, 201);
        let grown = peak(&served) - before;
        assert!(grown < 24 << 10, "{more:?}: {grown} KiB");
    }
}

#[test]
fn a_stanza_that_is_as_deep_as_it_is_long_does_no_harm() {
    for depth in [100, 5_000, 30_000, 60_000] {
        let (port, _scratch, served) = start();
        let mut line = port.connected();
        let deep = "<a>".repeat(depth) + "</a>".repeat(depth).as_str();
        // It is answered, or the connection is ended; the service lives.
        let sent = line.try_send(iq(ROMEO, "set", "deep", &deep).as_bytes());
        let answer = sent.ok().and_then(|()| line.next());
        match answer {
            Some(answer) => {
                assert_eq!(refused(&answer), ("modify".into(), "not-acceptable".into()), "{depth}");
                assert_is_answering(&mut line);
            }
            None => assert_is_answering(&mut port.connected()),
        }
        assert_eq!(served.client().invite(KEY).status, 201, "{depth}");
    }
}

/// Any user can send them, of any server: a connection that ends by one is ended by whoever likes.
#[test]
fn stanzas_that_servers_pass_on_do_not_end_the_connection() {
    // Prosody takes 256 KiB from a client and 512 KiB from a server, and writes "'" as "&apos;".
    const MOST: usize = 512 << 10;
    let within = |content: String| format!("<x xmlns='urn:example:x'>{content}</x>");
    let mut ended = Vec::new();
    for (what, payload) in [
        ("text", within("x".repeat(MOST))),
        ("quotes", within("&apos;".repeat(MOST))),
        ("elements", within("<a/>".repeat(MOST / 4))),
        ("depth", within("<a>".repeat(50) + "</a>".repeat(50).as_str())),
        ("more depth", within("<a>".repeat(MOST / 7) + "</a>".repeat(MOST / 7).as_str())),
        ("an attribute", format!("<x xmlns='urn:example:x' y='{}'/>", "y".repeat(MOST))),
        ("a name", within(format!("<{}/>", "z".repeat(MOST)))),
        ("a namespace", format!("<x xmlns='{}'/>", "n".repeat(MOST))),
        ("a node", command(&"n".repeat(MOST), "action='execute'", "")),
    ] {
        let (port, _scratch, served) = start();
        let mut line = port.connected();
        let before = peak(&served);
        for kind in ["message", "presence", "iq"] {
            let stanza = format!("<{kind} type='set' id='large' from='{ROMEO}' to='{NAME}'>{payload}</{kind}>");
            // It may have ended before.
            let _ = line.try_send(stanza.as_bytes());
        }
        let _ = line.try_send(iq(ADMIN, "get", "after", PING).as_bytes());
        let mut answers = Vec::new();
        while answers.len() < 2
            && let Some(answer) = line.next()
        {
            answers.push((answer.attr("id").map(str::to_owned), answer.attr("type").map(str::to_owned)));
        }
        answers.sort();
        let expected = [("after", "result"), ("large", "error")];
        if answers != expected.map(|(id, kind)| (Some(id.to_owned()), Some(kind.to_owned()))) {
            ended.push(format!("{what}: {answers:?}; {:?}", served.log().lines().last()));
        }
        let grown = peak(&served) - before;
        assert!(grown < 48 << 10, "{what}: {grown} KiB");
    }
    assert!(ended.is_empty(), "{ended:#?}");
}

#[test]
fn a_server_that_asks_and_does_not_listen_takes_no_memory() {
    const MOST: usize = 256 << 20;
    let (port, _scratch, served) = start();
    let mut line = port.connected();
    assert_is_answering(&mut line);
    let before = peak(&served);
    line.socket.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
    let chunk = iq(ROMEO, "get", "x", &query(INFO, None)).repeat(256);
    let mut sent = 0;
    while sent < MOST && line.try_send(chunk.as_bytes()).is_ok() {
        sent += chunk.len();
    }
    assert!(sent < MOST, "it took {sent} bytes, and nobody reads what it answers");
    assert_eq!(served.client().invite(KEY).status, 201);
    drop(line);
    assert_is_answering(&mut port.connected());
    let grown = peak(&served) - before;
    assert!(grown < 24 << 10, "{grown} KiB");
}

#[test]
fn a_server_that_falls_silent_in_the_handshake_is_given_up() {
    let silences: [fn(&mut Line); 4] = [
        |_| {},
        Line::read_head,
        |line| {
            line.read_head();
            line.send("<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' ");
        },
        |line| {
            line.read_head();
            line.send_head("s");
            line.read_handshake();
        },
    ];
    let give_up = |silence: fn(&mut Line)| {
        let (port, _scratch, served) = start();
        let mut line = port.accept();
        silence(&mut line);
        line.wait_for_end();
        served.wait_log(NOT_CONNECTED);
        assert_is_answering(&mut port.connected());
        served.wait_log(CONNECTED);
        assert_eq!(served.client().invite(KEY).status, 201);
    };
    std::thread::scope(|scope| silences.map(|silence| drop(scope.spawn(move || give_up(silence)))));
}

#[test]
fn a_server_that_dawdles_in_the_handshake_is_given_up() {
    let (port, _scratch, _served) = start();
    let mut line = port.accept();
    line.read_head();
    let began = now();
    while line.try_send(b" ").is_ok() {
        assert!(began.elapsed() < PATIENCE, "it waits for ever");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_check_of_a_silent_server_comes_to_an_end() {
    let port = FakePort::open();
    let scratch = Scratch::new(&configured(port.address));
    let began = now();
    let output = scratch.command().args(["check", "--connect"]).output().unwrap();
    assert!(began.elapsed() < PATIENCE);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.code() == Some(1) && told.contains(NAME), "{told}");
}

/// Has each connection fail; gives how long it took until the next one came, and the service.
fn pauses(fail: impl Fn(Line), served: &Served, port: &FakePort) -> Vec<Duration> {
    let mut at: Vec<Instant> = Vec::new();
    for _ in 0..4 {
        let (line, when) = port.accept_at();
        at.push(when);
        fail(line);
    }
    assert_eq!(served.client().invite(KEY).status, 201);
    at.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// Each twice as long as the one before; a busy machine makes them longer.
fn assert_growing(pauses: &[Duration]) {
    let least = [1, 2, 4].map(Duration::from_secs);
    assert!(
        pauses.len() == least.len() && pauses.iter().zip(least).all(|(pause, least)| *pause >= least),
        "{pauses:?}"
    );
}

fn refuse(condition: &str) {
    let port = FakePort::open();
    let scratch = Scratch::new(&configured(port.address));
    let notified = Notified::new(&scratch);
    let served = scratch.serve_with(&[("NOTIFY_SOCKET", notified.path())]);
    let busy = ticks(&served);
    let fail = |mut line: Line| {
        line.read_head();
        line.send_head("s");
        line.read_handshake();
        line.fail(condition);
        line.wait_for_end();
    };
    assert_growing(&pauses(fail, &served, &port));
    assert!(ticks(&served) - busy < 200, "it is busy: {} ticks", ticks(&served) - busy);
    assert_eq!(count(&served, NOT_CONNECTED), 1, "{}", served.log());
    let line = served.wait_log(NOT_CONNECTED);
    assert!(line.contains("error=") && line.contains(condition), "{line}");
    let status = notified.wait("; component invites.example.com is away (");
    assert!(status.contains(condition), "{status}");
    assert_is_answering(&mut port.connected());
    served.wait_log(CONNECTED);
}

#[test]
fn a_server_that_refuses_is_asked_less_and_less_and_told_of_once() {
    let conditions = ["host-unknown", "conflict", "not-authorized", "internal-server-error"];
    std::thread::scope(|scope| conditions.map(|condition| drop(scope.spawn(move || refuse(condition)))));
}

#[test]
fn another_reason_is_told_of_anew() {
    let (port, _scratch, served) = start();
    for (condition, times) in [("host-unknown", 1), ("not-authorized", 2)] {
        let mut line = port.accept();
        line.read_head();
        line.send_head("s");
        line.read_handshake();
        line.fail(condition);
        line.wait_for_end();
        served.wait_log(condition);
        assert_eq!(count(&served, NOT_CONNECTED), times, "{}", served.log());
    }
}

#[test]
fn a_refusal_before_the_servers_head_is_understood() {
    // ejabberd and Prosody begin the stream, and end it at once.
    let (port, _scratch, served) = start();
    let mut line = port.accept();
    line.read_head();
    line.send_head("");
    line.fail("host-unknown");
    line.wait_for_end();
    assert!(served.wait_log(NOT_CONNECTED).contains("host-unknown"));
    assert_is_answering(&mut port.connected());
}

#[test]
fn connections_that_are_lost_at_once_are_made_less_and_less_often() {
    // Two services with one name put each other out where the server lets the newest in.
    let (port, _scratch, served) = start();
    let pauses = pauses(
        |mut line| {
            line.let_in();
            line.fail("conflict");
            line.wait_for_end();
        },
        &served,
        &port,
    );
    assert_growing(&pauses);
    assert!(served.wait_log(NOT_CONNECTED).contains("conflict"));
}

#[test]
fn a_slow_command_holds_up_nobody_else_and_a_broken_ledger_is_told_of() {
    let (port, scratch, _served) = start();
    let mut line = port.connected();
    Made::of(&line.user(ROMEO).invite());
    let other = rusqlite::Connection::open(scratch.state().join("ledger.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    line.send(&iq(ROMEO, "set", "slow", &command(INVITE, "action='execute'", "")));
    // Another user is answered meanwhile.
    assert_eq!(line.ask_as(ADMIN, "get", &query(INFO, None)).attr("type"), Some("result"));
    let answer = line.next().expect("an answer");
    assert_eq!(answer.attr("id"), Some("slow"));
    assert_eq!(refused(&answer).0, "wait", "it may work later: {answer:?}");
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    let began = now();
    while line.user(ROMEO).invite().attr("type") == Some("error") {
        assert!(began.elapsed() < PATIENCE, "it does not heal");
    }
    assert!(invites(&scratch).len() >= 2);
}

#[test]
fn a_stop_answers_what_is_in_flight() {
    let (port, scratch, mut served) = start();
    let mut line = port.connected();
    Made::of(&line.user(ROMEO).invite());
    let other = rusqlite::Connection::open(scratch.state().join("ledger.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    line.send(&iq(ROMEO, "set", "slow", &command(INVITE, "action='execute'", "")));
    assert_is_answering(&mut line);
    served.signal("TERM");
    served.wait_log("stopping");
    // There is nothing else to wait for.
    let began = now();
    while began.elapsed() < Duration::from_secs(1) {
        line.try_send(b" ").expect("it waits for the command");
        std::thread::sleep(Duration::from_millis(10));
    }
    other.execute_batch("ROLLBACK").unwrap();
    let answer = line.next().expect("an answer");
    assert_eq!(answer.attr("id"), Some("slow"));
    Made::of(&answer);
    line.wait_for_end();
    assert_eq!(served.wait().code(), Some(0));
    assert_eq!(invites(&scratch).len(), 2);
}

#[test]
fn what_was_answered_survives_a_power_loss() {
    let (port, scratch, mut served) = start();
    let mut line = port.connected();
    let made: Vec<_> = (0..5).map(|_| Made::of(&line.user(ROMEO).invite())).collect();
    served.kill();
    let all = invites(&scratch);
    for one in &made {
        assert!(all.iter().any(|invite| invite["landing_page"] == one.landing_page), "{one:?}");
    }
    assert_eq!(all.len(), made.len());
}

#[test]
fn forms_that_nobody_sends_take_no_memory_and_push_out_nobody_elses() {
    let port = FakePort::open();
    let lists = "account_invites = [\"example.com\"]\n";
    let scratch = Scratch::new(&format!("{CONFIG}{}{lists}", section(port.address)));
    let served = scratch.serve();
    let mut line = port.connected();
    let waiting = line.user(ADMIN).begin();
    let before = peak(&served);
    let mut last = String::new();
    for number in 0..20_000 {
        let jid = format!("romeo@example.com/{number}{}", "x".repeat(900));
        last = line.user(&jid).begin();
        assert!(!last.is_empty());
    }
    let grown = peak(&served) - before;
    assert!(grown < 16 << 10, "{grown} KiB");
    let jid = format!("romeo@example.com/19999{}", "x".repeat(900));
    Made::of(&line.user(&jid).submit(&last, &[("username", "juliet")]));
    Made::of(&line.user(ADMIN).submit(&waiting, &[("username", "nurse")]));
}

#[test]
fn a_stop_ends_the_stream_and_a_reload_that_changes_nothing_does_not() {
    let (port, _scratch, mut served) = start();
    let mut line = port.connected();
    for _ in 0..3 {
        let logged = served.log_length();
        served.signal("HUP");
        served.wait_log_after(logged, "event=reload.done");
        assert_is_answering(&mut line);
    }
    assert_eq!((port.waiting(), count(&served, CONNECTED)), (0, 1), "{}", served.log());
    served.signal("TERM");
    line.wait_for_end();
    assert!(line.is_closed, "the stream is to be closed before the connection");
    assert_eq!(served.wait().code(), Some(0));
    assert_eq!(port.waiting(), 0);

    // In the middle of a handshake, too.
    let (port, _scratch, mut served) = start();
    let mut line = port.accept();
    line.read_head();
    served.signal("TERM");
    line.wait_for_end();
    assert_eq!(served.wait().code(), Some(0));
}

#[test]
fn results_of_the_commands_name_their_node_and_session() {
    let (port, _scratch, _served) = start();
    let mut line = port.connected();
    let session = line.user(ADMIN).begin();
    let attributes = format!("action='complete' sessionid='{session}'");
    let answer = line.user(ADMIN).run(CREATE_ACCOUNT, &attributes, &submission(&[]));
    let done = Command::of(&answer);
    assert_eq!((done.session.as_deref(), done.node.as_str()), (Some(&*session), CREATE_ACCOUNT));
    let shown = payload(&answer);
    assert!(shown.is("command", COMMANDS));
    let answer = line.user(ROMEO).invite();
    assert!(payload(&answer).attr("sessionid").is_some(), "XEP-0050 wants one in every answer: {answer:?}");
}
