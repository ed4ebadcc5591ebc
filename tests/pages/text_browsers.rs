//! The pages as text browsers show them: in the order in which they are read, and with blanks between what stands apart.

use crate::common;

use std::process::Command;

use common::{Scratch, Served};

/// A host whose form is open, and whose server is not there.
const HOST: &str =
    "site_name = \"Maple Street\"\n[hosts.\"example.com\".backend]\nkind = \"prosody\"\nsocket = \"/nonexistent\"\n";

struct Place {
    _scratch: Scratch,
    _served: Served,
    link: String,
}

impl Place {
    fn new() -> Self {
        let listener = common::listener();
        let base = format!("http://{}/", listener.local_addr().unwrap());
        let scratch = Scratch::new(&format!("public_url = \"{base}\"\n[hosts.\"example.com\"]\n{HOST}"));
        let served = scratch.serve_activated(vec![listener.into()], "http", &[]);
        served.wait_log("the XMPP server is away");
        let link = scratch.ok(&["invite", "create", "--inviter", "Anna", "--uses", "3"]).trim().to_owned();
        Self { _scratch: scratch, _served: served, link }
    }

    /// What a browser writes of the page at `target`, which stands in place of `invite`; with one blank for each gap.
    fn shown(&self, browser: &[&str], target: &str) -> Option<String> {
        let link = self.link.replace("/invite?", target);
        let mut command = Command::new(browser[0]);
        for proxy in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env_remove(proxy);
        }
        let home = tempfile::tempdir().unwrap();
        command.args(&browser[1..]).arg(link).env("HOME", home.path()).env("LC_ALL", "C.UTF-8");
        let Ok(output) = command.output() else {
            println!("SKIPPED {}: there is no {}; tests/run installs it", browser[0], browser[0]);
            return None;
        };
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}: {}", browser[0], String::from_utf8_lossy(&output.stderr));
        Some(shown.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// Holds that `parts` stand in `text` in this order.
fn assert_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        rest = rest.split_once(part).unwrap_or_else(|| panic!("no {part:?} at its place in {text}")).1;
    }
}

fn reads(browser: &[&str]) {
    let place = Place::new();
    let Some(landing) = place.shown(browser, "/invite?") else { return };
    // After the address, in groups.
    let code = landing.split_once("Enter this code at ").unwrap().1.split(' ').skip(1).take(4).collect::<Vec<_>>();
    assert!(code.iter().all(|group| group.len() == 4 && group.chars().all(|c| c.is_ascii_alphanumeric())), "{code:?}");
    assert_order(
        &landing,
        &[
            "Maple Street",
            "Anna invites you to chat on Maple Street",
            "Chat with people here",
            "Accounts cannot be created on this page right now.",
            "The invite is good for 7 more days, until ",
            " UTC. It works for 3 more people.",
            "Other apps and devices",
            "Choose an app",
            "Conversations - An easy app with calls and encrypted chats. - Android",
            "Converse - Chats in the browser, without installing anything. - web browser",
            "On another device",
            &code.join(" "),
            "Scan this code",
            "Bahasa Indonesia",
        ],
    );
    let setup = place.shown(browser, "/invite/setup/dino?").unwrap();
    assert_order(
        &setup,
        &[
            "Get started with Dino",
            "A modern, tidy app for the desktop.",
            "Create your account",
            "Get Dino",
            "dino.im Elsewhere: Flathub Website of Dino",
            "Log in",
            "Open Dino and log in with your address and your password.",
            "At the first start, choose to log in, not to create an account.",
            "Back to the invite",
        ],
    );
}

#[test]
fn w3m_reads_in_order_with_blanks_between() {
    reads(&["w3m", "-dump", "-cols", "400"]);
}

#[test]
fn lynx_reads_in_order_with_blanks_between() {
    reads(&["lynx", "-dump", "-nolist", "-width=400", "-display_charset=utf-8"]);
}
