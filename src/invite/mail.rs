//! The address that an invite is mailed to.

use std::fmt;
use std::str::FromStr;

use super::name::HostName;

/// Why a text is no address of mail: says what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one mail address such as \"juliet@example.com\", without a name beside it")]
pub struct MailAddressError;

/// RFC 5321, 4.5.3.1.1.
const MAX_LOCAL_BYTES: usize = 64;
/// A path is at most 256 octets with its angle brackets (RFC 5321, 4.5.3.1.3).
const MAX_BYTES: usize = 254;

/// An address of mail, as every mail server takes it: a name of letters, digits and what RFC 5321 lets stand beside them
/// without quotes, at a domain in ASCII. Whose it is, is nobody's business: it shows itself in no log.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MailAddress(String);

impl FromStr for MailAddress {
    type Err = MailAddressError;
    fn from_str(text: &str) -> Result<Self, MailAddressError> {
        let (local, domain) = text.rsplit_once('@').ok_or(MailAddressError)?;
        let is_atom = |atom: &str| {
            !atom.is_empty()
                && atom.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
        };
        // A domain that ends in a dot is the same without, and no mail server takes it.
        let host = domain.parse::<HostName>().ok().filter(|_| !domain.ends_with('.')).ok_or(MailAddressError)?;
        let domain = idna::domain_to_ascii(host.as_str()).map_err(|_| MailAddressError)?;
        let is_domain = domain.parse::<std::net::IpAddr>().is_err()
            && domain.split('.').all(|label| !label.is_empty() && !label.contains('_'));
        let address = format!("{local}@{domain}");
        let fits = local.len() <= MAX_LOCAL_BYTES && address.len() <= MAX_BYTES;
        if local.split('.').all(is_atom) && is_domain && fits { Ok(Self(address)) } else { Err(MailAddressError) }
    }
}

impl MailAddress {
    /// The address itself; whoever calls this answers for where it goes.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is in front of the `@`, and behind it.
    #[must_use]
    pub fn parts(&self) -> (&str, &str) {
        self.0.rsplit_once('@').unwrap_or((&self.0, ""))
    }

    /// The mailbox that it most likely leads to: what stands behind a `+` is for its owner to sort by, and nearly no server
    /// minds the case of letters.
    #[must_use]
    pub fn mailbox(&self) -> String {
        let (local, domain) = self.parts();
        let name = local.split('+').next().filter(|name| !name.is_empty()).unwrap_or(local);
        format!("{name}@{domain}").to_ascii_lowercase()
    }

    /// `text` without this address, whoever repeats it.
    #[must_use]
    pub fn redacted_in(&self, text: &str) -> String {
        let (lower, address) = (text.to_ascii_lowercase(), self.0.to_ascii_lowercase());
        let mut redacted = String::with_capacity(text.len());
        let mut from = 0;
        // Lower case of ASCII leaves every byte where it is.
        while let Some(at) = lower[from..].find(&address).map(|at| from + at) {
            redacted.push_str(&text[from..at]);
            redacted.push_str(&self.to_string());
            from = at + address.len();
        }
        redacted.push_str(&text[from..]);
        redacted
    }
}

impl fmt::Display for MailAddress {
    /// Its domain alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…@{}", self.parts().1)
    }
}

impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailAddress({self})")
    }
}

/// An invite's way to whoever it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// To whom.
    pub to: MailAddress,
    /// In which language; the host's, where nobody asked for one.
    pub language: Option<&'static str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_and_nothing_else() {
        for (text, address) in [
            ("juliet@example.com", "juliet@example.com"),
            ("Juliet.Capulet+xmpp@Example.COM", "Juliet.Capulet+xmpp@example.com"),
            ("o'neil!#$%&*-/=?^_`{|}~@example.com", "o'neil!#$%&*-/=?^_`{|}~@example.com"),
            ("juliet@bücher.example", "juliet@xn--bcher-kva.example"),
            ("root@localhost", "root@localhost"),
        ] {
            assert_eq!(text.parse::<MailAddress>().map(|address| address.0), Ok(address.into()));
        }
        let (long, longer) = ("x".repeat(64), "x".repeat(65));
        assert!(format!("{long}@example.com").parse::<MailAddress>().is_ok());
        let label = "x".repeat(63);
        for wrong in [
            "",
            "@",
            "juliet",
            "juliet@",
            "@example.com",
            "juliet@@example.com",
            "a@b@example.com",
            "Juliet <juliet@example.com>",
            "<juliet@example.com>",
            "juliet@example.com, romeo@example.com",
            "juliet@example.com romeo@example.com",
            " juliet@example.com",
            "juliet@example.com\n",
            "juliet@example.com\r\nBcc: romeo@example.com",
            "juliet\r\n@example.com",
            "juliet\0@example.com",
            "\"a b\"@example.com",
            "\"a\"@example.com",
            ".a@example.com",
            "a.@example.com",
            "a..b@example.com",
            "a(comment)@example.com",
            "jülia@example.com",
            "juliet@[127.0.0.1]",
            "juliet@127.0.0.1",
            "juliet@::1",
            "juliet@example..com",
            "juliet@example.com.",
            "juliet@-example.com",
            "juliet@a_b.example",
            "juliet@example.com/x",
            "juliet@exam\u{202e}ple.com",
            &format!("{longer}@example.com"),
            &format!("{long}@{label}.{label}.{label}.example"),
        ] {
            assert_eq!(wrong.parse::<MailAddress>(), Err(MailAddressError), "{wrong:?}");
        }
    }

    #[test]
    fn an_address_shows_its_domain_alone() {
        let address: MailAddress = "Juliet.Capulet@example.com".parse().unwrap();
        assert_eq!(format!("{address} {address:?}"), "…@example.com MailAddress(…@example.com)");
        let text = "550 <juliet.capulet@EXAMPLE.com>: Juliet.Capulet@example.comé no such user";
        assert_eq!(address.redacted_in(text), "550 <…@example.com>: …@example.comé no such user");
        assert_eq!(address.redacted_in("é nothing of it"), "é nothing of it");
    }

    #[test]
    fn one_mailbox_is_counted_as_one() {
        let mailbox = |text: &str| text.parse::<MailAddress>().unwrap().mailbox();
        for text in ["juliet@example.com", "Juliet@EXAMPLE.com", "juliet+a@example.com", "juliet+a+b@example.com"] {
            assert_eq!(mailbox(text), "juliet@example.com", "{text}");
        }
        assert_eq!(mailbox("+a@example.com"), "+a@example.com");
    }
}
