//! The real binary under test: started with a configuration of its own, spoken to over raw sockets, killed when dropped.
#![allow(dead_code, unused_imports, reason = "every test file uses a part of it")]

pub mod browser;
pub mod chromium;
pub mod distance;
pub mod docs;
pub mod ejabberd;
pub mod fake_clock;
pub mod fake_ejabberd;
pub mod fake_server;
pub mod fake_xmpp;
pub mod form;
pub mod hostile;
pub mod http;
pub mod jwt;
mod patience;
mod ports;
pub mod postgres;
mod process;
pub mod prometheus;
pub mod prosody;
pub mod receiver;
pub mod schema;
pub mod servers;
pub mod slixmpp;
pub mod smtp;
pub mod stream;
pub mod terminal;
pub mod tools;

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub use http::{Client, Response, exchange};
pub use patience::PATIENCE;
pub use ports::free_port;
pub use process::Process;

/// What a program of tests calls `test` of `module`, for whoever runs it again.
pub fn name_of_test(module: &str, test: &str) -> String {
    let (_program, module) = module.split_once("::").unwrap();
    format!("{module}::{test}")
}

#[expect(clippy::disallowed_methods, reason = "a test waits by the real clock")]
pub fn now() -> Instant {
    Instant::now()
}

/// A configuration with one host and the key `site` (secret `s3cret`), below which a test adds its own lines.
pub const CONFIG: &str = r#"
public_url = "https://invite.example.com/"
listen = ["127.0.0.1:0"]
[hosts."example.com"]
[keys.site]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
"#;

/// Read before a test's own configuration. These are longer than [`PATIENCE`]: a connection that ends was ended for what the
/// test is about, and one that is slow is not.
const LIMITS: &str = r#"
[http]
header_timeout = "10m"
body_timeout = "10m"
idle_timeout = "10m"
drain_timeout = "10m"
"#;

/// What `check --connect` says of a server that does not answer in time: a host's, and a component's.
const SLOW: [&str; 2] = ["it did not answer within ", "the server does not answer"];

/// What `check` says on stderr, without what it says of every host that has no XMPP server.
pub fn beside_no_accounts(stderr: &[u8]) -> String {
    let text = std::str::from_utf8(stderr).unwrap();
    text.split_inclusive('\n').filter(|line| !line.starts_with("note: no accounts are created on ")).collect()
}

/// The key of [`CONFIG`].
pub const KEY: &str = "site/s3cret";

/// A directory with a configuration and a state directory; gone when dropped.
pub struct Scratch {
    dir: TempDir,
}

impl Scratch {
    pub fn new(config: &str) -> Self {
        let dir = tempfile::Builder::new().prefix("invited-test-").tempdir().unwrap();
        let scratch = Self { dir };
        std::fs::write(scratch.limits(), LIMITS).unwrap();
        scratch.configure(config);
        scratch
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn config(&self) -> PathBuf {
        self.path().join("config.toml")
    }

    fn limits(&self) -> PathBuf {
        self.path().join("limits.toml")
    }

    pub fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    pub fn configure(&self, config: &str) {
        std::fs::write(self.config(), config).unwrap();
    }

    /// The binary with this configuration and state directory, and none of the caller's environment.
    pub fn command(&self) -> Command {
        let mut command = Self::binary();
        command.arg("--config").arg(self.config()).arg("--state-dir").arg(self.state());
        command
    }

    fn binary() -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_invited"));
        Self::prepare(&mut command);
        command
    }

    /// The same with [`LIMITS`], for `serve`.
    fn service(&self) -> Command {
        let mut command = Self::binary();
        self.configured(&mut command);
        command
    }

    fn configured(&self, command: &mut Command) {
        command.arg("--config").arg(self.limits()).arg("--config").arg(self.config());
        command.arg("--state-dir").arg(self.state());
    }

    fn prepare(command: &mut Command) {
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("INVITED_") || name.starts_with("LISTEN_") || name.starts_with("NOTIFY_") {
                command.env_remove(name);
            }
        }
        for name in ["JOURNAL_STREAM", "INVOCATION_ID", "WATCHDOG_USEC", "STATE_DIRECTORY", "CREDENTIALS_DIRECTORY"] {
            command.env_remove(name);
        }
    }

    /// Runs a subcommand to its end; again, as an admin would, if it says that a server was too slow, which it is where the
    /// machine is.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let began = now();
        loop {
            let output = self.command().args(arguments).stdin(Stdio::null()).output().unwrap();
            let told = String::from_utf8_lossy(&output.stdout);
            if !SLOW.iter().any(|slow| told.contains(slow)) || began.elapsed() > PATIENCE {
                return output;
            }
        }
    }

    /// Runs a subcommand that must succeed; gives its stdout.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "invited {arguments:?} ended with {}: {stderr}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Makes a key; gives `ID/SECRET`.
    pub fn key(&self, arguments: &[&str]) -> String {
        self.ok(&[&["key", "create"], arguments].concat()).trim_end().to_owned()
    }

    /// Starts `serve` on a port of its own.
    pub fn serve(&self) -> Served {
        Served::start(&mut self.service(), &["serve", "-v"])
    }

    /// Starts `serve` with these arguments, and extra environment.
    pub fn serve_as(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Served {
        Served::start(self.service().envs(environment.iter().copied()), &[&["serve"], arguments].concat())
    }

    /// Starts `serve` with extra environment.
    pub fn serve_with(&self, environment: &[(&str, &str)]) -> Served {
        Served::start(self.service().envs(environment.iter().copied()), &["serve", "-v"])
    }

    /// Starts `serve` with so many open files as `ulimit` says: `-S -n 48`.
    pub fn serve_limited(&self, limit: &str) -> Served {
        let mut command = Command::new("/bin/sh");
        Self::prepare(&mut command);
        command.arg("-c").arg(format!("ulimit {limit}; exec \"$0\" \"$@\"")).arg(env!("CARGO_BIN_EXE_invited"));
        self.configured(&mut command);
        Served::start(&mut command, &["serve", "-v"])
    }

    /// Starts `serve` on sockets that are passed as systemd does: `LISTEN_FDS`, from descriptor 3 on, under `names`.
    /// The shell sets `LISTEN_PID`, which must be the pid after exec. At most two sockets.
    pub fn serve_activated(&self, sockets: Vec<OwnedFd>, names: &str, environment: &[(&str, &str)]) -> Served {
        let count = sockets.len();
        let mut command = Command::new("/bin/sh");
        Self::prepare(&mut command);
        let script = match count {
            1 => "exec 3<&0 0</dev/null; LISTEN_PID=$$ exec \"$0\" \"$@\"",
            2 => "exec 3<&0 4<&1 0</dev/null 1>&2; LISTEN_PID=$$ exec \"$0\" \"$@\"",
            other => panic!("{other} sockets"),
        };
        command.arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_invited"));
        self.configured(&mut command);
        command.env("LISTEN_FDS", count.to_string()).env("LISTEN_FDNAMES", names);
        command.envs(environment.iter().copied());
        let mut sockets = sockets.into_iter();
        command.stdin(Stdio::from(sockets.next().unwrap()));
        if let Some(second) = sockets.next() {
            command.stdout(Stdio::from(second));
        }
        Served::start_piped(&mut command, &["serve", "-v"], count < 2)
    }
}

/// A running service.
pub struct Served {
    child: Child,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    grew: Condvar,
}

impl Served {
    fn start(command: &mut Command, arguments: &[&str]) -> Self {
        Self::start_piped(command.stdin(Stdio::null()), arguments, true)
    }

    fn start_piped(command: &mut Command, arguments: &[&str], own_stdout: bool) -> Self {
        if own_stdout {
            command.stdout(Stdio::null());
        }
        let mut child = command.args(arguments).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Log::default());
        let (stderr, filled) = (child.stderr.take().unwrap(), Arc::clone(&log));
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
                filled.lines.lock().unwrap().push(String::from_utf8_lossy(&line).into_owned());
                filled.grew.notify_all();
            }
        });
        let served = Self { child, log };
        served.wait_log("listening on ");
        served
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// From now on it may have so many files open; none: no more than it has.
    pub fn limit_files(&self, most: Option<u64>) {
        let is_free = |number: &u64| !Path::new(&format!("/proc/{}/fd/{number}", self.pid())).is_symlink();
        // Descriptors that this test was started with may have high numbers; and for a moment there is one more now and then.
        let lowest_free = || (0..1_000).map(|_| (0..4_096).find(is_free).unwrap()).min().unwrap();
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.pid()).unwrap());
        let maximum = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum;
        let limit = rustix::process::Rlimit { current: Some(most.unwrap_or_else(lowest_free)), maximum };
        rustix::process::prlimit(pid, rustix::process::Resource::Nofile, limit).unwrap();
    }

    /// The first TCP address it listens on.
    pub fn address(&self) -> SocketAddr {
        let line = self.wait_log("listening on ");
        let (_, rest) = line.split_once("://").expect("a TCP address");
        let end = rest.find([',', ';']).unwrap();
        rest[..end].parse().unwrap()
    }

    pub fn client(&self) -> Client {
        Client::tcp(self.address())
    }

    /// What has been logged.
    pub fn log(&self) -> String {
        self.log.lines.lock().unwrap().join("\n")
    }

    /// Waits until a line that contains `text` is logged; gives the first.
    pub fn wait_log(&self, text: &str) -> String {
        self.wait_log_after(0, text)
    }

    /// How many lines have been logged.
    pub fn log_length(&self) -> usize {
        self.log.lines.lock().unwrap().len()
    }

    /// Waits until a line that contains `text` is logged after the first `skip` lines.
    pub fn wait_log_after(&self, skip: usize, text: &str) -> String {
        let deadline = now() + PATIENCE;
        let mut lines = self.log.lines.lock().unwrap();
        loop {
            if let Some(line) = lines.iter().skip(skip).find(|line| line.contains(text)) {
                return line.clone();
            }
            let left = deadline.saturating_duration_since(now());
            assert!(!left.is_zero(), "no {text:?} in the log:\n{}", lines.join("\n"));
            lines = self.log.grew.wait_timeout(lines, left).unwrap().0;
        }
    }

    /// Sends a signal, by name: `TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.pid().to_string()).status().unwrap();
        assert!(status.success());
    }

    /// Calls the API with a key; gives the status and the JSON of the answer, null where there is none.
    pub fn api(&self, key: &str, method: &str, path: &str, body: &serde_json::Value) -> (u16, serde_json::Value) {
        let authorization = format!("Authorization: Bearer {key}");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let headers = [authorization.as_str(), "Content-Type: application/json"];
        let mut client = self.client();
        client.send(http::request(method, path, &headers, &body));
        let answer = client.read().unwrap();
        (answer.status, if answer.body.is_empty() { serde_json::Value::Null } else { answer.json() })
    }

    /// Stops it, and waits until none of its threads runs: it answers nothing until it is told `CONT`.
    pub fn freeze(&self) {
        self.signal("STOP");
        let began = now();
        let is_stopped = |stat: String| stat.rsplit(')').next().is_some_and(|rest| rest.trim().starts_with('T'));
        loop {
            let threads = std::fs::read_dir(format!("/proc/{}/task", self.pid())).unwrap();
            let stats = threads.map(|thread| std::fs::read_to_string(thread.unwrap().path().join("stat")));
            if stats.flatten().all(is_stopped) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "it does not stop");
        }
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until it has ended.
    pub fn wait(&mut self) -> ExitStatus {
        let deadline = now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(now() < deadline, "it does not end:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A listening socket to be passed on, on a free port of loopback.
pub fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

/// Where a service tells how it goes (`NOTIFY_SOCKET`).
pub struct Notified {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Notified {
    pub fn new(scratch: &Scratch) -> Self {
        let path = scratch.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket, path }
    }

    pub fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }

    /// The next message, as long as systemd lets one be (`NOTIFY_BUFFER_MAX`).
    pub fn next(&self) -> String {
        let mut buffer = vec![0; 64 << 10];
        let length = self.socket.recv(&mut buffer).expect("a message to the service manager");
        assert!(length <= 4096, "systemd drops a message of {length} bytes");
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    /// Waits for a message that contains `text`.
    pub fn wait(&self, text: &str) -> String {
        loop {
            let message = self.next();
            if message.contains(text) {
                return message;
            }
        }
    }
}
