//! Commands that have more than one step (XEP-0050, 3.4): a session is one user's, at one of their devices, and ends with
//! its last step that is right, or by itself.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng as _;

use super::stanza::bare;
use crate::clock;

/// Whoever fills a form in has so long.
const LIFE: Duration = Duration::from_mins(10);
/// Of one user, and of all together; the oldest goes first.
const MOST_OF_ONE: usize = 8;
const MOST: usize = 1_000;

/// The sessions that are open.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<String, CommandSession>>);

struct CommandSession {
    /// The full JID.
    owner: String,
    began: Instant,
}

impl Sessions {
    /// Opens a session of `owner`, or leaves it open.
    pub(super) fn begin(&self, id: &str, owner: &str) {
        let now = clock::instant();
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|other, session| other != id && now.duration_since(session.began) < LIFE);
        let is_same_user = |session: &CommandSession| bare(&session.owner) == bare(owner);
        evict_oldest(&mut sessions, MOST_OF_ONE, is_same_user);
        evict_oldest(&mut sessions, MOST, |_| true);
        sessions.insert(id.to_owned(), CommandSession { owner: owner.to_owned(), began: now });
    }

    /// Whether the session is open, and `owner`'s.
    pub(super) fn is_open(&self, id: &str, owner: &str) -> bool {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_live = |session: &CommandSession| clock::instant().duration_since(session.began) < LIFE;
        sessions.get(id).is_some_and(|session| session.owner == owner && is_live(session))
    }

    /// Ends a session that is open, and `owner`'s; says whether there was one.
    pub(super) fn end(&self, id: &str, owner: &str) -> bool {
        let is_open = self.is_open(id, owner);
        is_open && self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id).is_some()
    }
}

/// Ends the oldest of some sessions, if there are as many as may be.
fn evict_oldest(sessions: &mut HashMap<String, CommandSession>, most: usize, of: impl Fn(&CommandSession) -> bool) {
    let some = || sessions.iter().filter(|(_, session)| of(session));
    let oldest = some().min_by_key(|(_, session)| session.began).map(|(id, _)| id.clone());
    if some().count() >= most
        && let Some(oldest) = oldest
    {
        sessions.remove(&oldest);
    }
}

/// What a session is called by; nobody guesses it.
pub(super) fn new_id() -> String {
    let mut bytes = [0; 12];
    clock::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_its_owners_and_ends_once() {
        let (sessions, id) = (Sessions::default(), new_id());
        sessions.begin(&id, "romeo@example.com/balcony");
        assert!(!sessions.end(&id, "romeo@example.com/orchard") && !sessions.end("x", "romeo@example.com/balcony"));
        assert!(sessions.is_open(&id, "romeo@example.com/balcony"));
        assert!(sessions.end(&id, "romeo@example.com/balcony") && !sessions.end(&id, "romeo@example.com/balcony"));
    }

    #[test]
    fn the_oldest_sessions_evict_oldest_first_those_of_the_same_user() {
        let sessions = Sessions::default();
        let begin = |owner: &str| {
            let id = new_id();
            sessions.begin(&id, owner);
            id
        };
        let other = begin("a@example.com/x");
        let own: Vec<_> = (0..=MOST_OF_ONE).map(|device| begin(&format!("b@example.com/{device}"))).collect();
        assert!(!sessions.is_open(&own[0], "b@example.com/0") && sessions.is_open(&own[1], "b@example.com/1"));
        assert!(sessions.is_open(&other, "a@example.com/x"));
        for user in 0..MOST {
            begin(&format!("{user}@example.com/x"));
        }
        assert!(!sessions.is_open(&other, "a@example.com/x"));
    }
}
