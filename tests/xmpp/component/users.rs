//! What users of a real Prosody are shown, what they get, and what comes of it.

use std::collections::BTreeSet;

use serde_json::json;

use crate::common::form::Form;
use crate::common::http;
use crate::common::slixmpp::{self, User};
use crate::component::adhoc::{
    Asks as _, COMMANDS, CREATE_ACCOUNT, Command, DATA, INFO, INVITE, ITEMS, Made, command, payload, query, refused,
};
use crate::component::place::{LISTS, NAME, PASSWORD, Place};

const ROSTER: &str = "jabber:iq:roster";

/// The identities and features that a node tells of.
fn told(user: &mut User, node: Option<&str>) -> (Vec<String>, BTreeSet<String>) {
    let answer = user.ask("get", NAME, &query(INFO, node));
    let info = payload(&answer);
    assert_eq!((info.ns().as_str(), info.attr("node")), (INFO, node), "{answer:?}");
    let of = |name: &'static str| info.children().filter(move |child| child.name() == name);
    let identity = |identity: &minidom::Element| {
        format!("{}/{}", identity.attr("category").unwrap(), identity.attr("type").unwrap())
    };
    (of("identity").map(identity).collect(), of("feature").map(|one| one.attr("var").unwrap().to_owned()).collect())
}

#[test]
fn everybody_is_shown_what_they_may_run() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::new(LISTS);
    for (name, expected) in [("admin", [INVITE, CREATE_ACCOUNT].as_slice()), ("romeo", &[INVITE]), ("tybalt", &[])] {
        let mut user = place.user(name);
        let (identities, features) = told(&mut user, None);
        assert_eq!(identities, ["automation/command-list"]);
        for feature in [INFO, ITEMS, COMMANDS] {
            assert!(features.contains(feature), "{features:?}");
        }
        let answer = user.ask("get", NAME, &query(ITEMS, None));
        assert_eq!((payload(&answer).ns().as_str(), payload(&answer).children().count()), (ITEMS, 0), "{answer:?}");

        let shown: BTreeSet<_> = user.commands().into_iter().collect();
        assert_eq!(shown, expected.iter().map(|&node| node.to_owned()).collect(), "{name}");
        let answer = user.ask("get", NAME, &query(ITEMS, Some(COMMANDS)));
        for item in payload(&answer).children() {
            assert!(item.is("item", ITEMS), "{answer:?}");
            assert_eq!(item.attr("jid"), Some(NAME));
            assert!(item.attr("name").is_some_and(|name| !name.trim().is_empty()), "{answer:?}");
        }
        assert_eq!(told(&mut user, Some(COMMANDS)).0, ["automation/command-list"]);
        for node in expected {
            let (identities, features) = told(&mut user, Some(node));
            assert_eq!(identities, ["automation/command-node"]);
            for feature in [COMMANDS, DATA] {
                assert!(features.contains(feature), "{features:?}");
            }
        }
        let answer = user.ask("get", NAME, &query(INFO, Some("urn:xmpp:invite#nothing")));
        assert_eq!(refused(&answer), ("cancel".into(), "item-not-found".into()));
        // A client finds the component at its own server.
        let answer = user.ask("get", "example.com", &query(ITEMS, None));
        assert!(payload(&answer).children().any(|item| item.attr("jid") == Some(NAME)), "{answer:?}");
        assert!(user.others.is_empty(), "{:?}", user.others);
    }
    assert!(place.invites().is_empty(), "looking makes nothing");
}

#[test]
fn a_domain_in_a_list_is_all_of_its_users() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::new("contact_invites = [\"example.com\"]\naccount_invites = [\"Admin@EXAMPLE.com\"]\n");
    assert_eq!(place.user("tybalt").commands(), [INVITE]);
    assert_eq!(place.user("admin").commands().len(), 2, "names are compared as XMPP does");
    Made::of(&place.user("tybalt").invite());
    assert_eq!(place.newest(1)["source"], "xmpp/tybalt@example.com");

    let place = Place::new("");
    assert!(place.user("admin").commands().is_empty(), "nobody is named, so nobody may");
    assert_eq!(refused(&place.user("admin").invite()), ("auth".into(), "forbidden".into()));
}

#[test]
fn a_contact_is_invited_in_one_step() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::new(LISTS);
    let mut romeo = place.user("romeo");
    for (number, action) in ["action='execute'", "action='complete'", ""].into_iter().enumerate() {
        let answer = romeo.run(INVITE, action, "");
        let made = Made::of(&answer);
        assert_eq!(Command::of(&answer).node, INVITE);
        let invite = place.newest(number + 1);
        for (name, expected) in [
            ("kind", json!("contact")),
            ("contact", json!("romeo@example.com")),
            ("inviter", json!("romeo@example.com")),
            ("source", json!("xmpp/romeo@example.com")),
            ("host", json!("example.com")),
            ("username", json!(null)),
            ("status", json!("pending")),
            ("uses", json!(1)),
            ("landing_page", json!(made.landing_page)),
            // Without a server of its own, the ledger's token is all there is.
            ("uri", json!(format!("xmpp:romeo@example.com?roster;preauth={};ibr=y", made.token()))),
        ] {
            assert_eq!(invite[name], expected, "{action} {name}: {invite}");
        }
        assert_eq!(made.uri, invite["uri"].as_str().unwrap());
        let expires_at: jiff::Timestamp = invite["expires_at"].as_str().unwrap().parse().unwrap();
        assert_eq!(made.expires_at.as_second(), expires_at.as_second());
        let page = place.served.client().get(&format!("/invite?{}", made.token()));
        assert!(page.status == 200 && page.text().contains("romeo"), "{}", page.text());
    }
    let listed = place.scratch.ok(&["invite", "list"]);
    assert_eq!(listed.matches("\txmpp/romeo@example.com\t").count(), 3, "{listed}");
    assert!(romeo.others.is_empty(), "{:?}", romeo.others);
}

#[test]
fn whoever_comes_by_a_contact_invite_is_the_inviters_contact() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::with_backend(LISTS);
    let address = place.prosody.address();
    let roster = |name: &str| {
        slixmpp::ask(address, &json!({"do": "login", "username": name, "password": PASSWORD}))["roster"].clone()
    };
    place.prosody.wait_until_answered();
    let mut romeo = place.user("romeo");
    // Whoever has asked for the roster is told of its changes.
    romeo.ask("get", "romeo@example.com", &query(ROSTER, None));
    let [web, app] = [Made::of(&romeo.invite()), Made::of(&romeo.invite())];
    for made in [&web, &app] {
        let expected = format!("xmpp:romeo@example.com?roster;preauth={};ibr=y", made.app_token());
        assert_eq!(made.uri, expected);
        assert_eq!(made.app_token(), made.token(), "it is that of the link");
    }
    let sent = Form::open(&place.served, "/register", web.token()).send(&place.served, "juliet", PASSWORD);
    assert_eq!(sent.status, 303, "{}", place.served.log());
    assert_eq!(roster("juliet"), json!({"romeo@example.com": "both"}));
    let registration = json!({"do": "register", "token": app.app_token(), "username": "nurse", "password": PASSWORD});
    assert_eq!(slixmpp::ask(address, &registration), json!({"ok": true}), "{}", place.prosody.log());
    assert_eq!(roster("nurse"), json!({"romeo@example.com": "both"}));
    assert_eq!(roster("romeo"), json!({"juliet@example.com": "both", "nurse@example.com": "both"}));
    // Who invites is told of it without asking.
    assert_eq!(romeo.ask("get", NAME, "<ping xmlns='urn:xmpp:ping'/>").attr("type"), Some("result"));
    let pushes = romeo.others.iter().filter_map(|stanza| stanza.get_child("query", ROSTER)?.children().next());
    let friends: BTreeSet<_> =
        pushes.filter(|item| item.attr("subscription") == Some("both")).filter_map(|item| item.attr("jid")).collect();
    assert_eq!(friends, BTreeSet::from(["juliet@example.com", "nurse@example.com"]), "{:?}", romeo.others);
    for made in [&web, &app] {
        assert_eq!(place.served.client().get(&format!("/invite?{}", made.token())).status, 410);
    }
    assert!(place.invites().iter().all(|invite| invite["status"] == "redeemed"), "{:?}", place.invites());
    let again = json!({"do": "register", "token": app.app_token(), "username": "mercutio", "password": PASSWORD});
    assert_eq!(slixmpp::ask(address, &again)["error"], "forbidden", "once is all");
}

#[test]
fn a_server_without_its_admin_socket_is_no_reason_to_refuse() {
    if slixmpp::is_missing() {
        return;
    }
    let backend = |_: &_| "[hosts.\"example.com\".backend]\nkind = \"prosody\"\nsocket = \"/nonexistent\"\n".into();
    let place = Place::with(backend, LISTS);
    let made = Made::of(&place.user("romeo").invite());
    assert_eq!(place.served.client().get(&format!("/invite?{}", made.token())).status, 200);
    assert!(made.uri.starts_with("xmpp:romeo@example.com?roster"), "{made:?}");
    assert_eq!(place.newest(1)["uri"], json!(made.uri), "no server is needed for it");
    Made::of(&place.user("admin").create(&[("username", "juliet")]));
    assert_eq!(place.newest(2)["username"], "juliet");
}

#[test]
fn an_account_is_made_as_the_form_says() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::with_backend(LISTS);
    let mut admin = place.user("admin");
    let answer = admin.run(CREATE_ACCOUNT, "action='execute'", "");
    let asked = Command::of(&answer);
    assert_eq!((asked.node.as_str(), asked.status.as_str()), (CREATE_ACCOUNT, "executing"));
    assert!(asked.session.is_some_and(|session| session.len() >= 16), "it cannot be guessed: {answer:?}");
    assert_eq!(asked.actions, Some((Some("complete".into()), vec!["complete".into()])));
    let form = asked.form.expect("a form");
    assert_eq!(form.kind, "form");
    assert_eq!(
        (form.field("username").kind.as_str(), form.field("roster-subscription").kind.as_str()),
        ("text-single", "boolean")
    );
    assert!(form.fields.iter().all(|field| !field.is_required), "Conversations minds: {answer:?}");
    let known = ["FORM_TYPE", "username", "roster-subscription"];
    assert!(form.fields.iter().all(|field| known.contains(&&*field.var)), "{answer:?}");
    assert!(place.invites().is_empty());

    let admins = "xmpp:admin@example.com?roster;preauth=TOKEN;ibr=y";
    let cases: [(&[(&str, &str)], _, _, _, _); 10] = [
        (&[], "account", None, None, "xmpp:example.com?register;preauth=TOKEN"),
        (&[("username", "")], "account", None, None, "xmpp:example.com?register;preauth=TOKEN"),
        (&[("username", "Juliet")], "account", Some("juliet"), None, "xmpp:juliet@example.com?register;preauth=TOKEN"),
        (&[("roster-subscription", "1")], "contact", None, Some("admin@example.com"), admins),
        (&[("roster-subscription", "true"), ("username", "")], "contact", None, Some("admin@example.com"), admins),
        (
            &[("username", "nurse"), ("roster-subscription", "true")],
            "contact",
            Some("nurse"),
            Some("admin@example.com"),
            admins,
        ),
        (&[("roster-subscription", "0")], "account", None, None, "xmpp:example.com?register;preauth=TOKEN"),
        (
            &[("roster-subscription", "false"), ("username", "paris")],
            "account",
            Some("paris"),
            None,
            "xmpp:paris@example.com?register;preauth=TOKEN",
        ),
        (
            &[("FORM_TYPE", CREATE_ACCOUNT), ("username", "friar")],
            "account",
            Some("friar"),
            None,
            "xmpp:friar@example.com?register;preauth=TOKEN",
        ),
        (&[("shoe-size", "43")], "account", None, None, "xmpp:example.com?register;preauth=TOKEN"),
    ];
    for (number, (fields, kind, username, contact, uri)) in cases.into_iter().enumerate() {
        let answer = admin.create(fields);
        let made = Made::of(&answer);
        assert_eq!(Command::of(&answer).node, CREATE_ACCOUNT);
        let invite = place.newest(number + 1);
        assert_eq!(
            [&invite["kind"], &invite["username"], &invite["contact"], &invite["source"], &invite["landing_page"]],
            [
                &json!(kind),
                &json!(username),
                &json!(contact),
                &json!("xmpp/admin@example.com"),
                &json!(made.landing_page)
            ],
            "{fields:?}: {invite}"
        );
        assert_eq!(made.uri.replace(made.app_token(), "TOKEN"), uri, "{fields:?}");
        assert_eq!(place.served.client().get(&format!("/invite?{}", made.token())).status, 200);
    }
    // Bound to its name on the web, as in an app.
    let made = Made::of(&admin.create(&[("username", "rosaline")]));
    let form = Form::open(&place.served, "/register", made.token());
    assert_eq!(form.send(&place.served, "tybalts-friend", PASSWORD).status / 100, 4);
    assert_eq!(form.send(&place.served, "rosaline", PASSWORD).status, 303, "{}", place.served.log());
    assert!(place.prosody.lets_in("rosaline", PASSWORD));
}

#[test]
fn a_form_is_sent_with_whatever_action_a_client_knows() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::new(LISTS);
    let mut admin = place.user("admin");
    for (number, action) in ["action='complete'", "action='execute'", "action='next'", ""].into_iter().enumerate() {
        let session = admin.begin();
        let name = format!("juliet{number}");
        let answer = admin.run(
            CREATE_ACCOUNT,
            &format!("{action} sessionid='{session}'"),
            &crate::component::adhoc::submission(&[("username", &name)]),
        );
        Made::of(&answer);
        assert_eq!(place.newest(number + 1)["username"], name, "{action}");
    }
}

#[test]
fn what_is_unknown_or_not_allowed_is_refused() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::new(LISTS);
    let (mut admin, mut romeo, mut tybalt) = (place.user("admin"), place.user("romeo"), place.user("tybalt"));
    let is = |answer: &minidom::Element, kind: &str, condition: &str| {
        assert_eq!(refused(answer), (kind.into(), condition.into()), "{answer:?}");
    };
    for user in [&mut admin, &mut tybalt] {
        for node in ["urn:xmpp:invite#nothing", "urn:xmpp:invite", "", COMMANDS] {
            is(&user.run(node, "action='execute'", ""), "cancel", "item-not-found");
        }
        let without_node = format!("<command xmlns='{COMMANDS}' action='execute'/>");
        let answer = user.ask("set", NAME, &without_node);
        assert!(["item-not-found", "bad-request"].contains(&&*refused(&answer).1), "{answer:?}");
    }
    for action in ["execute", "complete", "next", "cancel"] {
        let attributes = format!("action='{action}'");
        is(&tybalt.run(INVITE, &attributes, ""), "auth", "forbidden");
        is(&romeo.run(CREATE_ACCOUNT, &attributes, ""), "auth", "forbidden");
    }
    let session = admin.begin();
    is(&romeo.submit(&session, &[("username", "juliet")]), "auth", "forbidden");

    for user in [&mut admin, &mut tybalt] {
        for kind in ["get", "set"] {
            for unknown in ["<query xmlns='urn:example:unknown'/>", "<vCard xmlns='vcard-temp'/>"] {
                is(&user.ask(kind, NAME, unknown), "cancel", "service-unavailable");
            }
        }
        // A command is set, and never got.
        let answer = user.ask("get", NAME, &command(INVITE, "action='execute'", ""));
        assert_eq!(answer.attr("type"), Some("error"), "{answer:?}");
        let answer = user.ask("get", NAME, "<ping xmlns='urn:xmpp:ping'/>");
        assert_eq!((answer.attr("type"), answer.children().count()), (Some("result"), 0), "{answer:?}");
        // Nobody lives there.
        let answer = user.ask("get", "somebody@invites.example.com/phone", &query(INFO, None));
        assert_eq!(answer.attr("type"), Some("error"), "{answer:?}");
    }
    assert!(place.invites().is_empty());

    // What is no question has no answer.
    let not_asked = [
        format!("<message to='{NAME}' type='chat'><body>hello</body></message>"),
        format!("<message to='{NAME}' type='error'/>"),
        format!("<presence to='{NAME}'/>"),
        format!("<presence to='{NAME}' type='error'/>"),
        format!("<iq to='{NAME}' type='result' id='r'>{}</iq>", query(INFO, None)),
        format!("<iq to='{NAME}' type='error' id='e'>{}</iq>", command(INVITE, "", "")),
    ];
    for stanza in &not_asked {
        romeo.send(stanza);
    }
    assert_eq!(romeo.commands(), [INVITE]);
    assert_eq!(romeo.commands(), [INVITE]);
    assert!(romeo.others.is_empty(), "{:?}", romeo.others);
    assert!(place.invites().is_empty());
}

#[test]
fn invites_of_users_are_counted_and_logged_without_their_tokens() {
    if slixmpp::is_missing() {
        return;
    }
    let metrics = |_: &_| "[metrics]\nlisten = [\"127.0.0.1:0\"]\n".into();
    let place = Place::with(metrics, &format!("{LISTS}per_user = \"2/d\"\n"));
    let mut romeo = place.user("romeo");
    let made = [Made::of(&romeo.invite()), Made::of(&romeo.invite())];
    assert_eq!(romeo.invite().attr("type"), Some("error"));
    let line = place.served.wait_log("event=invite.created");
    for field in ["source=xmpp/romeo@example.com", "host=example.com", " request.id="] {
        assert!(line.contains(field), "{line}");
    }
    let address = place.served.wait_log("metrics on http://");
    let address = address.rsplit_once("http://").unwrap().1.trim().parse().unwrap();
    let text = http::Client::tcp(address).get("/metrics").text();
    for series in
        ["created_total{host=\"example.com\",key=\"xmpp\"} 2", "refused_total{host=\"example.com\",key=\"xmpp\"} 1"]
    {
        assert!(text.lines().any(|line| line == format!("invited_invites_{series}")), "{series}: {text}");
    }
    assert!(!text.contains("romeo"), "users are no series of their own");
    for made in made {
        assert!(!place.served.log().contains(made.token()));
    }
    assert!(!place.served.log().contains("component's"), "its secret is in the log");
}
