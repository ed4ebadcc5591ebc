//! What came of sending, until it is written down; told in the log when a receiver begins to fail, and when it is well again.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use rand::Rng as _;

use super::carrier::Carried;
use super::pace::{ChannelPace, next_try};
use crate::clock;
use crate::ledger::{AttemptEnd, Attempted, ChannelNote, OutboxRow};
use crate::log::{Event, event};
use crate::metrics::{DeliveryLabels, Metrics};

/// So many that failed are remembered, to know when all is well again.
const MOST_TROUBLED: usize = 1_000;

/// What came of sending.
pub(super) struct Results {
    name: String,
    metrics: Arc<Metrics>,
    ended: Vec<Attempted>,
    note: ChannelNote,
    gives_up: bool,
    is_failing: bool,
    troubled: BTreeSet<i64>,
}

/// What is to be written down.
pub(super) struct ToBeNoted {
    pub(super) attempts: Arc<[Attempted]>,
    pub(super) note: ChannelNote,
    /// Whether what was to be given up by now is dead: its receiver takes nothing.
    pub(super) gives_up: bool,
}

impl Results {
    pub(super) fn new(name: &str, metrics: Arc<Metrics>) -> Self {
        Self {
            name: name.to_owned(),
            metrics,
            ended: vec![],
            note: ChannelNote::default(),
            gives_up: false,
            is_failing: false,
            troubled: BTreeSet::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ended.is_empty()
    }

    /// What came of sending `row` in that round, just now.
    pub(super) fn add(
        &mut self,
        row: &OutboxRow,
        round: u64,
        carried: Carried,
        pace: &mut ChannelPace,
        now: Timestamp,
    ) {
        let (end, result) = match carried {
            Carried::Delivered => {
                pace.delivered();
                self.note.delivered_at = Some(now);
                self.troubled.remove(&row.id);
                if self.troubled.is_empty() && std::mem::take(&mut self.is_failing) {
                    event(&Event::WebhookRecovered { webhook: &self.name });
                }
                (AttemptEnd::Delivered, "delivered")
            }
            Carried::Failed { reason, wait } => {
                pace.failed(round, wait, now, clock::rng().next_u32());
                self.gives_up |= pace.is_away();
                if !std::mem::replace(&mut self.is_failing, true) {
                    event(&Event::WebhookFailing { webhook: &self.name, reason: &reason });
                }
                self.note.failed = Some((now, reason));
                if row.give_up_at <= now {
                    self.troubled.remove(&row.id);
                    self.tell_dead(1);
                    (AttemptEnd::Dead { at: now }, "dead")
                } else {
                    if self.troubled.len() < MOST_TROUBLED {
                        self.troubled.insert(row.id);
                    }
                    let failures = row.attempts.saturating_add(1);
                    (AttemptEnd::Failed { next_at: next_try(failures, wait, now, clock::rng().next_u32()) }, "failed")
                }
            }
        };
        self.metrics.count_delivery(&DeliveryLabels { webhook: self.name.clone(), result });
        self.ended.push(Attempted { id: row.id, message: row.message.clone(), end });
    }

    /// So many are dead.
    pub(super) fn tell_dead(&mut self, count: u64) {
        if count > 0 {
            // Which of them these are is not known here; they do not keep it from being well again.
            self.troubled.clear();
            event(&Event::WebhookDead { webhook: &self.name, count });
        }
    }

    pub(super) fn take(&mut self) -> ToBeNoted {
        ToBeNoted {
            attempts: std::mem::take(&mut self.ended).into(),
            note: std::mem::take(&mut self.note),
            gives_up: std::mem::take(&mut self.gives_up),
        }
    }

    /// What could not be written down is to be written down with what comes next.
    pub(super) fn put_back(&mut self, attempts: &[Attempted], note: ChannelNote) {
        self.ended.extend_from_slice(attempts);
        self.note.delivered_at = self.note.delivered_at.or(note.delivered_at);
        self.note.failed = self.note.failed.take().or(note.failed);
    }
}
