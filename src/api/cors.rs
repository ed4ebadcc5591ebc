//! Calls from a web page.

use std::collections::BTreeSet;

use tide::http::headers;
use tide::{Middleware, Next};

use super::again;
use crate::config::{CorsOrigins, Prefixes};
use crate::server::RequestError;

/// What a page may do with the answers of some paths.
#[derive(Clone, Copy)]
struct CorsRules {
    methods: &'static str,
    headers: &'static str,
    exposed: &'static str,
}

/// As Prosody's `mod_invites_api` has it, and what a page needs to make sense of a refusal.
const INVITES_API: CorsRules = CorsRules {
    methods: "GET, POST, OPTIONS",
    headers: "Authorization, Content-Type",
    exposed: "Location, Retry-After, X-Request-Id",
};

/// The same for a page that asks whether it may send an Idempotency-Key, which mod_invites_api does not know.
const INVITES_API_AGAIN: CorsRules =
    CorsRules { headers: "Authorization, Content-Type, Idempotency-Key", ..INVITES_API };

const API: CorsRules = CorsRules {
    methods: "GET, HEAD, POST, PATCH, DELETE, OPTIONS",
    headers: "Authorization, Content-Type, Idempotency-Key",
    exposed: "Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id",
};

/// A web client opens an invite by its link, and finds the link for itself in the header.
const LANDING_PAGE: CorsRules = CorsRules { methods: "GET, HEAD, OPTIONS", headers: "", exposed: "Link" };

/// The CORS headers (Fetch standard, 3.2) on every answer to a call, refusals too: without them the calling page learns
/// nothing but that it failed. The outermost middleware, as some refusals never reach a route.
pub struct Cors {
    only: Option<BTreeSet<String>>,
    prefixes: Prefixes,
    /// The path of `/invites_api`, below the prefixes.
    invites_api: String,
}

/// What all other paths of the API begin with, and the path of landing pages; below the prefixes.
const API_PATHS: &str = "/api/";
const LANDING_PATH: &str = "/invite";

impl Cors {
    /// Lets pages of `origins` call what is below `prefixes`.
    #[must_use]
    pub fn new(origins: &CorsOrigins, prefixes: &Prefixes, invites_api: &str) -> Self {
        let only = match origins {
            CorsOrigins::Any => None,
            CorsOrigins::Only(origins) => Some(origins.clone()),
        };
        Self { only, prefixes: prefixes.clone(), invites_api: invites_api.to_owned() }
    }

    /// The rules for the answer to `request`, if pages may read it.
    fn rules<State>(&self, request: &tide::Request<State>) -> Option<CorsRules> {
        let path = request.url().path();
        let is_below = |prefix: &str| path.strip_prefix(prefix).is_some_and(|path| path.starts_with(API_PATHS));
        if self.prefixes.has(path, &self.invites_api) {
            Some(if asks_for(request, again::HEADER) { INVITES_API_AGAIN } else { INVITES_API })
        } else if self.prefixes.iter().any(is_below) || request.ext::<RequestError>().is_some() {
            // What was refused before it was a request has no path, and its answer tells nothing of any.
            Some(API)
        } else if self.prefixes.has(path, LANDING_PATH) {
            Some(LANDING_PAGE)
        } else {
            None
        }
    }
}

/// Whether a page asks if it may send this header.
fn asks_for<State>(request: &tide::Request<State>, header: &str) -> bool {
    let asked = request.header(headers::ACCESS_CONTROL_REQUEST_HEADERS);
    let names = asked.into_iter().flat_map(|values| values.iter()).flat_map(|value| value.as_str().split(','));
    names.into_iter().any(|name| name.trim().eq_ignore_ascii_case(header))
}

#[tide::utils::async_trait]
impl<State: Clone + Send + Sync + 'static> Middleware<State> for Cors {
    async fn handle(&self, request: tide::Request<State>, next: Next<'_, State>) -> tide::Result {
        let Some(rules) = self.rules(&request) else { return Ok(next.run(request).await) };
        let origin = request.header(headers::ORIGIN).map(|origin| origin.as_str().to_owned());
        let mut response = next.run(request).await;
        let allowed = match &self.only {
            None => Some("*".to_owned()),
            Some(only) => {
                response.append_header(headers::VARY, "Origin");
                origin.filter(|origin| only.contains(origin))
            }
        };
        if let Some(allowed) = allowed {
            response.insert_header(headers::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
            response.insert_header(headers::ACCESS_CONTROL_ALLOW_METHODS, rules.methods);
            if !rules.headers.is_empty() {
                response.insert_header(headers::ACCESS_CONTROL_ALLOW_HEADERS, rules.headers);
            }
            response.insert_header(headers::ACCESS_CONTROL_MAX_AGE, "7200");
            response.insert_header(headers::ACCESS_CONTROL_EXPOSE_HEADERS, rules.exposed);
        }
        Ok(response)
    }
}
