//! Empties one channel of the outbox: reads what may be sent, sends some of it at once, and writes down what came of that. What
//! is in memory is bounded, however much waits. Of several nodes the one that holds the channel sends.

use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_channel::Receiver;
use async_io::Timer;
use futures_lite::FutureExt as _;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::carrier::{Carried, Carrier};
use super::pace::{Allowance, ChannelPace, Pace};
use super::reading::{Parcel, Reading, RowsRead};
use super::results::{Results, ToBeNoted};
use crate::clock;
use crate::ledger::{Attempted, ChannelNote, Ledger, LedgerError};
use crate::log::chain;

/// So often it is looked for what was written elsewhere, or may be tried again.
const ROUND: Duration = Duration::from_secs(1);

/// What came of sending is written down together, as much of it as ends in so long.
const GATHER: Duration = Duration::from_millis(25);

/// So much of one topic is sent as one, where it goes together.
const TOGETHER: usize = 1_000;

type OpenWork<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What came of writing down what came of sending.
struct Noted {
    attempts: Arc<[Attempted]>,
    note: ChannelNote,
    result: Result<u64, LedgerError>,
}

/// What happens next.
enum Happening {
    Sent(Parcel, u64, Carried),
    Read(Result<RowsRead, LedgerError>),
    Noted(Noted),
    Written,
    Round,
    Stop,
}

/// Empties one channel.
pub(super) struct Courier {
    channel: String,
    holder: String,
    carrier: Arc<dyn Carrier>,
    ledger: Ledger,
    speed: Pace,
    pace: ChannelPace,
    allowance: Allowance,
    /// What was read and may be sent.
    ready: VecDeque<Parcel>,
    /// What was read, until what came of it is written down.
    taken: BTreeSet<i64>,
    /// What came of it, until that is written down.
    results: Results,
    /// Whether there may be something that was not read yet.
    must_look: bool,
    held_until: Option<Instant>,
    noted_at: Option<Instant>,
}

impl Courier {
    pub(super) fn new(channel: String, carrier: Arc<dyn Carrier>, ledger: Ledger) -> Self {
        let speed = carrier.pace();
        Self {
            channel,
            holder: ledger.new_holder(),
            results: Results::new(Arc::clone(&carrier)),
            carrier,
            ledger,
            speed,
            pace: ChannelPace::new(speed),
            allowance: Allowance::new(clock::instant()),
            ready: VecDeque::new(),
            taken: BTreeSet::new(),
            must_look: true,
            held_until: None,
            noted_at: None,
        }
    }

    /// Goes on until the other end of `stop` is gone.
    pub(super) async fn run(mut self, stop: Receiver<Infallible>) {
        let mut under_way = FuturesUnordered::new();
        let (mut reading, mut noting): (Option<OpenWork<_>>, _) = (None, None);
        let mut written = self.ledger.outbox_written();
        let mut end: Option<Instant> = None;
        loop {
            if noting.is_none() && self.may_note(under_way.is_empty() || end.is_some()) {
                noting = Some(self.begin_note());
            }
            if let Some(end) = end {
                let is_done = under_way.is_empty() && noting.is_none() && self.results.is_empty();
                if is_done || clock::instant() >= end {
                    break;
                }
            } else {
                let (may_read, must_leave) = (reading.is_none() && self.must_look, self.must_leave());
                if may_read && !must_leave && self.ready.is_empty() && self.pace.may_send(self.ledger.now()) {
                    reading = Some(Box::pin(self.reading().read()));
                }
                while under_way.len() < self.pace.at_once()
                    && let Some(parcel) = self.next_parcel()
                {
                    let (carrier, now, round) = (Arc::clone(&self.carrier), self.ledger.now(), self.pace.round());
                    under_way.push(async move {
                        let result = carrier.carry(&parcel, now).await;
                        (parcel, round, result)
                    });
                }
                if may_read && must_leave && under_way.is_empty() && noting.is_none() && self.results.is_empty() {
                    self.forget_ready();
                    reading = Some(Box::pin(self.reading().leave()));
                }
            }
            // What is ready and may not be sent yet may be soon.
            let is_soon = self.pace.may_send(self.ledger.now()) && !self.ready.is_empty();
            let pause = if self.results.is_empty() && !is_soon { ROUND } else { GATHER };
            let happening = async {
                match under_way.next().await {
                    Some((parcel, round, carried)) => Happening::Sent(parcel, round, carried),
                    None => std::future::pending().await,
                }
            }
            .or(done(&mut noting, Happening::Noted))
            .or(done(&mut reading, Happening::Read))
            .or(async {
                (&mut written).await;
                Happening::Written
            })
            .or(async {
                if end.is_some() {
                    return std::future::pending().await;
                }
                let _ = stop.recv().await;
                Happening::Stop
            })
            .or(async {
                Timer::after(pause).await;
                Happening::Round
            });
            match happening.await {
                Happening::Sent(parcel, round, carried) => {
                    let now = self.ledger.now();
                    if !self.results.add(&parcel, round, carried, &mut self.pace, now) {
                        for row in parcel.iter().skip(1) {
                            self.taken.remove(&row.id);
                        }
                    }
                }
                Happening::Noted(noted) => {
                    noting = None;
                    self.noted(noted);
                }
                Happening::Read(read) => {
                    reading = None;
                    self.read(read);
                }
                Happening::Written => {
                    written = self.ledger.outbox_written();
                    self.must_look = true;
                }
                Happening::Round => self.must_look = true,
                Happening::Stop => end = Some(clock::instant() + self.speed.grace),
            }
        }
        if self.held_until.is_some() {
            // Whoever comes next need not wait.
            let _ = self.ledger.release_channel(self.channel, self.holder).await;
        }
    }

    fn reading(&mut self) -> Reading {
        self.must_look = false;
        Reading {
            ledger: self.ledger.clone(),
            channel: self.channel.clone(),
            holder: self.holder.clone(),
            speed: self.speed,
            taken: self.taken.clone(),
            together: if self.carrier.goes_together() { TOGETHER } else { 1 },
            held_until: self.held_until,
            is_able: self.carrier.is_able(),
        }
    }

    fn read(&mut self, read: Result<RowsRead, LedgerError>) {
        match read {
            Ok(RowsRead { parcels, held_until }) => {
                self.held_until = held_until;
                self.taken.extend(parcels.iter().flatten().map(|row| row.id));
                self.ready.extend(parcels);
            }
            Err(error) => {
                tracing::debug!(channel = %self.channel, error = %chain(&error), "the outbox cannot be read, will retry");
            }
        }
    }

    /// What may be sent next, now.
    fn next_parcel(&mut self) -> Option<Parcel> {
        if self.ready.is_empty() || !self.pace.may_send(self.ledger.now()) {
            return None;
        }
        let least = self.speed.hold_left();
        let is_held = |until: Instant| until.saturating_duration_since(clock::instant()) >= least;
        if self.ledger.is_shared() && !self.held_until.is_some_and(is_held) {
            // Another node may send them by now.
            self.forget_ready();
            self.must_look = true;
            return None;
        }
        if self.allowance.take(clock::instant()) { self.ready.pop_front() } else { None }
    }

    fn forget_ready(&mut self) {
        for row in self.ready.drain(..).flatten() {
            self.taken.remove(&row.id);
        }
    }

    /// Whether it keeps from others what it cannot send just now.
    fn must_leave(&self) -> bool {
        self.held_until.is_some() && self.ledger.is_shared() && !self.carrier.is_able()
    }

    /// Whether it is time to write down what came of sending: when some of it has come together, or there is nothing else.
    fn may_note(&self, is_idle: bool) -> bool {
        let has_gathered = self.noted_at.is_none_or(|at| clock::instant().duration_since(at) >= GATHER);
        !self.results.is_empty() && (has_gathered || (is_idle && self.ready.is_empty()))
    }

    fn begin_note(&mut self) -> OpenWork<Noted> {
        let ToBeNoted { attempts, note, gives_up } = self.results.take();
        let gives_up = gives_up.then(|| self.ledger.now());
        let (ledger, channel) = (self.ledger.clone(), self.channel.clone());
        Box::pin(async move {
            let result = ledger.note_attempts(channel, Arc::clone(&attempts), note.clone(), gives_up).await;
            if result.is_err() {
                // What is sent meanwhile is told with it.
                Timer::after(ROUND).await;
            }
            Noted { attempts, note, result }
        })
    }

    fn noted(&mut self, Noted { attempts, note, result }: Noted) {
        self.noted_at = Some(clock::instant());
        match result {
            Ok(dead) => {
                for attempt in attempts.iter() {
                    self.taken.remove(&attempt.id);
                }
                self.results.tell_dead(dead);
                self.must_look = true;
            }
            Err(error) => {
                tracing::debug!(channel = %self.channel, error = %chain(&error), "the outbox cannot be written, will retry");
                self.results.put_back(&attempts, note);
            }
        }
    }
}

/// What comes of `work`, where there is some.
async fn done<T>(work: &mut Option<OpenWork<T>>, what: impl FnOnce(T) -> Happening) -> Happening {
    match work {
        Some(work) => what(work.await),
        None => std::future::pending().await,
    }
}
