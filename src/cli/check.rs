//! `invited check`: the configuration as `serve` would see it.

use std::sync::Arc;

use anyhow::bail;

use super::as_service::{self, Tried};
use super::check_ledger::{look_at_ledger, note_untried, try_ledger};
use super::check_mail::try_mail;
use super::check_report::{ComponentReport, FindingReport, Reporter, ServerReport};
use super::check_webhooks::{note_untried as note_webhooks, try_webhooks};
use super::global::Global;
use super::key_notes;
use super::outcome::{Outcome, Reported, is_closed_pipe, report as report_error};
use super::owner::become_owner;
use crate::backend::{Backends, Examination};
use crate::clock;
use crate::component::{self, ConnectError, Examined};
use crate::config::{BackendSettings, ConfigFault, Credentials, Faults, Merged, PublicUrl, Purpose, Settings};
use crate::key::KeyRing;
use crate::key::state::StateKeys;
use crate::log::chain;
use crate::metrics::{self, Metrics};
use crate::service;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  invited check
  invited check --connect    after a change to an XMPP server or PostgreSQL
  invited check --json       for a program; `valid` says whether all is well

Exit status:
  0  valid
  1  an XMPP server, the component, PostgreSQL, a webhook or the mail server
     does not work as configured, or the ledger is damaged or lacks its key
  2  invalid configuration; every error is listed")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct CheckOptions {
    /// Connect to the XMPP servers, the component, PostgreSQL, webhooks and the mail server, too; as root, with the service's own user and sandbox
    #[arg(long)]
    connect: bool,
    /// Judge the configuration alone, and leave the state directory unread
    #[arg(long)]
    no_state: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// What `as_service` runs: that part alone, as who it is
    #[arg(long, hide = true, requires = "connect")]
    only_connect: bool,
}

pub(super) fn run(global: &Global, options: &CheckOptions) -> Outcome {
    let merged = global.merge();
    let mut report = Reporter::new(options.json);
    if options.only_connect {
        let outcome = only_connect(&merged, &mut report);
        return match report.finish(outcome) {
            Err(error) if !is_closed_pipe(&error) => Err(Reported(as_service::ABOVE + report_error(&error)).into()),
            outcome => outcome,
        };
    }
    let outcome = check(global, &merged, options, &mut report);
    report.finish(outcome)
}

fn check(global: &Global, merged: &Merged, options: &CheckOptions, report: &mut Reporter) -> Outcome {
    let settings = merged.settings(&Credentials::from_environment(), Purpose::Check)?;
    let tls = service::load_tls(&settings);
    // As root, if at all: systemd takes the command from nobody else.
    let tried = if options.connect && tls.is_ok() { as_service::try_out(global, report)? } else { Tried::Not };
    if tried == Tried::Not {
        // The service itself has other ones: it sees its credentials.
        notes(&settings, report);
    }
    if let Ok(Some(tls)) = &tls
        && let Some(notice) = tls.notice(clock::now())
    {
        report.note(&notice);
    }
    let connected = match tried {
        Tried::As(0) => Ok(()),
        Tried::As(status) => Err(Reported(status).into()),
        Tried::Not if options.connect && tls.is_ok() => connect(&settings, report),
        Tried::Not => Ok(()),
    };
    if !options.connect {
        note_untried(&settings, report);
        note_webhooks(&settings, report);
    }
    let mut faults = tls.err().map_or_else(Vec::new, |Faults(faults)| faults);
    let keys = if options.no_state { settings.keys.len() } else { look_at_keys(&settings, &mut faults, report)? };
    report.count(settings.hosts.len(), keys);
    if !faults.is_empty() {
        return Err(Faults(faults).into());
    }
    if !options.no_state {
        look_at_ledger(&settings, report)?;
    }
    connected?;
    report.valid()
}

/// How many keys there are, declared and in the state directory; adds what is wrong with them together.
fn look_at_keys(settings: &Settings, faults: &mut Vec<ConfigFault>, report: &mut Reporter) -> anyhow::Result<usize> {
    become_owner(settings)?;
    let keys = KeyRing::new(&settings.keys, Arc::new(StateKeys::new(&settings.state_dir)));
    for id in keys.twice() {
        let origin = settings.keys.get(&id).map(|(_, origin)| origin.clone());
        let reason = format!("is also in the state directory; run `invited key delete {id}` there, or rename this one");
        faults.push(ConfigFault { path: format!("keys.{id}"), value: None, origin, reason });
    }
    let state = keys.state().current();
    for fault in state.faults.iter().map(|fault| format!("key file {fault}")).chain(state.trouble.clone()) {
        report.note(&fault);
    }
    let keys = keys.all();
    if let Some(note) = service::state_keys_without_mail(&keys, settings) {
        report.note(&note);
    }
    if let Some(note) = key_notes::of_earlier_version(&keys) {
        report.note(&note);
    }
    if let Some(note) = service::state_within_container(settings) {
        report.note(&note);
    }
    Ok(keys.len())
}

/// Tries what there is to try, with what the service gets.
fn only_connect(merged: &Merged, report: &mut Reporter) -> Outcome {
    let settings = merged.settings(&Credentials::from_environment(), Purpose::Check)?;
    notes(&settings, report);
    connect(&settings, report)
}

fn notes(settings: &Settings, report: &mut Reporter) {
    for notice in &settings.notices {
        report.note(notice);
    }
    for (host, _) in settings.hosts.iter().filter(|(_, host)| host.backend == BackendSettings::Ledger) {
        report.note(&format!(
            "no accounts are created on {host}: backend.kind = \"ledger\" is no XMPP server; a program of yours creates them and \
             redeems the invites, or name the server in [hosts.\"{host}\".backend]"
        ));
    }
}

/// Tries the backends of all hosts, the component, webhooks and the mail server, and says what is missing there and what mends it.
fn connect(settings: &Settings, report: &mut Reporter) -> Outcome {
    let metrics = Arc::new(Metrics::new(metrics::seconds()));
    let backends = Backends::new(&settings.hosts, None, &metrics);
    let mut lacking = Vec::new();
    if !try_ledger(settings, report)? {
        lacking.push("the ledger".to_owned());
    }
    for host in settings.hosts.keys() {
        let Some(backend) = backends.of(host) else {
            report.no_server(host.as_str());
            continue;
        };
        // `serve` needs one; an admin who has none yet sees what it will be.
        let base = settings.public_url_of(host).map_or("https://invite.example.com/", PublicUrl::base);
        let Examination { server, findings } = async_std::task::block_on(backend.examine(base));
        let server = server.unwrap_or_else(|| format!("no answer from {}", backend.kind().word()));
        let findings = findings.into_iter().map(FindingReport::from).collect();
        let found = ServerReport { host: host.to_string(), server, findings, limits: backend.limits() };
        if found.has_fault() {
            lacking.push(host.to_string());
        }
        report.server(found)?;
    }
    if let Some(component) = &settings.component {
        let found = |works: bool, what: &str, mend: String| ComponentReport {
            jid: component.jid.to_string(),
            works,
            what: what.to_owned(),
            mend,
        };
        let sends_messages = settings.sends_messages();
        match async_std::task::block_on(component::examine(component, sends_messages)) {
            Ok(Examined::Taken) if sends_messages => {
                let what =
                    format!("the server accepts it, and answers for {}, whose users are sent messages", component.host);
                report.component(found(true, &what, String::new()))?;
            }
            Ok(Examined::Taken) => report.component(found(true, "the server accepts it", String::new()))?,
            Ok(Examined::TakenAlready) => {
                let what = "the server accepts it; it is connected already, so the service is running";
                report.component(found(true, what, String::new()))?;
            }
            Err(error @ ConnectError::NoSecret) => {
                report.note(&format!("component {} is not tried: {error}", component.jid));
            }
            Err(error) => {
                report.component(found(false, &chain(&error).to_string(), error.mend(component)))?;
                lacking.push(format!("component {}", component.jid));
            }
        }
    }
    lacking.extend(try_webhooks(settings, report)?);
    lacking.extend(try_mail(settings, report)?);
    if lacking.is_empty() {
        return Ok(());
    }
    let above = if report.is_json() { "" } else { "; see above" };
    bail!("not everything works at {}{above}", lacking.join(", "))
}
