//! A connection to PostgreSQL, with a deadline for everything: a server that is dead and does not say so never holds
//! anybody up for longer.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_lite::FutureExt as _;
use rand::Rng as _;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Config, Row};

use super::chosen::{ChosenServer, LedgerServer};
use super::connect::{self, Connected};
use super::lineage::{DataOrigin, Lineage};
use super::origin;
use super::pipeline::Pipeline;
use crate::clock;
use crate::config::postgres::Postgres;
use crate::ledger::error::SqlError;
use crate::ledger::value::SqlValue;

/// For a connection to be there and set up, whichever of several servers it is.
pub(super) const SETUP_TIMEOUT: Duration = Duration::from_secs(5);

/// What the server holds us to: for a session, or for a transaction if `is_local`. Without the last, a node that is frozen in
/// the middle of a transaction would keep all others from writing. `synchronous_commit`: what is answered is durable,
/// whatever the server's default is. The one schema is ours alone to choose: a table of the same name elsewhere on the path is
/// none of ours.
pub(super) fn settings(schema: &str, is_local: bool) -> String {
    format!(
        "SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') \
                                                 WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, {is_local}), \
         set_config('search_path', {schema}, {is_local}), \
         set_config('statement_timeout', '8s', {is_local}), \
         set_config('lock_timeout', '4s', {is_local}), \
         set_config('idle_in_transaction_session_timeout', '8s', {is_local})"
    )
}

/// The schema that is written in, before it is known.
const OWN_SCHEMA: &str = "quote_ident(current_schema())";

/// Where a session notes that it is ours.
pub(super) const SESSION: &str = "invited.session";

/// Whoever reads looks so often at what is noted in the ledger.
const NOTED_EVERY: Duration = Duration::from_secs(1);

/// A connection.
pub(in crate::ledger) struct PostgresSession {
    runtime: Runtime,
    pipeline: Pipeline,
    server: LedgerServer,
    /// The choice that it follows: when that holds no more, nothing is waited for here.
    follows: Option<(Arc<ChosenServer>, Arc<LedgerServer>)>,
    /// What [`SESSION`] says where the session is still the one that it was.
    name: String,
    /// Whether the server's side is, or was, another's session, too.
    is_shared: Cell<bool>,
    deadline: Cell<Instant>,
    /// When it was last looked at what is noted.
    looked: Cell<Instant>,
}

impl PostgresSession {
    /// Connects to a server that can be written and that `judge` does not refuse; to `preferred`, if that is one.
    pub(super) fn connect(
        url: &Postgres,
        preferred: Option<&LedgerServer>,
        judge: impl Fn(&LedgerServer, &Lineage) -> Result<(), SqlError>,
    ) -> Result<Self, SqlError> {
        let deadline = clock::instant() + SETUP_TIMEOUT;
        let runtime = runtime()?;
        let connected = runtime.block_on(connect::writable(url, preferred, judge, deadline))?;
        let session = Self::of(runtime, connected, deadline);
        let named = format!("set_config('{SESSION}', '{}', false)", session.name);
        let before = format!("SELECT current_setting('{SESSION}', true)");
        let rows =
            session.wait(session.pipeline.texts(&format!("{before}; {}, {named}", settings(OWN_SCHEMA, false))))?;
        // Somebody had it before us, and may have prepared statements there.
        let before = rows.into_iter().next().and_then(|row| row.into_iter().next().flatten());
        session.is_shared.set(before.is_some_and(|name| !name.is_empty()));
        Ok(session)
    }

    /// Connects to one server, only to see what it is.
    pub(super) fn connect_to(url: &Postgres, address: &Config, time: Duration) -> Result<Self, SqlError> {
        let deadline = clock::instant() + time;
        let runtime = runtime()?;
        let connected = runtime.block_on(connect::any(url, address, deadline))?;
        Ok(Self::of(runtime, connected, deadline))
    }

    fn of(runtime: Runtime, connected: Connected, deadline: Instant) -> Self {
        let Connected { client, warned, server, .. } = connected;
        let mut name = [0; 16];
        clock::rng().fill_bytes(&mut name);
        Self {
            runtime,
            pipeline: Pipeline::new(client, warned),
            server,
            follows: None,
            name: format!("{:032x}", u128::from_ne_bytes(name)),
            is_shared: Cell::new(false),
            deadline: Cell::new(deadline),
            looked: Cell::new(clock::instant()),
        }
    }

    /// What its server's data comes from by now, and what is noted in the ledger there; nothing while it is a replica.
    pub(super) fn origin(&self) -> Result<(Option<DataOrigin>, Lineage), SqlError> {
        self.wait(async { Ok(origin::origin(self.pipeline.client()).await?) })
    }

    /// What is noted in its ledger by now, if that was not looked at just before.
    pub(super) fn noted(&self) -> Result<Option<Lineage>, SqlError> {
        let now = clock::instant();
        if now.duration_since(self.looked.replace(now)) < NOTED_EVERY {
            return Ok(None);
        }
        self.wait(async { Ok(Some(origin::noted(self.pipeline.client()).await?)) })
    }

    /// Whether the server's side is the session that this one began, by what [`SESSION`] says there, for the transaction that
    /// has begun. Behind a pooler it may be any that others use, too, who have prepared statements of their own under the
    /// names that ours have; then none is kept.
    pub(super) fn recognize(&self, found: Option<&str>) -> bool {
        if found != Some(self.name.as_str()) {
            self.is_shared.set(true);
        }
        let is_own = !self.is_shared.get();
        self.pipeline.set_keeps_statements(is_own);
        is_own
    }

    /// What [`SESSION`] says on the server's side of it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Its statements, for whoever waits in [`Self::wait`].
    pub(in crate::ledger) fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Where it is connected to.
    pub(super) fn server(&self) -> &LedgerServer {
        &self.server
    }

    /// From now on nothing is waited for here when another server is chosen.
    pub(super) fn follow(&mut self, chosen: &Arc<ChosenServer>) {
        self.follows = Some((Arc::clone(chosen), chosen.set(&self.server)));
    }

    /// Sets the deadline for all that follows.
    pub(in crate::ledger) fn must_end_in(&self, time: Duration) {
        self.deadline.set(clock::instant() + time);
    }

    /// Waits for what comes of `work` on it, until the deadline.
    pub(in crate::ledger) fn wait<T>(&self, work: impl Future<Output = Result<T, SqlError>>) -> Result<T, SqlError> {
        let deadline = self.deadline.get().into();
        let work = async { tokio::time::timeout_at(deadline, work).await.unwrap_or(Err(SqlError::TimedOut)) };
        let Some((chosen, server)) = &self.follows else { return self.runtime.block_on(work) };
        let left = async {
            chosen.left(server).await;
            Err(SqlError::away("the ledger went on with another server"))
        };
        self.runtime.block_on(work.or(left))
    }

    /// Whether the server has ended the connection, as it does when it stops, or another one was chosen.
    pub(in crate::ledger) fn has_ended(&self) -> bool {
        if self.follows.as_ref().is_some_and(|(chosen, server)| !chosen.is(server)) {
            return true;
        }
        // Nothing has been read from the socket since the last statement. Each turn looks there once.
        self.runtime.block_on(async {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
        });
        self.pipeline.client().is_closed()
    }

    /// Runs statements that take no values.
    pub(super) fn batch(&self, sql: &str) -> Result<(), SqlError> {
        self.wait(self.pipeline.batch(sql))
    }

    /// Commits.
    pub(super) fn commit(&self) -> Result<(), SqlError> {
        self.wait(self.pipeline.commit())
    }

    /// Runs statements that take no values; gives the last row, as text.
    pub(super) fn last(&self, sql: &str) -> Result<Vec<Option<String>>, SqlError> {
        Ok(self.wait(self.pipeline.texts(sql))?.pop().unwrap_or_default())
    }

    /// Runs a statement; gives how many rows it changed.
    pub(in crate::ledger) fn execute(&self, sql: &str, values: &[SqlValue<'_>]) -> Result<u64, SqlError> {
        self.wait(self.pipeline.execute(sql, values))
    }

    /// Runs a statement; gives all its rows.
    pub(in crate::ledger) fn query(&self, sql: &str, values: &[SqlValue<'_>]) -> Result<Vec<Row>, SqlError> {
        self.wait(self.pipeline.query(sql, values))
    }
}

pub(super) fn runtime() -> Result<Runtime, SqlError> {
    Builder::new_current_thread().enable_io().enable_time().build().map_err(SqlError::connection)
}
