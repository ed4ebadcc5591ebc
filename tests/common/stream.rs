//! A client stream as it comes from the network, before login: what an app says that signs up. Nothing is waited for that
//! was not asked for, so that hundreds can ask at once.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a harness that cannot do its work fails the test")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use minidom::Element;

use crate::common::PATIENCE;

const DOMAIN: &str = "example.com";

/// What the server says to a request: nothing if it is done, else `type/condition`.
pub type Reply = Result<(), String>;

/// A stream that is open.
pub struct Stream {
    socket: TcpStream,
    arrived: String,
    next_id: u32,
}

impl Stream {
    /// Opens one.
    pub fn open(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        let mut stream = Self { socket, arrived: String::new(), next_id: 0 };
        let header = format!(
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' \
             version='1.0' to='{DOMAIN}'>"
        );
        stream.socket.write_all(header.as_bytes()).unwrap();
        stream.read_until("</stream:features>");
        stream
    }

    /// Shows a token; the reply is read by [`Stream::reply`].
    pub fn show(&mut self, token: &str) -> u32 {
        self.ask(&format!("<preauth xmlns='urn:xmpp:pars:0' token='{token}'/>"))
    }

    /// Registers, with a password that nobody looks at.
    pub fn ask_to_register(&mut self, username: &str) -> u32 {
        self.ask(&format!(
            "<query xmlns='jabber:iq:register'><username>{username}</username><password>a long password</password></query>"
        ))
    }

    /// Shows a token, and waits for the reply.
    pub fn preauth(&mut self, token: &str) -> Reply {
        let id = self.show(token);
        self.reply(id)
    }

    /// Registers, and waits for the reply.
    pub fn register(&mut self, username: &str) -> Reply {
        let id = self.ask_to_register(username);
        self.reply(id)
    }

    fn ask(&mut self, payload: &str) -> u32 {
        self.next_id += 1;
        let stanza = format!("<iq type='set' id='q{}' to='{DOMAIN}'>{payload}</iq>", self.next_id);
        self.socket.write_all(stanza.as_bytes()).unwrap();
        self.next_id
    }

    /// The reply to what was asked; replies come in the order of what was asked.
    pub fn reply(&mut self, id: u32) -> Reply {
        let stanza = loop {
            if let Some((stanza, rest)) = first_iq(&self.arrived) {
                self.arrived = rest;
                break stanza;
            }
            self.read();
        };
        let stanza = stanza.replacen("<iq ", "<iq xmlns='jabber:client' ", 1);
        let stanza: Element = stanza.parse().unwrap_or_else(|error| panic!("{error} in {stanza}"));
        assert_eq!(stanza.attr("id"), Some(&*format!("q{id}")), "{}", String::from(&stanza));
        if stanza.attr("type") == Some("result") {
            return Ok(());
        }
        let error = stanza.children().find(|child| child.name() == "error").unwrap();
        let condition = error.children().find(|child| child.name() != "text").unwrap().name();
        Err(format!("{}/{condition}", error.attr("type").unwrap_or_default()))
    }

    fn read_until(&mut self, end: &str) {
        while !self.arrived.contains(end) {
            self.read();
        }
        self.arrived = self.arrived.split_once(end).unwrap().1.to_owned();
    }

    fn read(&mut self) {
        let mut part = [0; 4096];
        let length = self.socket.read(&mut part).unwrap();
        assert!(length > 0, "the stream was closed: {}", self.arrived);
        self.arrived.push_str(std::str::from_utf8(&part[..length]).unwrap());
    }
}

/// The first whole `iq` of what has arrived, and the rest.
fn first_iq(arrived: &str) -> Option<(String, String)> {
    let begin = arrived.find("<iq ")?;
    let arrived = &arrived[begin..];
    let opening = arrived.find('>')?;
    let end = if arrived[..opening].ends_with('/') { opening + 1 } else { arrived.find("</iq>")? + "</iq>".len() };
    Some((arrived[..end].to_owned(), arrived[end..].to_owned()))
}
