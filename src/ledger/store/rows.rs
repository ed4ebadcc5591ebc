//! Rows as values.

use std::sync::LazyLock;

use jiff::Timestamp;

use crate::invite::name::Username;
use crate::invite::{AppToken, Draft, Invite, InviteId, Kind, Redemption};
use crate::ledger::error::SqlError;
use crate::ledger::query::ReadInvites;
use crate::ledger::row::Row;
use crate::ledger::statements::Statements;
use crate::ledger::value::SqlValue;

/// What [`read_invite`] reads.
pub(super) const COLUMNS: &str = "invite.id, invite.kind, invite.host, invite.source, invite.username, invite.contact, \
                                  invite.groups, invite.roles, invite.note, invite.uses, invite.used, \
                                  invite.created_at, invite.expires_at, invite.revoked_at, invite.inviter, \
                                  invite.app_token, invite.app_expires_at, invite.app_withdrawing";

/// How many [`COLUMNS`] there are.
const WIDTH: usize = 18;

/// The condition for a pending invite at `?1`.
pub(super) const IS_PENDING: &str = "used < uses AND revoked_at IS NULL AND expires_at > ?1";

/// The condition for a reservation of the invite `?1`. The plus keeps SQLite's planner from the index by invite, which has all that
/// were redeemed; of reservations there are few.
pub(super) const IS_RESERVED_OF: &str = "made = 0 AND +invite = ?1";

/// The condition for the invite that is called `?1`. Without the cast SQLite's planner looks at the value itself, to see
/// whether a partial index fits, and prepares the statement anew for each.
const BY_ID: &str = "id = CAST(?1 AS BIGINT)";

/// A value that the ledger stores as text and checked when it was stored.
pub(super) fn parsed<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> Result<T, SqlError>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    row.text(column)?.parse().map_err(|error| SqlError::unreadable(column, error))
}

fn maybe_parsed<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> Result<Option<T>, SqlError>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text = row.maybe_text(column)?;
    text.map(|text| text.parse().map_err(|error| SqlError::unreadable(column, error))).transpose()
}

pub(super) fn moment(row: &Row<'_>, column: usize) -> Result<Timestamp, SqlError> {
    Timestamp::from_millisecond(row.integer(column)?).map_err(|error| SqlError::unreadable(column, error))
}

fn list(row: &Row<'_>, column: usize) -> Result<Vec<String>, SqlError> {
    let Some(json) = row.maybe_text(column)? else { return Ok(vec![]) };
    serde_json::from_str(json).map_err(|error| SqlError::unreadable(column, error))
}

/// Which come first.
#[derive(Clone, Copy)]
pub(super) enum SortOrder {
    Newest,
    Oldest,
}

static ALONE: LazyLock<String> = LazyLock::new(|| format!("SELECT {COLUMNS} FROM invite WHERE {BY_ID}"));

/// What reads the invite called `?1` with the redemptions of the account `?2`. The plus keeps the planner from the index by which
/// it would go through all of the invite's.
static WITH_THOSE_OF: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {COLUMNS}, redemption.account, redemption.at, redemption.via FROM invite \
         LEFT JOIN redemption ON redemption.host = invite.host AND redemption.account = ?2 \
         AND +redemption.invite = invite.id AND redemption.made = 1 \
         WHERE invite.{BY_ID} ORDER BY redemption.id"
    )
});

/// The invite called `id`, without its redemptions: there may be thousands.
pub(super) async fn find_alone(sql: Statements<'_>, id: InviteId) -> Result<Option<Invite>, SqlError> {
    sql.first(&ALONE, &[id.to_row().into()], read_invite).await
}

/// The same with the redemptions of one account.
pub(super) async fn find_for(
    sql: Statements<'_>,
    id: InviteId,
    account: &Username,
) -> Result<Option<Invite>, SqlError> {
    only(asked(sql, &WITH_THOSE_OF, &[id.to_row().into(), account.as_str().into()]).await?)
}

/// The one invite that was read.
fn only(mut read: ReadInvites) -> Result<Option<Invite>, SqlError> {
    read.unreadable.pop().map_or(Ok(read.invites.pop()), |(_, why)| Err(why))
}

/// The invite called `id`, with its redemptions.
pub(super) async fn find(sql: Statements<'_>, id: InviteId) -> Result<Option<Invite>, SqlError> {
    static WITH_REDEMPTIONS: LazyLock<String> = LazyLock::new(|| {
        let from = format!("invite WHERE {BY_ID}");
        statement(ReadFrom { with: "", from: &from }, SortOrder::Newest, None)
    });
    // Most have none, and where it costs nothing to ask twice that is faster.
    if let Statements::Sqlite(_) = sql {
        let invite = find_alone(sql, id).await?;
        if invite.as_ref().is_none_or(|invite| invite.used == 0) {
            return Ok(invite);
        }
    }
    // It is read with them, so that all of it is from the same moment.
    only(asked(sql, &WITH_REDEMPTIONS, &[id.to_row().into()]).await?)
}

/// What invites are read from.
#[derive(Clone, Copy)]
pub(super) struct ReadFrom<'a> {
    /// What stands before the statement.
    pub(super) with: &'a str,
    /// What stands behind its `FROM`.
    pub(super) from: &'a str,
}

/// Invites with their redemptions, in one statement: what it reads fits together, also while others write. What cannot be read
/// is left out, and others come in its place.
pub(super) async fn select(
    sql: Statements<'_>,
    from: ReadFrom<'_>,
    order: SortOrder,
    limit: u32,
    values: &[SqlValue<'_>],
) -> Result<ReadInvites, SqlError> {
    let (statement, mut left_out) = (statement(from, order, Some(values.len() + 1)), 0);
    loop {
        let mut values = values.to_vec();
        values.push(limit.saturating_add(left_out).into());
        let read = asked(sql, &statement, &values).await?;
        let unreadable = u32::try_from(read.unreadable.len()).unwrap_or(u32::MAX);
        if unreadable <= left_out {
            return Ok(read);
        }
        left_out = unreadable;
    }
}

/// The invites that a [`statement`] gives.
async fn asked(sql: Statements<'_>, statement: &str, values: &[SqlValue<'_>]) -> Result<ReadInvites, SqlError> {
    let (mut invites, mut unreadable) = (vec![], vec![]);
    sql.each(statement, values, |row| {
        let id = InviteId::from_row(row.integer(0)?);
        if unreadable.last().is_some_and(|(last, _)| *last == id) {
            return Ok(());
        }
        let read = add_row(row, id, &mut invites);
        match read {
            Err(why) if why.is_damage() => {
                invites.pop_if(|invite| invite.id == id);
                unreadable.push((id, why));
                Ok(())
            }
            read => read,
        }
    })
    .await?;
    Ok(ReadInvites { invites, unreadable, next: None })
}

/// Reads a row of a [`statement`]: another invite, or another redemption of the last one.
fn add_row(row: &Row<'_>, id: InviteId, invites: &mut Vec<Invite>) -> Result<(), SqlError> {
    if invites.last().is_none_or(|last| last.id != id) {
        invites.push(read_invite(row)?);
    }
    if row.maybe_integer(WIDTH + 1)?.is_some()
        && let Some(invite) = invites.last_mut()
    {
        invite.redemptions.push(read_redemption(row, WIDTH)?);
    }
    Ok(())
}

/// What [`select`] asks; `limit` is the place of the value that says how many.
fn statement(ReadFrom { with, from }: ReadFrom<'_>, order: SortOrder, limit: Option<usize>) -> String {
    let order = match order {
        SortOrder::Newest => "DESC",
        SortOrder::Oldest => "ASC",
    };
    let limit = limit.map_or(String::new(), |place| format!("ORDER BY invite.id {order} LIMIT ?{place}"));
    format!(
        "{with} SELECT {COLUMNS}, redemption.account, redemption.at, redemption.via \
         FROM (SELECT invite.* FROM {from} {limit}) AS invite \
         LEFT JOIN redemption ON redemption.invite = invite.id AND redemption.made = 1 AND invite.used > 0 \
         ORDER BY invite.id {order}, redemption.id"
    )
}

pub(super) fn read_redemption(row: &Row<'_>, first: usize) -> Result<Redemption, SqlError> {
    Ok(Redemption { account: maybe_parsed(row, first)?, at: moment(row, first + 1)?, via: parsed(row, first + 2)? })
}

/// Adds its redemptions to an invite.
pub(super) async fn with_redemptions(sql: Statements<'_>, mut invite: Invite) -> Result<Invite, SqlError> {
    if invite.used > 0 {
        let statement = "SELECT account, at, via FROM redemption WHERE invite = ?1 AND made = 1 ORDER BY id";
        invite.redemptions = sql.all(statement, &[invite.id.to_row().into()], |row| read_redemption(row, 0)).await?;
    }
    Ok(invite)
}

/// Reads a row of [`COLUMNS`], without its redemptions.
pub(super) fn read_invite(row: &Row<'_>) -> Result<Invite, SqlError> {
    let username: Option<Username> = maybe_parsed(row, 4)?;
    let kind = match (row.text(1)?, username) {
        ("contact", username) => Kind::Contact { contact: parsed(row, 5)?, username },
        ("reset", Some(username)) => Kind::Reset { username },
        (_, username) => Kind::Account { username },
    };
    Ok(Invite {
        id: InviteId::from_row(row.integer(0)?),
        draft: Draft {
            kind,
            host: parsed(row, 2)?,
            source: parsed(row, 3)?,
            groups: list(row, 6)?,
            roles: list(row, 7)?,
            note: row.maybe_text(8)?.map(String::from),
            inviter: row.maybe_text(14)?.map(String::from),
            uses: row.number(9)?,
            created_at: moment(row, 11)?,
            expires_at: moment(row, 12)?,
            app_token: match row.maybe_bytes(15)? {
                Some(sealed) => Some(AppToken {
                    sealed: sealed.to_vec(),
                    expires_at: moment(row, 16)?,
                    is_withdrawing: row.integer(17)? == 1,
                }),
                None => None,
            },
        },
        used: row.number(10)?,
        revoked_at: row.maybe_integer(13)?.map(|_| moment(row, 13)).transpose()?,
        redemptions: vec![],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::sqlite::schema;
    use crate::ledger::statements::at_once;

    #[test]
    fn an_invite_is_found_by_a_statement_that_is_prepared_once() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../sqlite/schema.sql")).unwrap();
        for row in 0..10 {
            let found = at_once(find(Statements::Sqlite(&connection), InviteId::from_row(row)));
            assert_eq!(found.unwrap(), None);
        }
        let again = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM invite WHERE {BY_ID}")).unwrap();
        assert!(again.get_status(rusqlite::StatementStatus::Run) >= 10, "it is the same statement");
        assert_eq!(again.get_status(rusqlite::StatementStatus::RePrepare), 0);
    }

    /// What a statement with these values costs SQLite (<https://sqlite.org/c3ref/c_stmtstatus_counter.html>).
    fn steps(connection: &rusqlite::Connection, statement: &str, values: &[&dyn rusqlite::ToSql]) -> i32 {
        let mut statement = connection.prepare(statement).unwrap();
        let mut rows = statement.query(values).unwrap();
        while rows.next().unwrap().is_some() {}
        drop(rows);
        statement.get_status(rusqlite::StatementStatus::VmStep)
    }

    /// What decides about a use is read at the thousandth as at the first.
    #[test]
    fn earlier_redemptions_are_not_gone_through_to_find_an_invite_alone_or_for_one_account() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        schema::migrate(&connection, schema::known_version()).unwrap();
        let create = "INSERT INTO invite (id, kind, host, source, uses, used, created_at, expires_at) \
                      VALUES (7, 'account', 'example.com', 'cli', 1000, 1000, 0, 1)";
        connection.execute(create, []).unwrap();
        let redeem = |number: i32| {
            let statement =
                "INSERT INTO redemption (invite, host, account, at, via) VALUES (7, 'example.com', ?1, ?2, 'api')";
            connection.execute(statement, (format!("guest{number}"), number)).unwrap();
        };
        let cost = || {
            let all = statement(ReadFrom { with: "", from: "invite WHERE id = 7" }, SortOrder::Newest, None);
            [
                steps(&connection, &format!("SELECT 1 FROM redemption WHERE {IS_RESERVED_OF}"), &[&7]),
                steps(&connection, &ALONE, &[&7]),
                steps(&connection, &WITH_THOSE_OF, &[&7, &"guest0"]),
                steps(&connection, &all, &[]),
            ]
        };
        (0..10).for_each(redeem);
        let [reserved, alone, for_one, all] = cost();
        (10..1000).for_each(redeem);
        let [reserved_later, alone_later, for_one_later, all_later] = cost();
        assert_eq!((reserved, alone, for_one), (reserved_later, alone_later, for_one_later));
        assert!(all_later > 50 * all, "{all} {all_later}");

        let found = |name: &str| {
            let account = name.parse().unwrap();
            at_once(find_for(Statements::Sqlite(&connection), InviteId::from_row(7), &account)).unwrap().unwrap()
        };
        let names = |name: &str| {
            found(name).redemptions.into_iter().map(|one| one.account.unwrap().to_string()).collect::<Vec<_>>()
        };
        assert_eq!((names("guest17"), names("nobody")), (vec!["guest17".to_owned()], vec![]));
        let none: Username = "guest17".parse().unwrap();
        assert_eq!(at_once(find_for(Statements::Sqlite(&connection), InviteId::from_row(8), &none)).unwrap(), None);
    }
}
