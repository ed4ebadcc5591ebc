//! What operators ask: `/healthz`, `/readyz`.

use std::collections::BTreeMap;

use serde::Serialize;
use tide::Response;
use tide::http::headers;

use super::call::json;
use crate::caller::Request;
use crate::config::BackendKind;
use crate::problem::Problem;

/// Whether the process turns: it does if this is answered.
///
/// # Errors
/// None.
pub async fn healthz(_: Request) -> Result<Response, Problem> {
    let mut response = Response::new(200);
    response.set_body("ok\n");
    response.set_content_type("text/plain; charset=utf-8");
    response.insert_header(headers::CACHE_CONTROL, "no-store");
    Ok(response)
}

#[derive(Serialize)]
struct Ready {
    ledger: &'static str,
    backends: BTreeMap<String, Backend>,
}

#[derive(Serialize)]
struct Backend {
    kind: BackendKind,
    state: &'static str,
}

/// Whether invites can be made, and how the backends are.
///
/// # Errors
/// When the ledger cannot be written.
pub async fn readyz(request: Request) -> Result<Response, Problem> {
    let desk = request.state();
    desk.ledger().is_writable().await?;
    let backend = |kind: BackendKind| Backend {
        kind,
        state: if kind == BackendKind::Ledger { "ok" } else { "not served by this version" },
    };
    let backends =
        desk.settings().hosts.iter().map(|(host, settings)| (host.to_string(), backend(settings.backend))).collect();
    let mut response = json(200, &Ready { ledger: "ok", backends })?;
    response.insert_header(headers::CACHE_CONTROL, "no-store");
    Ok(response)
}
