//! Statements about invites that have expired, or will within a day, of which others are told: of each once, in its order.

use jiff::{SignedDuration, Timestamp};

use super::pending::IS_OPEN;
use super::rows::find;
use super::transaction::{Store, Transaction};
use crate::config::News;
use crate::invite::event::EventKind;
use crate::invite::news::UserNews;
use crate::invite::{Invite, InviteId, Source, Status};
use crate::ledger::error::{LedgerError, SqlError};
use crate::ledger::outbox_row::{ExpiryMark, GIVE_UP_AFTER};
use crate::ledger::statements::Statements;

/// How long before its end a user is told of it.
const BEFORE_END: SignedDuration = SignedDuration::from_hours(24);

/// Of an invite that lives no longer than this its user knows that it will end soon.
const SHORT: SignedDuration = SignedDuration::from_hours(48);

/// Which ends are gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ledger) enum ExpiryKind {
    /// Those that are over.
    Past,
    /// Those of users' invites within a day.
    Near,
}

impl ExpiryKind {
    pub(in crate::ledger) const ALL: [Self; 2] = [Self::Past, Self::Near];

    /// What the mark is called that says how far those have come who tell of them.
    pub(in crate::ledger) fn name(self) -> &'static str {
        match self {
            Self::Past => "expired",
            Self::Near => "expiring",
        }
    }

    /// How far ahead of the clock they go.
    pub(in crate::ledger) fn ahead(self) -> SignedDuration {
        match self {
            Self::Past => SignedDuration::ZERO,
            Self::Near => BEFORE_END,
        }
    }

    /// What ended so long ago is told of no more.
    pub(in crate::ledger) fn behind(self) -> SignedDuration {
        match self {
            Self::Past => GIVE_UP_AFTER,
            Self::Near => SignedDuration::ZERO,
        }
    }

    /// Which invites have them, beside the moment.
    fn condition(self) -> String {
        match self {
            Self::Past => String::new(),
            Self::Near => {
                format!("AND substr(source, 1, 5) = 'xmpp/' AND expires_at - created_at > {}", SHORT.as_millis())
            }
        }
    }

    fn statement(self) -> String {
        format!(
            "SELECT expires_at, id FROM invite WHERE {IS_OPEN} {} \
             AND (expires_at, id) > (?1, ?2) AND expires_at <= ?3 ORDER BY expires_at, id",
            self.condition()
        )
    }
}

async fn mark(sql: Statements<'_>, ends: ExpiryKind) -> Result<Option<ExpiryMark>, SqlError> {
    let statement = "SELECT value FROM meta WHERE name = ?1";
    Ok(sql.first(statement, &[ends.name().into()], |row| Ok(ExpiryMark::read(row.bytes(0)?))).await?.flatten())
}

impl Store<'_> {
    /// How far those have come who tell of them.
    pub(in crate::ledger) async fn expiry_mark(self, ends: ExpiryKind) -> Result<Option<ExpiryMark>, SqlError> {
        mark(self.0, ends).await
    }

    /// What expires after `from`, and not later than `to`, in the order of that.
    pub(in crate::ledger) async fn expiring_between(
        self,
        ends: ExpiryKind,
        from: ExpiryMark,
        to: ExpiryMark,
    ) -> Result<Vec<ExpiryMark>, SqlError> {
        let values = [from.at.into(), from.invite.into(), to.at.into()];
        let read = |row: &crate::ledger::row::Row<'_>| Ok(ExpiryMark { at: row.integer(0)?, invite: row.integer(1)? });
        self.0.all(&ends.statement(), &values, read).await
    }
}

impl Transaction<'_> {
    /// Tells of those of these `found` invites of which it is still true, and notes that it has come `to` there. Nothing is done,
    /// and it is false, where that was not noted to be at `from` any more: then another node does the same.
    pub(in crate::ledger) async fn announce_ends(
        &self,
        ends: ExpiryKind,
        from: Option<ExpiryMark>,
        (found, to): (&[ExpiryMark], ExpiryMark),
        now: Timestamp,
    ) -> Result<Result<bool, LedgerError>, SqlError> {
        if mark(self.sql, ends).await? != from {
            return Ok(Ok(false));
        }
        for one in found {
            let Some(invite) = find(self.sql, InviteId::from_row(one.invite)).await? else { continue };
            // It may have been given more time since.
            if invite.draft.expires_at.as_millisecond() == one.at {
                self.announce_end(ends, &invite, now).await?;
            }
        }
        let statement = "INSERT INTO meta (name, value) VALUES (?1, ?2) \
                         ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.sql.send(statement, &[ends.name().into(), to.to_bytes().as_slice().into()]).await?;
        Ok(Ok(true))
    }

    /// Tells of one, unless it was redeemed or revoked since.
    async fn announce_end(&self, ends: ExpiryKind, invite: &Invite, now: Timestamp) -> Result<(), SqlError> {
        let expires_at = invite.draft.expires_at;
        match (ends, invite.status(now), &invite.draft.source) {
            (ExpiryKind::Past, Status::Expired, _) => {
                self.announce(EventKind::InviteExpired, invite, None, (expires_at, now)).await
            }
            (ExpiryKind::Near, Status::Pending, Source::Xmpp(user)) => {
                let news = UserNews::Expiring { invite: invite.id, expires_at };
                self.announce_news(News::Expiring, user, &news, now).await
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::ledger::sqlite::schema;

    #[test]
    fn what_will_end_is_gone_through_by_that_alone() {
        let connection = Connection::open_in_memory().unwrap();
        schema::migrate(&connection, schema::known_version()).unwrap();
        let mut explained =
            connection.prepare(&format!("EXPLAIN QUERY PLAN {}", ExpiryKind::Near.statement())).unwrap();
        let plan = explained.query_map([1, 2, 3], |row| row.get(3)).unwrap().collect::<Result<Vec<String>, _>>();
        let plan = plan.unwrap();
        assert!(
            matches!(&plan[..], [line] if line.starts_with("SEARCH invite USING INDEX invite_by_end (")),
            "{plan:?}"
        );
    }
}
