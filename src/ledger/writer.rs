//! The connection that writes, whichever engine it is of, and what is known on this side of it.

use std::sync::Arc;

use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::deadline::patience;
use super::error::{LedgerError, OpenError, SqlError};
use super::key_file::KeyFile;
use super::postgres::{LedgerServers, PostgresWriter};
use super::sql::Sql;
use super::sqlite::{LedgerFiles, SqliteWriter};
use super::store::{Memory, Transaction};
use crate::clock;
use crate::config::{LedgerSettings, LedgerUrl};

enum Engine {
    Sqlite(Box<SqliteWriter>),
    Postgres(Box<PostgresWriter>),
}

/// Who opens a ledger.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Opener {
    /// The service: one at a time, where the ledger is a file.
    Service,
    /// A command, also beside the service.
    Command,
}

/// The connection that writes.
pub(super) struct Writer {
    engine: Engine,
    memory: Memory,
    rng: StdRng,
}

impl Writer {
    /// Opens, migrates, checks the key. A ledger that cannot be written for now is no error, but reported beside the writer.
    pub(super) fn open(
        settings: &LedgerSettings,
        key: KeyFile,
        opener: Opener,
    ) -> Result<(Self, Option<LedgerError>), OpenError> {
        let (engine, trouble) = match &settings.url {
            LedgerUrl::Sqlite(file) => {
                let (engine, trouble) = SqliteWriter::open(file, key, opener == Opener::Service)?;
                (Engine::Sqlite(Box::new(engine)), trouble)
            }
            LedgerUrl::Unread => return Err(OpenError::Unread),
            LedgerUrl::Postgres(server) => {
                let (engine, trouble) =
                    PostgresWriter::open(server, &key.path, &key.key, patience(opener == Opener::Service))?;
                if opener == Opener::Service {
                    engine.watch().map_err(|source| OpenError::Io { path: key.path, source })?;
                }
                (Engine::Postgres(Box::new(engine)), trouble)
            }
        };
        let rng = StdRng::from_rng(&mut clock::rng());
        Ok((Self { engine, memory: Memory::default(), rng }, trouble))
    }

    /// Runs `work` in a transaction and commits it. When anything fails, nothing has changed.
    pub(super) fn transaction(
        &mut self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<(), SqlError>,
    ) -> Result<(), LedgerError> {
        let Self { engine, memory, rng } = self;
        let result = match engine {
            Engine::Sqlite(engine) => {
                let clock = None;
                engine.transaction(|sql| {
                    work(&mut Transaction { sql: Sql::Sqlite(sql), memory: &mut *memory, clock, rng })
                })
            }
            Engine::Postgres(engine) => {
                // Another node may have written since.
                *memory = memory.after_others();
                engine.transaction(|sql, clock| {
                    work(&mut Transaction { sql: Sql::Postgres(sql), memory: &mut *memory, clock: Some(clock), rng })
                })
            }
        };
        if result.is_err() {
            *memory = memory.after_others();
        }
        result
    }

    /// The files that it has open, where these are files.
    pub(super) fn files(&self) -> Option<Arc<LedgerFiles>> {
        match &self.engine {
            Engine::Sqlite(engine) => Some(engine.files()),
            Engine::Postgres(_) => None,
        }
    }

    /// The servers that it writes to, where these are PostgreSQL's.
    pub(super) fn servers(&self) -> Option<Arc<LedgerServers>> {
        match &self.engine {
            Engine::Sqlite(_) => None,
            Engine::Postgres(engine) => Some(engine.servers()),
        }
    }

    /// Closes it.
    pub(super) fn close(self) {
        if let Engine::Sqlite(engine) = self.engine {
            engine.close();
        }
    }
}
