//! Every command of the README works, in the order in which it stands there.

mod common;

use std::process::Command;

const README: &str = include_str!("../README.md");

/// Shown, and tried elsewhere: the tour by tests/demo.rs.
const ELSEWHERE: [&str; 1] = ["cargo run --release -- demo\n"];

fn blocks() -> Vec<&'static str> {
    README.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn every_command_of_the_readme_works() {
    let dir = tempfile::tempdir().unwrap();
    let port = common::listener().local_addr().unwrap().port();
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_invited")).parent().unwrap();
    let mut script = String::from("set -eu -o pipefail\ntrap 'kill $(jobs -p)' EXIT\n");
    for block in blocks().into_iter().filter(|block| !ELSEWHERE.contains(block)) {
        for line in block.lines() {
            script.push_str(line);
            script.push('\n');
        }
    }
    // The port of the README may be taken on this machine.
    let script = script.replace("5290", &port.to_string());
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash").arg("-c").arg(&script).env("PATH", path).current_dir(&dir).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{stdout}\n{stderr}", output.status);

    let mut rest = &*stdout;
    for expected in [
        "valid: 1 host, 0 keys\n",
        "HTTP/1.1 201 Created\r\n",
        "HTTP/1.1 303 See Other\r\n",
        "/invite?",
        "█",
        "\tpending\taccount\texample.com\t1\t",
        "\"status\": \"pending\"",
        "username      alice\n",
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
    let table = include_str!("servers").split("table='\n").nth(1).unwrap().split('\'').next().unwrap();
    let limits = README.split("\n## Limits\n").nth(1).unwrap().split("\n## ").next().unwrap();
    for (server, words) in [("prosody=", "Prosody "), ("ejabberd=", "ejabberd ")] {
        let rows = table.lines().filter(|row| !row.starts_with("sid "));
        let versions: Vec<_> = rows.map(|row| row.split(server).nth(1).unwrap().split(' ').next().unwrap()).collect();
        let [first, second, third] = versions[..] else { panic!("{versions:?}") };
        assert!(limits.contains(&format!("{words}{first}, {second} and {third}")), "{versions:?}: {limits}");
    }
}
