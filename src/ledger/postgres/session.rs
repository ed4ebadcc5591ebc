//! A connection to PostgreSQL, with a deadline for everything: a server that is dead and does not say so never holds
//! anybody up for longer.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use futures_lite::FutureExt as _;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Row, SimpleQueryMessage, Statement};

use super::chosen::{ChosenServer, LedgerServer};
use super::connect::{self, Connected};
use crate::clock;
use crate::config::postgres::Postgres;
use crate::ledger::error::SqlError;
use crate::ledger::value::SqlValue;

/// For a connection to be there and set up, whichever of several servers it is.
const SETUP_TIMEOUT: Duration = Duration::from_secs(5);

/// What the server holds our sessions to. Without the last, a node that is frozen in the middle of a transaction would
/// keep all others from writing. `synchronous_commit`: what is answered is durable, whatever the server's default is.
/// The one schema is ours alone to choose: a table of the same name elsewhere on the path is none of ours.
const SETTINGS: &str = "\
SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') \
                                        WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false), \
       set_config('search_path', quote_ident(current_schema()), false), \
       set_config('statement_timeout', '8s', false), \
       set_config('lock_timeout', '5s', false), \
       set_config('idle_in_transaction_session_timeout', '8s', false)";

/// More than there are statements, but for lists: their statements depend on what is asked for.
const STATEMENTS: usize = 64;

/// A connection.
pub(in crate::ledger) struct PostgresSession {
    runtime: Runtime,
    client: Client,
    server: LedgerServer,
    /// The choice that it follows: when that holds no more, nothing is waited for here.
    follows: Option<(Arc<ChosenServer>, Arc<LedgerServer>)>,
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
        let runtime = Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = runtime.map_err(SqlError::connection)?;
        let deadline = clock::instant() + SETUP_TIMEOUT;
        let Connected { client, server } = runtime.block_on(connect::writable(url, preferred, judge, deadline))?;
        let (statements, deadline) = (RefCell::default(), Cell::new(deadline));
        let session = Self { runtime, client, server, follows: None, statements, deadline };
        session.batch(SETTINGS)?;
        Ok(session)
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

    /// Runs statements that take no values; gives the first column of the last row.
    pub(super) fn last(&self, sql: &str) -> Result<Option<String>, SqlError> {
        let messages = self.wait(self.client.simple_query(sql))?;
        Ok(messages.iter().rev().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(String::from),
            _ => None,
        }))
    }

    /// Runs a statement; gives how many rows it changed.
    pub(in crate::ledger) fn execute(&self, sql: &str, values: &[SqlValue<'_>]) -> Result<u64, SqlError> {
        let statement = self.prepared(sql)?;
        self.wait(self.client.execute_raw(&statement, values))
    }

    /// Runs a statement; gives all its rows.
    pub(in crate::ledger) fn query(&self, sql: &str, values: &[SqlValue<'_>]) -> Result<Vec<Row>, SqlError> {
        let statement = self.prepared(sql)?;
        self.wait(async {
            let rows = self.client.query_raw(&statement, values).await?;
            futures_lite::StreamExt::try_collect(rows).await
        })
    }

    fn prepared(&self, sql: &str) -> Result<Statement, SqlError> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.wait(self.client.prepare(&sql.replace('?', "$")))?;
        let mut statements = self.statements.borrow_mut();
        if statements.len() >= STATEMENTS {
            statements.clear();
        }
        statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
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
        [Type::INT8, Type::TEXT, Type::BYTEA].contains(ty)
    }

    to_sql_checked!();
}
