//! What a server turned out to have of mod_invites. It is believed for a while only: the server may be renewed, or its
//! configuration mended.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const BELIEVED: Duration = Duration::from_mins(10);

/// Commands of mod_invites, and whether they are there.
#[derive(Default)]
pub(super) struct Known(Mutex<BTreeMap<&'static str, (bool, Instant)>>);

impl Known {
    /// Takes down whether a command is there.
    pub(super) fn note(&self, command: &'static str, is_there: bool, now: Instant) {
        self.commands().insert(command, (is_there, now));
    }

    /// Whether a command is there; none if that is to be found out (again).
    pub(super) fn has(&self, command: &'static str, now: Instant) -> Option<bool> {
        let (is_there, at) = self.commands().get(command).copied()?;
        (now.duration_since(at) < BELIEVED).then_some(is_there)
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
        let (known, start) = (Known::default(), crate::clock::instant());
        assert!(known.may_have(&["list_invites"], start), "it is not known yet");
        known.note("list_invites", false, start);
        let soon = start + BELIEVED.saturating_sub(Duration::from_millis(1));
        assert_eq!(
            (known.has("list_invites", soon), known.may_have(&["other", "list_invites"], soon)),
            (Some(false), false)
        );
        assert_eq!(known.has("list_invites", start + BELIEVED), None);
        assert!(known.may_have(&["list_invites"], start + BELIEVED));
        known.note("list_invites", true, start + BELIEVED);
        assert_eq!(known.has("list_invites", start + BELIEVED), Some(true));
    }
}
