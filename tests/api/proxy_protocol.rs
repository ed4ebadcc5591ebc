//! The PROXY protocol (SPEC 4, `http.proxy_protocol`): who the client is when a proxy says so before the first request.
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;

use std::io::Write as _;
use std::net::TcpStream;

use common::http::request;
use common::{CONFIG, Client, Response, Scratch, Served};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

fn scratch(trusted: &str) -> Scratch {
    let head = format!("trusted_proxies = [{trusted}]\n");
    Scratch::new(&format!("{head}{CONFIG}[http]\nproxy_protocol = true\n"))
}

/// A request with a wrong key: the log says who sent it.
fn wrong_key(fields: &[&str]) -> String {
    request("GET", "/invites_api", &[&["Authorization: Bearer site/wrong"], fields].concat(), "")
}

fn v2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    [SIGNATURE, &[command, family], &u16::try_from(rest.len()).unwrap().to_be_bytes(), rest].concat()
}

/// What comes after a PROXY line, after it.
fn after(line: impl AsRef<[u8]>, rest: &str) -> Vec<u8> {
    [line.as_ref(), rest.as_bytes()].concat()
}

/// 203.0.113.7:4711 to 127.0.0.1:80
const V4: [u8; 12] = [203, 0, 113, 7, 127, 0, 0, 1, 0x12, 0x67, 0, 80];

/// Whom the log names as the client of what is answered 403.
fn client_of(served: &Served, answer: &Response) -> String {
    assert_eq!(answer.status, 403, "{answer:?}");
    let id = answer.header("x-request-id").unwrap();
    let lines = || served.log().lines().map(String::from).collect::<Vec<_>>();
    served.wait_log(&format!("request.id={id} http.method"));
    let line = lines().into_iter().find(|line| line.contains("event=key.refused") && line.contains(id)).unwrap();
    line.split("client=").nth(1).unwrap().split(' ').next().unwrap().to_owned()
}

#[test]
fn a_proxy_line_names_the_client() {
    let scratch = scratch("\"127.0.0.1\"");
    let served = scratch.serve();
    let v6 = [&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7][..], &[0; 16], &V4[8..]].concat();
    let with_more = [&V4[..], &[0x04, 0, 2, 0, 0]].concat();
    for (line, client) in [
        (b"PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\r\n".to_vec(), "203.0.113.7"),
        (b"PROXY TCP6 2001:db8::7 ::1 4711 80\r\n".to_vec(), "2001:db8::7"),
        (v2(0x21, 0x11, &V4), "203.0.113.7"),
        (v2(0x21, 0x11, &with_more), "203.0.113.7"),
        (v2(0x21, 0x21, &v6), "2001:db8::7"),
        // The proxy itself, such as its health checks.
        (b"PROXY UNKNOWN\r\n".to_vec(), "127.0.0.1"),
        (v2(0x20, 0, &[]), "127.0.0.1"),
    ] {
        let mut client_ = Client::tcp(served.address());
        client_.send(after(&line, &wrong_key(&[])));
        assert_eq!(client_of(&served, &client_.read().unwrap()), client, "{}", line.escape_ascii());
        // It is said once, for all requests of the connection; and a client is not its own proxy.
        let answer =
            client_.ask("GET", "/invites_api", &["Authorization: Bearer site/wrong", "X-Forwarded-For: 198.51.100.1"]);
        let named = if client == "127.0.0.1" { "198.51.100.1" } else { client };
        assert_eq!(client_of(&served, &answer), named, "{}", line.escape_ascii());
    }
}

#[test]
fn a_proxy_line_may_come_byte_by_byte() {
    let scratch = scratch("\"127.0.0.1\"");
    let served = scratch.serve();
    for line in [b"PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\r\n".to_vec(), v2(0x21, 0x11, &V4)] {
        let mut stream = TcpStream::connect(served.address()).unwrap();
        stream.set_nodelay(true).unwrap();
        for byte in line.iter().chain(wrong_key(&[]).as_bytes()) {
            stream.write_all(&[*byte]).unwrap();
        }
        let answer = Client::of(stream).read().unwrap();
        assert_eq!(client_of(&served, &answer), "203.0.113.7");
    }
}

#[test]
fn a_connection_without_a_good_proxy_line_is_closed_and_told_of_once() {
    let scratch = scratch("\"127.0.0.1\"");
    let served = scratch.serve();
    for start in [
        wrong_key(&[]).into_bytes(),
        b"PROXY TCP4 203.0.113.7 127.0.0.1 4711\r\n".to_vec(),
        after("PROXY TCP4 2001:db8::7 ::1 4711 80\r\n", &wrong_key(&[])),
        after(v2(0x21, 0x12, &V4), &wrong_key(&[])),
        after(&SIGNATURE[..11], "!\r\n\r\n"),
        "PROXY".repeat(100).into_bytes(),
    ] {
        let mut client = Client::tcp(served.address());
        // What is sent after the end is refused.
        let _ = client.try_send(&start);
        assert!(client.is_ended(), "{}", start.escape_ascii());
    }
    let mut whole = Client::tcp(served.address());
    whole.send(after("PROXY UNKNOWN\r\n", &wrong_key(&[])));
    client_of(&served, &whole.read().unwrap());
    let log = served.log();
    assert_eq!(
        log.matches("closed a connection from 127.0.0.1: it does not begin with a PROXY line").count(),
        1,
        "{log}"
    );
    assert_eq!(log.matches("event=key.refused").count(), 1, "{log}");
}

#[test]
fn only_a_trusted_peer_may_send_a_proxy_line() {
    let scratch = scratch("\"192.0.2.1\"");
    let served = scratch.serve();
    let mut client = Client::tcp(served.address());
    let _ = client.try_send(after("PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\r\n", &wrong_key(&[])));
    assert!(client.is_ended());
    served.wait_log("closed a connection from 127.0.0.1: its peer is not in trusted_proxies");
    assert!(!served.log().contains("event=key.refused"), "{}", served.log());
}

/// The mode of a socket file says who may be a proxy there; systemd's socket is one.
#[test]
fn a_peer_on_a_unix_socket_may_send_a_proxy_line() {
    let scratch = scratch("");
    let path = scratch.path().join("http.sock");
    let listen = format!("\"127.0.0.1:0\", \"unix:{}\"", path.display());
    let config = CONFIG.replace("\"127.0.0.1:0\"", &listen);
    scratch.configure(&format!("trusted_proxies = []\n{config}[http]\nproxy_protocol = true\n"));
    let served = scratch.serve();
    let mut client = Client::unix(&path);
    client.send(after("PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\r\n", &wrong_key(&[])));
    assert_eq!(client_of(&served, &client.read().unwrap()), "203.0.113.7");
}

#[test]
fn a_proxy_line_has_the_time_of_a_head() {
    let scratch = scratch("\"127.0.0.1\"");
    let config = format!("{CONFIG}[http]\nproxy_protocol = true\nheader_timeout = \"300ms\"\n");
    scratch.configure(&config);
    let served = scratch.serve();
    for start in [&b""[..], b"PROXY TCP4 203", &SIGNATURE[..5]] {
        let mut client = Client::tcp(served.address());
        client.send(start);
        assert!(client.is_ended(), "{}", start.escape_ascii());
    }
    served.wait_log("its PROXY line did not arrive within http.header_timeout");
}

#[test]
fn a_reload_turns_proxy_lines_on_and_off_but_not_for_metrics() {
    let metrics = "[metrics]\nlisten = [\"127.0.0.1:0\"]\n";
    let scratch = Scratch::new(&format!("{CONFIG}{metrics}"));
    let served = scratch.serve();
    let line = served.wait_log("metrics on http://");
    let metrics_at = line.split("http://").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    let proxied = after("PROXY UNKNOWN\r\n", &request("GET", "/healthz", &[], ""));
    for (is_on, config) in
        [(true, format!("{CONFIG}{metrics}[http]\nproxy_protocol = true\n")), (false, format!("{CONFIG}{metrics}"))]
    {
        scratch.configure(&config);
        let skip = served.log_length();
        served.signal("HUP");
        served.wait_log_after(skip, "event=reload.done");
        let mut client = served.client();
        client.send(&proxied);
        assert_eq!(client.read().unwrap().status, if is_on { 200 } else { 400 });
        assert_eq!(Client::tcp(metrics_at).get("/metrics").status, 200);
    }
}

/// An admin who finds "400" at the proxy is told what is wrong, there and in the log.
#[test]
fn a_proxy_line_that_nobody_expects_is_named() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    for line in [b"PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\r\n".to_vec(), v2(0x21, 0x11, &V4), v2(0x20, 0, &[])] {
        let mut client = served.client();
        client.send(after(&line, &wrong_key(&[])));
        let answer = client.read().unwrap();
        assert_eq!(answer.status, 400, "{answer:?}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        for word in ["PROXY protocol", "send-proxy", "http.proxy_protocol = true"] {
            assert!(detail.contains(word), "{detail}");
        }
        assert!(client.is_ended());
    }
    let log = served.log();
    assert_eq!(log.matches("a connection begins with the PROXY protocol: remove send-proxy").count(), 1, "{log}");
}
