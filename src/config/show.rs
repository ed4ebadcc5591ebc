//! `invited config show`: every value with who set it, secrets masked.

use std::fmt::Write as _;

use figment::value::{Dict, Value};

use super::merged::Merged;
use super::origin::Faults;
use super::shape::{Wanted, wanted};
use super::text::{dotted, toml_value};

/// The merged configuration, a line each: `key = value  # origin`.
///
/// # Errors
/// When a file cannot be read; whether what was read is right is not judged.
pub fn show(merged: &Merged) -> Result<String, Faults> {
    if !merged.faults.is_empty() {
        return Err(Faults(merged.faults.clone()));
    }
    let mut lines = Vec::new();
    collect(merged, &merged.tree, &mut Vec::new(), &mut lines);
    let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or(0).min(60);
    let mut text = String::new();
    for (line, origin) in lines {
        let _ = writeln!(text, "{line:width$}  # {origin}");
    }
    Ok(text)
}

fn collect(merged: &Merged, dict: &Dict, path: &mut Vec<String>, lines: &mut Vec<(String, String)>) {
    for (name, value) in dict {
        path.push(name.clone());
        match value {
            Value::Dict(_, inner) if !inner.is_empty() => collect(merged, inner, path, lines),
            // An empty table says nothing, but for the name that an admin gave it: a host or a key is declared by that.
            Value::Dict(..) if !is_named(path) => {}
            leaf => {
                let origin = merged.origin(leaf.tag()).to_string();
                lines.push((format!("{} = {}", dotted(path), toml_value(name, leaf)), origin));
            }
        }
        path.pop();
    }
}

/// Whether the last name of `path` is the admin's own.
fn is_named(path: &[String]) -> bool {
    path.split_last().is_some_and(|(_, above)| wanted(above) == Some(Wanted::Table { free: true }))
}
