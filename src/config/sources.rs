//! Where configuration comes from, how it is merged, and how it is read. Later sources win: defaults, files in order,
//! `INVITED_*` variables, flags.

use std::path::{Path, PathBuf};

use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Profile, Provider as _};

use super::checks::Purpose;
use super::merged::{Merged, VARIABLE_PREFIX};
use super::origin::{ConfigFault, Faults, Origin};
use super::secret::Credentials;
use super::settings::{RawConfig, Settings};

/// Where `serve` looks without `--config`.
const DEFAULT_FILES: [&str; 2] = ["/etc/invited/config.toml", "/etc/invited/conf.d"];

/// Where configuration is read from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// `--config`, in order: files, or directories whose `*.toml` are read in name order. Empty: the default places.
    pub files: Vec<PathBuf>,
    /// `--state-dir`.
    pub state_dir: Option<PathBuf>,
}

impl Sources {
    /// Reads and merges all sources. What is wrong with files is kept for [`Merged::settings`], which reports it with the rest.
    #[must_use]
    pub fn merge(&self) -> Merged {
        let mut faults = Vec::new();
        let files = self.toml_files(&mut faults);
        let defaults = std::any::type_name::<RawConfig>();
        let mut figment = Figment::from(Serialized::defaults(RawConfig::default()));
        for file in &files {
            match std::fs::read_to_string(file) {
                Ok(text) => match Toml::from_str::<Dict>(&text) {
                    Ok(_) => figment = figment.merge(Toml::file_exact(file)),
                    Err(error) => faults.push(whole_file(file, &syntax_fault(&text, &error))),
                },
                Err(error) => faults.push(whole_file(file, &format!("cannot be read ({error})"))),
            }
        }
        figment = figment.merge(Env::prefixed(VARIABLE_PREFIX).split("__"));
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
        Merged { figment, defaults, tree, files, faults }
    }

    fn toml_files(&self, faults: &mut Vec<ConfigFault>) -> Vec<PathBuf> {
        let mut files = Vec::new();
        if self.files.is_empty() {
            for place in DEFAULT_FILES.map(Path::new).into_iter().filter(|place| place.exists()) {
                expand(place, &mut files, faults);
            }
        }
        for place in &self.files {
            expand(place, &mut files, faults);
        }
        files
    }
}

/// A file stands for itself, a directory for its `*.toml` in name order.
fn expand(place: &Path, files: &mut Vec<PathBuf>, faults: &mut Vec<ConfigFault>) {
    if !place.is_dir() {
        files.push(place.to_owned());
        return;
    }
    match std::fs::read_dir(place) {
        Ok(entries) => {
            let mut inside: Vec<_> = entries
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
                .collect();
            inside.sort();
            files.append(&mut inside);
        }
        Err(error) => faults.push(whole_file(place, &format!("cannot be read ({error})"))),
    }
}

/// Where the syntax is wrong and how, without the line itself: it may hold a secret.
fn syntax_fault(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let (line, column) =
        (before.matches('\n').count() + 1, before.chars().rev().take_while(|c| *c != '\n').count() + 1);
    format!("line {line}, column {column}: {}", error.message().replace('\n', ", "))
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
        let raw = self.read(&mut faults);
        let settings = raw.resolve(credentials, purpose, self, &mut faults);
        if faults.is_empty() {
            return Ok(settings);
        }
        faults.sort();
        faults.dedup();
        Err(Faults(faults))
    }

    /// Reads the tree into the raw shape. serde stops at the first error, so the value at fault is taken out of a copy
    /// of the tree and the rest is read again, until what is left is right.
    fn read(&self, faults: &mut Vec<ConfigFault>) -> RawConfig {
        let mut tree = Value::from(self.tree.clone());
        loop {
            let error = match tree.deserialize::<RawConfig>() {
                Ok(raw) => return raw,
                Err(error) => error,
            };
            let mut path = error.path.clone();
            if let figment::error::Kind::UnknownField(name, _) = &error.kind
                && path.last() != Some(name)
            {
                path.push(name.clone());
            }
            let fault = self.fault(&path, reason(&error.kind));
            // A key that is not known may be a secret's, misspelt; and where a digest belongs, a secret may stand.
            let may_be_secret = matches!(error.kind, figment::error::Kind::UnknownField(..))
                || path.last().is_some_and(|name| name == "sha256");
            faults.push(ConfigFault { value: fault.value.filter(|_| !may_be_secret), ..fault });
            if !take_out(&mut tree, &path) {
                return RawConfig::default();
            }
        }
    }
}

fn take_out(tree: &mut Value, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    match tree {
        Value::Dict(_, dict) if rest.is_empty() => dict.remove(first).is_some(),
        Value::Dict(_, dict) => match dict.get_mut(first) {
            // Nothing further down by that name: the whole value is at fault.
            Some(value) => take_out(value, rest) || dict.remove(first).is_some(),
            None => false,
        },
        Value::Array(_, values) => match first.parse::<usize>() {
            Ok(at) if at < values.len() && rest.is_empty() => {
                values.remove(at);
                true
            }
            Ok(at) if at < values.len() => take_out(&mut values[at], rest),
            _ => false,
        },
        _ => false,
    }
}

/// What serde found wrong, in words that say what is allowed.
fn reason(kind: &figment::error::Kind) -> String {
    use figment::error::Kind;
    match kind {
        Kind::UnknownField(_, allowed) => format!("unknown key; known here: {}", allowed.join(", ")),
        Kind::UnknownVariant(_, allowed) => format!("expected one of {}", allowed.join(", ")),
        Kind::MissingField(name) => format!("needs `{name}`"),
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
            let expected = expected.clone();
            match expected.as_str() {
                "u16" | "u32" | "u64" => "expected a whole number".to_owned(),
                _ => format!("expected {expected}"),
            }
        }
        other => other.to_string(),
    }
}
