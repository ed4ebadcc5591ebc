//! The gate between a connection and hyper: it hands on one request at a time, each only when its head is whole and may
//! be, and keeps the time that a connection may be idle, or slow.
//!
//! When a head is refused, hyper is told that the stream ends here: it finishes what was asked before, and the refusal is
//! answered after that. So pipelined requests keep their answers, and nothing after a broken request is ever read as one.
//!
//! hyper's own graceful shutdown (and hyper-util's, which calls it) closes a connection between two requests at once: a
//! request that is on its way then is lost. Here it has until `GRACE` to arrive.
//!
//! When nothing is asked for a while, hyper is told so, too, and gives back its buffers; another one takes up the connection when
//! more comes.

mod write;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures_lite::{AsyncRead, FutureExt as _};
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

/// A connection without a request for so long gives back what hyper has for it.
const AWAKE: Duration = Duration::from_secs(1);

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
    /// Nothing for now: for hyper the stream ends here, and another one takes it up.
    Rest,
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
    /// How long it may be without a request.
    idle_until: Instant,
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
            idle_until: now + idle,
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

    /// Goes on where hyper was told that the stream ends, only for it to give back what it had. Gives whether that was so.
    pub(super) fn wake(&mut self) -> bool {
        let is_resting = matches!(self.part, Part::Rest);
        if is_resting {
            self.part = Part::Head;
        }
        is_resting
    }

    fn refuse(&mut self, refusal: RequestError) {
        self.fields = RefusedFields::found_by(|name| head::field(&self.inbox, name.as_str()));
        self.fields.is_head = self.inbox.starts_with(b"HEAD ");
        self.refusal = Some(refusal);
        self.part = Part::End;
    }

    /// When the service stops, an idle connection does not stay for long.
    fn poll_stop(&mut self, cx: &mut Context<'_>) {
        if let Some(stop) = &mut self.stop
            && stop.poll(cx).is_ready()
        {
            self.stop = None;
            self.idle_until = self.idle_until.min(clock::instant() + GRACE);
            self.deadline.hasten(self.idle_until);
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
                    } else if self.pace.is_blocked() || clock::instant() >= self.idle_until {
                        self.part = Part::End;
                    } else {
                        self.deadline.set(self.idle_until);
                        self.part = Part::Rest;
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
                Part::End | Part::Rest => return Poll::Ready(Ok(0)),
                Part::Head => {
                    ready!(gate.poll_head(cx))?;
                    continue;
                }
                Part::Request { left: 0 } => {
                    let now = clock::instant();
                    gate.part = Part::Head;
                    gate.idle_until = now + gate.limits.idle_timeout.0;
                    gate.deadline.set(gate.idle_until.min(now + AWAKE));
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

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::os::unix::net::UnixStream;

    use async_io::Async;
    use futures_lite::future::block_on;
    use futures_lite::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::super::stream::ClosingStream;
    use super::super::table::ConnectionTable;
    use super::*;
    use crate::config::value::Span;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

    /// A client, and the gate of its connection.
    fn connected(idle_timeout: Duration) -> (Async<UnixStream>, RequestGate<ClosingStream<UnixStream>>) {
        let (client, ours) = Async::<UnixStream>::pair().unwrap();
        let stream = ClosingStream::new(ours);
        let limits = HttpSettings { idle_timeout: Span(idle_timeout), ..HttpSettings::default() };
        let table = ConnectionTable::new(8, &[]);
        let place = ConnectionPlace::enter(&table, stream.handle(), None).unwrap();
        (client, RequestGate::new(stream, place, &CancellationToken::new(), Arc::new(limits)))
    }

    async fn is_handed_on(client: &mut Async<UnixStream>, gate: &mut RequestGate<ClosingStream<UnixStream>>) {
        client.write_all(REQUEST).await.unwrap();
        poll_fn(|cx| gate.poll_head(cx)).await.unwrap();
        let mut read = [0; REQUEST.len()];
        gate.read_exact(&mut read).await.unwrap();
        assert_eq!(read, REQUEST);
    }

    async fn has_ended(gate: &mut RequestGate<ClosingStream<UnixStream>>) -> bool {
        gate.read(&mut [0]).await.unwrap() == 0
    }

    #[test]
    fn a_connection_without_requests_rests_and_goes_on_where_it_was() {
        let (mut client, mut gate) = connected(Duration::from_mins(1));
        block_on(async {
            for _ in 0..2 {
                is_handed_on(&mut client, &mut gate).await;
                assert!(has_ended(&mut gate).await && gate.wake());
            }
            drop(client);
            assert!(has_ended(&mut gate).await && !gate.wake());
        });
    }

    #[test]
    fn a_connection_that_rests_is_closed_when_it_would_have_been() {
        let (mut client, mut gate) = connected(AWAKE * 2);
        block_on(async {
            is_handed_on(&mut client, &mut gate).await;
            let began = clock::instant();
            assert!(has_ended(&mut gate).await && gate.wake());
            assert!(has_ended(&mut gate).await && !gate.wake());
            assert!(clock::instant().duration_since(began) >= AWAKE);
        });
        let (mut client, mut gate) = connected(AWAKE / 2);
        block_on(async {
            is_handed_on(&mut client, &mut gate).await;
            assert!(has_ended(&mut gate).await && !gate.wake(), "it has no time to rest");
        });
    }
}
