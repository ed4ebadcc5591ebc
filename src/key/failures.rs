//! Wrong keys per client address: so many, then the address is told to wait.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::rate::{Rate, Used};

/// What has failed lately, by address. Bounded: when it is full, the addresses that are through waiting are forgotten,
/// then all. An attacker with that many addresses is not stopped by counting them.
#[derive(Default)]
pub struct Failures {
    used: Mutex<HashMap<IpAddr, Used>>,
}

const MAX_ADDRESSES: usize = 16_384;

impl Failures {
    /// How long `address` must wait; none if it may try.
    #[must_use]
    pub fn wait(&self, rate: Rate, address: IpAddr, now: Timestamp) -> Option<Duration> {
        let table = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let used = *table.get(&network(address))?;
        rate.take(used, now, 1).err().map(|used_up| used_up.retry_after)
    }

    /// Notes that `address` presented a wrong key.
    pub fn note(&self, rate: Rate, address: IpAddr, now: Timestamp) {
        let mut table = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if table.len() >= MAX_ADDRESSES {
            table.retain(|_, used| used.0 > now.as_microsecond());
            if table.len() >= MAX_ADDRESSES {
                table.clear();
            }
        }
        let used = table.entry(network(address)).or_default();
        *used = rate.take(*used, now, 1).unwrap_or(*used);
    }
}

/// Whoever has one IPv6 address has its /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_waits_after_its_failures_and_others_do_not() {
        let failures = Failures::default();
        let rate: Rate = "2/m".parse().unwrap();
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let [here, neighbour, mapped, far] =
            ["2001:db8::1", "2001:db8::2", "::ffff:192.0.2.1", "192.0.2.1"].map(|text| text.parse().unwrap());
        failures.note(rate, here, now);
        assert_eq!(failures.wait(rate, here, now), None);
        failures.note(rate, here, now);
        assert_eq!(failures.wait(rate, neighbour, now), Some(Duration::from_secs(30)));
        assert_eq!(failures.wait(rate, far, now), None);
        failures.note(rate, mapped, now);
        failures.note(rate, far, now);
        assert_eq!(failures.wait(rate, mapped, now), Some(Duration::from_secs(30)));
        assert_eq!(failures.wait(rate, here, now + jiff::SignedDuration::from_secs(30)), None);
    }
}
