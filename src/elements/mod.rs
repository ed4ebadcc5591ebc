//! XML elements that come and go over a connection, one after the other, as XMPP has them (RFC 6120, 4): read as they
//! arrive, and never more than is good for us.
//!
//! | module | what it has |
//! |---|---|
//! | `connection` | elements over a connection |
//! | `reader` | elements out of bytes; the only reader of XML from strangers |
//! | `stanza_error` | what a request is refused with, read and written |
//! | `element` | elements that we make, as bytes |
//! | `tcp` | a TCP connection |
//!
//! Stanzas are read by hand, and not with xmpp-parsers 0.23: whether it speaks as a client or as a component is settled when
//! it is compiled, and we do both; it has neither commands (XEP-0050) nor sign-up with tokens (XEP-0445), which is most of
//! what we say; and it refuses what servers may answer, such as an error without a type or with a condition that RFC 6120
//! does not have, `<success>=</success>`, or two `<instructions/>`, where we have to say what the server said.

mod connection;
mod element;
mod reader;
mod stanza_error;
mod tcp;

pub use connection::{AsyncReadWrite, Elements};
pub use element::{element, set, set_language, to_bytes};
pub use reader::{Reader, StreamError};
pub use stanza_error::StanzaError;
pub use tcp::connect;

/// Of the stream itself.
pub const STREAM: &str = "http://etherx.jabber.org/streams";
