//! From a server as its package configures it to the first sign-up in an app, by nothing but what `invited check --connect`
//! says.

use crate::common;
use crate::common::prosody;
use crate::common::slixmpp;

use common::{CONFIG, Scratch};
use prosody::{HOST, Prosody};
use serde_json::json;

/// What `check --connect` says, and whether it finds everything in place.
fn checked(scratch: &Scratch) -> (bool, String) {
    let output = scratch.run(&["check", "--connect"]);
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

/// The lines that mend something, each group with where it belongs: a line that ends in a colon.
fn hints(told: &str) -> Vec<(&str, Vec<&str>)> {
    let mut hints: Vec<(&str, Vec<&str>)> = vec![];
    for line in told.lines().filter_map(|line| line.strip_prefix("    ")) {
        match (line.strip_suffix(':'), hints.last_mut()) {
            (Some(place), _) => hints.push((place, vec![])),
            (None, Some((_, lines))) => lines.push(line),
            (None, None) => panic!("{line:?} belongs nowhere: {told}"),
        }
    }
    hints
}

/// Does what the hints say to Prosody's configuration; gives what is to be run then.
fn follow(hints: &[(&str, Vec<&str>)], prosody: &Prosody) -> Vec<String> {
    let mut text = std::fs::read_to_string(prosody.configuration_file()).unwrap();
    let mut commands = vec![];
    for (place, lines) in hints {
        let lines_of = |lines: &[&str]| lines.join("\n");
        match *place {
            "prosody.cfg.lua, in modules_enabled, what is not in it yet" => {
                let enabled = text.split_once("modules_enabled = {").unwrap().1.split_once("\n}").unwrap().0;
                let is_there = |module: &str| enabled.lines().any(|line| line.trim().starts_with(module));
                let missing: Vec<_> =
                    lines.iter().flat_map(|line| line.split(' ')).filter(|module| !is_there(module)).collect();
                text = text.replacen("modules_enabled = {", &format!("modules_enabled = {{ {}", missing.join(" ")), 1);
            }
            "prosody.cfg.lua, above the first VirtualHost" => {
                text = text.replacen("\nVirtualHost ", &format!("\n{}\nVirtualHost ", lines_of(lines)), 1);
            }
            "prosody.cfg.lua, at the end, if it is not there yet" => text = format!("{text}\n{}\n", lines_of(lines)),
            // The socket's permissions and our groups: see tests/boot.
            "/etc/systemd/system/prosody.service.d/invited.conf"
            | "/etc/systemd/system/invited.service.d/prosody.conf" => {}
            "then" => commands.extend(lines.iter().map(ToString::to_string)),
            other => panic!("where is {other:?}?"),
        }
    }
    std::fs::write(prosody.configuration_file(), text).unwrap();
    commands
}

#[test]
fn from_stock_prosody_to_a_sign_up_in_an_app_with_one_restart() {
    if slixmpp::is_missing() {
        return;
    }
    let mut prosody = Prosody::stock();
    let socket = prosody.socket().display().to_string();
    let backend = format!("[hosts.\"{HOST}\".backend]\nkind = \"prosody\"\nsocket = {socket:?}\n");
    let scratch = Scratch::new(&format!("{CONFIG}{backend}"));
    let (works, told) = checked(&scratch);
    assert!(!works && told.contains("missing: "), "{told}");
    let commands = follow(&hints(&told), &prosody);
    assert!(commands.iter().all(|command| command.contains("systemctl restart prosody.service")), "{commands:?}");
    prosody.stop();
    prosody.start_again();
    let (works, told) = checked(&scratch);
    assert!(works && !told.contains("missing: "), "{told}\n{}", prosody.log());
    let served = scratch.serve();
    prosody.wait_until_answered();
    let uri = scratch.ok(&["invite", "create", "--uri"]);
    let token = uri.split("preauth=").nth(1).unwrap().split([';', '\n']).next().unwrap();
    let signed_up = slixmpp::ask(
        prosody.address(),
        &json!({"do": "register", "token": token, "username": "romeo", "password": "a long password"}),
    );
    assert_eq!(signed_up, json!({"ok": true}), "{}\n{}", prosody.log(), served.log());
    // What else there is to say is advice, which can be followed with a second restart; but for what needs other software.
    let needs_more = |(place, lines): &(&str, Vec<&str>)| {
        place.contains("Debian: ")
            || place.starts_with("migrator")
            || lines.iter().any(|line| line.contains("invites_groups"))
    };
    let advice: Vec<_> = hints(&told).into_iter().filter(|hint| !needs_more(hint)).collect();
    follow(&advice, &prosody);
    prosody.stop();
    prosody.start_again();
    let (works, told) = checked(&scratch);
    let rest: Vec<_> = told.lines().filter_map(|line| line.trim().strip_prefix("advice: ")).collect();
    assert!(works && rest.len() == 2, "{told}");
    assert!(rest[0].starts_with("storage is") && rest[1].starts_with("groups of invites"), "{told}");
}
