//! What the directory of keys held when it was last read.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::file::{FileFault, id_of, read_file};
use super::record::Key;
use super::signatures::SignatureCache;
use super::stamp::Stamp;
use crate::clock;
use crate::config::Origin;
use crate::files;
use crate::invite::name::KeyId;

/// In-place edits are noticed within this time.
const FRESH: Duration = Duration::from_secs(1);

/// What the directory held when it was last read.
#[derive(Default)]
pub struct Snapshot {
    /// The keys, by id.
    pub keys: Arc<HashMap<KeyId, Arc<Key>>>,
    /// Files that were skipped, and why.
    pub faults: Vec<String>,
    /// Why the directory could not be listed; then the keys are those that were known before.
    pub trouble: Option<String>,
    /// Whether it ever could.
    pub(super) was_listed: bool,
    pub(super) stamps: Arc<HashMap<KeyId, Stamp>>,
    pub(super) dir: Option<Stamp>,
    pub(super) read_at: Option<Instant>,
    /// When all files were looked at last, unless they have to be the next time, too.
    pub(super) whole_at: Option<Instant>,
    /// Whether any had been changed.
    pub(super) was_changed: bool,
    pub(super) is_timestamp_final: bool,
}

impl Snapshot {
    /// One of a directory that is just read.
    pub(super) fn begin(dir: Option<Stamp>, before: &Self) -> Self {
        Self {
            dir,
            read_at: Some(clock::instant()),
            is_timestamp_final: dir.is_none_or(|stamp| stamp.is_final(clock::now())),
            was_listed: before.was_listed,
            ..Self::default()
        }
    }

    /// Whether the directory is as it was.
    pub(super) fn is_of(&self, stamp: Option<Stamp>) -> bool {
        self.is_timestamp_final && self.dir == stamp
    }

    pub(super) fn is_current(&self, stamp: Option<Stamp>) -> bool {
        self.is_of(stamp) && self.read_at.is_some_and(|at| clock::instant().duration_since(at) < FRESH)
    }

    /// Whether there was none when it was last looked for, and before.
    pub(super) fn is_without_directory(&self) -> bool {
        self.dir.is_none() && self.trouble.is_none()
    }

    /// Reads one file, or takes over what it was if it has not changed.
    pub(super) fn read_key(&mut self, path: &Path, before: &Snapshot) -> Result<(), FileFault> {
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
        Arc::make_mut(&mut self.stamps).insert(id.clone(), stamp);
        Arc::make_mut(&mut self.keys).insert(id, key);
        Ok(())
    }

    /// Notes what is wrong with a file, if something is. What was known of one that cannot be read for the moment counts on.
    pub(super) fn note_fault(&mut self, path: &Path, fault: Option<FileFault>, before: &Snapshot) {
        let known = || id_of(path).and_then(|id| before.keys.get_key_value(&id));
        let what = match fault {
            None | Some(FileFault::Gone) => return,
            Some(FileFault::Broken(reason)) => format!("is skipped: {reason}"),
            Some(FileFault::Unread(error)) => match known() {
                None => format!("is skipped: {error}"),
                Some((id, key)) => {
                    Arc::make_mut(&mut self.keys).insert(id.clone(), Arc::clone(key));
                    Arc::make_mut(&mut self.stamps).extend(before.stamps.get(id).map(|stamp| (id.clone(), *stamp)));
                    format!("cannot be read ({error}); the key stays as it was")
                }
            },
        };
        self.faults.push(format!("{} {what}", files::shown(path)));
    }

    /// Says what is new and what is gone, once; whether anything is different.
    pub(super) fn report_changes(&self, before: &Snapshot) -> bool {
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
        if Arc::ptr_eq(&self.keys, &before.keys) {
            return false;
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
    use std::io;

    use super::*;
    use crate::config::RawKey;
    use crate::key::state::StateKeys;

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
