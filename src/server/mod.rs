//! The HTTP server under the tide app: sockets, connections, their limits, and draining. It knows no route.
//!
//! The way of a request: [`listen`] adopts or binds sockets; [`accept`] takes connections, counted from accept(2) on;
//! [`gate`] reads each head, checks its framing and keeps the time; [`http`] has hyper parse it and asks the tide app.
//! tide's own listener answers none of the broken requests, loses pipelined ones and has no limits; hence this one.

mod accept;
mod gate;
mod head;
mod http;
pub mod lifecycle;
pub mod listen;
mod stream;
mod tls;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use async_channel::Sender;
use event_listener::{Event, EventListener};
use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};

use crate::config::HttpSettings;

pub use accept::Listeners;
pub use tls::{TlsConfig, TlsError, load as load_tls};

/// A request that could not be handed to the app as what it was. The app gets it as an extension of a request of its
/// own, so that this answer too has a body, an id and a line in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 400, with what is wrong.
    Malformed(&'static str),
    /// 408
    Timeout,
    /// 413
    BodyTooLarge,
    /// 414
    TargetTooLong,
    /// 431
    HeadTooLarge,
    /// 501, with what is not known.
    NotImplemented(&'static str),
}

/// Marks `OPTIONS *`, which asks about the server as a whole (RFC 9110, 9.3.7).
#[derive(Clone, Copy, Debug)]
pub struct ServerWide;

/// The part of an answer that goes out as it is, as an extension of tide's response: of that one, every header is checked
/// and copied, and the body is read, which costs as much as to draw a page. It wins over what the response itself has.
#[derive(Clone, Debug)]
pub struct Ready {
    /// What every answer of this kind has.
    pub headers: &'static [(HeaderName, HeaderValue)],
    /// The body.
    pub body: Bytes,
}

/// A server: what its listeners and connections share. Clones are handles to the same one.
pub struct Server<State>(Arc<Shared<State>>);

impl<State> Clone for Server<State> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Shared<State> {
    app: ArcSwapOption<tide::Server<State>>,
    limits: ArcSwap<HttpSettings>,
    tls: ArcSwapOption<TlsConfig>,
    stop: Stop,
    /// Connections that were accepted.
    open: Count,
    /// Those of them that are served.
    served: Count,
    requests: AtomicUsize,
    loops: Mutex<Vec<Sender<Ping>>>,
}

/// Asks an accept loop for a sign of life.
type Ping = Sender<()>;

impl<State: Clone + Send + Sync + 'static> Server<State> {
    /// A server without listeners; it answers when an app is bound to its [`Listeners`].
    #[must_use]
    pub fn new(limits: HttpSettings) -> Self {
        Self(Arc::new(Shared {
            app: ArcSwapOption::empty(),
            limits: ArcSwap::from_pointee(limits),
            tls: ArcSwapOption::empty(),
            stop: Stop::default(),
            open: Count::default(),
            served: Count::default(),
            requests: AtomicUsize::new(0),
            loops: Mutex::default(),
        }))
    }

    /// Puts another app and other limits in place; requests under way keep theirs.
    pub fn replace(&self, app: tide::Server<State>, limits: HttpSettings) {
        self.0.limits.store(Arc::new(limits));
        self.0.app.store(Some(Arc::new(app)));
    }

    /// Puts another certificate in place; connections under way keep theirs.
    pub fn replace_tls(&self, tls: Option<Arc<TlsConfig>>) {
        self.0.tls.store(tls);
    }

    /// Stops accepting, answers what is in flight, and returns when no connection is left, or after `timeout`; then
    /// with how many are. `accepting` ends with the accept loops: what one of them has just accepted is not counted
    /// before.
    pub async fn drain(&self, accepting: impl Future, timeout: Duration) -> usize {
        self.0.stop.stop();
        let none_left = async {
            accepting.await;
            self.0.open.none_left().await;
            0
        };
        let too_long = async {
            async_io::Timer::after(timeout).await;
            self.0.open.now()
        };
        futures_lite::future::or(none_left, too_long).await
    }

    /// Returns when every accept loop has come round; false if one is gone.
    pub async fn turn(&self) -> bool {
        let loops = self.0.loops.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for one in loops {
            let (pong, answer) = async_channel::bounded(1);
            if one.send(pong).await.is_err() || answer.recv().await.is_err() {
                return false;
            }
        }
        true
    }

    /// How many requests were taken on since the start.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.0.requests.load(Ordering::Relaxed)
    }
}

/// Told once, to everyone: stop.
#[derive(Default)]
struct Stop {
    stopped: AtomicBool,
    event: Event,
}

impl Stop {
    fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.event.notify(usize::MAX);
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    fn listen(&self) -> EventListener {
        self.event.listen()
    }

    async fn stopped(&self) {
        while !self.is_stopped() {
            let listener = self.listen();
            if !self.is_stopped() {
                listener.await;
            }
        }
    }
}

/// Counts connections.
#[derive(Default)]
struct Count {
    number: AtomicUsize,
    sank: Event,
}

impl Count {
    fn now(&self) -> usize {
        self.number.load(Ordering::SeqCst)
    }

    fn add(&self) {
        self.number.fetch_add(1, Ordering::SeqCst);
    }

    fn subtract(&self) {
        self.number.fetch_sub(1, Ordering::SeqCst);
        self.sank.notify(usize::MAX);
    }

    /// Adds one when there are fewer than `most`.
    async fn add_below(&self, most: usize) {
        let add = |number| (number < most).then_some(number + 1);
        while self.number.fetch_update(Ordering::SeqCst, Ordering::SeqCst, add).is_err() {
            self.below(most).await;
        }
    }

    async fn below(&self, most: usize) {
        while self.now() >= most {
            let listener = self.sank.listen();
            if self.now() >= most {
                listener.await;
            }
        }
    }

    async fn none_left(&self) {
        self.below(1).await;
    }
}

/// One connection that counts until it is dropped, from accept(2) to its last byte.
struct Counted<State> {
    server: Server<State>,
    is_served: bool,
}

impl<State> Counted<State> {
    fn new(server: &Server<State>) -> Self {
        server.0.open.add();
        Self { server: server.clone(), is_served: false }
    }

    /// Waits until it may be served: several listeners may each have accepted one for the last place.
    async fn may_be_served(&mut self) {
        let most = self.server.0.limits.load().max_connections as usize;
        self.server.0.served.add_below(most).await;
        self.is_served = true;
    }
}

impl<State> Drop for Counted<State> {
    fn drop(&mut self) {
        if self.is_served {
            self.server.0.served.subtract();
        }
        self.server.0.open.subtract();
    }
}
