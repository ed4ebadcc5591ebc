//! How a transaction that writes begins: with its settings, under a lock, and on the ledger that this program knows. That is asked
//! in one go. Who knew all of it from the transaction before need not wait for the answer: where anything is not as it was, this
//! fails, and with it whatever was sent behind it.

use std::cell::OnceCell;

use event_listener::Event;
use jiff::Timestamp;

use super::origin::LINEAGE;
use super::pipeline::Pipeline;
use super::session::{SESSION, settings};
use crate::clock;
use crate::ledger::error::SqlError;
use crate::ledger::server_clock::SERVER_TIME;

/// The first halves of the locks' names; the second is the schema. "invd": for whoever judges by what others have written, one
/// after the other. "inve": for whoever changes the ledger as a whole, while nobody else writes.
const ORDER: i32 = 0x696e_7664;
const WHOLE: i32 = ORDER + 1;

/// Beside whom a transaction writes. Locks are the transaction's: they end with it, also when this program or the server does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::ledger) enum WriteLock {
    /// It only adds what nobody is in the way of.
    Beside,
    /// It judges by what is there, which nobody else may do meanwhile.
    InOrder,
    /// Nobody else writes.
    Alone,
}

/// Has a transaction that writes in order go on alone: those who are at work beside it end first, and nobody begins.
pub(in crate::ledger) fn lock_whole() -> String {
    // An oid as a number with a sign.
    let schema = "SELECT CAST((CAST(oid AS bigint) # 2147483648) - 2147483648 AS int) FROM pg_namespace \
                  WHERE nspname = current_schema()";
    format!("SELECT pg_advisory_xact_lock({WHOLE}, ({schema}))")
}

/// The statements with which transactions begin.
pub(super) struct BeginStatements {
    settings: String,
    schema: i32,
}

impl BeginStatements {
    /// Of those in a schema.
    pub(super) fn new(schema: u32) -> Self {
        // The settings are the transaction's, too: a pooler may give the next one another session.
        Self { settings: settings(&format!("'{schema}'::regnamespace::text"), true), schema: schema.cast_signed() }
    }

    /// Those that begin wherever that is.
    pub(super) fn begin(&self, lock: WriteLock) -> String {
        format!("{BEGIN}; {}; {}", self.settings, self.locks(lock))
    }

    /// Those that begin in a session that has the settings.
    pub(super) fn begin_in_own_session(&self, lock: WriteLock) -> String {
        format!("{BEGIN}; {}", self.locks(lock))
    }

    fn locks(&self, lock: WriteLock) -> String {
        let schema = self.schema;
        let order = format!("SELECT pg_advisory_xact_lock({ORDER}, {schema})");
        // Always in this order.
        match lock {
            WriteLock::Beside => format!("SELECT pg_advisory_xact_lock_shared({WHOLE}, {schema})"),
            WriteLock::InOrder => format!("{order}; SELECT pg_advisory_xact_lock_shared({WHOLE}, {schema})"),
            WriteLock::Alone => format!("{order}; SELECT pg_advisory_xact_lock({WHOLE}, {schema})"),
        }
    }
}

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// What a transaction found that another one is to find, too.
pub(super) struct KnownLedger {
    pub(super) version: i64,
    /// What the session is called, if it is nobody else's.
    pub(super) session: Option<String>,
    pub(super) lineage: Option<String>,
}

/// The server's clock is not what it was taken for if it is behind by more, or ahead by more than a lock is waited for as well.
const BEHIND_MS: i64 = 2_000;
const AHEAD_MS: i64 = 8_000;

/// What the ledger says once a transaction has begun. It fails where that is not what is `known`, or not the time that it is
/// taken to be.
pub(super) async fn look(pipeline: &Pipeline, known: Option<(&KnownLedger, Timestamp)>) -> Result<Begun, SqlError> {
    let statement = |guard: &str| {
        format!(
            "SELECT version, session, lineage, at, newest{guard} FROM (SELECT \
             (SELECT convert_from(value, 'UTF8') FROM meta WHERE name = 'version') AS version, \
             current_setting('{SESSION}', true) AS session, ({LINEAGE}) AS lineage, \
             {SERVER_TIME} AS at, (SELECT max(id) FROM invite) AS newest) AS begun"
        )
    };
    let rows = match known {
        None => pipeline.query(&statement(""), &[]).await?,
        Some((known, time)) => {
            // There is no error to be raised but one that a value raises.
            let guard = ", CASE WHEN version = ?1::text AND (?2::text IS NULL OR session = ?2::text) \
                         AND lineage IS NOT DISTINCT FROM ?3::text AND at BETWEEN ?4::bigint AND ?5::bigint THEN 0 \
                         ELSE ('the ledger or the session is not what it was, and is looked at anew' || at)::int END";
            let version = known.version.to_string();
            let (session, lineage) = (known.session.as_deref(), known.lineage.as_deref());
            let ms = time.as_millisecond();
            let values = [
                version.as_str().into(),
                session.into(),
                lineage.into(),
                (ms - BEHIND_MS).into(),
                (ms + AHEAD_MS).into(),
            ];
            pipeline.query(&statement(guard), &values).await?
        }
    };
    let row = rows.first().ok_or_else(|| SqlError::unreadable(0, "it is not there"))?;
    let at = clock::from_millisecond(row.try_get(3)?);
    let start = StartState { at, newest: row.try_get(4)? };
    Ok(Begun { version: row.try_get(0)?, session: row.try_get(1)?, lineage: row.try_get(2)?, start })
}

/// What a transaction begins with.
pub(super) struct Begun {
    pub(super) version: Option<String>,
    pub(super) session: Option<String>,
    /// What the ledger says that it has been written on.
    pub(super) lineage: Option<String>,
    pub(super) start: StartState,
}

/// What there is when a transaction begins.
#[derive(Clone, Copy)]
pub(in crate::ledger) struct StartState {
    /// By the server's clock.
    pub(in crate::ledger) at: Timestamp,
    /// The greatest id of an invite.
    pub(in crate::ledger) newest: Option<i64>,
}

/// What is known of a transaction once the answer to its beginning is there.
#[derive(Default)]
pub(in crate::ledger) struct TransactionStart {
    state: OnceCell<StartState>,
    known: Event,
}

impl TransactionStart {
    pub(super) fn set(&self, state: StartState) {
        // It begins once.
        let _ = self.state.set(state);
        self.known.notify(usize::MAX);
    }

    /// Waits for it.
    pub(in crate::ledger) async fn get(&self) -> StartState {
        loop {
            let known = self.known.listen();
            if let Some(state) = self.state.get() {
                return *state;
            }
            known.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_judges_waits_for_its_turn_and_what_adds_for_nobody_who_does() {
        let statements = BeginStatements::new(2200);
        let locks = |lock| {
            let text = statements.begin(lock);
            let count = |what: &str| text.matches(what).count();
            (count("pg_advisory_xact_lock("), count("pg_advisory_xact_lock_shared("))
        };
        assert_eq!(locks(WriteLock::Beside), (0, 1));
        assert_eq!(locks(WriteLock::InOrder), (1, 1));
        assert_eq!(locks(WriteLock::Alone), (2, 0));
    }
}
