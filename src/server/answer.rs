//! The body of an answer: handed to hyper in pieces, which it copies, and counted while it waits for its client.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};

use super::place::ConnectionPlace;

/// hyper copies what it gets into a buffer that it keeps for the life of the connection.
const PIECE_BYTES: usize = 16 << 10;
/// Answers up to this are not counted: there are at most as many as connections.
const SMALL_BYTES: usize = 32 << 10;

/// The body of an answer.
pub(super) struct AnswerBody {
    rest: Bytes,
    _held: Option<HeldBytes>,
}

impl AnswerBody {
    /// A body for the client of a connection.
    pub(super) fn of(place: &Arc<ConnectionPlace>, bytes: Bytes) -> Self {
        let held = (bytes.len() > SMALL_BYTES).then(|| HeldBytes::new(place, bytes.len()));
        Self { rest: bytes, _held: held }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let rest = &mut self.get_mut().rest;
        let piece = rest.split_to(rest.len().min(PIECE_BYTES));
        Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

/// What a connection holds for its client, until this is dropped.
struct HeldBytes {
    place: Arc<ConnectionPlace>,
    bytes: usize,
}

impl HeldBytes {
    fn new(place: &Arc<ConnectionPlace>, bytes: usize) -> Self {
        place.hold(bytes);
        Self { place: Arc::clone(place), bytes }
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.place.release(self.bytes);
    }
}
