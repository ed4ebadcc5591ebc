//! What guests are refused, and the one place that draws it: a page that says why, and what to do.

use std::borrow::Cow;

use askama::Template;
use tide::Response;

use super::language::Language;
use super::look::Look;
use super::page::{draw, page};
use crate::caller::{Request, prefers_json};
use crate::invite::name::HostName;
use crate::invite::{Invite, Kind, Status};
use crate::ledger::LedgerError;
use crate::problem::Problem;

/// What a guest is refused. What is wrong with a form is told beside it instead.
#[derive(Debug)]
pub(super) enum GuestProblem {
    /// The token opens nothing.
    Unknown,
    /// An invite for this host has ended so; [`Status::Pending`]: the host is no longer declared.
    Ended(HostName, Status),
    /// The invite cannot be used on the web. Why, an admin is told when the service starts, and by `check --connect`.
    Closed {
        /// The invite's host.
        host: HostName,
        /// It is for a new password, and not for an account.
        is_reset: bool,
        /// The invite's token.
        token: String,
    },
    /// What is answered the same way everywhere.
    Other(Problem),
}

impl From<Problem> for GuestProblem {
    fn from(problem: Problem) -> Self {
        Self::Other(problem)
    }
}

impl From<LedgerError> for GuestProblem {
    fn from(error: LedgerError) -> Self {
        Self::Other(error.into())
    }
}

/// What a guest can do about a refusal.
enum WayOut<'a> {
    /// Ask for a new link, or enter another code.
    Ask,
    /// Go back to the invite, by this link.
    Back(String),
    /// Report the request to the admin, by its id.
    Tell(&'a str),
}

#[derive(Template)]
#[template(path = "refused.html")]
struct RefusedPage<'a> {
    look: Look<'a>,
    title: &'static str,
    text: &'static str,
    /// What an admin can do about it, in English.
    hint: Option<Cow<'static, str>>,
    way_out: WayOut<'a>,
}

impl GuestProblem {
    /// An invite that has ended, or whose host is no longer declared.
    pub(super) fn ended(invite: &Invite, status: Status) -> Self {
        Self::Ended(invite.draft.host.clone(), status)
    }

    /// An invite that cannot be used on the web.
    pub(super) fn closed(invite: &Invite, token: &str) -> Self {
        let is_reset = matches!(invite.draft.kind, Kind::Reset { .. });
        Self::Closed { host: invite.draft.host.clone(), is_reset, token: token.into() }
    }

    /// The page about it; a problem to programs, and where guests have no page of their own.
    pub(super) fn answer(self, request: &Request) -> Result<Response, Problem> {
        let is_program = prefers_json(request);
        let look = Look::of(request);
        let (status, title, text, look, way_out) = match self {
            Self::Other(problem) => return Err(problem),
            Self::Unknown if is_program => return Err(Problem::NoSuchInvite),
            Self::Ended(_, status) if is_program => return Err(Problem::Ended(status)),
            Self::Unknown => (404, "gone-unknown-title", "gone-unknown-text", look.on_only_site(request), WayOut::Ask),
            Self::Ended(host, status) => {
                let (title, text) = match status {
                    Status::Pending => ("gone-over-title", "gone-over-text"),
                    Status::Redeemed => ("gone-redeemed-title", "gone-redeemed-text"),
                    Status::Expired => ("gone-expired-title", "gone-expired-text"),
                    Status::Revoked => ("gone-revoked-title", "gone-revoked-text"),
                };
                (410, title, text, look.on_site_of(request, &host), WayOut::Ask)
            }
            Self::Closed { host, is_reset, token } => {
                let look = look.on_site_of(request, &host);
                let (title, text) = match (is_reset, look.has_server()) {
                    (true, _) => ("closed-reset-title", "closed-reset-text"),
                    (false, true) => ("closed-title", "closed-text"),
                    (false, false) => ("closed-title", "closed-nowhere"),
                };
                let back = look.link(&format!("/invite?{token}"));
                (403, title, text, look, WayOut::Back(back))
            }
        };
        page(status, &RefusedPage { look, title, text, hint: None, way_out })
    }
}

/// A page about a refusal that is no guest's alone.
pub fn problem(
    response: &mut Response,
    problem: &Problem,
    request_id: &str,
    reader: (&'static Language, bool),
    prefix: &str,
) {
    let (title, text) = match problem.status() {
        404 | 405 | 410 => ("problem-not-found", "problem-not-found-text"),
        // The key is in the address.
        401 | 403 => ("problem-other", "problem-not-found-text"),
        413 | 414 | 431 => ("problem-too-large", "problem-too-large-text"),
        429 => ("problem-too-many", "problem-too-many-text"),
        500 => ("problem-internal", "problem-internal-text"),
        503 if matches!(problem, Problem::Unsure(_)) => ("problem-later", "problem-unsure-text"),
        503 => ("problem-later", "problem-later-text"),
        _ => ("problem-other", "problem-other-text"),
    };
    let hint = matches!(problem, Problem::Stripped(_)).then(|| problem.detail());
    let (look, way_out) = (Look::anywhere(reader, prefix), WayOut::Tell(request_id));
    let template = RefusedPage { look, title, text, hint, way_out };
    if draw(response, &template).is_err() {
        response.set_body(problem.title());
    }
}
