//! How long the ledger is waited for.
//!
//! A timer for each call would wake the thread that keeps timers twice each time, which costs a create a part of what it takes
//! in all. So those who wait are woken together, a few times a second, and look at the clock then.

use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use event_listener::Event;
use futures_lite::{FutureExt as _, future};

use super::error::LedgerError;
use crate::{clock, waiting};

/// How late it may be noticed that a deadline has passed.
const TICK: Duration = Duration::from_millis(250);

/// So long the service waits for the ledger, whatever the disk or PostgreSQL does: callers are answered within 5 seconds, also
/// those for whom it is asked several things one after the other. A command waits as long as whoever runs it does.
pub const DEADLINE: Duration = Duration::from_secs(5).checked_sub(TICK).unwrap();

/// So long PostgreSQL is waited for by whoever reads or writes there: for the service until nobody waits for it any more. With
/// what a new connection may take it is less than the service manager's watchdog waits.
pub(super) fn patience(is_service: bool) -> Duration {
    Duration::from_secs(if is_service { 5 } else { 10 })
}

/// Waits for the ledger, and not for ever.
#[derive(Clone)]
pub(super) struct Deadlines {
    deadline: Duration,
    ticker: Arc<Ticker>,
}

/// Wakes all who wait, once a [`TICK`] while there are any.
struct Ticker {
    waiting: Event,
    /// Whether its thread sleeps until somebody waits.
    is_parked: AtomicBool,
    thread: OnceLock<Thread>,
}

impl Deadlines {
    /// Those of the service.
    ///
    /// # Errors
    /// When the system has no thread for it.
    pub(super) fn start() -> io::Result<Self> {
        Ok(Self::of(DEADLINE)?.0)
    }

    fn of(deadline: Duration) -> io::Result<(Self, JoinHandle<()>)> {
        let ticker =
            Arc::new(Ticker { waiting: Event::new(), is_parked: AtomicBool::new(false), thread: OnceLock::new() });
        let ticking = Arc::downgrade(&ticker);
        let thread = thread::Builder::new().name("deadlines".into()).spawn(move || tick(&ticking))?;
        // It was empty.
        let _ = ticker.thread.set(thread.thread().clone());
        Ok((Self { deadline, ticker }, thread))
    }

    /// When whoever begins to wait now has waited long enough.
    pub(super) fn end(&self) -> Instant {
        clock::instant() + waiting::left(self.deadline)
    }

    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let (began, mut work) = (clock::instant(), pin!(work));
        let result = self.until(began + waiting::left(self.deadline), work.as_mut()).await;
        waiting::note(clock::instant().duration_since(began));
        result
    }

    async fn until<T>(&self, end: Instant, mut work: impl Future<Output = T> + Unpin) -> Option<T> {
        if let Some(result) = future::poll_once(&mut work).await {
            return Some(result);
        }
        while clock::instant() < end {
            let tick = async {
                self.ticker.wait().await;
                None
            };
            let result = async { Some((&mut work).await) }.or(tick).await;
            if result.is_some() {
                return result;
            }
        }
        None
    }
}

impl Ticker {
    async fn wait(&self) {
        let tick = self.waiting.listen();
        if self.is_parked.load(Ordering::SeqCst)
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
        tick.await;
    }

    fn has_nobody(&self) -> bool {
        self.waiting.total_listeners() == 0
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}

/// The thread of a ticker, which ends with it.
fn tick(ticker: &Weak<Ticker>) {
    while let Some(ticking) = ticker.upgrade() {
        if ticking.has_nobody() {
            ticking.is_parked.store(true, Ordering::SeqCst);
            // Whoever came before that did not see it.
            let must_park = ticking.has_nobody();
            drop(ticking);
            if must_park {
                thread::park();
            }
            let Some(ticking) = ticker.upgrade() else { return };
            ticking.is_parked.store(false, Ordering::SeqCst);
        } else {
            drop(ticking);
        }
        thread::sleep(TICK);
        if let Some(ticking) = ticker.upgrade() {
            ticking.waiting.notify(usize::MAX);
        }
    }
}

/// What comes of `work`, or nothing if that takes too long.
pub(super) async fn in_time<T>(deadlines: Option<&Deadlines>, work: impl Future<Output = T>) -> Option<T> {
    match deadlines {
        Some(deadlines) => deadlines.in_time(work).await,
        None => Some(work.await),
    }
}

/// Nobody knows what became of it.
pub(super) fn silent() -> LedgerError {
    LedgerError::unsure("it does not answer in time")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_waited_for_no_longer() {
        let (deadlines, _) = Deadlines::of(Duration::from_millis(1)).unwrap();
        future::block_on(async {
            for _ in 0..2 {
                let wait = || deadlines.in_time(future::pending::<()>());
                assert_eq!(future::zip(wait(), wait()).await, (None, None));
                // Its thread may sleep by now, and is woken for the next.
                while !deadlines.ticker.is_parked.load(Ordering::SeqCst) {
                    future::yield_now().await;
                }
            }
            assert_eq!(deadlines.in_time(std::future::ready(1)).await, Some(1));
        });
    }

    #[test]
    fn what_comes_in_time_is_there_at_once() {
        let (deadlines, _) = Deadlines::of(Duration::from_hours(1)).unwrap();
        let (reply, answer) = futures_channel::oneshot::channel();
        let other = thread::spawn(move || reply.send(7));
        assert_eq!(future::block_on(deadlines.in_time(answer)), Some(Ok(7)));
        assert_eq!(other.join().unwrap(), Ok(()));
    }

    #[test]
    fn a_request_that_has_waited_waits_no_longer() {
        let (deadlines, _) = Deadlines::of(Duration::from_hours(1)).unwrap();
        let work = waiting::patiently(Duration::from_millis(1), || false, async {
            // What is there is taken all the same.
            for done in [None, Some(1), None] {
                let work = async {
                    match done {
                        None => future::pending().await,
                        Some(done) => done,
                    }
                };
                assert_eq!(deadlines.in_time(work).await, done);
            }
            assert_eq!(waiting::left(Duration::MAX), Duration::ZERO);
        });
        future::block_on(work);
    }

    #[test]
    fn its_thread_ends_with_it() {
        let (deadlines, thread) = Deadlines::of(DEADLINE).unwrap();
        while !deadlines.ticker.is_parked.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        drop(deadlines);
        thread.join().unwrap();
    }
}
