//! How many files may be open at once, most of which are connections (`getrlimit(2)`, `RLIMIT_NOFILE`).

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What is open beside connections: sockets, ledger, key files, XMPP servers, metrics.
const OTHER_FILES: u64 = 192;

/// Raises the limit as far as the system lets us, and gives it; none: there is none.
fn raise() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum && setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok() {
        return maximum;
    }
    current
}

/// So many connections as are wanted, or as the limit has room for; then that is told.
pub(super) fn fit(wanted: u32) -> u32 {
    let Some(files) = raise() else { return wanted };
    let room = u32::try_from(room(files)).unwrap_or(u32::MAX);
    if wanted > room {
        tracing::warn!(
            "http.max_connections is {wanted}, but of {files} open files at most {room} can be connections, so there are no \
             more; raise LimitNOFILE= (ulimit -n) to {}",
            u64::from(wanted) + OTHER_FILES,
        );
    }
    wanted.min(room)
}

/// How many of so many files can be connections. Where there are few, half of them.
fn room(files: u64) -> u64 {
    files.saturating_sub(OTHER_FILES).max(files / 2).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_files_are_left_for_others() {
        for (files, connections) in [(0, 1), (1, 1), (48, 24), (256, 128), (384, 192), (1024, 832), (65_536, 65_344)] {
            assert_eq!(room(files), connections, "{files}");
        }
    }
}
