//! XML elements that come and go over a connection, one after the other, as XMPP has them (RFC 6120, 4): read as they
//! arrive, and never more than is good for us.

use std::net::TcpStream;

use async_io::Async;
use futures_lite::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use minidom::Element;
use minidom::tree_builder::TreeBuilder;
use rxml::error::EndOrError;
use rxml::{Namespace, NcName, Options, Parse as _, RawEvent, RawParser, WithOptions as _};

/// Of the stream itself.
pub const STREAM: &str = "http://etherx.jabber.org/streams";
/// Of the conditions of stanza errors.
pub const STANZA_ERROR: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";

/// Of an element that is larger, or nested deeper, the rest is left out.
const MAX_BYTES: usize = 256 << 10;
const MAX_DEPTH: usize = 32;
/// Servers pass on stanzas of 512 KiB, in which a character may be written with six; what is larger never ends.
const ENDLESS_BYTES: usize = 4 << 20;
const ENDLESS_DEPTH: usize = 128 << 10;
/// A name or a value; all of such a stanza may be one.
const MAX_TOKEN_BYTES: usize = 1 << 20;

/// What both can be read from and written to.
pub trait Both: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Both for T {}

/// Why there are no further elements.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The connection failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The connection was closed.
    #[error("the server closed it")]
    Closed,
    /// The stream was ended.
    #[error("the server ended the stream")]
    Ended,
    /// An element was larger than is good for us; this much of it was read. The next one can be read.
    #[error("a stanza was too large")]
    TooLarge(Box<Element>),
    /// An element does not end.
    #[error("a stanza does not end")]
    Endless,
    /// It was no XML.
    #[error("{0}")]
    Xml(String),
}

/// Elements over a connection.
pub struct Elements {
    io: Box<dyn Both>,
    parser: RawParser,
    tree: TreeBuilder,
    /// How many elements are open; those of the tree, and those that are left out.
    depth: usize,
    /// Of the element that is being read.
    bytes: usize,
    /// The rest of it is left out.
    is_too_large: bool,
    unread: Vec<u8>,
}

fn parser() -> RawParser {
    RawParser::with_options(Options { max_token_length: MAX_TOKEN_BYTES, ..Options::default() })
}

impl Elements {
    /// Those that go over `io`.
    #[must_use]
    pub fn new(io: Box<dyn Both>) -> Self {
        let (parser, tree) = (parser(), TreeBuilder::new());
        Self { io, parser, tree, depth: 0, bytes: 0, is_too_large: false, unread: Vec::new() }
    }

    /// The connection; what was read of it and is no element yet is thrown away.
    #[must_use]
    pub fn into_io(self) -> Box<dyn Both> {
        self.io
    }

    /// Begins a stream, on a new connection or anew, with what opens it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn begin(&mut self, opening: &str) -> Result<(), StreamError> {
        (self.parser, self.tree) = (parser(), TreeBuilder::new());
        (self.depth, self.bytes, self.is_too_large) = (0, 0, false);
        self.unread.clear();
        self.io.write_all(opening.as_bytes()).await?;
        Ok(self.io.flush().await?)
    }

    /// What the other side opens its stream with: an element without children.
    ///
    /// # Errors
    /// When there is none, or it is no XML.
    pub async fn opening(&mut self) -> Result<Element, StreamError> {
        loop {
            if self.tree.depth() > 0
                && let Some(top) = self.tree.top()
            {
                return Ok(top.clone());
            }
            self.fill().await?;
            self.parse(Until::Opened)?;
        }
    }

    /// The next element. Whoever stops waiting has lost nothing: what was read stays.
    ///
    /// # Errors
    /// When there is none, or it is no XML, or too large.
    pub async fn read(&mut self) -> Result<Element, StreamError> {
        loop {
            if let Some(element) = self.parse(Until::Child)? {
                return Ok(element);
            }
            self.fill().await?;
        }
    }

    /// Writes an element, and blanks after it, which mean nothing (RFC 6120, 4.6.1): since CVE-2023-52425, Expat, which
    /// Prosody and ejabberd read with, looks at a tag that came in pieces only when there is twice as much as when it last
    /// looked. Without more to come it would wait, and with it what was written.
    ///
    /// # Errors
    /// When that fails, or it holds what XML has no place for.
    pub async fn write(&mut self, element: &Element) -> Result<(), StreamError> {
        let mut bytes = Vec::new();
        element.write_to(&mut bytes).map_err(|error| StreamError::Xml(error.to_string()))?;
        bytes.resize(bytes.len() + longest_tag(&bytes), b' ');
        self.io.write_all(&bytes).await?;
        Ok(self.io.flush().await?)
    }

    /// Writes a blank, which means nothing and finds out whether the connection is there (RFC 6120, 4.6.1).
    ///
    /// # Errors
    /// When it is not.
    pub async fn write_blank(&mut self) -> Result<(), StreamError> {
        self.io.write_all(b" ").await?;
        Ok(self.io.flush().await?)
    }

    /// Ends our side of the stream.
    pub async fn end(&mut self) {
        // The other side sees the end in any case.
        let _ = self.io.write_all(b"</stream:stream>").await;
        let _ = self.io.close().await;
    }

    async fn fill(&mut self) -> Result<(), StreamError> {
        let mut buffer = [0; 8 << 10];
        match self.io.read(&mut buffer).await? {
            0 => Err(StreamError::Closed),
            length => {
                self.unread.extend_from_slice(&buffer[..length]);
                Ok(())
            }
        }
    }

    /// Parses what was read, until there is what is waited for.
    fn parse(&mut self, until: Until) -> Result<Option<Element>, StreamError> {
        let unread = std::mem::take(&mut self.unread);
        let mut rest = unread.as_slice();
        loop {
            let before = rest.len();
            let event = self.parser.parse(&mut rest, false);
            self.bytes += before - rest.len();
            if self.bytes > ENDLESS_BYTES || self.depth > ENDLESS_DEPTH {
                return Err(StreamError::Endless);
            }
            let event = match event {
                Ok(Some(event)) => event,
                Ok(None) => return Err(StreamError::Ended),
                Err(EndOrError::NeedMoreData) => return Ok(None),
                Err(EndOrError::Error(error)) => return Err(StreamError::Xml(error.to_string())),
            };
            let is_end = matches!(event, RawEvent::ElementFoot(_));
            self.take(event)?;
            match self.depth {
                0 if is_end => return Err(StreamError::Ended),
                1 if !is_end && until == Until::Opened && self.tree.depth() == 1 => {
                    self.unread = rest.to_vec();
                    return Ok(None);
                }
                1 if is_end => {
                    let is_too_large = self.bytes > MAX_BYTES || self.is_too_large;
                    (self.bytes, self.is_too_large) = (0, false);
                    if let Some(child) = self.tree.unshift_child() {
                        self.unread = rest.to_vec();
                        return if is_too_large {
                            Err(StreamError::TooLarge(Box::new(child)))
                        } else {
                            Ok(Some(child))
                        };
                    }
                }
                _ => {}
            }
        }
    }

    /// Adds an event to the tree, or leaves it out.
    fn take(&mut self, event: RawEvent) -> Result<(), StreamError> {
        let is_kept = match event {
            RawEvent::ElementHeadOpen(..) => {
                self.depth += 1;
                // An element that was begun is ended, so that there is a tree.
                self.is_too_large |= self.depth > MAX_DEPTH || self.bytes > MAX_BYTES;
                !self.is_too_large
            }
            RawEvent::ElementFoot(_) => {
                self.depth -= 1;
                self.depth < self.tree.depth()
            }
            RawEvent::Text(..) if self.depth == 1 => {
                // Between elements there are blanks, which keep the connection alive.
                self.bytes = 0;
                false
            }
            RawEvent::Text(..) => {
                self.is_too_large |= self.bytes > MAX_BYTES;
                !self.is_too_large
            }
            RawEvent::XmlDeclaration(..) | RawEvent::Attribute(..) | RawEvent::ElementHeadClose(_) => {
                !self.is_too_large
            }
        };
        if is_kept {
            self.tree.process_event(event).map_err(|error| StreamError::Xml(error.to_string()))
        } else {
            Ok(())
        }
    }
}

/// How far to parse.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Opened,
    Child,
}

/// A TCP connection to `place`, a `host:port`.
///
/// # Errors
/// When none of its addresses can be reached.
pub async fn connect(place: &str) -> std::io::Result<Async<TcpStream>> {
    let mut last = std::io::Error::other("the name has no address");
    for address in async_std::net::ToSocketAddrs::to_socket_addrs(place).await? {
        match Async::<TcpStream>::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// An element with attributes.
#[must_use]
pub fn element(name: &str, namespace: &str, attributes: &[(&str, &str)]) -> Element {
    let mut element = Element::bare(name, namespace);
    for (name, value) in attributes {
        set(&mut element, name, value);
    }
    element
}

/// Gives an element an attribute.
pub fn set(element: &mut Element, name: &str, value: &str) {
    if let Ok(name) = NcName::try_from(name) {
        element.set_attr(Namespace::NONE, name, value.to_owned());
    }
}

/// How many bytes the longest tag has.
fn longest_tag(xml: &[u8]) -> usize {
    let tags = xml.split(|byte| *byte == b'<').filter_map(|rest| rest.iter().position(|byte| *byte == b'>'));
    tags.max().map_or(0, |inside| inside + 2)
}

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;
    use futures_lite::io::Cursor;

    use super::*;

    /// What is read of this, up to the end.
    fn read(text: &str) -> Vec<Result<Element, StreamError>> {
        let mut elements = Elements::new(Box::new(Cursor::new(format!("<s xmlns='x'>{text}</s>").into_bytes())));
        block_on(async {
            assert_eq!(elements.opening().await.unwrap().name(), "s");
            let mut read = vec![];
            loop {
                match elements.read().await {
                    Err(StreamError::Ended) => return read,
                    Err(error @ StreamError::TooLarge(_)) => read.push(Err(error)),
                    Err(error) => {
                        read.push(Err(error));
                        return read;
                    }
                    element => read.push(element),
                }
            }
        })
    }

    #[test]
    fn what_is_too_large_is_read_in_part_and_the_next_as_a_whole() {
        let large = "x".repeat(MAX_BYTES);
        let deep = format!("{}{}", "<b y:z='1' xmlns:y='y'>".repeat(50), "</b>".repeat(50));
        let value = "&apos;".repeat(100 << 10);
        for inner in [large, deep, format!("<b c='{value}'/>"), format!("<b>{value}</b>"), "<b/>".repeat(100_000)] {
            let read = read(&format!(" <a id='1'>{inner}</a> \n<a id='2'><b y='1'/></a>"));
            let [Err(StreamError::TooLarge(first)), Ok(second)] = &read[..] else { panic!("of {}", read.len()) };
            assert_eq!((first.name(), first.attr("id")), ("a", Some("1")));
            assert_eq!((second.attr("id"), second.children().count()), (Some("2"), 1));
            assert_eq!(second.children().next().unwrap().attrs().len(), 1, "nothing is left over");
        }
    }

    #[test]
    fn what_does_not_end_is_an_error() {
        let read = read(&format!("<a>{}</a>", "x".repeat(ENDLESS_BYTES)));
        assert!(matches!(&read[..], [Err(StreamError::Endless)]), "{read:?}");
    }

    #[test]
    fn the_longest_tag_is_found() {
        for (xml, length) in
            [("", 0), ("<a/>", 4), ("<a b='c'>text that is longer</a>", 9), ("<a><bcd e='&gt;'/></a>", 15)]
        {
            assert_eq!(longest_tag(xml.as_bytes()), length, "{xml}");
        }
    }
}
