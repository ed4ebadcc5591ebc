//! A real ejabberd, of where [`servers`] looks for it, on ports and a directory of its own. Without Erlang's distribution: nothing of the
//! machine's own ejabberd or epmd is read or touched.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![allow(clippy::duplicate_mod, reason = "some tests start both kinds of servers")]
#![expect(clippy::unwrap_used, reason = "a harness that cannot do its work fails the test")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

#[path = "servers.rs"]
mod servers;

/// The one host.
pub const HOST: &str = "example.com";
/// The account that may call the API.
pub const ADMIN: &str = "admin@example.com";
pub const PASSWORD: &str = "the admin's \"password\"";

/// All of the start takes 2 s on an idle machine.
const START_TIMEOUT: Duration = Duration::from_mins(1);
/// Between finding a free port and ejabberd's taking it, somebody else may.
const ATTEMPTS: usize = 5;

/// A server; killed when dropped.
pub struct Ejabberd {
    process: Option<Process>,
    pub http: SocketAddr,
    pub c2s: SocketAddr,
    /// Where components connect to, if it takes any.
    pub component: SocketAddr,
    dir: tempfile::TempDir,
}

/// Killed when dropped, also by a test that fails in between.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Ejabberd {
    /// Starts a server and waits until it answers.
    pub fn start() -> Self {
        Self::configured(|http, c2s, _| configuration(http, c2s))
    }

    /// Starts one that takes the component `name` with that secret, too.
    pub fn with_component(name: &str, secret: &str) -> Self {
        Self::with_component_as_told(&format!(
            "listen:\n  - port: 5347\n    ip: \"127.0.0.1\"\n    module: ejabberd_service\n    hosts:\n      {name:?}:\n        \
             password: {secret:?}\n"
        ))
    }

    /// Starts one that takes components, too, by lines that somebody is told to write.
    pub fn with_component_as_told(lines: &str) -> Self {
        assert!(lines.starts_with("listen:\n") && lines.contains("port: 5347"), "{lines}");
        Self::configured(|http, c2s, component| {
            let lines = lines.replace("port: 5347", &format!("port: {component}"));
            configuration(http, c2s).replace("listen:\n", &lines)
        })
    }

    /// Starts one with these lines and no more than a server needs to run at all.
    pub fn as_told(lines: &str) -> Self {
        Self::configured(|http, _, _| {
            let lines = lines.replace("port: 5280", &format!("port: {http}"));
            assert!(lines.contains(&format!("port: {http}")), "{lines}");
            format!("hosts: [\"{HOST}\"]\nloglevel: warning\n{lines}")
        })
    }

    /// `configuration` is given the ports of HTTP, of clients and of components.
    fn configured(configuration: impl Fn(u16, u16, u16) -> String) -> Self {
        for _ in 0..ATTEMPTS {
            let [http, c2s, component] = [free_port(), free_port(), free_port()];
            let dir = tempfile::Builder::new().prefix("invited-ejabberd-").tempdir().unwrap();
            let config = configuration(http.port(), c2s.port(), component.port());
            std::fs::write(dir.path().join("ejabberd.yml"), config).unwrap();
            let mut ejabberd = Self { process: None, http, c2s, component, dir };
            if ejabberd.run() {
                return ejabberd;
            }
        }
        panic!("ejabberd did not start {ATTEMPTS} times");
    }

    /// Starts it again, with what it had.
    pub fn restart(&mut self) {
        assert!(self.run(), "ejabberd does not start again");
    }

    /// Stops it as a service manager does, and waits until it has ended.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let id = process.0.id().to_string();
            assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
            process.0.wait().unwrap();
        }
    }

    /// Ends it as a power loss would.
    pub fn kill(&mut self) {
        self.process = None;
    }

    fn run(&mut self) -> bool {
        let dir = self.dir.path();
        // What has been registered before stays as it is.
        let ready = format!(
            "ejabberd_auth:try_register(<<\"admin\">>, <<\"{HOST}\">>, <<{PASSWORD:?}>>), io:format(\"ready~n\")."
        );
        let set = |name: &str, path: &Path| format!("{name}={}", path.display());
        let child = servers::command("env")
            .arg(set("ERL_LIBS", &libraries()))
            .arg(set("EJABBERD_CONFIG_PATH", &dir.join("ejabberd.yml")))
            .arg(set("EJABBERD_LOG_PATH", &dir.join("ejabberd.log")))
            .arg(set("ERL_CRASH_DUMP", &dir.join("crash.dump")))
            .arg(set("HOME", dir))
            .args(["erl", "-noinput", "-mnesia", "dir", &format!("{:?}", dir.join("spool").to_str().unwrap())])
            .args(["-s", "ejabberd", "-eval", &ready])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.unwrap_or_else(|error| panic!("cannot run erl ({error}); install the package ejabberd"));
        let stdout = BufReader::new(child.stdout.take().unwrap());
        self.process = Some(Process(child));
        // The thread reads on as long as the server lives: a full pipe would stop it.
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        loop {
            match lines.recv_timeout(START_TIMEOUT) {
                Ok(line) if line == "ready" => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    /// Makes an account.
    pub fn register(&self, username: &str, password: &str) {
        let login = STANDARD.encode(format!("{ADMIN}:{PASSWORD}"));
        let body = serde_json::json!({"user": username, "host": HOST, "password": password}).to_string();
        let mut stream = TcpStream::connect(self.http).unwrap();
        write!(
            stream,
            "POST /api/register HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Basic {login}\r\nContent-Type: \
             application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }

    /// `kind = "ejabberd"` for it, as lines of a backend's table.
    pub fn backend(&self) -> String {
        format!(
            "kind = \"ejabberd\"\nurl = \"http://{}/api\"\nuser = \"{ADMIN}\"\npassword = {PASSWORD:?}\n",
            self.http
        )
    }
}

fn free_port() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

/// Where Debian has ejabberd's applications.
fn libraries() -> PathBuf {
    let dirs = std::fs::read_dir(servers::path("/usr/lib")).unwrap().map(|entry| entry.unwrap().path());
    let has = |dir: &Path| {
        std::fs::read_dir(dir)
            .into_iter()
            .flatten()
            .flatten()
            .any(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with("ejabberd-")))
    };
    let found = dirs.filter(|dir| dir.is_dir()).find(|dir| has(dir));
    let found = found.expect("install the package ejabberd");
    Path::new("/usr/lib").join(found.file_name().unwrap())
}

fn configuration(http: u16, c2s: u16) -> String {
    format!(
        r#"hosts: ["{HOST}"]
loglevel: warning
listen:
  - port: {c2s}
    ip: "127.0.0.1"
    module: ejabberd_c2s
  - port: {http}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers:
      /api: mod_http_api
acl:
  admin:
    user: {ADMIN}
access_rules:
  configure:
    allow: admin
  c2s:
    allow: all
  local:
    allow: all
api_permissions:
  "invited":
    who:
      access:
        allow:
          - acl: admin
      oauth:
        scope: "ejabberd:admin"
        access:
          allow:
            - acl: admin
    what: "*"
oauth_access: local
oauth_expire: 3600
registration_timeout: infinity
modules:
  mod_admin_extra: {{}}
  mod_http_api: {{}}
  mod_roster: {{}}
  mod_adhoc: {{}}
  mod_disco: {{}}
  mod_register:
    ip_access: all
"#
    )
}
