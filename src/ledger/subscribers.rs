//! Who is told of what happens: the channels of the outbox, by the configuration in force.

use std::collections::BTreeSet;
use std::sync::Arc;

use arc_swap::ArcSwap;
use event_listener::{Event, EventListener};

use crate::config::News;
use crate::invite::event::EventKind;
use crate::invite::name::{HostName, Jid};

/// Somebody who is told of what happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// What its rows in the outbox are found by.
    pub channel: String,
    /// What it is told of.
    pub events: BTreeSet<EventKind>,
    /// Of which hosts; none: of all, and of what is of no host.
    pub hosts: Option<BTreeSet<HostName>>,
    /// What it is told of that is for a user of these hosts, who had the invite created.
    pub news: BTreeSet<News>,
}

impl Subscriber {
    /// Whether it is told of such news, which are for `user`.
    #[must_use]
    pub fn wants_for(&self, news: News, user: &Jid) -> bool {
        self.news.contains(&news) && self.hosts.as_ref().is_none_or(|hosts| hosts.contains(&user.host))
    }

    /// Whether it is told of such an event, which is of that host, or of none.
    #[must_use]
    pub fn wants(&self, kind: EventKind, host: Option<&HostName>) -> bool {
        let is_of_host = |hosts: &BTreeSet<HostName>| host.is_some_and(|host| hosts.contains(host));
        self.events.contains(&kind) && self.hosts.as_ref().is_none_or(is_of_host)
    }
}

/// What the writers of a ledger, and those who send what they write, have in common.
#[derive(Default)]
pub(super) struct Subscribers {
    list: ArcSwap<Vec<Subscriber>>,
    written: Event,
}

impl Subscribers {
    pub(super) fn replace(&self, list: Vec<Subscriber>) {
        self.list.store(Arc::new(list));
        self.note_written();
    }

    pub(super) fn list(&self) -> Arc<Vec<Subscriber>> {
        self.list.load_full()
    }

    /// Something was written for them, and is durable; or there are other ones.
    pub(super) fn note_written(&self) {
        self.written.notify(usize::MAX);
    }

    pub(super) fn written(&self) -> EventListener {
        self.written.listen()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscriber_with_hosts_is_told_of_these_alone() {
        let [own, other]: [HostName; 2] = ["example.com", "example.org"].map(|name| name.parse().unwrap());
        let of_all =
            Subscriber { channel: "a".into(), events: EventKind::ALL.into(), hosts: None, news: BTreeSet::new() };
        let of_one = Subscriber { hosts: Some([own.clone()].into()), ..of_all.clone() };
        let (created, key) = (EventKind::InviteCreated, EventKind::KeyCreated);
        assert!(of_all.wants(created, Some(&own)) && of_all.wants(created, Some(&other)) && of_all.wants(key, None));
        assert!(of_one.wants(created, Some(&own)) && !of_one.wants(created, Some(&other)) && !of_one.wants(key, None));
        let romeo = "romeo@example.com".parse().unwrap();
        let of_users = Subscriber { events: BTreeSet::new(), news: [News::Joined].into(), ..of_one.clone() };
        assert!(of_users.wants_for(News::Joined, &romeo) && !of_users.wants_for(News::Expiring, &romeo));
        assert!(!of_users.wants_for(News::Joined, &"romeo@example.org".parse().unwrap()));
        assert!(!of_users.wants(created, Some(&own)) && !of_all.wants_for(News::Joined, &romeo));
        let of_few = Subscriber { events: [EventKind::InviteRevoked].into(), ..of_all };
        assert!(!of_few.wants(created, Some(&own)) && of_few.wants(EventKind::InviteRevoked, Some(&own)));
    }
}
