//! The tour: everything it prints works, and nothing is left of it.

mod common;

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use common::http::Client;

#[test]
fn the_demo_prints_what_works_and_leaves_nothing() {
    let tmp = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_invited"))
        .arg("demo")
        .env("TMPDIR", tmp.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut shown = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    while !shown.contains("until Ctrl-C") {
        assert_ne!(stdout.read_line(&mut shown).unwrap(), 0, "{shown}");
    }
    assert!(shown.contains("█"), "a QR code: {shown}");

    let curl = shown.lines().find(|line| line.trim().starts_with("curl ")).unwrap().trim();
    let made = Command::new("bash").args(["-c", &format!("{curl} -s")]).output().unwrap();
    let made = String::from_utf8(made.stdout).unwrap();
    assert!(made.starts_with("HTTP/1.1 201 Created\r\n"), "{made}");

    let location = shown.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap();
    let (address, path) = location.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let address = address.replace("localhost", "127.0.0.1").parse().unwrap();
    let page = Client::tcp(address).get(&format!("/{path}"));
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html;charset=utf-8")));
    assert!(page.text().contains("You are invited to Demo"));

    // Ctrl-C
    assert!(Command::new("kill").arg("-INT").arg(child.id().to_string()).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    assert_eq!(std::fs::read_dir(tmp.path()).unwrap().count(), 0);
}
