//! Front ends that pass connections on, and say by the PROXY protocol whose.

use crate::common::docs::{block, page};
use crate::common::{Response, Served};
use crate::curl::Curl;
use crate::front_end::{FrontEnd, Kind};
use crate::{At, Place, WRONG};

/// A request with a wrong key through a front end that is configured by `example`.
fn ask(place: &Place, kind: Kind, example: &str) -> (Response, Served) {
    let served = place.serve();
    let front_end = FrontEnd::start(kind, &place.dir, example, &place.named_socket());
    let curl = Curl { dir: &place.dir, ports: front_end.ports };
    let forged = ["-H", "X-Forwarded-For: 203.0.113.1", "-H", WRONG, "--interface", "127.0.0.7", "--http1.1"];
    (curl.ask("http://invite.example.com:443/invites_api", &forged).response, served)
}

fn is_understood(kind: Kind, example: &str) {
    let place = Place::new(kind, At::Name, "proxy_protocol = true\n");
    let (answer, served) = ask(&place, kind, example);
    assert_eq!(answer.status, 403, "{answer:?}");
    let line = served.wait_log("event=key.refused");
    assert!(line.contains("client=127.0.0.7"), "{line}");
}

#[test]
fn haproxy_names_the_client_of_a_connection() {
    if !Kind::Haproxy.is_here("haproxy_names_the_client_of_a_connection") {
        return;
    }
    let example = block(page("docs/front-ends.md"), "haproxy");
    assert!(example.contains("send-proxy-v2"));
    is_understood(Kind::Haproxy, example);
    is_understood(Kind::Haproxy, &example.replace("send-proxy-v2", "send-proxy"));
}

#[test]
fn what_nobody_expects_is_named_to_haproxy() {
    if !Kind::Haproxy.is_here("what_nobody_expects_is_named_to_haproxy") {
        return;
    }
    let place = Place::new(Kind::Haproxy, At::Name, "");
    let (answer, served) = ask(&place, Kind::Haproxy, block(page("docs/front-ends.md"), "haproxy"));
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.text().contains("http.proxy_protocol = true"), "{answer:?}");
    served.wait_log("a connection begins with the PROXY protocol");
}
