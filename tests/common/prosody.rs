//! A real Prosody 0.12 with `mod_invites_api`, on a directory and port of its own: our answers are held against it.
//!
//! Needs Debian's packages prosody and prosody-modules. Nothing of the machine's own Prosody is read or touched.

#![expect(clippy::unwrap_used, reason = "a harness that cannot do its work fails the test")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

/// The one host.
pub const HOST: &str = "example.com";

/// Between two lines of the log; all of the start takes 0.1 s on an idle machine.
const START_TIMEOUT: Duration = Duration::from_secs(30);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Between finding a free port and Prosody's taking it, somebody else may.
const ATTEMPTS: usize = 5;

/// A running server; killed when dropped.
pub struct Prosody {
    process: Process,
    address: SocketAddr,
    dir: tempfile::TempDir,
    log: Receiver<String>,
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

impl Prosody {
    /// Starts a server and waits until it answers.
    pub fn start() -> Self {
        for _ in 0..ATTEMPTS {
            if let Some(prosody) = Self::try_start() {
                return prosody;
            }
        }
        panic!("prosody found the port in use {ATTEMPTS} times");
    }

    /// Nothing if the port is in use.
    fn try_start() -> Option<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let dir = tempfile::Builder::new().prefix("invited-prosody-").tempdir().unwrap();
        std::fs::create_dir(dir.path().join("certs")).unwrap();
        std::fs::write(dir.path().join("prosody.cfg.lua"), configuration(&dir.path().display().to_string(), port))
            .unwrap();

        let mut child = Command::new("prosody")
            .arg("--config")
            .arg(dir.path().join("prosody.cfg.lua"))
            .arg("-F")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("cannot run prosody ({error}); install the packages prosody and prosody-modules")
            });
        let stdout = BufReader::new(child.stdout.take().unwrap());
        // The thread reads on as long as the server lives: a full pipe would stop it.
        let (sender, log) = mpsc::channel();
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok()));
        let prosody = Self { process: Process(child), address, dir, log };

        // The port comes before the modules, but the first answer after both: Prosody does one thing at a time.
        if prosody.owns_port() {
            let answer = prosody.exchange("GET /invites_api?key=none HTTP/1.1\r\nHost: example.com\r\n");
            assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}\n{}", prosody.log());
            return Some(prosody);
        }
        None
    }

    fn owns_port(&self) -> bool {
        let mut seen = String::new();
        loop {
            match self.log.recv_timeout(START_TIMEOUT) {
                Ok(line) if line.contains("Activated service 'http' on no ports") => return false,
                Ok(line) if line.contains("Activated service 'http' on ") => return true,
                Ok(line) => seen = seen + line.as_str() + "\n",
                Err(error) => panic!("prosody (process {}) does not start ({error}):\n{seen}", self.process.0.id()),
            }
        }
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
        let output = Command::new("prosodyctl")
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
        stream.set_read_timeout(Some(ANSWER_TIMEOUT)).unwrap();
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

/// `dir` and `port` are its own; all else is fixed.
fn configuration(dir: &str, port: u16) -> String {
    format!(
        r#"run_as_root = true -- as in containers; no change for other users
data_path = "{dir}/data"
pidfile = "{dir}/prosody.pid"
certificates = "{dir}/certs"
plugin_paths = {{ "/usr/lib/prosody/modules", "/usr/share/prosody-modules" }}
log = {{ info = "*console" }}
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
