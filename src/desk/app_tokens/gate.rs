//! What keeps guessed tokens from the servers: each is asked for seldom, and not twice.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::rate::{Rate, Used};

/// Servers are asked for unknown tokens at most so often, whoever asks: guessing is not to load them.
const LOOK_UPS: Rate = Rate { count: 60, period: Duration::from_mins(1) };
/// What a server did not know is not asked again for so long.
const MISS_KEPT: Duration = Duration::from_mins(1);
/// So many misses are remembered.
const MAX_MISSES: usize = 10_000;

/// What keeps guesses from the servers.
#[derive(Default)]
pub(super) struct LookUpGate(Mutex<GateState>);

#[derive(Default)]
struct GateState {
    used: Used,
    /// By digest: a miss may be a token of another place.
    misses: HashMap<[u8; 32], Instant>,
}

impl LookUpGate {
    /// Whether servers may be asked for `token` now.
    pub(super) fn admits(&self, token: &str, now: Timestamp, at: Instant) -> Admits {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.misses.get(&digest(token)).is_some_and(|missed| at.duration_since(*missed) < MISS_KEPT) {
            return Admits::Miss;
        }
        match LOOK_UPS.take(state.used, now, 1) {
            Ok(used) => {
                state.used = used;
                Admits::Ask
            }
            Err(_) => Admits::Later,
        }
    }

    pub(super) fn missed(&self, token: &str, at: Instant) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.misses.len() >= MAX_MISSES {
            state.misses.retain(|_, missed| at.duration_since(*missed) < MISS_KEPT);
        }
        if state.misses.len() < MAX_MISSES {
            state.misses.insert(digest(token), at);
        }
    }
}

/// What may be done about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admits {
    /// Servers may be asked.
    Ask,
    /// They were, and did not know it.
    Miss,
    /// They were asked too often.
    Later,
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::invite::tests::moment;

    #[test]
    fn servers_are_asked_seldom_and_not_twice() {
        let gate = LookUpGate::default();
        let (now, at) = (moment("2026-01-01T00:00:00Z"), clock::instant());
        assert_eq!(gate.admits("one-token-of-a-server", now, at), Admits::Ask);
        gate.missed("one-token-of-a-server", at);
        assert_eq!(gate.admits("one-token-of-a-server", now, at + MISS_KEPT / 2), Admits::Miss);
        for guess in 1..LOOK_UPS.count {
            assert_eq!(gate.admits(&guess.to_string(), now, at), Admits::Ask);
        }
        assert_eq!(gate.admits("one more", now, at), Admits::Later);
        let later = moment("2026-01-01T00:01:00Z");
        assert_eq!(gate.admits("one-token-of-a-server", later, at + MISS_KEPT), Admits::Ask);
    }

    #[test]
    fn misses_do_not_fill_the_memory() {
        let gate = LookUpGate::default();
        let at = clock::instant();
        (0..MAX_MISSES + 10).for_each(|guess| gate.missed(&guess.to_string(), at));
        assert_eq!(gate.0.lock().unwrap().misses.len(), MAX_MISSES);
        gate.missed("later", at + MISS_KEPT);
        assert_eq!(gate.0.lock().unwrap().misses.len(), 1);
    }
}
