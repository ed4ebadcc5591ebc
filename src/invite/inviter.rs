//! Who an invite comes from, as far as anybody says: a user, or whoever had it created.
//!
//! What a user of the host asked for in an app is theirs. For all others somebody else says who invites: the text for that, if
//! it is an address, else whose contact the new account becomes. That is a claim of the [`Source`], which always stands beside.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::name::{Jid, NameError};
use super::text::is_control;
use super::{Draft, Source};

/// What a text that names an inviter is to be.
pub const INVITER_EXPECTED: &str = "expected an address, key/ID, cli or server";

/// As many characters as an address may have, which is more than any text about an inviter has.
pub const MAX_CHARS: usize = 2_047;

/// What a text about an inviter is to be, where invites of one are looked for.
pub const TEXT_EXPECTED: &str = "expected 1 to 2047 characters, without control characters";

/// Who an invite comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Inviter {
    /// Somebody with an address.
    User(Jid),
    /// Nobody is named: who had it created.
    Source(Source),
}

impl Inviter {
    /// Who an invite of `draft` comes from.
    #[must_use]
    pub fn of(draft: &Draft) -> Self {
        address_of(draft).map_or_else(|| Self::Source(draft.source.clone()), Self::User)
    }
}

/// The address of who an invite of `draft` comes from, if one is named.
#[must_use]
pub fn address_of(draft: &Draft) -> Option<Jid> {
    match &draft.source {
        Source::Xmpp(user) => Some(user.clone()),
        Source::Key(_) | Source::Cli | Source::Server => {
            draft.inviter.as_deref().and_then(address).or_else(|| draft.kind.contact().cloned())
        }
    }
}

/// The address that a text about an inviter is, if it is one.
#[must_use]
pub fn address(text: &str) -> Option<Jid> {
    // Most are none, and are told from them without being prepared.
    if text.contains('@') { text.parse().ok() } else { None }
}

/// A text about an inviter to look for, if it may be one.
#[must_use]
pub fn text(given: &str) -> Option<String> {
    ((1..=MAX_CHARS).contains(&given.chars().count()) && !given.contains(is_control)).then(|| given.to_owned())
}

impl fmt::Display for Inviter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => user.fmt(f),
            Self::Source(source) => source.fmt(f),
        }
    }
}

impl FromStr for Inviter {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        match text.parse() {
            Ok(Source::Xmpp(user)) => Ok(Self::User(user)),
            Ok(source) => Ok(Self::Source(source)),
            Err(_) => text.parse().map(Self::User),
        }
    }
}

impl TryFrom<String> for Inviter {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::Kind;
    use crate::invite::tests::draft;

    #[test]
    fn a_user_comes_before_what_others_say_and_an_address_before_a_contact() {
        let key = || Source::Key("website".parse().unwrap());
        let account = Kind::Account { username: None };
        let contact = || Kind::Contact { contact: "nurse@example.com".parse().unwrap(), username: None };
        let user = || Source::Xmpp("romeo@example.com".parse().unwrap());
        for (source, inviter, kind, expected) in [
            (key(), None, account.clone(), "key/website"),
            (Source::Cli, None, account.clone(), "cli"),
            (Source::Server, Some("Tybalt"), account.clone(), "server"),
            (Source::Server, None, contact(), "nurse@example.com"),
            (key(), Some("Romeo of Verona"), contact(), "nurse@example.com"),
            (key(), Some("JULIET@Example.COM"), contact(), "juliet@example.com"),
            (key(), Some("me @ home"), account.clone(), "key/website"),
            (key(), Some("juliet@example.com/phone"), account.clone(), "key/website"),
            (user(), Some("juliet@example.com"), contact(), "romeo@example.com"),
            (user(), None, account, "romeo@example.com"),
        ] {
            let draft = Draft { source, inviter: inviter.map(str::to_owned), kind, ..draft() };
            let found = Inviter::of(&draft);
            assert_eq!(found.to_string(), expected);
            assert_eq!(expected.parse(), Ok(found));
        }
        assert_eq!("xmpp/Romeo@example.com".parse::<Inviter>().unwrap().to_string(), "romeo@example.com");
        for wrong in ["", "romeo", "key/", "key/a b", "xmpp/romeo", "@example.com", "other/x"] {
            assert_eq!(wrong.parse::<Inviter>().ok(), None, "{wrong}");
        }
    }
}
