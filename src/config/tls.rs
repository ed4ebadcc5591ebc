//! `[tls]`: whether HTTPS is spoken, and with which certificate.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::checks::Checks;

/// `[tls]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct RawTls {
    /// The certificate chain in PEM, our own first; read again on reload.
    pub certificate_file: PathBuf,
    /// Its private key in PEM.
    pub private_key_file: PathBuf,
}

/// `[tls]`
#[derive(Clone, Debug)]
pub struct TlsSettings {
    /// PEM: the chain.
    pub certificate_file: PathBuf,
    /// PEM: the key.
    pub private_key_file: PathBuf,
}

impl RawTls {
    pub(super) fn resolve(&self, checks: &mut Checks<'_>) -> Option<TlsSettings> {
        let certificate_file = checks.locate(&["tls", "certificate_file"], &self.certificate_file);
        let private_key_file = checks.locate(&["tls", "private_key_file"], &self.private_key_file);
        Some(TlsSettings { certificate_file: certificate_file?, private_key_file: private_key_file? })
    }
}
