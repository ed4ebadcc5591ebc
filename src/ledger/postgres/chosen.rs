//! Which server is written to. Whoever reads reads from that one, and goes with the writer when it goes elsewhere.

use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use event_listener::Event;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::lineage::DataOrigin;

/// A server, where it is known what its data comes from: some that only speak as PostgreSQL does do not tell.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct LedgerServer {
    pub(super) address: Config,
    pub(super) origin: Option<DataOrigin>,
}

impl LedgerServer {
    /// Whether it is a promoted replica of the other one.
    pub(super) fn is_later_than(&self, other: &Self) -> bool {
        match (&self.origin, &other.origin) {
            (Some(ours), Some(theirs)) => ours.system == theirs.system && ours.timeline > theirs.timeline,
            _ => false,
        }
    }

    /// Where it is, for people.
    pub(super) fn place(&self) -> String {
        let port = self.address.get_ports().first().copied().unwrap_or_default();
        match (self.address.get_hostaddrs().first(), self.address.get_hosts().first()) {
            (Some(address), _) => SocketAddr::new(*address, port).to_string(),
            (None, Some(Host::Unix(dir))) => format!("{} (port {port})", dir.display()),
            (None, Some(Host::Tcp(_)) | None) => format!("port {port}"),
        }
    }
}

/// The server that is written to, if that is known.
#[derive(Default)]
pub(super) struct ChosenServer {
    server: ArcSwapOption<LedgerServer>,
    changed: Event,
}

impl ChosenServer {
    pub(super) fn get(&self) -> Option<Arc<LedgerServer>> {
        self.server.load_full()
    }

    /// From now on this one is written to. Connections to any other are of no use any more.
    pub(super) fn set(&self, server: &LedgerServer) -> Arc<LedgerServer> {
        let before = self.get();
        if let Some(before) = before.filter(|before| **before == *server) {
            return before;
        }
        let server = Arc::new(server.clone());
        self.server.store(Some(Arc::clone(&server)));
        self.changed.notify(usize::MAX);
        server
    }

    /// This one is not written to any more, and which one is instead is not known yet.
    pub(super) fn leave(&self, server: &LedgerServer) {
        if self.get().is_some_and(|chosen| *chosen == *server) {
            self.server.store(None);
            self.changed.notify(usize::MAX);
        }
    }

    /// Whether this choice still holds.
    pub(super) fn is(&self, server: &Arc<LedgerServer>) -> bool {
        self.server.load().as_ref().is_some_and(|chosen| Arc::ptr_eq(chosen, server))
    }

    /// Returns when it holds no more.
    pub(super) async fn left(&self, server: &Arc<LedgerServer>) {
        loop {
            let changed = self.changed.listen();
            if !self.is(server) {
                return;
            }
            changed.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_holds_until_another_server_is_chosen() {
        let server =
            |timeline| LedgerServer { address: Config::new(), origin: Some(DataOrigin { system: 7, timeline }) };
        let chosen = ChosenServer::default();
        let first = chosen.set(&server(1));
        assert!(Arc::ptr_eq(&first, &chosen.set(&server(1))) && chosen.is(&first));
        futures_lite::future::block_on(async {
            let mut left = std::pin::pin!(chosen.left(&first));
            assert_eq!(futures_lite::future::poll_once(&mut left).await, None);
            let second = chosen.set(&server(2));
            left.await;
            assert!(chosen.is(&second) && !chosen.is(&first));
            chosen.leave(&first);
            assert!(chosen.is(&second));
            chosen.leave(&second);
            assert!(!chosen.is(&second) && chosen.get().is_none());
        });
    }
}
