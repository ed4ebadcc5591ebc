//! XML elements that come and go over a connection, one after the other, as XMPP has them (RFC 6120, 4): read as they
//! arrive, and never more than is good for us.
//!
//! | module | what it has |
//! |---|---|
//! | `connection` | elements over a connection |
//! | `reader` | elements out of bytes; the only reader of XML |
//! | `stanza_error` | what a request is refused with, read and written |
//! | `element` | elements that we make, as bytes |
//! | `tcp` | a TCP connection |

mod connection;
mod element;
mod reader;
mod stanza_error;
mod tcp;

pub use connection::{AsyncReadWrite, Elements};
pub use element::{element, set, to_bytes};
pub use reader::{Reader, StreamError};
pub use stanza_error::StanzaError;
pub use tcp::connect;

/// Of the stream itself.
pub const STREAM: &str = "http://etherx.jabber.org/streams";
