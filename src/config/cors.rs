//! `cors_origins`: which web pages may call.

use std::collections::BTreeSet;

use url::Url;

use super::checks::Checks;

/// Who may call from a web page (Fetch standard, `Access-Control-Allow-Origin`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsOrigins {
    /// `*`
    Any,
    /// These origins.
    Only(BTreeSet<String>),
}

/// Origins as people write them.
pub(super) fn resolve(origins: &[String], checks: &mut Checks<'_>) -> CorsOrigins {
    if origins.iter().any(|origin| origin == "*") {
        return CorsOrigins::Any;
    }
    let is_origin = |text: &str| {
        Url::parse(text).is_ok_and(|url| url.origin().is_tuple() && url.origin().ascii_serialization() == text)
    };
    if origins.iter().any(|origin| !is_origin(origin)) {
        checks
            .fault(&["cors_origins"], "expected \"*\" or origins such as \"https://www.example.com\", without a path");
    }
    CorsOrigins::Only(origins.iter().cloned().collect())
}
