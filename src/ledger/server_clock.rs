//! PostgreSQL's clock, as a node knows it: all nodes that share a ledger judge by that one.
//!
//! Whenever the server says what time it is, that was so at some moment after it was asked and before it was heard. Each
//! answer so bounds how far that clock is from our monotonic one, a slow answer less than a fast one; what two answers allow
//! together is what is known. Where they allow nothing together, the server's clock was set, and the later one counts.
//!
//! The clock of this machine takes no part in that: it may be set as it likes, and all that changes is the difference that is
//! told.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::clock_difference::ClockDifference;
use super::error::LedgerError;
use crate::clock;

/// What a statement asks the server's clock by; in milliseconds since 1970.
pub(super) const SERVER_TIME: &str = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/// Why what was judged by it is not to be.
pub(super) const WAS_SET: &str = "the clock of PostgreSQL was set, or has just become known";

/// What is known gets worse by one part in so many as time passes: NTP has a clock run wrong by up to half of that.
const DRIFT: i64 = 1_000;

/// What is said in milliseconds may be off by so many microseconds.
const RESOLUTION: i64 = 1_000;

/// A clock that was set by less than this, in microseconds, is followed without a word.
const STEP: i64 = 2_000_000;

/// What a clock showed at the moment from which we count, in microseconds since 1970: between these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ClockReading {
    earliest: i64,
    latest: i64,
}

impl ClockReading {
    /// Of a clock that said `said` at some moment between `sent` and `received`, in microseconds.
    fn new(said: i64, sent: i64, received: i64) -> Self {
        Self {
            earliest: said.saturating_sub(received).saturating_sub(RESOLUTION),
            latest: said.saturating_sub(sent).saturating_add(RESOLUTION),
        }
    }

    fn middle(self) -> i64 {
        self.earliest + (self.latest - self.earliest) / 2
    }

    /// What is left of it after so many microseconds.
    fn after(self, passed: i64) -> Self {
        let drift = passed.max(0) / DRIFT;
        Self { earliest: self.earliest.saturating_sub(drift), latest: self.latest.saturating_add(drift) }
    }

    fn common(self, other: Self) -> Option<Self> {
        let both = Self { earliest: self.earliest.max(other.earliest), latest: self.latest.min(other.latest) };
        (both.earliest <= both.latest).then_some(both)
    }

    /// How far it is ahead of the other for sure; negative where it is behind.
    fn ahead_of(self, other: Self) -> i64 {
        if self.earliest > other.latest {
            self.earliest.saturating_sub(other.latest)
        } else {
            self.latest.saturating_sub(other.earliest).min(0)
        }
    }
}

/// What is known of the server's clock.
#[derive(Clone, Copy, Debug)]
struct KnownClock {
    reading: ClockReading,
    /// When it was read last.
    at: i64,
    /// When it was last found to be another one than was believed.
    stepped_at: Option<i64>,
}

impl KnownClock {
    /// After another answer, which came at `at`; `own` is what would be believed otherwise.
    fn learn(before: Option<Self>, own: ClockReading, measured: ClockReading, at: i64) -> Self {
        let expected = before.map_or(own, |before| before.reading.after(at - before.at));
        let reading = match before {
            Some(_) => expected.common(measured).unwrap_or(measured),
            None => measured,
        };
        let is_step = measured.ahead_of(expected).saturating_abs() > STEP;
        let stepped_at = if is_step { Some(at) } else { before.and_then(|before| before.stepped_at) };
        Self { reading, at, stepped_at }
    }

    /// How far a clock is ahead of it.
    fn difference(&self, own: ClockReading, at: i64) -> ClockDifference {
        ClockDifference::new(SignedDuration::from_micros(own.ahead_of(self.reading.after(at - self.at))))
    }
}

/// The server's clock.
pub(super) struct ServerClock {
    /// From here on microseconds are counted.
    base: Instant,
    known: Mutex<Option<KnownClock>>,
}

impl Default for ServerClock {
    fn default() -> Self {
        Self { base: clock::instant(), known: Mutex::default() }
    }
}

impl ServerClock {
    /// Learns from an answer that says it is `said` there.
    pub(super) fn note(&self, sent: Instant, received: Instant, said: Timestamp) {
        let (sent, received) = (self.since(sent), self.since(received));
        let measured = ClockReading::new(said.as_microsecond(), sent, received);
        let own = self.own();
        let mut known = self.known();
        *known = Some(KnownClock::learn(*known, own, measured, received));
    }

    /// What time it is there, to the millisecond; by this machine's clock as long as the server has said nothing.
    pub(super) fn now(&self) -> Timestamp {
        let known = *self.known();
        known.map_or_else(clock::now, |known| {
            clock::from_millisecond(
                known.reading.middle().saturating_add(self.since(clock::instant())).div_euclid(1_000),
            )
        })
    }

    /// How far this machine's clock is ahead of it; nothing as long as the server has said nothing.
    pub(super) fn difference(&self) -> Option<ClockDifference> {
        let own = self.own();
        (*self.known()).map(|known| known.difference(own, self.since(clock::instant())))
    }

    /// Whether it was read within the last `time`.
    pub(super) fn is_fresh(&self, time: Duration) -> bool {
        let now = self.since(clock::instant());
        let time = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        self.known().is_some_and(|known| now - known.at < time)
    }

    /// Whether it was found after `asked` that it was set, or is another one than this machine's, which was not known yet.
    pub(super) fn was_set_since(&self, asked: Instant) -> bool {
        self.known().and_then(|known| known.stepped_at).is_some_and(|stepped_at| self.since(asked) <= stepped_at)
    }

    /// Whether what a caller took for the time at `asked` is still right.
    ///
    /// # Errors
    /// When the clock was set since, or was another one than the caller's, and not known yet.
    pub(super) fn confirm(&self, asked: Instant) -> Result<(), LedgerError> {
        if self.was_set_since(asked) { Err(LedgerError::unavailable(WAS_SET)) } else { Ok(()) }
    }

    /// This machine's clock.
    fn own(&self) -> ClockReading {
        let before = clock::instant();
        let said = clock::now().as_microsecond();
        ClockReading::new(said, self.since(before), self.since(clock::instant()))
    }

    fn since(&self, at: Instant) -> i64 {
        i64::try_from(at.saturating_duration_since(self.base).as_micros()).unwrap_or(i64::MAX)
    }

    fn known(&self) -> MutexGuard<'_, Option<KnownClock>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;
    /// 2026-01-01
    const START: i64 = 1_767_225_600 * SECOND;

    /// A server far away, and this machine. Time is counted in microseconds.
    struct World {
        at: i64,
        server: i64,
        own: i64,
        known: Option<KnownClock>,
    }

    impl World {
        fn new() -> Self {
            Self { at: 0, server: START, own: START, known: None }
        }

        fn pass(&mut self, time: i64) {
            self.at += time;
        }

        /// Asks: so long there, so long back.
        fn ask(&mut self, there: i64, back: i64) {
            let sent = self.at;
            self.pass(there);
            let said = (self.server + self.at) / 1_000 * 1_000;
            self.pass(back);
            let measured = ClockReading::new(said, sent, self.at);
            self.known = Some(KnownClock::learn(self.known, self.own(), measured, self.at));
        }

        fn own(&self) -> ClockReading {
            ClockReading::new(self.own + self.at, self.at, self.at)
        }

        /// How wrong it is to take what is known for the server's time.
        fn error(&self) -> i64 {
            (self.known.unwrap().reading.middle() - self.server).abs()
        }

        fn difference(&self) -> f64 {
            self.known.unwrap().difference(self.own(), self.at).seconds()
        }
    }

    #[test]
    fn a_fast_answer_says_more_than_a_slow_one_whichever_comes_first() {
        for answers in
            [[(2 * SECOND, 100), (500, 500)], [(500, 500), (2 * SECOND, 100)], [(500, 500), (100, 4 * SECOND)]]
        {
            let mut world = World::new();
            for (there, back) in answers {
                world.ask(there, back);
                world.pass(SECOND);
            }
            assert!(world.error() <= 5_000, "{answers:?}: {}", world.error());
            assert_eq!(world.known.unwrap().stepped_at, None, "{answers:?}");
        }
    }

    #[test]
    fn what_took_long_on_one_way_alone_is_off_by_half_of_that_at_most() {
        let mut world = World::new();
        world.ask(3 * SECOND, 0);
        assert!(world.error() <= 3 * SECOND / 2 + RESOLUTION, "{}", world.error());
        // Nobody is told of what may be the way.
        assert!(world.difference().abs() < 0.001, "{}", world.difference());
    }

    #[test]
    fn a_server_that_drifts_is_followed() {
        let mut world = World::new();
        for _ in 0..1_000 {
            world.ask(300, 700);
            world.pass(5 * SECOND);
            world.server += 5 * 500;
            assert!(world.error() < 10_000 && world.known.unwrap().stepped_at.is_none(), "{}", world.error());
        }
        assert!((world.difference() + 2.5).abs() < 0.02, "{}", world.difference());
    }

    #[test]
    fn what_this_machine_does_to_its_clock_changes_the_difference_alone() {
        let mut world = World::new();
        world.ask(500, 500);
        for jump in [20 * SECOND, -400 * 86_400 * SECOND, 0] {
            world.own = START + jump;
            let expected = SignedDuration::from_micros(jump).as_secs_f64();
            assert!((world.difference() - expected).abs() < 0.01, "{jump}: {}", world.difference());
            world.ask(500, 500);
            assert!(world.error() < 3_000 && world.known.unwrap().stepped_at.is_none(), "{jump}");
        }
    }

    #[test]
    fn a_server_whose_clock_is_set_is_believed_at_once_and_that_is_known() {
        let mut world = World::new();
        world.ask(500, 500);
        for step in [3_600 * SECOND, -3_600 * SECOND, 3 * SECOND] {
            world.pass(SECOND);
            world.server += step;
            world.ask(500, 2 * SECOND / 100);
            assert!(world.error() <= 20_000, "{step}: {}", world.error());
            assert_eq!(world.known.unwrap().stepped_at, Some(world.at), "{step}");
        }
        let stepped_at = world.known.unwrap().stepped_at;
        world.server += SECOND / 2;
        world.pass(SECOND);
        world.ask(500, 500);
        assert!(world.error() <= 3_000, "{}", world.error());
        assert_eq!(world.known.unwrap().stepped_at, stepped_at, "half a second is no step");
    }

    #[test]
    fn the_first_answer_is_a_step_where_this_machine_was_wrong() {
        for (own, is_step) in [(START + SECOND, false), (START + 20 * SECOND, true), (START - 20 * SECOND, true)] {
            let mut world = World { own, ..World::new() };
            world.ask(500, 500);
            assert_eq!(world.known.unwrap().stepped_at.is_some(), is_step, "{own}");
        }
    }

    #[test]
    fn who_took_another_time_for_the_servers_is_refused() {
        let server = ServerClock::default();
        let (asked, said) = (clock::instant(), clock::now());
        server.note(asked, clock::instant(), said);
        assert_eq!(server.difference().map(ClockDifference::is_large), Some(false));
        assert!(server.confirm(asked).is_ok());
        // The server's clock is set: whoever asked before took the old one for it.
        let set = said + SignedDuration::from_hours(1);
        server.note(asked, clock::instant(), set);
        assert!(server.confirm(asked).is_err());
        assert!(server.now() >= set && server.difference().unwrap().is_too_large());
        let stepped_at = clock::instant();
        // Until it is later, to the microsecond.
        while clock::instant().duration_since(stepped_at) < Duration::from_micros(2) {
            std::hint::spin_loop();
        }
        assert!(server.confirm(clock::instant()).is_ok());
    }

    #[test]
    fn a_clock_that_was_not_read_is_this_machines() {
        let server = ServerClock::default();
        assert_eq!((server.difference(), server.is_fresh(Duration::MAX)), (None, false));
        let before = clock::now();
        assert!((before..=clock::now()).contains(&server.now()));
        server.note(clock::instant(), clock::instant(), Timestamp::MAX);
        assert!(server.is_fresh(Duration::from_hours(1)) && !server.is_fresh(Duration::ZERO));
        assert_eq!(server.now().to_string(), "9000-01-01T00:00:00Z");
    }
}
