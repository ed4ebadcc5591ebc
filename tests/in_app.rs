//! Sign-up in an app, by a client that is not ours, on a real Prosody: it obeys what the ledger says.

mod common;
#[path = "common/prosody.rs"]
mod prosody;
#[path = "common/slixmpp.rs"]
mod slixmpp;

use common::{CONFIG, Scratch, Served, now};
use prosody::{CLIENT_MODULES, HOST, Prosody, Storage};
use serde_json::{Value, json};

/// `invited` beside a Prosody.
struct Place {
    prosody: Prosody,
    scratch: Scratch,
    served: Served,
    key: String,
}

impl Place {
    fn new(storage: Storage) -> Self {
        let modules = [CLIENT_MODULES, &["invites_adhoc"]].concat();
        let prosody = Prosody::with_clients_and(storage, &modules, "allow_contact_invites = true");
        let backend =
            format!("[hosts.\"{HOST}\".backend]\nkind = \"prosody\"\nsocket = \"{}\"\n", prosody.socket().display());
        let scratch = Scratch::new(&format!("{CONFIG}{backend}"));
        let key = scratch.key(&["--allow", "create", "--allow", "read", "--allow", "revoke", "--allow", "redeem"]);
        let served = scratch.serve();
        Self { prosody, scratch, served, key }
    }

    fn api(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let authorization = format!("Authorization: Bearer {}", self.key);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let headers = [authorization.as_str(), "Content-Type: application/json"];
        let mut client = self.served.client();
        client.send(common::http::request(method, path, &headers, &body));
        let response = client.read().unwrap();
        (response.status, if response.body.is_empty() { Value::Null } else { response.json() })
    }

    /// Makes an invite with its token for apps; gives its id and that token.
    fn invite(&self, mut order: Value) -> (String, String) {
        order["uri"] = true.into();
        let (status, invite) = self.api("POST", "/api/v1/invites", &order);
        assert_eq!(status, 201, "{invite}");
        let uri = invite["uri"].as_str().unwrap_or_else(|| panic!("{invite}\n{}", self.served.log()));
        let token = uri.split("preauth=").nth(1).unwrap().split(';').next().unwrap().to_owned();
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
        let (id, token) = place.invite(json!({}));
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

        let (id, token) = place.invite(json!({"username": "juliet", "contact": "romeo@example.com"}));
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

        let (id, token) = place.invite(json!({}));
        assert_eq!(place.api("DELETE", &format!("/api/v1/invites/{id}"), &Value::Null).0, 204);
        assert_eq!(place.register(&token, "tybalt"), json!({"error": "forbidden", "at": "preauth"}), "revoked");

        let (id, token) = place.invite(json!({"ttl": "1s"}));
        let began = now();
        while place.show(&id)["status"] != "expired" {
            assert!(began.elapsed() < common::PATIENCE, "it does not expire");
        }
        assert_eq!(place.register(&token, "tybalt"), json!({"error": "forbidden", "at": "preauth"}), "expired");
    }
}

#[test]
fn of_four_apps_with_one_invite_one_signs_up() {
    if slixmpp::is_missing() {
        return;
    }
    let mut place = Place::new(Storage::Internal);
    let race = |place: &Place, names: [&str; 4]| {
        let (id, token) = place.invite(json!({}));
        let outcome =
            place.app(&json!({"do": "race", "token": token, "usernames": names, "password": "a long password"}));
        let won = outcome.as_array().unwrap().iter().filter(|one| one["ok"] == true).count();
        assert_eq!(won, 1, "{outcome}");
        assert_eq!(place.show(&id)["status"], "redeemed");
    };
    race(&place, ["a", "b", "c", "d"]);
    // What holds it to that is put back after a restart, without anybody asking.
    place.prosody.stop();
    place.served.wait_log("the XMPP server is away");
    let (status, invite) = place.api("POST", "/api/v1/invites", &json!({}));
    assert_eq!((status, &invite["uri"]), (201, &Value::Null), "invites are made all the same");
    let page = place.served.client().get(&format!("/invite?{}", invite["token"].as_str().unwrap()));
    assert_eq!(page.status, 200);
    assert_eq!(place.served.client().get("/readyz").json()["backends"][HOST]["state"], "away");
    place.prosody.start_again();
    place.served.wait_log("the XMPP server is back");
    race(&place, ["e", "f", "g", "h"]);
}

#[test]
fn an_invite_that_a_user_made_in_an_app_is_shown_and_recorded() {
    if slixmpp::is_missing() {
        return;
    }
    let place = Place::new(Storage::Sql);
    let (_, token) = place.invite(json!({}));
    assert_eq!(place.register(&token, "romeo"), json!({"ok": true}));
    let request =
        json!({"do": "invite", "node": "urn:xmpp:invite#invite", "username": "romeo", "password": "a long password"});
    let made = place.app(&request);
    let uri = made["fields"]["uri"].as_str().unwrap_or_else(|| panic!("{made}"));
    let token = uri.split("preauth=").nth(1).unwrap().split(';').next().unwrap();
    let page = place.served.client().get(&format!("/invite?{token}"));
    // Without a right to invite to the server, it makes a contact alone, which only the contact's own store knows.
    let adopted = uri.contains("ibr=y");
    assert_eq!(page.status, if adopted { 200 } else { 404 }, "{uri}");
    let listed = place.scratch.ok(&["invite", "list", "--json"]);
    assert_eq!(listed.contains("\"server\""), adopted, "{listed}");
}
