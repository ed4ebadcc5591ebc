//! Links with the token in their path, `/invite/TOKEN` and `/invite/TOKEN/register`, of other programs. No routes: tide's router
//! must not see parts of a path that are as long as a token (see docs/architecture.md).

use std::sync::Arc;

use tide::http::Method;
use tide::{Middleware, Next};

use super::envelope::Route;
use crate::caller::{AppState, Request};
use crate::pages::old_links::{PathToken, with_path_token};
use crate::server::UnroutedPath;

/// Answers such links.
pub(super) struct PathTokens {
    /// What their paths begin with; none: there are none.
    start: Option<String>,
}

impl PathTokens {
    pub(super) fn below(prefix: &str, path: &str) -> Self {
        Self { start: (!path.is_empty()).then(|| format!("{prefix}{path}/")) }
    }

    fn token(&self, request: &Request) -> Option<PathToken> {
        let path = request.ext::<UnroutedPath>().map_or_else(|| request.url().path(), |unrouted| &unrouted.0);
        let end = path.strip_prefix(self.start.as_deref()?)?;
        PathToken::of(end).filter(|_| matches!(request.method(), Method::Get | Method::Head))
    }
}

#[tide::utils::async_trait]
impl Middleware<Arc<AppState>> for PathTokens {
    async fn handle(&self, request: Request, next: Next<'_, Arc<AppState>>) -> tide::Result {
        let Some(token) = self.token(&request) else { return Ok(next.run(request).await) };
        let mut response = with_path_token(request, token).await.unwrap_or_else(tide::Response::from);
        response.insert_ext(Route("/invite/{token}"));
        Ok(response)
    }
}
