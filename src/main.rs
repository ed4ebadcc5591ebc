//! The command: parse, run, say what went wrong, exit.

#![deny(clippy::unwrap_used, clippy::expect_used)]

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    invited::cli::main()
}
