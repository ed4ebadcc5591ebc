//! The component on a real ejabberd.

use serde_json::json;

use crate::common::Scratch;
use crate::common::ejabberd::{ADMIN, Ejabberd, PASSWORD};
use crate::common::slixmpp::{self, User};
use crate::component::adhoc::{Asks as _, Command, INFO, ITEMS, Made, payload, query, refused};
use crate::component::place::{NAME, SECRET, as_told, configured, lines_of_the_page};

const CONNECTED: &str = "invites.example.com is connected";

#[test]
fn users_of_an_ejabberd_make_invites() {
    if slixmpp::is_missing() {
        return;
    }
    let mut ejabberd = Ejabberd::with_component(NAME, SECRET);
    ejabberd.register("romeo", "a long password");
    let backend = format!("[hosts.\"example.com\".backend]\n{}", ejabberd.backend());
    let scratch = Scratch::new(&format!("{}{backend}", configured(ejabberd.component)));
    let told = scratch.ok(&["check", "--connect"]);
    assert!(told.contains(NAME), "{told}");
    let served = scratch.serve();
    served.wait_log(CONNECTED);

    let mut romeo = User::log_in(ejabberd.c2s, "romeo", "a long password");
    let answer = romeo.ask("get", "example.com", &query(ITEMS, None));
    assert!(payload(&answer).children().any(|item| item.attr("jid") == Some(NAME)), "{answer:?}");
    let answer = romeo.ask("get", NAME, &query(INFO, None));
    assert!(payload(&answer).children().any(|child| child.attr("type") == Some("command-list")), "{answer:?}");
    assert_eq!(romeo.commands().len(), 1);
    // It has no tokens for such apps: the invite is for the web, and its URI (XEP-0401 wants one) has none.
    let made = Made::of(&romeo.invite());
    assert_eq!(made.uri, "xmpp:romeo@example.com?roster");
    assert!(made.landing_page.starts_with("https://invite.example.com/invite?"), "{made:?}");
    let form = crate::common::form::Form::open(&served, "/register", made.token());
    assert_eq!(form.send(&served, "juliet", "correct horse battery staple").status, 303, "{}", served.log());
    let roster =
        slixmpp::ask(ejabberd.c2s, &json!({"do": "login", "username": "romeo", "password": "a long password"}));
    assert_eq!(roster["roster"], json!({"juliet@example.com": "both"}));

    let (admin, _) = ADMIN.split_once('@').unwrap();
    let mut admin = User::log_in(ejabberd.c2s, admin, PASSWORD);
    assert_eq!(refused(&admin.create(&[("username", "romeo")])), ("modify".into(), "conflict".into()));
    let answer = admin.create(&[("username", "nurse"), ("roster-subscription", "1")]);
    assert_eq!(Command::of(&answer).status, "completed");
    let made = Made::of(&answer);
    assert_eq!(served.client().get(&format!("/invite?{}", made.token())).status, 200);

    ejabberd.stop();
    served.wait_log("invites.example.com is not connected");
    let logged = served.log_length();
    ejabberd.restart();
    served.wait_log_after(logged, CONNECTED);
    let mut romeo = User::log_in(ejabberd.c2s, "romeo", "a long password");
    Made::of(&romeo.invite());
}

#[test]
fn a_wrong_secret_is_told_with_what_mends_it() {
    let ejabberd = Ejabberd::with_component(NAME, "another secret");
    let scratch = Scratch::new(&configured(ejabberd.component));
    let output = scratch.run(&["check", "--connect"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.code() == Some(1) && told.contains("not-authorized"), "{told}");
    assert!(told.contains("ejabberd_service") && !told.contains("the component's"), "{told}");
    let served = scratch.serve();
    assert!(served.wait_log("not-authorized").contains("invites.example.com is not connected"));
}

#[test]
fn the_lines_of_the_page_are_all_that_is_needed() {
    if slixmpp::is_missing() {
        return;
    }
    // Of docs/any-server.md.
    let lines = lines_of_the_page("yaml");
    let ejabberd = Ejabberd::with_component_as_told(lines);
    ejabberd.register("romeo", "a long password");
    let secret = lines.split_once("password: \"").unwrap().1.split('"').next().unwrap();
    let (scratch, environment) = as_told(ejabberd.component, "", secret);
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let served = scratch.serve_with(&environment);
    served.wait_log(CONNECTED);
    let made = Made::of(&User::log_in(ejabberd.c2s, "romeo", "a long password").invite());
    assert_eq!(served.client().get(&format!("/invite?{}", made.token())).status, 200);
}
