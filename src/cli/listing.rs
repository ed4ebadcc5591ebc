//! Lists: for a person at a terminal, with a header, in columns that fit, and with times that a person reads; for a program
//! one line a row, with a tab between two cells and times in RFC 3339.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use jiff::Timestamp;

use super::terminal::{columns, is_read_by_a_person, one_line, print};
use super::time;

/// What is longer is broken everywhere.
const LONG: u16 = 30;
/// What a column has at least, before others are broken for its sake.
const NARROW: u16 = 8;
/// Between two columns.
const GAP: u16 = 2;

/// A column.
pub(super) struct ListColumn {
    /// What stands above it.
    pub(super) head: &'static str,
    /// Whether it is not broken, unless it is very long: it is copied from there, or is easier read so.
    pub(super) is_whole: bool,
}

/// What stands in a row.
pub(super) enum ListCell {
    /// The same for everybody.
    Text(String),
    /// Words for a person, and for a program.
    Words(String, String),
    /// A time; without one, what is said instead.
    Time(Option<Timestamp>, &'static str),
}

/// Rows that are printed as they come, each of which has a cell for each of its heads. None is no line at all.
pub(super) struct PrintedRows<'a> {
    heads: &'a [ListColumn],
    now: Timestamp,
    /// They are laid out together.
    waiting: Vec<Vec<ListCell>>,
}

/// So many are laid out together for a person; more of them have their heads again.
const BLOCK: usize = 5_000;

impl<'a> PrintedRows<'a> {
    pub(super) fn new(heads: &'a [ListColumn], now: Timestamp) -> Self {
        Self { heads, now, waiting: vec![] }
    }

    /// # Errors
    /// When stdout cannot be written.
    pub(super) fn add(&mut self, rows: impl IntoIterator<Item = Vec<ListCell>>) -> anyhow::Result<()> {
        self.waiting.extend(rows);
        if is_read_by_a_person() && self.waiting.len() < BLOCK { Ok(()) } else { self.end() }
    }

    /// # Errors
    /// When stdout cannot be written.
    pub(super) fn end(&mut self) -> anyhow::Result<()> {
        let rows = std::mem::take(&mut self.waiting);
        if rows.is_empty() {
            return Ok(());
        }
        let is_for_a_person = is_read_by_a_person();
        print(&if is_for_a_person { for_a_person(self.heads, rows, self.now, columns()) } else { for_a_program(rows) })
    }
}

/// Prints rows at once.
///
/// # Errors
/// When stdout cannot be written.
pub(super) fn print_rows(heads: &[ListColumn], rows: Vec<Vec<ListCell>>, now: Timestamp) -> anyhow::Result<()> {
    let mut printed = PrintedRows::new(heads, now);
    printed.add(rows)?;
    printed.end()
}

fn for_a_program(rows: Vec<Vec<ListCell>>) -> String {
    let cell = |cell: ListCell| match cell {
        ListCell::Text(text) | ListCell::Words(_, text) => one_line(&text),
        ListCell::Time(at, absent) => at.map_or_else(|| absent.to_owned(), |at| at.to_string()),
    };
    let lines = rows.into_iter().map(|row| row.into_iter().map(cell).collect::<Vec<_>>().join("\t") + "\n");
    lines.collect()
}

fn for_a_person(heads: &[ListColumn], rows: Vec<Vec<ListCell>>, now: Timestamp, width: u16) -> String {
    let cell = |cell: ListCell| match cell {
        ListCell::Text(text) | ListCell::Words(text, _) => one_line(&text),
        ListCell::Time(at, absent) => at.map_or_else(|| absent.to_owned(), |at| time::away(at, now)),
    };
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(heads.iter().map(|column| column.head).collect::<Vec<_>>());
    table.add_rows(rows.into_iter().map(|row| row.into_iter().map(cell).collect::<Vec<_>>()));
    let widths = table.column_max_content_widths();
    let least = |(head, width): (&ListColumn, &u16)| if head.is_whole { (*width).min(LONG) + GAP } else { NARROW };
    let is_roomy = heads.iter().zip(&widths).map(least).sum::<u16>() <= width;
    for (at, (column, head)) in table.column_iter_mut().zip(heads).enumerate() {
        column.set_padding((0, GAP));
        // The first one is by what a row is called.
        if widths[at] <= LONG && head.is_whole && (is_roomy || at == 0) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table.trim_fmt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADS: [ListColumn; 4] = [
        ListColumn { head: "ID", is_whole: true },
        ListColumn { head: "NAME", is_whole: false },
        ListColumn { head: "ORIGIN", is_whole: false },
        ListColumn { head: "EXPIRES", is_whole: false },
    ];

    fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    fn rows() -> Vec<Vec<ListCell>> {
        let row = |id: &str, name: &str, at: Option<&str>| {
            vec![
                ListCell::Text(id.into()),
                ListCell::Text(name.into()),
                ListCell::Words("state directory".into(), "/var/lib/invited/keys/x.toml".into()),
                ListCell::Time(at.map(|at| at.parse().unwrap()), "never"),
            ]
        };
        vec![
            row("Ab3dE_9x", "Sign-up form on the website", Some("2026-01-08T00:00:00Z")),
            row("b", "\u{1b}[31m\t日本\u{202e}", None),
        ]
    }

    #[test]
    fn a_program_gets_a_line_a_row_with_tabs_between_cells() {
        let expected = "Ab3dE_9x\tSign-up form on the website\t/var/lib/invited/keys/x.toml\t2026-01-08T00:00:00Z\n\
                        b\t [31m 日本 \t/var/lib/invited/keys/x.toml\tnever\n";
        assert_eq!(for_a_program(rows()), expected);
    }

    #[test]
    fn a_person_gets_columns_that_fit() {
        let expected = "\
ID        NAME                         ORIGIN           EXPIRES
Ab3dE_9x  Sign-up form on the website  state directory  in 7 days
b          [31m 日本                   state directory  never";
        assert_eq!(for_a_person(&HEADS, rows(), now(), 80), expected);
        for width in [60, 48, 40] {
            let text = for_a_person(&HEADS, rows(), now(), width);
            let wide = |line: &str| line.chars().map(|c| if c > '\u{2fff}' { 2 } else { 1 }).sum::<u16>();
            assert!(text.lines().all(|line| wide(line) <= width), "{width}:\n{text}");
            assert!(text.lines().count() > 3, "{text}");
            assert!(text.contains("Ab3dE_9x"), "{text}");
        }
    }
}
