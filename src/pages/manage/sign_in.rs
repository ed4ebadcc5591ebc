//! `POST /manage`: signing in, with a key or with an address and its password; `POST /manage/sign-out`. What is offered is what is
//! configured. Whoever came for another page than the list is led there.

use askama::Template;
use tide::Response;
use tide::http::headers;

use super::visit::{SESSION, is_from_elsewhere, is_ours, session};
use crate::caller::{Request, address_of, note_slowed};
use crate::config::secret::Secret;
use crate::desk::manage::{BROWSER_LIFE, SESSION_LIFE, SignInError, SignedIn};
use crate::pages::cookies::{self, cookie};
use crate::pages::form::{self, Csrf, fields};
use crate::pages::form_errors::RETRY_AFTER;
use crate::pages::look::Look;
use crate::pages::page::{page, see_other};
use crate::problem::Problem;

/// Where the page is, below the prefix.
pub(super) const PATH: &str = "/manage";

/// What the form is about, for its `csrf`: no invite's token.
const ABOUT: &str = "sign-in of /manage";

/// The cookie that a browser is known by in which somebody signed in.
const BROWSER: &str = "browser";

/// A longer way on is forgotten.
const MAX_WAY_BYTES: usize = 4_000;

#[derive(Template)]
#[template(path = "manage_sign_in.html")]
struct SignInPage<'a> {
    look: Look<'a>,
    csrf: &'a str,
    /// Where it goes on from here.
    next: &'a str,
    takes_keys: bool,
    /// Whose users sign in, in words; none: nobody's.
    hosts: Option<String>,
    address: &'a str,
    error: Option<SignInFault>,
}

/// What is wrong with what was sent.
struct SignInFault {
    text: &'static str,
    status: u16,
    /// Whether it was about a key.
    is_key: bool,
}

impl SignInPage<'_> {
    fn error_of(&self, is_key: bool) -> Option<&'static str> {
        self.error.as_ref().filter(|error| error.is_key == is_key).map(|error| error.text)
    }
}

/// The way in, for whoever asks for a page and is not signed in.
///
/// # Errors
/// None that comes from what was sent.
pub(super) fn show(request: &Request, next: &str) -> Result<Response, Problem> {
    drawn(request, next, "", None)
}

/// The same for whoever sent a form when they were not signed in any more.
///
/// # Errors
/// As [`show`].
pub(super) fn show_ended(request: &Request, next: &str) -> Result<Response, Problem> {
    let is_key = request.state().desk.manage.takes_keys();
    drawn(request, next, "", Some(SignInFault { text: "error-form", status: 403, is_key }))
}

fn drawn(request: &Request, next: &str, address: &str, error: Option<SignInFault>) -> Result<Response, Problem> {
    let (manage, csrf) = (&request.state().desk.manage, Csrf::new(request, ABOUT));
    let hosts: Vec<_> = manage.user_hosts().map(ToString::to_string).collect();
    let look = Look::of(request).on_only_site(request);
    let separator = look.language.text("list-separator");
    let status = error.as_ref().map_or(200, |error| error.status);
    let sign_in_page = SignInPage {
        csrf: &csrf.field,
        next: if is_ours_to_lead(next) { next } else { PATH },
        takes_keys: manage.takes_keys(),
        hosts: (!hosts.is_empty()).then(|| hosts.join(&separator)),
        address,
        error,
        look,
    };
    let mut response = page(status, &sign_in_page)?;
    if status == 503 {
        response.insert_header(headers::RETRY_AFTER, RETRY_AFTER.as_secs().to_string());
    }
    csrf.put(&mut response);
    Ok(response)
}

/// Signs in.
///
/// # Errors
/// When the form is none.
pub async fn post(mut request: Request) -> Result<Response, Problem> {
    let fields = fields(&mut request, ["key", "address", "password", "next", "csrf"]).await?;
    let is_key = fields[0].is_some();
    let [key, address, password, next, csrf] = fields.map(Option::unwrap_or_default);
    let (key, password) = (Secret::new(key), Secret::new(password));
    let (desk, client) = (&request.state().desk, address_of(&request));
    let again = |text, status| drawn(&request, &next, &address, Some(SignInFault { text, status, is_key }));
    if is_from_elsewhere(&request) || !form::is_given(&request, ABOUT, &csrf) {
        return again("error-form", 403);
    }
    let now = desk.now();
    let signed_in = if is_key {
        desk.manage.sign_in_by_key(&key, client, now)
    } else {
        let known = cookie(&request, BROWSER);
        desk.manage.sign_in_by_password(&address, &password, known.as_deref(), client, now).await
    };
    let SignedIn { session, browser } = match signed_in {
        Ok(signed_in) => signed_in,
        Err(SignInError::Refused) => return again("manage-refused", 403),
        Err(SignInError::Away) => return again("manage-away", 503),
        Err(SignInError::Wait(wait)) => {
            note_slowed(&request);
            let mut response = again("manage-wait", 429)?;
            response.insert_header(headers::RETRY_AFTER, (wait.as_secs() + 1).to_string());
            return Ok(response);
        }
    };
    let way = if is_ours_to_lead(&next) { &next } else { PATH };
    let mut response = see_other(&Look::of(&request).link(way));
    cookies::put(&mut response, &cookies::given(&request, SESSION, &session, Some(SESSION_LIFE.as_secs())));
    if let Some(browser) = browser {
        cookies::put(&mut response, &cookies::given(&request, BROWSER, &browser, Some(BROWSER_LIFE.as_secs())));
    }
    Ok(response)
}

/// Signs out: whoever has a copy of the session, as well.
///
/// # Errors
/// When the form is none of ours, or the ledger cannot be written: then the session goes on.
pub async fn sign_out(mut request: Request) -> Result<Response, Problem> {
    let [csrf] = fields(&mut request, ["csrf"]).await?;
    let now = request.state().desk.now();
    if let Some(session) = session(&request, now).await? {
        if !is_ours(&request, &session, csrf.as_deref()) {
            return Err(Problem::NotAllowed("This form is not one that you were given; open the page again."));
        }
        request.state().desk.manage.close_session(&session, now).await?;
    }
    let mut response = see_other(&Look::of(&request).link(PATH));
    cookies::put(&mut response, &cookies::given(&request, SESSION, "", Some(0)));
    Ok(response)
}

/// Whether a way on, below the prefix, leads to one of these pages.
fn is_ours_to_lead(way: &str) -> bool {
    let path = way.split('?').next().unwrap_or_default();
    let is_below = path == PATH || path.strip_prefix(PATH).is_some_and(|rest| rest.starts_with('/'));
    let is_plain = way.len() <= MAX_WAY_BYTES && way.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    is_below && is_plain && !path.contains("//") && !path.contains("..") && !way.contains('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        for way in
            ["/manage", "/manage?status=pending", "/manage/new?kind=contact&note=a+b%2F", "/manage/invites/AbC_-1"]
        {
            assert!(is_ours_to_lead(way), "{way}");
        }
        let long = format!("/manage?{}", "x".repeat(MAX_WAY_BYTES));
        for way in [
            "",
            "/",
            "/managed",
            "/invite?x",
            "//e.example/manage",
            "https://e.example/manage",
            "/manage//e.example",
            "/manage/../invite",
            "/manage\\@e.example",
            "/manage\r\nSet-Cookie: a=b",
            "/manage?ä",
            "/manage#x",
            &long,
        ] {
            assert!(!is_ours_to_lead(way), "{way}");
        }
    }
}
