//! The processes that are measured: `invited` as it ships, and the bare tide app beside it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use invited::clock;
use invited::config::HttpSettings;
use invited::config::value::Listen;
use invited::server::{Listeners, Server, listen};
use tempfile::TempDir;

use crate::load::content_length;

const BINARY: &str = env!("CARGO_BIN_EXE_invited");

/// The key `site` has the secret `s3cret`.
const CONFIG: &str = r#"
public_url = "https://invite.example.com/"
[hosts."example.com"]
[keys.site]
allow = ["create", "read"]
sha256 = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
"#;

/// The key of [`CONFIG`].
pub const KEY: &str = "site/s3cret";

/// A configuration and a state directory below the target directory, on its disk; gone when dropped.
pub struct Scratch(TempDir);

impl Scratch {
    pub fn new() -> Self {
        let scratch =
            Self(tempfile::Builder::new().prefix("numbers-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap());
        std::fs::write(scratch.path().join("config.toml"), CONFIG).unwrap();
        scratch
    }

    /// Adds lines to its configuration.
    pub fn configure_more(&self, lines: &str) {
        let mut config = std::fs::File::options().append(true).open(self.path().join("config.toml")).unwrap();
        config.write_all(lines.as_bytes()).unwrap();
    }

    /// A copy of its ledger, on the disk when this returns.
    pub fn copy(&self) -> Self {
        let copy = Self::new();
        std::fs::create_dir(copy.state()).unwrap();
        for name in ["ledger.db", "ledger.key"] {
            let to = copy.state().join(name);
            std::fs::copy(self.state().join(name), &to).unwrap();
            std::fs::File::open(to).unwrap().sync_all().unwrap();
        }
        copy
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    /// Runs a subcommand that must succeed; gives its stdout.
    pub fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(self.path().join("config.toml")).arg("--state-dir").arg(self.state());
        let output = clean(&mut command).args(arguments).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts a subcommand, with its stdout in a file.
    pub fn start(&self, arguments: &[&str], stdout: std::fs::File) -> Child {
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(self.path().join("config.toml")).arg("--state-dir").arg(self.state());
        clean(&mut command).args(arguments).stdin(Stdio::null()).stdout(stdout).spawn().unwrap()
    }

    /// Starts `serve` on an inherited socket. Its log goes to a file beside the state directory.
    pub fn serve(&self) -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        // As the units have it.
        rustix::net::listen(&listener, 4096).unwrap();
        let address = listener.local_addr().unwrap();
        let log = std::fs::File::options().create(true).append(true).open(self.path().join("log")).unwrap();
        let mut command = activated(listener);
        command.arg("--config").arg(self.path().join("config.toml")).arg("--state-dir").arg(self.state());
        let child = command.arg("serve").stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Service { child, address }
    }
}

/// None of the caller's environment reaches what is measured.
fn clean(command: &mut Command) -> &mut Command {
    command.env_clear().env("PATH", "/usr/bin:/bin")
}

/// The binary with an inherited socket. As with systemd, `LISTEN_PID` must be its own, so a shell sets it.
fn activated(listener: TcpListener) -> Command {
    let mut command = Command::new("/bin/sh");
    let script = "exec 3<&0 0</dev/null; LISTEN_PID=$$ exec \"$0\" \"$@\"";
    clean(&mut command).env("LISTEN_FDS", "1").arg("-c").arg(script).arg(BINARY);
    command.stdin(Stdio::from(OwnedFd::from(listener)));
    command
}

/// Runs `invited --version` in the way that the service is started.
pub fn version() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    assert!(activated(listener).arg("--version").stdout(Stdio::null()).status().unwrap().success());
}

/// A running process that answers; killed when dropped.
pub struct Service {
    child: Child,
    pub address: SocketAddr,
}

impl Service {
    /// Waits until it has answered one create.
    pub fn first_answer(&self) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(&post("/invites_api", KEY)).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(std::str::from_utf8(&answer).unwrap(), "HTTP/1.1 201");
    }

    /// Asks `times` times on one connection; gives how long each answer took, which must have `status`.
    pub fn ask(&self, request: &[u8], status: u16, times: usize) -> Vec<Duration> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut buffer = vec![0; 1 << 20];
        let ask = |_| {
            let began = clock::instant();
            stream.write_all(request).unwrap();
            let mut filled = 0;
            loop {
                filled += stream.read(&mut buffer[filled..]).unwrap();
                let Some(end) = buffer[..filled].windows(4).position(|window| window == b"\r\n\r\n") else { continue };
                let head = std::str::from_utf8(&buffer[..end]).unwrap();
                assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
                if filled >= end + 4 + content_length(head) {
                    return clock::instant().duration_since(began);
                }
            }
        };
        (0..times).map(ask).collect()
    }

    /// A figure of `/proc/PID/status` in MiB, such as `VmRSS`.
    pub fn memory(&self, name: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<f64>().unwrap() / 1024.0
    }

    /// The processor time that its threads have used.
    pub fn processor_time(&self) -> Duration {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let of = |task: std::fs::DirEntry| {
            let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<u64>().ok()
        };
        Duration::from_nanos(tasks.flatten().filter_map(of).sum::<u64>())
    }

    /// Has it stop by itself.
    pub fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The argument that makes this program the constant server.
pub const CONSTANT: &str = "--constant-server";

/// Starts this program again, as the constant server.
pub fn constant() -> Service {
    announced(Command::new(std::env::current_exe().unwrap()).arg(CONSTANT))
}

/// Starts a server that prints where it listens.
pub fn announced(command: &mut Command) -> Service {
    let mut child = clean(command).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("http://").unwrap().parse().unwrap();
    Service { child, address }
}

/// The same accept loop under a bare tide app with one route that always answers the same; without middleware.
pub fn be_constant() {
    const LOCATION: &str = "https://invite.example.com/invite?AdXsSwAAAAevGz3NYIJEj6At";
    let socket = listen::bind(&Listen::Tcp("127.0.0.1:0".into()), listen::Role::Http, &[]).unwrap();
    println!("{socket}");
    let mut app = tide::new();
    app.at("/invites_api").post(async |_| {
        let mut response = tide::Response::new(201);
        response.insert_header("Location", LOCATION);
        Ok(response)
    });
    async_std::task::block_on(async {
        let sockets = Listeners::new(&Server::new(HttpSettings::default(), &[]), vec![socket]);
        let mut listener = app.bind(sockets).await.unwrap();
        tide::listener::Listener::<()>::accept(&mut listener).await.unwrap();
    });
}

/// The request of a phone for a landing page.
pub fn page(link: &str) -> Vec<u8> {
    let target = link.strip_prefix("https://invite.example.com").unwrap();
    let agent = "User-Agent: Mozilla/5.0 (Linux; Android 14; Pixel 8)\r\nAccept-Language: de-AT,de;q=0.9,en;q=0.8";
    format!("GET {target} HTTP/1.1\r\nHost: invite.example.com\r\n{agent}\r\n\r\n").into_bytes()
}

/// A whole request.
pub fn post(path: &str, key: &str) -> Vec<u8> {
    request("POST", path, key, "")
}

/// A request with a body, if there is one.
pub fn request(method: &str, path: &str, key: &str, body: &str) -> Vec<u8> {
    let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
    format!(
        "{method} {path} HTTP/1.1\r\nHost: invite.example.com\r\nAuthorization: Bearer {key}\r\n{kind}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
