//! A real PostgreSQL in a directory of its own, on a Unix socket there and on a port of loopback.
//!
//! Needs Debian's package postgresql: that of this machine, or with `SERVERS=DIR` that of another release, if it is in that root
//! file system (see `tests/servers`). The machine's own server is neither read nor touched. As root it runs as the package's
//! user: PostgreSQL refuses to run as root.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a harness that cannot do its work fails the test")]

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::common::{PATIENCE, free_port, now, servers};

/// The password of its one user, which the socket does not ask for.
pub const PASSWORD: &str = "zPASSz w&rd";
/// The same in a URL.
pub const ENCODED_PASSWORD: &str = "zPASSz%20w%26rd";

/// A server with its data, which may be stopped and started again; killed when dropped.
pub struct Postgres {
    process: Option<Child>,
    dir: tempfile::TempDir,
    port: u16,
    /// The processes that were frozen.
    frozen: Vec<String>,
    /// What it has in its environment.
    environment: Vec<(String, String)>,
    /// Whether all of it is on a small disk of its own.
    is_mounted: bool,
}

impl Postgres {
    /// Makes a server with the empty database `invited`, and waits until it answers.
    pub fn start() -> Self {
        Self::somewhere().begin()
    }

    /// The same on a small disk of its own; nothing where none can be mounted.
    pub fn start_small() -> Option<Self> {
        let mut server = Self::somewhere();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=160m,mode=0777", "invited-test"]).arg(server.dir.path());
        server.is_mounted = rustix::process::geteuid().is_root() && mount.status().unwrap().success();
        server.is_mounted.then(|| server.begin())
    }

    /// Fills its disk.
    pub fn fill(&self) {
        let mut file = std::fs::File::create(self.dir.path().join("filler")).unwrap();
        for size in [1 << 20, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Frees what filled it.
    pub fn free(&self) {
        std::fs::remove_file(self.dir.path().join("filler")).unwrap();
    }

    fn begin(mut self) -> Self {
        let server = &mut self;
        let password = server.dir.path().join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        let mut initdb = server.command("initdb");
        initdb.args(["--username=invited", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]);
        initdb.args(["--auth-local=trust", "--auth-host=scram-sha-256", "--pgdata"]).arg(server.data());
        succeed(initdb.arg(format!("--pwfile={}", password.display())));
        server.run();
        server.sql("postgres", "CREATE DATABASE invited");
        self
    }

    /// Ends it, and starts it with more in its environment.
    pub fn restart_with(&mut self, environment: &[(&str, &str)]) {
        self.stop_at_once();
        self.environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.run();
    }

    fn somewhere() -> Self {
        let dir = tempfile::Builder::new().prefix("invited-postgres-").tempdir().unwrap();
        // Also for the user that it runs as.
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let port = free_port().port();
        Self { process: None, dir, port, frozen: Vec::new(), environment: Vec::new(), is_mounted: false }
    }

    /// Makes a replica of it, which it streams to.
    pub fn replica(&self) -> Self {
        let mut replica = Self::somewhere();
        let mut copy = replica.command("pg_basebackup");
        copy.arg("--host").arg(self.dir.path()).args(["--port", &self.port.to_string(), "--username=invited"]);
        copy.args(["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync", "--pgdata"]);
        succeed(copy.arg(replica.data()));
        replica.run();
        replica
    }

    /// Has commits wait for one replica, which is there already.
    pub fn commit_with_replica(&self) {
        self.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
        self.sql("postgres", "SELECT pg_reload_conf()");
        let deadline = now() + PATIENCE;
        while self.sql("postgres", "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != "1" {
            self.wait_a_bit(deadline);
        }
    }

    /// Makes a server of its own of a replica.
    pub fn promote(&self) {
        self.sql("postgres", "ALTER SYSTEM RESET synchronous_standby_names");
        assert_eq!(self.sql("postgres", "SELECT pg_reload_conf(), pg_promote(true, 300)"), "t|t");
    }

    /// Freezes all of its processes: connections stay open, new ones are taken by the system, and nobody ever answers.
    pub fn freeze(&mut self) {
        let first = self.process.as_ref().unwrap().id().to_string();
        // From then on there are no new ones.
        succeed(Command::new("kill").args(["-STOP", &first]));
        self.frozen = children(&first);
        for process in &self.frozen {
            // One of them may be just ending.
            let _ = Command::new("kill").args(["-STOP", process]).stderr(Stdio::null()).status();
        }
        self.frozen.push(first);
    }

    /// Has those go on that were frozen.
    pub fn thaw(&mut self) {
        for process in self.frozen.drain(..) {
            // One of them may have ended, as its client had gone.
            let _ = Command::new("kill").args(["-CONT", &process]).status();
        }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A program of the server's, as a user that it accepts, which finds the server by its environment.
    fn command(&self, program: &str) -> Command {
        let (is_elsewhere, programs) = programs();
        let mut command = if is_elsewhere { servers::command("env") } else { Command::new("env") };
        command.arg(format!("PGHOST={}", self.dir.path().display())).arg(format!("PGPORT={}", self.port));
        command.args(["LC_ALL=C.UTF-8", "PGUSER=invited", "PGDATABASE=postgres"]);
        self.at_work(command, &programs.join(program))
    }

    /// A program of this machine's, as such a user.
    fn command_here(&self, path: &str) -> Command {
        self.at_work(Command::new("env"), Path::new(path))
    }

    fn at_work(&self, mut command: Command, path: &Path) -> Command {
        // Its own user is in no way special where we are not root.
        if rustix::process::geteuid().is_root() {
            command.args(["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]);
        }
        command.arg(path).current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    /// Starts it, and waits until it answers.
    pub fn run(&mut self) {
        // What is in its environment is not for what runs as another user before it.
        let mut command = self.command("/usr/bin/env");
        command.args(self.environment.iter().map(|(name, value)| format!("{name}={value}")));
        command.arg(programs().1.join("postgres")).arg("-D").arg(self.data()).arg("-k").arg(self.dir.path());
        command.args(["-p", &self.port.to_string(), "-h", "127.0.0.1", "-c", "max_connections=100"]);
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.dir.path().join("log")).unwrap();
        self.process = Some(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
        let deadline = now() + PATIENCE;
        while !self.try_sql("postgres", "SELECT 1").status.success() {
            let ended = self.process.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "{ended:?}: {}", self.log());
            self.wait_a_bit(deadline);
        }
    }

    fn wait_a_bit(&self, deadline: Instant) {
        assert!(now() < deadline, "{}", self.log());
        std::thread::sleep(Duration::from_millis(20));
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap()
    }

    /// Ends it at once, without a word to anybody (`immediate`: what was committed is recovered at the next start).
    pub fn stop_at_once(&mut self) {
        self.signal("QUIT");
        let mut process = self.process.take().unwrap();
        process.wait().unwrap();
    }

    /// Ends it as a power failure does: all its processes are killed.
    pub fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        // From then on there are no new ones.
        let first = process.id().to_string();
        succeed(Command::new("kill").args(["-STOP", &first]));
        let others = children(&first);
        succeed(Command::new("kill").args(["-KILL", &first]));
        process.wait().unwrap();
        for other in &others {
            let _ = Command::new("kill").args(["-KILL", other]).stderr(Stdio::null()).status();
        }
        // It starts again when none of them has its memory any more.
        let deadline = now() + PATIENCE;
        while others.iter().any(|other| state(other).is_some_and(|(state, _)| state != "Z")) {
            self.wait_a_bit(deadline);
        }
    }

    /// Sends a signal to its first process, by name.
    pub fn signal(&self, name: &str) {
        let pid = self.process.as_ref().unwrap().id().to_string();
        succeed(Command::new("kill").args([&format!("-{name}"), &pid]));
    }

    /// By its socket, without a password.
    pub fn url(&self) -> String {
        format!("postgres://invited@/invited{}", self.address())
    }

    /// Where its socket is, as the end of a URL.
    pub fn address(&self) -> String {
        format!("?host={}&port={}", self.dir.path().display(), self.port)
    }

    /// Runs one of PostgreSQL's client programs, as the one who may do everything there.
    pub fn run_client(&self, line: &str) {
        let mut words = line.split_whitespace();
        succeed(self.command(words.next().unwrap()).args(words));
    }

    /// One of PostgreSQL's client programs, as its own user where that is another one.
    pub fn client(&self, program: &str) -> Command {
        self.command(program)
    }

    /// A directory that this user can write in, and its programs can read.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// By TCP, with the password.
    pub fn tcp_url(&self) -> String {
        url_of(&[self.place()])
    }

    /// Its place among the hosts of a URL.
    pub fn place(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Where it listens.
    pub fn socket_address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Has it speak TLS, too, with a certificate for `localhost`; gives that certificate's file.
    pub fn speak_tls(&self) -> PathBuf {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        self.present(&made.cert.pem(), &made.signing_key)
    }

    /// Has it speak TLS, too, with this certificate; gives its file.
    pub fn present(&self, pem: &str, signing_key: &rcgen::KeyPair) -> PathBuf {
        let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| self.dir.path().join(name));
        std::fs::write(&certificate, pem).unwrap();
        let _ = std::fs::remove_file(&key);
        std::fs::write(&key, signing_key.serialize_pem()).unwrap();
        // It uses only a key that nobody else can read.
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        let owner = std::fs::metadata(self.data()).unwrap();
        std::os::unix::fs::chown(&key, Some(owner.uid()), Some(owner.gid())).unwrap();
        for (setting, value) in [("ssl_cert_file", &certificate), ("ssl_key_file", &key)] {
            self.sql("postgres", &format!("ALTER SYSTEM SET {setting} = '{}'", value.display()));
        }
        self.sql("postgres", "ALTER SYSTEM SET ssl = on");
        self.sql("postgres", "SELECT pg_reload_conf()");
        let deadline = now() + PATIENCE;
        while self.ask("SHOW ssl") == "off" {
            self.wait_a_bit(deadline);
        }
        certificate
    }

    pub fn try_sql(&self, database: &str, sql: &str) -> Output {
        let mut command = self.command("psql");
        command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
        command.args(["--username=invited", "--dbname", database, "--port", &self.port.to_string()]);
        command.arg("--host").arg(self.dir.path()).args(["--command", sql]);
        command.output().unwrap()
    }

    /// Runs SQL; gives what it prints.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let output = self.try_sql(database, sql);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{sql}: {stderr}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Keeps everybody from a table of the ledger, until the end of what it gives.
    pub fn lock(&self, table: &str) -> TableLock {
        let mut command = self.command("psql");
        command.args(["--no-psqlrc", "--quiet", "--dbname=invited"]).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut session = command.spawn().unwrap();
        let lines = format!("BEGIN;\nLOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;\n");
        session.stdin.as_mut().unwrap().write_all(lines.as_bytes()).unwrap();
        let held = format!(
            "SELECT count(*) FROM pg_locks WHERE relation = '{table}'::regclass AND mode = 'AccessExclusiveLock' AND granted"
        );
        let deadline = now() + PATIENCE;
        while self.ask(&held) != "1" {
            self.wait_a_bit(deadline);
        }
        TableLock(session)
    }

    /// What is in the ledger.
    pub fn ask(&self, sql: &str) -> String {
        self.sql("invited", sql)
    }
}

/// A session that keeps everybody from a table.
pub struct TableLock(Child);

impl Drop for TableLock {
    fn drop(&mut self) {
        // At the end of what it is told it ends.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// `PgBouncer` before a server, on a port of loopback; killed when dropped. Needs Debian's package.
pub struct Pooler {
    process: Child,
    port: u16,
    mode: String,
}

impl Pooler {
    /// Starts it, with its `pool_mode`. It has three connections of its own, and gives them out in turn.
    pub fn start(server: &Postgres, mode: &str, connections: u16) -> Self {
        let port = free_port().port();
        let file = server.dir.path().join(format!("{mode}.ini"));
        let config = format!(
            "[databases]\ninvited = host={} port={} dbname=invited user=invited\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\nserver_round_robin = 1\n\
             default_pool_size = {connections}\nmin_pool_size = {connections}\n",
            server.dir.path().display(),
            server.port,
        );
        std::fs::write(&file, config).unwrap();
        Self { process: Self::spawn(server, mode, port), port, mode: mode.to_owned() }
    }

    fn spawn(server: &Postgres, mode: &str, port: u16) -> Child {
        let file = server.dir.path().join(format!("{mode}.ini"));
        let log = std::fs::File::create(server.dir.path().join(format!("{mode}.log"))).unwrap();
        let mut command = server.command_here("/usr/sbin/pgbouncer");
        let process = command.arg(&file).stdout(Stdio::null()).stderr(log).spawn().expect("the package pgbouncer");
        let deadline = now() + PATIENCE;
        while std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            server.wait_a_bit(deadline);
        }
        process
    }

    /// Ends it at once, and starts it again.
    pub fn restart(&mut self, server: &Postgres) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.process = Self::spawn(server, &self.mode, self.port);
    }

    /// The database behind it.
    pub fn url(&self) -> String {
        format!("postgres://invited@127.0.0.1:{}/invited", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.thaw();
        if let Some(process) = &mut self.process {
            // All of its processes end when the first is told to; both fail only if it has ended already.
            let _ = Command::new("kill").args(["-QUIT", &process.id().to_string()]).status();
            let _ = process.wait();
        }
        if self.is_mounted {
            let _ = Command::new("umount").arg("-l").arg(self.dir.path()).status();
        }
    }
}

/// The state of a process and who started it, if there is one.
fn state(pid: &str) -> Option<(String, String)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut words = stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned);
    Some((words.next()?, words.next()?))
}

/// The processes that another one has started.
fn children(of: &str) -> Vec<String> {
    let pids = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    pids.filter(|pid| state(pid).is_some_and(|(_, parent)| parent == of)).collect()
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A URL with several hosts, by TCP with the password.
pub fn url_of(places: &[String]) -> String {
    format!("postgres://invited:{ENCODED_PASSWORD}@{}/invited", places.join(","))
}

/// Of the newest version that is there, which Debian keeps off the path; and whether that is in a root of another release.
fn programs() -> (bool, PathBuf) {
    let dir = Path::new("/usr/lib/postgresql");
    let elsewhere = servers::path("/usr/lib/postgresql");
    let is_elsewhere = elsewhere != dir && elsewhere.exists();
    let versions = std::fs::read_dir(if is_elsewhere { &elsewhere } else { dir }).expect("the package postgresql");
    let newest = versions.filter_map(|version| version.unwrap().file_name().to_str()?.parse::<u32>().ok()).max();
    (is_elsewhere, dir.join(newest.unwrap().to_string()).join("bin"))
}
