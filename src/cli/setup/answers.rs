//! What is asked: by options, in a file of answers, or at the terminal.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context as _;
use serde::Deserialize;

use super::dialog::ask;
use super::front_end::FrontEnd;
use super::machine::{Machine, ServerKind};
use crate::cli::outcome::WrongUse;
use crate::cli::terminal::hint;
use crate::config::PublicUrl;
use crate::files::shown;
use crate::invite::name::HostName;

/// Answers, as far as options and a file have them.
#[derive(Debug, clap::Args)]
pub(super) struct AnswerOptions {
    /// File with answers in TOML: `host`, `public_url`, `server`, `front_end`, `certificates`; options win
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    #[command(flatten)]
    given: GivenAnswers,
}

#[derive(Clone, Debug, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenAnswers {
    /// XMPP domain that people are invited to, such as example.com
    #[arg(long)]
    host: Option<String>,
    /// What links begin with, such as <https://invite.example.com/>
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// XMPP server on which accounts are created [default: what is installed]
    #[arg(long)]
    server: Option<ServerKind>,
    /// Web server in front, which speaks HTTPS [default: what is installed]
    #[arg(long)]
    front_end: Option<FrontEnd>,
    /// Directory with fullchain.pem and privkey.pem for the front end [default: /etc/ssl/NAME]
    #[arg(long, value_name = "DIR")]
    certificates: Option<PathBuf>,
}

/// All answers.
pub(super) struct SetupAnswers {
    pub(super) host: HostName,
    pub(super) public_url: PublicUrl,
    pub(super) server: ServerKind,
    pub(super) front_end: FrontEnd,
    pub(super) certificates: Option<PathBuf>,
}

impl AnswerOptions {
    /// What is answered, with what is missing asked if it `may_ask`.
    ///
    /// # Errors
    /// When an answer is wrong, or missing.
    pub(super) fn complete(&self, machine: &Machine, may_ask: bool) -> anyhow::Result<SetupAnswers> {
        let of_file = self.answers.as_deref().map(read).transpose()?.unwrap_or_default();
        let given = self.given.clone();
        let host = given.host.or(of_file.host);
        let host =
            answer::<HostName>("--host", host, may_ask, "XMPP domain that people are invited to", "example.com")?;
        let suggested = format!("https://invite.{host}/");
        let public_url = given.public_url.or(of_file.public_url);
        let public_url = answer::<PublicUrl>("--public-url", public_url, may_ask, "What links begin with", &suggested)?;
        let installed = machine.servers.first().map_or(ServerKind::None, |(kind, _)| *kind);
        let server = given.server.or(of_file.server).unwrap_or(installed);
        let installed = machine.front_ends.first().copied().unwrap_or(FrontEnd::None);
        let front_end = given.front_end.or(of_file.front_end).unwrap_or(installed);
        if front_end != FrontEnd::None && (!public_url.is_https() || public_url.authority().contains(':')) {
            let reason = format!(
                "public_url is {}: a front end speaks HTTPS on port 443; name an https URL without a port, or --front-end none",
                public_url.base()
            );
            return Err(WrongUse(reason).into());
        }
        let certificates = given.certificates.or(of_file.certificates);
        if let Some(dir) = certificates.as_deref().filter(|dir| !is_written_as_it_is(dir)) {
            let expected = "expected an absolute path without blanks, quotes or any of # $ ; \\ { }";
            return Err(WrongUse(format!("--certificates \"{}\": {expected}", shown(dir))).into());
        }
        Ok(SetupAnswers { host, public_url, server, front_end, certificates })
    }
}

/// Whether a web server's configuration takes a path as it stands, and means the same file wherever it is read.
fn is_written_as_it_is(path: &Path) -> bool {
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"\"'`#$;\\{}".contains(c);
    path.is_absolute() && path.to_str().is_some_and(|path| path.chars().all(is_plain))
}

/// Reads a file of answers; half of one is none.
fn read(path: &Path) -> anyhow::Result<GivenAnswers> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text)
        .map_err(|error| WrongUse(format!("{}: {}", path.display(), error.to_string().trim_end())).into())
}

/// The answer that is given, or asked for until it is one.
fn answer<T: FromStr<Err: std::fmt::Display>>(
    option: &str,
    given: Option<String>,
    may_ask: bool,
    question: &str,
    suggested: &str,
) -> anyhow::Result<T> {
    if let Some(given) = given {
        return given.parse().map_err(|error| WrongUse(format!("{option} {given:?}: {error}")).into());
    }
    if !may_ask {
        return Err(
            WrongUse(format!("{option} is missing, and there is no terminal to ask at; such as {suggested}")).into()
        );
    }
    loop {
        let said = ask(&format!("{question}, such as {suggested}: "))?;
        match said.parse() {
            Ok(answer) => return Ok(answer),
            Err(error) => hint(&format!("{said:?}: {error}")),
        }
    }
}
