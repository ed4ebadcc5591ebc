//! `/invites_api`: what Prosody's mod_invites_api answers, for its clients to work unchanged.

use serde_json::{Value, json};
use tide::Response;
use tide::http::{Method, headers};

use crate::caller::{Request, address_of, bearer, is_prefetch, note_refused};
use crate::config::ApiMethod;
use crate::desk::Caller;
use crate::invite::request::InviteRequest;
use crate::problem::Problem;

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
    let key = desk.access.authenticate(presented, address_of(&request), now).await;
    let key = key.inspect_err(|error| note_refused(&request, error))?;
    let method = if request.method() == Method::Post { ApiMethod::Post } else { ApiMethod::Get };
    if !key.settings.methods.contains(&method) {
        return Err(Problem::Method(allow(&key.settings.methods)));
    }
    let wanted = InviteRequest { host: query.host.into(), ..InviteRequest::default() };
    let created = desk.invites.create(&Caller::Key(&key), &wanted, now).await?;
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
pub fn description(refused: &impl Fn(&str) -> Value) -> Value {
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
            ],
            "responses": {
                "201": { "description": "The invite is created.", "headers": location },
                "303": { "description": "The same, for a browser that is to go to the invite.", "headers": location },
                "400": refused("Several hosts are possible, and `host` names none of them."),
                "403": refused("No key, none that is good, or none that may do this; or a browser fetches ahead of its user."),
                "405": refused("Not one of the key's `methods`; see `Allow`."),
                "413": refused("The body is too large."),
                "429": refused("Too many wrong keys, invites, or pending invites; see `Retry-After`."),
                "503": refused("The ledger cannot be written; see `Retry-After`."),
            },
        })
    };
    json!({ "get": call("createInviteByGet"), "post": call("createInviteByPost") })
}
