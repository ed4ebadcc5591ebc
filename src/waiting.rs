//! How long a request waits in all, whatever it has to do one after the other, and whether its client still waits with it. It is
//! asked while the request is being answered, by those who have it wait; elsewhere nobody is known to wait.

use std::cell::RefCell;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Whether a client has gone.
type HasGone = Box<dyn Fn() -> bool + Send + Sync>;

/// A request that waits.
struct Wait {
    left: Mutex<Duration>,
    has_gone: HasGone,
}

thread_local! {
    /// The request that is being answered by this thread just now.
    static CURRENT: RefCell<Option<Arc<Wait>>> = const { RefCell::new(None) };
}

/// Puts back what was before, also when the work panics.
struct WaitBefore(Option<Arc<Wait>>);

impl Drop for WaitBefore {
    fn drop(&mut self) {
        CURRENT.replace(self.0.take());
    }
}

/// Does `work` for a request that waits for at most `patience` in all, and whose client has gone if `has_gone` says so.
pub async fn patiently<T>(
    patience: Duration,
    has_gone: impl Fn() -> bool + Send + Sync + 'static,
    work: impl Future<Output = T>,
) -> T {
    let wait = Arc::new(Wait { left: Mutex::new(patience), has_gone: Box::new(has_gone) });
    let mut work = pin!(work);
    std::future::poll_fn(move |cx| {
        let _before = WaitBefore(CURRENT.replace(Some(Arc::clone(&wait))));
        work.as_mut().poll(cx)
    })
    .await
}

fn current() -> Option<Arc<Wait>> {
    CURRENT.with_borrow(Clone::clone)
}

/// For how long the request may still wait, which is `most` at most.
#[must_use]
pub fn left(most: Duration) -> Duration {
    current().map_or(most, |wait| most.min(*wait.left.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// It has waited for so long.
pub fn note(waited: Duration) {
    if let Some(wait) = current() {
        let mut left = wait.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.saturating_sub(waited);
    }
}

/// Whether it is known that nobody waits any more.
#[must_use]
pub fn has_gone() -> bool {
    current().is_some_and(|wait| (wait.has_gone)())
}

#[cfg(test)]
mod tests {
    use futures_lite::future::{block_on, yield_now, zip};

    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_request_waits_for_so_long_in_all() {
        let one = patiently(seconds(5), || true, async {
            note(seconds(3));
            yield_now().await;
            assert_eq!((left(seconds(9)), left(seconds(1)), has_gone()), (seconds(2), seconds(1), true));
            note(seconds(3));
            assert_eq!(left(seconds(9)), seconds(0));
        });
        let other = patiently(seconds(5), || false, async {
            yield_now().await;
            assert_eq!((left(seconds(9)), has_gone()), (seconds(5), false));
        });
        block_on(zip(one, other));
        // Nobody.
        note(seconds(9));
        assert_eq!((left(seconds(9)), has_gone()), (seconds(9), false));
    }

    #[test]
    fn what_panics_leaves_nothing_behind() {
        let work = patiently(seconds(5), || true, async { panic!("on purpose") });
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| block_on(work))).is_err());
        assert!(!has_gone());
    }
}
