//! Where a page of a list begins. Whoever gets a cursor is to give it back as it is.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::invite::InviteId;
use crate::invite::name::Jid;

/// The invite after which the page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Cursor(pub InviteId);

/// The account after which the page begins.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TreeCursor(pub Jid);

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

impl fmt::Display for TreeCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{}", URL_SAFE_NO_PAD.encode(self.0.to_string()))
    }
}

impl TryFrom<String> for TreeCursor {
    type Error = NoCursor;
    fn try_from(text: String) -> Result<Self, NoCursor> {
        let address = text.strip_prefix('t').and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).ok_or(NoCursor)?;
        String::from_utf8(address).ok().and_then(|address| address.parse().ok()).map(Self).ok_or(NoCursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_given_back_as_it_is() {
        let cursor = TreeCursor("zoë@bücher.example".parse().unwrap());
        assert_eq!(cursor.to_string().try_into(), Ok(cursor));
        for wrong in ["", "t", "c", "tcm9tZW8", "t!", "zm9vQGV4YW1wbGUuY29t"] {
            assert_eq!(TreeCursor::try_from(wrong.to_owned()), Err(NoCursor), "{wrong}");
        }
    }
}
