//! Requests: who asks, and how they are answered (RFC 6120, 8).

use minidom::Element;

use super::stream::ACCEPT;
use crate::config::{ComponentSettings, Users};
use crate::elements::{StanzaError, element, set};
use crate::invite::name::{HostName, Jid};

pub(super) const COMMANDS: &str = "http://jabber.org/protocol/commands";
pub(super) const FORM: &str = "jabber:x:data";
pub(super) const PING: &str = "urn:xmpp:ping";

/// There is too much to do.
pub(super) fn busy() -> StanzaError {
    StanzaError::new("wait", "resource-constraint").because("Too much is asked at once; try again later.")
}

/// There is no such thing here.
pub(super) fn unknown() -> StanzaError {
    StanzaError::new("cancel", "item-not-found")
}

/// Who asks.
pub(super) struct Requester<'a> {
    /// With the resource.
    pub(super) full: &'a str,
    /// The account on our host; none of anybody else.
    pub(super) user: Option<Jid>,
}

impl<'a> Requester<'a> {
    /// Whoever the server says it is. Of other hosts' users it is not said by their own server.
    pub(super) fn of(stanza: &'a Element, component: &ComponentSettings) -> Self {
        let full = stanza.attr("from").unwrap_or_default();
        let user = bare(full).parse::<Jid>().ok().filter(|user| user.host == component.host);
        Self { full, user }
    }

    /// Whether they are one of `users`.
    pub(super) fn is_of(&self, users: &[Users]) -> bool {
        self.user.as_ref().is_some_and(|user| users.iter().any(|users| users.are(user)))
    }
}

/// An address without its resource.
pub(super) fn bare(full: &str) -> &str {
    full.split_once('/').map_or(full, |(bare, _)| bare)
}

/// Whether a stanza asks something of somebody who can be told.
pub(super) fn wants_answer(stanza: &Element) -> bool {
    let is_request = stanza.is("iq", ACCEPT) && matches!(stanza.attr("type"), Some("get" | "set"));
    is_request && stanza.attr("from").is_some_and(|from| !from.is_empty()) && stanza.attr("id").is_some()
}

/// Refuses a request.
pub(super) fn refuse(stanza: &Element, refusal: &StanzaError) -> Element {
    let mut answer = back(stanza, "error");
    answer.append_child(refusal.write(ACCEPT));
    answer
}

/// An answer to `stanza`, still empty.
pub(super) fn back(stanza: &Element, kind: &str) -> Element {
    let mut answer = element("iq", ACCEPT, &[("type", kind)]);
    for (name, value) in [("id", stanza.attr("id")), ("to", stanza.attr("from")), ("from", stanza.attr("to"))] {
        if let Some(value) = value {
            set(&mut answer, name, value);
        }
    }
    answer
}

/// Asks the server of `host` whether it is there; the answer has that `id`.
pub(super) fn ping(id: &str, component: &HostName, host: &HostName) -> Element {
    let attributes = [("type", "get"), ("id", id), ("from", component.as_str()), ("to", host.as_str())];
    let mut iq = element("iq", ACCEPT, &attributes);
    iq.append_child(Element::bare("ping", PING));
    iq
}
