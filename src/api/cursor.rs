//! Where a page of a list begins. Whoever gets a cursor is to give it back as it is.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::invite::InviteId;

/// The invite after which the page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Cursor(pub InviteId);

/// A text that is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected next_cursor of the page before")]
pub struct NoCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", self.0)
    }
}

impl FromStr for Cursor {
    type Err = NoCursor;
    fn from_str(text: &str) -> Result<Self, NoCursor> {
        text.strip_prefix('c').and_then(|id| id.parse().ok()).map(Self).ok_or(NoCursor)
    }
}

impl TryFrom<String> for Cursor {
    type Error = NoCursor;
    fn try_from(text: String) -> Result<Self, NoCursor> {
        text.parse()
    }
}
