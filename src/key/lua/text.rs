//! Texts, blanks and comments.

use super::error::LuaError;
use super::parser::{Parser, is_blank};

impl Parser<'_> {
    /// White space and comments.
    pub(super) fn blanks(&mut self) -> Result<(), LuaError> {
        loop {
            self.take_while(is_blank);
            if !self.rest().starts_with(b"--") {
                return Ok(());
            }
            self.at += 2;
            if let Some(level) = self.long_level() {
                self.long_text(level)?;
            } else {
                self.take_while(|byte| byte != b'\n');
            }
        }
    }

    pub(super) fn quoted(&mut self) -> Result<String, LuaError> {
        let quote = self.next();
        let mut text = Vec::new();
        loop {
            match self.peek() {
                None | Some(b'\n' | b'\r') => return self.expected("the quote that ends a text"),
                Some(b'\\') => self.escape(&mut text)?,
                byte => {
                    self.next();
                    if byte == quote {
                        return self.utf8(text);
                    }
                    text.extend(byte);
                }
            }
        }
    }

    /// One escape sequence (<https://www.lua.org/manual/5.4/manual.html#3.1>).
    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), LuaError> {
        self.next();
        let byte = match self.peek() {
            Some(b'\n' | b'\r') => {
                self.line_break();
                b'\n'
            }
            Some(b'0'..=b'9') => match u8::try_from(self.digits(10, 3)) {
                Ok(byte) => byte,
                Err(_) => return self.expected("at most 255 after \"\\\""),
            },
            _ => match self.next() {
                Some(b'a') => 0x07,
                Some(b'b') => 0x08,
                Some(b'f') => 0x0c,
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                Some(b'v') => 0x0b,
                Some(byte @ (b'\\' | b'"' | b'\'')) => byte,
                Some(b'x') => {
                    let start = self.at;
                    match u8::try_from(self.digits(16, 2)) {
                        Ok(byte) if self.at == start + 2 => byte,
                        _ => return self.expected("two hexadecimal digits after \"\\x\""),
                    }
                }
                Some(b'u') => {
                    text.extend(self.code_point()?.encode_utf8(&mut [0; 4]).bytes());
                    return Ok(());
                }
                Some(b'z') => {
                    self.take_while(is_blank);
                    return Ok(());
                }
                _ => return self.expected("an escape sequence of Lua after \"\\\""),
            },
        };
        text.push(byte);
        Ok(())
    }

    /// `{XXX}`, after `\u`. Lua would take numbers that are no characters; they are not UTF-8.
    fn code_point(&mut self) -> Result<char, LuaError> {
        let opened = self.take(b'{');
        let start = self.at;
        let character = char::from_u32(self.digits(16, usize::MAX)).filter(|_| opened && self.at > start);
        let closed = self.take(b'}');
        character.filter(|_| closed).map_or_else(|| self.expected("\"\\u{…}\" with a Unicode character's number"), Ok)
    }

    /// The number that at most so many digits make; 0 where there are none.
    fn digits(&mut self, radix: u32, most: usize) -> u32 {
        let digit = |byte| char::from(byte).to_digit(radix);
        let mut number = 0_u32;
        for _ in 0..most {
            let Some(digit) = self.next_if(|byte| digit(byte).is_some()).and_then(digit) else { break };
            number = number.saturating_mul(radix).saturating_add(digit);
        }
        number
    }

    /// How many "=" stand in the opening long bracket that is next: `[[` is 0, `[=[` is 1.
    pub(super) fn long_level(&self) -> Option<usize> {
        let after = self.rest().strip_prefix(b"[")?;
        let level = after.iter().take_while(|&&byte| byte == b'=').count();
        (after.get(level) == Some(&b'[')).then_some(level)
    }

    /// What stands in long brackets, without escapes and without a line break at its beginning.
    pub(super) fn long_text(&mut self, level: usize) -> Result<String, LuaError> {
        let closing = format!("]{}]", "=".repeat(level)).into_bytes();
        self.at += closing.len();
        let mut text = Vec::new();
        let mut first = true;
        while !self.rest().starts_with(&closing) {
            match self.peek() {
                None => return self.expected("the bracket that ends a long text or comment"),
                Some(b'\n' | b'\r') => {
                    self.line_break();
                    text.extend((!first).then_some(b'\n'));
                }
                Some(byte) => {
                    self.next();
                    text.push(byte);
                }
            }
            first = false;
        }
        self.at += closing.len();
        self.utf8(text)
    }

    /// Lua takes each of CR LF, LF CR, LF and CR for one line break.
    fn line_break(&mut self) {
        let other = if self.next() == Some(b'\n') { b'\r' } else { b'\n' };
        self.take(other);
    }

    /// Lua's texts are bytes, and Prosody writes whatever is not ASCII as `\ddd`.
    fn utf8(&self, text: Vec<u8>) -> Result<String, LuaError> {
        String::from_utf8(text).or_else(|_| self.expected("a text in UTF-8"))
    }
}
