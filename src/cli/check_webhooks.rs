//! What `invited check` says of webhooks.

use super::check_report::{Reporter, WebhookReport};
use crate::config::Settings;
use crate::delivery::webhook::Webhook;
use crate::log::chain;

/// What there is to do about one that cannot be connected to.
const MEND: &str = "see whether it runs and its certificate is trusted here; under systemd the service needs the drop-in webhooks.conf, \
                    or network.conf for a receiver on this machine";

/// Connects to each, and sends nothing; gives the names of those that cannot be connected to.
pub(super) fn try_webhooks(settings: &Settings, report: &mut Reporter) -> anyhow::Result<Vec<String>> {
    let mut lacking = Vec::new();
    for settings in &settings.webhooks {
        let name = settings.name.clone();
        let webhook = match Webhook::new(settings) {
            Ok(webhook) => webhook,
            Err(error) => {
                report.note(&format!("webhook {name} is not tried: {error}"));
                continue;
            }
        };
        let found = match async_std::task::block_on(webhook.connect()) {
            Ok(()) => WebhookReport { name, works: true, what: "it can be connected to".into(), mend: String::new() },
            Err(error) => {
                lacking.push(format!("webhook {name}"));
                WebhookReport { name, works: false, what: chain(&error).to_string(), mend: MEND.into() }
            }
        };
        report.webhook(found)?;
    }
    Ok(lacking)
}

/// What a check without connections says of them.
pub(super) fn note_untried(settings: &Settings, report: &mut Reporter) {
    if !settings.webhooks.is_empty() {
        report.note("webhooks were not tried; invited check --connect does, and sends nothing");
    }
}
