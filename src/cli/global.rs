//! What every subcommand gets.

use crate::config::{Credentials, Merged, Purpose, Settings, Sources};
use crate::log;

/// What every subcommand gets: where the configuration is, and how much to log.
pub(super) struct Global {
    pub(super) sources: Sources,
    pub(super) verbosity: i8,
}

impl Global {
    pub(super) fn merge(&self) -> Merged {
        self.sources.merge()
    }

    /// The settings, for work on the state directory.
    pub(super) fn admin_settings(&self) -> anyhow::Result<Settings> {
        Ok(self.merge().settings(&Credentials::from_environment(), Purpose::Admin)?)
    }

    /// Starts the log of a command that ends by itself: warnings only, unless asked for more.
    pub(super) fn start_log(&self) {
        log::start(self.verbosity - 1);
    }
}
