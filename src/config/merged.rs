//! The merged configuration: a tree of values, each of which knows who set it.

use std::path::PathBuf;

use figment::Figment;
use figment::Source;
use figment::value::{Dict, Tag, Value};

use super::origin::{ConfigFault, Origin};
use super::text::{dotted, toml_value};

/// Merged configuration before it is checked: every value still knows who set it.
#[derive(Default)]
pub struct Merged {
    pub(super) figment: Figment,
    /// What figment calls the source of the defaults.
    pub(super) defaults: &'static str,
    pub(super) tree: Dict,
    pub(super) files: Vec<PathBuf>,
    /// What is wrong with the files and variables themselves.
    pub(super) faults: Vec<ConfigFault>,
    /// What an admin should know of them.
    pub(super) notices: Vec<String>,
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

    /// The names in a table of the admin's own names, such as `hosts`, whether or not what stands there is right.
    #[must_use]
    pub fn names_in(&self, table: &str) -> Vec<&str> {
        match self.tree.get(table) {
            Some(Value::Dict(_, dict)) => dict.keys().map(String::as_str).collect(),
            _ => vec![],
        }
    }

    /// Whether every value is a default.
    #[must_use]
    pub fn says_nothing(&self) -> bool {
        self.tree.values().all(|value| self.is_default(value))
    }

    fn is_default(&self, value: &Value) -> bool {
        match value {
            Value::Dict(_, dict) if !dict.is_empty() => dict.values().all(|value| self.is_default(value)),
            other => self.origin(other.tag()) == Origin::Default,
        }
    }

    /// A fault at `path`, with the value there and its origin.
    pub(super) fn fault<S: AsRef<str>>(&self, path: &[S], reason: String) -> ConfigFault {
        let found = self.find(path);
        ConfigFault {
            path: dotted(path),
            value: found.map(|value| toml_value(path.last().map_or("", AsRef::as_ref), value)),
            origin: found.map(|value| self.origin(value.tag())),
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

    /// Who set the value that carries `tag`.
    pub(super) fn origin(&self, tag: Tag) -> Origin {
        let Some(metadata) = self.figment.get_metadata(tag) else { return Origin::Default };
        match &metadata.source {
            Some(Source::File(file)) => Origin::File(file.clone()),
            Some(Source::Custom(variable)) => Origin::Variable(variable.clone()),
            Some(Source::Code(_)) if metadata.name == self.defaults => Origin::Default,
            _ => Origin::CommandLine,
        }
    }

    /// Who set what stands at `path`.
    pub(super) fn origin_at<S: AsRef<str>>(&self, path: &[S]) -> Origin {
        self.find(path).map_or(Origin::Default, |value| self.origin(first_tag(value)))
    }
}

/// The tag of a value, or of the first leaf below it: tables carry none of their own.
fn first_tag(value: &Value) -> Tag {
    match value {
        Value::Dict(tag, dict) => dict.values().next().map_or(*tag, first_tag),
        other => other.tag(),
    }
}
