//! What mod_invites tells of its tokens.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::backend::{CallError, Found, Refusal, TokenState};
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
#[derive(Clone)]
pub(super) struct Listed {
    is_valid: bool,
    kind: String,
    inviter: Option<Jid>,
    is_used: bool,
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
            is_used: text("invitee").is_some(),
            invitee: text("invitee").and_then(user),
            account: text("account_name").and_then(|name| name.parse().ok()),
            expires_at: line.get("expires").and_then(moment),
        }
    }

    pub(super) fn is_used(&self) -> bool {
        self.is_used
    }

    /// What has become of it, for somebody who wants an account or a new password: an invite that is for the roster
    /// alone is none, whose user need not be allowed to have accounts made.
    pub(super) fn state(self, host: &HostName, now: Timestamp) -> Result<TokenState, CallError> {
        if self.is_used {
            return Ok(TokenState::Used(self.invitee));
        }
        let expires_at = self.expires_at.unwrap_or_else(default_expiry);
        if !self.is_valid || expires_at <= now {
            return Ok(TokenState::Absent);
        }
        let inviter = self.inviter.filter(|inviter| inviter.host == *host);
        let kind = match (self.kind.as_str(), inviter, self.account) {
            ("roster_only", ..) => return Ok(TokenState::Absent),
            ("reset_token", _, Some(username)) => Kind::Reset { username },
            ("account_subscription", Some(contact), username) => Kind::Contact { contact, username },
            ("account_only" | "account_subscription", _, username) => Kind::Account { username },
            _ => return Err(Refusal::Other("list_invites tells of a kind of invite that is not known".into()).into()),
        };
        Ok(TokenState::Live(Found { kind, expires_at, reusable: false }))
    }
}

/// A time as ejabberd writes it: RFC 3339, the same with a blank and without a zone (UTC), or seconds since 1970.
fn moment(value: &Value) -> Option<Timestamp> {
    if let Some(seconds) = value.as_i64() {
        return Timestamp::from_second(seconds).ok();
    }
    let text = value.as_str()?;
    // Not "UTC" by its name: that is looked up in the machine's time zone database, which may not be there.
    let civil = || TimeZone::UTC.to_timestamp(text.replace(' ', "T").parse::<DateTime>().ok()?).ok();
    text.parse().ok().or_else(civil)
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
        let expires_at = at("2026-07-02T00:00:00Z");
        let alive = |kind| Ok(TokenState::Live(Found { kind, expires_at, reusable: false }));
        let juliet = || "juliet".parse().unwrap();
        assert_eq!(state(line("true", "account_only", "", "")), alive(Kind::Account { username: None }));
        let contact = "romeo@ej.example".parse().unwrap();
        assert_eq!(
            state(line("true", "account_subscription", "", "")),
            alive(Kind::Contact { contact, username: None })
        );
        assert_eq!(state(line("true", "reset_token", "", "juliet")), alive(Kind::Reset { username: juliet() }));
        let used = state(line("false", "account_only", "juliet@ej.example", ""));
        assert_eq!(used, Ok(TokenState::Used(Some(juliet()))));
        let used = state(line("false", "account_only", "a name that is none@ej.example", ""));
        assert_eq!(used, Ok(TokenState::Used(None)));
        assert_eq!(state(line("false", "account_only", "", "")), Ok(TokenState::Absent));
    }

    #[test]
    fn what_makes_no_account_is_not_taken_for_one_that_does() {
        let host: HostName = "ej.example".parse().unwrap();
        let now = at("2026-07-01T00:00:00Z");
        let line = |kind: &str, account: &str| {
            json!({"token": "t", "valid": "true", "type": kind, "inviter": "romeo@ej.example", "invitee": "",
                "account_name": account, "expires": "2026-07-02T00:00:00Z"})
        };
        let state = |kind: &str, account: &str| Listed::new(&line(kind, account)).state(&host, now);
        assert_eq!(state("roster_only", ""), Ok(TokenState::Absent));
        for (kind, account) in [("reset_token", ""), ("reset_token", "no name"), ("something_new", ""), ("", "")] {
            assert!(matches!(state(kind, account), Err(CallError::Refused(Refusal::Other(_)))), "{kind} {account}");
        }
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
