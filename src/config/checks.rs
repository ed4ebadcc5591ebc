//! What the checks of all sections share: where a fault is put down, and how a file that is named gets read. Nothing
//! ends at the first fault: what is wrong is put down, and the rest is checked all the same.

use std::path::{Path, PathBuf};

use super::merged::Merged;
use super::origin::{ConfigFault, Origin};
use super::secret::{Credentials, Secret, SecretError};
use super::text::dotted;
use crate::log::chain;

/// What the settings are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To serve: all that the service needs must be there, and credentials too.
    Serve,
    /// To be judged as `serve` would see it, where credentials are not at hand.
    Check,
    /// To work on the state directory.
    Admin,
}

/// Where values could not be read at all.
#[derive(Debug, Default)]
pub(super) struct Unread {
    /// They are wrong, and were taken out: there is no more to say about these, or that they are not there.
    pub(super) wrong: Vec<String>,
    /// There is none where one is needed: there is no more to say about what stands in for it.
    pub(super) absent: Vec<String>,
}

impl Unread {
    /// Whether it is told that `path`, or what it is in, is wrong.
    pub(super) fn tells(&self, path: &str) -> bool {
        self.wrong.iter().any(|wrong| is_at_or_below(path, wrong))
    }

    fn covers(&self, path: &str) -> bool {
        // What is said of a list as a whole may be about what stands in for something in one of it.
        let stands_in = |absent: &String| {
            let rest = absent.strip_prefix(path);
            let is_in_list =
                |rest: &str| rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            rest.is_some_and(|rest| rest.is_empty() || is_in_list(rest))
        };
        self.wrong.iter().any(|wrong| is_at_or_below(wrong, path)) || self.absent.iter().any(stands_in)
    }
}

fn is_at_or_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The checks of one configuration.
pub(super) struct Checks<'a> {
    merged: &'a Merged,
    credentials: &'a Credentials,
    purpose: Purpose,
    unread: Unread,
    faults: &'a mut Vec<ConfigFault>,
    notices: Vec<String>,
}

impl<'a> Checks<'a> {
    /// `faults` has what could not be read; what is wrong beside is added to it.
    pub(super) fn new(
        merged: &'a Merged,
        credentials: &'a Credentials,
        purpose: Purpose,
        unread: Unread,
        faults: &'a mut Vec<ConfigFault>,
    ) -> Self {
        Self { merged, credentials, purpose, unread, faults, notices: merged.notices.clone() }
    }

    /// What an admin should know, or what could not be judged here.
    pub(super) fn into_notices(self) -> Vec<String> {
        self.notices
    }

    /// Whether to look for what `serve` needs. It may stand in a file that could not be read.
    pub(super) fn is_to_serve(&self) -> bool {
        self.purpose != Purpose::Admin && self.unread.wrong.iter().all(|path| !path.is_empty())
    }

    /// Who set what stands at `path`.
    pub(super) fn origin_at(&self, path: &[&str]) -> Origin {
        self.merged.origin_at(path)
    }

    /// Files that are credentials where they have bare names.
    pub(super) fn credentials(&self) -> &Credentials {
        self.credentials
    }

    /// What stands at `path` is wrong.
    pub(super) fn fault(&mut self, path: &[&str], reason: &str) {
        let fault = self.merged.fault(path, reason.to_owned());
        if !self.unread.covers(&fault.path) {
            self.faults.push(fault);
        }
    }

    /// Puts down `error` at `path` and gives nothing, for use in a match.
    pub(super) fn fault_of<T>(&mut self, path: &[&str], error: &(dyn std::error::Error + 'static)) -> Option<T> {
        self.fault(path, &chain(error).to_string());
        None
    }

    /// The same without the value at `path`, where a secret may stand.
    pub(super) fn secret_fault(&mut self, path: &[&str], error: &(dyn std::error::Error + 'static)) {
        let fault = self.merged.fault(path, chain(error).to_string());
        self.faults.push(ConfigFault { value: None, ..fault });
    }

    /// The table at `path` has a wrong name, of which `shown` may be shown.
    pub(super) fn name_fault(&mut self, path: &[&str], shown: &[&str], error: &(dyn std::error::Error + 'static)) {
        let origin = Some(self.origin_at(path));
        self.faults.push(ConfigFault { path: dotted(shown), value: None, origin, reason: chain(error).to_string() });
    }

    /// What an admin should know.
    pub(super) fn notice(&mut self, notice: String) {
        self.notices.push(notice);
    }

    /// `x` and `x_file` exclude each other.
    pub(super) fn exclusive(&mut self, path: &[&str], [plain, file]: [&str; 2], are_set: [bool; 2]) {
        if are_set == [true, true] {
            self.fault(&below(path, file), &format!("`{plain}` and `{file}` exclude each other; remove one"));
        }
    }

    /// `x` or what is in `x_file`; none if neither is there, or the file gives nothing.
    pub(super) fn secret(
        &mut self,
        path: &[&str],
        names: [&str; 2],
        plain: Option<&String>,
        file: Option<&PathBuf>,
    ) -> Option<Secret> {
        self.exclusive(path, names, [plain.is_some(), file.is_some()]);
        match (plain, file) {
            (Some(plain), _) => Some(Secret::new(plain.clone())),
            (None, Some(file)) => self.read_secret(&below(path, names[1]), file),
            (None, None) => None,
        }
    }

    /// Reads `x_file`, which stands at `path`.
    pub(super) fn read_secret(&mut self, path: &[&str], file: &Path) -> Option<Secret> {
        let read = self.credentials.read(file);
        self.judged(path, read)
    }

    /// The same for a text of several lines.
    pub(super) fn read_text(&mut self, path: &[&str], file: &Path) -> Option<Secret> {
        let read = self.credentials.read_text(file);
        self.judged(path, read)
    }

    /// Where the file is that is named at `path`.
    pub(super) fn locate(&mut self, path: &[&str], file: &Path) -> Option<PathBuf> {
        let located = self.credentials.locate(file);
        self.judged(path, located)
    }

    /// What cannot be judged outside of the service is a notice, everything else a fault.
    fn judged<T>(&mut self, path: &[&str], result: Result<T, SecretError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error @ SecretError::NoCredentials) if self.purpose != Purpose::Serve => {
                self.notice(format!("{} is not checked: {error}", dotted(path)));
                None
            }
            Err(error) => self.fault_of(path, &error),
        }
    }
}

/// The path of a setting in the table at `path`.
fn below<'a>(path: &[&'a str], name: &'a str) -> Vec<&'a str> {
    path.iter().copied().chain([name]).collect()
}

/// What `work` gives, and the reasons of the faults that it puts down.
#[cfg(test)]
pub(super) fn checked<T>(work: impl FnOnce(&mut Checks<'_>) -> T) -> (T, Vec<String>) {
    let (merged, credentials) = (Merged::default(), Credentials::default());
    let mut faults = Vec::new();
    let result = work(&mut Checks::new(&merged, &credentials, Purpose::Check, Unread::default(), &mut faults));
    (result, faults.into_iter().map(|fault| fault.reason).collect())
}
