//! `x` and `x_file`: one or the other, read from a credential (bare name) or a file (absolute path).

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};

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

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
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
    /// The file has too much in it.
    #[error("{} is larger than {} KiB", .0.display(), MAX_BYTES >> 10)]
    Large(PathBuf),
    /// The file has something else in it: NUL bytes, as UTF-16 has them, or what is no UTF-8.
    #[error("{} is no text; expected UTF-8 without NUL bytes", .0.display())]
    Binary(PathBuf),
    /// The file has more in it than a secret.
    #[error("{} has more than one line; expected one, with the secret and nothing else", .0.display())]
    Lines(PathBuf),
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

    /// Reads a secret: the one line of a file. What editors and shells put around it is none of it: a byte order mark, blanks,
    /// line breaks.
    ///
    /// # Errors
    /// When it cannot be found or read, or is no secret.
    pub fn read(&self, name: &Path) -> Result<Secret, SecretError> {
        let text = self.read_text(name)?;
        if text.reveal().contains(['\r', '\n']) { Err(SecretError::Lines(self.locate(name)?)) } else { Ok(text) }
    }

    /// Reads a text of several lines, likewise.
    ///
    /// # Errors
    /// When it cannot be found or read, is empty, or no text.
    pub fn read_text(&self, name: &Path) -> Result<Secret, SecretError> {
        use std::io::Read as _;
        let path = self.locate(name)?;
        let mut bytes = Vec::new();
        std::fs::File::open(&path)
            .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
            .map_err(|error| SecretError::Read { path: path.clone(), error })?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(SecretError::Large(path));
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) if !text.contains('\0') => {
                let text = text.trim_start_matches('\u{feff}').trim();
                if text.is_empty() { Err(SecretError::Empty(path)) } else { Ok(Secret::new(text.to_owned())) }
            }
            _ => Err(SecretError::Binary(path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("s"), bytes).unwrap();
        let secret = Credentials(Some(dir.path().to_owned())).read(Path::new("s"));
        let place = format!("{}/", dir.path().display());
        secret.map(|secret| secret.reveal().to_owned()).map_err(|error| error.to_string().replace(&place, ""))
    }

    #[test]
    fn a_secret_is_what_editors_and_shells_leave_of_it() {
        for text in ["a secret", "a secret\n", "a secret\r\n", "\u{feff}a secret\n", " a secret \t\n\n", "\n a secret"]
        {
            assert_eq!(read(text.as_bytes()).as_deref(), Ok("a secret"), "{text:?}");
        }
        assert_eq!(read("zweitgrößter\n".as_bytes()).as_deref(), Ok("zweitgrößter"));
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        let utf16: Vec<_> = "\u{feff}secret".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (full, large) = (vec![b'a'; 1 << 20], vec![b'a'; (1 << 20) + 1]);
        assert_eq!(read(&full).map(|text| text.len()), Ok(1 << 20));
        for (bytes, reason) in [
            (&b""[..], "s is empty"),
            (b" \r\n", "s is empty"),
            ("\u{feff}\n".as_bytes(), "s is empty"),
            (b"user\nsecret\n", "s has more than one line; expected one, with the secret and nothing else"),
            (b"user\rsecret", "s has more than one line; expected one, with the secret and nothing else"),
            (b"secret\0", "s is no text; expected UTF-8 without NUL bytes"),
            (b"secr\xe9t", "s is no text; expected UTF-8 without NUL bytes"),
            (&utf16, "s is no text; expected UTF-8 without NUL bytes"),
            (&large, "s is larger than 1024 KiB"),
        ] {
            assert_eq!(read(bytes), Err(reason.to_owned()), "{:?}", bytes.get(..20));
        }
    }
}
