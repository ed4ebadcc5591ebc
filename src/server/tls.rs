//! TLS, where we speak HTTPS ourselves.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_lite::{AsyncRead, AsyncWrite};
use futures_rustls::TlsAcceptor;
use hyper::header::{HeaderName, HeaderValue, STRICT_TRANSPORT_SECURITY};

use super::slots::Admitted;
use super::{Server, http, proxy_protocol};
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
    let stream = BeginningStream { stream, first: [0; _], length: 0 };
    let mut handshake = TlsAcceptor::from(Arc::clone(&config.rustls)).accept(stream).into_fallible();
    let handshake = std::future::poll_fn(|cx| {
        let result = Pin::new(&mut handshake).poll(cx);
        if result.is_pending() {
            admitted.place.idle();
        }
        result
    });
    match within(time, handshake).await {
        Some(Ok(stream)) => http::serve(server, stream, peer, headers, admitted).await,
        // The one thing that is no TLS and that an admin has configured; nobody could be answered.
        Some(Err((_, stream))) if proxy_protocol::is_begun(&stream.first[..stream.length]) => {
            proxy_protocol::tell_unexpected(&server.0.proxy_notice);
        }
        Some(Err(_)) | None => {}
    }
}

/// A connection that remembers what it begins with.
struct BeginningStream<S> {
    stream: S,
    first: [u8; proxy_protocol::SIGNATURE.len()],
    length: usize,
}

impl<S: AsyncRead + Unpin> AsyncRead for BeginningStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if let Poll::Ready(Ok(read)) = result {
            let length = self.length;
            let more = read.min(self.first.len() - length);
            self.first[length..length + more].copy_from_slice(&buffer[..more]);
            self.length += more;
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for BeginningStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}
