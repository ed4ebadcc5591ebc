//! Where the channels of the outbox lead, under the configuration in force.

use std::collections::BTreeMap;

use super::webhook;
use crate::config::{MailSettings, Settings, WebhookSettings};
use crate::ledger::{MAIL_CHANNEL, MESSAGE_CHANNEL};

/// Where a channel leads. One with other settings is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A webhook.
    Webhook(Box<WebhookSettings>),
    /// The mail server.
    Mail(Box<MailSettings>),
    /// Users of the component's host, by messages.
    Users,
}

/// Where each channel leads.
#[must_use]
pub(super) fn destinations(settings: &Settings) -> BTreeMap<String, Destination> {
    let webhooks = settings.webhooks.iter();
    let webhooks = webhooks.map(|one| (webhook::channel(&one.name), Destination::Webhook(Box::new(one.clone()))));
    let mail = settings.mail.iter();
    let mail = mail.map(|mail| (MAIL_CHANNEL.to_owned(), Destination::Mail(Box::new(mail.clone()))));
    let users = settings.sends_messages().then(|| (MESSAGE_CHANNEL.to_owned(), Destination::Users));
    webhooks.chain(mail).chain(users).collect()
}
