//! Files of the state directory: written whole or not at all, readable by their owner alone, and owned by whoever owns
//! the directory. So root may write beside a running service, and the service can read what root wrote.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, fchown};
use std::path::Path;

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

/// Makes `dir` (0700) if it is not there, owned like its parent.
///
/// # Errors
/// As the system says.
pub fn make_dir(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let parent = parent(dir)?;
    make_dir(parent)?;
    match std::fs::DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => give_to_owner_of(parent, &File::open(dir)?),
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
    let dir = parent(path)?;
    let mut file = tempfile::Builder::new()
        .prefix(TEMPORARY_PREFIX)
        .permissions(std::fs::Permissions::from_mode(0o600))
        .tempfile_in(dir)?;
    file.write_all(content)?;
    give_to_owner_of(dir, file.as_file())?;
    file.as_file().sync_all()?;
    match existing {
        Existing::Keep => file.persist_noclobber(path)?,
        Existing::Replace => file.persist(path)?,
    };
    sync_dir(dir)
}

/// Removes a file, durably.
///
/// # Errors
/// As the system says.
pub fn remove(path: &Path) -> io::Result<()> {
    std::fs::remove_file(path)?;
    sync_dir(parent(path)?)
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

/// As root, hands `file` to the owner of `dir`; for anyone else it is theirs already.
fn give_to_owner_of(dir: &Path, file: &File) -> io::Result<()> {
    let (owner, now) = (std::fs::metadata(dir)?, file.metadata()?);
    if now.uid() == 0 && (owner.uid(), owner.gid()) != (0, now.gid()) {
        fchown(file, Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(())
}

fn parent(path: &Path) -> io::Result<&Path> {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => Ok(dir),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "not an absolute path")),
    }
}
