//! A call to `/api/v1`: whose it is, and what every answer to it says.

use std::sync::Arc;

use futures_lite::future::{Boxed, FutureExt as _};
use jiff::Timestamp;
use serde::Serialize;
use tide::Response;
use tide::http::{Method, headers};

use super::again::{self, may_come_again};
use super::fields::Body;
use crate::caller::{Request, address_of, bearer, note_refused};
use crate::config::Scope;
use crate::desk::{AuthError, Desk};
use crate::invite::request::Idempotency;
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

    /// By what the call is recognised if it comes again to `path`: with the same body. What its key has for one use may have been
    /// used by it before, and by nothing else.
    ///
    /// # Errors
    /// When its Idempotency-Key is none, or the key was used.
    pub async fn idempotency(&self, path: &'static str, body: Body) -> Result<Option<Idempotency>, Problem> {
        let again = again::read(&self.request, path, || body.into_bytes())?;
        if again.is_some() {
            self.check_unused(again.as_ref()).await?;
        }
        Ok(again)
    }

    /// Checks that what the key has for one use is there to be used, or that this request has used it, if that may come again.
    ///
    /// # Errors
    /// When it was used, or the ledger cannot be read.
    async fn check_unused(&self, again: Option<&Idempotency>) -> Result<(), Problem> {
        let client = address_of(&self.request);
        let checked = self.desk().access.check_unused(&self.key, again, client, self.now).await;
        checked.map_err(|error| refused(error, true))
    }

    /// What is answered. That uses what the key has for one use, as far as what was done has not; and so does a refusal that
    /// answers a question. Any other refusal leaves it for the next try.
    ///
    /// # Errors
    /// What was refused; or that something else has used it in the meantime.
    pub async fn answered<T, E: Into<Problem>>(
        &self,
        answer: Result<T, E>,
        again: Option<&Idempotency>,
    ) -> Result<T, Problem> {
        let answer = answer.map_err(Into::into);
        if answer.as_ref().err().is_none_or(Problem::is_telling) {
            self.use_once(again).await?;
        }
        answer
    }

    async fn use_once(&self, again: Option<&Idempotency>) -> Result<(), Problem> {
        let used = self.desk().access.use_once(&self.key, again, address_of(&self.request), self.now).await;
        used.map_err(|error| refused(error, true))
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
            let key = authenticate(&request, now)?;
            let call = Call { request, key: Arc::clone(&key), now };
            if matches!(call.request.method(), Method::Get | Method::Head) {
                call.use_once(None).await?;
            } else if !is_again(&call.request) {
                call.check_unused(None).await?;
            }
            let answer = match call.key.check_scopes(&scopes.iter().take(1).copied().collect()) {
                Err(lacking) if !scopes.iter().any(|scope| key.allows(*scope)) => Err(Problem::Scopes(lacking)),
                _ => handler(call).await,
            };
            let mut response = answer.unwrap_or_else(Response::from);
            response.insert_header(headers::CACHE_CONTROL, "no-store");
            tell_limit(&mut response, &state.desk, &key, now).await;
            Ok(response)
        }
        .boxed()
    }
}

/// Whether a call may be one that came before: then it is looked at by who reads its body.
fn is_again(request: &Request) -> bool {
    request.method() == Method::Post && may_come_again(request)
}

fn authenticate(request: &Request, now: Timestamp) -> Result<Arc<Key>, Problem> {
    let presented = request.header(headers::AUTHORIZATION).and_then(|header| bearer(header.as_str()));
    let access = &request.state().desk.access;
    access.authenticate(presented, address_of(request), is_again(request), now).map_err(|error| {
        note_refused(request, &error);
        refused(error, presented.is_some())
    })
}

/// As the API says it; `was_sent` if a key was.
fn refused(error: AuthError, was_sent: bool) -> Problem {
    match error {
        AuthError::Refused(_) => Problem::Unauthorized(error, was_sent),
        AuthError::Wait(_) | AuthError::Ledger(_) => error.into(),
    }
}

/// Says what is left of the key's rate (draft-ietf-httpapi-ratelimit-headers-10). A ledger that does not say it changes nothing
/// about the answer: what was done is done.
async fn tell_limit(response: &mut Response, desk: &Desk, key: &Key, now: Timestamp) {
    let Some(limit) = key.settings.limit else { return };
    let Ok(used) = desk.access.rate_used(key).await else { return };
    let (left, full_in) = (limit.left(used, now), limit.full_in(used, now).as_secs_f64().ceil());
    response.insert_header("RateLimit-Policy", format!("\"invites\";q={};w={}", limit.count, limit.period.as_secs()));
    response.insert_header("RateLimit", format!("\"invites\";r={left};t={full_in}"));
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
