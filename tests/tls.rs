//! HTTPS spoken by ourselves: certificate and key, and a new one on reload.

mod common;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use common::{CONFIG, KEY, Scratch};
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
    let dir = scratch.path().display();
    let tls = format!("[tls]\ncertificate_file = \"{dir}/chain.pem\"\nprivate_key_file = \"{dir}/key.pem\"\n");
    scratch.configure(&format!("{CONFIG}{tls}"));
}

/// Asks for an invite, trusting `certificate` alone; gives the status line.
fn invite(address: SocketAddr, certificate: &CertificateDer<'static>) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connection = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address)?);
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
    let mut plain = common::Client::tcp(address);
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
