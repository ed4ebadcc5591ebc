//! A connection to PostgreSQL, with a deadline for everything: a server that is dead and does not say so never holds
//! anybody up for longer.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use futures_lite::{FutureExt as _, StreamExt as _};
use rand::Rng as _;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, Row, SimpleQueryMessage, Statement};

use super::chosen::{ChosenServer, LedgerServer};
use super::connect::{self, Connected, Warning};
use super::lineage::DataOrigin;
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

/// More than there are statements, but for lists: their statements depend on what is asked for.
const STATEMENTS: usize = 64;

/// A connection.
pub(in crate::ledger) struct PostgresSession {
    runtime: Runtime,
    client: Client,
    warned: Warning,
    server: LedgerServer,
    /// The choice that it follows: when that holds no more, nothing is waited for here.
    follows: Option<(Arc<ChosenServer>, Arc<LedgerServer>)>,
    /// What [`SESSION`] says where the session is still the one that it was.
    name: String,
    /// Whether the server's side was another's session before.
    is_shared: bool,
    /// Whether statements are prepared once, and kept.
    keeps_statements: Cell<bool>,
    statements: RefCell<HashMap<String, Statement>>,
    deadline: Cell<Instant>,
}

impl PostgresSession {
    /// Connects to a server that can be written and that `judge` does not refuse; to `preferred`, if that is one.
    pub(super) fn connect(
        url: &Postgres,
        preferred: Option<&LedgerServer>,
        judge: impl Fn(&LedgerServer) -> Result<(), SqlError>,
    ) -> Result<Self, SqlError> {
        let deadline = clock::instant() + SETUP_TIMEOUT;
        let runtime = runtime()?;
        let connected = runtime.block_on(connect::writable(url, preferred, judge, deadline))?;
        let mut session = Self::of(runtime, connected, deadline);
        let named = format!("set_config('{SESSION}', '{}', false)", session.name);
        let before = format!("SELECT current_setting('{SESSION}', true)");
        let rows = session.rows(&format!("{before}; {}, {named}", settings(OWN_SCHEMA, false)))?;
        // Somebody had it before us, and may have prepared statements there.
        let before = rows.into_iter().next().and_then(|row| row.into_iter().next().flatten());
        session.is_shared = before.is_some_and(|name| !name.is_empty());
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
        let Connected { client, warned, server } = connected;
        let mut name = [0; 16];
        clock::rng().fill_bytes(&mut name);
        Self {
            runtime,
            client,
            warned,
            server,
            follows: None,
            name: format!("{:032x}", u128::from_ne_bytes(name)),
            is_shared: false,
            keeps_statements: Cell::new(false),
            statements: RefCell::default(),
            deadline: Cell::new(deadline),
        }
    }

    /// What its server's data comes from by now; nothing while it is a replica.
    pub(super) fn origin(&self) -> Result<Option<DataOrigin>, SqlError> {
        self.wait(connect::origin(&self.client))
    }

    /// Whether the server's side is the session that this one began, by what [`SESSION`] says there, for the transaction that
    /// has begun. Behind a pooler it may be any that others use, too, who have prepared statements of their own under the
    /// names that ours have; then none is kept.
    pub(super) fn recognize(&self, found: Option<&str>) -> bool {
        let is_own = !self.is_shared && found == Some(self.name.as_str());
        self.keeps_statements.set(is_own);
        is_own
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

    fn wait<T>(&self, work: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, SqlError> {
        let deadline = self.deadline.get().into();
        let work = async {
            match tokio::time::timeout_at(deadline, work).await {
                Ok(result) => Ok(result?),
                Err(_) => Err(SqlError::TimedOut),
            }
        };
        let Some((chosen, server)) = &self.follows else { return self.runtime.block_on(work) };
        let left = async {
            chosen.left(server).await;
            Err(SqlError::away("the ledger went on on another server"))
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
        self.client.is_closed()
    }

    /// Runs statements that take no values.
    pub(super) fn batch(&self, sql: &str) -> Result<(), SqlError> {
        self.wait(self.client.batch_execute(sql))
    }

    /// Commits. What the server has warned of meanwhile may be that it did not wait for its replica.
    pub(super) fn commit(&self) -> Result<(), SqlError> {
        let warning = || self.warned.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(warning());
        self.batch("COMMIT")?;
        match warning() {
            None => Ok(()),
            Some(warning) => Err(SqlError::away(format!("PostgreSQL committed with a warning: {warning}"))),
        }
    }

    /// Runs statements that take no values; gives the last row, as text.
    pub(super) fn last(&self, sql: &str) -> Result<Vec<Option<String>>, SqlError> {
        Ok(self.rows(sql)?.pop().unwrap_or_default())
    }

    fn rows(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>, SqlError> {
        let messages = self.wait(self.client.simple_query(sql))?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Ok(rows.map(|row| (0..row.len()).map(|column| row.get(column).map(String::from)).collect()).collect())
    }

    /// Runs a statement; gives how many rows it changed.
    pub(in crate::ledger) fn execute(&self, sql: &str, values: &[SqlValue<'_>]) -> Result<u64, SqlError> {
        if self.keeps_statements.get() {
            let statement = self.prepared(sql)?;
            return self.wait(self.client.execute_raw(&statement, values));
        }
        let typed: Vec<_> = values.iter().map(|value| (value as &(dyn ToSql + Sync), value.kind())).collect();
        self.wait(self.client.execute_typed(&numbered(sql), &typed))
    }

    /// Runs a statement; gives all its rows.
    pub(in crate::ledger) fn query(&self, sql: &str, values: &[SqlValue<'_>]) -> Result<Vec<Row>, SqlError> {
        if self.keeps_statements.get() {
            let statement = self.prepared(sql)?;
            return self.wait(async { self.client.query_raw(&statement, values).await?.try_collect().await });
        }
        let typed = values.iter().map(|value| (value, value.kind()));
        self.wait(async { self.client.query_typed_raw(&numbered(sql), typed).await?.try_collect().await })
    }

    fn prepared(&self, sql: &str) -> Result<Statement, SqlError> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.wait(self.client.prepare(&numbered(sql)))?;
        let mut statements = self.statements.borrow_mut();
        if statements.len() >= STATEMENTS {
            statements.clear();
        }
        statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

pub(super) fn runtime() -> Result<Runtime, SqlError> {
    Builder::new_current_thread().enable_io().enable_time().build().map_err(SqlError::connection)
}

/// A statement as PostgreSQL takes it.
fn numbered(sql: &str) -> String {
    sql.replace('?', "$")
}

impl SqlValue<'_> {
    /// Its type in a statement that is not prepared; the server finds that of a null.
    fn kind(&self) -> Type {
        match self {
            Self::Null => Type::UNKNOWN,
            Self::Integer(_) => Type::INT8,
            Self::Text(_) => Type::TEXT,
            Self::Bytes(_) => Type::BYTEA,
        }
    }
}

/// Every number is a BIGINT.
impl ToSql for SqlValue<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(value) => value.to_sql_checked(ty, out),
            Self::Text(value) => value.to_sql_checked(ty, out),
            Self::Bytes(value) => value.to_sql_checked(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        [Type::INT8, Type::TEXT, Type::BYTEA, Type::UNKNOWN].contains(ty)
    }

    to_sql_checked!();
}
