//! The page of a form: to be filled in, with what is wrong with what was sent.

use askama::Template;
use tide::Response;
use tide::http::headers;

use super::form::{Csrf, FormPurpose};
use super::form_errors::{FormErrors, RETRY_AFTER};
use super::html::Html;
use super::look::Look;
use super::offered::chosen;
use super::opened::site_of;
use super::page::page;
use super::refused::GuestProblem;
use crate::caller::Request;
use crate::config::MAX_PASSWORD_CHARS;
use crate::config::secret::Secret;
use crate::invite::name::Username;
use crate::invite::{Invite, Kind};

#[derive(Template)]
#[template(path = "form.html")]
struct FormPage<'a> {
    look: Look<'a>,
    title: Html<'static>,
    action: String,
    token: &'a str,
    csrf: &'a str,
    until: Html<'static>,
    min_length: usize,
    max_length: usize,
    /// What is wrong with the form, above it, with a link to each field that is wrong.
    summary: Option<Html<'static>>,
    username_error: Option<Html<'static>>,
    password_error: Option<Html<'static>>,
    /// A name that can be had, beside one that cannot.
    proposal: Option<Html<'static>>,
    generated: Option<&'a str>,
    account: FormAccount<'a>,
}

/// What a form is filled in with when it is shown.
#[derive(Default)]
pub(super) struct FormInput<'a> {
    /// What was typed for a name.
    pub(super) username: &'a str,
    /// A password by chance, which nobody has chosen yet: shown in clear, once.
    pub(super) generated: Option<&'a Secret>,
}

/// Whose account a form is about.
enum FormAccount<'a> {
    /// One that is to be created.
    New {
        host: &'a str,
        /// What was typed, or what the invite is bound to.
        username: &'a str,
        is_bound: bool,
        landing: String,
    },
    /// One that exists; browsers that keep passwords want its name.
    Known { address: String, username: &'a str },
}

/// The form for an invite, with the `errors` in what was sent.
pub(super) fn show(
    request: &Request,
    invite: &Invite,
    token: &str,
    input: &FormInput<'_>,
    errors: &FormErrors,
) -> Result<Response, GuestProblem> {
    let site = site_of(request, invite)?;
    let csrf = Csrf::new(request, token);
    let look = Look::of(request).on(site);
    let app = chosen(request).map(|app| format!("&c={}", app.id)).unwrap_or_default();
    let host = invite.draft.host.as_str();
    let (title, account) = match &invite.draft.kind {
        Kind::Reset { username } => {
            let account = FormAccount::Known { address: format!("{username}@{host}"), username: username.as_str() };
            (look.text("reset-title"), account)
        }
        Kind::Account { username } | Kind::Contact { username, .. } => {
            let landing = look.link(&format!("/invite?{token}"));
            let (is_bound, username) = (username.is_some(), username.as_ref().map_or(input.username, Username::as_str));
            let account = FormAccount::New { host, username, is_bound, landing };
            (look.with("register-title", "site", look.site_name()), account)
        }
    };
    let status = errors.status();
    let is_bound = invite.draft.kind.username().is_some();
    let inviter = invite.draft.inviter.as_deref();
    let username_error =
        errors.username.map(|error| if is_bound { error.text_of_bound(inviter, &look) } else { error.text(&look) });
    let proposal = errors.username.filter(|_| !is_bound).and_then(|error| error.proposal(input.username));
    let mut response = page(
        status,
        &FormPage {
            action: look.link(&format!("{}?t={token}{app}", FormPurpose::of(&invite.draft.kind).path())),
            token,
            csrf: &csrf.field,
            until: look.until(invite, request.state().desk.now()),
            min_length: site.min_password_length,
            max_length: MAX_PASSWORD_CHARS,
            summary: errors.summary().map(|summary| look.text(summary)),
            username_error,
            password_error: errors.password.map(|error| error.text(&look)),
            proposal: proposal.map(|name| look.with_typed("error-username-proposal", "name", name.as_str())),
            generated: input.generated.map(Secret::reveal),
            title,
            account,
            look,
        },
    )?;
    if status == 503 {
        response.insert_header(headers::RETRY_AFTER, RETRY_AFTER.as_secs().to_string());
    }
    csrf.put(&mut response);
    Ok(response)
}
