//! `/api/v1/self`: what the caller's key is and may do.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use tide::Response;

use super::call::{Call, json};
use crate::config::Scope;
use crate::config::value::Span;
use crate::desk::invites::max_uses;
use crate::problem::Problem;
use crate::rate::Rate;

/// Where a key asks about itself, below the prefix.
pub const PATH: &str = "/api/v1/self";

/// A key, as its holder sees it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct KeyView {
    /// What it is called by; not secret.
    id: String,
    /// What it is for.
    name: String,
    /// What it may do.
    allow: Vec<Scope>,
    /// The domains for which it may.
    hosts: Vec<String>,
    /// The longest life of its invites.
    max_ttl: Span,
    /// The most uses of one of its invites.
    max_uses: u32,
    /// How many invites it may create in which time; null: any number.
    limit: Option<Rate>,
    /// How many of them it may make now.
    limit_left: Option<u32>,
    /// How many pending invites it may have; null: any number.
    max_pending: Option<u32>,
    /// How many it has.
    pending: u64,
    /// When it stops working.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    expires: Option<Timestamp>,
}

/// Shows the caller's key.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn get(call: Call) -> Result<Response, Problem> {
    let (desk, key) = (call.desk(), &call.key);
    let settings = &key.settings;
    let limit_left = match settings.limit {
        Some(limit) => Some(limit.left(desk.access.rate_used(key).await?, call.now)),
        None => None,
    };
    let hosts = call
        .request
        .state()
        .settings
        .hosts
        .keys()
        .filter(|host| key.allows_host(host))
        .map(ToString::to_string)
        .collect();
    json(
        200,
        &KeyView {
            id: key.id.to_string(),
            name: settings.name.clone(),
            allow: settings.allow.iter().copied().collect(),
            hosts,
            max_ttl: Span(desk.invites.max_ttl(Some(key))),
            max_uses: max_uses(Some(key)),
            limit: settings.limit,
            limit_left,
            max_pending: settings.max_pending,
            pending: desk.access.pending_of(key, call.now).await?,
            expires: settings.expires,
        },
    )
}
