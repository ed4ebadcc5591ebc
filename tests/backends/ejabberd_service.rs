//! The whole service beside an ejabberd with mod_invites, scripted: one that takes tokens back, and one that does not.

use crate::common;
use crate::common::ejabberd;
use crate::common::fake_ejabberd;

use common::{CONFIG, Scratch, Served, http};
use ejabberd::{ADMIN, HOST, PASSWORD};
use fake_ejabberd::{FakeEjabberd, Version};

fn beside(server: &FakeEjabberd) -> Scratch {
    Scratch::new(&format!(
        "{CONFIG}[hosts.\"{HOST}\".backend]\nkind = \"ejabberd\"\nurl = \"http://{}/api\"\nuser = \"{ADMIN}\"\npassword = \
         {PASSWORD:?}\n",
        server.address
    ))
}

/// Makes an invite; gives its token.
fn invite(scratch: &Scratch, arguments: &[&str]) -> String {
    scratch.ok(&[&["invite", "create"], arguments].concat()).trim_end().split_once('?').unwrap().1.to_owned()
}

/// Opens the form and sends it, as a browser would; gives the status.
fn sign_up(served: &Served, token: &str, username: &str) -> u16 {
    let page = served.client().get(&format!("/register?t={token}"));
    let text = page.text();
    let csrf = text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let cookie = format!("Cookie: {}", page.header("set-cookie").unwrap().split(';').next().unwrap());
    let body = format!("token={token}&csrf={csrf}&username={username}&password=correct+horse+battery+staple");
    let headers = ["Content-Type: application/x-www-form-urlencoded", &*cookie];
    let mut client = served.client();
    client.send(http::request("POST", &format!("/register?t={token}"), &headers, &body));
    client.read().unwrap().status
}

#[test]
fn a_server_that_takes_tokens_back_gives_one_for_each_use() {
    let ejabberd = FakeEjabberd::start(Version::V26_07);
    let scratch = beside(&ejabberd);
    let served = scratch.serve();
    let token = invite(&scratch, &[]);
    assert_eq!(served.client().get(&format!("/invite?{token}")).status, 200);
    let out = ejabberd.state().tokens[0].text.clone();
    assert!(ejabberd.preauth(&out), "an app shows it, and waits");
    assert_eq!(sign_up(&served, &token, "juliet"), 303, "{}", served.log());
    assert!(!ejabberd.register_in_app(&out, "tybalt"), "the use is spent");
    assert!(ejabberd.state().accounts.keys().eq(["juliet"]));

    let token = invite(&scratch, &[]);
    assert_eq!(served.client().get(&format!("/invite?{token}")).status, 200);
    let out = ejabberd.state().tokens[0].text.clone();
    let listed: serde_json::Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    let all = listed["invites"].as_array().unwrap();
    let id = all.iter().find(|invite| invite["token"] == token.as_str()).unwrap()["id"].as_str().unwrap();
    scratch.ok(&["invite", "revoke", id]);
    assert!(!ejabberd.preauth(&out) && ejabberd.state().tokens.is_empty());

    // An invite of the server's own, opened by its link.
    ejabberd.own_token("friendfriendfriendfriend", "account_subscription", "juliet");
    assert_eq!(served.client().get("/invite?friendfriendfriendfriend").status, 200, "{}", served.log());
}

#[test]
fn a_server_that_takes_none_back_leaves_all_to_the_web() {
    let ejabberd = FakeEjabberd::start(Version::V26_01);
    let scratch = beside(&ejabberd);
    let checked = scratch.ok(&["check", "--connect"]);
    assert!(checked.contains("cannot withdraw them; they need ejabberd 26.07"), "{checked}");
    let served = scratch.serve();
    let token = invite(&scratch, &[]);
    let page = served.client().get(&format!("/invite?{token}"));
    assert!(page.status == 200 && !page.text().contains("preauth="), "{}", page.text());
    assert_eq!(sign_up(&served, &token, "juliet"), 303, "{}", served.log());
    assert!(ejabberd.state().tokens.is_empty() && ejabberd.state().accounts.keys().eq(["juliet"]));
    let output = scratch.run(&["invite", "create", "--uri"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && told.contains("no token for apps"), "{told}");
}

/// As a person types it: what was meant is told, and nothing is created.
#[test]
fn a_command_says_that_a_name_is_taken_and_that_nobody_has_it() {
    let ejabberd = FakeEjabberd::start(Version::V26_07);
    let scratch = beside(&ejabberd);
    ejabberd.state().accounts.insert("romeo".into(), PASSWORD.into());
    for (arguments, expected) in [
        (["--username", "romeo"], "romeo has an account; choose another name, or create a password reset for it"),
        (["--reset", "nobody"], "--reset: there is no account nobody on example.com"),
        (["--contact", "nobody@example.com"], "--contact: there is no account nobody on example.com"),
    ] {
        let output = scratch.run(&[&["invite", "create"][..], &arguments].concat());
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{told}");
        assert!(told.contains(expected), "{told}");
    }
    assert_eq!(scratch.ok(&["invite", "list"]), "");
    ejabberd.always("check_account", 503, "");
    invite(&scratch, &["--username", "romeo"]);
}
