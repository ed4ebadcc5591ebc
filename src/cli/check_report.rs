//! What `invited check` finds: told as it is found, or collected for a program.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::outcome::{Outcome, Reported, WrongUse, is_closed_pipe};
use super::terminal::{count, hint, print, print_json};
use crate::backend::Finding;
use crate::config::{ConfigFault, Faults};
use crate::ledger::ServerFinding;
use crate::log::chain;

/// What `check --json` prints.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct CheckReport {
    /// Whether everything that was looked at is in order.
    valid: bool,
    /// How many hosts and keys there are, where the configuration is valid.
    hosts: usize,
    keys: usize,
    /// What is wrong with the configuration.
    faults: Vec<ReportedFault>,
    /// What an admin should know.
    notes: Vec<String>,
    /// What XMPP servers said, where they were tried.
    servers: Vec<ServerReport>,
    component: Option<ComponentReport>,
    /// How webhooks are, where they were tried.
    webhooks: Vec<WebhookReport>,
    /// What the mail server said, where it was tried.
    mail: Option<MailReport>,
    /// What PostgreSQL said, where it was tried.
    postgres: Option<PostgresReport>,
    /// What is damaged in the ledger.
    ledger: Vec<String>,
    /// Why the check ended early, or what it found in a sentence.
    error: Option<String>,
}

/// One thing that is wrong with the configuration.
#[derive(Debug, Serialize, Deserialize)]
struct ReportedFault {
    name: String,
    value: Option<String>,
    origin: Option<String>,
    reason: String,
}

impl From<ConfigFault> for ReportedFault {
    fn from(fault: ConfigFault) -> Self {
        let ConfigFault { path: name, value, origin, reason } = fault;
        Self { name, value, origin: origin.map(|origin| origin.to_string()), reason }
    }
}

/// What is to be said of a host's XMPP server.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ServerReport {
    pub(super) host: String,
    /// What it is, if it answered.
    pub(super) server: String,
    pub(super) findings: Vec<FindingReport>,
    pub(super) limits: Vec<String>,
}

/// Something that a server lacks, or should have.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FindingReport {
    is_fault: bool,
    what: String,
    mend: String,
}

impl From<Finding> for FindingReport {
    fn from(finding: Finding) -> Self {
        let Finding { is_fault, what, mend } = finding;
        Self { is_fault, what, mend }
    }
}

impl From<ServerFinding> for FindingReport {
    fn from(finding: ServerFinding) -> Self {
        let ServerFinding { is_fault, what, mend } = finding;
        Self { is_fault, what, mend }
    }
}

/// What is to be said of the ledger's PostgreSQL.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PostgresReport {
    /// What it is, if it let us in.
    pub(super) server: String,
    pub(super) findings: Vec<FindingReport>,
}

/// Findings as lines below what they are about.
fn tell(text: &mut String, findings: &[FindingReport]) -> std::fmt::Result {
    for finding in findings {
        let grade = if finding.is_fault { "missing" } else { "advice" };
        writeln!(text, "  {grade}: {}", finding.what)?;
        for line in finding.mend.lines() {
            writeln!(text, "    {line}")?;
        }
    }
    Ok(())
}

impl ServerReport {
    pub(super) fn has_fault(&self) -> bool {
        self.findings.iter().any(|finding| finding.is_fault)
    }
}

/// What is to be said of the component.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ComponentReport {
    pub(super) jid: String,
    pub(super) works: bool,
    pub(super) what: String,
    pub(super) mend: String,
}

/// What is to be said of a webhook.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WebhookReport {
    pub(super) name: String,
    pub(super) works: bool,
    pub(super) what: String,
    pub(super) mend: String,
}

/// What is to be said of the mail server.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MailReport {
    pub(super) server: String,
    pub(super) works: bool,
    pub(super) what: String,
}

/// Who is told.
pub(super) struct Reporter {
    is_json: bool,
    report: CheckReport,
}

impl Reporter {
    pub(super) fn new(is_json: bool) -> Self {
        Self { is_json, report: CheckReport::default() }
    }

    pub(super) fn is_json(&self) -> bool {
        self.is_json
    }

    /// Something that an admin should know.
    pub(super) fn note(&mut self, note: &str) {
        if self.is_json { self.report.notes.push(note.to_owned()) } else { hint(&format!("note: {note}")) }
    }

    /// A host without an XMPP server.
    pub(super) fn no_server(&mut self, host: &str) {
        if !self.is_json {
            hint(&format!("{host}: no XMPP server to try"));
        }
    }

    pub(super) fn server(&mut self, report: ServerReport) -> anyhow::Result<()> {
        let mut text = format!("{}: {}\n", report.host, report.server);
        tell(&mut text, &report.findings)?;
        for limit in &report.limits {
            writeln!(text, "  limit: {limit}")?;
        }
        self.report.servers.push(report);
        if self.is_json { Ok(()) } else { print(&text) }
    }

    pub(super) fn postgres(&mut self, report: PostgresReport) -> anyhow::Result<()> {
        let mut text = format!("ledger: {}\n", report.server);
        tell(&mut text, &report.findings)?;
        self.report.postgres = Some(report);
        if self.is_json { Ok(()) } else { print(&text) }
    }

    pub(super) fn component(&mut self, report: ComponentReport) -> anyhow::Result<()> {
        let mut text = format!("component {}: {}\n", report.jid, report.what);
        for line in report.mend.lines() {
            writeln!(text, "    {line}")?;
        }
        self.report.component = Some(report);
        if self.is_json { Ok(()) } else { print(&text) }
    }

    pub(super) fn webhook(&mut self, report: WebhookReport) -> anyhow::Result<()> {
        let mut text = format!("webhook {}: {}\n", report.name, report.what);
        for line in report.mend.lines() {
            writeln!(text, "    {line}")?;
        }
        self.report.webhooks.push(report);
        if self.is_json { Ok(()) } else { print(&text) }
    }

    pub(super) fn mail(&mut self, report: MailReport) -> anyhow::Result<()> {
        let text = format!("mail {}: {}\n", report.server, report.what);
        self.report.mail = Some(report);
        if self.is_json { Ok(()) } else { print(&text) }
    }

    /// The ledger is damaged.
    pub(super) fn ledger(&mut self, ledger: &str, findings: Vec<String>) -> anyhow::Result<()> {
        let mut text = format!("the ledger {ledger} is damaged:\n");
        for line in findings.iter().flat_map(|finding| finding.lines()) {
            writeln!(text, "  {line}")?;
        }
        self.report.ledger = findings;
        if self.is_json { Ok(()) } else { print(&text) }
    }

    /// What there is to check.
    pub(super) fn count(&mut self, hosts: usize, keys: usize) {
        (self.report.hosts, self.report.keys) = (hosts, keys);
    }

    /// Everything is in order.
    pub(super) fn valid(&mut self) -> anyhow::Result<()> {
        if self.is_json {
            return Ok(());
        }
        let (hosts, keys) = (count(self.report.hosts, "host"), count(self.report.keys, "key"));
        print(&format!("valid: {hosts}, {keys}"))
    }

    /// Adds what the same check found as somebody else.
    pub(super) fn add(&mut self, other: CheckReport) {
        self.report.faults.extend(other.faults);
        self.report.notes.extend(other.notes);
        self.report.servers.extend(other.servers);
        self.report.webhooks.extend(other.webhooks);
        self.report.component = self.report.component.take().or(other.component);
        self.report.mail = self.report.mail.take().or(other.mail);
        self.report.postgres = self.report.postgres.take().or(other.postgres);
        self.report.error = self.report.error.take().or(other.error);
    }

    /// Prints what was collected, with how the check ended; gives what to end with.
    pub(super) fn finish(mut self, outcome: Outcome) -> Outcome {
        if !self.is_json {
            return outcome;
        }
        let status = match outcome {
            Ok(()) => None,
            Err(error) if is_closed_pipe(&error) => return Err(error),
            Err(error) => Some(self.note_error(error)),
        };
        self.report.valid = status.is_none();
        print_json(&self.report)?;
        status.map_or(Ok(()), |status| Err(Reported(status).into()))
    }

    /// Notes an error; gives the status to end with.
    fn note_error(&mut self, error: anyhow::Error) -> u8 {
        if let Some(Reported(status)) = error.downcast_ref() {
            return *status;
        }
        match error.downcast::<Faults>() {
            Ok(Faults(faults)) => {
                self.report.faults.extend(faults.into_iter().map(ReportedFault::from));
                2
            }
            Err(error) => {
                self.report.error = Some(chain(error.as_ref()).to_string());
                if error.is::<WrongUse>() { 2 } else { 1 }
            }
        }
    }
}
