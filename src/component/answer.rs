//! What requests are answered with: what there is (XEP-0030), the commands (XEP-0050), pings (XEP-0199).

use minidom::Element;

use super::commands::{self, Command};
use super::session::Sessions;
use super::stanza::{COMMANDS, FORM, PING, Requester, back, refuse, unknown};
use crate::caller::AppState;
use crate::config::ComponentSettings;
use crate::desk::invites::Invites;
use crate::elements::{StanzaError, element, set};

const DISCO_INFO: &str = "http://jabber.org/protocol/disco#info";
const DISCO_ITEMS: &str = "http://jabber.org/protocol/disco#items";

/// The answer to a request.
pub(super) async fn answer(stanza: &Element, state: &AppState, sessions: &Sessions) -> Element {
    let answered = match &state.settings.component {
        Some(component) if stanza.attr("to") == Some(component.jid.as_str()) => {
            payload(stanza, component, &state.desk.invites, sessions).await
        }
        _ => Err(StanzaError::new("cancel", "service-unavailable")),
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
    component: &ComponentSettings,
    invites: &Invites,
    sessions: &Sessions,
) -> Result<Option<Element>, StanzaError> {
    let requester = Requester::of(stanza, component);
    let unavailable = || StanzaError::new("cancel", "service-unavailable");
    let request = stanza.children().next().ok_or_else(unavailable)?;
    let node = request.attr("node");
    match (stanza.attr("type"), request.name(), request.ns().as_str()) {
        (Some("get"), "query", DISCO_INFO) => info(node).map(Some),
        (Some("get"), "query", DISCO_ITEMS) => items(node, &requester, component).map(Some),
        (Some("get"), "ping", PING) => Ok(None),
        (Some("set"), "command", COMMANDS) => {
            let command = node.and_then(Command::named).ok_or_else(unknown)?;
            commands::run(command, request, &requester, component, invites, sessions).await.map(Some)
        }
        _ => Err(unavailable()),
    }
}

/// What we are, or one of our commands is.
fn info(node: Option<&str>) -> Result<Element, StanzaError> {
    let (kind, name, features): (_, _, &[&str]) = match node {
        None => ("command-list", "Invites", &[DISCO_INFO, DISCO_ITEMS, COMMANDS, PING]),
        Some(COMMANDS) => ("command-list", "Invites", &[COMMANDS]),
        Some(node) => {
            let command = Command::named(node).ok_or_else(unknown)?;
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
fn items(node: Option<&str>, requester: &Requester<'_>, component: &ComponentSettings) -> Result<Element, StanzaError> {
    let mut query = query(DISCO_ITEMS, node);
    match node {
        None => {}
        Some(COMMANDS) => {
            for command in Command::ALL.into_iter().filter(|command| requester.is_of(command.users(component))) {
                let attributes = [("jid", component.jid.as_str()), ("node", command.node()), ("name", command.title())];
                query.append_child(element("item", DISCO_ITEMS, &attributes));
            }
        }
        Some(node) if Command::named(node).is_some() => {}
        Some(_) => return Err(unknown()),
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
