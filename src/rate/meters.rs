//! What many have used of one rate, in memory: each by itself, by a clock that nobody sets.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Rate, Used};

/// So many are counted at once.
const MOST: usize = 16_384;

/// What each of many has used of a rate. Bounded: when it is full, those are forgotten that have all of it again, then all.
/// An attacker with that many addresses is not stopped by counting them.
pub struct Meters<T> {
    state: Mutex<MetersState<T>>,
}

struct MetersState<T> {
    used: HashMap<T, Used>,
    /// Times are counted from the first one.
    since: Option<Instant>,
}

impl<T> Default for Meters<T> {
    fn default() -> Self {
        Self { state: Mutex::new(MetersState { used: HashMap::new(), since: None }) }
    }
}

impl<T> MetersState<T> {
    fn microseconds(&mut self, at: Instant) -> i64 {
        let passed = at.saturating_duration_since(*self.since.get_or_insert(at));
        i64::try_from(passed.as_micros()).unwrap_or(i64::MAX)
    }
}

impl<T: Eq + Hash> Meters<T> {
    /// How long `who` must wait for the next one; none if there is no need to.
    #[must_use]
    pub fn wait(&self, rate: Rate, who: &T, at: Instant) -> Option<Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = state.microseconds(at);
        rate.take_at(*state.used.get(who)?, now, 1).err().map(|exceeded| exceeded.retry_after)
    }

    /// Gives back to `who` one that was taken.
    pub fn give_back(&self, rate: Rate, who: &T, at: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = state.microseconds(at);
        if let Some(used) = state.used.get_mut(who) {
            *used = rate.give_back_at(*used, now);
        }
    }

    /// Takes one out of the rate of `who`; false if none was there.
    pub fn take(&self, rate: Rate, who: T, at: Instant) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = state.microseconds(at);
        if state.used.len() >= MOST && !state.used.contains_key(&who) {
            state.used.retain(|_, used| rate.full_in_at(*used, now) > 0);
            if state.used.len() >= MOST {
                state.used.clear();
            }
        }
        let used = state.used.entry(who).or_default();
        rate.take_at(*used, now, 1).map(|after| *used = after).is_ok()
    }
}

/// Where a client is: whoever has one IPv6 address has its /64.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn an_address_waits_after_its_failures_and_others_do_not() {
        let failures = Meters::default();
        let rate: Rate = "2/m".parse().unwrap();
        let now = clock::instant();
        let [here, neighbour, mapped, far] =
            ["2001:db8::1", "2001:db8::2", "::ffff:192.0.2.1", "192.0.2.1"].map(|text| network(text.parse().unwrap()));
        assert!(failures.take(rate, here, now));
        assert_eq!(failures.wait(rate, &here, now), None);
        assert!(failures.take(rate, here, now) && !failures.take(rate, here, now));
        assert_eq!(failures.wait(rate, &neighbour, now), Some(Duration::from_secs(30)));
        assert_eq!(failures.wait(rate, &far, now), None);
        assert!(failures.take(rate, mapped, now) && failures.take(rate, far, now));
        assert_eq!(failures.wait(rate, &mapped, now), Some(Duration::from_secs(30)));
        assert_eq!(failures.wait(rate, &here, now + Duration::from_secs(30)), None);
        failures.give_back(rate, &here, now);
        failures.give_back(rate, &far, now);
        assert!(failures.take(rate, here, now) && !failures.take(rate, here, now));
        assert!(failures.take(rate, far, now) && !failures.take(rate, far, now));
    }

    #[test]
    fn those_who_used_nothing_lately_are_forgotten_first_and_then_all() {
        let meters = Meters::default();
        let rate: Rate = "1/m".parse().unwrap();
        let now = clock::instant();
        let count = |meters: &Meters<usize>| meters.state.lock().unwrap().used.len();
        let [soon, later] = [30, 61].map(|seconds| now + Duration::from_secs(seconds));
        (0..MOST / 2).for_each(|who| assert!(meters.take(rate, who, now)));
        (MOST / 2..MOST).for_each(|who| assert!(meters.take(rate, who, soon)));
        assert!(!meters.take(rate, 0, soon), "who is counted is not forgotten for asking again");
        assert!(meters.take(rate, MOST, later));
        assert_eq!(count(&meters), MOST / 2 + 1);
        assert!(!meters.take(rate, MOST - 1, later));
        (MOST + 1..MOST * 2).for_each(|who| assert!(meters.take(rate, who, later)));
        assert!(count(&meters) < MOST);
    }
}
