//! What is read of invites and keys, outside of transactions.

use jiff::Timestamp;

use super::rows::{IS_PENDING, SortOrder, find, moment, parsed, select};
use super::transaction::Store;
use crate::invite::{Invite, InviteId, Source, Status, inviter};
use crate::ledger::error::SqlError;
use crate::ledger::query::{Census, Filter, LastUse, ReadInvites};
use crate::ledger::value::SqlValue;

impl Store<'_> {
    pub(in crate::ledger) async fn find(self, id: InviteId) -> Result<Option<Invite>, SqlError> {
        find(self.0, id).await
    }

    /// Invites, newest first. Only what is asked for is in the statement, so that it finds its index.
    pub(in crate::ledger) async fn list(self, filter: &Filter, now: Timestamp) -> Result<ReadInvites, SqlError> {
        let mut conditions = vec!["TRUE".to_owned()];
        let mut values: Vec<SqlValue<'_>> = vec![];
        match filter.status {
            None => {}
            Some(Status::Redeemed) => conditions.push("used >= uses".into()),
            Some(Status::Revoked) => conditions.push("used < uses AND revoked_at IS NOT NULL".into()),
            Some(Status::Pending) => {
                conditions.push(IS_PENDING.into());
                values.push(now.as_millisecond().into());
            }
            Some(Status::Expired) => {
                conditions.push("used < uses AND revoked_at IS NULL AND expires_at <= ?1".into());
                values.push(now.as_millisecond().into());
            }
        }
        if let Some(hosts) = &filter.hosts {
            // No host is in no list.
            let mut places = vec!["NULL".to_owned()];
            for host in hosts {
                values.push(host.as_str().into());
                places.push(format!("?{}", values.len()));
            }
            conditions.push(format!("host IN ({})", places.join(", ")));
        }
        let (source, username) = (filter.source.as_ref().map(ToString::to_string), filter.username.as_ref());
        for (column, value) in [
            ("source =", source.as_deref().map(SqlValue::from)),
            ("kind =", filter.kind.map(|kind| kind.word().into())),
            ("username =", username.map(|username| username.as_str().into())),
            ("id <", filter.before.map(|before| before.to_row().into())),
            ("id >=", filter.since.map(|since| since.to_row().into())),
        ] {
            if let Some(value) = value {
                values.push(value);
                conditions.push(format!("{column} ?{}", values.len()));
            }
        }
        // An address is in a column of its own, which has an index.
        let user = filter.inviter.as_deref().and_then(inviter::address).map(|user| user.to_string());
        if let Some(text) = &filter.inviter {
            let (column, text) = user.as_ref().map_or(("inviter", text), |user| ("invited_by", user));
            values.push(text.as_str().into());
            conditions.push(format!("{column} = ?{}", values.len()));
        }
        select(self.0, &conditions.join(" AND "), SortOrder::Newest, filter.limit, &values).await
    }

    /// The invite that comes `number` places after the newest one of `source` that is older than `before`.
    pub(in crate::ledger) async fn place(
        self,
        source: Option<&Source>,
        before: Option<InviteId>,
        number: u32,
    ) -> Result<Option<InviteId>, SqlError> {
        let source = source.map(ToString::to_string);
        let mut values: Vec<SqlValue<'_>> = vec![number.into()];
        let mut conditions = vec!["TRUE".to_owned()];
        for (column, value) in
            [("source =", source.as_deref().map(SqlValue::from)), ("id <", before.map(|before| before.to_row().into()))]
        {
            if let Some(value) = value {
                values.push(value);
                conditions.push(format!("{column} ?{}", values.len()));
            }
        }
        let condition = conditions.join(" AND ");
        let statement = format!("SELECT id FROM invite WHERE {condition} ORDER BY id DESC LIMIT 1 OFFSET ?1");
        self.0.first(&statement, &values, |row| Ok(InviteId::from_row(row.integer(0)?))).await
    }

    pub(in crate::ledger) async fn census(self, since: Timestamp, now: Timestamp) -> Result<Vec<Census>, SqlError> {
        self.0
            .all(
                "SELECT host, source, count(CASE WHEN expires_at > ?1 THEN 1 END), \
             count(CASE WHEN expires_at <= ?1 THEN 1 END) FROM invite \
             WHERE used < uses AND revoked_at IS NULL AND expires_at > ?2 GROUP BY host, source",
                &[now.as_millisecond().into(), since.as_millisecond().into()],
                |row| {
                    Ok(Census {
                        host: parsed(row, 0)?,
                        source: parsed(row, 1)?,
                        pending: row.integer(2)?.cast_unsigned(),
                        expired: row.integer(3)?.cast_unsigned(),
                    })
                },
            )
            .await
    }

    pub(in crate::ledger) async fn last_use(self) -> Result<LastUse, SqlError> {
        // No key's id has a slash; users have one.
        let statement = "SELECT key, last_used_at FROM key_use WHERE key NOT LIKE '%/%'";
        let uses = self.0.all(statement, &[], |row| Ok((parsed(row, 0)?, moment(row, 1)?))).await?;
        Ok(uses.into_iter().collect())
    }
}
