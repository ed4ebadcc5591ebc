//! `invited check`: the configuration as `serve` would see it.

use std::sync::Arc;

use super::{Global, Outcome, hint, load_tls, print};
use crate::config::{BackendKind, Credentials, Fault, Faults, Purpose};
use crate::key::KeyRing;
use crate::key::state::StateKeys;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Try the backends, too
    #[arg(long)]
    connect: bool,
}

pub(super) fn run(global: &Global, options: &Options) -> Outcome {
    let merged = global.merge();
    let settings = merged.settle(&Credentials::from_environment(), Purpose::Check)?;
    let mut faults = match load_tls(&settings) {
        Ok(_) => vec![],
        Err(Faults(faults)) => faults,
    };
    let keys = KeyRing::new(&settings.keys, Arc::new(StateKeys::new(&settings.state_dir)));
    for id in keys.twice() {
        let origin = settings.keys.get(&id).map(|(_, origin)| origin.clone());
        let reason = format!("is also in the state directory; run `invited key delete {id}` there, or rename this one");
        faults.push(Fault { path: format!("keys.{id}"), value: None, origin, reason });
    }
    if !faults.is_empty() {
        return Err(Faults(faults).into());
    }
    for notice in &settings.notices {
        hint(&format!("note: {notice}"));
    }
    for fault in &keys.state().current().faults {
        hint(&format!("note: key file {fault}"));
    }
    if options.connect {
        for (host, _) in settings.hosts.iter().filter(|(_, host)| host.backend.kind() == BackendKind::Ledger) {
            hint(&format!("{host}: no XMPP server to try"));
        }
    }
    let (hosts, keys) = (settings.hosts.len(), keys.all().len());
    print(&format!("valid: {hosts} host{}, {keys} key{}", plural(hosts), plural(keys)))
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
