//! What users are told of invites that they had created, and admins of links that are open for long: by a real server, whose
//! users read it, and by a scripted one, which does not do as it should.

use minidom::Element;
use serde_json::{Value, json};

use crate::common::ejabberd::Ejabberd;
use crate::common::form::Form;
use crate::common::slixmpp::{self, User};
use crate::common::{CONFIG, PATIENCE, Scratch, Served, http, now};
use crate::component::adhoc::{Asks as _, Made};
use crate::component::fake_port::{FakePort, Line};
use crate::component::place::{LISTS, NAME, PASSWORD, Place, configured, section};

const ROMEO: &str = "romeo@example.com/orchard";
pub const CONNECTED: &str = "invites.example.com is connected";
pub const TOLD: &str = "tell_inviters = [\"joined\", \"expiring\"]\n";
const LONG_PASSWORD: &str = "correct horse battery staple";

/// A key that may do everything that is done here.
const ALL: &str = "all/s3cret";
pub const KEYS: &str = r#"
[metrics]
listen = ["127.0.0.1:0"]
[keys.all]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["create", "contact", "reset", "read", "revoke", "redeem"]
max_uses = 100
"#;

/// Users may have invites created, and are told of them.
fn scratch(port: &FakePort, more: &str) -> Scratch {
    Scratch::new(&format!("{CONFIG}{KEYS}{}{LISTS}{TOLD}{more}", section(port.address)))
}

pub fn redeem(served: &Served, token: &str, account: &str) {
    let (status, answer) = served.api(ALL, "POST", "/api/v1/redeem", &json!({"token": token, "account": account}));
    assert_eq!(status, 200, "{answer}");
}

fn id_of(served: &Served, token: &str) -> String {
    let (status, answer) = served.api(ALL, "GET", "/api/v1/invites?limit=100", &Value::Null);
    assert_eq!(status, 200, "{answer}");
    let invites = answer["invites"].as_array().unwrap();
    let is_it = |invite: &&Value| invite["landing_page"].as_str().is_some_and(|link| link.ends_with(token));
    invites.iter().find(is_it).unwrap()["id"].as_str().unwrap().to_owned()
}

/// Has it end by itself, with all that it knows written down.
pub fn stop(mut served: Served) {
    served.signal("TERM");
    assert_eq!(served.wait().code(), Some(0), "{}", served.log());
}

/// The message that comes next to a user who is told something.
pub fn told(user: &mut User) -> Element {
    loop {
        let stanza = user.others.pop().unwrap_or_else(|| user.next());
        if stanza.name() == "message" && stanza.attr("from") == Some(NAME) {
            return stanza;
        }
    }
}

pub fn body(message: &Element) -> String {
    message.children().find(|child| child.name() == "body").unwrap_or_else(|| panic!("{message:?}")).text()
}

pub fn metric(served: &Served, result: &str) -> u64 {
    let address = served.wait_log("metrics on http://");
    let address = address.rsplit_once("http://").unwrap().1.trim().parse().unwrap();
    let text = http::Client::tcp(address).get("/metrics").text();
    let name = format!("invited_messages_total{{result=\"{result}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&*name)).map_or(0, |count| count.parse().unwrap())
}

/// Waits until so many messages were refused, which is counted when that has been logged; none was sent, or failed.
fn wait_refused(served: &Served, count: u64) {
    let began = now();
    while metric(served, "refused") != count {
        assert!(began.elapsed() < PATIENCE, "{}", served.log());
    }
    assert_eq!((metric(served, "sent"), metric(served, "failed")), (0, 0));
}

fn message(line: &mut Line) -> (Element, String) {
    message_to(line, "romeo@example.com")
}

/// The next stanza of the component, which is a message to that user, and the id of the ping behind it.
pub fn message_to(line: &mut Line, user: &str) -> (Element, String) {
    let mut message = line.next().expect("a message");
    // Where nothing came for a minute it asks whether anybody is there.
    while message.name() == "iq" && message.attr("id") == Some("ping") {
        answer(line, "ping");
        message = line.next().expect("a message");
    }
    assert!(message.name() == "message" && message.attr("to") == Some(user), "{message:?}");
    assert_eq!((message.attr("from"), message.attr("type")), (Some(NAME), Some("chat")));
    let ping = line.next().expect("a ping");
    assert!(ping.name() == "iq" && ping.attr("to") == Some("example.com"), "{ping:?}");
    (message, ping.attr("id").unwrap().to_owned())
}

pub fn answer(line: &mut Line, id: &str) {
    line.send(&format!("<iq type='result' id='{id}' from='example.com' to='{NAME}'/>"));
}

/// The next connection, on which the ping with which messages begin was answered.
pub fn opened(port: &FakePort) -> Line {
    let mut line = port.connected();
    let ping = line.next().expect("a ping");
    assert_eq!((ping.name(), ping.attr("to")), ("iq", Some("example.com")), "{ping:?}");
    // Whatever the answer is, there is one.
    let id = ping.attr("id").unwrap();
    line.send(&format!("<iq type='error' id='{id}' from='example.com' to='{NAME}'/>"));
    line
}

#[test]
fn whoever_invited_is_told_who_has_joined_online_and_later() {
    if slixmpp::is_missing() {
        return;
    }
    let mut place = Place::with_backend(&format!("{LISTS}{TOLD}"));
    let mut romeo = place.user("romeo");
    romeo.send("<presence/>");
    let made = Made::of(&romeo.invite());
    let form = Form::open(&place.served, "/register", made.token());
    assert_eq!(form.send(&place.served, "juliet", LONG_PASSWORD).status, 303, "{}", place.served.log());
    let message = told(&mut romeo);
    assert_eq!(body(&message), "juliet@example.com has joined with your invite.");
    assert_eq!(message.attr("type"), Some("chat"));
    let id = message.attr("id").unwrap();
    assert!(id.starts_with("msg_"), "{message:?}");
    let stable = message.children().find(|child| child.name() == "origin-id").unwrap();
    assert_eq!(stable.attr("id"), Some(id));
    let line = place.served.wait_log("event=message.sent");
    assert!(line.contains("host=example.com") && !line.contains("romeo") && !line.contains("juliet"), "{line}");

    // Who is not online, at a server that is not there.
    let mut admin = place.user("admin");
    let made = Made::of(&admin.invite());
    let form = Form::open(&place.served, "/register", made.token());
    drop(admin);
    assert_eq!(form.send(&place.served, "nurse", LONG_PASSWORD).status, 303, "{}", place.served.log());
    let logged = place.served.log_length();
    place.prosody.kill();
    place.served.wait_log_after(logged, "is not connected");
    place.served.kill();
    place.prosody.start_again();
    place.served = place.scratch.serve();
    place.wait_until_connected();
    let mut admin = place.user("admin");
    admin.send("<presence/>");
    assert_eq!(body(&told(&mut admin)), "nurse@example.com has joined with your invite.");
}

#[test]
fn users_of_an_ejabberd_are_told_too() {
    if slixmpp::is_missing() {
        return;
    }
    let mut ejabberd = Ejabberd::with_component(NAME, crate::component::place::SECRET);
    ejabberd.register("romeo", PASSWORD);
    let backend = format!("[hosts.\"example.com\".backend]\n{}", ejabberd.backend());
    let scratch = Scratch::new(&format!("{}{TOLD}{KEYS}{backend}", configured(ejabberd.component)));
    let checked = scratch.ok(&["check", "--connect"]);
    assert!(checked.contains("and answers for example.com"), "{checked}");
    let served = scratch.serve();
    served.wait_log(CONNECTED);
    let mut romeo = User::log_in(ejabberd.c2s, "romeo", PASSWORD);
    let [first, second] = [(); 2].map(|()| Made::of(&romeo.invite()));
    drop(romeo);
    let form = Form::open(&served, "/register", first.token());
    assert_eq!(form.send(&served, "juliet", LONG_PASSWORD).status, 303, "{}", served.log());
    served.wait_log("event=message.sent");
    ejabberd.stop();
    ejabberd.restart();
    let mut romeo = User::log_in(ejabberd.c2s, "romeo", PASSWORD);
    romeo.send("<presence/>");
    assert_eq!(body(&told(&mut romeo)), "juliet@example.com has joined with your invite.");
    // Whoever has no account is not told, and it is not tried again.
    ejabberd.call("unregister", &json!({"user": "romeo", "host": "example.com"}));
    drop((romeo, served));
    let served = scratch.serve();
    served.wait_log(CONNECTED);
    redeem(&served, second.token(), "nurse");
    served.wait_log("event=message.refused");
    wait_refused(&served, 1);
}

#[test]
fn all_that_waited_is_one_message_and_comes_again_if_it_may_not_be_there() {
    let port = FakePort::open();
    let scratch = scratch(&port, "");
    let mut served = scratch.serve();
    let mut line = opened(&port);
    let made = [(); 3].map(|()| Made::of(&line.user(ROMEO).invite()));
    // A new password is no account, nor are what others say that he invites.
    let (_, reset) =
        served.api(ALL, "POST", "/api/v1/invites", &json!({"reset": "tybalt", "inviter": "romeo@example.com"}));
    let (_, own) = served.api(ALL, "POST", "/api/v1/invites", &json!({"contact": "romeo@example.com"}));
    drop(line);
    served.wait_log("is not connected");
    for (made, account) in made.iter().zip(["juliet", "nurse", "paris"]) {
        redeem(&served, made.token(), account);
    }
    for (invite, account) in [(reset, "tybalt"), (own, "mercutio")] {
        redeem(&served, invite["token"].as_str().unwrap_or_else(|| panic!("{invite}")), account);
    }
    served.kill();
    let served = scratch.serve();
    let expected = "juliet@example.com and 2 more people have joined with your invites.";
    let mut line = opened(&port);
    let (first, _) = message(&mut line);
    assert_eq!(body(&first), expected);
    assert_eq!(first.attr("xml:lang").or(first.attr("lang")), None, "it is an attribute of XML");
    // The server goes away before it has dealt with it.
    drop(line);
    let mut line = opened(&port);
    let (again, ping) = message(&mut line);
    assert_eq!((again.attr("id"), body(&again)), (first.attr("id"), expected.to_owned()));
    answer(&mut line, &ping);
    served.wait_log("event=message.sent");
    // What comes soon after waits, and nobody else does.
    let made = Made::of(&line.user(ROMEO).invite());
    redeem(&served, made.token(), "benvolio");
    let made = Made::of(&line.user("admin@example.com/desk").invite());
    redeem(&served, made.token(), "laurence");
    let next = line.next().unwrap();
    assert_eq!(
        (next.attr("to"), body(&next).as_str()),
        (Some("admin@example.com"), "laurence@example.com has joined with your invite.")
    );
}

#[test]
fn an_invite_of_somebody_forgotten_is_told_of_to_nobody() {
    let port = FakePort::open();
    let scratch = scratch(&port, "");
    let served = scratch.serve();
    let mut line = opened(&port);
    let made = [(); 2].map(|()| Made::of(&line.user(ROMEO).invite()));
    let admins = Made::of(&line.user("admin@example.com/desk").invite());
    drop(line);
    served.wait_log("is not connected");
    for (made, account) in made.iter().chain([&admins]).zip(["juliet", "nurse", "paris"]) {
        redeem(&served, made.token(), account);
    }
    scratch.ok(&["invite", "forget", "juliet@example.com"]);
    scratch.ok(&["invite", "forget", "admin@example.com"]);
    let ledger = rusqlite::Connection::open(scratch.state().join("ledger.db")).unwrap();
    let left = "SELECT count(*) FROM outbox WHERE channel = 'message/'";
    assert_eq!(ledger.query_row(left, [], |row| row.get::<_, i64>(0)).unwrap(), 1, "nothing is kept of them");
    let mut line = opened(&port);
    let (message, ping) = message(&mut line);
    assert_eq!(body(&message), "nurse@example.com has joined with your invite.");
    answer(&mut line, &ping);
    served.wait_log("event=message.sent");
}

#[test]
fn what_the_server_refuses_is_not_sent_again() {
    let port = FakePort::open();
    let scratch = scratch(&port, "");
    let served = scratch.serve();
    let mut line = opened(&port);
    let made = Made::of(&line.user(ROMEO).invite());
    redeem(&served, made.token(), "juliet");
    let (first, ping) = message(&mut line);
    let id = first.attr("id").unwrap();
    let error = "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
    // Somebody else's word does not count, nor does one about something else.
    line.send(&format!("<message type='error' id='other' from='romeo@example.com' to='{NAME}'>{error}</message>"));
    line.send(&format!("<iq type='result' id='{ping}' from='{ROMEO}' to='{NAME}'/>"));
    line.send(&format!("<message type='error' id='{id}' from='romeo@example.com' to='{NAME}'>{error}</message>"));
    answer(&mut line, &ping);
    let logged = served.wait_log("event=message.refused");
    assert!(logged.contains("service-unavailable") && !logged.contains("romeo"), "{logged}");
    wait_refused(&served, 1);
    // The next one is sent at once.
    let made = Made::of(&line.user(ROMEO).invite());
    redeem(&served, made.token(), "nurse");
    let (next, ping) = message(&mut line);
    assert_eq!(body(&next), "nurse@example.com has joined with your invite.");
    answer(&mut line, &ping);
    served.wait_log("event=message.sent");
}

#[test]
fn a_server_that_answers_no_ping_is_sent_nothing() {
    let port = FakePort::open();
    let scratch = scratch(&port, "");
    let served = scratch.serve();
    let mut line = port.connected();
    let ping = line.next().unwrap();
    assert_eq!(ping.attr("to"), Some("example.com"));
    let made = Made::of(&line.user(ROMEO).invite());
    redeem(&served, made.token(), "juliet");
    served.wait_log("event=message.failing");
    assert_eq!(
        line.ask_as(ROMEO, "get", "<ping xmlns='urn:xmpp:ping'/>").attr("type"),
        Some("result"),
        "all that was written"
    );
    answer(&mut line, ping.attr("id").unwrap());
    let (message, ping) = message(&mut line);
    assert!(body(&message).starts_with("juliet@example.com"), "{message:?}");
    answer(&mut line, &ping);
    served.wait_log("event=message.recovered");
}

#[test]
fn whoever_invited_is_told_a_day_before_the_end_once() {
    const HOUR: i64 = 3_600_000;
    let port = FakePort::open();
    let scratch = scratch(&port, "");
    let served = scratch.serve();
    let mut line = opened(&port);
    let made = [(); 4].map(|()| Made::of(&line.user(ROMEO).invite()));
    // They live for a week.
    let now = made[0].expires_at.as_millisecond() - 168 * HOUR;
    let ids = made.each_ref().map(|made| id_of(&served, made.token()));
    redeem(&served, made[1].token(), "juliet");
    let (_, ping) = message(&mut line);
    answer(&mut line, &ping);
    served.wait_log("event=message.sent");
    stop(served);
    // Six days later.
    let ledger = rusqlite::Connection::open(scratch.state().join("ledger.db")).unwrap();
    let soon = now + 23 * HOUR;
    let moved =
        ledger.execute("UPDATE invite SET created_at = ?1, expires_at = ?2", [soon - 168 * HOUR, soon]).unwrap();
    assert_eq!(moved, 4);
    let mark = [(now + 20 * HOUR).to_be_bytes(), i64::MAX.to_be_bytes()].concat();
    ledger.execute("INSERT OR REPLACE INTO meta VALUES ('expiring', ?1)", [mark]).unwrap();
    drop(ledger);
    drop(line);
    let served = scratch.serve();
    let mut line = port.connected();
    let first = line.next().unwrap();
    // One that is given more time, and one that is taken back, while the messages wait.
    scratch.ok(&["invite", "revoke", &ids[2]]);
    let later = jiff::Timestamp::from_millisecond(now + 1_440 * HOUR).unwrap();
    let more = json!({"expires_at": later.to_string()});
    let (status, amended) = served.api(ALL, "PATCH", &format!("/api/v1/invites/{}", ids[3]), &more);
    assert_eq!(status, 200, "{amended}");
    answer(&mut line, first.attr("id").unwrap());
    let (told, ping) = message(&mut line);
    answer(&mut line, &ping);
    let text = body(&told);
    assert!(text.starts_with("Your invite (created: ") && text.ends_with("It works for one more person."), "{text}");
    served.wait_log("event=message.sent");
    stop(served);
    drop(line);
    // Once is enough.
    let served = scratch.serve();
    let mut line = opened(&port);
    let made = Made::of(&line.user("admin@example.com/desk").invite());
    redeem(&served, made.token(), "nurse");
    let next = line.next().unwrap();
    assert_eq!(next.attr("to"), Some("admin@example.com"), "{next:?}");
}

#[test]
fn an_admin_is_reminded_by_message_once_a_week() {
    let port = FakePort::open();
    let text = format!("{CONFIG}{KEYS}{}[invites]\nremind = [\"xmpp:romeo@example.com\"]\n", section(port.address));
    let scratch = Scratch::new(&text);
    let created = scratch.ok(&["invite", "create", "--ttl", "90d", "--note", "for the poster", "--json"]);
    scratch.ok(&["invite", "create", "--ttl", "10d"]);
    let served = scratch.serve();
    let mut line = opened(&port);
    let (told, ping) = message(&mut line);
    answer(&mut line, &ping);
    let text = body(&told);
    assert!(text.starts_with("One invite that lives longer than 30 days is still open:\n"), "{text}");
    let created: Value = serde_json::from_str(&created).unwrap();
    let invite = created["invites"].get(0).unwrap_or(&created);
    assert!(text.contains(&format!("{} for example.com: 1 use left", invite["id"].as_str().unwrap())), "{text}");
    assert!(!text.contains("poster") && !text.contains("http"), "{text}");
    served.wait_log("event=message.sent");
    stop(served);
    drop(line);
    let served = scratch.serve();
    let mut line = opened(&port);
    assert_eq!(line.ask_as(ROMEO, "get", "<ping xmlns='urn:xmpp:ping'/>").attr("type"), Some("result"));
    assert_eq!(metric(&served, "sent"), 0, "not twice in a week");
}

#[test]
fn a_check_says_whether_users_can_be_told() {
    let port = FakePort::open();
    let scratch = scratch(&port, "");
    let checking = std::thread::spawn(move || {
        let output = scratch.run(&["check", "--connect"]);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    });
    let mut line = port.connected();
    let ping = line.next().unwrap();
    answer(&mut line, ping.attr("id").unwrap());
    let (status, text) = checking.join().unwrap();
    assert!(status == Some(0) && text.contains("and answers for example.com"), "{text}");
    let nobody = Scratch::new(&format!("{CONFIG}{}{TOLD}", section(port.address)));
    let output = nobody.run(&["check"]);
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(text.contains("component.tell_inviters: nobody is told of anything"), "{text}");
}
