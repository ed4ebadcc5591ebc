//! `invited setup`: from a few answers to the configuration, the drop-ins of the units and the lines of a front end.
//!
//! | module | what it has |
//! |---|---|
//! | `answers` | what is asked: by options, a file of answers, or at the terminal |
//! | `dialog` | questions at the terminal |
//! | `machine` | what is installed here |
//! | `front_end` | where each front end wants its file, and what has it read that |
//! | `plan` | the files that follow from the answers |
//! | `changes` | what these would change here, shown; then written |
//! | `trial` | what was set up, put in force and tried |
//! | `nixos` | the same, as lines of the module |
//!
//! A file of ours begins with a digest of itself: what was changed by hand since, or was there before, is left alone.

mod answers;
mod changes;
mod dialog;
mod front_end;
mod machine;
mod nixos;
mod plan;
mod trial;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use anyhow::bail;
use serde::Serialize;

use self::answers::AnswerOptions;
use self::changes::{ChangedFile, FileChanges};
use self::machine::Machine;
use self::plan::SetupPlan;
use super::global::Global;
use super::outcome::{Outcome, WrongUse};
use super::terminal::{hint, print, print_json};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  invited setup                                     asks, shows, then writes
  invited setup --answers answers.toml --yes        for a script
  invited setup --answers answers.toml --dir ./new  only to look at, or to copy

Exit status:
  0  done, or shown only
  1  something is not as it should be, and what that is was told
  2  wrong or missing answers; nothing was written")]
pub(super) struct SetupOptions {
    #[command(flatten)]
    answers: AnswerOptions,
    /// Write below this directory instead of below /, and start nothing
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Write without asking
    #[arg(long)]
    yes: bool,
    /// Print JSON, and ask nothing
    #[arg(long)]
    json: bool,
}

/// What was done.
#[derive(Serialize)]
struct SetupReport {
    /// What was found here.
    found: Vec<String>,
    files: Vec<ChangedFile>,
    /// Whether what was to change is written.
    written: bool,
    /// What is left for a person to do.
    then: Vec<String>,
    /// A link that was opened through the front end.
    landing_page: Option<String>,
}

pub(super) fn run(global: &Global, options: &SetupOptions) -> Outcome {
    global.start_log();
    if !global.sources.files.is_empty() || global.sources.state_dir.is_some() {
        return Err(WrongUse("setup writes /etc/invited, and below --dir: name no other configuration".into()).into());
    }
    let machine = Machine::look();
    let may_ask = !options.json && std::io::stdin().is_terminal();
    let answers = options.answers.complete(&machine, may_ask)?;
    if machine.is_nixos {
        return print(&nixos::lines(&answers));
    }
    let root = options.dir.as_deref().unwrap_or(Path::new("/"));
    if options.dir.is_none() && !rustix::process::geteuid().is_root() {
        let way_out = "setup writes below /etc: run it as root, or with --dir to write somewhere else";
        return Err(WrongUse(way_out.into()).into());
    }
    let plan = SetupPlan::of(&answers, &machine);
    let changes = FileChanges::of(&plan, root)?;
    if !options.json {
        for found in machine.found() {
            hint(&format!("found {found}"));
        }
        print(&changes.shown())?;
    }
    let mut report = SetupReport {
        found: machine.found(),
        files: changes.files(),
        written: false,
        then: plan.then.clone(),
        landing_page: None,
    };
    if let Some(refusal) = changes.refusal() {
        if options.json {
            print_json(&report)?;
        }
        bail!(refusal);
    }
    let is_agreed = changes.is_empty() || options.yes || options.dir.is_some();
    if !is_agreed && (!may_ask || !dialog::is_agreed(&changes.counted())?) {
        if options.json {
            return print_json(&report);
        }
        hint("nothing was written; --yes writes it");
        return Ok(());
    }
    changes.write()?;
    report.written = true;
    let tried = if options.dir.is_none() { trial::run(&plan, !changes.is_empty(), &answers) } else { Ok(None) };
    report.landing_page = tried.as_ref().ok().cloned().flatten();
    if options.json {
        print_json(&report)?;
    } else {
        for (number, line) in report.then.iter().enumerate() {
            hint(&format!("{}{line}", if number == 0 { "what is left to do:\n" } else { "" }));
        }
        if let Some(link) = &report.landing_page {
            print(&format!("opened through {}: {link}", answers.front_end.name()))?;
        }
    }
    tried.map(drop)
}
