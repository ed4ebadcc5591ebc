//! The gate between a connection and hyper: it hands on one request at a time, each only when its head is whole and may
//! be, and keeps the time that a connection may be idle, or slow.
//!
//! When a head is refused, hyper is told that the stream ends here: it finishes what was asked before, and the refusal is
//! answered after that. So pipelined requests keep their answers, and nothing after a broken request is ever read as one.
//!
//! hyper's own graceful shutdown (and hyper-util's, which calls it) closes a connection between two requests at once: a
//! request that is on its way then is lost. Here it has until `GRACE` to arrive.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures_lite::{AsyncRead, AsyncWrite, FutureExt as _};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::RequestError;
use super::deadline::Deadline;
use super::head::{self, BodyLength, Head};
use super::pace::ReadPace;
use super::place::ConnectionPlace;
use super::refused::{ConnectionEnd, RefusedFields};
use crate::clock;
use crate::config::HttpSettings;

/// When the service stops, a connection that is between two requests may still bring the one that is on its way.
const GRACE: Duration = Duration::from_millis(500);

/// Where there is no room for others, a client has this part of the time to send a body, or to read an answer.
const CROWDED: u32 = 10;

/// What the bytes that come next belong to.
#[derive(Debug)]
enum Part {
    /// A head, as far as it is here.
    Head,
    /// A request whose last bytes these are.
    Request { left: u64 },
    /// A request that ends where its chunks say: nothing after it is read as another one.
    Chunks,
    /// Nothing: the stream ends here.
    End,
}

/// A connection, as hyper sees it.
pub(super) struct RequestGate<S> {
    stream: S,
    place: Arc<ConnectionPlace>,
    limits: Arc<HttpSettings>,
    inbox: Vec<u8>,
    part: Part,
    refusal: Option<RequestError>,
    fields: RefusedFields,
    /// Empty lines before a head, in bytes.
    blank: usize,
    deadline: Deadline,
    /// When the head began to arrive.
    head_since: Option<Instant>,
    /// When the head of the last request was whole.
    request_since: Instant,
    /// Until the service stops.
    stop: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    pace: ReadPace,
}

impl<S> RequestGate<S> {
    pub(super) fn new(
        stream: S,
        place: Arc<ConnectionPlace>,
        stop: &CancellationToken,
        limits: Arc<HttpSettings>,
    ) -> Self {
        let now = clock::instant();
        let idle = limits.idle_timeout.0;
        let stop = Some(Box::pin(stop.clone().cancelled_owned()));
        Self {
            stream,
            place,
            limits,
            inbox: Vec::new(),
            part: Part::Head,
            refusal: None,
            fields: RefusedFields::default(),
            blank: 0,
            deadline: Deadline::new(now + idle),
            head_since: None,
            request_since: now,
            stop,
            pace: ReadPace::new(idle),
        }
    }

    /// The connection, and how it ended.
    pub(super) fn into_parts(self) -> (S, ConnectionEnd) {
        let unread = matches!(self.part, Part::Chunks | Part::Request { left: 1.. });
        (self.stream, ConnectionEnd { refusal: self.refusal, fields: self.fields, unread })
    }

    fn refuse(&mut self, refusal: RequestError) {
        self.fields = RefusedFields::found_by(|name| head::field(&self.inbox, name.as_str()));
        self.refusal = Some(refusal);
        self.part = Part::End;
    }

    /// When the service stops, an idle connection does not stay for long.
    fn poll_stop(&mut self, cx: &mut Context<'_>) {
        if let Some(stop) = &mut self.stop
            && stop.poll(cx).is_ready()
        {
            self.stop = None;
            self.deadline.hasten(clock::instant() + GRACE);
        }
    }
}

impl<S: AsyncRead + Unpin> RequestGate<S> {
    /// Reads into the inbox; gives how much.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        const STEP: usize = 2048;
        let start = self.inbox.len();
        self.inbox.resize(start + STEP, 0);
        let result = Pin::new(&mut self.stream).poll_read(cx, &mut self.inbox[start..]);
        let read = if let Poll::Ready(Ok(read)) = result { read } else { 0 };
        self.inbox.truncate(start + read);
        if self.inbox.is_empty() {
            // Idle connections hold no buffer.
            self.inbox = Vec::new();
        }
        result
    }

    /// A client may send empty lines before a request (RFC 9112, 2.2); they begin none.
    fn skip_blank_lines(&mut self) {
        let blank = self.inbox.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.inbox.drain(..blank);
        self.blank += blank;
    }

    /// Waits until a head is whole, refused, or will never be.
    pub(super) fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            self.skip_blank_lines();
            match head::examine(&self.inbox, self.limits.max_body.0) {
                _ if self.blank > head::MAX_HEAD_BYTES => {
                    self.refuse(RequestError::HeadTooLarge);
                    return Poll::Ready(Ok(()));
                }
                Ok(Some(Head { bytes, body })) => {
                    self.blank = 0;
                    self.head_since = None;
                    self.request_since = clock::instant();
                    self.place.work();
                    self.part = match body {
                        BodyLength::Known(length) => Part::Request { left: bytes as u64 + length },
                        BodyLength::Chunked => Part::Chunks,
                    };
                    return Poll::Ready(Ok(()));
                }
                Ok(None) => {}
                Err(refusal) => {
                    self.refuse(refusal);
                    return Poll::Ready(Ok(()));
                }
            }
            if self.head_since.is_none() && !self.inbox.is_empty() {
                let now = clock::instant();
                self.head_since = Some(now);
                self.deadline.set(now + self.limits.header_timeout.0);
            }
            match self.poll_fill(cx) {
                Poll::Ready(Ok(0)) if self.inbox.is_empty() || self.place.is_leaving() => {
                    self.part = Part::End;
                    return Poll::Ready(Ok(()));
                }
                Poll::Ready(Ok(0)) => {
                    self.refuse(RequestError::Malformed("The request ends in the middle of its head."));
                    return Poll::Ready(Ok(()));
                }
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    // A client that does not read its answers has us wait for longer than for this.
                    if !self.pace.is_blocked() {
                        self.place.idle();
                    }
                    self.poll_stop(cx);
                    ready!(self.deadline.poll(cx));
                    if self.head_since.is_some() {
                        self.refuse(RequestError::Timeout);
                    } else {
                        self.part = Part::End;
                    }
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for RequestGate<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let gate = self.get_mut();
        loop {
            let most = match &gate.part {
                Part::End => return Poll::Ready(Ok(0)),
                Part::Head => {
                    ready!(gate.poll_head(cx))?;
                    continue;
                }
                Part::Request { left: 0 } => {
                    gate.part = Part::Head;
                    gate.deadline.set(clock::instant() + gate.limits.idle_timeout.0);
                    continue;
                }
                Part::Request { left } => usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len()),
                Part::Chunks => buffer.len(),
            };
            let read = if gate.inbox.is_empty() {
                // How long a body may take is the reader's business; see http.rs.
                let Poll::Ready(result) = Pin::new(&mut gate.stream).poll_read(cx, &mut buffer[..most]) else {
                    gate.place.stall(gate.request_since + gate.limits.body_timeout.0 / CROWDED);
                    return Poll::Pending;
                };
                gate.place.work();
                result?
            } else {
                let read = most.min(gate.inbox.len());
                buffer[..read].copy_from_slice(&gate.inbox[..read]);
                gate.inbox.drain(..read);
                if gate.inbox.is_empty() {
                    gate.inbox = Vec::new();
                }
                read
            };
            if let Part::Request { left } = &mut gate.part {
                *left -= read as u64;
            }
            return Poll::Ready(Ok(read));
        }
    }
}

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
                self.deadline.set(self.head_since.map_or_else(|| clock::instant() + idle, |since| since + head));
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
