//! What was set up, put in force and tried: the units, the front end, the servers, and a link that is opened as a guest would.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::header::HOST;
use serde_json::Value;
use url::{Position, Url};

use super::answers::SetupAnswers;
use super::plan::SetupPlan;
use crate::cli::exchange::exchange;
use crate::cli::terminal::hint;
use crate::clock;
use crate::elements::AsyncReadWrite;
use crate::net::{self, Trust};

/// For a page to come through the front end.
const PATIENCE: Duration = Duration::from_secs(30);

/// Puts in force what was written, if anything was, and tries all of it. Gives a link of an invite that was created for that, where
/// something was written.
///
/// # Errors
/// What does not work.
pub(super) fn run(plan: &SetupPlan, has_changed: bool, answers: &SetupAnswers) -> anyhow::Result<Option<String>> {
    if has_changed {
        shell("systemctl daemon-reload")?;
        shell("systemctl enable --quiet invited.service")?;
        // The socket's group is that of a new socket.
        shell("systemctl stop invited.service invited.socket")?;
        shell("systemctl start invited.socket invited.service")?;
        for line in plan.enable {
            shell(line)?;
        }
    }
    let checked = ourselves(&["check", "--connect"])?.status()?;
    let mut opened = None;
    if plan.enable.is_empty() {
        hint("not opened from outside: the front end does not pass it on yet");
    } else if has_changed {
        let link = invite()?;
        open(&link)?;
        opened = Some(link);
    } else {
        open(&format!("{}healthz", answers.public_url.base()))?;
    }
    if !checked.success() {
        bail!("the service is set up, and not everything works yet: see above");
    }
    Ok(opened)
}

/// Runs a line; shows it first.
fn shell(line: &str) -> anyhow::Result<()> {
    hint(&format!("+ {line}"));
    let status = Command::new("sh").args(["-c", line]).status().context("cannot run sh")?;
    if !status.success() {
        bail!("`{line}` ended with {status}; what was written stays, so mend that and run setup again");
    }
    Ok(())
}

/// This program, as an admin would run it.
fn ourselves(arguments: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("cannot find this program")?);
    command.args(arguments);
    Ok(command)
}

/// An invite; gives its link.
fn invite() -> anyhow::Result<String> {
    let arguments = ["invite", "create", "--ttl", "1d", "--note", "invited setup", "--json"];
    let output = ourselves(&arguments)?.stderr(std::process::Stdio::inherit()).output()?;
    let created: Value = serde_json::from_slice(&output.stdout).context("no invite was created")?;
    let first = created.get(0).unwrap_or(&created);
    Ok(first["landing_page"].as_str().context("the invite has no link")?.to_owned())
}

/// Opens a page as a guest would.
fn open(link: &str) -> anyhow::Result<()> {
    let url = Url::parse(link)?;
    let place = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(443));
    let opening = async_std::task::block_on(clock::within(PATIENCE, get(&url, &place)));
    let without_token = &url[..Position::AfterPath];
    let hint = "is the name's DNS record here, and does the front end have its certificate?";
    match opening {
        None => bail!("{without_token} was not answered; {hint}"),
        Some(Err(error)) => Err(error.context(format!("cannot open {without_token}; {hint}"))),
        Some(Ok(200)) => Ok(()),
        Some(Ok(status)) => {
            bail!("{without_token} was answered {status}: does the front end pass the path on, as it is?")
        }
    }
}

async fn get(url: &Url, place: &str) -> anyhow::Result<u16> {
    let stream = net::tcp(place).await?;
    let stream: Box<dyn AsyncReadWrite> = match url.scheme() {
        "https" => Box::new(Trust::of_system().connect(url.host_str().unwrap_or_default(), stream).await?),
        _ => Box::new(stream),
    };
    let request = hyper::Request::get(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
        .body(Empty::<Bytes>::new())?;
    Ok(exchange(stream, request).await?.status().as_u16())
}
