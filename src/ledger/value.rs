//! What statements are given, whichever engine runs them.

/// What a statement is given.
#[derive(Clone, Copy)]
pub(super) enum SqlValue<'a> {
    Null,
    Integer(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl From<i64> for SqlValue<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u32> for SqlValue<'_> {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

impl<'a> From<&'a str> for SqlValue<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a [u8]> for SqlValue<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}

impl<'a, T: Into<SqlValue<'a>>> From<Option<T>> for SqlValue<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// The same, for a statement whose answer is waited for later; and a column of many rows, which PostgreSQL takes as one value.
pub(super) enum OwnedValue {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
    Integers(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    ByteStrings(Vec<Option<Vec<u8>>>),
}

impl From<SqlValue<'_>> for OwnedValue {
    fn from(value: SqlValue<'_>) -> Self {
        match value {
            SqlValue::Null => Self::Null,
            SqlValue::Integer(value) => Self::Integer(value),
            SqlValue::Text(value) => Self::Text(value.to_owned()),
            SqlValue::Bytes(value) => Self::Bytes(value.to_vec()),
        }
    }
}

impl std::fmt::Debug for OwnedValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// Shows nothing of itself: libraries would log it.
impl std::fmt::Debug for SqlValue<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}
