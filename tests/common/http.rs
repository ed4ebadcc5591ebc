//! HTTP as bytes: what is sent and what comes back, with nothing smoothed over.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::net::{AddressFamily, SocketFlags, SocketType};

use super::{KEY, PATIENCE};

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// As they came; names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a header that comes once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str());
        let value = values.next();
        assert!(values.next().is_none(), "{name} comes twice: {:?}", self.headers);
        value
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }

    /// The token of the link in `Location`.
    pub fn token(&self) -> String {
        let location = self.header("location").unwrap_or_else(|| panic!("no Location in {self:?}"));
        location.split_once("invite?").unwrap().1.to_owned()
    }
}

/// A connection.
pub trait Stream: Read + Write + Send {
    fn end_write(&self);
}

impl Stream for TcpStream {
    fn end_write(&self) {
        self.shutdown(Shutdown::Write).unwrap();
    }
}

impl Stream for UnixStream {
    fn end_write(&self) {
        self.shutdown(Shutdown::Write).unwrap();
    }
}

/// A connection from an address of loopback, which no service of another test inherits.
pub fn connect_from(local: Ipv4Addr, server: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    rustix::net::bind(&socket, &SocketAddr::new(local.into(), 0))?;
    rustix::net::connect(&socket, &server)?;
    Ok(TcpStream::from(socket))
}

/// A client on one connection, kept alive.
pub struct Client {
    stream: Box<dyn Stream>,
    inbox: Vec<u8>,
}

impl Client {
    pub fn tcp(address: SocketAddr) -> Self {
        Self::try_tcp(address).unwrap()
    }

    pub fn try_tcp(address: SocketAddr) -> std::io::Result<Self> {
        TcpStream::connect(address).map(Self::of)
    }

    /// On a connection that was made already.
    pub fn of(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: Box::new(stream), inbox: Vec::new() }
    }

    pub fn unix(path: &Path) -> Self {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream: Box::new(stream), inbox: Vec::new() }
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.stream.write_all(bytes.as_ref())
    }

    pub fn end_write(&mut self) {
        self.stream.end_write();
    }

    /// The next answer; none if the connection ended before it began.
    pub fn read(&mut self) -> Option<Response> {
        self.try_read(false).unwrap()
    }

    /// The next answer; to HEAD if `head`, which has no body.
    pub fn try_read(&mut self, head: bool) -> std::io::Result<Option<Response>> {
        let end = loop {
            if let Some(at) = self.inbox.windows(4).position(|window| window == b"\r\n\r\n") {
                break at;
            }
            if self.fill()? == 0 {
                return if self.inbox.is_empty() { Ok(None) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) };
            }
        };
        let text = String::from_utf8(self.inbox[..end].to_vec()).unwrap();
        let mut lines = text.split("\r\n");
        let line = lines.next().unwrap();
        assert!(line.starts_with("HTTP/1."), "{line:?}");
        let status: u16 = line[9..12].parse().unwrap();
        let headers: Vec<_> = lines
            .map(|line| line.split_once(':').unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length").map(|(_, value)| value.parse().unwrap());
        let empty = head || status == 204 || status == 304 || (100..200).contains(&status);
        let length = if empty { 0 } else { length.expect("an answer with a length") };
        let start = end + 4;
        while self.inbox.len() < start + length {
            if self.fill()? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        let body = self.inbox[start..start + length].to_vec();
        self.inbox.drain(..start + length);
        Ok(Some(Response { status, headers, body }))
    }

    fn fill(&mut self) -> std::io::Result<usize> {
        let mut buffer = [0; 16 << 10];
        let read = loop {
            match self.stream.read(&mut buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.inbox.extend_from_slice(&buffer[..read]);
        Ok(read)
    }

    /// Whether the server ends the connection with nothing further.
    pub fn is_ended(&mut self) -> bool {
        assert!(self.inbox.is_empty(), "more came: {:?}", String::from_utf8_lossy(&self.inbox));
        match self.fill() {
            Ok(read) => read == 0,
            Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    }

    /// Sends a request and reads its answer. `headers` are whole lines without their ends.
    pub fn ask(&mut self, method: &str, target: &str, headers: &[&str]) -> Response {
        self.send(request(method, target, headers, ""));
        self.try_read(method == "HEAD").unwrap().expect("an answer")
    }

    pub fn get(&mut self, target: &str) -> Response {
        self.ask("GET", target, &[])
    }

    /// Has a request taken on whose body has not come: the service asks for it. `done` ends it.
    pub fn begin(&mut self) {
        self.send(format!(
            "POST /invites_api HTTP/1.1\r\nHost: invite.example.com\r\nAuthorization: Bearer {KEY}\r\n\
             Content-Length: 4\r\nExpect: 100-continue\r\n\r\n"
        ));
        assert_eq!(self.read().expect("an interim answer").status, 100);
    }

    /// The rest of what was begun; it is answered.
    pub fn done(&mut self) {
        self.send("done");
        assert_eq!(self.read().expect("an answer").status, 201);
    }

    /// Makes an invite with a key.
    pub fn invite(&mut self, key: &str) -> Response {
        self.ask("POST", "/invites_api", &[&format!("Authorization: Bearer {key}")])
    }
}

/// A request as bytes.
pub fn request(method: &str, target: &str, headers: &[&str], body: &str) -> String {
    let mut text = format!("{method} {target} HTTP/1.1\r\nHost: invite.example.com\r\n");
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    if !body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH") {
        let _ = write!(text, "Content-Length: {}\r\n", body.len());
    }
    text + "\r\n" + body
}

/// Sends bytes, ends the writing side, and reads all answers.
pub fn exchange(address: SocketAddr, bytes: &[u8]) -> Vec<Response> {
    let mut client = Client::tcp(address);
    client.send(bytes);
    client.end_write();
    let mut answers = Vec::new();
    while let Some(answer) = client.read() {
        answers.push(answer);
    }
    answers
}
