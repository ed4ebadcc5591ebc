//! Keeps a courier for each channel of the configuration in force, and has it looked for what time alone brings about. Where
//! nobody is told of anything it waits for that to change.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_channel::{Receiver, Sender};
use async_io::Timer;
use async_std::task::JoinHandle;
use futures_lite::FutureExt as _;
use jiff::Timestamp;

use super::carrier::Carrier;
use super::courier::Courier;
use super::destination::{Destination, destinations};
use super::timely::Timely;
use super::webhook::{Webhook, WebhookCarrier, channel};
use crate::clock;
use crate::config::Settings;
use crate::ledger::Ledger;
use crate::metrics::{Metrics, WebhookLabel};

/// How often it is looked after what there is to do, where there may be anything.
const ROUND: Duration = Duration::from_secs(1);

/// What waits is counted so often.
const COUNT_EVERY: Duration = Duration::from_secs(15);

/// Gives what is sent with to a destination that is no webhook; nothing where there can be none, which it logs. It may take a
/// while.
pub type Carriers = Arc<dyn Fn(&Destination) -> Option<Arc<dyn Carrier>> + Send + Sync>;

/// A courier at work.
struct CourierTask {
    destination: Destination,
    stop: Sender<Infallible>,
    task: JoinHandle<()>,
}

/// Goes on until the other end of `stop` is gone, and then until all that is under way has ended, which is soon.
pub async fn run(
    settings: impl Fn() -> Arc<Settings> + Send,
    carriers: Carriers,
    ledger: Ledger,
    metrics: Arc<Metrics>,
    stop: Receiver<Infallible>,
) {
    let mut timely = Timely::new(ledger.clone());
    let mut dispatcher =
        Dispatcher { ledger, metrics, carriers, couriers: BTreeMap::new(), ending: vec![], counted_at: None };
    loop {
        let changed = dispatcher.ledger.outbox_written();
        let current = settings();
        dispatcher.employ(&current);
        if !dispatcher.couriers.is_empty() {
            dispatcher.count().await;
            timely.look(&current).await;
        }
        let is_idle = dispatcher.couriers.is_empty();
        let next = async {
            if is_idle {
                changed.await;
            } else {
                Timer::after(ROUND).await;
            }
            false
        };
        let stopped = async {
            let _ = stop.recv().await;
            true
        };
        if stopped.or(next).await {
            break;
        }
    }
    dispatcher.end().await;
}

struct Dispatcher {
    ledger: Ledger,
    metrics: Arc<Metrics>,
    carriers: Carriers,
    couriers: BTreeMap<String, CourierTask>,
    ending: Vec<JoinHandle<()>>,
    counted_at: Option<Instant>,
}

impl Dispatcher {
    /// Has a courier for each destination of `settings`, and for no other.
    fn employ(&mut self, settings: &Settings) {
        let wanted = destinations(settings);
        let is_same = |channel: &String, task: &CourierTask| wanted.get(channel) == Some(&task.destination);
        let gone: Vec<_> = self
            .couriers
            .iter()
            .filter(|(channel, task)| !is_same(channel, task))
            .map(|(name, _)| name.clone())
            .collect();
        let mut before = BTreeMap::new();
        for name in gone {
            if let Some(CourierTask { stop, task, .. }) = self.couriers.remove(&name) {
                drop(stop);
                before.insert(name, task);
                self.counted_at = None;
                self.forget_counts();
            }
        }
        for (channel, destination) in wanted {
            if self.couriers.contains_key(&channel) {
                continue;
            }
            let task = before.remove(&channel);
            let courier = self.start(channel.clone(), destination, task);
            self.couriers.insert(channel, courier);
        }
        self.ending.extend(before.into_values());
    }

    /// Starts a courier, when the one `before` has ended.
    fn start(&self, channel: String, destination: Destination, before: Option<JoinHandle<()>>) -> CourierTask {
        let (stop, stopped) = async_channel::bounded(1);
        let (ledger, metrics, carriers) = (self.ledger.clone(), Arc::clone(&self.metrics), Arc::clone(&self.carriers));
        let leads_to = destination.clone();
        let task = async_std::task::spawn(async move {
            if let Some(before) = before {
                before.await;
            }
            // It reads the certificates that the system trusts.
            let carrier = blocking::unblock(move || carrier(&leads_to, metrics, &carriers)).await;
            if let Some(carrier) = carrier {
                Courier::new(channel, carrier, ledger).run(stopped).await;
            }
        });
        CourierTask { destination, stop, task }
    }

    fn forget_counts(&self) {
        self.metrics.webhook_waiting.clear();
        self.metrics.webhook_dead.clear();
        self.metrics.webhook_oldest.clear();
    }

    /// Counts what waits for webhooks, if it is time for that.
    async fn count(&mut self) {
        let is_due = self.counted_at.is_none_or(|at| clock::instant().duration_since(at) >= COUNT_EVERY);
        let webhooks: Vec<_> = self
            .couriers
            .values()
            .filter_map(|task| match &task.destination {
                Destination::Webhook(webhook) => Some(webhook.name.clone()),
                Destination::Mail(_) | Destination::Users => None,
            })
            .collect();
        if !is_due || webhooks.is_empty() {
            return;
        }
        self.counted_at = Some(clock::instant());
        let Ok(channels) = self.ledger.channels().await else { return };
        let now = self.ledger.now();
        let metrics = &self.metrics;
        self.forget_counts();
        for name in webhooks {
            let state = channels.get(&channel(&name)).cloned().unwrap_or_default();
            let label = WebhookLabel { webhook: name };
            metrics.webhook_waiting.get_or_create(&label).set(state.waiting);
            metrics.webhook_dead.get_or_create(&label).set(state.dead);
            let age = |oldest: Timestamp| now.duration_since(oldest).as_secs_f64().max(0.0);
            metrics.webhook_oldest.get_or_create(&label).set(state.oldest.map_or(0.0, age));
        }
    }

    /// Has all couriers end at the same time, and waits for them.
    async fn end(self) {
        let (stops, tasks): (Vec<_>, Vec<_>) =
            self.couriers.into_values().map(|CourierTask { stop, task, .. }| (stop, task)).unzip();
        drop(stops);
        for task in tasks.into_iter().chain(self.ending) {
            task.await;
        }
    }
}

/// What is sent with to where a channel leads.
fn carrier(destination: &Destination, metrics: Arc<Metrics>, carriers: &Carriers) -> Option<Arc<dyn Carrier>> {
    let Destination::Webhook(settings) = destination else { return carriers(destination) };
    let name = settings.name.clone();
    match Webhook::new(settings) {
        Ok(webhook) => Some(Arc::new(WebhookCarrier { name, webhook, metrics })),
        Err(error) => {
            tracing::error!(webhook = %name, "a webhook cannot be used: {error}");
            None
        }
    }
}
