//! A connection whose closing ends our side of it: async-std's streams do nothing then, and a client that was refused
//! would wait for the end of the answer.

use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_std::net::TcpStream;
use async_std::os::unix::net::UnixStream;
use futures_lite::{AsyncRead, AsyncWrite};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// A TCP or Unix connection.
pub(super) struct ClosingStream<S>(pub(super) S);

/// Has an end that can be ended alone.
pub(super) trait EndWrite {
    /// Ends our side.
    fn end_write(&self) -> io::Result<()>;

    /// By which others can end it.
    fn handle(&self) -> StreamHandle;
}

/// A connection, for whoever may only end it.
#[derive(Clone)]
pub(super) enum StreamHandle {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl StreamHandle {
    /// Ends what comes from the client, for whoever reads or waits for it. What is here already can be read and answered.
    pub(super) fn end_read(&self) {
        self.end(Shutdown::Read);
    }

    /// Ends both sides, also for whoever waits for the client to read. When the connection is closed after that, the kernel
    /// throws away what the client has not read, which it would else hold until somebody does.
    pub(super) fn cut_off(&self) {
        if let Self::Tcp(stream) = self {
            let _ = rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO));
        }
        self.end(Shutdown::Both);
    }

    /// Whether nothing more comes from the client, which has gone or has only ended its side.
    pub(super) fn has_ended(&self) -> bool {
        let flags = PollFlags::RDHUP;
        let descriptor = match self {
            Self::Tcp(stream) => PollFd::new(stream, flags),
            Self::Unix(stream) => PollFd::new(stream, flags),
        };
        let mut asked = [descriptor];
        // Without waiting. Errors and the end of both sides are told unasked.
        poll(&mut asked, Some(&Timespec::default())).is_ok_and(|found| found > 0)
    }

    fn end(&self, how: Shutdown) {
        // An error says that it has ended already.
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(how),
            Self::Unix(stream) => stream.shutdown(how),
        };
    }
}

impl EndWrite for TcpStream {
    fn end_write(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }

    fn handle(&self) -> StreamHandle {
        StreamHandle::Tcp(self.clone())
    }
}

impl EndWrite for UnixStream {
    fn end_write(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }

    fn handle(&self) -> StreamHandle {
        StreamHandle::Unix(self.clone())
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
