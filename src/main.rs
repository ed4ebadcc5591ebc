//! The command: parse, run, say what went wrong, exit.

#![deny(clippy::unwrap_used, clippy::expect_used)]

use std::process::ExitCode;

fn main() -> ExitCode {
    invited::cli::main()
}
