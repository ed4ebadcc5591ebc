//! The pages in a real browser: headless Chromium, driven over `WebDriver` by `drive.py`, before a real service that makes
//! its accounts on a real Prosody. What each scenario does is in `drive.py`; here is what it is given, and what must be
//! true afterwards.
//!
//! Needs Debian's chromium, chromium-driver and zbar-tools, and what `tests/run` puts below `target/`. Screenshots are kept
//! in `target/browser`.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/prosody.rs"]
mod prosody;

use std::path::Path;
use std::process::Command;

use common::{Scratch, Served};
use prosody::{Prosody, Storage};
use serde_json::{Value, json};

/// A service at an address of its own, below `prefix`, with a Prosody behind it.
struct Place {
    scratch: Scratch,
    _served: Served,
    prosody: Prosody,
    base: String,
}

impl Place {
    fn new(prefix: &str) -> Self {
        let prosody = Prosody::with_clients(Storage::Internal);
        let listener = common::listener();
        let base = format!("http://{}/{prefix}", listener.local_addr().unwrap());
        let scratch = Scratch::new(&format!(
            "public_url = \"{base}\"\n[http]\nauth_failures = \"3/h\"\n[hosts.\"example.com\"]\nsite_name = \"Example Chat\"\n\
             webchat_url = \"https://chat.example.com/\"\nterms_url = \"https://example.com/terms\"\n\
             privacy_url = \"https://example.com/privacy\"\ncontact = \"xmpp:support@example.com\"\n\
             [hosts.\"example.com\".backend]\nkind = \"prosody\"\nsocket = \"{}\"\n",
            prosody.socket().display()
        ));
        let served = scratch.serve_activated(vec![listener.into()], "http", &[]);
        Self { scratch, _served: served, prosody, base }
    }

    /// The link of a new invite.
    fn invite(&self, arguments: &[&str]) -> String {
        self.scratch.ok(&[&["invite", "create"], arguments].concat()).trim().to_owned()
    }

    fn invites(&self) -> Vec<Value> {
        let list: Value = serde_json::from_str(&self.scratch.ok(&["invite", "list", "--json"])).unwrap();
        list["invites"].as_array().unwrap().clone()
    }

    /// The accounts that were made, in the order of the invites.
    fn accounts(&self) -> Vec<String> {
        let mut accounts = vec![];
        for invite in self.invites().iter().rev() {
            let shown: Value =
                serde_json::from_str(&self.scratch.ok(&["invite", "show", invite["id"].as_str().unwrap(), "--json"]))
                    .unwrap();
            for redemption in shown["redemptions"].as_array().unwrap() {
                assert_eq!(redemption["via"], "web");
                accounts.push(redemption["account"].as_str().unwrap().to_owned());
            }
        }
        accounts
    }

    /// Has the browser go through a scenario. False if it cannot be driven here, which is told.
    fn drive(&self, scenario: &str, given: &Value) -> bool {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (python, axe) =
            (root.join("target/python/bin/python"), root.join("target/browser-tools/node_modules/axe-core/axe.min.js"));
        for needed in [
            Path::new("/usr/bin/chromium"),
            Path::new("/usr/bin/chromedriver"),
            Path::new("/usr/bin/zbarimg"),
            &python,
            &axe,
        ] {
            if !needed.exists() {
                println!("SKIPPED {scenario}: there is no {}; tests/run installs it", needed.display());
                return false;
            }
        }
        let shots = root.join("target/browser");
        std::fs::create_dir_all(&shots).unwrap();
        let output = Command::new(&python)
            .arg(root.join("tests/browser/drive.py"))
            .args([scenario, &self.base])
            .arg(given.to_string())
            .arg(&shots)
            .arg(&axe)
            .env("SE_OFFLINE", "true")
            .output()
            .unwrap();
        let told = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).join("\n");
        assert!(output.status.success(), "{scenario}:\n{told}");
        true
    }
}

fn signs_up(prefix: &str, scripts: bool) {
    let place = Place::new(prefix);
    let given = json!({ "scripts": scripts, "link": place.invite(&[]), "other": place.invite(&[]) });
    if place.drive("signs_up", &given) {
        assert_eq!(place.accounts(), ["juliet", "juliet2"]);
    }
}

#[test]
fn a_guest_signs_up_with_scripts() {
    signs_up("", true);
}

#[test]
fn a_guest_signs_up_without_scripts() {
    signs_up("", false);
}

#[test]
fn a_guest_signs_up_below_a_prefix() {
    signs_up("some/where/", true);
}

#[test]
fn a_guest_signs_up_with_the_keyboard_alone() {
    let place = Place::new("");
    if place.drive("keyboard", &json!({ "link": place.invite(&[]) })) {
        assert_eq!(place.accounts(), ["juliet"]);
    }
}

#[test]
fn apps_lead_on_to_the_invite_or_to_an_account() {
    let place = Place::new("");
    if place.drive("apps", &json!({ "link": place.invite(&[]) })) {
        assert_eq!(place.accounts(), ["juliet"]);
    }
}

#[test]
fn a_password_is_set_once() {
    let place = Place::new("");
    let given = json!({ "link": place.invite(&[]), "reset": place.invite(&["--reset", "juliet"]) });
    place.drive("reset", &given);
}

#[test]
fn codes_are_typed_by_hand_and_guesses_are_stopped() {
    let place = Place::new("some/where/");
    place.drive("codes", &json!({ "link": place.invite(&[]) }));
}

#[test]
fn qr_codes_hold_the_link_on_screen_and_on_paper() {
    let place = Place::new("some/where/");
    place.drive("qr", &json!({ "link": place.invite(&[]) }));
}

#[test]
fn a_server_that_is_away_is_told_of_and_spends_nothing() {
    let mut place = Place::new("");
    let link = place.invite(&[]);
    place.prosody.stop();
    if place.drive("away", &json!({ "link": link })) {
        assert_eq!(place.accounts(), Vec::<String>::new());
        assert_eq!(place.invites()[0]["uses_left"], 1);
    }
}

#[test]
fn every_page_is_right_at_every_width_in_light_and_dark() {
    let place = Place::new("");
    let [revoked, expired] = [place.invite(&[]), place.invite(&["--ttl", "1ms"])];
    let id = place.invites().into_iter().find(|invite| invite["landing_page"] == *revoked).unwrap()["id"].clone();
    place.scratch.ok(&["invite", "revoke", id.as_str().unwrap()]);
    let given = json!({
        "account": place.invite(&["--uses", "3"]),
        "contact": place.invite(&["--contact", "romeo@example.com"]),
        "bound": place.invite(&["--username", "juliet"]),
        "reset": place.invite(&["--reset", "romeo"]),
        "used": place.invite(&[]),
        "revoked": revoked,
        "expired": expired,
    });
    place.drive("looks", &given);
}
