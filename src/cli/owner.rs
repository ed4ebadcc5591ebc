//! Root becomes the owner of the state directory before it touches anything there.
//!
//! What is in that directory is in the hands of the service's user, which may be compromised: any name may be a link to
//! anywhere, and become one between two system calls. No check on the way holds against that, but rights do: whoever works
//! there with the owner's rights reaches what the owner reaches, by whatever links and renames. So there is no way back:
//! what only root may read has been read before, and what only root may bind has been bound.
//!
//! Who the owner is must not be in others' hands, either; [`Way`] sees to that.

mod error;
mod reach;
mod way;

use std::ffi::CString;
use std::path::Path;

use nix::errno::Errno;
use nix::unistd::{Gid, Uid, User, geteuid, getgrouplist, setgroups, setresgid, setresuid};

use super::as_service;
use crate::config::{LedgerUrl, Settings};
use error::{Named, OwnerError};
use way::{Place, Way};

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
    let refused = |why| OwnerError::refused(way.asked(), owner, why);
    let (group, groups) = groups(way.end(), owner).map_err(refused)?;
    setgroups(&groups).map_err(refused)?;
    setresgid(group, group, group).map_err(refused)?;
    reach::ensure(way, owner)?;
    setresuid(owner, owner, owner).map_err(refused)?;
    tracing::info!("no longer root but {}, to whom {} belongs", Named(owner), way.asked().display());
    Ok(())
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
