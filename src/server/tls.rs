//! TLS, where we speak HTTPS ourselves.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use futures_lite::{AsyncRead, AsyncWrite};
use futures_rustls::TlsAcceptor;
use futures_rustls::rustls;
pub use futures_rustls::rustls::ServerConfig as TlsConfig;
use futures_rustls::rustls::crypto::ring;
use futures_rustls::rustls::pki_types::pem::PemObject as _;
use futures_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::slots::Admitted;
use super::{Server, http};
use crate::clock::within;
use crate::config::TlsSettings;

/// Why certificate and key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not what it should be.
    #[error("cannot read {}; expected PEM", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rustls::pki_types::pem::Error,
    },
    /// They do not belong together, or are of a kind that is not known.
    #[error("cannot use the certificate and key")]
    Use(#[from] rustls::Error),
}

/// Reads certificate and key.
///
/// # Errors
/// When they cannot be used.
pub fn load(tls: &TlsSettings) -> Result<Arc<TlsConfig>, TlsError> {
    let pem = |path: &PathBuf| {
        let path = path.clone();
        move |source| TlsError::Pem { path, source }
    };
    let chain = CertificateDer::pem_file_iter(&tls.certificate_file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(pem(&tls.certificate_file))?;
    let key = PrivateKeyDer::from_pem_file(&tls.private_key_file).map_err(pem(&tls.private_key_file))?;
    let mut config = TlsConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Shakes hands, in the time that a request head may take, and serves the connection.
pub(super) async fn serve<State, S>(server: Server<State>, stream: S, peer: Option<SocketAddr>, admitted: Admitted)
where
    State: Clone + Send + Sync + 'static,
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Some(config) = server.0.tls.load_full() else { return };
    let time = server.0.limits.load().header_timeout.0;
    let mut handshake = TlsAcceptor::from(config).accept(stream);
    let handshake = std::future::poll_fn(|cx| {
        let result = Pin::new(&mut handshake).poll(cx);
        if result.is_pending() {
            admitted.place.idle();
        }
        result
    });
    if let Some(Ok(stream)) = within(time, handshake).await {
        http::serve(server, stream, peer, admitted).await;
    }
}
