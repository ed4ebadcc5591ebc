//! The whole service beside a real ejabberd with mod_invites (26.07 and later; where the tests run with an older one they
//! have nothing to show, and `tests/xmpp/ejabberd.rs` shows that such a one is known for what it is).

use crate::common;
use crate::common::ejabberd;
use crate::common::form;
use crate::common::slixmpp;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{CONFIG, Client, PATIENCE, Response, Scratch, Served, http, now};
use ejabberd::{Ejabberd, HOST};
use form::Form;
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse battery staple";
const PAGE: &str = "https://invite.example.com/invite?{{ invite.token }}";

/// `invited` beside a server.
struct Place {
    ejabberd: Ejabberd,
    scratch: Scratch,
    served: Served,
    /// Of the API.
    key: String,
}

impl Place {
    /// Nothing where there is no such server. Contact invites of `inviters` make accounts.
    fn new(inviters: &[&str]) -> Option<Self> {
        if slixmpp::is_missing() {
            return None;
        }
        let Some(ejabberd) = Ejabberd::with_invites(inviters, PAGE) else {
            println!("ejabberd {:?} has no mod_invites that can be used", ejabberd::version());
            return None;
        };
        let scratch = Scratch::new(&format!(
            "{CONFIG}[metrics]\nlisten = [\"127.0.0.1:0\"]\n[hosts.\"{HOST}\".backend]\n{}",
            ejabberd.backend()
        ));
        let key = scratch.key(&["--allow", "create", "--allow", "read", "--allow", "redeem"]);
        Some(Self { ejabberd, served: scratch.serve(), scratch, key })
    }

    fn made(&self, arguments: &[&str]) -> Vec<Value> {
        let made = self.scratch.ok(&[&["invite", "create", "--json"], arguments].concat());
        let made: Value = serde_json::from_str(&made).unwrap();
        made["invites"].as_array().map_or_else(|| vec![made.clone()], Clone::clone)
    }

    fn invites(&self) -> Vec<Value> {
        let listed: Value = serde_json::from_str(&self.scratch.ok(&["invite", "list", "--json"])).unwrap();
        listed["invites"].as_array().unwrap().clone()
    }

    fn show(&self, token: &str) -> Value {
        let invites = self.invites();
        invites.iter().find(|invite| invite["token"] == token).unwrap_or_else(|| panic!("{token}: {invites:?}")).clone()
    }

    fn page(&self, token: &str) -> Response {
        self.served.client().get(&format!("/invite?{token}"))
    }

    /// Opens the page until the invite has ended: what a server's list says may be a second old.
    fn wait_gone(&self, token: &str) {
        let began = now();
        loop {
            let page = self.page(token);
            if page.status == 410 {
                return;
            }
            assert!(page.status == 200 && began.elapsed() < PATIENCE, "{}\n{}", page.text(), self.served.log());
        }
    }

    fn app(&self, request: &Value) -> Value {
        slixmpp::ask(self.ejabberd.c2s, request)
    }

    fn register(&self, token: &str, username: &str) -> Value {
        register(self.ejabberd.c2s, token, username)
    }

    fn roster(&self, username: &str) -> Value {
        self.app(&json!({"do": "login", "username": username, "password": PASSWORD}))["roster"].clone()
    }

    fn list(&self) -> Vec<Value> {
        let (status, rows) = self.ejabberd.call("list_invites", &json!({"host": HOST}));
        assert_eq!(status, 200, "{rows}");
        rows.as_array().unwrap().clone()
    }

    /// The token in the page's link for apps.
    fn token_on(page: &Response) -> Option<String> {
        let text = page.text();
        let uri = text.split("href=\"xmpp:").nth(1)?.split('"').next()?.to_owned();
        Some(uri.split("preauth=").nth(1)?.split(['&', ';']).next()?.to_owned())
    }

    /// Has a user invite a contact in an app; gives the token and the URI.
    fn contact_invite(&self, username: &str) -> (String, String) {
        let asked =
            json!({"do": "invite", "username": username, "password": PASSWORD, "node": "urn:xmpp:invite#invite"});
        let told = self.app(&asked);
        let page = told["fields"]["landing-url"].as_str().unwrap_or_else(|| panic!("{told}"));
        let token = page.strip_prefix("https://invite.example.com/invite?").unwrap().to_owned();
        (token, told["fields"]["uri"].as_str().unwrap().to_owned())
    }

    fn api(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let headers = [&*format!("Authorization: Bearer {}", self.key), "Content-Type: application/json"];
        let mut client = self.served.client();
        client.send(http::request(method, path, &headers, &body.to_string()));
        let answer = client.read().unwrap();
        (answer.status, serde_json::from_str(&answer.text()).unwrap_or_default())
    }

    /// Makes an invite by the API.
    fn asked(&self, order: &Value) -> Value {
        let (status, invite) = self.api("POST", "/api/v1/invites", order);
        assert_eq!(status, 201, "{invite}");
        invite
    }

    /// What the API says of an invite now.
    fn again(&self, invite: &Value) -> Value {
        self.api("GET", &format!("/api/v1/invites/{}", invite["id"].as_str().unwrap()), &Value::Null).1
    }

    fn metric(&self, name: &str) -> u64 {
        let line = self.served.wait_log("metrics on http://");
        let place = line.split("metrics on http://").nth(1).unwrap().split([',', ';', ' ']).next().unwrap();
        let text = Client::tcp(place.parse().unwrap()).get("/metrics").text();
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("invited_{name}{{host=\"{HOST}\"}} ")));
        line.unwrap_or_else(|| panic!("{name}: {text}")).parse().unwrap()
    }
}

fn register(server: SocketAddr, token: &str, username: &str) -> Value {
    slixmpp::ask(server, &json!({"do": "register", "token": token, "username": username, "password": PASSWORD}))
}

fn token(invite: &Value) -> String {
    invite["token"].as_str().unwrap().to_owned()
}

/// The token for apps.
fn preauth(invite: &Value) -> String {
    invite["uri"].as_str().unwrap().split("preauth=").nth(1).unwrap().to_owned()
}

#[test]
fn of_160_guests_four_at_a_time_everybody_has_an_account() {
    const GUESTS: usize = 160;
    // One of so many comes by an app.
    const IN_APP: usize = 20;
    let Some(place) = Place::new(&[]) else { return };
    let made = place.made(&["--count", &GUESTS.to_string(), "--uri"]);
    assert_eq!(made.len(), GUESTS);
    let waiting = Mutex::new(made.iter().enumerate());
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Somebody else, whose deletions are in the way of our lists, as another node's are.
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let (_, made) = place.ejabberd.call("generate_invite", &json!({"host": HOST}));
                if let Some(uri) = made["invite_uri"].as_str() {
                    let token = uri.split("preauth=").nth(1).unwrap();
                    place.ejabberd.call("delete_invite_by_token", &json!({"host": HOST, "token": token}));
                }
            }
        });
        let guests: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let Some((at, invite)) = waiting.lock().unwrap().next() else { return };
                        let (token, username) = (token(invite), format!("guest{at}"));
                        let page = place.page(&token);
                        assert_eq!(page.status, 200, "{}\n{}", page.text(), place.served.log());
                        if at % IN_APP == 0 {
                            let out = Place::token_on(&page).unwrap();
                            // ejabberd itself fails an app now and then while a token is deleted; its user tries again.
                            let outcomes = std::iter::from_fn(|| Some(place.register(&out, &username)));
                            let mut outcomes = outcomes.take(5);
                            assert!(outcomes.any(|outcome| outcome["ok"] == true), "{}", place.served.log());
                            place.wait_gone(&token);
                        } else {
                            let sent =
                                Form::open(&place.served, "/register", &token).send(&place.served, &username, PASSWORD);
                            assert_eq!(sent.status, 303, "{}\n{}", sent.text(), place.served.log());
                        }
                    }
                })
            })
            .collect();
        let ended: Vec<_> = guests.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        is_over.store(true, Ordering::Relaxed);
        assert!(ended.iter().all(Result::is_ok));
    });
    let expected: BTreeSet<_> = (0..GUESTS).map(|at| format!("guest{at}")).collect();
    let users: BTreeSet<_> = place.ejabberd.users().into_iter().filter(|user| user != "admin").collect();
    assert_eq!(users, expected);
    let invites = place.invites();
    let account = |invite: &Value| invite["redemptions"][0]["account"].as_str().map(str::to_owned);
    assert!(invites.iter().all(|invite| invite["status"] == "redeemed"), "{invites:?}");
    assert_eq!(
        invites.iter().filter_map(account).collect::<BTreeSet<_>>(),
        expected,
        "each is recorded with its account"
    );
    let log = place.served.log();
    assert!(!log.contains(" 503 ") && !log.contains("is away"), "{log}");
}

#[test]
fn what_an_admin_ended_is_no_use_and_what_an_app_did_is_one() {
    let Some(mut place) = Place::new(&[]) else { return };
    let made = place.made(&["--count", "5", "--uri"]);
    let [used, expired, deleted, lapsed, web] = &made[..] else { panic!("{made:?}") };
    assert_eq!(place.register(&preauth(used), "romeo"), json!({"ok": true}));
    let end = |command: &str, invite: &Value| {
        let asked = json!({"host": HOST, "token": preauth(invite)});
        assert_eq!(place.ejabberd.call(command, &asked), (200, json!(0)));
    };
    end("expire_invite_by_token", expired);
    end("delete_invite_by_token", deleted);
    end("delete_invite_by_token", web);
    place.wait_gone(&token(used));
    assert_eq!(place.show(&token(used))["redemptions"][0]["account"], "romeo");
    for (invite, username) in [(expired, "nurse"), (deleted, "juliet")] {
        let page = place.page(&token(invite));
        assert_eq!(page.status, 200, "{}", place.served.log());
        let again = Place::token_on(&page).unwrap();
        assert_ne!(again, preauth(invite), "there is another token");
        assert_eq!(place.register(&again, username), json!({"ok": true}));
        place.wait_gone(&token(invite));
    }
    // Nobody had opened the page in between.
    let sent = Form::open(&place.served, "/register", &token(web)).send(&place.served, "tybalt", PASSWORD);
    assert_eq!(sent.status, 303, "{}", place.served.log());

    // A lapse while we were down, and the server has cleaned up.
    place.served.kill();
    let asked = json!({"host": HOST, "token": preauth(lapsed)});
    assert_eq!(place.ejabberd.call("expire_invite_by_token", &asked), (200, json!(0)));
    assert_ne!(place.ejabberd.call("cleanup_expired_invite_tokens", &json!({})).1, 0);
    place.served = place.scratch.serve();
    assert_eq!(place.show(&token(lapsed))["status"], "pending");
    let again = Place::token_on(&place.page(&token(lapsed))).unwrap();
    assert_eq!(place.register(&again, "mercutio"), json!({"ok": true}));
    place.wait_gone(&token(lapsed));
    let accounts: Vec<_> = place.invites().iter().map(|invite| invite["redemptions"][0]["account"].clone()).collect();
    let expected = ["romeo", "nurse", "juliet", "tybalt", "mercutio"].map(str::to_owned);
    assert_eq!(accounts.iter().map(|name| name.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(), expected.into());
}

#[test]
fn a_contact_invite_of_a_user_opens_here_and_ends_here() {
    let Some(place) = Place::new(&["romeo"]) else { return };
    for name in ["romeo", "juliet", "benvolio"] {
        place.ejabberd.register(name, PASSWORD);
    }
    let adds = |name: &str, contact: &str, token: &str| {
        let asked = json!({"do": "add", "username": name, "password": PASSWORD, "contact": contact, "token": token});
        assert_eq!(place.app(&asked)["ok"], true);
    };

    // Romeo may have accounts made: his invite signs up, too, in an app or here.
    let (token, uri) = place.contact_invite("romeo");
    assert!(uri.ends_with(";ibr=y"), "{uri}");
    let page = place.page(&token);
    assert_eq!(page.status, 200, "{}", place.served.log());
    assert!(page.text().contains(&uri.replace('&', "&amp;")), "{}", page.text());
    assert!(page.text().contains(uri.strip_suffix(";ibr=y").unwrap()) && page.text().contains("/register?t="));
    let sent = Form::open(&place.served, "/register", &token).send(&place.served, "nurse", PASSWORD);
    assert_eq!(sent.status, 303, "{}", place.served.log());
    assert_eq!(place.roster("nurse"), json!({"romeo@example.com": "both"}));
    assert_eq!(place.roster("romeo"), json!({"nurse@example.com": "both"}));
    place.wait_gone(&token);
    assert_eq!(place.register(&token, "tybalt")["error"], "item-not-found", "and in an app no longer");
    let [invite] = &place.invites()[..] else { panic!() };
    assert_eq!((&invite["source"], &invite["redemptions"][0]["via"]), (&json!("server"), &json!("web")));

    let (token, _) = place.contact_invite("romeo");
    assert_eq!(place.page(&token).status, 200);
    assert_eq!(place.register(&token, "mercutio"), json!({"ok": true}));
    place.wait_gone(&token);
    assert!(place.invites().iter().any(|invite| invite["redemptions"][0]["account"] == "mercutio"));
    adds("mercutio", "romeo@example.com", &token);
    assert_eq!(place.roster("mercutio"), json!({"romeo@example.com": "both"}), "the token was left for that");

    // Juliet may not: hers is for those who have an account, wherever it is opened.
    let (token, uri) = place.contact_invite("juliet");
    assert!(!uri.contains("ibr=y"), "{uri}");
    let page = place.page(&token);
    assert_eq!(page.status, 200, "{}", place.served.log());
    assert!(page.text().contains(&format!("href=\"{uri}\"")), "{}", page.text());
    assert!(!page.text().contains("/register") && !page.text().contains("ibr=y") && !page.text().contains("/setup/"));
    assert_eq!(place.served.client().get(&format!("/register?t={token}")).status, 403);
    assert_eq!(
        place.served.client().get(&format!("/invite/setup/gajim?{token}")).header("location"),
        Some(&*format!("/invite?{token}"))
    );
    // Whoever sends a form all the same, with what another page gave.
    let other = Form::open(&place.served, "/register", &self::token(&place.made(&[])[0]));
    let sent = other.with_token(&token).send(&place.served, "tybalt", PASSWORD);
    assert_eq!(sent.status, 403, "{}", sent.text());
    let redeem = json!({"token": token, "account": "tybalt"});
    assert_eq!(place.api("POST", "/api/v1/redeem", &redeem).0, 404);
    assert!(!place.ejabberd.users().contains("tybalt"));
    assert_eq!(place.page(&token).status, 200, "nothing was spent");
    adds("benvolio", "juliet@example.com", &token);
    place.wait_gone(&token);

    // Ended before anybody opened them here, or while they were open.
    let ended = |command: &str, token: &str| {
        let asked = json!({"host": HOST, "token": token});
        assert_eq!(place.ejabberd.call(command, &asked), (200, json!(0)));
    };
    for name in ["romeo", "juliet"] {
        let (token, _) = place.contact_invite(name);
        ended("expire_invite_by_token", &token);
        place.wait_gone(&token);
        let (token, _) = place.contact_invite(name);
        adds("benvolio", &format!("{name}@example.com"), &token);
        place.wait_gone(&token);
        for command in ["expire_invite_by_token", "delete_invite_by_token"] {
            let (token, _) = place.contact_invite(name);
            assert_eq!(place.page(&token).status, 200);
            ended(command, &token);
            place.wait_gone(&token);
            assert_eq!(place.served.client().get(&format!("/register?t={token}")).status, 410, "{command}");
        }
    }
    assert_eq!(place.page("aaaaaaaaaaaaaaaaaaaaaaaa").status, 404, "there never was one");
}

#[test]
fn a_preview_costs_no_token() {
    let Some(place) = Place::new(&[]) else { return };
    let token = token(&place.made(&[])[0]);
    let path = format!("/invite?{token}");
    for headers in [
        ["User-Agent: TelegramBot (like TwitterBot)"],
        ["User-Agent: Mozilla/5.0 (Macintosh) facebookexternalhit/1.1 Facebot Twitterbot/1.0"],
        ["Sec-Purpose: prefetch;prerender"],
    ] {
        let mut client = place.served.client();
        client.send(http::request("GET", &path, &headers, ""));
        let page = client.read().unwrap();
        assert!(page.status == 200 && page.text().contains("og:title"), "{headers:?}: {}", page.text());
    }
    assert_eq!(place.served.client().ask("HEAD", &path, &[]).status, 200);
    assert_eq!(place.served.client().get(&format!("/register?t={token}")).status, 200);
    assert_eq!(place.list(), Vec::<Value>::new());
    assert!(Place::token_on(&place.page(&token)).is_some());
    assert_eq!(place.list().len(), 1, "whoever reads it gets one");
}

#[test]
fn a_thousand_tokens_are_seen_to_come_and_then_the_web_is_the_way() {
    let Some(place) = Place::new(&[]) else { return };
    let generate = |count: usize| {
        for _ in 0..count {
            let (status, answer) = place.ejabberd.call("generate_invite", &json!({"host": HOST}));
            assert_eq!(status, 200, "{answer}");
        }
    };
    let check = || place.scratch.ok(&["check", "--connect"]);
    let open = place.asked(&json!({"uri": true}));
    assert_eq!((place.metric("backend_tokens"), place.metric("backend_tokens_limit")), (1, 1000));
    assert!(check().contains("1 of 1000 tokens"), "{}", check());

    generate(799);
    let token_of = |invite: &Value| Place::token_on(&place.page(&token(invite)));
    let another = place.asked(&json!({}));
    assert!(token_of(&another).is_some());
    place.served.wait_log("the XMPP server is close to its token limit");
    assert_eq!(place.metric("backend_tokens"), 801);
    assert!(check().contains("801 of 1000 tokens") && check().contains("cleanup_expired_invite_tokens"), "{}", check());

    generate(198);
    let last = place.asked(&json!({"uri": true}));
    assert!(last.get("web_only").is_none() && last["uri"].is_string(), "{last}");
    place.served.wait_log("the XMPP server has reached its token limit");
    let invite = place.asked(&json!({"uri": true}));
    let page = place.page(&token(&invite));
    assert!(
        page.status == 200 && Place::token_on(&page).is_none() && page.text().contains("/register?t="),
        "{}",
        page.text()
    );
    for shown in [&invite, &place.again(&invite)] {
        assert_eq!(shown["web_only"], "the host's server has as many tokens for apps as it takes", "{shown}");
        assert_eq!(shown["uri"], Value::Null);
    }
    assert!(place.again(&last).get("web_only").is_none(), "what is out is out");
    let refused = place.scratch.run(&["invite", "create", "--uri"]);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && told.contains("as many tokens as it takes"), "{told}");
    assert!(check().contains("1000 of 1000 tokens"), "{}", check());
    let sent = Form::open(&place.served, "/register", &token(&invite)).send(&place.served, "romeo", PASSWORD);
    assert_eq!(sent.status, 303, "{}", place.served.log());
    // New passwords are not counted there.
    assert!(place.made(&["--reset", "romeo", "--uri"])[0]["uri"].as_str().unwrap().contains("preauth="));

    // What an app has used makes room for another as soon as that is on record.
    assert_eq!(place.register(&preauth(&open), "juliet"), json!({"ok": true}));
    place.wait_gone(&token(&open));
    assert!(place.list().iter().all(|row| row["invitee"] == ""), "its row is gone");
    let asked = json!({"username": "", "host": HOST});
    assert_ne!(place.ejabberd.call("expire_invite_tokens", &asked).1, 0);
    assert_ne!(place.ejabberd.call("cleanup_expired_invite_tokens", &json!({})).1, 0);
    place.served.wait_log("the XMPP server is below its token limit again");
    let invite = place.asked(&json!({}));
    assert!(token_of(&invite).is_some(), "{}", place.served.log());
    assert!(place.again(&invite).get("web_only").is_none());
}

#[test]
fn an_app_from_elsewhere_signs_up_where_ip_access_lets_it() {
    // RFC 5737: nobody's, so no loopback.
    const ADDRESS: &str = "192.0.2.1";
    if ejabberd::ran_in_a_network_of_its_own(
        "ejabberd_apps::an_app_from_elsewhere_signs_up_where_ip_access_lets_it",
        ADDRESS,
    ) || slixmpp::is_missing()
    {
        return;
    }
    for (line, outcome) in [
        ("ip_access: trusted_network", json!({"error": "internal-server-error", "at": "register"})),
        ("ip_access: all", json!({"ok": true})),
    ] {
        let Some(server) = Ejabberd::with_invites_at(ADDRESS, line) else { return };
        let (_, made) = server.call("generate_invite", &json!({"host": HOST}));
        let token = made["invite_uri"].as_str().unwrap().split("preauth=").nth(1).unwrap();
        assert_eq!(register(server.c2s, token, "juliet"), outcome, "{line}");
        assert_eq!(server.users().contains("juliet"), outcome["ok"] == true);
    }
}
