//! The VM tests of `nix/tests` without VMs: each node is this machine's systemd under sdboot, with the module's units, and
//! `driver.py` runs the script on them. NixOS's own nginx, Prosody and PostgreSQL modules are stood in for by the least that
//! the scripts need of them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::evaluate::{ROOT, System, evaluate, has, has_nix};
use crate::tree::{link, put, put_programs, put_prosody, put_units, wanted};

const SCRIPTS: [&str; 4] = ["basic", "nginx", "postgresql", "prosody"];

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
    if !has_nix(&test) || !needed.into_iter().chain(server).all(|(command, package)| has(&test, command, package)) {
        return;
    }
    if !rustix::process::geteuid().is_root() {
        println!("SKIPPED {test}: needs root");
        return;
    }
    let file = format!("{ROOT}/nix/tests/{name}.nix");
    let value = evaluate(&format!("(nixos.tests {{ it = {file}; }}).it")).unwrap_or_else(|error| panic!("{error}"));
    let nodes = value["nodes"].as_object().unwrap();
    // As NixOS's driver numbers them.
    let hosts: String =
        nodes.keys().zip(1..).fold(String::from("127.0.0.1 localhost\n"), |mut text, (name, number)| {
            writeln!(text, "192.168.1.{number} {name}").unwrap();
            text
        });
    let dir = tempfile::tempdir().unwrap();
    for (node, value) in nodes {
        let tree = &dir.path().join(node).join("tree");
        put(tree, "/etc/hosts", &hosts, 0o644);
        let wanted = if value["systemd"].is_object() { put_node(tree, value) } else { Vec::new() };
        std::fs::write(dir.path().join(node).join("units"), wanted.join("\n")).unwrap();
    }
    std::fs::write(dir.path().join("script.py"), value["testScript"].as_str().unwrap()).unwrap();

    let mut driver = Command::new("unshare");
    driver.args(["--net", "python3"]).arg(format!("{ROOT}/tests/nix/vm/driver.py")).arg(dir.path());
    let output = driver.arg(format!("{ROOT}/tests/boot/sdboot")).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{stdout}");
    assert!(output.status.success(), "{stdout}\n{stderr}");
}

/// A node that has the service; gives the units that it starts.
fn put_node(tree: &Path, node: &Value) -> Vec<String> {
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
        put_postgresql(tree, node);
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
fn put_postgresql(tree: &Path, node: &Value) {
    let postgresql = &node["postgresql"];
    let versions = std::fs::read_dir("/usr/lib/postgresql").unwrap();
    let bin = versions.map(|entry| entry.unwrap().path().join("bin")).max().unwrap();
    let bin = bin.display();
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
