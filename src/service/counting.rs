//! What is pending, and what has expired: counted every minute, and whenever metrics are asked for.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_lock::Mutex;
use jiff::Timestamp;

use crate::clock;
use crate::ledger::{Census, Ledger};
use crate::metrics::{MetricLabels, Metrics};

/// Counts, for the metrics and the status.
pub(super) struct Counting {
    ledger: Ledger,
    metrics: Arc<Metrics>,
    pending: AtomicU64,
    last: Mutex<CountedInvites>,
}

/// What was counted last.
struct CountedInvites {
    at: Timestamp,
    pending: HashMap<MetricLabels, u64>,
}

impl Counting {
    pub(super) fn new(ledger: &Ledger, metrics: &Arc<Metrics>) -> Self {
        let last = Mutex::new(CountedInvites { at: ledger.now(), pending: HashMap::new() });
        Self { ledger: ledger.clone(), metrics: Arc::clone(metrics), pending: AtomicU64::new(0), last }
    }

    /// How many invites were pending when they were last counted.
    pub(super) fn pending(&self) -> u64 {
        self.pending.load(Ordering::Relaxed)
    }

    /// Counts what is pending, and what expired since it was last counted.
    pub(super) async fn count(&self) {
        let mut last = self.last.lock().await;
        let now = self.ledger.now();
        let Ok(census) = self.ledger.census(last.at, now).await else { return };
        last.at = now;
        last.pending.values_mut().for_each(|pending| *pending = 0);
        for Census { host, source, pending, expired } in census {
            let labels = MetricLabels { host: host.to_string(), key: source.label() };
            if expired > 0 {
                self.metrics.expired.get_or_create(&labels).inc_by(expired);
            }
            // Users are counted together.
            *last.pending.entry(labels).or_default() += pending;
        }
        for (labels, pending) in &last.pending {
            self.metrics.pending.get_or_create(labels).set(*pending);
        }
        self.pending.store(last.pending.values().sum(), Ordering::Relaxed);
    }

    /// The same for somebody who waits no longer than that, and else is told what was counted before. A ledger in trouble is not asked.
    pub(super) async fn count_within(&self, time: Duration) {
        if self.ledger.trouble().is_none() {
            clock::within(time, self.count()).await;
        }
    }
}
