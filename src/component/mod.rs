//! Commands for the users of a host (XEP-0401, XEP-0050), served by a component of its server (XEP-0114): whoever may, has
//! an app create an invite.
//!
//! | module | what it has |
//! |---|---|
//! | `stream` | the connection, up to the handshake |
//! | `answer` | what requests are answered with |
//! | `commands` | the two commands |
//! | `connection` | what comes on it, and is sent |
//! | `hold` | which of several nodes is connected |
//! | `outlet` | messages that we send by ourselves |
//! | `session` | commands that have more than one step |
//! | `stanza` | who asks, and how they are answered |
//!
//! The connection is made again whenever it is lost; who may do what is read from the configuration in force for each stanza.

mod answer;
mod commands;
mod connection;
mod hold;
mod outlet;
mod session;
mod stanza;
mod stream;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use async_io::Timer;
use futures_lite::FutureExt as _;

use crate::caller::AppState;
use crate::clock;
use crate::config::ComponentSettings;
use crate::ledger::Ledger;
use crate::log::chain;
pub use connection::Stop;
use connection::{CHECK_INTERVAL, is_past, is_wanted, serve, stopped};
use hold::ComponentHold;
pub use outlet::{Outlet, PATIENCE, SendError, UserMessage};
use session::Sessions;
use stream::ComponentStream;
pub use stream::ConnectError;

/// After a failed try it is waited so long, then twice as long, and so on.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// How long an answer may take, before it is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// Why a node is not connected where another one is.
const ANOTHER_NODE: &str = "another node is connected";

/// How it goes, for the status line.
#[derive(Default)]
pub struct Health(Mutex<Option<String>>);

impl Health {
    /// What is wrong, if anything is.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, trouble: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

/// What a server makes of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Examined {
    /// It takes us.
    Taken,
    /// It would, but we are connected already: the service runs.
    TakenAlready,
}

/// Connects once, and says what is wrong if that fails; also whether the server answers for the host, where it `sends_messages`.
///
/// # Errors
/// Why it is not connected, or nobody is sent messages.
pub async fn examine(component: &ComponentSettings, sends_messages: bool) -> Result<Examined, ConnectError> {
    match ComponentStream::open(component).await {
        Ok(mut stream) => {
            let answered = if sends_messages { Box::pin(is_answered(&mut stream, component)).await } else { Ok(()) };
            stream.end().await;
            answered.map(|()| Examined::Taken)
        }
        // Only whoever has the secret is told so.
        Err(ConnectError::Refused(condition)) if condition == "conflict" => Ok(Examined::TakenAlready),
        Err(error) => Err(error),
    }
}

/// Whether the server answers for the host.
async fn is_answered(stream: &mut ComponentStream, component: &ComponentSettings) -> Result<(), ConnectError> {
    let answered = async {
        loop {
            stream.write(&stanza::ping("check", &component.jid, &component.host)).await?;
            let came = Box::pin(async {
                while stream.read().await?.attr("id") != Some("check") {}
                Ok(())
            });
            // A server that takes us beside the service, as ejabberd does, may have given the answer to that.
            if let Some(came) = clock::within(ASK_AGAIN, came).await {
                return came;
            }
        }
    };
    let unanswered = || Err(ConnectError::Unanswered(component.host.to_string()));
    clock::within(PATIENCE, Box::pin(answered)).await.unwrap_or_else(unanswered)
}

/// Serves the component that is configured, if there is one, until nobody holds the other end of `stop` any more: then what
/// is being answered is answered. What comes by the `outlet` is sent. Of several nodes on a ledger one is connected.
pub async fn run(state: Arc<ArcSwap<AppState>>, ledger: Ledger, health: Arc<Health>, outlet: Arc<Outlet>, stop: Stop) {
    let sessions = Arc::new(Sessions::default());
    let mut hold = ComponentHold::new(ledger);
    let mut pause = FIRST_PAUSE;
    let mut tried = None;
    while !stop.is_closed() {
        let Some(component) = state.load().settings.component.clone() else {
            (tried, pause) = (None, FIRST_PAUSE);
            health.set(None);
            clock::within(CHECK_INTERVAL, stopped(&stop)).await;
            continue;
        };
        let jid = component.jid.as_str();
        let opened = async { Some(open(&component, &mut hold).await) }.or(async {
            stopped(&stop).await;
            None
        });
        let failure = match opened.await {
            None => break,
            Some(Ok(None)) => {
                health.set(None);
                if tried.as_deref() != Some(ANOTHER_NODE) {
                    tracing::info!("component {jid} waits: {ANOTHER_NODE}");
                    tried = Some(ANOTHER_NODE.to_owned());
                }
                pause = FIRST_PAUSE;
                stopped(&stop).or(wait(CHECK_INTERVAL, &component, &state)).await;
                continue;
            }
            Some(Ok(Some(stream))) => {
                tracing::info!("component {jid} is connected");
                health.set(None);
                tried = None;
                let began = clock::instant();
                let ended = serve(stream, &component, &state, &sessions, &outlet, &stop)
                    .or(async {
                        hold.keep(&component.jid).await;
                        Err(ConnectError::Left)
                    })
                    .await;
                // A server that takes a connection and drops it again is not to be asked once a second.
                if is_past(clock::instant(), began, LONGEST_PAUSE) || ended.is_ok() {
                    pause = FIRST_PAUSE;
                }
                match ended {
                    Ok(()) => {
                        hold.release().await;
                        continue;
                    }
                    Err(error) => chain(&error).to_string(),
                }
            }
            Some(Err(failure)) => failure,
        };
        // Another node may have a way to the server.
        hold.release().await;
        health.set(Some(format!("component {jid} is away ({failure})")));
        // Once for each reason: the tries go on.
        if tried.as_ref() != Some(&failure) {
            tracing::warn!(error = %failure, "component {jid} is not connected");
            tried = Some(failure);
        }
        stopped(&stop).or(wait(pause, &component, &state)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    hold.release().await;
}

/// Connects, if no other node is connected; else why it cannot.
async fn open(component: &ComponentSettings, hold: &mut ComponentHold) -> Result<Option<ComponentStream>, String> {
    match hold.take(&component.jid).await {
        Ok(true) => ComponentStream::open(component).await.map(Some).map_err(|error| chain(&error).to_string()),
        Ok(false) => Ok(None),
        Err(error) => Err(chain(&error).to_string()),
    }
}

/// Waits so long, or until another connection is wanted.
async fn wait(pause: Duration, component: &ComponentSettings, state: &ArcSwap<AppState>) {
    let until = clock::instant() + pause;
    while clock::instant() < until && is_wanted(component, state) {
        Timer::at(until.min(clock::instant() + CHECK_INTERVAL)).await;
    }
}
