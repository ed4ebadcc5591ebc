//! The certificate that this side shows to PostgreSQL, where its URL names one.

use futures_rustls::rustls::client::WantsClientCert;
use futures_rustls::rustls::pki_types::pem::PemObject as _;
use futures_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use futures_rustls::rustls::{ClientConfig, ConfigBuilder};

use super::error::SqlError;
use crate::config::postgres::Postgres;

/// Ends a TLS configuration: with `sslcert` and `sslkey`, or without.
pub(super) fn with_identity(
    tls: ConfigBuilder<ClientConfig, WantsClientCert>,
    server: &Postgres,
) -> Result<ClientConfig, SqlError> {
    let Some((certificate, key)) = server.identity() else { return Ok(tls.with_no_client_auth()) };
    let failed = |file: &std::path::Path, error: &dyn std::fmt::Display| {
        SqlError::connection(format!("cannot use {} as it is named in ledger.url ({error})", file.display()))
    };
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| failed(certificate, &error))?;
    let own = PrivateKeyDer::from_pem_file(key).map_err(|error| failed(key, &error))?;
    tls.with_client_auth_cert(chain, own).map_err(|error| failed(certificate, &error))
}
