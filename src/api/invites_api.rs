//! `/invites_api`: what Prosody's mod_invites_api answers, for its clients to work unchanged.

use tide::Response;
use tide::http::{Method, headers};

use crate::caller::{Request, address_of, bearer, is_prefetch, note_refused};
use crate::clock;
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
    let now = clock::now();
    let desk = &request.state().desk;
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
