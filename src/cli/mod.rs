//! The command line: what may be typed, and what it ends with.
//!
//! stdout carries the result and nothing else; hints and errors go to stderr. Exit status: 0 done, 1 failed, 2 wrong use
//! or invalid configuration. A reader that goes away is no error.

mod apart;
mod as_service;
mod backup;
mod candidates;
mod check;
mod check_ledger;
mod check_mail;
mod check_report;
mod check_webhooks;
mod completion;
mod config_show;
mod demo;
mod exchange;
mod global;
mod health;
mod invite;
mod invite_admin;
mod invite_create;
mod invite_list;
mod invite_of;
mod invite_show;
mod invite_status;
mod invite_tree;
mod key;
mod key_create;
mod key_declaration;
mod key_events;
mod key_import;
mod key_list;
mod key_notes;
mod ledger;
mod listing;
mod man;
mod man_settings;
mod man_text;
mod outcome;
mod owner;
mod qr;
mod refuse;
mod serve;
mod server_tools;
mod setup;
mod terminal;
mod time;
mod token;
mod webhook;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use self::global::Global;
use self::outcome::{Outcome, exit_code};
use crate::config::Sources;

/// What `--help` says below the options.
const HELP: &str = "\
Examples:
  invited demo                                    try it, without configuration
  invited setup                                   configure it, by a few answers
  invited check                                   validate the configuration
  invited key create \"Sign-up form\" --limit 60/h  for a website or a bot
  invited invite create --ttl 3d --qr             an invite by hand

Exit status:
  0  done
  1  failed
  2  wrong usage, or invalid configuration";

/// Hands out invites to an XMPP server: an HTTP service with API keys
#[derive(Debug, Parser)]
#[command(name = "invited", version, max_term_width = 100, after_help = HELP)]
struct Arguments {
    /// Configuration file, or directory whose *.toml files are read in name order; repeatable, later ones win
    /// [default: /etc/invited/config.toml, then /etc/invited/conf.d/]
    #[arg(long, global = true, value_name = "PATH", verbatim_doc_comment, help_heading = GLOBAL)]
    config: Vec<PathBuf>,
    /// Directory for the ledger and the keys
    /// [default: `state_dir` of the configuration, else `$STATE_DIRECTORY`, else /var/lib/invited]
    #[arg(long, global = true, value_name = "DIR", verbatim_doc_comment, help_heading = GLOBAL)]
    state_dir: Option<PathBuf>,
    /// Log more, up to -vvv [default: `serve` logs info, every other command warnings]
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = GLOBAL)]
    verbose: u8,
    /// Log warnings and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = GLOBAL)]
    quiet: bool,
    #[command(subcommand)]
    command: CliCommand,
}

/// The heading of the options that every command has.
const GLOBAL: &str = "Global options";

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// Run the service, in the foreground
    ///
    /// Where systemd passes sockets, these are used in place of `listen`.
    /// SIGHUP reloads configuration, keys and certificates; SIGTERM and SIGINT answer the requests in flight, then stop.
    Serve,
    /// Try it: temporary state, one key and one invite, served on localhost until Ctrl-C
    ///
    /// The page creates accounts on a pretend server in memory: the way to an address is shown whole, and nobody can chat with it.
    Demo(demo::DemoOptions),
    /// Set up the service: configuration, drop-ins of its units, and lines of a web server, by a few answers
    ///
    /// Shows each file before it is written, changes none that it did not write, and then tries all of it. On NixOS it prints lines of
    /// the module.
    Setup(setup::SetupOptions),
    /// Create, list, delete and import API keys
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Create, list, show, revoke and restore invites, and see who invited whom
    #[command(subcommand)]
    Invite(invite::InviteCommand),
    /// List and test webhooks, and try again what they did not take
    #[command(subcommand)]
    Webhook(webhook::WebhookCommand),
    /// Back up the ledger and its key into one file, also while the service runs
    Backup(backup::BackupArguments),
    /// Restore a ledger and its key from a backup, while the service is stopped
    Restore(backup::RestoreArguments),
    /// Copy the ledger to another database
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// Mint JWTs for keys that are declared with a public key
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Validate the configuration, as `serve` would see it
    Check(check::CheckOptions),
    /// Ask the service that runs whether it is ready, as a container's health check does
    Health(health::HealthOptions),
    /// Show the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print a completion script for a shell
    ///
    /// It is for the program of this version, and completes commands and options, and also the hosts of the configuration and
    /// IDs of keys and invites, as far as you may read them. The package installs it for bash, zsh and fish.
    #[command(after_help = "\
Examples:
  invited completions bash >/usr/share/bash-completion/completions/invited
  invited completions zsh >/usr/local/share/zsh/site-functions/_invited
  invited completions fish >~/.config/fish/completions/invited.fish")]
    Completions {
        /// Shell to complete for
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    ///
    /// With a directory, write those of all commands and that of the settings, invited.toml(5). Where `SOURCE_DATE_EPOCH` is set,
    /// that is their date.
    #[command(after_help = "\
Examples:
  invited man | man -l -
  invited man ./man    all pages, into a directory")]
    Man {
        /// Directory to write the pages of all commands and of the settings to, instead of printing one
        dir: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print the merged configuration, each value with the file, variable or default that set it
    #[command(after_help = "\
Examples:
  invited config show
  invited config show | grep -v '# default'     what somebody set
  invited config show --json | jq '.settings[] | select(.name == \"listen\")'")]
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

const CONFIG: &str = "config";

/// What may be typed. Of an option that clap calls global, those behind the command would replace those before it: `--config`, of
/// which there may be several, is one of each command instead.
fn whole_command() -> Command {
    let command = Arguments::command().mut_arg(CONFIG, |config| config.global(false));
    let config = command.get_arguments().find(|argument| argument.get_id() == CONFIG).cloned();
    with_each_below(command, config.as_ref())
}

fn with_each_below(command: Command, option: Option<&Arg>) -> Command {
    let below: Vec<_> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    below.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, |below| with_each_below(below.args(option), option))
    })
}

/// What `--config` named behind the first word.
fn files_below(matches: &ArgMatches) -> impl Iterator<Item = PathBuf> {
    let levels = std::iter::successors(matches.subcommand(), |(_, below)| below.subcommand());
    levels.flat_map(|(_, level)| level.get_many(CONFIG).into_iter().flatten().cloned())
}

/// Runs the command line.
#[must_use]
pub fn main() -> ExitCode {
    if let Some(code) = completion::answer(whole_command) {
        return code;
    }
    let matches = whole_command().get_matches();
    let arguments =
        Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut whole_command()).exit());
    let verbosity = if arguments.quiet { -1 } else { i8::try_from(arguments.verbose).unwrap_or(i8::MAX) };
    // What is typed is where it is typed.
    let state_dir = arguments.state_dir.map(|dir| std::path::absolute(&dir).unwrap_or(dir));
    let files = arguments.config.into_iter().chain(files_below(&matches)).collect();
    let sources = Sources { files, state_dir };
    let global = Global { sources, verbosity };
    exit_code(run(&global, arguments.command))
}

fn run(global: &Global, command: CliCommand) -> Outcome {
    match command {
        CliCommand::Serve => serve::run(global),
        CliCommand::Demo(options) => demo::run(global, &options),
        CliCommand::Setup(options) => setup::run(global, &options),
        CliCommand::Key(command) => key::run(global, command),
        CliCommand::Invite(command) => invite::run(global, command),
        CliCommand::Webhook(command) => webhook::run(global, command),
        CliCommand::Backup(arguments) => backup::back_up(global, &arguments),
        CliCommand::Restore(arguments) => backup::restore(global, &arguments),
        CliCommand::Ledger(command) => ledger::run(global, command),
        CliCommand::Token(command) => token::run(global, command),
        CliCommand::Check(options) => check::run(global, &options),
        CliCommand::Health(options) => health::run(global, &options),
        CliCommand::Config(ConfigCommand::Show { json }) => config_show::show(global, json),
        CliCommand::Completions { shell } => completion::print_script(shell),
        CliCommand::Man { dir: Some(dir) } => man::write_all(whole_command(), &dir),
        CliCommand::Man { dir: None } => man::print_first(whole_command()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `command` and all below it, each with its full name.
    fn walk(command: &clap::Command, name: &str, seen: &mut Vec<(String, clap::Command)>) {
        seen.push((name.to_owned(), command.clone()));
        for below in command.get_subcommands() {
            walk(below, &format!("{name} {}", below.get_name()), seen);
        }
    }

    fn commands() -> Vec<(String, clap::Command)> {
        let mut seen = vec![];
        walk(&Arguments::command(), "invited", &mut seen);
        assert!(seen.len() > 15, "{}", seen.len());
        seen
    }

    /// The words of a line as a shell has them, without its redirections and pipes.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![];
        for (at, part) in line.split('"').enumerate() {
            match at % 2 {
                0 => words.extend(part.split_whitespace().map(str::to_owned)),
                _ => words.push(part.to_owned()),
            }
        }
        words.into_iter().take_while(|word| !word.starts_with(['>', '|', '#'])).collect()
    }

    #[test]
    fn every_command_and_option_says_what_it_does() {
        for (name, command) in commands() {
            assert!(command.get_about().is_some(), "{name}");
            for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
                let help = argument.get_help().unwrap_or_else(|| panic!("{name}: {}", argument.get_id())).to_string();
                assert!(help.starts_with(char::is_uppercase) && !help.ends_with('.'), "{name}: {help}");
            }
        }
    }

    /// Those that do something, without what they are grouped by.
    fn leaves() -> Vec<(String, clap::Command)> {
        commands().into_iter().filter(|(_, command)| !command.has_subcommands()).collect()
    }

    #[test]
    fn every_command_that_answers_has_json() {
        let without: Vec<_> = leaves()
            .into_iter()
            .filter(|(_, command)| !command.get_arguments().any(|argument| argument.get_id() == "json"))
            .map(|(name, _)| name)
            .collect();
        // What runs until it is stopped, and texts that are for shells and for man(1).
        assert_eq!(without, ["invited serve", "invited demo", "invited completions", "invited man"]);
    }

    #[test]
    fn every_command_that_is_not_trivial_has_examples() {
        for (name, command) in leaves() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let is_trivial = ["invited serve", "invited demo"].contains(&name.as_str());
            assert!(is_trivial || help.starts_with("Examples:\n"), "{name}: {help}");
        }
    }

    #[test]
    fn every_example_in_the_help_is_one() {
        let mut tried = 0;
        for (name, command) in commands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let wide = help.lines().find(|line| line.len() > 80);
            assert_eq!(wide, None, "{name}: a terminal has 80 columns");
            for example in help.lines().filter_map(|line| line.trim().strip_prefix("invited ")) {
                // What it is for stands behind two blanks.
                let example = example.split("  ").next().unwrap();
                let arguments = ["invited".to_owned()].into_iter().chain(words(example));
                assert!(Arguments::try_parse_from(arguments).is_ok(), "{name}: {example}");
                tried += 1;
            }
        }
        assert!(tried > 15, "{tried}");
    }

    /// One word for each act, as everywhere: see the glossary in docs/architecture.md.
    #[test]
    fn help_uses_one_word_for_one_thing() {
        for (name, command) in commands() {
            let of_arguments = command.get_arguments().filter_map(|argument| argument.get_help());
            let own = [command.get_about(), command.get_long_about(), command.get_after_help()];
            let help: Vec<_> = own.into_iter().flatten().chain(of_arguments).map(ToString::to_string).collect();
            let help = help.join("\n").to_lowercase();
            for old in ["make ", "makes ", " made", "take back", "took", "believed", "for ever", "how long", "its time"]
            {
                assert!(!help.contains(old), "{name} --help says {old:?}: {help}");
            }
        }
    }
}
