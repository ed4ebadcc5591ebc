//! The configuration as text, for messages and `config show`: paths and values as TOML writes them, secrets masked.

use figment::value::{Empty, Num, Value};

/// A path as TOML writes it, with quotes where a name needs them.
pub(super) fn dotted<S: AsRef<str>>(path: &[S]) -> String {
    let bare = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let names = path.iter().map(AsRef::as_ref).map(|name| if bare(name) { name.into() } else { quoted(name) });
    names.collect::<Vec<_>>().join(".")
}

/// A basic string of TOML (<https://toml.io/en/v1.0.0#string>), in one line; what a terminal would obey or hide is escaped.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\'' => c.to_string(),
        c if c.escape_debug().len() > 1 => format!("\\U{:08X}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

/// Values by these names are never shown.
const SECRETS: [&str; 3] = ["password", "token", "secret"];

/// Whether values by this name are never shown.
pub(super) fn is_secret(name: &str) -> bool {
    SECRETS.contains(&name)
}

/// Whether a text by this name is a secret, or has one in it: a password in a URL.
pub(super) fn has_secret(name: &str, text: &str) -> bool {
    let in_url = || {
        let (_, rest) = text.split_once("://")?;
        let user = rest.rfind('@').is_some_and(|at| rest[..at].contains(':'));
        Some(user || rest.contains("password="))
    };
    is_secret(name) || (name == "url" && in_url() == Some(true))
}

/// A value as TOML writes it, or a mask.
pub(super) fn toml_value(name: &str, value: &Value) -> String {
    match value {
        _ if is_secret(name) => "\"…\"".to_owned(),
        // A private key may have been written in its place.
        Value::String(_, text) if name == "public_key" && !text.trim_start().starts_with("-----BEGIN PUBLIC KEY") => {
            "\"…\"".to_owned()
        }
        Value::Dict(_, dict) if dict.is_empty() => "{}".to_owned(),
        Value::Dict(_, dict) => {
            let inner: Vec<_> =
                dict.iter().map(|(name, value)| format!("{} = {}", dotted(&[name]), toml_value(name, value))).collect();
            format!("{{ {} }}", inner.join(", "))
        }
        Value::String(_, text) => quoted(&without_secrets(name, text)),
        Value::Char(_, c) => quoted(&c.to_string()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_names_are_shown_as_toml_writes_them_in_one_line() {
        for (text, shown) in [
            ("it's \"é\"\\", r#""it's \"é\"\\""#),
            ("a\nb\r\tc", r#""a\nb\r\tc""#),
            ("\0\u{1b}[31m\u{202e}\u{7f}", r#""\U00000000\U0000001B[31m\U0000202E\U0000007F""#),
        ] {
            assert_eq!(quoted(text), shown);
            let read: toml::Table = toml::from_str(&format!("{} = {shown}", dotted(&[text]))).unwrap();
            assert_eq!(read.get(text).and_then(toml::Value::as_str), Some(text));
        }
        assert_eq!(dotted(&["hosts", "example.com", "a-b_1", ""]), r#"hosts."example.com".a-b_1."""#);
    }
}
