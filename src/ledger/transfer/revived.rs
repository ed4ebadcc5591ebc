//! What comes to life again when an earlier ledger is put in the place of a later one: invites that have ended since, and uses
//! that were redeemed since.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::layout::{Cell, LedgerTable};
use super::rows::TableReader;
use crate::invite::{InviteId, Status};
use crate::ledger::error::SqlError;
use crate::ledger::sql::Sql;

/// An invite that is pending in the backup, and was not, or had fewer uses left, in the ledger that is replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RevivedInvite {
    /// What it is called by.
    #[serde(serialize_with = "as_text")]
    pub id: InviteId,
    /// Its host.
    pub host: String,
    /// Its kind.
    pub kind: String,
    /// Whom it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// What it was in the ledger that is replaced.
    pub was: Status,
    /// How many uses it had left there, if it was pending.
    pub uses_were_left: i64,
    /// How many it has.
    pub uses_left: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "so serde hands it over")]
fn as_text<S: Serializer>(id: &InviteId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// What is known of the ledger that is replaced.
#[derive(Default)]
pub(super) struct Comparison {
    pub(super) revived: Vec<RevivedInvite>,
    /// How many invites are pending that it did not have at all.
    pub(super) unknown: u64,
}

/// What a row of `invite` says of its state.
struct InviteState {
    id: i64,
    uses: i64,
    used: i64,
    expires_at: i64,
    is_revoked: bool,
}

impl InviteState {
    fn read(table: &LedgerTable, row: &[Cell]) -> Result<Self, SqlError> {
        let number = |column: &str| integer(table, row, column);
        let is_revoked =
            table.place("revoked_at").and_then(|place| row.get(place)).is_some_and(|cell| *cell != Cell::Null);
        Ok(Self {
            id: number("id")?,
            uses: number("uses")?,
            used: number("used")?,
            expires_at: number("expires_at")?,
            is_revoked,
        })
    }

    fn left(&self) -> i64 {
        self.uses - self.used
    }

    fn status(&self, now: Timestamp) -> Status {
        if self.left() <= 0 {
            Status::Redeemed
        } else if self.is_revoked {
            Status::Revoked
        } else if now.as_millisecond() >= self.expires_at {
            Status::Expired
        } else {
            Status::Pending
        }
    }
}

fn integer(table: &LedgerTable, row: &[Cell], column: &str) -> Result<i64, SqlError> {
    let place = table.place(column).unwrap_or_default();
    row.get(place).and_then(Cell::integer).ok_or_else(|| SqlError::unreadable(place, "it is no number"))
}

fn text(table: &LedgerTable, row: &[Cell], column: &str) -> Option<String> {
    Some(row.get(table.place(column)?)?.text()?.to_owned())
}

/// Compares the invites of a backup with those of the ledger that is replaced; each ledger by its own table.
pub(super) fn compare(
    backup: (Sql<'_>, &LedgerTable),
    replaced: (Sql<'_>, &LedgerTable),
    now: Timestamp,
) -> Result<Comparison, SqlError> {
    let mut found = Comparison::default();
    let (mut ours, mut theirs) = (TableReader::new(backup.0, backup.1), TableReader::new(replaced.0, replaced.1));
    let mut other = theirs.next()?;
    while let Some(row) = ours.next()? {
        let invite = InviteState::read(backup.1, &row)?;
        // Both come in the order of their ids.
        while let Some(before) = &other
            && integer(replaced.1, before, "id")? < invite.id
        {
            other = theirs.next()?;
        }
        if invite.status(now) != Status::Pending {
            continue;
        }
        let same = other.as_ref().map(|other| InviteState::read(replaced.1, other)).transpose()?;
        let Some(same) = same.filter(|same| same.id == invite.id) else {
            found.unknown += 1;
            continue;
        };
        let was = same.status(now);
        let uses_were_left = if was == Status::Pending { same.left() } else { 0 };
        if was != Status::Pending || uses_were_left < invite.left() {
            found.revived.push(RevivedInvite {
                id: InviteId::from_row(invite.id),
                host: text(backup.1, &row, "host").unwrap_or_default(),
                kind: text(backup.1, &row, "kind").unwrap_or_default(),
                username: text(backup.1, &row, "username"),
                was,
                uses_were_left,
                uses_left: invite.left(),
            });
        }
    }
    Ok(found)
}

/// Revokes what has come to life again, and lowers the uses of what was pending to those that were left.
pub(super) fn revoke(sql: Sql<'_>, revived: &[RevivedInvite], now: Timestamp) -> Result<(), SqlError> {
    for invite in revived {
        let id = invite.id.to_row().into();
        if invite.was == Status::Pending {
            sql.execute("UPDATE invite SET uses = used + ?2 WHERE id = ?1", &[id, invite.uses_were_left.into()])?;
        } else {
            sql.execute("UPDATE invite SET revoked_at = ?2 WHERE id = ?1", &[id, now.as_millisecond().into()])?;
        }
    }
    Ok(())
}
