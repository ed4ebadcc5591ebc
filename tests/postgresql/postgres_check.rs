//! `invited check --connect` at a real PostgreSQL: what is wrong is named, and what it says mends it.

use crate::common;
use crate::common::postgres;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use common::{CONFIG, KEY, PATIENCE, Scratch, now};
use postgres::{ENCODED_PASSWORD, PASSWORD, Postgres, url_of};

fn node(url: &str) -> Scratch {
    Scratch::new(&format!("{CONFIG}[ledger]\nurl = {url:?}\n"))
}

/// What it says of the ledger, and whether all is well.
fn check(url: &str) -> (String, bool) {
    check_node(&node(url))
}

fn check_node(node: &Scratch) -> (String, bool) {
    let output = node.run(&["check", "--connect"]);
    let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    for text in [&stdout, &stderr] {
        assert!(!text.contains("s3cret") && !text.contains(ENCODED_PASSWORD), "{text}");
    }
    let is_well = output.status.success();
    let expected = if is_well { None } else { Some("not everything works at the ledger; see above") };
    assert!(expected.is_none_or(|words| stderr.contains(words)), "{stdout}{stderr}");
    assert_eq!(output.status.code(), Some(i32::from(!is_well)), "{stdout}{stderr}");
    (stdout, is_well)
}

fn assert_fault(url: &str, words: &[&str]) -> String {
    assert_fault_at(&node(url), words)
}

fn assert_fault_at(node: &Scratch, words: &[&str]) -> String {
    let (told, is_well) = check_node(node);
    assert!(!is_well && told.contains("\n  missing: "), "{told}");
    for words in words {
        assert!(told.contains(words), "nothing of {words:?} in {told}");
    }
    told
}

fn assert_well(url: &str) {
    assert_well_at(&node(url));
}

fn assert_well_at(node: &Scratch) {
    let (told, is_well) = check_node(node);
    assert!(is_well && told.starts_with("ledger: PostgreSQL ") && !told.contains("missing"), "{told}");
}

/// Runs the first command that it told.
fn mend(database: &Postgres, told: &str) {
    let line =
        told.lines().find_map(|line| line.trim().strip_prefix("sudo -u postgres ")).unwrap_or_else(|| panic!("{told}"));
    let Some(arguments) = line.strip_prefix("psql ") else { return database.run_client(&line.replace('\'', "")) };
    let (named, sql) = arguments.split_once("-c '").unwrap();
    let named = named.trim().strip_prefix("-d ").map_or("postgres", |name| name.trim_matches('\''));
    database.sql(named, sql.strip_suffix('\'').unwrap());
}

fn assert_mended(database: &Postgres, node: &Scratch, words: &[&str]) {
    mend(database, &assert_fault_at(node, words));
    assert_well_at(node);
}

/// The same address, for another user and another database.
fn url(database: &Postgres, user: &str, name: &str) -> String {
    format!("postgres://{user}@/{name}{}", database.address())
}

#[test]
fn what_works_is_said_to_and_nothing_is_created() {
    let database = Postgres::start();
    let node = node(&database.url());
    let (told, is_well) = check_node(&node);
    assert!(is_well, "{told}");
    let version = database.ask("SHOW server_version");
    assert!(told.starts_with(&format!("ledger: PostgreSQL {version} at /")), "{told}");
    assert!(told.contains("database invited, schema public, user invited"), "{told}");
    assert_eq!(database.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
    assert!(!node.state().exists());
    let served = node.serve();
    assert!(check_node(&node).1);
    drop(served);

    // Without being asked to it tries nothing, and says so.
    let output = node.run(&["check"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && stderr.contains("was not tried; invited check --connect does"), "{stderr}");
    let alone = Scratch::new(CONFIG).run(&["check"]);
    assert!(!String::from_utf8(alone.stderr).unwrap().contains("tried"));

    // The ledger has another key than the one that is there, or none is; that is told as by the service.
    let key = node.state().join("ledger.key");
    fs::write(&key, format!("{}=\n", "A".repeat(43))).unwrap();
    for words in ["ledger.key does not belong to the ledger", "is there, but its key"] {
        let (told, is_well) = check_node(&node);
        assert!(!is_well && told.contains(words) && told.contains("the key of the other nodes"), "{told}");
        let refused = String::from_utf8(node.run(&["serve"]).stderr).unwrap();
        assert!(refused.contains(words), "{refused}");
        let _ = fs::remove_file(&key);
    }
}

#[test]
fn who_is_not_let_in_is_told_why_and_what_mends_it() {
    let database = Postgres::start();
    let tcp = database.tcp_url();
    assert_well(&tcp);
    let other_password = tcp.replace(ENCODED_PASSWORD, "s3cret");
    assert_fault(&other_password, &["refuses the password of the user invited", "ALTER ROLE invited PASSWORD"]);
    assert_fault(&tcp.replace(&format!(":{ENCODED_PASSWORD}"), ""), &["password", "ledger.url_file"]);
    assert_mended(
        &database,
        &node(&url(&database, "invited", "other")),
        &["has no database other", "createdb --owner='invited'"],
    );
    assert_fault(&url(&database, "no-body", "invited"), &["has no user no-body", "createuser 'no-body'"]);
    database.sql("postgres", "CREATE ROLE node NOLOGIN");
    database.sql("postgres", "CREATE DATABASE nodes OWNER node");
    let one = node(&url(&database, "node", "nodes"));
    assert_mended(&database, &one, &["the user node may not log in"]);
    database.sql("postgres", "REVOKE CONNECT ON DATABASE nodes FROM PUBLIC, node");
    assert_mended(
        &database,
        &one,
        &["lacks a right that it needs to connect", "GRANT CONNECT ON DATABASE nodes TO node"],
    );
    for limit in [0, 1, 2] {
        database.sql("postgres", &format!("ALTER ROLE node CONNECTION LIMIT {limit}"));
        assert_mended(&database, &one, &["connection", "ALTER ROLE node CONNECTION LIMIT -1"]);
        database.sql("postgres", &format!("ALTER DATABASE nodes CONNECTION LIMIT {limit}"));
        assert_mended(&database, &one, &["connection", "ALTER DATABASE nodes CONNECTION LIMIT -1"]);
    }
    // A rule for the others alone.
    database.sql("postgres", "COPY (SELECT 'local all invited trust') TO PROGRAM 'cat >pg_hba.conf'");
    database.sql("postgres", "SELECT pg_reload_conf()");
    let told = assert_fault_at(&one, &["no rule that lets this user in", "local nodes node peer"]);
    assert!(!told.contains("createuser"), "{told}");
}

#[test]
fn rights_that_are_missing_are_named_with_the_grant() {
    let database = Postgres::start();
    database.sql("postgres", "CREATE ROLE node LOGIN");
    database.sql("postgres", "CREATE DATABASE nodes");
    let one = node(&url(&database, "node", "nodes"));
    // Since PostgreSQL 15 it is not everybody's.
    database.sql("nodes", "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    assert_mended(
        &database,
        &one,
        &[
            "may create no tables in the schema public",
            "since PostgreSQL 15",
            "ALTER DATABASE nodes OWNER TO node",
            "GRANT CREATE ON SCHEMA public TO node",
        ],
    );
    database.sql("nodes", "ALTER DATABASE nodes OWNER TO invited; REVOKE ALL ON SCHEMA public FROM PUBLIC");
    assert_mended(
        &database,
        &one,
        &["may use no schema of its search path", "CREATE SCHEMA invited AUTHORIZATION node"],
    );
    database
        .sql("nodes", "ALTER ROLE node RESET search_path; DROP SCHEMA invited; GRANT USAGE ON SCHEMA public TO node");

    // The tables were restored by somebody else.
    let owner = node(&url(&database, "invited", "nodes"));
    owner.ok(&["invite", "create"]);
    fs::create_dir_all(one.state()).unwrap();
    fs::copy(owner.state().join("ledger.key"), one.state().join("ledger.key")).unwrap();
    assert_mended(&database, &one, &["may not read and write the table", "which belongs to invited", "OWNER TO node"]);
    database.sql("nodes", "ALTER TABLE invite OWNER TO invited; GRANT ALL ON invite TO node");
    let (told, is_well) = check_node(&one);
    assert!(is_well && told.contains("advice: the table invite belongs to invited"), "{told}");
    mend(&database, &told);
    let (told, is_well) = check_node(&one);
    assert!(is_well && !told.contains("advice"), "{told}");
    // Somebody else's altogether, and a later version's.
    let later = "UPDATE meta SET value = '99' WHERE name = 'version'";
    database.sql("nodes", later);
    assert_fault_at(&one, &["schema version 99", "use a newer invited"]);
    database.sql("nodes", "ALTER TABLE meta RENAME COLUMN value TO content");
    assert_fault_at(&one, &["meta is not the ledger's"]);
}

#[test]
fn a_database_or_a_server_that_does_not_do_is_named() {
    let mut database = Postgres::start();
    database.sql("postgres", "CREATE DATABASE ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'");
    assert_fault(&url(&database, "invited", "ascii"), &["encoded in SQL_ASCII", "--encoding=UTF8"]);
    database.sql("postgres", "ALTER DATABASE invited SET default_transaction_read_only = on");
    assert_fault(&database.url(), &["can be read and not written", "replica", "db1.example.com,db2.example.com"]);
    database.sql("postgres", "ALTER DATABASE invited RESET default_transaction_read_only");
    database.sql("postgres", "ALTER SYSTEM SET fsync = off");
    database.sql("postgres", "SELECT pg_reload_conf()");
    while database.ask("SHOW fsync") == "on" {
        std::thread::yield_now();
    }
    assert_fault(&database.url(), &["fsync is off", "ALTER SYSTEM SET fsync = on"]);
    database.signal("STOP");
    let told = assert_fault(&database.url(), &["does not answer in time"]);
    database.signal("CONT");
    assert!(told.contains("PostgreSQL does not let us in"), "{told}");
    let tcp = database.tcp_url();
    database.stop_at_once();
    assert_fault(&tcp, &["cannot be reached", "listen_addresses"]);
    assert_fault("postgres://invited@/invited?host=/nonexistent", &["cannot be reached", "unix_socket_directories"]);
    assert_fault("postgres://invited@nowhere.invalid/invited", &["nowhere.invalid", "getent hosts"]);
}

#[test]
fn a_certificate_that_does_not_do_is_named() {
    let database = Postgres::start();
    let encrypted =
        |host: &str, more: &str| format!("{}?sslmode=verify-full{more}", database.tcp_url().replace("127.0.0.1", host));
    assert_fault(&encrypted("localhost", ""), &["does not support TLS", "ssl = on"]);
    let certificate = database.speak_tls();
    let root = format!("&sslrootcert={}", certificate.display());
    assert_well(&encrypted("localhost", &root));
    assert_fault(&encrypted("localhost", ""), &["sslrootcert="]);
    assert_fault(&encrypted("127.0.0.1", &root), &["connect by a name that the certificate is for"]);
    assert_fault(
        &encrypted("localhost", "&sslrootcert=/nonexistent.pem"),
        &["/nonexistent.pem", "let the service's user read"],
    );
}

/// A CA, and what it signs.
struct Authority(rcgen::Issuer<'static, rcgen::KeyPair>, PathBuf);

impl Authority {
    /// One whose certificate is put into a directory.
    fn new(dir: &Path, name: &str) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut own = rcgen::CertificateParams::new(vec![]).unwrap();
        own.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        own.distinguished_name.push(rcgen::DnType::CommonName, name);
        let file = dir.join(format!("{name}.pem"));
        fs::write(&file, own.self_signed(&key).unwrap().pem()).unwrap();
        Self(rcgen::Issuer::new(own, key), file)
    }

    /// Has a server present a certificate for `localhost` of these years.
    fn certify(&self, database: &Postgres, years: std::ops::Range<i32>) {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut wanted = rcgen::CertificateParams::new(vec!["localhost".into()]).unwrap();
        wanted.not_before = rcgen::date_time_ymd(years.start, 1, 1);
        wanted.not_after = rcgen::date_time_ymd(years.end, 1, 1);
        database.present(&wanted.signed_by(&key, &self.0).unwrap().pem(), &key);
    }
}

#[test]
fn a_certificate_of_another_ca_or_another_time_is_named() {
    let database = Postgres::start();
    let dir = tempfile::tempdir().unwrap();
    let [ours, theirs] = ["ours", "theirs"].map(|name| Authority::new(dir.path(), name));
    let tcp = database.tcp_url().replace("127.0.0.1", "localhost");
    let url = |root: &Authority| format!("{tcp}?sslmode=verify-full&sslrootcert={}", root.1.display());
    // A reload takes a moment until new connections have it.
    let presented = |url: &str, words: &str| {
        let began = now();
        while !check(url).0.contains(words) {
            assert!(began.elapsed() < PATIENCE, "nothing of {words:?} in {}", check(url).0);
        }
    };
    ours.certify(&database, 2020..4000);
    presented(&url(&ours), "ledger: PostgreSQL ");
    assert_well(&url(&ours));
    assert_fault(&url(&theirs), &["UnknownIssuer", "name the CA that signed it in the URL: sslrootcert="]);
    ours.certify(&database, 2020..2021);
    presented(&url(&ours), "expired");
    assert_fault(&url(&ours), &["renew the certificate of PostgreSQL", "systemctl reload postgresql"]);
    ours.certify(&database, 3000..4000);
    presented(&url(&ours), "see whether both clocks are right");
    assert_fault(&url(&ours), &["the certificate is for later"]);
}

#[test]
fn a_real_replica_is_named_and_its_primary_found() {
    let primary = Postgres::start();
    let replica = primary.replica();
    assert_fault(
        &url_of(&[replica.place()]),
        &["can be read and not written: it is a replica", "db1.example.com,db2.example.com"],
    );
    assert_well(&url_of(&[replica.place(), primary.place()]));
    replica.promote();
    assert_well(&url_of(&[replica.place()]));
}

/// A connection by the server's socket, idle; nothing where the server has no room for it.
fn connection(database: &Postgres, user: &str, name: &str) -> Option<UnixStream> {
    let address = database.address();
    let (dir, port) = address.strip_prefix("?host=").unwrap().split_once("&port=").unwrap();
    let mut stream = UnixStream::connect(format!("{dir}/.s.PGSQL.{port}")).unwrap();
    // StartupMessage of protocol 3.0.
    let words = format!("\0\x03\0\0user\0{user}\0database\0{name}\0\0");
    let length = u32::try_from(words.len() + 4).unwrap().to_be_bytes();
    stream.write_all(&[&length, words.as_bytes()].concat()).unwrap();
    // Whether there is room is said after AuthenticationOk.
    loop {
        let mut head = [0; 5];
        stream.read_exact(&mut head).unwrap();
        let [kind, length @ ..] = head;
        let mut rest = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap() - 4];
        stream.read_exact(&mut rest).unwrap();
        match kind {
            b'Z' => return Some(stream),
            b'E' => return None,
            _ => {}
        }
    }
}

/// So many connections; those that others have just closed count for a moment longer.
fn connections(count: usize, database: &Postgres, user: &str, name: &str) -> Vec<UnixStream> {
    let (began, mut held) = (now(), vec![]);
    while held.len() < count {
        held.extend(connection(database, user, name));
        assert!(began.elapsed() < PATIENCE, "{} are let in, not {count}", held.len());
    }
    held
}

#[test]
fn a_server_whose_connections_are_used_up_is_named() {
    let database = Postgres::start();
    database.sql("postgres", "CREATE ROLE node LOGIN");
    database.sql("postgres", "CREATE DATABASE nodes OWNER node");
    let node = url(&database, "node", "nodes");
    assert_well(&node);
    let number = |sql: &str| database.sql("postgres", sql).parse::<usize>().unwrap();
    let most = number("SHOW max_connections") - number("SHOW superuser_reserved_connections");
    let mut held = connections(most - 2, &database, "node", "nodes");
    let (told, is_well) = check(&node);
    assert!(is_well && told.contains("connections in use, and each node needs 3"), "{told}");
    assert!(told.contains("ALTER SYSTEM SET max_connections"), "{told}");
    held.extend(connections(2, &database, "node", "nodes"));
    let told = assert_fault(&node, &["PostgreSQL has no connection left", "ALTER SYSTEM SET max_connections"]);
    assert!(!told.contains("CONNECTION LIMIT"), "{told}");
    drop(held);
    let began = now();
    while !check(&node).1 {
        assert!(began.elapsed() < PATIENCE, "it does not heal");
    }
    assert_well(&node);
}

/// `PgBouncer` before a server; killed when dropped.
struct Pooler(Child);

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts it in a directory of the server's; gives its URL, too.
fn pooler(database: &Postgres, mode: &str) -> (Pooler, String) {
    let address = database.address();
    let (dir, server_port) = address.strip_prefix("?host=").unwrap().split_once("&port=").unwrap();
    let port = common::free_port().port();
    let file = Path::new(dir).join(format!("{mode}.ini"));
    let config = format!(
        "[databases]\ninvited = host={dir} port={server_port} dbname=invited user=invited\n[pgbouncer]\nlisten_addr = \
         127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\n"
    );
    fs::write(&file, config).unwrap();
    // It does not run as root, either.
    let mut command =
        Command::new(if rustix::process::geteuid().is_root() { "setpriv" } else { "/usr/sbin/pgbouncer" });
    if rustix::process::geteuid().is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--", "/usr/sbin/pgbouncer"]);
    }
    command.arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let started = Pooler(command.spawn().unwrap());
    let began = now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(began.elapsed() < PATIENCE, "PgBouncer does not start");
        std::thread::yield_now();
    }
    (started, format!("postgres://invited@127.0.0.1:{port}/invited"))
}

#[test]
fn a_pooler_that_does_not_leave_sessions_whole_is_named() {
    if !Path::new("/usr/sbin/pgbouncer").exists() {
        println!("SKIPPED a_pooler_that_does_not_leave_sessions_whole_is_named: needs pgbouncer");
        return;
    }
    let database = Postgres::start();
    let advice = "advice: a pooler is in between";
    for (mode, is_named) in [("transaction", true), ("session", false)] {
        let (_running, url) = pooler(&database, mode);
        let (told, is_well) = check(&url);
        assert!(is_well && told.contains(advice) == is_named, "{mode}: {told}");
        assert!(!is_named || told.contains("pool_mode=session"), "{told}");
    }
    let (_running, url) = pooler(&database, "transaction");
    let other = url.replace("/invited", "/other").replace("//invited", "//other");
    assert_fault(&other, &["what answers is not PostgreSQL itself", "[databases]"]);
}

/// A certificate for a user of the database, and its key.
fn identity(dir: &Path, user: &str) -> (PathBuf, PathBuf) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(vec![]).unwrap();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, user);
    let certificate = parameters.self_signed(&key).unwrap();
    let files = (dir.join("client.pem"), dir.join("client.key"));
    fs::write(&files.0, certificate.pem()).unwrap();
    fs::write(&files.1, key.serialize_pem()).unwrap();
    files
}

#[test]
fn a_client_certificate_or_a_passfile_lets_a_node_in() {
    let database = Postgres::start();
    database.sql("postgres", "CREATE ROLE node LOGIN");
    database.sql("postgres", "CREATE DATABASE nodes OWNER node");
    let root = database.speak_tls();
    let (certificate, key) = identity(root.parent().unwrap(), "node");
    let trusted = root.with_file_name("trusted.pem");
    fs::copy(&certificate, &trusted).unwrap();
    database.sql("postgres", &format!("ALTER SYSTEM SET ssl_ca_file = '{}'", trusted.display()));
    let rules = "SELECT unnest(ARRAY['local all all trust', 'host all invited 127.0.0.1/32 scram-sha-256', \
                 'hostssl all node 127.0.0.1/32 cert'])";
    database.sql("postgres", &format!("COPY ({rules}) TO PROGRAM 'cat >pg_hba.conf'"));
    database.sql("postgres", "SELECT pg_reload_conf()");
    let base = database.tcp_url().replace(&format!("invited:{ENCODED_PASSWORD}@127.0.0.1"), "node@localhost");
    let base = base.replace("/invited", "/nodes");
    let url = format!("{base}?sslmode=verify-full&sslrootcert={}", root.display());
    assert_fault(&url, &["certificate"]);
    let with = format!("{url}&sslcert={}&sslkey={}", certificate.display(), key.display());
    assert_well(&with);
    let node = node(&with);
    assert_eq!(node.serve().client().invite(KEY).status, 201);
    assert_fault(&format!("{url}&sslcert={0}&sslkey={0}", certificate.display()), &["client.pem", "PEM"]);

    let passwords = root.with_file_name("pgpass");
    let tcp = database.tcp_url();
    let port = tcp.rsplit_once(':').unwrap().1.split('/').next().unwrap();
    fs::write(&passwords, format!("127.0.0.1:{port}:*:invited:{}\n", PASSWORD.replace(':', "\\:"))).unwrap();
    fs::set_permissions(&passwords, fs::Permissions::from_mode(0o600)).unwrap();
    let without = tcp.replace(&format!(":{ENCODED_PASSWORD}"), "");
    assert_well(&format!("{without}?passfile={}", passwords.display()));
    fs::set_permissions(&passwords, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = Scratch::new(&format!("{CONFIG}[ledger]\nurl = \"{without}?passfile={}\"\n", passwords.display()));
    let output = refused.run(&["check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("passfile: expected a file as libpq has it"));
}
