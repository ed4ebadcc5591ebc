//! A call to `/api/v1`: whose it is, and what every answer to it says.

use std::sync::Arc;

use futures_lite::future::{Boxed, FutureExt as _};
use jiff::Timestamp;
use serde::Serialize;
use tide::Response;
use tide::http::headers;

use crate::caller::{Request, address_of, bearer, note_refused};
use crate::config::Scope;
use crate::desk::{AuthError, Desk};
use crate::key::Key;
use crate::problem::Problem;

/// A call whose key was let in.
pub struct Call {
    /// What was sent.
    pub request: Request,
    /// Who calls.
    pub key: Arc<Key>,
    /// When.
    pub now: Timestamp,
}

impl Call {
    /// What does the work.
    #[must_use]
    pub fn desk(&self) -> &Desk {
        &self.request.state().desk
    }
}

/// A handler that is called when the caller's key was given any of `scopes`, or with any key if none is needed.
pub fn needs<F, Fut>(
    scopes: &'static [Scope],
    handler: F,
) -> impl Fn(Request) -> Boxed<Result<Response, Problem>> + Clone + Send + Sync + 'static
where
    F: Fn(Call) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Response, Problem>> + Send + 'static,
{
    move |request| {
        let handler = handler.clone();
        async move {
            let state = Arc::clone(request.state());
            let now = state.desk.now();
            let key = authenticate(&request, now).await?;
            let call = Call { request, key: Arc::clone(&key), now };
            let answer = match call.key.check_scopes(&scopes.iter().take(1).copied().collect()) {
                Err(lacking) if !scopes.iter().any(|scope| key.allows(*scope)) => Err(Problem::Scopes(lacking)),
                _ => handler(call).await,
            };
            let mut response = answer.unwrap_or_else(Response::from);
            response.insert_header(headers::CACHE_CONTROL, "no-store");
            tell_limit(&mut response, &state.desk, &key, now).await?;
            Ok(response)
        }
        .boxed()
    }
}

async fn authenticate(request: &Request, now: Timestamp) -> Result<Arc<Key>, Problem> {
    let presented = request.header(headers::AUTHORIZATION).and_then(|header| bearer(header.as_str()));
    let access = &request.state().desk.access;
    access.authenticate(presented, address_of(request), now).await.map_err(|error| {
        note_refused(request, &error);
        match error {
            AuthError::Refused(_) => Problem::Unauthorized(error, presented.is_some()),
            AuthError::Wait(_) | AuthError::Ledger(_) => error.into(),
        }
    })
}

/// Says what is left of the key's rate (draft-ietf-httpapi-ratelimit-headers-10).
async fn tell_limit(response: &mut Response, desk: &Desk, key: &Key, now: Timestamp) -> Result<(), Problem> {
    let Some(limit) = key.settings.limit else { return Ok(()) };
    let used = desk.access.rate_used(key).await?;
    let (left, full_in) = (limit.left(used, now), limit.full_in(used, now).as_secs_f64().ceil());
    response.insert_header("RateLimit-Policy", format!("\"invites\";q={};w={}", limit.count, limit.period.as_secs()));
    response.insert_header("RateLimit", format!("\"invites\";r={left};t={full_in}"));
    Ok(())
}

/// A JSON answer.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn json(status: u16, body: &impl Serialize) -> Result<Response, Problem> {
    let mut response = Response::new(status);
    response.set_body(serde_json::to_vec(body).map_err(Problem::internal)?);
    response.set_content_type("application/json");
    Ok(response)
}
