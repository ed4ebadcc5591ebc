//! A clock that a test sets, by libfaketime: the wall clock of processes that it starts. Monotonic time goes on.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a harness that cannot do its work fails the test")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::common::{Scratch, Served};

/// A clock that is set by a file.
pub struct FakeClock {
    library: PathBuf,
    file: PathBuf,
}

impl FakeClock {
    /// Nothing where the library is not installed.
    pub fn new(scratch: &Scratch) -> Option<Self> {
        let places = fs::read_dir("/usr/lib").unwrap().flatten();
        let library = places.map(|place| place.path().join("faketime/libfaketimeMT.so.1")).find(|path| path.exists());
        let Some(library) = library else {
            // `tests/run` counts these lines.
            let thread = std::thread::current();
            eprintln!("SKIPPED {}: libfaketime is not installed", thread.name().unwrap_or_default());
            return None;
        };
        // Also for another user, as whom PostgreSQL runs.
        fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let clock = Self { library, file: scratch.path().join("clock") };
        clock.set("+0");
        Some(clock)
    }

    /// Sets it: so far from the real one (`+20`, in seconds; `-30d`), or at a moment (`@1970-01-01 00:00:10`).
    pub fn set(&self, to: &str) {
        // Whole or not at all: the service reads it at any moment.
        let new = self.file.with_extension("new");
        fs::write(&new, to).unwrap();
        fs::rename(&new, &self.file).unwrap();
    }

    pub fn environment(&self) -> Vec<(&str, &str)> {
        vec![
            ("LD_PRELOAD", self.library.to_str().unwrap()),
            ("FAKETIME_TIMESTAMP_FILE", self.file.to_str().unwrap()),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("DONT_FAKE_MONOTONIC", "1"),
            ("NO_FAKE_STAT", "1"),
            ("TZ", "UTC"),
        ]
    }

    pub fn serve(&self, scratch: &Scratch) -> Served {
        scratch.serve_as(&["-v"], &self.environment())
    }
}
