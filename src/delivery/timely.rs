//! What time alone brings about, and others are told of: invites that have expired, and those that will; once a week, how many
//! links are open for long. Of several nodes one tells it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::reminder;
use crate::clock;
use crate::config::{News, Settings};
use crate::invite::event::EventKind;
use crate::ledger::Ledger;
use crate::log::chain;

/// Invites that have expired are looked for so often, and for at most so small a part of the time.
const EXPIRED_EVERY: Duration = Duration::from_secs(5);
const PART: u32 = 100;

/// The same for those that will expire.
const EXPIRING_EVERY: Duration = Duration::from_secs(30);

/// It is looked so often whether a week has passed.
const REMINDER_EVERY: Duration = Duration::from_hours(1);

/// Who looks for it.
pub(super) struct Timely {
    ledger: Ledger,
    settings: Option<Arc<Settings>>,
    expired_due: Instant,
    expiring_due: Instant,
    reminder_due: Instant,
}

impl Timely {
    pub(super) fn new(ledger: Ledger) -> Self {
        let now = clock::instant();
        Self { ledger, settings: None, expired_due: now, expiring_due: now, reminder_due: now }
    }

    /// Looks for what is due, under these settings.
    pub(super) async fn look(&mut self, settings: &Arc<Settings>) {
        let is_same = self.settings.as_ref().is_some_and(|before| Arc::ptr_eq(before, settings));
        if !is_same {
            self.settings = Some(Arc::clone(settings));
            self.reminder_due = clock::instant();
        }
        let subscribers = self.ledger.subscribers();
        if subscribers.iter().any(|one| one.events.contains(&EventKind::InviteExpired)) {
            let ledger = &self.ledger;
            let told = async || ledger.announce_expired(ledger.now()).await;
            due(&mut self.expired_due, EXPIRED_EVERY, "invites that have expired are not told of", told).await;
        }
        if subscribers.iter().any(|one| one.news.contains(&News::Expiring)) {
            let ledger = &self.ledger;
            let told = async || ledger.announce_expiring(ledger.now()).await;
            due(&mut self.expiring_due, EXPIRING_EVERY, "invites that will expire are not told of", told).await;
        }
        if reminder::is_wanted(settings, &subscribers) {
            let ledger = &self.ledger;
            let told = async || reminder::remind(ledger, settings).await;
            due(&mut self.reminder_due, REMINDER_EVERY, "nobody is reminded of open links", told).await;
        }
    }
}

/// Does something that is due, and then not before so long.
async fn due<E: std::error::Error + 'static>(
    at: &mut Instant,
    every: Duration,
    failure: &str,
    what: impl AsyncFnOnce() -> Result<(), E>,
) {
    let began = clock::instant();
    if began < *at {
        return;
    }
    if let Err(error) = what().await {
        tracing::debug!(error = %chain(&error), "{failure}, will retry");
    }
    let took = clock::instant().duration_since(began);
    *at = clock::instant() + every.max(took * PART);
}
