//! Group commit: one thread, one transaction for everything that waits, one fsync, then all the answers.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use async_channel::{Receiver, Sender};
use prometheus_client::metrics::histogram::Histogram;
use tracing::Span;

use super::error::LedgerError;
use super::work::{Job, Work, WorkShape};
use super::writer::{Opener, Writer};
use crate::clock;
use crate::log::chain;

/// Why the last commit failed, if it did.
pub(super) struct LastFailure {
    error: ArcSwapOption<LedgerError>,
    /// Whether it is for the log. A command gets it as the answer to what it asked for, and says it itself.
    is_logged: bool,
}

impl LastFailure {
    /// `trouble` is why the ledger could not be opened yet.
    pub(super) fn new(trouble: Option<LedgerError>, opener: Opener) -> Self {
        Self { error: ArcSwapOption::from(trouble.map(Arc::new)), is_logged: opener == Opener::Service }
    }

    pub(super) fn load(&self) -> Option<Arc<LedgerError>> {
        self.error.load_full()
    }
}

/// The most that is committed together, in requests and in rows; how long that takes bounds the writer, too.
const MAX_BATCH: usize = 1024;
const MAX_ROWS: usize = 4096;

/// Of the time that the last commit took, and at most so long: that is waited for those to come back who were answered by it.
const PART: u32 = 8;
const LONGEST: Duration = Duration::from_millis(1);
const STEP: Duration = Duration::from_micros(50);

/// What waits, and is committed together.
#[derive(Default)]
pub(super) struct WaitingWork {
    works: Vec<Box<dyn Work>>,
    rows: usize,
}

/// What was committed last.
#[derive(Clone, Copy, Default)]
pub(super) struct LastCommit {
    requests: usize,
    time: Duration,
}

impl WaitingWork {
    /// Takes on what waits, as much as fits.
    pub(super) fn fill(&mut self, first: Option<Job>, queue: &Receiver<Job>) {
        self.rows = self.works.iter().map(rows).sum();
        let mut next = first.or_else(|| queue.try_recv().ok());
        while let Some(job) = next.take() {
            match job {
                // It is answered without a transaction.
                Job::Heartbeat(reply) => drop(reply.send(())),
                Job::Write(work) => {
                    self.rows += rows(&work);
                    self.works.push(work);
                }
            }
            if self.works.len() < MAX_BATCH && self.rows < MAX_ROWS {
                next = queue.try_recv().ok();
            }
        }
    }

    /// Waits a moment for as many as there were the last time: who was answered together comes back together, and is not to be
    /// kept waiting by the first of them, who would be alone.
    pub(super) fn wait_for_more(&mut self, queue: &Receiver<Job>, last: LastCommit) {
        let end = clock::instant() + (last.time / PART).min(LONGEST);
        while !self.is_empty() && self.works.len() < last.requests && clock::instant() < end {
            std::thread::sleep(STEP);
            self.fill(None, queue);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.works.is_empty()
    }

    /// Commits it, or as much of it as there is time for; the rest waits on. Whatever the transaction does not get to, it has not
    /// done: where it fails every answer is that it failed. Where the server has no room for the writer it is written `elsewhere`.
    pub(super) fn commit(
        &mut self,
        writer: &mut Writer,
        failure: &LastFailure,
        commits: &Histogram,
        elsewhere: Option<&Sender<Job>>,
    ) -> LastCommit {
        let began = clock::instant();
        let requests = self.works.len();
        let is_file = writer.files().is_some();
        // What is logged belongs to the one that failed, else to the first.
        let first = self.works.first().map_or_else(Span::none, |work| work.span().clone());
        let (committed, failed) = first.in_scope(|| writer.commit(&self.works));
        if let Some(elsewhere) = elsewhere.filter(|_| committed.is_err() && writer.is_shut_out()) {
            for work in self.works.drain(..) {
                // Whoever waits for it hears of a queue that is closed.
                let _ = elsewhere.send_blocking(Job::Write(work));
            }
            return LastCommit::default();
        }
        let failed = failed.and_then(|at| Some(self.works.get(at)?.span().clone()));
        failed.unwrap_or(first).in_scope(|| note(failure, committed.as_ref().err(), is_file));
        let (done, committed) = match committed {
            Ok(done) => (done, Ok(())),
            Err(error) => (self.works.len(), Err(error)),
        };
        let time = clock::instant().duration_since(began);
        commits.observe(time.as_secs_f64());
        for work in self.works.drain(..done) {
            work.answer(committed.clone());
        }
        LastCommit { requests, time }
    }
}

#[expect(clippy::borrowed_box, reason = "so an iterator gives it")]
fn rows(work: &Box<dyn Work>) -> usize {
    match work.shape() {
        WorkShape::Alone => 1,
        WorkShape::Beside { rows } | WorkShape::Addition { rows } => rows,
    }
}

/// Writes jobs until the queue is closed and empty.
pub(super) fn run(mut writer: Writer, queue: &Receiver<Job>, failure: &LastFailure, commits: &Histogram) {
    let (mut waiting, mut last) = (WaitingWork::default(), LastCommit::default());
    let is_far = writer.files().is_none();
    loop {
        // What there was no time for comes first.
        let first = if waiting.is_empty() { queue.recv_blocking().map(Some) } else { Ok(None) };
        let Ok(first) = first else { break };
        waiting.fill(first, queue);
        if is_far {
            waiting.wait_for_more(queue, last);
        }
        if !waiting.is_empty() {
            last = waiting.commit(&mut writer, failure, commits, None);
        }
    }
    writer.close();
}

/// Says when the ledger becomes unavailable, and when it has healed.
pub(super) fn note(failure: &LastFailure, trouble: Option<&LedgerError>, is_file: bool) {
    let before = failure.load();
    match (before, trouble) {
        (None, None) => {}
        (Some(_), None) => {
            tracing::info!("the ledger can be written again");
            failure.error.store(None);
        }
        (before, Some(trouble)) => {
            if failure.is_logged && before.as_deref() != Some(trouble) {
                tracing::error!(error = %chain(trouble), "invites cannot be created; {}", trouble.way_out(is_file));
            }
            failure.error.store(Some(Arc::new(trouble.clone())));
        }
    }
}
