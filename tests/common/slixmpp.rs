//! A client that is not ours: `tests/xmpp/client.py`, on slixmpp.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a harness that cannot do its work fails the test")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};

use minidom::Element;
use serde_json::Value;

use crate::common::{PATIENCE, Process};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn client(address: SocketAddr, request: &Value) -> Command {
    let mut command = Command::new(root().join("target/python/bin/python"));
    command.arg(root().join("tests/xmpp/client.py"));
    command.args(["example.com", &address.to_string(), &request.to_string()]);
    command
}

/// Asks the client to do something at the server whose client port is `address`.
pub fn ask(address: SocketAddr, request: &Value) -> Value {
    let output = client(address, request).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

/// Says so if it is not installed.
pub fn is_missing() -> bool {
    let packages = |dir: PathBuf| dir.join("site-packages/slixmpp").exists();
    let has = std::fs::read_dir(root().join("target/python/lib"))
        .is_ok_and(|mut dirs| dirs.any(|dir| packages(dir.unwrap().path())));
    if !has {
        println!("SKIPPED what needs an XMPP client: no slixmpp in target/python; run tests/run");
    }
    !has
}

/// Somebody who is logged in; killed when dropped.
pub struct User {
    process: Process,
    stdin: ChildStdin,
    lines: Receiver<String>,
    /// With the resource.
    pub jid: String,
    next_id: usize,
    /// What came and answers nothing that was asked.
    pub others: Vec<Element>,
}

/// The next line of the client.
fn line(lines: &Receiver<String>) -> Value {
    serde_json::from_str(&lines.recv_timeout(PATIENCE).expect("something from the client")).unwrap()
}

impl User {
    /// Logs in.
    pub fn log_in(address: SocketAddr, username: &str, password: &str) -> Self {
        let request = serde_json::json!({"do": "talk", "username": username, "password": password});
        let mut command = client(address, &request);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let process = Process(child);
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        let told = line(&lines);
        let jid = told["jid"].as_str().unwrap_or_else(|| panic!("{username} cannot log in: {told}")).to_owned();
        Self { process, stdin, lines, jid, next_id: 0, others: vec![] }
    }

    /// Sends a stanza as it is.
    pub fn send(&mut self, stanza: &str) {
        assert!(!stanza.contains('\n'), "{stanza}");
        writeln!(self.stdin, "{stanza}").unwrap();
    }

    /// The next stanza that comes.
    pub fn next(&self) -> Element {
        let line = line(&self.lines);
        let xml = line["xml"].as_str().unwrap_or_else(|| panic!("{} got no stanza: {line}", self.jid));
        xml.parse().unwrap_or_else(|error| panic!("{error} in {xml}"))
    }

    /// Sends an iq of that type with `payload`; gives its answer.
    pub fn ask(&mut self, kind: &str, to: &str, payload: &str) -> Element {
        self.next_id += 1;
        let id = format!("q{}", self.next_id);
        self.send(&format!("<iq type='{kind}' id='{id}' to='{to}'>{payload}</iq>"));
        loop {
            let stanza = self.next();
            let is_answer = matches!(stanza.attr("type"), Some("result" | "error"));
            if stanza.name() == "iq" && is_answer && stanza.attr("id") == Some(&*id) {
                // One's own server need not say that it was asked for oneself (RFC 6120, 8.1.2.1).
                let is_own = stanza.attr("from").is_none() && self.jid.starts_with(to);
                assert!(is_own || stanza.attr("from") == Some(to), "{}", String::from(&stanza));
                return stanza;
            }
            self.others.push(stanza);
        }
    }
}
