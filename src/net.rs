//! Connections to whom we call. TLS trusts whom the system trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` say otherwise).

use std::net::TcpStream;
use std::sync::Arc;

use async_io::Async;
use futures_lite::{AsyncRead, AsyncWrite};
use futures_rustls::TlsConnector;
use futures_rustls::client::TlsStream;
use futures_rustls::rustls::crypto::ring;
use futures_rustls::rustls::pki_types::ServerName;
use futures_rustls::rustls::{ClientConfig, RootCertStore};

use crate::elements;
use crate::log::Cause;

/// Who is trusted; read once for each place.
#[derive(Clone)]
pub struct Trust(Arc<ClientConfig>);

impl Trust {
    /// Whom the system trusts now.
    ///
    /// # Panics
    /// Never: ring has the cipher suites of every protocol version.
    #[must_use]
    pub fn of_system() -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        #[expect(clippy::expect_used, reason = "ring has the cipher suites of every protocol version")]
        let config = config.with_safe_default_protocol_versions().expect("ring knows TLS 1.2 and 1.3");
        Self(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
    }

    /// The same, for ports that take several protocols (RFC 7301): this one is wanted there.
    #[must_use]
    pub fn for_protocol(&self, name: &str) -> Self {
        let mut config = ClientConfig::clone(&self.0);
        config.alpn_protocols = vec![name.into()];
        Self(Arc::new(config))
    }

    /// Shakes hands with the server called `name`.
    ///
    /// # Errors
    /// When that comes to nothing, or the server is not trusted.
    pub async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        name: &str,
        stream: S,
    ) -> Result<TlsStream<S>, Cause> {
        let failed =
            |error: Box<dyn std::error::Error + Send + Sync>| Cause::because(format!("no TLS with {name}"), error);
        let server = ServerName::try_from(name.to_owned()).map_err(|error| failed(error.into()))?;
        TlsConnector::from(Arc::clone(&self.0)).connect(server, stream).await.map_err(|error| failed(error.into()))
    }
}

/// A TCP connection to `place`, a `host:port`.
///
/// # Errors
/// When nobody can be reached there.
pub async fn tcp(place: &str) -> Result<Async<TcpStream>, Cause> {
    elements::connect(place).await.map_err(|error| Cause::because(format!("cannot connect to {place}"), error))
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;
    use std::io;

    use futures_lite::future::block_on;

    use super::*;

    #[test]
    fn why_nobody_can_be_reached_is_kept_as_the_error_that_it_was() {
        let place = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let Err(why) = block_on(tcp(&place)) else { panic!("nobody listens at {place}") };
        assert_eq!(why.to_string(), format!("cannot connect to {place}"));
        let cause = why.source().and_then(|cause| cause.downcast_ref::<io::Error>());
        assert_eq!(cause.map(io::Error::kind), Some(io::ErrorKind::ConnectionRefused));
    }
}
