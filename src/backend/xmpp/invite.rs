//! XEP-0401, `urn:xmpp:invite#create-account`: asking a server for an invite, as servers answer in the wild.

use jiff::Timestamp;
use minidom::Element;

use super::stream::ClientStream;
use crate::backend::{CallError, Minted, Refusal};
use crate::elements::{StanzaError, element};
use crate::invite::link;
use crate::invite::name::Username;

pub(super) const CREATE_ACCOUNT: &str = "urn:xmpp:invite#create-account";
pub(super) const COMMANDS: &str = "http://jabber.org/protocol/commands";
const DATA: &str = "jabber:x:data";

/// What came of asking for an invite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Here it is; for the name that was given alone, where the server had to know it.
    Minted {
        /// The token.
        minted: Minted,
        /// Whether the name was said.
        is_for_name: bool,
    },
    /// The server creates invites for a name alone, and none was given.
    WantsName,
}

/// Runs the command. Prosody completes it at once; 0.5.0, 0.6.0 and ejabberd show a form first. The name is said only
/// where it must be: what is said is reserved, also if nothing comes of it.
pub(super) async fn create_account(
    stream: &mut ClientStream,
    host: &str,
    username: Option<&Username>,
) -> Result<Asked, CallError> {
    let answer = execute(stream, host).await?;
    let Some(shown) = Shown::of(&answer) else { return asked(&answer, false) };
    if shown.wants_name() && username.is_none() {
        shown.cancel(stream, host).await?;
        return Ok(Asked::WantsName);
    }
    let Some(form) = shown.filled_in(username) else {
        shown.cancel(stream, host).await?;
        return Err(Refusal::Other("create-account asks for what is not known here".into()).into());
    };
    let mut command = shown.command("complete");
    command.append_child(form);
    let answer = stream.ask("set", Some(host), command).await?;
    let is_for_name = shown.wants_name();
    asked(&answer.map_err(|error| refused(&error, is_for_name))?, is_for_name)
}

/// Whether the server wants the name before it creates an invite. Creates none, unless the server creates one at once.
pub(super) async fn wants_name(stream: &mut ClientStream, host: &str) -> Result<bool, CallError> {
    let answer = execute(stream, host).await?;
    let Some(shown) = Shown::of(&answer) else { return asked(&answer, false).map(|_| false) };
    shown.cancel(stream, host).await?;
    Ok(shown.wants_name())
}

async fn execute(stream: &mut ClientStream, host: &str) -> Result<Element, CallError> {
    let command = element("command", COMMANDS, &[("node", CREATE_ACCOUNT), ("action", "execute")]);
    stream.ask("set", Some(host), command).await?.map_err(|error| refused(&error, false))
}

fn asked(answer: &Element, is_for_name: bool) -> Result<Asked, CallError> {
    let minted = minted(answer).ok_or_else(|| Refusal::Other("create-account gave no token".into()))?;
    Ok(Asked::Minted { minted, is_for_name })
}

/// `of_name`: the server knows a name, and may mean that.
fn refused(StanzaError { condition, .. }: &StanzaError, of_name: bool) -> CallError {
    match condition.as_ref() {
        "conflict" if of_name => Refusal::Taken.into(),
        "bad-request" | "not-acceptable" | "jid-malformed" if of_name => Refusal::Name.into(),
        "item-not-found" | "feature-not-implemented" | "service-unavailable" => Refusal::Unsupported.into(),
        "forbidden" | "not-allowed" | "not-authorized" => {
            CallError::Away("the account may not create invites (urn:xmpp:invite#create-account)".into())
        }
        _ => Refusal::Other(format!("create-account: {condition}")).into(),
    }
}

/// A form that the server shows instead of an answer.
struct Shown<'a> {
    command: &'a Element,
    form: Option<&'a Element>,
}

impl<'a> Shown<'a> {
    fn of(answer: &'a Element) -> Option<Self> {
        let command = answer.get_child("command", COMMANDS)?;
        let is_form = command.attr("status") == Some("executing");
        is_form.then(|| Self { command, form: command.get_child("x", DATA) })
    }

    fn fields(&self) -> impl Iterator<Item = &'a Element> {
        self.form.into_iter().flat_map(Element::children).filter(|child| child.is("field", DATA))
    }

    fn wants_name(&self) -> bool {
        self.fields().any(|field| field.attr("var") == Some("username") && is_required(field))
    }

    /// The next step, without its form.
    fn command(&self, action: &str) -> Element {
        let session = self.command.attr("sessionid").unwrap_or_default();
        element("command", COMMANDS, &[("node", CREATE_ACCOUNT), ("action", action), ("sessionid", session)])
    }

    /// Whether the server minds is no matter.
    async fn cancel(&self, stream: &mut ClientStream, host: &str) -> Result<(), CallError> {
        let _ = stream.ask("set", Some(host), self.command("cancel")).await?;
        Ok(())
    }

    /// What to send: what is hidden as it came, and nothing chosen but what must be; none if that is not known.
    fn filled_in(&self, username: Option<&Username>) -> Option<Element> {
        let mut filled = element("x", DATA, &[("type", "submit")]);
        for field in self.fields() {
            let name = field.attr("var").unwrap_or_default();
            let is_hidden = name == "FORM_TYPE" || field.attr("type") == Some("hidden");
            if !is_hidden && !is_required(field) {
                continue;
            }
            let given: Vec<_> = field.children().filter(|child| child.is("value", DATA)).map(Element::text).collect();
            let values = match (name, username) {
                ("username", Some(username)) => vec![username.to_string()],
                ("roster-subscription", _) => vec!["0".into()],
                _ if is_hidden || !given.is_empty() => given,
                _ => return None,
            };
            let mut answer = element("field", DATA, &[("var", name)]);
            for text in values {
                let mut value = Element::bare("value", DATA);
                value.append_text(text);
                answer.append_child(value);
            }
            filled.append_child(answer);
        }
        Some(filled)
    }
}

fn is_required(field: &Element) -> bool {
    field.has_child("required", DATA)
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

    /// What is sent back for a form with these fields.
    fn sent(fields: &str, username: Option<&str>) -> Option<String> {
        let shown = answer(&format!(
            "<command xmlns='{COMMANDS}' status='executing' sessionid='s&amp;1'><x xmlns='{DATA}' type='form'>{fields}</x></command>"
        ));
        let username = username.map(|name| name.parse().unwrap());
        let form = Shown::of(&shown).unwrap().filled_in(username.as_ref())?;
        let value = |field: &Element| field.children().map(Element::text).collect::<Vec<_>>().join(",");
        let filled = form.children().map(|field| format!("{}={}", field.attr("var").unwrap(), value(field)));
        Some(filled.collect::<Vec<_>>().join(";"))
    }

    #[test]
    fn a_form_is_sent_back_with_nothing_chosen_but_what_must_be() {
        let kind = "<field var='FORM_TYPE' type='hidden'><value>f</value></field>";
        let name = "<field var='username' type='text-single'/>";
        let must_name = "<field var='username' type='text-single'><required/></field>";
        assert_eq!(sent(&format!("{kind}{name}"), None), Some("FORM_TYPE=f".into()));
        assert_eq!(sent(&format!("{kind}{name}"), Some("juliet")), Some("FORM_TYPE=f".into()));
        assert_eq!(sent(&format!("{kind}{must_name}"), Some("juliet")), Some("FORM_TYPE=f;username=juliet".into()));
        assert_eq!(sent(must_name, None), None);
        let hidden = "<field var='key' type='hidden'><value>1</value><value>2</value></field>";
        let must_roster = "<field var='roster-subscription' type='boolean'><required/></field>";
        assert_eq!(sent(&format!("{hidden}{must_roster}"), None), Some("key=1,2;roster-subscription=0".into()));
        let default = "<field var='ttl'><required/><value>60</value></field>";
        assert_eq!(sent(default, None), Some("ttl=60".into()));
        assert_eq!(sent("<field var='ttl'><required/></field>", None), None);

        let shown = answer(&format!("<command xmlns='{COMMANDS}' status='executing' sessionid='s&amp;1'/>"));
        let next = Shown::of(&shown).unwrap().command("complete");
        assert_eq!((next.attr("sessionid"), next.attr("action")), (Some("s&1"), Some("complete")));
        assert!(Shown::of(&answer(&format!("<command xmlns='{COMMANDS}' status='completed'/>"))).is_none());
    }
}
