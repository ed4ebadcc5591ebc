//! The parameters of a link.

use crate::caller::Request;

/// The token of a link: whatever is appended on its way, such as a campaign's name, comes after it.
pub(super) fn token_in(request: &Request) -> &str {
    request.url().query().unwrap_or_default().split('&').next().unwrap_or_default()
}

/// The first value of a query parameter.
pub(super) fn parameter(request: &Request, name: &str) -> Option<String> {
    request.url().query_pairs().find(|(other, _)| other == name).map(|(_, value)| value.into_owned())
}
