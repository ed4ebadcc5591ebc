//! Group commit: one thread, one transaction for everything that waits, one fsync, then all the answers.

use std::sync::Arc;
use std::time::Instant;

use async_channel::Receiver;
use futures_channel::oneshot::Sender;
use prometheus_client::metrics::histogram::Histogram;
use tracing::Span;

use super::error::{LedgerError, SqlError};
use super::store::Transaction;
use super::writer::Writer;
use crate::clock;
use crate::log::chain;

/// Why the last commit failed, if it did.
pub(super) type LastFailure = arc_swap::ArcSwapOption<LedgerError>;

/// Where an answer goes.
pub(super) type Reply<T, E> = Sender<Result<T, E>>;

/// What the writer is asked for.
pub(super) enum Job {
    /// Whether the writer still takes jobs.
    Heartbeat(Sender<()>),
    /// Something to be written.
    Write(Box<dyn Work>),
}

/// Something to be written, and somebody who waits for it.
pub(super) trait Work: Send {
    /// Does it. An `Err` fails the whole transaction; a refusal is part of the answer.
    fn run(&mut self, transaction: &mut Transaction<'_>) -> Result<(), SqlError>;

    /// The request that it is for.
    fn span(&self) -> &Span;

    /// Answers, when it is durable or has failed. A caller that has gone away is no loss: what it asked for is done.
    fn answer(self: Box<Self>, committed: Result<(), LedgerError>);
}

/// [`Work`] that is a closure, with where its answer goes.
pub(super) struct Closure<F, T, E> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    reply: Reply<T, E>,
    /// After this its caller has been told that it may not have been done; then it is not begun any more.
    deadline: Option<Instant>,
    span: Span,
}

impl<F, T, E> Closure<F, T, E> {
    pub(super) fn new(work: F, reply: Reply<T, E>, deadline: Option<Instant>) -> Self {
        Self { work: Some(work), result: None, reply, deadline, span: Span::current() }
    }
}

impl<F, T, E> Work for Closure<F, T, E>
where
    F: FnOnce(&mut Transaction<'_>) -> Result<Result<T, E>, SqlError> + Send,
    T: Send,
    E: From<LedgerError> + Send,
{
    fn run(&mut self, transaction: &mut Transaction<'_>) -> Result<(), SqlError> {
        let is_late = self.deadline.is_some_and(|deadline| clock::instant() > deadline);
        if let Some(work) = self.work.take()
            && !is_late
        {
            self.result = Some(work(transaction)?);
        }
        Ok(())
    }

    fn span(&self) -> &Span {
        &self.span
    }

    fn answer(self: Box<Self>, committed: Result<(), LedgerError>) {
        let answer = match (committed, self.result) {
            (Err(error), _) => Err(error.into()),
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(LedgerError::unavailable("it was not asked in time").into()),
        };
        let _ = self.reply.send(answer);
    }
}

/// The most that is committed together: bounds how long the first of them waits.
const MAX_BATCH: usize = 512;

/// Writes jobs until the queue is closed and empty.
pub(super) fn run(mut writer: Writer, queue: &Receiver<Job>, failure: &LastFailure, commits: &Histogram) {
    let mut batch = Vec::new();
    while let Ok(first) = queue.recv_blocking() {
        take_on(first, &mut batch);
        while batch.len() < MAX_BATCH
            && let Ok(job) = queue.try_recv()
        {
            take_on(job, &mut batch);
        }
        if !batch.is_empty() {
            let began = clock::instant();
            commit(&mut writer, &mut batch, failure);
            commits.observe(clock::instant().duration_since(began).as_secs_f64());
        }
    }
    writer.close();
}

/// A heartbeat is answered without a transaction.
fn take_on(job: Job, batch: &mut Vec<Box<dyn Work>>) {
    match job {
        Job::Heartbeat(reply) => drop(reply.send(())),
        Job::Write(work) => batch.push(work),
    }
}

/// Whatever the transaction does not get to, it has not done: then every answer is that it failed.
fn commit(writer: &mut Writer, batch: &mut Vec<Box<dyn Work>>, failure: &LastFailure) {
    let is_file = writer.files().is_some();
    // What is logged belongs to the one that failed, else to the first.
    let (first, mut failed) = (batch.first().map_or_else(Span::none, |work| work.span().clone()), None);
    let committed = first.in_scope(|| {
        writer.transaction(|transaction| {
            batch
                .iter_mut()
                .try_for_each(|work| work.run(transaction).inspect_err(|_| failed = Some(work.span().clone())))
        })
    });
    failed.unwrap_or(first).in_scope(|| note(failure, committed.as_ref().err(), is_file));
    for work in batch.drain(..) {
        work.answer(committed.clone());
    }
}

/// Says when the ledger becomes unavailable, and when it has healed.
pub(super) fn note(failure: &LastFailure, trouble: Option<&LedgerError>, is_file: bool) {
    let before = failure.load();
    match (before.as_deref(), trouble) {
        (None, None) => {}
        (Some(_), None) => {
            tracing::info!("the ledger can be written again");
            failure.store(None);
        }
        (before, Some(trouble)) => {
            if before != Some(trouble) {
                tracing::error!(error = %chain(trouble), "invites cannot be created; {}", trouble.way_out(is_file));
            }
            failure.store(Some(Arc::new(trouble.clone())));
        }
    }
}
