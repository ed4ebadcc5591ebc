//! Root becomes the owner of the state directory before it touches anything there.
//!
//! What is in that directory is in the hands of the service's user, which may be compromised: any name may be a link to
//! anywhere, and become one between two system calls. No check on the way holds against that, but rights do: whoever works
//! there with the owner's rights reaches what the owner reaches, by whatever links and renames. So there is no way back:
//! what only root may read has been read before, and what only root may bind has been bound.
//!
//! Who the owner is must not be in others' hands, either; [`Way`] sees to that.

mod reach;
mod way;

use std::ffi::CString;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::unistd::{Gid, Uid, User, geteuid, getgrouplist, setgroups, setresgid, setresuid};

use super::as_service;
use crate::config::{LedgerUrl, Settings};
use way::{Place, Way};

/// Why root does not work on a state directory.
#[derive(Debug, thiserror::Error)]
pub(super) enum OwnerError {
    /// The system says no.
    #[error("cannot reach {} ({why})", path.display())]
    Io { path: PathBuf, why: Errno },
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
        "{owner}, to whom {} belongs, cannot reach it by that path, and no other could be made for it ({why}); run it as \
         systemd runs the service: systemd-run --pipe -p DynamicUser=yes -p User=invited -p StateDirectory=invited \
         invited …", dir.display()
    )]
    OutOfReach { dir: PathBuf, owner: Named, why: Errno },
    /// It is root no more, or not quite.
    #[error("cannot become {owner}, to whom {} belongs ({why}); run it as that user", dir.display())]
    Refused { dir: PathBuf, owner: Named, why: Errno },
}

/// A user, for a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named(Uid);

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match User::from_uid(self.0) {
            Ok(Some(user)) => write!(f, "user {}", user.name),
            _ => write!(f, "user {}", self.0),
        }
    }
}

/// Has this process, if it is root's, go on as the owner of the state directory; where that is root, as root. If it is not
/// there yet, that is the owner of where it would be created.
///
/// Comes before anything in there is touched, and before threads are started: they would not see what is done for a
/// directory out of reach.
///
/// # Errors
/// When it is not one owner's alone. Nothing has been touched then.
pub(super) fn become_owner(settings: &Settings) -> Result<(), OwnerError> {
    if !is_root() {
        return Ok(());
    }
    let way = Way::to(&settings.state_dir)?;
    let owner = way.owner()?;
    if owner.is_root() {
        look_elsewhere(settings)?;
    }
    way.secure()?;
    assume(&way, owner)
}

/// Where root stays root, what it writes in other directories may be in nobody's hands, either.
fn look_elsewhere(settings: &Settings) -> Result<(), OwnerError> {
    let ledger = match &settings.ledger.url {
        LedgerUrl::Sqlite(file) => Some(file),
        LedgerUrl::Postgres(_) | LedgerUrl::Unread => None,
    };
    let key = settings.ledger.key.is_none().then_some(&settings.ledger.key_file);
    for path in ledger.into_iter().chain(key) {
        let owner = Way::to(path.parent().unwrap_or(path))?.owner_alone()?;
        if !owner.is_root() {
            let dir = settings.state_dir.clone();
            return Err(OwnerError::Elsewhere { path: path.clone(), owner: Named(owner), dir });
        }
    }
    Ok(())
}

/// The same for a directory in which a new one is to be made, and which may be everybody's (`/tmp`).
///
/// # Errors
/// When it is somebody's, and others decide what it is.
pub(super) fn become_owner_of_place(dir: &Path) -> Result<(), OwnerError> {
    if !is_root() {
        return Ok(());
    }
    let way = Way::to(dir)?;
    let owner = way.owner_of_place()?;
    assume(&way, owner)
}

/// Whether what stands in `dir` is root's word, as far as that concerns this process.
pub(super) fn is_roots(dir: &Path) -> bool {
    !is_root() || Way::to(dir).and_then(|way| way.owner_of_place()).is_ok_and(Uid::is_root)
}

/// Whether there is something to give up. In a user namespace with one user (`unshare --map-root-user`), root is that one.
fn is_root() -> bool {
    let users = || {
        let map = std::fs::read_to_string("/proc/self/uid_map").ok()?;
        map.lines().map(|line| line.split_whitespace().nth(2)?.parse::<u64>().ok()).sum::<Option<u64>>()
    };
    geteuid().is_root() && users() != Some(1)
}

fn assume(way: &Way, owner: Uid) -> Result<(), OwnerError> {
    if owner.is_root() {
        return Ok(());
    }
    let refused = |why| refused(way, owner, why);
    let (group, groups) = groups(way.end(), owner).map_err(refused)?;
    setgroups(&groups).map_err(refused)?;
    setresgid(group, group, group).map_err(refused)?;
    reach::ensure(way, owner)?;
    setresuid(owner, owner, owner).map_err(refused)?;
    tracing::info!("no longer root but {}, to whom {} belongs", Named(owner), way.asked().display());
    Ok(())
}

fn refused(way: &Way, owner: Uid, why: Errno) -> OwnerError {
    OwnerError::Refused { dir: way.asked().to_owned(), owner: Named(owner), why }
}

/// The groups of a user, and the one that its files are to have: that of the directory, if that is one of them.
fn groups(place: &Place, owner: Uid) -> nix::Result<(Gid, Vec<Gid>)> {
    let own = place.gid();
    let (first, mut groups) = match User::from_uid(owner)? {
        Some(user) => {
            let name = CString::new(user.name).map_err(|_| Errno::EINVAL)?;
            (user.gid, getgrouplist(&name, user.gid)?)
        }
        // Nobody knows it, as is the case of systemd's dynamic users while the service is stopped. Root's group is not
        // given away by a `chown` that did not name one.
        None if own.as_raw() == 0 => (Gid::from_raw(owner.as_raw()), vec![]),
        None => (own, vec![own]),
    };
    groups.extend(groups_of_service(owner).into_iter().flatten());
    Ok((if groups.contains(&own) { own } else { first }, groups))
}

/// Those that the running service has, if that is the owner: systemd gives it more than are on record, such as the one that
/// may use the XMPP server's socket.
fn groups_of_service(owner: Uid) -> Option<Vec<Gid>> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", as_service::main_pid()?)).ok()?;
    let numbers = |field: &str| {
        let numbers = status.lines().find_map(|line| line.strip_prefix(field))?;
        numbers.split_whitespace().map(|number| number.parse().ok()).collect::<Option<Vec<u32>>>()
    };
    let is_owner = numbers("Uid:")?.iter().all(|uid| *uid == owner.as_raw());
    is_owner.then(|| numbers("Groups:"))?.map(|groups| groups.into_iter().map(Gid::from_raw).collect())
}
