//! The accept loops: a tide [`Listener`] over our sockets.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use async_io::{Async, Timer};
use async_trait::async_trait;
use futures_lite::{AsyncRead, AsyncWrite, FutureExt as _};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use tide::listener::{ListenInfo, Listener, ToListener};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::listen::{Role, Socket, SocketKind};
use super::place::ConnectionPlace;
use super::slots::{Admitted, Slot};
use super::stream::{ClosingStream, StreamHandle};
use super::{Ping, Server, http, proxy_protocol, tls};
use crate::clock::{self, within};
use crate::log::chain;

/// After an error of accept(2), such as too many open files, the loop waits so long and goes on.
const PAUSE: Duration = Duration::from_millis(100);
/// So often it is told that none can be accepted.
const WARN_EVERY: Duration = Duration::from_mins(1);
/// A connection that waits for another to go looks again after this: by then one may have had us wait for too long.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Sockets that a tide app can be bound to.
pub struct Listeners<State> {
    server: Server<State>,
    sockets: Vec<Socket>,
}

impl<State> Listeners<State> {
    /// Puts sockets under a server.
    #[must_use]
    pub fn new(server: &Server<State>, sockets: Vec<Socket>) -> Self {
        Self { server: server.clone(), sockets }
    }
}

impl<State> fmt::Debug for Listeners<State> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.sockets).finish()
    }
}

impl<State> fmt::Display for Listeners<State> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<_> = self.sockets.iter().map(ToString::to_string).collect();
        f.write_str(&all.join(", "))
    }
}

impl<State: Clone + Send + Sync + 'static> ToListener<State> for Listeners<State> {
    type Listener = Self;
    fn to_listener(self) -> io::Result<Self> {
        Ok(self)
    }
}

#[async_trait]
impl<State: Clone + Send + Sync + 'static> Listener<State> for Listeners<State> {
    /// The sockets are bound already; this takes on the app.
    async fn bind(&mut self, app: tide::Server<State>) -> io::Result<()> {
        self.server.0.app.store(Some(std::sync::Arc::new(app)));
        Ok(())
    }

    /// Accepts on all sockets until the server drains.
    async fn accept(&mut self) -> io::Result<()> {
        let loops: Vec<_> = self
            .sockets
            .drain(..)
            .map(|socket| async_std::task::spawn(accept_on(self.server.clone(), socket)))
            .collect();
        for one in loops {
            one.await;
        }
        Ok(())
    }

    fn info(&self) -> Vec<ListenInfo> {
        let info = |socket: &Socket| {
            let transport = match socket.kind {
                SocketKind::Tcp(..) => "tcp",
                SocketKind::Unix(..) => "unix",
            };
            ListenInfo::new(socket.to_string(), transport.into(), socket.role == Role::Https)
        };
        self.sockets.iter().map(info).collect()
    }
}

/// A connection that was accepted.
struct Accepted<S> {
    stream: S,
    peer: Option<SocketAddr>,
    handle: StreamHandle,
}

impl<S: AsFd + Send + Sync + 'static> Accepted<ClosingStream<S>> {
    fn new(connection: Async<S>, peer: Option<SocketAddr>) -> Self {
        let stream = ClosingStream::new(connection);
        Self { handle: stream.handle(), stream, peer }
    }
}

/// One for which there is no slot yet.
struct Unserved<S> {
    stream: S,
    peer: Option<SocketAddr>,
    open: TaskTrackerToken,
    place: Arc<ConnectionPlace>,
}

/// What the loop does next.
enum LoopEvent<S> {
    Accepted(Accepted<S>),
    /// For the connection that waits for one.
    Slot(Slot),
    /// There was none for a while.
    NoSlot,
    Failed(io::Error),
    Ping(Ping),
    Stop,
}

async fn accept_on<State: Clone + Send + Sync + 'static>(server: Server<State>, socket: Socket) {
    let (tls, adopted) = (socket.role == Role::Https, socket.adopted);
    match socket.kind {
        SocketKind::Tcp(listener, _) => {
            let accept = || async {
                let (connection, peer) = listener.accept().await?;
                // Answers are small and written whole.
                connection.get_ref().set_nodelay(true)?;
                Ok(Accepted::new(connection, Some(peer)))
            };
            accept_with(&server, accept, || has_waiting(&listener), tls, adopted).await;
        }
        SocketKind::Unix(listener, path) => {
            let accept = || async { listener.accept().await.map(|(connection, _)| Accepted::new(connection, None)) };
            accept_with(&server, accept, || has_waiting(&listener), tls, adopted).await;
            if !adopted {
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

/// Whether a connection waits to be accepted. accept(2) does not say so without a file for it.
fn has_waiting(listener: impl AsFd) -> bool {
    let mut polled = [PollFd::new(&listener, PollFlags::IN)];
    rustix::event::poll(&mut polled, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

async fn accept_with<State, S, A>(
    server: &Server<State>,
    accept: impl Fn() -> A,
    has_waiting: impl Fn() -> bool,
    tls: bool,
    adopted: bool,
) where
    State: Clone + Send + Sync + 'static,
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Future<Output = io::Result<Accepted<S>>>,
{
    let (ping, pings) = async_channel::bounded(1);
    server.0.loops.lock().unwrap_or_else(PoisonError::into_inner).push(ping);
    let (slots, table) = (&server.0.slots, &server.0.table);
    // One waits here, and those after it in the socket's backlog.
    let mut waiting: Option<Unserved<S>> = None;
    let mut warned_at: Option<Instant> = None;
    loop {
        let next = async {
            if waiting.is_some() {
                return within(LOOK_AGAIN, slots.take()).await.map_or(LoopEvent::NoSlot, LoopEvent::Slot);
            }
            accept().await.map_or_else(LoopEvent::Failed, LoopEvent::Accepted)
        };
        let ping = async {
            match pings.recv().await {
                Ok(ping) => LoopEvent::Ping(ping),
                Err(_) => std::future::pending().await,
            }
        };
        let stop = async {
            server.0.stop.cancelled().await;
            LoopEvent::Stop
        };
        // A connection that is there is taken before the stop is looked at: nobody else would, on a socket of our own.
        let next = if adopted { ping.or(stop).or(next).await } else { ping.or(next).or(stop).await };
        match next {
            // Whoever asked may have given up waiting.
            LoopEvent::Ping(ping) => drop(ping.try_send(())),
            LoopEvent::Accepted(Accepted { stream, peer, handle }) => {
                // Counted before anything else can happen, so that a drain waits for it.
                let open = slots.open.token();
                let Some(place) = ConnectionPlace::enter(table, handle, peer) else { continue };
                let one = Unserved { stream, peer, open, place };
                if let Some(slot) = slots.try_take() {
                    serve(server, one, tls, slot);
                } else {
                    table.wait_for_room();
                    waiting = Some(one);
                }
            }
            LoopEvent::Slot(slot) => {
                if let Some(one) = waiting.take() {
                    table.has_room();
                    serve(server, one, tls, slot);
                }
            }
            LoopEvent::NoSlot => table.find_room(),
            LoopEvent::Failed(error) if is_the_clients(&error) => {}
            LoopEvent::Failed(error) if is_out_of_files(&error) && !has_waiting() => _ = Timer::after(PAUSE).await,
            LoopEvent::Failed(error) => {
                let now = clock::instant();
                let is_news = warned_at.is_none_or(|warned_at| now.duration_since(warned_at) >= WARN_EVERY);
                if is_out_of_files(&error) {
                    table.send_idlest_away();
                    if is_news {
                        tracing::warn!(
                            error = %chain(&error),
                            "too many open files; closing the idlest connection for each new one; raise LimitNOFILE= \
                             (ulimit -n), or lower http.max_connections"
                        );
                    }
                } else if is_news {
                    tracing::warn!(error = %chain(&error), "cannot accept a connection, will retry");
                }
                warned_at = if is_news { Some(now) } else { warned_at };
                Timer::after(PAUSE).await;
            }
            LoopEvent::Stop => break,
        }
    }
    if let Some(one) = waiting {
        let slot = slots.take().await;
        table.has_room();
        serve(server, one, tls, slot);
    }
}

/// Serves a connection, in a task of its own.
fn serve<State, S>(server: &Server<State>, accepted: Unserved<S>, tls: bool, slot: Slot)
where
    State: Clone + Send + Sync + 'static,
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let server = server.clone();
    let Unserved { mut stream, peer, open, place } = accepted;
    let admitted = Admitted { _open: open, _slot: slot, place };
    // A task each: without TLS there is no room for it.
    if tls {
        async_std::task::spawn(async move {
            if let Ok(peer) = proxy_protocol::client_of(&server.0, &mut stream, peer, &admitted.place).await {
                tls::serve(server, stream, peer, admitted).await;
            }
        });
    } else {
        async_std::task::spawn(async move {
            if let Ok(peer) = proxy_protocol::client_of(&server.0, &mut stream, peer, &admitted.place).await {
                http::serve(server, stream, peer, &[], admitted).await;
            }
        });
    }
}

/// This process, or the system, has as many files open as it may (EMFILE, ENFILE).
fn is_out_of_files(error: &io::Error) -> bool {
    [Errno::MFILE, Errno::NFILE].iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// The client went away before it was accepted.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, InvalidInput, NotConnected};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | NotConnected | InvalidInput)
}
