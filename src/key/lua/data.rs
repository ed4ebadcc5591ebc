//! Values, tables and numbers.

use std::collections::HashSet;

use super::error::{LuaError, MAX_DEPTH};
use super::parser::Parser;
use super::value::{Field, Value};

const VALUE: &str = "plain data: a table, a text, a number, true, false or nil";

impl Parser<'_> {
    pub(super) fn value(&mut self, depth: usize) -> Result<Value, LuaError> {
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
}
