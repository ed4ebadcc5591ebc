//! What waits in the outbox of a backup. Most of it was sent since, and whoever got it is not to get all of it again because of
//! a restore; so it is kept as dead, which an admin may have tried again.

use jiff::Timestamp;

use crate::ledger::error::SqlError;
use crate::ledger::outbox_row::ExpiryMark;
use crate::ledger::sql::Sql;
use crate::ledger::store::ExpiryKind;

/// Keeps all that waits as dead, and has nobody told of what expired before `now`, nor of what was about to. Gives how many rows
/// are kept.
pub(super) fn hold(sql: Sql<'_>, now: Timestamp) -> Result<u64, SqlError> {
    let held = sql.execute("UPDATE outbox SET dead_at = ?1 WHERE dead_at IS NULL", &[now.as_millisecond().into()])?;
    sql.execute("UPDATE outbox_channel SET holder = '', held_until = 0", &[])?;
    for kind in ExpiryKind::ALL {
        let mark = ExpiryMark::after(now.checked_add(kind.ahead()).unwrap_or(Timestamp::MAX)).to_bytes();
        sql.execute("UPDATE meta SET value = ?1 WHERE name = ?2", &[mark.as_slice().into(), kind.name().into()])?;
    }
    Ok(held)
}
