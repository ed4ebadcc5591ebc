//! Characters that turn the direction of text around them, in any text of the configuration: most of it is shown on pages.

use figment::value::{Dict, Value};

use super::checks::Checks;
use super::text::has_secret;
use crate::invite::text::turns_text;

/// Refuses each text that has one; but for secrets, which nobody sees.
pub(super) fn refuse(tree: &Dict, checks: &mut Checks<'_>) {
    for (name, value) in tree {
        look(value, &mut vec![name.clone()], checks);
    }
}

fn look(value: &Value, path: &mut Vec<String>, checks: &mut Checks<'_>) {
    let mut below = |name: String, value: &Value| {
        path.push(name);
        look(value, path, checks);
        path.pop();
    };
    match value {
        Value::Dict(_, dict) => dict.iter().for_each(|(name, value)| below(name.clone(), value)),
        Value::Array(_, values) => values.iter().enumerate().for_each(|(at, value)| below(at.to_string(), value)),
        Value::String(_, text) if !path.last().is_some_and(|name| has_secret(name, text)) => {
            if let Some(c) = text.chars().find(|c| turns_text(*c)) {
                let at: Vec<_> = path.iter().map(String::as_str).collect();
                let reason = format!(
                    "has U+{:04X}, a bidirectional control, which turns the text around it unseen; remove it",
                    u32::from(c)
                );
                checks.fault(&at, &reason);
            }
        }
        _ => {}
    }
}
