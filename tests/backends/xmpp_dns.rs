//! Where a domain's server is, by a real name server: dnsmasq at port 53, and a resolv.conf that names it, in namespaces of
//! their own, where this file's one test runs itself.

use crate::common::fake_xmpp;

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use fake_xmpp::{FakeXmpp, PASSWORD, Style, USER, certificate};
use futures_lite::future::block_on;
use invited::backend::xmpp::Xmpp as Client;
use invited::backend::{Adapter as _, CallError, Mint};
use invited::config::secret::Secret;
use invited::config::{TlsUse, XmppSettings};
use invited::invite::Kind;
use invited::log::chain;

/// Set where it runs inside.
const INSIDE: &str = "INVITED_TEST_INSIDE";
const KIND: Kind = Kind::Account { username: None };

#[test]
fn the_server_is_where_dns_says() {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let dir = tempfile::tempdir().unwrap();
    let (resolv, root) = (dir.path().join("resolv.conf"), dir.path().join("root.pem"));
    // The first one is nobody.
    std::fs::write(&resolv, "nameserver 127.0.0.9\nnameserver 127.0.0.1\n").unwrap();
    let script = "ip link set lo up && mount --bind \"$1\" \"$(readlink -f /etc/resolv.conf)\" && exec \"$2\" --exact --nocapture \
                  xmpp_dns::the_server_is_where_dns_says";
    let status = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--mount", "sh", "-c", script, "sh"])
        .args([&resolv, &std::env::current_exe().unwrap()])
        .env(INSIDE, &root)
        .env("SSL_CERT_FILE", &root)
        .status()
        .expect("needs unshare (apt-get install util-linux) and ip (apt-get install iproute2)");
    assert!(status.success(), "see above");
}

/// dnsmasq; it ends with the test.
struct NameServer(Child);

impl NameServer {
    fn start(records: &[String]) -> Self {
        let mut child = Command::new("dnsmasq")
            // It stays who it is: in a user namespace there is nobody else.
            .args(["--no-daemon", "--log-facility=-", "--conf-file=/dev/null", "--pid-file="])
            .args(["--no-resolv", "--no-hosts", "--listen-address=127.0.0.1", "--bind-interfaces"])
            .args(["--local=/example/", "--address=/xmpp.example/127.0.0.1", "--host-record=bare.example,127.0.0.1"])
            .args(["--host-record=none.example,127.0.0.1", "--host-record=dead.example,127.0.0.1"])
            .args(records)
            .stderr(Stdio::piped())
            .spawn()
            .expect("needs dnsmasq (apt-get install dnsmasq-base)");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("started, version")), "dnsmasq does not start");
        std::thread::spawn(move || lines.for_each(drop));
        Self(child)
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn inside() {
    let tls = |host: &str| {
        let (config, root) = certificate(host);
        let mut config = Arc::unwrap_or_clone(config);
        config.alpn_protocols = vec!["h2".into(), "xmpp-client".into()];
        std::fs::write(Path::new(&std::env::var_os(INSIDE).unwrap()), root).unwrap();
        Arc::new(config)
    };
    let mint = |host: &str, tls: TlsUse| {
        let settings = XmppSettings {
            jid: format!("{USER}@{host}").parse().unwrap(),
            password: Some(Secret::new(PASSWORD.into())),
            address: None,
            tls,
        };
        let wanted = Mint { kind: &KIND, groups: &[], roles: &[], ttl: Duration::from_hours(1), spares_admins: true };
        block_on(Client::new(&host.parse().unwrap(), &settings).mint(&wanted)).map(|minted| minted.token)
    };
    let server = FakeXmpp::start(Style::V0_6);
    let direct = FakeXmpp::start(Style::V0_6);
    (direct.state().is_direct, direct.state().tls) = (true, Some(tls("direct.example")));
    let at_domain = FakeXmpp::start_at("127.0.0.1:5222", Style::V0_6);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    // It takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_port = silent.local_addr().unwrap().port();
    let (port, direct_port) = (server.address.port(), direct.address.port());
    let mut records = vec![
        format!("--srv-host=_xmpp-client._tcp.plain.example,xmpp.example,{port},10,5"),
        // Closed, without an address, silent; then right.
        format!("--srv-host=_xmpp-client._tcp.later.example,xmpp.example,{port},40,5"),
        format!("--srv-host=_xmpp-client._tcp.later.example,xmpp.example,{silent_port},30,5"),
        format!("--srv-host=_xmpp-client._tcp.later.example,nowhere.example,{port},20,5"),
        format!("--srv-host=_xmpp-client._tcp.later.example,xmpp.example,{closed},10,5"),
        "--srv-host=_xmpp-client._tcp.none.example".into(),
        format!("--srv-host=_xmpp-client._tcp.dead.example,xmpp.example,{closed},10,5"),
        format!("--srv-host=_xmpp-client._tcp.direct.example,xmpp.example,{closed},10,5"),
        format!("--srv-host=_xmpps-client._tcp.direct.example,xmpp.example,{direct_port},20,5"),
        format!("--srv-host=_xmpp-client._tcp.many.example,xmpp.example,{port},1,1"),
    ];
    let many =
        (0..50).map(|at| format!("--srv-host=_xmpp-client._tcp.many.example,host{at}.example,5222,{},1", at + 2));
    records.extend(many);
    let name_server = NameServer::start(&records);

    for (host, made) in [("plain.example", 1), ("later.example", 2), ("many.example", 3)] {
        assert!(mint(host, TlsUse::Off).is_ok(), "{host}: {:?}", mint(host, TlsUse::Off));
        assert_eq!(server.state().logins, made, "{host}");
    }
    assert!(mint("bare.example", TlsUse::Off).is_ok(), "without records it is at the domain itself");
    assert_eq!(at_domain.state().logins, 1);
    // Also where it is said where it is, or that there is none, somebody listens at the domain's own address.
    for (host, why) in [
        ("none.example", "none.example has no service for clients"),
        ("dead.example", "cannot connect to xmpp.example"),
    ] {
        let answer = mint(host, TlsUse::Off);
        assert!(
            matches!(&answer, Err(CallError::Away(said)) if chain(said).to_string().contains(why)),
            "{host}: {answer:?}"
        );
    }
    assert_eq!((at_domain.state().connections, server.state().connections), (1, 3));

    assert!(mint("direct.example", TlsUse::Required).is_ok(), "{:?}", mint("direct.example", TlsUse::Required));
    assert_eq!(direct.state().protocols, [Some(b"xmpp-client".to_vec())]);
    // The name in the certificate is the domain's, whatever DNS says.
    std::fs::write(Path::new(&std::env::var_os(INSIDE).unwrap()), certificate("direct.example").1).unwrap();
    assert!(mint("direct.example", TlsUse::Required).is_err(), "of another authority");
    drop(name_server);
}
