//! `/metrics` on its own listener, `/healthz` and `/readyz`.

use crate::common;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::http::Client;
use common::prometheus::{METRICS, Prometheus, metrics_of};
use common::{CONFIG, KEY, PATIENCE, Scratch, Served, now};
use serde_json::{Value, json};

fn metered() -> Scratch {
    Scratch::new(&format!("{CONFIG}{METRICS}"))
}

fn series(served: &Served) -> Vec<String> {
    let text = Client::tcp(metrics_of(served)).get("/metrics").text();
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn what_happens_is_counted() {
    let scratch = metered();
    let served = scratch.serve();
    let mut client = served.client();
    for _ in 0..3 {
        client.invite(KEY);
    }
    client.ask("POST", "/invites_api?host=elsewhere.example", &[&format!("Authorization: Bearer {KEY}")]);
    client.get("/nowhere");
    served.ok_key(&scratch);
    let all = series(&served);
    for expected in [
        r#"invited_build_info{version="0.1.0"} 1"#,
        r#"invited_invites_created_total{host="example.com",key="site"} 3"#,
        r#"invited_invites_refused_total{host="",key="site"} 1"#,
        r#"invited_requests_total{route="/invites_api",status="201"} 3"#,
        r#"invited_requests_total{route="/invites_api",status="403"} 1"#,
        r#"invited_requests_total{route="-",status="404"} 1"#,
    ] {
        assert!(all.iter().any(|line| line == expected), "no {expected} in {all:#?}");
    }
    let commits = all.iter().find_map(|line| line.strip_prefix("invited_ledger_commit_seconds_count ")).unwrap();
    assert!(commits.parse::<u32>().unwrap() >= 3);
}

trait MakesKeys {
    /// Makes a key and waits until the service has seen it.
    fn ok_key(&self, scratch: &Scratch);
}

impl MakesKeys for Served {
    fn ok_key(&self, scratch: &Scratch) {
        scratch.key(&["another"]);
        self.wait_log("event=key.created");
        let counted = || series(self).iter().any(|line| line == "invited_key_reloads_total 2");
        let until = now() + PATIENCE;
        while !counted() {
            assert!(now() < until, "{:?}", series(self));
            std::thread::yield_now();
        }
    }
}

#[test]
fn what_is_pending_is_told_as_it_is_when_it_is_asked_for() {
    let scratch = metered();
    scratch.ok(&["invite", "create", "--count", "5"]);
    let served = scratch.serve();
    let wait_pending = |expected: &[(&str, u32)]| {
        let expected: BTreeSet<_> = expected
            .iter()
            .map(|(key, count)| format!("invited_invites_pending{{host=\"example.com\",key={key:?}}} {count}"))
            .collect();
        // Long before it would be counted though nobody asks.
        let until = now() + Duration::from_secs(30);
        loop {
            let all = series(&served).into_iter();
            let found: BTreeSet<_> = all.filter(|line| line.starts_with("invited_invites_pending")).collect();
            if found == expected {
                return;
            }
            assert!(now() < until, "{found:?}, not {expected:?}");
        }
    };
    wait_pending(&[("cli", 5)]);
    served.client().invite(KEY).token();
    wait_pending(&[("cli", 5), ("site", 1)]);
    let list: Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    let ids: Vec<_> = list["invites"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    scratch.ok(&[&["invite", "revoke"], &ids[..]].concat());
    wait_pending(&[("cli", 0), ("site", 0)]);
}

#[test]
fn no_caller_makes_up_a_series() {
    let scratch = metered();
    let served = scratch.serve();
    served.client().invite(KEY);
    let ask = |n: usize| {
        let mut client = served.client();
        client.ask("POST", "/invites_api", &[&format!("Authorization: Bearer made-up-{n}/x")]);
        client.ask("POST", &format!("/invites_api?host=h{n}.example"), &[&format!("Authorization: Bearer {KEY}")]);
        client.get(&format!("/path-{n}"));
        client.ask("GET", &format!("/api/v1/invites/{n}?q={n}"), &[]);
    };
    ask(0);
    series(&served);
    let before = series(&served).len();
    (1..20).for_each(ask);
    let after = series(&served);
    assert_eq!(after.len(), before, "{after:#?}");
}

#[test]
fn whoever_asks_gets_the_format_that_they_prefer() {
    let scratch = metered();
    let served = scratch.serve();
    let mut client = Client::tcp(metrics_of(&served));
    let [open, classic] = ["application/openmetrics-text; version=1.0.0", "text/plain; version=0.0.4"];
    for (accept, format) in [
        ("*/*", open),
        ("application/openmetrics-text", open),
        ("text/plain", classic),
        ("Text/Plain;version=0.0.4", classic),
        // Prometheus, by default and with `scrape_protocols: [PrometheusText0.0.4, OpenMetricsText1.0.0]`.
        ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1", open),
        ("text/plain;version=0.0.4;q=0.5,application/openmetrics-text;version=1.0.0;q=0.4,*/*;q=0.3", classic),
        ("application/openmetrics-text;q=0,text/plain", classic),
        ("text/plain,application/openmetrics-text", open),
    ] {
        let answer = client.ask("GET", "/metrics", &[&format!("Accept: {accept}")]);
        assert!(answer.header("content-type").unwrap().starts_with(format), "{accept}: {answer:?}");
        assert_eq!(answer.text().ends_with("# EOF\n"), format == open, "{accept}");
    }
}

#[test]
fn metrics_are_only_on_their_own_listener() {
    let scratch = metered();
    let served = scratch.serve();
    assert_eq!(served.client().get("/metrics").status, 404);
    let mut client = Client::tcp(metrics_of(&served));
    let answer = client.get("/metrics");
    assert_eq!(answer.status, 200);
    let kind = answer.header("content-type").unwrap();
    assert!(kind.starts_with("application/openmetrics-text") && kind.contains("version=1.0.0"), "{kind}");
    assert!(answer.text().ends_with("# EOF\n"));
    assert_eq!(client.get("/invites_api").status, 404);
    let other = client.ask("POST", "/metrics", &[]);
    assert_eq!((other.status, other.header("allow")), (405, Some("GET, HEAD, OPTIONS")));
}

#[test]
fn a_socket_named_metrics_has_the_metrics() {
    let scratch = Scratch::new(CONFIG);
    let (public, private) = (common::listener(), common::listener());
    let addresses = [public.local_addr().unwrap(), private.local_addr().unwrap()];
    let _served = scratch.serve_activated(vec![public.into(), private.into()], "http:metrics", &[]);
    let statuses = addresses.map(|address| Client::tcp(address).get("/metrics").status);
    assert_eq!(statuses, [404, 200]);
}

#[test]
fn a_port_that_cannot_be_had_is_told_with_a_way_out() {
    let taken = common::listener();
    let address = taken.local_addr().unwrap();
    let scratch = Scratch::new(&format!("{CONFIG}[metrics]\nlisten = [\"{address}\"]\n"));
    let output = scratch.run(&["serve"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let expected = format!(
        "cannot listen on {address} (Address already in use (os error 98)); set `metrics.listen` to an address that is \
         free; under systemd, remove it and enable invited-metrics.socket"
    );
    assert!(stderr.contains(&expected), "{stderr}");
}

/// What `promtool check metrics` says.
#[test]
fn promtool_finds_nothing_wrong() {
    let scratch = metered();
    let served = scratch.serve();
    served.client().invite(KEY);
    let classic = Client::tcp(metrics_of(&served)).ask("GET", "/metrics", &["Accept: text/plain"]);
    assert_eq!(classic.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool, of the package prometheus");
    promtool.stdin.take().unwrap().write_all(&classic.body).unwrap();
    let output = promtool.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty() && output.stdout.is_empty(), "{output:?}");
}

/// A real Prometheus reads OpenMetrics strictly: it takes all of it or nothing.
#[test]
fn prometheus_collects_them() {
    let scratch = metered();
    let served = scratch.serve();
    served.client().invite(KEY);
    let prometheus = Prometheus::start(&[metrics_of(&served)]);
    let found = &prometheus.wait_query("invited_invites_created_total")[0];
    assert_eq!((&found["metric"]["key"], &found["value"][1]), (&json!("site"), &json!("1")));
}

#[test]
fn health_and_readiness_are_told() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let mut client = served.client();
    let health = client.get("/healthz");
    assert_eq!((health.status, &*health.text()), (200, "ok\n"));
    let ready = client.get("/readyz");
    assert_eq!(
        (ready.status, ready.json()),
        (200, json!({ "ledger": "ok", "backends": { "example.com": { "kind": "ledger", "state": "ok" } } }))
    );
    // Which servers there are is nobody else's business.
    let elsewhere = client.ask("GET", "/readyz", &["X-Forwarded-For: 203.0.113.5"]);
    assert_eq!((elsewhere.status, elsewhere.json()), (200, json!({ "ledger": "ok" })));
    for path in ["/healthz", "/readyz"] {
        assert_eq!(client.ask("HEAD", path, &[]).status, 200);
        assert_eq!(client.ask("POST", path, &[]).status, 405);
    }
    let ledger = rusqlite::Connection::open(scratch.state().join("ledger.db")).unwrap();
    ledger.execute_batch("DROP TABLE meta").unwrap();
    let until = now() + PATIENCE;
    // It is tried once a second at most.
    let broken = loop {
        let answer = client.get("/readyz");
        if answer.status != 200 || now() > until {
            break answer;
        }
        std::thread::yield_now();
    };
    assert_eq!((broken.status, broken.header("retry-after")), (503, Some("5")));
    assert_eq!(client.get("/healthz").status, 200);
}
