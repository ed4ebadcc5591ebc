//! Many connections of many addresses: what they cost while they are idle, and what wrong keys from them cost others.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::common::http;
use crate::load::Load;
use crate::service::{KEY, Scratch, Service, post, request};
use crate::{Effort, Rates, Rounds, rate, tell_most, tell_ratio, to_create};

const IDLE: u32 = 10_000;
const WRONG_ADDRESSES: u32 = 1_000;

/// A connection from an address of its own, of loopback.
pub fn connect_from(number: u32, service: &Service) -> TcpStream {
    let local = Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 0).to_bits() + number);
    http::connect_from(local, service.address).unwrap()
}

/// Asks once, and waits until something comes.
pub fn ask(mut stream: &TcpStream, request: &[u8]) {
    stream.write_all(request).unwrap();
    assert!(stream.read(&mut [0; 4 << 10]).unwrap() > 0);
}

/// So that there may be so many connections, here and in what is started from here.
pub fn open_more_files() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
}

/// What an idle connection adds to resident memory: one that has said nothing, and one that is kept after an answer.
pub fn idle() {
    open_more_files();
    let scratch = Scratch::new();
    scratch.configure_more(&format!("[http]\nidle_timeout = \"1h\"\nmax_connections = {}\n", IDLE + 1_000));
    let service = scratch.serve();
    service.first_answer();
    let resident = || {
        std::thread::sleep(Duration::from_millis(1500));
        service.memory("VmRSS")
    };
    let before = resident();
    let connections: Vec<_> = (0..IDLE).map(|number| connect_from(number, &service)).collect();
    let silent = resident();
    for connection in &connections {
        ask(connection, &request("GET", "/healthz", KEY, ""));
    }
    let kept = resident();
    let each = |after: f64| Rounds(vec![(after - before) * 1024.0 / f64::from(IDLE)]);
    tell_most("14 memory for each of 10,000 idle", &each(silent), None, 8.0, "KiB");
    tell_most("   after an answer to each", &each(kept), None, 8.0, "KiB");
}

/// Creates while one thread presents wrong keys without a pause, from each of 1,000 other addresses in turn.
pub fn wrong_keys(effort: &Effort) {
    let scratch = Scratch::new();
    scratch.configure_more("[http]\nmax_connections = 2048\n");
    let service = scratch.serve();
    service.first_answer();
    let load: Load = to_create(&service);
    let wrong = post("/invites_api", "site/wrong");
    let connections: Vec<_> = (0..WRONG_ADDRESSES).map(|number| connect_from(number, &service)).collect();
    let [mut with, mut without] = std::array::from_fn(|_| Rates::default());
    let sent = AtomicUsize::new(0);
    for _ in 0..effort.rounds {
        without.add(rate(&service, &load, effort));
        let enough = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for connection in connections.iter().cycle().take_while(|_| !enough.load(Ordering::Relaxed)) {
                    ask(connection, &wrong);
                    sent.fetch_add(1, Ordering::Relaxed);
                }
            });
            with.add(rate(&service, &load, effort));
            enough.store(true, Ordering::Relaxed);
        });
    }
    let [(with, of_with), (without, of_without)] = [with, without].map(Rates::done);
    tell_ratio("15 creates beside wrong keys, of without", &with, &without, Some(0.9));
    println!(
        "  {} wrong keys from {WRONG_ADDRESSES} addresses; processor time per create, in µs: {of_with:.1} with them, \
         {of_without:.1} without",
        sent.into_inner(),
    );
}
