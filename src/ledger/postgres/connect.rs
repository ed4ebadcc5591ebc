//! The way to a server of the URL. All of its hosts are asked at the same time, at all of their addresses, and each has until
//! the same moment for everything: to take the connection, to let us in, and to say that it can be written. So one that takes a
//! connection and says nothing more keeps nobody from the others.

use std::net::{IpAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_rustls::rustls::crypto::ring;
use futures_rustls::rustls::pki_types::CertificateDer;
use futures_rustls::rustls::pki_types::pem::PemObject as _;
use futures_rustls::rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio_postgres::config::{Host, TargetSessionAttrs};
use tokio_postgres::error::Severity;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::chosen::LedgerServer;
use super::lineage::Lineage;
use super::origin::origin;
use crate::clock;
use crate::config::postgres::Postgres;
use crate::ledger::error::SqlError;
use crate::ledger::server_identity::with_identity;

/// For bytes that were sent to be taken.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// A server that says nothing on an idle connection is asked after this, and then so often before it is taken for dead.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(15);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVE_RETRIES: u32 = 3;

/// Where a server may be, as the URL has it.
enum HostEntry {
    Socket(PathBuf),
    /// A name, an address, or both: then the name is what a certificate has to be for.
    Tcp {
        name: Option<String>,
        address: Option<IpAddr>,
    },
}

/// A server that lets us in, and can be written.
pub(super) struct Connected {
    pub(super) client: Client,
    pub(super) warned: Warning,
    pub(super) server: LedgerServer,
    /// What is noted in the ledger there.
    pub(super) noted: Lineage,
}

impl Connected {
    /// Whether it is noted that the ledger has gone on there, where that can be.
    fn is_noted(&self) -> bool {
        self.server.origin.as_ref().is_none_or(|origin| self.noted.has(origin))
    }

    /// Whether the ledger rather goes on here than there: where a replica was promoted later, or of several where it has been.
    fn is_better_than(&self, other: &Self) -> bool {
        let is_same = self.server.origin.is_some() && self.server.origin == other.server.origin;
        self.server.is_later_than(&other.server) || (is_same && self.is_noted() && !other.is_noted())
    }
}

/// What the server has warned of since it was last looked at.
pub(super) type Warning = Arc<Mutex<Option<String>>>;

/// What comes of asking.
enum Step {
    /// Where the servers of a host are.
    Found(Vec<Config>),
    Open(Box<Connected>),
}

/// When one server can be written, others have so long to say that, too.
const GRACE: Duration = Duration::from_millis(300);

/// The same where nobody has noted yet that the ledger goes on there: it may have gone on with one of the others.
const LONG_GRACE: Duration = Duration::from_secs(1);

/// A connection to a server that can be written and that `judge` does not refuse, driven by the runtime that this runs on:
/// `preferred`, if that is one, or else the one on the latest timeline.
pub(super) async fn writable(
    url: &Postgres,
    preferred: Option<&LedgerServer>,
    judge: impl Fn(&LedgerServer, &Lineage) -> Result<(), SqlError>,
    deadline: Instant,
) -> Result<Connected, SqlError> {
    let config = url.config();
    let own = config.get_connect_timeout().map(|timeout| clock::instant() + *timeout);
    let deadline = own.map_or(deadline, |own| own.min(deadline));
    let tls = tls(url)?;
    let mut asked = JoinSet::new();
    for (place, port) in places(config) {
        let base = base(config, port);
        asked.spawn(in_time(deadline, async move { Ok(Step::Found(at(place, port, &base).await?)) }));
    }
    let (mut best, mut failed) = (None::<Box<Connected>>, Vec::new());
    let mut end = deadline + GRACE;
    while let Ok(Some(step)) = tokio::time::timeout_at(end.into(), asked.join_next()).await {
        match step.map_err(SqlError::connection).flatten() {
            Ok(Step::Found(servers)) => {
                for server in servers {
                    let tls = tls.clone();
                    asked.spawn(in_time(deadline, async move { Ok(Step::Open(Box::new(open(server, tls).await?))) }));
                }
            }
            Ok(Step::Open(found)) => match judge(&found.server, &found.noted) {
                Ok(()) if preferred == Some(&found.server) && found.is_noted() => return Ok(*found),
                Ok(()) => {
                    end = end.min(clock::instant() + if found.is_noted() { GRACE } else { LONG_GRACE });
                    best = best.take().filter(|best| !found.is_better_than(best)).or(Some(found));
                }
                Err(error) => failed.push(error),
            },
            Err(error) => failed.push(error),
        }
    }
    best.map(|best| *best).ok_or_else(|| none_of(failed))
}

async fn in_time<T>(deadline: Instant, work: impl Future<Output = Result<T, SqlError>>) -> Result<T, SqlError> {
    tokio::time::timeout_at(deadline.into(), work).await.unwrap_or(Err(SqlError::TimedOut))
}

/// What one error says of all hosts. What may pass by itself for one of them may do so for all.
fn none_of(failed: Vec<SqlError>) -> SqlError {
    let mut told: Vec<_> = failed.iter().map(ToString::to_string).collect();
    told.sort();
    told.dedup();
    let passes = failed.iter().any(SqlError::is_passing);
    match (failed.into_iter().next(), told.as_slice()) {
        (Some(only), [_]) => only,
        (Some(first), _) if !passes => first,
        _ => SqlError::away(format!("no host of ledger.url can be written: {}", told.join("; "))),
    }
}

/// The hosts of the URL, each with its port.
fn places(config: &Config) -> Vec<(HostEntry, u16)> {
    let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    let place = |index| {
        let address = addresses.get(index).copied();
        let place = match (hosts.get(index), address) {
            (Some(Host::Unix(dir)), None) => HostEntry::Socket(dir.clone()),
            (Some(Host::Unix(_)) | None, address) => HostEntry::Tcp { name: None, address },
            (Some(Host::Tcp(name)), address) => HostEntry::Tcp { name: Some(name.clone()), address },
        };
        (place, ports.get(index).or(ports.first()).copied().unwrap_or(5432))
    };
    (0..hosts.len().max(addresses.len())).map(place).collect()
}

/// The servers of a host: one for each of its addresses.
async fn at(place: HostEntry, port: u16, base: &Config) -> Result<Vec<Config>, SqlError> {
    let (name, addresses) = match place {
        HostEntry::Socket(dir) => {
            let mut server = base.clone();
            server.host_path(dir);
            return Ok(vec![server]);
        }
        HostEntry::Tcp { name, address: Some(address) } => (name, vec![address]),
        HostEntry::Tcp { name: Some(name), address: None } => {
            let asked = (name.clone(), port);
            // In a thread that nobody waits for when it takes too long.
            let found = blocking::unblock(move || asked.to_socket_addrs().map(Iterator::collect::<Vec<_>>)).await;
            let found = found
                .map_err(|error| SqlError::away(format!("the host of ledger.url cannot be looked up: {error}")))?;
            (Some(name), found.into_iter().map(|address| address.ip()).collect())
        }
        HostEntry::Tcp { name: None, address: None } => (None, vec![]),
    };
    if addresses.is_empty() {
        return Err(SqlError::away("the host of ledger.url has no address"));
    }
    let server = |address| {
        let mut server = base.clone();
        if let Some(name) = &name {
            server.host(name);
        }
        server.hostaddr(address);
        server
    };
    Ok(addresses.into_iter().map(server).collect())
}

/// Connects to one server, and asks what its data comes from.
async fn open(address: Config, tls: Option<MakeRustlsConnect>) -> Result<Connected, SqlError> {
    let warned = Warning::default();
    let client = if let Some(tls) = tls {
        let (client, connection) = address.connect(tls).await?;
        tokio::spawn(drive(connection, Arc::clone(&warned)));
        client
    } else {
        let (client, connection) = address.connect(NoTls).await?;
        tokio::spawn(drive(connection, Arc::clone(&warned)));
        client
    };
    let (origin, noted) = origin(&client).await?;
    Ok(Connected { client, warned, server: LedgerServer { address, origin }, noted })
}

/// Where the servers of the URL are, as far as their names can be looked up.
pub(super) async fn addresses(url: &Postgres, deadline: Instant) -> Vec<Config> {
    let mut found = Vec::new();
    for (place, port) in places(url.config()) {
        let base = base(url.config(), port);
        found.extend(in_time(deadline, at(place, port, &base)).await.unwrap_or_default());
    }
    found
}

/// Connects to one server, whether or not it can be written.
pub(super) async fn any(url: &Postgres, address: &Config, deadline: Instant) -> Result<Connected, SqlError> {
    let mut address = address.clone();
    address.target_session_attrs(TargetSessionAttrs::Any);
    in_time(deadline, open(address, tls(url)?)).await
}

/// Drives a connection to its end, and keeps what the server warns of.
async fn drive<S, T>(mut connection: Connection<S, T>, warned: Warning)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = std::future::poll_fn(|cx| connection.poll_message(cx)).await {
        if let AsyncMessage::Notice(notice) = message
            && notice.parsed_severity() == Some(Severity::Warning)
        {
            *warned.lock().unwrap_or_else(PoisonError::into_inner) = Some(notice.message().to_owned());
        }
    }
}

/// All that the URL says but where, with what it does not set.
fn base(url: &Config, port: u16) -> Config {
    let (mut config, defaults) = (Config::new(), Config::new());
    if let Some(user) = url.get_user() {
        config.user(user);
    }
    if let Some(password) = url.get_password() {
        config.password(password);
    }
    if let Some(name) = url.get_dbname() {
        config.dbname(name);
    }
    if let Some(options) = url.get_options() {
        config.options(options);
    }
    config.application_name(url.get_application_name().unwrap_or("invited"));
    config.ssl_mode(url.get_ssl_mode()).ssl_negotiation(url.get_ssl_negotiation());
    config.channel_binding(url.get_channel_binding());
    config.tcp_user_timeout(url.get_tcp_user_timeout().copied().unwrap_or(SEND_TIMEOUT));
    let idle = url.get_keepalives_idle();
    config.keepalives(url.get_keepalives());
    config.keepalives_idle(if idle == defaults.get_keepalives_idle() { KEEPALIVE_IDLE } else { idle });
    config.keepalives_interval(url.get_keepalives_interval().unwrap_or(KEEPALIVE_INTERVAL));
    config.keepalives_retries(url.get_keepalives_retries().unwrap_or(KEEPALIVE_RETRIES));
    // A replica would refuse what is written, and know too little of what was.
    config.target_session_attrs(TargetSessionAttrs::ReadWrite).port(port);
    config
}

/// Trusts whom the system trusts, or those of `sslrootcert`.
fn tls(server: &Postgres) -> Result<Option<MakeRustlsConnect>, SqlError> {
    if !server.is_encrypted() {
        return Ok(None);
    }
    let mut roots = RootCertStore::empty();
    match server.root_file() {
        Some(file) => {
            let failed = |error: &dyn std::fmt::Display| {
                SqlError::connection(format!("cannot read certificates from {} ({error})", file.display()))
            };
            for certificate in CertificateDer::pem_file_iter(file).map_err(|error| failed(&error))? {
                roots.add(certificate.map_err(|error| failed(&error))?).map_err(|error| failed(&error))?;
            }
        }
        None => _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(SqlError::connection)?;
    Ok(Some(MakeRustlsConnect::new(with_identity(config.with_root_certificates(roots), server)?)))
}
