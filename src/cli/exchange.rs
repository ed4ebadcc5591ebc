//! One request over a connection, as anybody would send it.

use futures_lite::{AsyncRead, AsyncWrite};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use smol_hyper::rt::FuturesIo;

/// Sends a request, and waits for what it is answered.
///
/// # Errors
/// When it is not answered.
pub(super) async fn exchange<S>(stream: S, request: Request<Empty<Bytes>>) -> hyper::Result<Response<Incoming>>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(FuturesIo::new(stream)).await?;
    async_std::task::spawn(connection);
    sender.send_request(request).await
}
