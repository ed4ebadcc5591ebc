//! What guests see: HTML from templates that are compiled in and cannot forget to escape. Complete without scripts, and
//! nothing comes from elsewhere.
//!
//! | path | |
//! |---|---|
//! | [`enter`] | `/`: a code that was typed by hand |
//! | [`landing`] | `/invite?TOKEN`: who invites to where, and the ways to accept |
//! | [`qr`] | `/invite/qr?TOKEN`: its QR code |
//! | [`setup`] | `/invite/setup/APP?TOKEN`: how to get going with an app |
//! | [`register`] | `/register?t=TOKEN&c=APP`: an account, on the web |
//! | [`reset`] | `/reset?t=TOKEN`: a new password |
//! | [`assets`] | `/assets/…`: style, script, pictures |
//!
//! `gone` is where dead invites end, `form` what forms have in common, `offered` the apps for a device, `look` what all
//! pages are drawn with, `language` what they say, `html` what is not escaped again, `onlooker` who only looks, and
//! `preview` the picture of a site, with its `letters`.

pub mod assets;
pub mod enter;
mod form;
mod gone;
mod html;
pub mod landing;
pub mod language;
mod letters;
mod look;
pub mod offered;
mod onlooker;
mod preview;
pub mod qr;
pub mod register;
pub mod reset;
pub mod setup;

use askama::Template;
use hyper::header::{self, HeaderName, HeaderValue};
use jiff::Timestamp;
use tide::Response;
use tide::http::headers;

use crate::caller::{Request, address_of};
use crate::invite::Invite;
use crate::problem::{Problem, TooMany};
use crate::server::Ready;
use look::Look;
pub use look::language;

/// All is ours, nobody frames it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                                       base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// No page is much larger.
const PAGE_BYTES: usize = 12 << 10;

/// What every page is sent with.
static HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("text/html;charset=utf-8")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// A page.
fn page(status: u16, template: &impl Template) -> Result<Response, Problem> {
    let mut response = Response::new(status);
    draw(&mut response, template).map_err(|error| Problem::Internal(error.to_string()))?;
    Ok(response)
}

/// Makes a page of `response`.
fn draw(response: &mut Response, template: &impl Template) -> askama::Result<()> {
    let mut html = String::with_capacity(PAGE_BYTES);
    template.render_into(&mut html)?;
    response.insert_ext(Ready { headers: &HEADERS, body: html.into() });
    Ok(())
}

/// On to another page, by GET.
fn see_other(location: &str) -> Response {
    let mut response = Response::new(303);
    response.insert_header(headers::LOCATION, location);
    response.insert_header("Referrer-Policy", "no-referrer");
    response.insert_header(headers::CACHE_CONTROL, "no-store");
    response
}

/// The token of a link: whatever is appended on its way, such as a campaign's name, comes after it.
fn token_in(request: &Request) -> &str {
    request.url().query().unwrap_or_default().split('&').next().unwrap_or_default()
}

/// The invite that a link's token opens. Where servers are asked for those that are none of ours, wrong ones are counted.
///
/// # Errors
/// When there were too many of them, or the ledger cannot be used.
async fn invite_of(request: &Request, token: &str, now: Timestamp) -> Result<Option<Invite>, Problem> {
    let desk = request.state();
    if !desk.may_be_a_servers(token) {
        return Ok(desk.open(token, now).await?);
    }
    let client = address_of(request);
    if let Some(wait) = desk.wait_for_guess(client, now) {
        return Err(Problem::TooMany(TooMany::Failures, wait));
    }
    let invite = desk.open(token, now).await?;
    if invite.is_none() {
        desk.note_wrong_guess(client, now);
    }
    Ok(invite)
}

/// The first value of a query parameter.
fn parameter(request: &Request, name: &str) -> Option<String> {
    request.url().query_pairs().find(|(other, _)| other == name).map(|(_, value)| value.into_owned())
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    look: Look<'a>,
    title: &'static str,
    text: &'static str,
    request_id: &'a str,
}

/// A page about a refusal that has none of its own.
pub fn problem(
    response: &mut Response,
    problem: &Problem,
    request_id: &str,
    reader: (&'static language::Language, bool),
    prefix: &str,
) {
    let (title, text) = match problem.status() {
        404 | 405 | 410 => ("problem-not-found", "problem-not-found-text"),
        413 | 414 | 431 => ("problem-too-large", "problem-too-large-text"),
        429 => ("problem-too-many", "problem-too-many-text"),
        500 => ("problem-internal", "problem-internal-text"),
        503 => ("problem-later", "problem-later-text"),
        _ => ("problem-other", "problem-other-text"),
    };
    let template = ProblemPage { look: Look::anywhere(reader, prefix), title, text, request_id };
    if draw(response, &template).is_err() {
        response.set_body(problem.title());
    }
}
