//! What may be asked for: from an order to a draft, or what is wrong with it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::name::{HostName, Jid, Username};
use super::{Draft, Kind, Source};

/// Whether tokens for apps are minted along with invites, where the server has tokens of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Minting {
    /// Not before they are needed.
    #[default]
    Later,
    /// Now, if the server is there.
    IfPossible,
    /// Now, or no invite is made.
    Required,
}

/// What a caller asks for. What it leaves out takes the host's defaults.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// The only name that may redeem it.
    pub username: Option<String>,
    /// A JID on the host: a contact invite.
    pub contact: Option<String>,
    /// A user name: a password reset.
    pub reset: Option<String>,
    /// How often.
    pub uses: Option<u32>,
    /// How long.
    pub ttl: Option<Duration>,
    /// Groups of the new account.
    pub groups: Vec<String>,
    /// Roles of the new account.
    pub roles: Vec<String>,
    /// A remark for admins.
    pub note: Option<String>,
    /// Who invites, in words.
    pub inviter: Option<String>,
    /// Its token for apps.
    pub minting: Minting,
}

/// What bounds an order: the host's and the key's limits, already brought together.
#[derive(Clone, Copy, Debug)]
pub struct Bounds<'a> {
    /// Default life.
    pub ttl: Duration,
    /// Longest life.
    pub max_ttl: Duration,
    /// Most uses.
    pub max_uses: u32,
    /// Names that no invite may claim.
    pub reserved: &'a BTreeSet<Username>,
}

/// The most uses of an invite.
pub const MAX_USES: u32 = 10_000;
/// A password reset lives this long by default.
pub const RESET_TTL: Duration = Duration::from_hours(24);
const MAX_NOTE_CHARS: usize = 1_000;
/// What a remark may be.
pub const NOTE_EXPECTED: &str = "expected at most 1000 characters, without NUL";
const MAX_LIST: usize = 32;
const MAX_WORD_CHARS: usize = 128;

/// One field of an order that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct Wrong {
    /// The field, by its name in the API.
    pub field: Cow<'static, str>,
    /// What is wrong and what is allowed.
    pub reason: String,
}

/// A length of time in the largest unit up to days that divides it: `7d`, not `1week`.
#[must_use]
pub fn span_text(span: Duration) -> String {
    if span.subsec_nanos() != 0 {
        return format!("{}ms", span.as_millis());
    }
    match span.as_secs() {
        s if s % 86_400 == 0 => format!("{}d", s / 86_400),
        s if s % 3_600 == 0 => format!("{}h", s / 3_600),
        s if s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

/// Whether `note` can be a remark.
#[must_use]
pub fn is_note(note: &str) -> bool {
    // PostgreSQL has no place for NUL.
    note.chars().count() <= MAX_NOTE_CHARS && !note.contains('\0')
}

/// Turns an order into a draft.
///
/// # Errors
/// Every field that is wrong.
pub fn draft(
    order: &Order,
    host: &HostName,
    bounds: Bounds<'_>,
    source: Source,
    now: Timestamp,
) -> Result<Draft, Vec<Wrong>> {
    let mut wrong = Vec::new();
    let mut refuse = |field: &'static str, reason: String| wrong.push(Wrong { field: field.into(), reason });

    let username = match order.username.as_deref().map(str::parse::<Username>) {
        Some(Ok(name)) if bounds.reserved.contains(&name) => {
            refuse("username", format!("{name} is reserved on {host}"));
            None
        }
        Some(Ok(name)) => Some(name),
        Some(Err(error)) => {
            refuse("username", error.to_string());
            None
        }
        None => None,
    };
    let contact = match order.contact.as_deref().map(str::parse::<Jid>) {
        Some(Ok(jid)) if jid.host != *host => {
            refuse("contact", format!("expected an address at {host}"));
            None
        }
        Some(Ok(jid)) => Some(jid),
        Some(Err(error)) => {
            refuse("contact", error.to_string());
            None
        }
        None => None,
    };
    let reset = match order.reset.as_deref().map(str::parse::<Username>) {
        Some(Ok(name)) => Some(name),
        Some(Err(error)) => {
            refuse("reset", error.to_string());
            None
        }
        None => None,
    };
    if order.reset.is_some() && (order.username.is_some() || order.contact.is_some()) {
        refuse("reset", "a password reset has neither username nor contact".into());
    }

    let uses = order.uses.unwrap_or(1);
    if !(1..=bounds.max_uses.min(MAX_USES)).contains(&uses) {
        refuse("uses", format!("expected 1 to {}", bounds.max_uses.min(MAX_USES)));
    } else if uses > 1 && (order.reset.is_some() || order.username.is_some()) {
        refuse("uses", "an invite for one account has one use".into());
    }

    let default_ttl = if order.reset.is_some() { RESET_TTL.min(bounds.ttl) } else { bounds.ttl };
    let ttl = order.ttl.unwrap_or(default_ttl.min(bounds.max_ttl));
    if ttl > bounds.max_ttl {
        refuse("ttl", format!("expected at most {}", span_text(bounds.max_ttl)));
    }
    let expires_at = jiff::SignedDuration::try_from(ttl).ok().and_then(|ttl| now.checked_add(ttl).ok());
    if expires_at.is_none() {
        refuse("ttl", "expected a shorter life".into());
    }

    if order.note.as_deref().is_some_and(|note| !is_note(note)) {
        refuse("note", NOTE_EXPECTED.into());
    }
    let is_word = |word: &String| {
        !word.is_empty() && word.chars().count() <= MAX_WORD_CHARS && !word.chars().any(char::is_control)
    };
    if order.inviter.as_ref().is_some_and(|inviter| !is_word(inviter)) {
        refuse("inviter", format!("expected 1 to {MAX_WORD_CHARS} characters"));
    }
    for (field, words) in [("groups", &order.groups), ("roles", &order.roles)] {
        if words.len() > MAX_LIST || !words.iter().all(is_word) {
            refuse(field, format!("expected at most {MAX_LIST} names of 1 to {MAX_WORD_CHARS} characters"));
        }
    }

    let kind = match (reset, contact) {
        (Some(username), _) => Kind::Reset { username },
        (None, Some(contact)) => Kind::Contact { contact, username },
        (None, None) => Kind::Account { username },
    };
    match expires_at {
        Some(expires_at) if wrong.is_empty() => Ok(Draft {
            kind,
            host: host.clone(),
            uses,
            created_at: now,
            expires_at,
            groups: order.groups.clone(),
            roles: order.roles.clone(),
            note: order.note.clone(),
            inviter: order.inviter.clone(),
            source,
            app_token: None,
        }),
        _ => Err(wrong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::tests::moment;

    fn try_draft(order: &Order) -> Result<Draft, Vec<Wrong>> {
        let reserved = BTreeSet::from(["admin".parse().unwrap()]);
        let day = Duration::from_hours(24);
        let bounds = Bounds { ttl: 7 * day, max_ttl: 30 * day, max_uses: 5, reserved: &reserved };
        draft(order, &"example.com".parse().unwrap(), bounds, Source::Cli, moment("2026-01-01T00:00:00Z"))
    }

    fn wrong(order: &Order) -> String {
        try_draft(order).unwrap_err().iter().map(Wrong::to_string).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn an_empty_order_takes_the_defaults() {
        let draft = try_draft(&Order::default()).unwrap();
        assert_eq!(draft.kind, Kind::Account { username: None });
        assert_eq!((draft.uses, draft.expires_at), (1, moment("2026-01-08T00:00:00Z")));
    }

    #[test]
    fn a_reset_lives_a_day() {
        let draft = try_draft(&Order { reset: Some("Romeo".into()), ..Order::default() }).unwrap();
        assert_eq!(draft.kind, Kind::Reset { username: "romeo".parse().unwrap() });
        assert_eq!(draft.expires_at, moment("2026-01-02T00:00:00Z"));
    }

    #[test]
    fn every_wrong_field_is_told_at_once() {
        let order = Order {
            username: Some("ADMIN".into()),
            contact: Some("romeo@elsewhere.example".into()),
            reset: None,
            uses: Some(6),
            ttl: Some(Duration::from_hours(31 * 24)),
            groups: vec![String::new()],
            roles: vec!["a\nb".into()],
            inviter: None,
            note: Some("x".repeat(1_001)),
            minting: Minting::Later,
        };
        assert_eq!(
            wrong(&order),
            "username: admin is reserved on example.com; contact: expected an address at example.com; \
             uses: expected 1 to 5; ttl: expected at most 30d; note: expected at most 1000 characters, without NUL; \
             groups: expected at most 32 names of 1 to 128 characters; \
             roles: expected at most 32 names of 1 to 128 characters"
        );
    }

    #[test]
    fn an_invite_for_one_account_has_one_use() {
        let order = Order { username: Some("alice".into()), uses: Some(2), ..Order::default() };
        assert_eq!(wrong(&order), "uses: an invite for one account has one use");
        let order = Order { reset: Some("alice".into()), username: Some("bob".into()), ..Order::default() };
        assert_eq!(wrong(&order), "reset: a password reset has neither username nor contact");
    }
}
