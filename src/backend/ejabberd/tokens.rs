//! What mod_invites says of its tokens.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::backend::{CallError, End, Own, Refusal, TokenDetails, TokenState};
use crate::clock;
use crate::invite::Kind;
use crate::invite::name::{HostName, Jid, Username};

/// How long a token is good where nobody says (`token_expire_seconds`).
const DEFAULT_LIFE: SignedDuration = SignedDuration::from_hours(5 * 24);

/// The end of a token that is minted now, as far as is known.
pub(super) fn default_expiry() -> Timestamp {
    clock::now().checked_add(DEFAULT_LIFE).unwrap_or(Timestamp::MAX)
}

/// A line of `list_invites`.
#[derive(Clone)]
pub(super) struct Listed {
    is_valid: bool,
    kind: String,
    /// Who created it; nobody, where an admin or a program did.
    inviter: Option<Jid>,
    /// Who has used it, as written; empty if nobody has.
    invitee: String,
    account: Option<Username>,
    /// Whether its URI says that an account can be created with it.
    has_ibr: bool,
    /// Whether its link opens anything.
    pub(super) has_page: bool,
    host: HostName,
    pub(super) expires_at: Option<Timestamp>,
}

impl Listed {
    pub(super) fn new(line: &Value, host: &HostName) -> Self {
        let text = |name: &str| line.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let inviter = text("inviter").and_then(|jid| jid.parse().ok());
        Self {
            is_valid: text("valid") == Some("true") || line.get("valid").and_then(Value::as_bool) == Some(true),
            kind: text("type").unwrap_or_default().to_owned(),
            inviter: inviter.filter(|inviter: &Jid| inviter.host == *host),
            invitee: text("invitee").unwrap_or_default().to_owned(),
            account: text("account_name").and_then(|name| name.parse().ok()),
            has_ibr: text("token_uri").is_some_and(|uri| uri.split([';', '?']).any(|part| part == "ibr=y")),
            has_page: text("landing_page").is_some(),
            host: host.clone(),
            expires_at: line.get("expires").and_then(moment),
        }
    }

    /// A use is what has an invitee; an invite to a roster that created an account has a name instead, and goes on to be good
    /// for the new account's first word to whoever invited it.
    pub(super) fn is_used(&self) -> bool {
        !self.invitee.is_empty() || (self.is_for_roster() && self.account.is_some())
    }

    /// Whether it is a user's invite to become contacts.
    pub(super) fn is_for_roster(&self) -> bool {
        self.kind == "roster_only"
    }

    /// Whether an account may be created with it: with one for the roster, where its user may have accounts created
    /// (`access_create_account`), which is judged anew with each list.
    pub(super) fn is_for_accounts(&self) -> bool {
        !self.is_for_roster() || self.has_ibr
    }

    /// Who created it, by user name; empty for nobody.
    pub(super) fn inviter(&self) -> &str {
        self.inviter.as_ref().map_or("", |inviter| inviter.user.as_str())
    }

    /// Who has used it, by user name, if that is somebody of this host.
    pub(super) fn invitee(&self) -> Option<&str> {
        self.invitee.split_once('@').filter(|(_, host)| *host == self.host.as_str()).map(|(user, _)| user)
    }

    /// Whether it counts against the server's limit.
    pub(super) fn counts(&self) -> bool {
        !self.is_for_roster() || self.account.is_some()
    }

    /// What has become of it.
    pub(super) fn state(&self, now: Timestamp) -> Result<TokenState, CallError> {
        match self.end(now) {
            Some(End::Used(account)) => Ok(TokenState::Used(account)),
            Some(End::Befriended(account)) => Ok(TokenState::Befriended(account)),
            Some(End::Unused) => Ok(TokenState::Unused),
            None => Ok(TokenState::Live(self.details()?)),
        }
    }

    /// The same for somebody who has its link from a user, and whom we have never seen.
    pub(super) fn own(&self, now: Timestamp) -> Result<Own, CallError> {
        Ok(Own { found: self.details()?, is_for_accounts: self.is_for_accounts(), end: self.end(now) })
    }

    fn end(&self, now: Timestamp) -> Option<End> {
        if self.is_used() {
            let account = match self.invitee() {
                Some(user) => user.parse().ok(),
                None if self.invitee.is_empty() => self.account.clone(),
                None => None,
            };
            // Who has signed up with it may have said the first word since.
            let is_friend = self.is_for_roster() && !self.invitee.is_empty() && account != self.account;
            return Some(if is_friend { End::Befriended(account) } else { End::Used(account) });
        }
        (!self.is_valid || self.expires_at() <= now).then_some(End::Unused)
    }

    fn expires_at(&self) -> Timestamp {
        self.expires_at.unwrap_or_else(default_expiry)
    }

    fn details(&self) -> Result<TokenDetails, CallError> {
        let (inviter, username) = (self.inviter.clone(), self.account.clone());
        let kind = match (self.kind.as_str(), inviter, username) {
            ("reset_token", _, Some(username)) => Kind::Reset { username },
            ("roster_only", Some(contact), _) => Kind::Contact { contact, username: None },
            ("account_subscription", Some(contact), username) => Kind::Contact { contact, username },
            ("account_only" | "account_subscription", _, username) => Kind::Account { username },
            _ => return Err(Refusal::Other("list_invites tells of a kind of invite that is not known".into()).into()),
        };
        Ok(TokenDetails { kind, expires_at: self.expires_at(), reusable: false })
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

    fn host() -> HostName {
        "ej.example".parse().unwrap()
    }

    fn line(valid: &str, kind: &str, invitee: &str, account: &str) -> Value {
        json!({"token": "t", "valid": valid, "type": kind, "inviter": "romeo@ej.example", "invitee": invitee,
            "account_name": account, "expires": "2026-07-02 00:00:00", "token_uri": "xmpp:romeo@ej.example?roster;preauth=t"})
    }

    fn state(line: &Value) -> Result<TokenState, CallError> {
        Listed::new(line, &host()).state(at("2026-07-01T00:00:00Z"))
    }

    fn alive(kind: Kind) -> TokenState {
        TokenState::Live(TokenDetails { kind, expires_at: at("2026-07-02T00:00:00Z"), reusable: false })
    }

    fn contact() -> Kind {
        Kind::Contact { contact: "romeo@ej.example".parse().unwrap(), username: None }
    }

    #[test]
    fn lines_tell_what_has_become_of_a_token() {
        let juliet = || "juliet".parse().unwrap();
        assert_eq!(state(&line("true", "account_only", "", "")), Ok(alive(Kind::Account { username: None })));
        assert_eq!(state(&line("true", "account_subscription", "", "")), Ok(alive(contact())));
        assert_eq!(state(&line("true", "roster_only", "", "")), Ok(alive(contact())));
        assert_eq!(state(&line("true", "reset_token", "", "juliet")), Ok(alive(Kind::Reset { username: juliet() })));
        let used = |line: Value| state(&line).unwrap();
        for (valid, kind, invitee, account, state) in [
            ("false", "account_only", "juliet@ej.example", "", TokenState::Used(Some(juliet()))),
            // Had an account, and is a contact now.
            ("false", "roster_only", "juliet@ej.example", "", TokenState::Befriended(Some(juliet()))),
            ("false", "roster_only", "juliet@ej.example", "nurse", TokenState::Befriended(Some(juliet()))),
            // Signed up with it; the invite is still good for the first word to romeo.
            ("true", "roster_only", "", "juliet", TokenState::Used(Some(juliet()))),
            ("false", "roster_only", "juliet@ej.example", "juliet", TokenState::Used(Some(juliet()))),
            ("false", "account_only", "a name that is none@ej.example", "", TokenState::Used(None)),
            // Somebody of another host, whose name is nobody's here.
            ("false", "roster_only", "juliet@other.example", "", TokenState::Used(None)),
        ] {
            assert_eq!(used(line(valid, kind, invitee, account)), state, "{kind} {invitee}");
        }
        assert_eq!(state(&line("false", "account_only", "", "")), Ok(TokenState::Unused), "nobody has used it");
        let late = at("2026-07-02T00:00:00Z");
        assert_eq!(Listed::new(&line("true", "account_only", "", ""), &host()).state(late), Ok(TokenState::Unused));
    }

    #[test]
    fn an_invite_to_a_roster_says_whether_it_makes_accounts() {
        let own = |uri: &str| {
            let mut line = line("true", "roster_only", "", "");
            line["token_uri"] = uri.into();
            Listed::new(&line, &host()).own(at("2026-07-01T00:00:00Z")).unwrap()
        };
        assert!(own("xmpp:romeo@ej.example?roster;preauth=t;ibr=y").is_for_accounts);
        for uri in ["xmpp:romeo@ej.example?roster;preauth=t", "xmpp:ibr=y@ej.example?roster;preauth=t", ""] {
            assert!(!own(uri).is_for_accounts, "{uri}");
        }
        assert!(Listed::new(&line("true", "account_only", "", ""), &host()).is_for_accounts());
    }

    #[test]
    fn what_is_not_known_is_taken_for_nothing() {
        let other = |kind: &str, account: &str| state(&line("true", kind, "", account));
        for (kind, account) in [("reset_token", ""), ("reset_token", "no name"), ("something_new", ""), ("", "")] {
            assert!(matches!(other(kind, account), Err(CallError::Refused(Refusal::Other(_)))), "{kind} {account}");
        }
        let mut strange = line("true", "roster_only", "", "");
        strange["inviter"] = "romeo@other.example".into();
        assert!(matches!(state(&strange), Err(CallError::Refused(Refusal::Other(_)))));
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
