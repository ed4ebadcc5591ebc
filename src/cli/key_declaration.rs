//! What `invited key create` prints to be declared: a key without its secret, in TOML and in Nix.

use std::fmt::Write as _;

use anyhow::Context as _;

use crate::config::RawKey;
use crate::invite::name::{HostName, KeyId};

/// A key that is for `hosts`, without a proof.
pub(super) fn unproven(name: Option<String>, hosts: &[HostName]) -> RawKey {
    let hosts = (!hosts.is_empty()).then(|| hosts.iter().map(ToString::to_string).collect());
    RawKey { name, hosts, ..RawKey::default() }
}

/// How to declare a key, in TOML and in Nix.
pub(super) fn declaration(id: &KeyId, key: &RawKey) -> anyhow::Result<String> {
    let fields = serde_json::to_value(key)?;
    let fields = fields.as_object().context("a key has fields")?;
    let bare = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let quoted = if bare(id.as_str()) { id.to_string() } else { format!("\"{id}\"") };
    let mut text = format!("# In the configuration:\n[keys.{quoted}]\n");
    for (name, value) in fields {
        writeln!(text, "{name} = {value}")?;
    }
    // In Nix a bare name begins with a letter or underscore, and ${ begins code in a text.
    let nix_bare = bare(id.as_str()) && id.as_str().starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let quoted = if nix_bare { id.to_string() } else { format!("\"{id}\"") };
    write!(text, "\n# In NixOS:\nservices.invited.settings.keys.{quoted} = {{\n")?;
    for (name, value) in fields {
        let value = match value.as_array() {
            Some(list) => format!("[ {} ]", list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
            None => value.to_string(),
        };
        writeln!(text, "  {name} = {};", value.replace("${", "\\${"))?;
    }
    text.push_str("};\n\n# The key itself is on stdout: give it to whoever calls the API.");
    Ok(text)
}
