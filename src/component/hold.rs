//! Of several nodes on one ledger one is connected as the component. A server may take more of them, as ejabberd does, and then
//! gives what comes for the component to any one: the answer to what another has asked, and the second step of a command whose
//! first step another has answered.

use std::time::{Duration, Instant};

use async_io::Timer;
use jiff::SignedDuration;

use crate::clock;
use crate::invite::name::HostName;
use crate::ledger::{Ledger, LedgerError};

/// The ledger has a node down as the component for so long; then another node may be.
const HELD_FOR: Duration = Duration::from_secs(15);
/// So often the node has itself put down again.
const RENEW: Duration = Duration::from_secs(4);
/// A node that could not be put down again disconnects so long before another may connect.
const MARGIN: Duration = Duration::from_secs(2);

/// What the nodes agree by on who is the component.
pub(super) struct ComponentHold {
    ledger: Ledger,
    holder: String,
    held: Option<Held>,
}

struct Held {
    /// A channel of the outbox that is always empty.
    channel: String,
    until: Instant,
}

impl ComponentHold {
    pub(super) fn new(ledger: Ledger) -> Self {
        Self { holder: ledger.new_holder(), ledger, held: None }
    }

    /// Whether this node is the component of that name from now on: no other one is.
    ///
    /// # Errors
    /// When the ledger cannot be asked.
    pub(super) async fn take(&mut self, jid: &HostName) -> Result<bool, LedgerError> {
        if !self.ledger.is_shared() {
            return Ok(true);
        }
        let (channel, asked) = (format!("component/{jid}"), clock::instant());
        let (time, now) = (SignedDuration::try_from(HELD_FOR).unwrap_or_default(), self.ledger.now());
        let is_held = self.ledger.hold_channel(channel.clone(), self.holder.clone(), time, now).await?;
        self.held = is_held.then(|| Held { channel, until: asked + HELD_FOR });
        Ok(is_held)
    }

    /// Goes on being the component, until another node is, or may be soon.
    pub(super) async fn keep(&mut self, jid: &HostName) {
        if !self.ledger.is_shared() {
            return std::future::pending().await;
        }
        while let Some(left) = self.left() {
            Timer::after(RENEW.min(left)).await;
            // A ledger that cannot be asked is asked again.
            let _ = clock::within(self.left().unwrap_or_default(), self.take(jid)).await;
        }
    }

    /// How long it may be the component still.
    fn left(&self) -> Option<Duration> {
        let until = self.held.as_ref()?.until;
        until.checked_duration_since(clock::instant() + MARGIN)
    }

    /// Leaves it to other nodes.
    pub(super) async fn release(&mut self) {
        if let Some(Held { channel, .. }) = self.held.take() {
            // Else they have it when its time is over.
            let _ = self.ledger.release_channel(channel, self.holder.clone()).await;
        }
    }
}
