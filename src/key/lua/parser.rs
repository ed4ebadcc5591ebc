//! Where a text is read, byte by byte.

use super::error::LuaError;

/// Recursive descent over bytes; `line` is that of `at`.
pub(super) struct Parser<'text> {
    bytes: &'text [u8],
    pub(super) at: usize,
    pub(super) line: usize,
}

/// As C's isspace, which Lua asks.
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

impl<'text> Parser<'text> {
    pub(super) fn new(text: &'text str) -> Self {
        Self { bytes: text.as_bytes(), at: 0, line: 1 }
    }

    pub(super) fn expected<T>(&self, expected: &'static str) -> Result<T, LuaError> {
        Err(LuaError::Syntax { line: self.line, expected })
    }

    pub(super) fn rest(&self) -> &'text [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        self.line += usize::from(byte == b'\n');
        Some(byte)
    }

    pub(super) fn next_if(&mut self, fits: impl Fn(u8) -> bool) -> Option<u8> {
        self.peek().filter(|&byte| fits(byte))?;
        self.next()
    }

    pub(super) fn take(&mut self, byte: u8) -> bool {
        self.next_if(|next| next == byte).is_some()
    }

    pub(super) fn take_while(&mut self, fits: impl Fn(u8) -> bool) -> &'text [u8] {
        let rest = self.rest();
        let mut length = 0;
        while self.next_if(&fits).is_some() {
            length += 1;
        }
        rest.get(..length).unwrap_or_default()
    }

    /// A name or reserved word; empty where there is none. What begins with a digit is a number.
    pub(super) fn word(&mut self) -> &'text [u8] {
        if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return b"";
        }
        self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }
}
