//! How a server is, which the log says when it changes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::error::CallError;
use super::token::Room;
use crate::clock;
use crate::config::BackendKind;
use crate::invite::name::HostName;
use crate::log::chain;

/// What is known of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It was not called yet.
    Unknown,
    /// It answered the last call.
    Up,
    /// It did not, and why.
    Away(String),
}

/// How a host's server is.
pub(super) struct ServerStatus {
    host: HostName,
    kind: BackendKind,
    state: Mutex<State>,
    answered_at: Mutex<Instant>,
    crowd: Mutex<Crowd>,
}

impl ServerStatus {
    /// That of a server that was not called yet.
    pub(super) fn new(host: &HostName, kind: BackendKind) -> Self {
        Self {
            host: host.clone(),
            kind,
            state: Mutex::new(State::Unknown),
            answered_at: Mutex::new(clock::instant()),
            crowd: Mutex::new(Crowd::None),
        }
    }

    pub(super) fn state(&self) -> State {
        lock(&self.state).clone()
    }

    /// Whether it has answered nothing for so long.
    pub(super) fn is_quiet_for(&self, time: Duration) -> bool {
        clock::instant().duration_since(*lock(&self.answered_at)) >= time
    }

    /// Notes that it has answered.
    pub(super) fn answered(&self, now: Instant) {
        *lock(&self.answered_at) = now;
    }

    /// Remembers how the tokens stand to the server's limit, and says in the log what that does to apps when it changes.
    pub(super) fn note_room(&self, room: Room) {
        let next = Crowd::of(room);
        let before = std::mem::replace(&mut *lock(&self.crowd), next);
        let (host, kind, Room { used, limit }) = (&self.host, self.kind.word(), room);
        match (before, next) {
            (Crowd::None | Crowd::Some, Crowd::Full) => {
                tracing::warn!(host = %host, backend = kind, tokens = used, limit = limit,
                    "the XMPP server has reached its token limit; until there are fewer tokens, invites work on the web only: see \
                     invited check --connect");
            }
            (Crowd::None, Crowd::Some) => {
                tracing::warn!(host = %host, backend = kind, tokens = used, limit = limit,
                    "the XMPP server is close to its token limit; see invited check --connect");
            }
            (Crowd::Full, Crowd::None | Crowd::Some) => {
                tracing::info!(host = %host, backend = kind, tokens = used, limit = limit,
                    "the XMPP server is below its token limit again");
            }
            (Crowd::None, Crowd::None) | (Crowd::Some, Crowd::None | Crowd::Some) | (Crowd::Full, Crowd::Full) => {}
        }
    }

    /// Remembers how the server is, and says so in the log when that changes.
    pub(super) fn note(&self, error: Option<&CallError>) {
        let next = match error {
            None | Some(CallError::Refused(_)) => State::Up,
            Some(CallError::Away(why) | CallError::Unsure(why)) => State::Away(chain(why).to_string()),
        };
        let before = std::mem::replace(&mut *lock(&self.state), next.clone());
        let (host, kind) = (&self.host, self.kind.word());
        match (before, next) {
            (State::Up | State::Unknown, State::Away(why)) => {
                tracing::warn!(host = %host, backend = kind, error = why.as_str(),
                    "the XMPP server is away; invites are still created, sign-up waits");
            }
            (State::Away(_), State::Up) => tracing::info!(host = %host, backend = kind, "the XMPP server is back"),
            _ => {}
        }
    }
}

/// How the tokens of a server stand to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Crowd {
    /// There is room.
    None,
    /// There will soon be none.
    Some,
    /// There is none.
    Full,
}

impl Crowd {
    fn of(room: Room) -> Self {
        match room {
            room if room.used >= room.limit => Self::Full,
            room if room.is_scarce() => Self::Some,
            _ => Self::None,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
