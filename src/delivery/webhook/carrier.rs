//! A webhook as a carrier: what it is sent, how fast, and what an admin hears of it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{DeliveryError, PATIENCE, Webhook};
use crate::delivery::carrier::{Carried, Carrier, Carrying, ChannelNews, DeliveryEnd};
use crate::delivery::pace::Pace;
use crate::ledger::OutboxRow;
use crate::log::{Event, chain, event};
use crate::metrics::{DeliveryLabels, Metrics};

/// How fast events go.
pub(in crate::delivery) const PACE: Pace = Pace {
    at_once: 16,
    patience: PATIENCE,
    grace: Duration::from_secs(2),
    first: Duration::from_secs(1),
    most_for_row: Duration::from_mins(15),
    most_for_channel: Duration::from_mins(5),
};

/// Sends events to one webhook.
pub(in crate::delivery) struct WebhookCarrier {
    pub(in crate::delivery) name: String,
    pub(in crate::delivery) webhook: Webhook,
    pub(in crate::delivery) metrics: Arc<Metrics>,
}

impl Carrier for WebhookCarrier {
    fn carry<'a>(&'a self, rows: &'a [OutboxRow], now: Timestamp) -> Carrying<'a> {
        Box::pin(async move {
            let Some(row) = rows.first() else { return Carried::Dropped };
            match self.webhook.send(&row.message, row.body.clone(), now).await {
                Ok(_) => Carried::Delivered,
                Err(error) => {
                    let wait = match &error {
                        DeliveryError::Refused(answer) => answer.retry_after(now),
                        DeliveryError::Lost(_) | DeliveryError::Late => None,
                    };
                    Carried::Failed { reason: chain(&error).to_string(), wait }
                }
            }
        })
    }

    fn pace(&self) -> Pace {
        PACE
    }

    fn count(&self, end: DeliveryEnd) {
        let result = match end {
            DeliveryEnd::Delivered => "delivered",
            // Whatever a webhook answers, it may take the same later.
            DeliveryEnd::Failed | DeliveryEnd::Dropped | DeliveryEnd::Refused => "failed",
            DeliveryEnd::Dead => "dead",
        };
        self.metrics.count_delivery(&DeliveryLabels { webhook: self.name.clone(), result });
    }

    fn tell(&self, news: &ChannelNews<'_>) {
        let webhook = &self.name;
        event(&match news {
            ChannelNews::Failing { reason } => Event::WebhookFailing { webhook, reason },
            ChannelNews::Recovered => Event::WebhookRecovered { webhook },
            ChannelNews::Dead { count } => Event::WebhookDead { webhook, count: *count },
        });
    }
}
