//! The scripted ejabberd held against a real one, call by call: where the tests run with ejabberd 26.07 or later, both are
//! asked the same and have to answer the same.

use crate::common::ejabberd;
use crate::common::fake_ejabberd;
use crate::common::slixmpp;

use std::net::SocketAddr;

use ejabberd::{Ejabberd, HOST, call};
use fake_ejabberd::{FakeEjabberd, Version};
use serde_json::{Value, json};

const PAGE: &str = "https://invite.example.com/invite?{{ invite.token }}";

/// What is compared of an answer: its status and all of its body but what is new each time, and the words of errors that
/// have a code.
fn comparable((status, mut body): (u16, Value), secrets: &mut Vec<String>) -> (u16, Value) {
    if let Some(uri) = body["invite_uri"].as_str() {
        secrets.push(uri.split("preauth=").nth(1).unwrap().to_owned());
    }
    if let Some(object) = body.as_object_mut() {
        object.remove("message");
    }
    let mut text = body.to_string();
    for (at, secret) in secrets.iter().enumerate() {
        text = text.replace(secret, &format!("token{at}"));
    }
    let mut body: Value = serde_json::from_str(&text).unwrap();
    if let Some(rows) = body.as_array_mut() {
        for row in rows.iter_mut().filter_map(Value::as_object_mut) {
            for name in ["created_at", "expires"] {
                let time = row[name].as_str().unwrap();
                time.parse::<jiff::Timestamp>().unwrap_or_else(|_| panic!("{time} is no time"));
                let is_past = time.starts_with("1970-01-01T00:00:01Z");
                row.insert(name.into(), if is_past { "past" } else { "time" }.into());
            }
        }
        rows.sort_by_key(ToString::to_string);
    }
    (status, body)
}

/// Two servers, and the tokens that each has made, by when it made them.
struct Pair {
    places: [SocketAddr; 2],
    tokens: [Vec<String>; 2],
    /// Where the two are not the same.
    differ: Vec<String>,
}

impl Pair {
    /// Asks both; `TOKEN3` stands for the third token of each.
    fn ask(&mut self, command: &str, arguments: &Value) -> (u16, Value) {
        let [real, fake] = [0, 1].map(|at| {
            let tokens = &mut self.tokens[at];
            let mut text = arguments.to_string();
            for (number, token) in tokens.iter().enumerate() {
                text = text.replace(&format!("TOKEN{number}"), token);
            }
            comparable(call(self.places[at], command, &serde_json::from_str(&text).unwrap()), tokens)
        });
        if fake != real {
            self.differ.push(format!("{command} {arguments}\n  real: {real:?}\n  fake: {fake:?}"));
        }
        real
    }
}

#[test]
fn the_fake_answers_as_the_real_one() {
    let Some(real) = Ejabberd::with_invites(&["romeo"], PAGE) else { return };
    if slixmpp::is_missing() {
        return;
    }
    let fake = FakeEjabberd::start(Version::V26_07);
    let mut pair = Pair { places: [real.http, fake.address], tokens: [vec![], vec![]], differ: vec![] };
    let host = json!({"host": HOST});
    let of = |user: &str| json!({"user": user, "host": HOST});
    let token = |text: &str| json!({"host": HOST, "token": text});

    assert_eq!(pair.ask("registered_vhosts", &json!({})).1, json!([HOST]));
    assert!(
        call(fake.address, "status", &json!({}))
            .1
            .as_str()
            .unwrap()
            .ends_with(&format!("{} is running in that node", real.version()))
    );
    pair.ask("check_account", &of("nobody"));
    let new = |user: &str| json!({"user": user, "host": HOST, "password": "a long password"});
    for user in ["romeo", "juliet", "romeo", "a name with blanks", "a@b"] {
        pair.ask("register", &new(user));
    }
    for user in ["juliet", "nobody"] {
        pair.ask("change_password", &json!({"user": user, "host": HOST, "newpass": "a longer password"}));
    }
    pair.ask("check_account", &of("juliet"));
    for (user, password) in [("juliet", "a longer password"), ("juliet", "wrong"), ("juliet", ""), ("nobody", "wrong")]
    {
        pair.ask("check_password", &json!({"user": user, "host": HOST, "password": password}));
    }
    let roster = json!({"localuser": "juliet", "localhost": HOST, "user": "romeo", "host": HOST, "nick": "romeo", "subs": "both"});
    for groups in [("group", json!("")), ("groups", json!([]))] {
        let mut roster = roster.clone();
        roster[groups.0] = groups.1;
        pair.ask("add_rosteritem", &roster);
    }
    for (command, arguments) in [
        ("no_such_command", json!({})),
        ("check_account", json!({"host": HOST})),
        ("register", json!({})),
        ("check_account", json!({"user": "romeo", "host": HOST, "more": 1})),
        ("check_account", of("elsewhere")),
        ("list_invites", json!({"host": "elsewhere.example"})),
        ("expire_invite_by_token", token("none")),
        ("delete_invite_by_token", token("none")),
        ("generate_reset_token", json!({"username": "nobody", "host": HOST})),
    ] {
        pair.ask(command, &arguments);
    }

    assert_eq!(pair.ask("list_invites", &host), (200, json!([])));
    for _ in 0..4 {
        pair.ask("generate_invite", &host);
    }
    pair.ask("generate_reset_token", &json!({"username": "juliet", "host": HOST}));
    pair.ask("list_invites", &host);
    assert_eq!(pair.ask("expire_invite_by_token", &token("TOKEN1")), (200, json!(0)));
    assert_eq!(pair.ask("delete_invite_by_token", &token("TOKEN2")), (200, json!(0)));
    pair.ask("delete_invite_by_token", &token("TOKEN2"));
    // An app signs up with one.
    let [of_real, of_fake] = pair.tokens.clone();
    let register = |token: &str, username: &str| {
        let asked = json!({"do": "register", "token": token, "username": username, "password": "a long password"});
        slixmpp::ask(real.c2s, &asked) == json!({"ok": true})
    };
    assert!(register(&of_real[0], "nurse") && fake.preauth(&of_fake[0]) && fake.register_in_app(&of_fake[0], "nurse"));
    assert_eq!(register(&of_real[1], "tybalt"), fake.preauth(&of_fake[1]), "one that has expired");
    pair.ask("list_invites", &host);
    pair.ask("expire_invite_by_token", &token("TOKEN0"));
    pair.ask("list_invites", &host);

    // Users invite: one whose invites make accounts, one whose do not; an app signs up, and a roster takes one in.
    for (at, username, ibr) in [(5, "romeo", true), (6, "juliet", false), (7, "juliet", false)] {
        let asked = json!({"do": "invite", "username": username, "node": "urn:xmpp:invite#invite",
            "password": if username == "romeo" { "a long password" } else { "a longer password" }});
        let told = slixmpp::ask(real.c2s, &asked);
        let uri = told["fields"]["uri"].as_str().unwrap_or_else(|| panic!("{told}"));
        pair.tokens[0].push(uri.split("preauth=").nth(1).unwrap().split(';').next().unwrap().to_owned());
        let text = format!("tokenofauser{at}");
        fake.own_roster_token(&text, if username == "romeo" { "romeo" } else { "juliet" }, ibr);
        pair.tokens[1].push(text);
    }
    pair.ask("list_invites", &host);
    let [of_real, of_fake] = pair.tokens.clone();
    assert!(register(&of_real[5], "mercutio") && fake.register_in_app(&of_fake[5], "mercutio"));
    let asked = json!({"do": "add", "username": "nurse", "password": "a long password", "contact": "juliet@example.com",
        "token": of_real[6]});
    assert_eq!(slixmpp::ask(real.c2s, &asked)["ok"], true);
    fake.add_contact(&of_fake[6], "nurse");
    pair.ask("list_invites", &host);

    // Until there are a thousand: of those above four count, and one that made an account counts for romeo alone.
    for place in pair.places {
        let mut made = 0;
        while call(place, "generate_invite", &host).0 == 200 {
            made += 1;
        }
        assert_eq!(made, 1_000 - 4, "{place}");
    }
    pair.ask("generate_invite", &host);
    assert_eq!(pair.ask("generate_reset_token", &json!({"username": "juliet", "host": HOST})).0, 200, "has no limit");
    assert!(pair.differ.is_empty(), "{}", pair.differ.join("\n"));
}
