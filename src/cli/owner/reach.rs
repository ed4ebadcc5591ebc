//! A state directory that its owner cannot reach by its path: with `DynamicUser=`, systemd keeps it below
//! `/var/lib/private`, which is for root alone, and gives the service a mount namespace of its own. So do we: in ours, the
//! directory is mounted where its path leads, and what else there was for root is out of sight. `SQLite` insists on paths;
//! otherwise an open directory would do.

use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::PathBuf;
use std::rc::Rc;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::stat::{Mode, fchmod, fstat, mkdirat};
use nix::unistd::{Uid, setresuid};

use super::error::{Named, OwnerError};
use super::way::{Place, Way};

const ROOT: Uid = Uid::from_raw(0);

/// Sees to it that `owner` reaches the end of `way` by the path that was asked for. Its groups are this process's already.
pub(super) fn ensure(way: &Way, owner: Uid) -> Result<(), OwnerError> {
    let failed = |why| OwnerError::OutOfReach { dir: way.asked().to_owned(), owner: Named(owner), why };
    if unentered(way, owner)?.is_none() {
        return Ok(());
    }
    if !way.is_whole() {
        return Err(failed(Errno::EACCES));
    }
    unshare(CloneFlags::CLONE_NEWNS).map_err(failed)?;
    // Nothing of it is seen outside; what others mount from now on is seen here.
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_SLAVE, None::<&str>).map_err(failed)?;
    // What was opened before is of the other namespace, and cannot be mounted here.
    let way = Way::to(way.asked())?;
    if way.owner()? != owner {
        return Err(failed(Errno::ESTALE));
    }
    let Some(closed) = unentered(&way, owner)? else { return Ok(()) };
    put_before(closed, way.end()).map_err(failed)?;
    match unentered(&Way::to(way.asked())?, owner)? {
        None => Ok(()),
        Some(_) => Err(failed(Errno::EACCES)),
    }
}

/// The first directory on the way that `owner` may not enter.
fn unentered(way: &Way, owner: Uid) -> Result<Option<&Place>, OwnerError> {
    let refused = |why| OwnerError::refused(way.asked(), owner, why);
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let is_closed = |place: &&Rc<Place>| openat(&place.fd, ".", flags, Mode::empty()).is_err();
    // The saved user stays root, so that it is root again; whoever can signal or trace the owner cannot do so to this.
    setresuid(ROOT, owner, ROOT).map_err(refused)?;
    let closed = way.places().iter().find(is_closed);
    setresuid(ROOT, ROOT, ROOT).map_err(refused)?;
    Ok(closed.map(Rc::as_ref))
}

/// Mounts `end` where the path that was asked for goes on from `closed`, over all else that is there.
fn put_before(closed: &Place, end: &Place) -> nix::Result<()> {
    let options = Some("mode=0755,size=64k");
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("tmpfs"), &by_descriptor(&closed.fd), Some("tmpfs"), flags, options)?;
    // By its path, which is now what was mounted there.
    let mut dir = open(&closed.path, OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?;
    if closed.is_same(&fstat(&dir)?) {
        return Err(Errno::ESTALE);
    }
    for name in &closed.rest {
        mkdirat(&dir, name.as_os_str(), Mode::S_IRWXU)?;
        dir = openat(&dir, name.as_os_str(), OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?;
        // Whatever the umask.
        fchmod(&dir, Mode::from_bits_truncate(0o755))?;
    }
    mount(Some(&by_descriptor(&end.fd)), &by_descriptor(&dir), None::<&str>, MsFlags::MS_BIND, None::<&str>)
}

/// The very directory that is open, wherever its path leads by now.
fn by_descriptor(fd: &OwnedFd) -> PathBuf {
    format!("/proc/self/fd/{}", fd.as_raw_fd()).into()
}
