//! `invited` hands out invites to an XMPP server, over HTTP, to whoever holds a key.
//!
//! From the top, where a request comes in, which is also the order to read in:
//!
//! | module | what it has |
//! |---|---|
//! | [`cli`] | the command line: `serve`, `demo`, keys and invites by hand |
//! | [`service`] | the service, from its settings to its last answer: reload, housekeeping, reconciliation |
//! | [`app`], [`component`] | the tide app: state, middleware, the route table; commands for the users of a host, over XMPP |
//! | [`api`], [`pages`] | what programs call: `/invites_api`; what guests see |
//! | [`caller`], [`problem`] | a call as handlers get it, and who is calling; every refusal that an outsider may see |
//! | [`desk`] | the use cases, in parts: access, invites, app tokens, sign-up, reconciliation |
//! | [`delivery`] | what others are told: sent from the ledger's outbox, and tried again |
//! | [`server`] | sockets, connections, HTTP/1, draining, the service manager; knows no route |
//! | [`key`], [`ledger`], [`backend`], [`mail`] | who may ask: declared keys and those of the state directory; the record of all invites, and its group commit; how accounts come to be on an XMPP server; letters that are handed to a mail server |
//! | [`config`] | from sources to settings |
//! | [`net`] | connections to whom we call |
//! | [`elements`], [`files`] | XML over a connection, as XMPP has it; files written whole |
//! | [`log`], [`metrics`] | the only logger; what is counted |
//! | [`invite`], [`rate`] | what an invite, its token and its links are; how many in a period; pure |
//! | [`clock`], [`waiting`] | the clock and randomness; how long a request waits, and whether its client does |
//!
//! A module uses what stands below it, never what stands above, nor what stands beside it: `tests/structure` reads this
//! table, and every path in the source, and holds the code to it.

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
pub mod delivery;
pub mod desk;
pub mod elements;
pub mod files;
pub mod invite;
pub mod key;
pub mod ledger;
pub mod log;
pub mod mail;
pub mod metrics;
pub mod net;
pub mod pages;
pub mod problem;
pub mod rate;
pub mod server;
pub mod service;
pub mod waiting;
