//! Fields of a request: as they came, and what is wrong with them.

use std::borrow::Cow;
use std::convert::Infallible;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use super::name::{Account, HostName, LocalNameError, NameError, Username};

/// A field of a request, as it came. Reading one never fails, so that all that are wrong can be named at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Given<T> {
    /// It was left out.
    #[default]
    Absent,
    /// This was given.
    Is(T),
    /// What was given cannot be read as a `T`. It is not kept: it may be a secret in the wrong place.
    Malformed,
}

impl<T> Given<T> {
    /// What was given, if it can be read.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Malformed => None,
        }
    }

    /// Whether it was left out.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The same with another value.
    #[must_use]
    pub fn map<U>(self, other: impl FnOnce(T) -> U) -> Given<U> {
        match self {
            Self::Absent => Given::Absent,
            Self::Is(value) => Given::Is(other(value)),
            Self::Malformed => Given::Malformed,
        }
    }
}

impl<T> Given<T> {
    /// The same with what `read` makes of it: nothing, where it cannot be read.
    #[must_use]
    pub fn and_read<U>(self, read: impl FnOnce(T) -> Option<U>) -> Given<U> {
        match self {
            Self::Absent => Given::Absent,
            Self::Is(value) => read(value).map_or(Given::Malformed, Given::Is),
            Self::Malformed => Given::Malformed,
        }
    }
}

impl<T: DeserializeOwned> From<serde_json::Value> for Given<T> {
    /// A field of a JSON object; null is as good as left out.
    fn from(value: serde_json::Value) -> Self {
        if value.is_null() { Self::Absent } else { T::deserialize(value).map_or(Self::Malformed, Self::Is) }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_json::Value::deserialize(deserializer).map(Self::from)
    }
}

impl<T: JsonSchema> JsonSchema for Given<T> {
    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
}

impl<T: FromStr> FromStr for Given<T> {
    type Err = Infallible;
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.parse().map_or(Self::Malformed, Self::Is))
    }
}

impl<T> From<Option<T>> for Given<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Self::Is)
    }
}

/// One field of a request that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, JsonSchema)]
#[error("{field}: {reason}")]
pub struct FieldError {
    /// The field.
    pub field: Cow<'static, str>,
    /// What is wrong and what is allowed.
    #[serde(rename = "detail")]
    pub reason: String,
    /// What kind of wrong that is.
    #[serde(skip)]
    pub kind: FieldErrorKind,
}

impl FieldError {
    /// A field that is wrong whatever the host's server is.
    #[must_use]
    pub fn new(field: impl Into<Cow<'static, str>>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into(), kind: FieldErrorKind::Invalid }
    }
}

/// What kind of wrong a field is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldErrorKind {
    /// It is not what is allowed here.
    #[default]
    Invalid,
    /// It is a name that no invite may claim.
    Reserved,
    /// It is right as such, but the host's server would make something else of it, or has nobody of that name.
    NotForServer,
    /// It is a name or a password with which no account is created.
    NotAccepted,
}

/// All fields of a request that are wrong: each once, with the first that is wrong about it.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl From<&[FieldError]> for FieldErrors {
    fn from(errors: &[FieldError]) -> Self {
        let mut all = Self::default();
        errors.iter().cloned().for_each(|error| all.add(error));
        all
    }
}

impl FieldErrors {
    /// Adds one, unless something else is wrong with the field.
    pub fn add(&mut self, error: FieldError) {
        if self.0.iter().all(|other| other.field != error.field) {
            self.0.push(error);
        }
    }

    /// The same, of a field that is not what is allowed.
    pub fn refuse(&mut self, field: &'static str, reason: impl Into<String>) {
        self.add(FieldError::new(field, reason));
    }

    /// Reads the name of an account on `host`, or its address there; on any host, where that is not known.
    pub fn read_name(
        &mut self,
        field: &'static str,
        given: &Given<String>,
        host: Option<&HostName>,
    ) -> Option<Username> {
        let read = match (given.value(), host) {
            (Some(text), Some(host)) => Username::at(text, host),
            (Some(text), None) => Account::try_from(text.clone()).map(|account| account.user).map_err(Into::into),
            (None, _) => return self.read(field, given, NameError::Username.to_string(), |_| None),
        };
        match (read, host) {
            (Ok(name), _) => return Some(name),
            (Err(LocalNameError::OtherHost), Some(host)) => self.add(FieldError {
                kind: FieldErrorKind::NotForServer,
                ..FieldError::new(field, format!("expected a user name, or an address at {host}"))
            }),
            (Err(_), _) => self.refuse(field, NameError::Username.to_string()),
        }
        None
    }

    /// Reads a field with `read`, which gives nothing for what is not allowed. `expected` says what is.
    pub fn read<T, U>(
        &mut self,
        field: &'static str,
        given: &Given<T>,
        expected: impl Into<String>,
        read: impl FnOnce(&T) -> Option<U>,
    ) -> Option<U> {
        let value = given.value().and_then(read);
        if value.is_none() && !given.is_absent() {
            self.refuse(field, expected);
        }
        value
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, by field: the same request is answered the same.
    #[must_use]
    pub fn sorted(mut self) -> Vec<FieldError> {
        self.0.sort_by(|one, other| one.field.cmp(&other.field));
        self.0
    }
}

/// Several in one line.
#[must_use]
pub fn join(errors: &[FieldError]) -> String {
    errors.iter().map(FieldError::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reading_a_field_never_fails() {
        let read = |value| Given::<u32>::from(value);
        assert_eq!(
            [json!(5), json!(null), json!("5"), json!(-1), json!([5])].map(read),
            [Given::Is(5), Given::Absent, Given::Malformed, Given::Malformed, Given::Malformed]
        );
        assert_eq!(["5", "five", ""].map(str::parse), [Ok(Given::Is(5)), Ok(Given::Malformed), Ok(Given::Malformed)]);
    }

    #[test]
    fn each_field_is_named_once_by_its_first_fault() {
        let mut errors = FieldErrors::from([FieldError::new("uses", "first")].as_slice());
        assert_eq!(errors.read("uses", &Given::Is(0), "second", |uses| (*uses > 0).then_some(())), None);
        assert_eq!(errors.read("count", &Given::<u32>::Malformed, "a number", |count| Some(*count)), None);
        assert_eq!(errors.read("ttl", &Given::<u32>::Absent, "a number", |ttl| Some(*ttl)), None);
        assert_eq!(errors.read("age", &Given::Is(3), "a number", |age| Some(*age)), Some(3));
        assert_eq!(join(&errors.sorted()), "count: a number; uses: first");
    }
}
