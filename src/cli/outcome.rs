//! How a subcommand ends: exit status 0 done, 1 failed, 2 wrong use or invalid configuration. A reader that goes away is no
//! error.

use std::io;
use std::process::ExitCode;

use super::terminal::hint;
use crate::config::Faults;
use crate::log::chain;

/// What ends a subcommand early.
pub(super) type Outcome = anyhow::Result<()>;

/// The command line was used wrongly, in a way that clap cannot see.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct WrongUse(pub(super) String);

/// A subcommand ended with this status, and has reported by itself what is wrong.
#[derive(Debug, thiserror::Error)]
#[error("ended with status {0}")]
pub(super) struct Reported(pub(super) u8);

/// What the process ends with; reports what is wrong.
pub(super) fn exit_code(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => ExitCode::from(report(&error)),
    }
}

/// Reports an error, once; gives the status to end with.
pub(super) fn report(error: &anyhow::Error) -> u8 {
    if let Some(Reported(status)) = error.downcast_ref() {
        return *status;
    }
    hint(&format!("invited: {}", chain(error.as_ref())));
    status(error)
}

/// Reports an error in the log, line by line; gives the status to end with.
pub(super) fn log_error(error: &anyhow::Error) -> u8 {
    for line in chain(error.as_ref()).to_string().lines().filter(|line| !line.is_empty()) {
        tracing::error!("{line}");
    }
    status(error)
}

fn status(error: &anyhow::Error) -> u8 {
    let usage = error.is::<Faults>() || error.is::<WrongUse>();
    if usage { 2 } else { 1 }
}

pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let closed = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    error.chain().any(closed)
}
