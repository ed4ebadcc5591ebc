//! The file of a backup: lines of JSON, with the rows of each table and not an engine's pages.
//!
//! The first line says what it is, and has the ledger key; then come the tables, each with a line that names its columns and one
//! line a row, bytes in base64; the last line has how many rows there are, and the SHA-256 of all lines before it.

use std::fmt::Write as _;
use std::io::{self, BufRead, Read as _, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::error::TransferError;
use super::layout::{Cell, ColumnKind, LedgerLayout, LedgerTable};
use crate::ledger::sqlite::schema;

/// The version of this format.
const FORMAT: u64 = 1;

/// More than any row has.
const MAX_LINE: u64 = 64 << 20;

/// The first line.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct BackupHeader {
    #[serde(rename = "invited_backup")]
    pub(super) format: u64,
    pub(super) schema: i64,
    pub(super) created_at: Timestamp,
    pub(super) program: String,
    pub(super) ledger_key: String,
}

/// The line before the rows of a table.
#[derive(Serialize, Deserialize, PartialEq, Eq)]
struct TableLine {
    table: String,
    columns: Vec<String>,
}

impl TableLine {
    fn of(table: &LedgerTable) -> Self {
        let columns = table.columns.iter().map(|column| column.name.clone()).collect();
        Self { table: table.name.clone(), columns }
    }
}

/// The last line.
#[derive(Serialize, Deserialize)]
struct EndLine {
    rows: u64,
    sha256: String,
}

/// Writes a backup.
pub(super) struct BackupWriter<W> {
    to: W,
    hash: Sha256,
    rows: u64,
}

impl<W: Write> BackupWriter<W> {
    pub(super) fn begin(to: W, schema: i64, ledger_key: &str, now: Timestamp) -> io::Result<Self> {
        let mut writer = Self { to, hash: Sha256::new(), rows: 0 };
        let program = env!("CARGO_PKG_VERSION").to_owned();
        let ledger_key = ledger_key.to_owned();
        writer.line(&BackupHeader { format: FORMAT, schema, created_at: now, program, ledger_key })?;
        Ok(writer)
    }

    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.hash.update(&text);
        self.to.write_all(&text)
    }

    pub(super) fn table(&mut self, table: &LedgerTable) -> io::Result<()> {
        self.line(&TableLine::of(table))
    }

    pub(super) fn row(&mut self, row: &[Cell]) -> io::Result<()> {
        let value = |cell: &Cell| match cell {
            Cell::Null => Value::Null,
            Cell::Integer(number) => (*number).into(),
            Cell::Text(text) => text.as_str().into(),
            Cell::Bytes(bytes) => STANDARD.encode(bytes).into(),
        };
        self.rows += 1;
        self.line(&row.iter().map(value).collect::<Vec<_>>())
    }

    /// Ends it.
    pub(super) fn end(mut self) -> io::Result<()> {
        let sha256 = hex(self.hash.clone());
        self.line(&EndLine { rows: self.rows, sha256 })?;
        self.to.flush()
    }
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // To a text this never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What comes in a backup, in its order.
pub(super) enum BackupItem {
    /// The table of this place in the layout.
    Table(usize),
    Row(Vec<Cell>),
}

/// Reads a backup, once through.
pub(super) struct BackupReader<R> {
    from: R,
    hash: Sha256,
    line: u64,
}

impl<R: BufRead> BackupReader<R> {
    /// Reads the first line.
    pub(super) fn begin(from: R) -> Result<(Self, BackupHeader), TransferError> {
        let mut reader = Self { from, hash: Sha256::new(), line: 0 };
        let mut first = Vec::new();
        // A file that is something else need not have lines.
        let limited = reader.from.by_ref().take(MAX_HEADER).read_until(b'\n', &mut first);
        limited.map_err(TransferError::Read)?;
        let read: Value = serde_json::from_slice(&first).map_err(|_| TransferError::NoBackup)?;
        let found = read.get("invited_backup").and_then(Value::as_u64).ok_or(TransferError::NoBackup)?;
        if found > FORMAT {
            return Err(TransferError::NewerFormat { found, known: FORMAT });
        }
        let header: BackupHeader = serde_json::from_value(read).map_err(|error| damaged(1, &error))?;
        let known = schema::known_version();
        if header.schema > known {
            return Err(TransferError::NewerSchema { found: header.schema, known });
        }
        reader.hash.update(&first);
        reader.line = 1;
        Ok((reader, header))
    }

    /// Reads all that follows, and holds it against the checksum; gives how many rows there are, and the checksum.
    pub(super) fn each(
        mut self,
        layout: &LedgerLayout,
        mut item: impl FnMut(BackupItem) -> Result<(), TransferError>,
    ) -> Result<(u64, String), TransferError> {
        let (mut tables, mut current, mut rows) = (layout.tables.iter().enumerate(), None::<&LedgerTable>, 0);
        loop {
            let line = self.next_line()?;
            if line.starts_with(b"[") {
                let row = current.and_then(|table| read_row(table, &line));
                item(BackupItem::Row(row.ok_or_else(|| damaged(self.line, &"a row does not fit its table"))?))?;
                rows += 1;
            } else if let Ok(end) = serde_json::from_slice::<EndLine>(&line) {
                return self.finish(end, rows, tables.next().is_some());
            } else {
                let table = tables.next();
                let read: TableLine = serde_json::from_slice(&line).map_err(|error| damaged(self.line, &error))?;
                let table = table.filter(|(_, table)| TableLine::of(table) == read);
                let (place, table) = table.ok_or_else(|| damaged(self.line, &"another table was to come here"))?;
                current = Some(table);
                item(BackupItem::Table(place))?;
            }
            self.hash.update(&line);
        }
    }

    fn finish(mut self, end: EndLine, rows: u64, is_short: bool) -> Result<(u64, String), TransferError> {
        if hex(self.hash.clone()) != end.sha256 || rows != end.rows || is_short {
            return Err(TransferError::DamagedBackup("its checksum is another".into()));
        }
        match self.from.fill_buf() {
            Ok([]) => Ok((rows, end.sha256)),
            Ok(_) => Err(damaged(self.line + 1, &"something follows its end")),
            Err(error) => Err(TransferError::Read(error)),
        }
    }

    fn next_line(&mut self) -> Result<Vec<u8>, TransferError> {
        let mut line = Vec::new();
        self.from.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(TransferError::Read)?;
        self.line += 1;
        if line.ends_with(b"\n") { Ok(line) } else { Err(TransferError::CutOff(self.line)) }
    }
}

/// More than the first line has.
const MAX_HEADER: u64 = 4096;

fn damaged(line: u64, why: &dyn std::fmt::Display) -> TransferError {
    TransferError::DamagedBackup(format!("line {line}: {why}"))
}

fn read_row(table: &LedgerTable, line: &[u8]) -> Option<Vec<Cell>> {
    let values: Vec<Value> = serde_json::from_slice(line).ok()?;
    if values.len() != table.columns.len() {
        return None;
    }
    let cell = |(value, kind): (Value, ColumnKind)| {
        Some(match (value, kind) {
            (Value::Null, _) => Cell::Null,
            (Value::Number(number), ColumnKind::Integer) => Cell::Integer(number.as_i64()?),
            (Value::String(text), ColumnKind::Text) => Cell::Text(text),
            (Value::String(text), ColumnKind::Bytes) => Cell::Bytes(STANDARD.decode(text).ok()?),
            _ => return None,
        })
    };
    values.into_iter().zip(table.columns.iter().map(|column| column.kind)).map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::tests::moment;

    fn layout() -> LedgerLayout {
        LedgerLayout::of(schema::known_version()).unwrap()
    }

    fn key_use(name: &str) -> Vec<Cell> {
        vec![Cell::Text(name.into()), Cell::Integer(i64::MAX), Cell::Integer(-7)]
    }

    fn written(layout: &LedgerLayout) -> Vec<u8> {
        let mut file = Vec::new();
        let mut writer =
            BackupWriter::begin(&mut file, layout.version, "a key", moment("2026-01-01T00:00:00Z")).unwrap();
        for table in &layout.tables {
            writer.table(table).unwrap();
            match table.name.as_str() {
                "adopted" => writer.row(&[Cell::Bytes(vec![0, 255, 7]), Cell::Integer(1)]).unwrap(),
                "key_use" => ["\"quoted\" ü\n", "b"].iter().for_each(|name| writer.row(&key_use(name)).unwrap()),
                _ => {}
            }
        }
        assert_eq!(writer.rows, 3);
        writer.end().unwrap();
        file
    }

    fn read(file: &[u8], layout: &LedgerLayout) -> Result<Vec<Vec<Cell>>, TransferError> {
        let (reader, header) = BackupReader::begin(file)?;
        assert_eq!((header.ledger_key.as_str(), header.schema), ("a key", layout.version));
        let mut rows = vec![];
        reader.each(layout, |item| {
            if let BackupItem::Row(row) = item {
                rows.push(row);
            }
            Ok(())
        })?;
        Ok(rows)
    }

    #[test]
    fn what_was_written_is_read() {
        let layout = layout();
        let rows = read(&written(&layout), &layout).unwrap();
        let expected = [vec![Cell::Bytes(vec![0, 255, 7]), Cell::Integer(1)], key_use("\"quoted\" ü\n"), key_use("b")];
        assert!(rows == expected);
    }

    #[test]
    fn one_that_is_cut_or_changed_anywhere_is_refused() {
        let layout = layout();
        let file = written(&layout);
        for length in 0..file.len() {
            assert!(read(&file[..length], &layout).is_err(), "cut after {length} bytes");
        }
        // The key stands in the first line, and is part of what is checked.
        let first = file.iter().position(|byte| *byte == b'\n').unwrap();
        for at in first..file.len() {
            let mut other = file.clone();
            other[at] ^= 1;
            assert!(read(&other, &layout).is_err(), "changed at {at}");
        }
        assert!(read(&[file.as_slice(), b"\n"].concat(), &layout).is_err());
        let other_key = String::from_utf8(file.clone()).unwrap().replace("a key", "b key");
        let (reader, header) = BackupReader::begin(other_key.as_bytes()).unwrap();
        assert_eq!(header.ledger_key, "b key");
        assert!(reader.each(&layout, |_| Ok(())).is_err());
    }

    #[test]
    fn what_a_later_version_wrote_and_what_is_no_backup_is_named() {
        let layout = layout();
        let text = String::from_utf8(written(&layout)).unwrap();
        let told = |text: &str| BackupReader::begin(text.as_bytes()).err().unwrap().to_string();
        assert!(told(&text.replace("\"invited_backup\":1", "\"invited_backup\":2")).contains("format 2"));
        assert!(told(&text.replacen("\"schema\":", "\"schema\":9", 1)).contains("schema version 9"));
        for other in ["", "SQLite format 3\0", "{}\n", "[1]\n", &"x".repeat(10_000)] {
            assert!(told(other).contains("no backup"), "{other:?}");
        }
    }
}
