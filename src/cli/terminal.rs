//! What is written: results to stdout and nothing else, hints to stderr.
//!
//! Names, notes and what servers answer are the words of others. A terminal obeys control characters, and shows what stands
//! around those that turn text in another order: none of them gets there as it is, on neither way.

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::Context as _;
use serde::Serialize;

use crate::invite::text::is_control;

/// What an error of stdout is told with; a reader that goes away is none, see `outcome`.
const CANNOT_PRINT: &str = "cannot write to standard output";

/// Writes a result to stdout.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut text = obeyed_by_none(text);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).context(CANNOT_PRINT)
}

/// Writes a hint to stderr; where that is closed, the hint is lost.
pub(super) fn hint(text: &str) {
    let _ = writeln!(io::stderr(), "{}", obeyed_by_none(text));
}

/// A text without what a terminal would obey, but for the ends of lines and tabs.
fn obeyed_by_none(text: &str) -> String {
    text.replace(|c| !matches!(c, '\n' | '\t') && is_control(c), " ")
}

/// Writes a result in JSON.
pub(super) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&escaped(&serde_json::to_string_pretty(value)?))
}

/// An object with a list in it, in JSON as [`print_json`] would write it, that is written as it comes.
pub(super) struct JsonList {
    name: &'static str,
    is_begun: bool,
}

impl JsonList {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, is_begun: false }
    }

    /// Writes one more.
    pub(super) fn add(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        let begin = if self.is_begun { ",\n".to_owned() } else { format!("{{\n  \"{}\": [\n", self.name) };
        self.is_begun = true;
        let lines = serde_json::to_string_pretty(value)?.replace('\n', "\n    ");
        io::stdout().lock().write_all(escaped(&format!("{begin}    {lines}")).as_bytes()).context(CANNOT_PRINT)
    }

    /// Writes what stands behind the list.
    pub(super) fn end(self, name: &str, value: &impl Serialize) -> anyhow::Result<()> {
        let end = if self.is_begun { "\n  ]".to_owned() } else { format!("{{\n  \"{}\": []", self.name) };
        print(&escaped(&format!("{end},\n  \"{name}\": {}\n}}", serde_json::to_string(value)?)))
    }
}

/// JSON without what a terminal would obey: outside of texts there is none of it but the ends of lines, and a text may have it
/// as `\uXXXX` (RFC 8259, 7).
fn escaped(json: &str) -> String {
    let escape = |c: char| match c {
        c if c != '\n' && is_control(c) => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    json.chars().map(escape).collect()
}

/// A text in one line.
pub(super) fn one_line(text: &str) -> String {
    text.replace(is_control, " ")
}

/// Whether a person reads the result.
pub(super) fn is_read_by_a_person() -> bool {
    io::stdout().is_terminal()
}

/// How many columns there are; 80 where nobody says.
pub(super) fn columns() -> u16 {
    terminal_size::terminal_size_of(io::stdout()).map_or(80, |(width, _)| width.0)
}

/// `1 key`, `2 keys`.
pub(super) fn count(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_nothing_that_a_terminal_obeys_and_is_the_same_json() {
        let text = "a\u{1b}[31m\n\u{7f}\u{9b}31m\u{202e}\u{2066}\u{61c}é😀\"";
        let json = escaped(&serde_json::to_string_pretty(&[text]).unwrap());
        assert!(!json.chars().any(|c| c != '\n' && is_control(c)), "{json}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [text]);
    }
}
