//! What a ledger holds, for whoever asks in passing, such as a shell that completes a word. Nothing is created or changed, the
//! ledger's key is not read, and what cannot be read is left out.

use std::time::Duration;

use jiff::Timestamp;

use super::error::SqlError;
use super::postgres;
use super::query::Filter;
use super::sql::Sql;
use super::sqlite;
use super::store::Store;
use crate::config::{LedgerSettings, LedgerUrl};
use crate::invite::Invite;

/// A shell does not wait longer for its words.
const PATIENCE: Duration = Duration::from_secs(5);

/// At most `limit` invites that `filter` asks for, newest first; none where there is no ledger, or it cannot be read.
#[must_use]
pub fn glance(settings: &LedgerSettings, filter: &Filter, limit: u32, now: Timestamp) -> Vec<Invite> {
    look(settings, filter, limit, now).unwrap_or_default()
}

fn look(settings: &LedgerSettings, filter: &Filter, limit: u32, now: Timestamp) -> Result<Vec<Invite>, SqlError> {
    if !settings.may_be_there() {
        return Ok(vec![]);
    }
    let read = match &settings.url {
        LedgerUrl::Unread => return Ok(vec![]),
        LedgerUrl::Sqlite(file) => Sql::Sqlite(&sqlite::connect_at_a_glance(file)?)
            .wait(async |sql| Store(sql).list(filter, limit, now).await)?,
        LedgerUrl::Postgres(server) => {
            let session = postgres::connect(server)?;
            session.must_end_in(PATIENCE);
            Sql::Postgres(&session).wait(async |sql| Store(sql).list(filter, limit, now).await)?
        }
    };
    Ok(read.invites)
}
