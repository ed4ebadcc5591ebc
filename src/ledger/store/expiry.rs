//! Statements about invites that have expired, of which others are told: each of them once, in its order.

use jiff::Timestamp;

use super::rows::find;
use super::transaction::{Store, Transaction};
use crate::invite::event::EventKind;
use crate::invite::{InviteId, Status};
use crate::ledger::error::{LedgerError, SqlError};
use crate::ledger::outbox_row::ExpiryMark;
use crate::ledger::statements::Statements;

/// How far those have come who tell of it.
async fn mark(sql: Statements<'_>) -> Result<Option<ExpiryMark>, SqlError> {
    let statement = "SELECT value FROM meta WHERE name = 'expired'";
    Ok(sql.first(statement, &[], |row| Ok(ExpiryMark::read(row.bytes(0)?))).await?.flatten())
}

impl Store<'_> {
    pub(in crate::ledger) async fn expiry_mark(self) -> Result<Option<ExpiryMark>, SqlError> {
        mark(self.0).await
    }

    /// What has expired after `from`, and not later than `to`, in the order of that.
    pub(in crate::ledger) async fn expired_between(
        self,
        from: ExpiryMark,
        to: ExpiryMark,
    ) -> Result<Vec<ExpiryMark>, SqlError> {
        let statement = "SELECT expires_at, id FROM invite WHERE used < uses AND revoked_at IS NULL \
                         AND (expires_at, id) > (?1, ?2) AND expires_at <= ?3 ORDER BY expires_at, id";
        let values = [from.at.into(), from.invite.into(), to.at.into()];
        self.0.all(statement, &values, |row| Ok(ExpiryMark { at: row.integer(0)?, invite: row.integer(1)? })).await
    }
}

impl Transaction<'_> {
    /// Tells of those of these `expired` invites that still are, and notes that it has come `to` there. Nothing is done, and
    /// it is false, where that was not noted to be at `from` any more: then another node does the same.
    pub(in crate::ledger) async fn announce_expired(
        &self,
        from: Option<ExpiryMark>,
        expired: &[ExpiryMark],
        to: ExpiryMark,
        now: Timestamp,
    ) -> Result<Result<bool, LedgerError>, SqlError> {
        if mark(self.sql).await? != from {
            return Ok(Ok(false));
        }
        for one in expired {
            let Some(invite) = find(self.sql, InviteId::from_row(one.invite)).await? else { continue };
            let expires_at = invite.draft.expires_at;
            // It may have been given more time, redeemed or revoked since.
            if expires_at.as_millisecond() == one.at && invite.status(now) == Status::Expired {
                self.announce(EventKind::InviteExpired, &invite, None, (expires_at, now)).await?;
            }
        }
        let statement = "INSERT INTO meta (name, value) VALUES ('expired', ?1) \
                         ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.sql.send(statement, &[to.to_bytes().as_slice().into()]).await?;
        Ok(Ok(true))
    }
}
