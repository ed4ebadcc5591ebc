//! The way to a directory, walked one name at a time as root, and who could have led it elsewhere: whoever owns a
//! directory or, in `/tmp` and the like, an entry decides what is behind it. Where that is root or the owner of what it ends
//! at, the end is one that root or this owner chose.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, open, openat, readlinkat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat, mkdirat};
use nix::unistd::{Gid, Uid};

use super::error::{Named, OwnerError};

/// As many as the kernel follows (`path_resolution(7)`).
const MAX_LINKS: usize = 40;

/// A directory on the way.
pub(super) struct Place {
    /// Its path, without links.
    pub(super) path: PathBuf,
    /// What came next, links included.
    pub(super) rest: Vec<OsString>,
    pub(super) fd: OwnedFd,
    stat: FileStat,
}

impl Place {
    fn uid(&self) -> Uid {
        Uid::from_raw(self.stat.st_uid)
    }

    pub(super) fn gid(&self) -> Gid {
        Gid::from_raw(self.stat.st_gid)
    }

    fn mode(&self) -> Mode {
        Mode::from_bits_truncate(self.stat.st_mode)
    }

    /// Whether others than its owner put entries there.
    fn is_open(&self) -> bool {
        self.mode().intersects(Mode::S_IWGRP | Mode::S_IWOTH)
    }

    /// Whether they can do that to nobody's but their own.
    fn is_sticky(&self) -> bool {
        self.mode().contains(Mode::S_ISVTX)
    }

    pub(super) fn is_same(&self, other: &FileStat) -> bool {
        (self.stat.st_dev, self.stat.st_ino) == (other.st_dev, other.st_ino)
    }

    fn open_error(&self) -> OwnerError {
        OwnerError::Open { path: self.path.clone(), mode: self.mode().bits() }
    }
}

/// The way to a directory.
pub(super) struct Way {
    asked: PathBuf,
    /// All directories that the path goes through.
    places: Vec<Rc<Place>>,
    /// Those of them that are above each other: from `/` to the directory, or to the nearest there is.
    above: Vec<Rc<Place>>,
    /// Who else than root decided where it leads, and by which file.
    deciders: Vec<(Uid, PathBuf)>,
    /// The first name that is not there.
    missing: Option<OsString>,
}

impl Way {
    /// Walks to `dir`, or as far as there is something.
    pub(super) fn to(dir: &Path) -> Result<Self, OwnerError> {
        let asked = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |why| OwnerError::Io { path, why }
        };
        let mut todo = names(&asked);
        let root = Path::new("/");
        let fd = open(root, OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty());
        let fd = fd.map_err(failed(root))?;
        let stat = fstat(&fd).map_err(failed(root))?;
        let first = Rc::new(Place { path: root.to_owned(), rest: todo.iter().cloned().collect(), fd, stat });
        let (places, above) = (vec![Rc::clone(&first)], vec![first]);
        let mut way = Self { asked, places, above, deciders: vec![], missing: None };
        let mut links = 0;
        while let Some(name) = todo.pop_front() {
            if name == ".." {
                if way.above.len() > 1 {
                    way.above.pop();
                }
                continue;
            }
            let path = way.end().path.join(&name);
            let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
            let fd = match openat(&way.end().fd, name.as_os_str(), flags, Mode::empty()) {
                Ok(fd) => fd,
                Err(Errno::ENOENT) => {
                    way.missing = Some(name);
                    break;
                }
                Err(why) => return Err(failed(&path)(why)),
            };
            let stat = fstat(&fd).map_err(failed(&path))?;
            way.note_deciders(&stat, &path)?;
            match SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT {
                SFlag::S_IFDIR => {
                    let place = Rc::new(Place { path, rest: todo.iter().cloned().collect(), fd, stat });
                    way.places.push(Rc::clone(&place));
                    way.above.push(place);
                }
                SFlag::S_IFLNK => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(failed(&path)(Errno::ELOOP));
                    }
                    let target = PathBuf::from(readlinkat(&fd, OsStr::new("")).map_err(failed(&path))?);
                    if target.is_absolute() {
                        way.above.truncate(1);
                    }
                    let mut names = names(&target);
                    names.append(&mut todo);
                    todo = names;
                }
                _ => return Err(OwnerError::NoDirectory(path)),
            }
        }
        Ok(way)
    }

    /// Who else than root could have put this entry of the last place there.
    fn note_deciders(&mut self, entry: &FileStat, path: &Path) -> Result<(), OwnerError> {
        let dir = self.end();
        let of_dir = (dir.uid(), dir.path.clone());
        let of_entry = dir.is_open().then(|| (Uid::from_raw(entry.st_uid), path.to_owned()));
        if of_entry.is_some() && !dir.is_sticky() {
            return Err(dir.open_error());
        }
        self.deciders.extend([Some(of_dir), of_entry].into_iter().flatten().filter(|(user, _)| !user.is_root()));
        Ok(())
    }

    pub(super) fn asked(&self) -> &Path {
        &self.asked
    }

    pub(super) fn places(&self) -> &[Rc<Place>] {
        &self.places
    }

    pub(super) fn is_whole(&self) -> bool {
        self.missing.is_none()
    }

    /// The directory, or the nearest there is.
    #[expect(clippy::expect_used, reason = "there is `/`, and it is never taken away")]
    pub(super) fn end(&self) -> &Place {
        self.above.last().expect("a way begins at /")
    }

    /// Whose directory it is, or will be.
    pub(super) fn owner(&self) -> Result<Uid, OwnerError> {
        let owner = self.owner_alone()?;
        let end = self.end();
        if self.missing.is_none()
            && let Ok(keys) = fstatat(&end.fd, "keys", AtFlags::AT_SYMLINK_NOFOLLOW)
            && keys.st_uid != owner.as_raw()
        {
            let (owner, other) = (Named(owner), Named(Uid::from_raw(keys.st_uid)));
            return Err(OwnerError::Mixed { dir: self.asked.clone(), owner, other });
        }
        Ok(owner)
    }

    /// Who alone writes there, whatever that is.
    pub(super) fn owner_alone(&self) -> Result<Uid, OwnerError> {
        let end = self.end();
        if end.is_open() && !(self.missing.is_some() && end.is_sticky()) {
            return Err(end.open_error());
        }
        self.owner_of_place()
    }

    /// Whose it is, whoever else may put something there.
    pub(super) fn owner_of_place(&self) -> Result<Uid, OwnerError> {
        let end = self.end();
        if end.is_open() && !end.is_sticky() {
            return Err(end.open_error());
        }
        let owner = end.uid();
        match self.deciders.iter().find(|(user, _)| *user != owner) {
            None => Ok(owner),
            Some((user, path)) => Err(OwnerError::Replaceable {
                dir: end.path.clone(),
                owner: Named(owner),
                path: path.clone(),
                other: Named(*user),
            }),
        }
    }

    /// Takes the name that is missing in a directory where everybody may put something, before somebody else does.
    pub(super) fn secure(&self) -> Result<(), OwnerError> {
        match &self.missing {
            Some(name) if self.end().is_open() && self.end().uid().is_root() => {
                mkdirat(&self.end().fd, name.as_os_str(), Mode::S_IRWXU)
                    .map_err(|why| OwnerError::Io { path: self.end().path.join(name), why })
            }
            _ => Ok(()),
        }
    }
}

fn names(path: &Path) -> VecDeque<OsString> {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    });
    names.collect()
}
