//! The configuration's own schema: what the example, docs/settings.md and the NixOS module are held against.

use serde_json::Value;

/// Every key of the configuration, as `hosts.*.backend.kind` and `apps.custom[].id`, with what it says of itself.
pub fn schema_keys() -> Vec<(String, String)> {
    let schema = invited::config::schema();
    let mut keys = Vec::new();
    walk(&schema, &schema, "", &mut keys);
    keys
}

fn walk(root: &Value, at: &Value, path: &str, keys: &mut Vec<(String, String)>) {
    if let Some(reference) = at["$ref"].as_str() {
        return walk(root, root.pointer(reference.trim_start_matches('#')).unwrap(), path, keys);
    }
    if let Some(choices) = at["anyOf"].as_array() {
        return walk(root, choices.iter().find(|choice| choice["type"] != "null").unwrap(), path, keys);
    }
    if at["items"].is_object() && at["items"]["$ref"].is_string() {
        let inner = root.pointer(at["items"]["$ref"].as_str().unwrap().trim_start_matches('#')).unwrap();
        if inner["properties"].is_object() {
            return walk(root, inner, &format!("{path}[]"), keys);
        }
    }
    if at["additionalProperties"].is_object() && at["additionalProperties"]["$ref"].is_string() {
        return walk(root, &at["additionalProperties"], &format!("{path}.*"), keys);
    }
    let Some(properties) = at["properties"].as_object() else { return };
    for (name, property) in properties {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let before = keys.len();
        walk(root, property, &path, keys);
        if keys.len() == before {
            keys.push((path, property["description"].as_str().unwrap_or_default().replace('\n', " ")));
        }
    }
}
