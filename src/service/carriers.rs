//! What letters and messages are sent with.

use std::sync::Arc;

use super::messenger::Messenger;
use super::postman::Postman;
use super::running::Running;
use crate::delivery::{Carrier, Carriers, Destination};
use crate::log::chain;

/// Those of a service.
pub(super) fn carriers(running: Running) -> Carriers {
    Arc::new(move |destination| match destination {
        Destination::Mail(settings) => match Postman::new(running.clone(), settings) {
            Ok(postman) => Some(Arc::new(postman) as Arc<dyn Carrier>),
            Err(error) => {
                tracing::error!(error = %chain(&error), "mail cannot be sent");
                None
            }
        },
        Destination::Users => Some(Arc::new(Messenger::new(running.clone()))),
        // The dispatcher has these itself.
        Destination::Webhook(_) => None,
    })
}
