//! The manual: `invited(1)`, a page for each command below it, and `invited.toml(5)`. What a command does is said once, by
//! `--help` and here; [`man_settings`] has the settings.

use std::path::Path;

use anyhow::Context as _;
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::man_settings;
use super::man_text::{entry, files, tidy, verbatim};
use super::outcome::Outcome;
use super::terminal::{count, hint, print};
use crate::clock;

/// Commands that read no configuration.
const WITHOUT_CONFIGURATION: [&str; 2] = ["completions", "man"];

/// Variables that are no settings, and what they are for.
const ENVIRONMENT: [(&str, &str); 6] = [
    ("INVITED_*", "Settings, by their names: `INVITED_LEDGER__URL` sets `ledger.url`; see `invited.toml`(5)."),
    ("STATE_DIRECTORY", "The state directory where nobody sets another one; systemd's `StateDirectory=` sets it."),
    ("CREDENTIALS_DIRECTORY", "Where files are that settings name without a directory (systemd's `LoadCredential=`)."),
    ("LISTEN_FDS, LISTEN_FDNAMES", "Sockets that systemd passes to `invited serve`; see `sd_listen_fds`(3)."),
    ("NOTIFY_SOCKET, WATCHDOG_USEC", "Where `invited serve` tells systemd how it is; see `sd_notify`(3)."),
    ("TZ", "The zone of times at a terminal."),
];

/// Prints `invited(1)`.
pub(super) fn print_first(command: Command) -> Outcome {
    let command = built(command);
    print(&page(&command, &command)?)
}

/// Writes all pages into a directory.
///
/// # Errors
/// When it cannot be created or written.
pub(super) fn write_all(command: Command, dir: &Path) -> Outcome {
    let command = built(command);
    let mut pages = vec![("invited.toml.5".to_owned(), man_settings::page(&date())?)];
    add_pages(&command, &command, &mut pages)?;
    std::fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    for (name, page) in &pages {
        let path = dir.join(name);
        std::fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
    }
    hint(&format!("wrote {} to {}", count(pages.len(), "page"), dir.display()));
    Ok(())
}

fn built(command: Command) -> Command {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    command
}

fn add_pages(root: &Command, command: &Command, pages: &mut Vec<(String, String)>) -> Outcome {
    pages.push((format!("{}.1", name(command)), page(root, command)?));
    command.get_subcommands().filter(|below| !below.is_hide_set()).try_for_each(|below| add_pages(root, below, pages))
}

/// What the page of a command is called: `invited-key-create`.
fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// The day of which the pages are: that of the package, where a package is built
/// (<https://reproducible-builds.org/specs/source-date-epoch/>).
fn date() -> String {
    let set = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    let at = set.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()).unwrap_or_else(clock::now);
    at.strftime("%Y-%m-%d").to_string()
}

/// The page of a command of `root`.
fn page(root: &Command, command: &Command) -> anyhow::Result<String> {
    let version = root.get_version().unwrap_or_default();
    let man = Man::new(command.clone()).title(name(command).to_uppercase()).date(date());
    let man = man.source(format!("invited {version}")).manual("invited");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.get_subcommands().any(|below| !below.is_hide_set()) {
        man.render_subcommands_section(&mut page)?;
    }
    let mut roff = Roff::new();
    // What every command ends with is said by the first page, unless its own help says it more exactly.
    let statuses = help_below(command, "Exit status").or_else(|| help_below(root, "Exit status"));
    exit_status(&mut roff, &statuses.unwrap_or_default());
    if !WITHOUT_CONFIGURATION.contains(&command.get_name()) {
        roff.control("SH", ["ENVIRONMENT"]);
        for (variable, text) in ENVIRONMENT {
            entry(&mut roff, vec![bold(variable)], text);
        }
        files(&mut roff);
    }
    if let Some(examples) = help_below(command, "Examples") {
        roff.control("SH", ["EXAMPLES"]);
        verbatim(&mut roff, examples.lines().map(|line| line.strip_prefix("  ").unwrap_or(line)));
    }
    see_also(&mut roff, root, command);
    page.extend(roff.render().bytes());
    Ok(tidy(&String::from_utf8(page)?))
}

/// What `--help` says below the options under a heading.
fn help_below(command: &Command, heading: &str) -> Option<String> {
    let help = command.get_after_help()?.to_string();
    let below = help.split("\n\n").filter_map(|paragraph| paragraph.split_once(":\n"));
    below.into_iter().find(|(own, _)| *own == heading).map(|(_, text)| text.to_owned())
}

/// Rows of a status and what it means; what is further in goes on with the row above.
fn exit_status(roff: &mut Roff, rows: &str) {
    roff.control("SH", ["EXIT STATUS"]);
    for row in rows.lines() {
        let row = row.strip_prefix("  ").unwrap_or(row);
        match row.split_once("  ") {
            Some((status, text)) if !status.is_empty() => entry(roff, vec![bold(status)], text),
            _ => _ = roff.text([roman(row.trim())]),
        }
    }
}

/// The page above, those below, and the settings.
fn see_also(roff: &mut Roff, root: &Command, command: &Command) {
    let mut pages: Vec<_> = command.get_subcommands().filter(|below| !below.is_hide_set()).map(name).collect();
    let above = name(command).rsplit_once('-').map(|(above, _)| above);
    pages.splice(0..0, above);
    if above.is_some_and(|above| above != name(root)) {
        pages.insert(0, name(root));
    }
    let pages: Vec<_> = pages.into_iter().map(|page| (page, "(1),")).chain([("invited.toml", "(5)")]).collect();
    roff.control("SH", ["SEE ALSO"]);
    for (page, section) in pages {
        roff.control("BR", [page.replace('-', "\\-").as_str(), section]);
    }
}
