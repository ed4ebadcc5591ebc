//! `[mail]`: by which server the links of invites are mailed.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::checks::Checks;
use super::secret::Secret;
use crate::invite::mail::MailAddress;
use crate::invite::text::is_control;
use crate::rate::Rate;

/// So many mails go to one address at most where nobody says otherwise.
const PER_ADDRESS: Rate = Rate { count: 5, period: std::time::Duration::from_hours(24) };

const SMTP_EXPECTED: &str = "expected \"smtps://USER@HOST\" (TLS from the first byte, port 465), or \"smtp://USER@HOST\" (STARTTLS, \
                             which is required; port 587)";
const FROM_EXPECTED: &str =
    "expected a mail address such as \"invites@example.com\", or \"Example <invites@example.com>\"";

/// `[mail]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct RawMail {
    /// The server that mail is handed to: `smtps://USER@HOST[:PORT]`, or `smtp://USER@HOST[:PORT]`, where STARTTLS is required.
    /// A user that has `@` in it is written as it is.
    pub smtp: String,
    /// The user's password there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// A file or credential that holds the user's password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// Who it is from: an address, or a name and an address in `< >`.
    pub from: String,
    /// Mails to one address, whoever has them sent; default: 5/d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_address: Option<Rate>,
}

/// `[mail]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSettings {
    /// The server's name, by which its certificate is judged, too.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// Whether TLS begins with the connection, and not by STARTTLS.
    pub is_tls_first: bool,
    /// Who we are there.
    pub login: Option<MailLogin>,
    /// What the sender is called.
    pub from_name: Option<String>,
    /// The sender's address.
    pub from: MailAddress,
    /// Mails to one address.
    pub per_address: Rate,
}

/// An account at a mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailLogin {
    /// Whose.
    pub user: String,
    /// Its password; none if only the service gets to see it.
    pub password: Option<Secret>,
}

impl RawMail {
    pub(super) fn resolve(&self, checks: &mut Checks<'_>) -> Option<MailSettings> {
        let plain = (self.password.as_ref(), self.password_file.as_ref());
        let password = checks.secret(&["mail"], ["password", "password_file"], plain.0, plain.1);
        let has_password = plain.0.is_some() || plain.1.is_some();
        let from = sender(&self.from);
        if from.is_none() {
            checks.fault(&["mail", "from"], FROM_EXPECTED);
        }
        let Some(place) = place(&self.smtp) else {
            checks.fault(&["mail", "smtp"], SMTP_EXPECTED);
            return None;
        };
        if place.has_password {
            checks.fault(
                &["mail", "smtp"],
                "a password is not for a URL, which is shown in places; use mail.password_file",
            );
        }
        let login = match (place.user, has_password) {
            (Some(user), true) => Some(MailLogin { user, password }),
            (Some(_), false) => {
                checks.fault(&["mail"], "needs `password_file` (or `password`) for the user that `smtp` names");
                None
            }
            (None, true) => {
                checks.fault(&["mail", "smtp"], "names no user, whose password is set; expected \"smtps://USER@HOST\"");
                None
            }
            (None, false) => None,
        };
        let (from_name, from) = from?;
        let per_address = self.per_address.unwrap_or(PER_ADDRESS);
        let (server, port, is_tls_first) = (place.server, place.port, place.is_tls_first);
        Some(MailSettings { server, port, is_tls_first, login, from_name, from, per_address })
    }
}

/// What the URL of a mail server says.
struct MailPlace {
    server: String,
    port: u16,
    is_tls_first: bool,
    user: Option<String>,
    has_password: bool,
}

fn place(text: &str) -> Option<MailPlace> {
    let url = Url::parse(text).ok()?;
    let is_tls_first = match url.scheme() {
        "smtps" => true,
        "smtp" => false,
        _ => return None,
    };
    let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    let server = match url.host().filter(|_| is_bare)? {
        // Of other schemes than HTTP's, the crate leaves names as they are written.
        Host::Domain(name) => idna::domain_to_ascii(&percent_decode_str(name).decode_utf8().ok()?).ok()?,
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    };
    let is_name = !server.is_empty() && !server.contains(|c: char| c.is_whitespace() || is_control(c));
    let user = percent_decode_str(url.username()).decode_utf8().ok()?.into_owned();
    let is_user = !user.contains(is_control);
    let port = url.port().unwrap_or(if is_tls_first { 465 } else { 587 });
    (is_name && is_user && port > 0).then(|| MailPlace {
        server,
        port,
        is_tls_first,
        user: Some(user).filter(|user| !user.is_empty()),
        has_password: url.password().is_some(),
    })
}

/// The name and the address of a sender.
fn sender(text: &str) -> Option<(Option<String>, MailAddress)> {
    let Some((name, address)) = text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')) else {
        return Some((None, text.trim().parse().ok()?));
    };
    let name = name.trim();
    let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name).trim();
    let is_name = !name.contains(|c| is_control(c) || matches!(c, '<' | '>' | '"' | '\\'));
    let name = Some(name.to_owned()).filter(|name| !name.is_empty());
    is_name.then_some((name, address.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::checks::checked;

    fn resolve(smtp: &str, password: Option<&str>, from: &str) -> Result<MailSettings, Vec<String>> {
        let (password, from) = (password.map(str::to_owned), from.to_owned());
        let raw = RawMail { smtp: smtp.into(), password, password_file: None, from, per_address: None };
        let (settings, faults) = checked(|checks| raw.resolve(checks));
        if faults.is_empty() { settings.ok_or(faults) } else { Err(faults) }
    }

    fn place_of(smtp: &str) -> (String, u16, bool, Option<String>) {
        let settings = resolve(smtp, smtp.contains('@').then_some("pw"), "invites@example.com").unwrap();
        (settings.server, settings.port, settings.is_tls_first, settings.login.map(|login| login.user))
    }

    #[test]
    fn a_mail_server_is_named_by_a_url() {
        let user = |user: &str| Some(user.to_owned());
        for (smtp, place) in [
            ("smtps://invites@mail.example.com", ("mail.example.com".into(), 465, true, user("invites"))),
            ("smtp://invites@mail.example.com", ("mail.example.com".into(), 587, false, user("invites"))),
            (
                "smtps://invites@example.com@mail.example.com/",
                ("mail.example.com".into(), 465, true, user("invites@example.com")),
            ),
            ("smtps://a%20b%40c@mail.example.com:2465", ("mail.example.com".into(), 2_465, true, user("a b@c"))),
            ("smtp://localhost:25", ("localhost".into(), 25, false, None)),
            ("smtps://[::1]", ("::1".into(), 465, true, None)),
            ("smtps://bücher.example", ("xn--bcher-kva.example".into(), 465, true, None)),
        ] {
            assert_eq!(place_of(smtp), place, "{smtp}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_what_is_allowed() {
        let wrong = |smtp: &str, password, from: &str| resolve(smtp, password, from).unwrap_err().join("; ");
        for smtp in [
            "mail.example.com",
            "http://mail.example.com",
            "smtps:",
            "smtps://",
            "smtps://mail.example.com/path",
            "smtps://mail.example.com?tls=off",
            "smtp://mail.example.com:0",
            "smtps://a%0d%0ab@mail.example.com",
        ] {
            assert!(wrong(smtp, Some("pw"), "invites@example.com").starts_with(SMTP_EXPECTED), "{smtp}");
        }
        let text = wrong("smtps://user:pw@mail.example.com", Some("pw"), "invites@example.com");
        assert!(text.contains("mail.password_file"), "{text}");
        assert!(wrong("smtps://user@mail.example.com", None, "invites@example.com").contains("needs `password_file`"));
        assert!(wrong("smtps://mail.example.com", Some("pw"), "invites@example.com").contains("names no user"));
        for from in ["", "Example", "Example <>", "<Example", "a\r\nBcc: b <invites@example.com>", "a@b, c@d"] {
            assert_eq!(wrong("smtps://mail.example.com", None, from), FROM_EXPECTED, "{from:?}");
        }
    }

    #[test]
    fn a_sender_has_an_address_and_may_have_a_name() {
        let from = |text: &str| {
            let settings = resolve("smtps://mail.example.com", None, text).unwrap();
            (settings.from_name, settings.from.reveal().to_owned())
        };
        let address = || "invites@example.com".to_owned();
        assert_eq!(from("invites@example.com"), (None, address()));
        assert_eq!(from("<invites@example.com>"), (None, address()));
        assert_eq!(from("Café Example <invites@example.com>"), (Some("Café Example".into()), address()));
        assert_eq!(from("\"Example, Inc.\" <invites@example.com>"), (Some("Example, Inc.".into()), address()));
    }
}
