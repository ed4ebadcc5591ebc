//! The servers of the URL: which of them is written to and read from, and which are refused.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rand::Rng as _;

use super::chosen::{ChosenServer, LedgerServer};
use super::lineage::{Lineage, Superseded};
use super::session::{PostgresSession, SETUP_TIMEOUT};
use crate::clock;
use crate::config::postgres::Postgres;
use crate::ledger::error::SqlError;
use crate::ledger::server_clock::{SERVER_TIME, ServerClock};

/// The servers of the URL.
pub(in crate::ledger) struct LedgerServers {
    url: Postgres,
    chosen: Arc<ChosenServer>,
    clock: Arc<ServerClock>,
    /// What this process knows that the ledger has been written on.
    known: Mutex<Lineage>,
    silence: Mutex<Option<Silence>>,
    /// Where servers are that can be written and are refused.
    stale: Mutex<BTreeSet<String>>,
}

/// Servers of which none answers.
struct Silence {
    /// Whoever would read before is told so at once; then one may try.
    until: Instant,
    why: String,
}

/// Servers that do not answer are left alone for so long.
const REMEMBERED: Duration = Duration::from_secs(1);

impl LedgerServers {
    pub(super) fn new(url: &Postgres) -> Self {
        Self {
            url: url.clone(),
            chosen: Arc::default(),
            clock: Arc::default(),
            known: Mutex::default(),
            silence: Mutex::default(),
            stale: Mutex::default(),
        }
    }

    /// Connects to the server that was chosen, or to another one if that cannot be written any more.
    pub(super) fn connect(&self) -> Result<PostgresSession, SqlError> {
        let (known, chosen) = (self.known(), self.chosen.get());
        let judge = |server: &LedgerServer, noted: &Lineage| self.judge(&known, server, noted);
        let connected = PostgresSession::connect(&self.url, chosen.as_deref(), judge);
        let silence = connected.as_ref().err().filter(|error| error.is_passing()).map(|error| (REMEMBERED, error));
        self.remember(silence);
        if let Ok(session) = &connected {
            self.read_clock(session);
        }
        connected
    }

    /// Asks a server what time it is. One that does not answer will be found out by whoever asks next.
    fn read_clock(&self, session: &PostgresSession) {
        let sent = clock::instant();
        let answer = session.last(&format!("SELECT {SERVER_TIME}")).unwrap_or_default();
        if let Some(ms) = answer.into_iter().next().flatten().and_then(|ms| ms.parse().ok()) {
            self.clock.note(sent, clock::instant(), clock::from_millisecond(ms));
        }
    }

    /// Their clock.
    pub(in crate::ledger) fn clock(&self) -> Arc<ServerClock> {
        Arc::clone(&self.clock)
    }

    /// A connection for whoever reads, to the server that is written to. Where that has gone, the one that is found instead is
    /// written to from now on, too.
    pub(in crate::ledger) fn reader(&self) -> Result<PostgresSession, SqlError> {
        if self.chosen.get().is_none() {
            return Err(SqlError::away("no PostgreSQL server was found yet that can be written"));
        }
        let known = self.known();
        let mut session = self.connect()?;
        if self.known() != known {
            return Err(SqlError::away("the ledger is just going on with another PostgreSQL server"));
        }
        session.follow(&self.chosen);
        Ok(session)
    }

    /// Whether what is read there still counts: where nothing is written, nobody else would notice that the ledger has gone on.
    pub(in crate::ledger) fn check_reader(&self, session: &PostgresSession) -> Result<(), SqlError> {
        let known = self.known();
        session.noted()?.map_or(Ok(()), |noted| self.judge(&known, session.server(), &noted))
    }

    /// The same when a server has not answered whoever read. Until it is known whether any does, nobody else waits for one.
    pub(in crate::ledger) fn reader_after_silence(&self) -> Result<PostgresSession, SqlError> {
        self.remember(Some((SETUP_TIMEOUT, &SqlError::TimedOut)));
        self.reader()
    }

    /// Whether it is known that no server answers.
    pub(in crate::ledger) fn check(&self) -> Result<(), SqlError> {
        match &*self.silence() {
            Some(silence) if clock::instant() < silence.until => Err(SqlError::away(silence.why.clone())),
            _ => Ok(()),
        }
    }

    /// The same for whoever reads now; he is the one who tries, if it is time for that.
    pub(in crate::ledger) fn begin_read(&self) -> Result<(), SqlError> {
        self.check()?;
        if let Some(silence) = &mut *self.silence() {
            silence.until = clock::instant() + SETUP_TIMEOUT;
        }
        Ok(())
    }

    /// A server has answered.
    pub(in crate::ledger) fn answered(&self) {
        self.remember(None);
    }

    fn remember(&self, silence: Option<(Duration, &SqlError)>) {
        let silence = silence.map(|(time, why)| Silence { until: clock::instant() + time, why: why.to_string() });
        *self.silence() = silence;
    }

    fn silence(&self) -> MutexGuard<'_, Option<Silence>> {
        self.silence.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the ledger, which says that it has been `stored` there so far, may go on with this server; gives what it is to say
    /// from now on.
    pub(super) fn allow(&self, server: &LedgerServer, stored: Option<&str>) -> Result<Option<String>, SqlError> {
        let stored_text = || Ok(stored.map(String::from));
        let Some(origin) = &server.origin else { return stored_text() };
        // A later version may write it in another way.
        let Ok(noted) = stored.unwrap_or_default().parse() else { return stored_text() };
        let known = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.learn(&noted);
            known.clone()
        };
        self.judge(&known, server, &noted)?;
        if noted.has(origin) && known.has(origin) {
            return stored_text();
        }
        let mark = noted.mark_of(origin).unwrap_or_else(|| clock::rng().next_u64());
        Ok(Some(known.going_on(origin, mark).to_string()))
    }

    /// The ledger has gone on where it says this.
    pub(super) fn went_on(&self, stored: Option<&str>) {
        if let Some(Ok(noted)) = stored.map(str::parse) {
            *self.known.lock().unwrap_or_else(PoisonError::into_inner) = noted;
        }
    }

    /// From now on this connection's server is written to.
    pub(super) fn choose(&self, session: &mut PostgresSession) {
        self.set_right(session.server());
        session.follow(&self.chosen);
    }

    /// The server that is written to is no more of use where one that was promoted later can be written.
    pub(super) fn prefer_later(&self, server: &LedgerServer) {
        if self.chosen.get().is_some_and(|chosen| server.is_later_than(&chosen)) {
            tracing::warn!("PostgreSQL at {} was promoted; the ledger goes on there", server.place());
            self.chosen.set(server);
        }
    }

    /// Refuses a server that the ledger has gone on from. What was `known` is what was known before it was asked what is `noted`
    /// there, which may have been written in between.
    pub(super) fn judge(&self, known: &Lineage, server: &LedgerServer, noted: &Lineage) -> Result<(), SqlError> {
        let Some(origin) = &server.origin else { return Ok(()) };
        known.allows(origin, noted).map_err(|why| self.refuse(server, &why))
    }

    fn refuse(&self, server: &LedgerServer, why: &Superseded) -> SqlError {
        if self.stale().insert(server.place()) {
            tracing::error!("PostgreSQL at {} can be written and is refused: {why}", server.place());
        }
        // Nor is anything read there.
        self.chosen.leave(server);
        SqlError::away(why.to_string())
    }

    /// A server is not, or not any more, one that would have to be refused.
    pub(super) fn set_right(&self, server: &LedgerServer) {
        self.stale().remove(&server.place());
    }

    /// How many servers can be written, and are refused, as the ledger has gone on from them.
    pub(in crate::ledger) fn stale_count(&self) -> usize {
        self.stale().len()
    }

    /// What this process knows that the ledger has been written on.
    pub(super) fn known(&self) -> Lineage {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn stale(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.stale.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn url(&self) -> &Postgres {
        &self.url
    }

    /// Where the server is that is written to, if that is known.
    pub(super) fn chosen(&self) -> Option<Arc<LedgerServer>> {
        self.chosen.get()
    }
}
