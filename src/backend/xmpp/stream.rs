//! An XMPP stream to a client port (RFC 6120): STARTTLS, stanzas and what answers them.

use std::collections::BTreeMap;

use futures_lite::future;
use minidom::Element;

use super::place::ClientPort;
use crate::backend::CallError;
use crate::backend::net;
use crate::config::TlsUse;
use crate::elements::{AsyncReadWrite, Elements, STREAM, StanzaError, element, set};
use crate::invite::name::HostName;
use crate::log::Cause;
use crate::net::Trust;

pub(super) const CLIENT: &str = "jabber:client";
const STARTTLS: &str = "urn:ietf:params:xml:ns:xmpp-tls";

/// An open stream.
pub(super) struct ClientStream {
    elements: Elements,
    host: String,
    pub(super) is_encrypted: bool,
    next_id: u32,
    pub(super) features: Element,
}

fn lost(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> CallError {
    CallError::Unsure(Cause::because("the connection was lost", why))
}

/// What went wrong before anything was asked for: nothing was done.
pub(super) fn before(error: CallError) -> CallError {
    match error {
        CallError::Unsure(why) => CallError::Away(why),
        other => other,
    }
}

impl ClientStream {
    /// Connects to `place`, up to the features of the stream. `trust` is whom TLS trusts, `tls` whether it must be there.
    pub(super) async fn open(
        host: &HostName,
        domain: &str,
        place: &ClientPort,
        tls: TlsUse,
        trust: &Trust,
    ) -> Result<Self, CallError> {
        let io = net::tcp(&place.address).await?;
        if place.is_tls {
            // XEP-0368, 3: ports may be shared with other protocols.
            let encrypted = net::tls(&trust.for_protocol("xmpp-client"), domain, io).await?;
            return Self::encrypted(host, Box::new(encrypted)).await;
        }
        let mut stream = Self::new(Elements::new(Box::new(io)), host);
        stream.start().await.map_err(before)?;
        if tls == TlsUse::Off {
            return Ok(stream);
        }
        if !stream.features.has_child("starttls", STARTTLS) {
            return Err(CallError::Away(format!("{place} offers no STARTTLS").into()));
        }
        stream.write(&element("starttls", STARTTLS, &[])).await.map_err(before)?;
        if !stream.read().await.map_err(before)?.is("proceed", STARTTLS) {
            return Err(CallError::Away(format!("{place} refuses STARTTLS").into()));
        }
        // What came before the handshake is nobody's word (RFC 6120, 5.4.3.3).
        let encrypted = net::tls(trust, domain, stream.elements.into_io()).await?;
        Self::encrypted(host, Box::new(encrypted)).await
    }

    async fn encrypted(host: &HostName, io: Box<dyn AsyncReadWrite>) -> Result<Self, CallError> {
        let mut stream = Self::new(Elements::new(io), host);
        stream.is_encrypted = true;
        stream.start().await.map_err(before)?;
        Ok(stream)
    }

    fn new(elements: Elements, host: &HostName) -> Self {
        let features = Element::bare("features", STREAM);
        Self { elements, host: host.to_string(), is_encrypted: false, next_id: 0, features }
    }

    /// Begins a stream, on a new connection or after a login.
    pub(super) async fn start(&mut self) -> Result<(), CallError> {
        // A prepared domain has nothing that XML would mind.
        let header = format!(
            "<?xml version='1.0'?><stream:stream to='{}' version='1.0' xmlns='{CLIENT}' xmlns:stream='{STREAM}'>",
            self.host
        );
        self.elements.begin(&header).await.map_err(lost)?;
        self.features = self.read().await?;
        if self.features.is("features", STREAM) { Ok(()) } else { Err(lost("no features of the stream came")) }
    }

    /// Sends a request and waits for what answers it; what comes in between is answered or ignored.
    pub(super) async fn ask(
        &mut self,
        kind: &str,
        to: Option<&str>,
        payload: Element,
    ) -> Result<Result<Element, StanzaError>, CallError> {
        let answer = self.ask_all(kind, to, vec![payload]).await?.pop();
        answer.ok_or_else(|| lost("a request was not answered"))
    }

    /// The same for several requests, which are all sent before the first answer is waited for. The answers are in the order
    /// of the requests.
    pub(super) async fn ask_all(
        &mut self,
        kind: &str,
        to: Option<&str>,
        payloads: Vec<Element>,
    ) -> Result<Vec<Result<Element, StanzaError>>, CallError> {
        let mut waiting = BTreeMap::new();
        let mut answers = BTreeMap::new();
        for (at, payload) in payloads.into_iter().enumerate() {
            self.next_id += 1;
            let id = format!("i{}", self.next_id);
            let mut iq = element("iq", CLIENT, &[("type", kind), ("id", &id)]);
            if let Some(to) = to {
                set(&mut iq, "to", to);
            }
            iq.append_child(payload);
            self.write(&iq).await?;
            waiting.insert(id, at);
        }
        while !waiting.is_empty() {
            let stanza = self.read().await?;
            let kind =
                stanza.attr("type").filter(|kind| stanza.is("iq", CLIENT) && matches!(*kind, "result" | "error"));
            let answered = kind.zip(stanza.attr("id")).and_then(|(kind, id)| Some((kind, waiting.remove(id)?)));
            match answered {
                Some(("result", at)) => drop(answers.insert(at, Ok(stanza))),
                Some((_, at)) => drop(answers.insert(at, Err(StanzaError::read(&stanza)))),
                None => self.attend(&stanza).await?,
            }
        }
        Ok(answers.into_values().collect())
    }

    /// Answers what a server asks of its clients: pings (XEP-0199); nothing else is done here.
    async fn attend(&mut self, stanza: &Element) -> Result<(), CallError> {
        if stanza.is("error", STREAM) {
            let condition = stanza.children().next().map_or("stream error", Element::name).to_owned();
            return Err(lost(condition));
        }
        let (Some("get" | "set"), true) = (stanza.attr("type"), stanza.is("iq", CLIENT)) else { return Ok(()) };
        let is_ping = stanza.has_child("ping", "urn:xmpp:ping");
        let id = stanza.attr("id").unwrap_or_default();
        let mut answer = element("iq", CLIENT, &[("type", if is_ping { "result" } else { "error" }), ("id", id)]);
        if let Some(from) = stanza.attr("from") {
            set(&mut answer, "to", from);
        }
        if !is_ping {
            answer.append_child(StanzaError::new("cancel", "service-unavailable").write(CLIENT));
        }
        self.write(&answer).await
    }

    /// Attends to what has come in meanwhile, without waiting for more.
    pub(super) async fn look(&mut self) -> Result<(), CallError> {
        while let Some(stanza) = future::poll_once(self.read()).await {
            let stanza = stanza?;
            self.attend(&stanza).await?;
        }
        Ok(())
    }

    pub(super) async fn write(&mut self, element: &Element) -> Result<(), CallError> {
        self.elements.write(element).await.map_err(lost)
    }

    pub(super) async fn read(&mut self) -> Result<Element, CallError> {
        self.elements.read().await.map_err(lost)
    }
}
