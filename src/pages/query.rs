//! The parameters of a link.

use crate::caller::Request;
use crate::invite::found::{token_in_parameter, token_in_query};

/// The token of a link that has it alone: `/invite?TOKEN`.
pub(super) fn token_in(request: &Request) -> String {
    token_in_query(request.url().query().unwrap_or_default())
}

/// The token of a link that has it in `t`: `/register?t=TOKEN`.
pub(super) fn token_in_t(request: &Request) -> String {
    token_in_parameter(request.url().query().unwrap_or_default(), "t")
}

/// The first value of a query parameter.
pub(super) fn parameter(request: &Request, name: &str) -> Option<String> {
    request.url().query_pairs().find(|(other, _)| other == name).map(|(_, value)| value.into_owned())
}
