//! A process of a test's own.

use std::process::Child;

/// A process that is killed when dropped, also by a test that fails in between.
pub struct Process(pub Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
