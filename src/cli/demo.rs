//! `invited demo`: a tour in throw-away state. Everything goes the way that real callers go.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};

use anyhow::{Context as _, anyhow, bail};
use async_io::Async;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, HOST, LOCATION};

use super::exchange::exchange;
use super::global::Global;
use super::outcome::Outcome;
use super::owner::become_owner_of_place;
use super::qr;
use super::terminal::{hint, print};
use crate::clock;
use crate::config::value::{Listen, Sha256};
use crate::config::{BackendSettings, Credentials, Purpose, RawKey, Sources};
use crate::key::opaque;
use crate::key::state::StateKeys;
use crate::log;
use crate::server::lifecycle::ServiceSignals;
use crate::server::listen::{self, Role, SocketKind};
use crate::service::Service;

/// The host of the pretend server: nobody has it (RFC 2606).
const DEMO_HOST: &str = "demo.example";

#[derive(Debug, clap::Args)]
pub(super) struct DemoOptions {
    /// Serve on the network, too, so that a phone can scan the QR code; whoever is there can open it
    #[arg(long)]
    lan: bool,
}

/// Where the tour takes place.
struct DemoPlace {
    /// What is listened on.
    listen: Listen,
    /// What links lead to.
    host: String,
    /// Where we reach it ourselves.
    loopback: IpAddr,
}

impl DemoPlace {
    fn on(lan: bool) -> anyhow::Result<Self> {
        if !lan {
            let listen = Listen::Tcp("127.0.0.1:0".into());
            return Ok(Self { listen, host: "localhost".into(), loopback: Ipv4Addr::LOCALHOST.into() });
        }
        let address = own_address().context("cannot tell this machine's address on the network; is it connected?")?;
        let (listen, host, loopback) = match address {
            IpAddr::V4(address) => ("0.0.0.0:0", address.to_string(), Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(address) => ("[::]:0", format!("[{address}]"), Ipv6Addr::LOCALHOST.into()),
        };
        Ok(Self { listen: Listen::Tcp(listen.into()), host, loopback })
    }
}

/// The address that this machine sends from to the outside. Nothing is sent to find it: a datagram socket is only told where to
/// send to, which has the system choose a route (connect(2)).
fn own_address() -> Option<IpAddr> {
    // Documentation addresses (RFC 5737, RFC 3849), which are nobody's.
    let tries: [(IpAddr, IpAddr); 2] = [
        (Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into()),
        (Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into()),
    ];
    tries.into_iter().find_map(|(from, to)| {
        let socket = UdpSocket::bind((from, 0)).ok()?;
        socket.connect((to, 9)).ok()?;
        socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
    })
}

/// Why there is no place for it. Of a random name nobody has to know.
fn no_directory(why: &io::Error) -> anyhow::Error {
    let place = std::env::temp_dir();
    anyhow!("cannot create a directory in {} ({}); set TMPDIR to another one", place.display(), why.kind())
}

pub(super) fn run(global: &Global, options: &DemoOptions) -> Outcome {
    // A tour is quiet but for what it shows.
    log::start(global.verbosity - 1);
    let signals = ServiceSignals::catch().context("cannot catch signals")?;
    become_owner_of_place(&std::env::temp_dir())?;
    let dir = tempfile::Builder::new().prefix("invited-demo-").tempdir().map_err(|error| no_directory(&error))?;
    let place = DemoPlace::on(options.lan)?;
    let socket = listen::bind(&place.listen, Role::Http, &[])?;
    let SocketKind::Tcp(_, address) = &socket.kind else { bail!("this is not TCP") };
    let (address, base) =
        (SocketAddr::new(place.loopback, address.port()), format!("http://{}:{}/", place.host, address.port()));
    if options.lan {
        hint("note: whoever is on this network can open the demo, and read what is sent: it speaks plain HTTP");
    }

    let config = dir.path().join("config.toml");
    std::fs::write(&config, format!("public_url = \"{base}\"\n[hosts.\"{DEMO_HOST}\"]\nsite_name = \"Demo\"\n"))?;
    let sources = Sources { files: vec![config], state_dir: Some(dir.path().join("state")) };
    let mut settings = sources.merge_alone().settings(&Credentials::default(), Purpose::Serve)?;
    // What no configuration can say: accounts are created in memory.
    for host in settings.hosts.values_mut() {
        host.backend = BackendSettings::Demo;
    }

    let mut rng = clock::rng();
    let (id, secret) = (opaque::generate_id(&mut rng), opaque::generate_secret(&mut rng));
    let key = RawKey { name: Some("demo".into()), sha256: Some(Sha256::of(secret.reveal())), ..RawKey::default() };
    StateKeys::new(&settings.state_dir).store(&id, &key)?;
    let key = format!("{id}/{}", secret.reveal());

    let service = Service::start(settings, None, None)?;
    async_std::task::block_on(service.run(signals, vec![socket], async || {
        let location = ask(address, &key).await.context("cannot create an invite")?;
        print(&format!(
            "Created a key, and an invite with it. To create another invite:\n\n  \
             curl -i -X POST -H 'Authorization: Bearer {key}' {base}invites_api\n\n\
             Location: {location}\n\n{}\n\
             Open the link and choose a name: the account is created on a pretend server in memory, with which nobody can chat.\n\
             Serving on {base} until Ctrl-C; then its state is deleted.",
            qr::draw(&location)?
        ))
    }))
}

/// Creates an invite over HTTP, as a website would; gives its link.
async fn ask(address: SocketAddr, key: &str) -> anyhow::Result<String> {
    let stream = Async::<TcpStream>::connect(address).await?;
    let request = hyper::Request::post("/invites_api")
        .header(HOST, address.to_string())
        .header(AUTHORIZATION, format!("Bearer {key}"))
        .body(http_body_util::Empty::<Bytes>::new())?;
    let response = exchange(stream, request).await?;
    let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    Ok(location.with_context(|| format!("the answer was {}", response.status()))?.to_owned())
}
