//! `GET, POST /register?t=TOKEN&c=APP`: an account with an invite. Success leads on by 303, so that neither a reload nor the
//! back button sends a password again.

use askama::Template;
use tide::Response;
use tide::http::headers;

use super::form::{self, Csrf, PasswordFault};
use super::html::Html;
use super::look::{Look, RETRY_AFTER};
use super::offered::{Next, chosen};
use super::{gone, invite_of, page, parameter, see_other};
use crate::caller::{Request, address_of};
use crate::clock;
use crate::config::{BackendSettings, Settings};
use crate::desk::{Guest, SignUpError, Wants, Web};
use crate::invite::name::{HostName, Username};
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
    until: Html<'static>,
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
    next: Next<'a>,
}

/// The hosts on which the form is not offered, each with the reason: guests are told that it is so, the admin why.
pub fn not_offered(settings: &Settings) -> impl Iterator<Item = (&HostName, &'static str)> {
    settings.hosts.iter().filter_map(|(name, host)| {
        let why = match host.backend {
            BackendSettings::Ledger => "backend.kind = \"ledger\" makes no accounts",
            BackendSettings::Prosody { .. } | BackendSettings::Ejabberd { .. } | BackendSettings::Xmpp(_)
                if host.registration =>
            {
                return None;
            }
            BackendSettings::Prosody { .. } | BackendSettings::Ejabberd { .. } | BackendSettings::Xmpp(_) => {
                "registration = false"
            }
        };
        Some((name, why))
    })
}

/// The form, or the finished account.
///
/// # Errors
/// When the ledger cannot be used.
pub async fn get(request: Request) -> Result<Response, Problem> {
    let now = clock::now();
    let desk = request.state();
    let token = parameter(&request, "t").unwrap_or_default();
    let Some(invite) = invite_of(&request, &token, now).await? else { return gone::unknown(&request) };
    if let Some(username) = finished(&request, &token) {
        return done(&request, &invite, &username);
    }
    let status = invite.status(now);
    if status != Status::Pending || !desk.settings().hosts.contains_key(&invite.draft.host) {
        return gone::ended(&request, &invite, status);
    }
    if matches!(invite.draft.kind, Kind::Reset { .. }) {
        return Ok(see_other(&Look::of(&request).link(&format!("/reset?t={token}"))));
    }
    let offer = desk.offer(invite, Wants::Web, now).await?;
    match offer.web {
        Web::Closed => gone::closed(&request, &offer.invite, &token),
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
    let Some(invite) = invite_of(&request, &form.token, now).await? else { return gone::unknown(&request) };
    let Some(host) = desk.settings().hosts.get(&invite.draft.host) else {
        return gone::ended(&request, &invite, Status::Pending);
    };
    let again = |wrong: &Wrong| show(&request, &invite, &form.token, &form.username, wrong);
    if !form::is_ours(&request, &form) {
        return again(&Wrong { form: Some("error-form"), ..Wrong::default() });
    }
    let username = name_in(&form.username, &invite.draft.host);
    let mut wrong = Wrong { username: username.as_ref().err().copied(), ..Wrong::default() };
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
            if let Some(app) = chosen(&request) {
                query.append_pair("c", &app.id);
            }
            query.append_pair("u", username.as_str()).append_pair("done", &voucher);
            return Ok(see_other(&look.link(&format!("/register?{}", query.finish()))));
        }
        Err(SignUpError::Ledger(error)) => return Err(error.into()),
        Err(SignUpError::Absent) => return gone::unknown(&request),
        Err(SignUpError::Ended(status)) => return gone::ended(&request, &invite, status),
        Err(SignUpError::Closed) => return gone::closed(&request, &invite, &form.token),
        Err(SignUpError::WrongKind) => return Err(Problem::BadRequest("This invite is for a new password.")),
        Err(SignUpError::OtherName) => wrong.username = Some("error-username-other"),
        Err(SignUpError::Reserved) => wrong.username = Some("error-username-reserved"),
        Err(SignUpError::Taken) => wrong.username = Some("error-username-taken"),
        Err(SignUpError::Name) => wrong.username = Some("error-username-invalid"),
        Err(SignUpError::PasswordTooShort(least)) => wrong.password = Some(PasswordFault::Short(least)),
        Err(SignUpError::Password) => wrong.password = Some(PasswordFault::Refused),
        Err(SignUpError::NotAllowed) => wrong.form = Some("error-not-allowed"),
        Err(SignUpError::Away) => wrong.form = Some("error-away"),
    }
    again(&wrong)
}

fn show(request: &Request, invite: &Invite, token: &str, typed: &str, wrong: &Wrong) -> Result<Response, Problem> {
    let settings = request.state().settings();
    let (Some(host), csrf) = (settings.hosts.get(&invite.draft.host), Csrf::new(request, token)) else {
        return gone::ended(request, invite, Status::Pending);
    };
    let look = Look::of(request).on(host);
    let app = chosen(request).map(|app| format!("&c={}", app.id)).unwrap_or_default();
    let bound = invite.draft.kind.username().map(Username::as_str);
    let mut response = page(
        wrong.status(),
        &RegisterPage {
            action: look.link(&format!("/register?t={token}{app}")),
            token,
            csrf: &csrf.field,
            host: invite.draft.host.as_str(),
            until: look.until(invite, clock::now()),
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
    let Some(host) = settings.hosts.get(&invite.draft.host) else {
        return gone::ended(request, invite, Status::Pending);
    };
    let look = Look::of(request).on(host);
    let address = format!("{username}@{}", invite.draft.host);
    page(200, &DonePage { address, next: Next::of(request, &look), look })
}

/// The name in what was typed, or what is wrong with it. Whoever types the whole address means what comes before the @.
fn name_in(typed: &str, host: &HostName) -> Result<Username, &'static str> {
    let typed = typed.trim();
    let name = match typed.split_once('@') {
        Some((name, domain)) if domain.parse::<HostName>().is_ok_and(|domain| domain == *host) => name,
        Some(_) => return Err("error-username-address"),
        None if typed.is_empty() => return Err("error-username-empty"),
        None => typed,
    };
    name.parse().map_err(|_| "error-username-invalid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_address_is_taken_for_its_name() {
        let host = "bücher.example".parse().unwrap();
        let name = |typed| name_in(typed, &host).map(|name| name.to_string());
        for typed in [" Juliet ", "juliet@bücher.example", "juliet@XN--BCHER-KVA.example "] {
            assert_eq!(name(typed).as_deref(), Ok("juliet"), "{typed}");
        }
        for (typed, error) in [
            (" ", "error-username-empty"),
            ("juliet@elsewhere.example", "error-username-address"),
            ("juliet@", "error-username-address"),
            ("@bücher.example", "error-username-invalid"),
            ("juliet capulet", "error-username-invalid"),
        ] {
            assert_eq!(name(typed), Err(error), "{typed}");
        }
    }
}
