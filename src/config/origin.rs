//! Where a value came from, and what is wrong with it.

use std::fmt;
use std::path::PathBuf;

/// Who set a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Built into the program.
    Default,
    /// A configuration file, or a key file of the state directory.
    File(PathBuf),
    /// An environment variable, by name.
    Variable(String),
    /// A command-line flag.
    CommandLine,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable(name) => write!(f, "${name}"),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}

/// One thing that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfigFault {
    /// The key, as it would be written in TOML: `hosts."example.com".backend.kind`; empty for a whole file.
    pub path: String,
    /// The value, as TOML; none where it is absent or secret.
    pub value: Option<String>,
    /// Who set it.
    pub origin: Option<Origin>,
    /// What is wrong, and what is allowed.
    pub reason: String,
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(value) = &self.value {
            write!(f, " = {value}")?;
        }
        match &self.origin {
            Some(origin) if self.path.is_empty() => write!(f, "{origin}")?,
            Some(origin) => write!(f, " ({origin})")?,
            None => {}
        }
        write!(f, ": {}", self.reason)
    }
}

/// Everything that is wrong with the configuration, all at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<ConfigFault>);

impl std::error::Error for Faults {}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration is not valid:")?;
        for fault in &self.0 {
            write!(f, "\n  {fault}")?;
        }
        Ok(())
    }
}
