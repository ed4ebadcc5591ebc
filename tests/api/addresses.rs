//! One service, and an address for each host: `hosts.*.public_url`.

use crate::common;
use crate::common::jwt;

use common::http::request;
use common::{CONFIG, KEY, Response, Scratch, Served};
use jwt::{Signer, key};
use serde_json::{Value, json};

/// A second host at an address of its own, below a path; a third one at another, at its root.
const HOSTS: &str = r#"
[hosts."example.org"]
public_url = "https://example.org/join/us/"
[hosts."example.net"]
public_url = "https://invite.example.net"
"#;

fn config() -> String {
    let allow = "allow = [\"create\", \"read\"]\n";
    format!("{CONFIG}{allow}{HOSTS}")
}

fn create(served: &Served, path: &str, body: &Value) -> Response {
    let bearer = format!("Authorization: Bearer {KEY}");
    let mut client = served.client();
    client.send(request("POST", path, &[&bearer, "Content-Type: application/json"], &body.to_string()));
    client.read().unwrap()
}

#[test]
fn links_to_invites_of_a_host_begin_with_its_own_address() {
    let scratch = Scratch::new(&config());
    let served = scratch.serve();
    for (host, base) in [
        ("example.com", "https://invite.example.com"),
        ("example.org", "https://example.org/join/us"),
        ("example.net", "https://invite.example.net"),
    ] {
        let made = create(&served, "/api/v1/invites", &json!({ "host": host }));
        let location = made.header("location").unwrap().to_owned();
        let made = made.json();
        let token = made["token"].as_str().unwrap();
        assert_eq!(made["landing_page"], format!("{base}/invite?{token}"));
        assert_eq!(location, format!("{base}/api/v1/invites/{}", made["id"].as_str().unwrap()));
        let by_link = served.client().get(&format!("/invites_api?key={KEY}&host={host}"));
        assert!(by_link.header("location").unwrap().starts_with(&format!("{base}/invite?")), "{by_link:?}");
        let by_command = scratch.ok(&["invite", "create", "--host", host]);
        assert!(by_command.starts_with(&format!("{base}/invite?")), "{by_command}");
        // Whichever way the page is opened, what it gives to copy and to scan is the host's own.
        let page = served.client().get(&format!("/invite?{token}")).text();
        assert!(page.contains(&format!("{base}/invite?{token}")), "{page}");
        assert!(page.contains(base.strip_prefix("https://").unwrap()), "{page}");
    }
    let listed: Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    let bases: Vec<_> = listed["invites"].as_array().unwrap().iter().map(|invite| &invite["landing_page"]).collect();
    assert_eq!(
        bases.iter().filter(|base| base.as_str().unwrap().starts_with("https://example.org/join/us/")).count(),
        3
    );
}

#[test]
fn every_route_works_below_every_path_and_nowhere_else() {
    let scratch = Scratch::new(&config());
    let served = scratch.serve();
    let token = served.client().get(&format!("/invites_api?key={KEY}&host=example.org")).token();
    for prefix in ["", "/join/us"] {
        for target in [
            format!("/invite?{token}"),
            format!("/invite/qr?{token}"),
            "/".into(),
            "/healthz".into(),
            "/api/v1/openapi.json".into(),
        ] {
            assert_eq!(served.client().get(&format!("{prefix}{target}")).status, 200, "{prefix}{target}");
        }
        for target in [format!("/invite/{token}"), format!("/invites_page?{token}")] {
            let led = served.client().get(&format!("{prefix}{target}"));
            let location = format!("{prefix}/invite?{token}");
            assert_eq!((led.status, led.header("location")), (308, Some(&*location)), "{prefix}{target}");
        }
        // Its links stay where the reader is.
        let html = ["Accept: text/html"];
        let page = served.client().ask("GET", &format!("{prefix}/invite?{token}"), &html).text();
        let refused = served.client().ask("GET", &format!("{prefix}/nowhere"), &html);
        assert_eq!(refused.status, 404);
        for page in [page, refused.text()] {
            let links: Vec<_> = page.split("href=\"/").skip(1).collect();
            assert!(!links.is_empty());
            for link in links {
                assert!(format!("/{link}").starts_with(&format!("{prefix}/")), "{link}");
                assert!(!prefix.is_empty() || !link.starts_with("join/"), "{link}");
            }
        }
        let origin = "Origin: https://web.example";
        for target in ["/invites_api", "/api/v1/self", "/invite?x"] {
            let answer = served.client().ask("GET", &format!("{prefix}{target}"), &[origin]);
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{prefix}{target}");
        }
    }
    for outside in
        ["/join", "/join/", "/join/us//", "/join/us/join/us/", "/us/invite", "/join/usinvite", "/join/us/invite/"]
    {
        assert_eq!(served.client().get(&format!("{outside}?{token}")).status, 404, "{outside}");
    }
    let description = served.client().get("/join/us/api/v1/openapi.json").json();
    // The one that it was asked by comes first.
    let servers = json!([
        { "url": "https://example.org/join/us" }, { "url": "https://invite.example.com" }, { "url": "https://invite.example.net" },
    ]);
    assert_eq!(description["servers"], servers);
}

/// Where codes are typed there is no invite yet; the address says whose site it is.
#[test]
fn the_page_for_codes_is_of_the_site_at_its_address() {
    let scratch = Scratch::new(&config());
    let served = scratch.serve();
    for (target, host, site) in [
        ("/", "invite.example.net", Some("example.net")),
        ("/join/us/", "Example.Org", Some("example.org")),
        ("/", "invite.example.com", None),
        ("/", "elsewhere.example", None),
        ("/join/us/", "invite.example.net", None),
    ] {
        let mut client = served.client();
        client.send(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n\r\n"));
        let page = client.read().unwrap().text();
        let told = page.split("<p class=\"site\"><bdi>").nth(1).map(|rest| rest.split('<').next().unwrap());
        assert_eq!(told.filter(|site| !site.is_empty()), site, "{target} at {host}");
    }
}

#[test]
fn a_jwt_is_for_the_service_at_any_of_its_addresses() {
    let signer = Signer::new(1);
    let scratch =
        Scratch::new(&format!("{CONFIG}{HOSTS}{}", key("ci", &signer.public_pem(), "hosts = [\"example.org\"]")));
    let served = scratch.serve();
    for (audience, status) in [
        ("https://invite.example.com/", 201),
        ("https://example.org/join/us/", 201),
        ("https://example.org/join/us", 201),
        ("https://invite.example.net/", 201),
        ("https://example.org/", 403),
        ("https://elsewhere.example/", 403),
    ] {
        let token = signer.token("ci", &json!({ "aud": audience }));
        assert_eq!(served.client().invite(&token).status, status, "{audience}");
    }
}

#[test]
fn an_address_that_is_none_is_told_with_its_host() {
    for (text, expected) in [
        ("ftp://a.example/", "expected a URL such as \"https://invite.example.com/\""),
        (
            "https://a.example/a-part-of-a-path-that-is-too-long/",
            "expected a path whose parts have at most 23 characters",
        ),
    ] {
        let scratch = Scratch::new(&format!("{CONFIG}[hosts.\"example.org\"]\npublic_url = {text:?}\n"));
        let output = scratch.run(&["check"]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("hosts.\"example.org\".public_url") && told.contains(expected), "{told}");
    }
}
