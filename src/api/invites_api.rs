//! `/invites_api`: what Prosody's mod_invites_api answers, for its clients to work unchanged.

use serde_json::{Value, json};
use tide::Response;
use tide::http::{Method, headers};

use super::again::{self, may_come_again};
use crate::caller::{Request, address_of, bearer, is_prefetch, note_refused};
use crate::config::ApiMethod;
use crate::desk::{Caller, CreateInviteError};
use crate::invite::request::InviteRequest;
use crate::problem::Problem;

/// What its requests are known by that may come again, whatever its path is called.
const PATH: &str = "/invites_api";

/// What the query may hold. What is not known is ignored, as mod_invites_api does.
#[derive(Default)]
struct CallQuery {
    key: Option<String>,
    redirect: bool,
    host: Option<String>,
}

impl CallQuery {
    /// Reads a query. Where a name comes twice, the first one counts.
    fn read(url: &tide::http::Url) -> Self {
        let mut query = Self::default();
        let mut redirect = None;
        for (name, value) in url.query_pairs() {
            match name.as_ref() {
                "key" => _ = query.key.get_or_insert_with(|| value.into_owned()),
                "host" => _ = query.host.get_or_insert_with(|| value.into_owned()),
                "redirect" => {
                    redirect.get_or_insert(!matches!(value.as_ref(), "" | "0" | "no" | "false"));
                }
                _ => {}
            }
        }
        query.redirect = redirect.unwrap_or(false);
        query
    }

    /// What it asks for with this method, whoever does.
    fn what(&self, method: Method) -> Vec<u8> {
        json!([method.as_ref(), self.host, self.redirect]).to_string().into_bytes()
    }
}

/// Every refusal of a key is a 403 here.
fn refused(error: CreateInviteError) -> Problem {
    if let CreateInviteError::WhichHost(_) = error {
        return Problem::BadRequest("Several hosts are possible; name one with `host=`.");
    }
    match error.into() {
        Problem::Unauthorized(error, _) => Problem::Unauthenticated(error),
        problem => problem,
    }
}

/// GET, POST: one account invite with the host's defaults.
///
/// # Errors
/// See SPEC 6.1, the table.
pub async fn create(request: Request) -> Result<Response, Problem> {
    if is_prefetch(&request) {
        return Err(Problem::Prefetch);
    }
    let desk = &request.state().desk;
    let now = desk.now();
    let query = CallQuery::read(request.url());
    let bearer = request.header(headers::AUTHORIZATION).map(|header| bearer(header.as_str()));
    // The header wins, also when it is wrong.
    let presented = match bearer {
        Some(bearer) => bearer,
        None => query.key.as_deref(),
    };
    let client = address_of(&request);
    let key = desk.access.authenticate(presented, client, may_come_again(&request), now);
    let key = key.inspect_err(|error| note_refused(&request, error))?;
    let again = again::read(&request, PATH, || query.what(request.method()))?;
    desk.access.check_unused(&key, again.as_ref(), client, now).await?;
    let method = if request.method() == Method::Post { ApiMethod::Post } else { ApiMethod::Get };
    if !key.settings.methods.contains(&method) {
        return Err(Problem::Method(allow(&key.settings.methods)));
    }
    let wanted = InviteRequest { host: query.host.into(), idempotency: again, ..InviteRequest::default() };
    let created = desk.invites.create(&Caller::Key(&key), &wanted, now).await.map_err(refused)?;
    let mut response = Response::new(if query.redirect { 303 } else { 201 });
    // One was asked for.
    for invite in created.value {
        response.insert_header(headers::LOCATION, invite.landing_page);
    }
    response.insert_header(headers::CACHE_CONTROL, "no-store");
    Ok(response)
}

fn allow(methods: &std::collections::BTreeSet<ApiMethod>) -> String {
    let mut names: Vec<_> = methods
        .iter()
        .map(|method| match method {
            ApiMethod::Get => "GET",
            ApiMethod::Post => "POST",
        })
        .collect();
    names.push("OPTIONS");
    names.join(", ")
}

/// The two calls in the form of `OpenAPI`; `refused` is how a refusal reads.
#[must_use]
pub fn description(refused: &impl Fn(&str) -> Value, idempotency_key: &Value) -> Value {
    let location = json!({ "Location": {
        "description": "The page of the invite.", "required": true, "schema": { "type": "string" },
    } });
    let call = |id: &str| {
        json!({
            "operationId": id,
            "tags": ["simple"],
            "summary": "Creates an invite with the host's defaults; needs the scope `create`.",
            "description": "It is for an account, and of one use. Parameters that are not known are ignored.",
            "security": [{ "key": [] }, { "keyInQuery": [] }],
            "parameters": [
                {
                    "name": "host", "in": "query", "schema": { "type": "string", "format": "host" },
                    "description": "For which domain; need not be named where there is only one.",
                },
                {
                    "name": "redirect", "in": "query", "schema": { "type": "string" },
                    "description": "Answers 303 instead of 201; not with `false`, `0`, `no` or an empty value.",
                },
                idempotency_key,
            ],
            "responses": {
                "201": { "description": "The invite is created.", "headers": location },
                "303": { "description": "The same, for a browser that is to go to the invite.", "headers": location },
                "400": refused("Several hosts are possible, and `host` names none of them."),
                "403": refused("No key, none that is good, or none that may do this; or a browser fetches ahead of its user."),
                "405": refused("Not one of the key's `methods`; see `Allow`."),
                "413": refused("The body is too large."),
                "422": refused("This `Idempotency-Key` came before, with another request."),
                "429": refused("Too many wrong keys, invites, or pending invites; see `Retry-After`."),
                "503": refused("The ledger cannot be written; see `Retry-After`."),
            },
        })
    };
    json!({ "get": call("createInviteByGet"), "post": call("createInviteByPost") })
}
