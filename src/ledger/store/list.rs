//! What is read of invites and keys, outside of transactions.

use jiff::Timestamp;

use super::list_path::{FilterTexts, paths, source};
use super::rows::{ReadFrom, SortOrder, find, find_alone, find_for, moment, parsed, select};
use super::transaction::Store;
use crate::invite::name::Username;
use crate::invite::{Invite, InviteId};
use crate::ledger::error::SqlError;
use crate::ledger::query::{Filter, LastUse, ReadInvites};

impl Store<'_> {
    pub(in crate::ledger) async fn find(self, id: InviteId) -> Result<Option<Invite>, SqlError> {
        find(self.0, id).await
    }

    pub(in crate::ledger) async fn find_alone(self, id: InviteId) -> Result<Option<Invite>, SqlError> {
        find_alone(self.0, id).await
    }

    pub(in crate::ledger) async fn find_for(
        self,
        id: InviteId,
        account: &Username,
    ) -> Result<Option<Invite>, SqlError> {
        find_for(self.0, id, account).await
    }

    /// A page of invites, newest first. Where it would be long to look for all that would fit, it has fewer, or none.
    pub(in crate::ledger) async fn list(
        self,
        filter: &Filter,
        limit: u32,
        now: Timestamp,
    ) -> Result<ReadInvites, SqlError> {
        let texts = FilterTexts::of(filter);
        let paths = paths(filter, &texts, now.as_millisecond());
        let Some(from) = source(self.0, &paths, filter.before).await? else { return Ok(ReadInvites::default()) };
        let rows = ReadFrom { with: &from.with, from: &from.from };
        let mut read = select(self.0, rows, SortOrder::Newest, limit.saturating_add(1), &from.values).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        read.next = if read.invites.len() > limit {
            read.invites.truncate(limit);
            read.invites.last().map(|last| last.id)
        } else {
            from.next
        };
        Ok(read)
    }

    pub(in crate::ledger) async fn last_use(self) -> Result<LastUse, SqlError> {
        // No key's id has a slash; users have one.
        let statement = "SELECT key, last_used_at FROM key_use WHERE key NOT LIKE '%/%'";
        let uses = self.0.all(statement, &[], |row| Ok((parsed(row, 0)?, moment(row, 1)?))).await?;
        Ok(uses.into_iter().collect())
    }
}
