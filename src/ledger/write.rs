//! How the ledger is asked to write something: by which queue, and who waits for it how long.

use async_channel::Sender;

use super::deadline::{Deadlines, in_time, silent};
use super::error::{LedgerError, SqlError};
use super::store::Transaction;
use super::work::{Closure, Job, WorkShape};
use super::{Ledger, closed, commit};

impl Ledger {
    /// Does `work` while nothing else is done in its transaction.
    pub(super) async fn write<T, E>(
        &self,
        work: impl AsyncFn(&Transaction<'_>) -> Result<Result<T, E>, SqlError> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<LedgerError> + Send + 'static,
    {
        self.write_by(&self.jobs, WorkShape::Alone, work).await
    }

    /// Does `work`, of so many rows, beside what others do in its transaction, and waits for them where they meet.
    pub(super) async fn write_beside<T, E>(
        &self,
        rows: usize,
        work: impl AsyncFn(&Transaction<'_>) -> Result<Result<T, E>, SqlError> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<LedgerError> + Send + 'static,
    {
        self.write_by(&self.jobs, WorkShape::Beside { rows }, work).await
    }

    pub(super) async fn write_by<T, E>(
        &self,
        jobs: &Sender<Job>,
        shape: WorkShape,
        work: impl AsyncFn(&Transaction<'_>) -> Result<Result<T, E>, SqlError> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<LedgerError> + Send + 'static,
    {
        let (reply, answer) = futures_channel::oneshot::channel();
        let end = self.deadlines.as_ref().map(Deadlines::end);
        let job = Job::Write(Box::new(Closure::new(work, shape, reply, end)));
        let done = async {
            jobs.send(job).await.map_err(|_| closed())?;
            answer.await.map_err(|_| closed())?
        };
        if let Some(result) = in_time(self.deadlines.as_ref(), done).await {
            if let Some(trouble) = self.trouble() {
                self.readers.damage.note(&trouble);
            }
            return result;
        }
        let error = silent();
        commit::note(&self.failure, Some(&error), self.files.is_some());
        Err(error.into())
    }
}
