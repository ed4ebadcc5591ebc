//! Webhooks, as Standard Webhooks 1.0 has them
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>): a POST with a body of JSON,
//! an id that stays the same however often it is sent, and a signature over both and the time.

mod carrier;
mod http;
mod signature;

use std::time::Duration;

use jiff::Timestamp;

use crate::clock;
use crate::config::{WebhookSecret, WebhookSettings};
use crate::log::Cause;
#[cfg(test)]
pub(super) use carrier::PACE;
pub(super) use carrier::WebhookCarrier;
use http::Receiver;
pub use http::WebhookAnswer;
use signature::sign;

/// For all of it, from looking up a name to the last byte of the answer's head.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a test is called, which nothing that happened is.
pub const TEST: &str = "webhook.test";

/// What the rows of a webhook are found by in the outbox.
#[must_use]
pub fn channel(name: &str) -> String {
    format!("{PREFIX}{name}")
}

/// The name of the webhook that a channel is for, if it is for one.
#[must_use]
pub fn name_of(channel: &str) -> Option<&str> {
    channel.strip_prefix(PREFIX)
}

const PREFIX: &str = "webhook/";

/// Why a webhook cannot be used here.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// What only the service gets to see.
    #[error("its {0} is a credential, which only the service sees")]
    Unread(&'static str),
}

/// Why something was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// It could not be sent, or nobody answered.
    #[error(transparent)]
    Lost(#[from] Cause),
    /// It took too long.
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Late,
    /// It was answered with another status than one that says that it was taken.
    #[error("{}", status_text(.0.status))]
    Refused(WebhookAnswer),
}

fn status_text(status: u16) -> String {
    match status {
        300..=399 => format!("status {status}: redirects are not followed"),
        _ => format!("status {status}"),
    }
}

/// A webhook, ready to be sent to.
pub struct Webhook {
    receiver: Receiver,
    secret: WebhookSecret,
}

impl Webhook {
    /// One with these settings. Reads the certificates that the system trusts.
    ///
    /// # Errors
    /// When part of them is only for the service.
    pub fn new(settings: &WebhookSettings) -> Result<Self, WebhookError> {
        let url = settings.url.clone().ok_or(WebhookError::Unread("url"))?;
        let secret = settings.secret.clone().ok_or(WebhookError::Unread("secret"))?;
        Ok(Self { receiver: Receiver::new(url), secret })
    }

    /// Sends `body` as the message called `id`.
    ///
    /// # Errors
    /// When it may not have been taken.
    pub async fn send(&self, id: &str, body: Vec<u8>, now: Timestamp) -> Result<WebhookAnswer, DeliveryError> {
        let timestamp = now.as_second().to_string();
        let signature = sign(&self.secret, id, &timestamp, &body);
        let headers = [("webhook-id", id), ("webhook-timestamp", &timestamp), ("webhook-signature", &signature)];
        let sent = self.receiver.post(&headers, body.into());
        let answer = clock::within(PATIENCE, sent).await.ok_or(DeliveryError::Late)??;
        if (200..300).contains(&answer.status) { Ok(answer) } else { Err(DeliveryError::Refused(answer)) }
    }

    /// Connects, and sends nothing.
    ///
    /// # Errors
    /// When nobody can be reached, or is not trusted.
    pub async fn connect(&self) -> Result<(), DeliveryError> {
        clock::within(PATIENCE, self.receiver.connect()).await.ok_or(DeliveryError::Late)??;
        Ok(())
    }
}
