//! The load: two threads, each with an epoll instance over half of the connections. Each connection sends its next
//! request as soon as its last one is answered, so as many are under way as there are connections.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use invited::clock;
use rustix::event::{Timespec, epoll};

/// Connections that are kept alive.
pub const CONNECTIONS: usize = 32;
pub const THREADS: usize = 2;

/// A page with its head, with room to spare.
const LARGEST_ANSWER: usize = 64 << 10;

/// Nothing is counted so long: connections are made, caches and counters filled.
const WARM_UP: Duration = Duration::from_millis(200);

/// What to ask, and what must be answered.
pub struct Load {
    pub address: SocketAddr,
    /// Whole requests, asked in turn.
    pub requests: Vec<Vec<u8>>,
    pub status: u16,
}

impl Load {
    /// Answers per second, over `time` after a warm-up. `begin` and `end` are called around what is measured.
    pub fn rate(&self, time: Duration, begin: impl FnOnce() + Send, end: impl FnOnce() + Send) -> f64 {
        self.rate_of(CONNECTIONS, time, begin, end)
    }

    /// The same over so many connections.
    pub fn rate_of(
        &self,
        connections: usize,
        time: Duration,
        begin: impl FnOnce() + Send,
        end: impl FnOnce() + Send,
    ) -> f64 {
        let (from, to) = (clock::instant() + WARM_UP, clock::instant() + WARM_UP + time);
        let counted = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(WARM_UP);
                begin();
                std::thread::sleep(time);
                end();
            });
            for thread in 0..THREADS {
                let counted = &counted;
                scope.spawn(move || {
                    let count = self.drive(thread, connections, |now| now < to, |now| now >= from && now < to);
                    counted.fetch_add(count, Ordering::Relaxed);
                });
            }
        });
        f64::from(u32::try_from(counted.into_inner()).expect("fewer than four billion")) / time.as_secs_f64()
    }

    /// Asks `count` times; gives how long it took.
    pub fn times(&self, count: usize) -> Duration {
        let began = clock::instant();
        let asked = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let asked = &asked;
                let go_on = |_| asked.fetch_add(1, Ordering::Relaxed) < count;
                scope.spawn(move || self.drive(thread, CONNECTIONS, go_on, |_| true));
            }
        });
        clock::instant().duration_since(began)
    }

    /// Keeps the connections of one thread busy while `go_on` says so; gives how many answers `counts` found to count.
    fn drive(
        &self,
        thread: usize,
        connections: usize,
        go_on: impl Fn(Instant) -> bool,
        counts: impl Fn(Instant) -> bool,
    ) -> usize {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
        let mut asked = thread * self.requests.len() / THREADS;
        let mut next = || {
            asked += 1;
            self.requests[asked % self.requests.len()].as_slice()
        };
        let mut connections: Vec<_> =
            (0..connections / THREADS).map(|_| Connection::open(self.address, self.status)).collect();
        let mut busy = 0;
        for (number, connection) in connections.iter_mut().enumerate() {
            let data = epoll::EventData::new_u64(number as u64);
            epoll::add(&epoll, &connection.stream, data, epoll::EventFlags::IN).unwrap();
            if go_on(clock::instant()) {
                connection.send(next());
                busy += 1;
            }
        }
        let mut count = 0;
        let mut events = Vec::with_capacity(connections.len());
        let patience = Timespec { tv_sec: 30, tv_nsec: 0 };
        while busy > 0 {
            events.clear();
            match epoll::wait(&epoll, rustix::buffer::spare_capacity(&mut events), Some(&patience)) {
                Err(rustix::io::Errno::INTR) => continue,
                ready => assert!(ready.unwrap() > 0, "no answer in 30 s"),
            }
            let now = clock::instant();
            for event in &events {
                let connection = &mut connections[usize::try_from(event.data.u64()).unwrap()];
                if !connection.is_answered() {
                    continue;
                }
                count += usize::from(counts(now));
                if go_on(now) {
                    connection.send(next());
                } else {
                    busy -= 1;
                }
            }
        }
        count
    }
}

struct Connection {
    stream: TcpStream,
    status_line: String,
    buffer: Vec<u8>,
    filled: usize,
}

impl Connection {
    fn open(address: SocketAddr, status: u16) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_nonblocking(true).unwrap();
        Self { stream, status_line: format!("HTTP/1.1 {status} "), buffer: vec![0; LARGEST_ANSWER], filled: 0 }
    }

    fn send(&mut self, request: &[u8]) {
        self.filled = 0;
        // It is far smaller than the socket's buffer, which is empty.
        assert_eq!(self.stream.write(request).unwrap(), request.len());
    }

    /// Reads what is there; says whether the answer is whole. An answer of another status ends the run.
    fn is_answered(&mut self) -> bool {
        match self.stream.read(&mut self.buffer[self.filled..]) {
            Ok(0) => panic!("the connection was closed before the answer"),
            Ok(read) => self.filled += read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(error) => panic!("{error}"),
        }
        let answer = &self.buffer[..self.filled];
        let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
        let head = std::str::from_utf8(&answer[..end]).unwrap();
        let body = &answer[end + 4..];
        let text = || String::from_utf8_lossy(body);
        assert!(head.starts_with(&self.status_line), "expected {}, not\n{head}\n{}", self.status_line, text());
        body.len() >= content_length(head)
    }
}

/// What a head says of its body.
pub fn content_length(head: &str) -> usize {
    let mut fields = head.split("\r\n").filter_map(|line| line.split_once(": "));
    let (_, length) = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length")).expect("a Content-Length");
    length.parse().unwrap()
}
