//! Why root does not work on a state directory.

use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::unistd::{Uid, User};

/// Why root does not work on a state directory.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum OwnerError {
    /// The system says no.
    #[error("cannot reach {}", path.display())]
    Io {
        path: PathBuf,
        #[source]
        why: Errno,
    },
    /// Something else has its name.
    #[error("{} is no directory; move it away, or set another state_dir", .0.display())]
    NoDirectory(PathBuf),
    /// Others than the owner decide what is in it.
    #[error(
        "{} is no directory of one owner: its mode is {mode:04o}, so others can write there; run: chmod go-w {}",
        path.display(), path.display()
    )]
    Open { path: PathBuf, mode: u32 },
    /// Others than the owner decide where the path leads.
    #[error(
        "{} belongs to {owner}, but {other}, to whom {} belongs, can put another one in its place; \
         have each directory above it belong to root or to {owner}",
        dir.display(), path.display()
    )]
    Replaceable { dir: PathBuf, owner: Named, path: PathBuf, other: Named },
    /// The keys are somebody else's.
    #[error(
        "{} is no directory of one owner: it belongs to {owner}, and `keys` in it to {other}; once you know why, run: \
         chown -hR {} {}", dir.display(), owner.0, dir.display()
    )]
    Mixed { dir: PathBuf, owner: Named, other: Named },
    /// What root would write is in somebody's hands, and the state directory is not.
    #[error(
        "{} is in a directory of {owner}, and {} belongs to root; have both belong to the user that the service runs as",
        path.display(), dir.display()
    )]
    Elsewhere { path: PathBuf, owner: Named, dir: PathBuf },
    /// It is below a directory that its owner may not enter, and could not be put elsewhere.
    #[error(
        "{owner}, to whom {} belongs, cannot reach it by that path, and no other could be made for it; run it as \
         systemd runs the service: systemd-run --pipe -p DynamicUser=yes -p User=invited -p StateDirectory=invited \
         invited …", dir.display()
    )]
    OutOfReach {
        dir: PathBuf,
        owner: Named,
        #[source]
        why: Errno,
    },
    /// It is root no more, or not quite.
    #[error("cannot become {owner}, to whom {} belongs; run it as that user", dir.display())]
    Refused {
        dir: PathBuf,
        owner: Named,
        #[source]
        why: Errno,
    },
}

/// A user, for a message.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cli) struct Named(pub(super) Uid);

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match User::from_uid(self.0) {
            Ok(Some(user)) => write!(f, "user {}", user.name),
            _ => write!(f, "user {}", self.0),
        }
    }
}

impl OwnerError {
    /// The system does not let this process become `owner`.
    pub(super) fn refused(dir: &Path, owner: Uid, why: Errno) -> Self {
        Self::Refused { dir: dir.to_owned(), owner: Named(owner), why }
    }
}
