//! The port of an XMPP server for components (XEP-0114), by hand: the test says what the server does.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a harness that cannot do its work fails the test")]

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::time::Instant;

use minidom::Element;
use minidom::tree_builder::TreeBuilder;
use ring::digest;
use rxml::{Options, Parse as _, RawParser, WithOptions as _};

use crate::common::{PATIENCE, now};
use crate::component::adhoc::{self, Asks};
use crate::component::place::{NAME, SECRET};

const ACCEPT: &str = "jabber:component:accept";
const STREAM: &str = "http://etherx.jabber.org/streams";

/// The port; it takes connections until it is dropped.
pub struct FakePort {
    pub address: SocketAddr,
    sockets: Receiver<(TcpStream, Instant)>,
}

impl FakePort {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, sockets) = mpsc::channel();
        std::thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                if sender.send((socket, now())).is_err() {
                    return;
                }
            }
        });
        Self { address, sockets }
    }

    /// The next connection, and when it came.
    pub fn accept_at(&self) -> (Line, Instant) {
        let (socket, at) = self.sockets.recv_timeout(PATIENCE).expect("a component that connects");
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        (Line { socket, unread: vec![], stanzas: VecDeque::new(), is_ended: false, is_closed: false, next_id: 0 }, at)
    }

    /// The next connection.
    pub fn accept(&self) -> Line {
        self.accept_at().0
    }

    /// The next connection, when it has been let in.
    pub fn connected(&self) -> Line {
        let mut line = self.accept();
        line.let_in();
        line
    }

    /// How many more have connected.
    pub fn waiting(&self) -> usize {
        self.sockets.try_iter().count()
    }
}

/// A connection of a component.
pub struct Line {
    pub socket: TcpStream,
    unread: Vec<u8>,
    stanzas: VecDeque<Element>,
    is_ended: bool,
    /// It ended its stream before the connection.
    pub is_closed: bool,
    next_id: usize,
}

impl Line {
    /// Reads the head of the stream; it must be right.
    pub fn read_head(&mut self) {
        let head = loop {
            let text = String::from_utf8_lossy(&self.unread).into_owned();
            let begin = text.find("<stream:stream").unwrap_or(0);
            if let Some(end) = text[begin..].find('>').filter(|_| text[begin..].starts_with("<stream:stream")) {
                self.unread.drain(..=begin + end);
                break text[begin..=begin + end].to_owned();
            }
            assert!(self.fill(), "no head of a stream: {text}");
        };
        let head: Element = head.replace('>', "/>").parse().unwrap();
        assert!(head.is("stream", STREAM), "{head:?}");
        assert_eq!(head.attr("to"), Some(NAME));
    }

    /// Answers that with a head whose id is `id`.
    pub fn send_head(&mut self, id: &str) {
        let id = adhoc::escaped(id);
        self.send(&format!(
            "<?xml version='1.0'?><stream:stream xmlns='{ACCEPT}' xmlns:stream='{STREAM}' id='{id}' from='{NAME}'>"
        ));
    }

    /// Reads the handshake; gives what is in it.
    pub fn read_handshake(&mut self) -> String {
        let handshake = self.next().expect("a handshake");
        assert!(handshake.is("handshake", ACCEPT), "{handshake:?}");
        handshake.text()
    }

    /// Lets it in, if its handshake is right.
    pub fn let_in(&mut self) {
        self.read_head();
        self.send_head("s");
        assert_eq!(self.read_handshake(), proof("s", SECRET));
        self.send("<handshake/>");
    }

    /// Ends the stream with an error.
    pub fn fail(&mut self, condition: &str) {
        let error = format!("<{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>");
        self.send(&format!("<stream:error>{error}</stream:error></stream:stream>"));
    }

    pub fn send(&mut self, xml: &str) {
        self.try_send(xml.as_bytes()).unwrap();
    }

    pub fn try_send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.socket.write_all(bytes)
    }

    /// Reads on; false at the end.
    fn fill(&mut self) -> bool {
        let mut buffer = [0; 16 << 10];
        let length = match self.socket.read(&mut buffer) {
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => 0,
            Err(error) => panic!("nothing comes from the component: {error}"),
        };
        self.unread.extend_from_slice(&buffer[..length]);
        self.is_ended |= length == 0;
        length > 0
    }

    /// The next stanza; none at the end.
    pub fn next(&mut self) -> Option<Element> {
        loop {
            if let Some(stanza) = self.stanzas.pop_front() {
                return Some(stanza);
            }
            if self.is_ended || !self.fill() {
                return None;
            }
            // Half a character is half a stanza.
            let Ok(text) = std::str::from_utf8(&self.unread) else { continue };
            let stanzas = text.trim_end().strip_suffix("</stream:stream>");
            self.is_closed |= stanzas.is_some();
            let wrapped = format!("<all xmlns='{ACCEPT}' xmlns:stream='{STREAM}'>{}</all>", stanzas.unwrap_or(text));
            if let Some(all) = parsed(&wrapped) {
                self.unread.clear();
                self.stanzas.extend(all.children().cloned());
            }
        }
    }

    /// Waits until the component ends it.
    pub fn wait_for_end(&mut self) {
        while self.next().is_some() {}
    }

    /// Sends an iq of `from`; gives its answer, which must be the next stanza.
    pub fn ask_as(&mut self, from: &str, kind: &str, payload: &str) -> Element {
        self.next_id += 1;
        let id = format!("q{}", self.next_id);
        self.send(&iq(from, kind, &id, payload));
        let answer = self.next().unwrap_or_else(|| panic!("the connection ended after {payload}"));
        let attributes = ["id", "to", "from"].map(|name| answer.attr(name));
        assert_eq!((answer.name(), attributes), ("iq", [Some(&*id), Some(from), Some(NAME)]), "{answer:?}");
        answer
    }

    /// Whoever has that address.
    pub fn user<'a>(&'a mut self, jid: &'a str) -> OnLine<'a> {
        OnLine { line: self, jid }
    }
}

/// A user as the component sees one.
pub struct OnLine<'a> {
    line: &'a mut Line,
    jid: &'a str,
}

impl Asks for OnLine<'_> {
    fn ask(&mut self, kind: &str, payload: &str) -> Element {
        self.line.ask_as(self.jid, kind, payload)
    }
}

/// An iq as the server passes it on.
pub fn iq(from: &str, kind: &str, id: &str, payload: &str) -> String {
    let [from, id] = [from, id].map(adhoc::escaped);
    format!("<iq type='{kind}' id='{id}' from='{from}' to='{NAME}'>{payload}</iq>")
}

/// What proves that a component knows the secret.
pub fn proof(id: &str, secret: &str) -> String {
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, format!("{id}{secret}").as_bytes());
    digest.as_ref().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// An element, whose names and values may be longer than minidom's own parser takes; none if it is not whole.
fn parsed(text: &str) -> Option<Element> {
    let mut parser = RawParser::with_options(Options { max_token_length: 4 << 20, ..Options::default() });
    let (mut tree, mut rest) = (TreeBuilder::new(), text.as_bytes());
    while tree.root.is_none() {
        tree.process_event(parser.parse(&mut rest, true).ok()??).ok()?;
    }
    tree.root
}
