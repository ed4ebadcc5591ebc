//! Elements out of bytes, however those are cut: the only reader of XML from strangers. What is larger than is good
//! for us is read in part, and never kept as a whole.

use minidom::Element;
use minidom::tree_builder::TreeBuilder;
use rxml::error::EndOrError;
use rxml::{Options, Parse as _, RawEvent, RawParser, WithOptions as _};

use crate::log::Cause;

/// Of an element that is larger, or nested deeper, the rest is left out.
const DEFAULT_MAX_BYTES: usize = 256 << 10;
const MAX_DEPTH: usize = 32;
/// Servers pass on stanzas of 512 KiB, in which a character may be written with six; what is larger never ends.
const ENDLESS_BYTES: usize = 4 << 20;
const ENDLESS_DEPTH: usize = 128 << 10;
/// A name or a value; all of such a stanza may be one.
const MAX_TOKEN_BYTES: usize = 1 << 20;

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
    #[error(transparent)]
    Xml(Cause),
}

/// Reads a stream: what opens it, and the elements in it.
pub struct Reader {
    parser: RawParser,
    tree: TreeBuilder,
    max_bytes: usize,
    /// How many elements are open; those of the tree, and those that are left out.
    depth: usize,
    /// Of the element that is being read.
    bytes: usize,
    /// The rest of it is left out.
    is_too_large: bool,
    unread: Vec<u8>,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new(DEFAULT_MAX_BYTES)
    }
}

impl Reader {
    /// Of an element that has more than `max_bytes` the rest is left out.
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        let options = Options { max_token_length: MAX_TOKEN_BYTES, ..Options::default() };
        let parser = RawParser::with_options(options);
        let (tree, unread) = (TreeBuilder::new(), Vec::new());
        Self { parser, tree, max_bytes, depth: 0, bytes: 0, is_too_large: false, unread }
    }

    /// Takes in what has arrived.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
    }

    /// What opens the stream: an element without children; none if more must arrive.
    ///
    /// # Errors
    /// When there is none, or it is no XML.
    pub fn opening(&mut self) -> Result<Option<Element>, StreamError> {
        if self.tree.depth() == 0 {
            // The parser would wait for the end of a text, and only then say that there must be none here.
            let first = self.unread.iter().find(|byte| !byte.is_ascii_whitespace());
            if self.bytes == 0 && first.is_some_and(|first| *first != b'<') {
                return Err(StreamError::Xml("it does not begin with a tag".into()));
            }
            self.parse(Until::Opened)?;
        }
        Ok(if self.tree.depth() > 0 { self.tree.top().cloned() } else { None })
    }

    /// The next element; none if more must arrive.
    ///
    /// # Errors
    /// When there is none, or it is no XML, or too large.
    pub fn element(&mut self) -> Result<Option<Element>, StreamError> {
        self.parse(Until::Child)
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
                Err(EndOrError::Error(error)) => return Err(StreamError::Xml(Cause::new(error))),
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
                    let is_too_large = self.bytes > self.max_bytes || self.is_too_large;
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
                self.is_too_large |= self.depth > MAX_DEPTH || self.bytes > self.max_bytes;
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
                self.is_too_large |= self.bytes > self.max_bytes;
                !self.is_too_large
            }
            RawEvent::XmlDeclaration(..) | RawEvent::Attribute(..) | RawEvent::ElementHeadClose(_) => {
                !self.is_too_large
            }
        };
        if is_kept {
            self.tree.process_event(event).map_err(|error| StreamError::Xml(Cause::new(error)))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of this, up to the end.
    fn read(text: &str) -> Vec<Result<Element, StreamError>> {
        let mut reader = Reader::default();
        reader.feed(format!("<s xmlns='x'>{text}</s>").as_bytes());
        assert_eq!(reader.opening().unwrap().unwrap().name(), "s");
        let mut read = vec![];
        loop {
            match reader.element() {
                Err(StreamError::Ended) => return read,
                Err(error @ StreamError::TooLarge(_)) => read.push(Err(error)),
                Err(error) => {
                    read.push(Err(error));
                    return read;
                }
                Ok(element) => read.push(Ok(element.expect("the stream has an end"))),
            }
        }
    }

    #[test]
    fn what_is_too_large_is_read_in_part_and_the_next_as_a_whole() {
        let large = "x".repeat(DEFAULT_MAX_BYTES);
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
}
