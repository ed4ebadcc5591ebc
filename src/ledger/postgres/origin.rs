//! What a server is asked to be told from others: see `lineage.rs`.

use tokio_postgres::{Client, Error, SimpleQueryMessage};

use super::lineage::{DataOrigin, Lineage};

/// What the data of a server that can be written comes from. The name of what is being written begins with the
/// timeline; what the control file says of it is late after a promotion. And whether there may be a ledger.
const ORIGIN: &str = "SELECT CASE WHEN NOT pg_is_in_recovery() THEN system_identifier || ' ' || \
                      ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::bigint END, \
                      to_regclass('meta') IS NOT NULL FROM pg_control_system()";

/// What is noted in the ledger.
pub(super) const LINEAGE: &str = "SELECT convert_from(value, 'UTF8') FROM meta WHERE name = 'lineage'";

/// What a server's data comes from, and what is noted in the ledger there; nothing of a replica, and of a server that has no such
/// functions or does not let us ask.
pub(super) async fn origin(client: &Client) -> Result<(Option<DataOrigin>, Lineage), Error> {
    let Some(row) = row(client, ORIGIN).await? else { return Ok((None, Lineage::default())) };
    let origin = row.first().and_then(Option::as_deref).and_then(|origin| origin.parse().ok());
    let has_meta = row.get(1).and_then(Option::as_deref) == Some("t");
    let noted = if origin.is_some() && has_meta { noted(client).await? } else { Lineage::default() };
    Ok((origin, noted))
}

/// What is noted in the ledger of a server; nothing of what a later version has written.
pub(super) async fn noted(client: &Client) -> Result<Lineage, Error> {
    let noted = row(client, LINEAGE).await?.and_then(|row| row.into_iter().next().flatten());
    Ok(noted.and_then(|noted| noted.parse().ok()).unwrap_or_default())
}

/// The first row, if there is one and we may ask.
async fn row(client: &Client, sql: &str) -> Result<Option<Vec<Option<String>>>, Error> {
    match client.simple_query(sql).await {
        Ok(messages) => Ok(messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|column| row.get(column).map(String::from)).collect())
            }
            _ => None,
        })),
        Err(error) if error.code().is_some() => Ok(None),
        Err(error) => Err(error),
    }
}
