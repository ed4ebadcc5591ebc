//! A connection to PostgreSQL, with a deadline for everything: a server that is dead and does not say so never holds
//! anybody up for longer.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use futures_rustls::rustls::crypto::ring;
use futures_rustls::rustls::pki_types::CertificateDer;
use futures_rustls::rustls::pki_types::pem::PemObject as _;
use futures_rustls::rustls::{ClientConfig, RootCertStore};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, NoTls, Row, SimpleQueryMessage, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::clock;
use crate::config::postgres::Postgres;
use crate::ledger::error::SqlError;
use crate::ledger::value::SqlValue;

/// For one server to take a connection, unless the URL says `connect_timeout`.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// For a connection to be there and set up, whichever of several servers it is.
const SETUP_TIMEOUT: Duration = Duration::from_secs(8);

/// For bytes that were sent to be taken.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// A server that says nothing on an idle connection is asked after this, and then so often before it is taken for dead.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(15);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVE_RETRIES: u32 = 3;

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
    statements: RefCell<HashMap<String, Statement>>,
    deadline: Cell<Instant>,
}

impl PostgresSession {
    /// Connects to a server that can be written.
    pub(in crate::ledger) fn connect(server: &Postgres) -> Result<Self, SqlError> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = runtime.map_err(SqlError::connection)?;
        let deadline = clock::instant() + SETUP_TIMEOUT;
        let connected = runtime.block_on(async { tokio::time::timeout_at(deadline.into(), client(server)).await });
        let client = match connected.unwrap_or(Err(SqlError::TimedOut)) {
            Ok(client) => client,
            Err(error) => {
                // A name may still be looked up in a thread of its own; nobody waits for that.
                runtime.shutdown_background();
                return Err(error);
            }
        };
        let session = Self { runtime, client, statements: RefCell::default(), deadline: Cell::new(deadline) };
        session.batch(SETTINGS)?;
        Ok(session)
    }

    /// Sets the deadline for all that follows.
    pub(in crate::ledger) fn must_end_in(&self, time: Duration) {
        self.deadline.set(clock::instant() + time);
    }

    fn wait<T>(&self, work: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, SqlError> {
        let deadline = self.deadline.get().into();
        match self.runtime.block_on(async { tokio::time::timeout_at(deadline, work).await }) {
            Ok(result) => Ok(result?),
            Err(_) => Err(SqlError::TimedOut),
        }
    }

    /// Whether the server has ended the connection, as it does when it stops.
    pub(in crate::ledger) fn has_ended(&self) -> bool {
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

/// A connection, driven by the runtime that this runs on.
async fn client(server: &Postgres) -> Result<Client, SqlError> {
    let mut config = server.config().clone();
    with_deadlines(&mut config);
    // A replica would refuse what is written, and know too little of what was.
    config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    if config.get_application_name().is_none() {
        config.application_name("invited");
    }
    if server.is_encrypted() {
        let (client, connection) = config.connect(tls(server)?).await?;
        tokio::spawn(connection);
        Ok(client)
    } else {
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

/// What the URL does not set.
fn with_deadlines(config: &mut Config) {
    let defaults = Config::new();
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(SEND_TIMEOUT);
    }
    if config.get_keepalives_idle() == defaults.get_keepalives_idle() {
        config.keepalives_idle(KEEPALIVE_IDLE);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(KEEPALIVE_INTERVAL);
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(KEEPALIVE_RETRIES);
    }
}

/// Trusts whom the system trusts, or those of `sslrootcert`.
fn tls(server: &Postgres) -> Result<MakeRustlsConnect, SqlError> {
    let mut roots = RootCertStore::empty();
    match server.root_file() {
        Some(file) => {
            let failed = |error: &dyn std::fmt::Display| {
                SqlError::connection(format!("cannot read certificates from {} ({error})", file.display()))
            };
            for certificate in CertificateDer::pem_file_iter(file).map_err(|error| failed(&error))? {
                roots.add(certificate.map_err(|error| failed(&error))?).map_err(|error| failed(&error))?;
            }
        }
        None => _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(SqlError::connection)?;
    Ok(MakeRustlsConnect::new(config.with_root_certificates(roots).with_no_client_auth()))
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
