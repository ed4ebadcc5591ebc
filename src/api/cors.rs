//! Calls from a web page.

use std::collections::BTreeSet;
use std::sync::Arc;

use tide::http::headers;
use tide::{Middleware, Next};

use crate::caller::{AppState, Request};
use crate::config::CorsOrigins;

/// The CORS headers (Fetch standard, 3.2) on every answer, refusals too: the calling page is to read them.
#[derive(Clone)]
pub struct Cors {
    only: Option<Arc<BTreeSet<String>>>,
    methods: &'static str,
    headers: &'static str,
    exposed: &'static str,
}

impl Cors {
    /// For `/invites_api`.
    #[must_use]
    pub fn invites_api(origins: &CorsOrigins) -> Self {
        let only = match origins {
            CorsOrigins::Any => None,
            CorsOrigins::Only(origins) => Some(Arc::new(origins.clone())),
        };
        Self { only, methods: "GET, POST, OPTIONS", headers: "Authorization, Content-Type", exposed: "Location" }
    }

    /// For `/api/v1`.
    #[must_use]
    pub fn v1(origins: &CorsOrigins) -> Self {
        Self {
            methods: "GET, HEAD, POST, PATCH, DELETE, OPTIONS",
            headers: "Authorization, Content-Type, Idempotency-Key",
            exposed: "Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id",
            ..Self::invites_api(origins)
        }
    }
}

#[tide::utils::async_trait]
impl Middleware<Arc<AppState>> for Cors {
    async fn handle(&self, request: Request, next: Next<'_, Arc<AppState>>) -> tide::Result {
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
            response.insert_header(headers::ACCESS_CONTROL_ALLOW_METHODS, self.methods);
            response.insert_header(headers::ACCESS_CONTROL_ALLOW_HEADERS, self.headers);
            response.insert_header(headers::ACCESS_CONTROL_MAX_AGE, "7200");
            response.insert_header(headers::ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed);
        }
        Ok(response)
    }
}
