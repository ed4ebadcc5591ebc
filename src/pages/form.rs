//! What our forms have in common: what they are for, their fields, and what proves that a form is ours.
//!
//! A form of ours has a `csrf` field: a MAC, under the ledger key, of the reader's cookie and the invite's token. Another
//! site can neither read nor forge it, and the cookie is not sent along with what another site posts (`SameSite=Strict`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use tide::Response;

use super::cookies::{self, cookie};
use crate::caller::Request;
use crate::clock;
use crate::config::secret::Secret;
use crate::invite::Kind;
use crate::problem::Problem;

/// The button that asks for a password by chance.
const GENERATE: &str = "generate";

/// The cookie that forms are bound to.
const CSRF: &str = "csrf";

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
    let fields = fields(request, ["username", "password", "token", CSRF, GENERATE]).await?;
    let wants_password = fields[4].is_some();
    let [username, password, token, csrf, _] = fields.map(Option::unwrap_or_default);
    Ok(SentForm { username, password: Secret::new(password), token, csrf, wants_password })
}

/// The fields called `names` of the form that `request` sends; those that are not there are none.
///
/// # Errors
/// When it is no form, or has one of them twice.
pub(super) async fn fields<const N: usize>(
    request: &mut Request,
    names: [&str; N],
) -> Result<[Option<String>; N], Problem> {
    let kind = request.content_type().map(|kind| kind.essence().to_owned());
    if kind.as_deref() != Some("application/x-www-form-urlencoded") {
        return Err(Problem::BadRequest("Forms are sent as application/x-www-form-urlencoded."));
    }
    let malformed = || Problem::BadRequest("The form is malformed.");
    let body = request.body_bytes().await.map_err(|_| malformed())?;
    let mut fields = [const { None }; N];
    for (name, value) in url::form_urlencoded::parse(&body) {
        let Some(at) = names.iter().position(|field| *field == name) else { continue };
        // What is not UTF-8 would become another password than the one that was typed.
        if value.contains('\u{fffd}') || fields[at].replace(value.into_owned()).is_some() {
            return Err(malformed());
        }
    }
    Ok(fields)
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
        let (value, is_new) =
            if let Some(value) = cookie(request, CSRF) { (value, false) } else { (clock::random_id(), true) };
        let cookie = is_new.then(|| cookies::given(request, CSRF, &value, None));
        Self { field: mac(request, &value, token), cookie }
    }

    /// Gives the reader the cookie.
    pub(super) fn put(self, response: &mut Response) {
        if let Some(cookie) = self.cookie {
            cookies::put(response, &cookie);
        }
    }
}

/// Whether `form` is one that we gave to whoever sends it.
pub(super) fn is_ours(request: &Request, form: &SentForm) -> bool {
    is_given(request, &form.token, &form.csrf)
}

/// Whether `csrf` is what we gave to whoever sends it, for a form about `token`.
pub(super) fn is_given(request: &Request, token: &str, csrf: &str) -> bool {
    let expected = cookie(request, CSRF).map(|cookie| mac(request, &cookie, token));
    expected.is_some_and(|expected| expected.as_bytes().ct_eq(csrf.as_bytes()).into())
}

fn mac(request: &Request, cookie: &str, token: &str) -> String {
    URL_SAFE_NO_PAD.encode(request.state().desk.sign_up.mac(&[CSRF, cookie, token]))
}

/// What proves to a page that we have said so ourselves.
pub(super) fn voucher(request: &Request, parts: [&str; 3]) -> String {
    URL_SAFE_NO_PAD.encode(&request.state().desk.sign_up.mac(&parts)[..12])
}

/// Whether `voucher` vouches for `parts`.
pub(super) fn is_voucher(request: &Request, voucher_: &str, parts: [&str; 3]) -> bool {
    voucher(request, parts).as_bytes().ct_eq(voucher_.as_bytes()).into()
}
