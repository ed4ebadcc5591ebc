//! What is read outside of transactions.

use jiff::Timestamp;

use super::rows::{IS_PENDING, Order, find, moment, parsed, select};
use crate::invite::name::KeyId;
use crate::invite::{Invite, InviteId, Source, Status};
use crate::ledger::error::SqlError;
use crate::ledger::sql::Sql;
use crate::ledger::value::Value;
use crate::ledger::{AppTokens, Census, Filter, LastUse, Repeatable, Reservation, ReservationId, Terms};
use crate::rate::Used;

/// The ledger, as a connection that reads sees it.
#[derive(Clone, Copy)]
pub(in crate::ledger) struct Store<'a>(pub(in crate::ledger) Sql<'a>);

impl Store<'_> {
    pub(in crate::ledger) fn find(self, id: InviteId) -> Result<Option<Invite>, SqlError> {
        find(self.0, id)
    }

    /// Invites, newest first. Only what is asked for is in the statement, so that it finds its index.
    pub(in crate::ledger) fn list(self, filter: &Filter, now: Timestamp) -> Result<Vec<Invite>, SqlError> {
        let mut conditions = vec!["TRUE".to_owned()];
        let mut values: Vec<Value<'_>> = vec![];
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
            ("source =", source.as_deref().map(Value::from)),
            ("kind =", filter.kind.map(|kind| kind.word().into())),
            ("username =", username.map(|username| username.as_str().into())),
            ("id <", filter.before.map(|before| before.to_row().into())),
        ] {
            if let Some(value) = value {
                values.push(value);
                conditions.push(format!("{column} ?{}", values.len()));
            }
        }
        select(self.0, &conditions.join(" AND "), Order::Newest, filter.limit, values)
    }

    /// Reservations that nobody has ended, oldest first.
    pub(in crate::ledger) fn reservations(self, of: Option<InviteId>) -> Result<Vec<Reservation>, SqlError> {
        let which = if of.is_some() { "AND invite = ?1" } else { "" };
        let statement = format!(
            "SELECT id, invite, account, at, via, with_token FROM redemption WHERE made = 0 AND account IS NOT NULL {which} \
             ORDER BY at"
        );
        let values: Vec<_> = of.map(|id| Value::from(id.to_row())).into_iter().collect();
        let rows = self.0.all(&statement, &values, |row| {
            let invite = InviteId::from_row(row.integer(1)?);
            let with_token = row.integer(5)? == 1;
            Ok((ReservationId(row.integer(0)?), invite, parsed(row, 2)?, moment(row, 3)?, parsed(row, 4)?, with_token))
        })?;
        let mut reservations = Vec::new();
        for (id, invite, account, at, via, with_token) in rows {
            if let Some(invite) = self.find(invite)? {
                let token = invite.draft.app_token.clone().filter(|_| with_token);
                reservations.push(Reservation { id, invite, account, at, via, token });
            }
        }
        Ok(reservations)
    }

    /// Invites with an app token.
    pub(in crate::ledger) fn app_tokens(
        self,
        which: AppTokens,
        after: Option<InviteId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<Invite>, SqlError> {
        let is_offered = format!("{IS_PENDING} AND app_expires_at > ?1 AND app_withdrawing = 0");
        let which = match which {
            AppTokens::Live => is_offered,
            AppTokens::Stale => format!("NOT ({is_offered})"),
        };
        // An invite whose last use is just being taken is not over yet.
        let condition = format!(
            "app_token IS NOT NULL AND id > ?2 AND {which} \
             AND NOT EXISTS (SELECT 1 FROM redemption WHERE redemption.invite = invite.id AND made = 0)"
        );
        let after = after.map_or(i64::MIN, InviteId::to_row);
        let values = vec![now.as_millisecond().into(), after.into()];
        select(self.0, &condition, Order::Oldest, Some(limit), values)
    }

    /// The invite that was adopted for a token.
    pub(in crate::ledger) fn adopted(self, slot: &[u8]) -> Result<Option<Invite>, SqlError> {
        let statement = "SELECT invite FROM adopted WHERE token = ?1";
        let row = self.0.first(statement, &[slot.into()], |row| row.integer(0))?;
        row.map_or(Ok(None), |row| self.find(InviteId::from_row(row)))
    }

    /// Whether invites would be created: neither were they before, nor does a limit forbid it.
    pub(in crate::ledger) fn would_create(
        self,
        terms: &Terms,
        count: usize,
        request: Option<&Repeatable>,
        now: Timestamp,
    ) -> Result<bool, SqlError> {
        if let Some(request) = request
            && self.is_answered(request, now)?
        {
            return Ok(false);
        }
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        if let Some(limit) = terms.limit
            && limit.take(rate_used(self.0, &terms.account())?, now, count).is_err()
        {
            return Ok(false);
        }
        let Some(max_pending) = terms.max_pending else { return Ok(true) };
        let pending = self.pending_of(&terms.source, now)?;
        Ok(pending + u64::from(count) <= u64::from(max_pending))
    }

    /// What is used of a key's rate.
    pub(in crate::ledger) fn rate_used(self, key: &KeyId) -> Result<Used, SqlError> {
        rate_used(self.0, key.as_str())
    }

    /// How many pending invites a source has.
    pub(in crate::ledger) fn pending_of(self, source: &Source, now: Timestamp) -> Result<u64, SqlError> {
        let statement = format!("SELECT count(*) FROM invite WHERE source = ?2 AND {IS_PENDING}");
        let source = source.to_string();
        let values = [now.as_millisecond().into(), source.as_str().into()];
        Ok(self.0.first(&statement, &values, |row| row.integer(0))?.map_or(0, i64::cast_unsigned))
    }

    pub(in crate::ledger) fn census(self, since: Timestamp, now: Timestamp) -> Result<Vec<Census>, SqlError> {
        self.0.all(
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
    }

    pub(in crate::ledger) fn last_use(self) -> Result<LastUse, SqlError> {
        // No key's id has a slash; users have one.
        let statement = "SELECT key, last_used_at FROM key_use WHERE key NOT LIKE '%/%'";
        Ok(self.0.all(statement, &[], |row| Ok((parsed(row, 0)?, moment(row, 1)?)))?.into_iter().collect())
    }
}

/// What is used of the rate that is counted for `account` ([`Terms::account`]).
pub(super) fn rate_used(sql: Sql<'_>, account: &str) -> Result<Used, SqlError> {
    let statement = "SELECT rate_used FROM key_use WHERE key = ?1";
    Ok(Used(sql.first(statement, &[account.into()], |row| row.integer(0))?.unwrap_or(0)))
}
