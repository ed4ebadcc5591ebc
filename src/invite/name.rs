//! Names: hosts, localparts and bare JIDs as XMPP compares them, prepared before anything looks at them; ids of keys.

use std::fmt;
use std::str::FromStr;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use precis_core::profile::PrecisFastInvocation as _;
use precis_profiles::UsernameCaseMapped;
use serde::{Deserialize, Serialize};

/// Why a name cannot be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not a domain.
    #[error("expected a domain such as \"example.com\"")]
    Host,
    /// Not a localpart.
    #[error("expected a user name: letters, digits and . _ - without blanks or any of \" & ' / : < > @")]
    Username,
    /// Not a bare JID.
    #[error("expected an address such as \"romeo@example.com\"")]
    Jid,
    /// Not a key's id.
    #[error("expected 1 to 64 characters of A-Z a-z 0-9 . _ - that do not begin with a dot")]
    KeyId,
}

/// What no domain has of ASCII: all but letters, digits, hyphens (RFC 1034, 3.5) and the underscores that some names of machines
/// have, which XMPP servers take.
const DENIED_IN_DOMAINS: AsciiDenyList = AsciiDenyList::new(true, "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~");

/// The name of a new account has at most so many octets: Prosody writes most that are no letter or digit of ASCII as three into the
/// name of a file, and there is room for 255.
pub const MAX_NEW_NAME_BYTES: usize = 64;

/// A part of a JID is at most so many octets (RFC 7622, 3.1).
pub const MAX_PART_BYTES: usize = 1023;

macro_rules! prepared_name {
    ($type:ty) => {
        impl TryFrom<String> for $type {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl $type {
            /// The prepared text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

/// An XMPP domain, lower case, in Unicode (RFC 7622, 3.2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostName(String);
prepared_name!(HostName);

impl FromStr for HostName {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = text.strip_suffix('.').unwrap_or(text);
        let ascii = Uts46::new().to_ascii(text.as_bytes(), DENIED_IN_DOMAINS, Hyphens::Check, DnsLength::Verify);
        let ascii = ascii.map_err(|_| NameError::Host)?;
        let (unicode, result) = idna::domain_to_unicode(&ascii);
        if ascii.is_empty() || result.is_err() || unicode.len() > MAX_PART_BYTES {
            return Err(NameError::Host);
        }
        Ok(Self(unicode))
    }
}

/// A localpart: RFC 8265 `UsernameCaseMapped`, less what RFC 7622, 3.3.1 excludes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);
prepared_name!(Username);

impl FromStr for Username {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        // Checked before, too: preparation is not free, and nobody's name is this long.
        if text.len() > 4 * MAX_PART_BYTES {
            return Err(NameError::Username);
        }
        let name = UsernameCaseMapped::enforce(text).map_err(|_| NameError::Username)?;
        let excluded = |c| matches!(c, '"' | '&' | '\'' | '/' | ':' | '<' | '>' | '@');
        if name.is_empty() || name.len() > MAX_PART_BYTES || name.contains(excluded) {
            return Err(NameError::Username);
        }
        Ok(Self(name.into_owned()))
    }
}

/// Why a text names no account of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocalNameError {
    /// It is not a localpart.
    #[error(transparent)]
    Name(#[from] NameError),
    /// It is an address at another host.
    #[error("expected a user name, or an address at this host")]
    OtherHost,
}

impl Username {
    /// Whether it is too long for a new account.
    #[must_use]
    pub fn is_long(&self) -> bool {
        self.0.len() > MAX_NEW_NAME_BYTES
    }

    /// The name in `user`, or in the address `user@host` at this `host`.
    ///
    /// # Errors
    /// When it is no name, or an address elsewhere.
    pub fn at(text: &str, host: &HostName) -> Result<Self, LocalNameError> {
        let Some((name, domain)) = text.split_once('@') else { return Ok(text.parse()?) };
        match domain.parse::<HostName>() {
            Ok(domain) if domain == *host => Ok(name.parse()?),
            Ok(_) => Err(LocalNameError::OtherHost),
            Err(_) => Err(NameError::Jid.into()),
        }
    }
}

/// A bare JID: `user@host`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Jid {
    /// Who.
    pub user: Username,
    /// Where.
    pub host: HostName,
}

impl FromStr for Jid {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let (user, host) = text.split_once('@').ok_or(NameError::Jid)?;
        let user = user.parse().map_err(|_| NameError::Jid)?;
        let host = host.parse().map_err(|_| NameError::Jid)?;
        Ok(Self { user, host })
    }
}

impl fmt::Display for Jid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.user, self.host)
    }
}

/// An account as a caller names it: `user`, or `user@host`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Account {
    /// Who.
    pub user: Username,
    /// Where, if it was said.
    pub host: Option<HostName>,
}

impl TryFrom<String> for Account {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        if text.contains('@') {
            let Jid { user, host } = text.parse()?;
            return Ok(Self { user, host: Some(host) });
        }
        Ok(Self { user: text.parse()?, host: None })
    }
}

/// What a key is called by: the part of `ID/SECRET` before the slash. Also a file's name in the state directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(String);
prepared_name!(KeyId);

impl FromStr for KeyId {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if !(1..=64).contains(&text.len()) || text.starts_with('.') || !text.chars().all(fits) {
            return Err(NameError::KeyId);
        }
        Ok(Self(text.to_owned()))
    }
}

impl std::borrow::Borrow<str> for KeyId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_prepared() {
        assert_eq!("Alice".parse::<Username>().unwrap().as_str(), "alice");
        assert_eq!("ＡＬＩＣＥ".parse::<Username>().unwrap().as_str(), "alice");
        assert_eq!("Zoë".parse::<Username>(), "ZOE\u{308}".parse::<Username>());
        assert_eq!("EXAMPLE.com.".parse::<HostName>().unwrap().as_str(), "example.com");
        assert_eq!("xn--bcher-kva.example".parse::<HostName>().unwrap().as_str(), "bücher.example");
        assert_eq!("Chat_Server.example".parse::<HostName>().unwrap().as_str(), "chat_server.example");
        assert_eq!("Romeo@Example.COM".parse::<Jid>().unwrap().to_string(), "romeo@example.com");
    }

    #[test]
    fn an_address_at_the_host_is_a_name() {
        let host = "bücher.example".parse().unwrap();
        let at = |text| Username::at(text, &host).map(|name| name.to_string());
        for text in ["Juliet", "juliet@bücher.example", "juliet@XN--BCHER-KVA.example"] {
            assert_eq!(at(text).as_deref(), Ok("juliet"), "{text}");
        }
        for (text, error) in [
            ("juliet@elsewhere.example", LocalNameError::OtherHost),
            ("juliet@", NameError::Jid.into()),
            ("juliet@bücher.example@bücher.example", NameError::Jid.into()),
            ("", NameError::Username.into()),
            ("@bücher.example", NameError::Username.into()),
            ("a b@bücher.example", NameError::Username.into()),
        ] {
            assert_eq!(at(text), Err(error), "{text}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for wrong in ["", "a b", "a@b", "a/b", "a\0", "\"", "a\u{2028}b", &"x".repeat(1024), &"x".repeat(100_000)] {
            assert_eq!(wrong.parse::<Username>(), Err(NameError::Username), "{wrong:?}");
        }
        for wrong in ["", "a b", "a..b", "exa_mple!", "-a.example", "a`b", "a/b", ".", &"a.".repeat(600)] {
            assert_eq!(wrong.parse::<HostName>(), Err(NameError::Host), "{wrong:?}");
        }
        for wrong in ["", ".", "../x", "a/b", ".hidden", "a b", "ä", &"x".repeat(65)] {
            assert_eq!(wrong.parse::<KeyId>(), Err(NameError::KeyId), "{wrong:?}");
        }
        for wrong in ["romeo", "@example.com", "romeo@", "a@b@c", "romeo@example.com/phone"] {
            assert_eq!(wrong.parse::<Jid>(), Err(NameError::Jid), "{wrong:?}");
        }
    }
}
