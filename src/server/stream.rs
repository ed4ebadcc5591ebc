//! A connection whose closing ends our side of it: async-std's streams do nothing then, and a client that was refused
//! would wait for the end of the answer.

use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_std::net::TcpStream;
use async_std::os::unix::net::UnixStream;
use futures_lite::{AsyncRead, AsyncWrite};

/// A TCP or Unix connection.
pub(super) struct ClosingStream<S>(pub(super) S);

/// Has an end that can be ended alone.
pub(super) trait EndWrite {
    /// Ends our side.
    fn end_write(&self) -> io::Result<()>;
}

impl EndWrite for TcpStream {
    fn end_write(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

impl EndWrite for UnixStream {
    fn end_write(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ClosingStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + EndWrite + Unpin> AsyncWrite for ClosingStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.end_write())
    }
}
