//! What reads the words of strangers, a function each: it takes any bytes, and asserts what must hold for all of them.
//!
//! `fuzz_targets/` hands them to libFuzzer; `tests/program/fuzz.rs` runs them over `corpus/` and mutations of it.

use invited::api::cursor::Cursor;
use invited::caller::client_address;
use invited::config::{Credentials, ForwardedHeader, Purpose, Sources, show};
use invited::elements::{Reader, StreamError, to_bytes};
use invited::invite::link;
use invited::invite::token::{LedgerKey, TOKEN_CHARS};
use invited::key::lua::{self, Value};
use invited::pages::language::Language;
use invited::server::head::{self, BodyLength, MAX_HEAD_BYTES};
use invited::server::proxy_protocol::{self, ProxyLine};
use minidom::Element;

/// What is asserted of any bytes.
pub type Target = fn(&[u8]);

/// Every target, as `fuzz_targets/` and `corpus/` call it.
pub const TARGETS: [(&str, Target); 9] = [
    ("cursors", cursors),
    ("elements", elements),
    ("forwarded", forwarded),
    ("head", head),
    ("languages", languages),
    ("lua", lua),
    ("proxy_protocol", proxy_protocol),
    ("tokens", tokens),
    ("toml", toml),
];

/// A request: what is accepted is whole, framed in one way alone, and the same whatever comes after it.
pub fn head(data: &[u8]) {
    const MAX_BODY_BYTES: u64 = 1_000;
    for value in ["accept", "origin"].into_iter().filter_map(|name| head::field(data, name)) {
        assert!(value.is_ascii() && value.len() <= data.len());
    }
    let Ok(Some(head)) = head::examine(data, MAX_BODY_BYTES) else { return };
    assert!(head.bytes <= data.len().min(MAX_HEAD_BYTES));
    let (own, rest) = data.split_at(head.bytes);
    assert!(own.ends_with(b"\n\r\n") || own.ends_with(b"\n\n"), "it ends with an empty line");
    assert_eq!(head::examine(own, MAX_BODY_BYTES), Ok(Some(head)), "without what follows");
    let followed = [own, b"GET /smuggled HTTP/1.1\r\n\r\n", rest].concat();
    assert_eq!(head::examine(&followed, MAX_BODY_BYTES), Ok(Some(head)), "with something else behind it");
    assert_eq!(head::examine(&own[..own.len() - 1], MAX_BODY_BYTES), Ok(None), "a byte is missing");
    // As a reader would see it that knows no more than lines.
    let field = |name: &str| {
        let lines = own.split(|byte| *byte == b'\n').skip(1);
        lines.filter(|line| line.to_ascii_lowercase().starts_with(name.as_bytes())).count()
    };
    let (lengths, codings, hosts) = (field("content-length:"), field("transfer-encoding:"), field("host:"));
    assert!(hosts <= 1, "it is for one host");
    match head.body {
        BodyLength::Known(0) => assert!(lengths <= 1 && codings == 0),
        BodyLength::Known(length) => assert!(lengths == 1 && codings == 0 && length <= MAX_BODY_BYTES),
        BodyLength::Chunked => assert!(lengths == 0 && codings >= 1),
    }
}

/// `Accept-Language`, and the tag in a link: what is found is the same in any case, and whatever says nothing stands around it.
pub fn languages(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let found = |header: &str| Language::accepted(header).map(|language| language.tag);
    let tag = found(&text);
    for same in [text.to_ascii_uppercase(), format!("ja;q=0, ,{text},*;q=0.1")] {
        assert_eq!(found(&same), tag, "{text:?} and {same:?}");
    }
    if let Some(language) = Language::asked_for(&text) {
        assert_eq!(Language::asked_for(language.tag).map(|again| again.tag), Some(language.tag));
    }
}

/// A stream of XML: it is read the same however it is cut, and what is read can be written and read again.
pub fn elements(data: &[u8]) {
    let whole = read(&[data]);
    let cut = data.first().map_or(1, |first| usize::from(*first) % 7 + 1);
    let pieces: Vec<_> = data.chunks(cut).collect();
    assert_eq!(read(&pieces), whole, "in pieces of {cut}");
    let mut reader = Reader::default();
    for piece in pieces {
        reader.feed(piece);
    }
    assert_eq!(taken(&mut reader, false), whole, "in pieces of {cut}, before any is looked at");
    for element in whole.into_iter().filter_map(Result::ok) {
        let Ok(bytes) = to_bytes(&element) else { continue };
        let again = read(&[b"<stream xmlns='x'>", &bytes]);
        assert_eq!(again, [Ok(Element::bare("stream", "x")), Ok(element)], "it was written as another one");
    }
}

/// What is read of a stream: what opens it, its elements, and which kind of error ends it.
fn read(parts: &[&[u8]]) -> Vec<Result<Element, &'static str>> {
    let (mut reader, mut read) = (Reader::default(), vec![]);
    for part in parts {
        reader.feed(part);
        read.extend(taken(&mut reader, !read.is_empty()));
        if matches!(read.last(), Some(Err(end)) if *end != TOO_LARGE) {
            break;
        }
    }
    read
}

/// The one error after which there is more.
const TOO_LARGE: &str = "too large";

/// What a reader has now, up to its end.
fn taken(reader: &mut Reader, mut is_opened: bool) -> Vec<Result<Element, &'static str>> {
    let mut taken = vec![];
    loop {
        let end = match if is_opened { reader.element() } else { reader.opening() } {
            Ok(Some(element)) => {
                is_opened = true;
                taken.push(Ok(element));
                continue;
            }
            Err(StreamError::TooLarge(_)) => {
                taken.push(Err(TOO_LARGE));
                continue;
            }
            Ok(None) => return taken,
            Err(StreamError::Ended) => "ended",
            Err(StreamError::Endless) => "endless",
            Err(StreamError::Xml(_)) => "no XML",
            Err(StreamError::Io(_) | StreamError::Closed) => "not by a reader",
        };
        taken.push(Err(end));
        return taken;
    }
}

/// A file of Prosody's: what is read can be written and read again, and an error is of a line that there is.
pub fn lua(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for write in [quoted, escaped] {
        let written = format!("return {}", write(text));
        assert!(matches!(lua::read(&written), Ok(Value::Text(read)) if read == text), "{written}");
    }
    match lua::read(text) {
        Ok(value) => {
            let written = format!("return {}", written(&value));
            let again = lua::read(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
            assert_eq!(format!("return {}", self::written(&again)), written);
            // What is made of a value does not panic.
            let _ = (value.time(), value.members().map(|members| members.len()));
        }
        Err(lua::LuaError::Syntax { line, .. } | lua::LuaError::Depth { line }) => {
            assert!((1..=text.matches('\n').count() + 1).contains(&line), "line {line}");
        }
    }
}

/// Lua data, as Lua writes it.
fn written(value: &Value) -> String {
    match value {
        Value::Nil => "nil".into(),
        Value::Bool(bool) => bool.to_string(),
        Value::Number(number) if number.is_finite() => format!("{number:?}"),
        Value::Number(number) => if number.is_sign_negative() { "-1e999" } else { "1e999" }.into(),
        Value::Text(text) => quoted(text),
        Value::Table(fields) => {
            let fields = fields.iter().map(|field| match &field.key {
                Some(key) => format!("[{}] = {}", quoted(key), written(&field.value)),
                None => written(&field.value),
            });
            format!("{{ {} }}", fields.collect::<Vec<_>>().join("; "))
        }
    }
}

/// `%q` of Lua.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{{{:x}}}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

/// The same with every escape that Lua has for a byte, in turn.
fn escaped(text: &str) -> String {
    let escaped = text.bytes().enumerate().map(|(at, byte)| match (at % 4, byte) {
        (0, _) => format!("\\{byte:03}"),
        (1, _) => format!("\\x{byte:02x}"),
        (2, b' '..=b'~') => format!("\\z \n\\u{{{byte:x}}}"),
        (_, b'\n') => "\\\n".into(),
        (_, b' '..=b'~') if !b"'\\".contains(&byte) => char::from(byte).to_string(),
        _ => format!("\\{byte:03}"),
    });
    format!("'{}'", escaped.collect::<String>())
}

/// `X-Forwarded-For` and, after a line end, `Forwarded`: whatever a client writes there, it does not choose its address.
pub fn forwarded(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (forwarded_for, forwarded) = text.split_once('\n').unwrap_or((text, ""));
    let trusted = ["127.0.0.1/32", "::1/128", "10.0.0.0/8"].map(|network| network.parse::<ipnet::IpNet>().unwrap());
    let ip = |text: &str| text.parse::<std::net::IpAddr>().unwrap();
    let (proxy, client, stranger) = (ip("127.0.0.1"), ip("203.0.113.5"), ip("192.0.2.1"));
    let address = |peer, counted, said: &str| client_address(Some(peer), counted, said, &trusted);
    let parts = text.split([',', '\n', ';', '=']).map(|part| part.trim().trim_matches('"'));
    let hops: Vec<_> = parts
        .flat_map(|part| {
            let bare = part.strip_prefix('[').and_then(|part| part.strip_suffix(']')).unwrap_or(part);
            [part.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip()), bare.parse().ok()]
        })
        .flatten()
        .map(|hop| hop.to_canonical())
        .collect();
    for (counted, said, appended) in [
        (ForwardedHeader::XForwardedFor, forwarded_for, format!("{client}")),
        (ForwardedHeader::Forwarded, forwarded, format!("for={client}")),
    ] {
        assert_eq!(address(stranger, counted, said), stranger, "nobody has to believe a stranger");
        // A proxy appends whom it has seen.
        assert_eq!(address(proxy, counted, &format!("{said}, {appended}")), client);
        // Nothing is made up: it is the proxy, or stands there.
        let found = address(proxy, counted, said);
        assert!(found == proxy || hops.contains(&found), "{found}");
    }
}

/// A PROXY line: no byte is asked for that does not belong to it, and none that follows is taken for a part of it.
pub fn proxy_protocol(data: &[u8]) {
    let Ok(ProxyLine::Whole(_)) = proxy_protocol::examine(data) else { return };
    for at in 0..data.len() {
        let Ok(ProxyLine::Needs(needed)) = proxy_protocol::examine(&data[..at]) else { panic!("it is whole at {at}") };
        assert!((1..=data.len() - at).contains(&needed), "{needed} more at {at}");
    }
    for next in [b'\r', b'\n', b'G', 0x16] {
        assert!(proxy_protocol::examine(&[data, &[next]].concat()).is_err(), "with {next} behind it");
    }
}

/// A token: none is opened but as it was made.
pub fn tokens(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (key, other) = (LedgerKey::new(&[7; 32]), LedgerKey::new(&[8; 32]));
    if let Some(id) = key.open(text) {
        let token = key.token(id);
        assert_eq!((text.len(), token.ends_with(['-', '_'])), (TOKEN_CHARS, false));
        // As it was made, or before tokens had other ends.
        assert!(token == text || text.ends_with(['-', '_']) && text[..TOKEN_CHARS - 1] == token[..TOKEN_CHARS - 1]);
        assert_eq!(other.open(text), None, "another key opens it");
    }
    if let Some(token) = link::token_in(text) {
        assert!(
            text.contains(token) && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        );
    }
}

/// A cursor: it stands for one place, and that place has one cursor.
pub fn cursors(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(cursor) = text.parse::<Cursor>() {
        assert_eq!(cursor.to_string(), text);
    }
}

/// A configuration file: what is wrong is told in a line each, the same each time; what is shown is TOML.
pub fn toml(data: &[u8]) {
    let file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    std::fs::write(file.path(), data).unwrap();
    let sources = Sources { files: vec![file.path().to_owned()], state_dir: Some("/nonexistent".into()) };
    let merged = sources.merge();
    let settings = merged.settings(&Credentials(None), Purpose::Check);
    if let Err(faults) = &settings {
        let again = merged.settings(&Credentials(None), Purpose::Check);
        assert_eq!(again.err().as_ref(), Some(faults), "something else is wrong the second time");
        for fault in &faults.0 {
            let line = fault.to_string();
            assert!(!line.contains(char::is_control), "{line:?}");
        }
    }
    if let Ok(text) = show(&merged) {
        assert!(::toml::from_str::<::toml::Table>(&text).is_ok(), "{text}");
    }
}
