//! The gate as hyper reads from and writes to it.
//!
//! smol-hyper's adapter fills hyper's whole buffer with zeros before each read, so that an idle connection has 8 KiB of it in
//! memory. Here it gets what there is.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_lite::{AsyncRead, AsyncWrite};
use hyper::rt::{Read, ReadBufCursor, Write};

use super::gate::RequestGate;

/// What is read at once.
const STEP_BYTES: usize = 2 << 10;

/// A gate for hyper.
pub(super) struct GateIo<S>(pub(super) RequestGate<S>);

impl<S: AsyncRead + Unpin> Read for GateIo<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, mut buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let mut step = [0; STEP_BYTES];
        let most = buffer.remaining().min(STEP_BYTES);
        let read = ready!(Pin::new(&mut self.get_mut().0).poll_read(cx, &mut step[..most]))?;
        buffer.put_slice(&step[..read]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> Write for GateIo<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_close(cx)
    }
}
