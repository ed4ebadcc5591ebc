//! Nothing secret leaves by a side door: not by the log at any level, an error, or the process title (SPEC 2, promise 2).
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use common::http::request;
use common::{CONFIG, KEY, Response, Scratch, Served, exchange};

/// Part of whatever only a client, or only an admin, should know.
const CANARY: &str = "zLEAKz";

/// What must not be seen.
struct Secrets(Vec<String>);

impl Secrets {
    fn new(more: &[&str]) -> Self {
        Self([CANARY].iter().chain(more).map(|secret| secret.to_ascii_lowercase()).collect())
    }

    /// The first one in `text`, whatever the letter case.
    fn find(&self, text: &str) -> Option<&str> {
        let text = text.to_ascii_lowercase();
        self.0.iter().find(|secret| text.contains(*secret)).map(String::as_str)
    }

    fn check(&self, text: &str) {
        for line in text.lines() {
            assert_eq!(self.find(line), None, "{line}");
        }
    }
}

/// A configuration with secrets wherever they may be, and two keys with the secret of [`KEY`]: one by digest, one by file.
fn config(secret_file: &Path) -> String {
    let filed = secret_file.display();
    format!(
        r#"{CONFIG}
[keys.filed]
secret_file = "{filed}"
[hosts."a.example".backend]
kind = "ejabberd"
url = "http://admin:{CANARY}@127.0.0.1:1/api"
user = "admin@a.example"
password = "{CANARY}-password"
[hosts."b.example".backend]
kind = "ejabberd"
url = "http://127.0.0.1:1/api"
token = "{CANARY}-token"
[component]
jid = "invites.example.com"
server = "127.0.0.1:1"
host = "example.com"
secret = "{CANARY}-component"
[manage]
keys = true
[http]
auth_failures = "10000/m"
"#
    )
}

fn secretive() -> Scratch {
    let scratch = Scratch::new("");
    let secret_file = scratch.path().join("secret");
    std::fs::write(&secret_file, format!("{CANARY}-filed-and-long\n")).unwrap();
    scratch.configure(&config(&secret_file));
    std::fs::set_permissions(scratch.config(), std::fs::Permissions::from_mode(0o600)).unwrap();
    scratch
}

/// What the log calls every route.
const ROUTES: [&str; 28] = [
    "-",
    "/",
    "/assets/{name}",
    "/invite",
    "/invite/qr",
    "/invite/setup/{app}",
    "/register",
    "/reset",
    "/invites_api",
    "/invites_page",
    "/invites_register_web",
    "/invite/{token}",
    "/api/v1/invites",
    "/api/v1/invites/{id}",
    "/api/v1/redeem",
    "/api/v1/register",
    "/api/v1/self",
    "/api/v1/tree",
    "/api/v1/openapi.json",
    "/api/v1/docs",
    "/manage",
    "/manage/sign-out",
    "/manage/new",
    "/manage/tree",
    "/manage/invites/{id}",
    "/manage/card/{id}",
    "/healthz",
    "/readyz",
];

/// One line of the log, taken apart: whatever it may say is known beforehand.
fn check_line(line: &str) {
    let (time, rest) = line.split_once(' ').unwrap();
    assert!(time.len() == 24 && time.ends_with('Z') && time.starts_with("20"), "{line}");
    let (level, message) = rest.split_once(' ').unwrap();
    assert!(["error", "warn", "info", "debug", "trace"].contains(&level), "{line}");
    let message = message.trim_start();
    let Some((what, mut rest)) = message.split_once(" request.id=").filter(|(_, rest)| rest.contains(' ')) else {
        let known = [
            "listening on http://127.0.0.1:",
            "no sign-up form on example.com: backend.kind = \"ledger\" creates no accounts",
            "an invite was created event=invite.created invite.id=",
            "an invite was redeemed event=invite.redeemed invite.id=",
            "an invite was revoked event=invite.revoked invite.id=",
            "a key was refused event=key.refused ",
            "a key was created event=key.created key.id=",
            "component invites.example.com is not connected error=\"cannot connect to 127.0.0.1:1: ",
            "the XMPP server is away; invites are still created, sign-up waits host=",
            "invites cannot be created; free disk space or check the disk error=",
            "the trusted proxy at 127.0.0.1 names no client in X-Forwarded-For, ",
            "the proxy at 127.0.0.1 sent X-Forwarded-For and Forwarded: ",
        ];
        assert!(known.iter().any(|start| message.starts_with(start)), "{line}");
        return;
    };
    let mut values = Vec::new();
    for next in [" http.method=", " http.route=", " http.status=", " duration_ms=", " "] {
        let (value, after) = rest.split_once(next).unwrap_or((rest, ""));
        values.push(value);
        rest = after;
    }
    let [id, method, route, status, took] = values.try_into().unwrap();
    assert_eq!(what, format!("{method} {route} {status}"), "{line}");
    assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'), "{line}");
    assert!(method == "-" || method.bytes().all(|byte| byte.is_ascii_uppercase()), "{line}");
    assert!(ROUTES.contains(&route), "{line}");
    assert!(status.len() == 3 && took.parse::<f64>().is_ok(), "{line}");
    if !rest.is_empty() {
        let error = rest.strip_prefix("error=").unwrap_or_else(|| panic!("{rest:?} in {line}"));
        assert!(!error.contains(" error=") && !error.contains(['/', '?', '%']), "{line}");
    }
}

/// A page without what leads on from it: links and forms go on with the token that the guest came with.
fn without_ways_on(page: &str) -> String {
    let mut rest = page.to_owned();
    for start in [" href=\"", " action=\"", " name=\"token\" value=\"", " name=\"next\" value=\""] {
        let mut parts = rest.split(start);
        let first = parts.next().unwrap_or_default().to_owned();
        rest = parts.fold(first, |page, part| page + part.split_once('"').map_or("", |(_, after)| after));
    }
    rest
}

/// Refusals say nothing that only the log may know.
fn check_answer(secrets: &Secrets, name: &str, answer: &Response) {
    let own_link = |name: &String| name == "location" || name == "link";
    for (header, value) in answer.headers.iter().filter(|(name, _)| !own_link(name)) {
        assert_eq!(secrets.find(value), None, "{header}: {value}, of {name}");
    }
    if answer.status >= 400 {
        let body = without_ways_on(&answer.text());
        assert_eq!(secrets.find(&body), None, "{body}, of {name}");
        for internal in ["sqlite", "ledger", "/tmp/", "src/", ".rs", ".toml", "panic", "os error"] {
            assert!(!body.to_ascii_lowercase().contains(internal), "{internal} in {body}, of {name}");
        }
    }
}

/// Fields with secrets, a line each or several.
fn lines(key: &str, token: &str) -> Vec<String> {
    let (secret, huge) = (key.split_once('/').unwrap().1, CANARY.repeat(1000));
    vec![
        format!("Authorization: Bearer {key}"),
        format!("Authorization: bearer  {key} "),
        format!("Authorization: Bearer site/{CANARY}"),
        format!("Authorization: Bearer {CANARY}/{secret}"),
        format!("Authorization: Bearer {secret}"),
        format!("Authorization: Bearer {key}{CANARY}"),
        format!("Authorization: Bearer /{CANARY}"),
        format!("Authorization: Bearer {CANARY}.{CANARY}.{CANARY}"),
        format!("Authorization: Bearer {huge}"),
        format!("Authorization: Basic {CANARY}"),
        format!("Authorization: {CANARY}"),
        format!("Authorization: Bearer {CANARY}\r\nAuthorization: Bearer {key}"),
        format!("Authorization: Bearer site/é{CANARY}"),
        format!("Cookie: csrf={CANARY}; key={key}"),
        format!("Referer: https://invite.example.com/invite?{token}"),
        format!(
            "User-Agent: {CANARY}\r\nOrigin: https://{CANARY}.example\r\nX-Request-Id: {CANARY}\r\ntraceparent: {CANARY}"
        ),
        format!("X-Forwarded-For: {CANARY}"),
        format!("Forwarded: for={CANARY};host={CANARY}"),
        format!("Accept: text/html, {CANARY};q={CANARY}"),
        format!("Sec-Purpose: prefetch;{CANARY}"),
        format!("Idempotency-Key: {CANARY}"),
        format!("Content-Type: {CANARY}\r\nContent-Encoding: {CANARY}"),
        format!("Expect: {CANARY}"),
        format!("Connection: Upgrade\r\nUpgrade: {CANARY}"),
        format!("{CANARY}: {CANARY}"),
        format!("Host: {CANARY}.example"),
        format!("Host: {CANARY}/{CANARY}"),
        format!("Transfer-Encoding: {CANARY}, chunked"),
        CANARY.to_owned(),
        format!("Content-Length: {CANARY}"),
        format!("X: {huge}{huge}{huge}"),
    ]
}

/// Targets with secrets.
fn targets(key: &str, token: &str) -> Vec<String> {
    let (secret, huge) = (key.split_once('/').unwrap().1, CANARY.repeat(1000));
    vec![
        format!("/invites_api?key={key}"),
        format!("/invites_api?key={key}&host={CANARY}.example&redirect={CANARY}"),
        format!("/invites_api?key={key}&key={CANARY}"),
        format!("/invites_api?key=site/{CANARY}"),
        format!("/invites_api?key={CANARY}/{secret}"),
        format!("/invites_api?key=site%2F{CANARY}"),
        format!("/invites_api?key=filed/{CANARY}"),
        format!("/invites_api?key={secret}"),
        format!("/invites_api?key=%zz{CANARY}%"),
        format!("/invites_api?key=%ff%fe%00{CANARY}"),
        format!("/invites_api?{CANARY}={key}"),
        format!("/invites_api?key={huge}"),
        format!("/invites_api/{key}"),
        format!("/invite?{token}"),
        format!("/invite?{token}&utm={CANARY}"),
        format!("/invite?{token}x"),
        format!("/invite?t={token}"),
        format!("/invite?{CANARY}"),
        format!("/invite?%{CANARY}"),
        format!("/invite?{huge}"),
        format!("/invite/{token}"),
        format!("/invite/setup/{CANARY}?{token}"),
        format!("/{token}"),
        format!("/{CANARY}%"),
        format!("/%2e%2e/{CANARY}/../../etc/passwd"),
        format!("/register?t={token}&c={CANARY}"),
        format!("/reset?t={token}"),
        format!("/api/v1/invites/{token}?key={key}"),
        format!("http://{CANARY}.example/{CANARY}?{token}"),
        format!("http://site:{CANARY}@a.example/"),
        format!("//{CANARY}/{token}"),
        format!("/{huge}{huge}"),
        format!("/{CANARY}\\é"),
        format!("/{CANARY} {token}"),
    ]
}

/// Requests with secrets in every place. `token` is that of an invite.
fn requests(key: &str, token: &str) -> Vec<String> {
    let (lines, targets) = (lines(key, token), targets(key, token));
    let bodies =
        [format!("username=romeo&password={CANARY}"), format!("{{\"token\":\"{token}\",\"password\":\"{CANARY}\"}}")];

    let mut all = Vec::new();
    for target in &targets {
        for method in ["GET", "POST", "HEAD", "PUT", "OPTIONS", "zLEAKz"] {
            all.push(request(method, target, &[], ""));
        }
        all.push(request("GET", target, &["Accept: text/html"], ""));
        all.push(request("GET", target, &[&lines[2]], ""));
        for body in &bodies {
            all.push(request("POST", target, &[&lines[0]], body));
        }
    }
    for line in &lines {
        for target in ["/invites_api", "/invite?x", "/nowhere"] {
            all.push(request("POST", target, &[line], &bodies[0]));
            all.push(request("GET", target, &[line, "Accept: text/html"], ""));
        }
    }
    for target in ROUTES[3..].iter().map(|route| route.replace("{id}", CANARY).replace("{token}", &CANARY.repeat(2))) {
        let with_id = target.replace(CANARY, &token[..11]);
        for body in [
            format!(r#"{{"token":"{token}","account":"{CANARY}"}}"#),
            format!(r#"{{"token":"{token}","account":5}}"#),
            format!(r#"{{"token":"{CANARY}"}}"#),
            format!(r#"{{"token":"{token}","username":"romeo","password":"{CANARY} long enough"}}"#),
            format!(r#"{{"token":"{token}","username":"{CANARY} {key}","password":"{CANARY}"}}"#),
            format!(r#"{{"token":"{token}","username":5,"password":["{CANARY}"]}}"#),
            format!(
                r#"{{"note":["{CANARY}"],"uses":"{token}","ttl":"{key}","status":"{CANARY}","expires_at":"{token}"}}"#
            ),
            format!(r#"{{"username":"{CANARY} {key}","kind":"{token}","reset":"{CANARY}"}}"#),
            format!("{{{CANARY}"),
        ] {
            for (method, target) in [("POST", &target), ("PATCH", &target), ("PATCH", &with_id)] {
                let idempotency_key = format!("Idempotency-Key: {CANARY}");
                all.push(request(
                    method,
                    target,
                    &[&lines[0], "Content-Type: application/json", &idempotency_key],
                    &body,
                ));
            }
        }
        for body in [
            format!("key={key}&next={CANARY}&csrf={CANARY}"),
            format!("address=romeo%40example.com&password={CANARY}&csrf={CANARY}"),
            format!("csrf={CANARY}&once={CANARY}&revoke={CANARY}&kind={CANARY}"),
        ] {
            let form = [
                "Content-Type: application/x-www-form-urlencoded",
                "Cookie: __Host-session=zLEAKz; __Host-csrf=zLEAKz",
            ];
            all.push(request("POST", &with_id, &form, &body));
        }
        for query in ["", "?status=LEAK", "?cursor=LEAK", "?host=LEAK", "?limit=LEAK"] {
            let target = format!("{target}{}", query.replace("LEAK", CANARY));
            all.push(request("GET", &target, &[&lines[0]], ""));
            all.push(request("DELETE", &target, &[&lines[0], "Accept: text/html"], ""));
        }
        all.push(request("GET", &with_id, &[&lines[0]], ""));
    }
    let chunked = "POST /nowhere HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    all.extend([
        format!("{CANARY}\r\n\r\n"),
        format!("GET /{CANARY}?{token} HTTP/1.1\r\n\r\n"),
        format!("GET /{CANARY}?{token} HTTP/{CANARY}\r\n\r\n"),
        format!("GET /{CANARY}?{token}"),
        format!("POST /{CANARY}?{token} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{CANARY}"),
        format!("POST /{CANARY}?{token} HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n{CANARY}"),
        format!("{chunked}{CANARY}\r\n\r\n"),
        format!("{chunked}1;{CANARY}\r\nx\r\n0\r\n{CANARY}: {CANARY}\r\n\r\n"),
    ]);
    all
}

/// Drives the service with [`requests`] and checks all answers; gives how many there were.
fn drive(served: &Served, secrets: &Secrets, key: &str, token: &str) -> usize {
    let mut count = 0;
    for request in requests(key, token) {
        let name = request.lines().take(3).collect::<Vec<_>>().join("⏎");
        let name: String = name.chars().take(300).collect();
        let answers = if request.starts_with("HEAD ") {
            let mut client = served.client();
            client.send(&request);
            vec![client.try_read(true).unwrap().unwrap()]
        } else {
            exchange(served.address(), request.as_bytes())
        };
        assert!(!answers.is_empty(), "{name}");
        for answer in &answers {
            check_answer(secrets, &name, answer);
        }
        let last = answers.last().unwrap().header("x-request-id").unwrap_or_else(|| panic!("{answers:?} to {name}"));
        served.wait_log(&format!("request.id={last} "));
        count += answers.len();
    }
    count
}

/// A token, but for the invite's id, which it begins with and which is no secret.
fn unguessable(token: &str) -> &str {
    &token[11..]
}

#[test]
fn no_answer_and_no_line_of_the_log_has_what_a_request_brought() {
    let scratch = secretive();
    let served = scratch.serve_as(&["-vv"], &[]);
    let allowed = ["--allow", "create", "--allow", "redeem", "--allow", "register"];
    let key = scratch.key(&[&["for a host", "--host", "example.com"][..], &allowed].concat());
    let token = served.client().invite(&key).token();
    let secrets = Secrets::new(&[unguessable(&token), key.split_once('/').unwrap().1]);
    let count = drive(&served, &secrets, &key, &token);

    let log = served.log();
    assert_eq!(log.matches(" http.status=").count(), count + 1, "a line for each");
    secrets.check(&log);
    log.lines().for_each(check_line);
    assert!(log.contains(" http.status=201 ") && log.contains(" http.status=200 "), "some of it was good");
}

#[test]
fn the_process_title_has_no_secret() {
    let scratch = secretive();
    let served = scratch.serve_as(&["-vv"], &[("INVITED_COMPONENT__SECRET", CANARY)]);
    let key = scratch.key(&["for a host", "--host", "example.com"]);
    let token = served.client().invite(&key).token();
    assert_eq!(served.client().get(&format!("/invite?{token}")).status, 200);
    let secrets = Secrets::new(&[&token, key.split_once('/').unwrap().1]);
    let process = Path::new("/proc").join(served.pid().to_string());
    let mut titles = vec![std::fs::read(process.join("cmdline")).unwrap()];
    for task in std::fs::read_dir(process.join("task")).unwrap() {
        titles.extend(std::fs::read(task.unwrap().path().join("comm")));
    }
    assert!(titles.len() > 2, "{titles:?}");
    for title in titles {
        secrets.check(&String::from_utf8_lossy(&title));
    }
}

#[test]
fn a_cause_is_for_the_log_alone() {
    let scratch = secretive();
    let served = scratch.serve_as(&["-vv"], &[]);
    let key = scratch.key(&["for a host", "--host", "example.com"]);
    let token = served.client().invite(&key).token();
    let secrets = Secrets::new(&[unguessable(&token), key.split_once('/').unwrap().1]);
    let ledger = rusqlite::Connection::open(scratch.state().join("ledger.db")).unwrap();
    let tables: Vec<String> = ledger
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .and_then(|mut query| query.query_map([], |row| row.get(0))?.collect())
        .unwrap();
    for table in tables {
        ledger.execute_batch(&format!("ALTER TABLE {table} RENAME TO gone_{table}")).unwrap();
    }
    for accept in ["Accept: application/json", "Accept: text/html"] {
        for target in ["/invites_api", &format!("/invite?{token}")] {
            let answer = served.client().ask("GET", target, &[&format!("Authorization: Bearer {key}"), accept]);
            assert_eq!(answer.status, 503, "{target}: {answer:?}");
            check_answer(&secrets, target, &answer);
            let body = answer.text();
            assert!(!body.contains("table") && !body.contains("SQL"), "{body}");
            let line = served.wait_log(&format!("request.id={} ", answer.header("x-request-id").unwrap()));
            assert!(line.contains("no such table"), "{line}");
        }
    }
    secrets.check(&served.log());
}

#[test]
fn no_input_forges_a_line_of_the_log() {
    let scratch = Scratch::new(CONFIG);
    for (environment, start) in [(&[][..], "20"), (&[("JOURNAL_STREAM", "1:2")], "<")] {
        let served = scratch.serve_as(&["-vv"], environment);
        let token = served.client().invite(KEY).token();
        let mut requests = 1;
        for break_ in
            ["\n", "\r", "\r\n", "%0a", "%0d%0a", "%E2%80%A8", "\u{2028}", "\u{85}", "\x1b[2K", "%1b[2K", "\0"]
        {
            let forged = format!("x{break_}<0>{CANARY} 2026-01-01T00:00:00.000Z error {CANARY}");
            let slim = forged.replace(' ', "+");
            for bytes in [
                format!("GET /invites_api?key={slim} HTTP/1.1\r\nHost: a\r\n\r\n"),
                format!("GET /invites_api?key={slim}/x HTTP/1.1\r\nHost: a\r\n\r\n"),
                format!("GET /invites_api?key={KEY}&host={slim} HTTP/1.1\r\nHost: a\r\n\r\n"),
                format!("GET /invites_api HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {slim}/{slim}\r\n\r\n"),
                format!("GET /invite?{slim} HTTP/1.1\r\nHost: a\r\n\r\n"),
                format!("GET /invite?{token}&{slim} HTTP/1.1\r\nHost: a\r\n\r\n"),
                format!("GET /{slim} HTTP/1.1\r\nHost: a\r\n\r\n"),
                format!("GET /nowhere HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {forged}\r\n\r\n"),
                format!("GET /nowhere HTTP/1.1\r\nHost: {slim}\r\nX-Request-Id: {forged}\r\n\r\n"),
                format!("GET{slim} /nowhere HTTP/1.1\r\nHost: a\r\n\r\n"),
                format!("{forged} / HTTP/1.1\r\nHost: a\r\n\r\n"),
            ] {
                requests += exchange(served.address(), bytes.as_bytes()).len();
            }
        }
        let last = served.client().get("/nowhere");
        served.wait_log(&format!("request.id={} ", last.header("x-request-id").unwrap()));
        let log = served.log();
        assert_eq!(log.matches(" http.status=").count(), requests + 1);
        for line in log.split('\n') {
            assert!(line.starts_with(start) && !line.contains(CANARY), "{line:?}");
            assert!(!line.contains(char::is_control), "{line:?}");
            if start == "20" {
                check_line(line);
            }
        }
    }
}

/// What comes out of a command.
fn all_of(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn config_show_and_check_mask_secrets_of_files_and_variables() {
    let scratch = secretive();
    let variables = [
        ("INVITED_COMPONENT__SECRET", "zLEAKz-variable"),
        ("INVITED_HOSTS__EXAMPLE__BACKEND__PASSWORD", "zLEAKz-variable"),
        ("INVITED_LEDGER__URL", "postgres://invited:zLEAKz@db.example/invited"),
        ("INVITED_TOKEN", "zLEAKz-variable"),
    ];
    let secrets = Secrets::new(&[]);
    for arguments in
        [&["config", "show"][..], &["check"], &["check", "--connect"], &["key", "list"], &["-vv", "key", "list"]]
    {
        for environment in [&variables[..0], &variables] {
            let output = scratch.command().args(arguments).envs(environment.iter().copied()).output().unwrap();
            let text = all_of(&output);
            assert!(!text.is_empty(), "{arguments:?}");
            secrets.check(&text);
        }
    }
    // It is masked, not left out.
    let shown = scratch.ok(&["config", "show"]);
    for name in ["component.secret", "hosts.\"a.example\".backend.password", "hosts.\"b.example\".backend.token"] {
        assert!(shown.contains(&format!("{name} = \"…\"")), "{name}: {shown}");
    }
    assert!(shown.contains("hosts.\"a.example\".backend.url = \"http://…@127.0.0.1:1/api\""), "{shown}");
}

/// Secrets of URLs are where people put them, not where the standard would like them.
#[test]
fn config_show_masks_secrets_in_urls() {
    let mut shown = Vec::new();
    for url in [
        "postgres://invited:zLEAKz@db.example/invited",
        "postgres://invited:a/zLEAKz@db.example/invited",
        "postgres://invited:a?zLEAKz#zLEAKz@db.example/invited",
        "postgres://zLEAKz@db.example/invited",
        "postgres://db.example/invited?user=invited&password=zLEAKz",
        "host=db.example user=invited password=zLEAKz",
    ] {
        let scratch = Scratch::new(&format!("{CONFIG}[ledger]\nurl = \"{url}\"\n"));
        for arguments in [&["config", "show"][..], &["check"]] {
            if all_of(&scratch.run(arguments)).contains(CANARY) {
                shown.push((arguments, url));
            }
        }
    }
    assert!(shown.is_empty(), "{shown:#?}");
}

/// Configurations that are wrong, right where a secret stands.
fn wrong_configurations() -> Vec<(&'static str, String)> {
    let backend = |lines: &str| format!("{CONFIG}[hosts.\"example.com\".backend]\n{lines}\n");
    let key = |lines: &str| format!("{CONFIG}[keys.other]\n{lines}\n");
    vec![
        ("a quote is missing", backend("password = \"zLEAKz")),
        ("both quotes are missing", backend("password = zLEAKz")),
        ("an escape is unknown", backend("password = \"zLEAKz\\q\"")),
        ("the same twice", backend("password = \"a\"\npassword = \"zLEAKz\"")),
        ("password and password_file", backend("password = \"zLEAKz\"\npassword_file = \"/x\"")),
        ("no kind", backend("password = \"zLEAKz\"")),
        ("a list", backend("password = [\"zLEAKz\"]")),
        ("a table", backend("password = { plain = \"zLEAKz\" }")),
        ("a key misspelt", backend("passwrd = \"zLEAKz\"")),
        ("a key in other letter case", backend("Password = \"zLEAKz\"")),
        ("a kind that needs more", backend("kind = \"xmpp\"\npassword = \"zLEAKz\"")),
        ("a component that needs more", format!("{CONFIG}[component]\nsecret = \"zLEAKz\"\n")),
        ("a secret in a key", key("secret = \"zLEAKz\"")),
        ("a secret for its digest", key("sha256 = \"zLEAKz\"")),
        ("a key's whole key", key("key = \"other/zLEAKz\"")),
        ("a key for its id", format!("{CONFIG}[keys.\"other/zLEAKz\"]\nsha256 = \"{}\"\n", "0".repeat(64))),
    ]
}

#[test]
fn what_is_wrong_with_a_configuration_is_said_without_its_secrets() {
    let mut shown = Vec::new();
    for (name, config) in wrong_configurations() {
        let scratch = Scratch::new(&config);
        let output = scratch.run(&["check"]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        let text = all_of(&output);
        if text.contains(CANARY) {
            shown.push(format!("{name}: {text}"));
        }
    }
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}

#[test]
fn a_reload_that_fails_logs_no_secret() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve_as(&["-vv"], &[]);
    let mut shown = Vec::new();
    for (name, config) in wrong_configurations() {
        scratch.configure(&config);
        let before = served.log_length();
        served.signal("HUP");
        served.wait_log_after(before, "reload.refused");
        // What is wrong comes after that, and before the answer to whoever asks next.
        let probe = served.client().get("/nowhere");
        served.wait_log_after(before, &format!("request.id={} ", probe.header("x-request-id").unwrap()));
        let log: Vec<_> = served.log().lines().skip(before).map(ToOwned::to_owned).collect();
        if log.iter().any(|line| line.contains(CANARY)) {
            shown.push(format!("{name}: {}", log.join("\n")));
        }
    }
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}

#[test]
fn key_files_that_are_wrong_are_reported_without_their_secrets() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve_as(&["-vv"], &[]);
    let keys = scratch.state().join("keys");
    std::fs::create_dir_all(&keys).unwrap();
    let mut shown = Vec::new();
    for (id, text) in [
        ("bare", "zLEAKz"),
        ("unquoted", "sha256 = zLEAKz"),
        ("unended", "sha256 = \"zLEAKz"),
        ("clear", "sha256 = \"zLEAKz\""),
        ("unknown", "secret = \"zLEAKz\""),
        ("list", "sha256 = [\"zLEAKz\"]"),
        ("wrong-type", "hosts = \"zLEAKz\""),
        ("twice", "sha256 = \"zLEAKz\"\nsha256 = \"zLEAKz\""),
    ] {
        let (path, before) = (keys.join(format!("{id}.toml")), served.log_length());
        let temporary = keys.join(".new-test");
        std::fs::write(&temporary, text).unwrap();
        std::fs::set_permissions(&temporary, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::rename(&temporary, &path).unwrap();
        let line = served.wait_log_after(before, &format!("{id}.toml is skipped"));
        let command = all_of(&scratch.run(&["check"]));
        assert!(command.contains(&format!("{id}.toml is skipped")), "{command}");
        shown.extend([line, command].into_iter().filter(|text| text.contains(CANARY)));
        std::fs::remove_file(path).unwrap();
    }
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}

#[test]
fn commands_keep_what_they_make_out_of_stderr() {
    let scratch = Scratch::new(CONFIG);
    let mut seen = BTreeSet::new();
    for arguments in [
        &["-vv", "key", "create", "a name"][..],
        &["-vv", "key", "create", "--declare"],
        &["-vv", "invite", "create"],
        &["-vv", "invite", "create", "--json", "--count", "2"],
        &["-vv", "invite", "create", "--qr"],
        &["-vv", "invite", "list", "--json"],
    ] {
        let output = scratch.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", all_of(&output));
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let word = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_');
        seen.extend(stdout.split(word).filter(|word| word.len() >= 24).map(ToOwned::to_owned));
        for secret in &seen {
            assert!(!stderr.contains(secret.as_str()), "{secret} in {stderr}");
        }
    }
    assert!(seen.len() >= 6, "{seen:?}");
}

/// Whoever takes one for the other is told so, but not in words that end up in somebody's report.
#[test]
fn commands_do_not_repeat_a_key_or_token_that_was_taken_for_an_id() {
    let scratch = Scratch::new(CONFIG);
    let key = scratch.key(&["a name"]);
    let link = scratch.ok(&["invite", "create"]);
    let (link, token) = (link.trim_end(), link.trim_end().split_once('?').unwrap().1);
    let secret = key.split_once('/').unwrap().1;
    let mut shown = Vec::new();
    for arguments in [
        ["key", "delete", &key],
        ["key", "delete", secret],
        ["invite", "show", token],
        ["invite", "show", link],
        ["invite", "revoke", token],
    ] {
        let output = scratch.run(&arguments);
        assert!(!output.status.success(), "{arguments:?}");
        let text = all_of(&output);
        if text.contains(secret) || text.contains(unguessable(token)) {
            shown.push(text);
        }
    }
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}

#[test]
fn an_import_that_fails_shows_nothing_of_the_file() {
    let scratch = Scratch::new(CONFIG);
    let file = scratch.path().join("invite_api_keys.dat");
    for text in [
        "return { [\"zLEAKz\"] = { [\"token\"] = \"zLEAKz\"; [\"id\"] = \"zLEAKz\"",
        "return { [\"k\"] = { [\"token\"] = zLEAKz; } };",
        "zLEAKz",
        "return { [\"k\"] = { [\"id\"] = \"zLEAKz/\"; [\"token\"] = \"zLEAKz\"; } };",
        "return { [\"k\"] = { [\"id\"] = \"k\"; [\"token\"] = { \"zLEAKz\" }; } };",
    ] {
        std::fs::write(&file, text).unwrap();
        let output = scratch.run(&["-vv", "key", "import", file.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{text}: {}", all_of(&output));
        Secrets::new(&[]).check(&all_of(&output));
    }
}

#[test]
fn names_of_files_cannot_forge_a_line() {
    let scratch = Scratch::new(CONFIG);
    let keys = scratch.state().join("keys");
    std::fs::create_dir_all(&keys).unwrap();
    std::fs::write(keys.join("x\nforged \x1b[2K.toml"), "").unwrap();
    for arguments in [["check"].as_slice(), &["key", "list"]] {
        let output = scratch.run(arguments);
        let text = all_of(&output);
        assert!(text.contains("forged"), "{arguments:?}: {text}");
        assert!(!text.lines().any(|line| line.starts_with("forged")), "{arguments:?}: {text}");
        assert!(!text.contains('\x1b'), "{arguments:?}: {text:?}");
    }
}

#[test]
fn names_of_keys_cannot_forge_a_line_of_the_list() {
    let scratch = Scratch::new(CONFIG);
    let file = scratch.path().join("invite_api_keys.dat");
    let text = "return { [\"k\"] = { [\"id\"] = \"k\"; [\"token\"] = \"t0ken\"; [\"name\"] = \"x\\nforged\\9y\\27[2K\"; } };\n";
    std::fs::write(&file, text).unwrap();
    let imported = scratch.run(&["key", "import", "--host", "example.com", file.to_str().unwrap()]);
    assert!(imported.status.success());
    let listed = scratch.ok(&["key", "list"]);
    for text in [all_of(&imported), listed] {
        assert!(!text.lines().any(|line| line.starts_with("forged")), "{text}");
        assert!(!text.contains('\x1b'), "{text:?}");
    }
}
