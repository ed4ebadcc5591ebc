//! Configuration: read from its sources, merged, and turned once into [`Settings`].
//!
//! *Raw* is what people write ([`raw`]); *settled* is what the program uses ([`settings`]). Only the settled form
//! leaves this folder. Sources, later wins: defaults, files in order, `INVITED_*` variables, flags.

pub mod apps;
mod origin;
pub mod postgres;
pub mod public_key;
pub(crate) mod raw;
pub mod secret;
pub mod settings;
mod settle;
mod show;
pub mod value;

use std::path::{Path, PathBuf};

use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::{Dict, Tag, Value};
use figment::{Figment, Profile, Provider as _, Source};

/// The last part of a path may be so long: longer ones must not reach tide's router, see `server/http.rs`.
pub const MAX_LAST_PART_BYTES: usize = 23;

pub use origin::{Fault, Faults, Origin};
pub use raw::{Algorithm, ApiMethod, BackendKind, Scope, TlsUse};
pub use secret::Credentials;
pub use settings::{KeySettings, Proof, Settings, Signed};
pub(crate) use settle::settle_key;
pub use show::show;

/// The variables that set configuration begin so; `__` stands between levels.
const VARIABLE_PREFIX: &str = "INVITED_";

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

/// Merged configuration before it is settled: every value still knows who set it.
pub struct Merged {
    figment: Figment,
    tree: Dict,
    files: Vec<PathBuf>,
    faults: Vec<Fault>,
}

impl Sources {
    /// Reads and merges all sources. What is wrong with files is kept for [`Merged::settle`], to be told with the rest.
    #[must_use]
    pub fn merge(&self) -> Merged {
        let mut faults = Vec::new();
        let files = self.toml_files(&mut faults);
        let mut figment = Figment::from(Serialized::defaults(raw::Raw::default()));
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
                faults.push(Fault { path: String::new(), value: None, origin: None, reason });
                Dict::new()
            }
        };
        Merged { figment, tree, files, faults }
    }

    fn toml_files(&self, faults: &mut Vec<Fault>) -> Vec<PathBuf> {
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
fn expand(place: &Path, files: &mut Vec<PathBuf>, faults: &mut Vec<Fault>) {
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

fn whole_file(file: &Path, reason: &str) -> Fault {
    Fault { path: String::new(), value: None, origin: Some(Origin::File(file.to_owned())), reason: reason.to_owned() }
}

impl Merged {
    /// The files that were read, in order.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Whether anybody configured anything: a file, a variable or a flag.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        !self.files.is_empty() || self.tree.contains_key("public_url")
    }

    /// Turns the merged values into settings.
    ///
    /// # Errors
    /// Everything that is wrong, in one go.
    pub fn settle(&self, credentials: &Credentials, purpose: Purpose) -> Result<Settings, Faults> {
        let mut faults = self.faults.clone();
        let raw = self.read(&mut faults);
        let settings = settle::settle(&raw, credentials, purpose, self, &mut faults);
        if faults.is_empty() {
            return Ok(settings);
        }
        faults.sort();
        faults.dedup();
        Err(Faults(faults))
    }

    /// Reads the tree into the raw shape. serde stops at the first error, so the value at fault is taken out of a copy
    /// of the tree and the rest is read again, until what is left is right.
    fn read(&self, faults: &mut Vec<Fault>) -> raw::Raw {
        let mut tree = Value::from(self.tree.clone());
        loop {
            let error = match tree.deserialize::<raw::Raw>() {
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
            faults.push(Fault { value: fault.value.filter(|_| !may_be_secret), ..fault });
            if !take_out(&mut tree, &path) {
                return raw::Raw::default();
            }
        }
    }

    /// A fault at `path`, with the value there and its origin.
    pub(crate) fn fault<S: AsRef<str>>(&self, path: &[S], reason: String) -> Fault {
        let found = self.find(path);
        Fault {
            path: show::dotted(path),
            value: found.map(|value| show::toml_value(path.last().map_or("", AsRef::as_ref), value)),
            origin: found.map(|value| self.origin(path, value.tag())),
            reason,
        }
    }

    fn find<S: AsRef<str>>(&self, path: &[S]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.tree.get(first.as_ref())?, |value, name| match value {
            Value::Array(_, values) => values.get(name.as_ref().parse::<usize>().ok()?),
            Value::Dict(_, dict) => dict.get(name.as_ref()),
            _ => None,
        })
    }

    /// Who set the value at `path`, which carries `tag`.
    pub(crate) fn origin<S: AsRef<str>>(&self, path: &[S], tag: Tag) -> Origin {
        let Some(metadata) = self.figment.get_metadata(tag) else { return Origin::Default };
        match &metadata.source {
            Some(Source::File(file)) => Origin::File(file.clone()),
            _ if metadata.name.contains("environment") => {
                let levels: Vec<_> = path.iter().map(|name| name.as_ref().to_uppercase()).collect();
                Origin::Variable(format!("{VARIABLE_PREFIX}{}", levels.join("__")))
            }
            Some(Source::Code(_)) if metadata.name.contains("raw::Raw") => Origin::Default,
            _ => Origin::CommandLine,
        }
    }

    /// Who set what stands at `path`.
    pub(crate) fn origin_at<S: AsRef<str>>(&self, path: &[S]) -> Origin {
        self.find(path).map_or(Origin::Default, |value| self.origin(path, first_tag(value)))
    }
}

/// The tag of a value, or of the first leaf below it: tables carry none of their own.
fn first_tag(value: &Value) -> Tag {
    match value {
        Value::Dict(tag, dict) => dict.values().next().map_or(*tag, first_tag),
        other => other.tag(),
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

/// The JSON Schema of the configuration, as `tests/` hold README, example and Nix module against it.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(raw::Raw).to_value()
}

/// The built-in defaults, in the shape of the configuration.
#[must_use]
pub fn defaults() -> serde_json::Value {
    serde_json::to_value(raw::Raw::default()).unwrap_or_default()
}
