//! Files of the state directory: written whole or not at all, and readable by their owner alone. They are the service's
//! own, whoever runs the command: root has become the owner of the directory before it comes here.
//!
//! Until a file is whole it has a temporary name, which means nothing to whoever is told of an error: what fails here says why and
//! not where, and the caller names the file that it was asked for. [`NamedTempFile`]'s own creating, writing and reopening put
//! that name into their errors, so they are not used.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// Whether a file that is already there is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Fail with [`io::ErrorKind::AlreadyExists`].
    Keep,
    /// Put the new one in its place.
    Replace,
}

/// Temporary files begin so; whoever reads the directory skips them.
pub const TEMPORARY_PREFIX: &str = ".new-";

/// Whether this is such a file.
#[must_use]
pub fn is_temporary(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(TEMPORARY_PREFIX.as_bytes()))
}

/// Whether there is no such file; false where that cannot be told.
#[must_use]
pub fn is_gone(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Makes `dir` (0700) if it is not there.
///
/// # Errors
/// As the system says.
pub fn create_dir(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    create_dir(parent(dir)?)?;
    match std::fs::DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => Ok(()),
        // Somebody else was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Writes a file of mode 0600: temporary name, fsync, rename, fsync of the directory.
///
/// # Errors
/// As the system says; then nothing has changed.
pub fn write(path: &Path, content: &[u8], existing: Existing) -> io::Result<()> {
    let mut file = begin(path)?;
    file.as_file_mut().write_all(content)?;
    finish(file, path, existing)
}

/// Begins a file of mode 0600 that is to be at `path`, under a temporary name.
///
/// # Errors
/// As the system says.
pub fn begin(path: &Path) -> io::Result<NamedTempFile> {
    let create =
        |temporary: &Path| OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(temporary);
    tempfile::Builder::new().prefix(TEMPORARY_PREFIX).make_in(parent(path)?, create)
}

/// Puts it there: fsync, rename, fsync of the directory.
///
/// # Errors
/// As the system says; then nothing has changed.
pub fn finish(file: NamedTempFile, path: &Path, existing: Existing) -> io::Result<()> {
    file.as_file().sync_all()?;
    match existing {
        Existing::Keep => file.persist_noclobber(path)?,
        Existing::Replace => file.persist(path)?,
    };
    sync_dir(parent(path)?)
}

/// Removes a file, durably.
///
/// # Errors
/// As the system says.
pub fn remove(path: &Path) -> io::Result<()> {
    std::fs::remove_file(path)?;
    sync_dir(parent(path)?)
}

/// What to do where the system refuses something in the state directory, to be put behind what it refused; nothing where its own
/// words are all there is to say.
#[must_use]
pub fn way_out(error: &io::Error) -> &'static str {
    use io::ErrorKind;
    match error.kind() {
        ErrorKind::PermissionDenied => "; run as root or as the owner of the state directory",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "; free disk space",
        ErrorKind::ReadOnlyFilesystem => "; mount it so that it can be written, or set another state_dir",
        _ => "",
    }
}

/// A path for a message: what would break the line is escaped.
#[must_use]
pub fn shown(path: &Path) -> String {
    let escape = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    path.display().to_string().chars().map(escape).collect()
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

fn parent(path: &Path) -> io::Result<&Path> {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => Ok(dir),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "not an absolute path")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_has_the_temporary_name() {
        let dir = tempfile::tempdir().unwrap();
        let absent = dir.path().join("absent/file");
        let taken = dir.path().join("taken");
        std::fs::create_dir(&taken).unwrap();
        for (error, kind) in [
            (begin(&absent).unwrap_err(), io::ErrorKind::NotFound),
            (write(&absent, b"x", Existing::Replace).unwrap_err(), io::ErrorKind::NotFound),
            (write(&taken, b"x", Existing::Keep).unwrap_err(), io::ErrorKind::AlreadyExists),
            (write(&taken, b"x", Existing::Replace).unwrap_err(), io::ErrorKind::IsADirectory),
        ] {
            assert_eq!(error.kind(), kind, "{error}");
            assert!(!error.to_string().contains(TEMPORARY_PREFIX), "{error}");
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "and nothing is left of them");
    }

    #[test]
    fn the_way_out_is_one_that_helps() {
        for (code, way) in [
            (rustix::io::Errno::ACCESS, "; run as root or as the owner of the state directory"),
            (rustix::io::Errno::NOSPC, "; free disk space"),
            (rustix::io::Errno::DQUOT, "; free disk space"),
            (rustix::io::Errno::ROFS, "; mount it so that it can be written, or set another state_dir"),
            (rustix::io::Errno::NOTDIR, ""),
        ] {
            assert_eq!(way_out(&code.into()), way, "{code}");
        }
    }
}
