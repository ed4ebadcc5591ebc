//! `x` and `x_file`: one or the other, read from a credential (bare name) or a file (absolute path).

use std::fmt;
use std::path::{Path, PathBuf};

/// A value that never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The secret itself; whoever calls this answers for where it goes.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where bare names are looked up: systemd's credentials (`$CREDENTIALS_DIRECTORY`, systemd.exec(5)).
#[derive(Clone, Debug, Default)]
pub struct Credentials(pub Option<PathBuf>);

/// Why a file that is named in the configuration gives nothing.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Nobody passed credentials; outside of the service this cannot be judged.
    #[error(
        "a bare name is a systemd credential, and $CREDENTIALS_DIRECTORY is not set; use LoadCredential= or an absolute path"
    )]
    NoCredentials,
    /// Neither a bare name nor absolute.
    #[error("expected a credential's name or an absolute path")]
    Relative,
    /// The file cannot be read.
    #[error("cannot read {} ({error})", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why; no source, as a fault is one text with the value and its origin.
        error: std::io::Error,
    },
    /// The file has nothing in it.
    #[error("{} is empty", .0.display())]
    Empty(PathBuf),
}

/// Secrets are small; whatever is larger was named by mistake.
const MAX_BYTES: u64 = 1 << 20;

impl Credentials {
    /// The credentials that systemd passed to this process.
    #[must_use]
    pub fn from_environment() -> Self {
        Self(std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from))
    }

    /// The path that `name` stands for.
    ///
    /// # Errors
    /// When `name` is bare and no credentials were passed, or is neither bare nor absolute.
    pub fn locate(&self, name: &Path) -> Result<PathBuf, SecretError> {
        if name.is_absolute() {
            return Ok(name.to_owned());
        }
        if name.components().count() != 1 || name.as_os_str() == ".." {
            return Err(SecretError::Relative);
        }
        self.0.as_ref().map(|dir| dir.join(name)).ok_or(SecretError::NoCredentials)
    }

    /// Reads a text, without the line break at its end.
    ///
    /// # Errors
    /// When it cannot be found, read, or is empty.
    pub fn read(&self, name: &Path) -> Result<Secret, SecretError> {
        use std::io::Read as _;
        let path = self.locate(name)?;
        let mut text = String::new();
        std::fs::File::open(&path)
            .and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text))
            .map_err(|error| SecretError::Read { path: path.clone(), error })?;
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() { Err(SecretError::Empty(path)) } else { Ok(Secret::new(text.to_owned())) }
    }
}
