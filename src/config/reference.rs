//! Every setting there is, with what it says of itself: what docs/settings.md, `invited.toml(5)`, the example and the NixOS module
//! are written from or held against.

use serde_json::Value;

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedSetting {
    /// Its name: `hosts.*.backend.kind`, where `*` is a name of the admin's, and `apps.custom[].id`, of each in a list.
    pub name: String,
    /// Its default as TOML writes it, if it has one that is a value.
    pub default: Option<String>,
    /// What it is, in one line.
    pub text: String,
}

/// All settings, by name.
#[must_use]
pub fn reference() -> Vec<DescribedSetting> {
    let (schema, defaults) = (super::schema(), super::defaults());
    let mut described = Vec::new();
    walk(&schema, &schema, "", &mut |name, text| {
        let default = defaults.pointer(&format!("/{}", name.replace('.', "/"))).map(Value::to_string);
        described.push(DescribedSetting { name, default, text });
    });
    described
}

/// Calls `found` for what stands below `at`; gives whether that is anything.
fn walk(root: &Value, at: &Value, path: &str, found: &mut impl FnMut(String, String)) -> bool {
    if let Some(reference) = at["$ref"].as_str() {
        return root.pointer(reference.trim_start_matches('#')).is_some_and(|place| walk(root, place, path, found));
    }
    if let Some(choices) = at["anyOf"].as_array() {
        let meant = choices.iter().find(|choice| choice["type"] != "null");
        return meant.is_some_and(|meant| walk(root, meant, path, found));
    }
    let item = at["items"]["$ref"].as_str().and_then(|reference| root.pointer(reference.trim_start_matches('#')));
    if let Some(item) = item.filter(|item| item["properties"].is_object()) {
        return walk(root, item, &format!("{path}[]"), found);
    }
    if at["additionalProperties"]["$ref"].is_string() {
        return walk(root, &at["additionalProperties"], &format!("{path}.*"), found);
    }
    let Some(properties) = at["properties"].as_object() else { return false };
    for (name, property) in properties {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if !walk(root, property, &path, found) {
            found(path, property["description"].as_str().unwrap_or_default().replace('\n', " "));
        }
    }
    !properties.is_empty()
}
