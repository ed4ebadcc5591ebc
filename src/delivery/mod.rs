//! What others are told of what happens here: sent from the outbox of the ledger, where it was written with what happened, at
//! least once, in order for each invite, and tried again for three days.
//!
//! | module | what it has |
//! |---|---|
//! | `dispatcher` | keeps a courier for each channel of the configuration in force |
//! | `destination` | where each channel leads |
//! | `timely` | what time alone brings about |
//! | `reminder` | what admins are reminded of |
//! | `courier` | empties one channel: reads, sends, writes down what came of it |
//! | `reading` | what may be sent, and by which of several nodes |
//! | `pace` | how soon something is tried again, and how much at once |
//! | `results` | what came of sending, until it is written down |
//! | `carrier` | what a courier is given to send with |
//! | [`webhook`] | webhooks: requests, signatures, connections |
//!
//! Letters and messages say what the desk and the pages know, which stand above: their carriers are in `service`.
//!
//! A receiver that hangs or is away has its courier wait, and nobody else: neither other channels, nor calls of the API, nor a
//! reload or the end of the service.

mod carrier;
mod courier;
mod destination;
mod dispatcher;
mod pace;
mod reading;
mod reminder;
mod results;
mod timely;
pub mod webhook;

pub use carrier::{Carried, Carrier, Carrying, ChannelNews, DeliveryEnd};
pub use destination::Destination;
pub use dispatcher::{Carriers, run};
pub use pace::Pace;

use std::collections::BTreeSet;

use crate::config::Settings;
use crate::ledger::{MESSAGE_CHANNEL, Subscriber};

/// Who is told of what happens, under these settings.
#[must_use]
pub fn subscribers(settings: &Settings) -> Vec<Subscriber> {
    let of_webhooks = settings.webhooks.iter().map(|webhook| Subscriber {
        channel: webhook::channel(&webhook.name),
        events: webhook.events.clone(),
        hosts: webhook.hosts.clone(),
        news: BTreeSet::new(),
    });
    // The server of a component sends its stanzas where it sends those of its hosts: to users of others they would come from a
    // domain that nobody else knows, if at all.
    let of_users = settings.component.iter().filter(|component| !component.tell_inviters.is_empty());
    let of_users = of_users.map(|component| Subscriber {
        channel: MESSAGE_CHANNEL.to_owned(),
        events: BTreeSet::new(),
        hosts: Some([component.host.clone()].into()),
        news: component.tell_inviters.clone(),
    });
    of_webhooks.chain(of_users).collect()
}
