//! The command line: what may be typed, and what it ends with.
//!
//! stdout carries the result and nothing else; hints and errors go to stderr. Exit status: 0 done, 1 failed, 2 wrong use
//! or invalid configuration. A reader that goes away is no error.

mod as_service;
mod check;
mod demo;
mod invite;
mod key;
mod qr;
mod refuse;
mod serve;
mod tend;
mod token;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::config::{Credentials, Fault, Faults, Merged, Purpose, Settings, Sources};
use crate::log;
use crate::server::{self, TlsConfig, TlsError};

/// Hands out invites to an XMPP server: an HTTP service with API keys.
#[derive(Debug, Parser)]
#[command(name = "invited", version, max_term_width = 100)]
struct Arguments {
    /// Configuration: a file, or a directory whose *.toml are read in name order; repeatable
    /// [default: /etc/invited/config.toml, /etc/invited/conf.d/]
    #[arg(long, global = true, value_name = "PATH", verbatim_doc_comment)]
    config: Vec<PathBuf>,
    /// The state directory [default: the configuration's, else /var/lib/invited]
    #[arg(long, global = true, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// Log more; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Log warnings and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service
    Serve,
    /// A tour: throw-away state, one key, one invite, keeps serving until Ctrl-C
    Demo,
    /// Keys: who may ask for invites
    #[command(subcommand)]
    Key(key::Command),
    /// Invites: make, list, revoke
    #[command(subcommand)]
    Invite(invite::Command),
    /// Tokens: JWTs that stand for a declared key
    #[command(subcommand)]
    Token(token::Command),
    /// Validate the configuration as serve would see it
    Check(check::Options),
    /// The configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man {
        /// Write the pages of all commands into this directory instead
        dir: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print the merged configuration, each value with its origin
    Show,
}

/// What every subcommand is told: where the configuration is, and how much to log.
struct Global {
    sources: Sources,
    verbosity: i8,
}

/// The command line was used wrongly, in a way that clap cannot see.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct WrongUse(String);

/// How a subcommand ends that has told by itself what is wrong.
#[derive(Debug, thiserror::Error)]
#[error("ended with status {0}")]
struct Told(u8);

/// What ends a subcommand early.
type Outcome = anyhow::Result<()>;

impl Global {
    fn merge(&self) -> Merged {
        self.sources.merge()
    }

    /// The settings, for work on the state directory.
    fn admin_settings(&self) -> anyhow::Result<Settings> {
        Ok(self.merge().settle(&Credentials::from_environment(), Purpose::Admin)?)
    }
}

/// Runs the command line.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let verbosity = if arguments.quiet { -1 } else { i8::try_from(arguments.verbose).unwrap_or(i8::MAX) };
    let sources = Sources { files: arguments.config, state_dir: arguments.state_dir };
    let global = Global { sources, verbosity };
    match run(&global, arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => ExitCode::from(tell(&error)),
    }
}

/// Says what is wrong, once; gives what to end with.
fn tell(error: &anyhow::Error) -> u8 {
    if let Some(Told(status)) = error.downcast_ref() {
        return *status;
    }
    hint(&format!("invited: {error:#}"));
    let usage = error.is::<Faults>() || error.is::<WrongUse>();
    if usage { 2 } else { 1 }
}

fn run(global: &Global, command: Command) -> Outcome {
    match command {
        Command::Serve => serve::run(global),
        Command::Demo => demo::run(global),
        // Whoever makes a key wants the key; what is wrong with other keys is said all the same.
        Command::Key(command) => key::run(start_log(global), command),
        Command::Invite(command) => invite::run(start_log(global), command),
        Command::Token(command) => token::run(start_log(global), command),
        Command::Check(options) => check::run(global, &options),
        Command::Config(ConfigCommand::Show) => print(&crate::config::show(&global.merge())?),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "invited", &mut script);
            Ok(io::stdout().write_all(&script)?)
        }
        Command::Man { dir: Some(dir) } => Ok(clap_mangen::generate_to(Arguments::command(), dir)?),
        Command::Man { dir: None } => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
            Ok(io::stdout().write_all(&page)?)
        }
    }
}

/// Commands that end by themselves log warnings only, unless asked for more.
fn start_log(global: &Global) -> &Global {
    log::start(global.verbosity - 1);
    global
}

/// Certificate and key, if the configuration names them.
fn load_tls(settings: &Settings) -> Result<Option<Arc<TlsConfig>>, Faults> {
    let fault = |error: TlsError| Fault { path: "tls".into(), value: None, origin: None, reason: error.to_string() };
    settings.tls.as_ref().map(server::load_tls).transpose().map_err(|error| Faults(vec![fault(error)]))
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let closed = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    error.chain().any(closed)
}

/// Writes a result to stdout.
fn print(text: &str) -> Outcome {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        stdout.write_all(b"\n")?;
    }
    Ok(stdout.flush()?)
}

/// Writes a hint to stderr. If that is gone, nobody is left to tell.
fn hint(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Writes a result in JSON.
fn print_json(value: &impl serde::Serialize) -> Outcome {
    print(&serde_json::to_string_pretty(value)?)
}
