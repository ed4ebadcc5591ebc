//! Which tables a ledger has, and in which order their rows are read: the same for every engine.

use rusqlite::Connection;

use crate::ledger::error::SqlError;
use crate::ledger::row::Row;
use crate::ledger::sql::Sql;
use crate::ledger::sqlite::schema;
use crate::ledger::value::SqlValue;

/// The table of what a ledger knows of itself. Most of it is true of one engine, or of one server, alone.
const META: &str = "meta";

/// What of it goes along.
const META_CONDITION: &str = "name IN ('forgetting', 'expired', 'expiring', 'reminded')";

/// What is counted from the other tables, and so does not go along.
const COUNTS: &str = "'counted', 'expired_invite', 'pending_count'";

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnKind {
    Integer,
    Text,
    Bytes,
}

/// A column.
pub(super) struct LedgerColumn {
    pub(super) name: String,
    pub(super) kind: ColumnKind,
}

/// A value of a row. It shows nothing of itself: it may be sealed, or be somebody's name.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Cell {
    pub(super) fn value(&self) -> SqlValue<'_> {
        match self {
            Self::Null => SqlValue::Null,
            Self::Integer(value) => SqlValue::Integer(*value),
            Self::Text(value) => SqlValue::Text(value),
            Self::Bytes(value) => SqlValue::Bytes(value),
        }
    }

    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            Self::Null | Self::Text(_) | Self::Bytes(_) => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(value) => Some(value),
            Self::Null | Self::Integer(_) | Self::Bytes(_) => None,
        }
    }
}

/// A table.
pub(super) struct LedgerTable {
    pub(super) name: String,
    pub(super) columns: Vec<LedgerColumn>,
    /// The columns that tell its rows apart, by their places.
    pub(super) key: Vec<usize>,
}

impl LedgerTable {
    /// Which of its rows go along.
    pub(super) fn condition(&self) -> &'static str {
        if self.name == META { META_CONDITION } else { "1 = 1" }
    }

    /// The place of a column.
    pub(super) fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|own| own.name == column)
    }

    /// Its columns in a statement.
    pub(super) fn columns(&self) -> String {
        self.columns.iter().map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn read(&self, row: &Row<'_>) -> Result<Vec<Cell>, SqlError> {
        let cell = |(place, column): (usize, &LedgerColumn)| {
            Ok(match column.kind {
                ColumnKind::Integer => row.maybe_integer(place)?.map_or(Cell::Null, Cell::Integer),
                ColumnKind::Text => row.maybe_text(place)?.map_or(Cell::Null, |text| Cell::Text(text.to_owned())),
                ColumnKind::Bytes => row.maybe_bytes(place)?.map_or(Cell::Null, |bytes| Cell::Bytes(bytes.to_vec())),
            })
        };
        self.columns.iter().enumerate().map(cell).collect()
    }

    /// What tells a row apart, for a message.
    pub(super) fn name_row(&self, row: &[Cell]) -> String {
        let name = |place: &usize| match row.get(*place) {
            Some(Cell::Integer(value)) => value.to_string(),
            Some(Cell::Text(value)) => value.clone(),
            Some(Cell::Bytes(_) | Cell::Null) | None => "…".to_owned(),
        };
        self.key.iter().map(name).collect::<Vec<_>>().join(" ")
    }
}

/// The tables of a schema version; whatever another one refers to comes first.
pub(super) struct LedgerLayout {
    pub(super) version: i64,
    pub(super) tables: Vec<LedgerTable>,
}

impl LedgerLayout {
    /// As SQLite tells it of an empty ledger; in PostgreSQL they are the same.
    pub(super) fn of(version: i64) -> Result<Self, SqlError> {
        let connection = Connection::open_in_memory()?;
        schema::migrate(&connection, version)?;
        let sql = Sql::Sqlite(&connection);
        let statement = format!(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT IN ({COUNTS}) \
             ORDER BY rowid"
        );
        let names = sql.all(&statement, &[], |row| Ok(row.text(0)?.to_owned()))?;
        let tables = names.into_iter().map(|name| table(sql, name)).collect::<Result<_, SqlError>>()?;
        Ok(Self { version, tables })
    }

    pub(super) fn table(&self, name: &str) -> Option<&LedgerTable> {
        self.tables.iter().find(|table| table.name == name)
    }
}

/// What the tables of this program's version are called.
pub(in crate::ledger) fn table_names() -> Result<Vec<String>, SqlError> {
    Ok(LedgerLayout::of(schema::known_version())?.tables.into_iter().map(|table| table.name).collect())
}

fn table(sql: Sql<'_>, name: String) -> Result<LedgerTable, SqlError> {
    let statement = "SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid";
    let described = sql.all(statement, &[name.as_str().into()], |row| {
        let kind = match row.text(1)? {
            "INTEGER" => ColumnKind::Integer,
            "TEXT" => ColumnKind::Text,
            _ => ColumnKind::Bytes,
        };
        Ok((LedgerColumn { name: row.text(0)?.to_owned(), kind }, row.integer(2)?))
    })?;
    let mut key: Vec<_> = described
        .iter()
        .enumerate()
        .filter(|(_, (_, rank))| *rank > 0)
        .map(|(place, (_, rank))| (*rank, place))
        .collect();
    key.sort_unstable();
    let mut key: Vec<_> = key.into_iter().map(|(_, place)| place).collect();
    if key.is_empty() {
        // It has a first column that is unique.
        key.push(0);
    }
    Ok(LedgerTable { name, columns: described.into_iter().map(|(column, _)| column).collect(), key })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is forgotten here would be missing in every backup.
    #[test]
    fn every_table_is_read_by_what_tells_its_rows_apart() {
        let layout = LedgerLayout::of(schema::known_version()).unwrap();
        let connection = Connection::open_in_memory().unwrap();
        schema::migrate(&connection, layout.version).unwrap();
        let names: Vec<_> = layout.tables.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names[..2], ["meta", "invite"]);
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema WHERE type = 'table'", [], |row| row.get(0))
            .unwrap();
        let counts = COUNTS.split(", ").count();
        assert_eq!(names.len() + counts, usize::try_from(tables).unwrap());
        for (at, table) in layout.tables.iter().enumerate() {
            // Whatever it refers to is there before it.
            let referred: Vec<String> = {
                let statement = format!("SELECT \"table\" FROM pragma_foreign_key_list('{}')", table.name);
                let mut statement = connection.prepare(&statement).unwrap();
                statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
            };
            assert!(referred.iter().all(|name| names[..at].contains(&name.as_str())), "{}: {referred:?}", table.name);
            // Its key is one: a unique index has these columns, or it is the row's number.
            let keys: Vec<_> = table.key.iter().map(|place| table.columns[*place].name.as_str()).collect();
            let statement = format!(
                "SELECT count(*) FROM pragma_index_list('{0}') list WHERE list.\"unique\" AND '{1}' = \
                 (SELECT group_concat(name, ' ') FROM pragma_index_info(list.name))",
                table.name,
                keys.join(" ")
            );
            let unique: i64 = connection.query_row(&statement, [], |row| row.get(0)).unwrap();
            assert!(unique > 0 || keys == ["id"], "{}: {keys:?}", table.name);
        }
    }
}
