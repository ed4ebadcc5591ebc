//! Keys of the state directory: `keys/ID.toml`, one file a key, made and deleted by the command line while the service
//! runs.
//!
//! Every look-up asks for the directory's time of change (one stat(2)); when it moved, the directory is read again before
//! the answer. So a key works, or is refused, from the moment that `key create` or `key delete` has returned. What is in
//! place edited by hand is noticed within a second. A file that cannot be used is reported and skipped.

use std::collections::HashMap;
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use jiff::SignedDuration;

use super::record::Key;
use super::signatures::SignatureCache;
use crate::clock;
use crate::config::{KeySettings, Origin, Proof, RawKey};
use crate::files::{self, Existing};
use crate::invite::name::KeyId;

/// In-place edits are noticed within this time.
const FRESH: Duration = Duration::from_secs(1);
/// A directory that changed so recently may change again without its time moving (the kernel's tick is 1 to 10 ms).
const TIMESTAMP_GRANULARITY: SignedDuration = SignedDuration::from_millis(50);
/// A key file is a few lines.
const MAX_FILE_BYTES: u64 = 64 << 10;

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
    stamps: HashMap<KeyId, Stamp>,
    dir: Option<Stamp>,
    read_at: Option<Instant>,
    is_timestamp_final: bool,
}

/// What changes when a file or directory does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    size: u64,
    mode: u32,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &std::fs::Metadata) -> Self {
        Self {
            inode: metadata.ino(),
            size: metadata.size(),
            mode: metadata.mode(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    fn changed_before(&self, moment: jiff::Timestamp) -> bool {
        let nanoseconds = i128::from(self.changed.0) * 1_000_000_000 + i128::from(self.changed.1);
        nanoseconds < moment.as_nanosecond()
    }
}

/// Why a key could not be stored or deleted.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// There is one by that id.
    #[error("there is already a key {0} in the state directory; delete it first, or choose another --id")]
    Exists(KeyId),
    /// There is none by that id.
    #[error("there is no key by that id in the state directory; see: invited key list")]
    Absent,
    /// The system says no.
    #[error("cannot write {}; run as root or as the owner of the state directory", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
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

    /// The keys as they are now.
    #[must_use]
    pub fn current(&self) -> Arc<Snapshot> {
        let stamp = std::fs::metadata(&self.dir).ok().map(|metadata| Stamp::of(&metadata));
        let snapshot = self.current.load_full();
        if snapshot.is_current(stamp) {
            return snapshot;
        }
        let _one_reads = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = std::fs::metadata(&self.dir).ok().map(|metadata| Stamp::of(&metadata));
        let snapshot = self.current.load_full();
        if snapshot.is_current(stamp) {
            return snapshot;
        }
        let read = Arc::new(self.read(stamp, &snapshot));
        if read.report_changes(&snapshot) {
            self.changes.fetch_add(1, Ordering::Relaxed);
        }
        self.current.store(Arc::clone(&read));
        read
    }

    fn read(&self, stamp: Option<Stamp>, before: &Snapshot) -> Snapshot {
        let mut snapshot = Snapshot {
            dir: stamp,
            read_at: Some(clock::instant()),
            is_timestamp_final: stamp.is_none_or(|stamp| stamp.changed_before(clock::now() - TIMESTAMP_GRANULARITY)),
            ..Snapshot::default()
        };
        let entries = match std::fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return snapshot,
            Err(error) => {
                snapshot.faults.push(format!("cannot read {} ({error})", self.dir.display()));
                return snapshot;
            }
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if entry.file_name().as_encoded_bytes().starts_with(files::TEMPORARY_PREFIX.as_bytes()) {
                continue;
            }
            if let Err(reason) = snapshot.read_key(&path, before) {
                snapshot.faults.push(format!("{} is skipped: {reason}", files::shown(&path)));
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

    /// Reads one file, or takes over what it was if it has not changed.
    fn read_key(&mut self, path: &Path, before: &Snapshot) -> Result<(), String> {
        let id: KeyId = path
            .file_name()
            .and_then(|name| name.to_str()?.strip_suffix(".toml"))
            .ok_or("expected a name of the form ID.toml")?
            .parse()
            .map_err(|_| "expected a name of the form ID.toml")?;
        let metadata = std::fs::symlink_metadata(path).map_err(|error| error.to_string())?;
        if !metadata.is_file() {
            return Err("not a regular file".into());
        }
        let stamp = Stamp::of(&metadata);
        let key = match before.keys.get(&id) {
            Some(key) if before.stamps.get(&id) == Some(&stamp) => Arc::clone(key),
            _ => {
                let settings = read_file(path)?;
                let (id, origin) = (id.clone(), Origin::File(path.to_owned()));
                Arc::new(Key { id, settings, origin, signatures: SignatureCache::default() })
            }
        };
        self.stamps.insert(id.clone(), stamp);
        self.keys.insert(id, key);
        Ok(())
    }

    /// Says what is new and what is gone, once; whether anything is different.
    fn report_changes(&self, before: &Snapshot) -> bool {
        use crate::log::{Event, event};
        for fault in self.faults.iter().filter(|fault| !before.faults.contains(fault)) {
            tracing::warn!(parent: None, "key file {fault}");
        }
        if before.read_at.is_none() {
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

fn read_file(path: &Path) -> Result<KeySettings, String> {
    let file = std::fs::OpenOptions::new()
        .read(true)
        // A link or a pipe that took the file's place in the meantime is not followed and not waited for.
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
        .map_err(|error| error.to_string())?;
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("not a regular file".into());
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(format!("its mode is {:04o}; run chmod 600 on it", metadata.mode() & 0o7777));
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(format!("larger than {MAX_FILE_BYTES} bytes"));
    }
    let mut text = String::new();
    file.take(MAX_FILE_BYTES).read_to_string(&mut text).map_err(|error| error.to_string())?;
    let key: RawKey = toml::from_str(&text).map_err(|error| fault_in(&text, &error))?;
    let digest = key.sha256.ok_or("expected `sha256`")?;
    key.resolve(Proof::Opaque(digest), None).map_err(|wrong| {
        wrong.iter().map(|(field, reason)| format!("{field}: {reason}")).collect::<Vec<_>>().join("; ")
    })
}

/// What is wrong with a key file, without the file's own words: a secret may have been put into the wrong place.
fn fault_in(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    match error.message().rsplit_once(", expected ") {
        Some((_, expected)) => format!("line {line}: expected {expected}"),
        None => format!("line {line}: expected what `invited key create` writes"),
    }
}
