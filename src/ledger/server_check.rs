//! Tries PostgreSQL as the service would, and says what is missing there and what mends it. Nothing is created or changed.
//!
//! Rights are looked up in PostgreSQL's own catalogues (`pg_class`, `pg_roles`…): the information schema leaves out what the
//! user has no right to.

use std::path::Path;

use super::error::{OpenError, SqlError};
use super::examine::examine_key;
use super::postgres::PostgresSession;
use super::server_access;
use super::server_clock::{SERVER_TIME, ServerClock};
use super::server_faults::{ServerPlace, create_database, fault, pooler};
use super::server_finding::{ServerFinding, ServerTrial};
use super::sql::Sql;
use super::transfer::table_names;
use crate::clock;
use crate::config::postgres::Postgres;
use crate::config::{LedgerSettings, LedgerUrl};
use crate::log::chain;

/// A node's connections: one that writes, two that read.
const CONNECTIONS: i64 = 3;

/// Tries the ledger's server; nothing where the ledger is in a file, or nobody says where it is. A key that is not there is no
/// fault where that says that the service has it.
#[must_use]
pub fn try_server(settings: &LedgerSettings, is_for_the_service: impl Fn(&Path) -> bool) -> Option<ServerTrial> {
    let LedgerUrl::Postgres(server) = &settings.url else { return None };
    let place = ServerPlace::of(server);
    let mut trial = ServerTrial::default();
    let looked = server_access::connect(server).and_then(|session| examine(server, &session, &place, &mut trial));
    match looked {
        // Without rights nothing is to be seen of it.
        Ok(()) if trial.findings.iter().any(|finding| finding.is_fault) => {}
        Ok(()) => trial.findings.extend(of_ledger(settings, is_for_the_service)),
        Err(error) => trial.findings.push(fault(&place, &error)),
    }
    Some(trial)
}

/// What a server says of itself.
struct ServerFacts {
    version: String,
    encoding: String,
    fsync: String,
    database: String,
    user: String,
    owner: String,
    schema: Option<String>,
    search_path: String,
    may_create: bool,
}

fn facts(sql: Sql<'_>) -> Result<Option<ServerFacts>, SqlError> {
    let statement = "SELECT current_setting('server_version'), current_setting('server_encoding'), current_setting('fsync'), \
                     current_database()::text, current_user::text, \
                     (SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()), \
                     current_schema()::text, current_setting('search_path'), \
                     coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)::int::bigint";
    sql.first(statement, &[], |row| {
        let text = |column| Ok::<_, SqlError>(row.text(column)?.to_owned());
        Ok(ServerFacts {
            version: text(0)?,
            encoding: text(1)?,
            fsync: text(2)?,
            database: text(3)?,
            user: text(4)?,
            owner: text(5)?,
            schema: row.maybe_text(6)?.map(str::to_owned),
            search_path: text(7)?,
            may_create: row.integer(8)? == 1,
        })
    })
}

fn examine(
    server: &Postgres,
    session: &PostgresSession,
    place: &ServerPlace,
    trial: &mut ServerTrial,
) -> Result<(), SqlError> {
    let sql = Sql::Postgres(session);
    let Some(facts) = facts(sql)? else { return Ok(()) };
    let schema = facts.schema.as_deref().unwrap_or("none");
    trial.server = Some(format!(
        "PostgreSQL {} at {}, database {}, schema {schema}, user {}",
        facts.version, place.hosts, facts.database, facts.user
    ));
    if facts.encoding != "UTF8" {
        let mend = format!("create another database, and name that:\n{}", create_database(place));
        let what = format!("the database is encoded in {}, which has no place for some names", facts.encoding);
        trial.findings.push(ServerFinding::fault(what, mend));
    }
    if facts.fsync != "on" {
        let mend = format!(
            "{}\n{}",
            ServerPlace::as_admin("ALTER SYSTEM SET fsync = on"),
            ServerPlace::as_admin("SELECT pg_reload_conf()")
        );
        trial
            .findings
            .push(ServerFinding::fault("fsync is off: a power failure may lose invites that were handed out", mend));
    }
    trial.findings.extend(of_rights(sql, place, &facts)?);
    trial.findings.extend(of_connections(sql, &facts)?);
    trial.findings.extend(of_pooler(server, session)?);
    trial.findings.extend(of_clock(sql)?);
    Ok(())
}

/// Whether tables may be created, or those that there are be written.
fn of_rights(sql: Sql<'_>, place: &ServerPlace, facts: &ServerFacts) -> Result<Option<ServerFinding>, SqlError> {
    let user = ServerPlace::quoted(&facts.user);
    let Some(schema) = &facts.schema else {
        let mend = place.in_database(&format!(
            "CREATE SCHEMA invited AUTHORIZATION {user}; ALTER ROLE {user} SET search_path = invited"
        ));
        let what = format!("the user {} may use no schema of its search path ({})", facts.user, facts.search_path);
        return Ok(Some(ServerFinding::fault(what, mend)));
    };
    let names = table_names()?.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    let statement = format!(
        "SELECT relname::text, pg_get_userbyid(relowner)::text, pg_has_role(relowner, 'USAGE')::int::bigint, \
         (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT') AND has_table_privilege(oid, 'UPDATE') \
         AND has_table_privilege(oid, 'DELETE'))::int::bigint FROM pg_class WHERE relkind IN ('r', 'p') AND relname IN ({names}) \
         AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) ORDER BY relname"
    );
    let tables = sql.all(&statement, &[], |row| {
        Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned(), row.integer(2)? == 1, row.integer(3)? == 1))
    })?;
    if tables.is_empty() {
        let what = format!("the user {} may create no tables in the schema {schema}", facts.user);
        let own = place.in_database(&format!("GRANT CREATE ON SCHEMA {} TO {user}", ServerPlace::quoted(schema)));
        let mend = if schema == "public" && facts.owner != facts.user {
            let database = ServerPlace::quoted(&facts.database);
            let owner = ServerPlace::as_admin(&format!("ALTER DATABASE {database} OWNER TO {user}"));
            format!("since PostgreSQL 15 only the owner of a database creates tables there; so:\n{owner}\nor:\n{own}")
        } else {
            own
        };
        return Ok((!facts.may_create).then(|| ServerFinding::fault(what, mend)));
    }
    let foreign = tables.iter().find(|(_, _, is_own, _)| !is_own);
    let lacking = tables.iter().find(|(_, _, _, is_granted)| !is_granted);
    let take_over = |owner: &str| {
        let schema = ServerPlace::quoted(schema);
        let alter =
            |(table, ..): &(String, String, bool, bool)| format!("ALTER TABLE {schema}.{table} OWNER TO {user}; ");
        let tables = tables.iter().map(alter).collect::<Vec<_>>().concat();
        let mend = place.in_database(tables.trim_end());
        if owner == "postgres" { format!("they were restored or created as postgres:\n{mend}") } else { mend }
    };
    Ok(match (lacking, foreign) {
        (Some((table, owner, ..)), _) => {
            let what =
                format!("the user {} may not read and write the table {table}, which belongs to {owner}", facts.user);
            Some(ServerFinding::fault(what, take_over(owner)))
        }
        (None, Some((table, owner, ..))) => {
            let what =
                format!("the table {table} belongs to {owner}: a later version cannot migrate it as {}", facts.user);
            Some(ServerFinding::advice(what, take_over(owner)))
        }
        (None, None) => None,
    })
}

/// Whether a node's connections find room.
fn of_connections(sql: Sql<'_>, facts: &ServerFacts) -> Result<Option<ServerFinding>, SqlError> {
    let statement = "SELECT (SELECT sum(CASE name WHEN 'max_connections' THEN setting::bigint ELSE -setting::bigint END)::bigint \
                     FROM pg_settings WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')), \
                     (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), \
                     (SELECT rolconnlimit::bigint FROM pg_roles WHERE rolname = current_user), \
                     (SELECT datconnlimit::bigint FROM pg_database WHERE datname = current_database())";
    let numbers =
        sql.first(statement, &[], |row| Ok([row.integer(0)?, row.integer(1)?, row.integer(2)?, row.integer(3)?]))?;
    let Some([most, used, of_role, of_database]) = numbers else { return Ok(None) };
    let (role, database) = (ServerPlace::quoted(&facts.user), ServerPlace::quoted(&facts.database));
    let is_few = |limit: i64| (0..CONNECTIONS).contains(&limit);
    Ok(if is_few(of_role) {
        let what = format!("the user {} may have {of_role} connections, and a node needs {CONNECTIONS}", facts.user);
        Some(ServerFinding::fault(what, ServerPlace::as_admin(&format!("ALTER ROLE {role} CONNECTION LIMIT -1"))))
    } else if is_few(of_database) {
        let what =
            format!("the database {} takes {of_database} connections, and a node needs {CONNECTIONS}", facts.database);
        Some(ServerFinding::fault(
            what,
            ServerPlace::as_admin(&format!("ALTER DATABASE {database} CONNECTION LIMIT -1")),
        ))
    // The one that asks counts as used.
    } else if most - used + 1 < CONNECTIONS {
        let what = format!("PostgreSQL has {used} of {most} connections in use, and each node needs {CONNECTIONS}");
        let mend = format!(
            "if that is not this service itself, raise it, and restart PostgreSQL:\n{}",
            ServerPlace::as_admin("ALTER SYSTEM SET max_connections = 200")
        );
        Some(ServerFinding::advice(what, mend))
    } else {
        None
    })
}

/// Whether something in between gives each transaction another connection: whether it goes on where it was, also while a second
/// one is in a transaction.
fn of_pooler(server: &Postgres, session: &PostgresSession) -> Result<Option<ServerFinding>, SqlError> {
    let pid = |session: &PostgresSession| {
        Sql::Postgres(session).first("SELECT pg_backend_pid()::bigint", &[], |row| row.integer(0))
    };
    // Where there is no room for a second one, that was told before.
    let Ok(other) = server_access::connect(server) else { return Ok(None) };
    let mut pids = vec![pid(session)?, pid(session)?, pid(session)?];
    other.execute("BEGIN", &[])?;
    pid(&other)?;
    pids.extend([pid(session)?, pid(session)?, pid(session)?]);
    other.execute("ROLLBACK", &[])?;
    pids.dedup();
    Ok((pids.len() > 1).then(pooler))
}

/// Whether its clock and this machine's are far apart.
fn of_clock(sql: Sql<'_>) -> Result<Option<ServerFinding>, SqlError> {
    let (server, sent) = (ServerClock::default(), clock::instant());
    let said = sql.first(&format!("SELECT {SERVER_TIME}"), &[], |row| row.integer(0))?;
    server.note(sent, clock::instant(), clock::from_millisecond(said.unwrap_or_default()));
    let Some(difference) = server.difference().filter(|difference| difference.is_large()) else { return Ok(None) };
    let what = format!("this machine's clock is {difference}");
    let mend = "have both machines' clocks set by NTP, with chrony or systemd-timesyncd:\ntimedatectl set-ntp true";
    Ok(Some(if difference.is_too_large() {
        ServerFinding::fault(format!("{what}, so that the service would judge nothing"), mend)
    } else {
        ServerFinding::advice(what, mend)
    }))
}

/// What is wrong with the ledger that is there, if one is, or with its key.
fn of_ledger(settings: &LedgerSettings, is_for_the_service: impl Fn(&Path) -> bool) -> Option<ServerFinding> {
    match examine_key(settings) {
        // Here it need not be readable: the service has it.
        Ok(()) | Err(OpenError::Io { .. }) => None,
        Err(OpenError::KeyMissing { key_file, .. }) if is_for_the_service(&key_file) => None,
        Err(error @ (OpenError::KeyMissing { .. } | OpenError::WrongKey { .. })) => {
            Some(ServerFinding::fault(error.to_string(), "put the key of the other nodes, or of the backup, there"))
        }
        Err(error) => Some(ServerFinding::fault(chain(&error).to_string(), "")),
    }
}
