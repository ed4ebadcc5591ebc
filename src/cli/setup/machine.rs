//! What is installed here.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::ValueEnum;
use serde::Deserialize;

use super::front_end::FrontEnd;

/// For a program to say who it is.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where programs are that are for root.
const PATHS: [&str; 6] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

/// What creates accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ServerKind {
    /// Prosody on this machine
    Prosody,
    /// ejabberd on this machine
    Ejabberd,
    /// Another server, or none: links alone
    None,
}

/// Where ejabberd takes calls, as docs/ejabberd.md has it, as whom the service calls, and what it reads its password from.
pub(super) const EJABBERD_URL: &str = "http://127.0.0.1:5281/api";
pub(super) const EJABBERD_USER: &str = "invited";
pub(super) const EJABBERD_PASSWORD: &str = "ejabberd-password";

/// What is installed on this machine.
pub(super) struct Machine {
    /// XMPP servers, with what they say of their version.
    pub(super) servers: Vec<(ServerKind, String)>,
    pub(super) front_ends: Vec<FrontEnd>,
    pub(super) is_nixos: bool,
}

impl Machine {
    pub(super) fn look() -> Self {
        let mut servers = Vec::new();
        if let Some(program) = program("prosodyctl") {
            servers.push((ServerKind::Prosody, version(&program, &["about"], "Prosody ").unwrap_or("Prosody".into())));
        }
        if let Some(program) = program("ejabberdctl") {
            servers
                .push((ServerKind::Ejabberd, version(&program, &["status"], "ejabberd ").unwrap_or("ejabberd".into())));
        }
        let front_ends = FrontEnd::ALL.into_iter().filter(|one| program(one.program()).is_some());
        let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
        Self { servers, front_ends: front_ends.collect(), is_nixos: release.lines().any(|line| line == "ID=nixos") }
    }

    /// In words.
    pub(super) fn found(&self) -> Vec<String> {
        let servers = self.servers.iter().map(|(_, version)| version.clone());
        servers.chain(self.front_ends.iter().map(|one| one.name().to_owned())).collect()
    }
}

fn program(name: &str) -> Option<PathBuf> {
    PATHS.iter().map(|dir| Path::new(dir).join(name)).find(|path| path.is_file())
}

/// Name and version, by a line that a program prints: `Prosody 13.0.1`, `ejabberd 24.12`. One that hangs says nothing.
fn version(program: &Path, arguments: &[&str], name: &str) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let mut stdout = child.stdout.take()?;
    let (sender, said) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let _ = stdout.read_to_string(&mut text);
        // Nobody may be waiting any more.
        let _ = sender.send(text);
    });
    let text = said.recv_timeout(PATIENCE);
    let _ = child.kill();
    let _ = child.wait();
    version_in(&text.ok()?, name)
}

fn version_in(text: &str, name: &str) -> Option<String> {
    let is_version = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    let words = text.lines().filter_map(|line| line.split_once(name)?.1.split_whitespace().next());
    words.map(|word| word.trim_end_matches(',')).find(is_version).map(|word| format!("{name}{word}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_in_what_servers_say() {
        assert_eq!(
            version_in("Prosody 13.0.1\n\n# Prosody directories\n", "Prosody ").as_deref(),
            Some("Prosody 13.0.1")
        );
        let status =
            "The node 'ejabberd@localhost' is started with status: started\nejabberd 24.12 is running in that node\n";
        assert_eq!(version_in(status, "ejabberd ").as_deref(), Some("ejabberd 24.12"));
        assert_eq!(version_in("no such thing", "Prosody "), None);
    }
}
