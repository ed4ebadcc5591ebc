//! Sends users of the component's host what they are told of invites that they had created, and admins among them reminders.
//!
//! Whoever makes many accounts with an invite does not flood the one who had it created: all that waits for a user is one
//! message, and the next comes no sooner than ten minutes later. That is remembered here alone: after a restart one may come
//! early.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::running::Running;
use crate::clock;
use crate::component::{PATIENCE, SendError, UserMessage};
use crate::delivery::{Carried, Carrier, Carrying, ChannelNews, DeliveryEnd, Pace};
use crate::invite::name::Jid;
use crate::ledger::OutboxRow;
use crate::log::{Event, chain, event};
use crate::metrics::SentLabel;
use crate::pages::news::message;

/// A user gets at most one message in so long.
const PAUSE: Duration = Duration::from_mins(10);

/// While the component is not connected it costs nothing to look whether it is.
const PACE: Pace = Pace {
    at_once: 8,
    patience: PATIENCE.saturating_mul(2),
    grace: Duration::from_secs(2),
    first: Duration::from_secs(1),
    most_for_row: Duration::from_secs(30),
    most_for_channel: Duration::from_secs(5),
};

/// Sends messages by the component.
pub(super) struct Messenger {
    running: Running,
    sent: Mutex<HashMap<Jid, Instant>>,
}

impl Messenger {
    pub(super) fn new(running: Running) -> Self {
        Self { running, sent: Mutex::default() }
    }

    /// How long a user is to be left alone.
    fn pause(&self, user: &Jid) -> Option<Duration> {
        let (mut sent, now) = (self.sent.lock().unwrap_or_else(PoisonError::into_inner), clock::instant());
        sent.retain(|_, at| now.duration_since(*at) < PAUSE);
        sent.get(user).map(|at| PAUSE.saturating_sub(now.duration_since(*at)))
    }

    fn note(&self, user: Jid) {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).insert(user, clock::instant());
    }

    async fn send(&self, rows: &[OutboxRow], now: Timestamp) -> Carried {
        // Where more has come since, it is another message: whoever has the one does not take the other for it.
        let Some((user, last)) = rows.last().and_then(|row| Some((row.topic.parse::<Jid>().ok()?, row))) else {
            return Carried::Dropped;
        };
        let state = self.running.state.load_full();
        let settings = &state.settings;
        let component = settings.component.as_ref().filter(|component| component.host == user.host);
        let Some(site) = component.and_then(|_| settings.hosts.get(&user.host)) else { return Carried::Dropped };
        if let Some(wait) = self.pause(&user) {
            return Carried::Early { wait };
        }
        // What is said is what is true when there is somebody to say it to.
        if let Err(error) = self.running.outlet.wait_until_open().await {
            return Carried::Failed { reason: error.to_string(), wait: None };
        }
        let news = match state.desk.invites.news(&user, rows, now).await {
            Ok(news) => news,
            Err(error) => return Carried::PutOff { reason: chain(&error).to_string() },
        };
        let count = news.count();
        if count == 0 {
            return Carried::Dropped;
        }
        let manage = settings.public_url_of(&user.host).filter(|_| site.user_invites.is_some());
        let manage = manage.map(|url| format!("{}manage", url.base()));
        let text = message(&news, site.language, manage.as_deref());
        let (id, host) = (last.message.clone(), user.host.clone());
        let message = UserMessage { to: user.clone(), id, language: text.language, text: text.text };
        match self.running.outlet.send(message).await {
            Ok(()) => {
                self.note(user);
                event(&Event::MessageSent { host: &host, count });
                Carried::Delivered
            }
            Err(SendError::Refused(reason)) => {
                event(&Event::MessageRefused { host: &host, reason: &reason });
                Carried::Refused { reason }
            }
            Err(error @ (SendError::Away | SendError::Late)) => {
                Carried::Failed { reason: error.to_string(), wait: None }
            }
        }
    }
}

impl Carrier for Messenger {
    fn carry<'a>(&'a self, rows: &'a [OutboxRow], now: Timestamp) -> Carrying<'a> {
        Box::pin(self.send(rows, now))
    }

    fn pace(&self) -> Pace {
        PACE
    }

    /// Several nodes may have a component, and a server may take one of them.
    fn is_able(&self) -> bool {
        self.running.outlet.is_open()
    }

    fn goes_together(&self) -> bool {
        true
    }

    fn count(&self, end: DeliveryEnd) {
        self.running.metrics.messages.get_or_create(&SentLabel { result: end.name() }).inc();
    }

    fn tell(&self, news: &ChannelNews<'_>) {
        event(&match news {
            ChannelNews::Failing { reason } => Event::MessagesFailing { reason },
            ChannelNews::Recovered => Event::MessagesRecovered,
            ChannelNews::Dead { count } => Event::MessagesDead { count: *count },
        });
    }
}
