//! `invited demo`: a tour in throw-away state. Everything goes the way that real callers go.

use anyhow::{Context as _, bail};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, HOST, LOCATION};
use smol_hyper::rt::FuturesIo;

use super::global::Global;
use super::outcome::Outcome;
use super::owner::become_owner_of_place;
use super::qr;
use super::terminal::print;
use crate::clock;
use crate::config::value::{Listen, Sha256};
use crate::config::{Credentials, Purpose, RawKey, Sources};
use crate::key::opaque;
use crate::key::state::StateKeys;
use crate::log;
use crate::server::lifecycle::ServiceSignals;
use crate::server::listen::{self, Role, SocketKind};
use crate::service::Service;

pub(super) fn run(global: &Global) -> Outcome {
    // A tour is quiet but for what it shows.
    log::start(global.verbosity - 1);
    let signals = ServiceSignals::catch().context("cannot catch signals")?;
    become_owner_of_place(&std::env::temp_dir())?;
    let dir =
        tempfile::Builder::new().prefix("invited-demo-").tempdir().context("cannot create a temporary directory")?;
    let socket = listen::bind(&Listen::Tcp("127.0.0.1:0".into()), Role::Http, &[])?;
    let SocketKind::Tcp(_, address) = &socket.kind else { bail!("this is not TCP") };
    let (address, base) = (*address, format!("http://localhost:{}/", address.port()));

    let config = dir.path().join("config.toml");
    std::fs::write(&config, format!("public_url = \"{base}\"\n[hosts.localhost]\nsite_name = \"Demo\"\n"))?;
    let sources = Sources { files: vec![config], state_dir: Some(dir.path().join("state")) };
    let settings = sources.merge().settings(&Credentials::default(), Purpose::Serve)?;

    let mut rng = clock::rng();
    let (id, secret) = (opaque::generate_id(&mut rng), opaque::generate_secret(&mut rng));
    let key = RawKey { name: Some("demo".into()), sha256: Some(Sha256::of(secret.reveal())), ..RawKey::default() };
    StateKeys::new(&settings.state_dir).store(&id, &key)?;
    let key = format!("{id}/{}", secret.reveal());

    let service = Service::start(settings, None, sources)?;
    async_std::task::block_on(service.run(signals, vec![socket], async || {
        let location = ask(address, &key).await.context("cannot create an invite")?;
        print(&format!(
            "Created a key, and an invite with it. To create another invite:\n\n  \
             curl -i -X POST -H 'Authorization: Bearer {key}' {base}invites_api\n\n\
             Location: {location}\n\n{}\n\
             Serving on {base} until Ctrl-C; then its state is deleted.",
            qr::draw(&location)?
        ))
    }))
}

/// Creates an invite over HTTP, as a website would; gives its link.
async fn ask(address: std::net::SocketAddr, key: &str) -> anyhow::Result<String> {
    let stream = async_std::net::TcpStream::connect(address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(FuturesIo::new(stream)).await?;
    async_std::task::spawn(connection);
    let request = hyper::Request::post("/invites_api")
        .header(HOST, address.to_string())
        .header(AUTHORIZATION, format!("Bearer {key}"))
        .body(http_body_util::Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await?;
    let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    Ok(location.with_context(|| format!("the answer was {}", response.status()))?.to_owned())
}
