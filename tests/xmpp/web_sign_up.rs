//! Sign-up and new passwords on the web, end to end: our form, a real server, and a login by a client that is not ours.

use crate::common;
use crate::common::ejabberd;
use crate::common::form;
use crate::common::prosody;
use crate::common::slixmpp;

use std::net::SocketAddr;

use common::{CONFIG, Response, Scratch, Served};
use ejabberd::Ejabberd;
use form::Form;
use prosody::{HOST, Prosody, Storage};
use serde_json::{Value, json};

/// The account that makes invites where we are a client of the server.
const ADMIN: &str = "invites-admin@example.com";
const PASSWORD: &str = "correct horse \"battery\" & stäple";

enum Server {
    Prosody(Prosody),
    Ejabberd(Ejabberd),
    /// A Prosody that we know of as any server.
    Xmpp(Prosody),
}

impl Server {
    fn backend(&self) -> String {
        match self {
            Self::Prosody(prosody) => format!("kind = \"prosody\"\nsocket = \"{}\"\n", prosody.socket().display()),
            Self::Ejabberd(ejabberd) => ejabberd.backend(),
            Self::Xmpp(prosody) => format!(
                "kind = \"xmpp\"\njid = \"{ADMIN}\"\npassword = {PASSWORD:?}\naddress = \"{}\"\ntls = \"off\"\n",
                prosody.address()
            ),
        }
    }

    fn clients(&self) -> SocketAddr {
        match self {
            Self::Prosody(prosody) | Self::Xmpp(prosody) => prosody.address(),
            Self::Ejabberd(ejabberd) => ejabberd.c2s,
        }
    }

    fn stop(&mut self) {
        match self {
            Self::Prosody(prosody) | Self::Xmpp(prosody) => prosody.stop(),
            Self::Ejabberd(ejabberd) => ejabberd.stop(),
        }
    }

    fn start_again(&mut self) {
        match self {
            Self::Prosody(prosody) | Self::Xmpp(prosody) => prosody.start_again(),
            Self::Ejabberd(ejabberd) => ejabberd.restart(),
        }
    }
}

/// `invited` beside a server.
struct Place {
    server: Server,
    scratch: Scratch,
    served: Served,
}

impl Place {
    fn beside(server: Server) -> Self {
        let scratch = Scratch::new(&format!("{CONFIG}[hosts.\"{HOST}\".backend]\n{}", server.backend()));
        Self { served: scratch.serve(), server, scratch }
    }

    /// Makes an invite; gives its token.
    fn invite(&self, arguments: &[&str]) -> String {
        let link = self.scratch.ok(&[&["invite", "create"], arguments].concat());
        link.trim_end().split_once('?').unwrap().1.to_owned()
    }

    fn show(&self, token: &str) -> Value {
        let listed: Value = serde_json::from_str(&self.scratch.ok(&["invite", "list", "--json"])).unwrap();
        listed["invites"].as_array().unwrap().iter().find(|invite| invite["token"] == token).unwrap().clone()
    }

    /// Opens a form, fills it in and sends it, as a browser would.
    fn fill_in(&self, path: &str, token: &str, username: &str, password: &str) -> Response {
        let form = Form::open(&self.served, path, token);
        form.send(&self.served, username, password)
    }

    fn login(&self, username: &str, password: &str) -> Value {
        slixmpp::ask(self.server.clients(), &json!({"do": "login", "username": username, "password": password}))
    }
}

fn servers() -> impl Iterator<Item = Server> {
    let start: [fn() -> Server; 3] = [
        || Server::Prosody(Prosody::with_clients(Storage::Internal)),
        || Server::Prosody(Prosody::with_clients(Storage::Sql)),
        || Server::Ejabberd(Ejabberd::start()),
    ];
    start.into_iter().map(|start| start())
}

/// What makes accounts, and nothing else.
fn any_server() -> Server {
    let lines = format!("admins = {{ \"{ADMIN}\" }}\n");
    let prosody =
        Prosody::with_clients_and(Storage::Sql, &[prosody::CLIENT_MODULES, &["invites_adhoc"]].concat(), &lines);
    let server = Server::Prosody(prosody);
    let place = Place::beside(server);
    let sent = place.fill_in("/register", &place.invite(&[]), "invites-admin", PASSWORD);
    assert_eq!(sent.status, 303, "{}", sent.text());
    let Server::Prosody(prosody) = place.server else { unreachable!() };
    Server::Xmpp(prosody)
}

#[test]
fn a_guest_signs_up_with_a_contact_and_later_gets_a_new_password() {
    if slixmpp::is_missing() {
        return;
    }
    for server in servers() {
        let place = Place::beside(server);
        let sent = place.fill_in("/register", &place.invite(&[]), "Romeo", PASSWORD);
        assert_eq!(sent.status, 303, "{}\n{}", sent.text(), place.served.log());
        let page = place.served.client().get(
            sent.header("location")
                .unwrap()
                .strip_prefix("https://invite.example.com")
                .unwrap_or(sent.header("location").unwrap()),
        );
        assert_eq!(page.status, 200);
        assert!(page.text().contains("romeo@example.com") && !page.text().contains("battery"));
        let login = place.login("romeo", PASSWORD);
        assert_eq!(login["ok"], true, "{login}");

        let contact = place.invite(&["--contact", "romeo@example.com"]);
        assert_eq!(place.fill_in("/register", &contact, "romeo", PASSWORD).status, 409, "the name is taken");
        assert_eq!(place.show(&contact)["status"], "pending");
        assert_eq!(place.fill_in("/register", &contact, "juliet", PASSWORD).status, 303);
        assert_eq!(place.login("juliet", PASSWORD)["roster"], json!({"romeo@example.com": "both"}));
        assert_eq!(place.login("romeo", PASSWORD)["roster"], json!({"juliet@example.com": "both"}));
        let invite = place.show(&contact);
        assert_eq!((&invite["status"], &invite["redemptions"][0]["account"]), (&json!("redeemed"), &json!("juliet")));
        assert_eq!(invite["redemptions"][0]["via"], "web");

        let reset = place.invite(&["--reset", "juliet"]);
        assert_eq!(place.fill_in("/reset", &reset, "juliet", "another password that is long").status, 303);
        assert_eq!(place.login("juliet", "another password that is long")["ok"], true);
        assert_eq!(place.login("juliet", PASSWORD)["error"], "not-authorized");
        let again = place.served.client().get(&format!("/reset?t={reset}"));
        assert_eq!(again.status, 410);
        assert!(!place.served.log().contains("battery"));
    }
}

#[test]
fn a_form_of_a_sites_own_has_accounts_created_likewise() {
    if slixmpp::is_missing() {
        return;
    }
    for server in servers().chain([any_server()]) {
        let place = Place::beside(server);
        let key = place.scratch.key(&["--allow", "register"]);
        let register = |token: &str, username: &str| {
            let body = json!({ "token": token, "username": username, "password": PASSWORD }).to_string();
            let again = format!("Idempotency-Key: {token}{username}");
            let headers = [&*format!("Authorization: Bearer {key}"), "Content-Type: application/json", &*again];
            let began = common::now();
            loop {
                let mut client = place.served.client();
                client.send(common::http::request("POST", "/api/v1/register", &headers, &body));
                let answer = client.read().unwrap();
                // On a busy machine a server that is there is too slow: then the same is sent again, as the answer says.
                if answer.status != 503 || began.elapsed() > common::PATIENCE {
                    return answer;
                }
            }
        };
        let token = place.invite(&[]);
        let made = register(&token, "Romeo@example.com");
        assert_eq!(made.status, 201, "{}\n{}", made.text(), place.served.log());
        assert_eq!(made.json()["account"], "romeo@example.com");
        assert_eq!(register(&token, "Romeo@example.com").text(), made.text(), "it came again");
        assert_eq!(place.login("romeo", PASSWORD)["ok"], true);
        assert_eq!(register(&token, "tybalt").status, 410);
        assert_eq!(place.show(&token)["redemptions"][0]["via"], "api");

        let has_contacts = !matches!(place.server, Server::Xmpp(_));
        let more: &[&str] = if has_contacts { &["--contact", "romeo@example.com"] } else { &[] };
        let token = place.invite(more);
        assert_eq!(register(&token, "romeo").status, 409);
        assert_eq!(register(&token, "juliet").status, 201);
        let login = place.login("juliet", PASSWORD);
        assert_eq!(login["ok"], true, "{login}");
        if has_contacts {
            assert_eq!(login["roster"], json!({"romeo@example.com": "both"}));
        }
        assert!(!place.served.log().contains("battery"));
    }
}

/// As whoever creates an invite is told; where the server cannot be asked, guests are told later.
#[test]
fn whom_an_invite_names_the_server_is_asked_about() {
    for server in servers() {
        let mut place = Place::beside(server);
        assert_eq!(place.fill_in("/register", &place.invite(&[]), "romeo", PASSWORD).status, 303);
        for (arguments, expected) in [
            (["--username", "romeo"], "romeo has an account"),
            (["--reset", "nobody2"], "--reset: there is no account nobody2 on example.com"),
            (["--contact", "nobody2@example.com"], "--contact: there is no account nobody2 on example.com"),
        ] {
            let began = common::now();
            let refused = loop {
                let output = place.scratch.run(&[&["invite", "create"][..], &arguments].concat());
                if !output.status.success() {
                    break output;
                }
                // On a busy machine it says nothing in time, and an invite is created all the same.
                assert!(began.elapsed() < common::PATIENCE, "{arguments:?}");
                let listed = place.scratch.ok(&["invite", "list"]);
                let ids =
                    listed.lines().filter(|line| line.contains("pending")).map(|line| line.split('\t').next().unwrap());
                place.scratch.ok(&["invite", "revoke"].into_iter().chain(ids).collect::<Vec<_>>());
            };
            let told = String::from_utf8(refused.stderr).unwrap();
            assert!(refused.status.code() == Some(1) && told.contains(expected), "{told}");
        }
        place.server.stop();
        place.invite(&["--reset", "nobody2"]);
    }
}

#[test]
fn a_server_that_is_stopped_stops_sign_up_alone_and_all_heals() {
    if slixmpp::is_missing() {
        return;
    }
    for server in servers().chain([any_server()]) {
        let mut place = Place::beside(server);
        place.fill_in("/register", &place.invite(&[]), "romeo", PASSWORD);
        let token = place.invite(&[]);
        let form = Form::open(&place.served, "/register", &token);
        // On a busy machine it was away and back before.
        let logged = place.served.log_length();
        place.server.stop();
        let sent = form.send(&place.served, "juliet", PASSWORD);
        assert_eq!(sent.status, 503, "{}", sent.text());
        assert!(sent.header("retry-after").is_some() && sent.text().contains("<form"));
        place.served.wait_log_after(logged, "the XMPP server is away");
        assert_eq!(place.served.client().invite(common::KEY).status, 201);
        assert_eq!(place.served.client().get(&format!("/invite?{token}")).status, 200);
        place.server.start_again();
        place.served.wait_log_after(logged, "the XMPP server is back");
        assert_eq!(form.send(&place.served, "juliet", PASSWORD).status, 303, "{}", place.served.log());
        assert_eq!(place.login("juliet", PASSWORD)["ok"], true);
        assert_eq!(place.login("romeo", PASSWORD)["ok"], true);
    }
}

#[test]
fn a_name_that_the_server_would_change_is_told_where_it_is_typed() {
    for server in servers().chain([any_server()]) {
        let place = Place::beside(server);
        let form = Form::open(&place.served, "/register", &place.invite(&[]));
        let key = place.scratch.key(&["--allow", "create", "--allow", "reset"]);
        // Names that an XMPP server makes others of (Nodeprep): `weiss`, and `σ`.
        for username in ["weiß", "ς"] {
            let sent = form.send(&place.served, username, PASSWORD);
            assert_eq!(sent.status, 422, "{username}: {}\n{}", sent.text(), place.served.log());
            let output = place.scratch.run(&["invite", "create", "--username", username]);
            let told = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.code() == Some(2) && told.contains("Nodeprep"), "{username}: {told}");
            let has_resets = !matches!(place.server, Server::Xmpp(_));
            for field in ["username", "reset"].into_iter().filter(|field| *field == "username" || has_resets) {
                let body = json!({ field: username }).to_string();
                let headers = [&format!("Authorization: Bearer {key}"), "Content-Type: application/json"];
                let mut client = place.served.client();
                client.send(common::http::request("POST", "/api/v1/invites", &headers, &body));
                assert_eq!(client.read().unwrap().status, 422, "{field} {username}");
            }
        }
        assert_eq!(form.send(&place.served, "weiss", PASSWORD).status, 303, "the invite is still there");
        // So is one that is too long for a file's name; the longest that is not has an account.
        for (username, status) in [("ж".repeat(33), 422), ("ж".repeat(32), 303), (".".repeat(64), 303)] {
            let form = Form::open(&place.served, "/register", &place.invite(&[]));
            let sent = form.send(&place.served, &username, &"quarrel mantle orchid bridge ".repeat(40)[..1_000]);
            assert_eq!(sent.status, status, "{username}: {}\n{}", sent.text(), place.served.log());
        }
    }
}

#[test]
fn the_checks_of_an_admin_lead_to_a_server_that_works() {
    for server in servers().chain([any_server()]) {
        let place = Place::beside(server);
        let told = place.scratch.ok(&["check", "--connect"]);
        let expected = match &place.server {
            Server::Prosody(prosody) => format!("example.com: Prosody {}\n", prosody.version()),
            Server::Xmpp(_) => "example.com: Prosody\n".into(),
            Server::Ejabberd(ejabberd) => format!("example.com: {}\n", ejabberd.version()),
        };
        assert!(told.starts_with(&expected) && told.ends_with("valid: 1 host, 1 key\n"), "{told}");
    }
    let scratch =
        Scratch::new(&format!("{CONFIG}[hosts.\"{HOST}\".backend]\nkind = \"prosody\"\nsocket = \"/nowhere\"\n"));
    let output = scratch.run(&["check", "--connect"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("cannot connect to /nowhere") && text.contains("umask = \"007\""), "{text}");
}
