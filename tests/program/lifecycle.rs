//! The service and its manager: passed sockets, notifications, reload, idleness, and an end that loses nothing.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot do its work fails")]

use crate::common;
use crate::common::terminal::quoted;

use std::collections::HashSet;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use common::{CONFIG, Client, KEY, Notified, PATIENCE, Process, Response, Scratch, Served, listener};

/// What [`KEY`]'s secret digests to.
const SHA256: &str = "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0";

/// [`CONFIG`], with addresses that nothing can be bound to: it serves on passed sockets, or fails.
fn unbindable() -> String {
    CONFIG.replace("\"127.0.0.1:0\"", "\"192.0.2.1:1\", \"unix:/nonexistent/invited.sock\"")
}

/// [`CONFIG`], with another line at its top level.
fn with(line: &str) -> String {
    format!("{line}\n{CONFIG}")
}

fn declared(id: &str) -> String {
    format!("[keys.{id}]\nsha256 = \"{SHA256}\"\n")
}

/// Runs the binary with what should end by itself; kills it if it does not.
fn ends(command: &Command) -> Output {
    let mut limited = Command::new("timeout");
    limited.arg(PATIENCE.as_secs().to_string()).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited.stdin(Stdio::null()).output().unwrap()
}

/// `serve` with the descriptor that is its stdin passed as a socket called `name`.
fn activated(scratch: &Scratch, name: &str) -> Command {
    let command = scratch.command();
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "exec 3<&0 0</dev/null; LISTEN_PID=$$ exec \"$0\" \"$@\""]);
    shell.arg(command.get_program()).args(command.get_args()).arg("serve");
    shell.env("LISTEN_FDS", "1").env("LISTEN_FDNAMES", name);
    shell
}

fn tokens(scratch: &Scratch) -> HashSet<String> {
    let list: serde_json::Value = serde_json::from_str(&scratch.ok(&["invite", "list", "--json"])).unwrap();
    list["invites"].as_array().unwrap().iter().map(|invite| invite["token"].as_str().unwrap().to_owned()).collect()
}

fn is_last(answer: &Response) -> bool {
    answer.header("connection") == Some("close")
}

/// The flags of a descriptor, as open(2) has them.
fn flags(served: &Served, descriptor: u32) -> u32 {
    let text = fs::read_to_string(format!("/proc/{}/fdinfo/{descriptor}", served.pid())).unwrap();
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
    u32::from_str_radix(flags.trim(), 8).unwrap()
}

#[test]
fn passed_sockets_are_used_instead_of_configured_ones() {
    const NONBLOCK: u32 = 0o4000;
    const CLOEXEC: u32 = 0o2_000_000;
    let scratch = Scratch::new(&unbindable());
    let alone = ends(scratch.command().arg("serve"));
    assert_eq!(alone.status.code(), Some(1), "{alone:?}");
    assert!(String::from_utf8_lossy(&alone.stderr).contains("192.0.2.1:1"), "{alone:?}");

    let path = scratch.path().join("http.sock");
    let tcp = listener();
    let address = tcp.local_addr().unwrap();
    let unix = UnixListener::bind(&path).unwrap();
    let fd = |tcp: &TcpListener| OwnedFd::from(tcp.try_clone().unwrap());
    let unix_fd = |unix: &UnixListener| OwnedFd::from(unix.try_clone().unwrap());
    let assert_adopted = |served: &Served, count: u32| {
        for descriptor in 3..3 + count {
            let flags = flags(served, descriptor);
            assert_eq!(flags & (NONBLOCK | CLOEXEC), NONBLOCK | CLOEXEC, "descriptor {descriptor}: {flags:o}");
        }
    };

    // Names that are not ours are HTTP, too.
    for name in ["http", "invited.socket", "unknown", ""] {
        let served = scratch.serve_activated(vec![fd(&tcp)], name, &[]);
        assert_eq!(served.address(), address);
        assert_adopted(&served, 1);
        assert_eq!(Client::tcp(address).invite(KEY).status, 201, "{name:?}");
    }
    // And so are those without a name.
    let child = activated(&scratch, "").env_remove("LISTEN_FDNAMES").stdin(fd(&tcp)).stderr(Stdio::null()).spawn();
    let process = Process(child.unwrap());
    assert_eq!(Client::tcp(address).invite(KEY).status, 201);
    drop(process);

    let served = scratch.serve_activated(vec![unix_fd(&unix)], "http", &[]);
    assert_adopted(&served, 1);
    assert_eq!(Client::unix(&path).invite(KEY).status, 201);
    drop(served);
    let mut served = scratch.serve_activated(vec![unix_fd(&unix), fd(&tcp)], "http:http", &[]);
    assert_adopted(&served, 2);
    assert_eq!(Client::unix(&path).invite(KEY).status, 201);
    assert_eq!(Client::tcp(address).invite(KEY).status, 201);

    // The socket is systemd's: it stays.
    served.signal("TERM");
    assert_eq!(served.wait().code(), Some(0));
    assert!(path.symlink_metadata().unwrap().file_type().is_socket());
    assert_eq!(tokens(&scratch).len(), 8);
}

#[test]
fn sockets_passed_to_another_process_are_not_ours() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve_with(&[("LISTEN_PID", "1"), ("LISTEN_FDS", "1"), ("LISTEN_FDNAMES", "http")]);
    assert_eq!(served.client().invite(KEY).status, 201);
}

#[test]
fn passed_descriptor_that_is_no_listening_socket_is_refused() {
    let scratch = Scratch::new(CONFIG);
    let refused = |stdin: Stdio, name: &str, status: i32, word: &str| {
        let child =
            activated(&scratch, name).stdin(stdin).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{stderr}");
        assert!(stderr.contains(word), "{stderr}");
    };
    refused(fs::File::open(scratch.config()).unwrap().into(), "http", 1, "http");
    let (connected, _other) = UnixStream::pair().unwrap();
    refused(OwnedFd::from(connected).into(), "http", 1, "not listening");
    refused(OwnedFd::from(listener()).into(), "https", 2, "[tls]");
}

#[test]
fn service_that_a_socket_starts_and_that_cannot_serve_answers_so_and_says_why() {
    // Whoever collects metrics must not be left waiting, either.
    for name in ["http", "metrics"] {
        cannot_serve(name);
    }
}

fn cannot_serve(name: &str) {
    let scratch = Scratch::new("listen = [\"127.0.0.1:0\"]\ncolour = \"red\"\n");
    let notified = Notified::new(&scratch);
    let tcp = listener();
    let mut early = Client::tcp(tcp.local_addr().unwrap());
    early.send(common::http::request("GET", &format!("/invites_api?key={KEY}"), &[], ""));
    let began = common::now();
    let child = activated(&scratch, name)
        .env("NOTIFY_SOCKET", notified.path())
        .stdin(OwnedFd::from(tcp.try_clone().unwrap()))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = notified.next();
    assert!(status.starts_with("STATUS=cannot start: ") && status.contains("colour"), "{status}");
    let mut late = Client::tcp(tcp.local_addr().unwrap());
    late.send(common::http::request("GET", "/", &[], ""));
    for client in [&mut early, &mut late] {
        let answer = client.read().expect("an answer");
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")), "{answer:?}");
    }
    let output = child.wait_with_output().unwrap();
    // systemd starts it again for the next connection: not without a pause.
    assert!(began.elapsed() >= std::time::Duration::from_secs(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("colour"), "{stderr}");
}

/// A port of both families that nobody listens on, unless there is no IPv6 here.
fn dual_port() -> Option<u16> {
    let listener = TcpListener::bind("[::]:0").ok()?;
    Some(listener.local_addr().unwrap().port())
}

#[test]
fn both_families_are_listened_on_at_one_port() {
    let Some(port) = dual_port() else { return eprintln!("there is no IPv6 here") };
    for (listen, ipv4) in [
        (format!("\"0.0.0.0:{port}\", \"[::]:{port}\""), true),
        (format!("\"[::]:{port}\", \"0.0.0.0:{port}\""), true),
        (format!("\"[::]:{port}\", \"127.0.0.1:{port}\""), true),
        // Alone it has IPv4, too, as the system has it.
        (format!("\"[::]:{port}\""), fs::read_to_string("/proc/sys/net/ipv6/bindv6only").unwrap().trim() == "0"),
    ] {
        let scratch = Scratch::new(&CONFIG.replace("\"127.0.0.1:0\"", &listen));
        let served = scratch.serve();
        for (address, is_served) in [("127.0.0.1", ipv4), ("[::1]", true)] {
            let client = Client::try_tcp(format!("{address}:{port}").parse().unwrap());
            let status = client.ok().map(|mut client| client.get("/healthz").status);
            assert_eq!(status, is_served.then_some(200), "{address} of {listen}");
        }
        drop(served);
    }
}

/// What a message is about; `STATUS=` alone may come at any time.
fn kinds(messages: &[String]) -> Vec<&str> {
    let kind = |message: &'_ String| {
        ["READY=1", "RELOADING=1", "STOPPING=1"].into_iter().find(|kind| message.lines().any(|line| line == *kind))
    };
    messages.iter().filter_map(kind).collect()
}

#[test]
fn service_manager_is_told_everything_in_order() {
    let scratch = Scratch::new(CONFIG);
    scratch.ok(&["invite", "create", "--count", "3"]);
    let notified = Notified::new(&scratch);
    let mut served = scratch.serve_with(&[("NOTIFY_SOCKET", notified.path())]);
    let mut messages = vec![notified.next(), notified.next()];
    assert_eq!(messages[0].trim_end(), "READY=1", "alone, so that nothing else is in its way");
    assert_eq!(messages[1].trim_end(), "STATUS=serving example.com; 1 key; 3 pending");
    // Ready means that it answers.
    assert_eq!(served.client().get("/invite?unknown").status, 404);
    let mut until = |text: &str| {
        loop {
            let message = notified.next();
            messages.push(message.clone());
            if message.contains(text) {
                return message;
            }
        }
    };
    scratch.key(&[]);
    assert!(until("2 keys").contains("STATUS=serving example.com; 2 keys; 3 pending"));

    let mut before = 0;
    for _ in 0..2 {
        served.signal("HUP");
        let reloading = until("RELOADING=1");
        let at = reloading.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC=")).expect("MONOTONIC_USEC");
        let at: u64 = at.parse().unwrap();
        assert!(at > before, "{reloading}");
        before = at;
        until("READY=1");
        assert!(
            until("STATUS=").contains("STATUS=serving example.com; 2 keys; 3 pending"),
            "a reload forgets something"
        );
    }
    // What is broken is reloaded, too: systemd waits for the end of it.
    scratch.configure("nonsense");
    served.signal("HUP");
    until("RELOADING=1");
    until("READY=1");
    served.signal("TERM");
    until("STOPPING=1");
    assert_eq!(served.wait().code(), Some(0));
    let expected =
        ["READY=1", "RELOADING=1", "READY=1", "RELOADING=1", "READY=1", "RELOADING=1", "READY=1", "STOPPING=1"];
    assert_eq!(kinds(&messages), expected, "{messages:#?}");
    assert!(messages.iter().all(|message| !message.contains("WATCHDOG=1")), "nobody asked for a watchdog");
}

/// As `sd_notify(3)` has it: `@` begins a name that is no file's.
#[test]
fn service_manager_may_listen_without_a_file() {
    use std::os::linux::net::SocketAddrExt as _;

    let name = format!("invited-test-{}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let socket = std::os::unix::net::UnixDatagram::bind_addr(&address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let scratch = Scratch::new(CONFIG);
    let _served = scratch.serve_with(&[("NOTIFY_SOCKET", format!("@{name}").as_str())]);
    let mut message = [0; 64];
    let length = socket.recv(&mut message).unwrap();
    assert_eq!(&message[..length], b"READY=1\n");
}

/// systemd drops a message of more than 4,096 bytes: with a long status in it, READY=1 would never be seen, and the service
/// be started again and again. [`Notified`] holds each message to that.
#[test]
fn service_of_many_hosts_is_ready_and_its_status_is_cut() {
    use std::fmt::Write as _;

    let mut config = CONFIG.to_owned();
    for number in 0..250 {
        let _ = writeln!(config, "[hosts.\"host-{number:03}.example.org\"]");
        if number < 40 {
            let socket = format!("/nonexistent/{}/prosody.sock", "long/".repeat(15));
            let _ = writeln!(config, "backend = {{ kind = \"prosody\", socket = \"{socket}\" }}");
        }
    }
    let scratch = Scratch::new(&config);
    let notified = Notified::new(&scratch);
    let mut served = scratch.serve_with(&[("NOTIFY_SOCKET", notified.path())]);
    assert_eq!(notified.next().trim_end(), "READY=1");
    let status = notified.next();
    assert!(status.starts_with("STATUS=serving example.com, host-000.example.org, "), "{status}");
    assert!(status.contains(" more; 1 key; "), "{status}");
    let status = notified.wait("; … and ");
    assert!(status.contains("; the XMPP server of host-000.example.org is away ("), "{status}");
    served.signal("HUP");
    notified.wait("RELOADING=1");
    notified.wait("READY=1");
    served.signal("TERM");
    notified.wait("STOPPING=1");
    assert_eq!(served.wait().code(), Some(0));
}

#[test]
fn watchdog_is_fed_when_it_is_meant_for_this_process() {
    let scratch = Scratch::new(CONFIG);
    let notified = Notified::new(&scratch);
    let environment = [("NOTIFY_SOCKET", notified.path()), ("WATCHDOG_USEC", "300000")];
    let served = scratch.serve_with(&environment);
    for _ in 0..5 {
        notified.wait("WATCHDOG=1");
    }
    assert_eq!(served.client().invite(KEY).status, 201);
}

#[test]
fn watchdog_of_another_process_is_not_fed() {
    let scratch = Scratch::new(CONFIG);
    let notified = Notified::new(&scratch);
    let served =
        scratch.serve_with(&[("NOTIFY_SOCKET", notified.path()), ("WATCHDOG_USEC", "300000"), ("WATCHDOG_PID", "1")]);
    // A status follows on each turn of the service in which it has something to say.
    for (number, status) in [(2, "2 keys"), (3, "3 keys"), (4, "4 keys")] {
        scratch.key(&["--id", &format!("key{number}")]);
        loop {
            let message = notified.next();
            assert!(!message.contains("WATCHDOG"), "{message}");
            if message.contains(status) {
                break;
            }
        }
    }
    drop(served);
}

#[test]
fn watchdog_named_by_pid_is_fed() {
    let scratch = Scratch::new(CONFIG);
    let notified = Notified::new(&scratch);
    let command = scratch.command();
    let child = Command::new("/bin/sh")
        .args(["-c", "WATCHDOG_PID=$$ exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args())
        .arg("serve")
        .envs([("NOTIFY_SOCKET", notified.path()), ("WATCHDOG_USEC", "300000")])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _process = Process(child);
    for _ in 0..3 {
        notified.wait("WATCHDOG=1");
    }
}

#[test]
fn service_manager_that_is_gone_is_no_reason_to_stop() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve_with(&[("NOTIFY_SOCKET", "/nonexistent/notify"), ("WATCHDOG_USEC", "300000")]);
    assert_eq!(served.client().invite(KEY).status, 201);
}

#[test]
fn reload_takes_over_new_keys_and_refuses_removed_ones() {
    let scratch = Scratch::new(&(CONFIG.to_owned() + declared("old").as_str()));
    let state_key = scratch.key(&[]);
    let served = scratch.serve();
    let mut client = served.client();
    assert_eq!(client.invite("old/s3cret").status, 201);
    assert_eq!(client.invite("new/s3cret").status, 403);

    scratch.configure(&(CONFIG.replace("\"example.com\"", "\"example.org\"") + declared("new").as_str()));
    // Nothing changes before the signal.
    assert_eq!(client.invite("old/s3cret").status, 201);
    let logged = served.log_length();
    served.signal("HUP");
    served.wait_log_after(logged, "event=reload.done");
    // On the same connection, and on another.
    for mut client in [client, served.client()] {
        assert_eq!(client.invite("old/s3cret").status, 403);
        for key in ["new/s3cret", KEY, &state_key] {
            assert_eq!(client.invite(key).status, 201, "{key}");
        }
    }
    let list: serde_json::Value =
        serde_json::from_str(&scratch.ok(&["invite", "list", "--json", "--host", "example.org"])).unwrap();
    assert_eq!(list["invites"].as_array().unwrap().len(), 6);
}

#[test]
fn broken_configuration_changes_nothing_and_each_fault_is_logged() {
    let scratch = Scratch::new(&(CONFIG.to_owned() + declared("old").as_str()));
    let served = scratch.serve();
    let mut client = served.client();
    let broken = CONFIG.replace("https://invite.example.com/", "gopher://nowhere")
        + declared("new").as_str()
        + "limit = \"many\"\n[http]\nidle_timeout = \"sometimes\"\nno_such_setting = 1\n";
    for (text, says) in [
        (broken.as_str(), ["public_url", "keys.new.limit", "http.idle_timeout", "no_such_setting"].as_slice()),
        ("not even = = TOML", &["config.toml"]),
        ("", &["public_url"]),
    ] {
        scratch.configure(text);
        let logged = served.log_length();
        served.signal("HUP");
        served.wait_log_after(logged, "event=reload.refused");
        for word in says {
            let line = served.wait_log_after(logged, word);
            assert!(line.contains("error"), "{line}");
        }
        assert_eq!(client.invite("new/s3cret").status, 403);
        for key in [KEY, "old/s3cret"] {
            assert_eq!(client.invite(key).status, 201, "{key} after a broken configuration");
        }
    }
    fs::remove_file(scratch.config()).unwrap();
    let logged = served.log_length();
    served.signal("HUP");
    served.wait_log_after(logged, "event=reload.refused");
    served.wait_log_after(logged, "config.toml");
    assert_eq!(client.invite(KEY).status, 201);

    // What is mended counts.
    scratch.configure(&(CONFIG.to_owned() + declared("new").as_str()));
    served.signal("HUP");
    served.wait_log_after(logged, "event=reload.done");
    assert_eq!(client.invite("new/s3cret").status, 201);
    assert_eq!(client.invite("old/s3cret").status, 403);
}

/// What is in force is what it was at the start, whatever a reload in between said.
#[test]
fn what_needs_a_restart_is_told_until_it_is_again_as_at_the_start() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let other = CONFIG.replace("127.0.0.1:0", "127.0.0.2:0");
    for (config, is_told) in [(other.as_str(), true), (other.as_str(), true), (CONFIG, false)] {
        let logged = served.log_length();
        scratch.configure(config);
        served.signal("HUP");
        served.wait_log_after(logged, "event=reload.done");
        let log = served.log();
        let told = log.lines().skip(logged).any(|line| line.contains("listen has changed, and needs a restart"));
        assert_eq!(told, is_told, "{log}");
    }
}

#[test]
fn reloads_under_load_disturb_no_request() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let crowd = Crowd::start(served.address(), 8, &[]);
    for _ in 0..10 {
        crowd.wait(50);
        let logged = served.log_length();
        served.signal("HUP");
        served.wait_log_after(logged, "event=reload.done");
    }
    let made = crowd.end();
    assert_eq!(tokens(&scratch), made);
}

#[test]
fn idle_service_ends_and_the_next_one_answers_who_waited() {
    let scratch = Scratch::new(&("idle_exit = \"1s\"\n".to_owned() + unbindable().as_str()));
    let socket = listener();
    let address = socket.local_addr().unwrap();
    let start = || scratch.serve_activated(vec![socket.try_clone().unwrap().into()], "http", &[]);
    let mut made = HashSet::new();
    for _ in 0..3 {
        // Somebody is there before the service is; else it may be idle before somebody comes.
        let mut first = Client::tcp(address);
        first.send(common::http::request("GET", &format!("/invites_api?key={KEY}"), &[], ""));
        let mut served = start();
        made.insert(first.read().expect("an answer").token());
        drop(first);
        // Whoever comes at the last moment is answered, by this service or the next.
        served.wait_log("idle;");
        let mut late = Client::tcp(address);
        late.send(common::http::request("GET", &format!("/invites_api?key={KEY}"), &[], ""));
        assert_eq!(served.wait().code(), Some(0));
        let mut waiting = Client::tcp(address);
        waiting.send(common::http::request("GET", &format!("/invites_api?key={KEY}"), &[], ""));
        let _next = start();
        for client in [&mut late, &mut waiting] {
            made.insert(client.read().expect("an answer").token());
        }
    }
    assert_eq!(made.len(), 9);
    assert_eq!(tokens(&scratch), made);
}

/// Clients that make invites without a pause, over restarts; each keeps its connection until the service ends it.
struct Crowd {
    made: mpsc::Receiver<String>,
    enough: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<Vec<String>>>,
    seen: std::cell::RefCell<HashSet<String>>,
}

impl Crowd {
    /// Each request has these further headers.
    fn start(address: SocketAddr, clients: usize, headers: &[&str]) -> Self {
        let bearer = format!("Authorization: Bearer {KEY}");
        let request = common::http::request("POST", "/invites_api", &[&[bearer.as_str()], headers].concat(), "");
        let (sender, made) = mpsc::channel();
        let enough = Arc::new(AtomicBool::new(false));
        let start = |_| {
            let (request, sender, enough) = (request.clone(), sender.clone(), Arc::clone(&enough));
            std::thread::spawn(move || Self::ask(address, &request, &sender, &enough))
        };
        Self { made, threads: (0..clients).map(start).collect(), enough, seen: std::cell::RefCell::default() }
    }

    /// Gives what went wrong.
    fn ask(address: SocketAddr, request: &str, sender: &mpsc::Sender<String>, enough: &AtomicBool) -> Vec<String> {
        let mut faults = Vec::new();
        let mut client: Option<Client> = None;
        let mut number = 0;
        while !enough.load(Ordering::SeqCst) {
            let Some(mut connection) = client.take().or_else(|| {
                number = 0;
                Client::try_tcp(address).map_err(|error| faults.push(format!("refused: {error}"))).ok()
            }) else {
                continue;
            };
            number += 1;
            if let Err(error) = connection.try_send(request) {
                faults.push(format!("request {number} could not be sent: {error}"));
                continue;
            }
            match connection.try_read(false) {
                Ok(Some(answer)) => {
                    if answer.status == 201 {
                        sender.send(answer.token()).unwrap();
                    } else {
                        faults.push(format!("{answer:?}"));
                    }
                    client = (!is_last(&answer)).then_some(connection);
                }
                Ok(None) => faults.push(format!("request {number} of its connection got no answer")),
                Err(error) => faults.push(format!("request {number} of its connection got no answer: {error}")),
            }
        }
        faults
    }

    /// Waits for so many more invites.
    fn wait(&self, count: usize) {
        for _ in 0..count {
            let token = self.made.recv_timeout(PATIENCE).expect("more answers");
            assert!(self.seen.borrow_mut().insert(token), "a token came twice");
        }
    }

    /// Stops; fails if anything was lost. Gives the tokens of all 201.
    fn end(self) -> HashSet<String> {
        self.enough.store(true, Ordering::SeqCst);
        let faults: Vec<_> = self.threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert!(faults.is_empty(), "{} requests were lost: {:#?}", faults.len(), &faults[..faults.len().min(10)]);
        let mut seen = self.seen.into_inner();
        for token in self.made.try_iter() {
            assert!(seen.insert(token), "a token came twice");
        }
        seen
    }
}

/// Restarts the service under clients; all they ask is answered, and every 201 is in the ledger.
fn restart_under_load(restarts: usize, clients: usize, headers: &[&str]) {
    let scratch = Scratch::new(&unbindable());
    let socket = listener();
    let start = || scratch.serve_activated(vec![socket.try_clone().unwrap().into()], "http", &[]);
    let mut served = start();
    let crowd = Crowd::start(socket.local_addr().unwrap(), clients, headers);
    for _ in 0..restarts {
        crowd.wait(3 * clients);
        served.signal("TERM");
        assert_eq!(served.wait().code(), Some(0), "{}", served.log());
        assert!(!served.log().contains("still open"), "{}", served.log());
        served = start();
    }
    crowd.wait(3 * clients);
    let made = crowd.end();
    drop(served);
    assert_eq!(tokens(&scratch), made);
}

#[test]
fn restarts_on_a_passed_socket_refuse_and_lose_nothing_on_connections_that_are_kept() {
    restart_under_load(10, 32, &[]);
}

#[test]
fn restarts_on_a_passed_socket_refuse_and_lose_nothing_on_connections_for_one_request() {
    restart_under_load(10, 32, &["Connection: close"]);
}

#[test]
fn connection_that_comes_at_the_moment_of_the_stop_is_answered_by_this_service_or_the_next() {
    const ROUNDS: usize = 200;
    let scratch = Scratch::new(&unbindable());
    let socket = listener();
    let address = socket.local_addr().unwrap();
    let start = || scratch.serve_activated(vec![socket.try_clone().unwrap().into()], "http", &[]);
    let request = common::http::request("GET", &format!("/invites_api?key={KEY}"), &[], "");
    let mut served = start();
    let mut made = HashSet::new();
    for round in 0..ROUNDS {
        // Nobody is connected, so the service has nothing to wait for; then there is somebody.
        served.signal("TERM");
        served.wait_log("stopping");
        let mut client = Client::tcp(address);
        client.send(&request);
        assert_eq!(served.wait().code(), Some(0));
        let before = served;
        served = start();
        let answer = client.try_read(false);
        let told = format!("round {round}: {answer:?}\n{}\n{}", before.log(), served.log());
        let answer = answer.ok().flatten().unwrap_or_else(|| panic!("no answer in {told}"));
        assert_eq!(answer.status, 201, "{told}");
        made.insert(answer.token());
    }
    assert_eq!(made.len(), ROUNDS);
    drop(served);
    assert_eq!(tokens(&scratch), made);
}

/// Has a request taken on whose body has not come: the service asks for it.
fn begin_slow(client: &mut Client) {
    client.begin();
}

#[test]
fn request_in_flight_is_answered_after_the_stop_and_the_last_on_its_connection() {
    for signal in ["TERM", "INT"] {
        let scratch = Scratch::new(CONFIG);
        let mut served = scratch.serve();
        let address = served.address();
        let mut slow = Client::tcp(address);
        begin_slow(&mut slow);
        served.signal(signal);
        served.wait_log("stopping");
        slow.send("slow");
        let answer = slow.read().expect("an answer");
        assert_eq!(answer.status, 201, "{answer:?}");
        assert!(is_last(&answer), "{answer:?}");
        assert!(slow.is_ended());
        assert_eq!(served.wait().code(), Some(0));
        assert!(Client::try_tcp(address).is_err(), "somebody still listens");
        assert_eq!(tokens(&scratch), HashSet::from([answer.token()]));
    }
}

#[test]
fn reload_that_comes_during_the_stop_cuts_nothing_off() {
    let scratch = Scratch::new(CONFIG);
    let mut served = scratch.serve();
    let mut slow = served.client();
    begin_slow(&mut slow);
    served.signal("TERM");
    served.wait_log("stopping");
    served.signal("HUP");
    // Until the signal has been taken: then the service has either ended or goes on.
    let pending = || {
        let status = fs::read_to_string(format!("/proc/{}/status", served.pid())).unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("ShdPnd:\t")).map(|mask| mask.trim().to_owned());
        mask.is_some_and(|mask| u64::from_str_radix(&mask, 16).unwrap() != 0)
    };
    while pending() {}
    // Another connection's whole life comes after it.
    let _ = Client::try_tcp(served.address()).map(|mut client| client.is_ended());
    slow.send("slow");
    let answer = slow.try_read(false).ok().flatten();
    assert_eq!(answer.map(|answer| answer.status), Some(201), "{}", served.log());
    assert_eq!(served.wait().code(), Some(0));
    assert!(!served.log().contains("twice"), "{}", served.log());
}

#[test]
fn second_stop_ends_the_service_at_once() {
    let scratch = Scratch::new(CONFIG);
    let mut served = scratch.serve();
    let mut slow = served.client();
    begin_slow(&mut slow);
    let made = served.client().invite(KEY).token();
    served.signal("TERM");
    served.wait_log("stopping");
    served.signal("TERM");
    // The drain would take longer than a test waits.
    assert_eq!(served.wait().code(), Some(0));
    assert_eq!(tokens(&scratch), HashSet::from([made]));
}

#[test]
fn stop_waits_for_drain_timeout_and_no_longer() {
    let scratch = Scratch::new(&with("http = { drain_timeout = \"1s\" }"));
    let mut served = scratch.serve();
    let mut slow = served.client();
    begin_slow(&mut slow);
    served.signal("TERM");
    served.wait_log("1 connection was still open after drain_timeout");
    assert_eq!(served.wait().code(), Some(0));
}

#[test]
fn idle_connections_do_not_hold_up_the_stop() {
    let scratch = Scratch::new(CONFIG);
    let mut served = scratch.serve();
    let mut idle: Vec<_> = (0..50).map(|_| served.client()).collect();
    for client in idle.iter_mut().skip(25) {
        assert_eq!(client.get("/invite?unknown").status, 404);
    }
    served.signal("TERM");
    assert_eq!(served.wait().code(), Some(0));
    assert!(!served.log().contains("still open"), "{}", served.log());
    assert!(idle.iter_mut().all(Client::is_ended));
}

#[test]
fn lines_have_a_priority_for_the_journal_and_a_time_elsewhere() {
    let scratch = Scratch::new(CONFIG);
    let bearer = "Authorization: Bearer site/wrong";
    let served = scratch.serve_with(&[("JOURNAL_STREAM", "8:12345")]);
    assert_eq!(served.client().ask("POST", "/invites_api", &[bearer]).status, 403);
    assert_eq!(served.client().invite(KEY).status, 201);
    scratch.configure("broken");
    served.signal("HUP");
    served.wait_log("reload.refused");
    served.signal("TERM");
    served.wait_log("stopped");
    for line in served.log().lines() {
        let (priority, text) = line.split_at(3);
        assert!(["<3>", "<4>", "<6>", "<7>"].contains(&priority), "{line}");
        assert!(!text.starts_with("20") && !text.starts_with(' '), "{line}");
    }
    for (priority, text) in [("<6>", "listening on"), ("<6>", "event=invite.created"), ("<3>", "event=reload.refused")]
    {
        assert!(served.wait_log(text).starts_with(priority), "{}", served.wait_log(text));
    }
    scratch.configure(CONFIG);
    let served = scratch.serve();
    let line = served.wait_log("listening on");
    let (time, _) = line.split_once(' ').unwrap();
    assert!(time.parse::<jiff::Timestamp>().is_ok(), "{line}");
}

/// `journalctl --priority=err` has it, then.
#[test]
fn why_it_does_not_start_has_a_priority_for_the_journal_too() {
    let scratch = Scratch::new("listen = [\"127.0.0.1:0\"]\ncolour = \"red\"\n");
    let output = scratch.command().arg("serve").env("JOURNAL_STREAM", "8:12345").output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.starts_with("<3>the configuration is not valid:\n<3>  colour ("), "{told}");
    assert!(told.lines().count() == 4 && told.lines().all(|line| line.starts_with("<3>")), "{told}");
    // The shell of a desktop that systemd started has these variables, too.
    let command = scratch.command();
    let words = std::iter::once(command.get_program()).chain(command.get_args()).map(|word| word.to_str().unwrap());
    let line: Vec<_> = words.chain(["serve"]).map(quoted).collect();
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &line.join(" "), "/dev/null"])
        .envs([("SHELL", "/bin/sh"), ("JOURNAL_STREAM", "8:12345"), ("INVOCATION_ID", "1")])
        .stdin(Stdio::null())
        .output()
        .expect("needs script(1), of bsdutils");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.starts_with("invited: the configuration is not valid:") && !told.contains("<3>"), "{told}");
}

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().mode() & 0o7777
}

#[test]
fn own_unix_socket_is_for_its_group_and_replaced_after_kill_9() {
    let scratch = Scratch::new("");
    let path = scratch.path().join("http.sock");
    let listen = format!("\"unix:{}\"", path.display());
    scratch.configure(&CONFIG.replace("\"127.0.0.1:0\"", &listen));
    let mut served = scratch.serve();
    let mut before = None;
    for _ in 0..3 {
        assert!(path.symlink_metadata().unwrap().file_type().is_socket());
        assert_eq!(mode(&path), 0o660);
        assert_eq!(Client::unix(&path).invite(KEY).status, 201);
        let inode = path.symlink_metadata().unwrap().ino();
        assert_ne!(before.replace(inode), Some(inode), "the socket of the killed process is still there");
        served.kill();
        assert!(path.exists());
        served = scratch.serve();
    }

    // A service that lives keeps its socket.
    let second = ends(scratch.command().arg("serve"));
    assert_eq!(second.status.code(), Some(1), "{second:?}");
    assert!(String::from_utf8_lossy(&second.stderr).contains(path.to_str().unwrap()), "{second:?}");
    assert_eq!(Client::unix(&path).invite(KEY).status, 201);

    served.signal("TERM");
    assert_eq!(served.wait().code(), Some(0));
    assert!(!path.exists());
    let left: Vec<_> = fs::read_dir(scratch.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("http"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn file_that_is_no_socket_is_not_taken_away() {
    let scratch = Scratch::new("");
    let path = scratch.path().join("http.sock");
    scratch.configure(&CONFIG.replace("\"127.0.0.1:0\"", &format!("\"unix:{}\"", path.display())));
    fs::write(&path, "somebody's work").unwrap();
    let output = ends(scratch.command().arg("serve"));
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "somebody's work");
}

#[test]
fn signal_that_comes_as_soon_as_one_can_connect_is_caught() {
    let connect = |path: &Path| {
        let began = common::now();
        while UnixStream::connect(path).is_err() {
            assert!(began.elapsed() < PATIENCE, "nobody listens");
        }
    };
    for round in 0..20 {
        let scratch = Scratch::new("");
        let path = scratch.path().join("http.sock");
        scratch.configure(&CONFIG.replace("127.0.0.1:0", &format!("unix:{}", path.display())));
        let mut process = Process(scratch.command().arg("serve").stderr(Stdio::null()).spawn().unwrap());
        connect(&path);
        let pid = rustix::process::Pid::from_child(&process.0);
        let signal = if round % 2 == 0 { rustix::process::Signal::HUP } else { rustix::process::Signal::TERM };
        rustix::process::kill_process(pid, signal).unwrap();
        if signal == rustix::process::Signal::HUP {
            assert_eq!(Client::unix(&path).invite(KEY).status, 201, "round {round}");
        } else {
            // A stop, and not the end by a signal that nobody caught.
            assert_eq!(process.0.wait().unwrap().code(), Some(0), "round {round}");
        }
    }
}
