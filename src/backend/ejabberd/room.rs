//! How many tokens ejabberd still mints. It stops at a thousand (`OVERUSE_LIMIT`, ejabberd's issue 4616), counts those that
//! were used and those that have expired along with the others, and says so to nobody before.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::tokens::Listed;
use crate::backend::Room;

/// So many tokens, and ejabberd mints no more of them. Those for a new password it mints all the same.
pub(super) const LIMIT: usize = 1_000;

/// Where the server said that there was no room, it is not asked for so long.
const FULL_FOR: Duration = Duration::from_mins(1);
/// Where there is none, the tokens are counted again so often.
const COUNTED_FOR: Duration = Duration::from_secs(10);

/// What the last list said, and the last refusal.
#[derive(Default)]
pub(super) struct TokenCount(Mutex<LastCount>);

#[derive(Default)]
struct LastCount {
    used: Option<usize>,
    counted_at: Option<Instant>,
    refused_at: Option<Instant>,
}

impl TokenCount {
    /// Notes what a list says.
    pub(super) fn note(&self, rows: &HashMap<String, Listed>, now: Instant) {
        let used = of_server(rows);
        let mut state = self.state();
        (state.used, state.counted_at) = (Some(used), Some(now));
    }

    /// Whether it is time to see whether there is room again.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        let counted_at = self.state().counted_at;
        self.is_full(now) && counted_at.is_none_or(|at| now.duration_since(at) >= COUNTED_FOR)
    }

    /// Notes that the server minted none for want of room, which it counts in another way than we do, perhaps.
    pub(super) fn refused(&self, now: Instant) {
        self.state().refused_at = Some(now);
    }

    /// Whether no token can be had now, as far as is known.
    pub(super) fn is_full(&self, now: Instant) -> bool {
        let state = self.state();
        let was_refused = state.refused_at.is_some_and(|at| now.duration_since(at) < FULL_FOR);
        was_refused || state.used.is_some_and(|used| used >= LIMIT)
    }

    /// Whether so much is in use that what nobody needs any more is cleared away.
    pub(super) fn is_scarce(&self) -> bool {
        self.state().used.is_some_and(|used| used >= LIMIT / 2)
    }

    pub(super) fn room(&self, now: Instant) -> Option<Room> {
        let used = self.state().used?;
        let used = if self.is_full(now) { used.max(LIMIT) } else { used };
        Some(Room { used: used as u64, limit: LIMIT as u64 })
    }

    fn state(&self) -> MutexGuard<'_, LastCount> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What ejabberd counts before it mints a token for us: every token that belongs to nobody, and those of everybody who
/// came by one of these, and so on. One for the roster alone counts when it has created an account.
fn of_server(rows: &HashMap<String, Listed>) -> usize {
    let mut of_inviter: HashMap<&str, Vec<&Listed>> = HashMap::new();
    for row in rows.values().filter(|row| row.counts()) {
        of_inviter.entry(row.inviter()).or_default().push(row);
    }
    let (mut count, mut open) = (0, vec![""]);
    while let Some(inviter) = open.pop() {
        for row in of_inviter.get(inviter).into_iter().flatten() {
            count += 1;
            open.extend(row.invitee());
            // Whoever is reset and invited counts twice, there as here, and a circle would never end.
            if count >= 10 * LIMIT {
                return count;
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use serde_json::json;

    fn rows(rows: &[(&str, &str, &str, &str)]) -> HashMap<String, Listed> {
        let host = "ej.example".parse().unwrap();
        let jid = |user: &str| if user.is_empty() { String::new() } else { format!("{user}@ej.example") };
        let row = |(at, (kind, inviter, invitee, account)): (usize, &(&str, &str, &str, &str))| {
            let inviter = if inviter.is_empty() { "ej.example".into() } else { jid(inviter) };
            let row = json!({"type": kind, "inviter": inviter, "invitee": jid(invitee), "account_name": account});
            (at.to_string(), Listed::new(&row, &host))
        };
        rows.iter().enumerate().map(row).collect()
    }

    #[test]
    fn tokens_are_counted_as_the_server_does() {
        let server = ("account_only", "", "", "");
        assert_eq!(of_server(&rows(&[])), 0);
        assert_eq!(of_server(&rows(&[server, server, ("reset_token", "", "", "romeo")])), 3);
        let theirs = ("account_subscription", "romeo", "", "");
        assert_eq!(of_server(&rows(&[theirs])), 0, "romeo came by himself");
        assert_eq!(of_server(&rows(&[theirs, ("account_only", "", "romeo", "")])), 2);
        assert_eq!(of_server(&rows(&[theirs, ("reset_token", "", "romeo", "romeo")])), 2, "or was given a password");
        let roster = ("roster_only", "romeo", "juliet", "");
        assert_eq!(of_server(&rows(&[roster, ("account_only", "", "romeo", "")])), 1);
        let roster = ("roster_only", "romeo", "", "juliet");
        assert_eq!(of_server(&rows(&[roster, ("account_only", "", "romeo", "")])), 2);
        let circle = ("account_only", "romeo", "romeo", "");
        assert_eq!(of_server(&rows(&[circle, ("account_only", "", "romeo", "")])), 10 * LIMIT);
    }

    #[test]
    fn where_there_was_no_room_it_is_looked_for_again() {
        let (count, now) = (TokenCount::default(), clock::instant());
        assert_eq!((count.is_full(now), count.room(now)), (false, None));
        count.note(&rows(&[("account_only", "", "", "")]), now);
        assert_eq!(count.room(now), Some(Room { used: 1, limit: 1_000 }));
        count.refused(now);
        assert!(count.is_full(now) && !count.is_due(now) && count.is_due(now + COUNTED_FOR));
        assert!(count.room(now).unwrap().used == 1_000 && !count.is_full(now + FULL_FOR));
        count.note(&rows(&vec![("account_only", "", "", ""); LIMIT]), now);
        assert!(count.is_full(now + FULL_FOR) && count.is_scarce());
        count.note(&rows(&vec![("account_only", "", "", ""); LIMIT - 1]), now);
        assert!(!count.is_full(now + FULL_FOR) && !count.is_due(now + FULL_FOR));
    }
}
