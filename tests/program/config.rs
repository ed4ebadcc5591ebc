//! Configuration: sources and their order, faults told all at once, the example and the page of settings held against the schema.

use crate::common;
use crate::common::schema;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use common::docs::{hold, page};
use common::{CONFIG, KEY, Scratch};
use invited::config::DescribedSetting;
use schema::schema_keys;

const EXAMPLE: &str = include_str!("../../config.example.toml");

/// The example with every commented line in force.
fn whole_example() -> String {
    let is_setting = |line: &&str| line.starts_with('#') && !line.starts_with("# ") && *line != "#";
    EXAMPLE.lines().map(|line| if is_setting(&line) { &line[1..] } else { line }).collect::<Vec<_>>().join("\n")
}

fn has(table: &toml::Value, path: &[&str]) -> bool {
    let Some((first, rest)) = path.split_first() else { return true };
    match (table, *first) {
        (toml::Value::Table(table), "*") => table.values().any(|value| has(value, rest)),
        (toml::Value::Table(table), name) => {
            let (name, list) = name.strip_suffix("[]").map_or((name, false), |name| (name, true));
            match table.get(name) {
                Some(toml::Value::Array(items)) if list => items.iter().any(|item| has(item, rest)),
                Some(value) => has(value, rest),
                None => false,
            }
        }
        _ => false,
    }
}

#[test]
fn the_example_is_valid_as_it_stands() {
    let scratch = Scratch::new(EXAMPLE);
    assert_eq!(scratch.ok(&["check"]), "valid: 1 host, 1 key\n");
}

#[test]
fn the_example_shows_every_setting_and_no_other() {
    let example: toml::Value = whole_example().parse::<toml::Table>().unwrap().into();
    let missing: Vec<_> = schema_keys()
        .into_iter()
        .map(|(key, _)| key)
        .filter(|key| !has(&example, &key.split('.').collect::<Vec<_>>()))
        .collect();
    assert_eq!(missing, Vec::<String>::new(), "add these to config.example.toml");

    // With all of it in force, only what excludes each other is wrong: every value is one that may stand there.
    let scratch = Scratch::new(&whole_example());
    let output = scratch.run(&["check"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    let faults: Vec<_> = stderr.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    let paths: BTreeSet<_> = faults.iter().map(|fault| fault.split([' ', ':']).next().unwrap()).collect();
    let excluding = [
        "component.secret_file",
        "hosts.\"example.com\".backend.password_file",
        "hosts.\"example.com\".backend.token_file",
        "keys.ci.public_key",
        "keys.website.sha256",
        "ledger.url_file",
        "mail.password_file",
        "webhooks.0.secret_file",
        "webhooks.0.url_file",
    ];
    assert_eq!(paths, BTreeSet::from(excluding), "{stderr}");
    assert!(faults.iter().all(|fault| fault.contains("exclude each other")), "{stderr}");
}

#[test]
fn the_example_shows_the_defaults() {
    let example: toml::Table = whole_example().parse().unwrap();
    let example = serde_json::to_value(example).unwrap();
    let defaults = invited::config::defaults();
    for section in ["http", "ledger", "invites"] {
        for (name, default) in defaults[section].as_object().unwrap() {
            assert_eq!(&example[section][name], default, "{section}.{name}");
        }
    }
    for name in ["listen", "trusted_proxies", "forwarded", "cors_origins"] {
        assert_eq!(example[name], defaults[name], "{name}");
    }
}

#[test]
fn the_page_of_settings_has_them_all() {
    let mut table = String::from("## All settings\n\n| setting | default | |\n|---|---|---|\n");
    for DescribedSetting { name, default, text } in invited::config::reference() {
        let default = default.map(|value| format!("`{value}`")).unwrap_or_default();
        let _ = writeln!(table, "| `{name}` | {default} | {} |", text.replace('|', "\\|"));
    }
    let (above, _) = page("docs/settings.md").split_once("## All settings\n").unwrap();
    hold("docs/settings.md", &format!("{above}{table}"));
}

#[test]
fn all_faults_are_told_at_once_with_value_origin_and_what_is_allowed() {
    let scratch = Scratch::new(
        r#"
public_url = "nope"
colour = "red"
idle_exit = 5
[http]
max_connections = "many"
max_boddy = "1KiB"
[ledger]
url = "postgres://user:s3/cret@host/db"
[hosts."exa mple"]
[hosts."example.com".backend]
kind = "foo"
password = "s3cret"
password_file = "x"
[keys.a]
sha256 = "abc"
[keys.b]
secret_file = "/nonexistent"
hosts = ["other.example"]
allow = ["create", "destroy"]
[keys.c]
"#,
    );
    let output = scratch.command().env("INVITED_HTTP__IDLE_TIMEOUT", "forever").arg("check").output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let file = scratch.config().display().to_string();
    let expected = r#"invited: the configuration is not valid:
  colour (F): unknown key; known here: public_url, listen, state_dir, trusted_proxies, forwarded, cors_origins, idle_exit, http, tls, ledger, invites, metrics, hosts, keys, component, manage, webhooks, mail, apps
  hosts."exa mple" = {} (F): expected a domain such as "example.com" as the table's name
  hosts."example.com".backend.kind = "foo" (F): expected one of ledger, prosody, ejabberd, xmpp
  hosts."example.com".backend.password_file = "x" (F): `password` and `password_file` exclude each other; remove one
  http.idle_timeout = "forever" ($INVITED_HTTP__IDLE_TIMEOUT): expected a duration such as "90s", "10m" or "7d"
  http.max_boddy (F): unknown key; known here: max_connections, max_body, header_timeout, body_timeout, idle_timeout, drain_timeout, proxy_protocol, auth_failures, paths
  http.max_connections = "many" (F): expected a whole number from 0 to 4294967295
  idle_exit = 5 (F): expected a duration such as "90s", "10m" or "7d"
  keys.a.sha256 (F): expected the 64 hexadecimal digits of a SHA-256 digest
  keys.b.allow.1 = "destroy" (F): expected one of create, contact, reset, roles, read, revoke, redeem, register, mail
  keys.b.hosts = ["other.example"] (F): other.example is not declared under [hosts]
  keys.b.secret_file = "/nonexistent" (F): cannot read /nonexistent (No such file or directory (os error 2))
  keys.c = {} (F): needs one of sha256, secret_file, public_key, public_key_file, jwks_file
  ledger.url = "postgres://…" (F): write @ as %40, / as %2F and ? as %3F in the user's name and the password
  public_url = "nope" (F): expected a URL such as "https://invite.example.com/"
"#;
    assert_eq!(stderr.replace(&file, "F"), expected);
    assert_eq!(output.status.code(), Some(2));
    assert!(!stderr.contains("s3cret") && !stderr.contains("cret@"));
}

#[test]
fn what_is_missing_hides_nothing_that_is_wrong_beside_it() {
    let scratch = Scratch::new(&format!(
        "{CONFIG}[mail]\nsmtp = \"http://x\"\n[tls]\nprivate_key_file = \"a/b\"\n[component]\njid = \"x y\"\nsecret = \
         \"a\"\nsecret_file = \"b\"\n[hosts.\"b.example\".user_invites]\nper_user = \"5\"\n"
    ));
    let output = scratch.run(&["check"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    let told: Vec<_> = stderr.lines().skip(1).map(|line| line.split(';').next().unwrap()).collect();
    let component = "  component = { jid = \"x y\", secret = \"…\", secret_file = \"b\" } (F): needs";
    let [host, server] = ["host", "server"].map(|name| format!("{component} `{name}`"));
    let expected = [
        host.as_str(),
        server.as_str(),
        "  component.jid = \"x y\" (F): expected a domain such as \"invites.example.com\"",
        "  component.secret_file = \"b\" (F): `secret` and `secret_file` exclude each other",
        "  hosts.\"b.example\".user_invites.per_user = \"5\" (F): expected a rate such as \"60/h\" or \"5/30d\" (s, m, h or d)",
        "  mail = { smtp = \"http://x\" } (F): needs `from`",
        "  mail.smtp = \"http://x\" (F): expected \"smtps://USER@HOST\" (TLS from the first byte, port 465), or \
         \"smtp://USER@HOST\" (STARTTLS, which is required",
        "  tls = { private_key_file = \"a/b\" } (F): needs `certificate_file`",
        "  tls.private_key_file = \"a/b\" (F): expected a credential's name or an absolute path",
    ];
    assert_eq!(told.join("\n").replace(&scratch.config().display().to_string(), "F"), expected.join("\n"));
}

#[test]
fn an_address_that_is_there_twice_is_told() {
    let twice = |listen: &str, metrics: &str| {
        let scratch = Scratch::new(&format!(
            "public_url = \"https://invite.example.com/\"\nlisten = {listen}\n[metrics]\nlisten = {metrics}\n\
             [hosts.\"example.com\"]\n"
        ));
        let output = scratch.run(&["check"]);
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap().replace(&scratch.config().display().to_string(), "F"),
        )
    };
    let fault = |line: &str| (Some(2), format!("invited: the configuration is not valid:\n  {line}\n"));
    assert_eq!(twice(r#"["127.0.0.1:0", "127.0.0.1:0", "[::1]:80", "127.0.0.1:80"]"#, r#"["127.0.0.1:0"]"#).0, Some(0));
    assert_eq!(
        twice(r#"["unix:/run/a.sock", "unix:/run/a.sock"]"#, "[]"),
        fault(
            r#"listen = ["unix:/run/a.sock", "unix:/run/a.sock"] (F): unix:/run/a.sock is there twice, and can be listened on once"#
        )
    );
    assert_eq!(
        twice(r#"["127.0.0.1:80"]"#, r#"["127.0.0.1:80"]"#),
        fault(r#"metrics.listen = ["127.0.0.1:80"] (F): 127.0.0.1:80 is there twice, and can be listened on once"#)
    );
}

/// What is wrong before it in the list changes nothing about its number, its value and who set it.
#[test]
fn each_one_of_a_list_that_is_wrong_is_told_by_the_number_that_it_has_in_the_file() {
    let scratch = Scratch::new(
        r#"
public_url = "https://invite.example.com/"
listen = ["80", "127.0.0.1:0", "*:80", "[::1]"]
trusted_proxies = ["x", "::1", "10.0.0.1/33"]
webhooks = [5, {}, { name = "a", url = "ftp://a/", secret = "b", events = ["x", "invite.created", "y"], hosts = ["c"] }]
[hosts."example.com"]
[keys.a]
sha256 = "abc"
hosts = ["other.example"]
methods = ["PUT", "GET", "DELETE"]
max_uses = 0
[keys.b]
max_uses = 0
[[apps.custom]]
id = "a"
[[apps.custom]]
name = "b"
"#,
    );
    let stderr = String::from_utf8(scratch.run(&["check"]).stderr).unwrap();
    let expected = r#"invited: the configuration is not valid:
  apps.custom.0 = { id = "a" } (F): needs `name`
  apps.custom.1 = { name = "b" } (F): needs `id`
  keys.a.hosts = ["other.example"] (F): other.example is not declared under [hosts]
  keys.a.max_uses = 0 (F): expected at least 1
  keys.a.methods.0 = "PUT" (F): expected one of GET, POST
  keys.a.methods.2 = "DELETE" (F): expected one of GET, POST
  keys.a.sha256 (F): expected the 64 hexadecimal digits of a SHA-256 digest
  keys.b = { max_uses = 0 } (F): needs one of sha256, secret_file, public_key, public_key_file, jwks_file
  keys.b.max_uses = 0 (F): expected at least 1
  listen.0 = "80" (F): expected "host:port", "[v6]:port" or "unix:/path"
  listen.2 = "*:80" (F): expected "host:port", "[v6]:port" or "unix:/path"
  listen.3 = "[::1]" (F): expected "host:port", "[v6]:port" or "unix:/path"
  trusted_proxies.0 = "x" (F): expected an address or a CIDR such as "10.0.0.0/8"
  trusted_proxies.2 = "10.0.0.1/33" (F): expected an address or a CIDR such as "10.0.0.0/8"
  webhooks.0 = 5 (F): expected a table
  webhooks.1 = {} (F): needs `name`
  webhooks.1 = {} (F): needs `secret` or `secret_file`, which its receiver has, too
  webhooks.1 = {} (F): needs `url`, or `url_file`
  webhooks.2.events.0 = "x" (F): expected one of EVENTS
  webhooks.2.events.2 = "y" (F): expected one of EVENTS
  webhooks.2.hosts = ["c"] (F): "c" is not declared under [hosts]
  webhooks.2.secret (F): expected "whsec_" and 24 to 64 bytes in base64, as this prints: echo "whsec_$(openssl rand -base64 32)"
  webhooks.2.url = "ftp://…" (F): expected a URL such as "https://example.com/hook"
"#;
    let events =
        "invite.created, invite.redeemed, invite.revoked, invite.expired, key.created, key.deleted, invites.open";
    assert_eq!(stderr.replace(&scratch.config().display().to_string(), "F").replace(events, "EVENTS"), expected);
}

#[test]
fn what_names_no_place_is_refused() {
    let scratch = Scratch::new("");
    let backend = "[hosts.\"example.com\".backend]\nkind = ";
    for (text, fault) in [
        ("ledger.key_file = \"\"".to_owned(), "ledger.key_file = \"\" (F): expected a file, such as \"ledger.key\""),
        ("ledger.key_file = \"..\"".to_owned(), "ledger.key_file = \"..\" (F): expected a file"),
        (
            format!("{backend}\"xmpp\"\njid = \"a\"\npassword = \"b\"\naddress = \"localhost\""),
            "backend.address = \"localhost\" (F): expected \"host:port\", such as \"127.0.0.1:5222\"",
        ),
        (
            format!("{backend}\"prosody\"\nsocket = \"prosody.sock\""),
            "backend.socket = \"prosody.sock\" (F): expected an absolute path",
        ),
        ("idle_exit =".to_owned(), "F: line 2, column 12: expected a value"),
    ] {
        scratch.configure(&format!("public_url = \"https://invite.example.com/\"\n{text}"));
        let output = scratch.run(&["check"]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(stderr.replace(&scratch.config().display().to_string(), "F").contains(fault), "{stderr}");
    }
}

/// By no name of a type in the program.
#[test]
fn what_stands_where_a_table_belongs_is_told_that_it_is_none() {
    let keys = schema_keys();
    let parts = |key: &str| key.split('.').map(String::from).collect::<Vec<_>>();
    let mut tables = BTreeSet::new();
    for parts in keys.iter().filter(|(key, _)| !key.contains("[]")).map(|(key, _)| parts(key)) {
        // Below a table of tables each has a name of the admin's.
        let ends = (1..parts.len()).filter(|end| parts[*end] != "*");
        tables.extend(ends.map(|end| parts[..end].join(".").replace('*', "a")));
    }
    assert!(
        ["http.paths", "tls", "hosts.a.backend", "keys.a"].iter().all(|table| tables.contains(*table)),
        "{tables:?}"
    );
    let scratch = Scratch::new("");
    for table in tables {
        scratch.configure(&format!("{table} = 5\n"));
        let output = scratch.run(&["check"]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        let expected = format!("{table} = 5 ({}): expected a table\n", scratch.config().display());
        assert_eq!(output.status.code(), Some(2), "{table}");
        // A password's own value is not shown.
        assert!(stderr.replace(".password = \"…\"", ".password = 5").contains(&expected), "{stderr}");
    }
}

/// By a word that an admin knows: no name of a type, and none of what reads TOML.
#[test]
fn what_is_of_another_type_is_told_what_is_allowed() {
    let scratch = Scratch::new("");
    let keys: Vec<_> = schema_keys().into_iter().map(|(key, _)| key.replace('*', "a")).collect();
    let of = |list: &str, value: &str| {
        let names = keys.iter().filter_map(|key| key.strip_prefix(list)).filter(|name| !name.contains('.'));
        names.map(|name| format!("{name} = {value}")).collect::<Vec<_>>().join(", ")
    };
    let mut told = 0;
    for value in ["5", "true", "1.5", "[[]]", "{ x = 1 }", "2027-01-01T00:00:00Z", "07:32:00"] {
        let mut config = String::new();
        for key in keys.iter().filter(|key| !key.contains("[]")) {
            let _ = writeln!(config, "{key} = {value}");
        }
        let (app, download) = (of("apps.custom[].", value), of("apps.custom[].download[].", value));
        scratch.configure(&format!("{config}apps.custom = [{{ {app}, download = [{{ {download} }}] }}]\n"));
        let output = scratch.run(&["check"]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        for fault in stderr.lines().skip(1) {
            let (_, reason) = fault.rsplit_once("): ").unwrap_or_else(|| panic!("{fault}"));
            let begins = |words: &str| reason.starts_with(words);
            assert!(begins("expected ") || begins("needs ") || begins("unknown key; ") || begins("is "), "{fault}");
            for word in ["toml_private", " a string", "sequence", "path string", "map", "u32", "u64"] {
                assert!(!reason.contains(word), "{fault}");
            }
            told += 1;
        }
    }
    assert!(told > 6 * keys.len(), "{told} of {}", keys.len());
    scratch
        .configure("[http]\nmax_body = 65536\nidle_timeout = 60\nauth_failures = 30\nmax_connections = 2027-01-01\n");
    let stderr = String::from_utf8(scratch.run(&["check"]).stderr).unwrap();
    for told in [
        "http.max_body = 65536 (F): expected a size such as \"64KiB\"",
        "http.idle_timeout = 60 (F): expected a duration such as \"90s\", \"10m\" or \"7d\"",
        "http.auth_failures = 30 (F): expected a rate such as \"60/h\" or \"5/30d\" (s, m, h or d)",
        "http.max_connections = 2027-01-01 (F): expected a whole number from 0 to 4294967295",
    ] {
        assert!(stderr.replace(&scratch.config().display().to_string(), "F").contains(told), "{stderr}");
    }
}

#[test]
fn a_date_of_toml_is_a_point_in_time_where_one_is_wanted() {
    let scratch = Scratch::new(&format!("{CONFIG}expires = 2027-01-01 00:00:00Z\n"));
    assert_eq!(scratch.ok(&["check"]), "valid: 1 host, 1 key\n");
    let text = scratch.ok(&["config", "show"]);
    assert!(shown(&text, "keys.site.expires").starts_with("keys.site.expires = \"2027-01-01T00:00:00Z\" # "), "{text}");
    let list = scratch.ok(&["key", "list"]);
    assert!(list.contains("\t2027-01-01T00:00:00Z\t"), "{list}");
    // A day has no hour, so that nobody would know when it is.
    scratch.configure(&format!("{CONFIG}expires = 2027-01-01\n"));
    let stderr = String::from_utf8(scratch.run(&["check"]).stderr).unwrap();
    assert!(stderr.contains("keys.site.expires = \"2027-01-01\" ("), "{stderr}");
    assert!(stderr.contains("): expected a time such as \"2027-01-01T00:00:00Z\""), "{stderr}");
    // A secret is not shown, whatever it looks like.
    scratch.configure(&format!("{CONFIG}[hosts.\"e.example\".backend]\npassword = 2027-01-01\n"));
    let stderr = String::from_utf8(scratch.run(&["check"]).stderr).unwrap();
    assert!(stderr.contains("backend.password (") && stderr.contains("): expected text in quotes"), "{stderr}");
    assert!(!stderr.contains("2027"), "{stderr}");
}

/// Whichever setting of a server stands there alone.
#[test]
fn backend_that_is_set_in_part_is_refused() {
    let example: toml::Table = whole_example().parse().unwrap();
    let backend = example["hosts"]["example.com"]["backend"].as_table().unwrap();
    let scratch = Scratch::new("");
    let mut tried = 0;
    for (name, value) in backend.iter().filter(|(name, _)| *name != "kind") {
        let part = format!("{CONFIG}[hosts.\"example.com\".backend]\n{name} = {value}\n");
        scratch.configure(&part);
        let output = scratch.run(&["check"]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        let expected = format!(
            "hosts.\"example.com\".backend.kind: is needed beside `{name}`; expected one of ledger, prosody, ejabberd, xmpp"
        );
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(stderr.contains(&expected), "{stderr}");
        // None may be meant.
        scratch.configure(&format!("{part}kind = \"ledger\"\n"));
        assert!(scratch.run(&["check"]).status.success(), "{name}");
        tried += 1;
    }
    let known = schema_keys().into_iter().filter(|(key, _)| key.starts_with("hosts.*.backend.")).count();
    assert_eq!(tried, known - 1);
}

#[test]
fn broken_and_missing_files_are_told_with_the_rest() {
    let scratch = Scratch::new("x = [");
    let output = scratch.run(&["--config", "/nonexistent.toml", "check"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.contains("/nonexistent.toml: cannot be read (No such file or directory (os error 2))"), "{stderr}");
    assert!(stderr.contains("config.toml: line 1, column 6: invalid array, expected `]`"), "{stderr}");
    assert_eq!(stderr.lines().count(), 3, "nothing else is said of what may stand there: {stderr}");
    assert_eq!(scratch.run(&["config", "show"]).status.code(), Some(2));
}

/// The lines of `config show` about `key`.
fn shown(text: &str, key: &str) -> String {
    let line = text.lines().find(|line| line.starts_with(&format!("{key} = "))).unwrap_or_else(|| panic!("{text}"));
    line.split("  #").map(str::trim).collect::<Vec<_>>().join(" # ")
}

#[test]
fn later_sources_win_and_config_show_says_which() {
    let scratch = Scratch::new("public_url = \"https://a.example/\"\n[invites]\nttl = \"1d\"\nmax_ttl = \"2d\"\n");
    let more = scratch.path().join("conf.d");
    std::fs::create_dir(&more).unwrap();
    std::fs::write(more.join("20.toml"), "[invites]\nmax_ttl = \"4d\"\n").unwrap();
    std::fs::write(more.join("10.toml"), "[invites]\nmax_ttl = \"3d\"\nlanding = \"https://x/{token}\"\n").unwrap();
    std::fs::write(more.join("30.txt"), "this is not read").unwrap();
    let mut command = scratch.command();
    command.arg("--config").arg(&more).env("INVITED_LEDGER__RETENTION", "30d").env("INVITED_INVITES__TTL", "5h");
    let text = String::from_utf8(command.args(["config", "show"]).output().unwrap().stdout).unwrap();
    let text = text.replace(scratch.path().to_str().unwrap(), "DIR");
    assert_eq!(shown(&text, "public_url"), "public_url = \"https://a.example/\" # DIR/config.toml");
    assert_eq!(shown(&text, "invites.max_ttl"), "invites.max_ttl = \"4d\" # DIR/conf.d/20.toml");
    assert_eq!(shown(&text, "invites.landing"), "invites.landing = \"https://x/{token}\" # DIR/conf.d/10.toml");
    assert_eq!(shown(&text, "invites.ttl"), "invites.ttl = \"5h\" # $INVITED_INVITES__TTL");
    assert_eq!(shown(&text, "ledger.retention"), "ledger.retention = \"30d\" # $INVITED_LEDGER__RETENTION");
    assert_eq!(shown(&text, "state_dir"), "state_dir = \"DIR/state\" # command line");
    assert_eq!(shown(&text, "http.max_connections"), "http.max_connections = 1024 # default");
}

#[test]
fn every_file_that_is_named_is_read_wherever_it_is_named() {
    let scratch = Scratch::new("");
    let [a, b, c] = ["a", "b", "c"].map(|name| {
        let file = scratch.path().join(name);
        std::fs::write(
            &file,
            format!("[hosts.\"{name}.example\"]\nsite_name = \"{name}\"\n[mail]\nfrom = \"{name}\"\n"),
        )
        .unwrap();
        file.display().to_string()
    });
    let text = scratch.ok(&["--config", &a, "config", "--config", &b, "show", "--config", &c]);
    for (name, file) in [("a", &a), ("b", &b), ("c", &c)] {
        let key = format!("hosts.\"{name}.example\".site_name");
        assert_eq!(shown(&text, &key), format!("{key} = \"{name}\" # {file}"));
    }
    assert_eq!(shown(&text, "mail.from"), format!("mail.from = \"c\" # {c}"), "the last one wins");
    let help = scratch.ok(&["config", "show", "--help"]);
    assert_eq!(help.matches("--config <PATH>").count(), 1, "{help}");
}

#[test]
fn a_state_directory_that_is_typed_is_where_it_is_typed() {
    let scratch = Scratch::new(CONFIG);
    let binary = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_invited"));
        command.current_dir(scratch.path()).args(["--config", "config.toml"]);
        command
    };
    let output = binary().args(["--state-dir", "./kept", "key", "create", "--id", "mine"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(scratch.path().join("kept/keys/mine.toml").is_file());
    let text = binary().args(["--state-dir", "kept", "config", "show"]).output().unwrap().stdout;
    let expected = format!("state_dir = \"{}\" # command line", scratch.path().join("kept").display());
    assert_eq!(shown(&String::from_utf8(text).unwrap(), "state_dir"), expected);
    // Of a file and of a variable nobody knows where it was written.
    let output = binary().env("INVITED_STATE_DIR", "kept").args(["key", "list"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("state_dir = \"kept\" ($INVITED_STATE_DIR): expected an absolute path"), "{told}");
}

#[test]
fn config_show_names_the_state_directory_that_nobody_set() {
    let scratch = Scratch::new(CONFIG);
    for (passed, line) in [
        (None, "state_dir = \"/var/lib/invited\" # default"),
        (Some("/run/a:/run/b"), "state_dir = \"/run/a\" # $STATE_DIRECTORY"),
    ] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_invited"));
        command.arg("--config").arg(scratch.config()).env_remove("STATE_DIRECTORY").args(["config", "show"]);
        let text = String::from_utf8(command.envs(passed.map(|dir| ("STATE_DIRECTORY", dir))).output().unwrap().stdout);
        let text = text.unwrap();
        assert_eq!(shown(&text, "state_dir"), line, "{text}");
        let names: Vec<_> = text.lines().map(|line| line.split([' ', '.']).next().unwrap()).collect();
        assert!(names.is_sorted(), "{names:?}");
    }
}

/// As editors and mounted volumes leave them.
#[test]
fn hidden_files_of_a_directory_are_not_read() {
    let scratch = Scratch::new("");
    let dir = scratch.path().join("conf.d");
    std::fs::create_dir_all(dir.join(".2026.toml")).unwrap();
    std::fs::write(dir.join("50-site.toml"), CONFIG).unwrap();
    std::os::unix::fs::symlink("root@host.1:2", dir.join(".#50-site.toml")).unwrap();
    std::fs::write(dir.join(".50-site.toml"), "[hosts.\"hidden.example\"]\n").unwrap();
    std::fs::write(dir.join(".toml"), "x = [").unwrap();
    let dir = dir.to_str().unwrap();
    let output = scratch.run(&["--config", dir, "check"]);
    assert_eq!(common::beside_no_accounts(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "valid: 1 host, 1 key\n");
    // Who names one means it.
    let text = scratch.ok(&["--config", &format!("{dir}/.50-site.toml"), "config", "show"]);
    assert!(text.contains("hosts.\"hidden.example\" = {}"), "{text}");
}

#[test]
fn secret_files_work_as_people_write_them_or_are_refused() {
    let scratch = Scratch::new("");
    let file = scratch.path().join("secret");
    let config = |file: &std::path::Path| format!("{CONFIG}[keys.web]\nsecret_file = {file:?}\n");
    let [whole, other] = ["web", "other"].map(|id| scratch.ok(&["key", "create", "--id", id, "--declare"]));
    scratch.configure(&config(&file));
    let secret = whole.trim_end().strip_prefix("web/").unwrap();
    std::fs::write(&file, secret).unwrap();
    let served = scratch.serve();
    for text in [whole.clone(), format!("\u{feff}{secret}\r\n"), format!("  {secret} \n\n"), format!("\u{feff}{whole}")]
    {
        std::fs::write(&file, &text).unwrap();
        assert_eq!(common::beside_no_accounts(&scratch.run(&["check"]).stderr), "", "{text:?}");
        let seen = served.log_length();
        served.signal("HUP");
        served.wait_log_after(seen, "event=reload.done");
        assert_eq!(served.client().invite(whole.trim_end()).status, 201, "{text:?}");
    }
    let large = vec![b'a'; (1 << 20) + 1];
    for (bytes, told) in [
        (other.as_bytes(), "holds a whole key by another id; expected SECRET or web/SECRET"),
        (b"site/x", "holds a whole key by another id; expected SECRET or web/SECRET"),
        (b"web/\n", "holds nothing behind web/; expected SECRET or web/SECRET"),
        (b"\n \n", " is empty"),
        (b"a secret\nand a remark", " has more than one line; expected one, with the secret and nothing else"),
        (b"a\0s\0e\0c\0", " is no text; expected UTF-8 without NUL bytes"),
        (&large, " is larger than 1024 KiB"),
    ] {
        std::fs::write(&file, bytes).unwrap();
        let output = scratch.run(&["check"]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("keys.web.secret_file = ") && stderr.contains(told), "{stderr}");
        assert!(!stderr.contains("a secret") && !stderr.contains("aaaa") && !stderr.contains(&other[6..]), "{stderr}");
    }
    std::fs::write(&file, "hunter2").unwrap();
    assert_eq!(
        common::beside_no_accounts(&scratch.run(&["check"]).stderr),
        "note: keys.web.secret_file: a secret of fewer than 16 characters can be guessed; `invited key create --declare` \
         creates one that cannot\n"
    );
}

/// What it notes of a ledger in PostgreSQL.
const UNTRIED: &str = "note: the ledger in PostgreSQL was not tried; invited check --connect does\n";

/// What `check` notes about a configuration that is valid.
fn notes(scratch: &Scratch) -> String {
    let output = scratch.run(&["check"]);
    let stderr = common::beside_no_accounts(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    stderr
}

#[test]
fn secrets_in_a_file_that_others_read_are_noted() {
    use std::os::unix::fs::PermissionsExt as _;
    let set_mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let scratch = Scratch::new(&format!(
        "{CONFIG}[hosts.\"example.com\".password]\nmin_length = 10\n[component]\njid = \"i.example.com\"\nserver = \
         \"127.0.0.1:5347\"\nhost = \"example.com\"\nsecret = \"hunter2\"\n[hosts.\"example.com\".backend]\nkind = \
         \"ejabberd\"\nurl = \"http://127.0.0.1:5280/api\"\nuser = \"a@example.com\"\npassword = \"hunter2\"\n[ledger]\nurl = \
         \"postgres://u:hunter2@127.0.0.1/i\"\n"
    ));
    set_mode(&scratch.config(), 0o644);
    // Nobody else gets there.
    set_mode(scratch.path(), 0o700);
    assert_eq!(notes(&scratch), UNTRIED);
    set_mode(scratch.path(), 0o711);
    let file = scratch.config().display().to_string();
    let noted = notes(&scratch);
    for setting in ["component.secret", "hosts.\"example.com\".backend.password", "ledger.url"] {
        let note = format!(
            "note: {setting} stands in {file}, which others on this machine can read; use {setting}_file, or chmod 0640 {file}\n"
        );
        assert!(noted.contains(&note), "{noted}");
    }
    assert!(noted.lines().count() == 4 && noted.ends_with(UNTRIED), "{noted}");
    assert!(!noted.contains("hunter2"), "{noted}");
    // The service says so, too.
    let config = std::fs::read_to_string(scratch.config()).unwrap();
    scratch.configure(config.split("[ledger]").next().unwrap());
    let served = scratch.serve();
    served.wait_log("component.secret stands in ");
    assert!(!served.log().contains("hunter2"));
    // A group that is ours is nobody else; one that is not is.
    set_mode(&scratch.config(), 0o640);
    assert_eq!(notes(&scratch), "");
    if std::os::unix::fs::chown(scratch.config(), None, Some(54_321)).is_ok() {
        set_mode(scratch.path(), 0o700);
        assert_eq!(notes(&scratch), "", "its members do not get there");
        set_mode(scratch.path(), 0o755);
        assert!(notes(&scratch).contains("backend.password stands in "));
    }
    // What has no secret may be read, and a variable is in no file.
    scratch.configure(CONFIG);
    set_mode(&scratch.config(), 0o644);
    let (_, _, stderr) =
        with_variables(&scratch, &[("INVITED_LEDGER__URL", "postgres://u:hunter2@127.0.0.1/i")], &["check"]);
    assert_eq!(common::beside_no_accounts(stderr.as_bytes()), UNTRIED);
}

#[test]
fn what_trusts_too_much_is_noted() {
    let backend =
        "[hosts.\"e.example\".backend]\nkind = \"ejabberd\"\nuser = \"a@e.example\"\npassword_file = \"x\"\nurl = ";
    let unchecked = "note: hosts.\"e.example\".backend.password_file is not checked";
    let scratch = Scratch::new("");
    for (config, noted) in [
        (
            format!("trusted_proxies = [\"0.0.0.0/0\"]\n{CONFIG}"),
            Some("note: trusted_proxies: in 0.0.0.0/0 anybody may claim "),
        ),
        (format!("trusted_proxies = [\"::/0\"]\n{CONFIG}"), Some("note: trusted_proxies: in ::/0 anybody may claim ")),
        (format!("trusted_proxies = [\"10.0.0.0/8\"]\n{CONFIG}"), None),
        (
            format!("{CONFIG}{backend}\"http://ejabberd:5280/api\"\n"),
            Some("note: hosts.\"e.example\".backend.url: plain http to another machine shows "),
        ),
        (format!("{CONFIG}{backend}\"http://10.0.0.1:5280/api\"\n"), Some("plain http to another machine shows ")),
        (format!("{CONFIG}{backend}\"https://10.0.0.1:5280/api\"\n"), None),
        (format!("{CONFIG}{backend}\"http://localhost/api\"\n"), None),
        (format!("{CONFIG}{backend}\"http://[::1]:5280/api\"\n"), None),
        (format!("{CONFIG}{backend}\"http://127.0.0.1:5280/api\"\n"), None),
    ] {
        scratch.configure(&config);
        let notes = notes(&scratch);
        let notes: Vec<_> = notes.lines().filter(|note| !note.starts_with(unchecked)).collect();
        match noted {
            Some(told) => assert!(notes.len() == 1 && notes[0].contains(told), "{config}: {notes:?}"),
            None => assert_eq!(notes, Vec::<&str>::new(), "{config}"),
        }
    }
}

#[test]
fn what_is_of_another_kind_of_backend_is_noted() {
    let unused = |notes: &str| -> Vec<String> {
        let of = notes.lines().filter_map(|note| note.strip_prefix("note: hosts.\"e.example\".backend."));
        of.filter(|note| note.contains("is not used")).map(ToOwned::to_owned).collect()
    };
    for (backend, expected) in [
        ("kind = \"prosody\"\nsocket = \"/x\"", vec![]),
        (
            "kind = \"prosody\"\nsocket = \"/x\"\nurl = \"http://localhost/api\"\ntls = \"off\"",
            vec!["tls: is not used with kind = \"prosody\"", "url: is not used with kind = \"prosody\""],
        ),
        ("kind = \"ledger\"\nsocket = \"/x\"", vec!["socket: is not used with kind = \"ledger\""]),
        (
            "kind = \"ejabberd\"\nurl = \"http://localhost/api\"\nuser = \"a@e.example\"\npassword = \"hunter2\"\njid = \"a@e.example\"",
            vec!["jid: is not used with kind = \"ejabberd\""],
        ),
        (
            "kind = \"xmpp\"\njid = \"a@e.example\"\npassword = \"hunter2\"\naddress = \"127.0.0.1:5222\"\ntls = \"off\"",
            vec![],
        ),
    ] {
        let scratch = Scratch::new(&format!("{CONFIG}[hosts.\"e.example\".backend]\n{backend}\n"));
        assert_eq!(unused(&notes(&scratch)), expected, "{backend}");
    }
}

#[test]
fn a_service_that_nobody_could_reach_does_not_start() {
    let scratch = Scratch::new(&CONFIG.replace("[\"127.0.0.1:0\"]", "[]"));
    assert_eq!(notes(&scratch), "note: listen = []: nobody reaches the service unless systemd passes it a socket\n");
    let output = scratch.run(&["serve"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr.contains("listen is empty, and systemd passed no socket: nobody could reach the service"),
        "{stderr}"
    );
    assert!(!scratch.state().exists());
    // Nor with sockets that are for something else; with one of ours it does.
    let metrics = scratch.path().join("metrics").display().to_string();
    scratch
        .configure(&format!("{}[metrics]\nlisten = [\"unix:{metrics}\"]\n", CONFIG.replace("[\"127.0.0.1:0\"]", "[]")));
    assert_eq!(scratch.run(&["serve"]).status.code(), Some(2));
    let socket = common::listener();
    let address = socket.local_addr().unwrap();
    let served = scratch.serve_activated(vec![socket.into()], "http", &[]);
    assert_eq!(common::Client::tcp(address).invite(KEY).status, 201, "{}", served.log());
}

#[test]
fn config_show_names_a_host_that_is_declared_without_settings() {
    let scratch = Scratch::new("[hosts.\"example.com\"]\n[hosts.\"b.example\"]\nregistration = true\n");
    let text = scratch.ok(&["config", "show"]);
    let config = scratch.config().display().to_string();
    assert_eq!(shown(&text, "hosts.\"example.com\""), format!("hosts.\"example.com\" = {{}} # {config}"));
    // One with settings is named by these, and a table of ours that is empty is not.
    assert_eq!(text.matches("hosts.").count(), 2, "{text}");
    assert!(!text.contains("[hosts]") && !text.contains("\nkeys = "), "{text}");
}

/// What the variables of a process make of [`CONFIG`].
fn with_variables(scratch: &Scratch, variables: &[(&str, &str)], arguments: &[&str]) -> (bool, String, String) {
    let output = scratch.command().envs(variables.iter().copied()).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_variable_is_read_as_what_its_setting_takes() {
    let scratch = Scratch::new(CONFIG);
    let variables = [
        ("INVITED_COMPONENT__JID", "i.example.com"),
        ("INVITED_COMPONENT__SERVER", "127.0.0.1:5347"),
        ("INVITED_COMPONENT__HOST", "example.com"),
        ("INVITED_COMPONENT__SECRET", "111111"),
        ("INVITED_TRUSTED_PROXIES", "10.0.0.0/8"),
        ("INVITED_CORS_ORIGINS", "['https://a.example', \"https://b.example\"]"),
        ("INVITED_HTTP__MAX_CONNECTIONS", "17"),
        ("INVITED_HOSTS__EXAMPLE.COM__REGISTRATION", "false"),
        ("INVITED_HOSTS__EXAMPLE.COM__SITE_NAME", "2027-01-01"),
        ("INVITED_KEYS__SITE__NAME", "true"),
        ("INVITED_KEYS__SITE__EXPIRES", "2027-01-01T00:00:00Z"),
    ];
    let (works, _, stderr) = with_variables(&scratch, &variables, &["check"]);
    assert!(works && common::beside_no_accounts(stderr.as_bytes()).is_empty(), "{stderr}");
    let (_, text, _) = with_variables(&scratch, &variables, &["config", "show"]);
    for (key, line) in [
        ("trusted_proxies", "[\"10.0.0.0/8\"] # $INVITED_TRUSTED_PROXIES"),
        ("cors_origins", "[\"https://a.example\", \"https://b.example\"] # $INVITED_CORS_ORIGINS"),
        ("http.max_connections", "17 # $INVITED_HTTP__MAX_CONNECTIONS"),
        ("hosts.\"example.com\".registration", "false # $INVITED_HOSTS__EXAMPLE.COM__REGISTRATION"),
        ("hosts.\"example.com\".site_name", "\"2027-01-01\" # $INVITED_HOSTS__EXAMPLE.COM__SITE_NAME"),
        ("keys.site.name", "\"true\" # $INVITED_KEYS__SITE__NAME"),
        ("component.secret", "\"…\" # $INVITED_COMPONENT__SECRET"),
    ] {
        assert_eq!(shown(&text, key), format!("{key} = {line}"), "{text}");
    }
    for (variable, value, told) in [
        ("INVITED_TRUSTED_PROXIES", "10.0.0.0/8,127.0.0.1", "; several are written [\"one\", \"another\"]"),
        ("INVITED_TRUSTED_PROXIES", "", "trusted_proxies.0 = \"\" ($INVITED_TRUSTED_PROXIES): expected an address"),
        (
            "INVITED_HTTP__MAX_CONNECTIONS",
            "many",
            "= \"many\" ($INVITED_HTTP__MAX_CONNECTIONS): expected a whole number from 0 to 4294967295",
        ),
        ("INVITED_HOSTS__EXAMPLE.COM__REGISTRATION", "yes", "REGISTRATION): expected true or false"),
        ("INVITED_HOST__EXAMPLE.COM", "x", "host ($INVITED_HOST__EXAMPLE.COM): unknown key; known here: public_url"),
    ] {
        let (works, _, stderr) = with_variables(&scratch, &[(variable, value)], &["check"]);
        assert!(!works && stderr.contains(told), "{stderr}");
    }
}

#[test]
fn variables_of_container_engines_are_left_alone_and_named() {
    let scratch = Scratch::new(CONFIG);
    let address = "tcp://10.0.0.1:5290";
    let variables = [
        ("INVITED_PORT", address),
        ("INVITED_PORT_5290_TCP", address),
        ("INVITED_PORT_5290_TCP_ADDR", "10.0.0.1"),
        ("INVITED_SERVICE_HOST", "10.0.0.1"),
        ("INVITED_SERVICE_PORT", "5290"),
    ];
    let (works, stdout, stderr) = with_variables(&scratch, &variables, &["check"]);
    assert!(works && stdout.starts_with("valid: "), "{stderr}");
    let expected = "note: INVITED_PORT, INVITED_PORT_5290_TCP, INVITED_PORT_5290_TCP_ADDR, INVITED_SERVICE_HOST, \
                    INVITED_SERVICE_PORT set nothing: container engines give such variables to a service of this name \
                    (Kubernetes: enableServiceLinks)\n";
    assert_eq!(common::beside_no_accounts(stderr.as_bytes()), expected);
    let (_, before, _) = with_variables(&scratch, &[], &["config", "show"]);
    let (_, text, _) = with_variables(&scratch, &variables, &["config", "show"]);
    assert_eq!(text, before);
}

#[test]
fn config_show_masks_secrets() {
    let scratch = Scratch::new(&format!(
        "{CONFIG}[hosts.\"example.com\".backend]\npassword = \"hunter2\"\ntoken = \"hunter2\"\n[component]\njid = \"i.example.com\"\nserver = \"x:1\"\nhost = \"example.com\"\nsecret = \"hunter2\"\n"
    ));
    let mut command = scratch.command();
    command.env("INVITED_LEDGER__URL", "postgres://u:hunter2@db/invited").args(["config", "show"]);
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    assert_eq!(text.matches("\"…\"").count(), 3, "{text}");
    assert!(text.contains("ledger.url = \"postgres://…\""), "{text}");
}

#[test]
fn serve_without_configuration_says_what_to_write() {
    let scratch = Scratch::new("");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_invited"));
    let output = command.args(["serve", "--state-dir"]).arg(scratch.state()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.contains("nothing is configured. Write /etc/invited/config.toml, for example:"), "{stderr}");
    // The example is one that works.
    let (_, example) = stderr.split_once("for example:\n\n").unwrap();
    let (example, _) = example.split_once("\n\n").unwrap();
    assert_eq!(example.lines().count(), 5);
    let scratch = Scratch::new(&example.replace('…', &"0".repeat(64)));
    assert_eq!(scratch.ok(&["check"]), "valid: 1 host, 1 key\n");
}

#[test]
fn secrets_come_from_credentials_and_absolute_files() {
    let scratch = Scratch::new("");
    let secrets = scratch.path().join("credentials");
    std::fs::create_dir(&secrets).unwrap();
    std::fs::write(secrets.join("website"), "from-credential\n").unwrap();
    std::fs::write(scratch.path().join("plain"), "from-file").unwrap();
    let plain = scratch.path().join("plain");
    scratch.configure(&format!(
        "{CONFIG}[keys.a]\nsecret_file = \"website\"\n[keys.b]\nsecret_file = {plain:?}\n[keys.c]\nsecret_file = \"sub/dir\"\n"
    ));
    let environment = [("CREDENTIALS_DIRECTORY", secrets.to_str().unwrap())];
    let output = scratch.command().envs(environment).arg("check").output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("keys.c.secret_file = \"sub/dir\""), "{stderr}");
    assert!(stderr.contains("expected a credential's name or an absolute path"), "{stderr}");

    let config = std::fs::read_to_string(scratch.config()).unwrap();
    scratch.configure(config.split("[keys.c]").next().unwrap());
    let served = scratch.serve_with(&environment);
    let mut client = served.client();
    assert_eq!(client.invite("a/from-credential").status, 201);
    assert_eq!(client.invite("b/from-file").status, 201);
    assert_eq!(client.invite("a/from-file").status, 403);
    assert_eq!(client.invite(KEY).status, 201);

    // A secret is read again on reload.
    std::fs::write(secrets.join("website"), "rotated\n").unwrap();
    served.signal("HUP");
    served.wait_log("event=reload.done");
    assert_eq!(client.invite("a/rotated").status, 201);
    assert_eq!(client.invite("a/from-credential").status, 403);

    // Outside of the service a credential cannot be judged; serve cannot do without.
    let output = scratch.run(&["check"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8(output.stderr).unwrap().contains("keys.a.secret_file is not checked"));
    let output = scratch.run(&["serve"]);
    assert_eq!(output.status.code(), Some(2));
}

/// A name that reads as another on a page, in an app or in a terminal.
#[test]
fn characters_that_turn_text_are_refused_wherever_they_stand() {
    let scratch = Scratch::new("");
    let app = "[[apps.custom]]\nid = \"ours\"\nname = \"Ours\"\n";
    for (config, path) in [
        (format!("{CONFIG}[hosts.\"e.example\"]\nsite_name = \"Acme\u{202e}\"\n"), "hosts.\"e.example\".site_name"),
        (format!("{CONFIG}[hosts.\"e.example\"]\ncontact = \"a\u{2066}@e.example\"\n"), "hosts.\"e.example\".contact"),
        (format!("{CONFIG}{app}text = \"\u{200f}\"\n"), "apps.custom.0.text"),
        (format!("{CONFIG}{app}setup = \"\u{200e}\"\n"), "apps.custom.0.setup"),
        (format!("{CONFIG}name = \"\u{61c}\"\n"), "keys.site.name"),
    ] {
        scratch.configure(&config);
        let output = scratch.run(&["check"]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(&format!("  {path} = \"")), "{stderr}");
        assert!(stderr.contains("): has U+"), "{stderr}");
        assert!(!stderr.chars().any(|c| matches!(c, '\u{61c}' | '\u{200e}'..='\u{202e}' | '\u{2066}'..='\u{2069}')));
    }
    // A secret is nobody's to read, and letters that are written from right to left are no trick.
    let backend =
        "kind = \"ejabberd\"\nurl = \"http://127.0.0.1/api\"\nuser = \"a@e.example\"\npassword = \"\u{202e}\"";
    scratch.configure(&format!(
        "{CONFIG}[hosts.\"e.example\"]\nsite_name = \"שלום\"\n[hosts.\"e.example\".backend]\n{backend}\n"
    ));
    assert!(scratch.run(&["check"]).status.success());
}
