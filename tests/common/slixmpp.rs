//! A client that is not ours: `tests/xmpp/client.py`, on slixmpp.

#![expect(clippy::unwrap_used, reason = "a harness that cannot do its work fails the test")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Asks the client to do something at the server whose client port is `address`.
pub fn ask(address: SocketAddr, request: &Value) -> Value {
    let output = Command::new(root().join("target/python/bin/python"))
        .arg(root().join("tests/xmpp/client.py"))
        .args(["example.com", &address.port().to_string(), &request.to_string()])
        .output()
        .unwrap();
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
