//! The head of a request: whether it is whole, whether it may be, and how long the body after it is. Pure.
//!
//! hyper parses the same bytes later; what is checked here is what it does not report or answers without a body: framing
//! that two readers could understand differently (RFC 9112, 6.3), `Host` (3.2), the limits.

use std::str::FromStr as _;

use tide::http::Method;

use super::RequestError;
use super::proxy_protocol::SIGNATURE;

/// The longest head, in bytes.
pub const MAX_HEAD_BYTES: usize = 16 << 10;
/// The longest request target, in bytes.
const MAX_TARGET_BYTES: usize = 8 << 10;
/// The most header fields.
const MAX_FIELDS: usize = 100;

/// What the signature of the PROXY protocol's version 2 leaves when the blank lines it begins with are skipped.
const PROXY_SIGNATURE: &[u8] = SIGNATURE.split_at(4).1;
/// A proxy says first whose connection it passes on, and nobody here expects that.
pub(super) const PROXIED: RequestError = RequestError::Malformed(
    "The connection begins with the PROXY protocol: remove send-proxy at the proxy, or set http.proxy_protocol = true here.",
);

/// A head that may be handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its length, with the empty line at its end.
    pub bytes: usize,
    /// What follows it.
    pub body: BodyLength,
}

/// How long a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyLength {
    /// So many bytes.
    Known(u64),
    /// Chunks say where it ends.
    Chunked,
}

/// Looks at what has arrived. `None`: the head is not whole yet.
///
/// # Errors
/// When it may not be handed on, and what it is refused with.
pub fn examine(text: &[u8], max_body_bytes: u64) -> Result<Option<Head>, RequestError> {
    if text.starts_with(b"PROXY ") || text.starts_with(PROXY_SIGNATURE) {
        return Err(PROXIED);
    }
    if !text.is_empty() && PROXY_SIGNATURE.starts_with(text) {
        return Ok(None);
    }
    if text.first().is_some_and(|byte| !byte.is_ascii_alphanumeric() && !b"!#$%&'*+-.^_`|~".contains(byte)) {
        return Err(RequestError::Malformed("The request does not begin with a method."));
    }
    if !has_end(text) {
        return if text.len() < MAX_HEAD_BYTES { Ok(None) } else { Err(too_long(text)) };
    }

    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    let length = match request.parse(text) {
        Ok(httparse::Status::Complete(length)) if length > MAX_HEAD_BYTES => return Err(too_long(text)),
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(RequestError::HeadTooLarge),
        Err(httparse::Error::Version) => {
            return Err(RequestError::Malformed("Only HTTP/1.1 and HTTP/1.0 are spoken here."));
        }
        Err(httparse::Error::HeaderName | httparse::Error::HeaderValue | httparse::Error::NewLine) => {
            return Err(RequestError::Malformed("A header field is malformed."));
        }
        Err(httparse::Error::Token | httparse::Error::Status) => {
            return Err(RequestError::Malformed("The request line is malformed."));
        }
    };
    let (method, target) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
    if target.len() > MAX_TARGET_BYTES {
        return Err(RequestError::TargetTooLong);
    }
    check_target(method, target)?;
    let is_1_1 = request.version == Some(1);
    check_host(request.headers, is_1_1)?;
    let body = body_length(request.headers, is_1_1, max_body_bytes)?;
    Ok(Some(Head { bytes: length, body }))
}

/// A field of a head that was refused; as good as it can be read.
#[must_use]
pub fn field(text: &[u8], name: &str) -> Option<String> {
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).take_while(|line| !line.is_empty());
    let field = |line: &[u8]| {
        let (other, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
        (other.eq_ignore_ascii_case(name) && value.is_ascii()).then(|| value.trim().to_owned())
    };
    lines.take(MAX_FIELDS).find_map(field)
}

/// Whether an empty line ends the head.
fn has_end(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
        rest = &rest[at + 1..];
        if rest.starts_with(b"\r\n") || rest.starts_with(b"\n") {
            return true;
        }
    }
    false
}

fn too_long(text: &[u8]) -> RequestError {
    let line = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    if line > MAX_TARGET_BYTES { RequestError::TargetTooLong } else { RequestError::HeadTooLarge }
}

/// Reads a method.
pub(super) fn read_method(name: &str) -> Result<Method, RequestError> {
    let unknown = RequestError::NotImplemented("This method is not known here.");
    if name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        // Methods are case-sensitive (RFC 9110, 9.1); http-types' parser is not.
        return Err(unknown);
    }
    match Method::from_str(name) {
        // There is nothing to connect to.
        Ok(Method::Connect) => Err(unknown),
        Ok(method) => Ok(method),
        // Younger than http-types. Nothing here offers it; SEARCH, its forerunner, is refused for it with 405.
        Err(_) if name == "QUERY" => Ok(Method::Search),
        Err(_) => Err(unknown),
    }
}

fn check_target(method: &str, target: &str) -> Result<(), RequestError> {
    if read_method(method)? == Method::Options && target == "*" {
        return Ok(());
    }
    let absolute = ["http://", "https://"]
        .iter()
        .any(|scheme| target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    let graphic = target.bytes().all(|byte| byte.is_ascii_graphic());
    if !graphic || !(absolute || target.starts_with('/')) || hyper::Uri::from_str(target).is_err() {
        return Err(RequestError::Malformed("The request target is malformed."));
    }
    // A proxy that goes by the path sees another one than who takes a backslash for a slash, or leaves a fragment out.
    let path = target.split('?').next().unwrap_or_default();
    if path.contains('\\') || path.to_ascii_lowercase().contains("%5c") {
        return Err(RequestError::Malformed("There is a backslash in the path."));
    }
    if target.contains('#') {
        return Err(RequestError::Malformed("There is a fragment in the request target."));
    }
    Ok(())
}

fn values<'a>(fields: &'a [httparse::Header<'_>], name: &'static str) -> impl Iterator<Item = &'a [u8]> {
    fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
}

/// Exactly one good `Host` in HTTP/1.1, at most one before; it is empty where the client knows of no authority
/// (RFC 9112, 3.2).
fn check_host(fields: &[httparse::Header<'_>], is_1_1: bool) -> Result<(), RequestError> {
    let mut hosts = values(fields, "host");
    match (hosts.next(), hosts.next()) {
        (None, _) if is_1_1 => Err(RequestError::Malformed("HTTP/1.1 needs a Host header.")),
        (None, _) => Ok(()),
        (Some(host), None) if host.is_empty() || is_host(host) => Ok(()),
        (Some(_), None) => Err(RequestError::Malformed("The Host header is malformed.")),
        (Some(_), Some(_)) => Err(RequestError::Malformed("There is more than one Host header.")),
    }
}

fn is_host(host: &[u8]) -> bool {
    std::str::from_utf8(host).ok().and_then(|host| host.parse::<hyper::http::uri::Authority>().ok()).is_some_and(
        |authority| {
            let port_is_good = authority.as_str().ends_with(authority.host()) || authority.port_u16().is_some();
            !authority.host().is_empty() && !authority.as_str().contains('@') && port_is_good
        },
    )
}

fn body_length(fields: &[httparse::Header<'_>], is_1_1: bool, max_body_bytes: u64) -> Result<BodyLength, RequestError> {
    let mut codings = values(fields, "transfer-encoding").peekable();
    let mut lengths = values(fields, "content-length");
    let length = match (lengths.next(), lengths.next()) {
        (None, _) => None,
        (Some(length), None) => Some(length),
        (Some(_), Some(_)) => return Err(RequestError::Malformed("There is more than one Content-Length header.")),
    };
    if codings.peek().is_some() {
        if length.is_some() {
            return Err(RequestError::Malformed("Content-Length and Transfer-Encoding exclude each other."));
        }
        if !is_1_1 {
            return Err(RequestError::Malformed("HTTP/1.0 has no Transfer-Encoding."));
        }
        return transfer_coding(&codings.collect::<Vec<_>>().join(&b','));
    }
    let Some(length) = length else { return Ok(BodyLength::Known(0)) };
    if length.is_empty() || !length.iter().all(u8::is_ascii_digit) {
        return Err(RequestError::Malformed("The Content-Length header is malformed."));
    }
    match std::str::from_utf8(length).ok().and_then(|digits| digits.parse().ok()) {
        Some(length) if length <= max_body_bytes => Ok(BodyLength::Known(length)),
        _ => Err(RequestError::BodyTooLarge),
    }
}

/// `chunked`, once and alone; others are known to nobody here, and without `chunked` at the end nobody knows the length.
fn transfer_coding(codings: &[u8]) -> Result<BodyLength, RequestError> {
    let codings: Vec<_> = codings.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).collect();
    let chunked = codings.iter().filter(|coding| coding.eq_ignore_ascii_case(b"chunked")).count();
    let last = codings.last().is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked"));
    match (last, chunked, codings.len()) {
        (true, 1, 1) => Ok(BodyLength::Chunked),
        (true, 1, _) => Err(RequestError::NotImplemented("Only the transfer coding chunked is known here.")),
        _ => Err(RequestError::Malformed("The Transfer-Encoding header is malformed.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Option<Head>, RequestError> {
        examine(text.as_bytes(), 1000)
    }

    #[test]
    fn a_head_is_whole_at_its_empty_line() {
        let head = "GET /?a=b HTTP/1.1\r\nHost: localhost:5290\r\n\r\n";
        for at in 0..head.len() {
            assert_eq!(of(&head[..at]), Ok(None), "{at}");
        }
        let whole = Ok(Some(Head { bytes: head.len(), body: BodyLength::Known(0) }));
        assert_eq!(of(head), whole);
        assert_eq!(of(&format!("{head}GET / HTTP/1.1\r\n")), whole);
    }

    #[test]
    fn framing_that_could_be_understood_twice_is_refused() {
        let with =
            |fields: &str| of(&format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n")).map(|head| head.unwrap().body);
        assert_eq!(with("Content-Length: 5\r\n"), Ok(BodyLength::Known(5)));
        assert_eq!(with("Transfer-Encoding: Chunked\r\n"), Ok(BodyLength::Chunked));
        assert_eq!(with("Content-Length: 1001\r\n"), Err(RequestError::BodyTooLarge));
        assert_eq!(with("Content-Length: 99999999999999999999999\r\n"), Err(RequestError::BodyTooLarge));
        for wrong in [
            "Content-Length: -1\r\n",
            "Content-Length: +1\r\n",
            "Content-Length:\r\n",
            "Content-Length: 5, 5\r\n",
            "Content-Length: 5\r\nContent-Length: 5\r\n",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Transfer-Encoding: chunked, chunked\r\n",
            "Transfer-Encoding: chunked, gzip\r\n",
            "Transfer-Encoding: \r\n",
            "Host: b\r\n",
            "Bad Name: x\r\n",
            "Folded: a\r\n b\r\n",
        ] {
            assert!(matches!(with(wrong), Err(RequestError::Malformed(_))), "{wrong:?} gave {:?}", with(wrong));
        }
        let unknown = Err(RequestError::NotImplemented("Only the transfer coding chunked is known here."));
        assert_eq!(with("Transfer-Encoding: gzip, chunked\r\n"), unknown);
        assert_eq!(with("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), unknown);
    }

    #[test]
    fn hosts_are_checked() {
        let with = |host: &str| of(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        for good in ["", "a", "example.com:80", "[::1]:5290", "127.0.0.1", "xn--bcher-kva.example"] {
            assert!(with(good).is_ok(), "{good}");
        }
        for wrong in ["a b", "a@b", ":80", "a/b", "a:b", "a:99999", "a, b", "é"] {
            assert_eq!(with(wrong), Err(RequestError::Malformed("The Host header is malformed.")), "{wrong:?}");
        }
        assert_eq!(of("GET / HTTP/1.1\r\n\r\n"), Err(RequestError::Malformed("HTTP/1.1 needs a Host header.")));
        assert!(of("GET / HTTP/1.0\r\n\r\n").is_ok());
    }

    #[test]
    fn a_proxy_line_is_told_from_other_garbage() {
        let line = "PROXY TCP4 192.0.2.1 127.0.0.1 4711 80\r\n";
        for whole in [line, "\0\r\nQUIT\n\x21\x11\0", "\0\r\nQUIT\n"] {
            assert_eq!(of(whole), Err(PROXIED), "{whole:?}");
        }
        assert_eq!(of("\0\r\nQUI"), Ok(None));
        for other in ["\0\r\nQUOT", "\0\0", "proxy TCP4\r\n\r\n", "PROXY\r\n\r\n"] {
            assert!(of(other).is_err_and(|error| error != PROXIED), "{other:?}");
        }
    }

    #[test]
    fn what_is_too_long_is_told_apart() {
        let long = "x".repeat(20 << 10);
        assert_eq!(of(&format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n")), Err(RequestError::TargetTooLong));
        assert_eq!(of(&format!("GET /{long}")), Err(RequestError::TargetTooLong));
        assert_eq!(
            of(&format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", &long[..9000])),
            Err(RequestError::TargetTooLong)
        );
        assert_eq!(of(&format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n")), Err(RequestError::HeadTooLarge));
        assert_eq!(of(&format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}")), Err(RequestError::HeadTooLarge));
        let many = "X: y\r\n".repeat(300);
        assert_eq!(of(&format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n")), Err(RequestError::HeadTooLarge));
    }

    #[test]
    fn targets_and_methods() {
        let line = |line: &str| of(&format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n")).map(|head| head.is_some());
        for good in ["GET /", "PUT /x?y", "GET http://a/", "GET HTTP://a/x", "OPTIONS *", "QUERY /", "GET /?\\%5c"] {
            assert_eq!(line(good), Ok(true), "{good}");
        }
        for unknown in ["BREW /", "get /", "CONNECT a:443"] {
            assert_eq!(line(unknown), Err(RequestError::NotImplemented("This method is not known here.")), "{unknown}");
        }
        for wrong in ["GET *", "GET x", "GET ftp://a/", "GET a:443", "GET", "GET /é", "GET  /", "\u{16}\u{3}\u{1}"]
            .into_iter()
            .chain(["GET /a\\b", "GET /%5C", "GET /a%5cb?", "GET http://a\\/b", "GET /a#b", "GET /?a#b"])
        {
            assert!(matches!(line(wrong), Err(RequestError::Malformed(_))), "{wrong} gave {:?}", line(wrong));
        }
    }
}
