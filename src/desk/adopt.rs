//! Adoption: an invite that the host's server made itself is taken into the ledger when its link is first opened here.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{Desk, FindError};
use crate::backend::{Backend, CallError, End, Own};
use crate::clock;
use crate::invite::name::HostName;
use crate::invite::policy::MAX_USES;
use crate::invite::{AppToken, Draft, Invite, Source};
use crate::ledger::LedgerError;
use crate::rate::{Rate, Used};

/// Servers are asked for unknown tokens at most so often, whoever asks: guessing is not to load them.
const LOOK_UPS: Rate = Rate { count: 60, period: Duration::from_mins(1) };
/// What a server did not know is not asked again for so long.
const MISS_KEPT: Duration = Duration::from_mins(1);
/// So many misses are remembered.
const MAX_MISSES: usize = 10_000;

/// Tokens of all servers look like this.
fn is_token(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (12..=128).contains(&text.len()) && text.bytes().all(fits)
}

/// What keeps guesses from the servers.
#[derive(Default)]
pub(super) struct Gate(Mutex<State>);

#[derive(Default)]
struct State {
    used: Used,
    /// By digest: a miss may be a token of another place.
    misses: HashMap<[u8; 32], Instant>,
}

impl Gate {
    /// Whether servers may be asked for `token` now.
    fn admits(&self, token: &str, now: Timestamp, at: Instant) -> Admits {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.misses.get(&digest(token)).is_some_and(|missed| at.duration_since(*missed) < MISS_KEPT) {
            return Admits::Miss;
        }
        match LOOK_UPS.take(state.used, now, 1) {
            Ok(used) => {
                state.used = used;
                Admits::Ask
            }
            Err(_) => Admits::Later,
        }
    }

    fn missed(&self, token: &str, at: Instant) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.misses.len() >= MAX_MISSES {
            state.misses.retain(|_, missed| at.duration_since(*missed) < MISS_KEPT);
        }
        if state.misses.len() < MAX_MISSES {
            state.misses.insert(digest(token), at);
        }
    }
}

/// What may be done about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Admits {
    /// Servers may be asked.
    Ask,
    /// They were, and did not know it.
    Miss,
    /// They were asked too often.
    Later,
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

impl Desk {
    /// The invite that a server made `token` for, if one of them did.
    pub(super) async fn adopted(&self, token: &str, now: Timestamp) -> Result<Option<Invite>, FindError> {
        if !is_token(token) {
            return Ok(None);
        }
        for (host, _) in self.backends.all() {
            if let Some(invite) = self.ledger.adopted(token, host).await? {
                return Ok(Some(invite));
            }
        }
        if self.backends.all().next().is_none() {
            return Ok(None);
        }
        match self.lasting.gate.admits(token, now, clock::instant()) {
            Admits::Ask => {}
            Admits::Miss => return Ok(None),
            Admits::Later => return Err(FindError::Away),
        }
        let mut is_missing = true;
        for (host, backend) in self.backends.all() {
            match found(backend, token).await {
                Ok(Some(own)) => return Ok(self.adopt(host, token, own, now).await?),
                Ok(None) => {}
                Err(_) => is_missing = false,
            }
        }
        if !is_missing {
            return Err(FindError::Away);
        }
        self.lasting.gate.missed(token, clock::instant());
        Ok(None)
    }

    async fn adopt(
        &self,
        host: &HostName,
        token: &str,
        Own { found, end, .. }: Own,
        now: Timestamp,
    ) -> Result<Option<Invite>, LedgerError> {
        let sealed = self.ledger.seal().close(token.as_bytes());
        let out = AppToken { sealed, expires_at: found.expires_at, is_withdrawing: false };
        let draft = Draft {
            inviter: found.kind.contact().map(ToString::to_string),
            kind: found.kind,
            host: host.clone(),
            uses: if found.reusable { MAX_USES } else { 1 },
            created_at: now,
            expires_at: found.expires_at,
            groups: vec![],
            roles: vec![],
            note: None,
            source: Source::Server,
            // Of what has lapsed nothing is left to be watched.
            app_token: (end != Some(End::Lapsed)).then(|| out.clone()),
        };
        let invite = self.ledger.adopt(token, draft).await?;
        match (invite, end) {
            (Some(invite), Some(End::Used(account))) => Ok(Some(self.used_in_app(invite, out, account, now).await?)),
            (invite, _) => Ok(invite),
        }
    }
}

async fn found(backend: &Backend, token: &str) -> Result<Option<Own>, CallError> {
    match backend.own(token).await {
        // What cannot be told of is not shown.
        Err(CallError::Refused(_)) => Ok(None),
        answer => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::tests::moment;

    #[test]
    fn servers_are_asked_seldom_and_not_twice() {
        let gate = Gate::default();
        let (now, at) = (moment("2026-01-01T00:00:00Z"), clock::instant());
        assert_eq!(gate.admits("one-token-of-a-server", now, at), Admits::Ask);
        gate.missed("one-token-of-a-server", at);
        assert_eq!(gate.admits("one-token-of-a-server", now, at + MISS_KEPT / 2), Admits::Miss);
        for guess in 1..LOOK_UPS.count {
            assert_eq!(gate.admits(&guess.to_string(), now, at), Admits::Ask);
        }
        assert_eq!(gate.admits("one more", now, at), Admits::Later);
        let later = moment("2026-01-01T00:01:00Z");
        assert_eq!(gate.admits("one-token-of-a-server", later, at + MISS_KEPT), Admits::Ask);
    }

    #[test]
    fn misses_do_not_fill_the_memory() {
        let gate = Gate::default();
        let at = clock::instant();
        (0..MAX_MISSES + 10).for_each(|guess| gate.missed(&guess.to_string(), at));
        assert_eq!(gate.0.lock().unwrap().misses.len(), MAX_MISSES);
        gate.missed("later", at + MISS_KEPT);
        assert_eq!(gate.0.lock().unwrap().misses.len(), 1);
    }
}
