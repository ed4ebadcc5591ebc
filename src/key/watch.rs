//! Which files of a directory were changed, as the kernel tells it: it has noted a change before whoever made it goes on. What
//! other machines change on a shared disk it does not see.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

/// A directory whose changes are noted.
pub(super) struct KeyWatch {
    notes: OwnedFd,
}

/// There is room for so many bytes of notes, of which one takes up to 272.
const ROOM: usize = 4 << 10;

impl KeyWatch {
    /// Begins to note; nothing where the system does not.
    pub(super) fn begin(dir: &Path) -> Option<Self> {
        let flags = WatchFlags::ATTRIB
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::DELETE_SELF
            | WatchFlags::MODIFY
            | WatchFlags::MOVE
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        let notes = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
        inotify::add_watch(&notes, dir, flags).ok()?;
        Some(Self { notes })
    }

    /// The files of `dir` that were changed since this was asked last; nothing where that is not known.
    pub(super) fn changed(&self, dir: &Path) -> Option<BTreeSet<PathBuf>> {
        let mut room = [MaybeUninit::uninit(); ROOM];
        let (mut notes, mut changed) = (Reader::new(&self.notes, &mut room), BTreeSet::new());
        loop {
            match notes.next() {
                Ok(note) => {
                    let lost = ReadFlags::QUEUE_OVERFLOW
                        | ReadFlags::DELETE_SELF
                        | ReadFlags::MOVE_SELF
                        | ReadFlags::IGNORED
                        | ReadFlags::UNMOUNT;
                    if note.events().intersects(lost) {
                        return None;
                    }
                    // Without a name it is the directory itself.
                    let name = note.file_name().map(|name| OsStr::from_bytes(name.to_bytes()));
                    changed.extend(name.map(|name| dir.join(name)));
                }
                Err(Errno::AGAIN) => return Some(changed),
                Err(_) => return None,
            }
        }
    }
}
