//! The accept loops: a tide [`Listener`] over our sockets.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::PoisonError;
use std::time::Duration;

use async_io::Timer;
use async_trait::async_trait;
use futures_lite::{AsyncRead, AsyncWrite, FutureExt as _};
use tide::listener::{ListenInfo, Listener, ToListener};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::listen::{Role, Socket, SocketKind};
use super::slots::{Admitted, Slot};
use super::stream::ClosingStream;
use super::{Ping, Server, http, tls};
use crate::log::chain;

/// After an error of accept(2), such as too many open files, the loop waits so long and goes on.
const PAUSE: Duration = Duration::from_millis(100);

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

/// What the loop does next.
enum LoopEvent<S> {
    Accepted(S, Option<SocketAddr>),
    /// For the connection that waits for one.
    Slot(Slot),
    Failed(io::Error),
    Ping(Ping),
    Stop,
}

async fn accept_on<State: Clone + Send + Sync + 'static>(server: Server<State>, socket: Socket) {
    let (tls, adopted) = (socket.role == Role::Https, socket.adopted);
    match socket.kind {
        SocketKind::Tcp(listener, _) => {
            let accept = || async {
                let (stream, peer) = listener.accept().await?;
                // Answers are small and written whole.
                stream.set_nodelay(true)?;
                Ok((ClosingStream(stream), Some(peer)))
            };
            accept_with(&server, accept, tls, adopted).await;
        }
        SocketKind::Unix(listener, path) => {
            let accept = || async { listener.accept().await.map(|(stream, _)| (ClosingStream(stream), None)) };
            accept_with(&server, accept, tls, adopted).await;
            if !adopted {
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

async fn accept_with<State, S, A>(server: &Server<State>, accept: impl Fn() -> A, tls: bool, adopted: bool)
where
    State: Clone + Send + Sync + 'static,
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Future<Output = io::Result<(S, Option<SocketAddr>)>>,
{
    let (ping, pings) = async_channel::bounded(1);
    server.0.loops.lock().unwrap_or_else(PoisonError::into_inner).push(ping);
    // Accepted for the last slot, which another loop then took.
    let mut waiting: Option<(S, Option<SocketAddr>, TaskTrackerToken)> = None;
    loop {
        let next = async {
            // Connections over the limit wait in the socket's backlog. A loop that waits for one holds no slot.
            let slot = server.0.slots.take().await;
            if waiting.is_some() {
                return LoopEvent::Slot(slot);
            }
            drop(slot);
            accept().await.map_or_else(LoopEvent::Failed, |(stream, peer)| LoopEvent::Accepted(stream, peer))
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
            LoopEvent::Accepted(stream, peer) => {
                // Counted before anything else can happen, so that a drain waits for it.
                let open = server.0.slots.open.token();
                match server.0.slots.try_take() {
                    Some(slot) => serve(server, stream, peer, tls, Admitted { _open: open, _slot: slot }),
                    None => waiting = Some((stream, peer, open)),
                }
            }
            LoopEvent::Slot(slot) => {
                if let Some((stream, peer, open)) = waiting.take() {
                    serve(server, stream, peer, tls, Admitted { _open: open, _slot: slot });
                }
            }
            LoopEvent::Failed(error) if is_the_clients(&error) => {}
            LoopEvent::Failed(error) => {
                tracing::warn!(error = %chain(&error), "cannot accept a connection, will retry");
                Timer::after(PAUSE).await;
            }
            LoopEvent::Stop => break,
        }
    }
    if let Some((stream, peer, open)) = waiting {
        let slot = server.0.slots.take().await;
        serve(server, stream, peer, tls, Admitted { _open: open, _slot: slot });
    }
}

/// Serves a connection, in a task of its own.
fn serve<State, S>(server: &Server<State>, stream: S, peer: Option<SocketAddr>, tls: bool, admitted: Admitted)
where
    State: Clone + Send + Sync + 'static,
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let server = server.clone();
    async_std::task::spawn(async move {
        if tls {
            tls::serve(server, stream, peer, admitted).await;
        } else {
            http::serve(server, stream, peer, admitted).await;
        }
    });
}

/// The client went away before it was accepted.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, InvalidInput, NotConnected};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | NotConnected | InvalidInput)
}
