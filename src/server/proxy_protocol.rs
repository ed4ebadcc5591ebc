//! The PROXY protocol, versions 1 and 2 (`proxy-protocol.txt` of HAProxy): before anything else, a proxy says whose connection
//! it passes on. Read here to its last byte and no further; TLS or HTTP comes after it.
//!
//! An own parser: others say of a buffer whether the line is whole, not how many bytes still belong to it; see
//! `docs/architecture.md`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use futures_lite::{AsyncRead, AsyncReadExt as _};
use ipnet::IpNet;

use super::ServerState;
use super::notice::Notice;
use super::place::ConnectionPlace;
use crate::clock::{self, within};

/// What version 2 begins with.
pub const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

const V1_START: &[u8] = b"PROXY ";
/// Of either version.
const SHORTEST: usize = b"PROXY UNKNOWN\r\n".len();
/// Of version 1, with its end.
const LONGEST_LINE: usize = 107;

/// How far a PROXY line has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyLine {
    /// At least so many more bytes belong to it.
    Needs(usize),
    /// It is whole; the client, unless the proxy speaks for itself or does not know.
    Whole(Option<SocketAddr>),
}

/// Why a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproxied {
    /// It does not begin as it should.
    #[error("it does not begin with a PROXY line")]
    Missing,
    /// It begins so, and goes on in another way.
    #[error("its PROXY line is malformed")]
    Malformed,
    /// Whoever sends it could choose the client's address.
    #[error("its peer is not in trusted_proxies")]
    Untrusted,
    /// It took too long.
    #[error("its PROXY line did not arrive within http.header_timeout")]
    Late,
    /// The peer went away, as those do that only look whether somebody listens.
    #[error("it ended before its PROXY line")]
    Gone,
}

/// Looks at what has arrived, which nothing else may follow.
///
/// # Errors
/// When it is no PROXY line.
pub fn examine(bytes: &[u8]) -> Result<ProxyLine, Unproxied> {
    let begins = |start: &[u8]| bytes.iter().zip(start).all(|(byte, expected)| byte == expected);
    match (begins(V1_START), begins(SIGNATURE)) {
        (false, false) => Err(Unproxied::Missing),
        _ if bytes.len() < SHORTEST => Ok(ProxyLine::Needs(SHORTEST - bytes.len())),
        (true, _) => examine_v1(bytes),
        (false, true) => examine_v2(bytes),
    }
}

/// Whether `bytes`, the first of a connection, are those of a PROXY line and of nothing else that may come.
pub(super) fn is_begun(bytes: &[u8]) -> bool {
    bytes.starts_with(V1_START) || bytes.starts_with(SIGNATURE)
}

/// Says, once in a while, that a proxy sends what nobody here expects.
pub(super) fn tell_unexpected(notice: &Notice) {
    if notice.is_due(clock::instant()) {
        tracing::warn!(
            "a connection begins with the PROXY protocol: remove send-proxy at the proxy, or set http.proxy_protocol = true"
        );
    }
}

fn examine_v1(bytes: &[u8]) -> Result<ProxyLine, Unproxied> {
    let line_end = bytes.iter().position(|byte| *byte == b'\n');
    match line_end {
        None if bytes.len() >= LONGEST_LINE => Err(Unproxied::Malformed),
        None => Ok(ProxyLine::Needs(if bytes.ends_with(b"\r") { 1 } else { 2 })),
        Some(at) if at + 1 == bytes.len() && at < LONGEST_LINE => {
            let line = bytes.strip_suffix(b"\r\n").and_then(|line| std::str::from_utf8(line).ok());
            line.and_then(read_line).ok_or(Unproxied::Malformed)
        }
        Some(_) => Err(Unproxied::Malformed),
    }
}

/// `PROXY TCP4 SOURCE DESTINATION SOURCE_PORT DESTINATION_PORT`, or `PROXY UNKNOWN` and anything.
fn read_line(line: &str) -> Option<ProxyLine> {
    let parts: Vec<_> = line.split(' ').collect();
    let port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u16>().ok()).flatten();
    match parts[..] {
        ["PROXY", "UNKNOWN", ..] => Some(ProxyLine::Whole(None)),
        ["PROXY", "TCP4", source, destination, source_port, destination_port] => {
            let (source, _) = (source.parse::<Ipv4Addr>().ok()?, destination.parse::<Ipv4Addr>().ok()?);
            port(destination_port)?;
            Some(ProxyLine::Whole(Some((source, port(source_port)?).into())))
        }
        ["PROXY", "TCP6", source, destination, source_port, destination_port] => {
            let (source, _) = (source.parse::<Ipv6Addr>().ok()?, destination.parse::<Ipv6Addr>().ok()?);
            port(destination_port)?;
            Some(ProxyLine::Whole(Some((source, port(source_port)?).into())))
        }
        _ => None,
    }
}

/// The signature, version and command, family, length, and as many bytes: the addresses, then what else a proxy tells.
fn examine_v2(bytes: &[u8]) -> Result<ProxyLine, Unproxied> {
    const FIXED: usize = 16;
    let Some((fixed, rest)) = bytes.split_at_checked(FIXED) else { return Ok(ProxyLine::Needs(FIXED - bytes.len())) };
    let length = usize::from(u16::from_be_bytes([fixed[14], fixed[15]]));
    let (command, family) = (fixed[12], fixed[13]);
    if !matches!(command, 0x20 | 0x21) || rest.len() > length {
        return Err(Unproxied::Malformed);
    }
    if rest.len() < length {
        return Ok(ProxyLine::Needs(length - rest.len()));
    }
    let client = match (command, family) {
        // LOCAL: a health check of the proxy itself. UNSPEC, and a Unix socket: there is no address.
        (0x20, _) | (_, 0x00 | 0x31) => None,
        (_, 0x11) => Some(address::<4>(rest)?),
        (_, 0x21) => Some(address::<16>(rest)?),
        _ => return Err(Unproxied::Malformed),
    };
    Ok(ProxyLine::Whole(client))
}

/// The source, an address of `N` bytes; after it come the destination and the ports of both.
fn address<const N: usize>(rest: &[u8]) -> Result<SocketAddr, Unproxied>
where
    IpAddr: From<[u8; N]>,
{
    let (source, rest) = rest.split_first_chunk::<N>().ok_or(Unproxied::Malformed)?;
    match rest.get(N..N + 4) {
        Some([high, low, ..]) => Ok((IpAddr::from(*source), u16::from_be_bytes([*high, *low])).into()),
        _ => Err(Unproxied::Malformed),
    }
}

/// Who the client is of a connection from `peer`: the peer, unless connections begin with a PROXY line.
///
/// # Errors
/// When it is to be closed; that is logged.
pub(super) async fn client_of<State>(
    server: &ServerState<State>,
    stream: &mut (impl AsyncRead + Unpin),
    peer: Option<SocketAddr>,
    place: &ConnectionPlace,
) -> Result<Option<SocketAddr>, Unproxied> {
    let Some(proxies) = server.proxies.load_full() else { return Ok(peer) };
    place.idle();
    // A peer on a Unix socket is a proxy: the socket's mode says who may be.
    let is_trusted =
        |peer: SocketAddr| proxies.iter().any(|network: &IpNet| network.contains(&peer.ip().to_canonical()));
    let client = if peer.is_none_or(is_trusted) {
        let time = server.limits.load().header_timeout.0;
        within(time, read(stream)).await.unwrap_or(Err(Unproxied::Late))
    } else {
        Err(Unproxied::Untrusted)
    };
    if let Err(reason @ (Unproxied::Missing | Unproxied::Malformed | Unproxied::Untrusted | Unproxied::Late)) = client
        && server.proxy_notice.is_due(clock::instant())
    {
        let peer = peer.map_or_else(|| "a Unix socket".to_owned(), |peer| peer.ip().to_canonical().to_string());
        tracing::warn!(
            "closed a connection from {peer}: {reason}; with http.proxy_protocol = true, the proxy must send one (send-proxy) \
             and be in trusted_proxies"
        );
    }
    Ok(client?.or(peer))
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<SocketAddr>, Unproxied> {
    let mut bytes = Vec::new();
    loop {
        let needed = match examine(&bytes)? {
            ProxyLine::Whole(client) => return Ok(client),
            ProxyLine::Needs(needed) => needed,
        };
        let start = bytes.len();
        bytes.resize(start + needed, 0);
        match stream.read(&mut bytes[start..]).await {
            Ok(read @ 1..) => bytes.truncate(start + read),
            Ok(0) | Err(_) => return Err(Unproxied::Gone),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(client: &str) -> ProxyLine {
        ProxyLine::Whole(client.parse().ok())
    }

    fn v2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [SIGNATURE, &[command, family], &length, rest].concat()
    }

    const V4: [u8; 12] = [192, 0, 2, 1, 127, 0, 0, 1, 0x12, 0x67, 0, 80];

    #[test]
    fn lines_name_the_client() {
        for (line, client) in [
            ("PROXY TCP4 192.0.2.1 127.0.0.1 4711 80\r\n", "192.0.2.1:4711"),
            ("PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n", "1.1.1.1:1"),
            ("PROXY TCP6 2001:db8::1 ::1 4711 80\r\n", "[2001:db8::1]:4711"),
            ("PROXY TCP6 :: :: 1 1\r\n", "[::]:1"),
            ("PROXY UNKNOWN\r\n", "the proxy"),
            ("PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", "the proxy"),
        ] {
            assert_eq!(examine(line.as_bytes()), Ok(whole(client)), "{line}");
        }
        let longest = format!("PROXY UNKNOWN {}\r\n", "x".repeat(LONGEST_LINE - 16));
        assert_eq!(examine(longest.as_bytes()), Ok(whole("")));
        for wrong in [
            &format!("PROXY UNKNOWN {}\r\n", "x".repeat(LONGEST_LINE - 15)),
            &format!("PROXY UNKNOWN {}", "x".repeat(LONGEST_LINE)),
            "PROXY TCP4 192.0.2.1 127.0.0.1 4711\r\n",
            "PROXY TCP4 192.0.2.1 127.0.0.1 4711 80 \r\n",
            "PROXY TCP4  192.0.2.1 127.0.0.1 4711 80\r\n",
            "PROXY TCP4 192.0.2.1 127.0.0.1 +4711 80\r\n",
            "PROXY TCP4 192.0.2.1 127.0.0.1 4711 65536\r\n",
            "PROXY TCP4 192.0.2.1 127.0.0.1 4711 80\n",
            "PROXY TCP4 2001:db8::1 ::1 4711 80\r\n",
            "PROXY TCP6 192.0.2.1 127.0.0.1 4711 80\r\n",
            "PROXY TCP4 192.0.2.256 127.0.0.1 4711 80\r\n",
            "PROXY UDP4 192.0.2.1 127.0.0.1 4711 80\r\n",
            "PROXY \r\nGET / HTTP/1.1\r\n\r\n",
            "PROXY UNKNOWN\r\nG",
        ] {
            assert_eq!(examine(wrong.as_bytes()), Err(Unproxied::Malformed), "{wrong}");
        }
        for other in ["GET / HTTP/1.1", "\x16\x03\x01", "proxy TCP4", "PROXY\t", "\r\n\r\nGET"] {
            assert_eq!(examine(other.as_bytes()), Err(Unproxied::Missing), "{other}");
        }
    }

    #[test]
    fn binary_headers_name_the_client() {
        let v6 = [[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1].as_slice(), &[0; 16], &V4[8..]].concat();
        let with_more = [&V4[..], &[0x20, 0, 3, 1, 2, 3]].concat();
        for (bytes, client) in [
            (v2(0x21, 0x11, &V4), "192.0.2.1:4711"),
            (v2(0x21, 0x11, &with_more), "192.0.2.1:4711"),
            (v2(0x21, 0x21, &v6), "[2001:db8::1]:4711"),
            (v2(0x20, 0x00, &[]), "the proxy"),
            (v2(0x20, 0x11, &V4), "the proxy"),
            (v2(0x21, 0x00, &[1, 2, 3]), "the proxy"),
            (v2(0x21, 0x31, &[0; 216]), "the proxy"),
        ] {
            assert_eq!(examine(&bytes), Ok(whole(client)), "{bytes:?}");
        }
        for wrong in [
            v2(0x11, 0x11, &V4),
            v2(0x22, 0x11, &V4),
            v2(0x21, 0x12, &V4),
            v2(0x21, 0x11, &V4[..11]),
            v2(0x21, 0x21, &v6[..35]),
            [v2(0x21, 0x11, &V4), vec![b'G']].concat(),
        ] {
            assert_eq!(examine(&wrong), Err(Unproxied::Malformed), "{wrong:?}");
        }
    }

    #[test]
    fn no_more_is_asked_for_than_belongs_to_it() {
        for bytes in [
            b"PROXY UNKNOWN\r\n".to_vec(),
            b"PROXY TCP6 :: :: 1 1\r\n".to_vec(),
            b"PROXY TCP4 192.0.2.1 127.0.0.1 4711 80\r\n".to_vec(),
            v2(0x20, 0, &[]),
            v2(0x21, 0x11, &V4),
        ] {
            for at in 0..bytes.len() {
                let Ok(ProxyLine::Needs(needed)) = examine(&bytes[..at]) else { panic!("{at} of {bytes:?}") };
                assert!((1..=bytes.len() - at).contains(&needed), "{needed} at {at} of {bytes:?}");
            }
        }
    }
}
