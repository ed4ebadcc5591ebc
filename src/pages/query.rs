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

/// A path with the parameters that have a value.
pub(super) fn with_parameters(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters.iter().filter_map(|(name, value)| Some((*name, (*value)?))));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The first value of a query parameter.
pub(super) fn parameter(request: &Request, name: &str) -> Option<String> {
    request.url().query_pairs().find(|(other, _)| other == name).map(|(_, value)| value.into_owned())
}
