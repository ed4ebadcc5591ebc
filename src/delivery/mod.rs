//! What others are told of what happens here: sent from the outbox of the ledger, where it was written with what happened, at
//! least once, in order for each invite, and tried again for three days.
//!
//! | module | what it has |
//! |---|---|
//! | `dispatcher` | keeps a courier for each channel of the configuration in force |
//! | `courier` | empties one channel: reads, sends, writes down what came of it |
//! | `pace` | how soon something is tried again, and how much at once |
//! | `results` | what came of sending, until it is written down |
//! | `carrier` | what a courier is given to send with |
//! | [`webhook`] | webhooks: requests, signatures, connections |
//!
//! A receiver that hangs or is away has its courier wait, and nobody else: neither other channels, nor calls of the API, nor a
//! reload or the end of the service.

mod carrier;
mod courier;
mod dispatcher;
mod pace;
mod results;
pub mod webhook;

pub use carrier::{Carried, Carrier};
pub use dispatcher::run;

use crate::config::Settings;
use crate::ledger::Subscriber;

/// Who is told of what happens, under these settings.
#[must_use]
pub fn subscribers(settings: &Settings) -> Vec<Subscriber> {
    let of_webhooks = settings.webhooks.iter().map(|webhook| Subscriber {
        channel: webhook::channel(&webhook.name),
        events: webhook.events.clone(),
        hosts: webhook.hosts.clone(),
    });
    of_webhooks.collect()
}
