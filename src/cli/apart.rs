//! A command of ours in a process of its own: root writes what the owner of the state directory reads, and there is no way back
//! from being that owner.

use std::io::Read;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;

use super::global::Global;

/// Such a process.
pub(super) struct Apart(Child);

impl Drop for Apart {
    fn drop(&mut self) {
        // If what it writes cannot be kept it finds its pipe closed, and cleans up after itself.
        drop(self.0.stdout.take());
        let _ = self.0.wait();
    }
}

/// Starts this program with the same configuration. It gets nothing that is meant for us alone.
pub(super) fn start(global: &Global, words: &[&str]) -> anyhow::Result<Apart> {
    let program =
        std::env::current_exe().context("cannot find this program to run it as the owner of the state directory")?;
    let mut command = Command::new(program);
    for name in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET"] {
        command.env_remove(name);
    }
    for file in &global.sources.files {
        command.arg("--config").arg(file);
    }
    if let Some(dir) = &global.sources.state_dir {
        command.arg("--state-dir").arg(dir);
    }
    command.args(words).stdin(Stdio::null()).stdout(Stdio::piped());
    Ok(Apart(command.spawn().context("cannot start a process as the owner of the state directory")?))
}

impl Apart {
    /// What it writes.
    pub(super) fn output(&mut self) -> anyhow::Result<impl Read> {
        self.0.stdout.take().context("its output was read before")
    }

    /// The status that it ends with; what was wrong it has reported.
    pub(super) fn status(&mut self) -> anyhow::Result<u8> {
        let status = self.0.wait()?;
        Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
    }
}
