//! What a server turned out to have of mod_invites. It is trusted for a while only: the server may be renewed, or its
//! configuration mended.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const TRUSTED_FOR: Duration = Duration::from_mins(10);

/// Commands of mod_invites, and whether they are there.
#[derive(Default)]
pub(super) struct KnownCommands(Mutex<BTreeMap<&'static str, (bool, Instant)>>);

impl KnownCommands {
    /// Takes down whether a command is there.
    pub(super) fn note(&self, command: &'static str, is_there: bool, now: Instant) {
        self.commands().insert(command, (is_there, now));
    }

    /// Whether a command is there; none if that is to be found out (again).
    pub(super) fn has(&self, command: &'static str, now: Instant) -> Option<bool> {
        let (is_there, at) = self.commands().get(command).copied()?;
        (now.duration_since(at) < TRUSTED_FOR).then_some(is_there)
    }

    /// Whether none of `commands` is known to be missing.
    pub(super) fn may_have(&self, commands: &[&'static str], now: Instant) -> bool {
        commands.iter().all(|command| self.has(command, now) != Some(false))
    }

    fn commands(&self) -> MutexGuard<'_, BTreeMap<&'static str, (bool, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_asked_for_again_after_a_while() {
        let (known, start) = (KnownCommands::default(), crate::clock::instant());
        assert!(known.may_have(&["list_invites"], start), "it is not known yet");
        known.note("list_invites", false, start);
        let soon = start + TRUSTED_FOR.saturating_sub(Duration::from_millis(1));
        assert_eq!(
            (known.has("list_invites", soon), known.may_have(&["other", "list_invites"], soon)),
            (Some(false), false)
        );
        assert_eq!(known.has("list_invites", start + TRUSTED_FOR), None);
        assert!(known.may_have(&["list_invites"], start + TRUSTED_FOR));
        known.note("list_invites", true, start + TRUSTED_FOR);
        assert_eq!(known.has("list_invites", start + TRUSTED_FOR), Some(true));
    }
}
