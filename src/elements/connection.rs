//! Elements over a connection.

use futures_lite::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use minidom::Element;

use super::element::to_bytes;
use super::reader::{Reader, StreamError};
use crate::log::Cause;

/// TCP, TLS or a Unix socket.
pub trait AsyncReadWrite: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> AsyncReadWrite for T {}

/// Elements over a connection.
pub struct Elements {
    io: Box<dyn AsyncReadWrite>,
    reader: Reader,
}

impl Elements {
    /// Those that go over `io`.
    #[must_use]
    pub fn new(io: Box<dyn AsyncReadWrite>) -> Self {
        Self { io, reader: Reader::default() }
    }

    /// The connection; what was read of it and is no element yet is thrown away.
    #[must_use]
    pub fn into_io(self) -> Box<dyn AsyncReadWrite> {
        self.io
    }

    /// Begins a stream, on a new connection or anew, with what opens it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn begin(&mut self, opening: &str) -> Result<(), StreamError> {
        self.reader = Reader::default();
        self.io.write_all(opening.as_bytes()).await?;
        Ok(self.io.flush().await?)
    }

    /// What the other side opens its stream with: an element without children.
    ///
    /// # Errors
    /// When there is none, or it is no XML.
    pub async fn opening(&mut self) -> Result<Element, StreamError> {
        loop {
            if let Some(opening) = self.reader.opening()? {
                return Ok(opening);
            }
            self.fill().await?;
        }
    }

    /// The next element. Whoever stops waiting has lost nothing: what was read stays.
    ///
    /// # Errors
    /// When there is none, or it is no XML, or too large.
    pub async fn read(&mut self) -> Result<Element, StreamError> {
        loop {
            if let Some(element) = self.reader.element()? {
                return Ok(element);
            }
            self.fill().await?;
        }
    }

    /// Writes an element, see [`to_bytes`].
    ///
    /// # Errors
    /// When that fails, or it holds what XML has no place for.
    pub async fn write(&mut self, element: &Element) -> Result<(), StreamError> {
        let bytes = to_bytes(element).map_err(|error| StreamError::Xml(Cause::new(error)))?;
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
                self.reader.feed(&buffer[..length]);
                Ok(())
            }
        }
    }
}
