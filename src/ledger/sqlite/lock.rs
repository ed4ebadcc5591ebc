//! One service per ledger: whoever serves it holds a lock on its file.
//!
//! flock(2) is no lock of SQLite's, which go by fcntl(2): commands work beside the service as before. The kernel gives it
//! back when the process ends, however it ends. It is dropped after the connection: to close a file is to give up what
//! fcntl(2) locked of it.

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::ledger::error::OpenError;

/// Takes the lock of `ledger`; nothing where the file system has no locks.
pub(in crate::ledger) fn take(ledger: &Path) -> Result<Option<File>, OpenError> {
    let file = File::open(ledger).map_err(|source| OpenError::Io { path: ledger.to_owned(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => {
            let holder = file.metadata().ok().and_then(|found| holder(found.ino()));
            let pid = holder.map_or(String::new(), |pid| format!(" (pid {pid})"));
            Err(OpenError::Served { ledger: ledger.display().to_string(), pid })
        }
        Err(TryLockError::Error(why)) => {
            tracing::warn!("the ledger's file cannot be locked ({why}); a second service would not be refused");
            Ok(None)
        }
    }
}

/// The process that holds the lock, as far as it is to be seen from here (`proc_locks(5)`).
fn holder(inode: u64) -> Option<u32> {
    held_by(&std::fs::read_to_string("/proc/locks").ok()?, inode)
}

fn held_by(locks: &str, inode: u64) -> Option<u32> {
    locks.lines().find_map(|line| match line.split_whitespace().collect::<Vec<_>>()[..] {
        [_, "FLOCK", _, _, pid, file, ..] if file.rsplit(':').next()?.parse() == Ok(inode) => pid.parse().ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_a_lock_is_read_from_the_kernels_list() {
        let locks = "\
1: POSIX  ADVISORY  READ 99 fd:01:4711 1073741826 1073742335
1: -> POSIX  ADVISORY  WRITE 98 fd:01:4711 0 EOF
2: FLOCK  ADVISORY  WRITE 1234 fd:01:4711 0 EOF
3: FLOCK  ADVISORY  WRITE 5678 00:2e:47 0 EOF
";
        assert_eq!([held_by(locks, 4711), held_by(locks, 47), held_by(locks, 1)], [Some(1234), Some(5678), None]);
    }
}
