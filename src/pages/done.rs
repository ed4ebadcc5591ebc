//! Where the way through a form ends: the account that was created, or has a new password, and what comes next. The link
//! has a MAC, so that no other link shows this page.

use askama::Template;
use tide::Response;

use super::form::{self, FormPurpose};
use super::look::Look;
use super::offered::{NextSteps, chosen};
use super::opened::site_of;
use super::page::page;
use super::query::parameter;
use super::refused::GuestProblem;
use crate::caller::Request;
use crate::config::apps::App;
use crate::invite::Invite;
use crate::invite::name::Username;

#[derive(Template)]
#[template(path = "done.html")]
struct DonePage<'a> {
    look: Look<'a>,
    is_reset: bool,
    address: String,
    next: NextSteps<'a>,
    /// The app to begin with, where none was chosen and there is no web chat.
    first: Option<&'a App>,
}

impl DonePage<'_> {
    fn title(&self) -> &'static str {
        if self.is_reset { "reset-done-title" } else { "done-title" }
    }
}

/// The link to it.
pub(super) fn link(request: &Request, purpose: FormPurpose, token: &str, username: &Username) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("t", token);
    if let Some(app) = chosen(request) {
        query.append_pair("c", &app.id);
    }
    if purpose == FormPurpose::Account {
        query.append_pair("u", username.as_str());
    }
    query.append_pair("done", &form::voucher(request, purpose.vouched(token, username.as_str())));
    Look::of(request).link(&format!("{}?{}", purpose.path(), query.finish()))
}

/// Whose account it is that we have just created, or given a new password, if that is what the link says and we have
/// written it.
pub(super) fn finished(request: &Request, purpose: FormPurpose, token: &str, invite: &Invite) -> Option<String> {
    let voucher = parameter(request, "done")?;
    let username = match purpose {
        FormPurpose::Account => parameter(request, "u")?,
        FormPurpose::Password => invite.draft.kind.username()?.to_string(),
    };
    form::is_voucher(request, &voucher, purpose.vouched(token, &username)).then_some(username)
}

/// The page.
pub(super) fn done(
    request: &Request,
    purpose: FormPurpose,
    invite: &Invite,
    username: &str,
) -> Result<Response, GuestProblem> {
    let look = Look::of(request).on(site_of(request, invite)?);
    let address = format!("{username}@{}", invite.draft.host);
    let mut next = NextSteps::of(request, &look);
    let first =
        (next.chosen.is_none() && look.webchat().is_none() && !next.apps.is_empty()).then(|| next.apps.remove(0));
    let first = first.and_then(|(id, _)| request.state().settings.apps.iter().find(|app| app.id == id));
    Ok(page(200, &DonePage { is_reset: purpose == FormPurpose::Password, address, next, first, look })?)
}
