//! How keys are written: to be declared, in TOML and in Nix, and into the state directory.

use std::fmt::Write as _;

use anyhow::Context as _;

use crate::config::{DEFAULT_MAX_USES, RawKey, Scope};
use crate::invite::name::{HostName, KeyId};

/// A key that is for `hosts`, without a proof.
pub(super) fn unproven(name: Option<String>, hosts: &[HostName]) -> RawKey {
    let hosts = (!hosts.is_empty()).then(|| hosts.iter().map(ToString::to_string).collect());
    RawKey { name, hosts, ..RawKey::default() }
}

/// A key as it is stored: with what it may do, so that no later default gives it more, or takes something away.
pub(super) fn with_defaults(key: RawKey) -> RawKey {
    let allow = key.allow.unwrap_or_else(|| Scope::defaults().into_iter().collect());
    RawKey { allow: Some(allow), max_uses: Some(key.max_uses.unwrap_or(DEFAULT_MAX_USES)), ..key }
}

/// How to declare a key.
pub(super) struct Declaration {
    /// In a configuration file.
    pub(super) toml: String,
    /// In a NixOS configuration.
    pub(super) nix: String,
}

impl Declaration {
    pub(super) fn of(id: &KeyId, key: &RawKey) -> anyhow::Result<Self> {
        let fields = serde_json::to_value(key)?;
        let fields = fields.as_object().context("a key has fields")?;
        let bare = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        let quoted = if bare(id.as_str()) { id.to_string() } else { format!("\"{id}\"") };
        let mut toml = format!("[keys.{quoted}]\n");
        for (name, value) in fields {
            writeln!(toml, "{name} = {value}")?;
        }
        // In Nix a bare name begins with a letter or underscore, and ${ begins code in a text.
        let nix_bare = bare(id.as_str()) && id.as_str().starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let quoted = if nix_bare { id.to_string() } else { format!("\"{id}\"") };
        let mut nix = format!("services.invited.settings.keys.{quoted} = {{\n");
        for (name, value) in fields {
            let value = match value.as_array() {
                Some(list) => format!("[ {} ]", list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
                None => value.to_string(),
            };
            writeln!(nix, "  {name} = {};", value.replace("${", "\\${"))?;
        }
        nix.push_str("};\n");
        Ok(Self { toml, nix })
    }
}
