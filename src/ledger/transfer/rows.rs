//! Rows of a table, as they stand in its order: read a page at a time, and written many at once.

use std::collections::VecDeque;

use super::layout::{Cell, LedgerLayout, LedgerTable};
use crate::ledger::error::SqlError;
use crate::ledger::sql::Sql;
use crate::ledger::value::SqlValue;

/// So many rows are read at once.
const PAGE: usize = 1000;

/// So many values are written by one statement: fewer than either engine takes.
const VALUES: usize = 9000;

/// Reads a table, in the order of its key, on a connection that sees one state of it.
pub(super) struct TableReader<'a> {
    sql: Sql<'a>,
    table: &'a LedgerTable,
    page: VecDeque<Vec<Cell>>,
    last: Option<Vec<Cell>>,
    has_more: bool,
}

impl<'a> TableReader<'a> {
    pub(super) fn new(sql: Sql<'a>, table: &'a LedgerTable) -> Self {
        Self { sql, table, page: VecDeque::new(), last: None, has_more: true }
    }

    /// The next row, if there is one.
    pub(super) fn next(&mut self) -> Result<Option<Vec<Cell>>, SqlError> {
        if self.page.is_empty() && self.has_more {
            self.read_page()?;
        }
        Ok(self.page.pop_front())
    }

    fn read_page(&mut self) -> Result<(), SqlError> {
        let table = self.table;
        // Of both engines the order of bytes, whatever the database's own is.
        let ordered = |place: &usize| {
            let column = &table.columns[*place];
            match (self.sql, column.kind) {
                (Sql::Postgres(_), super::layout::ColumnKind::Text) => format!("\"{}\" COLLATE \"C\"", column.name),
                (Sql::Postgres(_) | Sql::Sqlite(_), _) => format!("\"{}\"", column.name),
            }
        };
        let order = table.key.iter().map(ordered).collect::<Vec<_>>().join(", ");
        let (after, values): (String, Vec<SqlValue<'_>>) = match &self.last {
            None => (String::new(), vec![]),
            Some(last) => {
                let places = (1..=table.key.len()).map(|place| format!("?{place}")).collect::<Vec<_>>().join(", ");
                let values = table.key.iter().map(|place| last[*place].value()).collect();
                (format!("AND ({order}) > ({places})"), values)
            }
        };
        let (columns, name, condition) = (table.columns(), &table.name, table.condition());
        let statement = format!("SELECT {columns} FROM {name} WHERE {condition} {after} ORDER BY {order} LIMIT {PAGE}");
        let page = self.sql.all(&statement, &values, |row| table.read(row))?;
        self.has_more = page.len() == PAGE;
        self.last = page.last().cloned();
        self.page = page.into();
        Ok(())
    }
}

/// Writes rows to a table, many at once.
pub(super) struct TableWriter<'a> {
    sql: Sql<'a>,
    table: &'a LedgerTable,
    waiting: Vec<Vec<Cell>>,
    pub(super) rows: u64,
}

impl<'a> TableWriter<'a> {
    pub(super) fn new(sql: Sql<'a>, table: &'a LedgerTable) -> Self {
        Self { sql, table, waiting: vec![], rows: 0 }
    }

    pub(super) fn add(&mut self, row: Vec<Cell>) -> Result<(), SqlError> {
        self.waiting.push(row);
        if (self.waiting.len() + 1) * self.table.columns.len() > VALUES { self.flush() } else { Ok(()) }
    }

    /// Writes what waits.
    pub(super) fn flush(&mut self) -> Result<(), SqlError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let width = self.table.columns.len();
        let places = |row: usize| {
            let places = (1..=width).map(|column| format!("?{}", row * width + column)).collect::<Vec<_>>();
            format!("({})", places.join(", "))
        };
        let places = (0..self.waiting.len()).map(places).collect::<Vec<_>>().join(", ");
        let (name, columns) = (&self.table.name, self.table.columns());
        // Numbers that PostgreSQL would give by itself go along.
        let overriding = match self.sql {
            Sql::Postgres(_) => "OVERRIDING SYSTEM VALUE",
            Sql::Sqlite(_) => "",
        };
        let statement = format!("INSERT INTO {name} ({columns}) {overriding} VALUES {places}");
        let values: Vec<_> = self.waiting.iter().flatten().map(Cell::value).collect();
        self.rows += self.sql.execute(&statement, &values)?;
        self.waiting.clear();
        Ok(())
    }
}

/// Deletes all rows that would go along.
pub(super) fn clear(sql: Sql<'_>, layout: &LedgerLayout) -> Result<(), SqlError> {
    for table in layout.tables.iter().rev() {
        sql.execute(&format!("DELETE FROM {} WHERE {}", table.name, table.condition()), &[])?;
    }
    Ok(())
}

/// Whether there is nothing that somebody would miss.
pub(super) fn is_empty(sql: Sql<'_>, layout: &LedgerLayout) -> Result<bool, SqlError> {
    // How something goes is nothing without it.
    for table in layout.tables.iter().filter(|table| !["meta", "outbox_channel"].contains(&table.name.as_str())) {
        if sql.any(&format!("SELECT 1 FROM {} LIMIT 1", table.name), &[])? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The next number that PostgreSQL gives comes after those that are there.
pub(super) fn continue_numbers(sql: Sql<'_>, layout: &LedgerLayout) -> Result<(), SqlError> {
    let Sql::Postgres(_) = sql else { return Ok(()) };
    for table in &layout.tables {
        let name = &table.name;
        let statement = format!(
            "SELECT attname::text, pg_get_serial_sequence('{name}', attname::text) FROM pg_attribute \
             WHERE attrelid = to_regclass('{name}') AND attidentity <> '' AND attnum > 0"
        );
        let numbered = sql.all(&statement, &[], |row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned())))?;
        for (column, sequence) in numbered {
            let statement = format!(
                "SELECT setval(?1::text::regclass, coalesce(max({column}), 1), max({column}) IS NOT NULL) FROM {name}"
            );
            sql.any(&statement, &[sequence.as_str().into()])?;
        }
    }
    Ok(())
}

/// Counts anew what is counted, as rows were written that nobody has counted.
pub(super) fn count_anew(sql: Sql<'_>) -> Result<(), SqlError> {
    let mut statements = include_str!("../count_anew.sql").split_terminator(";\n");
    statements.try_for_each(|statement| sql.execute(statement, &[]).map(drop))
}
