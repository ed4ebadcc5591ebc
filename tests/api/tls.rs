//! HTTPS spoken by ourselves: certificate and key, and a new one on reload.

use crate::common;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use common::{CONFIG, Client, KEY, Scratch, Served};
use futures_rustls::rustls::crypto::ring;
use futures_rustls::rustls::pki_types::{CertificateDer, ServerName};
use futures_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Writes a fresh certificate for `localhost`; gives it.
fn certify(scratch: &Scratch) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(scratch.path().join("chain.pem"), made.cert.pem()).unwrap();
    std::fs::write(scratch.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    made.cert.der().clone()
}

fn configure(scratch: &Scratch) {
    configure_with(scratch, CONFIG);
}

fn configure_with(scratch: &Scratch, config: &str) {
    let dir = scratch.path().display();
    let tls = format!("[tls]\ncertificate_file = \"{dir}/chain.pem\"\nprivate_key_file = \"{dir}/key.pem\"\n");
    scratch.configure(&format!("{config}{tls}"));
}

/// TLS over `stream`, trusting `certificate` alone.
fn over_tls(stream: TcpStream, certificate: &CertificateDer<'static>) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let server = ServerName::try_from("localhost").unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), server).unwrap(), stream)
}

/// Asks for an invite; gives the status line.
fn invite(address: SocketAddr, certificate: &CertificateDer<'static>) -> std::io::Result<String> {
    let mut stream = over_tls(TcpStream::connect(address)?, certificate);
    write!(stream, "GET /invites_api?key={KEY} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.lines().next().unwrap().to_owned())
}

#[test]
fn https_is_spoken_with_the_certificate_that_is_there_at_the_last_reload() {
    let scratch = Scratch::new("");
    let first = certify(&scratch);
    configure(&scratch);
    let served = scratch.serve();
    let line = served.wait_log("listening on https://");
    let address = line.split("https://").nth(1).unwrap().split(';').next().unwrap().parse().unwrap();
    assert_eq!(invite(address, &first).unwrap(), "HTTP/1.1 201 Created");

    let second = certify(&scratch);
    served.signal("HUP");
    served.wait_log("event=reload.done");
    assert_eq!(invite(address, &second).unwrap(), "HTTP/1.1 201 Created");
    assert!(invite(address, &first).is_err());

    // A broken pair changes nothing.
    std::fs::write(scratch.path().join("key.pem"), "no key").unwrap();
    served.signal("HUP");
    served.wait_log("event=reload.refused");
    assert_eq!(invite(address, &second).unwrap(), "HTTP/1.1 201 Created");

    // Plain HTTP on that port gets no answer and does no harm.
    let mut plain = Client::tcp(address);
    plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let _ = plain.is_ended();
    assert_eq!(invite(address, &second).unwrap(), "HTTP/1.1 201 Created");
}

#[test]
fn a_pair_that_does_not_belong_together_is_refused_at_the_start() {
    let scratch = Scratch::new("");
    certify(&scratch);
    let key = std::fs::read(scratch.path().join("key.pem")).unwrap();
    certify(&scratch);
    std::fs::write(scratch.path().join("key.pem"), key).unwrap();
    configure(&scratch);
    for command in ["check", "serve"] {
        let output = scratch.run(&[command]);
        assert_eq!(output.status.code(), Some(2), "{command}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("cannot use the certificate and key"), "{command}");
    }
    std::fs::remove_file(scratch.path().join("key.pem")).unwrap();
    let output = scratch.run(&["check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("key.pem"));
}

/// Asks over TLS, after `before` in the clear; gives the whole answer.
fn ask(address: SocketAddr, certificate: &CertificateDer<'static>, before: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(before.as_bytes()).unwrap();
    let mut stream = over_tls(stream, certificate);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn https(served: &Served) -> SocketAddr {
    let line = served.wait_log("listening on https://");
    line.split("https://").nth(1).unwrap().split([',', ';']).next().unwrap().parse().unwrap()
}

/// RFC 6797: over TLS alone, and only where links lead to HTTPS.
#[test]
fn browsers_are_told_to_come_by_https_alone() {
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let broken = "GET / HTTP/1.1\r\n\r\n".to_owned();
    let header = "\r\nstrict-transport-security: max-age=31536000\r\n";
    for scheme in ["https", "http"] {
        let scratch = Scratch::new("");
        let certificate = certify(&scratch);
        let socket = scratch.path().join("http.sock");
        let listen = format!("\"127.0.0.1:0\", \"unix:{}\"", socket.display());
        configure_with(&scratch, &CONFIG.replace("https:", &format!("{scheme}:")).replace("\"127.0.0.1:0\"", &listen));
        let served = scratch.serve();
        for request in [get("/"), get("/invites_api"), get("/nowhere"), get("/healthz"), broken.clone()] {
            let answer = ask(https(&served), &certificate, "", &request);
            assert_eq!(answer.to_ascii_lowercase().contains(header), scheme == "https", "{request} gave {answer}");
        }
        assert_eq!(Client::unix(&socket).get("/healthz").header("strict-transport-security"), None);
    }
}

#[test]
fn a_proxy_line_comes_before_tls() {
    let scratch = Scratch::new("");
    let certificate = certify(&scratch);
    configure_with(&scratch, &format!("{CONFIG}[http]\nproxy_protocol = true\n"));
    let served = scratch.serve();
    let request = "GET /invites_api?key=site/wrong HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = ask(https(&served), &certificate, "PROXY TCP4 203.0.113.7 127.0.0.1 4711 443\r\n", request);
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert!(served.wait_log("event=key.refused").contains("client=203.0.113.7"));
}

/// A proxy in mode tcp has send-proxy, and we have not been told: nobody can be answered, so the log says it.
#[test]
fn a_proxy_line_that_nobody_expects_before_tls_is_told_in_the_log() {
    for line in ["PROXY TCP4 203.0.113.7 127.0.0.1 4711 443\r\n", "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"] {
        let scratch = Scratch::new("");
        let certificate = certify(&scratch);
        configure(&scratch);
        let served = scratch.serve();
        for other in ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\n", "PROXIMA\r\n\r\n"] {
            // It ends with an alert, or with nothing.
            let mut stream = TcpStream::connect(https(&served)).unwrap();
            stream.write_all(other.as_bytes()).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
        }
        assert!(ask(https(&served), &certificate, "", "GET / HTTP/1.0\r\n\r\n").contains(" 200 OK\r\n"));
        assert!(!served.log().contains("PROXY protocol"), "{}", served.log());
        Client::tcp(https(&served)).send(line);
        served.wait_log("a connection begins with the PROXY protocol: remove send-proxy");
    }
}

#[test]
fn a_file_that_is_not_what_it_is_for_is_named_with_the_way_out() {
    let scratch = Scratch::new("");
    let der = certify(&scratch).to_vec();
    configure(&scratch);
    let (chain, key) = (scratch.path().join("chain.pem"), scratch.path().join("key.pem"));
    let (chain_text, key_text) = (std::fs::read(&chain).unwrap(), std::fs::read(&key).unwrap());
    let with_mark = |text: &[u8]| [b"\xef\xbb\xbf", text].concat();
    // A chain behind a mark: its second certificate must not be taken for ours.
    let marked_chain = with_mark(&[&chain_text[..], &chain_text].concat());
    let key_der = rcgen::KeyPair::generate().unwrap().serialize_der();
    for (certificate_is, key_is, told) in [
        (&der[..], &key_text[..], "no certificate in CHAIN; expected PEM, and the file looks like DER"),
        (b"", &key_text, "no certificate in CHAIN; expected PEM, and the file is empty"),
        (b"\n \n", &key_text, "no certificate in CHAIN; expected PEM, and the file is empty"),
        (b"hello", &key_text, "no certificate in CHAIN; expected PEM"),
        (&marked_chain, &key_text, "no certificate in CHAIN; expected PEM, and the file begins with a byte order mark"),
        (
            &key_text,
            &chain_text,
            "no certificate in CHAIN; expected PEM; perhaps certificate_file and private_key_file are",
        ),
        (
            &chain_text,
            &chain_text,
            "no private key in KEY; expected PEM; perhaps certificate_file and private_key_file are",
        ),
        (&chain_text, b"", "no private key in KEY; expected PEM, and the file is empty"),
        (&chain_text, &key_der, "no private key in KEY; expected PEM"),
        (
            &chain_text,
            &with_mark(&key_text),
            "no private key in KEY; expected PEM, and the file begins with a byte order",
        ),
        (
            &chain_text,
            b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "no private key in KEY; expected PEM, and the key is encrypted",
        ),
    ] {
        std::fs::write(&chain, certificate_is).unwrap();
        std::fs::write(&key, key_is).unwrap();
        let told = told.replace("CHAIN", &chain.display().to_string()).replace("KEY", &key.display().to_string());
        for command in ["check", "serve"] {
            let output = scratch.run(&[command]);
            let text = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{command}: {text}");
            assert!(text.contains(&told), "{command} does not tell {told:?}: {text}");
            assert!(!text.contains("peer sent"), "{text}");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "certificates are made for the time that there is")]
fn unix_now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Writes a certificate that is valid from and for so many days of now.
fn certify_for(scratch: &Scratch, from_days: i64, days: i64) {
    let now = unix_now();
    let at =
        |days: i64| std::time::UNIX_EPOCH + Duration::from_secs(u64::try_from(now + days * 86_400 + 3_600).unwrap());
    let mut wanted = rcgen::CertificateParams::new(vec!["localhost".into()]).unwrap();
    wanted.not_before = at(from_days).into();
    wanted.not_after = at(days).into();
    let key = rcgen::KeyPair::generate().unwrap();
    std::fs::write(scratch.path().join("chain.pem"), wanted.self_signed(&key).unwrap().pem()).unwrap();
    std::fs::write(scratch.path().join("key.pem"), key.serialize_pem()).unwrap();
}

#[test]
fn a_certificate_that_is_not_valid_for_long_is_warned_of() {
    let scratch = Scratch::new("");
    configure_with(&scratch, &format!("{CONFIG}[metrics]\nlisten = [\"127.0.0.1:0\"]\n"));
    certify_for(&scratch, -1, 90);
    let served = scratch.serve();
    let line = served.wait_log("metrics on http://");
    let metrics = line.split("http://").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    assert!(!served.log().contains("the certificate in"), "{}", served.log());
    for (from_days, days, told) in [
        (-90, 13, Some(", in 13 days; renew it")),
        (-90, -1, Some("expired at ")),
        (1, 90, Some("is not valid before ")),
        (-1, 15, None),
    ] {
        certify_for(&scratch, from_days, days);
        let skip = served.log_length();
        served.signal("HUP");
        served.wait_log_after(skip, "event=reload.done");
        let noted = scratch.run(&["check"]);
        let noted = String::from_utf8(noted.stderr).unwrap();
        if let Some(told) = told {
            let line = served.wait_log_after(skip, "the certificate in ");
            assert!(line.contains(told) && line.contains("chain.pem"), "{line}");
            assert!(noted.contains("note: the certificate in ") && noted.contains(told), "{noted}");
        } else {
            assert!(!noted.contains("the certificate in "), "{noted}");
        }
        let text = Client::tcp(metrics).get("/metrics").text();
        let value =
            text.lines().find_map(|line| line.strip_prefix("invited_tls_certificate_expiry_timestamp_seconds "));
        let left = value.unwrap_or_else(|| panic!("{text}")).parse::<i64>().unwrap() - unix_now();
        assert!((left - days * 86_400 - 3_600).abs() < 600, "{left} s for {days} days");
    }
    drop(served);
    // At the start, too.
    certify_for(&scratch, -90, 1);
    scratch.serve().wait_log("renew it");
}
