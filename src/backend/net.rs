//! Connections to XMPP servers: whoever cannot be reached, or is not trusted, is away.

use std::net::TcpStream;

use async_io::Async;
use futures_lite::{AsyncRead, AsyncWrite};
use futures_rustls::client::TlsStream;

use super::CallError;
use crate::net::{self, Trust};

/// Shakes hands with the server called `name`.
pub(super) async fn tls<S: AsyncRead + AsyncWrite + Unpin>(
    trust: &Trust,
    name: &str,
    stream: S,
) -> Result<TlsStream<S>, CallError> {
    trust.connect(name, stream).await.map_err(CallError::Away)
}

/// A TCP connection to `place`, a `host:port`.
pub(super) async fn tcp(place: &str) -> Result<Async<TcpStream>, CallError> {
    net::tcp(place).await.map_err(CallError::Away)
}
