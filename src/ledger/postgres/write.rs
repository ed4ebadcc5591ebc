//! Transactions that write: how one is tried, and what comes of it.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Once};
use std::task::Poll;

use futures_lite::future::{poll_once, zip};
use jiff::Timestamp;
use tokio_postgres::error::SqlState;

use super::begin::{Begun, KnownLedger, StartState, TransactionStart, WriteLock, look};
use super::pipeline::Pipeline;
use super::schema::known_version;
use super::servers::LedgerServers;
use super::session::PostgresSession;
use super::{PostgresWriter, WriteSession};
use crate::clock;
use crate::ledger::error::{LedgerError, SqlError};
use crate::ledger::server_clock::WAS_SET;

/// What fails by chance is tried so often in all.
const TRIES: u32 = 5;

impl PostgresWriter {
    /// Another connection that writes to the same ledger, to be opened when it is first needed.
    pub(in crate::ledger) fn another(&self) -> Self {
        Self {
            servers: Arc::clone(&self.servers),
            key_file: self.key_file.clone(),
            key: self.key.clone(),
            patience: self.patience,
            session: None,
            is_shut_out: false,
        }
    }

    /// Closes the connection, until it is needed again.
    pub(in crate::ledger) fn disconnect(&mut self) {
        self.session = None;
    }

    /// Whether the server has no room for this connection.
    pub(in crate::ledger) fn is_shut_out(&self) -> bool {
        self.session.is_none() && self.is_shut_out
    }

    /// Runs `work` in a transaction while nobody else writes, which began at that time by the server's clock, and commits it. When
    /// anything fails, nothing has changed; but of a commit that the server did not answer nobody knows.
    pub(in crate::ledger) fn transaction(
        &mut self,
        work: impl FnOnce(&PostgresSession, Timestamp) -> Result<(), SqlError>,
    ) -> Result<(), LedgerError> {
        let servers = Arc::clone(&self.servers);
        let open = self.open_session()?;
        let begin = open.statements.begin(WriteLock::Alone);
        let session = &open.session;
        let asked = clock::instant();
        let looked = session.wait(async {
            let pipeline = session.pipeline();
            pipeline.forget_transaction();
            pipeline.set_keeps_statements(false);
            pipeline.batch(&begin).await?;
            look(pipeline, None).await
        });
        let done = looked.and_then(|begun| {
            servers.clock().note(asked, clock::instant(), begun.start.at);
            check(session, &servers, open.lineage.as_deref(), &begun)?;
            // Nobody takes the answer to what would be prepared beside this: a large one keeps back those that are waited for.
            session.pipeline().set_keeps_statements(false);
            work(session, begun.start.at)
        });
        let result = done.map_err(LedgerError::from).and_then(|()| session.commit().map_err(LedgerError::unsure));
        // Rolls back, whatever state it is in.
        result.inspect_err(|_| self.session = None)
    }

    /// Runs `work` in a transaction under a `lock`, and commits it. When anything fails, nothing has changed; but of a commit that
    /// the server did not answer nobody knows. What fails by chance is begun anew, with `work` from its start.
    pub(in crate::ledger) fn write(
        &mut self,
        lock: WriteLock,
        work: &impl AsyncFn(&Pipeline, &TransactionStart) -> Result<(), SqlError>,
    ) -> Result<StartState, LedgerError> {
        let servers = Arc::clone(&self.servers);
        let open = self.open_session()?;
        let mut trial = 0;
        loop {
            trial += 1;
            let error = match open.try_write(&servers, lock, work) {
                Ok(start) => return Ok(start),
                Err(error) => error,
            };
            let may_be_committed = open.session.pipeline().may_be_committed();
            if trial < TRIES && !may_be_committed && error.is_by_chance() {
                open.session.pipeline().forget_transaction();
                if open.session.batch("ROLLBACK").is_ok() {
                    continue;
                }
            }
            // Rolls back, whatever state it is in.
            self.session = None;
            return Err(if may_be_committed { LedgerError::unsure(error) } else { error.into() });
        }
    }

    /// A session that has all of the time that there is.
    fn open_session(&mut self) -> Result<&mut WriteSession, LedgerError> {
        if self.session.as_ref().is_none_or(|open| open.session.has_ended()) {
            self.reconnect().map_err(LedgerError::unavailable)?;
        }
        let patience = self.patience;
        let open = self.session.as_mut().ok_or_else(|| LedgerError::unavailable("it is closed"))?;
        open.session.must_end_in(patience);
        Ok(open)
    }
}

impl WriteSession {
    fn try_write(
        &mut self,
        servers: &LedgerServers,
        lock: WriteLock,
        work: &impl AsyncFn(&Pipeline, &TransactionStart) -> Result<(), SqlError>,
    ) -> Result<StartState, SqlError> {
        let Self { session, statements, lineage, known } = self;
        // Unless all of this goes well it is known no more.
        let known_before = known.take();
        let (pipeline, start) = (session.pipeline(), TransactionStart::default());
        pipeline.forget_transaction();
        let is_own = known_before.as_ref().is_some_and(|known| known.session.is_some());
        pipeline.set_keeps_statements(is_own);
        let begin = if is_own { statements.begin_in_own_session(lock) } else { statements.begin(lock) };
        let (asked, time) = (clock::instant(), servers.clock().now());
        let looking = async {
            let mut begin = pin!(pipeline.batch(&begin));
            // If that fails what is sent behind it does, too.
            let early = poll_once(&mut begin).await;
            let looked = look(pipeline, known_before.as_ref().map(|known| (known, time))).await;
            match early {
                Some(done) => done,
                None => begin.await,
            }
            .inspect_err(|error| pipeline.note_failure(error))?;
            let found = looked.inspect_err(|error| pipeline.note_failure(error))?;
            let is_own = match &known_before {
                Some(_) => None,
                None => Some(check(session, servers, lineage.as_deref(), &found)?),
            };
            let clock = servers.clock();
            clock.note(asked, clock::instant(), found.start.at);
            if clock.was_set_since(asked) {
                return Err(SqlError::away(WAS_SET));
            }
            start.set(found.start);
            Ok::<_, SqlError>((found, is_own))
        };
        let found = session.wait(async {
            let mut looking = pin!(looking);
            // What was known needs no answer before more is sent.
            let mut answer = if known_before.is_some() {
                poll_once(&mut looking).await.transpose()?
            } else {
                Some((&mut looking).await?)
            };
            let mut working = pin!(work(pipeline, &start));
            let done = poll_fn(|cx| {
                if answer.is_none()
                    && let Poll::Ready(result) = looking.as_mut().poll(cx)
                {
                    answer = Some(result?);
                }
                if let Poll::Ready(Err(error)) = pipeline.poll_open(cx) {
                    return Poll::Ready(Err(error));
                }
                working.as_mut().poll(cx)
            })
            .await;
            if let Err(error) = done {
                return Err(pipeline.cause_of(error).await);
            }
            if let Some(answer) = answer {
                return pipeline.commit().await.map(|()| answer);
            }
            let (answer, committed) = zip(looking, pipeline.commit()).await;
            let answer = answer?;
            committed.map(|()| answer)
        })?;
        let (found, is_own) = found;
        *known = match is_own {
            None => known_before,
            Some(is_own) => {
                lineage.clone_from(&found.lineage);
                let session = is_own.then(|| session.name().to_owned());
                Some(KnownLedger { version: known_version(), session, lineage: lineage.clone() })
            }
        };
        Ok(found.start)
    }
}

/// Whether the transaction that has begun is on the schema that this program knows, as a later version may have come to another
/// node, and on a server that the ledger has not gone on from. Gives whether the session is this one's own.
fn check(
    session: &PostgresSession,
    servers: &LedgerServers,
    lineage: Option<&str>,
    begun: &Begun,
) -> Result<bool, SqlError> {
    if begun.version.as_deref() != Some(known_version().to_string().as_str()) {
        return Err(SqlError::connection("another version has changed the ledger's schema"));
    }
    let is_own = session.recognize(begun.session.as_deref());
    if !is_own {
        static LOGGED: Once = Once::new();
        LOGGED.call_once(|| {
            tracing::info!(
                "PostgreSQL is behind a pooler that may give each transaction another session: statements are not prepared"
            );
        });
    }
    if begun.lineage.as_deref() != lineage {
        servers.allow(session.server(), begun.lineage.as_deref())?;
    }
    Ok(is_own)
}

impl SqlError {
    /// Whether it comes of what happened at the same time, and the same may go well when it is tried anew: the ledger was not what
    /// it was when the last transaction ended (`begin.rs`), a pooler has given it another session, where no statement is prepared
    /// (that is told before that the transaction has failed), an id was taken, or two waited for each other.
    fn is_by_chance(&self) -> bool {
        const BY_CHANCE: [SqlState; 5] = [
            SqlState::INVALID_TEXT_REPRESENTATION,
            SqlState::INVALID_SQL_STATEMENT_NAME,
            SqlState::UNIQUE_VIOLATION,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::T_R_SERIALIZATION_FAILURE,
        ];
        matches!(self, Self::Postgres(error) if error.code().is_some_and(|code| BY_CHANCE.contains(code)))
    }
}
