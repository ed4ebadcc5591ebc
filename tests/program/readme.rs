//! Every command of README and docs/ works, in the order in which it stands there.

use crate::common;

use std::process::Command;

use common::docs::{PAGES, blocks, page, section};

/// Shown, and tried elsewhere: the tour by tests/pages/demo.rs.
const ELSEWHERE: [&str; 1] = ["cargo run --profile demo -- demo\n"];

/// After the README, which leads to them, in the same shell.
#[test]
fn every_command_works() {
    let dir = tempfile::tempdir().unwrap();
    let port = common::free_port().port();
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_invited")).parent().unwrap();
    let mut script = String::from("set -eu -o pipefail\ntrap 'kill $(jobs -p)' EXIT\n");
    for block in PAGES.iter().flat_map(|(_, text)| blocks(text, "sh")).filter(|block| !ELSEWHERE.contains(block)) {
        for line in block.lines() {
            script.push_str(line);
            script.push('\n');
        }
    }
    // The port of the pages may be taken on this machine.
    let script = script.replace("5290", &port.to_string());
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash").arg("-c").arg(&script).env("PATH", path).current_dir(&dir).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{stdout}\n{stderr}", output.status);

    let mut rest = &*stdout;
    for expected in [
        "valid: 1 host, 0 keys\n",
        "HTTP/1.1 201 Created\r\n",
        "/invite?",
        "█",
        "\tpending\taccount\texample.com\t1\t",
        "\"status\": \"pending\"",
        "username      alice\n",
        "HTTP/1.1 303 See Other\r\n",
        "/invite?",
        "newsletter/",
        // By the signed key.
        "HTTP/1.1 201 Created\r\n",
        "\"limit_left\":null",
        "\"next_cursor\":null",
        "\"next_cursor\":\"c",
        "\"note\":\"from the API\"",
        "\"note\":\"a friend of Alice\"",
        "\"account\":\"bob\"",
    ] {
        let (_, after) = rest.split_once(expected).unwrap_or_else(|| panic!("no {expected:?} in\n{rest}\n{stderr}"));
        rest = after;
    }
    // `key list` goes by the id, and one of the two has a random one.
    for listed in ["\tMy test key\t", "\nnewsletter\tNewsletter\t"] {
        assert!(stdout.contains(listed), "no {listed:?} in\n{stdout}");
    }
    assert!(stderr.contains("[keys.website]"), "{stderr}");
    assert!(stderr.contains("services.invited.settings.keys.website = {"), "{stderr}");
}

#[test]
fn the_servers_that_the_readme_names_are_those_that_are_tried() {
    let table = include_str!("../servers").split("table='\n").nth(1).unwrap().split('\'').next().unwrap();
    let limits = section("README.md", "Limits");
    for (server, words) in [("prosody=", "Prosody "), ("ejabberd=", "ejabberd ")] {
        let rows = table.lines().filter(|row| !row.starts_with("sid "));
        let versions: Vec<_> = rows.map(|row| row.split(server).nth(1).unwrap().split(' ').next().unwrap()).collect();
        let [first, second, third] = versions[..] else { panic!("{versions:?}") };
        assert!(limits.contains(&format!("{words}{first}, {second} and {third}")), "{versions:?}: {limits}");
    }
}

#[test]
fn the_readme_can_be_read_in_five_minutes() {
    let lines = page("README.md").lines().count();
    assert!(lines <= 200, "{lines} lines; what is not needed for the first invite has a page in docs/");
}
