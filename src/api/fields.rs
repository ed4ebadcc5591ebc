//! Bodies and queries as requests whose fields are as they came; what is none of the fields is named.

use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use tide::http::headers;

use crate::caller::Request;
use crate::config::value::{Span, ValueError};
use crate::invite::field::{FieldError, FieldErrors, Given};
use crate::invite::name::{HostName, Jid, Username};
use crate::problem::Problem;

/// So many fields that there are none of are named, and so much of each name.
const MAX_UNKNOWN: usize = 64;
const MAX_NAME_CHARS: usize = 64;

/// A body as it came, for requests that may be repeated.
pub struct Body(Vec<u8>);

impl Body {
    /// Takes the body of `request`.
    ///
    /// # Errors
    /// When it says that it is something other than JSON.
    pub async fn take(request: &mut Request) -> Result<Self, Problem> {
        // Before the body is taken, with which http-types fills a type in.
        let kind = request.header(headers::CONTENT_TYPE).map(|kind| kind.as_str().to_ascii_lowercase());
        let bytes = request.body_bytes().await.map_err(|_| Problem::BadRequest("The request's body is malformed."))?;
        let kind = kind.as_deref().map(|kind| kind.split(';').next().unwrap_or_default().trim());
        match kind {
            Some(kind) if !bytes.is_empty() && kind != "application/json" && !kind.ends_with("+json") => {
                Err(Problem::MediaType)
            }
            _ => Ok(Self(bytes)),
        }
    }

    /// Reads it, and says which of its fields are none of `T`'s. No body is an empty object.
    ///
    /// # Errors
    /// When it is no JSON object.
    pub fn read<T: DeserializeOwned + JsonSchema>(&self) -> Result<(T, Vec<FieldError>), Problem> {
        if self.0.is_empty() {
            return read(Map::new());
        }
        match serde_json::from_slice(&self.0) {
            Ok(Value::Object(mut fields)) => {
                fields.values_mut().for_each(to_whole_number);
                read(fields)
            }
            Ok(_) => Err(Problem::BadRequest("The body must be a JSON object.")),
            Err(_) => Err(Problem::BadRequest("The body is not valid JSON.")),
        }
    }

    /// Its bytes.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// `2.0` is an integer too (JSON Schema, 6.1.1; RFC 8259 knows one kind of number).
fn to_whole_number(value: &mut Value) {
    if let Some(number) = value.as_f64().filter(|number| value.is_f64() && number.fract() == 0.0) {
        // What is greater than any number that we ask for stays as it is.
        if let Ok(whole) = format!("{number:.0}").parse::<i64>() {
            *value = whole.into();
        }
    }
}

/// Reads the query of `request`, as [`Body::read`] does. The fields called `numbers` are read from their digits.
///
/// # Errors
/// None that comes from what was sent.
pub fn query<T: DeserializeOwned + JsonSchema>(
    request: &Request,
    numbers: &[&str],
) -> Result<(T, Vec<FieldError>), Problem> {
    let mut fields = Map::new();
    let mut twice = Vec::new();
    for (name, value) in request.url().query_pairs() {
        let value = match value.parse::<u32>() {
            Ok(number) if numbers.contains(&name.as_ref()) => number.into(),
            _ => Value::String(value.into_owned()),
        };
        if fields.insert(name.to_string(), value).is_some() {
            twice.push(named(&name, "expected once"));
        }
    }
    twice.truncate(MAX_UNKNOWN);
    let (query, unknown) = read(fields)?;
    twice.extend(unknown);
    Ok((query, twice))
}

/// Reads an object whose fields are all [`Given`], so that only those can be wrong here that are none of them.
fn read<T: DeserializeOwned + JsonSchema>(mut fields: Map<String, Value>) -> Result<(T, Vec<FieldError>), Problem> {
    if let Ok(value) = T::deserialize(Value::Object(fields.clone())) {
        return Ok((value, vec![]));
    }
    let known = names_of::<T>();
    let reason = format!("unknown; expected one of {}", known.join(", "));
    let unknown = fields.keys().filter(|name| !known.contains(name)).take(MAX_UNKNOWN);
    let unknown = unknown.map(|name| named(name, &reason)).collect();
    fields.retain(|name, _| known.contains(name));
    let value = T::deserialize(Value::Object(fields)).map_err(Problem::internal)?;
    Ok((value, unknown))
}

/// The names of the fields of `T`, by its schema.
fn names_of<T: JsonSchema>() -> Vec<String> {
    let schema = T::json_schema(&mut SchemaGenerator::default());
    let fields = schema.get("properties").and_then(Value::as_object);
    fields.map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
}

/// A field that the caller named, at most so much of it.
fn named(name: &str, reason: &str) -> FieldError {
    FieldError::new(name.chars().take(MAX_NAME_CHARS).collect::<String>(), reason)
}

/// A text where `null` means that there is to be none: the empty one.
///
/// # Errors
/// None that comes from what was sent.
pub fn text_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Given<String>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(if value.is_null() { Given::Is(String::new()) } else { value.into() })
}

/// The name to look for, on `host` if that is named; and where it is, if it is an address.
pub(super) fn name_and_host(
    errors: &mut FieldErrors,
    given: &Given<String>,
    host: Option<&HostName>,
) -> (Option<Username>, Option<HostName>) {
    let at = given.value().and_then(|text| text.parse::<Jid>().ok()).map(|jid| jid.host);
    (errors.read_name("username", given, host), at)
}

/// A length of time: such as `3d`, or a number of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ttl(pub Duration);

impl FromStr for Ttl {
    type Err = ValueError;
    fn from_str(text: &str) -> Result<Self, ValueError> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let span: Span = if is_number { format!("{text}s").parse() } else { text.parse() }?;
        Ok(Self(span.0))
    }
}

impl<'de> Deserialize<'de> for Ttl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Value::deserialize(deserializer)? {
            Value::String(text) => text,
            other => other.to_string(),
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Ttl {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Ttl".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let seconds = Span::MAX.as_secs();
        json_schema!({ "oneOf": [
            { "type": "string", "format": "span" },
            { "type": "integer", "format": "int64", "minimum": 1, "maximum": seconds },
        ] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_a_text_or_seconds() {
        for (json, seconds) in [("\"3d\"", 3 * 86_400), ("90", 90), ("\"90\"", 90), ("\"1m 30s\"", 90)] {
            assert_eq!(serde_json::from_str::<Ttl>(json).unwrap(), Ttl(Duration::from_secs(seconds)), "{json}");
        }
        for json in ["0", "-1", "1.5", "1e300", "\"\"", "\"for ever\"", "true", "[1]", "99999999999999999999"] {
            assert!(serde_json::from_str::<Ttl>(json).is_err(), "{json}");
        }
    }
}
