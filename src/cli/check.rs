//! `invited check`: the configuration as `serve` would see it.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::bail;

use super::as_service::{self, Tried};
use super::check_ledger::{note_untried, try_ledger};
use super::global::Global;
use super::key_notes;
use super::outcome::{Outcome, Reported, is_closed_pipe, report};
use super::owner::become_owner;
use super::terminal::{hint, print};
use crate::backend::{Backends, Examination};
use crate::clock;
use crate::component::{self, ConnectError, Examined};
use crate::config::{ConfigFault, Credentials, Faults, Merged, PublicUrl, Purpose, Settings};
use crate::key::KeyRing;
use crate::key::state::StateKeys;
use crate::ledger;
use crate::log::chain;
use crate::metrics::{self, Metrics};
use crate::service;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  invited check
  invited check --connect    after a change to an XMPP server or PostgreSQL

Exit status:
  0  valid
  1  an XMPP server, the component or PostgreSQL does not work as configured, or
     the ledger is damaged
  2  invalid configuration; every error is listed")]
pub(super) struct CheckOptions {
    /// Connect to the XMPP servers, the component and PostgreSQL, too; as root, with the service's own user and sandbox
    #[arg(long)]
    connect: bool,
    /// Judge the configuration alone, and leave the state directory unread
    #[arg(long)]
    no_state: bool,
    /// What `as_service` runs: that part alone, as who it is
    #[arg(long, hide = true, requires = "connect")]
    only_connect: bool,
}

pub(super) fn run(global: &Global, options: &CheckOptions) -> Outcome {
    let merged = global.merge();
    if options.only_connect {
        return match only_connect(&merged) {
            Err(error) if !is_closed_pipe(&error) => Err(Reported(as_service::ABOVE + report(&error)).into()),
            outcome => outcome,
        };
    }
    let settings = merged.settings(&Credentials::from_environment(), Purpose::Check)?;
    let tls = service::load_tls(&settings);
    // As root, if at all: systemd takes the command from nobody else.
    let tried = if options.connect && tls.is_ok() { as_service::try_out(global)? } else { Tried::Not };
    if tried == Tried::Not {
        // The service itself has other ones: it sees its credentials.
        notes(&settings);
    }
    if let Ok(Some(tls)) = &tls
        && let Some(notice) = tls.notice(clock::now())
    {
        hint(&format!("note: {notice}"));
    }
    let connected = match tried {
        Tried::As(0) => Ok(()),
        Tried::As(status) => Err(Reported(status).into()),
        Tried::Not if options.connect && tls.is_ok() => connect(&settings),
        Tried::Not => Ok(()),
    };
    if !options.connect {
        note_untried(&settings);
    }
    let mut faults = tls.err().map_or_else(Vec::new, |Faults(faults)| faults);
    let keys = if options.no_state { settings.keys.len() } else { look_at_keys(&settings, &mut faults)? };
    if !faults.is_empty() {
        return Err(Faults(faults).into());
    }
    if !options.no_state {
        look_at_ledger(&settings)?;
    }
    connected?;
    let hosts = settings.hosts.len();
    print(&format!("valid: {hosts} host{}, {keys} key{}", plural(hosts), plural(keys)))
}

/// How many keys there are, declared and in the state directory; adds what is wrong with them together.
fn look_at_keys(settings: &Settings, faults: &mut Vec<ConfigFault>) -> anyhow::Result<usize> {
    become_owner(settings)?;
    let keys = KeyRing::new(&settings.keys, Arc::new(StateKeys::new(&settings.state_dir)));
    for id in keys.twice() {
        let origin = settings.keys.get(&id).map(|(_, origin)| origin.clone());
        let reason = format!("is also in the state directory; run `invited key delete {id}` there, or rename this one");
        faults.push(ConfigFault { path: format!("keys.{id}"), value: None, origin, reason });
    }
    let state = keys.state().current();
    for fault in state.faults.iter().map(|fault| format!("key file {fault}")).chain(state.trouble.clone()) {
        hint(&format!("note: {fault}"));
    }
    let keys = keys.all();
    if let Some(note) = key_notes::of_earlier_version(&keys) {
        hint(&note);
    }
    Ok(keys.len())
}

/// Whether the ledger's file is whole, if there is one.
fn look_at_ledger(settings: &Settings) -> Outcome {
    let findings = ledger::examine(&settings.ledger)?;
    if findings.is_empty() {
        return Ok(());
    }
    let mut text = format!("the ledger {} is damaged:\n", settings.ledger.url);
    for line in findings.iter().flat_map(|finding| finding.lines()) {
        writeln!(text, "  {line}")?;
    }
    print(&text)?;
    bail!(
        "the ledger is damaged, see above; stop the service and put back a backup, or save what can be read: sqlite3 ledger.db .recover \
         | sqlite3 saved.db, and put that in its place"
    )
}

/// Tries what there is to try, with what the service gets.
fn only_connect(merged: &Merged) -> Outcome {
    let settings = merged.settings(&Credentials::from_environment(), Purpose::Check)?;
    notes(&settings);
    connect(&settings)
}

fn notes(settings: &Settings) {
    for notice in &settings.notices {
        hint(&format!("note: {notice}"));
    }
}

/// Tries the backends of all hosts and the component, and says what is missing there and what mends it.
fn connect(settings: &Settings) -> Outcome {
    let metrics = Arc::new(Metrics::new(metrics::seconds()));
    let backends = Backends::new(&settings.hosts, None, &metrics);
    let mut lacking = Vec::new();
    if !try_ledger(settings)? {
        lacking.push("the ledger".to_owned());
    }
    for host in settings.hosts.keys() {
        let Some(backend) = backends.of(host) else {
            hint(&format!("{host}: no XMPP server to try"));
            continue;
        };
        // `serve` needs one; an admin who has none yet sees what it will be.
        let base = settings.public_url_of(host).map_or("https://invite.example.com/", PublicUrl::base);
        let Examination { server, findings } = async_std::task::block_on(backend.examine(base));
        let server = server.unwrap_or_else(|| format!("no answer from {}", backend.kind().word()));
        let mut text = format!("{host}: {server}\n");
        for finding in &findings {
            let grade = if finding.is_fault { "missing" } else { "advice" };
            writeln!(text, "  {grade}: {}", finding.what)?;
            for line in finding.mend.lines() {
                writeln!(text, "    {line}")?;
            }
        }
        for limit in backend.limits() {
            writeln!(text, "  limit: {limit}")?;
        }
        print(&text)?;
        if findings.iter().any(|finding| finding.is_fault) {
            lacking.push(host.to_string());
        }
    }
    if let Some(component) = &settings.component {
        let jid = &component.jid;
        match async_std::task::block_on(component::examine(component)) {
            Ok(Examined::Taken) => print(&format!("component {jid}: the server accepts it\n"))?,
            Ok(Examined::TakenAlready) => {
                print(&format!(
                    "component {jid}: the server accepts it; it is connected already, so the service is running\n"
                ))?;
            }
            Err(error @ ConnectError::NoSecret) => hint(&format!("note: component {jid} is not tried: {error}")),
            Err(error) => {
                let mut text = format!("component {jid}: {}\n", chain(&error));
                for line in error.mend(component).lines() {
                    writeln!(text, "    {line}")?;
                }
                print(&text)?;
                lacking.push(format!("component {jid}"));
            }
        }
    }
    if lacking.is_empty() { Ok(()) } else { bail!("not everything works at {}; see above", lacking.join(", ")) }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
