//! What is read.

use jiff::{SignedDuration, Timestamp};

/// Lua data. Not `Debug`: it would show secrets.
pub enum Value {
    /// Nothing.
    Nil,
    /// True or false.
    Bool(bool),
    /// A number; whole ones, too.
    Number(f64),
    /// A text, which Lua has of any bytes, and we have in UTF-8.
    Text(String),
    /// Fields, in the order in which they are written.
    Table(Vec<Field>),
}

/// One field of a table. Its key is kept if it is a text.
pub struct Field {
    /// Counted from 1.
    pub line: usize,
    /// What it is called, if that is a text.
    pub key: Option<String>,
    /// What it holds.
    pub value: Value,
}

impl Value {
    /// A time, if it is seconds since 1970.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        let Self::Number(seconds) = *self else { return None };
        let since_1970 = SignedDuration::try_from_secs_f64(seconds).ok()?;
        Timestamp::from_second(since_1970.as_secs()).ok()
    }

    /// The keys of a set, `{ a = true; b = true }`.
    #[must_use]
    pub fn members(&self) -> Option<Vec<&str>> {
        let Self::Table(fields) = self else { return None };
        let member = |field: &Field| matches!(field.value, Self::Bool(true));
        let sound = |field: &Field| field.key.is_some() && matches!(field.value, Self::Bool(_) | Self::Nil);
        let members = fields.iter().filter(|field| member(field)).filter_map(|field| field.key.as_deref());
        fields.iter().all(sound).then(|| members.collect())
    }
}
