//! Where links end that open nothing any more: a page that says why, and what to do.

use askama::Template;
use tide::Response;

use super::look::Look;
use super::page;
use crate::caller::{Request, prefers_json};
use crate::config::BackendSettings;
use crate::invite::{Invite, Kind, Status};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "gone.html")]
struct GonePage<'a> {
    look: Look<'a>,
    title: &'static str,
    text: &'static str,
}

/// A token that opens nothing.
pub(super) fn unknown(request: &Request) -> Result<Response, Problem> {
    if prefers_json(request) {
        return Err(Problem::NotFound);
    }
    let look = Look::of(request).on_only_site(request);
    page(404, &GonePage { look, title: "gone-unknown-title", text: "gone-unknown-text" })
}

/// An invite that has ended.
pub(super) fn ended(request: &Request, invite: &Invite, status: Status) -> Result<Response, Problem> {
    if prefers_json(request) {
        return Err(Problem::Ended(status));
    }
    let (title, text) = match status {
        // Its host is declared no more.
        Status::Pending => ("gone-over-title", "gone-over-text"),
        Status::Redeemed => ("gone-redeemed-title", "gone-redeemed-text"),
        Status::Expired => ("gone-expired-title", "gone-expired-text"),
        Status::Revoked => ("gone-revoked-title", "gone-revoked-text"),
    };
    page(410, &GonePage { look: look_of(request, invite), title, text })
}

/// On the invite's site, if it is there.
fn look_of<'a>(request: &'a Request, invite: &Invite) -> Look<'a> {
    let look = Look::of(request);
    match request.state().settings().hosts.get(&invite.draft.host) {
        Some(site) => look.on(site),
        None => look,
    }
}

#[derive(Template)]
#[template(path = "closed.html")]
struct ClosedPage<'a> {
    look: Look<'a>,
    title: &'static str,
    text: &'static str,
    landing: String,
}

/// An invite that cannot be used on the web. Why, an admin is told when the service starts, and by `check --connect`.
pub(super) fn closed(request: &Request, invite: &Invite, token: &str) -> Result<Response, Problem> {
    let look = look_of(request, invite);
    let (title, text) = match invite.draft.kind {
        Kind::Reset { .. } => ("closed-reset-title", "closed-reset-text"),
        Kind::Account { .. } | Kind::Contact { .. } => {
            ("closed-title", if makes_accounts(&look) { "closed-text" } else { "closed-nowhere" })
        }
    };
    let landing = look.link(&format!("/invite?{token}"));
    page(403, &ClosedPage { look, title, text, landing })
}

/// Whether there is a server behind the page's site, so that an app can get an account where we give none.
pub(super) fn makes_accounts(look: &Look<'_>) -> bool {
    look.site.is_some_and(|site| site.backend != BackendSettings::Ledger)
}
