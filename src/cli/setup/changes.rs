//! What a plan would change on this machine, shown; then written.
//!
//! A file of ours begins with a line that has a digest of what follows, so that it is known whether anybody has changed it.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;
use similar::TextDiff;

use super::plan::{PlannedFile, SetupPlan};
use crate::cli::terminal::count;
use crate::config::value::Sha256;
use crate::files::shown;

/// What the first line of a file of ours begins and ends with, around the digest of the rest.
const MARK: &str = "# Written by `invited setup` (sha256 ";
const MARK_END: &str = "): what is changed by hand is left alone from then on.\n";

/// How a file stands to what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Standing {
    /// There is none yet.
    New,
    /// It is there as it is to be.
    Same,
    /// It is there, of ours, and for other answers.
    Changed,
    /// Somebody else's, or changed by hand.
    Foreign,
}

/// A file, and what becomes of it.
#[derive(Serialize)]
pub(super) struct ChangedFile {
    path: PathBuf,
    standing: Standing,
}

struct FileChange<'a> {
    file: &'a PlannedFile,
    path: PathBuf,
    text: String,
    before: String,
    standing: Standing,
}

/// What a plan would change.
pub(super) struct FileChanges<'a>(Vec<FileChange<'a>>);

impl<'a> FileChanges<'a> {
    /// Looks at what is below `root`.
    ///
    /// # Errors
    /// When a file there cannot be read.
    pub(super) fn of(plan: &'a SetupPlan, root: &Path) -> anyhow::Result<Self> {
        plan.files.iter().map(|file| FileChange::of(file, root)).collect::<anyhow::Result<_>>().map(Self)
    }

    /// Those that are to be written.
    fn wanted(&self) -> impl Iterator<Item = &FileChange<'a>> {
        self.0.iter().filter(|change| matches!(change.standing, Standing::New | Standing::Changed))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.wanted().next().is_none()
    }

    /// `3 files`.
    pub(super) fn counted(&self) -> String {
        count(self.wanted().count(), "file")
    }

    pub(super) fn files(&self) -> Vec<ChangedFile> {
        self.0.iter().map(|change| ChangedFile { path: change.path.clone(), standing: change.standing }).collect()
    }

    /// Why nothing may be written.
    pub(super) fn refusal(&self) -> Option<String> {
        let foreign = self.0.iter().filter(|change| change.standing == Standing::Foreign);
        let foreign: Vec<_> = foreign.map(|change| shown(&change.path)).collect();
        (!foreign.is_empty()).then(|| {
            format!(
                "not written by setup, or changed by hand since: {}; nothing was written. Move what is there away, or go on by hand",
                foreign.join(", ")
            )
        })
    }

    /// For a person: each file that would change, as a unified diff.
    pub(super) fn shown(&self) -> String {
        let mut shown = String::new();
        for change in &self.0 {
            let path = change.path.display();
            // Writing to a string cannot fail.
            let _ = match change.standing {
                Standing::Same => writeln!(shown, "{path}: as it is to be"),
                Standing::Foreign => writeln!(shown, "{path}: is there, and stays"),
                Standing::New if change.file.is_secret => writeln!(shown, "{path}: a new secret, for root alone"),
                Standing::New | Standing::Changed => {
                    let diff = TextDiff::from_lines(&change.before, &change.text);
                    let before =
                        if change.standing == Standing::New { "/dev/null".to_owned() } else { path.to_string() };
                    writeln!(shown, "{}", diff.unified_diff().header(&before, &path.to_string()))
                }
            };
        }
        shown
    }

    /// Writes what is to be written, each file whole or not at all.
    ///
    /// # Errors
    /// When one cannot be written; those before it are.
    pub(super) fn write(&self) -> anyhow::Result<()> {
        for change in self.wanted() {
            change.write().with_context(|| format!("cannot write {}", shown(&change.path)))?;
        }
        Ok(())
    }
}

impl<'a> FileChange<'a> {
    fn of(file: &'a PlannedFile, root: &Path) -> anyhow::Result<Self> {
        let path = root.join(file.path.strip_prefix("/").unwrap_or(&file.path));
        let before = match fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", shown(&path))),
        };
        let text = if file.is_secret { file.text.clone() } else { marked(&file.text) };
        let standing = match &before {
            None => Standing::New,
            Some(_) if file.is_secret => Standing::Same,
            Some(before) if *before == text => Standing::Same,
            Some(before) if is_ours(before) => Standing::Changed,
            Some(_) => Standing::Foreign,
        };
        Ok(Self { file, path, text, before: before.unwrap_or_default(), standing })
    }

    fn write(&self) -> io::Result<()> {
        let dir = self.path.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(dir)?;
        let mode = if self.file.is_secret { 0o600 } else { 0o644 };
        let mut file = crate::files::begin(&self.path)?;
        // Whatever the umask is.
        file.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
        file.as_file_mut().write_all(self.text.as_bytes())?;
        let existing =
            if self.standing == Standing::New { crate::files::Existing::Keep } else { crate::files::Existing::Replace };
        crate::files::finish(file, &self.path, existing)
    }
}

/// A text with the line above it that says whose it is.
fn marked(text: &str) -> String {
    format!("{MARK}{}{MARK_END}{text}", Sha256::of(text))
}

/// Whether this is a text of ours as we wrote it.
fn is_ours(text: &str) -> bool {
    let rest = text.strip_prefix(MARK).and_then(|rest| rest.split_once(MARK_END));
    rest.is_some_and(|(digest, text)| digest == Sha256::of(text).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_ours_until_somebody_changes_it() {
        let text = marked("a = 1\n");
        assert!(is_ours(&text));
        for changed in [text.replace('1', "2"), format!("{text}b = 2\n"), format!("\n{text}"), "a = 1\n".into()] {
            assert!(!is_ours(&changed), "{changed}");
        }
    }
}
