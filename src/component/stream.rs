//! The connection of a component, up to the handshake (XEP-0114, 3).

use std::time::Duration;

use minidom::Element;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use crate::clock;
use crate::config::ComponentSettings;
use crate::elements::{self, Elements, STREAM, StreamError};

/// The namespace of a component's stanzas.
pub(super) const ACCEPT: &str = "jabber:component:accept";

/// From the first packet to the end of the handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a component is not connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The server cannot be reached.
    #[error("cannot connect to {0}")]
    Unreachable(String, #[source] std::io::Error),
    /// The server takes the secret for wrong; so does ejabberd where it knows no such component.
    #[error("the server says not-authorized: the secret there is another one, or there is no such component")]
    Unauthorized,
    /// The server refuses; its condition.
    #[error("the server says {0}")]
    Refused(String),
    /// The server does not answer in time.
    #[error("the server does not answer")]
    Silent,
    /// The server lets us in, and does not answer for the host.
    #[error("the server does not answer for {0}, whose users would be sent messages")]
    Unanswered(String),
    /// The connection was lost.
    #[error("the connection was lost")]
    Lost(#[source] StreamError),
    /// Another node is the component, or may be soon.
    #[error("another node is connected, or may be soon")]
    Left,
    /// Only the service itself gets to see the secret.
    #[error("the secret is a credential, which only the service gets to see")]
    NoSecret,
}

impl From<StreamError> for ConnectError {
    fn from(error: StreamError) -> Self {
        Self::Lost(error)
    }
}

impl ConnectError {
    /// What mends it, in the server's configuration or ours.
    #[must_use]
    pub fn mend(&self, component: &ComponentSettings) -> String {
        let ComponentSettings { jid, server, .. } = component;
        let port = server.rsplit_once(':').map_or("5347", |(_, port)| port);
        let prosody = format!(
            "Prosody, above all hosts: component_ports = {{ {port} }}\nProsody: Component \"{jid}\" component_secret = \"…\"\n\
             ejabberd: a listener with port: {port}, module: ejabberd_service, hosts: \"{jid}\": password: \"…\""
        );
        match self {
            Self::Unauthorized => {
                format!(
                    "the same secret must be there and in component.secret or component.secret_file here\n{prosody}"
                )
            }
            Self::Unanswered(host) => {
                format!("component.host is to be a host of the server at {server}; is {host} one?")
            }
            Self::NoSecret => "run it where the credential is, or trust the log of the service".into(),
            Self::Refused(_) | Self::Unreachable(..) | Self::Silent | Self::Lost(_) | Self::Left => prosody,
        }
    }
}

/// A connection on which stanzas go.
pub(super) struct ComponentStream(Elements);

impl ComponentStream {
    /// Connects and proves to be the component.
    pub(super) async fn open(component: &ComponentSettings) -> Result<Self, ConnectError> {
        clock::within(CONNECT_TIMEOUT, Box::pin(Self::shake_hands(component)))
            .await
            .unwrap_or(Err(ConnectError::Silent))
    }

    async fn shake_hands(component: &ComponentSettings) -> Result<Self, ConnectError> {
        let secret = component.secret.as_ref().ok_or(ConnectError::NoSecret)?;
        let unreachable = |error| ConnectError::Unreachable(component.server.clone(), error);
        let connection = elements::connect(&component.server).await.map_err(unreachable)?;
        let mut elements = Elements::new(Box::new(connection));
        // A prepared domain has nothing that XML would mind.
        let opening = format!(
            "<?xml version='1.0'?><stream:stream to='{}' xmlns='{ACCEPT}' xmlns:stream='{STREAM}'>",
            component.jid
        );
        elements.begin(&opening).await?;
        let opened = elements.opening().await?;
        let id = opened.attr("id").unwrap_or_default();
        let mut handshake = Element::bare("handshake", ACCEPT);
        handshake.append_text(proof(id, secret.reveal()));
        let mut stream = Self(elements);
        stream.write(&handshake).await?;
        let answer = stream.read().await?;
        if answer.is("handshake", ACCEPT) { Ok(stream) } else { Err(ConnectError::Refused(answer.name().to_owned())) }
    }

    /// The next stanza.
    pub(super) async fn read(&mut self) -> Result<Element, ConnectError> {
        let element = self.0.read().await?;
        if element.is("error", STREAM) {
            let condition = element.children().next().map_or("stream error", Element::name);
            return Err(match condition {
                "not-authorized" => ConnectError::Unauthorized,
                condition => ConnectError::Refused(condition.to_owned()),
            });
        }
        Ok(element)
    }

    pub(super) async fn write(&mut self, element: &Element) -> Result<(), StreamError> {
        self.0.write(element).await
    }

    pub(super) async fn end(&mut self) {
        self.0.end().await;
    }
}

/// What proves the secret, for the stream called `id`.
fn proof(id: &str, secret: &str) -> String {
    let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{id}{secret}").as_bytes());
    digest.as_ref().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_proved_by_a_digest_of_the_streams_id_and_itself() {
        // As sha1sum(1) has it.
        assert_eq!(proof("3BF96D32", "s3cret"), "a984b871214a298f0f743fcd25f99b10838ba12b");
    }
}
