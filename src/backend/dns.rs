//! Where a domain has a service: SRV records (RFC 2782), asked of the name servers that /etc/resolv.conf names. Addresses of
//! hosts are the C library's business, as for every other connection; it has no call for SRV records that is safe to make.
//!
//! What answers is nobody's word until the server behind it has shown its certificate, and is judged as such: it must be for
//! our question, by its random number and from the port and the address that we asked; it is bounded; and who does not answer
//! is not waited for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, TcpStream, UdpSocket};
use std::path::Path;
use std::time::Duration;

use async_io::Async;
use domain::base::iana::{Rcode, Rtype};
use domain::base::{Message, MessageBuilder, Name, ToName as _};
use domain::rdata::Srv as Record;
use futures_lite::{AsyncReadExt as _, AsyncWriteExt as _};
use rand::{Rng, RngExt as _};

use crate::clock;
use crate::log::Cause;

/// So long is waited for one server, and for all of them.
const PATIENCE: Duration = Duration::from_secs(1);
const PATIENCE_WITH_ALL: Duration = Duration::from_secs(2);
/// So many servers are asked, as by the C library (resolv.conf(5), MAXNS).
const MAX_SERVERS: usize = 3;
/// Nobody has more places for one service.
const MAX_RECORDS: usize = 64;

/// A place where a service is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Srv {
    priority: u16,
    weight: u16,
    /// The port.
    pub(super) port: u16,
    /// The host; none where it is said that there is no such service.
    pub(super) target: Option<String>,
}

#[cfg(test)]
impl Srv {
    pub(super) fn new(priority: u16, weight: u16, port: u16, target: Option<&str>) -> Self {
        Self { priority, weight, port, target: target.map(Into::into) }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum DnsError {
    /// None of the servers gave one in time; what the last one did instead.
    #[error("no name server of /etc/resolv.conf answered")]
    NoAnswer(#[source] Cause),
    /// It cannot be asked for.
    #[error("there are no DNS names below this one")]
    Name,
}

/// Name servers to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resolver {
    servers: Vec<SocketAddr>,
}

impl Resolver {
    /// Those of the system. The file is read each time: it changes with the network.
    pub(super) fn of_system() -> Self {
        Self::of_file(Path::new("/etc/resolv.conf"))
    }

    fn of_file(path: &Path) -> Self {
        Self::of_text(&std::fs::read_to_string(path).unwrap_or_default())
    }

    /// resolv.conf(5). Where it names no server, there is one on this machine.
    fn of_text(text: &str) -> Self {
        let named = text.lines().filter_map(|line| {
            let mut words = line.split_ascii_whitespace();
            let is_server = words.next() == Some("nameserver");
            address(words.next().filter(|_| is_server)?)
        });
        let mut servers: Vec<_> = named.take(MAX_SERVERS).collect();
        if servers.is_empty() {
            servers = vec![(Ipv4Addr::LOCALHOST, 53).into(), (Ipv6Addr::LOCALHOST, 53).into()];
        }
        Self { servers }
    }

    /// Where `service`, such as `_xmpp-client._tcp`, is for `domain`, an ASCII name; empty if the domain does not say.
    ///
    /// # Errors
    /// When that cannot be found out.
    pub(super) async fn srv(&self, service: &str, domain: &str) -> Result<Vec<Srv>, DnsError> {
        let name: Name<Vec<u8>> = format!("{service}.{domain}").parse().map_err(|_| DnsError::Name)?;
        let mut why = Cause::new("none is named");
        let round = async {
            // Twice each: a datagram may be lost.
            for server in self.servers.iter().chain(&self.servers) {
                match clock::within(PATIENCE, Box::pin(ask(*server, &name))).await {
                    Some(Ok(records)) => return Some(records),
                    Some(Err(error)) => why = Cause::because(server.to_string(), error),
                    None => why = Cause::because(server.to_string(), "no answer"),
                }
            }
            None
        };
        let answer = clock::within(PATIENCE_WITH_ALL, round).await.flatten();
        answer.ok_or(DnsError::NoAnswer(why))
    }
}

/// An address of a server, without its port; `fe80::1%2` with the number of its interface.
fn address(text: &str) -> Option<SocketAddr> {
    match text.parse::<IpAddr>() {
        Ok(address) => Some((address, 53).into()),
        Err(_) => format!("[{text}]:53").parse::<SocketAddrV6>().ok().map(Into::into),
    }
}

/// Asks one server, once.
async fn ask(server: SocketAddr, name: &Name<Vec<u8>>) -> std::io::Result<Vec<Srv>> {
    let query = query(name, clock::rng().random());
    let any: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    // A port that the system chooses at random; from others than this server nothing comes in.
    let socket = Async::<UdpSocket>::bind((any, 0))?;
    socket.get_ref().connect(server)?;
    socket.send(query.as_slice()).await?;
    // Answers of more than 512 bytes are cut off by the server, and say so (RFC 1035, 4.2.1); some do not mind.
    let mut buffer = [0; 4 << 10];
    loop {
        let length = socket.recv(&mut buffer).await?;
        // Whatever is no answer to this is somebody else's, or somebody's guess; ours may still come.
        let Ok(message) = Message::from_octets(&buffer[..length]) else { continue };
        if message.is_answer(&query) {
            return if message.header().tc() { ask_by_tcp(server, &query).await } else { records(&message) };
        }
    }
}

/// Asks once more by TCP (RFC 7766), for an answer that is too large for a datagram.
async fn ask_by_tcp(server: SocketAddr, query: &Message<Vec<u8>>) -> std::io::Result<Vec<Srv>> {
    let mut stream = Async::<TcpStream>::connect(server).await?;
    let length = u16::try_from(query.as_slice().len()).map_err(std::io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), query.as_slice()].concat()).await?;
    let mut length = [0; 2];
    stream.read_exact(&mut length).await?;
    let mut answer = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut answer).await?;
    match Message::from_octets(answer) {
        Ok(message) if message.is_answer(query) => records(&message),
        _ => Err(std::io::Error::other("what came by TCP is no answer")),
    }
}

fn query(name: &Name<Vec<u8>>, id: u16) -> Message<Vec<u8>> {
    let mut message = MessageBuilder::new_vec();
    message.header_mut().set_id(id);
    message.header_mut().set_rd(true);
    let mut question = message.question();
    #[expect(clippy::expect_used, reason = "a name has 255 bytes at most")]
    question.push((name, Rtype::SRV)).expect("a question fits into a message");
    question.into_message()
}

/// The records of an answer.
fn records<T: AsRef<[u8]>>(message: &Message<T>) -> std::io::Result<Vec<Srv>> {
    let message = message.for_slice();
    match message.header().rcode() {
        Rcode::NOERROR => {}
        Rcode::NXDOMAIN => return Ok(vec![]),
        code => return Err(std::io::Error::other(format!("it says {code}"))),
    }
    let garbled = |_| std::io::Error::other("what it says cannot be read");
    let name = message.canonical_name().ok_or_else(|| std::io::Error::other("its aliases have no end"))?;
    let mut found = Vec::new();
    for record in message.answer().map_err(garbled)?.limit_to_in::<Record<_>>().take(MAX_RECORDS) {
        let record = record.map_err(garbled)?;
        if !record.owner().name_eq(&name) {
            continue;
        }
        let data = record.data();
        let target = if data.target().is_root() { Some(None) } else { host(&data.target().to_string()).map(Some) };
        // What is no host's name would be something else to whoever reads it next.
        if let Some(target) = target {
            found.push(Srv { priority: data.priority(), weight: data.weight(), port: data.port(), target });
        }
    }
    Ok(found)
}

/// A host's name, if it is one (RFC 1123, 2.1; some have `_`, too).
fn host(name: &str) -> Option<String> {
    let is_host = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    is_host.then(|| name.trim_end_matches('.').to_owned())
}

/// RFC 2782: the lowest priority first; among those of one priority by chance, as their weights are.
pub(super) fn in_order<T>(mut records: Vec<(Srv, T)>, rng: &mut impl Rng) -> Vec<(Srv, T)> {
    let mut ordered = Vec::with_capacity(records.len());
    // Those without a weight stand before the others, and get the little chance that they have.
    records.sort_by_key(|(record, _)| (record.priority, record.weight));
    while let Some((Srv { priority: first, .. }, _)) = records.first() {
        let of_first = records.iter().filter(|(record, _)| record.priority == *first);
        let sum: u32 = of_first.map(|(record, _)| u32::from(record.weight)).sum();
        let mut left = rng.random_range(0..=sum);
        let is_chosen = |(record, _): &(Srv, T)| {
            let weight = u32::from(record.weight);
            let is_it = left <= weight;
            left = left.saturating_sub(weight);
            is_it
        };
        let at = records.iter().position(is_chosen).unwrap_or_default();
        ordered.push(records.remove(at));
    }
    ordered
}

#[cfg(test)]
mod tests;
