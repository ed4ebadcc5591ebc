//! What keeps guessed tokens from the servers: whoever asks has a budget, each host's server has one, and none is asked
//! twice for the same.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use crate::invite::name::{HostName, KeyId};
use crate::rate::{Meters, Rate, network};

/// So many unknown tokens of one asker are looked up: one who guesses takes nothing from others.
const OF_ONE: Rate = Rate { count: 30, period: Duration::from_mins(1) };
/// Each server is asked at most so often, however many ask: guessing is not to load it.
const OF_A_HOST: Rate = Rate { count: 600, period: Duration::from_mins(1) };
/// What a server did not know is not asked again for so long.
const MISS_KEPT: Duration = Duration::from_mins(1);
/// So many misses are remembered.
const MAX_MISSES: usize = 10_000;

/// Who wants to know what a token opens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    /// A guest at this address (IPv6: of this /64).
    Guest(IpAddr),
    /// The caller with this key.
    Key(KeyId),
}

impl Asker {
    /// A guest.
    #[must_use]
    pub fn guest(address: IpAddr) -> Self {
        Self::Guest(network(address))
    }
}

/// What keeps guesses from the servers.
#[derive(Default)]
pub(super) struct LookUpGate {
    askers: Meters<Asker>,
    hosts: Meters<HostName>,
    /// By digest: a miss may be a token of another place.
    misses: Mutex<HashMap<[u8; 32], Instant>>,
}

impl LookUpGate {
    /// Whether the server of `host` was asked for `token` lately, and did not know it.
    pub(super) fn is_miss(&self, host: &HostName, token: &str, at: Instant) -> bool {
        let misses = self.misses.lock().unwrap_or_else(PoisonError::into_inner);
        misses.get(&digest(host, token)).is_some_and(|missed| at.duration_since(*missed) < MISS_KEPT)
    }

    /// Takes one out of the budget of `asker`.
    ///
    /// # Errors
    /// How long it must wait.
    pub(super) fn admit(&self, asker: &Asker, at: Instant) -> Result<(), Duration> {
        if self.askers.take(OF_ONE, asker.clone(), at) {
            return Ok(());
        }
        Err(self.askers.wait(OF_ONE, asker, at).unwrap_or_default())
    }

    /// Gives back to `asker` what was right, and no guess.
    pub(super) fn found(&self, asker: &Asker, at: Instant) {
        self.askers.give_back(OF_ONE, asker, at);
    }

    /// Takes one out of the budget of a host's server; false if none was there.
    pub(super) fn may_ask(&self, host: &HostName, at: Instant) -> bool {
        self.hosts.take(OF_A_HOST, host.clone(), at)
    }

    pub(super) fn missed(&self, host: &HostName, token: &str, at: Instant) {
        let mut misses = self.misses.lock().unwrap_or_else(PoisonError::into_inner);
        if misses.len() >= MAX_MISSES {
            misses.retain(|_, missed| at.duration_since(*missed) < MISS_KEPT);
        }
        if misses.len() < MAX_MISSES {
            misses.insert(digest(host, token), at);
        }
    }
}

fn digest(host: &HostName, token: &str) -> [u8; 32] {
    // No host's name has a blank.
    Sha256::digest(format!("{host} {token}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    fn host(name: &str) -> HostName {
        name.parse().unwrap()
    }

    #[test]
    fn a_server_is_asked_seldom_and_not_twice() {
        let gate = LookUpGate::default();
        let (one, other, at) = (host("example.com"), host("example.org"), clock::instant());
        gate.missed(&one, "one-token-of-a-server", at);
        let is_miss = |host, passed| gate.is_miss(host, "one-token-of-a-server", at + passed);
        assert!(is_miss(&one, MISS_KEPT / 2) && !is_miss(&other, MISS_KEPT / 2) && !is_miss(&one, MISS_KEPT));
        assert!((0..OF_A_HOST.count).all(|_| gate.may_ask(&one, at)));
        assert!(!gate.may_ask(&one, at) && gate.may_ask(&other, at));
    }

    #[test]
    fn one_who_guesses_uses_up_only_their_own() {
        let gate = LookUpGate::default();
        let at = clock::instant();
        let [guesser, neighbour, other] =
            ["2001:db8::1", "2001:db8::2", "2001:db8:1::1"].map(|address| Asker::guest(address.parse().unwrap()));
        let program = Asker::Key("site".parse().unwrap());
        assert!((0..OF_ONE.count).all(|_| gate.admit(&guesser, at) == Ok(())));
        assert_eq!(gate.admit(&neighbour, at), Err(Duration::from_secs(2)));
        assert_eq!([gate.admit(&other, at), gate.admit(&program, at)], [Ok(()), Ok(())]);
        assert_eq!(gate.admit(&guesser, at + Duration::from_secs(2)), Ok(()));
        gate.found(&neighbour, at + Duration::from_secs(2));
        assert_eq!(gate.admit(&guesser, at + Duration::from_secs(2)), Ok(()));
    }

    #[test]
    fn misses_do_not_fill_the_memory() {
        let gate = LookUpGate::default();
        let (host, at) = (host("example.com"), clock::instant());
        (0..MAX_MISSES + 10).for_each(|guess| gate.missed(&host, &guess.to_string(), at));
        assert_eq!(gate.misses.lock().unwrap().len(), MAX_MISSES);
        gate.missed(&host, "later", at + MISS_KEPT);
        assert_eq!(gate.misses.lock().unwrap().len(), 1);
    }
}
