//! Lua data: `return` and one value of tables, texts, numbers, truth values and nil
//! (<https://www.lua.org/manual/5.4/manual.html#3>). Nothing is run: whatever would have to be evaluated is refused.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

/// What Prosody stores has three levels; a deeper one is another file, or an attack on the stack.
const MAX_DEPTH: usize = 32;

const VALUE: &str = "plain data: a table, a text, a number, true, false or nil";

/// Why a text is not Lua data. Tells nothing of what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LuaError {
    /// Something else was expected.
    #[error("line {line}: expected {expected}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// What would have been right.
        expected: &'static str,
    },
    /// Tables in tables in tables.
    #[error("line {line}: expected at most {MAX_DEPTH} tables within each other")]
    Depth {
        /// Counted from 1.
        line: usize,
    },
}

/// Reads a file as Prosody's internal storage writes it: the value that it returns.
///
/// # Errors
/// When it is anything else than plain data.
pub fn read(text: &str) -> Result<Value, LuaError> {
    let mut parser = Parser { bytes: text.as_bytes(), at: 0, line: 1 };
    parser.blanks()?;
    if parser.word() != b"return" {
        return parser.expected("\"return\", with which a file of Prosody's internal storage begins");
    }
    parser.blanks()?;
    let value = parser.value(0)?;
    parser.blanks()?;
    parser.take(b';');
    parser.blanks()?;
    if parser.peek().is_some() {
        return parser.expected("the end of the file");
    }
    Ok(value)
}

/// Lua data. Not `Debug`: it would show secrets.
pub enum Value {
    /// Nothing.
    Nil,
    /// True or false.
    Bool(bool),
    /// A number; whole ones, too.
    Number(f64),
    /// A text, which Lua has of any bytes, and we have in UTF-8.
    Text(String),
    /// Fields, in the order in which they are written.
    Table(Vec<Field>),
}

/// One field of a table. Its key is kept if it is a text.
pub struct Field {
    /// Counted from 1.
    pub line: usize,
    /// What it is called, if that is a text.
    pub key: Option<String>,
    /// What it holds.
    pub value: Value,
}

impl Value {
    /// A time, if it is seconds since 1970.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        let Self::Number(seconds) = *self else { return None };
        let since_1970 = SignedDuration::try_from_secs_f64(seconds).ok()?;
        Timestamp::from_second(since_1970.as_secs()).ok()
    }

    /// The keys of a set, `{ a = true; b = true }`.
    #[must_use]
    pub fn members(&self) -> Option<Vec<&str>> {
        let Self::Table(fields) = self else { return None };
        let member = |field: &Field| matches!(field.value, Self::Bool(true));
        let sound = |field: &Field| field.key.is_some() && matches!(field.value, Self::Bool(_) | Self::Nil);
        let members = fields.iter().filter(|field| member(field)).filter_map(|field| field.key.as_deref());
        fields.iter().all(sound).then(|| members.collect())
    }
}

/// Recursive descent over bytes; `line` is that of `at`.
struct Parser<'text> {
    bytes: &'text [u8],
    at: usize,
    line: usize,
}

/// As C's isspace, which Lua asks.
const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

impl<'text> Parser<'text> {
    fn expected<T>(&self, expected: &'static str) -> Result<T, LuaError> {
        Err(LuaError::Syntax { line: self.line, expected })
    }

    fn rest(&self) -> &'text [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        self.line += usize::from(byte == b'\n');
        Some(byte)
    }

    fn next_if(&mut self, fits: impl Fn(u8) -> bool) -> Option<u8> {
        self.peek().filter(|&byte| fits(byte))?;
        self.next()
    }

    fn take(&mut self, byte: u8) -> bool {
        self.next_if(|next| next == byte).is_some()
    }

    fn take_while(&mut self, fits: impl Fn(u8) -> bool) -> &'text [u8] {
        let rest = self.rest();
        let mut length = 0;
        while self.next_if(&fits).is_some() {
            length += 1;
        }
        rest.get(..length).unwrap_or_default()
    }

    /// A name or reserved word; empty where there is none. What begins with a digit is a number.
    fn word(&mut self) -> &'text [u8] {
        if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return b"";
        }
        self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }

    /// White space and comments.
    fn blanks(&mut self) -> Result<(), LuaError> {
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

    fn value(&mut self, depth: usize) -> Result<Value, LuaError> {
        match self.peek() {
            Some(b'{') => self.table(depth + 1),
            Some(b'"' | b'\'') => self.quoted().map(Value::Text),
            Some(b'[') => match self.long_level() {
                Some(level) => self.long_text(level).map(Value::Text),
                None => self.expected(VALUE),
            },
            Some(b'-') => {
                self.next();
                self.blanks()?;
                self.number().map(|number| Value::Number(-number))
            }
            Some(b'.' | b'0'..=b'9') => self.number().map(Value::Number),
            _ => match self.word() {
                b"true" => Ok(Value::Bool(true)),
                b"false" => Ok(Value::Bool(false)),
                b"nil" => Ok(Value::Nil),
                _ => self.expected(VALUE),
            },
        }
    }

    fn table(&mut self, depth: usize) -> Result<Value, LuaError> {
        if depth > MAX_DEPTH {
            return Err(LuaError::Depth { line: self.line });
        }
        self.take(b'{');
        let (mut fields, mut keys) = (Vec::new(), HashSet::new());
        loop {
            self.blanks()?;
            if self.take(b'}') {
                return Ok(Value::Table(fields));
            }
            let field = self.field(depth)?;
            // Lua would let the last one win; Prosody writes none twice.
            if field.key.as_ref().is_some_and(|key| !keys.insert(key.clone())) {
                return Err(LuaError::Syntax { line: field.line, expected: "each name in a table once" });
            }
            fields.push(field);
            self.blanks()?;
            if !self.take(b',') && !self.take(b';') && self.peek() != Some(b'}') {
                return self.expected("\",\", \";\" or \"}\" after a field of a table");
            }
        }
    }

    fn field(&mut self, depth: usize) -> Result<Field, LuaError> {
        let (line, start) = (self.line, self.at);
        let key = if self.long_level().is_none() && self.take(b'[') {
            self.blanks()?;
            let key = match self.value(depth)? {
                Value::Text(text) => Some(text),
                Value::Number(_) | Value::Bool(_) => None,
                Value::Nil | Value::Table(_) => return self.expected("a text or number between brackets"),
            };
            self.blanks()?;
            if !self.take(b']') {
                return self.expected("\"]\"");
            }
            key
        } else {
            match self.word() {
                b"" | b"true" | b"false" | b"nil" => {
                    self.at = start;
                    return Ok(Field { line, key: None, value: self.value(depth)? });
                }
                word => Some(String::from_utf8_lossy(word).into_owned()),
            }
        };
        self.blanks()?;
        if !self.take(b'=') {
            return self.expected("\"=\" after a name; nothing but plain data is read");
        }
        self.blanks()?;
        Ok(Field { line, key, value: self.value(depth)? })
    }

    fn number(&mut self) -> Result<f64, LuaError> {
        let hexadecimal = matches!(self.rest(), [b'0', b'x' | b'X', ..]);
        let mut digits = Vec::new();
        while let Some(byte) = self.next_if(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_')) {
            digits.push(char::from(byte));
            if !hexadecimal && matches!(byte, b'e' | b'E') {
                digits.extend(self.next_if(|byte| matches!(byte, b'+' | b'-')).map(char::from));
            }
        }
        let number = if !digits.first().is_some_and(|&first| first == '.' || first.is_ascii_digit()) {
            // Rust takes "inf" and "nan" for numbers, Lua does not.
            None
        } else if hexadecimal {
            let digits = digits.get(2..).filter(|digits| !digits.is_empty());
            digits.and_then(|digits| {
                digits.iter().try_fold(0.0, |number, digit| Some(number * 16.0 + f64::from(digit.to_digit(16)?)))
            })
        } else {
            String::from_iter(digits).parse().ok()
        };
        number.map_or_else(|| self.expected("a number"), Ok)
    }

    fn quoted(&mut self) -> Result<String, LuaError> {
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
    fn long_level(&self) -> Option<usize> {
        let after = self.rest().strip_prefix(b"[")?;
        let level = after.iter().take_while(|&&byte| byte == b'=').count();
        (after.get(level) == Some(&b'[')).then_some(level)
    }

    /// What stands in long brackets, without escapes and without a line break at its beginning.
    fn long_text(&mut self, level: usize) -> Result<String, LuaError> {
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
