//! What came of sending, until it is written down; told in the log when a receiver begins to fail, and when it is well again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rand::Rng as _;

use super::carrier::{Carried, Carrier, ChannelNews, DeliveryEnd};
use super::pace::{ChannelPace, later};
use crate::clock;
use crate::ledger::{AttemptEnd, Attempted, ChannelNote, OutboxRow};

/// So many that failed are remembered, to know when all is well again.
const MOST_TROUBLED: usize = 1_000;

/// What came of sending.
pub(super) struct Results {
    carrier: Arc<dyn Carrier>,
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
    pub(super) fn new(carrier: Arc<dyn Carrier>) -> Self {
        Self {
            carrier,
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

    /// What came of sending `rows`, of one topic, in that round and just now. False where they stay: then something is written
    /// down of the first of them alone, as the others wait for it.
    pub(super) fn add(
        &mut self,
        rows: &[OutboxRow],
        round: u64,
        carried: Carried,
        pace: &mut ChannelPace,
        now: Timestamp,
    ) -> bool {
        let Some(first) = rows.first() else { return true };
        let has_ended = matches!(carried, Carried::Delivered | Carried::Dropped | Carried::Refused { .. });
        match carried {
            Carried::Delivered => {
                pace.delivered();
                self.note.delivered_at = Some(now);
                self.end(rows, AttemptEnd::Delivered, DeliveryEnd::Delivered);
                self.went_well(first);
            }
            Carried::Dropped => {
                // That says nothing of its receiver.
                self.end(rows, AttemptEnd::Delivered, DeliveryEnd::Dropped);
                self.troubled.remove(&first.id);
            }
            Carried::Refused { reason } => {
                pace.delivered();
                self.note.failed = Some((now, reason));
                self.end(rows, AttemptEnd::Dead { at: now }, DeliveryEnd::Refused);
                self.went_well(first);
            }
            Carried::PutOff { reason } => {
                pace.delivered();
                self.stays(first, reason, None, pace, now);
            }
            Carried::Failed { reason, wait } => {
                pace.failed(round, wait, now, clock::rng().next_u32());
                self.gives_up |= pace.is_away();
                if !std::mem::replace(&mut self.is_failing, true) {
                    self.carrier.tell(&ChannelNews::Failing { reason: &reason });
                }
                self.stays(first, reason, wait, pace, now);
            }
            Carried::Early { wait } => {
                let next_at = later(now, wait);
                self.ended.push(attempted(first, AttemptEnd::Early { next_at }));
            }
        }
        has_ended
    }

    /// These are sent no more.
    fn end(&mut self, rows: &[OutboxRow], end: AttemptEnd, counted: DeliveryEnd) {
        self.carrier.count(counted);
        self.ended.extend(rows.iter().map(|row| attempted(row, end)));
    }

    /// It is tried again, unless its time is over.
    fn stays(&mut self, row: &OutboxRow, reason: String, wait: Option<Duration>, pace: &ChannelPace, now: Timestamp) {
        self.note.failed = Some((now, reason));
        if row.give_up_at <= now {
            self.troubled.remove(&row.id);
            self.tell_dead(1);
            self.end(std::slice::from_ref(row), AttemptEnd::Dead { at: now }, DeliveryEnd::Dead);
            return;
        }
        if self.troubled.len() < MOST_TROUBLED {
            self.troubled.insert(row.id);
        }
        let failures = row.attempts.saturating_add(1);
        let next_at = pace.next_try(failures, wait, now, clock::rng().next_u32());
        self.end(std::slice::from_ref(row), AttemptEnd::Failed { next_at }, DeliveryEnd::Failed);
    }

    fn went_well(&mut self, row: &OutboxRow) {
        self.troubled.remove(&row.id);
        if self.troubled.is_empty() && std::mem::take(&mut self.is_failing) {
            self.carrier.tell(&ChannelNews::Recovered);
        }
    }

    /// So many are dead.
    pub(super) fn tell_dead(&mut self, count: u64) {
        if count > 0 {
            // Which of them these are is not known here; they do not keep it from being well again.
            self.troubled.clear();
            self.carrier.tell(&ChannelNews::Dead { count });
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

fn attempted(row: &OutboxRow, end: AttemptEnd) -> Attempted {
    Attempted { id: row.id, message: row.message.clone(), end }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::delivery::carrier::Carrying;
    use crate::delivery::pace::Pace;
    use crate::delivery::webhook::PACE;
    use crate::invite::tests::moment;

    /// What is counted and told.
    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Heard {
        fn hear(&self, what: String) {
            self.0.lock().unwrap().push(what);
        }

        fn take(&self) -> Vec<String> {
            std::mem::take(&mut self.0.lock().unwrap())
        }
    }

    impl Carrier for Heard {
        fn carry<'a>(&'a self, _: &'a [OutboxRow], _: Timestamp) -> Carrying<'a> {
            Box::pin(async { Carried::Dropped })
        }

        fn pace(&self) -> Pace {
            PACE
        }

        fn count(&self, end: DeliveryEnd) {
            self.hear(format!("{end:?}"));
        }

        fn tell(&self, news: &ChannelNews<'_>) {
            self.hear(format!("{news:?}"));
        }
    }

    fn now() -> Timestamp {
        moment("2026-01-01T00:00:00Z")
    }

    fn rows(count: i64) -> Vec<OutboxRow> {
        let row = |id: i64| OutboxRow {
            id,
            message: format!("msg_{id}"),
            topic: "romeo@example.com".into(),
            body: vec![],
            attempts: 0,
            next_at: now(),
            give_up_at: moment("2026-01-04T00:00:00Z"),
        };
        (1..=count).map(row).collect()
    }

    fn is_away() -> Carried {
        Carried::Failed { reason: "away".into(), wait: None }
    }

    #[test]
    fn what_went_together_ends_together_and_waits_as_its_first_does() {
        let heard = Arc::new(Heard::default());
        let (mut results, mut pace) = (Results::new(Arc::clone(&heard) as Arc<dyn Carrier>), ChannelPace::new(PACE));
        let rows = rows(3);
        let refused = Carried::Refused { reason: "gone".into() };
        let put_off = Carried::PutOff { reason: "later".into() };
        let early = Carried::Early { wait: Duration::from_mins(10) };
        for (carried, has_ended, noted, said) in [
            (Carried::Delivered, true, 3, vec!["Delivered"]),
            (Carried::Dropped, true, 3, vec!["Dropped"]),
            (refused, true, 3, vec!["Refused"]),
            (put_off, false, 1, vec!["Failed"]),
            (early, false, 1, vec![]),
            (is_away(), false, 1, vec!["Failing { reason: \"away\" }", "Failed"]),
            (is_away(), false, 1, vec!["Failed"]),
            (Carried::Dropped, true, 3, vec!["Dropped"]),
            (is_away(), false, 1, vec!["Failed"]),
            (Carried::Delivered, true, 3, vec!["Delivered", "Recovered"]),
        ] {
            let round = pace.round();
            assert_eq!(results.add(&rows, round, carried.clone(), &mut pace, now()), has_ended, "{carried:?}");
            let ToBeNoted { attempts, .. } = results.take();
            assert_eq!(attempts.len(), noted, "{carried:?}: {attempts:?}");
            assert_eq!(heard.take(), said, "{carried:?}");
        }
    }

    #[test]
    fn what_is_early_has_not_failed_and_what_is_late_is_dead() {
        let heard = Arc::new(Heard::default());
        let (mut results, mut pace) = (Results::new(Arc::clone(&heard) as Arc<dyn Carrier>), ChannelPace::new(PACE));
        let early = Carried::Early { wait: Duration::from_mins(10) };
        results.add(&rows(1), pace.round(), early, &mut pace, now());
        let end = results.take().attempts[0].end;
        assert_eq!(end, AttemptEnd::Early { next_at: moment("2026-01-01T00:10:00Z") });
        assert!(pace.may_send(now()), "nobody else waits for it");
        let late = moment("2026-01-04T00:00:00Z");
        let put_off = Carried::PutOff { reason: "later".into() };
        results.add(&rows(2), pace.round(), put_off, &mut pace, late);
        let ToBeNoted { attempts, note, .. } = results.take();
        assert_eq!(
            attempts.iter().map(|one| (one.id, one.end)).collect::<Vec<_>>(),
            [(1, AttemptEnd::Dead { at: late })]
        );
        assert_eq!(note.failed, Some((late, "later".into())));
        assert_eq!(heard.take(), ["Dead { count: 1 }", "Dead"]);
    }
}
