//! Statements about who invited whom: one row an account that was created with an invite, which outlives the invite.

use jiff::Timestamp;

use super::rows::{moment, parsed};
use super::transaction::{Store, Transaction};
use crate::invite::inviter::Inviter;
use crate::invite::name::{Jid, Username};
use crate::invite::{Invite, InviteId, Kind};
use crate::ledger::error::{LedgerError, SqlError};
use crate::ledger::query::{InvitedAccount, TreeFilter};
use crate::ledger::row::Row;
use crate::ledger::statements::Statements;
use crate::ledger::value::SqlValue;

const COLUMNS: &str = "one.host, one.account, one.inviter, one.source, one.invite, one.at";

/// What happens where there is a row: whoever has the name now has another account, which somebody else may have invited.
const ANEW: &str = "ON CONFLICT (host, account) DO UPDATE SET inviter = excluded.inviter, source = excluded.source, \
                    invite = excluded.invite, at = excluded.at";

impl Transaction<'_> {
    /// Notes that an account was created with an invite. Of a new password nothing is noted.
    pub(super) async fn note_invited(
        &self,
        invite: &Invite,
        account: &Username,
        at: Timestamp,
    ) -> Result<(), SqlError> {
        let draft = &invite.draft;
        if matches!(draft.kind, Kind::Reset { .. }) {
            return Ok(());
        }
        let statement = format!(
            "INSERT INTO invited_account (host, account, inviter, source, invite, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) {ANEW}"
        );
        let (inviter, source) = (Inviter::of(draft).to_string(), draft.source.to_string());
        let values = [
            draft.host.as_str().into(),
            account.as_str().into(),
            inviter.as_str().into(),
            source.as_str().into(),
            invite.id.to_row().into(),
            at.as_millisecond().into(),
        ];
        self.sql.send(&statement, &values).await
    }

    /// The same for a use that was reserved for an account, by its number: not for who had one before.
    pub(super) async fn note_invited_with(&self, number: i64) -> Result<(), SqlError> {
        let statement = format!(
            "INSERT INTO invited_account (host, account, inviter, source, invite, at) \
             SELECT redemption.host, redemption.account, coalesce(invite.invited_by, invite.source), invite.source, \
             invite.id, redemption.at FROM redemption JOIN invite ON invite.id = redemption.invite \
             WHERE redemption.id = ?1 AND redemption.account IS NOT NULL AND redemption.had_account = 0 \
             AND invite.kind <> 'reset' {ANEW}"
        );
        self.sql.send(&statement, &[number.into()]).await
    }

    /// Deletes what is noted of `user`: who invited them, and whom they invited; and what is not yet sent of it. Gives how much
    /// was noted.
    pub(in crate::ledger) async fn forget_invited(&self, user: &Jid) -> Result<Result<u64, LedgerError>, SqlError> {
        let statement = "DELETE FROM invited_account WHERE inviter = ?1 OR (host = ?2 AND account = ?3)";
        self.forget_news(user).await?;
        let address = user.to_string();
        let values = [address.as_str().into(), user.host.as_str().into(), user.user.as_str().into()];
        self.sql.execute(statement, &values).await.map(Ok)
    }
}

/// Whom `one` has invited: by the index for each. Left to themselves, SQLite could begin with the other table, and PostgreSQL
/// reads all of that for each step where it expects many.
const NEXT_IN_SQLITE: &str = "invited_account AS next WHERE next.inviter = one.account || '@' || one.host";
const NEXT_IN_POSTGRES: &str = "LATERAL (SELECT * FROM invited_account AS own \
                                WHERE own.inviter = one.account || '@' || one.host OFFSET 0) AS next WHERE TRUE";

impl Store<'_> {
    /// Accounts with who invited them, in the order of their addresses.
    pub(in crate::ledger) async fn tree(self, filter: &TreeFilter) -> Result<Vec<InvitedAccount>, SqlError> {
        let inviter = filter.inviter.as_ref().map(ToString::to_string);
        let next = match self.0 {
            Statements::Sqlite(_) => NEXT_IN_SQLITE,
            Statements::Postgres(_) => NEXT_IN_POSTGRES,
        };
        let (statement, values) = statement(filter, inviter.as_deref(), next);
        self.0.all(&statement, &values, read_account).await
    }

    /// Whether it is known that `account` was created with an invite of `user`.
    pub(in crate::ledger) async fn has_invited(self, user: &Jid, account: &Jid) -> Result<bool, SqlError> {
        let statement = "SELECT 1 FROM invited_account WHERE host = ?1 AND account = ?2 AND inviter = ?3";
        let inviter = user.to_string();
        let values = [account.host.as_str().into(), account.user.as_str().into(), inviter.as_str().into()];
        self.0.any(statement, &values).await
    }
}

/// Only what is asked for is in the statement, and all whom somebody invited are found by the index, one after the other: in a
/// circle each once.
fn statement<'a>(filter: &'a TreeFilter, inviter: Option<&'a str>, next: &str) -> (String, Vec<SqlValue<'a>>) {
    let mut values: Vec<SqlValue<'_>> = vec![];
    let mut hosts = None;
    if let Some(only) = &filter.hosts {
        // No host is in no list.
        let mut places = vec!["NULL".to_owned()];
        for host in only {
            values.push(host.as_str().into());
            places.push(format!("?{}", values.len()));
        }
        hosts = Some(places.join(", "));
    }
    let on_hosts =
        |table: &str| hosts.as_ref().map_or_else(String::new, |hosts| format!(" AND {table}.host IN ({hosts})"));
    let from = if let Some(inviter) = inviter {
        values.push(inviter.into());
        let direct = format!("one.inviter = ?{}{}", values.len(), on_hosts("one"));
        if filter.is_deep {
            format!(
                "WITH RECURSIVE one (host, account, inviter, source, invite, at) AS (\
                 SELECT {COLUMNS} FROM invited_account AS one WHERE {direct} \
                 UNION SELECT next.host, next.account, next.inviter, next.source, next.invite, next.at \
                 FROM one CROSS JOIN {next}{}) SELECT {COLUMNS} FROM one WHERE TRUE",
                on_hosts("next")
            )
        } else {
            format!("SELECT {COLUMNS} FROM invited_account AS one WHERE {direct}")
        }
    } else {
        format!("SELECT {COLUMNS} FROM invited_account AS one WHERE TRUE{}", on_hosts("one"))
    };
    let (mut after_one, mut limit) = (String::new(), String::new());
    if let Some(after) = &filter.after {
        values.extend([after.host.as_str(), after.user.as_str()].map(SqlValue::from));
        after_one = format!(" AND (one.host, one.account) > (?{}, ?{})", values.len() - 1, values.len());
    }
    if let Some(most) = filter.limit {
        values.push(most.into());
        limit = format!(" LIMIT ?{}", values.len());
    }
    (format!("{from}{after_one} ORDER BY one.host, one.account{limit}"), values)
}

fn read_account(row: &Row<'_>) -> Result<InvitedAccount, SqlError> {
    Ok(InvitedAccount {
        account: Jid { user: parsed(row, 1)?, host: parsed(row, 0)? },
        inviter: parsed(row, 2)?,
        source: parsed(row, 3)?,
        invite: InviteId::from_row(row.integer(4)?),
        at: moment(row, 5)?,
    })
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::invite::name::HostName;
    use crate::ledger::sqlite::schema;

    /// How SQLite goes about a statement, a line each.
    fn plan(connection: &Connection, statement: &str, values: &[SqlValue<'_>]) -> Vec<String> {
        let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
        let lines = explained.query_map(rusqlite::params_from_iter(values), |row| row.get(3)).unwrap();
        lines.map(Result::unwrap).collect()
    }

    #[test]
    fn whom_somebody_invited_is_found_without_looking_at_all_others() {
        let connection = Connection::open_in_memory().unwrap();
        schema::migrate(&connection, schema::known_version()).unwrap();
        let host: HostName = "example.com".parse().unwrap();
        let some = |inviter: Option<&str>, is_deep: bool| TreeFilter {
            hosts: is_deep.then(|| [host.clone()].into()),
            inviter: inviter.map(|inviter| inviter.parse().unwrap()),
            is_deep,
            after: Some("romeo@example.com".parse().unwrap()),
            limit: Some(101),
        };
        for filter in [some(Some("romeo@example.com"), true), some(Some("key/website"), false), some(None, true)] {
            let inviter = filter.inviter.as_ref().map(ToString::to_string);
            let (statement, values) = statement(&filter, inviter.as_deref(), NEXT_IN_SQLITE);
            let plan = plan(&connection, &statement, &values);
            // The accounts that are found are gone through, and nothing else.
            let scans: Vec<_> = plan.iter().filter(|line| line.starts_with("SCAN ") && *line != "SCAN one").collect();
            assert!(scans.is_empty() && plan.iter().any(|line| line.starts_with("SEARCH ")), "{statement}: {plan:#?}");
        }
        let revoked = "UPDATE invite SET revoked_at = 1 WHERE invited_by = ?1 AND revoked_at IS NULL";
        let plan = plan(&connection, revoked, &["romeo@example.com".into()]);
        assert_eq!(plan, ["SEARCH invite USING INDEX invite_by_inviter (invited_by=?)"]);
    }
}
