//! One connection of the component: what comes is answered, and what the outlet has is sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use futures_lite::FutureExt as _;
use minidom::Element;
use tracing::Instrument as _;

use super::answer::answer;
use super::outlet::{OutgoingMessage, Outlet, OutletEnd};
use super::session::Sessions;
use super::stanza::{self, refuse, wants_answer};
use super::stream::{ComponentStream, ConnectError};
use crate::caller::AppState;
use crate::clock;
use crate::config::ComponentSettings;
use crate::elements::{StanzaError, StreamError};
use crate::log;

/// How often it is checked whether the configuration has changed.
pub(super) const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// A server from which nothing came for so long is asked whether it is there; after three times that it is not.
const QUIET: Duration = Duration::from_mins(1);
/// For a stanza to be written.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// So many stanzas are answered at once; more are told to come later.
const MOST_AT_ONCE: usize = 64;

/// Closed when the service stops.
pub type Stop = async_channel::Receiver<std::convert::Infallible>;

pub(super) async fn stopped(stop: &Stop) {
    // Nothing is ever sent.
    let _ = stop.recv().await;
}

/// Whether the configuration in force asks for this connection still.
pub(super) fn is_wanted(component: &ComponentSettings, state: &ArcSwap<AppState>) -> bool {
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
pub(super) async fn serve(
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

pub(super) fn is_past(now: Instant, since: Instant, time: Duration) -> bool {
    now.duration_since(since) >= time
}

async fn write(stream: &mut ComponentStream, element: &Element) -> Result<(), ConnectError> {
    Ok(clock::within(WRITE_TIMEOUT, stream.write(element)).await.ok_or(ConnectError::Silent)??)
}
