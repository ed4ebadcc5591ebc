//! Sign-up in an app, by a client that is not ours, on a real Prosody: it obeys what the ledger says.

use crate::common;
use crate::common::form;
use crate::common::prosody;
use crate::common::slixmpp;

use common::docs::{block, page};
use common::{CONFIG, Scratch, Served, now};
use form::Form;
use futures_lite::future::block_on;
use invited::config::{LedgerSettings, LedgerUrl};
use invited::invite::AppToken;
use invited::ledger::{Kept, Ledger};
use prosody::{CLIENT_MODULES, HOST, OwnToken, Prosody, Storage};
use serde_json::{Value, json};
use slixmpp::User;
use std::time::Duration;

const PASSWORD: &str = "correct horse battery staple";
const ALL_SCOPES: [&str; 7] = ["create", "contact", "reset", "roles", "read", "revoke", "redeem"];

/// `invited` beside a Prosody.
struct Place {
    prosody: Prosody,
    scratch: Scratch,
    served: Served,
    key: String,
}

impl Place {
    fn new(storage: Storage) -> Self {
        Self::with(storage, "allow_user_invites = true")
    }

    /// The same with lines of the test's own for the host.
    fn with(storage: Storage, lines: &str) -> Self {
        let modules = [CLIENT_MODULES, &["invites_adhoc"]].concat();
        let prosody = Prosody::with_clients_and(storage, &modules, lines);
        let backend =
            format!("[hosts.\"{HOST}\".backend]\nkind = \"prosody\"\nsocket = \"{}\"\n", prosody.socket().display());
        let scratch = Scratch::new(&format!("{CONFIG}{backend}"));
        let key =
            scratch.key(&[&ALL_SCOPES.map(|scope| ["--allow", scope]).concat()[..], &["--max-uses", "10000"]].concat());
        let served = scratch.serve();
        prosody.wait_until_answered();
        Self { prosody, scratch, served, key }
    }

    fn api(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.served.api(&self.key, method, path, body)
    }

    /// Makes an invite; gives its id and its token, which is that of all its links.
    fn invite(&self, order: &Value) -> (String, String) {
        let (status, invite) = self.api("POST", "/api/v1/invites", order);
        assert_eq!(status, 201, "{invite}");
        let token = invite["token"].as_str().unwrap().to_owned();
        let uri = invite["uri"].as_str().unwrap_or_else(|| panic!("{invite}"));
        assert!(uri.contains(&format!(";preauth={token}")), "{invite}");
        assert!(invite["landing_page"].as_str().unwrap().ends_with(&format!("/invite?{token}")), "{invite}");
        (invite["id"].as_str().unwrap().to_owned(), token)
    }

    fn show(&self, id: &str) -> Value {
        self.api("GET", &format!("/api/v1/invites/{id}"), &Value::Null).1
    }

    /// Asks the client.
    fn app(&self, request: &Value) -> Value {
        slixmpp::ask(self.prosody.address(), request)
    }

    fn register(&self, token: &str, username: &str) -> Value {
        self.app(&json!({"do": "register", "token": token, "username": username, "password": "a long password"}))
    }

    /// Waits until the invite is no longer pending; gives it.
    fn wait_for_end(&self, id: &str) -> Value {
        let began = now();
        loop {
            let invite = self.show(id);
            if invite["status"] != "pending" {
                return invite;
            }
            assert!(began.elapsed() < common::PATIENCE, "{invite}");
        }
    }

    /// Puts a token of the server's into the ledger, as one that was minted for the invite.
    fn keep_with(&self, id: &str, token: &str) {
        let settings = LedgerSettings {
            url: LedgerUrl::Sqlite(self.scratch.state().join("ledger.db")),
            key_file: self.scratch.state().join("ledger.key"),
            key: None,
            retention: Duration::from_hours(24),
        };
        let ledger = Ledger::open(&settings).unwrap();
        let now = invited::clock::now();
        let expires_at = now + jiff::SignedDuration::from_mins(30);
        let sealed = ledger.seal().close(token.as_bytes());
        let out = AppToken { sealed, expires_at, is_withdrawing: false };
        let kept = block_on(ledger.keep_app_token(id.parse().unwrap(), out, now)).unwrap();
        assert!(matches!(kept, Kept::Kept(_)), "{id}");
        ledger.close();
    }

    fn is_admin(&self, username: &str) -> bool {
        let call = format!("require 'core.usermanager'.is_admin('{username}@{HOST}', '{HOST}')");
        self.prosody.lua(&format!("return tostring({call})")) == "true"
    }

    fn set_role(&self, username: &str, role: &str) {
        let code = format!(
            "local um = require 'core.usermanager' if um.set_user_role then assert(um.set_user_role('{username}', '{HOST}', '{role}')) \
             else assert(um.set_roles('{username}@{HOST}', '{HOST}', {{ ['{role}'] = true }})) end return 'done'"
        );
        assert_eq!(self.prosody.lua(&code), "done");
    }

    fn roster(&self, username: &str) -> Value {
        self.app(&json!({"do": "login", "username": username, "password": "a long password"}))["roster"].clone()
    }
}

#[test]
fn an_app_signs_up_as_the_invite_allows() {
    if slixmpp::is_missing() {
        return;
    }
    for storage in [Storage::Internal, Storage::Sql] {
        let place = Place::new(storage);
        let (id, token) = place.invite(&json!({}));
        assert_eq!(place.register(&token, "romeo"), json!({"ok": true}), "{}", place.prosody.log());
        assert_eq!(place.roster("romeo"), json!({}), "it can log in");
        let invite = place.show(&id);
        assert_eq!(
            (&invite["status"], &invite["redemptions"][0]["via"]),
            (&json!("redeemed"), &json!("app")),
            "{invite}"
        );
        assert_eq!(invite["redemptions"][0]["account"], "romeo");
        assert_eq!(place.register(&token, "tybalt"), json!({"error": "forbidden", "at": "preauth"}), "a second use");

        let (id, token) = place.invite(&json!({"username": "juliet", "contact": "romeo@example.com"}));
        assert_eq!(
            place.register(&token, "nurse"),
            json!({"error": "not-acceptable", "at": "register"}),
            "another name"
        );
        assert_eq!(place.show(&id)["status"], "pending");
        assert_eq!(place.register(&token, "juliet"), json!({"ok": true}));
        assert_eq!(place.roster("juliet"), json!({"romeo@example.com": "both"}));
        assert_eq!(place.roster("romeo"), json!({"juliet@example.com": "both"}));
        assert_eq!(place.show(&id)["status"], "redeemed");

        let (id, token) = place.invite(&json!({}));
        assert_eq!(place.api("DELETE", &format!("/api/v1/invites/{id}"), &Value::Null).0, 204);
        assert_eq!(place.register(&token, "tybalt"), json!({"error": "forbidden", "at": "preauth"}), "revoked");

        let (id, token) = place.invite(&json!({"ttl": "1s"}));
        let began = now();
        while place.show(&id)["status"] != "expired" {
            assert!(began.elapsed() < common::PATIENCE, "it does not expire");
        }
        assert_eq!(place.register(&token, "tybalt"), json!({"error": "forbidden", "at": "preauth"}), "expired");
    }
}

#[test]
fn whoever_has_an_account_uses_up_a_contact_invite() {
    if slixmpp::is_missing() {
        return;
    }
    for storage in [Storage::Internal, Storage::Sql] {
        let place = Place::new(storage);
        for name in ["romeo", "juliet"] {
            let (_, token) = place.invite(&json!({}));
            assert_eq!(place.register(&token, name), json!({"ok": true}));
        }
        let (id, token) = place.invite(&json!({"contact": "romeo@example.com"}));
        let added = place.app(&json!({"do": "add", "username": "juliet", "password": "a long password",
            "contact": "romeo@example.com", "token": token}));
        assert_eq!(added["ok"], true, "{added}");
        let invite = place.wait_for_end(&id);
        assert_eq!((&invite["status"], &invite["redemptions"][0]["account"]), (&json!("redeemed"), &json!("juliet")));
        assert_eq!(place.register(&token, "tybalt"), json!({"error": "forbidden", "at": "preauth"}));
        // Who had an account was not invited by who is a contact now.
        let tree = place.api("GET", "/api/v1/tree", &Value::Null).1;
        let accounts = tree["accounts"].as_array().unwrap();
        let is_of_key =
            |one: &Value| one["inviter"] == one["source"] && one["source"].as_str().unwrap().starts_with("key/");
        assert!(accounts.len() == 2 && accounts.iter().all(is_of_key), "{tree}");
    }
}

#[test]
fn a_contact_takes_a_use_once_and_none_while_nobody_answers() {
    if slixmpp::is_missing() {
        return;
    }
    for storage in [Storage::Internal, Storage::Sql] {
        let place = Place::new(storage);
        for name in ["romeo", "juliet", "nurse"] {
            place.prosody.add_user(name, "a long password");
        }
        let (id, token) = place.invite(&json!({"contact": "romeo@example.com"}));
        let subscribe = format!(
            "<presence type='subscribe' to='romeo@example.com'><preauth xmlns='urn:xmpp:pars:0' token='{token}'/></presence>"
        );
        let [mut juliet, mut nurse] =
            ["juliet", "nurse"].map(|name| User::log_in(place.prosody.address(), name, "a long password"));
        // Errors reach whoever is there.
        juliet.send("<presence/>");
        place.served.freeze();
        juliet.send(&subscribe);
        let refused = loop {
            let stanza = juliet.next();
            if stanza.name() == "presence" && stanza.attr("type") == Some("error") {
                break stanza;
            }
        };
        let error = refused.children().find(|child| child.name() == "error").unwrap();
        assert_eq!(error.attr("type"), Some("wait"), "{storage:?} {}", String::from(&refused));
        // What was reserved too late is free again.
        place.served.signal("CONT");
        let began = now();
        while place.roster("juliet") != json!({"romeo@example.com": "both"}) {
            assert!(began.elapsed() < common::PATIENCE, "{}", place.served.log());
            juliet.send(&subscribe);
        }
        let invite = place.wait_for_end(&id);
        assert_eq!(invite["redemptions"].as_array().unwrap().len(), 1, "{storage:?} {invite}");
        assert_eq!(invite["redemptions"][0]["account"], "juliet");
        // It has no use left: what is shown is a request as any other.
        nurse.send(&subscribe);
        nurse.ask("get", "example.com", "<ping xmlns='urn:xmpp:ping'/>");
        assert_ne!(place.roster("nurse"), json!({"romeo@example.com": "both"}), "{storage:?}");
        assert_eq!(place.roster("romeo"), json!({"juliet@example.com": "both"}), "{storage:?}");
    }
}

#[test]
fn roles_of_an_invite_are_given_in_an_app_and_on_the_web() {
    if slixmpp::is_missing() {
        return;
    }
    for storage in [Storage::Internal, Storage::Sql] {
        let place = Place::new(storage);
        let (_, token) = place.invite(&json!({"roles": ["prosody:admin"]}));
        assert_eq!(place.register(&token, "romeo"), json!({"ok": true}));
        let (status, invite) = place.api("POST", "/api/v1/invites", &json!({"roles": ["prosody:admin"]}));
        assert_eq!(status, 201, "{invite}");
        let form = Form::open(&place.served, "/register", invite["token"].as_str().unwrap());
        assert_eq!(form.send(&place.served, "juliet", PASSWORD).status, 303);
        let (_, token) = place.invite(&json!({}));
        assert_eq!(place.register(&token, "nurse"), json!({"ok": true}));
        assert_eq!(["romeo", "juliet", "nurse"].map(|name| place.is_admin(name)), [true, true, false], "{storage:?}");
    }
}

#[test]
fn an_admins_password_is_reset_by_the_command_line_alone() {
    if slixmpp::is_missing() {
        return;
    }
    for storage in [Storage::Internal, Storage::Sql] {
        let place = Place::new(storage);
        let (_, token) = place.invite(&json!({}));
        assert_eq!(place.register(&token, "juliet"), json!({"ok": true}));
        let (id, token) = place.invite(&json!({"reset": "juliet"}));
        let (status, second) = place.api("POST", "/api/v1/invites", &json!({"reset": "juliet"}));
        assert_eq!(status, 201, "{second}");
        // She becomes one while the invites are out.
        place.set_role("juliet", "prosody:admin");
        assert!(place.is_admin("juliet"), "{storage:?}");
        let (status, refused) = place.api("POST", "/api/v1/invites", &json!({"reset": "juliet"}));
        assert_eq!((status, &refused["type"]), (403, &json!("urn:invited:problem:not-allowed")), "{refused}");
        let renew = |token: &str| {
            place.app(&json!({"do": "register", "token": token, "username": "juliet", "password": "of the app's own"}))
        };
        assert_eq!(renew(&token), json!({"error": "forbidden", "at": "register"}), "{storage:?}");
        let form = Form::open(&place.served, "/reset", second["token"].as_str().unwrap());
        let page = form.send(&place.served, "juliet", PASSWORD);
        assert!(page.status >= 400 && page.status < 500, "{}: {}", page.status, page.text());
        place.served.wait_log("the account is an admin of the server");
        assert!(place.prosody.lets_in("juliet", "a long password"), "{storage:?}");
        assert_eq!(place.show(&id)["status"], "pending", "{storage:?}");
        // By command, in an app and on the web.
        let by_command = |more: &[&str]| {
            let made = place.scratch.ok(&[&["invite", "create", "--reset", "juliet", "--json"], more].concat());
            serde_json::from_str::<Value>(&made).unwrap()
        };
        let made = by_command(&["--uri"]);
        let token = made["uri"].as_str().unwrap().split("preauth=").nth(1).unwrap().split(';').next().unwrap();
        assert_eq!(renew(token), json!({"ok": true}), "{storage:?}");
        assert!(place.prosody.lets_in("juliet", "of the app's own"), "{storage:?}");
        let form = Form::open(&place.served, "/reset", by_command(&[])["token"].as_str().unwrap());
        assert_eq!(form.send(&place.served, "juliet", PASSWORD).status, 303, "{}", place.served.log());
        assert!(place.prosody.lets_in("juliet", PASSWORD), "{storage:?}");
    }
}

#[test]
fn of_four_apps_with_one_invite_one_signs_up() {
    if slixmpp::is_missing() {
        return;
    }
    for storage in [Storage::Internal, Storage::Sql] {
        let mut place = Place::new(storage);
        let race = |place: &Place, (id, token): (String, String), names: [&str; 4]| {
            let request = json!({"do": "race", "token": token, "usernames": names, "password": "a long password"});
            let outcome = place.app(&request);
            let won = outcome.as_array().unwrap().iter().filter(|one| one["ok"] == true).count();
            assert_eq!(won, 1, "{storage:?} {outcome}");
            assert_eq!(place.show(&id)["status"], "redeemed");
        };
        let (now, reloaded, restarted) = (place.invite(&json!({})), place.invite(&json!({})), place.invite(&json!({})));
        race(&place, now, ["a", "b", "c", "d"]);
        // A reload takes nothing away that holds them to that.
        place.prosody.lua(&format!("require 'core.modulemanager'.reload('{HOST}', 'invites') return 'done'"));
        race(&place, reloaded, ["e", "f", "g", "h"]);
        let logged = place.served.log_length();
        place.prosody.stop();
        place.served.wait_log_after(logged, "the XMPP server is away");
        let (status, invite) = place.api("POST", "/api/v1/invites", &json!({}));
        assert_eq!(status, 201, "invites are made all the same: {invite}");
        let page = place.served.client().get(&format!("/invite?{}", invite["token"].as_str().unwrap()));
        assert_eq!(page.status, 200);
        assert_eq!(place.served.client().get("/readyz").json()["backends"][HOST]["state"], "away");
        place.prosody.start_again();
        place.prosody.wait_until_answered();
        race(&place, restarted, ["i", "j", "k", "l"]);
    }
}

/// Such as an earlier version had minted: it works until it lapses, and holds one use of its invite.
#[test]
fn a_token_that_an_earlier_version_had_minted_is_one_use() {
    if slixmpp::is_missing() {
        return;
    }
    for storage in [Storage::Internal, Storage::Sql] {
        let mut place = Place::new(storage);
        let minted = |place: &mut Place, uses: u32| {
            let (id, token) = place.invite(&json!({"uses": uses}));
            let old = place.prosody.token(&OwnToken::account(3_600));
            place.served.kill();
            place.keep_with(&id, &old);
            place.prosody.forget_who_answers();
            place.served = place.scratch.serve();
            place.prosody.wait_until_answered();
            (id, token, old)
        };
        // An app has it.
        let (id, token, old) = minted(&mut place, 1);
        assert_eq!(place.register(&old, "romeo"), json!({"ok": true}));
        assert_eq!(place.register(&token, "tybalt"), json!({"error": "forbidden", "at": "register"}), "{storage:?}");
        let invite = place.wait_for_end(&id);
        assert_eq!(invite["redemptions"][0]["account"], "romeo", "{invite}");
        // Another app is there first, with the token of the link.
        let (id, token, old) = minted(&mut place, 1);
        assert_eq!(place.register(&token, "juliet"), json!({"ok": true}), "{}", place.served.log());
        assert_eq!(place.register(&old, "tybalt"), json!({"error": "forbidden", "at": "preauth"}), "{storage:?}");
        assert_eq!(place.show(&id)["redemptions"][0]["account"], "juliet");
        // Both, where there is a use for each; and a third one for nobody.
        let (id, token, old) = minted(&mut place, 2);
        assert_eq!(place.register(&token, "nurse"), json!({"ok": true}));
        assert_eq!(place.register(&old, "peter"), json!({"ok": true}));
        assert_eq!(place.register(&token, "tybalt")["ok"], Value::Null);
        let invite = place.wait_for_end(&id);
        assert_eq!(invite["redemptions"].as_array().unwrap().len(), 2, "{storage:?} {invite}");
        assert!(!place.prosody.lets_in("tybalt", "a long password"));
    }
}

#[test]
fn an_invite_of_the_servers_own_is_used_by_our_link_too() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::new(Storage::Internal);
    let own = place.prosody.token(&OwnToken::account(3_600));
    assert_eq!(place.served.client().get(&format!("/invite?{own}")).status, 200);
    let listed: Value = serde_json::from_str(&place.scratch.ok(&["invite", "list", "--json"])).unwrap();
    let ours = listed["invites"][0]["token"].as_str().unwrap_or_else(|| panic!("{listed}"));
    assert_ne!(ours, own);
    assert_eq!(place.register(ours, "romeo"), json!({"ok": true}), "{}", place.served.log());
    assert_eq!(place.register(&own, "tybalt"), json!({"error": "forbidden", "at": "preauth"}));
    assert_eq!(place.register(ours, "tybalt"), json!({"error": "forbidden", "at": "preauth"}));
}

#[test]
fn who_signs_up_with_a_users_own_invite_was_invited_by_them_and_who_becomes_a_contact_was_not() {
    if slixmpp::is_missing() {
        return;
    }
    for storage in [Storage::Internal, Storage::Sql] {
        let place = Place::new(storage);
        for name in ["romeo", "juliet"] {
            place.prosody.add_user(name, "a long password");
        }
        // Gives the token of an invite that romeo made in an app, and its id once its page was opened.
        let invite = || {
            let made = place.app(&json!({"do": "invite", "node": "urn:xmpp:invite#invite", "username": "romeo",
                "password": "a long password"}));
            let uri = made["fields"]["uri"].as_str().unwrap_or_else(|| panic!("{made}"));
            let token = uri.split("preauth=").nth(1).unwrap().split(';').next().unwrap().to_owned();
            assert_eq!(place.served.client().get(&format!("/invite?{token}")).status, 200);
            let listed: Value = serde_json::from_str(&place.scratch.ok(&["invite", "list", "--json"])).unwrap();
            (token, listed["invites"][0]["id"].as_str().unwrap().to_owned())
        };
        let (token, id) = invite();
        assert_eq!(place.register(&token, "nurse"), json!({"ok": true}), "{}", place.served.log());
        assert_eq!(place.wait_for_end(&id)["redemptions"][0]["account"], "nurse");
        let (token, id) = invite();
        let added = place.app(&json!({"do": "add", "username": "juliet", "password": "a long password",
            "contact": "romeo@example.com", "token": token}));
        assert_eq!(added["ok"], true, "{added}");
        assert_eq!(place.wait_for_end(&id)["redemptions"][0]["account"], "juliet");
        let tree = place.scratch.ok(&["invite", "tree"]);
        assert!(tree.starts_with("nurse@example.com\tromeo@example.com\tserver\t"), "{storage:?} {tree}");
        assert_eq!(tree.lines().count(), 1, "{storage:?} {tree}");
    }
}

#[test]
fn an_invite_that_a_user_made_in_an_app_is_shown_signed_up_on_and_recorded() {
    if slixmpp::is_missing() {
        return;
    }
    for storage in [Storage::Internal, Storage::Sql] {
        let place = Place::new(storage);
        let (_, token) = place.invite(&json!({}));
        assert_eq!(place.register(&token, "romeo"), json!({"ok": true}));
        let request = json!({"do": "invite", "node": "urn:xmpp:invite#invite", "username": "romeo",
            "password": "a long password"});
        let made = place.app(&request);
        let uri = made["fields"]["uri"].as_str().unwrap_or_else(|| panic!("{made}"));
        assert!(uri.contains("ibr=y"), "{uri}");
        let token = uri.split("preauth=").nth(1).unwrap().split(';').next().unwrap();
        let page = place.served.client().get(&format!("/invite?{token}"));
        assert!(page.status == 200 && page.text().contains("romeo"), "{}", page.text());
        let listed = || -> Value {
            let listed: Value = serde_json::from_str(&place.scratch.ok(&["invite", "list", "--json"])).unwrap();
            let of_server = listed["invites"].as_array().unwrap().iter().find(|invite| invite["source"] == "server");
            of_server.unwrap_or_else(|| panic!("{listed}")).clone()
        };
        assert_eq!((&listed()["status"], &listed()["contact"]), (&json!("pending"), &json!("romeo@example.com")));
        let form = Form::open(&place.served, "/register", token);
        assert_eq!(form.send(&place.served, "juliet", PASSWORD).status, 303, "{}", place.served.log());
        let invite = listed();
        assert_eq!((&invite["status"], &invite["redemptions"][0]["account"]), (&json!("redeemed"), &json!("juliet")));
        assert_eq!(invite["redemptions"][0]["via"], "web");
        assert!(place.prosody.lets_in("juliet", PASSWORD));
        assert_eq!(place.roster("romeo"), json!({"juliet@example.com": "both"}));
        assert_eq!(place.register(token, "tybalt"), json!({"error": "forbidden", "at": "preauth"}), "a second use");
        assert_eq!(form.send(&place.served, "tybalt", PASSWORD).status, 410);
        assert_eq!(place.served.client().get(&format!("/invite?{token}")).status, 410);
    }
}

#[test]
fn the_lines_of_the_page_are_all_that_is_needed() {
    let page = page("docs/prosody.md");
    let prosody = Prosody::as_told(block(page, "lua"));
    let socket = prosody.socket().display().to_string();
    let backend = block(page, "toml").replace("/var/lib/prosody/prosody.sock", &socket);
    assert!(backend.contains(&socket));
    let scratch = Scratch::new(&format!("{CONFIG}{backend}"));
    let told = scratch.ok(&["check", "--connect"]);
    let version = prosody.version();
    assert!(told.starts_with(&format!("example.com: Prosody {version}\n")) && !told.contains("missing: "), "{told}");
    let advice: Vec<_> = told.lines().filter_map(|line| line.trim().strip_prefix("advice: ")).collect();
    assert_eq!(advice.len(), 2, "{told}");
    assert!(advice[0].starts_with("storage is") && advice[1].starts_with("groups of invites"), "{told}");
    assert!(scratch.ok(&["invite", "create", "--uri"]).contains("xmpp:example.com?register;preauth="));
    let access = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&socket).unwrap().permissions());
    assert_eq!(access & 0o777, 0o770, "our group may use it");
    // An invite that a user makes in an app leads here, and is for the server.
    let made = prosody.lua(&format!(
        "return prosody.hosts['{HOST}'].modules.invites.create_contact('romeo', true, {{}}).landing_page or 'none'"
    ));
    let token_in = |link: &str| {
        let token = link.strip_prefix("https://invite.example.com/invite?").unwrap_or_else(|| panic!("{link}"));
        token.to_owned()
    };
    let served = scratch.serve();
    assert_eq!(served.client().get(&format!("/invite?{}", token_in(&made))).status, 200);
    // And so does a link that an admin makes for somebody who has forgotten a password.
    prosody.add_user("romeo", "a long password");
    let made = prosody.lua(&format!(
        "return prosody.hosts['{HOST}'].modules.invites.create_account_reset('romeo', 3600).landing_page or 'none'"
    ));
    let token = token_in(&made);
    let page = served.client().get(&format!("/invite?{token}"));
    assert!(page.status == 200 && page.text().contains("/reset?"), "{}", page.text());
    assert_eq!(Form::open(&served, "/reset", &token).send(&served, "romeo", PASSWORD).status, 303, "{}", served.log());
    assert!(prosody.lets_in("romeo", PASSWORD));
}

#[test]
fn an_account_has_the_same_role_wherever_it_is_made() {
    if slixmpp::is_missing() {
        return;
    }
    for (line, role) in [("", "prosody:registered"), ("register_ibr_default_role = \"prosody:guest\"", "prosody:guest")]
    {
        let place = Place::with(Storage::Internal, line);
        let (_, token) = place.invite(&json!({}));
        assert_eq!(place.register(&token, "romeo"), json!({"ok": true}));
        let (_, invite) = place.api("POST", "/api/v1/invites", &json!({}));
        let form = Form::open(&place.served, "/register", invite["token"].as_str().unwrap());
        assert_eq!(form.send(&place.served, "juliet", PASSWORD).status, 303);
        let role_of = |name: &str| {
            let call = format!("require 'core.usermanager'.get_user_role('{name}', '{HOST}').name");
            if place.prosody.is_13() { place.prosody.lua(&format!("return {call}")) } else { role.to_owned() }
        };
        assert_eq!([role_of("romeo"), role_of("juliet")], [role, role]);
    }
}
