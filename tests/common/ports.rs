//! Ports for programs that are to listen on one that they are told.

#![allow(dead_code, reason = "every test file uses a part of it")]

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// The first, and how many there are. None of them is one that the system gives to whoever connects (`ip_local_port_range`,
/// ip(7), begins at 32768): what was free a moment ago may be a client's by the time that the program listens there.
const LISTENED_ON: (u16, u16) = (10_000, 22_768);

/// An address of loopback on which nobody listens.
pub fn free_port() -> SocketAddr {
    let (first, count) = LISTENED_ON;
    loop {
        let [one, other, ..] = RandomState::new().build_hasher().finish().to_ne_bytes();
        let address = (Ipv4Addr::LOCALHOST, first + u16::from_ne_bytes([one, other]) % count).into();
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}
