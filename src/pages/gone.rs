//! Where links end that open nothing any more: a page that says why, and what to do.

use askama::Template;
use tide::Response;

use super::look::Look;
use super::page;
use crate::caller::{Request, prefers_json};
use crate::invite::Status;
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
    show(request, 404, "gone-unknown-title", "gone-unknown-text")
}

/// An invite that has ended.
pub(super) fn ended(request: &Request, status: Status) -> Result<Response, Problem> {
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
    show(request, 410, title, text)
}

fn show(request: &Request, status: u16, title: &'static str, text: &'static str) -> Result<Response, Problem> {
    page(status, &GonePage { look: Look::of(request), title, text })
}

#[derive(Template)]
#[template(path = "closed.html")]
struct ClosedPage<'a> {
    look: Look<'a>,
    landing: String,
}

/// An invite that cannot be used on the web. Why, an admin is told when the service starts, and by `check --connect`.
pub(super) fn closed(request: &Request, token: &str) -> Result<Response, Problem> {
    let look = Look::of(request);
    let landing = look.link(&format!("/invite?{token}"));
    page(403, &ClosedPage { look, landing })
}
