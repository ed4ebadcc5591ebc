//! What operators ask: `/healthz`, `/readyz`, and `/metrics` on a listener of its own.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use serde::Serialize;
use tide::Response;
use tide::http::headers;

use super::call::json;
use crate::backend::State;
use crate::caller::{Request, address_of, weight_of};
use crate::config::BackendKind;
use crate::invite::name::HostName;
use crate::metrics::{self, Metrics};
use crate::problem::Problem;

/// Liveness probe: the process answers requests.
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
    /// How far this node's clock is from the database's, if that is much.
    #[serde(skip_serializing_if = "Option::is_none")]
    clock: Option<String>,
    /// For whoever asks on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    backends: Option<BTreeMap<String, BackendStatus>>,
}

#[derive(Serialize)]
struct BackendStatus {
    kind: BackendKind,
    state: &'static str,
}

/// Whether invites can be created, and, to a client on this machine, how the backends are.
///
/// # Errors
/// When the ledger cannot be written, or this node may not judge.
pub async fn readyz(request: Request) -> Result<Response, Problem> {
    let desk = &request.state().desk;
    desk.health.is_writable().await?;
    let backend = |(host, kind, state): (&HostName, BackendKind, Option<State>)| {
        let state = match state {
            None | Some(State::Up) => "ok",
            Some(State::Unknown) => "unknown",
            Some(State::Away(_)) => "away",
        };
        (host.to_string(), BackendStatus { kind, state })
    };
    let ledger = if desk.health.is_damaged() { "damaged" } else { "ok" };
    let clock = desk.health.clock_trouble().map(|difference| difference.to_string());
    let backends = is_on_this_machine(address_of(&request)).then(|| desk.health.hosts().map(backend).collect());
    let mut response = json(200, &Ready { ledger, clock, backends })?;
    response.insert_header(headers::CACHE_CONTROL, "no-store");
    Ok(response)
}

/// Whether a client is here: on loopback, or on a Unix socket, where nobody named another.
fn is_on_this_machine(client: IpAddr) -> bool {
    client.is_loopback() || client.is_unspecified()
}

/// What was counted, as `OpenMetrics`; in the older text format for whoever prefers that.
///
/// # Errors
/// When it cannot be written as text.
pub fn metrics(request: &tide::Request<Arc<Metrics>>) -> Result<Response, Problem> {
    let text = request.state().text().map_err(Problem::internal)?;
    let [classic, open] = ["text/plain", "application/openmetrics-text"].map(|kind| weight_of(request, &[kind]));
    let (body, kind) = if classic > open {
        (metrics::classic(&text), "text/plain; version=0.0.4; charset=utf-8")
    } else {
        (text, "application/openmetrics-text; version=1.0.0; charset=utf-8")
    };
    let mut response = Response::new(200);
    response.set_body(body);
    response.insert_header(headers::CONTENT_TYPE, kind);
    response.insert_header(headers::VARY, "Accept");
    response.insert_header(headers::CACHE_CONTROL, "no-store");
    Ok(response)
}
