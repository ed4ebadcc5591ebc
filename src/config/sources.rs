//! Where configuration comes from, how it is merged, and how it is read. Later sources win: defaults, files in order,
//! `INVITED_*` variables, flags.

use std::path::{Path, PathBuf};

use figment::providers::Serialized;
use figment::value::{Dict, Map};
use figment::{Figment, Metadata, Profile, Provider, Source};

use super::checks::{Purpose, Unread};
use super::merged::Merged;
use super::origin::{ConfigFault, Faults, Origin};
use super::remaining::Remaining;
use super::secret::Credentials;
use super::settings::{RawConfig, Settings};
use super::shape;
use super::text::dotted;
use super::toml_values;
use super::variables::{Variable, Variables};
use crate::files;

/// Where configuration is read from without `--config`: a file, then a directory.
pub const DEFAULT_FILES: [&str; 2] = ["/etc/invited/config.toml", "/etc/invited/conf.d"];

/// Where configuration is read from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// `--config`, in order: files, or directories whose `*.toml` are read in name order. Empty: the default places.
    pub files: Vec<PathBuf>,
    /// `--state-dir`.
    pub state_dir: Option<PathBuf>,
}

impl Sources {
    /// Reads and merges all sources. What is wrong with them is kept for [`Merged::settings`], which reports it with the rest.
    #[must_use]
    pub fn merge(&self) -> Merged {
        self.merge_with(Variables::of_process())
    }

    /// The same without variables: what they say is for the service of this machine.
    #[must_use]
    pub fn merge_alone(&self) -> Merged {
        self.merge_with(Variables::default())
    }

    fn merge_with(&self, mut variables: Variables) -> Merged {
        let mut faults = Vec::new();
        let files = self.toml_files(&mut faults);
        let defaults = std::any::type_name::<RawConfig>();
        let mut figment = Figment::from(Serialized::defaults(RawConfig::default()));
        for file in &files {
            match std::fs::read_to_string(file) {
                Ok(text) => match toml::from_str(&text) {
                    Ok(table) => {
                        let (values, misplaced) = toml_values::all(table);
                        faults.extend(misplaced.into_iter().map(|value| value.fault(Origin::File(file.clone()))));
                        figment = figment.merge(Layer { source: file.as_path().into(), values });
                    }
                    Err(error) => faults.push(whole_file(file, &syntax_fault(&text, &error))),
                },
                Err(error) => faults.push(whole_file(file, &format!("cannot be read ({error})"))),
            }
        }
        faults.append(&mut variables.faults);
        let notices = variables.notice().into_iter().collect();
        for Variable { name, values } in variables.set {
            figment = figment.merge(Layer { source: Source::Custom(name), values });
        }
        if let Some(state_dir) = &self.state_dir {
            figment = figment.merge(Serialized::default("state_dir", state_dir));
        }
        let tree = match figment.data() {
            Ok(mut profiles) => profiles.remove(&Profile::Default).unwrap_or_default(),
            Err(error) => {
                let reason = error.kind.to_string();
                faults.push(ConfigFault { path: String::new(), value: None, origin: None, reason });
                Dict::new()
            }
        };
        Merged { figment, defaults, tree, files, faults, notices }
    }

    fn toml_files(&self, faults: &mut Vec<ConfigFault>) -> Vec<PathBuf> {
        let mut files = Vec::new();
        if self.files.is_empty() {
            for place in DEFAULT_FILES.map(Path::new).into_iter().filter(|place| is_there(place)) {
                expand(place, &mut files, faults);
            }
        }
        for place in &self.files {
            expand(place, &mut files, faults);
        }
        files
    }
}

/// Whether something is to be read from a default place. Where that cannot be told, reading says why.
fn is_there(place: &Path) -> bool {
    !files::is_gone(place)
}

/// The values of one source.
struct Layer {
    source: Source,
    values: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::from("configuration", self.source.clone())
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Map::from([(Profile::Default, self.values.clone())]))
    }
}

/// A file stands for itself, a directory for its `*.toml` in name order. What is hidden there is nobody's word: editors put locks
/// and drafts beside a file (`.#site.toml`), and a mounted volume its older versions.
fn expand(place: &Path, files: &mut Vec<PathBuf>, faults: &mut Vec<ConfigFault>) {
    if !place.is_dir() {
        files.push(place.to_owned());
        return;
    }
    match std::fs::read_dir(place) {
        Ok(entries) => {
            let mut inside: Vec<_> = entries
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| path.extension().is_some_and(|extension| extension == "toml") && !is_hidden(path))
                .collect();
            inside.sort();
            files.append(&mut inside);
        }
        Err(error) => faults.push(whole_file(place, &format!("cannot be read ({error})"))),
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// Where the syntax is wrong and how, without the line itself: it may hold a secret.
fn syntax_fault(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let (line, column) =
        (before.matches('\n').count() + 1, before.chars().rev().take_while(|c| *c != '\n').count() + 1);
    // Where the file ends behind a `=`, the reader has no words for what is missing.
    let message = Some(error.message()).filter(|message| !message.is_empty()).unwrap_or("expected a value");
    format!("line {line}, column {column}: {}", message.replace('\n', ", "))
}

fn whole_file(file: &Path, reason: &str) -> ConfigFault {
    ConfigFault {
        path: String::new(),
        value: None,
        origin: Some(Origin::File(file.to_owned())),
        reason: reason.to_owned(),
    }
}

impl Merged {
    /// Turns the merged values into settings.
    ///
    /// # Errors
    /// Everything that is wrong, in one go.
    pub fn settings(&self, credentials: &Credentials, purpose: Purpose) -> Result<Settings, Faults> {
        let mut faults = self.faults.clone();
        let (raw, unread) = self.read(&mut faults);
        let settings = raw.resolve(credentials, purpose, self, unread, &mut faults);
        if faults.is_empty() {
            return Ok(settings);
        }
        faults.sort();
        faults.dedup();
        Err(Faults(faults))
    }

    /// Reads the tree into the raw shape, as far as it is right. Where something is missing, something stands in for it.
    fn read(&self, faults: &mut Vec<ConfigFault>) -> (RawConfig, Unread) {
        let mut remaining = Remaining::new(self.tree.clone());
        let mut unread = Unread { wrong: faults.iter().map(|fault| fault.path.clone()).collect(), absent: vec![] };
        loop {
            let error = match remaining.read() {
                Ok(raw) => return (raw, unread),
                Err(error) => error,
            };
            let mut path = error.path.clone();
            let written = remaining.written_at(&path);
            if let figment::error::Kind::MissingField(name) = &error.kind {
                let at = dotted(&[written.as_slice(), &[name.to_string()]].concat());
                if !unread.absent.contains(&at) && remaining.stand_in(&path, name) {
                    // One that is wrong was taken out, and is told.
                    if !unread.tells(&at) {
                        faults.push(self.fault(&written, reason(&written, &error.kind)));
                    }
                    unread.absent.push(at);
                    continue;
                }
            }
            if let figment::error::Kind::UnknownField(name, _) = &error.kind
                && path.last() != Some(name)
            {
                path.push(name.clone());
            }
            let written = remaining.written_at(&path);
            let mut fault = self.fault(&written, reason(&path, &error.kind));
            if matches!(fault.origin, Some(Origin::Variable(_))) && shape::is_in_list(&path) {
                fault.reason.push_str("; several are written [\"one\", \"another\"]");
            }
            // A key that is not known may be a secret's, misspelt; and where a digest belongs, a secret may stand.
            let may_be_secret = matches!(error.kind, figment::error::Kind::UnknownField(..))
                || path.last().is_some_and(|name| name == "sha256");
            unread.wrong.push(fault.path.clone());
            faults.push(ConfigFault { value: fault.value.filter(|_| !may_be_secret), ..fault });
            if !remaining.take_out(&path) {
                return (RawConfig::default(), unread);
            }
        }
    }
}

/// What serde found wrong with the value at `path`, in words that say what is allowed.
fn reason(path: &[String], kind: &figment::error::Kind) -> String {
    use figment::error::Kind;
    match kind {
        Kind::UnknownField(_, allowed) => format!("unknown key; known here: {}", allowed.join(", ")),
        Kind::UnknownVariant(_, allowed) => format!("expected one of {}", allowed.join(", ")),
        Kind::MissingField(name) => format!("needs `{name}`"),
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
            shape::expected(path).unwrap_or_else(|| format!("expected {expected}"))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_default_place_is_passed_over_only_where_there_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let [file, none, dangling, circle] = ["file", "none", "dangling", "circle"].map(|name| dir.path().join(name));
        std::fs::write(&file, "").unwrap();
        symlink(&none, &dangling).unwrap();
        symlink(&circle, &circle).unwrap();
        assert!(is_there(&file) && !is_there(&none));
        for place in [dangling, circle, file.join("config.toml")] {
            assert!(is_there(&place), "{}", place.display());
            let (mut files, mut faults) = (vec![], vec![]);
            expand(&place, &mut files, &mut faults);
            let merged = Sources { files, state_dir: None }.merge_alone();
            assert!(merged.faults.len() == 1 && merged.faults[0].reason.starts_with("cannot be read ("), "{faults:?}");
        }
    }
}
