//! TLS, where we speak HTTPS ourselves.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use futures_lite::{AsyncRead, AsyncWrite};
use futures_rustls::TlsAcceptor;
use hyper::header::{HeaderName, HeaderValue, STRICT_TRANSPORT_SECURITY};

use super::slots::Admitted;
use super::{Server, http};
use crate::clock::within;

/// For a year, browsers come by HTTPS alone (RFC 6797); said over TLS only, as 7.2 has it.
static HSTS: [(HeaderName, HeaderValue); 1] =
    [(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"))];

/// Shakes hands, in the time that a request head may take, and serves the connection.
pub(super) async fn serve<State, S>(server: Server<State>, stream: S, peer: Option<SocketAddr>, admitted: Admitted)
where
    State: Clone + Send + Sync + 'static,
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Some(config) = server.0.tls.load_full() else { return };
    let headers: &[_] = if config.has_hsts { &HSTS } else { &[] };
    let time = server.0.limits.load().header_timeout.0;
    let mut handshake = TlsAcceptor::from(Arc::clone(&config.rustls)).accept(stream);
    let handshake = std::future::poll_fn(|cx| {
        let result = Pin::new(&mut handshake).poll(cx);
        if result.is_pending() {
            admitted.place.idle();
        }
        result
    });
    if let Some(Ok(stream)) = within(time, handshake).await {
        http::serve(server, stream, peer, headers, admitted).await;
    }
}
