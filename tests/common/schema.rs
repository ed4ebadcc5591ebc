//! The settings of the configuration: what the example, docs/settings.md and the NixOS module are held against.

/// Every key of the configuration, as `hosts.*.backend.kind` and `apps.custom[].id`, with what it says of itself.
pub fn schema_keys() -> Vec<(String, String)> {
    invited::config::reference().into_iter().map(|setting| (setting.name, setting.text)).collect()
}
