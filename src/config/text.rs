//! The configuration as text, for messages and `config show`: paths and values as TOML writes them, secrets masked.

use figment::value::{Empty, Num, Value};

/// A path as TOML writes it, with quotes where a name needs them.
pub(super) fn dotted<S: AsRef<str>>(path: &[S]) -> String {
    let bare = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let quoted = path.iter().map(AsRef::as_ref).map(|name| if bare(name) { name.into() } else { format!("{name:?}") });
    quoted.collect::<Vec<_>>().join(".")
}

/// Values by these names are never shown.
const SECRETS: [&str; 3] = ["password", "token", "secret"];

/// A value as TOML writes it, or a mask.
pub(super) fn toml_value(name: &str, value: &Value) -> String {
    match value {
        _ if SECRETS.contains(&name) => "\"…\"".to_owned(),
        // A private key may have been written in its place.
        Value::String(_, text) if name == "public_key" && !text.trim_start().starts_with("-----BEGIN PUBLIC KEY") => {
            "\"…\"".to_owned()
        }
        Value::Dict(_, dict) => {
            let inner: Vec<_> =
                dict.iter().map(|(name, value)| format!("{name} = {}", toml_value(name, value))).collect();
            format!("{{ {} }}", inner.join(", "))
        }
        Value::String(_, text) => format!("{:?}", without_secrets(name, text)),
        Value::Char(_, c) => format!("{:?}", c.to_string()),
        Value::Bool(_, yes) => yes.to_string(),
        Value::Num(_, number) => number_text(*number),
        Value::Empty(_, Empty::None | Empty::Unit) => "none".to_owned(),
        Value::Array(_, values) => {
            let inner: Vec<_> = values.iter().map(|value| toml_value(name, value)).collect();
            format!("[{}]", inner.join(", "))
        }
    }
}

fn number_text(number: Num) -> String {
    number
        .to_i128()
        .map(|n| n.to_string())
        .or_else(|| number.to_u128().map(|n| n.to_string()))
        .or_else(|| number.to_f64().map(|n| n.to_string()))
        .unwrap_or_default()
}

/// A URL without its secrets. A password may hold anything, slashes too: what stands before the last `@` is user
/// information, or a path at most. Of what is neither HTTP nor SQLite only the scheme is shown: a database's URL may have
/// its password anywhere.
fn without_secrets(name: &str, text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return if name == "url" && !text.starts_with("sqlite:") { "…".to_owned() } else { text.to_owned() };
    };
    match rest.rfind('@') {
        _ if name == "url" && !scheme.starts_with("http") => format!("{scheme}://…"),
        Some(at) => format!("{scheme}://…{}", &rest[at..]),
        None => text.to_owned(),
    }
}
