//! `invited config show`: every value with who set it, secrets masked.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use figment::value::{Dict, Value};
use serde::Serialize;

use super::merged::Merged;
use super::origin::Faults;
use super::scopes::{ApiMethod, DEFAULT_MAX_USES, Scope};
use super::settings::default_state_dir;
use super::shape::{Wanted, wanted};
use super::text::{dotted, toml_value};

/// A setting that is in force.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShownSetting {
    /// Its name, as TOML has it.
    pub name: String,
    /// Its value, or a mask.
    pub value: serde_json::Value,
    /// Who set it.
    pub origin: String,
}

/// The merged configuration, a line each: `key = value  # origin`.
///
/// # Errors
/// When a file cannot be read; whether what was read is right is not judged.
pub fn show(merged: &Merged) -> Result<String, Faults> {
    let lines = lines(merged)?.into_iter().map(|(name, value, origin)| (format!("{name} = {value}"), origin));
    let lines: Vec<_> = lines.collect();
    let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or(0).min(60);
    let mut text = String::new();
    for (line, origin) in lines {
        let _ = writeln!(text, "{line:width$}  # {origin}");
    }
    Ok(text)
}

/// The same for a program.
///
/// # Errors
/// When a file cannot be read; whether what was read is right is not judged.
pub fn shown(merged: &Merged) -> Result<Vec<ShownSetting>, Faults> {
    let lines = lines(merged)?.into_iter();
    Ok(lines.map(|(name, value, origin)| ShownSetting { name, value: from_toml(&value), origin }).collect())
}

/// A value as TOML writes it, in JSON: so what is masked is masked in both.
fn from_toml(value: &str) -> serde_json::Value {
    let read = toml::from_str::<BTreeMap<String, serde_json::Value>>(&format!("value = {value}"));
    read.ok().and_then(|mut read| read.remove("value")).unwrap_or_default()
}

/// Name, value and origin of each setting.
fn lines(merged: &Merged) -> Result<Vec<(String, String, String)>, Faults> {
    if !merged.faults.is_empty() {
        return Err(Faults(merged.faults.clone()));
    }
    let mut tree = merged.tree.clone();
    say_what_keys_may(&mut tree);
    let mut lines = Vec::new();
    collect(merged, &tree, &mut Vec::new(), &mut lines);
    if !tree.contains_key("state_dir") {
        let (dir, origin) = default_state_dir();
        let at = lines.partition_point(|(name, ..)| name.split('.').next() < Some("state_dir"));
        let dir = toml_value("state_dir", &Value::from(dir.display().to_string()));
        lines.insert(at, ("state_dir".to_owned(), dir, origin.to_string()));
    }
    Ok(lines)
}

/// Adds to each key what it may where nobody says so: whoever looks wants to see it.
fn say_what_keys_may(tree: &mut Dict) {
    let hosts: Vec<_> = match tree.get("hosts") {
        Some(Value::Dict(_, hosts)) => hosts.keys().cloned().collect(),
        _ => vec![],
    };
    let Some(Value::Dict(_, keys)) = tree.get_mut("keys") else { return };
    for key in keys.values_mut() {
        let Value::Dict(_, key) = key else { continue };
        let defaults = [
            ("allow", Value::serialize(Scope::defaults())),
            ("hosts", Value::serialize(&hosts)),
            ("max_uses", Value::serialize(DEFAULT_MAX_USES)),
            ("methods", Value::serialize(ApiMethod::ALL)),
        ];
        for (name, default) in defaults {
            // Without hosts there is nothing that it may.
            let is_known = name != "hosts" || !hosts.is_empty();
            if let (None, Ok(default), true) = (key.get(name), default, is_known) {
                key.insert(name.to_owned(), default);
            }
        }
    }
}

fn collect(merged: &Merged, dict: &Dict, path: &mut Vec<String>, lines: &mut Vec<(String, String, String)>) {
    for (name, value) in dict {
        path.push(name.clone());
        match value {
            Value::Dict(_, inner) if !inner.is_empty() => collect(merged, inner, path, lines),
            // An empty table says nothing, but for the name that an admin gave it: a host or a key is declared by that.
            Value::Dict(..) if !is_named(path) => {}
            leaf => {
                let origin = merged.origin(leaf.tag()).to_string();
                lines.push((dotted(path), toml_value(name, leaf), origin));
            }
        }
        path.pop();
    }
}

/// Whether the last name of `path` is the admin's own.
fn is_named(path: &[String]) -> bool {
    path.split_last().is_some_and(|(_, above)| wanted(above) == Some(Wanted::Table { free: true }))
}
