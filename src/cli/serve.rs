//! `invited serve`: what the service is started with, or refused for.

use anyhow::Context as _;

use super::global::Global;
use super::outcome::{Outcome, Reported, WrongUse, log_error};
use super::{owner, refuse};
use crate::config::value::Listen;
use crate::config::{Credentials, DEFAULT_FILES, Purpose, Settings};
use crate::log;
use crate::server::lifecycle::ServiceSignals;
use crate::server::listen::{self, Role, Socket};
use crate::service::{self, Service};

/// A configuration that is enough.
pub(super) const SMALLEST: &str = "\
public_url = \"https://invite.example.com/\"
[hosts.\"example.com\"]
site_name = \"Example\"
[keys.website]
sha256 = \"…\"   # run: invited key create --id website --declare";

pub(super) fn run(global: &Global) -> Outcome {
    log::start(global.verbosity);
    serve(global).map_err(|error| if log::has_priorities() { Reported(log_error(&error)).into() } else { error })
}

fn serve(global: &Global) -> Outcome {
    // First of all: whoever can connect may send a signal.
    let signals = ServiceSignals::catch().context("cannot catch signals")?;
    let adopted = listen::adopt()?;
    match prepare(global, &adopted) {
        Ok((service, bound)) => {
            let sockets = adopted.into_iter().chain(bound).collect();
            async_std::task::block_on(service.run(signals, sockets, async || Ok(())))
        }
        Err(error) => {
            async_std::task::block_on(refuse::all(adopted, &error));
            Err(error)
        }
    }
}

/// The service, and the sockets that are configured, unless systemd passed some.
fn prepare(global: &Global, adopted: &[Socket]) -> anyhow::Result<(Service, Vec<Socket>)> {
    let merged = global.merge();
    if !merged.is_configured() {
        let [file, _] = DEFAULT_FILES;
        return Err(WrongUse(format!(
            "nothing is configured. Write {file}, for example:\n\n{SMALLEST}\n\nThen run `invited check`. For a tour without any \
             configuration, run `invited demo`."
        ))
        .into());
    }
    let settings = merged.settings(&Credentials::from_environment(), Purpose::Serve)?;
    if adopted.iter().any(|socket| socket.role == Role::Https) && settings.tls.is_none() {
        return Err(WrongUse("systemd passed a socket named https, and [tls] is not configured".into()).into());
    }
    let roles = listeners(&settings, adopted).map(|(_, role)| role).chain(adopted.iter().map(|socket| socket.role));
    if roles.filter(|role| *role != Role::Metrics).count() == 0 {
        let nobody = if adopted.is_empty() {
            "listen is empty, and systemd passed no socket"
        } else {
            "systemd passed sockets for metrics alone"
        };
        return Err(
            WrongUse(format!("{nobody}: nobody could reach the service; set listen, or start invited.socket")).into()
        );
    }
    let tls = service::load_tls(&settings)?;
    // Root binds what the owner of the state directory may not, and nothing where somebody else could lead it astray.
    let is_roots = |listen: &Listen| match listen {
        Listen::Tcp(_) => true,
        Listen::Unix(path) => path.parent().is_none_or(owner::is_roots),
    };
    let all: Vec<_> = listeners(&settings, adopted).map(|(listen, _)| listen).collect();
    let (first, later): (Vec<_>, Vec<_>) = listeners(&settings, adopted).partition(|(listen, _)| is_roots(listen));
    let bind = |(listen, role): (&Listen, Role)| listen::bind(listen, role, &all);
    let mut bound = first.into_iter().map(bind).collect::<Result<Vec<_>, _>>()?;
    owner::become_owner(&settings)?;
    for socket in later.into_iter().map(bind) {
        bound.push(socket?);
    }
    Ok((Service::start(settings, tls, Some(global.sources.clone()))?, bound))
}

/// What is configured. Where systemd passed sockets, these are all; but for metrics, if none of them is for these.
fn listeners<'a>(settings: &'a Settings, adopted: &[Socket]) -> impl Iterator<Item = (&'a Listen, Role)> {
    // Behind a socket file there is a proxy, which speaks TLS itself.
    let role = |listen: &Listen| match listen {
        Listen::Tcp(_) if settings.tls.is_some() => Role::Https,
        Listen::Tcp(_) | Listen::Unix(_) => Role::Http,
    };
    let public = settings.listen.iter().filter(|_| adopted.is_empty());
    let has_metrics = adopted.iter().any(|socket| socket.role == Role::Metrics);
    let metrics = settings.metrics.listen.iter().filter(move |_| !has_metrics);
    public.map(move |listen| (listen, role(listen))).chain(metrics.map(|listen| (listen, Role::Metrics)))
}
