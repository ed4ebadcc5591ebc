//! Beside real XMPP servers: see `tests/servers`.

mod asks;
mod asks_nodes;
#[path = "../common/mod.rs"]
mod common;
mod component;
mod ejabberd;
mod ejabberd_apps;
mod ejabberd_fake;
mod hints;
mod in_app;
mod manage;
mod prosody;
mod prosody_backend;
mod prosody_service;
mod web_sign_up;
mod xmpp_at_ejabberd;
mod xmpp_backend;
