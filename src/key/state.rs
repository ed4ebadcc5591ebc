//! Keys of the state directory: `keys/ID.toml`, one file a key, made and deleted by the command line while the service
//! runs.
//!
//! Every look-up asks for the directory's time of change (one stat(2)); when it moved, the directory is read again before
//! the answer. So a key works, or is refused, from the moment that `key create` or `key delete` has returned. What is in
//! place edited by hand is noticed within a second. A file that cannot be used is reported and skipped.
//!
//! What cannot be looked at is not taken for gone: while the directory cannot be listed, because no more files can be opened
//! or the disk has errors, the keys that were known stay in force, but for those whose file is seen to be gone. The same
//! holds for a file that cannot be read for the moment.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

use super::file::{FileFault, id_of, read_file};
use super::record::Key;
use super::signatures::SignatureCache;
use super::stamp::Stamp;
pub use super::state_error::StateError;
use crate::clock;
use crate::config::{Origin, RawKey};
use crate::files::{self, Existing};
use crate::invite::name::KeyId;

/// In-place edits are noticed within this time.
const FRESH: Duration = Duration::from_secs(1);

/// The keys of the state directory, as they are now.
pub struct StateKeys {
    dir: PathBuf,
    current: ArcSwap<Snapshot>,
    reading: Mutex<()>,
    /// How often what was read differed from before.
    changes: AtomicU64,
}

/// What the directory held when it was last read.
#[derive(Default)]
pub struct Snapshot {
    /// The keys, by id.
    pub keys: HashMap<KeyId, Arc<Key>>,
    /// Files that were skipped, and why.
    pub faults: Vec<String>,
    /// Why the directory could not be listed; then the keys are those that were known before.
    pub trouble: Option<String>,
    /// Whether it ever could.
    was_listed: bool,
    stamps: HashMap<KeyId, Stamp>,
    dir: Option<Stamp>,
    read_at: Option<Instant>,
    is_timestamp_final: bool,
}

impl StateKeys {
    /// The keys below `state_dir`.
    #[must_use]
    pub fn new(state_dir: &Path) -> Self {
        Self {
            dir: state_dir.join("keys"),
            current: ArcSwap::default(),
            reading: Mutex::default(),
            changes: AtomicU64::new(0),
        }
    }

    /// Whether the keys can be listed. Where there is no directory, there are none.
    ///
    /// # Errors
    /// When the system says no.
    pub fn try_list(&self) -> Result<(), StateError> {
        match std::fs::read_dir(&self.dir) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(StateError::List { dir: self.dir.clone(), source })
            }
            _ => Ok(()),
        }
    }

    /// The keys as they are now.
    #[must_use]
    pub fn current(&self) -> Arc<Snapshot> {
        let snapshot = self.current.load_full();
        if snapshot.is_current(self.stamp().ok()) {
            return snapshot;
        }
        let _one_reads = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = self.stamp();
        let snapshot = self.current.load_full();
        if snapshot.is_current(stamp.as_ref().ok().copied()) {
            return snapshot;
        }
        let read = Arc::new(self.read(stamp, &snapshot));
        if read.report_changes(&snapshot) {
            self.changes.fetch_add(1, Ordering::Relaxed);
        }
        self.current.store(Arc::clone(&read));
        read
    }

    /// What the directory is like; an error also if there is none.
    fn stamp(&self) -> io::Result<Stamp> {
        std::fs::metadata(&self.dir).map(|metadata| Stamp::of(&metadata))
    }

    fn read(&self, stamp: io::Result<Stamp>, before: &Snapshot) -> Snapshot {
        let dir = stamp.as_ref().ok().copied();
        let mut snapshot = Snapshot {
            dir,
            read_at: Some(clock::instant()),
            is_timestamp_final: dir.is_none_or(|stamp| stamp.is_final(clock::now())),
            was_listed: before.was_listed,
            ..Snapshot::default()
        };
        let listed = stamp.and_then(|_| {
            let entries = std::fs::read_dir(&self.dir)?;
            entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()
        });
        let paths = match listed {
            Ok(paths) => paths,
            // No key was ever made.
            Err(error) if error.kind() == io::ErrorKind::NotFound && before.is_without_directory() => vec![],
            Err(error) => {
                snapshot.trouble = Some(format!("cannot list the keys in {} ({error})", self.dir.display()));
                let is_gone = |id: &KeyId| dir.is_some() && files::is_gone(&self.path(id));
                let left = before.keys.iter().filter(|(id, _)| !is_gone(id));
                snapshot.keys = left.map(|(id, key)| (id.clone(), Arc::clone(key))).collect();
                snapshot.stamps.clone_from(&before.stamps);
                snapshot.stamps.retain(|id, _| snapshot.keys.contains_key(id));
                snapshot.faults.clone_from(&before.faults);
                return snapshot;
            }
        };
        snapshot.was_listed = true;
        for path in paths {
            if !files::is_temporary(&path) {
                let read = snapshot.read_key(&path, before);
                snapshot.note_fault(&path, read.err(), before);
            }
        }
        snapshot.faults.sort();
        snapshot
    }

    /// How often keys were found changed since the start.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// Stores a new key; it works when this returns.
    ///
    /// # Errors
    /// When there is one by that id, or it cannot be written; nothing has changed then.
    pub fn store(&self, id: &KeyId, key: &RawKey) -> Result<PathBuf, StateError> {
        let path = self.path(id);
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => StateError::Exists(id.clone()),
            _ => StateError::Io { path: path.clone(), source },
        };
        files::create_dir(&self.dir).map_err(failed)?;
        let text = toml::to_string(key).map_err(|error| failed(io::Error::other(error)))?;
        files::write(&path, text.as_bytes(), Existing::Keep).map_err(failed)?;
        Ok(path)
    }

    /// Deletes a key; it is refused when this returns.
    ///
    /// # Errors
    /// When there is none by that id, or it cannot be deleted.
    pub fn delete(&self, id: &KeyId) -> Result<(), StateError> {
        let path = self.path(id);
        files::remove(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => StateError::Absent,
            _ => StateError::Io { path, source },
        })
    }

    fn path(&self, id: &KeyId) -> PathBuf {
        self.dir.join(format!("{id}.toml"))
    }
}

impl Snapshot {
    fn is_current(&self, stamp: Option<Stamp>) -> bool {
        self.is_timestamp_final
            && self.dir == stamp
            && self.read_at.is_some_and(|at| clock::instant().duration_since(at) < FRESH)
    }

    /// Whether there was none when it was last looked for, and before.
    fn is_without_directory(&self) -> bool {
        self.dir.is_none() && self.trouble.is_none()
    }

    /// Reads one file, or takes over what it was if it has not changed.
    fn read_key(&mut self, path: &Path, before: &Snapshot) -> Result<(), FileFault> {
        let id = id_of(path).ok_or("expected a name of the form ID.toml")?;
        let metadata = std::fs::symlink_metadata(path)?;
        if !metadata.is_file() {
            return Err("not a regular file".into());
        }
        let stamp = Stamp::of(&metadata);
        let key = match before.keys.get(&id) {
            Some(key) if before.stamps.get(&id) == Some(&stamp) => Arc::clone(key),
            _ => {
                let settings = read_file(path)?;
                let (id, origin) = (id.clone(), Origin::File(path.to_owned()));
                Arc::new(Key { id, settings, origin, signatures: SignatureCache::default(), once: None })
            }
        };
        self.stamps.insert(id.clone(), stamp);
        self.keys.insert(id, key);
        Ok(())
    }

    /// Notes what is wrong with a file, if something is. What was known of one that cannot be read for the moment counts on.
    fn note_fault(&mut self, path: &Path, fault: Option<FileFault>, before: &Snapshot) {
        let known = || id_of(path).and_then(|id| before.keys.get_key_value(&id));
        let what = match fault {
            None | Some(FileFault::Gone) => return,
            Some(FileFault::Broken(reason)) => format!("is skipped: {reason}"),
            Some(FileFault::Unread(error)) => match known() {
                None => format!("is skipped: {error}"),
                Some((id, key)) => {
                    self.keys.insert(id.clone(), Arc::clone(key));
                    self.stamps.extend(before.stamps.get(id).map(|stamp| (id.clone(), *stamp)));
                    format!("cannot be read ({error}); the key stays as it was")
                }
            },
        };
        self.faults.push(format!("{} {what}", files::shown(path)));
    }

    /// Says what is new and what is gone, once; whether anything is different.
    fn report_changes(&self, before: &Snapshot) -> bool {
        use crate::log::{Event, event};
        for fault in self.faults.iter().filter(|fault| !before.faults.contains(fault)) {
            tracing::warn!(parent: None, "key file {fault}");
        }
        match (&before.trouble, &self.trouble) {
            (None, Some(trouble)) if self.was_listed => {
                tracing::error!(parent: None, "{trouble}; the keys that were known stay in force until it can be listed");
            }
            (None, Some(trouble)) => {
                tracing::error!(parent: None, "{trouble}; only declared keys are in force until it can be listed");
            }
            (Some(_), None) => tracing::info!(parent: None, "the keys of the state directory can be listed again"),
            (None, None) | (Some(_), Some(_)) => {}
        }
        if !before.was_listed {
            return true;
        }
        for id in self.keys.keys().filter(|id| !before.keys.contains_key(*id)) {
            event(&Event::KeyCreated { key: id });
        }
        for id in before.keys.keys().filter(|id| !self.keys.contains_key(*id)) {
            event(&Event::KeyDeleted { key: id });
        }
        self.stamps != before.stamps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RawKey;

    #[test]
    fn a_file_that_cannot_be_read_for_the_moment_keeps_its_key_and_one_that_is_gone_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let keys = StateKeys::new(dir.path());
        let id: KeyId = "one".parse().unwrap();
        let key = RawKey { sha256: Some("0".repeat(64).parse().unwrap()), ..RawKey::default() };
        let path = keys.store(&id, &key).unwrap();
        let before = keys.current();
        let after = |code| {
            let mut snapshot = Snapshot::default();
            snapshot.note_fault(&path, Some(io::Error::from_raw_os_error(code).into()), &before);
            (snapshot.keys.contains_key(&id), snapshot.stamps == before.stamps, snapshot.faults)
        };
        let unread = "F cannot be read (Too many open files (os error 24)); the key stays as it was";
        let (is_there, is_as_before, faults) = after(libc::EMFILE);
        assert!(is_there && is_as_before);
        assert_eq!(faults.concat().replace(path.to_str().unwrap(), "F"), unread);
        assert_eq!(after(libc::ENOENT), (false, false, vec![]));
        assert!(!after(libc::EACCES).0);
    }
}
