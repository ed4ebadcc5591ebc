//! `invited backup` and `invited restore`: the ledger and its key in one file.
//!
//! As root the ledger is read by a process of its own, which becomes the owner of the state directory, and hands on what it
//! reads; the file is written with the rights of the directory that it is in.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::apart;
use super::global::Global;
use super::outcome::{Outcome, Reported, WrongUse};
use super::owner::{become_owner, become_owner_of_place};
use super::terminal::{hint, print_json};
use crate::clock;
use crate::config::Settings;
use crate::files::{self, Existing};
use crate::ledger::{self, RestoreOptions, RestoreSummary, RevivedInvite, WholeBackup};

/// So many invites that came to life again are named; `--json` has all.
const NAMED: usize = 20;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  invited backup /var/backups/invited.backup    an earlier one is replaced
  invited backup - | gzip >invited.backup.gz")]
pub(super) struct BackupArguments {
    /// File to write, which holds the ledger key: for its owner alone to read; `-` for standard output
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  invited restore invited.backup    on a new machine
  invited restore invited.backup --replace --revoke-revived")]
pub(super) struct RestoreArguments {
    /// File that `invited backup` wrote
    file: PathBuf,
    /// Replace a ledger that is not empty; it is kept under another name in the state directory
    #[arg(long)]
    replace: bool,
    /// Revoke the invites that have ended since the backup and are pending in it, and lower the uses of others to those that are left
    #[arg(long, requires = "replace")]
    revoke_revived: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn back_up(global: &Global, arguments: &BackupArguments) -> Outcome {
    global.start_log();
    let settings = global.admin_settings()?;
    if arguments.file == Path::new("-") {
        if arguments.json {
            return Err(WrongUse("standard output has the backup; name a file with --json".into()).into());
        }
        become_owner(&settings)?;
        return Ok(ledger::back_up(&settings.ledger, BufWriter::new(io::stdout().lock()), clock::now())?);
    }
    let path = std::path::absolute(&arguments.file)?;
    let cannot = || format!("cannot write {}", path.display());
    let dir = path.parent().context("expected a file to write the backup to")?;
    if !dir.is_dir() {
        anyhow::bail!("cannot write {}: there is no directory {}", path.display(), dir.display());
    }
    refuse_to_replace(&path)?;
    let source = LedgerReader::open(global, &settings)?;
    become_owner_of_place(dir)?;
    let mut file = files::begin(&path).with_context(cannot)?;
    source.write_to(file.as_file_mut(), &path, &settings)?;
    // It gets its name when it is known to be one.
    let summary = WholeBackup::read(File::open(file.path()).with_context(cannot)?).with_context(cannot)?.summary;
    files::finish(file, &path, Existing::Replace).with_context(cannot)?;
    if arguments.json {
        print_json(&summary)?;
    }
    hint(&format!("backed up {} and the ledger key to {}", invites(summary.invites), path.display()));
    if std::fs::read_dir(settings.state_dir.join("keys")).is_ok_and(|mut keys| keys.next().is_some()) {
        hint("note: API keys that were created by command are not in it: they are in keys/ of the state directory");
    }
    Ok(())
}

/// A backup takes the place of an earlier one. What is no file, such as a device, would be lost, and a link would no longer lead where
/// somebody has the backups.
fn refuse_to_replace(path: &Path) -> Outcome {
    if std::fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        anyhow::bail!(
            "cannot write {}: it is no regular file, which a backup could replace; name another one, or `-` for standard output",
            path.display()
        );
    }
    Ok(())
}

/// Who reads the ledger.
enum LedgerReader {
    Here,
    Apart(apart::Apart),
}

impl LedgerReader {
    fn open(global: &Global, settings: &Settings) -> anyhow::Result<Self> {
        if rustix::process::geteuid().is_root() {
            return Ok(Self::Apart(apart::start(global, &["backup", "-"])?));
        }
        become_owner(settings)?;
        Ok(Self::Here)
    }

    /// `path` is what the file will be called.
    fn write_to(self, file: &mut File, path: &Path, settings: &Settings) -> anyhow::Result<()> {
        match self {
            Self::Here => {
                let written = ledger::back_up(&settings.ledger, BufWriter::new(file), clock::now());
                Ok(written.map_err(|error| error.in_file(path))?)
            }
            Self::Apart(mut apart) => {
                let cannot = || format!("cannot write {}", path.display());
                io::copy(&mut apart.output()?, file).with_context(cannot)?;
                file.flush().with_context(cannot)?;
                match apart.status()? {
                    0 => Ok(()),
                    status => Err(Reported(status).into()),
                }
            }
        }
    }
}

pub(super) fn restore(global: &Global, arguments: &RestoreArguments) -> Outcome {
    global.start_log();
    let settings = global.admin_settings()?;
    let cannot = || format!("cannot restore {}", arguments.file.display());
    let backup = File::open(&arguments.file).with_context(cannot)?;
    let backup = WholeBackup::read(backup).with_context(cannot)?;
    become_owner(&settings)?;
    let options = RestoreOptions { replace: arguments.replace, revoke_revived: arguments.revoke_revived };
    let restored =
        ledger::restore(&settings.ledger, &settings.state_dir, &backup, options, clock::now()).with_context(cannot)?;
    if arguments.json {
        print_json(&restored)?;
    }
    tell(&restored, &arguments.file);
    Ok(())
}

/// What an admin should know of it.
fn tell(restored: &RestoreSummary, file: &Path) {
    let (count, at) = (invites(restored.invites), restored.created_at);
    hint(&format!("restored {count} from {}, as they were at {at}", file.display()));
    for kept in &restored.kept {
        hint(&format!("what it replaces is kept in {}", kept.display()));
    }
    if restored.held > 0 {
        let plural = if restored.held == 1 { "" } else { "s" };
        hint(&format!(
            "note: {} message{plural} had not been sent at that time (events for webhooks, invites by mail); most likely they \
             have been since, so they are kept and not sent: invited webhook list shows those of webhooks, invited webhook \
             retry NAME sends them",
            restored.held
        ));
    }
    if restored.key_changed {
        hint("note: the ledger key is another one than before; all nodes that share the ledger need it");
    }
    if !restored.is_compared {
        hint("note: there was no ledger to compare with, so nobody knows which invites have ended since the backup");
        return;
    }
    if restored.unknown > 0 {
        let count = invites(restored.unknown);
        hint(&format!("note: {count} of the backup are pending, of which the ledger that was replaced knew nothing"));
    }
    if restored.revived.is_empty() {
        return;
    }
    let done = if restored.revoked { "these have been revoked" } else { "these can be redeemed again" };
    hint(&format!(
        "{} had ended since the backup, or had fewer uses left; {done}:",
        invites(restored.revived.len() as u64)
    ));
    for invite in restored.revived.iter().take(NAMED) {
        hint(&format!("  {}", line(invite)));
    }
    if restored.revived.len() > NAMED {
        hint(&format!("  … and {} more, which --json lists", restored.revived.len() - NAMED));
    }
    if !restored.revoked {
        let ids: Vec<_> = restored.revived.iter().take(NAMED).map(|invite| invite.id.to_string()).collect();
        hint(&format!("revoke them: invited invite revoke {}", ids.join(" ")));
    }
}

fn line(invite: &RevivedInvite) -> String {
    let RevivedInvite { id, host, kind, username, was, uses_were_left, uses_left } = invite;
    let name = username.as_ref().map_or(String::new(), |name| format!(" for {name}"));
    let before = match was {
        crate::invite::Status::Pending => format!("had {uses_were_left} of its {uses_left} uses left"),
        ended => format!("was {ended}"),
    };
    format!("{id}  {kind} {host}{name}: {before}")
}

fn invites(count: u64) -> String {
    format!("{count} invite{}", if count == 1 { "" } else { "s" })
}
