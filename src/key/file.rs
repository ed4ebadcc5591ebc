//! One key file of the state directory, and why it may give no key.

use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::config::{KeySettings, Proof, RawKey};
use crate::invite::name::KeyId;

/// A key file is a few lines.
const MAX_FILE_BYTES: u64 = 64 << 10;

/// Why a key file gives no key.
#[derive(Debug)]
pub(super) enum FileFault {
    /// It is not there any more.
    Gone,
    /// It may be in order, but cannot be read for the moment.
    Unread(io::Error),
    /// It is none.
    Broken(String),
}

impl From<io::Error> for FileFault {
    fn from(error: io::Error) -> Self {
        use libc::{EAGAIN, EINTR, EIO, EMFILE, ENFILE, ENOBUFS, ENOMEM, ESTALE, ETIMEDOUT};
        match error.raw_os_error() {
            Some(libc::ENOENT) => Self::Gone,
            Some(EAGAIN | EINTR | EIO | EMFILE | ENFILE | ENOBUFS | ENOMEM | ESTALE | ETIMEDOUT) => Self::Unread(error),
            _ => Self::Broken(error.to_string()),
        }
    }
}

impl From<String> for FileFault {
    fn from(reason: String) -> Self {
        Self::Broken(reason)
    }
}

impl From<&str> for FileFault {
    fn from(reason: &str) -> Self {
        Self::Broken(reason.into())
    }
}

/// The id that a file's name says.
pub(super) fn id_of(path: &Path) -> Option<KeyId> {
    path.file_name()?.to_str()?.strip_suffix(".toml")?.parse().ok()
}

/// Reads one.
pub(super) fn read_file(path: &Path) -> Result<KeySettings, FileFault> {
    let file = std::fs::OpenOptions::new()
        .read(true)
        // A link or a pipe that took the file's place in the meantime is not followed and not waited for.
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err("not a regular file".into());
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(format!("its mode is {:04o}; run chmod 600 on it", metadata.mode() & 0o7777).into());
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(format!("larger than {MAX_FILE_BYTES} bytes").into());
    }
    let mut text = String::new();
    file.take(MAX_FILE_BYTES).read_to_string(&mut text)?;
    let key: RawKey = toml::from_str(&text).map_err(|error| fault_in(&text, &error))?;
    let digest = key.sha256.ok_or("expected `sha256`")?;
    key.resolve(Proof::Opaque(digest), None).map_err(|wrong| {
        wrong.iter().map(|(field, reason)| format!("{field}: {reason}")).collect::<Vec<_>>().join("; ").into()
    })
}

/// What is wrong with a key file, without the file's own words: a secret may have been put into the wrong place.
fn fault_in(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    match error.message().rsplit_once(", expected ") {
        Some((_, expected)) => format!("line {line}: expected {expected}"),
        None => format!("line {line}: expected what `invited key create` writes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_told_from_what_is_gone_or_wrong() {
        let of = |code| FileFault::from(io::Error::from_raw_os_error(code));
        assert!(matches!(of(libc::ENOENT), FileFault::Gone));
        for code in [libc::EMFILE, libc::ENFILE, libc::EIO, libc::ENOMEM, libc::EINTR] {
            assert!(matches!(of(code), FileFault::Unread(_)), "{code}");
        }
        for code in [libc::EACCES, libc::ELOOP, libc::EISDIR] {
            assert!(matches!(of(code), FileFault::Broken(_)), "{code}");
        }
    }
}
