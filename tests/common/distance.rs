//! A way to a server that takes time, as much of it as there is bandwidth: what comes is passed on later, all of it. And one that
//! counts how often it is gone there and back.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a harness that cannot do its work fails the test")]

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::now;

const PIECE: usize = 64 << 10;

/// A way that takes time, in each direction.
pub struct Distance {
    listener: TcpListener,
}

impl Distance {
    /// A way to `server`; its threads end with the connections.
    pub fn to(server: SocketAddr, one_way: Duration) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let accepting = listener.try_clone().unwrap();
        thread::spawn(move || {
            for near in accepting.incoming() {
                let (Ok(near), Ok(far)) = (near, TcpStream::connect(server)) else { return };
                for stream in [&near, &far] {
                    stream.set_nodelay(true).unwrap();
                }
                pass_on(near.try_clone().unwrap(), far.try_clone().unwrap(), one_way);
                pass_on(far, near, one_way);
            }
        });
        Self { listener }
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// Its place among the hosts of a URL.
    pub fn place(&self) -> String {
        self.address().to_string()
    }
}

/// Passes on what comes, each piece after the same time.
fn pass_on(mut from: TcpStream, to: TcpStream, after: Duration) {
    let (pieces, arriving): (Sender<(Instant, Vec<u8>)>, _) = channel();
    thread::spawn(move || arrive(&arriving, to));
    thread::spawn(move || {
        let mut buffer = vec![0; PIECE];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            if pieces.send((now() + after, buffer[..read].to_vec())).is_err() {
                return;
            }
        }
    });
}

fn arrive(pieces: &Receiver<(Instant, Vec<u8>)>, mut to: TcpStream) {
    for (at, piece) in pieces {
        thread::sleep(at.saturating_duration_since(now()));
        if to.write_all(&piece).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

/// A way to a PostgreSQL server on which answers are held back until all of what was asked is answered and nothing more is asked
/// for a while. So whoever waits for an answer before asking on goes there and back once more; that is counted.
pub struct RoundTrips {
    listener: TcpListener,
    state: Arc<WayState>,
}

#[derive(Default)]
struct WayState {
    counted: AtomicUsize,
    is_closed: AtomicBool,
}

/// So long nothing more is asked.
const QUIET: Duration = Duration::from_millis(150);

impl RoundTrips {
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (accepting, state) = (listener.try_clone().unwrap(), Arc::new(WayState::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for near in accepting.incoming() {
                let (Ok(near), Ok(far)) = (near, TcpStream::connect(server)) else { return };
                let state = Arc::clone(&shared);
                thread::spawn(move || hold_back(near, far, &state));
            }
        });
        Self { listener, state }
    }

    /// Its place among the hosts of a URL.
    pub fn place(&self) -> String {
        self.listener.local_addr().unwrap().to_string()
    }

    /// How often, on all connections that have written something.
    pub fn count(&self) -> usize {
        self.state.counted.load(Ordering::SeqCst)
    }

    /// From now on no answer comes through, or again those that do.
    pub fn close(&self, is_closed: bool) {
        self.state.is_closed.store(is_closed, Ordering::SeqCst);
    }
}

/// What has come of a stream of messages.
#[derive(Default)]
struct Messages {
    bytes: Vec<u8>,
}

impl Messages {
    /// Adds what came; gives the kinds of the messages that are whole by then (`has_kind`: the first one has none).
    fn add(&mut self, bytes: &[u8], is_first: &mut bool) -> Vec<u8> {
        self.bytes.extend_from_slice(bytes);
        let mut kinds = Vec::new();
        loop {
            let head = usize::from(!*is_first);
            let Some(length) = self.bytes.get(head..head + 4) else { return kinds };
            let length = head + u32::from_be_bytes(length.try_into().unwrap()) as usize;
            if self.bytes.len() < length {
                return kinds;
            }
            if !*is_first {
                kinds.push(self.bytes[0]);
            }
            *is_first = false;
            self.bytes.drain(..length);
        }
    }
}

/// What is there to be read; nothing at the end.
fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> Option<usize> {
    match stream.read(buffer) {
        Ok(0) => None,
        Ok(read) => Some(read),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Some(0),
        Err(_) => None,
    }
}

fn write(stream: &mut TcpStream, mut bytes: &[u8]) -> Option<()> {
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(Duration::from_millis(1)),
            Err(_) => return None,
        }
    }
    Some(())
}

fn hold_back(mut near: TcpStream, mut far: TcpStream, state: &WayState) -> Option<()> {
    for stream in [&near, &far] {
        stream.set_nodelay(true).unwrap();
        stream.set_nonblocking(true).unwrap();
    }
    let (mut questions, mut answers) = (Messages::default(), Messages::default());
    let (mut is_first, mut never_first, mut buffer) = (true, false, vec![0; PIECE]);
    // What was asked and is not answered; the start is, once PostgreSQL is ready.
    let mut writes = false;
    let (mut open, mut is_started, mut held, mut last_asked) = (1_usize, false, Vec::new(), now());
    loop {
        let asked = read(&mut near, &mut buffer)?;
        if asked > 0 {
            let kinds = questions.add(&buffer[..asked], &mut is_first);
            open += kinds.iter().filter(|kind| [b'Q', b'S'].contains(kind)).count();
            last_asked = now();
            writes |= buffer[..asked].windows(6).any(|word| word == b"COMMIT");
            write(&mut far, &buffer[..asked])?;
        }
        let answered = read(&mut far, &mut buffer)?;
        if answered > 0 {
            let kinds = answers.add(&buffer[..answered], &mut never_first);
            let ready = kinds.into_iter().filter(|kind| *kind == b'Z').count();
            open -= ready;
            // Who only reads is not held up.
            if is_started && (writes || !held.is_empty()) {
                held.extend_from_slice(&buffer[..answered]);
            } else {
                write(&mut near, &buffer[..answered])?;
                is_started = ready > 0;
            }
        }
        let is_closed = state.is_closed.load(Ordering::SeqCst);
        if open == 0 && !held.is_empty() && !is_closed && now() - last_asked > QUIET {
            state.counted.fetch_add(1, Ordering::SeqCst);
            write(&mut near, &held)?;
            held.clear();
        }
        if asked + answered == 0 {
            thread::sleep(Duration::from_millis(1));
        }
    }
}
