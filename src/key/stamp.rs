//! Whether a file or a directory is still as it was.

use std::os::unix::fs::MetadataExt as _;

use jiff::{SignedDuration, Timestamp};

/// What changed so recently may change again without its time moving (the kernel's tick is 1 to 10 ms).
const TIMESTAMP_GRANULARITY: SignedDuration = SignedDuration::from_millis(50);

/// What changes when a file or directory does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    inode: u64,
    size: u64,
    mode: u32,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    pub(super) fn of(metadata: &std::fs::Metadata) -> Self {
        Self {
            inode: metadata.ino(),
            size: metadata.size(),
            mode: metadata.mode(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether it is the same file or directory, changed or not.
    pub(super) fn is_same(&self, other: Self) -> bool {
        self.inode == other.inode
    }

    /// Whether any change after `now` is seen in it. What was changed in the future was so before the clock went back.
    pub(super) fn is_final(&self, now: Timestamp) -> bool {
        let nanoseconds = i128::from(self.changed.0) * 1_000_000_000 + i128::from(self.changed.1);
        (now.as_nanosecond() - nanoseconds).unsigned_abs() > TIMESTAMP_GRANULARITY.as_nanos().unsigned_abs()
    }
}
