//! The files of `examples/front-ends` in the real front ends, of Debian's packages: the same suite through each, at a name of
//! its own and at a path of a site.
//!
//! | module | what it has |
//! |---|---|
//! | `front_end` | the front ends, started |
//! | `curl` | the client |
//! | `guest` | a guest in a browser, who comes from another site |
//! | `proxy_line` | front ends that pass connections on |
//! | `stripped` | front ends that strip the path |

#[path = "../common/mod.rs"]
mod common;
mod curl;
mod front_end;
mod guest;
mod proxy_line;
mod stripped;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use common::ejabberd::{ADMIN, PASSWORD};
use common::fake_ejabberd::{FakeEjabberd, Version};
use common::{CONFIG, KEY, PATIENCE, Response, Scratch, Served, now};
use curl::Curl;
use front_end::{FrontEnd, Kind};
use serde_json::{Value, json};

/// Where guests come to, and the file for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Name,
    Path,
}

impl At {
    fn base(self) -> &'static str {
        match self {
            Self::Name => "https://invite.example.com/",
            Self::Path => "https://example.com/invited/",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Path => "path",
        }
    }
}

/// A service on a Unix socket, and what is in front of it.
struct Place {
    base: &'static str,
    scratch: Scratch,
    ejabberd: FakeEjabberd,
    socket: PathBuf,
    dir: PathBuf,
}

impl Place {
    /// With `more` in the configuration.
    fn new(kind: Kind, at: At, more: &str) -> Self {
        let scratch = Scratch::new("");
        // The users of the front ends get through.
        fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o711)).unwrap();
        let (dir, named) = (scratch.path().join("front"), scratch.path().join("http.sock"));
        fs::create_dir(&dir).unwrap();
        let socket = FrontEnd::place_of_socket(kind, &dir, &named);
        fs::create_dir_all(socket.parent().unwrap()).unwrap();
        let ejabberd = FakeEjabberd::start(Version::V23_01);
        let config = CONFIG
            .replace("https://invite.example.com/", at.base())
            .replace("127.0.0.1:0", &format!("unix:{}", socket.display()));
        scratch.configure(&format!(
            "cors_origins = [\"{}\"]\n{config}allow = [\"create\", \"read\"]\n\
             [hosts.\"example.com\".backend]\nkind = \"ejabberd\"\nurl = \"http://{}/api\"\nuser = \"{ADMIN}\"\n\
             password = {PASSWORD:?}\n[http]\nauth_failures = \"3/30m\"\n{more}",
            guest::ELSEWHERE,
            ejabberd.address
        ));
        Self { base: at.base(), scratch, ejabberd, socket, dir }
    }

    fn serve(&self) -> Served {
        let served = self.scratch.serve();
        // What the group of a drop-in does.
        fs::set_permissions(&self.socket, fs::Permissions::from_mode(0o666)).unwrap();
        served
    }

    /// Of all invites that were created.
    fn tokens(&self) -> Vec<String> {
        let list: Value = serde_json::from_str(&self.scratch.ok(&["invite", "list", "--json"])).unwrap();
        let invites = list["invites"].as_array().unwrap().iter();
        invites.map(|invite| invite["token"].as_str().unwrap().to_owned()).collect()
    }

    /// What the front end is told to connect to.
    fn named_socket(&self) -> PathBuf {
        self.scratch.path().join("http.sock")
    }
}

const WRONG: &str = "Authorization: Bearer site/wr0ng-s3cret";

/// All that is asked of each.
fn suite(kind: Kind, at: At, test: &str) {
    if !kind.is_here(test) {
        return;
    }
    let place = Place::new(kind, at, "");
    let mut served = place.serve();
    let front_end = FrontEnd::start(kind, &place.dir, &kind.example(at.file()), &place.named_socket());
    let curl = Curl { dir: &place.dir, ports: front_end.ports };
    let base = place.base;
    let bearer = format!("Authorization: Bearer {KEY}");

    // An invite, over HTTP/2 to the client, whose link is the public one.
    let api = format!("{base}invites_api");
    let post = ["-X", "POST", "-H", &bearer];
    let created = if kind == Kind::Lighttpd {
        // It has to be told that there is no body.
        assert_eq!(curl.ask(&api, &post).response.status, 411);
        curl.ask(&api, &["-d", "", "-H", &bearer])
    } else {
        curl.ask(&api, &post)
    };
    assert_eq!(
        (&*created.version, created.response.status),
        ("2", 201),
        "{:?}\n{}",
        created.response,
        front_end.logs()
    );
    let link = created.response.header("location").unwrap().to_owned();
    let token = created.response.token();
    assert_eq!(link, format!("{base}invite?{token}"));
    // Clients of mod_invites_api have the key in the address.
    assert_eq!(curl.get(&format!("{api}?key={KEY}")).status, 201);

    let head = curl.ask(&link, &["--head"]).response;
    assert_eq!(head.status, 200, "{head:?}");
    assert!(head.header("content-length").unwrap().parse::<u32>().unwrap() > 0, "{head:?}");
    opens_with_its_assets(&curl, &link, base);
    takes_bodies(&curl, base, &bearer);
    answers_preflights(&curl, base);
    counts_the_real_client(&curl, base, &served);
    let secrets = signs_up(&curl, &place, at, &token);
    guest::signs_up(&place, &front_end, &served);

    if at == At::Name && kind != Kind::Caddy {
        // What is typed without its scheme.
        let led = curl.get(&link.replace("https://", "http://"));
        assert!((301..=308).contains(&led.status), "{led:?}");
        assert_eq!(led.header("location"), Some(&*link), "{led:?}");
    }

    // The service is away; when it is back, the front end knows at once, but for one that looks once in a second.
    served.kill();
    let told = served.log();
    fs::remove_file(&place.socket).unwrap();
    let referrer = format!("Referer: {link}");
    let away = curl.ask(&format!("{api}?key={KEY}"), &["-H", &bearer, "-H", &referrer]).response;
    assert!([502, 503].contains(&away.status), "{away:?}");
    passes_on_what_it_should(&curl, &place, kind);
    let served = place.serve();
    assert_eq!(back(kind, || curl.get(&format!("{api}?key={KEY}"))).status, 201);
    let told = [told, served.log()].concat();
    assert!(!told.contains("the proxy") && !told.contains("the peer"), "{told}");

    // What else is at the site is in its logs.
    if at == At::Path {
        let beside = curl.get("https://example.com/beside?what=4711");
        assert!([200, 404, 503].contains(&beside.status), "{beside:?}");
    }
    let logs = front_end.end();
    if at == At::Path {
        assert!(logs.contains("/beside"), "{logs}");
    }
    let tokens = place.tokens();
    assert!(tokens.contains(&token), "{tokens:?}");
    // Nor the address of a form, whose tail vouches for an account.
    let secrets = ["s3cret", "register?t="].map(str::to_owned).into_iter().chain(secrets).chain(tokens);
    for secret in secrets {
        assert!(!logs.contains(&secret), "{secret} is in {logs}");
    }
}

/// What `ask` is answered by a service that has just come back.
fn back(kind: Kind, ask: impl Fn() -> Response) -> Response {
    let began = now();
    let mut answer = ask();
    while kind == Kind::Lighttpd && answer.status == 503 && began.elapsed() < PATIENCE {
        answer = ask();
    }
    answer
}

/// What comes at the socket: who the client is, once, and nothing that he says of it; the name and the whole path.
fn passes_on_what_it_should(curl: &Curl<'_>, place: &Place, kind: Kind) {
    let listener = UnixListener::bind(&place.socket).unwrap();
    fs::set_permissions(&place.socket, fs::Permissions::from_mode(0o666)).unwrap();
    let heads = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
        String::from_utf8(head).unwrap()
    });
    let forged = ["-H", "X-Forwarded-For: 203.0.113.1", "-H", "Forwarded: for=203.0.113.1", "--interface", "127.0.0.7"];
    let answer = back(kind, || curl.ask(&format!("{}invite?a%20b", place.base), &forged).response);
    assert_eq!(answer.status, 204, "{answer:?}");
    let head = heads.join().unwrap();
    let (host, path) = place.base.trim_start_matches("https://").split_once('/').unwrap();
    assert!(head.starts_with(&format!("GET /{path}invite?a%20b HTTP/1.1\r\n")), "{head}");
    let field = |name: &str| -> Vec<String> {
        let fields = head.lines().filter_map(|line| line.split_once(": "));
        fields.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).collect()
    };
    assert_eq!(field("X-Forwarded-For"), ["127.0.0.7"], "{head}");
    assert_eq!(field("Forwarded"), [""; 0], "{head}");
    assert_eq!(field("Host"), [host], "{head}");
    fs::remove_file(&place.socket).unwrap();
}

/// The page of an invite, and all that it loads.
fn opens_with_its_assets(curl: &Curl<'_>, link: &str, base: &str) {
    let html = ["-H", "Accept: text/html", "-H", "Accept-Encoding: gzip", "--compressed"];
    let page = curl.ask(link, &html).response;
    assert_eq!(page.status, 200, "{page:?}");
    let text = page.text();
    let prefix = base.split_once("example.com").unwrap().1;
    let start = format!("\"{prefix}assets/");
    let assets: Vec<_> = text.split(&start).skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(assets.len() >= 2, "{text}");
    for asset in assets {
        let answer = curl.get(&format!("{base}assets/{asset}"));
        assert_eq!(answer.status, 200, "{asset}: {answer:?}");
        assert!(!answer.body.is_empty(), "{asset}");
    }
}

/// Bodies of unknown length, over both versions of HTTP, and bodies that are too large.
fn takes_bodies(curl: &Curl<'_>, base: &str, bearer: &str) {
    let url = format!("{base}api/v1/invites");
    let sent = |bytes: usize, more: &[&str]| {
        let body = json!({ "host": "example.com", "note": "x".repeat(bytes) }).to_string();
        let file = curl.dir.join("body.json");
        fs::write(&file, body).unwrap();
        let data = format!("@{}", file.display());
        let json = ["-X", "POST", "-H", bearer, "-H", "Content-Type: application/json", "--data-binary", &data];
        curl.try_ask(&url, &[&json, more].concat()).map(|answer| answer.response)
    };
    let ways: [&[&str]; 3] = [&[], &["--http1.1"], &["--http1.1", "-H", "Transfer-Encoding: chunked"]];
    for way in ways {
        let small = sent(10, way).unwrap();
        assert_eq!(small.status, 201, "{way:?}: {small:?}");
        // More than the service takes: it says so itself.
        match sent(100 << 10, way) {
            Ok(large) => {
                assert_eq!(large.status, 413, "{way:?}: {large:?}");
                assert_eq!(large.json()["type"], "urn:invited:problem:body-too-large", "{way:?}");
            }
            // Who is answered before all is sent may see no more than that the stream ends.
            Err(said) => assert!(way.is_empty() && said.contains("(92)"), "{way:?}: {said}"),
        }
        // More than front ends take, or wait to pass on: refused by either.
        match sent(400 << 10, way) {
            Ok(huge) => assert!([413, 502].contains(&huge.status), "{way:?}: {huge:?}"),
            Err(said) => assert!(["(92)", "(55)", "(56)"].iter().any(|end| said.contains(end)), "{way:?}: {said}"),
        }
    }
}

/// What a browser asks before a page of another site may call.
fn answers_preflights(curl: &Curl<'_>, base: &str) {
    let asked = curl.ask(
        &format!("{base}api/v1/invites"),
        &[
            "-X",
            "OPTIONS",
            "-H",
            &format!("Origin: {}", guest::ELSEWHERE),
            "-H",
            "Access-Control-Request-Method: POST",
            "-H",
            "Access-Control-Request-Headers: authorization, content-type",
        ],
    );
    let answer = asked.response;
    assert_eq!(answer.status, 204, "{answer:?}");
    assert_eq!(answer.header("access-control-allow-origin"), Some(guest::ELSEWHERE), "{answer:?}");
    assert!(answer.header("access-control-allow-headers").unwrap().to_ascii_lowercase().contains("authorization"));
}

/// Wrong keys count against who sends them, whatever he says of himself.
fn counts_the_real_client(curl: &Curl<'_>, base: &str, served: &Served) {
    let url = format!("{base}invites_api");
    let wrong = |interface: &str, forged: &str| {
        let (one, other) = (format!("X-Forwarded-For: {forged}"), format!("Forwarded: for={forged}"));
        curl.ask(&url, &["--interface", interface, "-H", WRONG, "-H", &one, "-H", &other]).response.status
    };
    let statuses: Vec<_> = (1..=4).map(|at| wrong("127.0.0.7", &format!("203.0.113.{at}"))).collect();
    assert_eq!(statuses, [403, 403, 403, 429]);
    // Nor does somebody else have to wait whom he names, or who names him.
    assert_eq!(wrong("127.0.0.8", "127.0.0.7"), 403);
    let line = served.wait_log("client=127.0.0.8");
    assert!(line.contains("event=key.refused"), "{line}");
    assert!(!served.log().contains("203.0.113."), "{}", served.log());
}

/// A guest's form, with the cookie that it gives; gives what must be in no log.
fn signs_up(curl: &Curl<'_>, place: &Place, at: At, token: &str) -> Vec<String> {
    let url = format!("{}register?t={token}", place.base);
    let jar = curl.dir.join("cookies").to_str().unwrap().to_owned();
    let jar = ["-b", &*jar, "-c", &*jar];
    let page = curl.ask(&url, &[&["-H", "Accept: text/html"], &jar[..]].concat()).response;
    assert_eq!(page.status, 200, "{page:?}");
    let cookie = page.header("set-cookie").unwrap();
    match at {
        At::Name => assert!(cookie.starts_with("__Host-") && cookie.contains("; Path=/;"), "{cookie}"),
        At::Path => assert!(cookie.contains("; Path=/invited/;") && cookie.contains("; Secure"), "{cookie}"),
    }
    let text = page.text();
    let csrf = text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let fields = [("token", token), ("csrf", csrf), ("username", "juliet"), ("password", "a rose by any name")];
    let fields = fields.map(|(name, value)| format!("{name}={value}"));
    let data: Vec<_> = fields.iter().flat_map(|field| ["--data-urlencode", field]).collect();
    let sent = curl.ask(&url, &[&data, &jar[..]].concat()).response;
    assert_eq!(sent.status, 303, "{sent:?}");
    assert!(place.ejabberd.state().accounts.contains_key("juliet"));
    let location = sent.header("location").unwrap();
    let origin = place.base.split_inclusive("example.com").next().unwrap();
    let done = curl.ask(&format!("{origin}{location}"), &jar).response;
    assert_eq!(done.status, 200, "{location}: {done:?}");
    vec![csrf.to_owned()]
}

macro_rules! front_ends {
    ($($test:ident: $kind:ident, $at:ident;)*) => {
        $(
            #[test]
            fn $test() {
                suite(Kind::$kind, At::$at, stringify!($test));
            }
        )*
    };
}

front_ends! {
    nginx_works_at_a_name: Nginx, Name;
    nginx_works_at_a_path: Nginx, Path;
    caddy_works_at_a_name: Caddy, Name;
    caddy_works_at_a_path: Caddy, Path;
    apache_works_at_a_name: Apache, Name;
    apache_works_at_a_path: Apache, Path;
    haproxy_works_at_a_name: Haproxy, Name;
    haproxy_works_at_a_path: Haproxy, Path;
    lighttpd_works_at_a_name: Lighttpd, Name;
    lighttpd_works_at_a_path: Lighttpd, Path;
}

#[test]
fn a_front_end_leaves_no_process_behind() {
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_here("a_front_end_leaves_no_process_behind")) {
        let place = Place::new(kind, At::Name, "");
        let front_end = FrontEnd::start(kind, &place.dir, &kind.example("name"), &place.named_socket());
        let port = front_end.ports.1;
        drop(front_end);
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "{kind:?}");
    }
}

/// What `invited setup` fills in stands in each file, and nowhere by accident: whoever replaces these texts, the longest first
/// and each once, has an own file.
#[test]
fn the_texts_to_be_filled_in_stand_in_each_file() {
    for kind in Kind::ALL {
        for (at, host) in [(At::Name, "invite.example.com"), (At::Path, "example.com")] {
            let example = kind.example(at.file());
            let mut rest = example.clone();
            let chain = format!("/etc/ssl/{host}/fullchain.pem");
            let private = format!("/etc/ssl/{host}/privkey.pem");
            let mut texts = vec!["/run/invited/http.sock", &*chain];
            // HAProxy finds it beside the certificate.
            texts.extend((kind != Kind::Haproxy).then_some(&*private));
            texts.push(host);
            texts.extend((at == At::Path).then_some("/invited/"));
            for text in texts {
                assert!(rest.contains(text), "{kind:?} {at:?}: no {text}");
                rest = rest.replace(text, "");
            }
            for left in ["example", "/invited/", "/etc/ssl/", "/run/"] {
                assert!(!rest.contains(left), "{kind:?} {at:?}: {left} in\n{rest}");
            }
        }
    }
}
