//! What programs call, and what is said of it: keys, invites, limits, HTTP, TLS, metrics, the log.

mod addresses;
mod api;
mod api_docs;
mod broken_http;
mod clock;
#[path = "../common/mod.rs"]
mod common;
mod connections;
mod grants;
mod invites_api;
mod jwt;
mod jwt_attacks;
mod keys;
mod leak;
mod limits;
mod log;
mod mail;
mod metrics;
mod one_time;
mod openapi;
mod proxy_protocol;
mod refused;
mod tls;
mod tree;
mod webhooks;
mod webhooks_failing;
