//! Who visits: the session that a browser sends along, and what proves that a form of a signed-in visitor is ours.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use subtle::ConstantTimeEq as _;

use crate::caller::Request;
use crate::desk::manage::Session;
use crate::invite::KindName;
use crate::pages::cookies::cookie;
use crate::pages::look::Look;
use crate::problem::Problem;

/// The cookie that holds the session.
pub(super) const SESSION: &str = "session";

/// The session of whoever sends `request`, if they are signed in.
///
/// # Errors
/// When the ledger cannot be read.
pub(super) async fn session(request: &Request, now: Timestamp) -> Result<Option<Session>, Problem> {
    let Some(sealed) = cookie(request, SESSION) else { return Ok(None) };
    Ok(request.state().desk.manage.session(&sealed, now).await?)
}

/// What a form has in its field `csrf`.
pub(super) fn csrf(request: &Request, session: &Session) -> String {
    URL_SAFE_NO_PAD.encode(request.state().desk.sign_up.mac(&["csrf of /manage", session.id()]))
}

/// Whether a form with that `csrf` is one that we gave in this session.
pub(super) fn is_ours(request: &Request, session: &Session, sent: Option<&str>) -> bool {
    let expected = csrf(request, session);
    let is_same = sent.is_some_and(|sent| expected.as_bytes().ct_eq(sent.as_bytes()).into());
    is_same && !is_from_elsewhere(request)
}

/// Whether a browser says that another site had it send `request` (Fetch Metadata). Old ones say nothing.
pub(super) fn is_from_elsewhere(request: &Request) -> bool {
    let site = request.header("Sec-Fetch-Site").map(|values| values.as_str());
    site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

/// What its pages are drawn with: as those of a user's own host.
pub(super) fn look<'a>(request: &'a Request, session: &Session) -> Look<'a> {
    let look = Look::of(request);
    match session.manager.user() {
        Some(jid) => look.on_site_of(request, &jid.host),
        None => look.on_only_site(request),
    }
}

/// What stands on top of each page: who is signed in, and the way out.
pub(super) struct VisitorBar {
    pub(super) who: String,
    /// Where the form for that leads.
    pub(super) sign_out: String,
    pub(super) csrf: String,
}

impl VisitorBar {
    pub(super) fn of(request: &Request, session: &Session, look: &Look<'_>) -> Self {
        let who = match (session.manager.user(), session.manager.key()) {
            (Some(jid), _) => jid.to_string(),
            (None, Some(key)) if !key.settings.name.is_empty() => key.settings.name.clone(),
            (None, _) => session.manager.label().to_owned(),
        };
        Self { who, sign_out: look.link("/manage/sign-out"), csrf: csrf(request, session) }
    }
}

/// What an invite is for, in words.
pub(super) fn kind_text(kind: KindName) -> &'static str {
    match kind {
        KindName::Account => "manage-kind-account",
        KindName::Contact => "manage-kind-contact",
        KindName::Reset => "manage-kind-reset",
    }
}
