//! The tour: everything it prints works, and nothing is left of it.

use crate::common;

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use common::http::{Client, Response, request};
use tempfile::TempDir;

/// Set where a test runs in a network of its own; what begins with `INVITED_` would be a setting.
const INSIDE: &str = "TEST_INSIDE";
/// The address of the machine there, which is nobody's elsewhere (RFC 5737).
const ADDRESS: &str = "198.51.100.7";
const PASSWORD: &str = "quarrel mantle orchid bridge";

/// A tour that goes on; it is ended when dropped.
struct Tour {
    child: Child,
    shown: String,
    tmp: TempDir,
}

impl Tour {
    fn start(arguments: &[&str]) -> Self {
        Self::start_with(&[], arguments)
    }

    fn start_with(variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let tmp = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_invited"))
            .arg("demo")
            .args(arguments)
            .env("TMPDIR", tmp.path())
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut shown = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        while !shown.contains("until Ctrl-C") {
            assert_ne!(stdout.read_line(&mut shown).unwrap(), 0, "{shown}");
        }
        Self { child, shown, tmp }
    }

    /// The page of its invite: what its address says, where that is, and the path there.
    fn landing(&self) -> (String, SocketAddr, String) {
        let location = self.shown.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap();
        let (authority, path) = location.strip_prefix("http://").unwrap().split_once('/').unwrap();
        (authority.to_owned(), authority.replace("localhost", "127.0.0.1").parse().unwrap(), format!("/{path}"))
    }

    /// Ends it by a signal; gives what it said beside.
    fn end(mut self, signal: &str) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
        assert_eq!(std::fs::read_dir(self.tmp.path()).unwrap().count(), 0);
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        said
    }
}

impl Drop for Tour {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Goes the way of a guest to the end; gives the last page.
fn sign_up(address: SocketAddr, landing: &str, username: &str) -> Response {
    let token = landing.split_once('?').unwrap().1;
    let form = Client::tcp(address).get(&format!("/register?t={token}"));
    assert_eq!(form.status, 200, "{}", form.text());
    let text = form.text();
    let csrf = text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let cookie = format!("Cookie: {}", form.header("set-cookie").unwrap().split(';').next().unwrap());
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.append_pair("token", token).append_pair("csrf", csrf);
    body.append_pair("username", username).append_pair("password", PASSWORD);
    let headers = ["Content-Type: application/x-www-form-urlencoded", "Accept: text/html", &cookie];
    let mut client = Client::tcp(address);
    client.send(request("POST", "/register", &headers, &body.finish()));
    let sent = client.read().unwrap();
    match sent.header("location") {
        Some(location) if sent.status == 303 => Client::tcp(address).get(location),
        _ => sent,
    }
}

#[test]
fn the_demo_prints_what_works_and_leaves_nothing() {
    let tour = Tour::start(&[]);
    let shown = &tour.shown;
    assert!(shown.contains("█"), "a QR code: {shown}");
    assert!(shown.contains("http://localhost:"), "{shown}");

    let curl = shown.lines().find(|line| line.trim().starts_with("curl ")).unwrap().trim();
    let made = Command::new("bash").args(["-c", &format!("{curl} -s")]).output().unwrap();
    let made = String::from_utf8(made.stdout).unwrap();
    assert!(made.starts_with("HTTP/1.1 201 Created\r\n"), "{made}");

    let (_, address, path) = tour.landing();
    let page = Client::tcp(address).get(&path);
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html;charset=utf-8")));
    assert!(
        page.text().contains("You are invited to chat on Demo") && page.text().contains("/register?t="),
        "{}",
        page.text()
    );
    // Nothing of it would be answered.
    assert!(!page.text().contains("href=\"xmpp:"), "{}", page.text());

    let done = sign_up(address, &path, "Juliet");
    assert!(done.status == 200 && done.text().contains(">juliet@demo.example<"), "{}", done.text());
    assert_eq!(Client::tcp(address).get(&path).status, 410);
    let another =
        made.lines().find_map(|line| line.to_lowercase().starts_with("location: ").then(|| line[10..].trim()));
    let another = another.unwrap().rsplit_once('/').unwrap().1;
    let taken = sign_up(address, &format!("/{another}"), "juliet");
    assert!(taken.status == 409 && taken.text().contains("Somebody has this name already."), "{}", taken.text());

    // Ctrl-C
    let said = tour.end("INT");
    assert_eq!(said, "");
}

#[test]
fn the_demo_ends_with_its_terminal() {
    Tour::start(&[]).end("HUP");
}

/// As in a container, whose variables say where the invites of real people are.
#[test]
fn variables_are_for_the_service_and_not_for_the_demo() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = dir.path().join("real.db");
    let tour = Tour::start_with(
        &[
            ("INVITED_LEDGER__URL", format!("sqlite:{}", ledger.display()).as_str()),
            ("INVITED_PUBLIC_URL", "https://invite.example.com/"),
            ("INVITED_HOSTS__REAL.EXAMPLE__SITE_NAME", "Real"),
            ("INVITED_HTTP__MAX_CONNECTIONS", "many"),
        ],
        &[],
    );
    assert!(tour.shown.contains("Location: http://localhost:"), "{}", tour.shown);
    let (_, address, path) = tour.landing();
    assert_eq!(Client::tcp(address).get(&path).status, 200);
    assert!(!ledger.exists());
}

#[test]
fn with_lan_the_link_leads_to_this_machine_and_whoever_starts_it_is_told() {
    if std::env::var_os(INSIDE).is_some() {
        let tour = Tour::start(&["--lan"]);
        let (authority, address, path) = tour.landing();
        assert_eq!(authority.split_once(':').unwrap().0, ADDRESS);
        let done = sign_up(address, &path, "juliet");
        assert!(done.status == 200 && done.text().contains(">juliet@demo.example<"), "{}", done.text());
        let said = tour.end("INT");
        assert!(said.starts_with("note: whoever is on this network can open the demo"), "{said}");
        let local = Tour::start(&[]);
        let (_, address, path) = local.landing();
        let elsewhere = SocketAddr::new(ADDRESS.parse().unwrap(), address.port());
        assert!(Client::try_tcp(elsewhere).is_err() && Client::tcp(address).get(&path).status == 200);
        return;
    }
    let script = format!(
        "ip link set lo up && ip address add {ADDRESS}/32 dev lo && ip route add default dev lo src {ADDRESS} && \
         exec \"$1\" --exact --nocapture demo::with_lan_the_link_leads_to_this_machine_and_whoever_starts_it_is_told"
    );
    let status = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "sh", "-c", &script, "sh"])
        .arg(std::env::current_exe().unwrap())
        .env(INSIDE, "1")
        .status()
        .expect("needs unshare (apt-get install util-linux) and ip (apt-get install iproute2)");
    assert!(status.success(), "see above");
    // Without a network there is no link that leads anywhere.
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", env!("CARGO_BIN_EXE_invited"), "demo", "--lan"])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && told.contains("this machine's address on the network"), "{told}");
}

#[test]
fn no_configuration_leads_to_the_pretend_server() {
    let scratch =
        common::Scratch::new(&format!("{}[hosts.\"example.com\".backend]\nkind = \"demo\"\n", common::CONFIG));
    let output = scratch.run(&["check"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && told.contains("ledger, prosody, ejabberd, xmpp"), "{told}");
    assert!(!told.contains("demo, ") && !told.contains(", demo"), "{told}");
}
