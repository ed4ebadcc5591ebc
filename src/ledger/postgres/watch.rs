//! Watches the servers of the URL that are not written to: one that was promoted is gone on to, also while the former primary is
//! frozen, and a former primary that comes back is told so in its ledger, for nodes that see nothing but that one.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use super::chosen::LedgerServer;
use super::connect;
use super::servers::LedgerServers;
use super::session::{PostgresSession, runtime};
use crate::clock;
use crate::ledger::error::SqlError;

/// How often they are looked at.
const ROUND: Duration = Duration::from_secs(1);

/// For one of them to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Watches them for as long as there is a ledger, where the URL has several.
///
/// # Errors
/// When the system has no thread for it.
pub(super) fn start(servers: &Arc<LedgerServers>) -> io::Result<()> {
    let url = servers.url().config();
    if url.get_hosts().len().max(url.get_hostaddrs().len()) > 1 {
        let servers = Arc::downgrade(servers);
        thread::Builder::new().name("ledger-watch".into()).spawn(move || watch(&servers))?;
    }
    Ok(())
}

fn watch(servers: &Weak<LedgerServers>) {
    let mut sessions = HashMap::new();
    loop {
        thread::sleep(ROUND);
        let Some(servers) = servers.upgrade() else { return };
        look(&servers, &mut sessions);
    }
}

/// Looks at each of them once. Connections are kept for the next time.
fn look(servers: &LedgerServers, sessions: &mut HashMap<String, PostgresSession>) {
    let Ok(runtime) = runtime() else { return };
    let mut kept = HashMap::new();
    for address in runtime.block_on(connect::addresses(servers.url(), clock::instant() + PATIENCE)) {
        // Only until the writer knows which it is there is something to compare with.
        let Some(chosen) = servers.chosen() else { continue };
        if chosen.address == address {
            continue;
        }
        let mut server = LedgerServer { address, origin: None };
        let place = server.place();
        let session = match sessions.remove(&place).filter(|session| !session.has_ended()) {
            Some(session) => Ok(session),
            None => PostgresSession::connect_to(servers.url(), &server.address, PATIENCE),
        };
        let known = servers.known();
        let asked = session.and_then(|session| {
            session.must_end_in(PATIENCE);
            Ok((session.origin()?, session))
        });
        let Ok(((origin, noted), session)) = asked else {
            servers.set_right(&server);
            continue;
        };
        server.origin = origin;
        if servers.judge(&known, &server, &noted).is_err() {
            let told = known.elsewhere();
            if noted != told && mark(&session, &noted.to_string(), &told.to_string()).is_err() {
                // It may be away again, or not let us.
                continue;
            }
        } else {
            servers.set_right(&server);
            servers.prefer_later(&server);
        }
        kept.insert(place, session);
    }
    *sessions = kept;
}

/// Writes into the ledger of a server from the past where it went on, if there is still noted what was. This server may wait
/// for its replica for ever.
fn mark(session: &PostgresSession, noted: &str, told: &str) -> Result<(), SqlError> {
    session.must_end_in(PATIENCE);
    session.batch(&format!(
        "BEGIN; SET LOCAL synchronous_commit = local; SET LOCAL lock_timeout = '1s'; \
         INSERT INTO meta (name, value) VALUES ('lineage', convert_to('{told}', 'UTF8')) \
         ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE meta.value = convert_to('{noted}', 'UTF8'); COMMIT"
    ))
}
