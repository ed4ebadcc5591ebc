//! `/invites_api`: every row of its contract, whole answers.

use crate::common;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use common::{CONFIG, KEY, PATIENCE, Response, Scratch, exchange};

const KEYS: &str = r#"
[hosts."chat.example.com"]
[keys.both]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
[keys.one]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
hosts = ["example.com"]
[keys.reader]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
allow = ["read"]
[keys.poster]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
hosts = ["example.com"]
methods = ["POST"]
[keys.expired]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
expires = "2020-01-01T00:00:00Z"
[keys.limited]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
hosts = ["example.com"]
limit = "2/d"
[keys.pending]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
hosts = ["example.com"]
max_pending = 2
max_ttl = "1h"
"#;

/// The whole answer as text: headers sorted, what differs from time to time replaced.
fn whole(response: &Response) -> String {
    let mut headers: Vec<_> = response
        .headers
        .iter()
        .filter(|(name, _)| name != "date")
        .map(|(name, value)| match name.as_str() {
            "x-request-id" => format!("{name}: ID"),
            "location" => {
                let (page, token) = value.split_once('?').unwrap();
                assert_eq!(token.len(), 24);
                assert!(token.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'), "{token}");
                format!("{name}: {page}?TOKEN")
            }
            _ => format!("{name}: {value}"),
        })
        .collect();
    headers.sort();
    format!("{}\n{}\n\n{}", response.status, headers.join("\n"), response.text())
}

/// The headers that every answer of this path has.
const CORS: &str = "access-control-allow-headers: Authorization, Content-Type
access-control-allow-methods: GET, POST, OPTIONS
access-control-allow-origin: *
access-control-expose-headers: Location, Retry-After, X-Request-Id
access-control-max-age: 7200";

fn made(status: u16) -> String {
    format!(
        "{status}\n{CORS}\ncache-control: no-store\ncontent-length: 0\nlocation: https://invite.example.com/invite?TOKEN\n\
         x-content-type-options: nosniff\nx-request-id: ID\n\n"
    )
}

fn refused(status: u16, extra: &str, slug: &str, title: &str, detail: &str) -> String {
    let body =
        format!(r#"{{"type":"urn:invited:problem:{slug}","title":"{title}","status":{status},"detail":"{detail}"}}"#);
    let mut headers: Vec<_> = CORS.lines().chain(extra.lines()).map(String::from).collect();
    headers.extend([
        "cache-control: no-store".into(),
        format!("content-length: {}", body.len()),
        "content-type: application/problem+json".into(),
        "vary: Accept".into(),
        "x-content-type-options: nosniff".into(),
        "x-request-id: ID".into(),
    ]);
    headers.sort();
    format!("{status}\n{}\n\n{body}", headers.join("\n"))
}

fn key_refused() -> String {
    let detail = "A valid key is needed: send `Authorization: Bearer ID/SECRET`, or `?key=ID/SECRET`.";
    refused(403, "", "key-refused", "Key refused", detail)
}

#[test]
fn every_row_of_the_contract_has_its_answer() {
    let scratch = Scratch::new(&format!("{CONFIG}{KEYS}"));
    let served = scratch.serve();
    let mut client = served.client();
    let mut ask = |method: &str, target: &str, headers: &[&str]| whole(&client.ask(method, target, headers));
    let bearer = "Authorization: Bearer one/s3cret";

    // Made: by query, by header in any letter case, by GET and POST.
    assert_eq!(ask("GET", "/invites_api?key=one/s3cret", &[]), made(201));
    assert_eq!(ask("GET", "/invites_api?key=one%2Fs3cret", &[]), made(201));
    assert_eq!(ask("POST", "/invites_api?key=one/s3cret", &[]), made(201));
    for authorization in [bearer, "authorization: bearer one/s3cret", "AUTHORIZATION: BEARER  one/s3cret"] {
        assert_eq!(ask("GET", "/invites_api", &[authorization]), made(201), "{authorization}");
        assert_eq!(ask("POST", "/invites_api", &[authorization]), made(201), "{authorization}");
    }
    // The header wins, also when it is wrong or of another kind.
    assert_eq!(ask("GET", "/invites_api?key=one/wrong", &[bearer]), made(201));
    assert_eq!(ask("GET", "/invites_api?key=one/s3cret", &["Authorization: Bearer one/wrong"]), key_refused());
    assert_eq!(ask("GET", "/invites_api?key=one/s3cret", &["Authorization: Basic b25lOnMzY3JldA=="]), key_refused());

    // Redirect.
    for yes in ["redirect=true", "redirect=1", "redirect=yes", "redirect=please"] {
        assert_eq!(ask("GET", &format!("/invites_api?key=one/s3cret&{yes}"), &[]), made(303), "{yes}");
    }
    for no in ["redirect=false", "redirect=0", "redirect=no", "redirect=", "redirect"] {
        assert_eq!(ask("GET", &format!("/invites_api?key=one/s3cret&{no}"), &[]), made(201), "{no}");
    }

    // No key, unknown, wrong, expired, malformed.
    assert_eq!(ask("GET", "/invites_api", &[]), key_refused());
    for wrong in
        ["nobody/s3cret", "one/wrong", "expired/s3cret", "one", "/", "one/", "", "one/s3cret/", "../one/s3cret"]
    {
        assert_eq!(ask("GET", &format!("/invites_api?key={wrong}"), &[]), key_refused(), "{wrong}");
    }

    // The key lacks `create`, or the host.
    let not_allowed = |detail| refused(403, "", "not-allowed", "Not allowed", detail);
    let lacks = "This key lacks the scope `create`: `allow = [\\\"create\\\", \\\"read\\\"]` where the key is declared, or `--allow \
                 create --allow read` when it is created by command.";
    assert_eq!(ask("GET", "/invites_api?key=reader/s3cret", &[]), not_allowed(lacks));
    let no_host = not_allowed("This key may not create invites for this host.");
    for host in ["chat.example.com", "unknown.example", "not a host"] {
        let target = format!("/invites_api?key=one/s3cret&host={}", host.replace(' ', "%20"));
        assert_eq!(ask("GET", &target, &[]), no_host, "{host}");
    }
    assert_eq!(ask("GET", "/invites_api?key=both/s3cret&host=Chat.Example.COM", &[]), made(201));
    assert_eq!(
        ask("GET", "/invites_api?key=both/s3cret", &[]),
        refused(400, "", "bad-request", "Bad request", "Several hosts are possible; name one with `host=`.")
    );

    // Methods: of the path, and of the key.
    let method = |allow: &str| {
        let detail = "This method cannot be used here; `Allow` says which can.";
        refused(405, &format!("allow: {allow}"), "method-not-allowed", "Method not allowed", detail)
    };
    for other in ["PUT", "DELETE", "PATCH"] {
        assert_eq!(ask(other, "/invites_api?key=one/s3cret", &[]), method("GET, POST, OPTIONS"), "{other}");
    }
    assert_eq!(ask("GET", "/invites_api?key=poster/s3cret", &[]), method("POST, OPTIONS"));
    assert_eq!(ask("POST", "/invites_api?key=poster/s3cret", &[]), made(201));

    // OPTIONS.
    let options =
        format!("204\n{CORS}\nallow: GET, POST, OPTIONS\nx-content-type-options: nosniff\nx-request-id: ID\n\n");
    let preflight = ["Origin: https://www.example.com", "Access-Control-Request-Method: POST"];
    assert_eq!(ask("OPTIONS", "/invites_api", &preflight), options);

    // Limits.
    for _ in 0..2 {
        assert_eq!(ask("GET", "/invites_api?key=limited/s3cret", &[]), made(201));
        assert_eq!(ask("GET", "/invites_api?key=pending/s3cret", &[]), made(201));
    }
    let limited = client.get("/invites_api?key=limited/s3cret");
    let wait: u64 = limited.header("retry-after").unwrap().parse().unwrap();
    assert!((43_190..=43_200).contains(&wait), "{wait}");
    let detail = "This key has created as many invites as it may for now.";
    let expected = refused(429, &format!("retry-after: {wait}"), "too-many-invites", "Too many requests", detail);
    assert_eq!(whole(&limited), expected);
    let pending = client.get("/invites_api?key=pending/s3cret");
    let wait: u64 = pending.header("retry-after").unwrap().parse().unwrap();
    assert!((3_590..=3_600).contains(&wait), "{wait}");
    let detail = "This key has as many pending invites as it may.";
    let expected = refused(429, &format!("retry-after: {wait}"), "too-many-pending", "Too many requests", detail);
    assert_eq!(whole(&pending), expected);
}

#[test]
fn whatever_makes_nothing_makes_nothing() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let mut client = served.client();
    let target = format!("/invites_api?key={KEY}");
    let head = client.ask("HEAD", &target, &[]);
    assert_eq!((head.status, head.header("allow"), &*head.body), (405, Some("GET, POST, OPTIONS"), &b""[..]));
    for header in [
        "Sec-Purpose: prefetch",
        "Sec-Purpose: prefetch;prerender",
        "Purpose: prefetch",
        "Purpose: Preview",
        "X-Moz: prefetch",
    ] {
        let answer = client.ask("GET", &target, &[header]);
        assert_eq!(
            (answer.status, answer.json()["type"].as_str()),
            (403, Some("urn:invited:problem:prefetch")),
            "{header}"
        );
    }
    client.ask("OPTIONS", &target, &[]);
    client.ask("PUT", &target, &[]);
    client.get("/invites_api?key=site/wrong");
    assert_eq!(scratch.ok(&["invite", "list"]), "");
    client.get(&target);
    assert_eq!(scratch.ok(&["invite", "list"]).lines().count(), 1);
}

#[test]
fn an_invite_has_the_defaults_of_its_host_and_key() {
    let scratch = Scratch::new(&format!("{CONFIG}max_ttl = \"2h\"\n[invites]\nttl = \"3d\"\n"));
    let served = scratch.serve();
    let answer = served.client().invite(KEY);
    let list: serde_json::Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    let invite = &list["invites"][0];
    let token = answer.token();
    assert_eq!(invite["token"], token);
    assert_eq!(invite["uri"], format!("xmpp:example.com?register;preauth={token}"));
    assert_eq!(invite["landing_page"], answer.header("location").unwrap());
    for (field, value) in [("kind", "account"), ("host", "example.com"), ("status", "pending"), ("source", "key/site")]
    {
        assert_eq!(invite[field], value, "{field}");
    }
    let moment = |field: &str| invite[field].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(moment("expires_at").duration_since(moment("created_at")).as_secs(), 7_200);
}

#[test]
fn a_request_that_comes_again_gets_the_invite_of_the_first() {
    let scratch = Scratch::new(&format!("{CONFIG}{KEYS}"));
    let mut served = scratch.serve();
    let target = "/invites_api?key=limited/s3cret";
    let again = ["Idempotency-Key: once"];
    let first = served.client().ask("POST", target, &again);
    assert_eq!(whole(&first), made(201));
    let twins: Vec<_> = std::thread::scope(|scope| {
        let ask = || served.client().ask("POST", target, &again);
        let asked: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(twins.iter().all(|twin| (twin.status, twin.token()) == (201, first.token())), "{twins:?}");
    served.kill();
    drop(served);
    let served = scratch.serve();
    let mut client = served.client();
    assert_eq!(client.ask("POST", target, &again).token(), first.token());

    // Another one under it is refused; what of it is not known plays no part.
    let detail = "This Idempotency-Key came before, with another request.";
    let reused = refused(422, "", "idempotency-key-reused", "Idempotency-Key was used", detail);
    let named = format!("{target}&host=example.com");
    for (method, other) in [("GET", target), ("POST", &named), ("POST", &format!("{target}&redirect=1"))] {
        assert_eq!(whole(&client.ask(method, other, &again)), reused, "{method} {other}");
    }
    assert_eq!(client.ask("POST", &format!("{target}&utm=x&redirect=no"), &again).token(), first.token());
    // For a browser, too, and by another caller it is another one.
    let redirect = format!("{target}&redirect=1");
    let [one, two] = [(); 2].map(|()| client.ask("GET", &redirect, &["Idempotency-Key: twice"]));
    assert_eq!((one.status, two.status, one.token()), (303, 303, two.token()));
    let other = client.ask("POST", "/invites_api?key=one/s3cret", &again);
    assert_ne!(other.token(), first.token());
    // Two were created by that key, which may create two.
    assert_eq!(client.ask("POST", target, &[]).status, 429);
    for wrong in [&["Idempotency-Key: "][..], &["Idempotency-Key: a", "Idempotency-Key: b"]] {
        assert_eq!(client.ask("POST", target, wrong).status, 400, "{wrong:?}");
    }
}

#[test]
fn a_page_may_send_an_idempotency_key_if_it_asks() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let allowed = |asked: &str| {
        let asked = format!("Access-Control-Request-Headers: {asked}");
        let answer = served.client().ask("OPTIONS", "/invites_api", &["Origin: https://www.example.com", &asked]);
        assert_eq!(answer.status, 204);
        answer.header("access-control-allow-headers").unwrap().to_owned()
    };
    for asked in ["authorization", "authorization,content-type"] {
        assert_eq!(allowed(asked), "Authorization, Content-Type");
    }
    for asked in ["idempotency-key", "authorization, Idempotency-Key"] {
        assert_eq!(allowed(asked), "Authorization, Content-Type, Idempotency-Key");
    }
}

#[test]
fn only_listed_origins_may_call_from_a_page() {
    let scratch = Scratch::new(&format!("cors_origins = [\"https://www.example.com\"]\n{CONFIG}"));
    let served = scratch.serve();
    let mut client = served.client();
    let allowed = client.ask("OPTIONS", "/invites_api", &["Origin: https://www.example.com"]);
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://www.example.com"));
    assert_eq!(allowed.header("vary"), Some("Origin"));
    for headers in [&["Origin: https://evil.example"][..], &[]] {
        let other = client.ask("POST", &format!("/invites_api?key={KEY}"), headers);
        assert_eq!((other.status, other.header("access-control-allow-origin")), (201, None));
        assert_eq!(other.header("vary"), Some("Origin"));
    }
}

#[test]
fn somebody_elses_landing_page_is_linked_to() {
    let scratch =
        Scratch::new(&format!("{CONFIG}[invites]\nlanding = \"https://welcome.example/{{host}}/#{{uri}}\"\n"));
    let served = scratch.serve();
    let answer = served.client().invite(KEY);
    let location = answer.header("location").unwrap();
    let token =
        location.strip_prefix("https://welcome.example/example.com/#xmpp%3Aexample.com%3Fregister%3Bpreauth%3D");
    assert_eq!(token.unwrap().len(), 24);

    // Where there is no server, the token that apps show is our own.
    scratch.configure(&format!("{CONFIG}[invites]\nlanding = \"https://welcome.example/{{token}}/{{preauth}}\"\n"));
    let link = scratch.ok(&["invite", "create"]);
    let (token, preauth) = link.trim_end().strip_prefix("https://welcome.example/").unwrap().split_once('/').unwrap();
    assert_eq!((token.len(), token), (24, preauth));
}

#[test]
fn a_landing_page_opens_for_every_invite_that_is_pending() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let mut client = served.client();
    let token = client.invite(KEY).token();
    for _ in 0..3 {
        let page = client.get(&format!("/invite?{token}"));
        assert_eq!(page.status, 200);
        for (name, value) in [
            ("content-type", "text/html;charset=utf-8"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(page.header(name), Some(value));
        }
        assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
        let link = format!("<xmpp:example.com?register;preauth={token}>; rel=\"alternate\"");
        assert_eq!(page.header("link"), Some(&*link));
        let text = page.text();
        assert!(text.contains("<h1>You are invited to chat on example.com</h1>"), "{text}");
        // No server would know what to make of the token.
        assert!(!text.contains("xmpp:"), "{text}");
        // A script comes from a file of ours, or not at all.
        assert!(text.matches("<script").count() == 1 && text.contains("<script src=\"/assets/script-"), "{text}");
    }
    assert_eq!(client.get(&format!("/invite?{token}&utm_source=x")).status, 200);
    assert_eq!(client.ask("HEAD", &format!("/invite?{token}"), &[]).status, 200);

    // Opening it spent nothing.
    let list: serde_json::Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    assert_eq!(list["invites"][0]["uses_left"], 1);

    let mut other = token.clone();
    other.replace_range(23.., if token.ends_with('A') { "B" } else { "A" });
    for unknown in ["", "x", &other, &token[1..], "%00", "%f0%9f%98%80"] {
        let page = client.get(&format!("/invite?{unknown}"));
        assert_eq!((page.status, page.header("content-type")), (404, Some("text/html;charset=utf-8")), "{unknown}");
        assert!(page.text().contains("<h1>This invite is not known</h1>"));
    }
    assert_eq!(client.get("/invite").status, 404);

    let id = list["invites"][0]["id"].as_str().unwrap();
    scratch.ok(&["invite", "revoke", id]);
    let page = client.get(&format!("/invite?{token}"));
    assert_eq!(page.status, 410);
    assert!(page.text().contains("<h1>This invite was taken back</h1>"));

    let short = scratch.ok(&["invite", "create", "--ttl", "1ms"]);
    let page = client.get(short.trim().strip_prefix("https://invite.example.com").unwrap());
    assert_eq!(page.status, 410);
    assert!(page.text().contains("<h1>This invite has expired</h1>"));
}

#[test]
fn every_wrong_option_is_told_at_once() {
    const TTL: &str =
        "--ttl: expected a duration such as \"90s\", \"10m\" or \"7d\", or a number of seconds, at most 365d";
    const COUNT: &str = "--count: expected a whole number from 1 to 1000";
    const USES: &str = "--uses: expected a whole number from 1 to 10000";
    const NAME: &str =
        "--username: expected a user name: letters, digits and . _ - without blanks or any of \" & ' / : < > @";
    const WORDS: &str = "expected at most 32 names of 1 to 128 characters, without control characters";
    let scratch = Scratch::new(CONFIG);
    for (options, expected) in [
        (vec!["--count", "5000", "--ttl", "9999d", "--uses", "0"], vec![COUNT, TTL, USES]),
        (
            vec![
                "--count",
                "many",
                "--ttl",
                "soon",
                "--uses",
                "1.5",
                "--username",
                "a b",
                "--group",
                "",
                "--role",
                "\n",
            ],
            vec![COUNT, &format!("--group: {WORDS}"), &format!("--role: {WORDS}"), TTL, NAME, USES],
        ),
        (
            vec!["--reset", "alice", "--contact", "bob"],
            vec![
                "--contact: expected an address such as \"romeo@example.com\"",
                "--reset: a password reset has neither username nor contact",
            ],
        ),
    ] {
        let output = scratch.run(&[&["invite", "create"], &options[..]].concat());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{stderr}");
        assert_eq!(stderr.trim_end(), format!("invited: {}", expected.join("; ")));
    }
    // A host that is wrong hides nothing else.
    let wrong = ["--uses", "0", "--username", "a b"];
    let two = CONFIG.replace("[hosts.\"example.com\"]", "[hosts.\"example.com\"]\n[hosts.\"example.org\"]");
    let none = CONFIG.replace("[hosts.\"example.com\"]", "");
    for (config, host, told) in [
        (CONFIG, Some("other.example"), "no such host is declared; declared are: example.com"),
        (CONFIG, Some("exa mple"), "no such host is declared; declared are: example.com"),
        (&two, None, "name one of the hosts with --host: example.com, example.org"),
        (&none, None, "no host is declared; add [hosts.\"example.com\"] to the configuration"),
    ] {
        let scratch = Scratch::new(config);
        let host = host.map_or(vec![], |host| vec!["--host", host]);
        for (wrong, expected) in [(&wrong[..], vec![told, NAME, USES]), (&[], vec![told])] {
            let output = scratch.run(&[&["invite", "create"], &host[..], wrong].concat());
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert_eq!(stderr.trim_end(), format!("invited: {}", expected.join("; ")), "{host:?}");
            assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        }
    }
    assert_eq!(scratch.ok(&["invite", "list"]), "");
    // A number is seconds, here as in the API.
    let made: serde_json::Value =
        serde_json::from_str(&scratch.ok(&["invite", "create", "--ttl", "3600", "--json"])).unwrap();
    let [created, expires] = ["created_at", "expires_at"]
        .map(|field| made[field].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second());
    assert_eq!(expires - created, 3_600);
}

#[test]
fn what_comes_from_input_is_escaped_on_the_page() {
    let config = CONFIG.replace("[hosts.\"example.com\"]", "[hosts.\"example.com\"]\nsite_name = \"<b>&\\\"'\"");
    let scratch = Scratch::new(&config);
    let served = scratch.serve();
    let link = scratch.ok(&["invite", "create", "--username", "a%b;c", "--inviter", "<i>&\"'"]);
    let page = served.client().get(link.trim().strip_prefix("https://invite.example.com").unwrap());
    let text = page.text();
    assert!(text.contains("&#60;i&#62;&#38;&#34;&#39; invites you to chat on &#60;b&#62;&#38;&#34;&#39;"), "{text}");
    assert!(text.contains(">a%b;c@example.com<"), "{text}");
}

#[test]
fn the_api_is_served_over_http_1_0_as_nginx_speaks_it() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let answers = exchange(served.address(), format!("POST /invites_api?key={KEY} HTTP/1.0\r\n\r\n").as_bytes());
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [201]);
}

#[test]
fn field_names_are_written_as_clients_look_for_them_that_read_text() {
    let scratch = Scratch::new(&format!("{CONFIG}{KEYS}"));
    let served = scratch.serve();
    let raw = |request: &str| {
        let mut stream = TcpStream::connect(served.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    };
    let made =
        raw(&format!("GET /invites_api?key={KEY}&host=example.com HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    assert!(made.contains("\r\nLocation: https://invite.example.com/invite?"), "{made}");
    // What never became a request is answered by other means.
    let refused = raw("GET /invites_api HTTP/1.1\r\n\r\n");
    for line in ["\r\nContent-Type: application/problem+json\r\n", "\r\nX-Request-Id: ", "\r\nConnection: close\r\n"] {
        assert!(refused.contains(line), "{refused}");
    }
}

/// A link of a site with a key that is none any more is opened by somebody who has nothing else to look at.
#[test]
fn a_reader_is_told_to_look_at_the_address_that_has_the_key() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let answer = served.client().ask("GET", "/invites_api?key=site/wrong&redirect=true", &["Accept: text/html"]);
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("This did not work") && answer.text().contains("Please check the address."));
}
