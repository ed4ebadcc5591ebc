//! A client's connection. Closing it ends our side of it alone: async-std's streams do nothing then, and a client that was refused
//! would wait for the end of the answer. Nor is it read where nothing can be there, which would be a system call more for each
//! request.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_io::Async;
use futures_lite::{AsyncRead, AsyncWrite};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{Shutdown, shutdown};

/// A TCP or Unix connection.
pub(super) struct ClosingStream<S> {
    connection: Arc<Async<S>>,
    /// The last read got less than it had room for: there is nothing until the system says so.
    is_drained: bool,
}

impl<S: AsFd + Send + Sync + 'static> ClosingStream<S> {
    pub(super) fn new(connection: Async<S>) -> Self {
        Self { connection: Arc::new(connection), is_drained: false }
    }

    /// By which others can end it.
    pub(super) fn handle(&self) -> StreamHandle {
        let connection = Arc::clone(&self.connection);
        StreamHandle(connection)
    }
}

/// A connection, for whoever may only end it.
#[derive(Clone)]
pub(super) struct StreamHandle(Arc<dyn AsFd + Send + Sync>);

impl StreamHandle {
    /// Ends what comes from the client, for whoever reads or waits for it. What is here already can be read and answered.
    pub(super) fn end_read(&self) {
        self.end(Shutdown::Read);
    }

    /// Ends both sides, also for whoever waits for the client to read. When the connection is closed after that, the kernel
    /// throws away what the client has not read, which it would else hold until somebody does.
    pub(super) fn cut_off(&self) {
        // On a Unix connection it means nothing: there is nothing on the way.
        let _ = rustix::net::sockopt::set_socket_linger(self.0.as_fd(), Some(Duration::ZERO));
        self.end(Shutdown::Both);
    }

    /// Whether nothing more comes from the client, which has gone or has only ended its side.
    pub(super) fn has_ended(&self) -> bool {
        let mut asked = [PollFd::from_borrowed_fd(self.0.as_fd(), PollFlags::RDHUP)];
        // Without waiting. Errors and the end of both sides are told unasked.
        poll(&mut asked, Some(&Timespec::default())).is_ok_and(|found| found > 0)
    }

    fn end(&self, how: Shutdown) {
        // An error says that it has ended already.
        let _ = shutdown(self.0.as_fd(), how);
    }
}

impl<S> AsyncRead for ClosingStream<S>
where
    for<'a> &'a S: Read,
{
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let Self { connection, is_drained } = self.get_mut();
        loop {
            if *is_drained {
                // Told also of what has come in the meantime.
                ready!(connection.poll_readable(cx))?;
                *is_drained = false;
            }
            match connection.get_ref().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => *is_drained = true,
                result => {
                    *is_drained = matches!(result, Ok(read @ 1..) if read < buffer.len());
                    return Poll::Ready(result);
                }
            }
        }
    }
}

impl<S: AsFd> AsyncWrite for ClosingStream<S>
where
    for<'a> &'a S: Write,
{
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self.connection).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut &*self.connection).poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(shutdown(self.connection.as_fd(), Shutdown::Write).map_err(Into::into))
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::BorrowedFd;
    use std::os::unix::net::UnixStream;
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_lite::AsyncReadExt as _;
    use futures_lite::future::{block_on, poll_once};

    use super::*;

    /// A connection that counts how often it is read.
    struct Counted {
        connection: UnixStream,
        reads: Arc<AtomicUsize>,
    }

    impl AsFd for Counted {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.connection.as_fd()
        }
    }

    impl Read for &Counted {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.reads.fetch_add(1, Ordering::Relaxed);
            (&self.connection).read(buffer)
        }
    }

    #[test]
    fn it_is_read_when_there_is_something_and_all_of_that_is_read() {
        let (mut client, connection) = UnixStream::pair().unwrap();
        let reads = Arc::new(AtomicUsize::new(0));
        let mut stream = ClosingStream::new(Async::new(Counted { connection, reads: Arc::clone(&reads) }).unwrap());
        let mut buffer = [0; 8];
        block_on(async {
            for _ in 0..3 {
                let mut reading = pin!(stream.read(&mut buffer));
                assert!(poll_once(&mut reading).await.is_none());
                client.write_all(b"four").unwrap();
                assert_eq!(reading.await.unwrap(), 4);
            }
            // But for the first, none of them found nothing.
            assert_eq!(reads.load(Ordering::Relaxed), 4);
            client.write_all(b"ten bytes!").unwrap();
            assert_eq!(stream.read(&mut buffer).await.unwrap(), 8);
            assert_eq!(stream.read(&mut buffer).await.unwrap(), 2);
            drop(client);
            assert_eq!(stream.read(&mut buffer).await.unwrap(), 0);
            assert_eq!(stream.read(&mut buffer).await.unwrap(), 0);
        });
    }
}
