//! What every subcommand gets.

use super::outcome::WrongUse;
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
    ///
    /// # Errors
    /// When they are not valid, or what was named as the configuration says nothing: what was meant for the service's own
    /// directory would go to the default one.
    pub(super) fn admin_settings(&self) -> anyhow::Result<Settings> {
        let merged = self.merge();
        let settings = merged.settings(&Credentials::from_environment(), Purpose::Admin)?;
        if !self.sources.files.is_empty() && merged.says_nothing() && std::env::var_os("STATE_DIRECTORY").is_none() {
            let files: Vec<_> = self.sources.files.iter().map(|file| file.display().to_string()).collect();
            let (files, dir) = (files.join(", "), settings.state_dir.display());
            return Err(WrongUse(format!(
                "nothing is configured in {files}; name the service's own configuration, or a directory with --state-dir \
                 (the default is {dir})"
            ))
            .into());
        }
        Ok(settings)
    }

    /// Starts the log of a command that ends by itself: warnings only, unless asked for more.
    pub(super) fn start_log(&self) {
        log::start(self.verbosity - 1);
    }
}
