//! What the tasks of the service share, and one line about how it goes.

use std::fmt::Display;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::counting::Counting;
use crate::backend::State;
use crate::caller::AppState;
use crate::component;
use crate::key::state::StateKeys;
use crate::ledger::Ledger;
use crate::log::chain;
use crate::metrics::Metrics;
use crate::server::Server;

/// What the tasks of the service share.
#[derive(Clone)]
pub(super) struct Running {
    pub(super) server: Server<Arc<AppState>>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) state_keys: Arc<StateKeys>,
    pub(super) ledger: Ledger,
    /// The configuration in force, at work.
    pub(super) state: Arc<ArcSwap<AppState>>,
    pub(super) counting: Arc<Counting>,
    pub(super) component: Arc<component::Health>,
    /// Where messages go that the component sends by itself.
    pub(super) outlet: Arc<component::Outlet>,
}

impl Running {
    /// Whether a request would be answered: the accept loops and the ledger's thread answer, however long that takes.
    pub(super) async fn is_alive(&self) -> bool {
        self.server.heartbeat().await && self.ledger.heartbeat().await.is_ok()
    }

    /// One line about how it goes.
    pub(super) fn status(&self) -> String {
        let AppState { desk, settings, .. } = &**self.state.load();
        let hosts = listed(settings.hosts.keys(), ", ");
        let keys = desk.access.key_count();
        let pending = self.counting.pending();
        let plural = if keys == 1 { "" } else { "s" };
        let mut status = format!("serving {hosts}; {keys} key{plural}; {pending} pending");
        let away = desk.health.hosts().filter_map(|(host, _, state)| match state {
            Some(State::Away(why)) => Some(format!("the XMPP server of {host} is away ({why})")),
            Some(State::Up | State::Unknown) | None => None,
        });
        let away = listed(away, "; ");
        if !away.is_empty() {
            status = format!("{status}; {away}");
        }
        if let Some(trouble) = self.component.trouble() {
            status = format!("{status}; {trouble}");
        }
        if let Some(difference) = desk.health.clock_trouble() {
            status = format!("{status}; this node's clock is {difference}");
        }
        match self.ledger.trouble() {
            Some(trouble) => format!("{status}; {}", chain(&*trouble)),
            None => status,
        }
    }
}

/// So many bytes of a list are told, so that there is room for all that a status says.
const LISTED_BYTES: usize = 1_000;

/// As many of `items` as there is room for, and how many more there are.
fn listed<T: Display>(items: impl IntoIterator<Item = T>, between: &str) -> String {
    let mut items = items.into_iter();
    let Some(first) = items.next() else { return String::new() };
    let mut list = first.to_string();
    while let Some(item) = items.next() {
        let item = item.to_string();
        if list.len() + between.len() + item.len() > LISTED_BYTES {
            return format!("{list}{between}… and {} more", items.count() + 1);
        }
        list.push_str(between);
        list.push_str(&item);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_ends_with_how_many_more_there_are() {
        assert_eq!(listed([] as [&str; 0], ", "), "");
        assert_eq!(listed(["a"], ", "), "a");
        assert_eq!(listed(["a", "b", "c"], ", "), "a, b, c");
        let names = |count: usize| (0..count).map(|number| format!("h{number:03}.example.com"));
        let list = listed(names(250), ", ");
        let (shown, end) = list.split_once(", … and ").unwrap();
        let shown = shown.split(", ").count();
        assert_eq!(end, format!("{} more", 250 - shown));
        assert!(shown > 40 && list.len() < LISTED_BYTES + 30, "{shown} in {}", list.len());
        assert_eq!(listed(["x".repeat(5_000), "a".into()], ", ").len(), 5_000 + ", … and 1 more".len());
    }
}
