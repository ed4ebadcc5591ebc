//! A real Prosody, 0.12 or 13, on a directory and port of its own: with `mod_invites_api`, which our answers are held
//! against, or with clients and an admin socket, as a backend.
//!
//! Needs Debian's packages prosody, prosody-modules and lua-dbi-sqlite3, where [`servers`] looks for them. Nothing of the machine's own Prosody is read or
//! touched.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a harness that cannot do its work fails the test")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::common::{PATIENCE, Process, free_port, servers};

/// The one host.
pub const HOST: &str = "example.com";

/// Between finding a free port and Prosody's taking it, somebody else may.
const ATTEMPTS: usize = 5;
/// What has a port that was found for it.
const SERVICES: [&str; 3] = ["http", "c2s", "component"];
/// Stands for the port of components in a configuration.
const COMPONENT_PORT: &str = "COMPONENT-PORT";

/// Where it keeps what it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Files; every change of a file writes it whole.
    Internal,
    /// SQLite.
    Sql,
}

/// A token of Prosody's own. What there is none of is empty.
#[derive(Clone, Copy)]
pub struct OwnToken<'a> {
    /// `account`, `contact` or `reset`.
    pub kind: &'a str,
    pub username: &'a str,
    /// Who becomes the contact.
    pub contact: &'a str,
    pub role: &'a str,
    pub seconds: u64,
}

impl OwnToken<'static> {
    /// For any account.
    pub fn account(seconds: u64) -> Self {
        Self { kind: "account", username: "", contact: "", role: "", seconds }
    }
}

/// A server with its data, which may be stopped and started again; killed when dropped.
pub struct Prosody {
    process: Process,
    /// Of HTTP or clients.
    address: SocketAddr,
    /// Of components, if it takes any.
    component: Option<SocketAddr>,
    dir: tempfile::TempDir,
    log: Receiver<String>,
}

impl Prosody {
    /// Starts a server with `mod_invites_api`, and waits until it answers.
    pub fn start() -> Self {
        Self::configured(web_api)
    }

    /// Starts a server with clients, invites and an admin socket, and waits until it answers.
    pub fn with_clients(storage: Storage) -> Self {
        Self::with_clients_and(storage, CLIENT_MODULES, "")
    }

    /// The same with other modules, and with lines of the test's own for the host.
    pub fn with_clients_and(storage: Storage, modules: &[&str], lines: &str) -> Self {
        Self::configured(|dir, port| clients(dir, port, storage, modules, lines))
    }

    /// The same on files, with a port for components, and with lines of the test's own for these.
    pub fn with_components(modules: &[&str], lines: &str) -> Self {
        Self::configured(|dir, port| {
            let clients = clients(dir, port, Storage::Internal, modules, lines);
            format!("component_ports = {{ {COMPONENT_PORT} }}\ncomponent_interfaces = {{ \"127.0.0.1\" }}\n{clients}")
        })
    }

    /// Starts a server from lines that somebody is told to write, beside what every server has.
    pub fn as_told(lines: &str) -> Self {
        let beside = "modules_enabled = { \"roster\"; \"saslauth\"; \"disco\"; ";
        assert!(lines.contains("modules_enabled = { "), "{lines}");
        let lines = lines.replace("modules_enabled = { ", beside);
        Self::configured(|dir, port| {
            let common = common(dir);
            format!(
                "{common}\n{lines}\nmodules_disabled = {{ \"s2s\"; \"tls\" }}\nc2s_interfaces = {{ \"127.0.0.1\" }}\n\
                 c2s_ports = {{ {port} }}\nc2s_require_encryption = false\nallow_unencrypted_plain_auth = true\n\
                 VirtualHost \"{HOST}\"\n"
            )
        })
    }

    /// Starts a server as its package configures it, but for ports, directories and encryption, which are the test's own.
    pub fn stock() -> Self {
        let stock = std::fs::read_to_string(servers::path("/etc/prosody/prosody.cfg.lua")).unwrap();
        let (global, hosts) = stock.split_once("\nVirtualHost ").unwrap();
        Self::configured(|dir, port| {
            let common = common(dir);
            format!(
                "{global}\n{common}\nmodules_disabled = {{ \"s2s\"; \"tls\" }}\nc2s_interfaces = {{ \"127.0.0.1\" }}\n\
                 c2s_ports = {{ {port} }}\nc2s_require_encryption = false\nallow_unencrypted_plain_auth = true\n\
                 VirtualHost {hosts}"
            )
        })
    }

    /// Starts one with clients, and below all else with the lines that somebody is told to write there for a component.
    pub fn with_component_as_told(lines: &str) -> Self {
        let own = if lines.contains("component_ports") { "" } else { "component_ports = { 5347 }\n" };
        Self::configured(|dir, port| {
            let clients = clients(dir, port, Storage::Internal, CLIENT_MODULES, lines);
            format!("{own}{clients}").replace("{ 5347 }", &format!("{{ {COMPONENT_PORT} }}"))
        })
    }

    /// Stops it, moves all that it has into a database with the stores of `more` beside the usual ones, and starts it.
    pub fn migrate(&mut self, more: &str) {
        self.stop();
        let dir = self.dir.path().display().to_string();
        let migrator = self.dir.path().join("migrator.cfg.lua");
        let text = format!(
            "local stores = {{ \"accounts\"; \"roster\"; {more} }}\n\
             input {{ hosts = {{ [\"{HOST}\"] = stores }}; type = \"internal\"; path = \"{dir}/data\" }}\n\
             output {{ type = \"sql\"; driver = \"SQLite3\"; database = \"{dir}/data/prosody.sqlite\" }}\n"
        );
        std::fs::write(&migrator, text).unwrap();
        let mut command = servers::command("prosody-migrator");
        let output = command.arg("--config").arg(&migrator).arg("--root").stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let sql = "storage = \"sql\"; sql = { driver = \"SQLite3\", database = \"prosody.sqlite\" }";
        let text = self.configuration().replace("storage = \"internal\"", sql);
        std::fs::write(self.dir.path().join("prosody.cfg.lua"), text).unwrap();
        self.start_again();
    }

    /// `configuration` is given the directory and a port.
    fn configured(configuration: impl Fn(&str, u16) -> String) -> Self {
        for _ in 0..ATTEMPTS {
            let [address, component] = [free_port(), free_port()];
            let dir = tempfile::Builder::new().prefix("invited-prosody-").tempdir().unwrap();
            for inner in ["certs", "conf.d"] {
                std::fs::create_dir(dir.path().join(inner)).unwrap();
            }
            std::fs::create_dir(dir.path().join("data")).unwrap();
            let text = configuration(&dir.path().display().to_string(), address.port());
            let component = text.contains(COMPONENT_PORT).then_some(component);
            let text = component.map(|at| text.replace(COMPONENT_PORT, &at.port().to_string())).unwrap_or(text);
            std::fs::write(dir.path().join("prosody.cfg.lua"), text).unwrap();
            let (process, log) = spawn(dir.path());
            let prosody = Self { process, address, component, dir, log };
            if prosody.owns_ports() {
                prosody.wait_until_it_answers();
                return prosody;
            }
        }
        panic!("prosody found the port in use {ATTEMPTS} times");
    }

    fn owns_ports(&self) -> bool {
        let mut missing: Vec<_> = [Some(self.address), self.component].into_iter().flatten().collect();
        let mut seen = String::new();
        while !missing.is_empty() {
            match self.log.recv_timeout(PATIENCE) {
                // Of what else there is, some has no ports in any case.
                Ok(line) if SERVICES.iter().any(|name| line.contains(&format!("'{name}' on no ports"))) => {
                    return false;
                }
                Ok(line) => {
                    if line.contains("Activated service '") {
                        missing.retain(|at| !line.contains(&at.port().to_string()));
                    }
                    seen = seen + line.as_str() + "\n";
                }
                Err(error) => panic!("prosody (process {}) does not start ({error}):\n{seen}", self.process.0.id()),
            }
        }
        true
    }

    /// The port comes before the modules, but the first answer after both: Prosody does one thing at a time.
    fn wait_until_it_answers(&self) {
        if self.configuration().contains("http_ports") {
            let answer = self.exchange("GET /invites_api?key=none HTTP/1.1\r\nHost: example.com\r\n");
            assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}\n{}", self.log());
        } else {
            let mut stream = TcpStream::connect(self.address).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let host =
                if self.configuration().contains(&format!("\nVirtualHost \"{HOST}\"")) { HOST } else { "localhost" };
            let header = format!(
                "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' \
                 to='{host}'></stream:stream>"
            );
            stream.write_all(header.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.contains("stream:features"), "{answer}\n{}", self.log());
        }
    }

    fn configuration(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("prosody.cfg.lua")).unwrap()
    }

    /// Where clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where components connect to.
    pub fn component(&self) -> SocketAddr {
        self.component.unwrap()
    }

    /// Whether a component of that name is connected.
    pub fn has_component(&self, name: &str) -> bool {
        let module = format!("prosody.hosts['{name}'].modules.component");
        self.lua(&format!("return tostring({module} and {module}.connected)")) == "true"
    }

    /// Makes an account.
    pub fn add_user(&self, username: &str, password: &str) {
        let call = format!("require 'core.usermanager'.create_user('{username}', '{password}', '{HOST}')");
        assert_eq!(self.lua(&format!("return tostring({call})")), "true", "{username}");
    }

    /// Removes an account.
    pub fn remove_user(&self, username: &str) {
        let call = format!("require 'core.usermanager'.delete_user('{username}', '{HOST}')");
        assert_eq!(self.lua(&format!("return tostring({call})")), "true", "{username}");
    }

    /// Makes a token of its own, as its users and admins do by mod_invites, and earlier versions of this program did.
    pub fn token(&self, wanted: &OwnToken<'_>) -> String {
        let OwnToken { kind, username, contact, role, seconds } = wanted;
        let wanted = serde_json::json!({
            "kind": kind, "username": username, "contact": contact, "role": role, "ttl": seconds,
        });
        let wanted = STANDARD.encode(wanted.to_string());
        self.lua(&format!(
            "local q = require 'util.json'.decode(require 'util.encodings'.base64.decode('{wanted}')) \
             local m, name, made = prosody.hosts['{HOST}'].modules.invites, q.username ~= '' and q.username or nil \
             local roles = require 'core.usermanager'.set_user_role and {{ q.role }} or {{ [q.role] = true }} \
             if q.role == '' then roles = nil end \
             if q.kind == 'reset' then made = m.create_account_reset(name, q.ttl) \
             elseif q.kind == 'contact' then made = m.create_contact(q.contact, true, {{ invited_username = name, roles = roles }}, q.ttl) \
             else made = m.create_account(name, {{ roles = roles }}, q.ttl) end \
             local held = m.module.invited \
             if held then held.note(made.token, {{ exp = made.expires }}) end \
             return made.token"
        ))
    }

    /// Whether somebody answers what it asks about tokens.
    pub fn is_answered(&self) -> bool {
        let asking = format!("(prosody.hosts['{HOST}'].invited or {{ answerers = {{}} }})");
        self.lua(&format!("return tostring(next({asking}.answerers) ~= nil)")) == "true"
    }

    /// Forgets who answers, as after a while without a word from them: whoever does so from now on is new.
    pub fn forget_who_answers(&self) {
        self.lua(&format!("prosody.hosts['{HOST}'].invited.answerers = {{}} return 'done'"));
    }

    /// Waits until somebody does, without asking them anything.
    pub fn wait_until_answered(&self) {
        let began = crate::common::now();
        while !self.is_answered() {
            assert!(began.elapsed() < PATIENCE, "nobody answers");
        }
    }

    /// Its configuration, to be changed before it is started again.
    pub fn configuration_file(&self) -> PathBuf {
        self.dir.path().join("prosody.cfg.lua")
    }

    /// Has it read its configuration again, with `from` in it as `to`.
    pub fn reconfigure(&self, from: &str, to: &str) {
        let text = self.configuration();
        assert!(text.contains(from), "{text}");
        std::fs::write(self.dir.path().join("prosody.cfg.lua"), text.replace(from, to)).unwrap();
        self.lua("return tostring(prosody.reload_config())");
    }

    /// Where it keeps what it knows.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The admin socket.
    pub fn socket(&self) -> PathBuf {
        self.data().join("prosody.sock")
    }

    /// Runs Lua in it, which returns a text without anything that XML would escape; gives that text.
    pub fn lua(&self, code: &str) -> String {
        let mut stream = UnixStream::connect(self.socket()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let code = code.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let header = "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='xmpp:prosody.im/admin'>";
        stream.write_all(format!("{header}<repl-input>&gt;{code}</repl-input>").as_bytes()).unwrap();
        let (mut answer, mut part) = (String::new(), [0; 4096]);
        while !answer.contains("</repl-result>") {
            let length = stream.read(&mut part).unwrap();
            assert!(length > 0, "no answer to {code}: {answer}");
            answer.push_str(std::str::from_utf8(&part[..length]).unwrap());
        }
        let result = answer.split_once("Result: ").unwrap_or_else(|| panic!("{code}\n{answer}")).1;
        result.strip_suffix("</repl-result>").unwrap().to_owned()
    }

    /// Its version, as it says itself.
    pub fn version(&self) -> String {
        self.lua("return prosody.version")
    }

    /// Whether it is 13 or later, where an account has one role and others beside it, known to the server by name.
    pub fn is_13(&self) -> bool {
        self.lua("return tostring(require 'core.usermanager'.set_user_role ~= nil)") == "true"
    }

    /// Whether a client can log in so, by SASL PLAIN.
    pub fn lets_in(&self, username: &str, password: &str) -> bool {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let response = STANDARD.encode(format!("\0{username}\0{password}"));
        let stanzas = format!(
            "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' \
             to='{HOST}'><auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{response}</auth>"
        );
        stream.write_all(stanzas.as_bytes()).unwrap();
        let (mut answer, mut part) = (String::new(), [0; 4096]);
        while !answer.contains("<success") && !answer.contains("<failure") {
            let length = stream.read(&mut part).unwrap();
            assert!(length > 0, "{answer}");
            answer.push_str(std::str::from_utf8(&part[..length]).unwrap());
        }
        answer.contains("<success")
    }

    /// The server's process.
    pub fn id(&self) -> u32 {
        self.process.0.id()
    }

    /// Stops it as a service manager does, and waits until it has ended.
    pub fn stop(&mut self) {
        let status = Command::new("kill").arg("-TERM").arg(self.id().to_string()).status().unwrap();
        assert!(status.success());
        self.process.0.wait().unwrap();
    }

    /// Waits until it has ended by itself.
    pub fn wait(&mut self) {
        self.process.0.wait().unwrap();
    }

    /// Ends it at once, without a chance to clear away its socket.
    pub fn kill(&mut self) {
        self.process.0.kill().unwrap();
        self.process.0.wait().unwrap();
    }

    /// Starts it again after [`stop`](Self::stop) or [`kill`](Self::kill), with the same data on the same port.
    pub fn start_again(&mut self) {
        (self.process, self.log) = spawn(self.dir.path());
        assert!(self.owns_ports(), "somebody has taken port {}", self.address.port());
        self.wait_until_it_answers();
    }

    /// Makes a key for [`HOST`] as its admin would: `ID/SECRET`. The running server knows it at once.
    pub fn create_key(&self, name: &str) -> String {
        let output = self.prosodyctl(&["create", HOST, name]);
        // Warnings about optional libraries come first.
        let key = output.lines().last().filter(|line| line.contains('/'));
        key.unwrap_or_else(|| panic!("prosodyctl printed no key: {output}")).to_owned()
    }

    /// Deletes a key by its id. The running server refuses it at once.
    pub fn delete_key(&self, id: &str) {
        let output = self.prosodyctl(&["delete", HOST, id]);
        assert!(!output.contains("Error: key not found"), "{output}");
    }

    fn prosodyctl(&self, arguments: &[&str]) -> String {
        let output = servers::command("prosodyctl")
            .arg("--config")
            .arg(self.dir.path().join("prosody.cfg.lua"))
            .arg("mod_invites_api")
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Where Prosody keeps the keys of [`HOST`]; absent while there are none.
    pub fn key_file(&self) -> PathBuf {
        self.dir.path().join("data/example%2ecom/invite_api_keys.dat")
    }

    /// Sends a request and returns the whole answer. `head` is the request line and headers, each with its CR LF.
    pub fn exchange(&self, head: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// What it has logged since this was last asked; requests are not among it.
    pub fn log(&self) -> String {
        self.log.try_iter().map(|line| line + "\n").collect()
    }
}

fn spawn(dir: &Path) -> (Process, Receiver<String>) {
    // As with UMask= in its unit: Prosody's own option may come after the socket.
    let mut child = servers::command("sh")
        .args(["-c", "umask 007; exec prosody \"$@\"", "prosody", "--config"])
        .arg(dir.join("prosody.cfg.lua"))
        .arg("-F")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("cannot run prosody ({error}); install the packages prosody, prosody-modules and lua-dbi-sqlite3")
        });
    let stdout = BufReader::new(child.stdout.take().unwrap());
    // The thread reads on as long as the server lives: a full pipe would stop it.
    let (sender, log) = mpsc::channel();
    std::thread::spawn(move || {
        for line in stdout.lines().map_while(Result::ok) {
            // Nobody may want to know any more.
            let _ = sender.send(line);
        }
    });
    (Process(child), log)
}

/// `dir` and `port` are its own; all else is fixed.
fn web_api(dir: &str, port: u16) -> String {
    let common = common(dir);
    format!(
        r#"{common}
plugin_paths = {{ "/usr/lib/prosody/modules", "/usr/share/prosody-modules" }}
storage = "internal"
modules_enabled = {{ "http", "invites", "register_apps", "invites_page", "invites_api" }}
modules_disabled = {{ "c2s", "s2s", "tls", "offline" }}
http_interfaces = {{ "127.0.0.1" }}
http_ports = {{ {port} }}
https_ports = {{}}
http_default_host = "{HOST}" -- whoever asks for 127.0.0.1 means it
VirtualHost "{HOST}"
"#
    )
}

/// What [`Prosody::with_clients`] has enabled.
pub const CLIENT_MODULES: &[&str] =
    &["roster", "saslauth", "disco", "ping", "admin_shell", "invites", "invites_register"];

/// Clients may log in without encryption: there is no certificate, and nobody else listens.
fn clients(dir: &str, port: u16, storage: Storage, modules: &[&str], lines: &str) -> String {
    let common = common(dir);
    let storage = match storage {
        Storage::Internal => r#"storage = "internal""#,
        Storage::Sql => r#"storage = "sql"; sql = { driver = "SQLite3", database = "prosody.sqlite" }"#,
    };
    let without_tls = if modules.contains(&"tls") { "" } else { "\"tls\"" };
    let modules = modules.iter().map(|module| format!("{module:?}")).collect::<Vec<_>>().join("; ");
    format!(
        r#"{common}
{storage}
modules_enabled = {{ {modules} }}
modules_disabled = {{ "s2s", "http", {without_tls} }}
c2s_interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
VirtualHost "{HOST}"
{lines}
"#
    )
}

fn common(dir: &str) -> String {
    format!(
        r#"run_as_root = true -- as in containers; no change for other users
data_path = "{dir}/data"
pidfile = "{dir}/prosody.pid"
certificates = "{dir}/certs"
c2s_timeout = 3600 -- who waits for an account while the machine is busy is not sent away after the usual 300 s
log = {{ info = "*console" }}"#
    )
}
