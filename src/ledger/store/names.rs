//! Statements about names: which are reserved, and which are taken.

use jiff::Timestamp;

use super::rows::IS_PENDING;
use super::transaction::Transaction;
use crate::invite::InviteId;
use crate::invite::name::{HostName, Username};
use crate::ledger::error::SqlError;

impl Transaction<'_> {
    /// Whether another pending invite than `except` reserves the name, for whoever holds the lock of it.
    pub(super) async fn is_reserved(
        &self,
        host: &HostName,
        name: &Username,
        except: Option<InviteId>,
        now: Timestamp,
    ) -> Result<bool, SqlError> {
        let ends_later = |until: Option<i64>| until.is_some_and(|end| end > now.as_millisecond());
        let known = self.batch.map(|batch| batch.known_name(host, name)).unwrap_or_default();
        if ends_later(known.created_until) {
            return Ok(true);
        }
        if let Some(found) = known.found_until.filter(|_| except.is_none()) {
            return Ok(ends_later(Some(found)));
        }
        let statement = format!(
            "SELECT max(expires_at) FROM invite WHERE host = ?2 AND username = ?3 AND kind <> 'reset' \
             AND id IS DISTINCT FROM ?4 AND {IS_PENDING}"
        );
        let not = except.map(InviteId::to_row).into();
        let values = [now.as_millisecond().into(), host.as_str().into(), name.as_str().into(), not];
        let until = self.sql.first(&statement, &values, |row| row.maybe_integer(0)).await?.flatten();
        if let Some(batch) = self.batch.filter(|_| except.is_none()) {
            batch.know_name(host, name, |known| known.found_until = Some(until.unwrap_or(i64::MIN)));
        }
        Ok(until.is_some())
    }

    /// Whether a pending invite that was created before `invite` reserves the name that `invite` does, too. There is none but
    /// where a clock was wrong meanwhile; then the first of them has the name, and not neither.
    pub(super) async fn is_reserved_before(
        &self,
        host: &HostName,
        name: &Username,
        invite: InviteId,
        now: Timestamp,
    ) -> Result<bool, SqlError> {
        let statement = format!(
            "SELECT 1 FROM invite WHERE host = ?2 AND username = ?3 AND kind <> 'reset' AND id < ?4 AND {IS_PENDING} LIMIT 1"
        );
        let values = [now.as_millisecond().into(), host.as_str().into(), name.as_str().into(), invite.to_row().into()];
        self.sql.any(&statement, &values).await
    }

    /// Whether an invite was redeemed for the name, or is just being.
    pub(super) async fn is_taken(&self, host: &HostName, name: &Username) -> Result<bool, SqlError> {
        if let Some(is_taken) = self.batch.and_then(|batch| batch.known_name(host, name).is_taken) {
            return Ok(is_taken);
        }
        let statement = "SELECT 1 FROM redemption WHERE host = ?1 AND account = ?2 LIMIT 1";
        let is_taken = self.sql.any(statement, &[host.as_str().into(), name.as_str().into()]).await?;
        if let Some(batch) = self.batch {
            batch.know_name(host, name, |known| known.is_taken = Some(is_taken));
        }
        Ok(is_taken)
    }
}
