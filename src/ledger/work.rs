//! What the writer is asked for.

use std::cell::RefCell;
use std::pin::Pin;
use std::time::Instant;

use futures_channel::oneshot::Sender;
use tracing::Span;

use super::error::{LedgerError, SqlError};
use super::store::Transaction;
use crate::clock;

/// Where an answer goes.
pub(super) type Reply<T, E> = Sender<Result<T, E>>;

/// What the writer is asked for.
pub(super) enum Job {
    /// Whether the writer still takes jobs.
    Heartbeat(Sender<()>),
    /// Something to be written.
    Write(Box<dyn Work>),
}

/// How something is done in a transaction that others are done in, too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum WorkShape {
    /// While nothing else is.
    Alone,
    /// Beside others that are as well, and wait for each other where they meet; with so many rows.
    Beside { rows: usize },
    /// The same for what only adds, where that is written apart.
    Addition { rows: usize },
}

impl WorkShape {
    /// Beside others, with one row.
    pub(super) const ONE: Self = Self::Beside { rows: 1 };
}

/// Something to be written, and somebody who waits for it.
pub(super) trait Work: Send {
    /// Does it; from its start if it was begun before, in a transaction that has failed. An `Err` fails the whole transaction; a
    /// refusal is part of the answer.
    fn run<'t>(&'t self, transaction: &'t Transaction<'t>) -> Pin<Box<dyn Future<Output = Result<(), SqlError>> + 't>>;

    fn shape(&self) -> WorkShape;

    /// The request that it is for.
    fn span(&self) -> &Span;

    /// Answers, when it is durable or has failed. A caller that has gone away is no loss: what it asked for is done.
    fn answer(self: Box<Self>, committed: Result<(), LedgerError>);
}

/// [`Work`] that is a closure, with where its answer goes.
pub(super) struct Closure<F, T, E> {
    work: F,
    shape: WorkShape,
    result: RefCell<Option<Result<T, E>>>,
    reply: Reply<T, E>,
    /// After this its caller has been told that it may not have been done; then it is not begun any more.
    deadline: Option<Instant>,
    span: Span,
}

impl<F, T, E> Closure<F, T, E> {
    pub(super) fn new(work: F, shape: WorkShape, reply: Reply<T, E>, deadline: Option<Instant>) -> Self {
        Self { work, shape, result: RefCell::new(None), reply, deadline, span: Span::current() }
    }
}

impl<F, T, E> Work for Closure<F, T, E>
where
    F: AsyncFn(&Transaction<'_>) -> Result<Result<T, E>, SqlError> + Send,
    T: Send,
    E: From<LedgerError> + Send,
{
    fn run<'t>(&'t self, transaction: &'t Transaction<'t>) -> Pin<Box<dyn Future<Output = Result<(), SqlError>> + 't>> {
        Box::pin(async move {
            let is_late = self.deadline.is_some_and(|deadline| clock::instant() > deadline);
            let done = if is_late { None } else { Some((self.work)(transaction).await?) };
            *self.result.borrow_mut() = done;
            Ok(())
        })
    }

    fn shape(&self) -> WorkShape {
        self.shape
    }

    fn span(&self) -> &Span {
        &self.span
    }

    fn answer(self: Box<Self>, committed: Result<(), LedgerError>) {
        let answer = match (committed, self.result.into_inner()) {
            (Err(error), _) => Err(error.into()),
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(LedgerError::unavailable("it was not asked in time").into()),
        };
        let _ = self.reply.send(answer);
    }
}
