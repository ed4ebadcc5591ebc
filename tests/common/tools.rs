//! Programs that `tests/run` puts below `target/`.

#![allow(dead_code, reason = "every test file uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The directory that cargo builds to.
pub fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned()
}

/// What is at `place` below `target/`; where it is not, `test` says that it is skipped.
pub fn installed(place: &str, test: &str) -> Option<PathBuf> {
    let there = target().join(place);
    if !there.exists() {
        eprintln!("SKIPPED {test}: target/{place} is not there; tests/run installs it");
        return None;
    }
    Some(there)
}

/// What reads the description of the API, in JavaScript.
pub struct ApiTools {
    pub modules: PathBuf,
}

impl ApiTools {
    /// Where they are not, `test` says that it is skipped.
    pub fn installed(test: &str) -> Option<Self> {
        Some(Self { modules: installed("api-tools/node_modules", test)?.canonicalize().unwrap() })
    }

    /// A program of them; they ask nobody about news, and tell nobody that they run.
    pub fn command(&self, name: &str) -> Command {
        let bin = self.modules.join(".bin");
        // Where the system's Node.js is too old, there is one among them.
        let own = bin.join(name);
        let mut command = if own.exists() { Command::new(own) } else { Command::new(name) };
        command.env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()));
        command.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
        command
    }
}
