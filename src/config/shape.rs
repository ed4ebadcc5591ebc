//! What is wanted at each place of the configuration: read from the schema of the raw forms, so that a new setting is known
//! here as soon as it is declared.

use std::sync::LazyLock;

use serde_json::Value;

use super::settings::RawConfig;

/// The schema, with what it refers to.
static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(RawConfig).to_value());

/// What a place of the configuration takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A text, or what is written as one: a duration, a path, an address.
    Text,
    /// A point in time, for which TOML has dates of its own.
    Moment,
    /// A whole number.
    Number,
    /// Yes or no.
    Boolean,
    /// Several.
    List,
    /// Settings below this one; `free` where their names are the admin's own.
    Table {
        /// As hosts and keys are.
        free: bool,
    },
}

/// What is wanted at `path`; none where there is no such setting.
pub(super) fn wanted<S: AsRef<str>>(path: &[S]) -> Option<Wanted> {
    let place = place(path)?;
    Some(match of_type(place) {
        "string" if place["format"] == "date-time" => Wanted::Moment,
        "integer" => Wanted::Number,
        "boolean" => Wanted::Boolean,
        "array" => Wanted::List,
        "object" => Wanted::Table { free: place["additionalProperties"].is_object() },
        _ => Wanted::Text,
    })
}

/// Whether `path` is one of a list.
pub(super) fn is_in_list<S: AsRef<str>>(path: &[S]) -> bool {
    path.split_last().is_some_and(|(_, list)| wanted(list) == Some(Wanted::List))
}

/// What may stand at `path`, in words: `expected a duration such as "90s"…`.
pub(super) fn expected<S: AsRef<str>>(path: &[S]) -> Option<String> {
    let place = place(path)?;
    if let Some(expected) = place["expected"].as_str() {
        return Some(expected.to_owned());
    }
    let words = words(place);
    Some(match of_type(place) {
        _ if !words.is_empty() => format!("expected one of {}", words.join(", ")),
        "integer" if place["format"] == "uint32" => format!("expected a whole number from 0 to {}", u32::MAX),
        "integer" => "expected a whole number".into(),
        "boolean" => "expected true or false".into(),
        "array" => "expected a list, as in [\"one\", \"another\"]".into(),
        "object" => "expected a table".into(),
        _ => "expected text in quotes".into(),
    })
}

/// The words that a setting takes, where it takes no others.
fn words(place: &Value) -> Vec<&str> {
    let single = place["enum"].as_array().into_iter().flatten();
    let described = place["oneOf"].as_array().into_iter().flatten();
    let described =
        described.flat_map(|choice| choice["enum"].as_array().into_iter().flatten().chain(choice.get("const")));
    single.chain(described).filter_map(Value::as_str).collect()
}

/// The type of a value that is not left out.
fn of_type(place: &Value) -> &str {
    let types = place["type"].as_array().map_or(std::slice::from_ref(&place["type"]), Vec::as_slice);
    types.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or("string")
}

/// The schema of what stands at `path`.
fn place<S: AsRef<str>>(path: &[S]) -> Option<&'static Value> {
    path.iter().try_fold(meant(&SCHEMA), |at, name| {
        let below = at["properties"].get(name.as_ref());
        let below = below.or_else(|| at.get("additionalProperties").filter(|any| any.is_object()));
        let in_list = || at.get("items").filter(|_| name.as_ref().parse::<usize>().is_ok());
        below.or_else(in_list).map(meant)
    })
}

/// A place without the ways in which a schema says that it may be left out, or that it stands elsewhere.
fn meant(place: &'static Value) -> &'static Value {
    if let Some(reference) = place["$ref"].as_str() {
        return SCHEMA.pointer(reference.trim_start_matches('#')).map_or(place, meant);
    }
    let choices = place["anyOf"].as_array().into_iter().flatten();
    choices.filter(|choice| choice["type"] != "null").map(meant).next().unwrap_or(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_setting_is_known_by_its_path() {
        for (path, kind) in [
            (&["public_url"][..], Wanted::Text),
            (&["listen"], Wanted::List),
            (&["listen", "0"], Wanted::Text),
            (&["http", "max_connections"], Wanted::Number),
            (&["http", "max_body"], Wanted::Text),
            (&["hosts"], Wanted::Table { free: true }),
            (&["hosts", "example.com"], Wanted::Table { free: false }),
            (&["hosts", "example.com", "registration"], Wanted::Boolean),
            (&["hosts", "example.com", "backend", "kind"], Wanted::Text),
            (&["keys", "a", "expires"], Wanted::Moment),
            (&["keys", "a", "allow", "3"], Wanted::Text),
            (&["keys", "a", "claims", "sub"], Wanted::Text),
            (&["component", "secret"], Wanted::Text),
            (&["apps", "custom", "0", "supports_preauth_uri"], Wanted::Boolean),
        ] {
            assert_eq!(wanted(path), Some(kind), "{path:?}");
        }
        for unknown in [&["colour"][..], &["http", "x"], &["hosts", "a", "x"], &["listen", "x"], &["public_url", "x"]] {
            assert_eq!(wanted(unknown), None, "{unknown:?}");
        }
    }

    #[test]
    fn what_is_expected_is_told_in_the_words_of_the_type() {
        for (path, text) in [
            (&["idle_exit"][..], "expected a duration such as \"90s\", \"10m\" or \"7d\""),
            (&["http", "max_body"], "expected a size such as \"64KiB\""),
            (&["http", "max_connections"], "expected a whole number from 0 to 4294967295"),
            (&["keys", "a", "max_uses"], "expected a whole number from 0 to 4294967295"),
            (&["http", "auth_failures"], "expected a rate such as \"60/h\" or \"5/30d\" (s, m, h or d)"),
            (&["hosts", "a", "backend", "kind"], "expected one of ledger, prosody, ejabberd, xmpp"),
            (&["hosts", "a", "backend", "tls"], "expected one of required, off"),
            (&["keys", "a", "limit"], "expected a rate such as \"60/h\" or \"5/30d\" (s, m, h or d)"),
            (&["trusted_proxies", "0"], "expected an address or a CIDR such as \"10.0.0.0/8\""),
        ] {
            assert_eq!(expected(path).as_deref(), Some(text), "{path:?}");
        }
    }
}
