//! How often passwords may be wrong. Whether one is right, the server alone knows, so it is asked only while there is room: a try
//! takes its place before, and gives it back if the password was right, or nobody could say.
//!
//! Guesses are counted by address and by account. A browser in which somebody signed in to the account before counts by itself:
//! so no stranger, by guessing, keeps a user from signing in there.

use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_lock::{Semaphore, SemaphoreGuard};

use crate::clock;
use crate::invite::name::Jid;
use crate::rate::{Meters, Rate, network};

/// Wrong passwords of one account, from all who did not sign in to it before.
const BY_STRANGERS: Rate = Rate { count: 10, period: Duration::from_hours(1) };

/// Wrong passwords of one account in one browser that knows it.
const IN_BROWSER: Rate = Rate { count: 10, period: Duration::from_hours(1) };

/// So many passwords are asked about at once: a part of the calls that a server may have, so that guests have a place.
const AT_ONCE: usize = 16;

/// What is remembered of tries, in memory alone.
#[derive(Clone)]
pub(in crate::desk) struct SignInMemory {
    addresses: Arc<Meters<IpAddr>>,
    accounts: Arc<Meters<Jid>>,
    browsers: Arc<Meters<String>>,
    asking: Arc<Semaphore>,
}

impl Default for SignInMemory {
    fn default() -> Self {
        let asking = Arc::new(Semaphore::new(AT_ONCE));
        Self { addresses: Arc::default(), accounts: Arc::default(), browsers: Arc::default(), asking }
    }
}

/// Who tries a password.
pub(super) struct Attempt<'a> {
    pub(super) client: IpAddr,
    /// Whose account, where the address is one.
    pub(super) account: Option<&'a Jid>,
    /// The id of a browser in which somebody signed in to that account before.
    pub(super) browser: Option<&'a str>,
}

impl SignInMemory {
    /// The right to ask a server about a password; nothing if many do.
    pub(super) fn ask(&self) -> Option<SemaphoreGuard<'_>> {
        self.asking.try_acquire()
    }

    /// Takes the place of a try.
    ///
    /// # Errors
    /// When there is none, with how long to wait for one.
    pub(super) fn take(&self, attempt: &Attempt<'_>, failures: Rate) -> Result<(), Duration> {
        let at = clock::instant();
        if let Some(browser) = attempt.browser {
            return taken(&self.browsers, IN_BROWSER, &browser.to_owned(), at);
        }
        let client = network(attempt.client);
        taken(&self.addresses, failures, &client, at)?;
        let Some(account) = attempt.account else { return Ok(()) };
        taken(&self.accounts, BY_STRANGERS, account, at)
            .inspect_err(|_| self.addresses.give_back(failures, &client, at))
    }

    /// Gives back the place of a try that was none: the password was right, or it was not found out.
    pub(super) fn give_back(&self, attempt: &Attempt<'_>, failures: Rate) {
        let at = clock::instant();
        if let Some(browser) = attempt.browser {
            self.browsers.give_back(IN_BROWSER, &browser.to_owned(), at);
            return;
        }
        self.addresses.give_back(failures, &network(attempt.client), at);
        if let Some(account) = attempt.account {
            self.accounts.give_back(BY_STRANGERS, account, at);
        }
    }
}

fn taken<T: Eq + Hash + Clone>(meters: &Meters<T>, rate: Rate, who: &T, at: Instant) -> Result<(), Duration> {
    if meters.take(rate, who.clone(), at) {
        return Ok(());
    }
    Err(meters.wait(rate, who, at).unwrap_or_default().max(Duration::from_secs(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_share_what_an_account_has_and_a_browser_that_knows_it_has_its_own() {
        let (memory, failures) = (SignInMemory::default(), "100/m".parse().unwrap());
        let (romeo, juliet) = ("romeo@example.com".parse().unwrap(), "juliet@example.com".parse().unwrap());
        let by = |last: u8, account, browser| Attempt { client: IpAddr::from([192, 0, 2, last]), account, browser };
        for last in 0..10 {
            assert_eq!(memory.take(&by(last, Some(&romeo), None), failures), Ok(()));
        }
        let wait = memory.take(&by(99, Some(&romeo), None), failures).unwrap_err();
        assert!((5 * 60..=6 * 60).contains(&wait.as_secs()), "{wait:?}");
        assert_eq!(memory.take(&by(99, Some(&juliet), None), failures), Ok(()));
        for _ in 0..10 {
            assert_eq!(memory.take(&by(99, Some(&romeo), Some("a")), failures), Ok(()));
        }
        assert!(memory.take(&by(99, Some(&romeo), Some("a")), failures).is_err());
        assert_eq!(memory.take(&by(99, Some(&romeo), Some("b")), failures), Ok(()));
        // What was right was no guess.
        memory.give_back(&by(0, Some(&romeo), None), failures);
        memory.give_back(&by(99, Some(&romeo), Some("a")), failures);
        assert_eq!(memory.take(&by(98, Some(&romeo), None), failures), Ok(()));
        assert_eq!(memory.take(&by(98, Some(&romeo), Some("a")), failures), Ok(()));
        assert!(memory.take(&by(98, Some(&romeo), None), failures).is_err());
    }

    #[test]
    fn an_address_has_its_share_of_all_accounts_and_is_not_charged_for_what_was_not_tried() {
        let (memory, failures) = (SignInMemory::default(), "2/h".parse().unwrap());
        let accounts: Vec<Jid> = (0..3).map(|number| format!("a{number}@example.com").parse().unwrap()).collect();
        let client = IpAddr::from([192, 0, 2, 1]);
        let by = |number: usize| Attempt { client, account: Some(&accounts[number]), browser: None };
        assert!(memory.take(&by(0), failures).is_ok() && memory.take(&by(1), failures).is_ok());
        assert!(memory.take(&by(2), failures).is_err());
        assert!(memory.take(&Attempt { client, account: None, browser: None }, failures).is_err());
        let other = Attempt { client: IpAddr::from([192, 0, 2, 2]), account: None, browser: None };
        assert!(memory.take(&other, failures).is_ok());
    }
}
