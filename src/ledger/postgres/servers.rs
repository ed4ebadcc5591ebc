//! The servers of the URL: which of them is written to and read from, and which are refused.

use std::sync::{Arc, Mutex, PoisonError};

use super::chosen::{ChosenServer, LedgerServer};
use super::lineage::{DataOrigin, Lineage, Superseded};
use super::session::PostgresSession;
use crate::config::postgres::Postgres;
use crate::ledger::error::SqlError;

/// The servers of the URL.
pub(in crate::ledger) struct LedgerServers {
    url: Postgres,
    chosen: Arc<ChosenServer>,
    /// What this process knows that the ledger has been written on.
    known: Mutex<Lineage>,
}

impl LedgerServers {
    pub(super) fn new(url: &Postgres) -> Self {
        Self { url: url.clone(), chosen: Arc::default(), known: Mutex::default() }
    }

    /// Connects to the server that was chosen, or to another one if that cannot be written any more.
    pub(super) fn connect(&self) -> Result<PostgresSession, SqlError> {
        let chosen = self.chosen.get();
        PostgresSession::connect(&self.url, chosen.as_deref(), |server| self.judge(server))
    }

    /// A connection for whoever reads, to the server that is written to. Where that has gone, the one that is found instead is
    /// written to from now on, too.
    pub(in crate::ledger) fn reader(&self) -> Result<PostgresSession, SqlError> {
        if self.chosen.get().is_none() {
            return Err(SqlError::away("no PostgreSQL server was found yet that can be written"));
        }
        let mut session = self.connect()?;
        session.follow(&self.chosen);
        Ok(session)
    }

    /// From now on this connection's server is written to.
    pub(super) fn choose(&self, session: &mut PostgresSession) {
        if let Some(origin) = &session.server().origin {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            *known = known.continued(&Lineage::default(), origin);
        }
        session.follow(&self.chosen);
    }

    /// Whether a server is one that the ledger went on from.
    fn judge(&self, server: &LedgerServer) -> Result<(), SqlError> {
        let Some(origin) = &server.origin else { return Ok(()) };
        self.allows(origin).map_err(SqlError::away)
    }

    fn allows(&self, origin: &DataOrigin) -> Result<(), Superseded> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).allows(origin)
    }
}
