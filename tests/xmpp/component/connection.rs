//! The connection to a real Prosody: it is made, lost, made again, changed and given up, and whoever looks is told.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::common::prosody::{CLIENT_MODULES, Prosody};
use crate::common::slixmpp::{self, User};
use crate::common::{CONFIG, KEY, Notified, PATIENCE, Scratch, Served, free_port, listener, now};
use crate::component::adhoc::{Asks as _, Failure, INFO, INVITE, Made, command, query, refused};
use crate::component::place::{
    LISTS, NAME, PASSWORD, Place, SECRET, as_told, configured, lines_of_the_page, prosody, section,
};

const CONNECTED: &str = "invites.example.com is connected";
const NOT_CONNECTED: &str = "invites.example.com is not connected";

fn count(served: &Served, text: &str) -> usize {
    served.log().lines().filter(|line| line.contains(text)).count()
}

/// Reads the configuration again; it must be right.
fn reload(served: &Served) {
    let logged = served.log_length();
    served.signal("HUP");
    served.wait_log_after(logged, "event=reload.done");
}

/// Waits until the server has the component, or has it no more.
fn wait_until(prosody: &Prosody, name: &str, is_connected: bool) {
    let began = now();
    while prosody.has_component(name) != is_connected {
        assert!(began.elapsed() < PATIENCE, "{name} is connected: {}", !is_connected);
    }
}

/// What tells one connection from another.
fn session(prosody: &Prosody) -> String {
    prosody.lua(&format!("return tostring(prosody.hosts['{NAME}'].modules.component.session)"))
}

#[test]
fn a_server_that_is_away_at_the_start_is_waited_for() {
    let mut prosody = prosody();
    prosody.stop();
    let scratch = Scratch::new(&configured(prosody.component()));
    let notified = Notified::new(&scratch);
    let served = scratch.serve_with(&[("NOTIFY_SOCKET", notified.path())]);
    notified.wait("READY=1");
    let line = served.wait_log(NOT_CONNECTED);
    for part in ["component", "error=", &prosody.component().to_string()] {
        assert!(line.contains(part), "{line}");
    }
    let status = notified.wait("; component invites.example.com is away (");
    assert!(status.contains("STATUS=serving example.com"), "{status}");
    assert_eq!(served.client().invite(KEY).status, 201, "all else goes on");
    assert_eq!(served.client().get("/readyz").status, 200);
    prosody.start_again();
    assert!(served.wait_log(CONNECTED).contains("component"));
    while notified.wait("STATUS=").contains("away") {}
    wait_until(&prosody, NAME, true);
    assert_eq!((count(&served, NOT_CONNECTED), count(&served, CONNECTED)), (1, 1), "{}", served.log());
}

#[test]
fn a_server_that_restarts_is_connected_to_again() {
    if slixmpp::is_missing() {
        return;
    }
    let mut place = Place::new(LISTS);
    assert_eq!((count(&place.served, NOT_CONNECTED), count(&place.served, CONNECTED)), (0, 1));
    for (round, is_killed) in [(1, false), (2, true)] {
        let logged = place.served.log_length();
        if is_killed {
            place.prosody.kill();
        } else {
            place.prosody.stop();
        }
        let line = place.served.wait_log_after(logged, NOT_CONNECTED);
        assert!(line.contains("error="), "{line}");
        place.prosody.start_again();
        place.served.wait_log_after(logged, CONNECTED);
        Made::of(&place.user("romeo").invite());
        assert_eq!(place.invites().len(), round);
        assert_eq!(count(&place.served, CONNECTED), round + 1, "{}", place.served.log());
        // Each reason once, however often it is tried: that it was lost and, where the server takes its time, that nobody listens.
        let log = place.served.log();
        let told = log.lines().skip(logged).filter(|line| line.contains(NOT_CONNECTED));
        let mut seen = BTreeSet::new();
        assert!(told.filter_map(|line| line.split_once("error=")).all(|(_, reason)| seen.insert(reason)), "{log}");
    }
}

#[test]
fn a_stop_ends_the_connection_at_once() {
    let prosody = prosody();
    let scratch = Scratch::new(&configured(prosody.component()));
    let mut served = scratch.serve();
    served.wait_log(CONNECTED);
    served.signal("TERM");
    assert_eq!(served.wait().code(), Some(0), "{}", served.log());
    wait_until(&prosody, NAME, false);
    let _ = prosody.log();
    // The next one is let in at once.
    let served = scratch.serve();
    served.wait_log(CONNECTED);
    assert_eq!(count(&served, NOT_CONNECTED), 0, "{}", served.log());
    drop(served);

    // So does one that is not connected.
    let closed = free_port();
    let scratch = Scratch::new(&configured(closed));
    let mut served = scratch.serve();
    served.wait_log(NOT_CONNECTED);
    served.signal("TERM");
    assert_eq!(served.wait().code(), Some(0), "{}", served.log());
}

/// Sends a stanza, and blanks until it is through: since CVE-2023-52425, Expat looks at a tag that came in pieces when twice
/// as much is there as when it last looked, and that may be never. Blanks between stanzas are nothing (RFC 6120, 4.6.1).
fn send_whole(user: &mut User, stanza: &str) {
    user.send(stanza);
    let longest_tag = stanza.split('<').map(|tag| tag.split('>').next().unwrap().len()).max().unwrap();
    user.send(&" ".repeat(longest_tag + 2));
}

/// All of it is what Prosody takes from a client, and passes on.
#[test]
fn what_one_user_sends_cuts_off_nobody() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::new(LISTS);
    let (mut tybalt, mut romeo) = (place.user("tybalt"), place.user("romeo"));
    let within = |content: &str| format!("<x xmlns='urn:example:x'>{content}</x>");
    for (what, payload) in [
        ("depth", within(&("<a>".repeat(50) + "</a>".repeat(50).as_str()))),
        ("more depth", within(&("<a>".repeat(20_000) + "</a>".repeat(20_000).as_str()))),
        ("elements", within(&"<a/>".repeat(50_000))),
        ("text", within(&"x".repeat(250 << 10))),
        // It is longer when Prosody has written it.
        ("quotes", within(&"'".repeat(250 << 10))),
        ("an attribute", format!("<x xmlns='urn:example:x' y='{}'/>", "y".repeat(100 << 10))),
        ("a name", format!("<x xmlns='urn:example:x'><{}/></x>", "z".repeat(20 << 10))),
        ("a namespace", format!("<x xmlns='{}'/>", "n".repeat(20 << 10))),
        ("a node", command(&"n".repeat(20 << 10), "action='execute'", "")),
    ] {
        for stanza in [
            format!("<message to='{NAME}'>{payload}</message>"),
            format!("<iq to='{NAME}' type='set' id='large'>{payload}</iq>"),
            format!("<presence to='{NAME}'>{payload}</presence>"),
        ] {
            // Said where the test fails.
            println!("{what}: {}", &stanza[..stanza.find(' ').unwrap()]);
            send_whole(&mut tybalt, &stanza);
            tybalt.ask("get", "example.com", &query(INFO, None));
            assert_eq!(romeo.commands(), [INVITE], "{what}: {}", place.served.log());
        }
        assert_eq!(count(&place.served, NOT_CONNECTED), 0, "{what}: {}", place.served.log());
    }
    // An id is the client's, too.
    let stanza = format!("<iq to='{NAME}' type='get' id='{}'>{}</iq>", "i".repeat(20 << 10), query(INFO, None));
    send_whole(&mut tybalt, &stanza);
    tybalt.ask("get", "example.com", &query(INFO, None));
    assert_eq!(romeo.commands(), [INVITE], "{}", place.served.log());
    assert_eq!(count(&place.served, NOT_CONNECTED), 0, "{}", place.served.log());
}

/// What `check --connect` says and ends with; never the secret.
fn check(scratch: &Scratch) -> (Option<i32>, String, String) {
    let output = scratch.run(&["check", "--connect"]);
    let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(!format!("{stdout}{stderr}").contains("& <more>"), "{stdout}{stderr}");
    (output.status.code(), stdout, stderr)
}

#[test]
fn a_wrong_secret_is_told_with_what_mends_it() {
    let prosody = prosody();
    let right = configured(prosody.component());
    let scratch = Scratch::new(&right.replace("the component's", "a wrong"));
    let (status, told, _) = check(&scratch);
    assert_eq!(status, Some(1), "{told}");
    for line in ["Component \"invites.example.com\"", "component_secret = "] {
        assert!(told.contains(line), "no {line} in\n{told}");
    }
    let served = scratch.serve_as(&["-v", "-v"], &[]);
    let line = served.wait_log(NOT_CONNECTED);
    assert!(line.contains("error=") && line.contains("secret"), "{line}");
    assert_eq!(served.client().invite(KEY).status, 201);

    scratch.configure(&right);
    let (status, told, _) = check(&scratch);
    assert!(status == Some(0) && told.contains(NAME) && !told.contains("missing: "), "{status:?} {told}");
    reload(&served);
    served.wait_log(CONNECTED);
    assert_eq!(count(&served, NOT_CONNECTED), 1, "{}", served.log());
    assert!(!served.log().contains("& <more>"), "{}", served.log());
}

#[test]
fn a_check_beside_the_running_service_finds_nothing_wrong() {
    let prosody = prosody();
    let scratch = Scratch::new(&configured(prosody.component()));
    let served = scratch.serve();
    served.wait_log(CONNECTED);
    let before = session(&prosody);
    let (status, told, _) = check(&scratch);
    assert!(status == Some(0) && told.contains(NAME) && !told.contains("stop that one"), "{status:?} {told}");
    wait_until(&prosody, NAME, true);
    assert_eq!((session(&prosody), count(&served, CONNECTED)), (before, 1), "the service stays connected");
}

#[test]
fn a_component_that_the_server_does_not_know_is_told_with_what_mends_it() {
    // There is a port for components while there is one.
    let prosody =
        Prosody::with_components(CLIENT_MODULES, "Component \"other.example.com\"\ncomponent_secret = \"x\"\n");
    let scratch = Scratch::new(&configured(prosody.component()));
    let (status, told, _) = check(&scratch);
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("Component \"invites.example.com\"") && told.contains("host-unknown"), "{told}");
    let served = scratch.serve();
    let line = served.wait_log(NOT_CONNECTED);
    assert!(line.contains("host-unknown"), "{line}");
    drop(prosody);
    let (status, told, stderr) = check(&scratch);
    assert!(status == Some(1) && told.contains(NAME) && told.contains("127.0.0.1:"), "{told}{stderr}");
}

#[test]
fn a_reload_changes_who_may_without_a_new_connection() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::new(LISTS);
    let mut tybalt = place.user("tybalt");
    let mut romeo = place.user("romeo");
    let before = session(&place.prosody);
    assert_eq!(refused(&tybalt.invite()), ("auth".into(), "forbidden".into()));
    let with = |lists: &str| format!("{CONFIG}{}{lists}", section(place.prosody.component()));
    place.scratch.configure(&with("contact_invites = [\"tybalt@example.com\"]\nper_user = \"1/d\"\n"));
    assert_eq!(refused(&tybalt.invite()), ("auth".into(), "forbidden".into()), "nothing changes before the signal");
    reload(&place.served);
    assert_eq!(tybalt.commands(), [INVITE]);
    Made::of(&tybalt.invite());
    assert_eq!(Failure::of(&tybalt.invite()).kind, "wait");
    assert_eq!(refused(&romeo.invite()), ("auth".into(), "forbidden".into()));
    assert!(romeo.commands().is_empty());
    // What is wrong changes nothing.
    place.scratch.configure(&with("contact_invites = [\"romeo@elsewhere.example\"]\n"));
    let logged = place.served.log_length();
    place.served.signal("HUP");
    place.served.wait_log_after(logged, "event=reload.refused");
    assert!(place.served.wait_log_after(logged, "component.contact_invites").contains("elsewhere.example"));
    assert_eq!(tybalt.commands(), [INVITE]);
    assert_eq!((session(&place.prosody), count(&place.served, CONNECTED)), (before, 1), "{}", place.served.log());
    assert_eq!(count(&place.served, NOT_CONNECTED), 0);
}

#[test]
fn a_form_that_was_begun_before_a_reload_is_taken_or_can_be_begun_anew() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::new(LISTS);
    let mut admin = place.user("admin");
    let session = admin.begin();
    reload(&place.served);
    let answer = admin.submit(&session, &[("username", "juliet")]);
    if answer.attr("type") == Some("error") {
        crate::component::adhoc::assert_bad_session(&answer);
        Made::of(&admin.create(&[("username", "juliet")]));
    }
    assert_eq!(place.newest(1)["username"], "juliet");
    // Whoever may no longer do it does not do it with what was begun.
    let session = admin.begin();
    let lists = "contact_invites = [\"admin@example.com\"]\n";
    place.scratch.configure(&format!("{CONFIG}{}{lists}", section(place.prosody.component())));
    reload(&place.served);
    assert_eq!(admin.submit(&session, &[]).attr("type"), Some("error"));
    assert_eq!(place.invites().len(), 1);
}

#[test]
fn a_component_that_is_taken_away_disconnects() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::new(LISTS);
    let mut romeo = place.user("romeo");
    place.scratch.configure(CONFIG);
    reload(&place.served);
    wait_until(&place.prosody, NAME, false);
    assert_eq!(romeo.invite().attr("type"), Some("error"));
    assert!(place.invites().is_empty());
    assert_eq!(place.served.client().invite(KEY).status, 201);
    // And one that is new connects.
    let logged = place.served.log_length();
    place.scratch.configure(&configured(place.prosody.component()));
    reload(&place.served);
    place.served.wait_log_after(logged, CONNECTED);
    Made::of(&romeo.invite());
    assert_eq!(count(&place.served, NOT_CONNECTED), 0, "what was wanted is no trouble: {}", place.served.log());
}

#[test]
fn another_secret_server_or_name_is_another_connection() {
    let component = |name: &str| format!("Component \"{name}\"\ncomponent_secret = {SECRET:?}\n");
    let lines = component(NAME) + component("join.example.com").as_str();
    let [one, other] = [(); 2].map(|()| Prosody::with_components(CLIENT_MODULES, &lines));
    let scratch = Scratch::new(&configured(one.component()));
    let served = scratch.serve();
    served.wait_log(CONNECTED);
    let first = session(&one);

    // The server knows the new one first, as an admin would do it; the old connection lives on.
    one.reconfigure("the component's", "the new");
    assert_eq!(session(&one), first);
    let logged = served.log_length();
    scratch.configure(&configured(one.component()).replace("the component's", "the new"));
    reload(&served);
    served.wait_log_after(logged, CONNECTED);
    wait_until(&one, NAME, true);
    assert_ne!(session(&one), first);

    let logged = served.log_length();
    scratch.configure(&configured(other.component()));
    reload(&served);
    served.wait_log_after(logged, CONNECTED);
    wait_until(&other, NAME, true);
    wait_until(&one, NAME, false);

    let logged = served.log_length();
    scratch.configure(&configured(other.component()).replace(NAME, "join.example.com"));
    reload(&served);
    served.wait_log_after(logged, "join.example.com is connected");
    wait_until(&other, "join.example.com", true);
    wait_until(&other, NAME, false);
}

#[test]
fn a_service_that_is_a_component_is_never_idle() {
    let prosody = prosody();
    let closed = free_port();
    for server in [prosody.component(), closed] {
        let lines = "idle_exit = \"1s\"\n";
        let scratch = Scratch::new(&format!("{lines}{}", configured(server)));
        let notified = Notified::new(&scratch);
        let environment = [("NOTIFY_SOCKET", notified.path()), ("WATCHDOG_USEC", "300000")];
        let mut served = scratch.serve_activated(vec![listener().into()], "http", &environment);
        if server == prosody.component() {
            served.wait_log(CONNECTED);
        }
        let began = now();
        // It tells that it lives ten times a second, and nobody asks for anything.
        while began.elapsed() < Duration::from_secs(3) {
            let message = notified.next();
            assert!(!message.contains("STOPPING"), "{}", served.log());
        }
        assert_eq!(prosody.has_component(NAME), server == prosody.component());
        assert!(!served.log().contains("idle;"), "{}", served.log());
        scratch.configure(&format!("{lines}{CONFIG}"));
        reload(&served);
        served.wait_log("idle;");
        assert_eq!(served.wait().code(), Some(0));
    }
}

#[test]
fn the_lines_of_the_page_are_all_that_is_needed() {
    if slixmpp::is_missing() {
        return;
    }
    // Of docs/any-server.md.
    let lines = lines_of_the_page("lua");
    let prosody = Prosody::with_component_as_told(lines);
    for name in ["admin", "romeo"] {
        prosody.add_user(name, PASSWORD);
    }
    let secret = lines.split_once("component_secret = \"").unwrap().1.split('"').next().unwrap();
    let (scratch, environment) = as_told(prosody.component(), "", secret);
    let output = scratch.command().args(["check", "--connect"]).envs(environment.clone()).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && told.contains(NAME) && !told.contains("missing: "), "{told}");
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let served = scratch.serve_with(&environment);
    served.wait_log(CONNECTED);
    let [mut romeo, mut admin] = ["romeo", "admin"].map(|name| User::log_in(prosody.address(), name, PASSWORD));
    let made = Made::of(&romeo.invite());
    assert_eq!(served.client().get(&format!("/invite?{}", made.token())).status, 200);
    Made::of(&admin.create(&[("username", "juliet")]));
}
