//! Links: the landing page and the `xmpp:` URI of an invite.

use std::borrow::Cow;
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::name::{Jid, Username};
use super::{Invite, Kind};

/// Where the landing page is.
#[derive(Clone, Debug)]
pub enum Landing {
    /// Our own, below this base URL (which ends in a slash).
    Own(Arc<str>),
    /// Somebody else's: a URL with `{token}`, `{preauth}`, `{uri}` and `{host}`; and our own, where it needs an app token and
    /// there is none.
    Elsewhere(Arc<str>, Option<Arc<str>>),
}

impl Landing {
    /// Whether the link itself has what apps show to the host's server, so that this is needed with the invite.
    #[must_use]
    pub fn has_app_token(&self) -> bool {
        matches!(self, Self::Elsewhere(template, _) if ["{uri}", "{preauth}"].iter().any(|place| template.contains(place)))
    }
}

/// The landing page of `invite`; `uri` is the one for apps, if there is one.
#[must_use]
pub fn landing_page(invite: &Invite, token: &str, uri: Option<&str>, landing: &Landing) -> String {
    let own = |base: &str| format!("{base}invite?{token}");
    match landing {
        Landing::Own(base) => own(base),
        Landing::Elsewhere(_, Some(base)) if landing.has_app_token() && uri.is_none() => own(base),
        Landing::Elsewhere(template, _) => template
            .replace("{token}", token)
            .replace("{host}", &percent_encode(invite.draft.host.as_str()))
            .replace("{preauth}", uri.and_then(preauth).unwrap_or_default())
            .replace("{uri}", &percent_encode(uri.unwrap_or_default())),
    }
}

/// The token in a URI for apps, as it stands there.
fn preauth(uri: &str) -> Option<&str> {
    uri.split_once("preauth=")?.1.split([';', '&']).next()
}

/// The `xmpp:` URI of `invite` with an in-app token (XEP-0445 2.1 and 2.2, XEP-0379, XEP-0401 with `ibr=y`). ASCII, as every
/// URI is (RFC 5122, 2.2), whatever the host's name: it goes into a header, too.
#[must_use]
pub fn uri(invite: &Invite, token: &str) -> String {
    let (host, token) = (percent_encode(invite.draft.host.as_str()), percent_encode(token));
    let at_host = |username: &Username| format!("{}@{host}", percent_encode(username.as_str()));
    match &invite.draft.kind {
        Kind::Account { username: None } => format!("xmpp:{host}?register;preauth={token}"),
        Kind::Account { username: Some(username) } | Kind::Reset { username } => {
            format!("xmpp:{}?register;preauth={token}", at_host(username))
        }
        Kind::Contact { contact, .. } => format!("xmpp:{}?roster;preauth={token};ibr=y", address(contact)),
    }
}

/// The `xmpp:` URI that adds `contact` to an account that there is (XEP-0147 `roster`): with the token of an invite that
/// makes the two contacts at once (XEP-0379), and without `ibr=y`, with which some apps insist on a new account.
#[must_use]
pub fn contact_uri(contact: &Jid, token: Option<&str>) -> String {
    let token = token.map_or_else(String::new, |token| format!(";preauth={}", percent_encode(token)));
    format!("xmpp:{}?roster{token}", address(contact))
}

/// The `xmpp:` URI of an invite with which no app can sign up: where the invite leads to, without a token.
#[must_use]
pub fn bare_uri(invite: &Invite) -> String {
    let host = percent_encode(invite.draft.host.as_str());
    match &invite.draft.kind {
        Kind::Account { username: None } => format!("xmpp:{host}?register"),
        Kind::Account { username: Some(username) } | Kind::Reset { username } => {
            format!("xmpp:{}@{host}?register", percent_encode(username.as_str()))
        }
        Kind::Contact { contact, .. } => contact_uri(contact, None),
    }
}

/// A JID as it stands in an `xmpp:` URI.
#[must_use]
pub fn address(jid: &Jid) -> String {
    format!("{}@{}", percent_encode(jid.user.as_str()), percent_encode(jid.host.as_str()))
}

/// The token in an `xmpp:` URI of a server.
#[must_use]
pub fn token_in(uri: &str) -> Option<&str> {
    let token = preauth(uri)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (!token.is_empty() && token.bytes().all(fits)).then_some(token)
}

/// All but the unreserved characters (RFC 3986, 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encodes all but the unreserved characters.
#[must_use]
pub fn percent_encode(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, RESERVED).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::InviteId;
    use crate::invite::tests::{draft, moment};

    fn invite(kind: Kind) -> Invite {
        let id = InviteId::after(None, moment("2026-01-01T00:00:00Z"), 0);
        Invite::from((id, crate::invite::Draft { kind, ..draft() }))
    }

    #[test]
    fn uris_are_those_of_the_xeps() {
        let alice = || "al%ice".parse().unwrap();
        let romeo = || "romeo@example.com".parse().unwrap();
        let uri_of = |kind| uri(&invite(kind), "T");
        assert_eq!(uri_of(Kind::Account { username: None }), "xmpp:example.com?register;preauth=T");
        let named = Kind::Account { username: Some(alice()) };
        assert_eq!(uri_of(named), "xmpp:al%25ice@example.com?register;preauth=T");
        assert_eq!(uri_of(Kind::Reset { username: alice() }), "xmpp:al%25ice@example.com?register;preauth=T");
        let contact = Kind::Contact { contact: romeo(), username: None };
        assert_eq!(uri_of(contact), "xmpp:romeo@example.com?roster;preauth=T;ibr=y");
    }

    #[test]
    fn whoever_has_an_account_is_not_made_to_register() {
        let romeo = "romeo@example.com".parse().unwrap();
        assert_eq!(contact_uri(&romeo, Some("T")), "xmpp:romeo@example.com?roster;preauth=T");
        assert_eq!(contact_uri(&romeo, None), "xmpp:romeo@example.com?roster");
    }

    #[test]
    fn an_invite_without_a_token_has_a_uri_all_the_same() {
        let bare = |kind| bare_uri(&invite(kind));
        assert_eq!(bare(Kind::Account { username: None }), "xmpp:example.com?register");
        assert_eq!(bare(Kind::Account { username: "al%ice".parse().ok() }), "xmpp:al%25ice@example.com?register");
        let contact = "romeo@example.com".parse().unwrap();
        assert_eq!(bare(Kind::Contact { contact, username: None }), "xmpp:romeo@example.com?roster");
    }

    #[test]
    fn uris_are_ascii_whatever_the_names() {
        let contact = || "Ромео@bücher.example".parse().unwrap();
        let kinds = [
            Kind::Account { username: None },
            Kind::Account { username: Some("jürg".parse().unwrap()) },
            Kind::Contact { contact: contact(), username: None },
        ];
        let uris = kinds.map(|kind| {
            let Invite { id, draft, .. } = invite(kind);
            uri(&Invite::from((id, crate::invite::Draft { host: "bücher.example".parse().unwrap(), ..draft })), "T")
        });
        assert_eq!(uris[0], "xmpp:b%C3%BCcher.example?register;preauth=T");
        assert_eq!(uris[1], "xmpp:j%C3%BCrg@b%C3%BCcher.example?register;preauth=T");
        let romeo = "%D1%80%D0%BE%D0%BC%D0%B5%D0%BE@b%C3%BCcher.example";
        assert_eq!(uris[2], format!("xmpp:{romeo}?roster;preauth=T;ibr=y"));
        assert_eq!(address(&contact()), romeo);
    }

    #[test]
    fn only_the_unreserved_stay_as_they_are() {
        assert_eq!(percent_encode("aZ09-._~"), "aZ09-._~");
        assert_eq!(percent_encode("a b+c*d/é"), "a%20b%2Bc%2Ad%2F%C3%A9");
    }

    #[test]
    fn tokens_are_found_in_uris() {
        assert_eq!(token_in("xmpp:ej.example?register;preauth=abc123"), Some("abc123"));
        assert_eq!(token_in("xmpp:a@ej.example?roster;preauth=a-b_c;ibr=y"), Some("a-b_c"));
        for wrong in ["", "xmpp:ej.example", "xmpp:ej.example?register;preauth=", "x;preauth=a b", "x;preauth=a<b"] {
            assert_eq!(token_in(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn landing_pages_are_ours_or_elsewhere() {
        let invite = invite(Kind::Account { username: None });
        assert_eq!(
            landing_page(&invite, "T", None, &Landing::Own("https://i.example/p/".into())),
            "https://i.example/p/invite?T"
        );
        let elsewhere = |template: &str, uri| {
            let landing = Landing::Elsewhere(template.into(), Some("https://i.example/".into()));
            landing_page(&invite, "T", uri, &landing)
        };
        assert_eq!(
            elsewhere("https://e.example/{host}/#{uri}", Some("xmpp:example.com?register;preauth=S")),
            "https://e.example/example.com/#xmpp%3Aexample.com%3Fregister%3Bpreauth%3DS"
        );
        assert_eq!(elsewhere("https://e.example/{token}", None), "https://e.example/T");
        let contact = Some("xmpp:romeo@example.com?roster;preauth=S%2BS;ibr=y");
        assert_eq!(elsewhere("https://e.example/{token}/#{preauth}", contact), "https://e.example/T/#S%2BS");
        assert_eq!(elsewhere("https://e.example/{preauth}", None), "https://i.example/invite?T");
        assert_eq!(elsewhere("https://e.example/{token}/{uri}", None), "https://i.example/invite?T");
    }
}
