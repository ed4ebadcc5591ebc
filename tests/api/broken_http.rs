//! Broken and odd requests, byte for byte: what is answered, and whether the connection goes on (SPEC 6; RFC 9112).
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use common::http::request;
use common::{CONFIG, Client, KEY, PATIENCE, Response, Scratch, Served, exchange, now};

/// The timeouts under test, where they are.
const TIMEOUT: Duration = Duration::from_millis(300);
const MAX_BODY: usize = 64 << 10;
const MAX_HEAD: usize = 16 << 10;
const MAX_TARGET: usize = 8 << 10;

/// A request, and how it is answered.
struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    status: u16,
}

fn case(name: &'static str, status: u16, bytes: impl Into<Vec<u8>>) -> Case {
    Case { name, bytes: bytes.into(), status }
}

/// A POST with these fields, each a line with its end.
fn post(fields: &str) -> String {
    format!("POST /nowhere HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

/// A GET with this `Host` line.
fn host(line: &str) -> String {
    format!("GET /nowhere HTTP/1.1\r\n{line}\r\n\r\n")
}

/// What cannot be understood, or is too much. None of these needs more bytes than are here.
fn broken() -> Vec<Case> {
    let mut tls_hello = vec![0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    tls_hello.extend((0..=255).cycle().take(500));
    let long = "x".repeat(20 << 10);
    let line = |line: &str| format!("{line}\r\nHost: a\r\n\r\n");
    vec![
        case("garbage", 400, "hello, is anybody there?\r\n\r\n"),
        case("control characters", 400, "\0\x01\x02\x03\r\n\r\n"),
        case("a TLS hello", 400, tls_hello),
        case("the HTTP/2 preface", 400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        case("HTTP/0.9", 400, "GET /nowhere\r\n\r\n"),
        case("HTTP/1.2", 400, line("GET /nowhere HTTP/1.2")),
        case("lower-case http", 400, line("GET /nowhere http/1.1")),
        case("no version", 400, line("GET /nowhere ")),
        case("a blank before the method", 400, line(" GET /nowhere HTTP/1.1")),
        case("two blanks before the target", 400, line("GET  /nowhere HTTP/1.1")),
        case("a blank in the target", 400, line("GET /no where HTTP/1.1")),
        case("a target beyond ASCII", 400, line("GET /nöwhere HTTP/1.1")),
        case("a relative target", 400, line("GET nowhere HTTP/1.1")),
        case("a target of another scheme", 400, line("GET ftp://a/nowhere HTTP/1.1")),
        case("an asterisk without OPTIONS", 400, line("GET * HTTP/1.1")),
        case("a backslash in the path", 400, line("GET /assets\\..\\invites_api HTTP/1.1")),
        case("a backslash in the path, encoded", 400, line("GET /assets%5c..%5Cinvites_api HTTP/1.1")),
        case("a backslash for the first slash", 400, line("GET /\\invites_api HTTP/1.1")),
        case("a fragment", 400, line("GET /invites_api#.png HTTP/1.1")),
        case("no Host", 400, "GET /nowhere HTTP/1.1\r\n\r\n"),
        case("two Hosts", 400, host("Host: a\r\nHost: b")),
        case("the same Host twice", 400, host("Host: a\r\nHost: a")),
        case("two Hosts in HTTP/1.0", 400, "GET /nowhere HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
        case("a blank in Host", 400, host("Host: a b")),
        case("a path in Host", 400, host("Host: a/b")),
        case("a user in Host", 400, host("Host: user@a")),
        case("a list in Host", 400, host("Host: a, b")),
        case("a word for Host's port", 400, host("Host: a:http")),
        case("a Host beyond ASCII", 400, host("Host: é.example")),
        case("a field without a colon", 400, host("Host: a\r\nnonsense")),
        case("a blank before the colon", 400, host("Host : a")),
        case("a field without a name", 400, host("Host: a\r\n: x")),
        case("a folded field", 400, host("Host: a\r\nX: y\r\n z")),
        case("NUL in a field", 400, host("Host: a\r\nX: y\0z")),
        case("a bare CR in a field", 400, host("Host: a\r\nX: y\rZ: w")),
        case("Content-Length and Transfer-Encoding", 400, post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")),
        case("Transfer-Encoding and Content-Length", 400, post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")),
        case("two lengths", 400, post("Content-Length: 5\r\nContent-Length: 6\r\n")),
        case("the same length twice", 400, post("Content-Length: 5\r\nContent-Length: 5\r\n")),
        case("a list of lengths", 400, post("Content-Length: 5, 5\r\n")),
        case("a negative length", 400, post("Content-Length: -1\r\n")),
        case("a length with a plus", 400, post("Content-Length: +5\r\n")),
        case("a hexadecimal length", 400, post("Content-Length: 0x5\r\n")),
        case("an empty length", 400, post("Content-Length: \r\n")),
        case("chunked twice", 400, post("Transfer-Encoding: chunked, chunked\r\n")),
        case("chunked not last", 400, post("Transfer-Encoding: chunked, gzip\r\n")),
        case("an empty coding", 400, post("Transfer-Encoding: \r\n")),
        case("chunked in HTTP/1.0", 400, "POST /nowhere HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        case("a longer body than may be", 413, post(&format!("Content-Length: {}\r\n", MAX_BODY + 1))),
        case("a longer body than there are numbers", 413, post(&format!("Content-Length: {}\r\n", "9".repeat(40)))),
        case("a longer body, and Expect", 413, post("Expect: 100-continue\r\nContent-Length: 1000000\r\n")),
        case("a target of 20 KiB", 414, line(&format!("GET /{long} HTTP/1.1"))),
        case("a target that does not end", 414, format!("GET /{long}")),
        case("a target of 8 KiB and 1", 414, line(&format!("GET /{} HTTP/1.1", &long[..MAX_TARGET]))),
        case("a head of 20 KiB", 431, host(&format!("Host: a\r\nX: {long}"))),
        case("a head that does not end", 431, format!("GET /nowhere HTTP/1.1\r\nHost: a\r\nX: {long}")),
        case("a head of 16 KiB and 1", 431, padded(MAX_HEAD + 1)),
        case("300 fields", 431, host(&format!("Host: a{}", "\r\nX: y".repeat(300)))),
        case("101 fields", 431, host(&format!("Host: a{}", "\r\nX: y".repeat(100)))),
        case("an unknown method", 501, line("BREW /nowhere HTTP/1.1")),
        case("a lower-case method", 501, line("get /nowhere HTTP/1.1")),
        case("CONNECT", 501, line("CONNECT a:443 HTTP/1.1")),
        case("gzip, chunked", 501, post("Transfer-Encoding: gzip, chunked\r\n")),
        case("gzip and chunked, a line each", 501, post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n")),
    ]
}

/// A whole GET of `bytes` bytes.
fn padded(bytes: usize) -> String {
    let (start, end) = ("GET /nowhere HTTP/1.1\r\nHost: a\r\nX: ", "\r\n\r\n");
    format!("{start}{}{end}", "x".repeat(bytes - start.len() - end.len()))
}

/// Checks what every answer has.
fn check_headers(name: &str, answer: &Response) {
    assert!(answer.header("x-request-id").is_some_and(|id| !id.is_empty()), "{name}: {answer:?}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{name}: {answer:?}");
    assert!(answer.header("date").is_some(), "{name}: {answer:?}");
}

/// Checks a refusal, its body and all.
fn check_problem(name: &str, answer: &Response, status: u16) {
    assert_eq!(answer.status, status, "{name}: {answer:?}");
    check_headers(name, answer);
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{name}: {answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{name}: {answer:?}");
    let body = answer.json();
    let members: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["detail", "status", "title", "type"], "{name}: {body}");
    assert_eq!(body["status"], status, "{name}: {body}");
    assert!(body["type"].as_str().unwrap().starts_with("urn:invited:problem:"), "{name}: {body}");
    assert!(body["detail"].as_str().unwrap().ends_with('.'), "{name}: {body}");
}

/// Checks the refusal of something that was no request, and the line about it.
fn check_refusal(served: &Served, name: &str, answer: &Response, status: u16) {
    check_problem(name, answer, status);
    assert_eq!(answer.header("connection"), Some("close"), "{name}: {answer:?}");
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "a page that called reads it: {name}");
    let line = served.wait_log(&format!("request.id={} ", answer.header("x-request-id").unwrap()));
    assert!(line.contains(&format!(" http.method=- http.route=- http.status={status} ")), "{name}: {line}");
}

/// tide's router would read a longer part as garbage (see docs/architecture.md): it sees another one instead. None is
/// configured.
#[test]
fn no_part_of_a_path_that_the_router_sees_is_longer_than_it_can_take() {
    let part = "a-part-of-23-characters";
    let config = CONFIG.replace("invite.example.com/", &format!("invite.example.com/{part}/{part}/"));
    let scratch = Scratch::new(&config);
    let served = scratch.serve();
    let mut client = served.client();
    for (route, start) in [
        ("/assets/{name}", "/assets/"),
        ("/invite/setup/{app}", "/invite/setup/"),
        ("/api/v1/invites/{id}", "/api/v1/invites/"),
    ] {
        for length in [22, 23, 24, 25, 26, 27, 255, 4001] {
            let target = format!("/{part}/{part}{start}{}", "x".repeat(length));
            let answer = client.ask("GET", &target, &[&format!("Authorization: Bearer {KEY}")]);
            let line = served.wait_log(&format!("request.id={} ", answer.header("x-request-id").unwrap()));
            assert!(line.contains(&format!(" http.route={route} ")), "{length}: {line}");
            let status = if start == "/api/v1/invites/" { 403 } else { 404 };
            assert_eq!(answer.status, status, "{length}: {answer:?}");
        }
    }
    assert_eq!(client.get(&format!("/{part}/{part}/healthz")).status, 200);

    let long = format!("{part}x");
    for path in [&*long, &format!("{long}/a"), &format!("a/{long}/a")] {
        for (config, at) in [
            (CONFIG.replace("invite.example.com/", &format!("invite.example.com/{path}/")), "public_url"),
            (format!("{CONFIG}[http.paths]\ninvites_api = \"/{path}\"\n"), "http.paths.invites_api"),
        ] {
            scratch.configure(&config);
            let output = scratch.run(&["check"]);
            let told = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{told}");
            assert!(told.contains(at) && told.contains("parts") && told.contains("at most 23 characters"), "{told}");
        }
    }
}

/// A proxy that lets a path through, or keeps it away, has gone by how it is written.
#[test]
fn a_path_with_dot_segments_leads_nowhere() {
    let config = CONFIG.replace("invite.example.com/", "invite.example.com/p/");
    for (config, prefix) in [(CONFIG, ""), (&*config, "/p")] {
        let scratch = Scratch::new(config);
        let served = scratch.serve();
        let mut client = served.client();
        for (before, after) in [
            ("/.", ""),
            ("/./.", ""),
            ("/x/..", ""),
            ("/..", ""),
            ("/%2e", ""),
            ("/%2E", ""),
            ("/x/%2e%2e", ""),
            ("/x/.%2E", ""),
            ("/x/%2E.", ""),
            ("", "/."),
            ("", "/x/.."),
            ("", "/%2e"),
            ("http://elsewhere.example/./", ""),
        ] {
            for route in ["/invites_api", "/healthz", "/api/v1/self", "/invite"] {
                let target = format!("{before}{prefix}{route}{after}");
                let answer = client.ask("POST", &target, &[&format!("Authorization: Bearer {KEY}")]);
                check_problem(&target, &answer, 404);
            }
        }
        // They are what they are elsewhere.
        assert_eq!(client.get(&format!("{prefix}/healthz?/../x")).status, 200);
    }
}

/// A request that makes an invite; whoever answers it where nothing may be answered is found out.
fn make_invite() -> String {
    request("POST", "/invites_api", &[&format!("Authorization: Bearer {KEY}")], "")
}

#[test]
fn broken_requests_are_answered_and_end_the_connection() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    for Case { name, bytes, status } in broken() {
        let mut client = served.client();
        client.send(&bytes);
        let answer = client.read().unwrap_or_else(|| panic!("{name}: no answer"));
        check_refusal(&served, name, &answer, status);
        assert!(client.is_ended(), "{name}");
    }
}

#[test]
fn nothing_after_a_broken_request_is_answered() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    for Case { name, mut bytes, status } in broken() {
        bytes.extend_from_slice(make_invite().as_bytes());
        let mut client = served.client();
        client.send(&bytes);
        let answer = client.read().unwrap_or_else(|| panic!("{name}: no answer"));
        check_refusal(&served, name, &answer, status);
        assert!(client.is_ended(), "{name}");
    }
    assert!(!served.log().contains("invite.created"), "{}", served.log());
}

/// A refusal without the CORS headers is to a page as if the network were down, whoever refuses.
#[test]
fn a_page_reads_each_refusal_if_its_origin_may_call() {
    let scratch = Scratch::new(&format!("cors_origins = [\"https://www.example.com\"]\n{CONFIG}"));
    let served = scratch.serve();
    let call = |method: &str, target: &str, field: &str| format!("{method} {target} HTTP/1.1\r\nHost: a\r\n{field}");
    let chunks = format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{}", MAX_BODY + 1, "x".repeat(MAX_BODY + 1));
    for (status, start, rest) in [
        (400, call("POST", "/api/v1/invites", "Content-Length: +5\r\n"), "\r\n"),
        (401, call("GET", "/api/v1/invites", ""), "\r\n"),
        (403, call("GET", "/invites_api", ""), "\r\n"),
        (404, call("GET", "/api/v1/nowhere", ""), "\r\n"),
        (404, call("GET", "/api//v1/invites", ""), "\r\n"),
        (405, call("DELETE", "/invites_api", ""), "\r\n"),
        (405, call("DELETE", "/api/v1/self", ""), "\r\n"),
        (413, call("POST", "/api/v1/invites", "Content-Length: 99999999\r\n"), "\r\n"),
        (413, call("POST", "/api/v1/invites", ""), &chunks),
        (414, call("GET", &format!("/invites_api?key={}", "x".repeat(MAX_TARGET)), ""), "\r\n"),
        (431, call("GET", "/invites_api", ""), &format!("X: {}\r\n\r\n", "x".repeat(MAX_HEAD))),
        (501, call("BREW", "/invites_api", ""), "\r\n"),
    ] {
        for (origin, allowed) in
            [("https://www.example.com", Some("https://www.example.com")), ("https://evil.example", None)]
        {
            let mut client = served.client();
            client.send(format!("{start}Origin: {origin}\r\n{rest}"));
            let answer = client.read().unwrap();
            assert_eq!(answer.status, status, "{start}");
            assert_eq!(answer.header("access-control-allow-origin"), allowed, "{start}");
            let exposed = answer.header("access-control-expose-headers");
            assert_eq!(exposed.is_some_and(|exposed| exposed.contains("X-Request-Id")), allowed.is_some(), "{start}");
        }
    }
    // Of our pages, those that invites open are read by web clients, for the link that is for them.
    for (origin, exposed) in [("https://www.example.com", Some("Link")), ("https://evil.example", None)] {
        let page = served.client().ask("GET", "/invite?nobody", &[&format!("Origin: {origin}")]);
        assert_eq!((page.status, page.header("access-control-expose-headers")), (404, exposed), "{origin}");
    }
    let page = served.client().ask("GET", "/nowhere", &["Origin: https://www.example.com"]);
    assert_eq!((page.status, page.header("access-control-allow-origin")), (404, None));
}

/// RFC 9110, 9.3.2: whoever reads the answer to HEAD takes what follows its head for another answer.
#[test]
fn a_refused_head_has_no_body_as_any_other() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    for (status, fields) in [
        (400, "Host: a b\r\n".to_owned()),
        (413, "Host: a\r\nContent-Length: 99999999\r\n".to_owned()),
        (431, format!("Host: a\r\nX: {}\r\n", "x".repeat(MAX_HEAD))),
    ] {
        let mut client = served.client();
        client.send(format!("HEAD /invites_api HTTP/1.1\r\n{fields}\r\n"));
        client.end_write();
        let answer = client.try_read(true).unwrap().unwrap();
        assert_eq!((answer.status, answer.header("content-length") > Some("0")), (status, true));
        assert!(client.is_ended());
    }
}

#[test]
fn requests_before_a_broken_one_keep_their_answers() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    for Case { name, bytes, status } in broken() {
        let mut client = served.client();
        client.send([make_invite().as_bytes(), request("GET", "/nowhere", &[], "").as_bytes(), &bytes].concat());
        let [made, nowhere, refused] = [(); 3].map(|()| client.read().unwrap_or_else(|| panic!("{name}: no answer")));
        assert_eq!((made.status, made.header("connection")), (201, None), "{name}: {made:?}");
        assert_eq!(made.token().len(), 24, "{name}");
        check_problem(name, &nowhere, 404);
        check_refusal(&served, name, &refused, status);
        assert!(client.is_ended(), "{name}");
    }
}

/// Odd, and as good as any other.
fn odd() -> Vec<Case> {
    let get = |fields: &str| format!("GET /nowhere HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    let line = |line: &str| format!("{line}\r\nHost: a\r\n\r\n");
    vec![
        case("absolute form", 404, line("GET http://elsewhere.example/nowhere HTTP/1.1")),
        case("absolute form with a port", 404, line("GET https://elsewhere.example:8443/nowhere?a=b HTTP/1.1")),
        case("absolute form without a path", 200, line("GET HTTP://elsewhere.example HTTP/1.1")),
        case("absolute form of a route", 403, line("GET http://elsewhere.example/invites_api HTTP/1.1")),
        case("OPTIONS *", 204, line("OPTIONS * HTTP/1.1")),
        case("bare LF", 404, "GET /nowhere HTTP/1.1\nHost: a\n\n"),
        case("bare LF at the end", 404, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\n"),
        case("leading blank lines", 404, format!("\r\n\r\n\n{}", get(""))),
        case("UTF-8 in a field", 404, get("X: é\u{1f600}\r\n")),
        case("Latin-1 in a field", 404, [b"GET /nowhere HTTP/1.1\r\nHost: a\r\nX: \xe9\r\n\r\n".as_slice()].concat()),
        case(
            "UTF-8 in Authorization",
            403,
            "GET /invites_api HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer sïte/é\r\n\r\n",
        ),
        case("an empty field", 404, get("X:\r\n")),
        case("tabs around a value", 404, get("X:\t y \t\r\n")),
        case("names in other letter case", 404, "GET /nowhere HTTP/1.1\r\nhOST:a\r\n\r\n"),
        case("an empty Host", 404, host("Host:")),
        case("an empty Host after blanks", 404, host("Host: \t ")),
        case("a Host with a port", 404, "GET /nowhere HTTP/1.1\r\nHost: [2001:db8::1]:5290\r\n\r\n"),
        case("a head of 16 KiB", 404, padded(MAX_HEAD)),
        case("a target of 8 KiB", 404, line(&format!("GET /{} HTTP/1.1", "x".repeat(MAX_TARGET - 1)))),
        case("100 fields", 404, get(&"X: y\r\n".repeat(99))),
        case("a method of others", 404, line("PROPFIND /nowhere HTTP/1.1")),
        case("bad percent-encoding", 404, line("GET /nowhere%zz?%%&%f HTTP/1.1")),
        case("GET with a body", 404, get("Content-Length: 18\r\n") + "GET / HTTP/1.1\r\n\r\n"),
        case("a length with zeros", 404, post("Content-Length: 0005\r\n") + "12345"),
        case("the longest body", 404, post(&format!("Content-Length: {MAX_BODY}\r\n")) + "x".repeat(MAX_BODY).as_str()),
        case("HTTP/1.0 kept alive", 404, "GET /nowhere HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"),
        case(
            "an upgrade to h2c",
            404,
            get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"),
        ),
        case("an upgrade to WebSocket", 404, get("Connection: upgrade\r\nUpgrade: websocket\r\n")),
    ]
}

#[test]
fn odd_requests_are_served_and_keep_the_connection() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    for Case { name, bytes, status } in odd() {
        let mut client = served.client();
        client.send(&bytes);
        let answer = client.read().unwrap_or_else(|| panic!("{name}: no answer"));
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        check_headers(name, &answer);
        assert_ne!(answer.header("connection"), Some("close"), "{name}: {answer:?}");
        let next = client.get("/nowhere");
        check_problem(name, &next, 404);
        assert_ne!(answer.header("x-request-id"), next.header("x-request-id"), "{name}");
    }
}

#[test]
fn odd_requests_are_served_between_others() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let (before, after) = (request("DELETE", "/invites_api", &[], ""), make_invite());
    for Case { name, bytes, status } in odd() {
        let answers = exchange(served.address(), &[before.as_bytes(), &bytes, after.as_bytes()].concat());
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [405, status, 201], "{name}");
    }
}

#[test]
fn options_of_the_server_names_the_methods() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let answer = served.client().ask("OPTIONS", "*", &[]);
    assert_eq!((answer.status, answer.header("allow")), (204, Some("GET, HEAD, POST, OPTIONS")));
    assert_eq!(answer.body, b"");
}

#[test]
fn http_1_0_is_told_that_its_connection_is_kept() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let mut client = served.client();
    for _ in 0..3 {
        client.send("GET /nowhere HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        let answer = client.read().unwrap();
        check_problem("kept", &answer, 404);
        assert_eq!(answer.header("connection").map(str::to_ascii_lowercase).as_deref(), Some("keep-alive"));
    }
    client.send("GET /nowhere HTTP/1.0\r\n\r\n");
    check_problem("ended", &client.read().unwrap(), 404);
    assert!(client.is_ended());
}

/// Good requests after which nothing more is read.
fn last() -> Vec<Case> {
    let chunked = |rest: &str| post("Transfer-Encoding: chunked\r\n") + rest;
    let most = format!("{MAX_BODY:x}\r\n{}\r\n0\r\n\r\n", "x".repeat(MAX_BODY));
    vec![
        case("HTTP/1.0", 404, "GET /nowhere HTTP/1.0\r\n\r\n"),
        case("HTTP/1.0 with Host", 404, "GET /nowhere HTTP/1.0\r\nHost: a\r\n\r\n"),
        case("HTTP/1.0 with a body", 404, "POST /nowhere HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc"),
        case("HTTP/1.0, Connection: close", 404, "GET /nowhere HTTP/1.0\r\nConnection: close\r\n\r\n"),
        case("Connection: close", 404, "GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
        case("Connection: Close among others", 404, "GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n"),
        case("no chunks", 404, chunked("0\r\n\r\n")),
        case("a chunk", 404, chunked("5\r\nhello\r\n0\r\n\r\n")),
        case("chunks", 404, chunked("5\r\nhello\r\n0B\r\n12345678901\r\n000\r\n\r\n")),
        case("chunks with extensions", 404, chunked("5;a=b\r\nhello\r\n0;c\r\n\r\n")),
        case("chunks with a trailer", 404, chunked("5\r\nhello\r\n0\r\nX: y\r\n\r\n")),
        case("chunks up to the longest body", 404, chunked(&most)),
        case("Chunked in other letter case", 404, post("Transfer-Encoding: cHuNkEd\r\n") + "1\r\nx\r\n0\r\n\r\n"),
    ]
}

#[test]
fn a_last_request_is_answered_and_nothing_after_it() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    for after in ["", &make_invite(), "broken\r\n\r\n"] {
        for Case { name, mut bytes, status } in last() {
            let is_1_1 = bytes.windows(8).any(|window| window == b"HTTP/1.1");
            bytes.extend_from_slice(after.as_bytes());
            let mut client = served.client();
            client.send(&bytes);
            let answer = client.read().unwrap_or_else(|| panic!("{name}: no answer"));
            check_problem(name, &answer, status);
            if is_1_1 {
                assert_eq!(answer.header("connection"), Some("close"), "{name}: {answer:?}");
            }
            assert!(client.is_ended(), "{name}");
        }
    }
    assert!(!served.log().contains("invite.created"), "{}", served.log());
}

#[test]
fn a_chunked_post_makes_an_invite() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let head = format!(
        "POST /invites_api HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\nTransfer-Encoding: chunked\r\n"
    );
    let mut client = served.client();
    client.send(format!("{head}\r\n3\r\na=b\r\n0\r\n\r\n"));
    let answer = client.read().unwrap();
    assert_eq!((answer.status, answer.token().len()), (201, 24));
    assert!(client.is_ended());
}

#[test]
fn broken_chunks_are_answered_400() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let head = post("Transfer-Encoding: chunked\r\n");
    for chunks in [
        "zz\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "5\r\nhelloworld\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        "5\rhello\r\n0\r\n\r\n",
    ] {
        let mut client = served.client();
        client.send(format!("{head}{chunks}{}", make_invite()));
        let answer = client.read().unwrap_or_else(|| panic!("{chunks:?}: no answer"));
        check_refusal(&served, chunks, &answer, 400);
        assert!(client.is_ended(), "{chunks:?}");
    }
    assert!(!served.log().contains("invite.created"), "{}", served.log());
}

#[test]
fn chunks_over_the_limit_are_answered_413() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let one = format!("{:x}\r\n{}\r\n0\r\n\r\n", MAX_BODY + 1, "x".repeat(MAX_BODY + 1));
    let many = "400\r\n".to_owned() + "x".repeat(1024).as_str() + "\r\n";
    let many = many.repeat(65) + "0\r\n\r\n";
    for (name, chunks) in [("one", one), ("many", many)] {
        let mut client = served.client();
        client.send(post("Transfer-Encoding: chunked\r\n") + chunks.as_str() + make_invite().as_str());
        check_refusal(&served, name, &client.read().unwrap(), 413);
        assert!(client.is_ended(), "{name}");
    }
    assert!(!served.log().contains("invite.created"), "{}", served.log());
}

#[test]
fn max_body_is_what_is_configured() {
    let scratch = Scratch::new(&format!("{CONFIG}[http]\nmax_body = \"1KiB\"\n"));
    let served = scratch.serve();
    let mut client = served.client();
    client.send(post("Content-Length: 1024\r\n") + "x".repeat(1024).as_str());
    check_problem("1024", &client.read().unwrap(), 404);
    client.send(post("Content-Length: 1025\r\n"));
    check_refusal(&served, "1025", &client.read().unwrap(), 413);
    assert!(client.is_ended());
}

/// The answer must not be lost because nobody reads the rest (RFC 9112, 9.6).
#[test]
fn a_client_that_first_sends_all_of_its_body_gets_the_413() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let body = "x".repeat(4096);
    let chunk = format!("1000\r\n{body}\r\n");
    for (name, head, piece, times) in [
        ("length", post("Content-Length: 204800\r\n"), &body, 50),
        ("chunks", post("Transfer-Encoding: chunked\r\n"), &chunk, 50),
    ] {
        let mut client = served.client();
        client.send(head);
        for _ in 0..times {
            client.send(piece);
        }
        check_refusal(&served, name, &client.read().unwrap(), 413);
        assert!(client.is_ended(), "{name}");
    }
}

/// The server ends its side when it has answered, and not when it is tired of waiting for the client to (RFC 9112, 9.6):
/// that takes a second each time, and a busy machine can be slow ten times, but not that slow each time.
#[test]
fn a_refused_client_sees_the_end_at_once() {
    const TIRED: Duration = Duration::from_secs(1);
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let end_after = |name: &str, bytes: &str| {
        let mut stream = TcpStream::connect(served.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(bytes.as_bytes()).unwrap();
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).unwrap();
        assert!(answer[..length].ends_with(b"}"), "{name}: {}", String::from_utf8_lossy(&answer[..length]));
        let answered = now();
        assert_eq!(stream.read(&mut answer).ok(), Some(0), "{name}: the connection is not ended");
        answered.elapsed()
    };
    for (name, bytes) in [("head", host("Host: a/b")), ("chunks", post("Transfer-Encoding: chunked\r\n") + "zz\r\n")] {
        assert!((0..10).any(|_| end_after(name, &bytes) < TIRED / 2), "{name}: it waits for the client");
    }
}

#[test]
fn expect_100_continue_is_told_to_go_on() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let mut client = served.client();
    for _ in 0..2 {
        client.send(post("Expect: 100-Continue\r\nContent-Length: 5\r\n"));
        assert_eq!(client.read().unwrap().status, 100);
        client.send("hello");
        check_problem("whole", &client.read().unwrap(), 404);
    }
    client.send(post("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n"));
    assert_eq!(client.read().unwrap().status, 100);
    client.send("5\r\nhello\r\n0\r\n\r\n");
    check_problem("chunked", &client.read().unwrap(), 404);
    assert!(client.is_ended());
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let key = format!("Authorization: Bearer {KEY}");
    let four = [
        request("GET", "/nowhere", &[], ""),
        request("POST", "/invites_api", &[&key], "some=body"),
        request("GET", "/invites_api?key=site/wr", &[], ""),
        request("PUT", "/invite", &[], "hello"),
    ];
    let answers = exchange(served.address(), four.concat().repeat(7).as_bytes());
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [404, 201, 403, 405].repeat(7));
    let ids: std::collections::BTreeSet<_> = answers.iter().map(|answer| answer.header("x-request-id")).collect();
    assert_eq!(ids.len(), answers.len());
    let tokens: std::collections::BTreeSet<_> =
        answers.iter().filter(|answer| answer.status == 201).map(Response::token).collect();
    assert_eq!(tokens.len(), 7);
}

#[test]
fn a_client_that_ends_writing_gets_its_answer() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    for bytes in [make_invite(), make_invite().replace("HTTP/1.1", "HTTP/1.0")] {
        let answers = exchange(served.address(), bytes.as_bytes());
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [201]);
    }
}

#[test]
fn a_client_that_ends_in_the_middle_is_answered_400() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let whole = make_invite();
    let head = whole.len();
    let with_body = post("Content-Length: 5\r\n") + "hell";
    let in_chunks = post("Transfer-Encoding: chunked\r\n") + "5\r\nhel";
    let between_chunks = post("Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n";
    let cases = [&whole[..1], &whole[..10], &whole[..40], &whole[..head - 2], &whole[..head - 1]];
    for bytes in cases.into_iter().chain([&*with_body, &in_chunks, &between_chunks]) {
        let answers = exchange(served.address(), bytes.as_bytes());
        assert_eq!(answers.len(), 1, "{bytes:?}");
        check_refusal(&served, bytes, &answers[0], 400);
    }
    let answers = exchange(served.address(), [&whole, &whole[..40]].concat().as_bytes());
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0].status, 201);
    check_refusal(&served, "after another one", &answers[1], 400);
}

#[test]
fn a_client_that_ends_without_a_request_is_not_answered() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    assert_eq!(exchange(served.address(), b""), []);
    served.client().get("/nowhere");
    served.wait_log("http.status=404");
    assert_eq!(served.log().matches("request.id=").count(), 1, "{}", served.log());
}

/// Clients of old send an empty line after a body (RFC 9112, 2.2).
#[test]
fn a_blank_line_after_a_request_is_no_request() {
    let scratch = Scratch::new(&format!("{CONFIG}[http]\nheader_timeout = \"200ms\"\nidle_timeout = \"2s\"\n"));
    let served = scratch.serve();
    let bytes = post("Content-Length: 5\r\n") + "hello\r\n";
    let statuses = |answers: Vec<Response>| answers.iter().map(|answer| answer.status).collect::<Vec<_>>();
    assert_eq!(statuses(exchange(served.address(), bytes.as_bytes())), [404], "at the end of the stream");

    let mut client = served.client();
    client.send(&bytes);
    check_problem("its answer", &client.read().unwrap(), 404);
    assert_eq!(client.read(), None, "while the connection is idle");
}

#[test]
fn a_flood_of_blank_lines_is_answered_as_a_head_that_is_too_large() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    for (name, after) in [("alone", ""), ("before a request", &*make_invite())] {
        let mut client = served.client();
        client.send("\r\n".repeat(20 << 10) + after);
        let answer = client.read().unwrap_or_else(|| panic!("{name}: no answer"));
        check_refusal(&served, name, &answer, 431);
        assert!(client.is_ended(), "{name}");
    }
}

#[test]
fn a_request_may_come_byte_by_byte() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let chunked = post("Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n";
    let mut client = served.client();
    for (bytes, status) in [(make_invite(), 201), (post("Content-Length: 3\r\n") + "abc", 404), (chunked, 404)] {
        for byte in bytes.as_bytes() {
            client.send([*byte]);
        }
        assert_eq!(client.read().unwrap().status, status, "{bytes:?}");
    }
    assert!(client.is_ended());

    let mut client = served.client();
    for byte in b"GET /nowhere HTTP/1.1\r\n\r\n" {
        client.send([*byte]);
    }
    check_refusal(&served, "no Host", &client.read().unwrap(), 400);
    assert!(client.is_ended());
}

fn impatient() -> Scratch {
    let timeout = TIMEOUT.as_millis();
    Scratch::new(&format!("{CONFIG}[http]\nheader_timeout = \"{timeout}ms\"\nbody_timeout = \"{timeout}ms\"\n"))
}

#[test]
fn a_slow_head_is_answered_408() {
    let scratch = impatient();
    let served = scratch.serve();
    for start in
        ["G", "GET /nowhere HTTP/1.1", "GET /nowhere HTTP/1.1\r\nHost: a\r\n", "POST / HTTP/1.1\r\nHost: a\r\n\r"]
    {
        let mut client = served.client();
        client.send(start);
        check_refusal(&served, start, &client.read().unwrap(), 408);
        assert!(client.is_ended(), "{start:?}");

        let mut client = served.client();
        check_problem(start, &client.get("/nowhere"), 404);
        client.send(start);
        check_refusal(&served, start, &client.read().unwrap(), 408);
        assert!(client.is_ended(), "{start:?}");
    }
}

#[test]
fn a_slow_body_is_answered_408() {
    let scratch = impatient();
    let served = scratch.serve();
    for bytes in [
        post("Content-Length: 5\r\n"),
        post("Content-Length: 5\r\n") + "hell",
        post("Transfer-Encoding: chunked\r\n"),
        post("Transfer-Encoding: chunked\r\n") + "5\r\nhel",
        post("Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n0\r\n",
    ] {
        let mut client = served.client();
        client.send(&bytes);
        check_refusal(&served, &bytes, &client.read().unwrap(), 408);
        assert!(client.is_ended(), "{bytes:?}");
    }
}

/// Sends `start`, and then a byte again and again until an answer has come, for ten times as long as a client has. Gives the
/// answer, none if nothing came. An error says that the machine was so busy that this shows nothing: a byte came later than
/// the whole may, or the answer was read later than the connection ended.
fn drip(served: &Served, start: &str) -> std::io::Result<Option<Response>> {
    let mut stream = TcpStream::connect(served.address()).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.write_all(start.as_bytes()).unwrap();
    let mut client = Client::of(stream.try_clone().unwrap());
    let (mut last, mut longest) = (now(), Duration::ZERO);
    let began = last;
    let answer = std::thread::scope(|scope| {
        let answer = scope.spawn(move || client.try_read(false));
        while !answer.is_finished() && began.elapsed() < TIMEOUT * 10 {
            std::thread::sleep(TIMEOUT / 10);
            longest = longest.max(last.elapsed());
            last = now();
            // What comes after the answer is thrown away there, and then refused.
            let _ = stream.write_all(b"x");
        }
        if !answer.is_finished() {
            stream.shutdown(std::net::Shutdown::Both).unwrap();
        }
        answer.join().unwrap()
    });
    answer.and_then(|answer| match answer {
        Some(_) if longest >= TIMEOUT => Err(std::io::ErrorKind::TimedOut.into()),
        answer => Ok(answer),
    })
}

/// The time is for the whole, not from one byte to the next.
#[test]
fn a_client_that_drips_is_answered_408() {
    let scratch = impatient();
    let served = scratch.serve();
    for (name, start) in [
        ("head", "GET /nowhere HTTP/1.1\r\nHost: a\r\nX: ".to_owned()),
        ("length", post("Content-Length: 1000\r\n")),
        ("chunk", post("Transfer-Encoding: chunked\r\n") + "3e8\r\n"),
    ] {
        let answer = (0..10).find_map(|_| drip(&served, &start).ok()).expect("an answer");
        check_refusal(&served, name, &answer.unwrap_or_else(|| panic!("{name}: it may drip for ever")), 408);
    }
}

/// What a browser may run into: its user is to see a page (SPEC 6).
#[test]
fn a_refusal_is_a_page_for_whoever_prefers_html() {
    let scratch = impatient();
    let served = scratch.serve();
    let accept = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n";
    let mut wrong = Vec::new();
    for (name, status, bytes) in [
        ("404", 404, format!("GET /nowhere HTTP/1.1\r\nHost: a\r\n{accept}\r\n")),
        ("no Host", 400, format!("GET /nowhere HTTP/1.1\r\n{accept}\r\n")),
        ("two lengths", 400, post(&format!("{accept}Content-Length: 1\r\nContent-Length: 2\r\n"))),
        ("slow body", 408, post(&format!("{accept}Content-Length: 5\r\n"))),
        ("long body", 413, post(&format!("{accept}Content-Length: 1000000\r\n"))),
        (
            "long chunk",
            413,
            post(&format!("{accept}Transfer-Encoding: chunked\r\n")) + "20000\r\n" + "x".repeat(0x20000).as_str(),
        ),
        ("long target", 414, format!("GET /{} HTTP/1.1\r\nHost: a\r\n{accept}\r\n", "x".repeat(9 << 10))),
        (
            "large cookies",
            431,
            format!("GET / HTTP/1.1\r\nHost: a\r\n{accept}Cookie: {}\r\n\r\n", "x".repeat(20 << 10)),
        ),
        ("unknown method", 501, format!("BREW / HTTP/1.1\r\nHost: a\r\n{accept}\r\n")),
    ] {
        let mut client = Client::tcp(served.address());
        client.send(&bytes);
        let answer = client.read().unwrap();
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        check_headers(name, &answer);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{name}");
        if answer.header("content-type") != Some("text/html;charset=utf-8") || !answer.text().contains("<h1>") {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "these are no pages: {wrong:?}");
}
