//! Many connections, of whoever means no good: others are served all the same (SPEC 4, [http]).
#![expect(clippy::unwrap_used, reason = "a test that cannot do its work fails")]

use crate::common;

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;

use common::{CONFIG, Client, KEY, PATIENCE, Scratch, Served};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

fn with_http(lines: &str) -> Scratch {
    Scratch::new(&format!("{CONFIG}[http]\n{lines}\n"))
}

/// A socket that no service of another test inherits.
fn new_socket(family: AddressFamily, flags: SocketFlags) -> OwnedFd {
    rustix::net::socket_with(family, SocketType::STREAM, flags | SocketFlags::CLOEXEC, None).unwrap()
}

/// A connection from an address of loopback. 127.0.0.1 is trusted, others are not.
fn connect_from(local: Ipv4Addr, served: SocketAddr) -> TcpStream {
    common::http::connect_from(local, served).unwrap()
}

fn client_from(last: u8, served: &Served) -> Client {
    Client::of(connect_from(Ipv4Addr::new(127, 0, 0, last), served.address()))
}

/// Lets this process have so many files open, if it may; gives how many it may have.
fn raise_limit_of_files(wanted: u64) -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let possible = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    if current.is_some_and(|current| current < possible) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(possible), maximum }).unwrap();
    }
    possible
}

#[test]
fn a_client_is_served_while_ten_thousand_idle_ones_hold_their_connections() {
    const HEADS: [&str; 3] = ["", "GET /nowhere HTTP/1.1\r\nHost: a\r\n", "\r\n"];
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let address = served.address();
    let count = usize::try_from(raise_limit_of_files(11_000)).unwrap() - 1_000;
    let mut idle: Vec<_> = (0..count)
        .map(|number| {
            let [_, high, low, last] = u32::try_from(number).unwrap().to_be_bytes();
            let mut stream = connect_from(Ipv4Addr::new(127, high + 1, low, last), address);
            stream.set_nodelay(true).unwrap();
            // It may be gone already.
            let _ = stream.write_all(HEADS[number % 3].as_bytes());
            stream
        })
        .collect();
    for last in [1, 2] {
        assert_eq!(client_from(last, &served).invite(KEY).status, 201);
        // A byte now and then does not help.
        for (number, stream) in idle.iter_mut().enumerate() {
            let _ = stream.write_all(if number % 3 == 1 { b"X" } else { b"" });
        }
    }
    // They hold what they have, but most of it is theirs alone.
    let open = |stream: &mut TcpStream| {
        stream.set_nonblocking(true).unwrap();
        stream.read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    };
    let open = idle.iter_mut().map(open).filter(|is_open| *is_open).count();
    assert!((512..=1024).contains(&open), "{open} of {count} are open");
}

#[test]
fn who_drips_half_a_head_is_idler_than_who_asked_after_that() {
    let scratch = with_http("max_connections = 2");
    let served = scratch.serve();
    let mut dripping = client_from(2, &served);
    dripping.send("GET / HTTP/1.1\r\nX: ");
    let mut asking = client_from(3, &served);
    for _ in 0..20 {
        assert_eq!(asking.get("/nowhere").status, 404);
    }
    dripping.send("x");
    let mut other = client_from(4, &served);
    assert_eq!(other.get("/nowhere").status, 404);
    assert!(dripping.is_ended());
    assert_eq!(asking.get("/nowhere").status, 404);
    let last = other.get("/nowhere");
    assert_eq!(last.status, 404);
    served.wait_log(last.header("x-request-id").unwrap());
    // Nobody asked for anything there.
    assert_eq!(served.log().matches("request.id=").count(), 23, "{}", served.log());
}

#[test]
fn who_keeps_a_body_back_does_not_keep_others_out() {
    let scratch = with_http("max_connections = 1\nbody_timeout = \"50s\"");
    let served = scratch.serve();
    let mut slow = client_from(2, &served);
    slow.begin();
    slow.send("d");
    assert_eq!(client_from(3, &served).get("/nowhere").status, 404);
    // Else it would be answered 408.
    assert!(slow.is_ended());
}

#[test]
fn one_address_has_a_share_of_the_connections_and_a_trusted_proxy_as_many_as_it_likes() {
    let scratch = with_http("max_connections = 64\nbody_timeout = \"1d\"");
    let served = scratch.serve();
    let ask = |client: &mut Client| assert_eq!(client.get("/nowhere").status, 404);
    let mut proxy: Vec<_> = (0..40).map(|_| served.client()).collect();
    proxy.iter_mut().for_each(ask);
    let mut greedy: Vec<_> = (0..20)
        .map(|_| {
            let mut client = client_from(2, &served);
            ask(&mut client);
            client
        })
        .collect();
    // One that goes may answer what comes at this moment, and closes then.
    greedy.retain_mut(|client| {
        let answer =
            client.try_send(common::http::request("GET", "/nowhere", &[], "")).and_then(|()| client.try_read(false));
        answer.ok().flatten().is_some_and(|answer| answer.header("connection").is_none())
    });
    assert_eq!(greedy.len(), 16, "16 are its share");
    proxy.iter_mut().for_each(ask);
    // A request in flight is answered, and what comes beside a share of them is closed.
    greedy.iter_mut().for_each(Client::begin);
    let mut more = client_from(2, &served);
    assert!(more.is_ended());
    let line = served.wait_log("its share of http.max_connections");
    assert!(line.contains(" client=127.0.0.2") && line.contains("trusted_proxies"), "{line}");
    ask(&mut client_from(3, &served));
    greedy.iter_mut().for_each(Client::done);
    ask(&mut client_from(2, &served));
}

/// Connects to a Unix socket, without waiting where nobody accepts.
fn connect_unix(path: &Path) -> UnixStream {
    let socket = new_socket(AddressFamily::UNIX, SocketFlags::NONBLOCK);
    rustix::net::connect(&socket, &SocketAddrUnix::new(path).unwrap()).expect("room in the backlog");
    socket.into()
}

#[test]
fn a_thousand_clients_at_once_fit_into_the_backlog_of_our_own_sockets() {
    let scratch = Scratch::new("");
    let path = scratch.path().join("http.sock");
    let listen = format!("\"127.0.0.1:0\", \"unix:{}\"", path.display());
    scratch.configure(&CONFIG.replace("\"127.0.0.1:0\"", &listen));
    let served = scratch.serve();
    let most: usize = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap().trim().parse().unwrap();
    raise_limit_of_files(3_000);
    // Nobody accepts.
    served.signal("STOP");
    let tcp: Vec<_> = (0..most.min(1_000)).map(|_| TcpStream::connect(served.address()).unwrap()).collect();
    let unix: Vec<_> = (0..most.min(1_000)).map(|_| connect_unix(&path)).collect();
    served.signal("CONT");
    assert_eq!(served.client().get("/nowhere").status, 404);
    assert_eq!(Client::unix(&path).get("/nowhere").status, 404);
    drop((tcp, unix));
}

/// 500 invites, of which a list has more than 2.2 MB, and a key that may read them.
fn with_long_list(http: &str) -> Scratch {
    let reader = "[keys.reader]\nallow = [\"read\"]\nsha256 = \"1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0\"";
    let scratch = Scratch::new(&format!("{CONFIG}{reader}\n[http]\n{http}\n"));
    let (note, name) = ("🦀".repeat(1_000), "🦀".repeat(128));
    let invites = format!("{{\"count\": 500, \"note\": \"{note}\", \"inviter\": \"{name}\"}}");
    let served = scratch.serve();
    let mut client = served.client();
    let bearer = format!("Authorization: Bearer {KEY}");
    client.send(common::http::request(
        "POST",
        "/api/v1/invites",
        &[&bearer, "Content-Type: application/json"],
        &invites,
    ));
    assert_eq!(client.read().unwrap().status, 201);
    scratch
}

const LIST: &str = "GET /api/v1/invites?limit=500 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer reader/s3cret\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n";

/// Asks for the list, and reads its status and no more.
fn begin_list(served: &Served) -> TcpStream {
    let socket = new_socket(AddressFamily::INET, SocketFlags::empty());
    // Else the kernel reads for the client.
    rustix::net::sockopt::set_socket_recv_buffer_size(&socket, 4 << 10).unwrap();
    rustix::net::connect(&socket, &served.address()).unwrap();
    let mut stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(LIST.as_bytes()).unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 200");
    stream
}

/// A figure of `/proc/PID/status`, in MiB.
fn memory(served: &Served, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", served.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
}

#[test]
fn whoever_does_not_read_long_lists_does_not_use_up_the_memory() {
    let scratch = with_long_list("");
    let served = scratch.serve();
    let mut whole = served.client();
    whole.send(LIST);
    assert!(whole.read().unwrap().body.len() > 2_200_000);
    let readers: Vec<_> = (0..100).map(|_| begin_list(&served)).collect();
    let peak = memory(&served, "VmHWM");
    assert!(peak < 200, "{peak} MiB");
    // Whoever reads gets all of it, and on the connection that was idle meanwhile.
    whole.send(LIST);
    assert!(whole.read().unwrap().body.len() > 2_200_000);
    let is_reset = |mut stream: &TcpStream| {
        stream.set_nonblocking(true).unwrap();
        loop {
            match stream.read(&mut [0; 4 << 10]) {
                Ok(1..) => {}
                Ok(0) => return true,
                Err(error) => return error.kind() != ErrorKind::WouldBlock,
            }
        }
    };
    let gone = readers.iter().map(is_reset).take_while(|is_reset| *is_reset).count();
    assert!(gone > 50, "the slowest go, not {gone}");
}

#[test]
fn whoever_reads_a_little_now_and_then_is_dropped_like_one_who_does_not_read() {
    let scratch = with_long_list("idle_timeout = \"2s\"");
    let served = scratch.serve();
    let mut slow = begin_list(&served);
    let began = common::now();
    let error = loop {
        assert!(began.elapsed() < PATIENCE, "it reads for ever");
        match slow.read(&mut [0; 256]) {
            Ok(1..) => std::thread::sleep(std::time::Duration::from_millis(250)),
            Ok(0) => panic!("it reads to the end of what was sent before"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

fn open_files(served: &Served) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", served.pid())).unwrap().count()
}

#[test]
fn the_limit_of_open_files_is_raised_and_the_connections_fit_into_it() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve_limited("-S -n 48");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", served.pid())).unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    let both: Vec<_> = line.split_whitespace().take(2).collect();
    assert_eq!(both[0], both[1], "{line}");
    drop(served);

    for (most, told) in [(400, true), (100, false)] {
        scratch.configure(&format!("{CONFIG}[http]\nmax_connections = {most}\n"));
        let served = scratch.serve_limited("-n 400");
        raise_limit_of_files(3_000);
        let _idle: Vec<_> = (0..1_000).map(|_| TcpStream::connect(served.address()).unwrap()).collect();
        assert_eq!(served.client().invite(KEY).status, 201, "{}", served.log());
        assert!(open_files(&served) < 350, "{}", open_files(&served));
        assert!(!served.log().contains("too many open files"), "{}", served.log());
        let line = served.log().lines().find(|line| line.contains("http.max_connections is")).map(ToOwned::to_owned);
        assert_eq!(line.is_some(), told, "{line:?}");
        assert!(
            line.is_none_or(|line| line.contains(" at most 208 ") && line.contains("LimitNOFILE= (ulimit -n) to 592"))
        );
    }
}

#[test]
fn without_a_file_for_another_connection_the_idlest_goes() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let mut kept = served.client();
    assert_eq!(kept.invite(KEY).status, 201);
    kept.begin();
    // As where the limit is the system's, or others have used it up.
    let room = u64::try_from(open_files(&served)).unwrap() + 10;
    served.limit_files(Some(room));
    let idle: Vec<_> = (0..30).map(|_| served.client()).collect();
    assert_eq!(served.client().get("/nowhere").status, 404);
    assert!(served.wait_log("too many open files").contains("LimitNOFILE="), "{}", served.log());
    kept.done();
    assert_eq!(served.log().matches("too many open files").count(), 1, "{}", served.log());
    drop(idle);
}

#[test]
fn without_a_file_for_another_connection_none_goes_while_nobody_waits() {
    let scratch = Scratch::new(CONFIG);
    let served = scratch.serve();
    let (mut kept, mut other) = (served.client(), served.client());
    assert_eq!([&mut kept, &mut other].map(|client| client.invite(KEY).status), [201, 201]);
    served.limit_files(None);
    // Each asks whether the accept loops turn, which has them try to accept.
    for _ in 0..20 {
        assert_eq!(other.get("/healthz").status, 200);
    }
    assert_eq!(kept.invite(KEY).status, 201, "{}", served.log());
    assert!(!served.log().contains("too many open files"), "{}", served.log());
}
