//! Keeps a courier for each channel of the configuration in force, and tells of what time alone brings about: invites that
//! expire. Where nobody is told of anything it waits for that to change.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_channel::{Receiver, Sender};
use async_io::Timer;
use async_std::task::JoinHandle;
use futures_lite::FutureExt as _;
use jiff::Timestamp;

use super::courier::Courier;
use super::webhook::{Webhook, channel};
use crate::clock;
use crate::config::{Settings, WebhookSettings};
use crate::invite::event::EventKind;
use crate::ledger::Ledger;
use crate::log::chain;
use crate::metrics::{Metrics, WebhookLabel};

/// How often it is looked after what there is to do, where there may be anything.
const ROUND: Duration = Duration::from_secs(1);

/// What waits is counted so often.
const COUNT_EVERY: Duration = Duration::from_secs(15);

/// Invites that have expired are looked for so often, and for at most so small a part of the time.
const EXPIRED_EVERY: Duration = Duration::from_secs(5);
const PART: u32 = 100;

/// A courier at work.
struct CourierTask {
    settings: WebhookSettings,
    stop: Sender<Infallible>,
    task: JoinHandle<()>,
}

/// Goes on until the other end of `stop` is gone, and then until all that is under way has ended, which is soon.
pub async fn run(
    settings: impl Fn() -> Arc<Settings> + Send,
    ledger: Ledger,
    metrics: Arc<Metrics>,
    stop: Receiver<Infallible>,
) {
    let mut dispatcher = Dispatcher {
        ledger,
        metrics,
        couriers: BTreeMap::new(),
        ending: vec![],
        counted_at: None,
        expired_due: clock::instant(),
    };
    loop {
        let changed = dispatcher.ledger.outbox_written();
        let current = settings();
        dispatcher.employ(&current);
        if !dispatcher.couriers.is_empty() {
            dispatcher.look_after().await;
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
    couriers: BTreeMap<String, CourierTask>,
    ending: Vec<JoinHandle<()>>,
    counted_at: Option<Instant>,
    expired_due: Instant,
}

impl Dispatcher {
    /// Has a courier for each webhook of `settings`, and for no other.
    fn employ(&mut self, settings: &Settings) {
        let is_same = |task: &CourierTask| settings.webhooks.contains(&task.settings);
        let gone: Vec<_> =
            self.couriers.iter().filter(|(_, task)| !is_same(task)).map(|(name, _)| name.clone()).collect();
        let mut before = BTreeMap::new();
        for name in gone {
            if let Some(CourierTask { stop, task, .. }) = self.couriers.remove(&name) {
                drop(stop);
                before.insert(name, task);
                self.counted_at = None;
                self.forget_counts();
            }
        }
        for webhook in &settings.webhooks {
            if self.couriers.contains_key(&webhook.name) {
                continue;
            }
            let task = before.remove(&webhook.name);
            self.couriers.insert(webhook.name.clone(), self.start(webhook.clone(), task));
        }
        self.ending.extend(before.into_values());
    }

    /// Starts a courier, when the one `before` has ended.
    fn start(&self, settings: WebhookSettings, before: Option<JoinHandle<()>>) -> CourierTask {
        let (stop, stopped) = async_channel::bounded(1);
        let (ledger, metrics, webhook) = (self.ledger.clone(), Arc::clone(&self.metrics), settings.clone());
        let task = async_std::task::spawn(async move {
            if let Some(before) = before {
                before.await;
            }
            let name = webhook.name.clone();
            // It reads the certificates that the system trusts.
            match blocking::unblock(move || Webhook::new(&webhook)).await {
                Ok(carrier) => Courier::new(&name, channel(&name), carrier, ledger, metrics).run(stopped).await,
                Err(error) => tracing::error!(webhook = %name, "a webhook cannot be used: {error}"),
            }
        });
        CourierTask { settings, stop, task }
    }

    async fn look_after(&mut self) {
        let now = clock::instant();
        if self.counted_at.is_none_or(|at| now.duration_since(at) >= COUNT_EVERY) {
            self.counted_at = Some(now);
            self.count().await;
        }
        let is_wanted = self.ledger.subscribers().iter().any(|one| one.events.contains(&EventKind::InviteExpired));
        if is_wanted && now >= self.expired_due {
            if let Err(error) = self.ledger.announce_expired(self.ledger.now()).await {
                tracing::debug!(error = %chain(&error), "invites that have expired are not told of, will retry");
            }
            let took = clock::instant().duration_since(now);
            self.expired_due = clock::instant() + EXPIRED_EVERY.max(took * PART);
        }
    }

    fn forget_counts(&self) {
        self.metrics.webhook_waiting.clear();
        self.metrics.webhook_dead.clear();
        self.metrics.webhook_oldest.clear();
    }

    async fn count(&self) {
        let Ok(channels) = self.ledger.channels().await else { return };
        let now = self.ledger.now();
        let metrics = &self.metrics;
        self.forget_counts();
        for name in self.couriers.keys() {
            let label = WebhookLabel { webhook: name.clone() };
            let state = channels.get(&channel(name)).cloned().unwrap_or_default();
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
