//! `GET, POST /register?t=TOKEN&c=APP`: an account with an invite. Success leads on by 303, so that neither a reload nor the
//! back button sends a password again.

use askama::Template;
use tide::Response;
use tide::http::headers;

use super::form::{self, Csrf, PasswordFault};
use super::look::{Look, RETRY_AFTER};
use super::offered::Mark;
use super::{gone, page, parameter, see_other};
use crate::caller::{Request, address_of};
use crate::clock;
use crate::config::apps::App;
use crate::desk::{Guest, SignUpError, Web};
use crate::invite::name::Username;
use crate::invite::{Invite, Kind, Status};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterPage<'a> {
    look: Look<'a>,
    action: String,
    token: &'a str,
    csrf: &'a str,
    host: &'a str,
    until: String,
    /// The name, if the invite is bound to one.
    bound: Option<&'a str>,
    username: &'a str,
    min_length: usize,
    wrong: &'a Wrong,
    landing: String,
}

/// What is wrong with a form that was sent.
#[derive(Default)]
struct Wrong {
    username: Option<&'static str>,
    password: Option<PasswordFault>,
    /// Nothing that the guest can mend.
    form: Option<&'static str>,
}

impl Wrong {
    fn is_nothing(&self) -> bool {
        self.username.is_none() && self.password.is_none() && self.form.is_none()
    }

    fn status(&self) -> u16 {
        match (self.form, self.username) {
            (Some("error-away"), _) => 503,
            (Some(_), _) => 403,
            (None, Some("error-username-taken")) => 409,
            (None, None) if self.password.is_none() => 200,
            (None, _) => 422,
        }
    }
}

#[derive(Template)]
#[template(path = "done.html")]
struct DonePage<'a> {
    look: Look<'a>,
    address: String,
    app: Option<(&'a App, Mark)>,
    apps: Vec<(&'a App, Mark)>,
}

/// The form, or the finished account.
///
/// # Errors
/// When the ledger cannot be used.
pub async fn get(request: Request) -> Result<Response, Problem> {
    let now = clock::now();
    let desk = request.state();
    let token = parameter(&request, "t").unwrap_or_default();
    let Some(invite) = desk.open(&token, now).await? else { return gone::unknown(&request) };
    if let Some(username) = finished(&request, &token) {
        return done(&request, &invite, &username);
    }
    let status = invite.status(now);
    if status != Status::Pending || !desk.settings().hosts.contains_key(&invite.draft.host) {
        return gone::ended(&request, status);
    }
    if matches!(invite.draft.kind, Kind::Reset { .. }) {
        return Ok(see_other(&Look::of(&request).link(&format!("/reset?t={token}"))));
    }
    let offer = desk.offer(invite, now).await?;
    match offer.web {
        Web::Closed => gone::closed(&request, &token),
        Web::Away => show(&request, &offer.invite, &token, "", &Wrong { form: Some("error-away"), ..Wrong::default() }),
        Web::Open => show(&request, &offer.invite, &token, "", &Wrong::default()),
    }
}

/// Makes the account.
///
/// # Errors
/// When the form is none, or the ledger cannot be used.
pub async fn post(mut request: Request) -> Result<Response, Problem> {
    let form = form::read(&mut request).await?;
    let now = clock::now();
    let desk = request.state();
    let Some(invite) = desk.open(&form.token, now).await? else { return gone::unknown(&request) };
    let Some(host) = desk.settings().hosts.get(&invite.draft.host) else {
        return gone::ended(&request, Status::Pending);
    };
    let again = |wrong: &Wrong| show(&request, &invite, &form.token, &form.username, wrong);
    if !form::is_ours(&request, &form) {
        return again(&Wrong { form: Some("error-form"), ..Wrong::default() });
    }
    let mut wrong = Wrong::default();
    let username = form.username.trim().parse::<Username>();
    if form.username.trim().is_empty() {
        wrong.username = Some("error-username-empty");
    } else if username.is_err() {
        wrong.username = Some("error-username-invalid");
    }
    let about = [form.username.trim(), invite.draft.host.as_str(), &host.site_name];
    wrong.password = form::fault_of(&form.password, host, &about);
    let Some(username) = username.ok().filter(|_| wrong.is_nothing()) else { return again(&wrong) };
    let guest =
        Guest { token: &form.token, username: &username, password: &form.password, client: address_of(&request) };
    match desk.sign_up(guest, now).await {
        Ok(_) => {
            let look = Look::of(&request);
            let voucher = form::voucher(&request, ["done", &form.token, username.as_str()]);
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.append_pair("t", &form.token);
            if let Some(app) = chosen_app(&request) {
                query.append_pair("c", &app.id);
            }
            query.append_pair("u", username.as_str()).append_pair("done", &voucher);
            return Ok(see_other(&look.link(&format!("/register?{}", query.finish()))));
        }
        Err(SignUpError::Ledger(error)) => return Err(error.into()),
        Err(SignUpError::Absent) => return gone::unknown(&request),
        Err(SignUpError::Ended(status)) => return gone::ended(&request, status),
        Err(SignUpError::Closed) => return gone::closed(&request, &form.token),
        Err(SignUpError::WrongKind) => return Err(Problem::BadRequest("This invite is for a new password.")),
        Err(SignUpError::OtherName) => wrong.username = Some("error-username-other"),
        Err(SignUpError::Reserved) => wrong.username = Some("error-username-reserved"),
        Err(SignUpError::Taken) => wrong.username = Some("error-username-taken"),
        Err(SignUpError::Name) => wrong.username = Some("error-username-invalid"),
        Err(SignUpError::PasswordTooShort(least)) => wrong.password = Some(PasswordFault::Short(least)),
        Err(SignUpError::Password) => wrong.password = Some(PasswordFault::Refused),
        Err(SignUpError::Away) => wrong.form = Some("error-away"),
    }
    again(&wrong)
}

fn show(request: &Request, invite: &Invite, token: &str, typed: &str, wrong: &Wrong) -> Result<Response, Problem> {
    let settings = request.state().settings();
    let (Some(host), csrf) = (settings.hosts.get(&invite.draft.host), Csrf::new(request, token)) else {
        return gone::ended(request, Status::Pending);
    };
    let look = Look::of(request).on(host);
    let app = chosen_app(request).map(|app| format!("&c={}", app.id)).unwrap_or_default();
    let bound = invite.draft.kind.username().map(Username::as_str);
    let mut response = page(
        wrong.status(),
        &RegisterPage {
            action: look.link(&format!("/register?t={token}{app}")),
            token,
            csrf: &csrf.field,
            host: invite.draft.host.as_str(),
            until: look.language.until(invite.draft.expires_at, clock::now()),
            bound,
            username: bound.unwrap_or(typed),
            min_length: host.min_password_length,
            wrong,
            landing: look.link(&format!("/invite?{token}")),
            look,
        },
    )?;
    if wrong.status() == 503 {
        response.insert_header(headers::RETRY_AFTER, RETRY_AFTER.as_secs().to_string());
    }
    csrf.put(&mut response);
    Ok(response)
}

/// The name of an account that we have just made, if that is what the link says and we have written it.
fn finished(request: &Request, token: &str) -> Option<String> {
    let (username, voucher) = (parameter(request, "u")?, parameter(request, "done")?);
    form::is_voucher(request, &voucher, ["done", token, &username]).then_some(username)
}

fn done(request: &Request, invite: &Invite, username: &str) -> Result<Response, Problem> {
    let settings = request.state().settings();
    let Some(host) = settings.hosts.get(&invite.draft.host) else { return gone::ended(request, Status::Pending) };
    let look = Look::of(request).on(host);
    let app = chosen_app(request).map(|app| (app, Mark::of(app, &look)));
    let device = super::offered::device(request);
    let fits = |app: &&App| device.is_none_or(|device| app.platforms.contains(&device));
    let apps = settings.apps.iter().filter(|_| app.is_none()).filter(fits).map(|app| (app, Mark::of(app, &look)));
    let address = format!("{username}@{}", invite.draft.host);
    page(200, &DonePage { address, apps: apps.collect(), app, look })
}

/// The app that the guest came from.
fn chosen_app(request: &Request) -> Option<&App> {
    let id = parameter(request, "c")?;
    request.state().settings().apps.iter().find(|app| app.id == id)
}
