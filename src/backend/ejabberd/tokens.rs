//! What mod_invites tells of its tokens.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::backend::{Found, TokenState};
use crate::clock;
use crate::invite::Kind;
use crate::invite::name::{HostName, Jid, Username};

/// How long a token is good where nobody says (`token_expire_seconds`).
const DEFAULT_LIFE: SignedDuration = SignedDuration::from_hours(5 * 24);

/// The end of a token that is made now, as far as is known.
pub(super) fn default_expiry() -> Timestamp {
    clock::now().checked_add(DEFAULT_LIFE).unwrap_or(Timestamp::MAX)
}

/// A line of `list_invites`.
pub(super) struct Listed {
    is_valid: bool,
    kind: String,
    inviter: Option<Jid>,
    /// Who has used it.
    invitee: Option<Username>,
    account: Option<Username>,
    pub(super) expires_at: Option<Timestamp>,
}

impl Listed {
    pub(super) fn new(line: &Value) -> Self {
        let text = |name: &str| line.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let user = |jid: &str| jid.split('@').next().and_then(|user| user.parse().ok());
        Self {
            is_valid: text("valid") == Some("true") || line.get("valid").and_then(Value::as_bool) == Some(true),
            kind: text("type").unwrap_or_default().to_owned(),
            inviter: text("inviter").and_then(|jid| jid.parse().ok()),
            invitee: text("invitee").and_then(user),
            account: text("account_name").and_then(|name| name.parse().ok()),
            expires_at: line.get("expires").and_then(moment),
        }
    }

    pub(super) fn state(self, host: &HostName, now: Timestamp) -> TokenState {
        if let Some(invitee) = self.invitee {
            return TokenState::Used(Some(invitee));
        }
        let expires_at = self.expires_at.unwrap_or_else(default_expiry);
        if !self.is_valid || expires_at <= now {
            return TokenState::Absent;
        }
        let inviter = self.inviter.filter(|inviter| inviter.host == *host);
        let kind = match (self.kind.as_str(), inviter, self.account) {
            ("reset_token", _, Some(username)) => Kind::Reset { username },
            ("account_subscription" | "roster_only", Some(contact), username) => Kind::Contact { contact, username },
            (_, _, username) => Kind::Account { username },
        };
        TokenState::Live(Found { kind, expires_at, reusable: false })
    }
}

/// A time as ejabberd writes it: RFC 3339, the same with a blank and without a zone (UTC), or seconds since 1970.
fn moment(value: &Value) -> Option<Timestamp> {
    if let Some(seconds) = value.as_i64() {
        return Timestamp::from_second(seconds).ok();
    }
    let text = value.as_str()?;
    let civil = || text.replace(' ', "T").parse::<DateTime>().ok()?.in_tz("UTC").ok();
    text.parse().ok().or_else(|| Some(civil()?.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::tests::moment as at;
    use serde_json::json;

    #[test]
    fn lines_tell_what_has_become_of_a_token() {
        let host: HostName = "ej.example".parse().unwrap();
        let now = at("2026-07-01T00:00:00Z");
        let line = |valid: &str, kind: &str, invitee: &str, account: &str| {
            json!({"token": "t", "valid": valid, "type": kind, "inviter": "romeo@ej.example", "invitee": invitee,
                "account_name": account, "expires": "2026-07-02 00:00:00"})
        };
        let state = |line: Value| Listed::new(&line).state(&host, now);
        let alive = |kind| TokenState::Live(Found { kind, expires_at: at("2026-07-02T00:00:00Z"), reusable: false });
        let juliet = || "juliet".parse().unwrap();
        assert_eq!(state(line("true", "account_only", "", "")), alive(Kind::Account { username: None }));
        let contact = "romeo@ej.example".parse().unwrap();
        assert_eq!(
            state(line("true", "account_subscription", "", "")),
            alive(Kind::Contact { contact, username: None })
        );
        assert_eq!(state(line("true", "reset_token", "", "juliet")), alive(Kind::Reset { username: juliet() }));
        let used = state(line("false", "account_only", "juliet@ej.example", ""));
        assert_eq!(used, TokenState::Used(Some(juliet())));
        assert_eq!(state(line("false", "account_only", "", "")), TokenState::Absent);
    }

    #[test]
    fn times_are_read_in_every_shape() {
        let expected = Some(at("2026-07-02T00:00:00Z"));
        for value in [json!("2026-07-02T00:00:00Z"), json!("2026-07-02 00:00:00"), json!(1_782_950_400)] {
            assert_eq!(moment(&value), expected, "{value}");
        }
        assert_eq!(moment(&json!("soon")), None);
    }
}
