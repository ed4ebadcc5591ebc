//! What `invited check` says of a ledger in PostgreSQL.

use std::fmt::Write as _;

use super::terminal::{hint, print};
use crate::config::{LedgerUrl, Settings};
use crate::ledger;

/// Tries PostgreSQL as `serve` would. Says whether that would work.
pub(super) fn try_ledger(settings: &Settings) -> anyhow::Result<bool> {
    if settings.ledger.url == LedgerUrl::Unread {
        hint("note: the ledger is not tried: ledger.url_file is a credential, which only the service sees");
        return Ok(true);
    }
    let Some(trial) = ledger::try_server(&settings.ledger) else { return Ok(true) };
    let mut text = format!("ledger: {}\n", trial.server.as_deref().unwrap_or("PostgreSQL does not let us in"));
    for finding in &trial.findings {
        let grade = if finding.is_fault { "missing" } else { "advice" };
        writeln!(text, "  {grade}: {}", finding.what)?;
        for line in finding.mend.lines() {
            writeln!(text, "    {line}")?;
        }
    }
    print(&text)?;
    Ok(!trial.findings.iter().any(|finding| finding.is_fault))
}

/// What a check without connections says of it.
pub(super) fn note_untried(settings: &Settings) {
    match &settings.ledger.url {
        LedgerUrl::Sqlite(_) => {}
        LedgerUrl::Postgres(_) | LedgerUrl::Unread => {
            hint("note: the ledger in PostgreSQL was not tried; invited check --connect does");
        }
    }
}
