//! Keys of the state directory: `keys/ID.toml`, one file a key, made and deleted by the command line while the service
//! runs.
//!
//! Every look-up asks for the directory's time of change (one stat(2)); when it moved, what was changed is read again before
//! the answer. So a key works, or is refused, from the moment that `key create` or `key delete` has returned. What is in
//! place edited by hand is noticed within a second. Which files were changed the kernel says ([`KeyWatch`]); where it does not,
//! all are looked at, and now and then they are in any case, as a shared disk may be changed elsewhere. A file that cannot be
//! used is reported and skipped.
//!
//! What cannot be looked at is not taken for gone: while the directory cannot be listed, because no more files can be opened
//! or the disk has errors, the keys that were known stay in force, but for those whose file is seen to be gone. The same
//! holds for a file that cannot be read for the moment.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

use super::file::{FileFault, id_of};
pub use super::snapshot::Snapshot;
use super::stamp::Stamp;
pub use super::state_error::StateError;
use super::watch::KeyWatch;
use crate::clock;
use crate::config::RawKey;
use crate::files::{self, Existing};
use crate::invite::name::KeyId;

/// All files are looked at so often, whatever is said of them.
const WHOLE: Duration = Duration::from_mins(1);

/// The keys of the state directory, as they are now.
pub struct StateKeys {
    dir: PathBuf,
    current: ArcSwap<Snapshot>,
    /// Held by the one who reads.
    watch: Mutex<Option<KeyWatch>>,
    /// How often what was read differed from before.
    changes: AtomicU64,
}

impl StateKeys {
    /// The keys below `state_dir`.
    #[must_use]
    pub fn new(state_dir: &Path) -> Self {
        Self {
            dir: state_dir.join("keys"),
            current: ArcSwap::default(),
            watch: Mutex::default(),
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
        let (snapshot, stamp) = (self.current.load_full(), self.stamp().ok());
        if snapshot.is_current(stamp) {
            return snapshot;
        }
        let mut watch = match self.watch.try_lock() {
            Ok(watch) => watch,
            // Somebody else looks whether a file was edited. What the directory has is known.
            Err(TryLockError::WouldBlock) if snapshot.is_of(stamp) => return snapshot,
            Err(TryLockError::WouldBlock) => self.watch.lock().unwrap_or_else(PoisonError::into_inner),
            Err(TryLockError::Poisoned(watch)) => watch.into_inner(),
        };
        let stamp = self.stamp();
        let snapshot = self.current.load_full();
        if snapshot.is_current(stamp.as_ref().ok().copied()) {
            return snapshot;
        }
        let read = self.read_changed(&mut watch, stamp.as_ref().ok().copied(), &snapshot);
        let read = Arc::new(read.unwrap_or_else(|| {
            // Who asks once needs none; and it takes a file, of which there may be too few.
            if watch.is_none() && snapshot.was_listed && snapshot.trouble.is_none() {
                *watch = KeyWatch::begin(&self.dir);
            }
            self.read(stamp, &snapshot)
        }));
        // Whoever hears of a change finds it.
        self.current.store(Arc::clone(&read));
        if read.report_changes(&snapshot) {
            self.changes.fetch_add(1, Ordering::Relaxed);
        }
        read
    }

    /// What the directory is like; an error also if there is none.
    fn stamp(&self) -> io::Result<Stamp> {
        std::fs::metadata(&self.dir).map(|metadata| Stamp::of(&metadata))
    }

    /// Reads the files alone that were changed; nothing where all have to be looked at.
    fn read_changed(&self, watch: &mut Option<KeyWatch>, dir: Option<Stamp>, before: &Snapshot) -> Option<Snapshot> {
        let is_same = dir.is_some_and(|dir| before.dir.is_some_and(|own| own.is_same(dir)));
        let changed = watch.as_ref().filter(|_| is_same).and_then(|watch| watch.changed(&self.dir));
        if changed.is_none() {
            *watch = None;
        }
        let mut changed = changed?;
        let is_recent = |at: &Instant| clock::instant().duration_since(*at) < WHOLE;
        before.whole_at.filter(|at| before.trouble.is_none() && is_recent(at))?;
        // Somebody else has changed it. What was read together with the change before it is none.
        if changed.is_empty() && dir != before.dir && !before.was_changed {
            return None;
        }
        let was_changed = !changed.is_empty();
        changed.retain(|path| !files::is_temporary(path));
        let mut snapshot = Snapshot {
            keys: Arc::clone(&before.keys),
            stamps: Arc::clone(&before.stamps),
            faults: before.faults.clone(),
            whole_at: before.whole_at,
            was_changed,
            ..Snapshot::begin(dir, before)
        };
        for path in changed {
            let id = id_of(&path).filter(|_| before.faults.is_empty())?;
            Arc::make_mut(&mut snapshot.keys).remove(&id);
            Arc::make_mut(&mut snapshot.stamps).remove(&id);
            match snapshot.read_key(&path, before) {
                Ok(()) | Err(FileFault::Gone) => {}
                Err(FileFault::Unread(_) | FileFault::Broken(_)) => return None,
            }
        }
        Some(snapshot)
    }

    fn read(&self, stamp: io::Result<Stamp>, before: &Snapshot) -> Snapshot {
        let dir = stamp.as_ref().ok().copied();
        let mut snapshot = Snapshot::begin(dir, before);
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
                snapshot.keys = Arc::new(left.map(|(id, key)| (id.clone(), Arc::clone(key))).collect());
                let mut stamps = (*before.stamps).clone();
                stamps.retain(|id, _| snapshot.keys.contains_key(id));
                snapshot.stamps = Arc::new(stamps);
                snapshot.faults.clone_from(&before.faults);
                return snapshot;
            }
        };
        snapshot.was_listed = true;
        snapshot.whole_at = snapshot.read_at;
        for path in paths {
            if !files::is_temporary(&path) {
                let fault = snapshot.read_key(&path, before).err();
                if let Some(FileFault::Unread(_)) = fault {
                    snapshot.whole_at = None;
                }
                snapshot.note_fault(&path, fault, before);
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
