//! On real PostgreSQL: see `tests/servers`.

mod backup;
#[path = "../common/mod.rs"]
mod common;
mod distance;
mod expiry_nodes;
mod failover;
mod faults;
mod ledger;
mod ledger_copy;
mod node_clocks;
mod pooler;
mod postgres;
mod postgres_check;
mod webhooks_nodes;
