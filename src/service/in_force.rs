//! What is done about each configuration that comes into force, at the start and on reload.

use std::collections::BTreeMap;
use std::sync::Arc;

use ipnet::IpNet;

use crate::clock;
use crate::config::{ConfigFault, Faults, PublicUrl, Scope, Settings};
use crate::invite::name::KeyId;
use crate::key::{Key, KeyRing};
use crate::log::chain;
use crate::pages::register;
use crate::server::{self, TlsConfig, TlsError};

/// So many keys are named.
const NAMED: usize = 5;

/// Tells the admin what to know of a configuration that comes into force, with these keys.
pub(super) fn log_notices(settings: &Settings, keys: &KeyRing) {
    let of_keys = state_keys_without_mail(&keys.all(), settings);
    for notice in settings.notices.iter().chain(&of_keys).chain(&state_within_container(settings)) {
        tracing::warn!("{notice}");
    }
    for (host, why) in register::not_offered(settings) {
        tracing::info!("no sign-up form on {host}: {why}");
    }
}

/// Says which keys of the state directory may have invites mailed where there is no mail server; of declared ones the configuration
/// says it.
#[must_use]
pub fn state_keys_without_mail(keys: &BTreeMap<KeyId, Arc<Key>>, settings: &Settings) -> Option<String> {
    let is_one = |key: &&Arc<Key>| key.allows(Scope::Mail) && !settings.keys.contains_key(&key.id);
    let names: Vec<_> = keys.values().filter(is_one).take(NAMED + 1).map(|key| key.id.as_str()).collect();
    if settings.mail.is_some() || names.is_empty() {
        return None;
    }
    let more = if names.len() > NAMED { " and more" } else { "" };
    let names = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    Some(format!("the scope mail of these keys gives nothing without [mail]; declare that: {names}{more}"))
}

/// Says that the state goes with the container, where no volume is mounted for it. That this is a container for one program,
/// `container` in the environment says, as systemd has it; the image sets that. Others, such as LXC's, are machines and stay.
#[must_use]
pub fn state_within_container(settings: &Settings) -> Option<String> {
    std::env::var("container").ok().filter(|kind| ["oci", "docker", "podman"].contains(&kind.as_str()))?;
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    let dir = settings.state_dir.canonicalize().unwrap_or_else(|_| settings.state_dir.clone());
    // The fifth field is where it is mounted; see proc_pid_mountinfo(5).
    let mut points = mounts.lines().filter_map(|line| line.split(' ').nth(4));
    if points.any(|point| point != "/" && dir.starts_with(point)) {
        return None;
    }
    let dir = dir.display();
    Some(format!("{dir} is no volume: keys and invites are gone when this container is removed; mount a volume there"))
}

/// Whose PROXY lines count, if connections begin with one.
pub(super) fn proxies(settings: &Settings) -> Option<Vec<IpNet>> {
    settings.http.proxy_protocol.then(|| settings.trusted_proxies.clone())
}

/// Warns of a certificate that is not valid, or not for long.
pub(super) fn log_certificate(tls: &TlsConfig) {
    if let Some(notice) = tls.notice(clock::now()) {
        tracing::warn!("{notice}");
    }
}

/// Certificate and key, if the configuration names them.
///
/// # Errors
/// When they cannot be used.
pub fn load_tls(settings: &Settings) -> Result<Option<Arc<TlsConfig>>, Faults> {
    let fault = |error: TlsError| ConfigFault {
        path: "tls".into(),
        value: None,
        origin: None,
        reason: chain(&error).to_string(),
    };
    let is_https = settings.public_url.is_some() && settings.public_urls().all(PublicUrl::is_https);
    settings
        .tls
        .as_ref()
        .map(|tls| server::load_tls(tls, is_https))
        .transpose()
        .map_err(|error| Faults(vec![fault(error)]))
}
