//! What guests see: HTML from templates that are compiled in and cannot forget to escape.

pub mod landing;

use askama::Template;
use tide::Response;
use tide::http::headers;

use crate::problem::Problem;

/// Nothing is loaded, nothing runs, nobody frames it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Puts a page into a response.
fn show(response: &mut Response, page: &impl Template) -> Result<(), Problem> {
    let html = page.render().map_err(|error| Problem::Internal(error.to_string()))?;
    response.set_body(html);
    response.set_content_type("text/html; charset=utf-8");
    response.insert_header("Content-Security-Policy", CONTENT_SECURITY_POLICY);
    response.insert_header("X-Frame-Options", "DENY");
    response.insert_header("Referrer-Policy", "no-referrer");
    response.insert_header(headers::CACHE_CONTROL, "no-store");
    Ok(())
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    title: &'a str,
    detail: &'a str,
    request_id: &'a str,
}

/// A small page about a refusal.
pub fn problem(response: &mut Response, problem: &Problem, request_id: &str) {
    let page = ProblemPage { title: problem.title(), detail: problem.detail(), request_id };
    if show(response, &page).is_err() {
        response.set_body(problem.title());
    }
}
