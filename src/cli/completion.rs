//! Completion in shells: scripts that ask this program, and its answers.
//!
//! A script runs the program with [`VARIABLE`] set, and what was typed so far behind `--`. Nothing else is done then, nothing is
//! changed, and nothing goes wrong loudly. What the words are is in [`candidates`](super::candidates).

use std::process::ExitCode;

use anyhow::Context as _;
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, Shell};

use super::outcome::Outcome;
use super::terminal::print;

/// Not `INVITED_…`, which are settings.
const VARIABLE: &str = "_INVITED_COMPLETE";

/// zsh runs a file of `$fpath` as the function of that name when it completes for the first time. The script defines the one
/// that completes from then on.
const FIRST_TIME_IN_ZSH: &str = r#"if [[ $funcstack[1] == _invited ]]; then
    _clap_dynamic_completer_invited "$@"
fi
"#;

/// Answers a shell that asks; nothing, if none does.
pub(super) fn answer(command: impl Fn() -> clap::Command) -> Option<ExitCode> {
    let asked = CompleteEnv::with_factory(command).var(VARIABLE).bin("invited").completer("invited");
    match asked.try_complete(std::env::args_os(), std::env::current_dir().ok().as_deref()) {
        Ok(false) => None,
        Ok(true) => Some(ExitCode::SUCCESS),
        Err(_) => Some(ExitCode::FAILURE),
    }
}

/// Prints the script for a shell.
pub(super) fn print_script(shell: Shell) -> Outcome {
    let name = shell.to_string();
    let shells = Shells::builtins();
    let writer = shells.completer(&name).with_context(|| format!("no completion for {name}"))?;
    let mut script = Vec::new();
    writer.write_registration(VARIABLE, "invited", "invited", "invited", &mut script)?;
    if shell == Shell::Zsh {
        script.extend(FIRST_TIME_IN_ZSH.bytes());
    }
    print(&String::from_utf8(script)?)
}
