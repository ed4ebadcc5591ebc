//! PostgreSQL: schema, migrations, the connection that writes.
//!
//! Several nodes write to one ledger. Each transaction that judges by what is there first takes a lock that there is once for
//! each schema, so there is one at a time, and the rules hold as if there were one node; what only adds does not wait for that
//! (`begin.rs`). Each node commits all that waits on its side together.

mod begin;
mod chosen;
mod connect;
mod found;
mod lineage;
mod origin;
mod pipeline;
mod schema;
mod servers;
mod session;
mod values;
mod watch;
mod write;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::error::{LedgerError, OpenError, SqlError};
use crate::config::postgres::Postgres;
use crate::invite::token::LedgerKey;
use begin::{BeginStatements, KnownLedger};
pub(super) use begin::{StartState, TransactionStart, WriteLock, lock_whole};
use found::{SchemaState, look, own_schema};
use origin::LINEAGE;
pub(super) use pipeline::Pipeline;
use schema::known_version;
pub(super) use servers::LedgerServers;
pub(super) use session::PostgresSession;

/// For all migrations. Nothing is answered in the meantime.
const MIGRATION_TIMEOUT: Duration = Duration::from_mins(10);

/// Whether there is a ledger, of whatever version and key. Asked where there is no key.
pub(super) fn has_ledger(server: &Postgres, key_file: &Path) -> Result<bool, OpenError> {
    let looked = LedgerServers::new(server).connect().and_then(|session| look(&session));
    match looked {
        Ok(SchemaState::Nothing) => Ok(false),
        Ok(SchemaState::Ledger { .. }) => Ok(true),
        Ok(SchemaState::Foreign(table)) => Err(OpenError::ForeignTable(table)),
        Err(why) if why.is_passing() => Err(OpenError::KeyUncertain { key_file: key_file.to_owned(), why }),
        Err(why) => Err(failed(why)),
    }
}

/// The connection that writes. After any error it is opened anew, so that it heals.
pub(super) struct PostgresWriter {
    servers: Arc<LedgerServers>,
    key_file: PathBuf,
    key: LedgerKey,
    /// For all of a transaction.
    patience: Duration,
    session: Option<WriteSession>,
    /// Whether the server had no room for it.
    is_shut_out: bool,
}

/// A session for transactions that write.
struct WriteSession {
    session: PostgresSession,
    statements: BeginStatements,
    /// What the ledger says that it has been written on: see `lineage.rs`.
    lineage: Option<String>,
    /// What the last transaction found, where the next one is to find the same.
    known: Option<KnownLedger>,
}

/// A connection of its own to a server that can be written, for whoever works on a ledger as a whole.
pub(super) fn connect(url: &Postgres) -> Result<PostgresSession, SqlError> {
    PostgresSession::connect(url, None, |_, _| Ok(()))
}

impl PostgresWriter {
    /// Opens, migrates, checks the key. A server that is away is no error, but reported beside the writer.
    pub(super) fn open(
        server: &Postgres,
        key_file: &Path,
        key: &LedgerKey,
        patience: Duration,
    ) -> Result<(Self, Option<LedgerError>), OpenError> {
        let servers = Arc::new(LedgerServers::new(server));
        let mut database = Self {
            servers,
            key_file: key_file.to_owned(),
            key: key.clone(),
            patience,
            session: None,
            is_shut_out: false,
        };
        match database.reconnect() {
            Ok(()) => Ok((database, None)),
            Err(OpenError::Sql { why, .. }) if why.is_passing() => Ok((database, Some(why.into()))),
            Err(error) => Err(error),
        }
    }

    /// The servers, for whoever reads.
    pub(super) fn servers(&self) -> Arc<LedgerServers> {
        Arc::clone(&self.servers)
    }

    /// Watches for promotions, as long as there is a writer.
    ///
    /// # Errors
    /// When the system has no thread for it.
    pub(super) fn watch(&self) -> io::Result<()> {
        watch::start(&self.servers)
    }

    fn reconnect(&mut self) -> Result<(), OpenError> {
        self.session = None;
        let connected = self.servers.connect();
        self.is_shut_out = connected.as_ref().is_err_and(SqlError::is_of_full_server);
        let mut session = connected.map_err(failed)?;
        let Some((schema, is_durable)) = own_schema(&session).map_err(failed)? else {
            let lacking = "the user has no schema to write in; run GRANT ALL ON SCHEMA public TO the user there";
            return Err(failed(SqlError::connection(lacking)));
        };
        if !is_durable {
            tracing::warn!("PostgreSQL runs with fsync = off: a power failure may lose invites that were handed out");
        }
        let statements = BeginStatements::new(schema);
        let begin = statements.begin(WriteLock::Alone);
        // Nearly always there is nothing to do, and then nothing is locked.
        let (version, stored) = self.look(&session)?;
        let lineage = self.servers.allow(session.server(), stored.as_deref()).map_err(failed)?;
        if version != known_version() {
            self.migrate(&session, &begin)?;
        }
        if let Some(lineage) = lineage.as_deref().filter(|lineage| stored.as_deref() != Some(*lineage)) {
            store_lineage(&session, &begin, stored.as_deref(), lineage).map_err(failed)?;
        }
        self.servers.went_on(lineage.as_deref());
        self.servers.choose(&mut session);
        self.session = Some(WriteSession { session, statements, lineage, known: None });
        Ok(())
    }

    /// The ledger's schema version, and what it says that it has been written on; 0 where there is none yet. Refuses what is no
    /// ledger, is a later one's, or has another key, before anything is changed.
    fn look(&self, session: &PostgresSession) -> Result<(i64, Option<String>), OpenError> {
        let ledger = || "postgres://…".to_owned();
        match look(session).map_err(failed)? {
            SchemaState::Nothing => Ok((0, None)),
            SchemaState::Foreign(table) => Err(OpenError::ForeignTable(table)),
            SchemaState::Ledger { version, .. } if version > known_version() => {
                Err(OpenError::Newer { ledger: ledger(), found: version, known: known_version() })
            }
            SchemaState::Ledger { key_check, .. } if key_check != self.key.check() => {
                Err(OpenError::WrongKey { ledger: ledger(), key_file: self.key_file.clone() })
            }
            SchemaState::Ledger { version, lineage, .. } => Ok((version, lineage)),
        }
    }

    /// Brings the schema up to date, all or nothing, while no other node writes or does the same.
    fn migrate(&self, session: &PostgresSession, begin: &str) -> Result<(), OpenError> {
        let rows = session.query("SELECT current_setting('server_encoding')", &[]).map_err(failed)?;
        let encoding: Option<String> =
            rows.first().map(|row| row.try_get(0)).transpose().map_err(|error| failed(error.into()))?;
        if let Some(encoding) = encoding.filter(|encoding| encoding != "UTF8") {
            return Err(OpenError::Encoding(encoding));
        }
        session.must_end_in(MIGRATION_TIMEOUT);
        session.batch(begin).map_err(failed)?;
        // Another node may have been faster.
        let (found, _) = self.look(session)?;
        session.batch("SET LOCAL statement_timeout = 0").map_err(failed)?;
        schema::migrate(session, found).map_err(failed)?;
        let version = known_version().to_string();
        for (name, value) in [("version", version.as_bytes()), ("key_check", self.key.check().as_slice())] {
            let statement = "INSERT INTO meta (name, value) VALUES (?1, ?2) \
                             ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            session.execute(statement, &[name.into(), value.into()]).map_err(failed)?;
        }
        session.commit().map_err(failed)
    }
}

/// Notes what the ledger has been written on, for whoever comes by without knowing.
fn store_lineage(session: &PostgresSession, begin: &str, before: Option<&str>, now: &str) -> Result<(), SqlError> {
    let found = session.last(&format!("{begin}; SELECT ({LINEAGE})"))?;
    let found = found.first().and_then(Option::as_deref);
    if found == Some(now) {
        // Another node was faster.
        return session.batch("ROLLBACK");
    }
    if found != before {
        return Err(SqlError::away("another node has just begun on this PostgreSQL server"));
    }
    let statement = "INSERT INTO meta (name, value) VALUES ('lineage', ?1) \
                     ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    session.execute(statement, &[now.as_bytes().into()])?;
    session.commit()
}

fn failed(why: SqlError) -> OpenError {
    OpenError::Sql { ledger: "postgres://…".into(), why }
}
