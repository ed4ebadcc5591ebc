//! What every answer gets, whatever made it: an id, safe headers, a body if it is a refusal, and a line in the log.

use std::sync::Arc;

use tide::http::headers;
use tide::{Middleware, Next, Response};
use tracing::Instrument as _;

use super::answers::{Route, options};
use crate::caller::{path, prefers_html};
use crate::clock;
use crate::config::Prefixes;
use crate::log::{self, RequestLine};
use crate::metrics::Metrics;
use crate::pages;
use crate::problem::{Problem, ProblemDetails};
use crate::server::{RequestError, ServerWide};

/// The outermost middleware.
pub(super) struct Envelope {
    pub(super) metrics: Arc<Metrics>,
    /// What the paths of all pages begin with.
    pub(super) prefixes: Prefixes,
}

#[tide::utils::async_trait]
impl<State: Clone + Send + Sync + 'static> Middleware<State> for Envelope {
    async fn handle(&self, request: tide::Request<State>, next: Next<'_, State>) -> tide::Result {
        let began = clock::instant();
        let id = log::request_id();
        let method = request.method();
        let reader = prefers_html(&request).then(|| pages::language(&request));
        let prefix = self.prefixes.of_path(path(&request));
        let (mut response, method_name) = match request.ext::<RequestError>() {
            Some(reason) => (problem(reason).into(), "-"),
            // `OPTIONS *` asks about the server as a whole (RFC 9110, 9.3.7).
            None if request.ext::<ServerWide>().is_some() => (options("GET, HEAD, POST, OPTIONS"), method.as_ref()),
            None if has_empty_part(request.url().path(), &self.prefixes) => (Problem::NotFound.into(), method.as_ref()),
            None => (next.run(request).instrument(log::request_span(&id)).await, method.as_ref()),
        };

        let route = response.ext::<Route>().map_or("-", |route| route.0);
        let problem = match response.ext::<Problem>() {
            Some(problem) => Some(problem.clone()),
            None => unasked(&response, route),
        };
        if let Some(problem) = &problem {
            dress(&mut response, problem);
            match reader {
                Some(reader) => pages::problem(&mut response, problem, &id, reader, prefix),
                None => in_json(&mut response, problem),
            }
        }
        response.insert_header("X-Request-Id", &id);
        response.insert_header("X-Content-Type-Options", "nosniff");
        let error = problem.as_ref().map(|problem| problem as &dyn std::fmt::Display);
        self.metrics.answered(route, response.status().into());
        log::request(&RequestLine {
            id: &id,
            method: method_name,
            route,
            status: response.status().into(),
            took: clock::instant().duration_since(began),
            error,
        });
        Ok(response)
    }
}

/// Whether a slash is doubled, or ends a path: tide would look past it, and then one page had many addresses. Only a
/// public URL itself ends in one, and what is left of it where a front end has stripped its path.
fn has_empty_part(path: &str, prefixes: &Prefixes) -> bool {
    path.contains("//") || (path.ends_with('/') && path != "/" && !prefixes.has(path, "/"))
}

/// The problem behind an answer that tide made itself.
fn unasked(response: &Response, route: &str) -> Option<Problem> {
    match response.status().into() {
        404 if route == "-" => Some(Problem::NotFound),
        500 => Some(Problem::internal(response.error().map_or_else(|| "no reason".into(), ToString::to_string))),
        _ => None,
    }
}

fn problem(refusal: &RequestError) -> Problem {
    match refusal {
        RequestError::Malformed(detail) => Problem::BadRequest(detail),
        RequestError::Timeout => Problem::Timeout,
        RequestError::BodyTooLarge => Problem::TooLarge,
        RequestError::TargetTooLong => Problem::TargetTooLong,
        RequestError::HeadTooLarge => Problem::HeadTooLarge,
        RequestError::NotImplemented(detail) => Problem::NotImplemented(detail),
    }
}

/// Gives a refusal its headers.
fn dress(response: &mut Response, problem: &Problem) {
    if let Problem::Method(allow) = problem {
        response.insert_header(headers::ALLOW, allow);
    }
    if let Problem::Unauthorized(_, sent) = problem {
        // RFC 6750, 3: an error is named only to whoever sent a key.
        response
            .insert_header(headers::WWW_AUTHENTICATE, if *sent { "Bearer error=\"invalid_token\"" } else { "Bearer" });
    }
    if let Some(seconds) = problem.retry_after() {
        response.insert_header(headers::RETRY_AFTER, seconds.to_string());
    }
    response.insert_header(headers::CACHE_CONTROL, "no-store");
    response.append_header(headers::VARY, "Accept");
}

/// Gives a refusal its body as RFC 9457 has it.
fn in_json(response: &mut Response, problem: &Problem) {
    let body = ProblemDetails::from(problem);
    // It holds nothing but texts and numbers.
    response.set_body(serde_json::to_string(&body).unwrap_or_default());
    response.set_content_type("application/problem+json");
}
