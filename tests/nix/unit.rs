//! Units: as the module has them, as NixOS writes them, and as they are shipped. They are the same.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::evaluate::{ROOT, System, URL, has, has_nix, store_path};

/// The text of a unit, as NixOS writes it; without the `PATH` and locale that it gives every service.
pub fn text(unit: &Value) -> String {
    let mut text = String::from("[Unit]\n");
    for (name, directive) in [
        ("description", "Description"),
        ("documentation", "Documentation"),
        ("requires", "Requires"),
        ("partOf", "PartOf"),
        ("after", "After"),
        ("startLimitIntervalSec", "StartLimitIntervalSec"),
    ] {
        write_directive(&mut text, directive, &unit[name]);
    }
    for (section, config) in [("Service", "serviceConfig"), ("Socket", "socketConfig")] {
        let Some(config) = unit[config].as_object() else { continue };
        writeln!(text, "[{section}]").unwrap();
        write_directive(&mut text, "ListenStream", &unit["listenStreams"]);
        config.iter().for_each(|(directive, value)| write_directive(&mut text, directive, value));
    }
    if unit["wantedBy"].is_array() {
        text.push_str("[Install]\n");
        write_directive(&mut text, "WantedBy", &unit["wantedBy"]);
    }
    text
}

fn write_directive(text: &mut String, directive: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Array(values) => values.iter().for_each(|value| write_directive(text, directive, value)),
        Value::String(value) => writeln!(text, "{directive}={value}").unwrap(),
        other => writeln!(text, "{directive}={other}").unwrap(),
    }
}

/// What a unit and its drop-ins come to: directives by section, with the words of those that add up, and the last value
/// of the others.
fn effective(texts: &[&str]) -> BTreeMap<String, Vec<String>> {
    const LISTS: [&str; 6] = [
        "IPAddressAllow",
        "ListenStream",
        "LoadCredential",
        "RestrictAddressFamilies",
        "SupplementaryGroups",
        "SystemCallFilter",
    ];
    let mut directives: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for text in texts {
        let mut section = "";
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line.starts_with('[') {
                section = line;
                continue;
            }
            let (name, value) = line.split_once('=').unwrap();
            // What starts the unit is NixOS's own business: it reads no [Install].
            if section == "[Install]" {
                continue;
            }
            let value = match value {
                "yes" => "true",
                "no" => "false",
                other => other,
            };
            // Set to nothing it is as if nobody had set it.
            if name == "IPAddressDeny" && value.is_empty() {
                directives.remove(&format!("{section} {name}"));
                continue;
            }
            let words = directives.entry(format!("{section} {name}")).or_default();
            if LISTS.contains(&name) {
                words.extend(value.split_whitespace().map(String::from));
            } else {
                *words = vec![value.to_owned()];
            }
        }
    }
    directives
}

/// With the programs where a Debian has them.
fn on_debian(text: &str) -> String {
    text.replace(&format!("{}/bin/invited", store_path("invited")), "/usr/bin/invited")
        .replace(&format!("{}/bin/kill", store_path("coreutils")), "/bin/kill")
}

fn shipped(file: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join("systemd").join(file)).unwrap()
}

/// Each shipped drop-in, and the options that do the same.
const DROP_INS: [(&str, &str); 7] = [
    ("", ""),
    ("invited.socket.d/tcp.conf", "listenStreams = [ \"127.0.0.1:5290\" ];"),
    ("invited.socket.d/group.conf", "nginx.virtualHost = \"invite.example.com\";"),
    ("invited.service.d/prosody.conf", "prosody.enable = true;"),
    ("invited.service.d/credentials.conf", "credentials.website = \"/etc/invited/credentials/website\";"),
    (
        "invited.service.d/network.conf",
        "settings.hosts.\"example.com\".backend = { kind = \"ejabberd\"; url = \"http://127.0.0.1:5280/api\"; };",
    ),
    (
        "invited.service.d/webhooks.conf",
        "settings.webhooks = [ { name = \"site\"; url = \"https://example.com/hook\"; } ];",
    ),
];

/// Debian locks `HAProxy` into a directory, which NixOS does not.
const OF_DEBIAN: &str = "invited.socket.d/haproxy.conf";

/// What the module's service has and the shipped one has not: Debian's systemd does not know it.
const SINCE_254: [&str; 2] = ["[Service] RestartMaxDelaySec", "[Service] RestartSteps"];

#[test]
fn units_are_the_shipped_ones() {
    if !has_nix("units_are_the_shipped_ones") {
        return;
    }
    for (drop_in, options) in DROP_INS {
        let system = System::of(&format!(
            "{{ imports = [ ({}) ]; services.nginx.group = \"www-data\"; }}",
            crate::evaluate::minimal(&format!("{URL} {options}"))
        ));
        for (kind, unit) in [("service", system.service()), ("socket", system.socket())] {
            let mut texts = vec![shipped(&format!("invited.{kind}"))];
            if drop_in.starts_with(&format!("invited.{kind}.d/")) {
                texts.push(shipped(&format!("drop-ins/{drop_in}")));
            }
            let texts: Vec<_> = texts.iter().map(String::as_str).collect();
            let mut module = effective(&[&on_debian(&text(unit))]);
            if kind == "service" {
                for name in SINCE_254 {
                    assert!(module.remove(name).is_some(), "{name}");
                }
            }
            assert_eq!(module, effective(&texts), "invited.{kind} with {drop_in:?}, and the module's with {options:?}");
        }
    }
}

#[test]
fn socket_for_metrics_is_the_shipped_one_and_the_service_starts_without_it() {
    if !has_nix("socket_for_metrics") {
        return;
    }
    let system = System::with(&format!("{URL} metrics.listenStreams = [ \"127.0.0.1:9280\" ];"));
    let unit = &system.0["systemd"]["sockets"]["invited-metrics"];
    let shipped = shipped("invited-metrics.socket");
    assert_eq!(effective(&[&text(unit)]), effective(&[&shipped]));
    let wanted_by = shipped.lines().find_map(|line| line.strip_prefix("WantedBy=")).unwrap();
    assert_eq!(unit["wantedBy"], json!(wanted_by.split(' ').collect::<Vec<_>>()));
    let service = system.service();
    assert_eq!(service["requires"], json!(["invited.socket"]));
    assert_eq!(service["after"], json!(["invited.socket", "invited-metrics.socket"]));
}

#[test]
fn every_shipped_drop_in_has_its_option() {
    let mut shipped = Vec::new();
    for kind in ["service", "socket"] {
        let dir = Path::new(ROOT).join(format!("systemd/drop-ins/invited.{kind}.d"));
        for entry in std::fs::read_dir(dir).unwrap() {
            shipped.push(format!("invited.{kind}.d/{}", entry.unwrap().file_name().display()));
        }
    }
    shipped.sort();
    let mut known: Vec<_> = DROP_INS.iter().map(|(drop_in, _)| *drop_in).filter(|name| !name.is_empty()).collect();
    known.push(OF_DEBIAN);
    known.sort_unstable();
    assert_eq!(shipped, known);
}

/// How exposed the service is, for backends ever further away (systemd-analyze(1), 0 is best).
#[test]
fn sandbox_opens_as_far_as_the_backend_needs() {
    if !has_nix("sandbox") || !has("sandbox", "systemd-analyze", "systemd") {
        return;
    }
    let backend = |backend: &str| format!("settings.hosts.\"example.com\".backend = {{ {backend} }};");
    let component =
        |server: &str| format!("settings.component = {{ jid = \"i\"; host = \"h\"; server = \"{server}\"; }};");
    let webhook = |url: &str| format!("settings.webhooks = [ {{ name = \"site\"; url = \"{url}\"; }} ];");
    let mail = |smtp: &str| format!("settings.mail = {{ smtp = \"{smtp}\"; from = \"a@example.com\"; }};");
    let ledger = |rest: &str| format!("settings.ledger.url = \"postgres://{rest}\";");
    for (options, most) in [
        (String::new(), 0.2),
        ("prosody.enable = true;".into(), 0.2),
        (backend("kind = \"ledger\";"), 0.2),
        (ledger("/invited?host=/run/postgresql"), 0.2),
        (ledger("/invited?user=invited&host=%2frun/postgresql,/tmp"), 0.2),
        (ledger("%2Frun%2Fpostgresql/invited"), 0.2),
        (backend("kind = \"ejabberd\"; url = \"http://127.0.0.1:5280/api\";"), 0.9),
        (backend("kind = \"ejabberd\"; url = \"http://[::1]:5280/api\";"), 0.9),
        (backend("kind = \"xmpp\"; address = \"localhost:5222\";"), 0.9),
        (ledger("invited@127.0.0.1:5433,[::1]/invited"), 0.9),
        (ledger("/invited?hostaddr=::1"), 0.9),
        (component("127.0.0.1:5347"), 0.9),
        (webhook("http://127.0.0.1:8000/hook"), 0.9),
        (webhook("https://example.com/hook"), 1.1),
        (mail("smtp://localhost:587"), 0.9),
        (mail("smtps://invites@mail.example.com"), 1.1),
        (backend("kind = \"ejabberd\"; url = \"https://xmpp.example.com/api\";"), 1.1),
        (backend("kind = \"xmpp\"; address = \"127.example.com:5222\";"), 1.1),
        (backend("kind = \"xmpp\";"), 1.1),
        (component("xmpp.example.com:5347"), 1.1),
        (ledger("invited@db.example.com/invited"), 1.1),
        (ledger("/invited?host=db.example.com&user=invited"), 1.1),
        (ledger("127.0.0.1:5433,db.example.com/invited"), 1.1),
        (ledger("localhost/invited?connect_timeout=2&hostaddr=192.0.2.1"), 1.1),
        ("settings.ledger.url_file = \"ledger-url\";".into(), 1.1),
    ] {
        let system = System::with(&options);
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("invited.service");
        std::fs::write(&file, text(system.service())).unwrap();
        let mut analyze = Command::new("systemd-analyze");
        let output = analyze.args(["security", "--offline=true", "--no-pager"]).arg(&file).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let (_, level) = stdout.split_once("Overall exposure level for invited.service: ").expect(&stdout);
        let exposure: f64 = level.split_whitespace().next().unwrap().parse().unwrap();
        println!("{exposure} {options}");
        assert!(exposure <= most, "{options}: {exposure}, expected {most}\n{stdout}");
        // And it is open where it must be.
        assert_eq!(system.service()["serviceConfig"]["PrivateNetwork"], most < 0.5, "{options}");
        assert_eq!(system.service()["serviceConfig"]["IPAddressDeny"].is_string(), most < 1.0, "{options}");
    }
}
