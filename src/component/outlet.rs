//! Messages that we send by ourselves, on the connection that there is.
//!
//! A component has no stream management (XEP-0198), so nothing says what became of a stanza. But servers do what comes on a
//! stream in its order (RFC 6120, 10.1): so a ping is sent behind each message, to the host whose user it is for, and when that
//! is answered, with whatever, the message was dealt with: delivered, kept, or refused by an error that came before. A server
//! that has not answered the ping at the beginning of a connection is sent nothing: else whoever gets a message would get it
//! again and again.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_channel::{Receiver, Sender};
use event_listener::Event;
use minidom::Element;

use super::stanza::{bare, ping};
use super::stream::ACCEPT;
use crate::clock;
use crate::config::ComponentSettings;
use crate::elements::{StanzaError, element, set_language};
use crate::invite::name::{HostName, Jid};

/// Until there is a connection, and until the server has dealt with a message.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// So many messages may wait to be written.
const QUEUE: usize = 16;

/// What the ping at the beginning of a connection is called.
const FIRST: &str = "first";

/// Message hints (XEP-0334), and ids that stay (XEP-0359).
const HINTS: &str = "urn:xmpp:hints";
const STABLE_ID: &str = "urn:xmpp:sid:0";

/// A message to a user.
#[derive(Clone, Debug)]
pub struct UserMessage {
    /// To whom.
    pub to: Jid,
    /// What it is known by, however often it is sent.
    pub id: String,
    /// Its language (BCP 47).
    pub language: &'static str,
    /// What it says.
    pub text: String,
}

impl UserMessage {
    fn stanza(&self, from: &HostName) -> Element {
        let to = self.to.to_string();
        // As chats are, it is kept for whoever is not online, by every server (XEP-0160, 3).
        let attributes = [("type", "chat"), ("id", &*self.id), ("from", from.as_str()), ("to", &*to)];
        let mut message = element("message", ACCEPT, &attributes);
        set_language(&mut message, self.language);
        let mut body = Element::bare("body", ACCEPT);
        body.append_text(&*self.text);
        message.append_child(body);
        message.append_child(element("origin-id", STABLE_ID, &[("id", &self.id)]));
        message.append_child(Element::bare("store", HINTS));
        message
    }
}

/// Why a message may not be there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// There is no connection, or it was lost before the server had dealt with it.
    #[error("the component is not connected")]
    Away,
    /// The server did not say in time that it had dealt with it.
    #[error("the server did not answer within {} s", PATIENCE.as_secs())]
    Late,
    /// The server refuses it; its condition.
    #[error("the server says {0}")]
    Refused(String),
}

/// A message on its way to the connection.
pub(super) struct OutgoingMessage {
    message: UserMessage,
    end: Sender<Result<(), SendError>>,
}

/// Where messages go that are to be sent.
#[derive(Default)]
pub struct Outlet {
    line: Mutex<Option<Sender<OutgoingMessage>>>,
    opened: Event,
}

impl Outlet {
    /// Whether there is a connection.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.line().is_some()
    }

    /// Waits until there is one.
    ///
    /// # Errors
    /// When there is none in time.
    pub async fn wait_until_open(&self) -> Result<(), SendError> {
        let open = async {
            loop {
                let opened = self.opened.listen();
                if self.is_open() {
                    return;
                }
                opened.await;
            }
        };
        clock::within(PATIENCE, open).await.ok_or(SendError::Away)
    }

    /// Sends a message, and waits until the server has dealt with it.
    ///
    /// # Errors
    /// When it may not have.
    pub async fn send(&self, message: UserMessage) -> Result<(), SendError> {
        let line = self.line().ok_or(SendError::Away)?;
        let (end, ended) = async_channel::bounded(1);
        let sent = async {
            line.send(OutgoingMessage { message, end }).await.map_err(|_| SendError::Away)?;
            ended.recv().await.unwrap_or(Err(SendError::Away))
        };
        clock::within(PATIENCE, sent).await.unwrap_or(Err(SendError::Late))
    }

    fn line(&self) -> Option<Sender<OutgoingMessage>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, line: Option<Sender<OutgoingMessage>>) {
        *self.line.lock().unwrap_or_else(PoisonError::into_inner) = line;
        self.opened.notify(usize::MAX);
    }
}

/// A message that was written, and with which the server may not have dealt yet.
struct WrittenMessage {
    id: String,
    to: String,
    refused: Option<String>,
    end: Sender<Result<(), SendError>>,
}

/// The end of the outlet at one connection; the outlet is closed when it is gone.
pub(super) struct OutletEnd<'a> {
    outlet: &'a Outlet,
    queue: Option<Receiver<OutgoingMessage>>,
    has_asked: bool,
    written: BTreeMap<u64, WrittenMessage>,
    next: u64,
}

impl Drop for OutletEnd<'_> {
    fn drop(&mut self) {
        self.outlet.set(None);
    }
}

impl<'a> OutletEnd<'a> {
    pub(super) fn new(outlet: &'a Outlet) -> Self {
        Self { outlet, queue: None, has_asked: false, written: BTreeMap::new(), next: 0 }
    }

    /// The ping with which it begins, where that was not asked before.
    pub(super) fn first_ping(&mut self, component: &ComponentSettings) -> Option<Element> {
        let has_asked = std::mem::replace(&mut self.has_asked, true);
        (!has_asked).then(|| ping(FIRST, &component.jid, &component.host))
    }

    /// The next message that is to be written, when there is one.
    pub(super) async fn next(&self) -> OutgoingMessage {
        if let Some(queue) = &self.queue
            && let Ok(outgoing) = queue.recv().await
        {
            return outgoing;
        }
        std::future::pending().await
    }

    /// What is to be written for a message.
    pub(super) fn write(&mut self, outgoing: OutgoingMessage, component: &ComponentSettings) -> [Element; 2] {
        // Nobody waits for these any more.
        self.written.retain(|_, written| !written.end.is_closed());
        let OutgoingMessage { message, end } = outgoing;
        self.next += 1;
        let written = WrittenMessage { id: message.id.clone(), to: message.to.to_string(), refused: None, end };
        self.written.insert(self.next, written);
        let ping = ping(&format!("message-{}", self.next), &component.jid, &component.host);
        [message.stanza(&component.jid), ping]
    }

    /// Takes what the server sends, if it is about messages.
    pub(super) fn came(&mut self, stanza: &Element, host: &HostName) {
        let (from, id) = (stanza.attr("from").unwrap_or_default(), stanza.attr("id").unwrap_or_default());
        let is_end = matches!(stanza.attr("type"), Some("result" | "error"));
        if stanza.is("iq", ACCEPT) && is_end && from == host.as_str() {
            if id == FIRST && self.queue.is_none() {
                let (line, queue) = async_channel::bounded(QUEUE);
                self.queue = Some(queue);
                self.outlet.set(Some(line));
            }
            let number = id.strip_prefix("message-").and_then(|number| number.parse().ok());
            if let Some(written) = number.and_then(|number: u64| self.written.remove(&number)) {
                let end = written.refused.map_or(Ok(()), |condition| Err(SendError::Refused(condition)));
                let _ = written.end.try_send(end);
            }
        } else if stanza.is("message", ACCEPT) && stanza.attr("type") == Some("error") {
            let is_it = |written: &&mut WrittenMessage| written.id == id && written.to == bare(from);
            if let Some(written) = self.written.values_mut().find(is_it) {
                written.refused = Some(StanzaError::read(stanza).condition.into_owned());
            }
        }
    }
}
