//! A real Prometheus, of Debian's package, that collects from services as `examples/prometheus` says, with its alerts.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a harness that cannot do its work fails the test")]

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::common::{PATIENCE, Process, Served, free_port, now};

pub const RULES: &str = include_str!("../../examples/prometheus/invited.rules.yml");
const SCRAPE: &str = include_str!("../../examples/prometheus/scrape.yml");

/// To ask for this in a configuration.
pub const METRICS: &str = "[metrics]\nlisten = [\"127.0.0.1:0\"]\n";

/// Where a service has its metrics.
pub fn metrics_of(served: &Served) -> SocketAddr {
    let line = served.wait_log("metrics on http://");
    line.rsplit_once("http://").unwrap().1.trim().parse().unwrap()
}

/// The server; killed when dropped.
pub struct Prometheus {
    _process: Process,
    address: SocketAddr,
    _dir: tempfile::TempDir,
}

impl Prometheus {
    /// One that collects from these twice a second. What an alert is to last for is left out: time is not what is tried.
    pub fn start(targets: &[SocketAddr]) -> Self {
        let dir = tempfile::Builder::new().prefix("invited-prometheus-").tempdir().unwrap();
        let rules = dir.path().join("rules.yml");
        let lines = RULES.lines().filter(|line| !line.trim_start().starts_with("for: "));
        std::fs::write(&rules, lines.collect::<Vec<_>>().join("\n")).unwrap();
        let named = targets.iter().map(|target| format!("\"{target}\"")).collect::<Vec<_>>().join(", ");
        let mut config = String::from("global: { scrape_interval: 500ms, evaluation_interval: 500ms }\n");
        for line in SCRAPE.lines() {
            let line = line.replace("/etc/prometheus/rules/invited.rules.yml", rules.to_str().unwrap());
            config.extend([&line.replace("\"127.0.0.1:9280\"", &named), "\n"]);
        }
        assert!(config.contains(rules.to_str().unwrap()) && config.contains(&format!("[{named}]")), "{config}");
        let file = dir.path().join("prometheus.yml");
        std::fs::write(&file, config).unwrap();

        let address = free_port();
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", file.display()));
        command.arg(format!("--storage.tsdb.path={}", dir.path().join("tsdb").display()));
        command.arg(format!("--web.listen-address={address}")).stdout(Stdio::null()).stderr(Stdio::null());
        let process = Process(command.spawn().expect("prometheus, of the package prometheus"));
        Self { _process: process, address, _dir: dir }
    }

    /// What its API answers; nothing before it answers.
    fn ask(&self, path: &str) -> Option<Value> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // HTTP/1.0: the answer ends with the connection. It takes connections before it serves them, and ends some.
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let answer: Value = serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()?;
        assert_eq!(answer["status"], "success", "{path}: {answer}");
        Some(answer["data"].clone())
    }

    /// The series that an expression gives just now.
    pub fn query(&self, expression: &str) -> Vec<Value> {
        let query: String = url::form_urlencoded::byte_serialize(expression.as_bytes()).collect();
        let data = self.ask(&format!("/api/v1/query?query={query}"));
        data.map(|data| data["result"].as_array().unwrap().clone()).unwrap_or_default()
    }

    /// Waits until an expression gives any series; gives them.
    pub fn wait_query(&self, expression: &str) -> Vec<Value> {
        let deadline = now() + PATIENCE;
        loop {
            let found = self.query(expression);
            if !found.is_empty() {
                return found;
            }
            assert!(now() < deadline, "nothing for {expression}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The alerts that fire just now.
    pub fn alerts(&self) -> Vec<Value> {
        let data = self.ask("/api/v1/alerts");
        let all = data.map(|data| data["alerts"].as_array().unwrap().clone()).unwrap_or_default();
        all.into_iter().filter(|alert| alert["state"] == "firing").collect()
    }

    /// The names of those that fire for `instance`, but for the one that a busy machine may fire: it answers too late.
    pub fn firing(&self, instance: SocketAddr) -> BTreeSet<String> {
        let is_of = |alert: &Value| alert["labels"]["instance"] == instance.to_string();
        let names = self.alerts().into_iter().filter(is_of).map(|alert| alert["labels"]["alertname"].clone());
        names.map(|name| name.as_str().unwrap().to_owned()).filter(|name| name != "InvitedDown").collect()
    }

    /// Waits until an alert of that name fires for `instance`; gives it. `meanwhile` goes on with what is to bring it about.
    pub fn wait_alert_while(&self, name: &str, instance: SocketAddr, mut meanwhile: impl FnMut()) -> Value {
        let deadline = now() + PATIENCE;
        loop {
            meanwhile();
            let alerts = self.alerts();
            let is_it = |alert: &&Value| {
                alert["labels"]["alertname"] == name && alert["labels"]["instance"] == instance.to_string()
            };
            if let Some(alert) = alerts.iter().find(is_it) {
                return alert.clone();
            }
            assert!(now() < deadline, "{name} does not fire: {alerts:#?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The same of what has been brought about.
    pub fn wait_alert(&self, name: &str, instance: SocketAddr) -> Value {
        self.wait_alert_while(name, instance, || ())
    }
}
