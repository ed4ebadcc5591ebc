//! The VM tests of `nix/tests` without VMs: each node is a Debian's systemd under sdboot, with the module's units, and
//! `driver.py` runs the script on them. NixOS's own nginx, Prosody and PostgreSQL modules are stood in for by the least that
//! the scripts need of them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::evaluate::{ROOT, System, evaluate, has, has_nix};
use crate::tree::{link, put, put_programs, put_prosody, put_units, wanted};

const SCRIPTS: [&str; 4] = ["basic", "nginx", "postgresql", "prosody"];

/// What tests/debroot/make makes a newer system of: NixOS has Prosody 13, and a systemd that knows what the module's unit has
/// and this machine's may not.
const NEWER: [&str; 12] = [
    "trixie",
    "systemd",
    "util-linux-extra",
    "libnss-systemd",
    "dbus",
    "python3",
    "curl",
    "jq",
    "nginx",
    "postgresql",
    "iproute2",
    "prosody/trixie-backports",
];

#[test]
fn vm_basic_holds() {
    run("basic");
}

#[test]
fn vm_nginx_holds() {
    run("nginx");
}

#[test]
fn vm_postgresql_holds() {
    run("postgresql");
}

#[test]
fn vm_prosody_holds() {
    run("prosody");
}

#[test]
fn every_vm_test_is_run() {
    let entries = std::fs::read_dir(Path::new(ROOT).join("nix/tests")).unwrap();
    let names: BTreeSet<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names, SCRIPTS.iter().map(|name| format!("{name}.nix")).collect());
}

/// On this machine's system, and on a newer one.
fn run(name: &str) {
    let test = format!("vm_{name}_holds");
    let needed =
        [("systemctl", "systemd"), ("dbus-daemon", "dbus"), ("ip", "iproute2"), ("jq", "jq"), ("python3", "python3")];
    let server = match name {
        "nginx" => Some(("nginx", "nginx")),
        "prosody" => Some(("prosody", "prosody")),
        "postgresql" => Some(("psql", "postgresql")),
        _ => None,
    };
    let needed = needed.into_iter().chain(server).chain([("mmdebstrap", "mmdebstrap")]);
    if !has_nix(&test) || !needed.into_iter().all(|(command, package)| has(&test, command, package)) {
        return;
    }
    if !rustix::process::geteuid().is_root() {
        println!("SKIPPED {test}: needs root");
        return;
    }
    run_on(None, name);
    run_on(Some(newer()), name);
}

/// The root file system of the newer system.
fn newer() -> &'static Path {
    static NEWER_ROOT: OnceLock<PathBuf> = OnceLock::new();
    NEWER_ROOT.get_or_init(|| {
        let root = Path::new(ROOT).join("target/roots/vm");
        let mut make = Command::new(format!("{ROOT}/tests/debroot/make"));
        let output = make.arg(&root).args(NEWER).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        root
    })
}

fn run_on(root: Option<&Path>, name: &str) {
    let file = format!("{ROOT}/nix/tests/{name}.nix");
    let value = evaluate(&format!("(nixos.tests {{ it = {file}; }}).it")).unwrap_or_else(|error| panic!("{error}"));
    let nodes = value["nodes"].as_object().unwrap();
    // As NixOS's driver numbers them.
    let hosts: String =
        nodes.keys().zip(1..).fold(String::from("127.0.0.1 localhost\n"), |mut text, (name, number)| {
            writeln!(text, "192.168.1.{number} {name}").unwrap();
            text
        });
    // Below /tmp, which a root has in common with this machine.
    let dir = tempfile::tempdir_in("/tmp").unwrap();
    for (node, value) in nodes {
        let tree = &dir.path().join(node).join("tree");
        put(tree, "/etc/hosts", &hosts, 0o644);
        let wanted = if value["systemd"].is_object() { put_node(tree, value, root) } else { Vec::new() };
        std::fs::write(dir.path().join(node).join("units"), wanted.join("\n")).unwrap();
    }
    put(dir.path(), "script.py", value["testScript"].as_str().unwrap(), 0o444);
    put(dir.path(), "node.py", include_str!("node.py"), 0o555);
    put(dir.path(), "sdboot", include_str!("../../boot/sdboot"), 0o555);

    let mut driver = Command::new("unshare");
    driver.args(["--net", "python3"]).arg(format!("{ROOT}/tests/nix/vm/driver.py")).arg(dir.path());
    if let Some(root) = root {
        driver.arg(format!("{ROOT}/tests/debroot/enter")).arg(root);
    }
    let output = driver.arg(dir.path().join("sdboot")).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let system = root.map_or("this machine".into(), |root| root.display().to_string());
    println!("on {system}:\n{stdout}");
    assert!(output.status.success(), "on {system}:\n{stdout}\n{stderr}");
}

/// A node that has the service; gives the units that it starts.
fn put_node(tree: &Path, node: &Value, root: Option<&Path>) -> Vec<String> {
    let system = System(node.clone());
    put_programs(tree);
    put_system(tree, "default", &system);
    for (name, specialisation) in node["specialisations"].as_object().unwrap() {
        put_system(tree, name, &System(specialisation.clone()));
        let switch = format!("#!/bin/sh\nexec python3 /nix/switch.py /nix/systems/{name}\n");
        let file = format!("/nix/systems/default/specialisation/{name}/bin/switch-to-configuration");
        put(tree, &file, &switch, 0o555);
    }
    put(tree, "/nix/switch.py", include_str!("switch.py"), 0o444);
    link(tree, "/run/current-system", "/nix/systems/default");
    link(tree, "/run/booted-system", "/nix/systems/default");
    put(tree, "/etc/invited/config.toml", &system.settings(), 0o444);
    put_units(tree, "/etc/systemd/system", &system);
    put(tree, "/etc/tmpfiles.d/nixos.conf", &(system.strings("/systemd/tmpfiles/rules").join("\n") + "\n"), 0o444);

    let mut wanted = wanted(&system);
    if node["nginx"]["enable"] == true {
        put_nginx(tree, node);
        wanted.push("nginx.service".into());
    }
    if node["prosody"]["enable"] == true {
        put_prosody(tree, "/etc/prosody/prosody.cfg.lua", &system);
        wanted.push("prosody.service".into());
    }
    if node["postgresql"]["enable"] == true {
        put_postgresql(tree, node, root.unwrap_or(Path::new("/")));
        wanted.push("postgresql.target".into());
    }
    wanted
}

/// What a switch goes to.
fn put_system(tree: &Path, name: &str, system: &System) {
    let dir = format!("/nix/systems/{name}");
    put_units(tree, &format!("{dir}/units"), system);
    put(tree, &format!("{dir}/config.toml"), &system.settings(), 0o444);
    link(tree, &format!("{dir}/sw/bin/invited"), "../../units/invited.admin");
}

/// nginx with the virtual hosts as NixOS writes them, as far as ours needs it.
fn put_nginx(tree: &Path, node: &Value) {
    let nginx = &node["nginx"];
    let mut servers = String::new();
    for (name, host) in nginx["virtualHosts"].as_object().unwrap() {
        writeln!(servers, "server {{ listen 80; listen [::]:80; server_name {name};").unwrap();
        for (path, location) in host["locations"].as_object().unwrap() {
            let text = |name: &str| location[name].as_str().unwrap();
            writeln!(servers, "location {path} {{ proxy_pass {};\n{} }}", text("proxyPass"), text("extraConfig"))
                .unwrap();
        }
        servers.push_str("}\n");
    }
    // What a location takes over that sets no headers of its own.
    let recommended = if nginx["recommendedProxySettings"] == true {
        "proxy_set_header Host $host;\nproxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n"
    } else {
        ""
    };
    let config = format!(
        "user nginx nginx; daemon off; pid /run/nginx.pid; error_log stderr;
events {{ }}
http {{ access_log /var/log/nginx/access.log;\n{recommended}{servers} }}
"
    );
    put(tree, "/etc/nginx/nginx.conf", &config, 0o444);
    put(tree, "/etc/sysusers.d/nginx.conf", "u nginx - \"nginx\"\n", 0o444);
    let unit =
        "[Unit]\nAfter=network.target\n[Service]\nExecStart=/usr/sbin/nginx\n[Install]\nWantedBy=multi-user.target\n";
    put(tree, "/etc/systemd/system/nginx.service", unit, 0o444);
}

/// PostgreSQL with the databases and users that are asked for.
fn put_postgresql(tree: &Path, node: &Value, root: &Path) {
    let postgresql = &node["postgresql"];
    let versions = std::fs::read_dir(root.join("usr/lib/postgresql")).unwrap();
    let version = versions.map(|entry| entry.unwrap().file_name().into_string().unwrap()).max().unwrap();
    let bin = format!("/usr/lib/postgresql/{version}/bin");
    let mut statements = String::new();
    for user in postgresql["ensureUsers"].as_array().unwrap() {
        let name = user["name"].as_str().unwrap();
        writeln!(statements, "CREATE USER {name};").unwrap();
        if user["ensureDBOwnership"] == true {
            writeln!(statements, "CREATE DATABASE {name} OWNER {name};").unwrap();
        }
    }
    put(tree, "/etc/postgresql-node/setup.sql", &statements, 0o444);
    put(tree, "/etc/postgresql-node/hba", postgresql["authentication"].as_str().unwrap(), 0o444);
    let listen = if postgresql["enableTCPIP"] == true { "*" } else { "" };
    let server = format!(
        "[Service]
Type=notify
User=postgres
RuntimeDirectory=postgresql
StateDirectory=postgresql-node
ExecStartPre={bin}/initdb --pgdata=/var/lib/postgresql-node/data --auth=peer --encoding=UTF8 --locale=C.UTF-8
ExecStart={bin}/postgres -D /var/lib/postgresql-node/data -k /run/postgresql -c listen_addresses={listen} -c hba_file=/etc/postgresql-node/hba
"
    );
    put(tree, "/etc/systemd/system/postgresql.service", &server, 0o444);
    // Debian's own would start its clusters.
    link(tree, "/etc/systemd/system-generators/postgresql-generator", "/dev/null");
    let setup = format!(
        "[Unit]
Requires=postgresql.service
After=postgresql.service
[Service]
Type=oneshot
RemainAfterExit=yes
User=postgres
ExecStart={bin}/psql --host=/run/postgresql --file=/etc/postgresql-node/setup.sql postgres
"
    );
    put(tree, "/etc/systemd/system/postgresql-setup.service", &setup, 0o444);
    let target = "[Unit]
Requires=postgresql.service postgresql-setup.service
After=postgresql.service postgresql-setup.service
[Install]
WantedBy=multi-user.target
";
    put(tree, "/etc/systemd/system/postgresql.target", target, 0o444);
}
