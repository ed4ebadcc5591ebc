//! `urn:xmpp:invite#invite` and `urn:xmpp:invite#create-account` (XEP-0401, 0.6.0), as clients run them in the wild.

use minidom::Element;

use super::session::{Sessions, new_id};
use super::stanza::{COMMANDS, FORM, Requester};
use crate::config::{ComponentSettings, Users};
use crate::desk::invites::Invites;
use crate::desk::{Caller, CreateInviteError, CreatedInvite};
use crate::elements::{StanzaError, element, set};
use crate::invite::field::{FieldError, FieldErrorKind, Given, join};
use crate::invite::link;
use crate::invite::name::Jid;
use crate::invite::policy::span_text;
use crate::invite::request::{InviteRequest, Minting};
use crate::ledger::CreateError;

/// The field that makes whoever redeems the invite a contact of the user.
const CONTACT: &str = "roster-subscription";

/// The form type of what an invite is told in.
const INVITATION: &str = "urn:xmpp:invite#invitation";

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Whoever redeems it becomes the user's contact.
    Invite,
    /// An account, for a name if that is said.
    CreateAccount,
}

impl Command {
    pub(super) const ALL: [Self; 2] = [Self::Invite, Self::CreateAccount];

    pub(super) fn node(self) -> &'static str {
        match self {
            Self::Invite => "urn:xmpp:invite#invite",
            Self::CreateAccount => "urn:xmpp:invite#create-account",
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Invite => "Invite a contact",
            Self::CreateAccount => "Invite somebody to an account",
        }
    }

    /// Who may run it.
    pub(super) fn users(self, component: &ComponentSettings) -> &[Users] {
        match self {
            Self::Invite => &component.contact_invites,
            Self::CreateAccount => &component.account_invites,
        }
    }

    pub(super) fn named(node: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|command| command.node() == node)
    }
}

/// What is wrong with a step, by its name in XEP-0050.
fn bad(what: &'static str) -> StanzaError {
    StanzaError { specific: Some((what, COMMANDS)), ..StanzaError::new("modify", "bad-request") }
}

/// Does the next step of a command.
pub(super) async fn run(
    command: Command,
    request: &Element,
    requester: &Requester<'_>,
    component: &ComponentSettings,
    invites: &Invites,
    sessions: &Sessions,
) -> Result<Element, StanzaError> {
    let Some(user) = requester.user.as_ref().filter(|_| requester.is_of(command.users(component))) else {
        return Err(StanzaError::new("auth", "forbidden").because("You may not run this command."));
    };
    let action = request.attr("action").unwrap_or("execute");
    let session = request.attr("sessionid");
    // The other command has but one step.
    let is_open = |id| command == Command::CreateAccount && sessions.is_open(id, requester.full);
    if !session.is_none_or(is_open) {
        return Err(bad("bad-sessionid"));
    }
    if !["execute", "next", "complete", "cancel"].contains(&action) {
        return Err(bad("bad-action"));
    }
    let form = Form::of(request);
    // Every answer names a session, also where none goes on.
    let id = session.map_or_else(new_id, str::to_owned);
    if action == "cancel" || form.as_ref().is_some_and(|form| !form.is_submitted) {
        sessions.end(&id, requester.full);
        return Ok(step(command, &id, "canceled"));
    }
    if command == Command::CreateAccount && form.is_none() && action != "complete" {
        sessions.begin(&id, requester.full);
        return Ok(asked(command, &id));
    }
    // Of two that come at once, one goes on.
    if session.is_some() && !sessions.end(&id, requester.full) {
        return Err(bad("bad-sessionid"));
    }
    let created = create(command, form.unwrap_or_default(), user, component, invites).await;
    if session.is_some() && created.as_ref().is_err_and(|refusal| refusal.kind == "modify") {
        sessions.begin(&id, requester.full);
    }
    let mut answer = step(command, &id, "completed");
    // One was asked for.
    for invite in &created? {
        answer.append_child(result_form(invite));
    }
    Ok(answer)
}

/// Creates the invite that was asked for.
async fn create(
    command: Command,
    form: Form,
    user: &Jid,
    component: &ComponentSettings,
    invites: &Invites,
) -> Result<Vec<CreatedInvite>, StanzaError> {
    let is_contact = command == Command::Invite || form.wants_contact;
    let request = InviteRequest {
        host: Given::Is(component.host.to_string()),
        username: if command == Command::CreateAccount { form.username } else { Given::Absent },
        contact: if is_contact { Given::Is(user.to_string()) } else { Given::Absent },
        inviter: Given::Is(user.to_string()),
        minting: Given::Is(Minting::IfPossible),
        errors: form.errors,
        ..InviteRequest::default()
    };
    let caller = Caller::User { jid: user, limit: component.per_user };
    let created = invites.create(&caller, &request, invites.now()).await;
    created.map(|answer| answer.value).map_err(refusal)
}

fn refusal(error: CreateInviteError) -> StanzaError {
    match error {
        CreateInviteError::Fields(errors) => {
            let is_conflict = errors.iter().all(|error| error.kind == FieldErrorKind::Reserved);
            let condition = if is_conflict { "conflict" } else { "not-acceptable" };
            StanzaError::new("modify", condition).because(join(&errors))
        }
        CreateInviteError::Accounts(errors) => StanzaError::new("modify", "item-not-found").because(join(&errors)),
        CreateInviteError::NameTaken(name) | CreateInviteError::Ledger(CreateError::NameReserved(name)) => {
            StanzaError::new("modify", "conflict").because(format!("Somebody else has, or will have, the name {name}."))
        }
        CreateInviteError::Ledger(
            CreateError::Limit { retry_after }
            | CreateError::Pending { retry_after }
            | CreateError::MailLimit { retry_after },
        ) => {
            let wait = span_text(std::time::Duration::from_secs(retry_after.as_secs().max(1)));
            StanzaError::new("wait", "resource-constraint")
                .because(format!("That was all for now; try again in {wait}."))
        }
        CreateInviteError::Ledger(_) | CreateInviteError::NoAppToken(_) => {
            StanzaError::new("wait", "internal-server-error").because("No invite can be created now; try again later.")
        }
        CreateInviteError::Scopes(_)
        | CreateInviteError::AdminsPassword
        | CreateInviteError::Host(_)
        | CreateInviteError::WhichHost(_)
        | CreateInviteError::NoPublicUrl => {
            StanzaError::new("cancel", "internal-server-error").because(error.to_string())
        }
    }
}

/// What was filled in.
#[derive(Default)]
struct Form {
    /// Not cancelled.
    is_submitted: bool,
    username: Given<String>,
    wants_contact: bool,
    /// What is wrong with it, by the names of its fields.
    errors: Vec<FieldError>,
}

impl Form {
    fn of(request: &Element) -> Option<Self> {
        let form = request.get_child("x", FORM)?;
        let mut errors = Vec::new();
        let mut value = |name: &'static str, expected: &str| {
            let fields = form.children().filter(|field| field.is("field", FORM) && field.attr("var") == Some(name));
            let values: Vec<_> = fields.flat_map(Element::children).filter(|child| child.is("value", FORM)).collect();
            match values[..] {
                [] => String::new(),
                [value] => value.text().trim().to_owned(),
                _ => {
                    errors.push(FieldError::new(name, format!("is there twice; expected {expected}")));
                    String::new()
                }
            }
        };
        let (username, contact) = (value("username", "one name"), value(CONTACT, "true or false"));
        if !["", "0", "false", "1", "true"].contains(&&*contact) {
            errors.push(FieldError::new(CONTACT, "expected true or false"));
        }
        Some(Self {
            is_submitted: form.attr("type") != Some("cancel"),
            username: Some(username).filter(|name| !name.is_empty()).into(),
            wants_contact: ["1", "true"].contains(&&*contact),
            errors,
        })
    }
}

/// An answer of a command.
fn step(command: Command, session: &str, status: &str) -> Element {
    let attributes = [("node", command.node()), ("sessionid", session), ("status", status)];
    element("command", COMMANDS, &attributes)
}

/// The form of `create-account`. Nothing in it is required.
fn asked(command: Command, session: &str) -> Element {
    let mut form = element("x", FORM, &[("type", "form")]);
    for (name, text) in [("title", command.title()), ("instructions", "Leave the name empty to let them choose it.")] {
        let mut line = Element::bare(name, FORM);
        line.append_text(text);
        form.append_child(line);
    }
    form.append_child(field("username", "text-single", Some("Name of the account"), None));
    form.append_child(field(CONTACT, "boolean", Some("Become contacts of each other"), Some("0")));
    let mut actions = element("actions", COMMANDS, &[("execute", "complete")]);
    actions.append_child(Element::bare("complete", COMMANDS));
    let mut answer = step(command, session, "executing");
    answer.append_child(actions);
    answer.append_child(form);
    answer
}

/// An invite, in a form.
fn result_form(created: &CreatedInvite) -> Element {
    let mut form = element("x", FORM, &[("type", "result")]);
    let expires_at = created.uri_expires_at.unwrap_or(created.invite.draft.expires_at);
    form.append_child(field("FORM_TYPE", "hidden", None, Some(INVITATION)));
    // XEP-0401, 5.1: an `xmpp:` URI. Where apps cannot sign up, or not now, the page below is what there is to hand out.
    let uri = created.uri.clone().unwrap_or_else(|| link::bare_uri(&created.invite));
    form.append_child(field("uri", "text-single", Some("Link for an app"), Some(&uri)));
    form.append_child(field("landing-url", "text-single", Some("Link"), Some(&created.landing_page)));
    let expire = expires_at.strftime("%FT%TZ").to_string();
    form.append_child(field("expire", "text-single", Some("Good until"), Some(&expire)));
    form
}

fn field(name: &str, kind: &str, label: Option<&str>, value: Option<&str>) -> Element {
    let mut field = element("field", FORM, &[("var", name), ("type", kind)]);
    if let Some(label) = label {
        set(&mut field, "label", label);
    }
    if let Some(text) = value {
        let mut value = Element::bare("value", FORM);
        value.append_text(text);
        field.append_child(value);
    }
    field
}
