//! Two nodes on one PostgreSQL, each of which would be the component: one is, users are told by it, once, and by the other one when it
//! is gone.

use std::net::SocketAddr;

use minidom::Element;
use serde_json::Value;

use crate::common::ejabberd::Ejabberd;
use crate::common::postgres::Postgres;
use crate::common::slixmpp::{self, User};
use crate::common::{CONFIG, PATIENCE, Scratch, Served, now};
use crate::component::adhoc::{Asks as _, Made};
use crate::component::fake_port::{FakePort, Line, iq};
use crate::component::news::{CONNECTED, KEYS, TOLD, answer, body, message_to, metric, opened, redeem, stop};
use crate::component::place::{NAME, PASSWORD, SECRET, prosody, section};

/// All users may have contacts invited.
const ALL_USERS: &str = "contact_invites = [\"example.com\"]\n";
const REMINDED: &str = "[invites]\nremind = [\"xmpp:admin@example.com\"]\n";
const ASKER: &str = "romeo@example.com/orchard";
const STANDS_BY: &str = "component invites.example.com waits: another node is connected";
const PING: &str = "<ping xmlns='urn:xmpp:ping'/>";

/// Has `node` be one whose component connects to `server`, on a ledger that it shares with `first`.
fn configure(node: &Scratch, database: &Postgres, first: &Scratch, server: SocketAddr) {
    let ledger =
        format!("[ledger]\nurl = {:?}\nkey_file = \"{}\"\n", database.url(), first.path().join("shared.key").display());
    node.configure(&format!("{CONFIG}{KEYS}{}{ALL_USERS}{TOLD}{ledger}{REMINDED}", section(server)));
}

/// Two nodes, whose components connect to these.
fn nodes(database: &Postgres, servers: [SocketAddr; 2]) -> [Scratch; 2] {
    let nodes = [(); 2].map(|()| Scratch::new(""));
    for (node, server) in nodes.iter().zip(servers) {
        configure(node, database, &nodes[0], server);
    }
    nodes
}

/// Has it read its configuration again.
fn reload(served: &Served) {
    let logged = served.log_length();
    served.signal("HUP");
    served.wait_log_after(logged, "event=reload.done");
}

/// The token of an invite that a user has created.
fn invite_of(line: &mut Line, user: &str) -> String {
    Made::of(&line.user(&format!("{user}/desk")).invite()).token().to_owned()
}

/// Waits until nothing is to be told any more.
fn wait_told(database: &Postgres) {
    let began = now();
    while database.ask("SELECT count(*) FROM outbox WHERE channel = 'message/'") != "0" {
        assert!(began.elapsed() < PATIENCE, "{}", database.ask("SELECT * FROM outbox"));
    }
}

/// Nothing else was written there before the answer.
fn assert_quiet(line: &mut Line) {
    let answer = line.ask_as(ASKER, "get", PING);
    assert_eq!(answer.attr("type"), Some("result"), "{answer:?}");
}

fn sent(nodes: [&Served; 2]) -> [u64; 2] {
    nodes.map(|node| metric(node, "sent"))
}

#[test]
fn the_node_that_the_server_takes_tells_users_whoever_finds_out_what_there_is_to_tell() {
    let [nobody, port, other_port] = [(); 3].map(|()| FakePort::open());
    let database = Postgres::start();
    // Nobody answers the first node.
    let scratches = nodes(&database, [nobody.address, port.address]);
    let second = scratches[1].serve();
    let mut line = opened(&port);
    let tokens = ["romeo", "tybalt", "nurse"].map(|user| invite_of(&mut line, &format!("{user}@example.com")));
    stop(second);
    drop(line);
    let first = scratches[0].serve();
    redeem(&first, &tokens[0], "juliet");
    // Where no node is connected one of them finds that out, and does not keep what waits from the other.
    first.wait_log("event=message.failing");
    let second = scratches[1].serve();
    let mut line = opened(&port);
    let (message, ping) = message_to(&mut line, "romeo@example.com");
    assert_eq!(body(&message), "juliet@example.com has joined with your invite.");
    answer(&mut line, &ping);
    second.wait_log("event=message.sent");
    wait_told(&database);

    // While one is connected the other tries nothing, also of what is written there.
    let tried = metric(&first, "failed");
    redeem(&first, &tokens[1], "paris");
    let (message, ping) = message_to(&mut line, "tybalt@example.com");
    assert_eq!(body(&message), "paris@example.com has joined with your invite.");
    answer(&mut line, &ping);
    wait_told(&database);
    assert_eq!((sent([&first, &second]), metric(&first, "failed")), ([0, 2], tried));
    assert_quiet(&mut line);

    // The server takes the other one.
    let logged = second.log_length();
    drop((line, port));
    second.wait_log_after(logged, "is not connected");
    redeem(&second, &tokens[2], "laurence");
    configure(&scratches[0], &database, &scratches[0], other_port.address);
    reload(&first);
    let mut line = opened(&other_port);
    let (message, ping) = message_to(&mut line, "nurse@example.com");
    assert_eq!(body(&message), "laurence@example.com has joined with your invite.");
    answer(&mut line, &ping);
    wait_told(&database);
    assert_eq!(sent([&first, &second]), [1, 2]);
    assert_quiet(&mut line);
}

/// What a component has written by now, but for answers.
fn written(line: &mut Line) -> Vec<Element> {
    line.send(&iq(ASKER, "get", "q", PING));
    let is_more = |stanza: &Element| stanza.attr("id") != Some("q");
    std::iter::from_fn(|| line.next().filter(is_more)).collect()
}

/// Waits until the component has sent messages, and lets it know that they were dealt with.
fn told(line: &mut Line) -> Vec<Element> {
    let began = now();
    loop {
        let (messages, pings): (Vec<_>, Vec<_>) =
            written(line).into_iter().partition(|stanza| stanza.name() == "message");
        for ping in pings {
            answer(line, ping.attr("id").unwrap());
        }
        if !messages.is_empty() {
            return messages;
        }
        assert!(began.elapsed() < PATIENCE, "nobody is told");
    }
}

/// Two nodes at one server; the first of them is connected.
fn connected(scratches: &[Scratch; 2], port: &FakePort) -> ([Served; 2], Line) {
    let first = scratches[0].serve();
    let line = opened(port);
    let second = scratches[1].serve();
    second.wait_log(STANDS_BY);
    ([first, second], line)
}

fn text_to(message: &Element) -> (String, String) {
    assert_eq!((message.name(), message.attr("from")), ("message", Some(NAME)), "{message:?}");
    (message.attr("to").unwrap().to_owned(), body(message))
}

#[test]
fn what_a_node_was_telling_when_it_died_the_other_tells_as_the_same_message() {
    let (port, database) = (FakePort::open(), Postgres::start());
    let scratches = nodes(&database, [port.address; 2]);
    let ([mut first, second], mut line) = connected(&scratches, &port);
    let tokens = ["romeo", "tybalt"].map(|user| invite_of(&mut line, &format!("{user}@example.com")));
    redeem(&second, &tokens[0], "juliet");
    let wanted = ("romeo@example.com".to_owned(), "juliet@example.com has joined with your invite.".to_owned());
    assert_eq!(told(&mut line).iter().map(text_to).collect::<Vec<_>>(), [wanted]);
    wait_told(&database);
    assert_quiet(&mut line);
    assert_eq!(sent([&first, &second]), [1, 0]);

    redeem(&second, &tokens[1], "paris");
    let (begun, _) = message_to(&mut line, "tybalt@example.com");
    first.kill();
    let mut line = opened(&port);
    let (again, ping) = message_to(&mut line, "tybalt@example.com");
    assert_eq!((again.attr("id"), text_to(&again)), (begun.attr("id"), text_to(&begun)));
    answer(&mut line, &ping);
    wait_told(&database);
    assert_quiet(&mut line);
    assert_eq!(metric(&second, "sent"), 1);
}

#[test]
fn a_node_that_stops_leaves_the_component_to_the_other_at_once_and_so_does_one_that_has_lost_it() {
    let (port, database) = (FakePort::open(), Postgres::start());
    let scratches = nodes(&database, [port.address; 2]);
    let ([first, second], line) = connected(&scratches, &port);
    let holders = || database.ask("SELECT holder, held_until > 0 FROM outbox_channel WHERE channel LIKE 'component/%'");
    let before = holders();
    stop(first);
    drop(line);
    let mut line = opened(&port);
    assert_ne!(holders(), before);

    // As if it had been away from the database for so long that a third node is the component by now.
    database.ask(
        "UPDATE outbox_channel SET holder = 'third', held_until = held_until + 3600000 WHERE channel LIKE 'component/%'",
    );
    assert!(line.next().is_none(), "it is connected still");
    second.wait_log(STANDS_BY);
}

#[test]
fn what_time_brings_about_two_nodes_tell_once() {
    const HOUR: i64 = 3_600_000;
    let (port, database) = (FakePort::open(), Postgres::start());
    let scratches = nodes(&database, [port.address; 2]);
    let served = scratches[0].serve();
    let mut line = opened(&port);
    let expires_at = Made::of(&line.user(ASKER).invite()).expires_at.as_millisecond();
    stop(served);
    drop(line);
    // It lives for a week. Six days later; and there is a link that lives for long.
    let (at, soon) = (expires_at - 168 * HOUR, expires_at - 145 * HOUR);
    database.ask(&format!("UPDATE invite SET created_at = {}, expires_at = {soon}", soon - 168 * HOUR));
    let mark = format!("{:016x}{:016x}", at + 20 * HOUR, i64::MAX);
    database.ask(&format!(
        "INSERT INTO meta VALUES ('expiring', decode('{mark}', 'hex')) \
         ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    ));
    scratches[0].ok(&["invite", "create", "--ttl", "90d"]);
    for wanted in [2, 0] {
        let (nodes, mut line) = connected(&scratches, &port);
        let mut all = Vec::new();
        while all.len() < wanted {
            all.extend(told(&mut line).iter().map(text_to));
        }
        all.sort();
        assert_eq!(all.len(), wanted, "{all:?}");
        if let [(admin, of_links), (user, of_end)] = &*all {
            assert_eq!([admin.as_str(), user], ["admin@example.com", "romeo@example.com"]);
            assert!(of_links.starts_with("One invite that lives longer than 30 days is still open:"), "{of_links}");
            assert!(of_end.starts_with("Your invite (created: "), "{of_end}");
        }
        wait_told(&database);
        assert_quiet(&mut line);
        assert_eq!(sent(nodes.each_ref()).iter().sum::<u64>(), u64::try_from(wanted).unwrap());
        nodes.into_iter().for_each(stop);
    }
}

/// How many messages of the component a user has, and what they say.
fn all_told(user: &mut User) -> Vec<String> {
    // The answer comes behind what came before it.
    user.ask("get", "example.com", PING);
    let is_message = |stanza: &&Element| stanza.name() == "message" && stanza.attr("from") == Some(NAME);
    user.others.iter().filter(is_message).map(body).collect()
}

#[test]
fn at_a_prosody_one_node_is_the_component_and_the_other_when_that_is_gone() {
    if slixmpp::is_missing() {
        return;
    }
    let (database, prosody) = (Postgres::start(), prosody());
    let scratches = nodes(&database, [prosody.component(); 2]);
    let mut users = ["romeo", "tybalt"].map(|name| {
        prosody.add_user(name, PASSWORD);
        let mut user = User::log_in(prosody.address(), name, PASSWORD);
        user.send("<presence/>");
        user
    });
    let mut first = scratches[0].serve();
    first.wait_log(CONNECTED);
    let tokens = users.each_mut().map(|user| Made::of(&user.invite()).token().to_owned());
    let second = scratches[1].serve();
    second.wait_log(STANDS_BY);
    redeem(&second, &tokens[0], "juliet");
    first.wait_log("event=message.sent");
    wait_told(&database);
    assert_eq!(sent([&first, &second]), [1, 0]);
    first.kill();
    redeem(&second, &tokens[1], "paris");
    second.wait_log("event=message.sent");
    wait_told(&database);
    assert_eq!(all_told(&mut users[0]), ["juliet@example.com has joined with your invite."]);
    assert_eq!(all_told(&mut users[1]), ["paris@example.com has joined with your invite."]);
    let invites: Value = serde_json::from_str(&scratches[1].ok(&["invite", "list", "--json"])).unwrap();
    assert_eq!(invites["invites"].as_array().unwrap().len(), 2, "{invites}");
}

#[test]
fn an_ejabberd_would_take_both_nodes_and_gets_one() {
    const NAMES: [&str; 4] = ["romeo", "tybalt", "nurse", "mercutio"];
    if slixmpp::is_missing() {
        return;
    }
    let (database, ejabberd) = (Postgres::start(), Ejabberd::with_component(NAME, SECRET));
    let scratches = nodes(&database, [ejabberd.component; 2]);
    let mut users = NAMES.map(|name| {
        ejabberd.register(name, PASSWORD);
        let mut user = User::log_in(ejabberd.c2s, name, PASSWORD);
        user.send("<presence/>");
        user
    });
    let mut first = scratches[0].serve();
    first.wait_log(CONNECTED);
    let second = scratches[1].serve();
    second.wait_log(STANDS_BY);
    // Of two that are connected it would give the answers, too, to any one.
    let tokens = users.each_mut().map(|user| Made::of(&user.invite()).token().to_owned());
    for (token, name) in tokens.iter().zip(NAMES).skip(1) {
        redeem(&second, token, &format!("guest-of-{name}"));
    }
    wait_told(&database);
    assert_eq!(sent([&first, &second]), [3, 0]);
    first.kill();
    redeem(&second, &tokens[0], "guest-of-romeo");
    second.wait_log("event=message.sent");
    wait_told(&database);
    for (user, name) in users.iter_mut().zip(NAMES) {
        let joined = format!("guest-of-{name}@example.com has joined with your invite.");
        assert_eq!(all_told(user), [joined]);
    }
    // Beside the service `check` is taken, too, and so any one gets the answers to it.
    for _ in 0..4 {
        scratches[1].ok(&["check", "--connect"]);
    }
}
