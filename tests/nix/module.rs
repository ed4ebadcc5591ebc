//! The module's options: what good and bad configurations come to, and that its words are the program's.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::common::docs::page;
use crate::common::schema::schema_keys;
use crate::evaluate::{ROOT, System, URL, evaluate, has_nix, minimal, store_path};

/// Lines about `services.invited` that hold, and what else must be true then: JSON pointers into the system.
#[test]
fn good_configurations_hold() {
    if !has_nix("good_configurations_hold") {
        return;
    }
    let service = |directive: &str| format!("/systemd/services/invited/serviceConfig/{directive}");
    let cases: Vec<(&str, Vec<(String, Value)>)> = vec![
        (
            "",
            vec![
                ("/settings/hosts/example.com/backend".into(), json!({})),
                ("/systemd/sockets/invited/listenStreams".into(), json!(["/run/invited/http.sock"])),
                ("/systemd/services/invited/stopIfChanged".into(), json!(false)),
                (service("SupplementaryGroups"), Value::Null),
                (service("LoadCredential"), json!([])),
                ("/firewall/allowedTCPPorts".into(), json!([])),
                ("/nginx/enable".into(), json!(false)),
                ("/systemd/sockets/invited-metrics".into(), Value::Null),
                ("/systemd/services/invited/wantedBy".into(), Value::Null),
            ],
        ),
        (
            "credentials.component = \"/run/secrets/component\";
             settings.component = { jid = \"invites.example.com\"; server = \"127.0.0.1:5347\"; host = \"example.com\";
                                    secret_file = \"component\"; account_invites = [ \"admin@example.com\" ]; };",
            vec![
                ("/systemd/services/invited/wantedBy".into(), json!(["multi-user.target"])),
                (service("PrivateNetwork"), json!(false)),
                (service("IPAddressAllow"), json!("localhost")),
                (service("LoadCredential"), json!(["component:/run/secrets/component"])),
            ],
        ),
        (
            "metrics.listenStreams = [ \"9280\" ]; listenStreams = [ \"5290\" ]; openFirewall = true;",
            vec![
                ("/systemd/sockets/invited-metrics/listenStreams".into(), json!(["9280"])),
                ("/firewall/allowedTCPPorts".into(), json!([5290])),
            ],
        ),
        (
            "listenStreams = [ \"5290\" \"[::]:80\" \"127.0.0.1:81\" \"[::1]:82\" \"/run/x\" ]; openFirewall = true;",
            vec![("/firewall/allowedTCPPorts".into(), json!([5290, 80]))],
        ),
        (
            "listenStreams = [ \"443\" ]; credentials = { cert = \"/run/cert\"; key = \"/run/key\"; };
             settings.tls = { certificate_file = \"cert\"; private_key_file = \"key\"; };",
            vec![
                ("/systemd/sockets/invited/listenStreams".into(), json!(["/run/invited/http.sock"])),
                ("/systemd/sockets/invited-https/listenStreams".into(), json!(["443"])),
                ("/systemd/sockets/invited-https/socketConfig/FileDescriptorName".into(), json!("https")),
                ("/systemd/sockets/invited-https/socketConfig/Service".into(), json!("invited.service")),
                ("/systemd/services/invited/requires".into(), json!(["invited.socket", "invited-https.socket"])),
                (service("LoadCredential"), json!(["cert:/run/cert", "key:/run/key"])),
            ],
        ),
        (
            "nginx.virtualHost = \"i.example.com\"; settings.public_url = \"https://I.example.com:8443/invites\";",
            vec![
                ("/settings/public_url".into(), json!("https://I.example.com:8443/invites")),
                (
                    "/nginx/virtualHosts/i.example.com/locations/~1invites~1/proxyPass".into(),
                    json!("http://unix:/run/invited/http.sock"),
                ),
                ("/systemd/sockets/invited/socketConfig/SocketGroup".into(), json!("nginx")),
            ],
        ),
        (
            "credentials.website = \"/run/secrets/website\"; settings.keys.website.secret_file = \"website\";",
            vec![(service("LoadCredential"), json!(["website:/run/secrets/website"]))],
        ),
        (
            "settings.keys.ci = { public_key_file = ./ci.pem; algorithm = \"EdDSA\"; };",
            vec![("/settings/keys/ci/public_key_file".into(), json!(store_path("ci.pem")))],
        ),
        (
            "settings.ledger = { retention = \"30d\"; key_file = \"other.key\"; };",
            vec![(
                "/systemd/services/invited/restartTriggers".into(),
                json!(["{\"ledger\":{\"key_file\":\"other.key\"},\"tls\":false}"]),
            )],
        ),
        ("settings.invites = { ttl = \"3d\"; max_ttl = \"30d\"; };", vec![]),
        ("package = nixos.self.packages.aarch64-linux.default;", vec![]),
    ];
    for (lines, expected) in cases {
        let url = if lines.contains("public_url") { "" } else { URL };
        let system = System::with(&format!("{url} {lines}"));
        println!("{lines}");
        system.all_well();
        for (pointer, value) in expected {
            assert_eq!(system.0.pointer(&pointer).unwrap_or(&Value::Null), &value, "{pointer}\n{lines}");
        }
    }
}

/// Lines about `services.invited`, and a part of what the assertion or type says to them.
const BAD: [(&str, &str); 28] = [
    ("", "settings.public_url is needed: set it to"),
    ("settings.hosts = lib.mkForce { };", "set services.invited.settings.hosts.\"example.com\".site_name"),
    ("settings.listen = [ \"127.0.0.1:5290\" ];", "set services.invited.listenStreams in place of"),
    ("settings.state_dir = \"/srv\";", "remove services.invited.settings.state_dir"),
    ("settings.metrics.listen = [ \"127.0.0.1:9280\" ];", "set services.invited.metrics.listenStreams in place of"),
    ("openFirewall = true;", "openFirewall finds no port"),
    ("openFirewall = true; listenStreams = [ \"127.0.0.1:5290\" ];", "set services.invited.listenStreams, such as"),
    ("prosody.enable = true;", "set services.prosody.enable"),
    (
        "settings.ledger.url = \"postgres://invited:hunter2@db/invited\";",
        "set services.invited.settings.ledger.url_file = \"ledger-url\" and services.invited.credentials.ledger-url",
    ),
    (
        "settings.hosts.\"example.com\".backend.password = \"hunter2\";",
        "settings.hosts.\"example.com\".backend.password would be world-readable: set \
         services.invited.settings.hosts.\"example.com\".backend.password_file = \"xmpp-password\" in its place, and \
         services.invited.credentials.xmpp-password to a file",
    ),
    ("settings.hosts.\"example.com\".backend.token = \"hunter2\";", "backend.token would be world-readable"),
    ("settings.component.secret = \"hunter2\";", "settings.component.secret would be world-readable"),
    (
        "settings.webhooks = [ { name = \"site\"; url = \"https://example.com/\"; secret = \"hunter2\"; } ];",
        "would be world-readable: set services.invited.settings.webhooks.\"0\".secret_file = \"webhook-secret\" in its \
         place, and services.invited.credentials.webhook-secret to a file",
    ),
    (
        "settings.webhooks = [ { name = \"site\"; url = \"https://example.com/\"; secret_file = \"webhook\"; } ];",
        "names a credential that is not passed: set services.invited.credentials.webhook to a file",
    ),
    (
        "settings.keys.website.secret_file = \"website\";",
        "settings.keys.website.secret_file names a credential that is not passed: set \
         services.invited.credentials.website to a file",
    ),
    (
        "settings.keys.website.secret_file = \"/run/secrets/website\";",
        "settings.keys.website.secret_file is a file that the service's user cannot read",
    ),
    ("settings.keys.website.secret_file = ./website;", "cannot read"),
    ("settings.keys.ci.public_key_file = \"/etc/ci.pem\";", "settings.keys.ci.public_key_file is a file"),
    ("settings.tls.private_key_file = \"key\";", "set services.invited.credentials.key"),
    ("credentials.\"a b\" = \"/run/x\";", "credentials.\"a b\" cannot be a credential's name"),
    ("credentials.website = \"/nix/store/x-website\";", "`services.invited.credentials.website' is not of type"),
    ("credentials.website = ./Cargo.toml;", "`services.invited.credentials.website' is not of type"),
    ("credentials.website = \"website\";", "`services.invited.credentials.website' is not of type"),
    (
        "settings.hosts.\"example.com\".backend.kind = \"openfire\";",
        "`services.invited.settings.hosts.example.com.backend.kind' is not of type",
    ),
    (
        "settings.hosts.\"example.com\".backend.socket = \"/run/prosody.sock\";",
        "services.invited.settings.hosts.\"example.com\".backend has no kind: set \
         services.invited.settings.hosts.\"example.com\".backend.kind.",
    ),
    (
        "prosody.enable = true; settings.hosts.\"example.com\".backend.socket = \"/run/prosody.sock\";",
        "backend.kind, or nothing of this backend: services.invited.prosody.enable then sets all of it.",
    ),
    (
        "settings.hosts.\"example.com\".backend.kind = \"prosody\";",
        "set services.invited.settings.hosts.\"example.com\".backend.socket to the path of Prosody's admin socket.",
    ),
    ("setings = { };", "`services.invited.setings' does not exist"),
];

#[test]
fn bad_configurations_are_told_what_to_set() {
    if !has_nix("bad_configurations_are_told_what_to_set") {
        return;
    }
    for (lines, expected) in BAD {
        let url = if lines.is_empty() { "" } else { URL };
        let module = minimal(&format!("{url} {lines}"));
        for which in ["system", "systemUpstream"] {
            let told = match evaluate(&format!("nixos.{which} ({{ lib, ... }}: {module})")) {
                Ok(system) => System(system).strings("/assertions").join("\n"),
                Err(error) => error,
            };
            assert!(told.contains(expected), "{which}: {lines}\nsaid: {told}\nexpected: {expected}");
            assert!(!told.contains("hunter2"), "{told}");
        }
    }
}

/// What Nix does not see, the program does, while the system is built.
#[test]
fn the_build_checks_the_configuration() {
    if !has_nix("the_build_checks_the_configuration") {
        return;
    }
    for (lines, expected) in [
        ("settings.invite.ttl = \"3d\";", "unknown key; known here: "),
        ("settings.keys.website = { };", "needs one of sha256, "),
        ("settings.invites.ttl = \"soon\";", "invites.ttl = \"soon\""),
    ] {
        let system = System::with(&format!("{URL} {lines}"));
        assert_eq!(system.strings("/assertions"), [""; 0]);
        let output = system.build_check();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(expected), "{lines}\nsaid: {stderr}");
    }
}

#[test]
fn postgresql_is_wired_by_its_socket() {
    if !has_nix("postgresql_is_wired_by_its_socket") {
        return;
    }
    let system = System::with(&format!("{URL} postgresql.createLocally = true;"));
    assert_eq!(system.0["settings"]["ledger"]["url"], "postgres:///invited?host=/run/postgresql");
    let expected = json!({
        "enable": true,
        "ensureDatabases": ["invited"],
        "ensureUsers": [{ "name": "invited", "ensureDBOwnership": true }],
    });
    assert_eq!(system.0["postgresql"], expected);
    assert!(system.strings("/systemd/services/invited/after").contains(&"postgresql.target"));
    assert_eq!(system.service()["serviceConfig"]["User"], "invited");
}

#[test]
fn nginx_passes_requests_on() {
    if !has_nix("nginx_passes_requests_on") {
        return;
    }
    let system = System::with("nginx.virtualHost = \"invite.example.com\";");
    system.all_well();
    assert_eq!(system.0["settings"]["public_url"], "https://invite.example.com/");
    assert_eq!(system.0["nginx"]["enable"], true);
    let location = &system.0["nginx"]["virtualHosts"]["invite.example.com"]["locations"]["/"];
    let expected = "access_log off;\nerror_log stderr emerg;\nproxy_http_version 1.1;\nproxy_set_header Connection \"\";\nproxy_set_header Host $host;\n\
                    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n";
    assert_eq!(
        location,
        &json!({
            "proxyPass": "http://unix:/run/invited/http.sock",
            "recommendedProxySettings": false,
            "extraConfig": expected,
        })
    );
}

#[test]
fn virtual_host_that_links_do_not_lead_to_is_warned_of() {
    if !has_nix("virtual_host_that_links_do_not_lead_to_is_warned_of") {
        return;
    }
    let ours = "nginx.virtualHost = \"i.example.com\"; settings.public_url = \"https://www.example.com/\";";
    for (vhost, expected) in [
        ("", Some("public_url leads to www.example.com: unless a proxy passes that on, set")),
        (
            "serverAliases = [ \"other.example.com\" ];",
            Some(".\"i.example.com\".serverAliases = [ \"www.example.com\" ]"),
        ),
        ("serverName = \"WWW.example.com\";", None),
        ("serverName = null; serverAliases = [ \"www.example.com\" ];", None),
        ("serverAliases = [ \"*.example.com\" ];", None),
        ("default = true;", None),
    ] {
        let nginx = format!("services.nginx.virtualHosts.\"i.example.com\" = {{ {vhost} }};");
        let system = System::of(&format!("{{ imports = [ ({}) ]; {nginx} }}", minimal(ours)));
        let warnings = system.strings("/warnings");
        match expected {
            Some(expected) => assert!(warnings.len() == 1 && warnings[0].contains(expected), "{vhost}: {warnings:?}"),
            None => assert_eq!(warnings, [""; 0], "{vhost}"),
        }
    }
}

const PROSODY: &str = "services.prosody = { enable = true; extraModules = [ \"motd\" ]; extraConfig = \"x = 1\";
    virtualHosts.main.domain = \"example.com\"; };";

#[test]
fn prosody_is_wired_whole() {
    if !has_nix("prosody_is_wired_whole") {
        return;
    }
    let hosts = "settings.hosts.\"example.org\".backend.kind = \"ledger\";";
    let module = minimal(&format!("{URL} prosody.enable = true; {hosts}"));
    let system = System::of(&format!("{{ imports = [ ({module}) ]; {PROSODY} }}"));
    system.all_well();
    let hosts = &system.0["settings"]["hosts"];
    assert_eq!(hosts["example.com"]["backend"], json!({ "kind": "prosody", "socket": "/run/prosody/admin.sock" }));
    assert_eq!(hosts["example.org"]["backend"], json!({ "kind": "ledger" }));
    let mut modules = system.strings("/prosody/extraModules");
    modules.sort_unstable();
    assert_eq!(modules, ["admin_shell", "invites", "invites_adhoc", "invites_register", "motd"]);
    let mut lines: Vec<_> = system.0["prosody"]["extraConfig"].as_str().unwrap().lines().collect();
    lines.retain(|line| !line.is_empty() && !line.starts_with("--"));
    lines.sort_unstable();
    // Both lines as docs/prosody.md has them.
    let of_the_page = |option: &str| {
        let line = page("docs/prosody.md").lines().find(|line| line.starts_with(option)).unwrap();
        line.split(" --").next().unwrap()
    };
    let (page, supports) = (of_the_page("invites_page = "), of_the_page("invites_page_supports = "));
    assert_eq!(lines, ["admin_socket = \"/run/prosody/admin.sock\"", page, supports, "umask = \"007\"", "x = 1"]);
    assert_eq!(system.0["systemd"]["services"]["prosody"]["serviceConfig"]["UMask"], "0007");
    assert_eq!(system.service()["serviceConfig"]["SupplementaryGroups"], json!(["prosody"]));
    assert!(system.0["admin"].as_str().unwrap().contains("'--property=SupplementaryGroups=prosody'"));
    // Nobody calls over HTTP when an app signs up.
    assert_eq!(system.service()["wantedBy"], json!(["multi-user.target"]));

    // Groups of one's own come beside ours, as a list: NixOS refuses to merge it with a text, and so do the stand-ins.
    let with = |groups: &str| {
        let group = format!("systemd.services.invited.serviceConfig.SupplementaryGroups = {groups};");
        evaluate(&format!("nixos.system ({{ imports = [ ({module}) ]; {PROSODY} {group} }})")).map(System)
    };
    let groups = with("[ \"keys\" ]").unwrap();
    let mut groups = groups.strings("/systemd/services/invited/serviceConfig/SupplementaryGroups");
    groups.sort_unstable();
    assert_eq!(groups, ["keys", "prosody"]);
    let told = with("\"keys\"").err().unwrap();
    assert!(told.contains("serviceConfig.SupplementaryGroups' are a mix of lists and others"), "{told}");
}

#[test]
fn host_that_prosody_lacks_is_warned_of() {
    if !has_nix("host_that_prosody_lacks_is_warned_of") {
        return;
    }
    let module = minimal(&format!("{URL} prosody.enable = true; settings.hosts.\"example.org\" = {{ }};"));
    let system = System::of(&format!("{{ imports = [ ({module}) ]; {PROSODY} }}"));
    let warnings = system.strings("/warnings");
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].starts_with("services.invited creates invites to example.org, for which"), "{warnings:?}");
}

/// Without it, each sign-up would find the admin socket closed.
#[test]
fn prosody_is_reached_by_its_group_alone() {
    if !has_nix("prosody_is_reached_by_its_group_alone") {
        return;
    }
    let backend = "settings.hosts.\"example.com\".backend = { kind = \"prosody\"; socket = \"/run/prosody.sock\"; };";
    let system = System::with(&format!("{URL} {backend}"));
    let warnings = system.strings("/warnings");
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("no group that may use its admin socket: set services.invited.prosody.enable"));
    let group = "systemd.services.invited.serviceConfig.SupplementaryGroups = [ \"xmpp\" ];";
    System::of(&format!("{{ imports = [ ({}) ]; {group} }}", minimal(&format!("{URL} {backend}")))).all_well();

    let nobodys = "prosody.enable = true; settings.hosts.\"example.com\".backend.kind = \"ledger\";";
    let system = System::of(&format!("{{ imports = [ ({}) ]; {PROSODY} }}", minimal(&format!("{URL} {nobodys}"))));
    assert_eq!(system.service()["serviceConfig"]["SupplementaryGroups"], json!([]));
}

/// Each setting that the program cannot take up while it runs, as it says itself, and another value of it.
const NEEDS_RESTART: [(&str, &str); 6] = [
    ("listen", "settings.listen = [ \"127.0.0.1:81\" ];"),
    ("metrics.listen", "settings.metrics.listen = [ \"127.0.0.1:82\" ];"),
    ("state_dir", "settings.state_dir = \"/srv\";"),
    ("ledger.url", "settings.ledger.url = \"sqlite:other.db\";"),
    ("ledger.key_file", "settings.ledger.key_file = \"other.key\";"),
    (
        "tls",
        "settings.tls = { certificate_file = \"cert\"; private_key_file = \"key\"; };
         credentials = { cert = \"/run/cert\"; key = \"/run/key\"; };",
    ),
];

#[test]
fn what_the_program_cannot_reload_nixos_restarts_or_refuses() {
    if !has_nix("what_the_program_cannot_reload_nixos_restarts_or_refuses") {
        return;
    }
    let source = include_str!("../../src/service/reload.rs");
    let list = source.split("for (what, changed) in [").nth(1).unwrap().split("] {").next().unwrap();
    let programs: Vec<_> = list.split("(\"").skip(1).map(|entry| entry.split('"').next().unwrap()).collect();
    assert_eq!(programs, NEEDS_RESTART.map(|(name, _)| name));

    let triggers = |lines: &str| {
        let system = System::with(&format!("{URL} {lines}"));
        let refused = !system.strings("/assertions").is_empty();
        (system.service()["restartTriggers"].clone(), refused)
    };
    let (before, _) = triggers("");
    for (name, lines) in NEEDS_RESTART {
        let (after, refused) = triggers(lines);
        assert!(refused || after != before, "{name} changes, and nothing is restarted");
    }
    let reloaded = "settings = { ledger.retention = \"1d\"; invites.ttl = \"1d\"; hosts.\"example.org\" = { }; };";
    assert_eq!(triggers(reloaded), (before, false));
}

/// A switch to a configuration with these lines restarts the sockets, and only then.
#[test]
fn sockets_are_restarted_when_they_change() {
    if !has_nix("sockets_are_restarted_when_they_change") {
        return;
    }
    let script = |system: &System| system.0["systemd"]["services"]["invited-sockets"]["script"].clone();
    let with = |lines: &str| script(&System::with(&format!("{URL} {lines}")));
    let before = with("");
    for lines in [
        "listenStreams = [ \"5290\" ];",
        "metrics.listenStreams = [ \"9280\" ];",
        "nginx.virtualHost = \"invite.example.com\";",
    ] {
        assert_ne!(with(lines), before, "{lines}");
    }
    let own =
        format!("{{ imports = [ ({}) ]; systemd.sockets.invited.socketConfig.SocketUser = \"web\"; }}", minimal(URL));
    assert_ne!(script(&System::of(&own)), before);
    assert_eq!(with("settings.invites.ttl = \"1d\"; credentials.website = \"/run/website\";"), before);
}

/// What nixpkgs' hooks do.
const HOOKS: &str = r#"
    installManPage() { install -D --mode=0644 --target-directory="$out/share/man/man1" "$@"; }
    installShellCompletion() { install -D --mode=0644 --target-directory="$out/completions" "$@"; }
    substituteInPlace() {
        local file=$1
        shift
        while (($#)); do
            [[ $1 = --replace-fail ]] && grep --quiet --fixed-strings "$2" "$file" || exit 1
            sed --in-place "s|$2|$3|" "$file"
            shift 3
        done
    }
"#;

/// The package's own script, with the program under test.
#[test]
fn package_installs_units_and_every_manual_page() {
    if !has_nix("package_installs_units_and_every_manual_page") {
        return;
    }
    let script = evaluate("nixos.self.packages.x86_64-linux.default.postInstall").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (out, source) = (dir.path().join("out"), dir.path().join("source"));
    std::fs::create_dir_all(out.join("bin")).unwrap();
    std::fs::create_dir(&source).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_invited"), out.join("bin/invited")).unwrap();
    std::os::unix::fs::symlink(Path::new(ROOT).join("systemd"), source.join("systemd")).unwrap();
    let run = |script: &str| {
        let mut command = Command::new("bash");
        command.args(["-e", "-u", "-c", script]).current_dir(&source).env("out", &out).output().unwrap()
    };
    let output = run(&format!("{HOOKS}\n{}", script.as_str().unwrap()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let names = |dir: &Path| -> BTreeSet<_> {
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    std::fs::create_dir(dir.path().join("man")).unwrap();
    assert!(run("$out/bin/invited man ../man").status.success());
    let pages = names(&dir.path().join("man"));
    assert!(pages.len() > 10 && pages.contains("invited-key-create.1"), "{pages:?}");
    assert_eq!(names(&out.join("share/man/man1")), pages);
    assert_eq!(names(&out.join("completions")).len(), 3);
    assert_eq!(names(&out.join("lib/systemd/system")).len(), 2);
    let unit = std::fs::read_to_string(out.join("lib/systemd/system/invited.service")).unwrap();
    assert!(unit.contains(&format!("ExecStart={}/bin/invited serve", out.display())), "{unit}");
}

#[test]
fn nothing_happens_unless_enabled() {
    if !has_nix("nothing_happens_unless_enabled") {
        return;
    }
    let module = "{ services.invited = { prosody.enable = true; nginx.virtualHost = \"x\"; openFirewall = true; }; }";
    assert_eq!(System::of(module).0, json!({ "assertions": [], "warnings": [] }));
}

/// The module's options below `services.invited`.
fn options() -> Vec<Value> {
    let docs = evaluate("nixos.docs").unwrap();
    let ours = |option: &&Value| option["name"].as_str().unwrap().starts_with("services.invited.");
    docs.as_array().unwrap().iter().filter(ours).cloned().collect()
}

#[test]
fn every_option_is_documented() {
    if !has_nix("every_option_is_documented") {
        return;
    }
    let options = options();
    assert!(options.len() >= 14, "{options:?}");
    for option in options {
        let description = option["description"].as_str().unwrap().trim_end();
        assert!(description.len() > 10 && description.ends_with('.'), "{option}");
    }
}

#[test]
fn declared_settings_are_the_programs_own() {
    if !has_nix("declared_settings_are_the_programs_own") {
        return;
    }
    let schema = invited::config::schema();
    let known: BTreeSet<_> = schema_keys().into_iter().map(|(name, _)| name).collect();
    let mut declared = 0;
    for option in options() {
        let Some(name) = option["name"].as_str().unwrap().strip_prefix("services.invited.settings.") else { continue };
        declared += 1;
        let table = |key: &String| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
        assert!(known.contains(name) || known.iter().any(table), "{name} is no setting");
    }
    assert_eq!(declared, 4);
    let kinds: Vec<_> =
        schema["$defs"]["BackendKind"]["oneOf"].as_array().unwrap().iter().map(|kind| &kind["const"]).collect();
    let kind =
        options().into_iter().find(|option| option["name"].as_str().unwrap().ends_with(".backend.kind")).unwrap();
    assert_eq!(kind["type"], format!("null or one of {}", serde_json::to_string(&kinds).unwrap()));
}

/// The lists of `nix/secrets.nix` are complete: what has a twin `x_file` is a secret, and what is called `…_file` a file.
#[test]
fn secret_settings_are_known() {
    if !has_nix("secret_settings_are_known") {
        return;
    }
    let keys: BTreeSet<_> = schema_keys().into_iter().map(|(name, _)| name).collect();
    let lists = evaluate(&format!("import {ROOT}/nix/secrets.nix")).unwrap();
    let set = |names: &[&str]| -> BTreeSet<String> {
        let all = names.iter().flat_map(|name| lists[name].as_array().unwrap());
        all.map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let files: BTreeSet<_> = keys.iter().filter(|key| key.ends_with("_file")).cloned().collect();
    assert_eq!(set(&["files", "public"]), files);
    // A public key is none, the ledger's URL only where it has a password, and a webhook's where its admin says so.
    let open = ["keys.*.public_key", "ledger.url", "webhooks[].url"];
    let twins = files.iter().filter_map(|file| file.strip_suffix("_file"));
    let secrets: BTreeSet<_> = twins.filter(|x| keys.contains(*x) && !open.contains(x)).map(String::from).collect();
    assert_eq!(set(&["inline"]), secrets);
}
