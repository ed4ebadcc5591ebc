//! Sockets: adopted from systemd by name, or bound as configured.

use std::fmt;
use std::io;
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, FromRawFd as _, OwnedFd};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use async_io::Async;

use crate::config::value::Listen;

/// A listening socket.
#[derive(Debug)]
pub struct Socket {
    /// TCP or Unix.
    pub kind: SocketKind,
    /// What is spoken on it.
    pub role: Role,
    /// Whether it came from outside: then it goes on listening when we stop.
    pub adopted: bool,
}

/// What a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everyone, in the clear.
    Http,
    /// Everyone, over TLS.
    Https,
    /// Whoever collects metrics.
    Metrics,
}

/// What a socket is of.
#[derive(Debug)]
pub enum SocketKind {
    /// TCP.
    Tcp(Async<std::net::TcpListener>, SocketAddr),
    /// A socket file.
    Unix(Async<std::os::unix::net::UnixListener>, PathBuf),
}

impl fmt::Display for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.role == Role::Https { "https" } else { "http" };
        match &self.kind {
            SocketKind::Tcp(_, address) => write!(f, "{scheme}://{address}"),
            SocketKind::Unix(_, path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Why there is nothing to listen on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// A passed socket is not what it should be.
    #[error("cannot use the socket {name} that systemd passed")]
    Adopt {
        /// `FileDescriptorName=`.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// An address cannot be had.
    #[error("cannot listen on {listen}; {}", way_out(*role))]
    Bind {
        /// The address.
        listen: Listen,
        /// What it was to be for.
        role: Role,
        /// Why.
        source: io::Error,
    },
}

/// systemd's sandbox lets nothing be bound.
fn way_out(role: Role) -> &'static str {
    match role {
        Role::Http | Role::Https => "set `listen` to an address that is free",
        Role::Metrics => {
            "set `metrics.listen` to an address that is free; under systemd, remove it and enable invited-metrics.socket"
        }
    }
}

/// The sockets that systemd passed (`sd_listen_fds(3)`): `https` speaks TLS, `metrics` has the metrics, and every other
/// name is HTTP. Empty without socket activation.
///
/// # Errors
/// When one is not a listening stream socket.
pub fn adopt() -> Result<Vec<Socket>, ListenError> {
    if !is_activated() {
        return Ok(vec![]);
    }
    // The numbers and names do not fit together: nothing was passed that could be understood.
    let passed = sd_notify::listen_fds_with_names()
        .map_err(|error| ListenError::Adopt { name: "LISTEN_FDNAMES".into(), source: io::Error::other(error) })?;
    let mut sockets = Vec::new();
    for (descriptor, name) in passed {
        #[expect(
            unsafe_code,
            reason = "the descriptors that systemd passed are ours to own, each once: sd_listen_fds(3)"
        )]
        // SAFETY: adopt() is called once, and nothing else opens or owns these descriptors.
        let descriptor = unsafe { OwnedFd::from_raw_fd(descriptor) };
        let role = match name.as_str() {
            "https" => Role::Https,
            "metrics" => Role::Metrics,
            _ => Role::Http,
        };
        let kind = adopt_one(descriptor).map_err(|source| ListenError::Adopt { name, source })?;
        sockets.push(Socket { kind, role, adopted: true });
    }
    Ok(sockets)
}

/// Whether systemd passes sockets to this process, and not to the one that started it.
fn is_activated() -> bool {
    let mine = std::env::var("LISTEN_PID").is_ok_and(|pid| pid == std::process::id().to_string());
    mine && std::env::var("LISTEN_FDS").is_ok_and(|count| count != "0")
}

/// sd-notify has set close-on-exec.
fn adopt_one(descriptor: OwnedFd) -> io::Result<SocketKind> {
    let listening = rustix::net::sockopt::socket_acceptconn(descriptor.as_fd())?;
    if !listening {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not listening"));
    }
    let address = rustix::net::getsockname(descriptor.as_fd())?;
    match address.address_family() {
        rustix::net::AddressFamily::UNIX => {
            let listener = std::os::unix::net::UnixListener::from(descriptor);
            let path = listener.local_addr()?.as_pathname().map(Path::to_owned).unwrap_or_default();
            Ok(SocketKind::Unix(Async::new(listener)?, path))
        }
        rustix::net::AddressFamily::INET | rustix::net::AddressFamily::INET6 => {
            tcp(std::net::TcpListener::from(descriptor))
        }
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is neither TCP nor Unix")),
    }
}

/// Binds what is configured, beside the others that are.
///
/// # Errors
/// When an address cannot be had.
pub fn bind(listen: &Listen, role: Role, all: &[&Listen]) -> Result<Socket, ListenError> {
    let kind = match listen {
        Listen::Tcp(address) => match without_ipv4(address, all) {
            Some(address) => bind_without_ipv4(address),
            None => bind_tcp(address),
        },
        Listen::Unix(path) => bind_unix(path),
    };
    let kind = kind.map_err(|source| ListenError::Bind { listen: listen.clone(), role, source })?;
    Ok(Socket { kind, role, adopted: false })
}

/// Connections that wait to be accepted: as many as `Backlog=` of systemd's sockets has, and as Linux allows (somaxconn).
const BACKLOG: i32 = 4096;

/// What the kernel holds of an answer that a client does not read; it takes as much again for itself. Without this it may be
/// several MiB. Connections have it from their listener.
const SEND_BYTES: usize = 64 << 10;

/// std has 128 wait; who comes then tries again after a second. listen(2) may be called again, for another number.
fn widen_backlog(listener: impl AsFd) -> io::Result<()> {
    Ok(rustix::net::listen(listener, BACKLOG)?)
}

fn bind_tcp(address: &str) -> io::Result<SocketKind> {
    let listener = std::net::TcpListener::bind(address)?;
    widen_backlog(&listener)?;
    tcp(listener)
}

fn tcp(listener: std::net::TcpListener) -> io::Result<SocketKind> {
    rustix::net::sockopt::set_socket_send_buffer_size(&listener, SEND_BYTES)?;
    let address = listener.local_addr()?;
    Ok(SocketKind::Tcp(Async::new(listener)?, address))
}

/// The address of `[::]:PORT` where IPv4 addresses of that port are listened on, too. Alone it takes IPv4 as well, unless
/// the system says otherwise (`net.ipv6.bindv6only`); beside these it would be in their way.
fn without_ipv4(address: &str, all: &[&Listen]) -> Option<SocketAddrV6> {
    let address: SocketAddrV6 = address.parse().ok()?;
    let is_same_port = |other: &&Listen| matches!(other, Listen::Tcp(other) if other.parse().is_ok_and(|other: SocketAddrV4| other.port() == address.port()));
    (address.ip().is_unspecified() && address.port() != 0 && all.iter().any(is_same_port)).then_some(address)
}

/// As the standard library binds, but for `IPV6_V6ONLY` (ipv6(7)).
fn bind_without_ipv4(address: SocketAddrV6) -> io::Result<SocketKind> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with, sockopt};

    let socket = socket_with(AddressFamily::INET6, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    sockopt::set_ipv6_v6only(&socket, true)?;
    bind(&socket, &address)?;
    listen(&socket, BACKLOG)?;
    let listener = std::net::TcpListener::from(socket);
    let address = listener.local_addr()?;
    Ok(SocketKind::Tcp(Async::new(listener)?, address))
}

/// Binds under a temporary name and renames, so that the socket has its mode (0660) before anyone can connect, and one
/// that a killed process left behind is replaced. A socket that somebody answers on is not taken away.
fn bind_unix(path: &Path) -> io::Result<SocketKind> {
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        return Err(io::ErrorKind::AddrInUse.into());
    }
    if std::fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.file_type().is_socket()) {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is a file that is no socket"));
    }
    let temporary = path.with_extension(format!("new-{}", std::process::id()));
    let _ = std::fs::remove_file(&temporary);
    let listener = std::os::unix::net::UnixListener::bind(&temporary)?;
    widen_backlog(&listener)?;
    std::fs::set_permissions(&temporary, std::fs::Permissions::from_mode(0o660))?;
    std::fs::rename(&temporary, path)?;
    Ok(SocketKind::Unix(Async::new(listener)?, path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv6_leaves_ipv4_to_whoever_has_it_at_the_same_port() {
        let is_left = |listen: &str, all: &[&str]| {
            let all: Vec<Listen> = all.iter().map(|listen| listen.parse().unwrap()).collect();
            without_ipv4(listen, &all.iter().collect::<Vec<_>>()).is_some()
        };
        assert!(is_left("[::]:80", &["0.0.0.0:80", "[::]:80"]));
        assert!(is_left("[::]:80", &["[::]:80", "127.0.0.1:81", "127.0.0.1:80"]));
        for (listen, all) in [
            ("[::]:80", &["[::]:80"][..]),
            ("[::]:80", &["[::]:80", "0.0.0.0:81", "unix:/x", "[::1]:80", "localhost:80"]),
            ("[::]:0", &["[::]:0", "0.0.0.0:0"]),
            ("[::1]:80", &["[::1]:80", "0.0.0.0:80"]),
            ("0.0.0.0:80", &["[::]:80", "0.0.0.0:80"]),
        ] {
            assert!(!is_left(listen, all), "{listen} of {all:?}");
        }
    }
}
