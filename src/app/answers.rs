//! What every route answers alike, and the mark that an answer has of it.

use tide::Response;
use tide::http::{Method, headers};

use crate::problem::Problem;

/// The pattern of the route that answered, as an extension of its response; the log has it instead of the path, which may hold
/// a token.
#[derive(Clone, Copy)]
pub(super) struct Route(pub(super) &'static str);

/// What `Allow` says.
pub(super) fn allow(methods: &[Method]) -> String {
    let names: Vec<_> = methods.iter().chain(&[Method::Options]).map(AsRef::as_ref).collect();
    names.join(", ")
}

/// The answer to OPTIONS.
pub(super) fn options(allow: &str) -> Response {
    let mut response = Response::new(204);
    response.insert_header(headers::ALLOW, allow);
    response
}

/// An answer, and which route it is of.
pub(super) fn stamp(answer: Result<Response, Problem>, route: &'static str) -> Response {
    let mut response = answer.unwrap_or_else(Response::from);
    response.insert_ext(Route(route));
    response
}
