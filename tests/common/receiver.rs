//! A receiver of webhooks that does what a test has scripted.

#![allow(dead_code, reason = "every test file uses a part of it")]

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

use serde_json::Value;

use crate::common::PATIENCE;

/// What becomes of a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A status, with further lines of the head.
    Status(u16, String),
    /// No answer, until the receiver is gone.
    Hang,
    /// The connection is ended.
    Close,
    /// So many bytes with status 200.
    Large(usize),
}

pub const OK: Reply = Reply::Status(204, String::new());

pub fn status(status: u16) -> Reply {
    Reply::Status(status, String::new())
}

/// A request, as it came.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// On which connection, counted from the first.
    pub connection: usize,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map_or_else(|| panic!("no {name} in {:?}", self.headers), |(_, value)| value)
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    /// The invite or key that it is about.
    pub fn about(&self) -> String {
        self.json()["data"]["id"].as_str().unwrap().to_owned()
    }
}

#[derive(Default)]
struct State {
    received: Vec<Received>,
    script: VecDeque<Reply>,
    then: Option<Reply>,
    streams: Vec<TcpStream>,
    is_gone: bool,
}

/// The receiver; it is gone when dropped.
pub struct Receiver {
    pub address: SocketAddr,
    state: Arc<(Mutex<State>, Condvar)>,
}

impl Receiver {
    /// One that takes everything.
    pub fn start() -> Self {
        Self::at((std::net::Ipv4Addr::LOCALHOST, 0).into())
    }

    pub fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new((Mutex::new(State::default()), Condvar::new()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || accept(&listener, &shared));
        Self { address, state }
    }

    /// What becomes of the next requests, and of all after them; gives how many have come before.
    pub fn script(&self, next: &[Reply], then: Reply) -> usize {
        let mut state = self.state.0.lock().unwrap();
        state.script = next.iter().cloned().collect();
        state.then = Some(then);
        state.received.len()
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub fn received(&self) -> Vec<Received> {
        self.state.0.lock().unwrap().received.clone()
    }

    /// Waits until so many have come; gives all.
    pub fn wait(&self, count: usize) -> Vec<Received> {
        self.wait_until(&format!("{count} requests"), |received| received.len() >= count)
    }

    pub fn wait_until(&self, what: &str, is_it: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        let (state, changed) = &*self.state;
        let state = state.lock().unwrap();
        let (state, timeout) = changed.wait_timeout_while(state, PATIENCE, |state| !is_it(&state.received)).unwrap();
        let told: Vec<_> = state.received.iter().map(|one| (one.id().to_owned(), one.kind())).collect();
        assert!(!timeout.timed_out(), "no {what}: {told:?}");
        state.received.clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let mut state = self.state.0.lock().unwrap();
        state.is_gone = true;
        for stream in state.streams.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        drop(state);
        self.state.1.notify_all();
        // The listener is woken, and ends.
        let _ = TcpStream::connect(self.address);
    }
}

fn accept(listener: &TcpListener, shared: &Arc<(Mutex<State>, Condvar)>) {
    for (connection, stream) in listener.incoming().enumerate() {
        let Ok(stream) = stream else { continue };
        let mut state = shared.0.lock().unwrap();
        if state.is_gone {
            return;
        }
        state.streams.push(stream.try_clone().unwrap());
        drop(state);
        let shared = Arc::clone(shared);
        std::thread::spawn(move || serve(stream, connection, &shared));
    }
}

fn serve(stream: TcpStream, connection: usize, shared: &(Mutex<State>, Condvar)) {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(received) = read(&mut reader, connection) {
        let mut state = shared.0.lock().unwrap();
        state.received.push(received);
        let reply = state.script.pop_front().or_else(|| state.then.clone()).unwrap_or(OK);
        shared.1.notify_all();
        drop(state);
        let sent = match reply {
            Reply::Status(status, head) => {
                let length = if status == 204 { "" } else { "Content-Length: 0\r\n" };
                writer.write_all(format!("HTTP/1.1 {status} Scripted\r\n{length}{head}\r\n").as_bytes())
            }
            Reply::Hang => {
                let state = shared.0.lock().unwrap();
                drop(shared.1.wait_while(state, |state| !state.is_gone));
                return;
            }
            Reply::Close => return drop(writer.shutdown(Shutdown::Both)),
            Reply::Large(bytes) => writer
                .write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {bytes}\r\n\r\n").as_bytes())
                .and_then(|()| writer.write_all(&vec![b'x'; bytes])),
        };
        if sent.is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>, connection: usize) -> Option<Received> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Received { path, headers, body, connection })
}
