//! The command: parse, run, say what went wrong, exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    invited::cli::main()
}
