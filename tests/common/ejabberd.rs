//! A real ejabberd, of where [`servers`] looks for it, on ports and a directory of its own. Without Erlang's distribution: nothing of the
//! machine's own ejabberd or epmd is read or touched.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a harness that cannot do its work fails the test")]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::common::{PATIENCE, Process, free_port, servers};

/// The one host.
pub const HOST: &str = "example.com";
/// The account that may call the API.
pub const ADMIN: &str = "admin@example.com";
pub const PASSWORD: &str = "the admin's \"password\"";

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

impl Ejabberd {
    /// Starts a server and waits until it answers.
    pub fn start() -> Self {
        Self::configured(|http, c2s, _| with_admin(http, c2s))
    }

    /// Starts one that remembers whom an admin has banned: from 24.06 on with what users keep there, before by another password.
    pub fn that_bans() -> Self {
        Self::configured(|http, c2s, _| {
            with_admin(http, c2s).replace("modules:\n", "modules:\n  mod_last: {}\n  mod_private: {}\n")
        })
    }

    /// Starts one with mod_invites, where `inviters` (user names) may have accounts made by their contacts' invites and
    /// what they make opens at `landing_page`; nothing where this version has none that we use.
    pub fn with_invites(inviters: &[&str], landing_page: &str) -> Option<Self> {
        let lines = Self::invites(inviters, landing_page, "ip_access: all")?;
        Some(Self::configured(|http, c2s, _| format!("{}{lines}", configuration(http, c2s, "127.0.0.1"))))
    }

    /// The same for apps at another address, with a line of mod_register.
    pub fn with_invites_at(clients: &str, line: &str) -> Option<Self> {
        let lines = Self::invites(&[], "https://invite.example.com/invite?{{ invite.token }}", line)?;
        let mut server = Self::configured(|http, c2s, _| format!("{}{lines}", configuration(http, c2s, clients)));
        server.c2s.set_ip(clients.parse().unwrap());
        Some(server)
    }

    fn invites(inviters: &[&str], landing_page: &str, line: &str) -> Option<String> {
        if version() < (26, 7) {
            return None;
        }
        let inviters: Vec<_> = inviters.iter().map(|name| format!("      {name}: {HOST}\n")).collect();
        Some(format!(
            "    allow_modules: [mod_invites]\n    {line}\n  mod_invites:\n    access_create_account: inviters\n    landing_page: \
             {landing_page:?}\nacl:\n  admin:\n    user: {ADMIN}\n  inviters:\n    user:\n      admin: {HOST}\n{}",
            inviters.concat()
        ))
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
            with_admin(http, c2s).replace("listen:\n", &lines).replace("modules:\n", "modules:\n  mod_offline: {}\n")
        })
    }

    /// Starts one with these lines and no more than a server needs to run at all.
    pub fn as_told(lines: &str) -> Self {
        Self::configured(|http, c2s, _| {
            let clients = format!("listen:\n  - port: {c2s}\n    ip: \"127.0.0.1\"\n    module: ejabberd_c2s\n");
            let lines = lines.replace("port: 5280", &format!("port: {http}")).replace("listen:\n", &clients);
            assert!(lines.contains(&format!("port: {http}")) && lines.contains(&clients), "{lines}");
            format!("hosts: [\"{HOST}\"]\nloglevel: warning\n{lines}")
        })
    }

    /// Starts one with this file as it is, which has HTTP and clients at those ports.
    pub fn with_file(file: &str, http: u16, c2s: u16) -> Self {
        let mut server = Self::configured(|_, _, _| file.to_owned());
        server.http.set_port(http);
        server.c2s.set_port(c2s);
        server
    }

    /// The file that the package installs, for our host and without its comments.
    pub fn stock_file() -> String {
        let file = std::fs::read_to_string(servers::path("/etc/ejabberd/ejabberd.yml")).unwrap();
        let is_said = |line: &&str| !line.trim_start().starts_with('#') && !line.trim().is_empty();
        file.lines().filter(is_said).map(|line| line.replace("- localhost", &format!("- {HOST}")) + "\n").collect()
    }

    /// `configuration` is given the ports of HTTP, of clients and of components.
    fn configured(configuration: impl Fn(u16, u16, u16) -> String) -> Self {
        let mut last = String::new();
        for _ in 0..ATTEMPTS {
            let [http, c2s, component] = [free_port(), free_port(), free_port()];
            let dir = tempfile::Builder::new().prefix("invited-ejabberd-").tempdir().unwrap();
            let config = configuration(http.port(), c2s.port(), component.port());
            std::fs::write(dir.path().join("ejabberd.yml"), config).unwrap();
            let mut ejabberd = Self { process: None, http, c2s, component, dir };
            if ejabberd.run() {
                return ejabberd;
            }
            last = std::fs::read_to_string(ejabberd.dir.path().join("ejabberd.log")).unwrap_or_default();
        }
        panic!("ejabberd did not start {ATTEMPTS} times: {last}");
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
            .arg(set("ERL_LIBS", &application().0))
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
            match lines.recv_timeout(PATIENCE) {
                Ok(line) if line == "ready" => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    /// Makes an account.
    pub fn register(&self, username: &str, password: &str) {
        let (status, answer) = self.call("register", &json!({"user": username, "host": HOST, "password": password}));
        assert_eq!(status, 200, "{answer}");
    }

    /// Calls a command as the admin would, without our adapter.
    pub fn call(&self, command: &str, arguments: &Value) -> (u16, Value) {
        call(self.http, command, arguments)
    }

    /// The users that there are.
    pub fn users(&self) -> BTreeSet<String> {
        let (_, users) = self.call("registered_users", &json!({"host": HOST}));
        users.as_array().unwrap().iter().map(|user| user.as_str().unwrap().to_owned()).collect()
    }

    /// What the server says that it is, such as `ejabberd 26.07`.
    pub fn version(&self) -> String {
        let (_, told) = self.call("status", &json!({}));
        let told = told.as_str().unwrap().rsplit("ejabberd ").next().unwrap();
        // Debian's 23.01 adds its revision.
        format!("ejabberd {}", told.split([' ', '-']).next().unwrap())
    }

    /// `kind = "ejabberd"` for it, as lines of a backend's table.
    pub fn backend(&self) -> String {
        format!(
            "kind = \"ejabberd\"\nurl = \"http://{}/api\"\nuser = \"{ADMIN}\"\npassword = {PASSWORD:?}\n",
            self.http
        )
    }
}

/// Calls a command of the API at `address` as the admin, in the plainest way.
pub fn call(address: SocketAddr, command: &str, arguments: &Value) -> (u16, Value) {
    let login = STANDARD.encode(format!("{ADMIN}:{PASSWORD}"));
    let body = arguments.to_string();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /api/{command} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Basic {login}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
}

/// Runs this test again in a network of its own, where all ports are free and `address` is another address
/// of this machine, beside loopback; true in the test that was started first, which has nothing more to do.
pub fn ran_in_a_network_of_its_own(test: &str, address: &str) -> bool {
    if std::env::var_os("INVITED_TEST_NETWORK").is_some() {
        return false;
    }
    let setup = format!("ip link set lo up && ip address add {address}/32 dev lo && exec \"$@\"");
    let output = Command::new("unshare")
        .args(["--net", "sh", "-c", &setup, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env("INVITED_TEST_NETWORK", "1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("1 passed"), "{told}");
    true
}

/// Where Debian has ejabberd's applications, and ejabberd's own version among them.
fn application() -> (PathBuf, String) {
    let dirs = std::fs::read_dir(servers::path("/usr/lib")).unwrap().map(|entry| entry.unwrap().path());
    let version = |dir: &Path| {
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        let mut names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        names.find_map(|name| Some(name.strip_prefix("ejabberd-")?.to_owned()))
    };
    let mut found = dirs.filter(|dir| dir.is_dir()).filter_map(|dir| version(&dir).map(|version| (dir, version)));
    let (dir, version) = found.next().expect("install the package ejabberd");
    (Path::new("/usr/lib").join(dir.file_name().unwrap()), version)
}

/// Year and month of the version that is installed.
pub fn version() -> (u32, u32) {
    let (_, version) = application();
    let mut parts = version.split(['.', '-']).map(|part| part.parse().unwrap());
    (parts.next().unwrap(), parts.next().unwrap())
}

/// All that the API needs.
fn with_admin(http: u16, c2s: u16) -> String {
    format!("{}    ip_access: all\nacl:\n  admin:\n    user: {ADMIN}\n", configuration(http, c2s, "127.0.0.1"))
}

/// Ends in the table of mod_register, and has no `acl`.
fn configuration(http: u16, c2s: u16, clients: &str) -> String {
    format!(
        r#"hosts: ["{HOST}"]
loglevel: warning
listen:
  - port: {c2s}
    ip: "{clients}"
    module: ejabberd_c2s
  - port: {http}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers:
      /api: mod_http_api
access_rules:
  configure:
    allow: admin
  inviters:
    allow: inviters
  c2s:
    allow: all
  local:
    allow: all
  trusted_network:
    allow: loopback
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
"#
    )
}
