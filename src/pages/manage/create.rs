//! `GET, POST /manage/new`: a new invite. A link may fill the form in. Two tabs, back, and a form that is sent twice create one
//! invite: each form has a value of its own, by which the desk knows it again.

use askama::Template;
use tide::Response;
use tide::http::headers;

use super::input::{INPUTS, InviteInput};
use super::input_errors::{InputErrors, Meant, contact_hint, ttl_hint, uses_hint};
use super::list::{Choice, host_choices};
use super::sign_in::{self, PATH};
use super::visit::{VisitorBar, is_ours, kind_text, look, session};
use crate::caller::Request;
use crate::clock;
use crate::desk::manage::Session;
use crate::invite::KindName;
use crate::invite::policy::span_text;
use crate::pages::form::fields;
use crate::pages::html::Html;
use crate::pages::look::Look;
use crate::pages::page::{page, see_other};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "manage_create.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the form that there is or is not")]
struct CreatePage<'a> {
    look: Look<'a>,
    bar: VisitorBar,
    back: String,
    action: String,
    csrf: String,
    once: &'a str,
    kinds: Vec<Choice<'a>>,
    hosts: Vec<Choice<'a>>,
    input: &'a InviteInput,
    errors: &'a InputErrors,
    has_name: bool,
    has_contact: bool,
    has_groups: bool,
    has_uses: bool,
    has_mail: bool,
    contact_hint: Html<'static>,
    uses_hint: Html<'static>,
    ttl_hint: Html<'static>,
}

/// The form, filled in by the link.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn get(request: Request) -> Result<Response, Problem> {
    let now = request.state().desk.now();
    let Some(session) = session(&request, now).await? else {
        return sign_in::show(&request, Look::of(&request).here());
    };
    let errors = InputErrors { status: 200, ..InputErrors::default() };
    show(&request, &session, InviteInput::of_link(&request), &clock::random_id(), &errors)
}

/// Creates an invite.
///
/// # Errors
/// When the form is none, or the ledger cannot be used.
pub async fn post(mut request: Request) -> Result<Response, Problem> {
    const NAMES: [&str; 11] = {
        let [a, b, c, d, e, f, g, h, i] = INPUTS;
        [a, b, c, d, e, f, g, h, i, "once", "csrf"]
    };
    let [kind, host, name, contact, note, uses, ttl, groups, mail, once, csrf] = fields(&mut request, NAMES).await?;
    let input =
        InviteInput::from([kind, host, name, contact, note, uses, ttl, groups, mail].map(Option::unwrap_or_default));
    let once = once.unwrap_or_default();
    let desk = &request.state().desk;
    let now = desk.now();
    let Some(session) = session(&request, now).await? else {
        return sign_in::show_ended(&request, &format!("{PATH}/new?{}", input.to_query()));
    };
    let look = look(&request, &session);
    if !is_ours(&request, &session, csrf.as_deref()) {
        let errors = InputErrors { status: 403, summary: Some(look.text("error-form")), ..InputErrors::default() };
        return show(&request, &session, input, &clock::random_id(), &errors);
    }
    let (manager, wanted) = (&session.manager, input.request(once.clone())?);
    let error = match desk.manage.create(manager, &wanted, now).await {
        Ok(created) => {
            let id = created.value.first().map(|created| created.invite.id);
            let way = id.map_or_else(|| PATH.to_owned(), |id| format!("{PATH}/invites/{id}"));
            return Ok(see_other(&look.link(&way)));
        }
        Err(error) => error,
    };
    let meant = meant(&request, &session, &input);
    let errors = InputErrors::of_error(error, &desk.manage, manager, &meant, &look)?;
    let once = if errors.is_used { clock::random_id() } else { once };
    show(&request, &session, input, &once, &errors)
}

/// What is meant, as far as it is said.
fn meant(request: &Request, session: &Session, input: &InviteInput) -> Meant {
    let manager = &session.manager;
    let first = || request.state().desk.manage.hosts_of(manager).next().map(ToString::to_string);
    Meant {
        host: Some(input.host.clone()).filter(|host| !host.is_empty()).or_else(first).unwrap_or_default(),
        max_uses: if input.is_for_one_name() { 1 } else { manager.max_uses() },
    }
}

fn show(
    request: &Request,
    session: &Session,
    mut input: InviteInput,
    once: &str,
    errors: &InputErrors,
) -> Result<Response, Problem> {
    let (manage, manager, look) = (&request.state().desk.manage, &session.manager, look(request, session));
    let kinds = manage.kinds_of(manager);
    let Some(first) = kinds.first() else {
        return Err(Problem::NotAllowed("Whoever is signed in may create no invites."));
    };
    let chosen = input.kind().filter(|kind| kinds.contains(kind)).unwrap_or(*first);
    let choice =
        |kind: &KindName| Choice { value: kind.word(), text: look.text(kind_text(*kind)), is_chosen: *kind == chosen };
    let choices: Vec<_> = kinds.iter().map(choice).collect();
    for (field, usual) in [
        (&mut input.uses, "1".to_owned()),
        (&mut input.ttl, span_text(request.state().settings.invites.ttl.min(manage.max_ttl(manager)))),
    ] {
        if field.is_empty() {
            *field = usual;
        }
    }
    let hosts: Vec<_> = manage.hosts_of(manager).collect();
    let is_user = manager.user().is_some();
    let meant = meant(request, session, &input);
    let mut response = page(
        errors.status,
        &CreatePage {
            bar: VisitorBar::of(request, session, &look),
            back: look.link(PATH),
            action: look.link("/manage/new"),
            csrf: super::visit::csrf(request, session),
            once,
            kinds: choices,
            hosts: host_choices(&hosts, Some(&meant.host)),
            errors,
            has_name: !is_user || kinds.contains(&KindName::Account),
            has_contact: !is_user && kinds.contains(&KindName::Contact),
            has_groups: manager.may_group(),
            has_uses: manager.max_uses() > 1,
            has_mail: request.state().settings.mail.is_some() && manager.may_mail(),
            contact_hint: contact_hint(&meant.host, &look),
            uses_hint: uses_hint(meant.max_uses, &look),
            ttl_hint: ttl_hint(manage, manager, &look),
            input: &input,
            look,
        },
    )?;
    if let Some(wait) = errors.retry_after {
        response.insert_header(headers::RETRY_AFTER, (wait.as_secs() + 1).to_string());
    }
    Ok(response)
}
