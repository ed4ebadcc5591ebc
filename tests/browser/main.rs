//! The pages in a real browser: headless Chromium, driven over `WebDriver` by `drive.py`, before a real service that makes
//! its accounts on a real Prosody. What each scenario does is in `drive.py`; here is what it is given, and what must be
//! true afterwards.
//!
//! Needs Debian's chromium, chromium-driver, zbar-tools and fonts-droid-fallback, and what `tests/run` puts below `target/`.
//! Screenshots are kept in `target/browser`.

#[path = "../common/mod.rs"]
mod common;
use crate::common::{chromium, prosody};

use common::{Scratch, Served};
use invited::pages::language::Language;
use prosody::{Prosody, Storage};
use serde_json::{Value, json};

/// A service at an address of its own, below `prefix`, with a Prosody behind it.
struct Place {
    scratch: Scratch,
    served: Served,
    prosody: Prosody,
    base: String,
}

impl Place {
    fn new(prefix: &str) -> Self {
        Self::with(prefix, "")
    }

    /// With `more` in its configuration.
    fn with(prefix: &str, more: &str) -> Self {
        Self::with_host(prefix, "", more)
    }

    /// With `host` among the settings of its host.
    fn with_host(prefix: &str, host: &str, more: &str) -> Self {
        let prosody = Prosody::with_clients(Storage::Internal);
        let listener = common::listener();
        let base = format!("http://{}/{prefix}", listener.local_addr().unwrap());
        let scratch = Scratch::new(&format!(
            "public_url = \"{base}\"\n[hosts.\"example.com\"]\nsite_name = \"Example Chat\"\n\
             webchat_url = \"https://chat.example.com/\"\nterms_url = \"https://example.com/terms\"\n\
             privacy_url = \"https://example.com/privacy\"\ncontact = \"xmpp:support@example.com\"\n{host}\
             [hosts.\"example.com\".backend]\nkind = \"prosody\"\nsocket = \"{}\"\n{more}",
            prosody.socket().display()
        ));
        let served = scratch.serve_activated(vec![listener.into()], "http", &[]);
        Self { scratch, served, prosody, base }
    }

    /// The link of a new invite. Who is to be a contact, or to get a new password, has an account while it is created.
    fn invite(&self, arguments: &[&str]) -> String {
        let names = arguments.iter().position(|argument| ["--reset", "--contact"].contains(argument));
        let name = names.and_then(|at| arguments[at + 1].split('@').next());
        if let Some(name) = name {
            self.prosody.add_user(name, "a long password");
        }
        let link = self.scratch.ok(&[&["invite", "create"], arguments].concat()).trim().to_owned();
        if let Some(name) = name {
            self.prosody.remove_user(name);
        }
        link
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
        chromium::drive(scenario, &self.base, given)
    }
}

fn signs_up(prefix: &str, scripts: bool) {
    let place = Place::new(prefix);
    let (link, other, several) = (place.invite(&[]), place.invite(&[]), place.invite(&["--uses", "3"]));
    let given = json!({ "scripts": scripts, "link": link, "other": other, "several": several });
    if place.drive("signs_up", &given) {
        assert_eq!(place.accounts(), ["juliet", "juliet2", "juliet3"]);
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
fn a_guest_needs_nothing_but_the_keyboard() {
    let place = Place::new("");
    let given = json!({ "link": place.invite(&[]), "reset": place.invite(&["--reset", "juliet"]) });
    if place.drive("keyboard", &given) {
        assert_eq!(place.accounts(), ["juliet", "juliet"]);
    }
}

#[test]
fn apps_lead_on_to_the_invite_or_to_an_account() {
    for scripts in [true, false] {
        let place = Place::new("");
        let given = json!({ "scripts": scripts, "link": place.invite(&[]), "other": place.invite(&[]) });
        if place.drive("apps", &given) {
            assert_eq!(place.accounts(), ["juliet"]);
        }
    }
}

#[test]
fn an_ipad_that_calls_itself_a_mac_is_known_by_touch() {
    let place = Place::new("");
    place.drive("tablet", &json!({ "link": place.invite(&[]) }));
}

#[test]
fn a_deadline_is_in_the_readers_zone_and_language() {
    let place = Place::new("");
    place.drive("times", &json!({ "link": place.invite(&[]) }));
}

#[test]
fn a_slow_phone_shows_the_page_soon() {
    let place = Place::new("");
    place.drive("paints", &json!({ "link": place.invite(&[]) }));
}

#[test]
fn a_password_is_set_once() {
    for scripts in [true, false] {
        let place = Place::new("");
        let (link, reset) = (place.invite(&[]), place.invite(&["--reset", "juliet"]));
        if place.drive("reset", &json!({ "scripts": scripts, "link": link, "reset": reset })) {
            assert_eq!(place.accounts(), ["juliet", "juliet"]);
        }
    }
}

#[test]
fn codes_are_typed_by_hand_and_guesses_are_stopped() {
    for scripts in [true, false] {
        let place = Place::with("some/where/", "[http]\nauth_failures = \"3/h\"\n");
        place.drive("codes", &json!({ "scripts": scripts, "link": place.invite(&[]) }));
    }
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
    let logged = place.served.log_length();
    place.prosody.stop();
    place.served.wait_log_after(logged, "the XMPP server is away");
    for scripts in [true, false] {
        if place.drive("away", &json!({ "scripts": scripts, "link": link })) {
            assert_eq!(place.accounts(), Vec::<String>::new());
            assert_eq!(place.invites()[0]["uses_left"], 1);
        }
    }
}

/// Links that open nothing any more, and one that never did.
fn ended(place: &Place, given: &mut Value) {
    let host = ["--host", "example.com"];
    let revoked = place.invite(&host);
    let id = place.invites().into_iter().find(|invite| invite["landing_page"] == *revoked).unwrap()["id"].clone();
    place.scratch.ok(&["invite", "revoke", id.as_str().unwrap()]);
    given["revoked"] = revoked.into();
    given["expired"] = place.invite(&[&host[..], &["--ttl", "1ms"]].concat()).into();
    given["unknown"] = format!("{}invite?nobody-knows-this-one-00", place.base).into();
}

#[test]
fn pages_need_no_scripts() {
    let place = Place::new("some/where/");
    let (romeo, contact) = (["--username", "romeo"], ["--contact", "romeo@example.com"]);
    let mut given = json!({ "romeo": place.invite(&romeo), "contact": place.invite(&contact) });
    ended(&place, &mut given);
    place.drive("plain", &given);
}

#[test]
fn pages_are_right_at_every_width_in_light_and_dark() {
    let place = Place::with("", "[hosts.\"closed.example\"]\nsite_name = \"Closed Chat\"\n");
    let invite = |host: &str, more: &[&str]| place.invite(&[&["--host", host], more].concat());
    let mut given = json!({
        "account": invite("example.com", &["--uses", "3"]),
        "contact": invite("example.com", &["--contact", "romeo@example.com"]),
        "bound": invite("example.com", &["--username", "juliet"]),
        "reset": invite("example.com", &["--reset", "romeo"]),
        "closed": invite("closed.example", &[]),
        "closed-reset": invite("closed.example", &["--reset", "romeo"]),
    });
    ended(&place, &mut given);
    place.drive("looks", &given);
}

/// The nearest accent to `colour` that is allowed, as `check` tells it.
fn nearest_accent(colour: &str) -> String {
    let scratch = Scratch::new(&format!(
        "public_url = \"http://localhost/\"\n[hosts.\"example.com\"]\naccent_color = \"{colour}\"\n"
    ));
    let told = String::from_utf8(scratch.run(&["check"]).stderr).unwrap();
    let nearest = told.split("would do is \"").nth(1).unwrap_or_else(|| panic!("{told}"));
    nearest.split('"').next().unwrap().to_owned()
}

/// Whatever colour and logo a site has: at the edge of what is allowed, and as dark as can be.
#[test]
fn pages_are_right_in_the_colours_of_a_site() {
    let logo = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 90 20\"><path d=\"M0 0h90v20H0z\"/></svg>";
    let accents = [nearest_accent("#ffcc00"), nearest_accent("#ffffff"), "#000000".into(), "#2050a0".into()];
    for accent in accents {
        let dir = tempfile::Builder::new().prefix("invited-test-").tempdir().unwrap();
        let file = dir.path().join("logo.svg");
        std::fs::write(&file, logo).unwrap();
        let place = Place::with_host("", &format!("accent_color = \"{accent}\"\nlogo_file = {file:?}\n"), "");
        place.drive("brand", &json!({ "accent": accent, "account": place.invite(&["--uses", "3"]) }));
    }
}

/// Of the drawings of apps those are loaded that are seen.
#[test]
fn drawings_are_loaded_where_they_are_seen() {
    let place = Place::new("some/where/");
    place.drive("drawings", &json!({ "account": place.invite(&[]) }));
}

/// What the pages that `languages` opens are called.
fn titles(language: &Language) -> Value {
    let with = |id: &str, texts: &[(&str, &str)]| language.with_texts(id, texts);
    let site = ("site", "Example Chat");
    json!({
        "landing": with("landing-title-contact", &[("inviter", "romeo@example.com")]),
        "setup": with("setup-title", &[("app", "Profanity")]),
        "register": with("register-title", &[site]),
        "done": language.text("done-title"),
        "enter": language.text("enter-title"),
        "expired": language.text("gone-expired-title"),
    })
}

#[test]
fn pages_are_right_in_every_language() {
    // A wrong code in each of them would be too many from one address.
    let place = Place::with("", "[http]\nauth_failures = \"1000/m\"\n");
    let languages: Vec<_> =
        Language::all().iter().map(|language| json!([language.tag, language.dir(), titles(language)])).collect();
    let mut given = json!({
        "account": place.invite(&["--uses", "3"]),
        "contact": place.invite(&["--contact", "romeo@example.com"]),
        "languages": languages,
    });
    ended(&place, &mut given);
    if place.drive("languages", &given) {
        assert_eq!(place.accounts(), ["juliet"]);
    }
}

#[test]
fn forms_are_right_whatever_is_wrong_with_them() {
    let place = Place::new("");
    let given = json!({
        "account": place.invite(&["--uses", "3"]),
        "bound": place.invite(&["--username", "juliet"]),
        "reset": place.invite(&["--reset", "romeo"]),
    });
    if place.drive("forms", &given) {
        assert_eq!(place.accounts(), ["romeo", "juliet", "romeo"]);
    }
}

#[test]
fn invites_are_managed_with_and_without_scripts() {
    for scripts in [true, false] {
        let place = Place::with_host(
            "",
            "user_invites = { per_user = \"5/30d\" }\n",
            "[manage]\nkeys = true\n[keys.all]\nname = \"The moderators\"\nmax_uses = 10\n\
             sha256 = \"1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0\"\n\
             allow = [\"create\", \"contact\", \"reset\", \"roles\", \"read\", \"revoke\"]\n",
        );
        place.prosody.add_user("romeo", "wherefore art thou");
        if place.drive("manages", &json!({ "scripts": scripts, "key": "all/s3cret" })) {
            let sources: Vec<_> = place.invites().iter().map(|invite| invite["source"].clone()).collect();
            assert_eq!(sources, ["xmpp/romeo@example.com", "key/all"]);
        }
    }
}
