//! XEP-0401, `urn:xmpp:invite#create-account`: asking a server for an invite, as servers answer in the wild.

use jiff::Timestamp;
use minidom::Element;

use super::stream::{StanzaError, Stream, element};
use crate::backend::{CallError, Minted, Refusal};
use crate::invite::link;

pub(super) const CREATE_ACCOUNT: &str = "urn:xmpp:invite#create-account";
pub(super) const COMMANDS: &str = "http://jabber.org/protocol/commands";
const DATA: &str = "jabber:x:data";

/// Runs the command. Prosody completes it at once; 0.5.0, 0.6.0 and ejabberd show a form first.
pub(super) async fn create_account(stream: &mut Stream, host: &str) -> Result<Minted, CallError> {
    let command = element("command", COMMANDS, &[("node", CREATE_ACCOUNT), ("action", "execute")]);
    let mut answer = taken(stream.ask("set", Some(host), command).await?)?;
    if let Some(form) = next(&answer) {
        answer = taken(stream.ask("set", Some(host), form).await?)?;
    }
    minted(&answer).ok_or_else(|| Refusal::Other("create-account gave no token".into()).into())
}

fn taken(answer: Result<Element, StanzaError>) -> Result<Element, CallError> {
    answer.map_err(|StanzaError { condition }| match condition.as_str() {
        "item-not-found" | "feature-not-implemented" | "service-unavailable" => Refusal::Unsupported.into(),
        "forbidden" | "not-allowed" | "not-authorized" => {
            CallError::Away("the account may not make invites (urn:xmpp:invite#create-account)".into())
        }
        _ => Refusal::Other(format!("create-account: {condition}")).into(),
    })
}

/// What to send if the server shows a form: nothing chosen, so that the guest chooses the name.
fn next(answer: &Element) -> Option<Element> {
    let command =
        answer.get_child("command", COMMANDS).filter(|command| command.attr("status") == Some("executing"))?;
    let mut form = element("x", DATA, &[("type", "submit")]);
    let fields = command.get_child("x", DATA).into_iter().flat_map(Element::children);
    for shown in fields.filter(|field| field.attr("var") == Some("FORM_TYPE")) {
        form.append_child(shown.clone());
    }
    let session = command.attr("sessionid").unwrap_or_default();
    let attributes = [("node", CREATE_ACCOUNT), ("action", "complete"), ("sessionid", session)];
    let mut next = element("command", COMMANDS, &attributes);
    next.append_child(form);
    Some(next)
}

/// The token in an answer: its fields are flat, or wrapped in an item (0.5.0).
fn minted(answer: &Element) -> Option<Minted> {
    let form = answer.get_child("command", COMMANDS)?.get_child("x", DATA)?;
    let field = |name: &str| {
        let wrapped = form.children().filter(|child| child.is("item", DATA)).flat_map(Element::children);
        let found = form.children().chain(wrapped).find(|field| field.attr("var") == Some(name))?;
        Some(found.get_child("value", DATA)?.text())
    };
    let token = link::token_in(&field("uri")?)?.to_owned();
    let expires_at = field("expire").or_else(|| field("expiry")).and_then(|time| time.trim().parse::<Timestamp>().ok());
    Some(Minted { token, expires_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(command: &str) -> Element {
        format!("<iq xmlns='jabber:client' type='result'>{command}</iq>").parse().unwrap()
    }

    fn completed(form: &str) -> Option<Minted> {
        minted(&answer(&format!("<command xmlns='{COMMANDS}' status='completed'>{form}</command>")))
    }

    #[test]
    fn tokens_are_found_in_every_shape() {
        let expected = |expires_at: Option<&str>| {
            Some(Minted { token: "TOKEN".into(), expires_at: expires_at.map(|at| at.parse().unwrap()) })
        };
        let fields = "<field var='uri'><value>xmpp:example.com?register;preauth=TOKEN</value></field>\
                      <field var='expire'><value>2026-12-24T00:00:00Z</value></field>";
        let at = Some("2026-12-24T00:00:00Z");
        // 0.6.0 and ejabberd; Prosody 0.12 with its wrong type and an empty landing page; 0.5.0.
        let type_field = "<field var='FORM_TYPE' type='hidden'><value>urn:xmpp:invite#invitation</value></field>";
        assert_eq!(completed(&format!("<x xmlns='{DATA}' type='result'>{type_field}{fields}</x>")), expected(at));
        let landing = "<field var='landing-url'/>";
        assert_eq!(completed(&format!("<x xmlns='{DATA}' type='form'>{landing}{fields}</x>")), expected(at));
        assert_eq!(completed(&format!("<x xmlns='{DATA}' type='result'><item>{fields}</item></x>")), expected(at));
        let uri = "<field var='uri'><value>xmpp:example.com?register;preauth=TOKEN</value></field>";
        assert_eq!(completed(&format!("<x xmlns='{DATA}' type='result'>{uri}</x>")), expected(None));
        assert_eq!(completed(""), None);
        assert_eq!(completed(&format!("<x xmlns='{DATA}'><field var='uri'><value>xmpp:a</value></field></x>")), None);
    }

    #[test]
    fn a_form_is_sent_back_with_nothing_chosen() {
        let shown = answer(&format!(
            "<command xmlns='{COMMANDS}' status='executing' sessionid='s&amp;1' node='{CREATE_ACCOUNT}'><x xmlns='{DATA}' \
             type='form'><field var='FORM_TYPE' type='hidden'><value>f</value></field><field var='username' \
             type='text-single'/></x></command>"
        ));
        let next = next(&shown).unwrap();
        assert_eq!((next.attr("sessionid"), next.attr("action")), (Some("s&1"), Some("complete")));
        let form = next.get_child("x", DATA).unwrap();
        assert_eq!((form.attr("type"), form.children().count()), (Some("submit"), 1));
        assert_eq!(super::next(&answer(&format!("<command xmlns='{COMMANDS}' status='completed'/>"))), None);
    }
}
