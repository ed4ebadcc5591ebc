//! The way through a form with which a guest uses an invite: shown, filled in, refused with all that is wrong at once, or
//! done. The same for an account and for a new password. Success leads on by 303, so that neither a reload nor the back
//! button sends a password again. A password by chance is shown once, before anybody has chosen it.

use jiff::Timestamp;
use tide::Response;

use super::done::{self, done, finished};
use super::form::{self, FormPurpose, SentForm};
use super::form_errors::{FormError, FormErrors};
use super::form_page::{FormInput, show};
use super::look::Look;
use super::opened::{known, site_of, site_of_pending};
use super::page::see_other;
use super::query::token_in_t;
use super::refused::GuestProblem;
use crate::caller::{Request, address_of};
use crate::desk::{AppLink, Guest, PasswordError, SignUpError, UsernameError, WebSignUp, generated_password};
use crate::invite::Invite;
use crate::problem::Problem;

/// The form, or the end of it.
///
/// # Errors
/// When the ledger cannot be used.
pub(super) async fn get(request: Request, purpose: FormPurpose) -> Result<Response, Problem> {
    let answer = opened(&request, purpose, request.state().desk.now()).await;
    answer.or_else(|problem| problem.answer(&request))
}

async fn opened(request: &Request, purpose: FormPurpose, now: Timestamp) -> Result<Response, GuestProblem> {
    let token = token_in_t(request);
    let invite = known(request, &token, now).await?;
    if let Some(username) = finished(request, purpose, &token, &invite) {
        return done(request, purpose, &invite, &username);
    }
    site_of_pending(request, &invite, now)?;
    let meant = FormPurpose::of(&invite.draft.kind);
    if meant != purpose {
        return Ok(see_other(&Look::of(request).link(&format!("{}?t={token}", meant.path()))));
    }
    let offer = request.state().desk.sign_up.offer(invite, AppLink::NotWanted, now).await?;
    let errors = match offer.web {
        WebSignUp::Closed => return Err(GuestProblem::closed(&offer.invite, &token)),
        WebSignUp::Away => FormError::Away.into(),
        WebSignUp::Open => FormErrors::default(),
    };
    show(request, &offer.invite, &token, &FormInput::default(), &errors)
}

/// Does what the form is for.
///
/// # Errors
/// When the form is none, or the ledger cannot be used.
pub(super) async fn post(mut request: Request, purpose: FormPurpose) -> Result<Response, Problem> {
    let form = form::read(&mut request).await?;
    let answer = sent(&request, purpose, &form, request.state().desk.now()).await;
    answer.or_else(|problem| problem.answer(&request))
}

async fn sent(
    request: &Request,
    purpose: FormPurpose,
    form: &SentForm,
    now: Timestamp,
) -> Result<Response, GuestProblem> {
    let invite = known(request, &form.token, now).await?;
    let host = site_of(request, &invite)?;
    if FormPurpose::of(&invite.draft.kind) != purpose {
        return Err(wrong_kind(purpose).into());
    }
    let input = FormInput { username: &form.username, generated: None };
    let again = |errors: &FormErrors| show(request, &invite, &form.token, &input, errors);
    if !form::is_ours(request, form) {
        return again(&FormError::NotOurs.into());
    }
    if form.wants_password {
        site_of_pending(request, &invite, now)?;
        let generated = generated_password(host.min_password_length);
        let input = FormInput { username: &form.username, generated: Some(&generated) };
        return show(request, &invite, &form.token, &input, &FormErrors::default());
    }
    let desk = &request.state().desk;
    let username = match desk.sign_up.chosen(&invite, host, &form.username, &form.password).await {
        Ok(username) => username,
        Err(errors) => {
            site_of_pending(request, &invite, now)?;
            return again(&errors.into());
        }
    };
    let guest =
        Guest { token: &form.token, username: &username, password: &form.password, client: address_of(request) };
    let done = match purpose {
        FormPurpose::Account => desk.sign_up.register(guest, now).await,
        FormPurpose::Password => desk.sign_up.reset_password(guest, now).await,
    };
    match done {
        Ok(_) => Ok(see_other(&done::link(request, purpose, &form.token, &username))),
        Err(error) => again(&errors_of(error, purpose, &invite, &form.token)?),
    }
}

/// What the desk refuses, as it is told beside the form.
///
/// # Errors
/// When this is the end of the guest's way, and there is nothing to fill in again.
fn errors_of(
    error: SignUpError,
    purpose: FormPurpose,
    invite: &Invite,
    token: &str,
) -> Result<FormErrors, GuestProblem> {
    use SignUpError as Refused;
    Ok(match (error, purpose) {
        (Refused::Ledger(error), _) => return Err(error.into()),
        (Refused::Absent, _) => return Err(GuestProblem::Unknown),
        (Refused::Ended(status), _) => return Err(GuestProblem::ended(invite, status)),
        (Refused::WrongKind, _) => return Err(wrong_kind(purpose).into()),
        (Refused::Closed, _)
        // The account is not there any more.
        | (Refused::OtherName | Refused::Reserved | Refused::Taken | Refused::Name, FormPurpose::Password) => {
            return Err(GuestProblem::closed(invite, token));
        }
        (error @ (Refused::OtherName | Refused::Reserved | Refused::Taken | Refused::Name), FormPurpose::Account) => {
            FormErrors { username: UsernameError::of(&error), ..FormErrors::default() }
        }
        (Refused::PasswordTooShort(least), _) => PasswordError::Short(least).into(),
        // All that there is to dislike about a new password is the password.
        (Refused::Password, _) | (Refused::NotAllowed, FormPurpose::Password) => PasswordError::Refused.into(),
        (Refused::NotAllowed, FormPurpose::Account) => FormError::NotAllowed.into(),
        // No form of ours comes with an Idempotency-Key.
        (Refused::Away | Refused::IdempotencyKeyReused, _) => FormError::Away.into(),
    })
}

fn wrong_kind(purpose: FormPurpose) -> Problem {
    Problem::BadRequest(match purpose {
        FormPurpose::Account => "This invite is for a new password.",
        FormPurpose::Password => "This invite is not for a new password.",
    })
}
