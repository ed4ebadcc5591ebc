//! `invited` hands out invites to an XMPP server, over HTTP, to whoever holds a key.
//!
//! The way of a request, which is also the order to read in:
//!
//! | module | what it has |
//! |---|---|
//! | [`cli`] | the command line: `serve`, `demo`, keys and invites by hand |
//! | [`server`] | sockets, connections, HTTP/1, draining, the service manager; knows no route |
//! | [`app`] | the tide app: state, middleware, the route table |
//! | [`component`] | commands for the users of a host, over XMPP |
//! | [`api`] | what programs call: `/invites_api` |
//! | [`pages`] | what guests see |
//! | [`caller`] | a call as handlers get it, and who is calling |
//! | [`problem`] | every refusal that an outsider may see |
//! | [`desk`] | the use cases: let in, issue, look up, list, revoke |
//! | [`key`] | who may ask: declared keys and those of the state directory |
//! | [`backend`] | how accounts come to be on an XMPP server |
//! | [`ledger`] | the record of all invites, and its group commit |
//! | [`config`] | from sources to settings |
//! | [`invite`] | what an invite, its token and its links are; pure |
//! | [`elements`] | XML over a connection, as XMPP has it |
//! | [`files`], [`log`], [`metrics`], [`clock`] | files written whole, the only logger, what is counted, the clock and randomness |
//!
//! A module uses what stands below it, never what stands above: `tests/structure.rs` reads every path and holds the code
//! to that.

// Tests may: there a panic is the message.
#![deny(clippy::unwrap_used, clippy::expect_used)]

pub mod api;
pub mod app;
pub mod backend;
pub mod caller;
pub mod cli;
pub mod clock;
pub mod component;
pub mod config;
pub mod desk;
pub mod elements;
pub mod files;
pub mod invite;
pub mod key;
pub mod ledger;
pub mod log;
pub mod metrics;
pub mod pages;
pub mod problem;
pub mod server;
