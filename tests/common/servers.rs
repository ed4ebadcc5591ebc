//! Where the real servers are that tests start: on this machine or, with `SERVERS=DIR`, in a root file system of another
//! Debian release (see `tests/servers`).

#![allow(dead_code, reason = "every test file uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn dir() -> Option<PathBuf> {
    std::env::var_os("SERVERS").map(PathBuf::from)
}

/// A command as it is there, with none of the caller's environment. Its process is the program's own, and /tmp is ours.
pub fn command(program: &str) -> Command {
    match dir() {
        None => Command::new(program),
        Some(dir) => {
            let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/debroot/enter"));
            command.arg(dir).arg(program);
            command
        }
    }
}

/// A path there, as seen from here.
pub fn path(path: &str) -> PathBuf {
    dir().unwrap_or_else(|| "/".into()).join(path.trim_start_matches('/'))
}
