//! How a transaction that writes begins: with its settings, under a lock, and on the ledger that this program knows. That is asked
//! in one go. Who knew all of it from the transaction before need not wait for the answer: where anything is not as it was, this
//! fails, and with it whatever was sent behind it.

use std::cell::OnceCell;

use event_listener::Event;
use jiff::Timestamp;

use super::session::{SESSION, settings};
use crate::ledger::error::SqlError;

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

/// The statements with which transactions begin.
pub(super) struct BeginStatements {
    settings: String,
    schema: i32,
    version: i64,
}

impl BeginStatements {
    /// Of those in a schema, for the schema version of this program.
    pub(super) fn new(schema: u32, version: i64) -> Self {
        // The settings are the transaction's, too: a pooler may give the next one another session.
        let settings = settings(&format!("'{schema}'::regnamespace::text"), true);
        Self { settings, schema: schema.cast_signed(), version }
    }

    /// Those that begin, and nothing more.
    pub(super) fn begin(&self, lock: WriteLock) -> String {
        let Self { settings, schema, .. } = self;
        let order = format!("SELECT pg_advisory_xact_lock({ORDER}, {schema})");
        // Always in this order.
        let locks = match lock {
            WriteLock::Beside => format!("SELECT pg_advisory_xact_lock_shared({WHOLE}, {schema})"),
            WriteLock::InOrder => format!("{order}; SELECT pg_advisory_xact_lock_shared({WHOLE}, {schema})"),
            WriteLock::Alone => format!("{order}; SELECT pg_advisory_xact_lock({WHOLE}, {schema})"),
        };
        format!("BEGIN ISOLATION LEVEL READ COMMITTED; {settings}; {locks}")
    }

    /// The same, and what the ledger says then.
    pub(super) fn begin_and_look(&self, lock: WriteLock) -> String {
        format!("{}; {}", self.begin(lock), look(""))
    }

    /// The same, but it fails where the ledger does not say what `known` does.
    pub(super) fn begin_where(&self, lock: WriteLock, known: &KnownLedger) -> String {
        let version = self.version;
        let lineage = known.lineage.as_deref().map_or("NULL".to_owned(), |lineage| format!("'{lineage}'"));
        let session = known.session.as_deref().map_or(String::new(), |name| format!(" AND session = '{name}'"));
        let guard = format!(
            ", CASE WHEN version = '{version}'{session} AND lineage IS NOT DISTINCT FROM {lineage} THEN 0 \
             ELSE ('the ledger or the session is not what it was, and is looked at anew' || at)::int END"
        );
        format!("{}; {}", self.begin(lock), look(&guard))
    }
}

pub(super) const LINEAGE: &str = "SELECT convert_from(value, 'UTF8') FROM meta WHERE name = 'lineage'";

fn look(guard: &str) -> String {
    format!(
        "SELECT version, session, lineage, at, newest{guard} FROM (SELECT \
         (SELECT convert_from(value, 'UTF8') FROM meta WHERE name = 'version') AS version, \
         current_setting('{SESSION}', true) AS session, ({LINEAGE}) AS lineage, \
         (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS at, (SELECT max(id) FROM invite) AS newest) AS begun"
    )
}

/// What a transaction found that another one is to find, too.
pub(super) struct KnownLedger {
    /// What the session is called, where statements are prepared in it.
    session: Option<String>,
    lineage: Option<String>,
}

impl KnownLedger {
    /// Nothing where the lineage is not as this version writes it.
    pub(super) fn new(session: Option<&str>, lineage: Option<&str>) -> Option<Self> {
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || b" -\n".contains(&byte));
        let known = Self { session: session.map(str::to_owned), lineage: lineage.map(str::to_owned) };
        lineage.is_none_or(is_plain).then_some(known)
    }
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

impl Begun {
    /// Reads the last row of what [`BeginStatements`] give.
    pub(super) fn read(rows: &[Vec<Option<String>>]) -> Result<Self, SqlError> {
        let column = |column: usize| rows.last().and_then(|row| row.get(column)?.clone());
        let at = column(3).and_then(|ms| Timestamp::from_millisecond(ms.parse().ok()?).ok());
        let at = at.ok_or_else(|| SqlError::unreadable(3, "it is no time"))?;
        let newest = column(4).map(|id| id.parse().map_err(|error| SqlError::unreadable(4, error))).transpose()?;
        Ok(Self { version: column(0), session: column(1), lineage: column(2), start: StartState { at, newest } })
    }
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
    fn what_was_known_is_asked_for_as_it_was() {
        let statements = BeginStatements::new(2200, 1);
        let known = KnownLedger::new(Some("ab"), Some("-7 1\n8 2")).unwrap();
        let text = statements.begin_where(WriteLock::Beside, &known);
        let guard = "CASE WHEN version = '1' AND session = 'ab' AND lineage IS NOT DISTINCT FROM '-7 1\n8 2' THEN 0";
        assert!(text.contains(guard), "{text}");
        let known = KnownLedger::new(None, None).unwrap();
        let text = statements.begin_where(WriteLock::InOrder, &known);
        assert!(text.contains("CASE WHEN version = '1' AND lineage IS NOT DISTINCT FROM NULL THEN 0"), "{text}");
        assert!(KnownLedger::new(None, Some("7 1'")).is_none(), "a later version may write it in another way");
    }

    #[test]
    fn what_judges_waits_for_its_turn_and_what_adds_for_nobody_who_does() {
        let statements = BeginStatements::new(2200, 1);
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
