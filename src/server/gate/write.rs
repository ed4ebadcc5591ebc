//! What is written through the gate, and how long that may take.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_lite::AsyncWrite;

use super::{CROWDED, RequestGate};
use crate::clock;

impl<S: AsyncWrite + Unpin> RequestGate<S> {
    /// A client that does not read its answers, or hardly, is idle too.
    fn watch_write<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: usize,
        result: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if result.is_ready() {
            if self.pace.advance(written, clock::instant) {
                self.place.work();
                let (idle, head) = (self.limits.idle_timeout.0, self.limits.header_timeout.0);
                self.idle_until = clock::instant() + idle;
                self.deadline.set(self.head_since.map_or(self.idle_until, |since| since + head));
            }
            return result;
        }
        let now = clock::instant();
        if let Some(deadline) = self.pace.block(now) {
            let patience = self.limits.idle_timeout.0;
            self.deadline.set(deadline);
            self.place.stall(deadline.checked_sub(patience.saturating_sub(patience / CROWDED)).unwrap_or(now));
        }
        ready!(self.deadline.poll(cx));
        self.place.cut_off();
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for RequestGate<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let gate = self.get_mut();
        let result = Pin::new(&mut gate.stream).poll_write(cx, bytes);
        let written = if let Poll::Ready(Ok(written)) = result { written } else { 0 };
        gate.watch_write(cx, written, result)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let gate = self.get_mut();
        let result = Pin::new(&mut gate.stream).poll_flush(cx);
        gate.watch_write(cx, 0, result)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_close(cx)
    }
}
