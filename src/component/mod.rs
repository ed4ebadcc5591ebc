//! Commands for the users of a host (XEP-0401, XEP-0050), served by a component of its server (XEP-0114): whoever may, has
//! an app create an invite.
//!
//! | module | what it has |
//! |---|---|
//! | `stream` | the connection, up to the handshake |
//! | `answer` | what requests are answered with |
//! | `commands` | the two commands |
//! | `outlet` | messages that we send by ourselves |
//! | `session` | commands that have more than one step |
//! | `stanza` | who asks, and how they are answered |
//!
//! The connection is made again whenever it is lost; who may do what is read from the configuration in force for each stanza.

mod answer;
mod commands;
mod outlet;
mod session;
mod stanza;
mod stream;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use async_io::Timer;
use futures_lite::FutureExt as _;
use minidom::Element;
use tracing::Instrument as _;

use crate::caller::AppState;
use crate::clock;
use crate::config::ComponentSettings;
use crate::elements::{StanzaError, StreamError};
use crate::log::{self, chain};
use answer::answer;
use outlet::{OutgoingMessage, OutletEnd};
pub use outlet::{Outlet, PATIENCE, SendError, UserMessage};
use session::Sessions;
use stanza::{refuse, wants_answer};
use stream::ComponentStream;
pub use stream::ConnectError;

/// How often it is checked whether the configuration has changed.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// After a failed try it is waited so long, then twice as long, and so on.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// A server from which nothing came for so long is asked whether it is there; after three times that it is not.
const QUIET: Duration = Duration::from_mins(1);
/// For a stanza to be written.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// So many stanzas are answered at once; more are told to come later.
const MOST_AT_ONCE: usize = 64;

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
        stream.write(&stanza::ping("check", &component.jid, &component.host)).await?;
        while stream.read().await?.attr("id") != Some("check") {}
        Ok(())
    };
    let unanswered = || Err(ConnectError::Unanswered(component.host.to_string()));
    clock::within(PATIENCE, Box::pin(answered)).await.unwrap_or_else(unanswered)
}

/// Serves the component that is configured, if there is one, until nobody holds the other end of `stop` any more: then what
/// is being answered is answered. What comes by the `outlet` is sent.
pub async fn run(state: Arc<ArcSwap<AppState>>, health: Arc<Health>, outlet: Arc<Outlet>, stop: Stop) {
    let sessions = Arc::new(Sessions::default());
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
        let opened = async { Some(ComponentStream::open(&component).await) }.or(async {
            stopped(&stop).await;
            None
        });
        let failure = match opened.await {
            None => return,
            Some(Ok(stream)) => {
                tracing::info!("component {jid} is connected");
                health.set(None);
                tried = None;
                let began = clock::instant();
                let ended = serve(stream, &component, &state, &sessions, &outlet, &stop).await;
                // A server that takes a connection and drops it again is not to be asked once a second.
                if is_past(clock::instant(), began, LONGEST_PAUSE) || ended.is_ok() {
                    pause = FIRST_PAUSE;
                }
                match ended {
                    Ok(()) => continue,
                    Err(error) => chain(&error).to_string(),
                }
            }
            Some(Err(error)) => chain(&error).to_string(),
        };
        health.set(Some(format!("component {jid} is away ({failure})")));
        // Once for each reason: the tries go on.
        if tried.as_ref() != Some(&failure) {
            tracing::warn!(error = %failure, "component {jid} is not connected");
            tried = Some(failure);
        }
        stopped(&stop).or(wait(pause, &component, &state)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Closed when the service stops.
pub type Stop = async_channel::Receiver<std::convert::Infallible>;

async fn stopped(stop: &Stop) {
    // Nothing is ever sent.
    let _ = stop.recv().await;
}

/// Waits so long, or until another connection is wanted.
async fn wait(pause: Duration, component: &ComponentSettings, state: &ArcSwap<AppState>) {
    let until = clock::instant() + pause;
    while clock::instant() < until && is_wanted(component, state) {
        Timer::at(until.min(clock::instant() + CHECK_INTERVAL)).await;
    }
}

/// Whether the configuration in force asks for this connection still.
fn is_wanted(component: &ComponentSettings, state: &ArcSwap<AppState>) -> bool {
    let state = state.load();
    let now = state.settings.component.as_ref();
    now.is_some_and(|now| {
        (&now.jid, &now.server, &now.secret) == (&component.jid, &component.server, &component.secret)
    })
}

enum StreamEvent {
    Came(Element),
    /// More than is read; this is the beginning of it.
    TooLarge(Element),
    Answered(Element),
    Message(OutgoingMessage),
    Tick,
}

/// Answers what comes, until the connection is not wanted any more.
async fn serve(
    mut stream: ComponentStream,
    component: &ComponentSettings,
    state: &ArcSwap<AppState>,
    sessions: &Arc<Sessions>,
    outlet: &Outlet,
    stop: &Stop,
) -> Result<(), ConnectError> {
    let mut messages = OutletEnd::new(outlet);
    let (sender, answers) = async_channel::bounded(MOST_AT_ONCE);
    let busy = Arc::new(AtomicUsize::new(0));
    let (mut heard, mut asked) = (clock::instant(), clock::instant());
    loop {
        if state.load().settings.sends_messages()
            && let Some(ping) = messages.first_ping(component)
        {
            write(&mut stream, &ping).await?;
        }
        // Answers go first: whoever sends much does not keep them from their turn.
        let next = async { Ok(answers.recv().await.map_or(StreamEvent::Tick, StreamEvent::Answered)) }
            .or(async {
                match stream.read().await {
                    Err(ConnectError::Lost(StreamError::TooLarge(begun))) => Ok(StreamEvent::TooLarge(*begun)),
                    read => read.map(StreamEvent::Came),
                }
            })
            .or(async { Ok(StreamEvent::Message(messages.next().await)) })
            .or(async {
                clock::within(CHECK_INTERVAL, stopped(stop)).await;
                Ok(StreamEvent::Tick)
            });
        let event = next.await?;
        if matches!(event, StreamEvent::Came(_) | StreamEvent::TooLarge(_)) {
            heard = clock::instant();
        }
        match event {
            StreamEvent::Answered(answer) => write(&mut stream, &answer).await?,
            StreamEvent::Message(message) => {
                for element in messages.write(message, component) {
                    write(&mut stream, &element).await?;
                }
            }
            StreamEvent::Came(stanza) if !wants_answer(&stanza) => messages.came(&stanza, &component.host),
            StreamEvent::Came(stanza) if busy.load(Ordering::Relaxed) >= MOST_AT_ONCE => {
                write(&mut stream, &refuse(&stanza, &stanza::busy())).await?;
            }
            StreamEvent::Came(stanza) => {
                busy.fetch_add(1, Ordering::Relaxed);
                let (state, sessions) = (state.load_full(), Arc::clone(sessions));
                let (sender, busy) = (sender.clone(), Arc::clone(&busy));
                let answering = async move {
                    let answer = answer(&stanza, &state, &sessions).await;
                    // The connection may be gone by now.
                    let _ = sender.send(answer).await;
                    busy.fetch_sub(1, Ordering::Relaxed);
                };
                // What a stanza causes is found in the log together, as what a request does is.
                async_std::task::spawn(answering.instrument(log::request_span(&log::request_id())));
            }
            StreamEvent::TooLarge(begun) if wants_answer(&begun) => {
                let refusal = StanzaError::new("modify", "not-acceptable").because("This is too much to read.");
                write(&mut stream, &refuse(&begun, &refusal)).await?;
            }
            StreamEvent::TooLarge(_) | StreamEvent::Tick => {}
        }
        if stop.is_closed() || !is_wanted(component, state) {
            // What is being done is told.
            drop(sender);
            while let Ok(answer) = answers.recv().await {
                write(&mut stream, &answer).await?;
            }
            stream.end().await;
            return Ok(());
        }
        let now = clock::instant();
        if is_past(now, heard, QUIET * 3) {
            return Err(ConnectError::Silent);
        }
        if is_past(now, heard, QUIET) && is_past(now, asked, QUIET) {
            asked = now;
            let ping = stanza::ping("ping", &component.jid, &component.host);
            write(&mut stream, &ping).await?;
        }
    }
}

fn is_past(now: Instant, since: Instant, time: Duration) -> bool {
    now.duration_since(since) >= time
}

async fn write(stream: &mut ComponentStream, element: &Element) -> Result<(), ConnectError> {
    Ok(clock::within(WRITE_TIMEOUT, stream.write(element)).await.ok_or(ConnectError::Silent)??)
}

impl From<StreamError> for ConnectError {
    fn from(error: StreamError) -> Self {
        Self::Lost(error)
    }
}
