//! x
pub mod api;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod desk;
pub mod files;
pub mod invite;
pub mod key;
pub mod ledger;
pub mod log;
pub mod pages;
pub mod problem;
pub mod server;
