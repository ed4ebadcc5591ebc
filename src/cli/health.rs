//! `invited health`: whether the service that runs is ready, for a probe that runs a command, such as a container's.

use std::os::unix::net::UnixStream;
use std::time::Duration;

use anyhow::{Context as _, bail};
use async_io::Async;
use futures_lite::AsyncWriteExt as _;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::header::HOST;
use serde_json::{Value, json};

use super::exchange::exchange;
use super::global::Global;
use super::outcome::{Outcome, Reported, WrongUse};
use super::terminal::{print, print_json};
use crate::clock;
use crate::config::value::Listen;
use crate::config::{PublicUrl, Settings};
use crate::elements::AsyncReadWrite;
use crate::net;

/// A probe has a limit of its own, and says more than it if we are sooner.
const PATIENCE: Duration = Duration::from_secs(5);

/// Far more than it answers.
const MAX_ANSWER: usize = 64 << 10;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  invited health
  invited health unix:/run/invited/http.sock    where systemd opens the socket
  invited health --json                         what /readyz answers")]
pub(super) struct HealthOptions {
    /// Where the service listens, as in `listen` [default: the first of `listen` that speaks no TLS]
    place: Option<Listen>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(global: &Global, options: &HealthOptions) -> Outcome {
    global.start_log();
    let settings = global.admin_settings()?;
    let place = options.place.as_ref().or_else(|| settings.listen.iter().find(|place| !speaks_tls(place, &settings)));
    let Some(place) = place else {
        return Err(WrongUse(
            "no address of `listen` can be asked without TLS; add one such as unix:/var/lib/invited/http.sock".into(),
        )
        .into());
    };
    let asked = async_std::task::block_on(clock::within(PATIENCE, ask(place, &settings)));
    let (status, body) = asked
        .with_context(|| format!("no answer from {place} within {} seconds", PATIENCE.as_secs()))?
        .with_context(|| format!("the service does not answer on {place}"))?;
    if options.json {
        let answer: Value = serde_json::from_str(&body).unwrap_or(Value::String(body));
        print_json(&json!({ "status": status, "answer": answer }))?;
        return if status == 200 { Ok(()) } else { Err(Reported(1).into()) };
    }
    if status != 200 {
        bail!("the service on {place} is not ready ({status}): {body}");
    }
    print(&format!("{body}\n"))
}

/// As `serve` has it: behind a socket file there is a proxy.
fn speaks_tls(place: &Listen, settings: &Settings) -> bool {
    settings.tls.is_some() && matches!(place, Listen::Tcp(_))
}

/// What `/readyz` answers.
async fn ask(place: &Listen, settings: &Settings) -> anyhow::Result<(u16, String)> {
    let mut stream: Box<dyn AsyncReadWrite> = match place {
        Listen::Tcp(address) => Box::new(net::tcp(address).await?),
        Listen::Unix(path) => Box::new(Async::<UnixStream>::connect(path).await?),
    };
    if settings.http.proxy_protocol {
        // Nobody's connection but the sender's own.
        stream.write_all(b"PROXY UNKNOWN\r\n").await?;
    }
    let prefix = settings.public_url.as_ref().map_or("", PublicUrl::prefix);
    let request =
        hyper::Request::get(format!("{prefix}/readyz")).header(HOST, "localhost").body(Empty::<Bytes>::new())?;
    let answer = exchange(stream, request).await?;
    let status = answer.status().as_u16();
    let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await.map_err(|error| anyhow::anyhow!(error))?;
    Ok((status, String::from_utf8_lossy(&body.to_bytes()).trim().to_owned()))
}
