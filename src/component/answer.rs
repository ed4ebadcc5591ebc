//! What stanzas are answered with: what there is (XEP-0030), the commands (XEP-0050), pings (XEP-0199). Every request gets
//! exactly one answer, and nothing else gets any (RFC 6120, 8.2.3).

use minidom::Element;

use super::commands::{self, Command};
use super::session::Sessions;
use super::stream::ACCEPT;
use crate::config::settings::Component;
use crate::desk::Desk;
use crate::elements::{STANZA_ERROR, element, set};
use crate::invite::name::{HostName, Jid};

const DISCO_INFO: &str = "http://jabber.org/protocol/disco#info";
const DISCO_ITEMS: &str = "http://jabber.org/protocol/disco#items";
pub(super) const COMMANDS: &str = "http://jabber.org/protocol/commands";
pub(super) const FORM: &str = "jabber:x:data";
const PING: &str = "urn:xmpp:ping";

/// Why something is not done (RFC 6120, 8.3).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// `auth`, `cancel`, `modify` or `wait`.
    pub(super) kind: &'static str,
    /// Such as `forbidden`.
    pub(super) condition: &'static str,
    /// In words.
    pub(super) text: Option<String>,
    /// What XEP-0050 calls it (its table 4), if it does.
    pub(super) of_command: Option<&'static str>,
}

impl Refusal {
    pub(super) const fn new(kind: &'static str, condition: &'static str) -> Self {
        Self { kind, condition, text: None, of_command: None }
    }

    pub(super) fn because(self, text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..self }
    }

    /// There is too much to do.
    pub(super) fn busy() -> Self {
        Self::new("wait", "resource-constraint").because("Too much is asked at once; try again later.")
    }

    /// There is no such thing here.
    pub(super) const fn unknown() -> Self {
        Self::new("cancel", "item-not-found")
    }
}

/// Who asks.
pub(super) struct Asker<'a> {
    /// With the resource.
    pub(super) full: &'a str,
    /// The account on our host; none of anybody else.
    pub(super) user: Option<Jid>,
}

impl<'a> Asker<'a> {
    /// Whoever the server says it is. Of other hosts' users it is not said by their own server.
    fn of(stanza: &'a Element, component: &Component) -> Self {
        let full = stanza.attr("from").unwrap_or_default();
        let bare = full.split_once('/').map_or(full, |(bare, _)| bare);
        let user = bare.parse::<Jid>().ok().filter(|user| user.host == component.host);
        Self { full, user }
    }

    /// Whether they may run a command.
    pub(super) fn may(&self, command: Command, component: &Component) -> bool {
        let users = match command {
            Command::Invite => &component.contact_invites,
            Command::CreateAccount => &component.account_invites,
        };
        self.user.as_ref().is_some_and(|user| users.iter().any(|users| users.are(user)))
    }
}

/// Whether a stanza asks something of somebody who can be told.
pub(super) fn wants_answer(stanza: &Element) -> bool {
    let is_request = stanza.is("iq", ACCEPT) && matches!(stanza.attr("type"), Some("get" | "set"));
    is_request && stanza.attr("from").is_some() && stanza.attr("id").is_some()
}

/// The answer to a request.
pub(super) async fn answer(stanza: &Element, desk: &Desk, sessions: &Sessions) -> Element {
    let answered = match &desk.settings().component {
        Some(component) if stanza.attr("to") == Some(component.jid.as_str()) => {
            payload(stanza, component, desk, sessions).await
        }
        _ => Err(Refusal::new("cancel", "service-unavailable")),
    };
    match answered {
        Ok(payload) => {
            let mut answer = back(stanza, "result");
            if let Some(payload) = payload {
                answer.append_child(payload);
            }
            answer
        }
        Err(refusal) => refuse(stanza, &refusal),
    }
}

async fn payload(
    stanza: &Element,
    component: &Component,
    desk: &Desk,
    sessions: &Sessions,
) -> Result<Option<Element>, Refusal> {
    let asker = Asker::of(stanza, component);
    let unavailable = || Refusal::new("cancel", "service-unavailable");
    let request = stanza.children().next().ok_or_else(unavailable)?;
    let node = request.attr("node");
    match (stanza.attr("type"), request.name(), request.ns().as_str()) {
        (Some("get"), "query", DISCO_INFO) => info(node).map(Some),
        (Some("get"), "query", DISCO_ITEMS) => items(node, &asker, component).map(Some),
        (Some("get"), "ping", PING) => Ok(None),
        (Some("set"), "command", COMMANDS) => {
            let command = node.and_then(Command::named).ok_or(const { Refusal::unknown() })?;
            commands::run(command, request, &asker, component, desk, sessions).await.map(Some)
        }
        _ => Err(unavailable()),
    }
}

/// What we are, or one of our commands is.
fn info(node: Option<&str>) -> Result<Element, Refusal> {
    let (kind, name, features): (_, _, &[&str]) = match node {
        None => ("command-list", "Invites", &[DISCO_INFO, DISCO_ITEMS, COMMANDS, PING]),
        Some(COMMANDS) => ("command-list", "Invites", &[COMMANDS]),
        Some(node) => {
            let command = Command::named(node).ok_or(Refusal::unknown())?;
            ("command-node", command.title(), &[COMMANDS, FORM])
        }
    };
    let mut query = query(DISCO_INFO, node);
    let identity = [("category", "automation"), ("type", kind), ("name", name)];
    query.append_child(element("identity", DISCO_INFO, &identity));
    for feature in features {
        query.append_child(element("feature", DISCO_INFO, &[("var", feature)]));
    }
    Ok(query)
}

/// The commands that whoever asks may run.
fn items(node: Option<&str>, asker: &Asker<'_>, component: &Component) -> Result<Element, Refusal> {
    let mut query = query(DISCO_ITEMS, node);
    match node {
        None => {}
        Some(COMMANDS) => {
            for command in Command::ALL.into_iter().filter(|command| asker.may(*command, component)) {
                let attributes = [("jid", component.jid.as_str()), ("node", command.node()), ("name", command.title())];
                query.append_child(element("item", DISCO_ITEMS, &attributes));
            }
        }
        Some(node) if Command::named(node).is_some() => {}
        Some(_) => return Err(Refusal::unknown()),
    }
    Ok(query)
}

fn query(namespace: &str, node: Option<&str>) -> Element {
    let mut query = Element::bare("query", namespace);
    if let Some(node) = node {
        set(&mut query, "node", node);
    }
    query
}

/// Says no to a request.
pub(super) fn refuse(stanza: &Element, refusal: &Refusal) -> Element {
    let mut error = element("error", ACCEPT, &[("type", refusal.kind)]);
    error.append_child(Element::bare(refusal.condition, STANZA_ERROR));
    if let Some(text) = &refusal.text {
        let mut words = Element::bare("text", STANZA_ERROR);
        words.append_text(text.as_str());
        error.append_child(words);
    }
    if let Some(name) = refusal.of_command {
        error.append_child(Element::bare(name, COMMANDS));
    }
    let mut answer = back(stanza, "error");
    answer.append_child(error);
    answer
}

/// An answer to `stanza`, still empty.
fn back(stanza: &Element, kind: &str) -> Element {
    let mut answer = element("iq", ACCEPT, &[("type", kind)]);
    for (name, value) in [("id", stanza.attr("id")), ("to", stanza.attr("from")), ("from", stanza.attr("to"))] {
        if let Some(value) = value {
            set(&mut answer, name, value);
        }
    }
    answer
}

/// Asks the server of `host` whether it is there.
pub(super) fn ping(component: &HostName, host: &HostName) -> Element {
    let attributes = [("type", "get"), ("id", "ping"), ("from", component.as_str()), ("to", host.as_str())];
    let mut iq = element("iq", ACCEPT, &attributes);
    iq.append_child(Element::bare("ping", PING));
    iq
}
