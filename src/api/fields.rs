//! Bodies and queries as typed values, or all that is wrong with them, field by field.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use tide::http::headers;

use crate::caller::Request;
use crate::invite::policy::Wrong;
use crate::problem::Problem;

/// The largest body that is told apart field by field.
const MAX_FIELDS: usize = 64;
const MAX_NAME_CHARS: usize = 64;

/// A body as it came, for requests that may be repeated.
pub struct Body(Vec<u8>);

impl Body {
    /// Takes the body of `request`.
    ///
    /// # Errors
    /// When it says that it is something other than JSON.
    pub async fn take(request: &mut Request) -> Result<Self, Problem> {
        let bytes = request.body_bytes().await.map_err(|_| Problem::BadRequest("The request's body is malformed."))?;
        let kind = request.header(headers::CONTENT_TYPE).map(|kind| kind.as_str().to_ascii_lowercase());
        let kind = kind.as_deref().map(|kind| kind.split(';').next().unwrap_or_default().trim());
        match kind {
            Some(kind) if !bytes.is_empty() && kind != "application/json" && !kind.ends_with("+json") => {
                Err(Problem::MediaType)
            }
            _ => Ok(Self(bytes)),
        }
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads it. No body is an empty object.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        if self.0.is_empty() {
            return read(Map::new());
        }
        match serde_json::from_slice(&self.0) {
            Ok(Value::Object(mut fields)) => {
                fields.values_mut().for_each(make_whole);
                read(fields)
            }
            Ok(_) => Err(Problem::BadRequest("The body must be a JSON object.")),
            Err(_) => Err(Problem::BadRequest("The body is not valid JSON.")),
        }
    }
}

/// `2.0` is an integer too (JSON Schema, 6.1.1; RFC 8259 knows one kind of number).
fn make_whole(value: &mut Value) {
    if let Some(number) = value.as_f64().filter(|number| value.is_f64() && number.fract() == 0.0) {
        // What is greater than any number that we ask for stays as it is.
        if let Ok(whole) = format!("{number:.0}").parse::<i64>() {
            *value = whole.into();
        }
    }
}

/// Reads the query of `request`. Numbers are read from their digits.
///
/// # Errors
/// Everything that is wrong with it.
pub fn query<T: DeserializeOwned>(request: &Request, numbers: &[&str]) -> Result<T, Problem> {
    let mut fields = Map::new();
    let mut wrong = Vec::new();
    for (name, value) in request.url().query_pairs() {
        let value = match value.parse::<u32>() {
            Ok(number) if numbers.contains(&name.as_ref()) => number.into(),
            _ => Value::String(value.into_owned()),
        };
        if fields.insert(name.to_string(), value).is_some() {
            wrong.push(Wrong { field: name.into_owned().into(), reason: "expected once".into() });
        }
    }
    if wrong.is_empty() { read(fields) } else { Err(Problem::Fields(wrong)) }
}

/// Reads an object. When it cannot be read, each field is tried alone, so that every one that is wrong is named.
fn read<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T, Problem> {
    let whole = match T::deserialize(Value::Object(fields.clone())) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let alone = fields.into_iter().take(MAX_FIELDS).filter_map(|(name, value)| {
        let error = T::deserialize(Value::Object(Map::from_iter([(name.clone(), value)]))).err()?;
        Some(Wrong { field: Cow::Owned(name.chars().take(MAX_NAME_CHARS).collect()), reason: reason(&error) })
    });
    let mut wrong: Vec<_> = alone.collect();
    if wrong.is_empty() {
        wrong.push(Wrong { field: Cow::Borrowed(""), reason: reason(&whole) });
    }
    Err(Problem::Fields(wrong))
}

/// What is allowed, without what was sent: it may be a secret in the wrong place.
fn reason(error: &serde_json::Error) -> String {
    let error = error.to_string();
    match error.rsplit_once(", expected ") {
        Some((sent, expected)) if sent.starts_with("unknown field") => format!("unknown; expected {expected}"),
        Some((_, expected)) => format!("expected {expected}"),
        None if error.starts_with("expected ") => error,
        None => "malformed".into(),
    }
}

/// A time (RFC 3339).
///
/// # Errors
/// When it is something else.
pub fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    let wrong = |_| serde::de::Error::custom("expected a time such as 2027-01-01T00:00:00Z");
    text.map(|text| text.parse().map_err(wrong)).transpose()
}

/// A text where `null` means that there is to be none: the empty one.
///
/// # Errors
/// When it is neither `null` nor a text.
pub fn text_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer).map(|text: Option<String>| Some(text.unwrap_or_default()))
}
