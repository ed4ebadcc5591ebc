//! How long a test waits.

use std::time::Duration;

/// What is waited for is an event, and only a hang takes longer: however busy the machine is, a test judges what comes and
/// not how soon. `tests/patience.py` is the same for what is written in Python.
pub const PATIENCE: Duration = Duration::from_mins(15);
