//! How the ledger is asked to write something: by which queue, and who waits for it how long.

use super::deadline::{Deadlines, in_time, silent};
use super::error::{LedgerError, SqlError};
use super::store::Transaction;
use super::work::{Closure, Job, WorkShape};
use super::{Ledger, closed, commit};

impl Ledger {
    /// Does `work` in a transaction, in the `shape` that it has.
    pub(super) async fn write<T, E>(
        &self,
        shape: WorkShape,
        work: impl AsyncFn(&Transaction<'_>) -> Result<Result<T, E>, SqlError> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<LedgerError> + Send + 'static,
    {
        let jobs = match (&self.additions, shape) {
            (Some(additions), WorkShape::Addition { .. }) => &additions.jobs,
            _ => &self.jobs,
        };
        let (reply, answer) = futures_channel::oneshot::channel();
        let end = self.deadlines.as_ref().map(Deadlines::end);
        let once = self.once.clone().filter(|once| !once.is_ours());
        let work = async move |transaction: &Transaction<'_>| match &once {
            None => work(transaction).await,
            Some(once) => transaction.with_once(once, work(transaction)).await,
        };
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use futures_lite::future::{block_on, zip};

    use super::*;
    use crate::config::{LedgerSettings, LedgerUrl};

    /// What waits behind a request that takes long is not kept until all that waits is done.
    #[test]
    fn a_batch_ends_when_it_has_taken_long() {
        let dir = tempfile::tempdir().unwrap();
        let (url, key_file) = (LedgerUrl::Sqlite(dir.path().join("ledger.db")), dir.path().join("ledger.key"));
        let retention = Duration::from_hours(1);
        let ledger = Ledger::open(&LedgerSettings { url, key_file, key: None, retention }).unwrap();
        let (has_begun, begun) = channel();
        let (go_on, gone_on) = channel();
        let gone_on = Mutex::new(gone_on);
        // The first is under way while the others come; the second takes longer than a batch may.
        let first = ledger.write(WorkShape::Alone, async move |_| {
            has_begun.send(()).unwrap();
            gone_on.lock().unwrap().recv().unwrap();
            Ok(Ok::<_, LedgerError>(()))
        });
        let second = ledger.write(WorkShape::Alone, async |_| {
            std::thread::sleep(Duration::from_millis(100));
            Ok(Ok::<_, LedgerError>(()))
        });
        let third = ledger.write(WorkShape::Alone, async |_| Ok(Ok::<_, LedgerError>(())));
        let others = async {
            let waiting = zip(second, third);
            let mut waiting = std::pin::pin!(waiting);
            begun.recv().unwrap();
            assert!(futures_lite::future::poll_once(&mut waiting).await.is_none());
            go_on.send(()).unwrap();
            waiting.await
        };
        let (first, (second, third)) = block_on(zip(first, others));
        assert!(first.is_ok() && second.is_ok() && third.is_ok());
        let mut text = String::new();
        let mut registry = prometheus_client::registry::Registry::default();
        registry.register("commits", "…", ledger.commits().clone());
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        assert!(text.contains("commits_count 3"), "{text}");
    }
}
