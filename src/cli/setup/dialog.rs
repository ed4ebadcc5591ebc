//! Questions at the terminal.

use std::io::{BufRead as _, Write as _};

use crate::cli::outcome::WrongUse;

/// Asks whether so many files are to be written.
///
/// # Errors
/// When the terminal is gone.
pub(super) fn is_agreed(counted: &str) -> anyhow::Result<bool> {
    let said = ask(&format!("Write {counted}? [y/N] "))?;
    Ok(["y", "yes"].contains(&&*said.to_ascii_lowercase()))
}

/// A line from the terminal.
///
/// # Errors
/// When it is gone.
pub(super) fn ask(question: &str) -> anyhow::Result<String> {
    let mut stderr = std::io::stderr();
    write!(stderr, "{question}")?;
    stderr.flush()?;
    let mut line = String::new();
    if std::io::stdin().lock().read_line(&mut line)? == 0 {
        return Err(WrongUse("nothing was answered, and nothing is written".into()).into());
    }
    Ok(line.trim().to_owned())
}
