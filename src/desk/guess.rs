//! Codes that are typed by hand: wrong ones are counted with the wrong keys of an address.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;

use super::Desk;

impl Desk {
    /// How long `client` must wait before it may try a code; none if it may.
    #[must_use]
    pub fn wait_for_guess(&self, client: IpAddr, now: Timestamp) -> Option<Duration> {
        self.lasting.failures.wait(self.settings.http.auth_failures, client, now)
    }

    /// Notes that `client` tried a code that opens nothing.
    pub fn note_wrong_guess(&self, client: IpAddr, now: Timestamp) {
        self.lasting.failures.note(self.settings.http.auth_failures, client, now);
    }
}
