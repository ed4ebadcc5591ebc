//! What is done about each configuration that comes into force, at the start and on reload.

use std::sync::Arc;

use ipnet::IpNet;

use crate::clock;
use crate::config::{ConfigFault, Faults, PublicUrl, Settings};
use crate::log::chain;
use crate::pages::register;
use crate::server::{self, TlsConfig, TlsError};

/// Tells the admin what to know of a configuration that comes into force.
pub(super) fn log_notices(settings: &Settings) {
    for notice in &settings.notices {
        tracing::warn!("{notice}");
    }
    for (host, why) in register::not_offered(settings) {
        tracing::info!("no sign-up form on {host}: {why}");
    }
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
