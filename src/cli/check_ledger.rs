//! What `invited check` says of a ledger in PostgreSQL.

use super::check_report::{FindingReport, PostgresReport, Reporter};
use crate::config::{LedgerUrl, Settings};
use crate::ledger;

/// Tries PostgreSQL as `serve` would. Says whether that would work.
pub(super) fn try_ledger(settings: &Settings, report: &mut Reporter) -> anyhow::Result<bool> {
    if settings.ledger.url == LedgerUrl::Unread {
        report.note("the ledger is not tried: ledger.url_file is a credential, which only the service sees");
        return Ok(true);
    }
    let Some(trial) = ledger::try_server(&settings.ledger) else { return Ok(true) };
    let works = !trial.findings.iter().any(|finding| finding.is_fault);
    let server = trial.server.unwrap_or_else(|| "PostgreSQL does not let us in".into());
    let findings = trial.findings.into_iter().map(FindingReport::from).collect();
    report.postgres(PostgresReport { server, findings })?;
    Ok(works)
}

/// What a check without connections says of it.
pub(super) fn note_untried(settings: &Settings, report: &mut Reporter) {
    match &settings.ledger.url {
        LedgerUrl::Sqlite(_) => {}
        LedgerUrl::Postgres(_) | LedgerUrl::Unread => {
            report.note("the ledger in PostgreSQL was not tried; invited check --connect does");
        }
    }
}
