//! The HTTP server under the tide app: sockets, connections, their limits, and draining. It knows no route.
//!
//! The way of a request: [`listen`] adopts or binds sockets; [`accept`] takes connections, counted from accept(2) on;
//! [`proxy_protocol`] reads whose they are, where a proxy says so; [`table`] knows which of them goes when there is no room;
//! [`gate`] reads each head, checks its framing and keeps the time, with [`pace`] that of the client's reading; [`http`] has
//! hyper parse it and asks the tide app, but for paths that [`target`] keeps from it.
//! tide's own listener answers none of the broken requests, loses pipelined ones and has no limits; hence this one.

mod accept;
mod answer;
mod certificate;
mod deadline;
mod files;
mod gate;
mod gate_io;
pub mod head;
mod http;
pub mod lifecycle;
pub mod listen;
mod notice;
mod pace;
mod place;
pub mod proxy_protocol;
mod rank;
mod refused;
mod slots;
mod stream;
mod table;
mod target;
mod tls;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use async_channel::Sender;
use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use ipnet::IpNet;
use tokio_util::sync::CancellationToken;

use crate::config::HttpSettings;

pub use accept::Listeners;
pub use certificate::{TlsConfig, TlsError, load as load_tls};
use notice::Notice;
pub use place::Presence;
use slots::Slots;
use table::ConnectionTable;

/// Why a request could not be handed to the app as what it was. The app gets it as an extension of a request of its
/// own, so that this answer too has a body, an id and a line in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
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

/// The path that was asked for, where it is not for tide's router to see; an extension of the request.
#[derive(Clone, Debug)]
pub struct UnroutedPath(pub String);

/// Headers that are the same on each answer of a kind.
pub type FixedHeaders = &'static [(HeaderName, HeaderValue)];

/// The part of an answer that goes out as it is, as an extension of tide's response: of that one, every header is checked
/// and copied, and the body is read, which costs as much as to draw a page. It wins over what the response itself has.
#[derive(Clone, Debug)]
pub struct ReadyPart {
    /// What every answer of this kind has.
    pub headers: FixedHeaders,
    /// The body.
    pub body: Bytes,
}

/// A server: what its listeners and connections share. Clones are handles to the same one.
pub struct Server<State>(Arc<ServerState<State>>);

impl<State> Clone for Server<State> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct ServerState<State> {
    app: ArcSwapOption<tide::Server<State>>,
    limits: ArcSwap<HttpSettings>,
    tls: ArcSwapOption<TlsConfig>,
    /// Whose PROXY lines count; none where connections begin without one.
    proxies: ArcSwapOption<Vec<IpNet>>,
    proxy_notice: Notice,
    /// Cancelled when the service stops.
    stop: CancellationToken,
    /// Connections at once.
    most: AtomicUsize,
    slots: Arc<Slots>,
    table: Arc<ConnectionTable>,
    requests: AtomicUsize,
    loops: Mutex<Vec<Sender<Ping>>>,
}

/// Asks an accept loop for a sign of life.
type Ping = Sender<()>;

impl<State: Clone + Send + Sync + 'static> Server<State> {
    /// A server without listeners; it answers when an app is bound to its [`Listeners`]. Proxies have connections of many.
    #[must_use]
    pub fn new(limits: HttpSettings, proxies: &[IpNet]) -> Self {
        let most = files::fit(limits.max_connections) as usize;
        let (slots, table) = (Arc::new(Slots::new(most)), ConnectionTable::new(most, proxies));
        Self(Arc::new(ServerState {
            app: ArcSwapOption::empty(),
            limits: ArcSwap::from_pointee(limits),
            tls: ArcSwapOption::empty(),
            proxies: ArcSwapOption::empty(),
            proxy_notice: Notice::default(),
            stop: CancellationToken::new(),
            most: AtomicUsize::new(most),
            slots,
            table,
            requests: AtomicUsize::new(0),
            loops: Mutex::default(),
        }))
    }

    /// Puts another app and other limits in place; requests under way keep theirs.
    pub fn replace(&self, app: tide::Server<State>, limits: HttpSettings, proxies: &[IpNet]) {
        let most = files::fit(limits.max_connections) as usize;
        let before = self.0.most.swap(most, Ordering::Relaxed);
        self.0.limits.store(Arc::new(limits));
        self.0.app.store(Some(Arc::new(app)));
        self.0.table.change(most, proxies);
        self.0.slots.resize(before, most);
    }

    /// Puts another certificate in place; connections under way keep theirs.
    pub fn replace_tls(&self, tls: Option<Arc<TlsConfig>>) {
        self.0.tls.store(tls);
    }

    /// The certificate in place.
    #[must_use]
    pub fn tls(&self) -> Option<Arc<TlsConfig>> {
        self.0.tls.load_full()
    }

    /// Has each connection begin with a PROXY line, which only these may send; or none. Connections under way go on.
    pub fn replace_proxies(&self, proxies: Option<Vec<IpNet>>) {
        self.0.proxies.store(proxies.map(Arc::new));
    }

    /// Stops accepting, answers what is in flight, and returns when no connection is left, or after `timeout`; then
    /// with how many are. `accepting` ends with the accept loops: what one of them has just accepted is not counted
    /// before.
    pub async fn drain(&self, accepting: impl Future, timeout: Duration) -> usize {
        self.0.stop.cancel();
        let none_left = async {
            accepting.await;
            self.0.slots.open.close();
            self.0.slots.open.wait().await;
            0
        };
        let too_long = async {
            async_io::Timer::after(timeout).await;
            self.0.slots.open.len()
        };
        futures_lite::future::or(none_left, too_long).await
    }

    /// Returns when every accept loop has answered; false if one is gone.
    pub async fn heartbeat(&self) -> bool {
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
