//! Rows as values.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::invite::name::Username;
use crate::invite::{AppToken, Draft, Invite, InviteId, Kind, Redemption};

/// What [`read_invite`] reads.
pub(super) const COLUMNS: &str = "id, kind, host, source, username, contact, groups, roles, note, uses, used, created_at, \
                                  expires_at, revoked_at, inviter, app_token, app_expires_at, app_withdrawing";

/// The condition for a pending invite at `?1`.
pub(super) const IS_PENDING: &str = "used < uses AND revoked_at IS NULL AND expires_at > ?1";

/// A value that the ledger stores as text and checked when it was stored.
pub(super) fn parsed<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text = row.get_ref(column)?.as_str()?;
    text.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

fn parsed_option<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let is_null = matches!(row.get_ref(column)?, rusqlite::types::ValueRef::Null);
    if is_null { Ok(None) } else { parsed(row, column).map(Some) }
}

pub(super) fn moment(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let ms: i64 = row.get(column)?;
    Timestamp::from_millisecond(ms).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Integer, Box::new(error))
    })
}

fn list(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<String>> {
    let Some(json) = row.get_ref(column)?.as_str_or_null()? else { return Ok(vec![]) };
    serde_json::from_str(json).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// The invite called `id`, with its redemptions.
pub(super) fn find(connection: &Connection, id: InviteId) -> rusqlite::Result<Option<Invite>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM invite WHERE id = ?1"))?;
    let invite = statement.query_row([id.to_row()], read_invite).optional()?;
    invite.map(|invite| with_redemptions(connection, invite)).transpose()
}

/// Adds its redemptions to an invite.
pub(super) fn with_redemptions(connection: &Connection, mut invite: Invite) -> rusqlite::Result<Invite> {
    if invite.used > 0 {
        let mut statement = connection
            .prepare_cached("SELECT account, at, via FROM redemption WHERE invite = ?1 AND made = 1 ORDER BY id")?;
        let redemption = |row: &Row<'_>| {
            Ok(Redemption { account: parsed_option(row, 0)?, at: moment(row, 1)?, via: parsed(row, 2)? })
        };
        let rows = statement.query_map([invite.id.to_row()], redemption)?;
        invite.redemptions = rows.collect::<rusqlite::Result<_>>()?;
    }
    Ok(invite)
}

/// Reads a row of [`COLUMNS`], without its redemptions.
pub(super) fn read_invite(row: &Row<'_>) -> rusqlite::Result<Invite> {
    let username: Option<Username> = parsed_option(row, 4)?;
    let kind = match (row.get_ref(1)?.as_str()?, username) {
        ("contact", username) => Kind::Contact { contact: parsed(row, 5)?, username },
        ("reset", Some(username)) => Kind::Reset { username },
        (_, username) => Kind::Account { username },
    };
    let revoked_at: Option<i64> = row.get(13)?;
    Ok(Invite {
        id: InviteId::from_row(row.get(0)?),
        draft: Draft {
            kind,
            host: parsed(row, 2)?,
            source: parsed(row, 3)?,
            groups: list(row, 6)?,
            roles: list(row, 7)?,
            note: row.get(8)?,
            inviter: row.get(14)?,
            uses: row.get(9)?,
            created_at: moment(row, 11)?,
            expires_at: moment(row, 12)?,
            app_token: match row.get(15)? {
                Some(sealed) => Some(AppToken { sealed, expires_at: moment(row, 16)?, is_withdrawing: row.get(17)? }),
                None => None,
            },
        },
        used: row.get(10)?,
        revoked_at: revoked_at.map(|_| moment(row, 13)).transpose()?,
        redemptions: vec![],
    })
}
