//! Limits of connections and callers, and what every answer has, whatever made it (SPEC 4, [http]; SPEC 6).
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use common::http::request;
use common::{CONFIG, Client, KEY, PATIENCE, Response, Scratch, Served, exchange, now};

fn with_http(lines: &str) -> Scratch {
    Scratch::new(&format!("{CONFIG}[http]\n{lines}\n"))
}

/// [`CONFIG`] with other lines at the top level.
fn with_top(lines: &str, config: &str) -> String {
    format!("{lines}\n{config}")
}

/// The line about the request that was answered so.
fn line_about(served: &Served, answer: &Response) -> String {
    served.wait_log(&format!("request.id={} ", answer.header("x-request-id").unwrap()))
}

/// A request in flight counts as idle after a tenth of this, where there is no room for others.
const LONG_BODIES: &str = "body_timeout = \"1d\"";

/// Puts the configuration in force anew; whoever could be served meanwhile would be.
fn reload(served: &Served) {
    let before = served.log_length();
    served.signal("HUP");
    served.wait_log_after(before, "event=reload.done");
}

/// How many requests were answered that [`asked`] sent.
fn answered(served: &Served) -> usize {
    served.log().matches("http.method=DELETE").count()
}

fn asked(mut client: Client) -> Client {
    client.send(request("DELETE", "/nowhere", &[], ""));
    client
}

/// Reads the answer to what [`asked`] sent.
fn is_answered(served: &Served, client: &mut Client) {
    let answer = client.read().unwrap();
    assert_eq!(answer.status, 404);
    line_about(served, &answer);
}

#[test]
fn connections_over_the_limit_wait_while_all_others_have_requests_in_flight() {
    let scratch = with_http(&format!("max_connections = 2\n{LONG_BODIES}"));
    let served = scratch.serve();
    let [mut first, mut second] = [(); 2].map(|()| served.client());
    [&mut first, &mut second].into_iter().for_each(Client::begin);
    let mut waiting: Vec<_> = (0..6).map(|_| asked(served.client())).collect();
    for _ in 0..5 {
        reload(&served);
        assert_eq!(answered(&served), 0);
    }
    first.done();
    assert!(first.is_ended(), "others wait");
    for client in &mut waiting {
        is_answered(&served, client);
    }
    assert_eq!(answered(&served), 6);
    second.done();
}

#[test]
fn the_limit_of_connections_is_for_all_listeners_together() {
    let scratch = Scratch::new("");
    let socket = scratch.path().join("http.sock");
    let listen = format!("listen = [\"127.0.0.1:0\", \"unix:{}\"]", socket.display());
    let config = CONFIG.replace("listen = [\"127.0.0.1:0\"]", &listen);
    scratch.configure(&format!("{config}[http]\nmax_connections = 1\n{LONG_BODIES}\n"));
    let served = scratch.serve();
    // One of the listeners may be quicker than the other: several rounds, so that each is ready in one of them.
    for round in 0..10 {
        let mut first = served.client();
        first.begin();
        let mut second = asked(Client::unix(&socket));
        for _ in 0..3 {
            reload(&served);
        }
        assert_eq!(answered(&served), round, "two at once");
        first.done();
        is_answered(&served, &mut second);
    }
}

#[test]
fn a_reload_changes_the_limit_of_connections_and_ends_none() {
    let http = |most: usize| format!("{CONFIG}[http]\nmax_connections = {most}\n{LONG_BODIES}\n");
    let scratch = Scratch::new(&http(1));
    let served = scratch.serve();
    let limit = |most: usize| {
        scratch.configure(&http(most));
        reload(&served);
    };
    let mut first = served.client();
    first.begin();
    let mut second = asked(served.client());
    limit(1);
    assert_eq!(answered(&served), 0, "one at once");
    limit(2);
    is_answered(&served, &mut second);
    limit(1);
    // Both are served while no other comes; then the idle one goes, and the other has to end, too.
    assert_eq!(second.get("/nowhere").status, 404);
    let mut third = asked(served.client());
    assert!(second.is_ended());
    reload(&served);
    assert_eq!(answered(&served), 1, "one at once");
    first.done();
    is_answered(&served, &mut third);
}

#[test]
fn an_idle_connection_is_closed_quietly() {
    let scratch = with_http("idle_timeout = \"2s\"");
    let served = scratch.serve();
    assert!(served.client().is_ended());
    let mut client = served.client();
    let answer = client.get("/nowhere");
    assert_eq!((answer.status, answer.header("connection")), (404, None));
    assert!(client.is_ended());
    assert_eq!(served.log().matches("request.id=").count(), 1, "{}", served.log());
}

#[test]
fn a_connection_with_requests_is_not_idle() {
    // A machine may be so busy that a client pauses for longer than it wants to; then it has more time.
    let mut timeouts = [300, 1_000, 5_000, 30_000].map(Duration::from_millis).into_iter();
    while keeps_asking(timeouts.next().expect("a client that does not pause for 30 s")).is_none() {}
}

/// Sends requests on one connection, whose idle timeout is this, for twice as long. Nothing if the client itself was slow.
fn keeps_asking(timeout: Duration) -> Option<()> {
    let scratch = with_http(&format!("idle_timeout = \"{}ms\"", timeout.as_millis()));
    let served = scratch.serve();
    let mut client = served.client();
    let mut last = now();
    let mut send = |client: &mut Client, bytes: &str, pause: Duration| {
        std::thread::sleep(pause);
        let began = now();
        let sent = client.try_send(bytes);
        let is_in_time = pause > timeout || last.elapsed() < timeout;
        last = began;
        is_in_time.then(|| sent.unwrap())
    };
    for _ in 0..6 {
        send(&mut client, &request("GET", "/nowhere", &[], ""), timeout / 3)?;
        assert_eq!(client.read().unwrap().status, 404);
    }
    // Neither is one idle whose head or body is slow: for these there are other limits.
    for pieces in [
        ["GET /nowhere HTTP/1.1\r\n", "Host: a\r\n\r\n"],
        ["PUT /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n", "abc"],
    ] {
        send(&mut client, pieces[0], Duration::ZERO)?;
        send(&mut client, pieces[1], timeout * 2)?;
        assert_eq!(client.read().unwrap().status, 404, "{pieces:?}");
    }
    assert!(client.is_ended());
    Some(())
}

#[test]
fn a_client_that_never_reads_is_dropped() {
    let scratch = with_http("idle_timeout = \"2s\"\nmax_connections = 1");
    let served = scratch.serve();
    let mut deaf = TcpStream::connect(served.address()).unwrap();
    deaf.set_write_timeout(Some(PATIENCE)).unwrap();
    let many = request("GET", "/nowhere", &["Accept: text/html"], "").repeat(200);
    let error = loop {
        if let Err(error) = deaf.write_all(many.as_bytes()) {
            break error;
        }
    };
    assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
    // Its place is free again.
    assert_eq!(served.client().get("/nowhere").status, 404);
}

fn prefixed(prefix: &str, more: &str) -> String {
    CONFIG.replace("https://invite.example.com/", &format!("https://example.org{prefix}")) + more
}

#[test]
fn routes_and_links_are_below_the_path_of_public_url() {
    for prefix in ["/join/us/", "/join/us"] {
        let scratch = Scratch::new(&prefixed(prefix, ""));
        let served = scratch.serve();
        let mut client = served.client();
        let key = format!("Authorization: Bearer {KEY}");
        let made = client.ask("POST", "/join/us/invites_api", &[&key]);
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(made.header("location"), Some(&*format!("https://example.org/join/us/invite?{}", made.token())));
        assert!(line_about(&served, &made).contains(" http.route=/invites_api "));
        let token = made.token();
        assert_eq!(client.get(&format!("/join/us/invite?{token}")).status, 200);
        assert_eq!(client.ask("OPTIONS", "/join/us/invites_api", &[]).status, 204);
        for outside in [
            "/invites_api",
            &format!("/invite?{token}"),
            "/",
            "/join",
            "/join/invite",
            "/join/usinvite",
            "/JOIN/US/invites_api",
            "/join/us/join/us/invites_api",
            &format!("/join/us/../../invite?{token}"),
            "/other/join/us/invites_api",
        ] {
            let answer = client.ask("GET", outside, &[&key]);
            assert_eq!(answer.status, 404, "{outside}: {answer:?}");
            assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{outside}");
        }
    }
}

/// Who asks for something of ours learns what is missing; nobody else learns that anything is.
#[test]
fn a_path_that_a_front_end_has_stripped_is_told_of_once() {
    let paths = "[http.paths]\ninvite = \"/i\"\n";
    let scratch = Scratch::new(&prefixed("/join/us/", paths));
    let served = scratch.serve();
    let mut client = served.client();
    let html = "Accept: text/html, */*;q=0.8";
    for stripped in ["/", "/invites_api", "/invite?x", "/i/x", "/api/v1/invites", "/assets/x", "/healthz", "/register/"]
    {
        let is_whole = stripped != "/register/";
        let answer = client.get(stripped);
        assert_eq!(answer.status, 404, "{stripped}");
        assert_eq!(answer.json()["type"], "urn:invited:problem:not-found", "{stripped}");
        let detail = "There is nothing here: all is below /join/us/, which the front end has to pass on.";
        assert_eq!(answer.json()["detail"] == detail, is_whole, "{stripped}: {answer:?}");
        assert_eq!(client.ask("GET", stripped, &[html]).text().contains(detail), is_whole, "{stripped}");
    }
    for other in ["/wp-login.php", "/join", "/join/invite", "/us/invite", "/joined/us/", "/join/us/nowhere"] {
        let text = client.ask("GET", other, &[]).text();
        assert!(!text.contains("front end"), "{other}: {text}");
    }
    let told = served.log();
    assert_eq!(told.matches("a request came without /join/us/, the path of public_url").count(), 1, "{told}");

    // Where a host is at the root, nothing can be missing.
    let root = "[hosts.\"example.net\"]\npublic_url = \"https://invite.example.net\"\n";
    let scratch = Scratch::new(&prefixed("/join/us/", root));
    let served = scratch.serve();
    assert_eq!(served.client().get("/healthz").status, 200);
    assert!(!served.client().get("/nowhere").text().contains("front end"));
}

#[test]
fn the_path_of_invites_api_can_be_changed() {
    let paths = "[http.paths]\ninvites_api = \"/prosody/new-invite\"\n";
    for prefix in ["/", "/join/"] {
        let scratch = Scratch::new(&prefixed(prefix, paths));
        let served = scratch.serve();
        let mut client = served.client();
        let key = format!("Authorization: Bearer {KEY}");
        let made = client.ask("POST", &format!("{prefix}prosody/new-invite"), &[&key]);
        assert_eq!(made.status, 201);
        assert_eq!(made.header("location"), Some(&*format!("https://example.org{prefix}invite?{}", made.token())));
        assert_eq!(client.ask("PUT", &format!("{prefix}prosody/new-invite"), &[&key]).status, 405);
        for gone in ["invites_api", "prosody", "prosody/new-invite/x"] {
            assert_eq!(client.ask("POST", &format!("{prefix}{gone}"), &[&key]).status, 404, "{prefix}{gone}");
        }
    }
}

/// A proxy that guards a path by its exact name must not be walked around.
#[test]
fn a_path_with_another_slash_is_another_path() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let mut client = served.client();
    let key = format!("Authorization: Bearer {KEY}");
    let mut found = Vec::new();
    for path in ["/invites_api/", "//invites_api", "/invites_api//", "/invite/?x", "//invite?x"] {
        let answer = client.ask("GET", path, &[&key]);
        if answer.status != 404 || answer.header("content-type") != Some("application/problem+json") {
            found.push((path, answer.status));
        }
    }
    assert_eq!(found, []);
}

#[test]
fn an_asterisk_in_a_path_does_not_stand_for_the_server() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let both = request("OPTIONS", "*", &[], "") + request("OPTIONS", "/*", &[], "").as_str();
    let statuses: Vec<_> = exchange(served.address(), both.as_bytes()).iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [204, 404]);
}

/// A caller who shows up under several headers, and others who are not him.
struct Caller {
    name: &'static str,
    /// Lines of three requests of his.
    his: [&'static [&'static str]; 3],
    others: &'static [&'static [&'static str]],
}

/// As seen through trusted 127.0.0.1 and 10.0.0.0/8. No address comes twice.
const CALLERS: &[Caller] = &[
    Caller {
        name: "behind a proxy",
        his: [
            &["X-Forwarded-For: 203.0.113.1"],
            &["X-Forwarded-For: 203.0.113.1:5001"],
            &["x-forwarded-for:203.0.113.1"],
        ],
        others: &[&["X-Forwarded-For: 203.0.113.101"], &[]],
    },
    Caller {
        name: "who claims to be others",
        his: [
            &["X-Forwarded-For: 198.51.100.1, 203.0.113.2"],
            &["X-Forwarded-For: 198.51.100.2,203.0.113.2"],
            &["X-Forwarded-For: 127.0.0.1, 198.51.100.3, 203.0.113.2"],
        ],
        others: &[&["X-Forwarded-For: 198.51.100.1"], &["X-Forwarded-For: 198.51.100.2"], &[]],
    },
    Caller {
        name: "behind two proxies",
        his: [
            &["X-Forwarded-For: 203.0.113.3, 10.1.1.1"],
            &["X-Forwarded-For: 203.0.113.3, 10.1.1.2"],
            &["X-Forwarded-For: 198.51.100.4, 203.0.113.3, 10.1.1.1"],
        ],
        others: &[&["X-Forwarded-For: 203.0.113.103, 10.1.1.1"], &["X-Forwarded-For: 10.1.1.1"]],
    },
    Caller {
        name: "behind an untrusted proxy",
        his: [
            &["X-Forwarded-For: 198.51.100.5, 203.0.113.4, 10.1.1.1"],
            &["X-Forwarded-For: 10.2.2.2, 203.0.113.4"],
            &["X-Forwarded-For: 203.0.113.4"],
        ],
        others: &[&["X-Forwarded-For: 198.51.100.5"], &["X-Forwarded-For: 10.2.2.2"]],
    },
    Caller {
        name: "in two lines",
        his: [
            &["X-Forwarded-For: 198.51.100.6", "X-Forwarded-For: 203.0.113.5"],
            &["X-Forwarded-For: 198.51.100.7", "X-Forwarded-For: 203.0.113.5"],
            &["X-Forwarded-For: 203.0.113.5", "X-Forwarded-For: 10.1.1.1"],
        ],
        others: &[&["X-Forwarded-For: 198.51.100.6"], &["X-Forwarded-For: 198.51.100.7"]],
    },
    Caller {
        name: "who hides behind nonsense",
        his: [
            &["X-Forwarded-For: 198.51.100.8, nonsense, 10.3.3.3"],
            &["X-Forwarded-For: 198.51.100.9, unknown, 10.3.3.3"],
            &["X-Forwarded-For: 10.3.3.3"],
        ],
        others: &[&["X-Forwarded-For: 198.51.100.8"]],
    },
    Caller {
        name: "of an IPv6 network",
        his: [
            &["X-Forwarded-For: 2001:db8:1:1::1"],
            &["X-Forwarded-For: 2001:db8:1:1:ffff::2"],
            &["X-Forwarded-For: [2001:db8:1:1::3]:5001"],
        ],
        others: &[&["X-Forwarded-For: 2001:db8:1:2::1"], &["X-Forwarded-For: 2001:db8:1::1"]],
    },
    Caller {
        name: "of IPv4 in IPv6",
        his: [
            &["X-Forwarded-For: ::ffff:203.0.113.6"],
            &["X-Forwarded-For: 203.0.113.6"],
            &["X-Forwarded-For: 203.0.113.6, ::ffff:10.1.1.1"],
        ],
        others: &[&["X-Forwarded-For: ::ffff:203.0.113.106"], &["X-Forwarded-For: 203.0.113.107"]],
    },
    Caller {
        name: "both, as nginx passes on what a client wrote",
        his: [
            &["X-Forwarded-For: 203.0.113.9", "Forwarded: for=198.51.100.12"],
            &["Forwarded: for=198.51.100.13", "X-Forwarded-For: 203.0.113.9"],
            &["X-Forwarded-For: 203.0.113.9"],
        ],
        others: &[&["X-Forwarded-For: 198.51.100.12"], &["Forwarded: for=198.51.100.13"]],
    },
];

/// The same where `Forwarded` counts.
const FORWARDED: &[Caller] = &[
    Caller {
        name: "Forwarded",
        his: [
            &["Forwarded: for=203.0.113.7;proto=https"],
            &["Forwarded: by=10.1.1.1; FOR=\"203.0.113.7:5001\""],
            &["Forwarded: for=198.51.100.10, for=203.0.113.7, for=10.1.1.1"],
        ],
        others: &[&["Forwarded: for=198.51.100.10"], &["Forwarded: for=203.0.113.108"]],
    },
    Caller {
        name: "Forwarded in lines",
        his: [
            &["Forwarded: for=198.51.100.11", "Forwarded: for=203.0.113.8"],
            &["Forwarded: for=\"", "Forwarded: for=203.0.113.8"],
            &["Forwarded: for=203.0.113.8", "Forwarded: for=10.1.1.1"],
        ],
        others: &[&["Forwarded: for=198.51.100.11"]],
    },
    Caller {
        name: "Forwarded IPv6",
        his: [
            &["Forwarded: for=\"[2001:db8:2:1::1]\""],
            &["Forwarded: for=\"[2001:db8:2:1::2]:5001\""],
            &["Forwarded: for=_hidden, for=\"[2001:db8:2:1::3]\""],
        ],
        others: &[&["Forwarded: for=\"[2001:db8:2:2::1]\""]],
    },
    Caller {
        name: "both, as a proxy that sets Forwarded passes on what a client wrote",
        his: [
            &["Forwarded: for=203.0.113.10", "X-Forwarded-For: 198.51.100.14"],
            &["X-Forwarded-For: 198.51.100.15", "Forwarded: for=203.0.113.10"],
            &["Forwarded: for=203.0.113.10"],
        ],
        others: &[&["Forwarded: for=198.51.100.14"], &["X-Forwarded-For: 203.0.113.10"]],
    },
];

const FAILURES: &str = "[http]\nauth_failures = \"2/h\"\n";

fn ask_with(client: &mut Client, key: &str, lines: &[&str]) -> Response {
    let key = format!("Authorization: Bearer {key}");
    client.ask("POST", "/invites_api", &[&[&*key], lines].concat())
}

/// Two wrong keys are refused, and then the caller waits, unless his key is right; others do not.
fn check_caller(client: &mut Client, caller: &Caller) {
    let Caller { name, his, others } = caller;
    for lines in &his[..2] {
        assert_eq!(ask_with(client, "site/wrong", lines).status, 403, "{name}: {lines:?}");
    }
    for _ in 0..2 {
        let answer = ask_with(client, "site/wrong", his[2]);
        assert_eq!(answer.status, 429, "{name}: {answer:?}");
        assert_eq!(answer.json()["type"], "urn:invited:problem:too-many-failures");
        let seconds: u32 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=1800).contains(&seconds), "{name}: {seconds}");
        assert_eq!(ask_with(client, KEY, his[2]).status, 201, "{name}");
    }
    for lines in *others {
        assert_eq!(ask_with(client, KEY, lines).status, 201, "{name}: {lines:?}");
    }
}

#[test]
fn wrong_keys_are_counted_by_the_address_that_a_trusted_proxy_names() {
    let scratch =
        Scratch::new(&with_top("trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]", &(CONFIG.to_owned() + FAILURES)));
    let served = scratch.serve();
    let mut client = served.client();
    for caller in CALLERS {
        check_caller(&mut client, caller);
    }
}

#[test]
fn only_the_header_that_forwarded_names_is_looked_at() {
    let trusted = "trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]\nforwarded = \"forwarded\"";
    let scratch = Scratch::new(&with_top(trusted, &(CONFIG.to_owned() + FAILURES)));
    let served = scratch.serve();
    let mut client = served.client();
    for caller in FORWARDED {
        check_caller(&mut client, caller);
    }
    // It can be changed while the service runs.
    scratch.configure(&(CONFIG.to_owned() + FAILURES));
    let before = served.log_length();
    served.signal("HUP");
    served.wait_log_after(before, "event=reload.done");
    check_caller(&mut client, &CALLERS[0]);
}

#[test]
fn a_proxy_that_names_clients_as_it_should_not_is_warned_of_once() {
    let scratch = Scratch::new(&with_top("trusted_proxies = [\"127.0.0.1\"]", CONFIG));
    let served = scratch.serve_as(&[], &[]);
    let ask = |local, key, line| ask_from(local, served.address(), key, line);
    let warnings = || {
        let log = served.log();
        log.lines().filter(|line| line.contains("trusted_proxies") || line.contains("`forwarded`")).count()
    };
    // A program on this machine that calls by itself names nobody, and one that has no key guessed nothing.
    assert_eq!(ask("127.0.0.1", KEY, "X-Other: 1"), 201);
    assert_eq!(served.client().get("/invites_api").status, 403);
    assert_eq!(ask("127.0.0.1", "site/wrong", "X-Forwarded-For: 203.0.113.1"), 403);
    assert_eq!(warnings(), 0, "{}", served.log());
    for (local, key, line, status, text) in [
        (
            "127.0.0.1",
            KEY,
            "X-Forwarded-Proto: https",
            201,
            "the trusted proxy at 127.0.0.1 names no client in X-Forwarded-For",
        ),
        (
            "127.0.0.1",
            KEY,
            "X-Forwarded-For: 203.0.113.1\r\nForwarded: for=203.0.113.2",
            201,
            "the proxy at 127.0.0.1 sent X-Forwarded-For and Forwarded: only X-Forwarded-For counts",
        ),
        (
            "127.0.0.2",
            KEY,
            "X-Forwarded-For: 203.0.113.1",
            201,
            "the peer at 127.0.0.2 sent X-Forwarded-For, and is not in trusted_proxies",
        ),
        (
            "127.0.0.3",
            "site/wrong",
            "Forwarded: for=203.0.113.1",
            403,
            "the peer at 127.0.0.3 sent Forwarded, and is not in trusted_proxies",
        ),
    ] {
        let before = warnings();
        for _ in 0..3 {
            assert_eq!(ask(local, key, line), status, "{line}");
        }
        let told = served.wait_log(text);
        assert!(told.contains(" warn "), "{told}");
        assert_eq!(warnings(), before + 1, "{}", served.log());
    }
}

#[test]
fn a_proxy_that_names_no_client_is_warned_of_where_all_who_come_by_it_wait() {
    for wrong in ["/invites_api?key=site/wrong", "/?code=wrong"] {
        let scratch = Scratch::new(&(CONFIG.to_owned() + FAILURES));
        let served = scratch.serve_as(&[], &[]);
        let mut client = served.client();
        for _ in 0..2 {
            assert!(matches!(client.get(wrong).status, 403 | 404));
        }
        assert!(!served.log().contains("names no client"), "{}", served.log());
        assert_eq!(client.get(wrong).status, 429);
        served.wait_log("the trusted proxy at 127.0.0.1 names no client");
        client.get(wrong);
        assert_eq!(served.log().matches("names no client").count(), 1);
    }
}

#[test]
fn loopback_is_trusted_by_default() {
    let scratch = Scratch::new(&(CONFIG.to_owned() + FAILURES));
    let served = scratch.serve();
    check_caller(&mut served.client(), &CALLERS[0]);
}

#[test]
fn a_unix_socket_is_trusted() {
    let scratch = Scratch::new("");
    let socket = scratch.path().join("http.sock");
    let config = CONFIG.replace("127.0.0.1:0", &format!("unix:{}", socket.display()));
    scratch.configure(&with_top("trusted_proxies = [\"10.0.0.0/8\"]", &(config + FAILURES)));
    let _served = scratch.serve();
    let mut client = Client::unix(&socket);
    for caller in CALLERS {
        check_caller(&mut client, caller);
    }
    // Whom no proxy names, is one caller too.
    check_caller(
        &mut client,
        &Caller { name: "unnamed", his: [&[]; 3], others: &[&["X-Forwarded-For: 203.0.113.200"]] },
    );
}

/// One request from an address of loopback; gives the status.
fn ask_from(local: &str, server: SocketAddr, key: &str, line: &str) -> u16 {
    let mut stream = common::http::connect_from(local.parse().unwrap(), server).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let key = format!("Authorization: Bearer {key}");
    stream.write_all(request("POST", "/invites_api", &[&key, "Connection: close", line], "").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer[9..12].parse().unwrap()
}

#[test]
fn a_peer_that_is_not_trusted_cannot_name_another() {
    let scratch = Scratch::new(&with_top("trusted_proxies = [\"127.0.0.9\"]", &(CONFIG.to_owned() + FAILURES)));
    let served = scratch.serve();
    let ask = |local, key, line| ask_from(local, served.address(), key, line);
    assert_eq!(ask("127.0.0.1", "site/wrong", "X-Forwarded-For: 203.0.113.1"), 403);
    assert_eq!(ask("127.0.0.1", "site/wrong", "Forwarded: for=203.0.113.2"), 403);
    let wrong = "site/wrong";
    assert_eq!(ask("127.0.0.1", wrong, "X-Forwarded-For: 203.0.113.3"), 429);
    assert_eq!(ask("127.0.0.1", wrong, "X-Forwarded-For: 127.0.0.9"), 429);
    assert_eq!(ask("127.0.0.2", wrong, "X-Forwarded-For: 127.0.0.1"), 403);
    assert_eq!(ask("127.0.0.9", wrong, "X-Forwarded-For: 203.0.113.1"), 403);
    assert_eq!(ask("127.0.0.9", wrong, "X-Forwarded-For: 127.0.0.1"), 429);
}

#[test]
fn only_wrong_keys_are_counted() {
    let scratch = Scratch::new(&(CONFIG.to_owned() + FAILURES));
    let served = scratch.serve();
    let mut client = served.client();
    for _ in 0..5 {
        assert_eq!(client.get("/invites_api").status, 403);
        assert_eq!(client.ask("POST", "/invites_api", &["Authorization: Basic c2l0ZTp3cm9uZw=="]).status, 403);
        assert_eq!(client.invite(KEY).status, 201);
    }
    for wrong in ["nobody/s3cret", "no-slash"] {
        assert_eq!(client.invite(wrong).status, 403, "{wrong}");
    }
    assert_eq!(client.invite("no-slash").status, 429);
    // Nobody guessed with what is right, or with nothing.
    assert_eq!((client.invite(KEY).status, client.get("/invites_api").status), (201, 403));
    assert_eq!(client.get("/nowhere").status, 404);
}

const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "MKCOL"];

/// Every route, and places where none is.
const TARGETS: &[&str] = &[
    "/",
    "/?a=b",
    "/invite",
    "/invite?",
    "/invite?AAAAAAAAAAAAAAAAAAAAAAAA",
    "/invite?%",
    "/invite/",
    "/invite/AAAAAAAAAAAAAAAAAAAAAAAA",
    "/invites_api",
    "/invites_api?key=site/wrong",
    "/invites_api?key=site/s3cret",
    "/invites_api?key=site/s3cret&redirect=true",
    "/invites_api?key=site/s3cret&host=elsewhere.example",
    "/invites_api/",
    "/nowhere",
    "//",
    "/%zz",
    "/favicon.ico",
    "/api/v1/invites",
];

#[test]
fn every_answer_has_an_id_and_safe_headers_and_is_in_the_log() {
    let scratch = Scratch::new(&format!("{CONFIG}[http]\nauth_failures = \"1000/m\"\n"));
    let served = scratch.serve();
    let mut client = served.client();
    let mut ids = BTreeSet::new();
    for target in TARGETS {
        for method in METHODS {
            for accept in ["Accept: application/json", "Accept: text/html"] {
                let name = format!("{method} {target}, {accept}");
                let answer = client.ask(method, target, &[accept]);
                let id = answer.header("x-request-id").unwrap_or_else(|| panic!("{name}: {answer:?}")).to_owned();
                assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{name}: {answer:?}");
                if answer.status >= 400 || answer.header("location").is_some() {
                    assert_eq!(answer.header("cache-control"), Some("no-store"), "{name}: {answer:?}");
                }
                assert!(answer.status != 405 || answer.header("allow").is_some(), "{name}: {answer:?}");
                let line = line_about(&served, &answer);
                let fields = format!(" http.method={method} http.route=");
                assert!(
                    line.contains(&fields) && line.contains(&format!(" http.status={} ", answer.status)),
                    "{name}: {line}"
                );
                assert!(line.contains(" duration_ms="), "{name}: {line}");
                assert!(ids.insert(id), "{name}: its id comes twice");
            }
        }
    }
    assert_eq!(served.log().matches("http.status=").count(), ids.len());
}

#[test]
fn every_error_has_a_body_as_the_client_prefers() {
    let scratch = Scratch::new(&format!("{CONFIG}[http]\nauth_failures = \"1000/m\"\n"));
    let served = scratch.serve();
    let mut client = served.client();
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8";
    let preferences: &[(&[&str], bool)] = &[
        (&[], false),
        (&["Accept: */*"], false),
        (&["Accept: application/json"], false),
        (&["Accept: application/problem+json, text/html;q=0.9"], false),
        (&["Accept: text/html;q=0.5, application/json"], false),
        (&["Accept: text/html;q=0, */*"], false),
        (&["Accept:"], false),
        (&["Accept: nonsense;;q=x, /"], false),
        (&["Accept: text/html"], true),
        (&["Accept: TEXT/HTML"], true),
        (&["Accept: text/html;q=0.2,application/json;q=0.1"], true),
        (&["Accept: application/json; q=0.8, text/html; charset=utf-8; q=0.9"], true),
        (&[&format!("Accept: {browser}")], true),
        // Lines are one list (RFC 9110, 5.3).
        (&["Accept: text/html", "Accept: image/png"], true),
        (&["Accept: application/json", "Accept: text/html;q=0.5"], false),
    ];
    let errors = [
        ("GET", "/nowhere", 404),
        ("POST", "/nowhere", 404),
        ("DELETE", "/invite", 405),
        ("PUT", "/invites_api", 405),
        ("GET", "/invites_api", 403),
        ("GET", "/invites_api?key=site/wrong", 403),
        ("GET", "/invites_api?key=site/s3cret&host=other.example", 403),
    ];
    for (lines, html) in preferences {
        for (method, target, status) in errors {
            let name = format!("{method} {target}, {lines:?}");
            let answer = client.ask(method, target, lines);
            assert_eq!(answer.status, status, "{name}: {answer:?}");
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{name}");
            assert_eq!(answer.header("vary"), Some("Accept"), "{name}");
            let id = answer.header("x-request-id").unwrap();
            if *html {
                assert_eq!(answer.header("content-type"), Some("text/html;charset=utf-8"), "{name}");
                let page = answer.text();
                assert!(
                    page.starts_with("<!doctype html>") && page.contains(id) && page.len() < 4096,
                    "{name}: {page}"
                );
                let policy = answer.header("content-security-policy").unwrap();
                assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{name}: {policy}");
                let own = page.matches("<script src=\"/assets/").count();
                assert!(page.matches("<script").count() == own && !page.contains("http"), "{name}: {page}");
            } else {
                assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{name}");
                let body = answer.json();
                let members: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
                assert_eq!(members, ["detail", "status", "title", "type"], "{name}: {body}");
                assert_eq!(body["status"], status, "{name}: {body}");
            }
        }
    }
}

#[test]
fn allow_names_the_methods_that_are_answered() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let mut client = served.client();
    for (path, expected) in [("/invite", &["GET", "HEAD"][..]), ("/invites_api", &["GET", "POST", "OPTIONS"])] {
        let refused = client.ask("PROPFIND", path, &[]);
        assert_eq!(refused.status, 405, "{path}");
        let allow: BTreeSet<_> = refused.header("allow").unwrap().split(", ").map(ToOwned::to_owned).collect();
        assert!(expected.iter().all(|method| allow.contains(*method)), "{path}: {allow:?}");
        for method in METHODS {
            let answer = client.ask(method, path, &[]);
            assert_eq!(
                answer.status != 405,
                allow.contains(*method),
                "{method} {path}: {} and {allow:?}",
                answer.status
            );
        }
    }
}

#[test]
fn head_of_an_invite_is_its_page_without_the_body() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let mut client = served.client();
    let token = client.invite(KEY).token();
    for (target, status) in
        [(format!("/invite?{token}"), 200), ("/invite?unknown".into(), 404), ("/nowhere".into(), 404)]
    {
        let get = client.get(&target);
        assert_eq!(get.status, status, "{target}");
        let head = client.ask("HEAD", &target, &[]);
        assert_eq!(head.status, status, "{target}");
        assert_eq!(head.header("content-length"), Some(&*get.body.len().to_string()), "{target}");
        let rest = |answer: &Response| -> BTreeSet<_> {
            let own = |name: &String| name != "x-request-id" && name != "date";
            answer.headers.iter().filter(|(name, _)| own(name)).cloned().collect()
        };
        assert_eq!(rest(&head), rest(&get), "{target}");
        assert_eq!(head.body, b"");
    }
}
