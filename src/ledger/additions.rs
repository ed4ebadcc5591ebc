//! What only adds to the ledger: invites of those who have no limit, for no name, by requests without an Idempotency-Key. Nothing
//! is judged by them but what is counted later, and so those of several nodes are written at the same time, and over several
//! connections where the way to PostgreSQL is long.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use async_channel::{Receiver, Sender};
use jiff::Timestamp;
use prometheus_client::metrics::histogram::Histogram;

use super::commit::{LastCommit, LastFailure, WaitingWork};
use super::limits::{NOTE_EVERY, SourceLimits};
use super::store::NodeIds;
use super::work::Job;
use super::writer::Writer;
use crate::clock;
use crate::invite::Draft;

/// So many batches are under way at most.
const CONNECTIONS: usize = 3;

/// While one is under way the next waits so long for more to come.
const PAUSE: Duration = Duration::from_millis(1);

/// A connection that was not needed for so long is closed, when another one comes back.
const IDLE: Duration = Duration::from_mins(1);

/// The way in.
pub(super) struct Additions {
    pub(super) jobs: Sender<Job>,
    ids: Arc<NodeIds>,
    /// When the use of each key was last written here.
    noted: Mutex<HashMap<String, Timestamp>>,
}

impl Additions {
    /// Whether invites are no more than that.
    pub(super) fn are_all(&self, drafts: &[Draft], limits: Option<&SourceLimits>, now: Timestamp) -> bool {
        let has_name = drafts.iter().any(|draft| draft.kind.reserves().is_some());
        let has_limit = limits.is_some_and(|limits| limits.limit.is_some() || limits.max_pending.is_some());
        !has_name
            && !has_limit
            && self.ids.go_by_the_clock(now)
            && limits.is_none_or(|limits| self.is_noted(limits, now))
    }

    /// Whether the use of a key need not be written now, which would be no mere addition; whoever is told that it has to be writes it.
    fn is_noted(&self, limits: &SourceLimits, now: Timestamp) -> bool {
        let mut noted = lock(&self.noted);
        let account = limits.account();
        match noted.get_mut(&*account) {
            Some(at) if clock::distance(*at, now) < NOTE_EVERY => true,
            Some(at) => {
                *at = now;
                false
            }
            None => {
                noted.insert(account.into_owned(), now);
                false
            }
        }
    }
}

/// What those share who write.
struct AdditionWriters {
    queue: Receiver<Job>,
    /// One of them gathers what waits.
    gathering: Mutex<()>,
    /// The one that was used last is used first.
    idle: Mutex<Vec<(Instant, Writer)>>,
    /// How many batches are under way.
    under_way: Mutex<usize>,
    last: Mutex<LastCommit>,
    ended: Condvar,
    /// Where all else is written.
    elsewhere: Sender<Job>,
    failure: Arc<LastFailure>,
    commits: Histogram,
}

/// Starts those who write additions to the ledger of `writer`, if several may write to it, with a queue of so many.
///
/// # Errors
/// When the system has no threads for it.
pub(super) fn start(
    writer: &Writer,
    length: usize,
    elsewhere: &Sender<Job>,
    failure: &Arc<LastFailure>,
    commits: &Histogram,
) -> io::Result<Option<(Additions, Vec<JoinHandle<()>>)>> {
    let idle: Vec<_> = (0..CONNECTIONS).filter_map(|_| Some((clock::instant(), writer.another()?))).collect();
    if idle.is_empty() {
        return Ok(None);
    }
    let (jobs, queue) = async_channel::bounded(length);
    let writers = Arc::new(AdditionWriters {
        queue,
        gathering: Mutex::default(),
        idle: Mutex::new(idle),
        under_way: Mutex::default(),
        last: Mutex::default(),
        ended: Condvar::new(),
        elsewhere: elsewhere.clone(),
        failure: Arc::clone(failure),
        commits: commits.clone(),
    });
    let mut threads = Vec::new();
    for _ in 0..CONNECTIONS {
        let writers = Arc::clone(&writers);
        threads.push(thread::Builder::new().name("ledger-adds".into()).spawn(move || writers.run())?);
    }
    let additions = Additions { jobs, ids: writer.ids(), noted: Mutex::default() };
    Ok(Some((additions, threads)))
}

impl AdditionWriters {
    fn run(&self) {
        while let Some(mut waiting) = self.gather() {
            // There is one for each thread.
            let writer = lock(&self.idle).pop();
            if let Some((_, mut writer)) = writer {
                let last = waiting.commit(&mut writer, &self.failure, &self.commits, Some(&self.elsewhere));
                *lock(&self.last) = last;
                self.give_back(writer);
            }
            *lock(&self.under_way) -= 1;
            self.ended.notify_all();
        }
    }

    fn give_back(&self, writer: Writer) {
        let (mut idle, now) = (lock(&self.idle), clock::instant());
        if let Some((since, longest_idle)) = idle.first_mut()
            && now.duration_since(*since) > IDLE
        {
            longest_idle.disconnect();
        }
        idle.push((now, writer));
    }

    /// What waits; nothing when the queue is closed and empty. Where a batch is under way it is soon back, or else the way is long,
    /// and more of them go it at the same time.
    fn gather(&self) -> Option<WaitingWork> {
        let _gathering = lock(&self.gathering);
        let mut waiting = WaitingWork::default();
        while waiting.is_empty() {
            let first = self.queue.recv_blocking().ok()?;
            let under_way = lock(&self.under_way);
            let before = *under_way;
            if before > 0 {
                drop(self.ended.wait_timeout_while(under_way, PAUSE, |under_way| *under_way >= before));
            }
            waiting.fill(Some(first), &self.queue);
            let last = *lock(&self.last);
            waiting.wait_for_more(&self.queue, last);
        }
        *lock(&self.under_way) += 1;
        Some(waiting)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
