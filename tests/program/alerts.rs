//! `examples/prometheus`: each alert is fired once, by a real fault, in a real Prometheus, and says where to read on.
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;
use crate::common::fake_ejabberd::{FakeEjabberd, Version};
use crate::common::prometheus::{METRICS, Prometheus, RULES, metrics_of};
use crate::common::{docs, ejabberd, fake_clock::FakeClock};
use crate::dashboard;
use crate::disk::Disk;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use common::{CONFIG, Client, KEY, PATIENCE, Scratch, Served, now};
use invited::clock;
use serde_json::{Value, json};

/// Alerts that need PostgreSQL to fire, and where they do.
const ON_POSTGRESQL: [(&str, &str, &str); 2] = [
    (
        "InvitedClockOff",
        "tests/postgresql/node_clocks.rs",
        "a_node_that_is_far_off_judges_and_forgets_nothing_until_its_clock_is_set",
    ),
    ("InvitedServerFromThePast", "tests/postgresql/failover.rs", "a_primary_that_comes_back_from_the_past_is_refused"),
];

/// The alerts of the rules, in their order.
fn names() -> Vec<&'static str> {
    RULES.lines().filter_map(|line| line.trim_start().strip_prefix("- alert: ")).collect()
}

fn path(place: &str) -> String {
    format!("{}/{place}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn promtool_finds_nothing_wrong_and_every_alert_has_its_limits() {
    let cases = path("tests/prometheus/invited.test.yml");
    for arguments in [["check", "rules", &path("examples/prometheus/invited.rules.yml")], ["test", "rules", &cases]] {
        let output = Command::new("promtool").args(arguments).output().expect("promtool, of the package prometheus");
        assert!(output.status.success(), "{output:?}");
    }
    let cases = std::fs::read_to_string(cases).unwrap();
    let of_alerts: Vec<_> = cases.split("\n  - name: ").skip(1).collect();
    assert_eq!(of_alerts.iter().map(|case| case.lines().next().unwrap()).collect::<Vec<_>>(), names());
    for (case, name) in of_alerts.iter().zip(names()) {
        let has_both = case.contains("exp_samples: []") && case.contains(&format!("{{alertname=\"{name}\"}}"));
        assert!(has_both, "{name} is not tried on both sides");
    }
}

#[test]
fn every_alert_has_a_section_that_says_what_to_do() {
    let sections = docs::section("docs/operations.md", "Alerts");
    let told: Vec<_> = sections.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    assert_eq!(told, names(), "on the left docs/operations.md, on the right the rules");
    for rule in RULES.split("- alert: ").skip(1) {
        let name = rule.lines().next().unwrap();
        let runbook = format!("runbook: docs/operations.md#{}\n", name.to_lowercase());
        let parts = ["severity: ", "summary: ", "description: ", &runbook];
        assert!(parts.iter().all(|part| rule.contains(part)), "{name} lacks one of {parts:?}");
    }
}

/// What is wrong from the start: the servers of this configuration are not there. Nobody listens on port 1 (tcpmux).
fn without_servers() -> String {
    format!(
        r#"{CONFIG}{METRICS}
[http]
auth_failures = "1000/m"
[invites]
remind = ["mailto:admin@example.net", "xmpp:admin@example.com"]
[keys.limited]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
hosts = ["example.com"]
limit = "1/d"
[hosts."away.example".backend]
kind = "xmpp"
jid = "invites-admin@away.example"
password = "secret"
address = "127.0.0.1:1"
tls = "off"
[component]
jid = "invites.example.com"
server = "127.0.0.1:1"
secret = "secret"
host = "example.com"
[mail]
smtp = "smtp://invites@localhost:1"
password = "secret"
from = "invites@example.com"
[[webhooks]]
name = "site"
url = "http://127.0.0.1:1/"
secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
"#
    )
}

/// One whose certificate was not renewed.
fn certified() -> Scratch {
    let scratch = Scratch::new("");
    let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let now = Duration::from_secs(clock::now().as_second().unsigned_abs());
    params.not_after = (std::time::UNIX_EPOCH + now + Duration::from_hours(48)).into();
    let key = rcgen::KeyPair::generate().unwrap();
    let [chain, private] = ["chain.pem", "key.pem"].map(|name| scratch.path().join(name));
    std::fs::write(&chain, params.self_signed(&key).unwrap().pem()).unwrap();
    std::fs::write(&private, key.serialize_pem()).unwrap();
    let [chain, private] = [chain.display(), private.display()];
    let tls = format!("[tls]\ncertificate_file = \"{chain}\"\nprivate_key_file = \"{private}\"\n");
    scratch.configure(&format!("{CONFIG}{METRICS}{tls}"));
    scratch
}

/// One beside an ejabberd that has almost as many tokens as it takes.
fn beside_full_ejabberd() -> (FakeEjabberd, Scratch) {
    let server = FakeEjabberd::start(Version::V26_07);
    for number in 0..850 {
        server.own_token(&format!("tokenofsomebodyelse{number:05}"), "account_only", "");
    }
    let (user, password) = (ejabberd::ADMIN, ejabberd::PASSWORD);
    let backend = format!(
        "[hosts.\"example.com\".backend]\nkind = \"ejabberd\"\nurl = \"http://{}/api\"\nuser = {user:?}\npassword = {password:?}\n",
        server.address
    );
    let scratch = Scratch::new(&format!("{CONFIG}{METRICS}{backend}"));
    (server, scratch)
}

/// It has looked after itself once.
fn wait_ready(served: &Served) -> SocketAddr {
    let (metrics, deadline) = (metrics_of(served), now() + PATIENCE);
    while !Client::tcp(metrics).get("/metrics").text().contains("\ninvited_ready 1\n") {
        assert!(now() < deadline, "{}", served.log());
        std::thread::yield_now();
    }
    metrics
}

/// The alerts of one service, as its faults come.
struct Watched<'a> {
    prometheus: &'a Prometheus,
    instance: SocketAddr,
    fired: BTreeSet<String>,
}

impl Watched<'_> {
    /// Brings an alert about by `fault`, which goes on until it fires. None has fired whose fault is still to come.
    fn fire(&mut self, name: &str, fault: impl FnMut()) {
        let early: Vec<_> = self.prometheus.firing(self.instance).difference(&self.fired).cloned().collect();
        assert!(early.is_empty(), "before {name}: {early:?}");
        let alert = self.prometheus.wait_alert_while(name, self.instance, fault);
        assert_told(&alert);
        self.fired.insert(name.to_owned());
    }
}

/// What it says has the names that it is about.
fn assert_told(alert: &Value) {
    let name = alert["labels"]["alertname"].as_str().unwrap();
    let rule = RULES.split("- alert: ").find(|rule| rule.lines().next() == Some(name)).unwrap();
    for label in rule.split("$labels.").skip(1).map(|rest| rest.split(' ').next().unwrap()) {
        let value = alert["labels"][label].as_str().unwrap_or_default();
        assert!(!value.is_empty(), "{name} names {label}, which it has not: {alert}");
    }
}

#[test]
fn every_alert_is_fired_by_its_fault_and_the_dashboard_shows_all_of_it() {
    let config = without_servers();
    let scratch = Scratch::new(&config);
    let (Some(disk), Some(past)) = (Disk::of(&scratch), FakeClock::new(&scratch)) else { return };
    // Events that wait for longer than three days, and for longer than an hour; and a link that admins are reminded of.
    for (time, ttl) in [("-4d", "7d"), ("-2h", "90d")] {
        past.set(time);
        let mut create = scratch.command();
        create.args(["invite", "create", "--host", "example.com", "--ttl", ttl]).envs(past.environment());
        let output = create.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let more = "[keys.redeemer]\nsha256 = \"1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0\"\nallow = [\"redeem\"]\n";
    let (well, expires) = (Scratch::new(&format!("{CONFIG}{METRICS}{more}")), certified());
    let (_ejabberd, full) = beside_full_ejabberd();
    let served = disk.serve(&scratch);
    let [mut well, expires, full] = [&well, &expires, &full].map(Scratch::serve);
    let instances = [&served, &well, &expires, &full].map(wait_ready);
    let token = well.client().invite(KEY).token();
    let redeemed =
        well.api("redeemer/s3cret", "POST", "/api/v1/redeem", &json!({ "token": token, "account": "juliet" }));
    assert_eq!(redeemed.0, 200, "{redeemed:?}");
    let counted = full.api(KEY, "POST", "/api/v1/invites", &json!({ "uri": true }));
    assert_eq!(counted.0, 201, "{counted:?}");
    let prometheus = Prometheus::start(&instances);
    let [instance, of_well, of_expires, of_full] = instances;

    // Whatever needs a server that is not there.
    let of_servers = [
        "InvitedXmppServerAway",
        "InvitedMailFailing",
        "InvitedMessagesFailing",
        "InvitedWebhookBehind",
        "InvitedWebhookDead",
    ];
    let mut watched = Watched { prometheus: &prometheus, instance, fired: of_servers.map(str::to_owned).into() };
    let call = |key: &str| {
        let authorization = format!("Authorization: Bearer {key}");
        served.client().ask("POST", "/invites_api?host=example.com", &[&authorization])
    };
    watched.fire("InvitedKeyRefused", || assert!([201, 429].contains(&call("limited/s3cret").status)));
    watched.fire("InvitedCallersRefused", || (0..20).for_each(|_| assert_eq!(call("site/wrong").status, 403)));
    let before = served.log_length();
    scratch.configure(&format!("{config}\n[nonsense]\n"));
    served.signal("HUP");
    served.wait_log_after(before, "event=reload.refused");
    watched.fire("InvitedReloadRefused", || ());

    let token = call(KEY).token();
    let ledger = rusqlite::Connection::open(scratch.state().join("ledger.db")).unwrap();
    let newest =
        "UPDATE invite SET host = CAST(x'e578616d706c652e636f6d' AS TEXT) WHERE id = (SELECT max(id) FROM invite)";
    assert_eq!(ledger.execute(newest, []).unwrap(), 1);
    drop(ledger);
    watched.fire("InvitedLedgerDamaged", || assert_eq!(served.client().get(&format!("/invite?{token}")).status, 503));

    // The call waits as long as a call waits.
    disk.set("hang", true);
    std::thread::scope(|scope| {
        let hanging = scope.spawn(|| call(KEY).status);
        watched.fire("InvitedNotReady", || ());
        assert_eq!(hanging.join().unwrap(), 503);
    });
    disk.set("hang", false);
    watched.fire("InvitedLedgerSlow", || ());

    for name in of_servers {
        watched.fire(name, || ());
    }
    // Of these there is nothing else to be told.
    let of_others = [(of_expires, "InvitedCertificateExpires"), (of_full, "InvitedAppTokensScarce")];
    for (instance, name) in of_others {
        Watched { prometheus: &prometheus, instance, fired: BTreeSet::from([name.to_owned()]) }.fire(name, || ());
    }
    dashboard::assert_shows_all(&prometheus, &instances);

    let mut of_well = Watched { prometheus: &prometheus, instance: of_well, fired: BTreeSet::new() };
    well.kill();
    of_well.fire("InvitedDown", || ());

    let here = watched.fired.into_iter().chain(of_well.fired);
    let here = here.chain(of_others.map(|(_, name)| name.to_owned()));
    let elsewhere = ON_POSTGRESQL.iter().map(|(name, ..)| (*name).to_owned());
    let fired: BTreeSet<_> = here.chain(elsewhere).collect();
    assert_eq!(fired, names().into_iter().map(str::to_owned).collect());
}

#[test]
fn those_of_postgresql_are_fired_where_there_is_one() {
    for (name, file, test) in ON_POSTGRESQL {
        let text = std::fs::read_to_string(path(file)).unwrap();
        let (_, body) = text.split_once(&format!("\nfn {test}(")).unwrap_or_else(|| panic!("{file} has no {test}"));
        let body = body.split("\n}\n").next().unwrap();
        assert!(body.contains(&format!("(\"{name}\",")), "{file}: {test} does not fire {name}");
    }
}
