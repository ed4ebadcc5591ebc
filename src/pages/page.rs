//! How a page is sent: drawn from a template, with the headers that every page has.

use askama::Template;
use hyper::header::{self, HeaderName, HeaderValue};
use tide::Response;
use tide::http::headers;

use crate::problem::Problem;
use crate::server::ReadyPart;

/// Nothing is loaded from elsewhere, and no page is framed.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                                       base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The same for pages that have neither scripts nor forms.
const STILL_CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Room for a page; few are larger.
const PAGE_BYTES: usize = 12 << 10;

type PageHeaders = [(HeaderName, HeaderValue); 5];

/// What every page is sent with.
static HEADERS: PageHeaders = headers_with(CONTENT_SECURITY_POLICY);
static STILL_HEADERS: PageHeaders = headers_with(STILL_CONTENT_SECURITY_POLICY);

const fn headers_with(policy: &'static str) -> PageHeaders {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html;charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]
}

/// A page.
pub(super) fn page(status: u16, template: &impl Template) -> Result<Response, Problem> {
    let mut response = Response::new(status);
    draw(&mut response, template).map_err(Problem::internal)?;
    Ok(response)
}

/// A page that has neither scripts nor forms.
pub(super) fn still_page(template: &impl Template) -> Result<Response, Problem> {
    let mut response = Response::new(200);
    draw_with(&mut response, template, &STILL_HEADERS).map_err(Problem::internal)?;
    Ok(response)
}

/// Gives `response` a page for its body.
pub(super) fn draw(response: &mut Response, template: &impl Template) -> askama::Result<()> {
    draw_with(response, template, &HEADERS)
}

fn draw_with(response: &mut Response, template: &impl Template, headers: &'static PageHeaders) -> askama::Result<()> {
    let mut html = String::with_capacity(PAGE_BYTES);
    template.render_into(&mut html)?;
    response.insert_ext(ReadyPart { headers, body: html.into() });
    Ok(())
}

/// On to another page, by GET.
pub(super) fn see_other(location: &str) -> Response {
    let mut response = Response::new(303);
    response.insert_header(headers::LOCATION, location);
    response.insert_header("Referrer-Policy", "no-referrer");
    response.insert_header(headers::CACHE_CONTROL, "no-store");
    response
}
