//! What `invited check` says of the ledger.

use std::path::Path;

use anyhow::bail;

use super::as_service;
use super::check_report::{FindingReport, PostgresReport, Reporter};
use super::outcome::Outcome;
use crate::config::{LedgerUrl, Settings};
use crate::ledger::{self, OpenError};

/// Whether the ledger's file is whole and its key there, if there is a ledger.
pub(super) fn look_at_ledger(settings: &Settings, report: &mut Reporter) -> Outcome {
    let LedgerUrl::Sqlite(_) = &settings.ledger.url else { return Ok(()) };
    let findings = ledger::examine(&settings.ledger)?;
    if !findings.is_empty() {
        report.ledger(&settings.ledger.url.to_string(), findings)?;
        bail!(
            "the ledger is damaged, see above; stop the service and put back a backup, or save what can be read: sqlite3 ledger.db \
             .recover | sqlite3 saved.db, and put that in its place"
        )
    }
    match ledger::examine_key(&settings.ledger) {
        Err(OpenError::KeyMissing { key_file, .. }) if is_for_the_service(&key_file) => {
            report
                .note("the ledger key is not looked at: ledger.key_file is a credential, which only the service sees");
            Ok(())
        }
        looked => Ok(looked?),
    }
}

/// Whether a ledger key that is not here is among what systemd passes to the service.
fn is_for_the_service(key_file: &Path) -> bool {
    key_file.file_name().and_then(|name| name.to_str()).is_some_and(as_service::gets_credential)
}

/// Tries PostgreSQL as `serve` would. Says whether that would work.
pub(super) fn try_ledger(settings: &Settings, report: &mut Reporter) -> anyhow::Result<bool> {
    if settings.ledger.url == LedgerUrl::Unread {
        report.note("the ledger is not tried: ledger.url_file is a credential, which only the service sees");
        return Ok(true);
    }
    let Some(trial) = ledger::try_server(&settings.ledger, is_for_the_service) else { return Ok(true) };
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
