//! Texts of others that are shown to people: on pages, in apps, in a terminal.

use std::fmt::Display;

use serde::{Serialize, Serializer};

/// What no text has that is shown in one line: a terminal obeys it, or what stands around it is shown in another order.
#[must_use]
pub fn is_control(c: char) -> bool {
    c.is_control() || turns_text(c)
}

/// Whether a character changes the direction of text around it without being seen, so that a name reads as another:
/// `Bidi_Control` of Unicode, <https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>.
#[must_use]
pub fn turns_text(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Something that is written by serde as the text that it is shown as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsText<T>(pub T);

impl<T: Display> Serialize for AsText<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
