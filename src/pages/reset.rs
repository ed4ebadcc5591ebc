//! `GET, POST /reset?t=TOKEN`: a new password with an invite, once.

use askama::Template;
use tide::Response;
use tide::http::headers;

use super::form::{self, Csrf, PasswordFault};
use super::html::Html;
use super::look::{Look, RETRY_AFTER};
use super::offered::Next;
use super::{gone, invite_of, page, parameter, see_other};
use crate::caller::{Request, address_of};
use crate::clock;
use crate::desk::{Guest, SignUpError, Wants, Web};
use crate::invite::{Invite, Kind, Status};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "reset.html")]
struct ResetPage<'a> {
    look: Look<'a>,
    action: String,
    token: &'a str,
    csrf: &'a str,
    address: String,
    /// For whoever keeps passwords.
    username: &'a str,
    until: Html<'static>,
    min_length: usize,
    password: Option<PasswordFault>,
    form: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "reset-done.html")]
struct ResetDonePage<'a> {
    look: Look<'a>,
    address: String,
    next: Next<'a>,
}

/// What is wrong with a form that was sent.
#[derive(Clone, Copy)]
enum Wrong {
    Password(PasswordFault),
    Form,
    Away,
}

/// The form, or the end of it.
///
/// # Errors
/// When the ledger cannot be used.
pub async fn get(request: Request) -> Result<Response, Problem> {
    let now = clock::now();
    let desk = request.state();
    let token = parameter(&request, "t").unwrap_or_default();
    let Some(invite) = invite_of(&request, &token, now).await? else { return gone::unknown(&request) };
    if parameter(&request, "done").is_some_and(|voucher| form::is_voucher(&request, &voucher, ["reset", &token, ""])) {
        return done(&request, &invite);
    }
    let status = invite.status(now);
    if status != Status::Pending {
        return gone::ended(&request, &invite, status);
    }
    if !matches!(invite.draft.kind, Kind::Reset { .. }) {
        return Ok(see_other(&Look::of(&request).link(&format!("/register?t={token}"))));
    }
    let offer = desk.offer(invite, Wants::Web, now).await?;
    match offer.web {
        Web::Closed => gone::closed(&request, &offer.invite, &token),
        Web::Away => show(&request, &offer.invite, &token, Some(Wrong::Away)),
        Web::Open => show(&request, &offer.invite, &token, None),
    }
}

/// Sets the password.
///
/// # Errors
/// When the form is none, or the ledger cannot be used.
pub async fn post(mut request: Request) -> Result<Response, Problem> {
    let form = form::read(&mut request).await?;
    let now = clock::now();
    let desk = request.state();
    let Some(invite) = invite_of(&request, &form.token, now).await? else { return gone::unknown(&request) };
    let Some(host) = desk.settings().hosts.get(&invite.draft.host) else {
        return gone::ended(&request, &invite, Status::Pending);
    };
    let Kind::Reset { username } = &invite.draft.kind else {
        return Err(Problem::BadRequest("This invite is not for a new password."));
    };
    let again = |wrong| show(&request, &invite, &form.token, Some(wrong));
    if !form::is_ours(&request, &form) {
        return again(Wrong::Form);
    }
    let about = [username.as_str(), invite.draft.host.as_str(), &host.site_name];
    if let Some(fault) = form::fault_of(&form.password, host, &about) {
        return again(Wrong::Password(fault));
    }
    let guest = Guest { token: &form.token, username, password: &form.password, client: address_of(&request) };
    match desk.reset_password(guest, now).await {
        Ok(_) => {
            let voucher = form::voucher(&request, ["reset", &form.token, ""]);
            Ok(see_other(&Look::of(&request).link(&format!("/reset?t={}&done={voucher}", form.token))))
        }
        Err(SignUpError::Ledger(error)) => Err(error.into()),
        Err(SignUpError::Absent | SignUpError::WrongKind) => gone::unknown(&request),
        Err(SignUpError::Ended(status)) => gone::ended(&request, &invite, status),
        Err(SignUpError::PasswordTooShort(least)) => again(Wrong::Password(PasswordFault::Short(least))),
        // All there is to dislike is the password.
        Err(SignUpError::Password | SignUpError::NotAllowed) => again(Wrong::Password(PasswordFault::Refused)),
        Err(SignUpError::Away) => again(Wrong::Away),
        // The account is not there any more, or nothing here sets passwords.
        Err(
            SignUpError::Closed
            | SignUpError::OtherName
            | SignUpError::Reserved
            | SignUpError::Taken
            | SignUpError::Name,
        ) => gone::closed(&request, &invite, &form.token),
    }
}

fn show(request: &Request, invite: &Invite, token: &str, wrong: Option<Wrong>) -> Result<Response, Problem> {
    let (Some(host), Kind::Reset { username }) =
        (request.state().settings().hosts.get(&invite.draft.host), &invite.draft.kind)
    else {
        return gone::ended(request, invite, Status::Pending);
    };
    let csrf = Csrf::new(request, token);
    let look = Look::of(request).on(host);
    let (status, password, form) = match wrong {
        None => (200, None, None),
        Some(Wrong::Password(fault)) => (422, Some(fault), None),
        Some(Wrong::Form) => (403, None, Some("error-form")),
        Some(Wrong::Away) => (503, None, Some("error-away")),
    };
    let mut response = page(
        status,
        &ResetPage {
            action: look.link(&format!("/reset?t={token}")),
            token,
            csrf: &csrf.field,
            address: format!("{username}@{}", invite.draft.host),
            username: username.as_str(),
            until: look.until(invite, clock::now()),
            min_length: host.min_password_length,
            password,
            form,
            look,
        },
    )?;
    if status == 503 {
        response.insert_header(headers::RETRY_AFTER, RETRY_AFTER.as_secs().to_string());
    }
    csrf.put(&mut response);
    Ok(response)
}

fn done(request: &Request, invite: &Invite) -> Result<Response, Problem> {
    let Some(host) = request.state().settings().hosts.get(&invite.draft.host) else {
        return gone::ended(request, invite, Status::Pending);
    };
    let look = Look::of(request).on(host);
    let address = invite.draft.kind.username().map(|username| format!("{username}@{}", invite.draft.host));
    let next = Next::of(request, &look);
    page(200, &ResetDonePage { address: address.unwrap_or_default(), next, look })
}
