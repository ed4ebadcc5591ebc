//! Keys of a Prosody host: reads the `invite_api_keys.dat` of `mod_invites_api`.
//!
//! The file is Lua source, written and loaded by Prosody's internal storage; see [`lua`].
//!
//! All keys come out, or none and the line at which something else was expected. Messages hold nothing of the file: it
//! is full of secrets. Finding the file and storing the keys is left to others.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::lua::{self, Field, LuaError, Value};
use crate::config::ApiMethod;
use crate::config::secret::Secret;
use crate::invite::name::KeyId;

/// A key as Prosody has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedKey {
    /// What it is called by; 12 characters where Prosody made it.
    pub id: KeyId,
    /// What callers send after the slash, in clear: Prosody keeps no digests.
    pub secret: Secret,
    /// What it is for; empty where nobody said.
    pub name: String,
    /// When it was created, in whole seconds.
    pub created_at: Option<Timestamp>,
    /// Methods on `/invites_api`, of those that we know.
    pub methods: Vec<ApiMethod>,
}

/// Why no key is taken from a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Not the data that Prosody writes.
    #[error(transparent)]
    Lua(#[from] LuaError),
    /// Data, but not a table.
    #[error("expected a table of keys after \"return\"")]
    NoTable,
    /// A table, but something in it is no key.
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
    let Value::Table(entries) = lua::read(text)? else { return Err(ImportError::NoTable) };
    // In Lua, what is nil is not there.
    let entries = entries.into_iter().filter(|entry| !matches!(entry.value, Value::Nil));
    let keys = entries.enumerate().map(|(index, entry)| {
        let key = import(index + 1, entry)?;
        Ok((key.id.clone(), key))
    });
    Ok(keys.collect::<Result<BTreeMap<_, _>, ImportError>>()?.into_values().collect())
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
            ("[=a", "plain data: a table, a text, a number, true, false or nil"),
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
            ("return 1", "expected a table of keys after \"return\""),
            ("return nil", "expected a table of keys after \"return\""),
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
