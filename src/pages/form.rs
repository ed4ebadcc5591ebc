//! What our forms have in common: what they are for, their fields, and what proves that a form is ours.
//!
//! A form of ours has a `csrf` field: a MAC, under the ledger key, of the reader's cookie and the invite's token. Another
//! site can neither read nor forge it, and the cookie is not sent along with what another site posts (`SameSite=Strict`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng as _;
use subtle::ConstantTimeEq as _;
use tide::Response;
use tide::http::headers;

use crate::caller::{self, Request};
use crate::clock;
use crate::config::PublicUrl;
use crate::config::secret::Secret;
use crate::invite::Kind;
use crate::problem::Problem;

/// The button that asks for a password by chance.
const GENERATE: &str = "generate";

/// What a form is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FormPurpose {
    /// An account.
    Account,
    /// A new password.
    Password,
}

impl FormPurpose {
    /// What an invite is for.
    pub(super) fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Account { .. } | Kind::Contact { .. } => Self::Account,
            Kind::Reset { .. } => Self::Password,
        }
    }

    /// The path of its form.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Account => "/register",
            Self::Password => "/reset",
        }
    }

    /// What is vouched for when it is done: that we have done it with the invite of `token`, for an account for `username`.
    pub(super) fn vouched<'a>(self, token: &'a str, username: &'a str) -> [&'a str; 3] {
        match self {
            Self::Account => ["done", token, username],
            Self::Password => ["reset", token, ""],
        }
    }
}

/// What was sent.
pub(super) struct SentForm {
    pub(super) username: String,
    pub(super) password: Secret,
    pub(super) token: String,
    pub(super) csrf: String,
    /// It is not to be carried out, but shown again with a password by chance.
    pub(super) wants_password: bool,
}

/// Reads the form that `request` sends.
///
/// # Errors
/// When it is none of ours.
pub(super) async fn read(request: &mut Request) -> Result<SentForm, Problem> {
    let kind = request.content_type().map(|kind| kind.essence().to_owned());
    if kind.as_deref() != Some("application/x-www-form-urlencoded") {
        return Err(Problem::BadRequest("Forms are sent as application/x-www-form-urlencoded."));
    }
    let malformed = || Problem::BadRequest("The form is malformed.");
    let body = request.body_bytes().await.map_err(|_| malformed())?;
    let mut fields: [Option<String>; 5] = Default::default();
    for (name, value) in url::form_urlencoded::parse(&body) {
        let Some(at) = ["username", "password", "token", "csrf", GENERATE].iter().position(|field| *field == name)
        else {
            continue;
        };
        // What is not UTF-8 would become another password than the one that was typed.
        if value.contains('\u{fffd}') || fields[at].replace(value.into_owned()).is_some() {
            return Err(malformed());
        }
    }
    let wants_password = fields[4].is_some();
    let [username, password, token, csrf, _] = fields.map(Option::unwrap_or_default);
    Ok(SentForm { username, password: Secret::new(password), token, csrf, wants_password })
}

/// What makes a form ours.
pub(super) struct Csrf {
    /// The field.
    pub(super) field: String,
    /// The cookie, if the reader has none yet.
    cookie: Option<String>,
}

impl Csrf {
    /// For a form about `token` in an answer to `request`.
    pub(super) fn new(request: &Request, token: &str) -> Self {
        let path = prefix(request);
        let (value, is_new) = if let Some(value) = cookie(request) {
            (value, false)
        } else {
            let mut value = [0; 16];
            clock::rng().fill_bytes(&mut value);
            (URL_SAFE_NO_PAD.encode(value), true)
        };
        let secure = if is_https(request) { "; Secure" } else { "" };
        let cookie = format!("{}={value}; Path={path}/; HttpOnly; SameSite=Strict{secure}", cookie_name(request));
        Self { field: mac(request, &value, token), cookie: is_new.then_some(cookie) }
    }

    /// Gives the reader the cookie.
    pub(super) fn put(self, response: &mut Response) {
        if let Some(cookie) = self.cookie {
            response.insert_header(headers::SET_COOKIE, cookie);
        }
    }
}

/// Whether `form` is one that we gave to whoever sends it.
pub(super) fn is_ours(request: &Request, form: &SentForm) -> bool {
    let expected = cookie(request).map(|cookie| mac(request, &cookie, &form.token));
    expected.is_some_and(|expected| expected.as_bytes().ct_eq(form.csrf.as_bytes()).into())
}

/// What the path of this page begins with, as those of all pages that it leads to.
fn prefix(request: &Request) -> &str {
    request.state().settings.prefixes.of_path(caller::path(request))
}

/// Whether the reader came by HTTPS: by the public URL of that path, and of that host where it is told, as behind some proxies
/// it is not.
fn is_https(request: &Request) -> bool {
    let prefix = prefix(request);
    let all: Vec<_> = request.state().settings.public_urls().filter(|url| url.prefix() == prefix).collect();
    let host = request.header(headers::HOST).map_or("", |host| host.as_str());
    let named: Vec<_> = all.iter().copied().filter(|url| url.authority().eq_ignore_ascii_case(host)).collect();
    let urls = if named.is_empty() { all } else { named };
    !urls.is_empty() && urls.into_iter().all(PublicUrl::is_https)
}

/// The prefix has browsers refuse a cookie that another host of the domain has set (RFC 6265bis, 4.1.3.2). It wants HTTPS
/// and the whole host.
fn cookie_name(request: &Request) -> &'static str {
    if prefix(request).is_empty() && is_https(request) { "__Host-csrf" } else { "csrf" }
}

fn cookie(request: &Request) -> Option<String> {
    let name = cookie_name(request);
    let header = request.header(headers::COOKIE)?;
    let pairs =
        header.iter().flat_map(|value| value.as_str().split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(other, _)| *other == name).map(|(_, value)| value.to_owned())
}

fn mac(request: &Request, cookie: &str, token: &str) -> String {
    URL_SAFE_NO_PAD.encode(request.state().desk.sign_up.mac(&["csrf", cookie, token]))
}

/// What proves to a page that we have said so ourselves.
pub(super) fn voucher(request: &Request, parts: [&str; 3]) -> String {
    URL_SAFE_NO_PAD.encode(&request.state().desk.sign_up.mac(&parts)[..12])
}

/// Whether `voucher` vouches for `parts`.
pub(super) fn is_voucher(request: &Request, voucher_: &str, parts: [&str; 3]) -> bool {
    voucher(request, parts).as_bytes().ct_eq(voucher_.as_bytes()).into()
}
