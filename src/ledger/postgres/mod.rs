//! PostgreSQL: schema, migrations, the connection that writes.
//!
//! Several nodes write to one ledger. Each transaction that writes first takes a lock that there is once for each
//! schema, so there is one at a time, and the rules hold as if there were one node. Each node commits all that waits on
//! its side together.

mod chosen;
mod connect;
mod found;
mod lineage;
mod servers;
mod session;
mod watch;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::Duration;

use jiff::Timestamp;

use super::error::{LedgerError, OpenError, SqlError};
use crate::config::postgres::Postgres;
use crate::invite::token::LedgerKey;
use found::{SchemaState, look, own_schema};
pub(super) use servers::LedgerServers;
pub(super) use session::PostgresSession;
use session::{SESSION, settings};

/// Each entry leads from the schema version of its index to the next. Entries are never changed, only added.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];

/// The first half of the lock's name, "invd"; the second is the schema.
const LOCK: i32 = 0x696e_7664;

/// For all migrations. Nothing is answered in the meantime.
const MIGRATION_TIMEOUT: Duration = Duration::from_mins(10);

/// The schema version of this program.
fn known_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

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
}

/// A session for transactions that write.
struct WriteSession {
    session: PostgresSession,
    /// The statements that begin such a transaction.
    begin: String,
    /// What the ledger says that it has been written on: see `lineage.rs`.
    lineage: Option<String>,
}

/// A connection of its own to a server that can be written, for whoever works on a ledger as a whole.
pub(super) fn connect(url: &Postgres) -> Result<PostgresSession, SqlError> {
    PostgresSession::connect(url, None, |_| Ok(()))
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
        let mut database = Self { servers, key_file: key_file.to_owned(), key: key.clone(), patience, session: None };
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
        let mut session = self.servers.connect().map_err(failed)?;
        let Some((schema, is_durable)) = own_schema(&session).map_err(failed)? else {
            let lacking = "the user has no schema to write in; run GRANT ALL ON SCHEMA public TO the user there";
            return Err(failed(SqlError::connection(lacking)));
        };
        if !is_durable {
            tracing::warn!("PostgreSQL runs with fsync = off: a power failure may lose invites that were handed out");
        }
        // The lock is the transaction's: it ends with it, also when this program or the server does. So are the settings: a
        // pooler may give the next transaction another session.
        let begin = format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED; {}; SELECT pg_advisory_xact_lock({LOCK}, {})",
            settings(&format!("'{schema}'::regnamespace::text"), true),
            schema.cast_signed()
        );
        // Nearly always there is nothing to do, and then nothing is locked.
        let (version, stored) = self.look(&session)?;
        let lineage = self.servers.allow(session.server(), stored.as_deref()).map_err(failed)?;
        if version != known_version() {
            self.migrate(&session, &begin)?;
        }
        if let Some(lineage) = lineage.as_deref().filter(|lineage| stored.as_deref() != Some(*lineage)) {
            store_lineage(&session, &begin, stored.as_deref(), lineage).map_err(failed)?;
        }
        self.servers.choose(&mut session);
        self.session = Some(WriteSession { session, begin, lineage });
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
        for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
            session.batch(migration).map_err(failed)?;
        }
        let version = known_version().to_string();
        for (name, value) in [("version", version.as_bytes()), ("key_check", self.key.check().as_slice())] {
            let statement = "INSERT INTO meta (name, value) VALUES (?1, ?2) \
                             ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            session.execute(statement, &[name.into(), value.into()]).map_err(failed)?;
        }
        session.commit().map_err(failed)
    }

    /// Runs `work` in a transaction, which began at that time by the server's clock, and commits it. When anything fails,
    /// nothing has changed; but of a commit that the server did not answer nobody knows.
    pub(super) fn transaction(
        &mut self,
        work: impl FnOnce(&PostgresSession, Timestamp) -> Result<(), SqlError>,
    ) -> Result<(), LedgerError> {
        if self.session.as_ref().is_none_or(|open| open.session.has_ended()) {
            self.reconnect().map_err(LedgerError::unavailable)?;
        }
        let Some(WriteSession { session, begin, lineage }) = &self.session else {
            return Err(LedgerError::unavailable("it is closed"));
        };
        session.must_end_in(self.patience);
        let result = begin_write(session, begin).and_then(|begun| {
            if begun.lineage != *lineage {
                self.servers.allow(session.server(), begun.lineage.as_deref())?;
            }
            work(session, begun.at)
        });
        let result = result.map_err(LedgerError::from).and_then(|()| session.commit().map_err(LedgerError::unsure));
        // Rolls back, whatever state it is in.
        result.inspect_err(|_| self.session = None)
    }
}

/// What a transaction begins with.
struct Begun {
    /// What the ledger says that it has been written on.
    lineage: Option<String>,
    /// By the server's clock.
    at: Timestamp,
}

/// Begins a transaction, with nobody else in one, on the schema that this program knows: a later version may have come to
/// another node. One question, one answer.
fn begin_write(session: &PostgresSession, begin: &str) -> Result<Begun, SqlError> {
    let row = session.last(&format!(
        "{begin}; SELECT convert_from(value, 'UTF8'), current_setting('{SESSION}', true), ({LINEAGE}), \
         (extract(epoch FROM clock_timestamp()) * 1000)::bigint FROM meta WHERE name = 'version'"
    ))?;
    let column = |column: usize| row.get(column).and_then(Option::as_deref);
    if column(0) != Some(known_version().to_string().as_str()) {
        return Err(SqlError::connection("another version has changed the ledger's schema"));
    }
    if !session.recognize(column(1)) {
        static LOGGED: Once = Once::new();
        LOGGED.call_once(|| {
            tracing::info!(
                "PostgreSQL is behind a pooler that may give each transaction another session: statements are not prepared"
            );
        });
    }
    let at = column(3).and_then(|ms| Timestamp::from_millisecond(ms.parse().ok()?).ok());
    let at = at.ok_or_else(|| SqlError::unreadable(3, "it is no time"))?;
    Ok(Begun { lineage: column(2).map(String::from), at })
}

const LINEAGE: &str = "SELECT convert_from(value, 'UTF8') FROM meta WHERE name = 'lineage'";

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
