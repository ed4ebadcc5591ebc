//! Statements about names: which are reserved, and which are taken.

use jiff::Timestamp;

use super::rows::IS_PENDING;
use super::transaction::Transaction;
use crate::invite::InviteId;
use crate::invite::name::{HostName, Username};
use crate::ledger::error::SqlError;

impl Transaction<'_> {
    /// Whether another pending invite than `except` reserves the name.
    pub(super) fn is_reserved(
        &self,
        host: &HostName,
        name: &Username,
        except: Option<InviteId>,
        now: Timestamp,
    ) -> Result<bool, SqlError> {
        let statement = format!(
            "SELECT 1 FROM invite WHERE host = ?2 AND username = ?3 AND kind <> 'reset' \
             AND id IS DISTINCT FROM ?4 AND {IS_PENDING} LIMIT 1"
        );
        let except = except.map(InviteId::to_row).into();
        self.sql.any(&statement, &[now.as_millisecond().into(), host.as_str().into(), name.as_str().into(), except])
    }

    /// Whether an invite was redeemed for the name, or is just being.
    pub(super) fn is_taken(&self, host: &HostName, name: &Username) -> Result<bool, SqlError> {
        let statement = "SELECT 1 FROM redemption WHERE host = ?1 AND account = ?2 LIMIT 1";
        self.sql.any(statement, &[host.as_str().into(), name.as_str().into()])
    }
}
