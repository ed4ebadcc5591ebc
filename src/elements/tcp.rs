//! A TCP connection, to the first address of a name that takes one.

use std::net::{TcpStream, ToSocketAddrs as _};

use async_io::Async;

/// A TCP connection to `place`, a `host:port`.
///
/// # Errors
/// When none of its addresses can be reached.
pub async fn connect(place: &str) -> std::io::Result<Async<TcpStream>> {
    let mut last = std::io::Error::other("the name has no address");
    let name = place.to_owned();
    for address in blocking::unblock(move || name.to_socket_addrs()).await? {
        match Async::<TcpStream>::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}
