//! Keys of a Prosody host: reads the `invite_api_keys.dat` of `mod_invites_api`.
//!
//! The file is Lua source, written and loaded by Prosody's internal storage. Here nothing of it is run: only data are
//! understood, `return` and one table of tables, texts, numbers, truth values and nil
//! (<https://www.lua.org/manual/5.4/manual.html#3>). Whatever would have to be evaluated is refused.
//!
//! All keys come out, or none and the line at which something else was expected. Messages hold nothing of the file: it
//! is full of secrets. Finding the file and storing the keys is left to others.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::config::ApiMethod;
use crate::config::secret::Secret;
use crate::invite::name::KeyId;

/// Prosody's file has three levels; a deeper one is another file, or an attack on the stack.
const MAX_DEPTH: usize = 32;

const VALUE: &str = "plain data: a table, a text, a number, true, false or nil";

/// A key as Prosody has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedKey {
    /// What it is called by; 12 characters where Prosody made it.
    pub id: KeyId,
    /// What callers send after the slash, in clear: Prosody keeps no digests.
    pub secret: Secret,
    /// What it is for; empty where nobody said.
    pub name: String,
    /// When it was made, in whole seconds.
    pub created_at: Option<Timestamp>,
    /// Methods on `/invites_api`, of those that we know.
    pub methods: Vec<ApiMethod>,
}

/// Why no key is taken from a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Not the data that Prosody writes.
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
    /// Data, but no key.
    #[error("line {line}: expected {expected} (key number {position} of the file)")]
    Entry {
        /// Counted from 1.
        line: usize,
        /// Which of the keys in the file, counted from 1.
        position: usize,
        /// What would have been right.
        expected: &'static str,
    },
}

/// Reads all keys of the file's `text`, in the order of their ids.
///
/// # Errors
/// When anything in it is not as Prosody writes it, or one of its keys is not complete.
pub fn read(text: &str) -> Result<Vec<ImportedKey>, ImportError> {
    let mut parser = Parser { bytes: text.as_bytes(), at: 0, line: 1 };
    parser.blanks()?;
    if parser.word() != b"return" {
        return parser.expected("\"return\", with which a file of Prosody's internal storage begins");
    }
    parser.blanks()?;
    let line = parser.line;
    let top = parser.value(0)?;
    parser.blanks()?;
    parser.take(b';');
    parser.blanks()?;
    if parser.peek().is_some() {
        return parser.expected("the end of the file");
    }
    let Value::Table(entries) = top else {
        return Err(ImportError::Syntax { line, expected: "a table of keys after \"return\"" });
    };
    // In Lua, what is nil is not there.
    let entries = entries.into_iter().filter(|entry| !matches!(entry.value, Value::Nil));
    let keys = entries.enumerate().map(|(index, entry)| {
        let key = import(index + 1, entry)?;
        Ok((key.id.clone(), key))
    });
    Ok(keys.collect::<Result<BTreeMap<_, _>, _>>()?.into_values().collect())
}

/// Makes a key of one entry of the file.
fn import(position: usize, entry: Field) -> Result<ImportedKey, ImportError> {
    let fault = |line, expected| ImportError::Entry { line, position, expected };
    let Some(id) = entry.key.and_then(|key| key.parse::<KeyId>().ok()) else {
        return Err(fault(entry.line, "the key's id in brackets: 1 to 64 characters of A-Z a-z 0-9 . _ -"));
    };
    let Value::Table(fields) = entry.value else {
        return Err(fault(entry.line, "a table with the key's \"id\" and \"token\""));
    };
    let field = |name| match fields.iter().find(|field| field.key.as_deref() == Some(name)) {
        Some(field) => (field.line, &field.value),
        None => (entry.line, &Value::Nil),
    };

    match field("id") {
        (_, Value::Text(text)) if text == id.as_str() => {}
        (line, _) => return Err(fault(line, "\"id\" to be the same text as in the brackets before the table")),
    }
    let secret = match field("token") {
        (_, Value::Text(text)) if !text.is_empty() => Secret::new(text.clone()),
        (line, _) => return Err(fault(line, "\"token\" to be a text that is not empty")),
    };
    let name = match field("name") {
        (_, Value::Text(text)) => text.clone(),
        (_, Value::Nil) => String::new(),
        (line, _) => return Err(fault(line, "\"name\" to be a text")),
    };
    let created_at = match field("created_at") {
        (_, Value::Nil) => None,
        (line, value) => {
            Some(value.time().ok_or_else(|| fault(line, "\"created_at\" to be a time in seconds since 1970"))?)
        }
    };
    let methods = match field("allowed_methods") {
        (_, Value::Nil) => vec![ApiMethod::Get, ApiMethod::Post],
        (line, value) => {
            let methods = value.members().ok_or_else(|| fault(line, "\"allowed_methods\" as in { GET = true }"))?;
            let known = [("GET", ApiMethod::Get), ("POST", ApiMethod::Post)];
            known.into_iter().filter(|(name, _)| methods.contains(name)).map(|(_, method)| method).collect()
        }
    };
    Ok(ImportedKey { id, secret, name, created_at, methods })
}

/// Lua data. Not `Debug`: it would show secrets.
enum Value {
    Nil,
    Bool(bool),
    Number(f64),
    Text(String),
    Table(Vec<Field>),
}

/// One field of a table. Its key is kept if it is a text.
struct Field {
    line: usize,
    key: Option<String>,
    value: Value,
}

impl Value {
    fn time(&self) -> Option<Timestamp> {
        let Self::Number(seconds) = *self else { return None };
        let since_1970 = SignedDuration::try_from_secs_f64(seconds).ok()?;
        Timestamp::from_second(since_1970.as_secs()).ok()
    }

    /// The keys of a set, `{ a = true; b = true }`.
    fn members(&self) -> Option<Vec<&str>> {
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
    fn expected<T>(&self, expected: &'static str) -> Result<T, ImportError> {
        Err(ImportError::Syntax { line: self.line, expected })
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
    fn blanks(&mut self) -> Result<(), ImportError> {
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

    fn value(&mut self, depth: usize) -> Result<Value, ImportError> {
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

    fn table(&mut self, depth: usize) -> Result<Value, ImportError> {
        if depth > MAX_DEPTH {
            return Err(ImportError::Depth { line: self.line });
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
                return Err(ImportError::Syntax { line: field.line, expected: "each name in a table once" });
            }
            fields.push(field);
            self.blanks()?;
            if !self.take(b',') && !self.take(b';') && self.peek() != Some(b'}') {
                return self.expected("\",\", \";\" or \"}\" after a field of a table");
            }
        }
    }

    fn field(&mut self, depth: usize) -> Result<Field, ImportError> {
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

    fn number(&mut self) -> Result<f64, ImportError> {
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

    fn quoted(&mut self) -> Result<String, ImportError> {
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
    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), ImportError> {
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
    fn code_point(&mut self) -> Result<char, ImportError> {
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
    fn long_text(&mut self, level: usize) -> Result<String, ImportError> {
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
    fn utf8(&self, text: Vec<u8>) -> Result<String, ImportError> {
        String::from_utf8(text).or_else(|_| self.expected("a text in UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `prosodyctl mod_invites_api create example.com "My test key"` of Prosody 0.12.3.
    const REAL: &str = r#"return {
	["0JoKl7QweYZ9"] = {
		["allowed_methods"] = {
			["POST"] = true;
			["GET"] = true;
		};
		["token"] = "39h59554UjYl6-msdvWnoyPY1_2nvxZ98uFy";
		["name"] = "My test key";
		["id"] = "0JoKl7QweYZ9";
		["created_at"] = 1795461489;
	};
};
"#;

    fn real_key() -> ImportedKey {
        ImportedKey {
            id: "0JoKl7QweYZ9".parse().unwrap(),
            secret: Secret::new("39h59554UjYl6-msdvWnoyPY1_2nvxZ98uFy".to_owned()),
            name: "My test key".to_owned(),
            created_at: Some("2026-11-23T19:18:09Z".parse().unwrap()),
            methods: vec![ApiMethod::Get, ApiMethod::Post],
        }
    }

    /// A file with one key that has these further fields.
    fn key_with(fields: &str) -> Result<ImportedKey, String> {
        let text = format!("return {{ k = {{ id = 'k', token = 't', {fields} }} }}");
        let keys = read(&text).map_err(|error| error.to_string())?;
        let [key] = <[ImportedKey; 1]>::try_from(keys).unwrap();
        Ok(key)
    }

    /// What a text literal of Lua stands for.
    fn text(literal: &str) -> Result<String, String> {
        key_with(&format!("name = {literal}")).map(|key| key.name)
    }

    fn fault(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn file_of_a_real_server_is_read() {
        assert_eq!(read(REAL), Ok(vec![real_key()]));
    }

    #[test]
    fn keys_come_in_the_order_of_their_ids() {
        let text = "return { b = { id = 'b', token = '2' }, c = nil, a = { id = 'a', token = '1' } }";
        let key = |id: &str, secret: &str| ImportedKey {
            id: id.parse().unwrap(),
            secret: Secret::new(secret.to_owned()),
            name: String::new(),
            created_at: None,
            methods: vec![ApiMethod::Get, ApiMethod::Post],
        };
        assert_eq!(read(text), Ok(vec![key("a", "1"), key("b", "2")]));
        assert_eq!(read("return {}"), Ok(vec![]));
    }

    #[test]
    fn every_way_to_write_the_same_data_is_read() {
        let same = "-- by hand\n--[==[ and\n]] more ]==]return{['0JoKl7QweYZ9']={allowed_methods={POST=true,\
            [ [[GET]] ]=true;PUT=true,DELETE=false,PATCH=nil},id=[=[\r\n0JoKl7QweYZ9]=],\n\ttoken--[[x]]=--y\n\
            '39h59554UjYl6-msdvWnoyPY1\\0952\\z \n nvxZ98uFy';name=\"\\77y\\x20test\\u{20}key\",\
            created_at=1.795461489e+9,1,-2;'three',[4]=0x1F,[true]={},_5=false}}--";
        assert_eq!(read(same), Ok(vec![real_key()]));
    }

    #[test]
    fn texts_are_those_of_lua() {
        for (literal, expected) in [
            (r#""\a\b\f\n\r\t\v\\\"\'""#, "\x07\x08\x0c\n\r\t\x0b\\\"'"),
            (r#"'it\'s "so"'"#, "it's \"so\""),
            (r#""Schl\195\188ssel""#, "Schlüssel"),
            (r#""Schl\xc3\xBCssel \u{1F511} Schlüssel""#, "Schlüssel 🔑 Schlüssel"),
            (r#""\0\0007""#, "\0\x007"),
            ("'a\\\r\nb\\\nc\\\rd'", "a\nb\nc\nd"),
            ("'a\\z \t\r\n  b'", "ab"),
            ("'\0'", "\0"),
            ("[[\\n]]", "\\n"),
            ("[[\n\na\r\nb]]", "\na\nb"),
            ("[==[]]]=]]==]", "]]]=]"),
        ] {
            assert_eq!(text(literal).as_deref(), Ok(expected), "{literal}");
        }
        for (literal, expected) in [
            (r#""\255""#, "a text in UTF-8"),
            (r#""\xff""#, "a text in UTF-8"),
            (r#""\256""#, "at most 255 after \"\\\""),
            (r#""\x1""#, "two hexadecimal digits after \"\\x\""),
            (r#""\u{D800}""#, "\"\\u{…}\" with a Unicode character's number"),
            (r#""\u{110000}""#, "\"\\u{…}\" with a Unicode character's number"),
            (r#""\u{FFFFFFFFFFFFFFFFFFFF}""#, "\"\\u{…}\" with a Unicode character's number"),
            (r#""\u{}""#, "\"\\u{…}\" with a Unicode character's number"),
            (r#""\u41""#, "\"\\u{…}\" with a Unicode character's number"),
            (r#""\q""#, "an escape sequence of Lua after \"\\\""),
            ("'a\nb'", "the quote that ends a text"),
            ("'a", "the quote that ends a text"),
            ("[[a", "the bracket that ends a long text or comment"),
            ("[=a", VALUE),
        ] {
            assert_eq!(text(literal), Err(format!("line 1: expected {expected}")), "{literal}");
        }
    }

    #[test]
    fn times_are_numbers_of_lua() {
        let time =
            |number: &str| key_with(&format!("created_at = {number}")).map(|key| key.created_at.unwrap().as_second());
        for (number, seconds) in [
            ("0", 0),
            ("1795461489", 1_795_461_489),
            ("1795461489.75", 1_795_461_489),
            ("17954614890e-1", 1_795_461_489),
            (".5e1", 5),
            ("5.", 5),
            ("0x6B046A31", 1_795_451_441),
            ("-1", -1),
            ("- --[[minus]] 1", -1),
        ] {
            assert_eq!(time(number), Ok(seconds), "{number}");
        }
        for number in
            ["1e15", "1e400", "-1e400", &"9".repeat(100_000), &format!("0x{}", "f".repeat(100_000)), "'1'", "{}"]
        {
            let expected =
                "line 1: expected \"created_at\" to be a time in seconds since 1970 (key number 1 of the file)";
            assert_eq!(time(number), Err(expected.to_owned()), "{number}");
        }
        for number in ["1x", "0x", "0xg", "1e", "1..2", ".", "1_0", "-inf", "-nan", "--1", "-'1'", "0x+1", "1e+-1"] {
            let error = time(number).unwrap_err();
            assert!(error.starts_with("line 1: expected "), "{number}: {error}");
        }
    }

    #[test]
    fn methods_are_those_that_are_true() {
        let methods = |value: &str| key_with(&format!("allowed_methods = {value}")).map(|key| key.methods);
        assert_eq!(methods("{ POST = true }"), Ok(vec![ApiMethod::Post]));
        assert_eq!(methods("{ POST = true, GET = false, PUT = true }"), Ok(vec![ApiMethod::Post]));
        assert_eq!(methods("{ PUT = true }"), Ok(vec![]));
        assert_eq!(methods("nil"), Ok(vec![ApiMethod::Get, ApiMethod::Post]));
        for wrong in ["{ 'GET' }", "{ GET = 1 }", "true", "'GET'"] {
            let expected = "line 1: expected \"allowed_methods\" as in { GET = true } (key number 1 of the file)";
            assert_eq!(methods(wrong), Err(expected.to_owned()), "{wrong}");
        }
    }

    #[test]
    fn one_wrong_key_fails_the_whole_file() {
        for (line, entry, expected) in [
            (2, "b = { id = 'b' }", "\"token\" to be a text that is not empty"),
            (2, "b = { id = 'b', token = '' }", "\"token\" to be a text that is not empty"),
            (3, "b = { id = 'b',\ntoken = 7 }", "\"token\" to be a text that is not empty"),
            (2, "b = { token = 't' }", "\"id\" to be the same text as in the brackets before the table"),
            (3, "b = {\nid = 'a', token = 't' }", "\"id\" to be the same text as in the brackets before the table"),
            (
                2,
                "['../b'] = { id = '../b', token = 't' }",
                "the key's id in brackets: 1 to 64 characters of A-Z a-z 0-9 . _ -",
            ),
            (2, "{ id = 'b', token = 't' }", "the key's id in brackets: 1 to 64 characters of A-Z a-z 0-9 . _ -"),
            (2, "[1] = { id = 'b', token = 't' }", "the key's id in brackets: 1 to 64 characters of A-Z a-z 0-9 . _ -"),
            (2, "b = 't'", "a table with the key's \"id\" and \"token\""),
            (2, "b = { id = 'b', token = 't', name = true }", "\"name\" to be a text"),
        ] {
            let text = format!("return {{ a = {{ id = 'a', token = 't' }},\n{entry} }}");
            assert_eq!(fault(&text), format!("line {line}: expected {expected} (key number 2 of the file)"), "{entry}");
        }
        assert_eq!(fault("return {\na = {},\na = {} }"), "line 3: expected each name in a table once");
    }

    #[test]
    fn nothing_is_evaluated() {
        let name = "line 1: expected \"=\" after a name; nothing but plain data is read";
        let value = "line 1: expected plain data: a table, a text, a number, true, false or nil";
        let separator = "line 1: expected \",\", \";\" or \"}\" after a field of a table";
        let end = "line 1: expected the end of the file";
        let begin = "line 1: expected \"return\", with which a file of Prosody's internal storage begins";
        for (text, expected) in [
            ("return { os.execute() }", name),
            ("return { a = os.execute() }", value),
            ("return os.execute('true')", value),
            ("return function() end", value),
            ("return { a = 'b' .. 'c' }", separator),
            ("return { a = 'b'.c }", separator),
            ("return { a = 1 + 1 }", separator),
            ("return { a = (1/0) }", value),
            ("return { a = #'b' }", value),
            ("return { a == 1 }", value),
            ("return { [nil] = 1 }", "line 1: expected a text or number between brackets"),
            ("return { ['a' .. 'b'] = 1 }", "line 1: expected \"]\""),
            ("return { , }", value),
            ("return {}()", end),
            ("return {}, {}", end),
            ("return {};;", end),
            ("return {}\0", end),
            ("os.execute() return {}", begin),
            ("local a return {}", begin),
            ("item({})", begin),
            ("returns {}", begin),
            ("", begin),
            ("\0", begin),
            ("\u{feff}return {}", begin),
            ("return", value),
            ("return 1", "line 1: expected a table of keys after \"return\""),
            ("return nil", "line 1: expected a table of keys after \"return\""),
            ("return {} --[[", "line 1: expected the bracket that ends a long text or comment"),
        ] {
            assert_eq!(fault(text), expected, "{text}");
        }
    }

    #[test]
    fn tables_nest_at_most_32_deep() {
        let nested =
            |depth: usize, open: &str, close: &str| format!("return {}{}", open.repeat(depth), close.repeat(depth));
        let deep = "line 1: expected at most 32 tables within each other";
        assert!(fault(&nested(32, "{", "}")).contains("key number 1"));
        assert_eq!(fault(&nested(33, "{", "}")), deep);
        assert_eq!(fault(&nested(1_000_000, "{", "}")), deep);
        assert_eq!(fault(&nested(1_000_000, "{a=", "}")), deep);
        assert_eq!(fault(&nested(1_000_000, "{[", "]=1}")), deep);
    }

    #[test]
    fn part_of_a_file_is_refused() {
        let end = REAL.rfind('}').unwrap();
        for length in 0..=REAL.len() {
            let keys = read(&REAL[..length]);
            assert_eq!(keys.is_ok(), length > end, "{length}");
        }
    }

    #[test]
    fn damaged_files_never_panic_nor_show_what_they_hold() {
        for at in 0..REAL.len() {
            for byte in 0..128_u8 {
                let mut bytes = REAL.as_bytes().to_vec();
                bytes[at] = byte;
                if let Err(error) = read(std::str::from_utf8(&bytes).unwrap()) {
                    let shown = format!("{error} {error:?}");
                    assert!(!["0JoKl7", "39h59554", "My test"].iter().any(|part| shown.contains(part)), "{shown}");
                }
            }
        }
        assert!(!format!("{:?}", read(REAL)).contains("39h59554"));
    }
}
