//! PostgreSQL: schema, migrations, the connection that writes.
//!
//! Several nodes write to one ledger. Each transaction that writes first takes a lock that there is once for each
//! schema, so there is one at a time, and the rules hold as if there were one node. Each node commits all that waits on
//! its side together.

mod session;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::error::SqlState;

use super::sql::{Sql, SqlError};
use super::{LedgerError, OpenError};
use crate::config::postgres::Postgres;
use crate::invite::token::LedgerKey;
pub(super) use session::Session;

/// Each entry leads from the schema version of its index to the next. Entries are never changed, only added.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];

/// The tables of the latest version.
const TABLES: [&str; 7] = ["meta", "invite", "adopted", "key_use", "redemption", "answer", "used_jti"];

/// The first half of the lock's name, "invd"; the second is the schema.
const LOCK: i32 = 0x696e_7664;

/// For all of a transaction. With what a new connection may take it is less than the service manager's watchdog waits.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);

/// For all of a read.
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// For all migrations. Nothing is answered in the meantime.
const MIGRATION_TIMEOUT: Duration = Duration::from_mins(10);

/// The schema version of this program.
fn known_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// What PostgreSQL or its library says, in one line. Details are left out: they may quote what was to be written.
pub(super) fn told(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return format!("PostgreSQL: {}", error.message());
    }
    let mut text = format!("PostgreSQL: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Whether there is a ledger, of whatever version and key. Asked where there is no key.
pub(super) fn has_ledger(server: &Postgres, key_file: &Path) -> Result<bool, OpenError> {
    let looked = Session::connect(server).and_then(|session| look(&session));
    match looked {
        Ok(Found::Nothing) => Ok(false),
        Ok(Found::Ledger { .. }) => Ok(true),
        Ok(Found::Foreign(table)) => Err(OpenError::ForeignTable(table)),
        Err(why) if is_passing(&why) => Err(OpenError::KeyUncertain { key_file: key_file.to_owned(), why }),
        Err(why) => Err(failed(why)),
    }
}

/// Which tables there are of those that a ledger has, each with its schema.
fn tables(session: &Session) -> Result<Vec<String>, SqlError> {
    let names = TABLES.map(|name| format!("'{name}'")).join(", ");
    let statement = format!(
        "SELECT quote_ident(nspname) || '.' || relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace \
         WHERE nspname = current_schema() AND relname IN ({names}) ORDER BY relname"
    );
    Sql::Postgres(session).all(&statement, &[], |row| Ok(row.text(0)?.to_owned()))
}

/// What there is before a ledger is opened.
enum Found {
    Nothing,
    Ledger {
        version: i64,
        key_check: Vec<u8>,
    },
    /// A table that is none of ours.
    Foreign(String),
}

fn look(session: &Session) -> Result<Found, SqlError> {
    let Some(table) = tables(session)?.into_iter().next() else { return Ok(Found::Nothing) };
    // Asked for with its types, so that a table of somebody else's is no error.
    let is_ours = Sql::Postgres(session).any(
        "SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'meta' \
         AND column_name = 'value' AND data_type = 'bytea' AND EXISTS (SELECT 1 FROM information_schema.columns \
         WHERE table_schema = current_schema() AND table_name = 'meta' AND column_name = 'name' AND data_type = 'text')",
        &[],
    )?;
    if !is_ours {
        return Ok(Found::Foreign(table));
    }
    let value = |name: &str| {
        let statement = "SELECT value FROM meta WHERE name = ?1";
        Sql::Postgres(session).first(statement, &[name.into()], |row| Ok(row.bytes(0)?.to_vec()))
    };
    let version = value("version")?.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
    Ok(match (version, value("key_check")?) {
        (Some(version), Some(key_check)) => Found::Ledger { version, key_check },
        _ => Found::Foreign(table),
    })
}

/// The connection that writes. After any error it is opened anew, so that it heals.
pub(super) struct Database {
    server: Postgres,
    key_file: PathBuf,
    key: LedgerKey,
    /// With the statements that begin a transaction on it.
    session: Option<(Session, String)>,
}

impl Database {
    /// Opens, migrates, checks the key. A server that is away is no error, but told beside the database.
    pub(super) fn open(
        server: &Postgres,
        key_file: &Path,
        key: &LedgerKey,
    ) -> Result<(Self, Option<LedgerError>), OpenError> {
        let mut database =
            Self { server: server.clone(), key_file: key_file.to_owned(), key: key.clone(), session: None };
        match database.reconnect() {
            Ok(()) => Ok((database, None)),
            Err(OpenError::Sql { why, .. }) if is_passing(&why) => Ok((database, Some(why.into()))),
            Err(error) => Err(error),
        }
    }

    fn reconnect(&mut self) -> Result<(), OpenError> {
        self.session = None;
        let session = Session::connect(&self.server).map_err(failed)?;
        let statement =
            "SELECT oid::bigint, current_setting('fsync') FROM pg_namespace WHERE nspname = current_schema()";
        let found = Sql::Postgres(&session)
            .first(statement, &[], |row| Ok((row.number(0)?, row.text(1)? == "on")))
            .map_err(failed)?;
        let Some((schema, is_durable)) = found else {
            let lacking = "the user has no schema to write in; run GRANT ALL ON SCHEMA public TO the user there";
            return Err(failed(SqlError::Connection(lacking.into())));
        };
        if !is_durable {
            log::warn!("PostgreSQL has fsync = off: a power failure loses what was answered");
        }
        // The lock is the transaction's: it ends with it, also when this program or the server does.
        let begin = format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({LOCK}, {})",
            schema.cast_signed()
        );
        // Nearly always there is nothing to do, and then nothing is locked.
        if self.version(&session)? != known_version() {
            self.migrate(&session, &begin)?;
        }
        self.session = Some((session, begin));
        Ok(())
    }

    /// The ledger's schema version; 0 where there is none yet. Refuses what is no ledger, is a later one's, or has
    /// another key, before anything is changed.
    fn version(&self, session: &Session) -> Result<i64, OpenError> {
        let ledger = || "postgres://…".to_owned();
        match look(session).map_err(failed)? {
            Found::Nothing => Ok(0),
            Found::Foreign(table) => Err(OpenError::ForeignTable(table)),
            Found::Ledger { version, .. } if version > known_version() => {
                Err(OpenError::Newer { ledger: ledger(), found: version, known: known_version() })
            }
            Found::Ledger { key_check, .. } if key_check != self.key.check() => {
                Err(OpenError::WrongKey { ledger: ledger(), key_file: self.key_file.clone() })
            }
            Found::Ledger { version, .. } => Ok(version),
        }
    }

    /// Brings the schema up to date, all or nothing, while no other node writes or does the same.
    fn migrate(&self, session: &Session, begin: &str) -> Result<(), OpenError> {
        let encoding = Sql::Postgres(session)
            .first("SELECT current_setting('server_encoding')", &[], |row| Ok(row.text(0)?.to_owned()))
            .map_err(failed)?;
        if let Some(encoding) = encoding.filter(|encoding| encoding != "UTF8") {
            return Err(OpenError::Encoding(encoding));
        }
        session.must_end_in(MIGRATION_TIMEOUT);
        session.batch(begin).map_err(failed)?;
        // Another node may have been faster.
        let found = self.version(session)?;
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
        session.batch("COMMIT").map_err(failed)
    }

    /// Runs `work` in a transaction and commits it. When anything fails, nothing has changed; but of a commit that the
    /// server did not answer nobody knows.
    pub(super) fn transaction(
        &mut self,
        work: impl FnOnce(Sql<'_>) -> Result<(), SqlError>,
    ) -> Result<(), LedgerError> {
        if self.session.as_ref().is_none_or(|(session, _)| session.has_ended()) {
            self.reconnect().map_err(|error| LedgerError::Unavailable(error.to_string()))?;
        }
        let Some((session, begin)) = &self.session else {
            return Err(LedgerError::Unavailable("it is closed".into()));
        };
        session.must_end_in(TRANSACTION_TIMEOUT);
        let result = begin_write(session, begin)
            .and_then(|()| work(Sql::Postgres(session)))
            .and_then(|()| session.batch("COMMIT"));
        result.map_err(|error| {
            // Rolls back, whatever state it is in.
            self.session = None;
            error.into()
        })
    }
}

/// Begins a transaction, with nobody else in one, on the schema that this program knows: a later version may have come to
/// another node. One question, one answer.
fn begin_write(session: &Session, begin: &str) -> Result<(), SqlError> {
    let version =
        session.last(&format!("{begin}; SELECT convert_from(value, 'UTF8') FROM meta WHERE name = 'version'"))?;
    if version != Some(known_version().to_string()) {
        return Err(SqlError::Connection("another version has changed the ledger's schema".into()));
    }
    Ok(())
}

fn failed(why: SqlError) -> OpenError {
    OpenError::Sql { ledger: "postgres://…".into(), why }
}

/// Whether an error may pass by itself: the server is away, starting, stopping, full, or a replica for now.
fn is_passing(error: &SqlError) -> bool {
    match error {
        SqlError::TimedOut => true,
        SqlError::Sqlite(_) | SqlError::Connection(_) | SqlError::Unreadable { .. } => false,
        SqlError::Postgres(error) => match error.code() {
            Some(state) => {
                ["08", "40", "53", "57", "58"].iter().any(|class| state.code().starts_with(class))
                    || [SqlState::LOCK_NOT_AVAILABLE, SqlState::READ_ONLY_SQL_TRANSACTION].contains(state)
            }
            None => error.is_closed() || error.source().is_some_and(<dyn Error>::is::<std::io::Error>),
        },
    }
}
