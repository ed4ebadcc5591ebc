//! The real front ends, as Debian configures them, each with a file of `examples/front-ends`.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::PublicKeyData as _;
use rustix::process::{Pid, Signal, kill_process};
use sha2::{Digest as _, Sha256};

use crate::common::{PATIENCE, Process, free_port, now};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Nginx,
    Caddy,
    Apache,
    Haproxy,
    Lighttpd,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Nginx, Self::Caddy, Self::Apache, Self::Haproxy, Self::Lighttpd];

    /// Its directory in `examples/front-ends`, its program, and what the names of its files end in.
    pub fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Nginx => ("nginx", "/usr/sbin/nginx", "conf"),
            Self::Caddy => ("caddy", "/usr/bin/caddy", "caddy"),
            Self::Apache => ("apache", "/usr/sbin/apache2", "conf"),
            Self::Haproxy => ("haproxy", "/usr/sbin/haproxy", "cfg"),
            Self::Lighttpd => ("lighttpd", "/usr/sbin/lighttpd", "conf"),
        }
    }

    /// The file for a `place`, `name` or `path`.
    pub fn example(self, place: &str) -> String {
        let (dir, _, extension) = self.names();
        let file = format!("{}/examples/front-ends/{dir}/{place}.{extension}", env!("CARGO_MANIFEST_DIR"));
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// Whether Debian's package is there; where it is not, `test` says that it is skipped.
    pub fn is_here(self, test: &str) -> bool {
        let (_, program, _) = self.names();
        let is_here = Path::new(program).exists();
        if !is_here {
            println!("SKIPPED {test}: there is no {program}; tests/run installs it");
        }
        is_here
    }
}

/// A front end that runs.
pub struct FrontEnd {
    process: Process,
    /// What is its own: certificate, configuration, logs.
    pub dir: PathBuf,
    /// Of HTTP and HTTPS.
    pub ports: (u16, u16),
    /// The digest of its public key, by which Chromium takes its certificate for good, and no other.
    pub pin: String,
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Debian's file without the lines that have one of `gone`, and with what stands for what.
fn adapted(path: &str, gone: &[&str], replaced: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for line in read(path).lines().filter(|line| !gone.iter().any(|gone| line.contains(gone))) {
        let _ = writeln!(text, "{line}");
    }
    for (from, to) in replaced {
        assert!(text.contains(from), "{path} has no {from:?}");
        text = text.replace(from, to);
    }
    text
}

impl FrontEnd {
    /// Where the socket is for whom is told to connect to `socket`: a jail has its own.
    pub fn place_of_socket(kind: Kind, dir: &Path, socket: &Path) -> PathBuf {
        match kind {
            Kind::Haproxy if is_root() => dir.join("jail").join(socket.strip_prefix("/").unwrap()),
            _ => socket.to_owned(),
        }
    }

    /// Starts it in `dir` with `example`, in which nothing is replaced but ports, paths, and what an admin would.
    pub fn start(kind: Kind, dir: &Path, example: &str, socket: &Path) -> Self {
        let ports = (free_port().port(), free_port().port());
        let place = dir.to_str().unwrap();
        let pin = certify(dir);
        let mut example = example.to_owned();
        for part in ["invite.example.com", "example.com"] {
            example = example.replace(&format!("/etc/ssl/{part}/"), &format!("{place}/"));
        }
        example = example.replace("/run/invited/http.sock", socket.to_str().unwrap());
        let mut command = match kind {
            Kind::Nginx => nginx(place, &example, ports),
            Kind::Caddy => caddy(place, &example, ports),
            Kind::Apache => apache(place, &example, ports),
            Kind::Haproxy => haproxy(place, &example, ports),
            Kind::Lighttpd => lighttpd(place, &example, ports),
        };
        Self::run(&mut command, dir, ports, pin)
    }

    fn run(command: &mut Command, dir: &Path, ports: (u16, u16), pin: String) -> Self {
        let said = File::create(dir.join("said.log")).unwrap();
        let child = command.stdin(Stdio::null()).stdout(said.try_clone().unwrap()).stderr(said).spawn().unwrap();
        let mut front_end = Self { process: Process(child), dir: dir.to_owned(), ports, pin };
        let began = now();
        while std::net::TcpStream::connect(("127.0.0.1", ports.1)).is_err() {
            let ended = front_end.process.0.try_wait().unwrap();
            assert!(ended.is_none() && began.elapsed() < PATIENCE, "{ended:?}: {}", front_end.logs());
            std::thread::sleep(Duration::from_millis(5));
        }
        front_end
    }

    /// All that it has written.
    pub fn logs(&self) -> String {
        let mut logs = String::new();
        for entry in fs::read_dir(&self.dir).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "log") {
                let _ = writeln!(logs, "{}:\n{}", path.display(), String::from_utf8_lossy(&fs::read(&path).unwrap()));
            }
        }
        logs
    }

    /// Ends it, and gives all that it has written.
    pub fn end(mut self) -> String {
        self.stop();
        self.logs()
    }

    /// It is asked to, as whoever is killed leaves its workers behind.
    fn stop(&mut self) {
        let process = &mut self.process.0;
        if !matches!(process.try_wait(), Ok(None)) {
            return;
        }
        let _ = kill_process(Pid::from_child(process), Signal::TERM);
        let began = now();
        while matches!(process.try_wait(), Ok(None)) && began.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for FrontEnd {
    fn drop(&mut self) {
        self.stop();
    }
}

pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// A certificate for both names, and its key; gives the pin.
fn certify(dir: &Path) -> String {
    let names = ["invite.example.com", "example.com"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    fs::write(dir.join("fullchain.pem"), made.cert.pem()).unwrap();
    fs::write(dir.join("privkey.pem"), made.signing_key.serialize_pem()).unwrap();
    // As the examples for HAProxy say.
    symlink("privkey.pem", dir.join("fullchain.pem.key")).unwrap();
    fs::set_permissions(dir, fs::Permissions::from_mode(0o777)).unwrap();
    STANDARD.encode(Sha256::digest(made.signing_key.subject_public_key_info()))
}

fn write(dir: &str, name: &str, text: &str) -> String {
    let path = format!("{dir}/{name}");
    fs::write(&path, text).unwrap();
    path
}

fn nginx(dir: &str, example: &str, (http, https): (u16, u16)) -> Command {
    let example = example
        .replace("[::]:80", &format!("[::1]:{http}"))
        .replace("[::]:443", &format!("[::1]:{https}"))
        .replace("listen 80", &format!("listen 127.0.0.1:{http}"))
        .replace("listen 443", &format!("listen 127.0.0.1:{https}"))
        .replace("/var/log/nginx/", &format!("{dir}/"));
    let example = write(dir, "invited.conf", &example);
    let own = format!("include {example};");
    let main = adapted(
        "/etc/nginx/nginx.conf",
        &["include /etc/nginx/conf.d/"],
        &[
            ("/run/nginx.pid", &format!("{dir}/nginx.pid")),
            ("/var/log/nginx/", &format!("{dir}/")),
            ("include /etc/nginx/sites-enabled/*;", &own),
        ],
    );
    let mut command = Command::new("/usr/sbin/nginx");
    command.args(["-e", "stderr", "-g", "daemon off;", "-c", &write(dir, "main.conf", &main)]);
    command
}

fn caddy(dir: &str, example: &str, (http, https): (u16, u16)) -> Command {
    let ports = format!("{{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\thttp_port {http}\n\thttps_port {https}\n");
    // The site has a log of its own.
    let own_log = format!("privkey.pem\n\tlog {{\n\t\toutput file {dir}/access.log\n\t}}\n");
    let mut example = example.replacen("{\n", &ports, 1);
    if example.contains("skip_log") {
        example = example.replace("privkey.pem\n", &own_log);
    }
    let mut command = Command::new("/usr/bin/caddy");
    command.args(["run", "--adapter", "caddyfile", "--config", &write(dir, "Caddyfile", &example)]);
    command.env("HOME", dir).env("XDG_DATA_HOME", dir).env("XDG_CONFIG_HOME", dir);
    command
}

fn apache(dir: &str, example: &str, (http, https): (u16, u16)) -> Command {
    let example = example.replace("*:80", &format!("127.0.0.1:{http}")).replace("*:443", &format!("127.0.0.1:{https}"));
    let example = write(dir, "invited.conf", &example);
    let mut main = String::new();
    let enabled = ["mpm_event", "authz_core", "setenvif", "mime", "alias", "reqtimeout", "socache_shmcb"];
    // What the examples say to enable, with what that depends on.
    for module in enabled.into_iter().chain(["ssl", "http2", "headers", "proxy", "proxy_http"]) {
        let _ = writeln!(main, "Include /etc/apache2/mods-available/{module}.load");
    }
    let rest = adapted("/etc/apache2/apache2.conf", &["Include ports.conf", "IncludeOptional"], &[]);
    let _ = writeln!(main, "{rest}\nListen 127.0.0.1:{http}\nListen 127.0.0.1:{https}\nServerName localhost");
    let _ = writeln!(main, "TypesConfig /etc/mime.types");
    main += &read("/etc/apache2/conf-available/other-vhosts-access-log.conf");
    let _ = writeln!(main, "\nInclude {example}");
    let mut command = Command::new("/usr/sbin/apache2");
    command.args(["-D", "FOREGROUND", "-d", "/etc/apache2", "-f", &write(dir, "main.conf", &main)]);
    let own = [
        ("APACHE_RUN_USER", "www-data"),
        ("APACHE_RUN_GROUP", "www-data"),
        ("APACHE_PID_FILE", &*format!("{dir}/apache.pid")),
        ("APACHE_RUN_DIR", dir),
        ("APACHE_LOCK_DIR", dir),
        ("APACHE_LOG_DIR", dir),
    ];
    command.envs(own);
    command
}

fn haproxy(dir: &str, example: &str, (http, https): (u16, u16)) -> Command {
    let example = example
        .replace(":::80 v4v6", &format!("127.0.0.1:{http}"))
        .replace(":::443 v4v6", &format!("127.0.0.1:{https}"));
    fs::create_dir_all(format!("{dir}/jail")).unwrap();
    let (chroot, mut gone) = (format!("chroot {dir}/jail"), vec!["local1 notice", "\tdaemon", "stats socket"]);
    let mut replaced = vec![("/dev/log\tlocal0", "stdout format raw local0")];
    if is_root() {
        replaced.push(("chroot /var/lib/haproxy", &chroot));
    } else {
        gone.extend(["chroot ", "user haproxy", "group haproxy"]);
    }
    let main = adapted("/etc/haproxy/haproxy.cfg", &gone, &replaced);
    let mut command = Command::new("/usr/sbin/haproxy");
    command.args(["-db", "-f", &write(dir, "haproxy.cfg", &main), "-f", &write(dir, "invited.cfg", &example)]);
    command
}

fn lighttpd(dir: &str, example: &str, (http, https): (u16, u16)) -> Command {
    let example =
        example.replace("0.0.0.0:443", &format!("127.0.0.1:{https}")).replace("[::]:443", &format!("[::1]:{https}"));
    let example = write(dir, "invited.conf", &example);
    let log = read("/etc/lighttpd/conf-available/10-accesslog.conf").replace("/var/log/lighttpd/", &format!("{dir}/"));
    let log = write(dir, "accesslog.conf", &log);
    fs::create_dir_all(format!("{dir}/uploads")).unwrap();
    fs::set_permissions(format!("{dir}/uploads"), fs::Permissions::from_mode(0o777)).unwrap();
    let main = adapted(
        "/etc/lighttpd/lighttpd.conf",
        &["use-ipv6.pl"],
        &[
            ("/var/cache/lighttpd/uploads", &format!("{dir}/uploads")),
            ("/var/log/lighttpd/", &format!("{dir}/")),
            ("/run/lighttpd.pid", &format!("{dir}/lighttpd.pid")),
            ("= 80\n", &format!("= {http}\nserver.bind = \"127.0.0.1\"\n")),
            ("include \"/etc/lighttpd/conf-enabled/*.conf\"", &format!("include \"{log}\"\ninclude \"{example}\"")),
        ],
    );
    for name in ["access.log", "error.log"] {
        fs::write(format!("{dir}/{name}"), "").unwrap();
        fs::set_permissions(format!("{dir}/{name}"), fs::Permissions::from_mode(0o666)).unwrap();
    }
    let mut command = Command::new("/usr/sbin/lighttpd");
    command.args(["-D", "-f", &write(dir, "main.conf", &main)]);
    command
}
