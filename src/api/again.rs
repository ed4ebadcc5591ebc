//! Requests that may come again with the same Idempotency-Key (draft-ietf-httpapi-idempotency-key-header).

use crate::caller::Request;
use crate::invite::request::Idempotency;
use crate::problem::Problem;

/// How the header is called.
pub const HEADER: &str = "Idempotency-Key";

/// Whether a call may come again.
#[must_use]
pub fn may_come_again(request: &Request) -> bool {
    request.header(HEADER).is_some()
}

/// By what a request to `path` is recognised that asks for `what`.
///
/// # Errors
/// When the header is none.
pub fn read(
    request: &Request,
    path: &'static str,
    what: impl FnOnce() -> Vec<u8>,
) -> Result<Option<Idempotency>, Problem> {
    let Some(values) = request.header(HEADER) else { return Ok(None) };
    let mut values = values.iter().map(|value| value.as_str().trim());
    let is_printable = |value: &str| value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    match (values.next(), values.next()) {
        (Some(key), None) if (1..=255).contains(&key.len()) && is_printable(key) => {
            Ok(Some(Idempotency { path, key: key.to_owned(), body: what() }))
        }
        _ => Err(Problem::BadRequest("Idempotency-Key must be one value of 1 to 255 printable ASCII characters.")),
    }
}
