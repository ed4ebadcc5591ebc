//! The command line, its configuration and files, its documentation, and what it is as a process.

mod alerts;
mod check_as_service;
mod command_line;
#[path = "../common/mod.rs"]
mod common;
mod completion;
mod config;
mod dashboard;
mod disk;
mod docs;
mod durability;
mod fuzz;
mod health;
mod ledger_files;
mod lifecycle;
mod man;
mod memory;
mod operations;
mod readme;
mod redeem;
mod root;
mod setup;
