//! Wrong tokens and codes are counted by address, apart from wrong keys: guests who err keep no program from its work. The
//! limit is the same.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;

use super::Desk;

impl Desk {
    /// How long `client` must wait before it may try a code; none if it may.
    #[must_use]
    pub fn wait_for_guess(&self, client: IpAddr, now: Timestamp) -> Option<Duration> {
        self.lasting.guesses.wait(self.settings.http.auth_failures, client, now)
    }

    /// Notes that `client` tried a code that opens nothing.
    pub fn note_wrong_guess(&self, client: IpAddr, now: Timestamp) {
        self.lasting.guesses.note(self.settings.http.auth_failures, client, now);
    }

    /// Whether `token` may be one that a server made itself: then servers are asked for it.
    #[must_use]
    pub fn may_be_a_servers(&self, token: &str) -> bool {
        !token.is_empty() && self.ledger.key().open(token).is_none() && self.backends.all().next().is_some()
    }
}
