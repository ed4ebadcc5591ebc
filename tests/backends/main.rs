//! What no real XMPP server does when it is told to: scripts that stand for one.

mod admin_socket;
#[path = "../common/mod.rs"]
mod common;
mod ejabberd_invites;
mod ejabberd_service;
mod xmpp_dns;
mod xmpp_streams;
mod xmpp_uses;
