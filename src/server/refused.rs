//! How a connection ends, and what is kept of a request that is refused before it is one.

use hyper::header::{ACCEPT, HeaderName, ORIGIN};

use super::RequestError;

/// How a connection ended.
pub(super) struct ConnectionEnd {
    /// What is to be answered last.
    pub(super) refusal: Option<RequestError>,
    /// What can be read of a head that was refused.
    pub(super) fields: RefusedFields,
    /// Whether the client may still be sending what nobody reads.
    pub(super) unread: bool,
}

/// What of a refused head decides how the refusal reads, and which web page may read it.
#[derive(Default)]
pub(super) struct RefusedFields {
    accept: Option<String>,
    origin: Option<String>,
    /// Whether it began a HEAD, whose answer has no body (RFC 9110, 9.3.2).
    pub(super) is_head: bool,
}

impl RefusedFields {
    /// Those that `field` finds.
    pub(super) fn found_by(field: impl Fn(&HeaderName) -> Option<String>) -> Self {
        Self { accept: field(&ACCEPT), origin: field(&ORIGIN), is_head: false }
    }

    /// Those that are there.
    pub(super) fn present(self) -> impl Iterator<Item = (HeaderName, String)> {
        let both = [(ACCEPT, self.accept), (ORIGIN, self.origin)];
        both.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}
