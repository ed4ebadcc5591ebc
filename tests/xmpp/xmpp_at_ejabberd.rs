//! The adapter for any server, as a client of a real ejabberd: with mod_invites from 26.01 on, and without before.

use crate::common::ejabberd;
use crate::common::slixmpp;

use std::time::Duration;

use ejabberd::Ejabberd;
use futures_lite::future::block_on;
use invited::backend::xmpp::Xmpp as Client;
use invited::backend::{Adapter as _, Mint, NewAccount, Refusal, TokenState};
use invited::config::secret::Secret;
use invited::config::{TlsUse, XmppSettings};
use invited::invite::Kind;
use jiff::Timestamp;
use serde_json::json;

const ANYBODY: Kind = Kind::Account { username: None };

#[test]
fn users_show_the_server_their_passwords() {
    let server = Ejabberd::that_bans();
    let settings = XmppSettings {
        jid: ejabberd::ADMIN.parse().unwrap(),
        password: Some(Secret::new(ejabberd::PASSWORD.into())),
        address: Some(server.c2s.to_string()),
        tls: TlsUse::Off,
    };
    let client = Client::new(&ejabberd::HOST.parse().unwrap(), &settings);
    let check = |username: &str, password: &str| block_on(client.check_password(&username.parse().unwrap(), password));
    let password = "a pass\"word' & <more>";
    for username in ["juliet", "a=b,c"] {
        let asked = json!({"user": username, "host": ejabberd::HOST, "password": password});
        assert_eq!(server.call("register", &asked).0, 200);
        assert_eq!(check(username, password), Ok(true));
        assert_eq!(check(username, "another one"), Ok(false));
    }
    for username in ["nobody", "juliet,r=fyko"] {
        assert_eq!(check(username, password), Ok(false), "{username}");
    }
    let ban = json!({"user": "juliet", "host": ejabberd::HOST, "reason": "a test"});
    assert_eq!(server.call("ban_account", &ban).0, 200);
    assert_eq!(check("juliet", password), Ok(false), "a banned account is nobody's");
}

#[test]
fn tokens_are_made_used_once_and_seen_to_be_used_where_there_are_any() {
    if slixmpp::is_missing() {
        return;
    }
    let with_invites = Ejabberd::with_invites(&[], "https://invite.example.com/invite?{{ invite.token }}");
    let is_new = with_invites.is_some();
    let server = with_invites.unwrap_or_else(Ejabberd::start);
    let settings = XmppSettings {
        jid: ejabberd::ADMIN.parse().unwrap(),
        password: Some(Secret::new(ejabberd::PASSWORD.into())),
        address: Some(server.c2s.to_string()),
        tls: TlsUse::Off,
    };
    let client = Client::new(&ejabberd::HOST.parse().unwrap(), &settings);
    let examination = block_on(client.examine("https://invite.example.com/"));
    if !is_new {
        let said: Vec<_> = examination.findings.iter().map(|finding| finding.what.as_str()).collect();
        assert!(
            matches!(said[..], [sign_up, command] if sign_up.contains("XEP-0445") && command.contains("XEP-0401")),
            "{said:?}"
        );
        return;
    }
    assert_eq!(examination.findings, [], "{examination:?}");
    let mint = || {
        let wanted =
            Mint { kind: &ANYBODY, groups: &[], roles: &[], ttl: Duration::from_hours(1), spares_admins: true };
        block_on(client.mint(&wanted)).unwrap().token
    };
    let ended = |tokens: &[&str]| block_on(client.ended(tokens)).unwrap();

    // In an app.
    let token = mint();
    for _ in 0..5 {
        assert_eq!(ended(&[&token]), []);
    }
    let race =
        json!({"do": "race", "token": token, "usernames": ["one", "two", "three"], "password": "a long password"});
    let raced = slixmpp::ask(server.c2s, &race);
    let let_in = raced.as_array().unwrap().iter().filter(|guest| guest["ok"] == true).count();
    assert_eq!(
        (let_in, ended(&[&token])),
        (1, vec![(0, TokenState::Used(None))]),
        "docs/any-server.md says that one is let in"
    );

    // On the web.
    let (username, password, token) = ("juliet".parse().unwrap(), Secret::new("a long password".into()), mint());
    let account = NewAccount {
        username: &username,
        password: &password,
        contact: None,
        groups: &[],
        roles: &[],
        token: Some(&token),
        client: None,
        not_after: Timestamp::MAX,
    };
    assert_eq!(block_on(client.create(&account)), Ok(()));
    assert_eq!(ended(&[&token]), [(0, TokenState::Used(None))]);
    assert_eq!(block_on(client.create(&account)), Err(Refusal::NoToken.into()));
    let theirs = XmppSettings { jid: "juliet@example.com".parse().unwrap(), password: Some(password), ..settings };
    assert_eq!(block_on(Client::new(&ejabberd::HOST.parse().unwrap(), &theirs).keep()), Ok(()), "juliet can log in");
}
