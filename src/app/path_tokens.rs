//! Links with the token in their path, `/invite/TOKEN` (a slash may follow) and `/invite/TOKEN/register`, of other programs. No
//! routes: tide's router must not see parts of a path that are as long as a token (see docs/architecture.md).

use std::sync::Arc;

use tide::http::Method;
use tide::{Middleware, Next};

use super::answers::{allow, options, stamp};
use crate::caller::{AppState, Request, path};
use crate::config::Prefixes;
use crate::pages::old_links::{PathToken, with_path_token};
use crate::problem::Problem;

const METHODS: [Method; 2] = [Method::Get, Method::Head];

/// Answers such links.
pub(super) struct PathTokens {
    /// What their paths begin with; none: there are none.
    starts: Vec<String>,
}

impl PathTokens {
    pub(super) fn below(prefixes: &Prefixes, path: &str) -> Self {
        Self { starts: prefixes.iter().filter(|_| !path.is_empty()).map(|prefix| format!("{prefix}{path}/")).collect() }
    }

    fn token(&self, request: &Request) -> Option<PathToken> {
        let path = path(request);
        let mut ends = self.starts.iter().filter_map(|start| path.strip_prefix(start.as_str()));
        ends.find_map(PathToken::of)
    }
}

#[tide::utils::async_trait]
impl Middleware<Arc<AppState>> for PathTokens {
    async fn handle(&self, request: Request, next: Next<'_, Arc<AppState>>) -> tide::Result {
        let Some(token) = self.token(&request) else { return Ok(next.run(request).await) };
        let answer = match request.method() {
            Method::Options => Ok(options(&allow(&METHODS))),
            method if METHODS.contains(&method) => with_path_token(request, token).await,
            _ => Err(Problem::Method(allow(&METHODS))),
        };
        Ok(stamp(answer, "/invite/{token}"))
    }
}
