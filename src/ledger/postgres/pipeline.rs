//! Statements on a connection to PostgreSQL. What is asked side by side is sent without waiting for answers in between, in the
//! order in which it was first polled, and PostgreSQL runs it in that order: so it costs one way there and back, together.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll};

use futures_lite::StreamExt as _;
use futures_lite::future::poll_once;
use futures_util::stream::FuturesUnordered;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, SimpleQueryMessage, Statement};

use super::connect::Warning;
use crate::ledger::error::SqlError;
use crate::ledger::value::{OwnedValue, SqlValue};

/// More than there are statements, but for lists: their statements depend on what is asked for.
const STATEMENTS: usize = 64;

type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What came of something that was sent.
enum Answered {
    Done(Result<(), SqlError>),
    Prepared(String, Result<Statement, Error>),
}

/// A connection's statements.
pub(in crate::ledger) struct Pipeline {
    client: Arc<Client>,
    warned: Warning,
    /// Whether statements are prepared once, and kept.
    keeps_statements: Cell<bool>,
    /// Those that are prepared; nothing while that was only asked for.
    statements: RefCell<HashMap<String, Option<Statement>>>,
    /// What was sent, and not answered yet, while whoever sent it does something else.
    open: RefCell<FuturesUnordered<Later<Answered>>>,
    /// Why the first of it failed that did.
    failure: RefCell<Option<SqlError>>,
    /// Whether the transaction may have been committed, for all that is known here.
    may_be_committed: Cell<bool>,
}

impl Pipeline {
    pub(super) fn new(client: Client, warned: Warning) -> Self {
        Self {
            client: Arc::new(client),
            warned,
            keeps_statements: Cell::new(false),
            statements: RefCell::default(),
            open: RefCell::default(),
            failure: RefCell::default(),
            may_be_committed: Cell::new(false),
        }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn set_keeps_statements(&self, keeps: bool) {
        self.keeps_statements.set(keeps);
    }

    /// Runs a statement; gives how many rows it changed.
    pub(in crate::ledger) async fn execute(&self, sql: &str, values: &[SqlValue<'_>]) -> Result<u64, SqlError> {
        if let Some(statement) = self.prepared(sql).await {
            return Ok(self.client.execute_raw(&statement, values).await?);
        }
        let typed: Vec<_> = values.iter().map(|value| (value as &(dyn ToSql + Sync), value.kind())).collect();
        Ok(self.client.execute_typed(&numbered(sql), &typed).await?)
    }

    /// Runs a statement; gives all its rows.
    pub(in crate::ledger) async fn query(&self, sql: &str, values: &[SqlValue<'_>]) -> Result<Vec<Row>, SqlError> {
        if let Some(statement) = self.prepared(sql).await {
            return Ok(self.client.query_raw(&statement, values).await?.try_collect().await?);
        }
        let typed = values.iter().map(|value| (value, value.kind()));
        Ok(self.client.query_typed_raw(&numbered(sql), typed).await?.try_collect().await?)
    }

    /// Sends a statement. Whether it failed is known when the transaction is committed.
    pub(in crate::ledger) async fn send(&self, sql: &str, values: Vec<OwnedValue>) {
        let (statement, client, sql) = (self.prepared(sql).await, Arc::clone(&self.client), numbered(sql));
        let sent = async move {
            if let Some(statement) = statement {
                client.execute_raw(&statement, &values).await?;
            } else {
                let typed: Vec<_> = values.iter().map(|value| (value as &(dyn ToSql + Sync), value.kind())).collect();
                client.execute_typed(&sql, &typed).await?;
            }
            Ok(())
        };
        self.begin(async { Answered::Done(sent.await) }).await;
    }

    /// Begins what is answered later: with this it is sent.
    async fn begin(&self, work: impl Future<Output = Answered> + Send + 'static) {
        let mut work: Later<Answered> = Box::pin(work);
        match poll_once(&mut work).await {
            Some(answered) => self.note(answered),
            None => self.open.borrow().push(work),
        }
    }

    fn note(&self, answered: Answered) {
        match answered {
            Answered::Done(Ok(())) => {}
            Answered::Done(Err(error)) => {
                self.note_failure(&error);
                let mut failure = self.failure.borrow_mut();
                // That something else has failed is no cause.
                if failure.as_ref().is_none_or(SqlError::is_of_failed_transaction) {
                    *failure = Some(error);
                }
            }
            Answered::Prepared(sql, Ok(statement)) => _ = self.statements.borrow_mut().insert(sql, Some(statement)),
            // Whoever ran it hears why.
            Answered::Prepared(sql, Err(_)) => _ = self.statements.borrow_mut().remove(&sql),
        }
    }

    /// Takes in what has been answered; ready when all is. Unless this is done while others wait for answers, one that nobody
    /// takes may keep theirs back.
    pub(super) fn poll_open(&self, cx: &mut Context<'_>) -> Poll<Result<(), SqlError>> {
        let mut open = self.open.borrow_mut();
        let is_done = loop {
            match open.poll_next(cx) {
                Poll::Ready(Some(answered)) => self.note(answered),
                Poll::Ready(None) => break true,
                Poll::Pending => break false,
            }
        };
        match self.failure.borrow_mut().take() {
            Some(failure) => Poll::Ready(Err(failure)),
            None if is_done => Poll::Ready(Ok(())),
            None => Poll::Pending,
        }
    }

    /// The statement, if it is prepared. The first time that is asked for beside it.
    async fn prepared(&self, sql: &str) -> Option<Statement> {
        if !self.keeps_statements.get() {
            return None;
        }
        if let Some(known) = self.statements.borrow().get(sql) {
            return known.clone();
        }
        self.expect_statement(sql);
        let (client, text) = (Arc::clone(&self.client), sql.to_owned());
        self.begin(async move {
            let prepared = client.prepare(&numbered(&text)).await;
            Answered::Prepared(text, prepared)
        })
        .await;
        None
    }

    fn expect_statement(&self, sql: &str) {
        let mut statements = self.statements.borrow_mut();
        if statements.len() >= STATEMENTS {
            statements.clear();
        }
        statements.insert(sql.to_owned(), None);
    }

    /// Runs statements that take no values.
    pub(super) async fn batch(&self, sql: &str) -> Result<(), SqlError> {
        Ok(self.client.batch_execute(sql).await?)
    }

    /// Runs statements that take no values; gives their rows, as text.
    pub(super) async fn texts(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>, SqlError> {
        let messages = self.client.simple_query(sql).await?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Ok(rows.map(|row| (0..row.len()).map(|column| row.get(column).map(String::from)).collect()).collect())
    }

    /// Commits. It is sent along with what was sent before, and done only where none of that failed: in a transaction that
    /// failed PostgreSQL takes `COMMIT` for `ROLLBACK`, and does not call that an error, but of any other statement it does, and
    /// leaves out what comes with it. What the server has warned of meanwhile may be that it did not wait for its replica.
    pub(super) async fn commit(&self) -> Result<(), SqlError> {
        drop(self.warning());
        self.may_be_committed.set(true);
        let mut commit = pin!(self.batch("SELECT 1; COMMIT"));
        let early = poll_once(&mut commit).await;
        self.answered().await?;
        match early {
            Some(done) => done,
            None => commit.await,
        }
        .inspect_err(|error| {
            if error.is_of_failed_transaction() {
                self.may_be_committed.set(false);
            }
        })?;
        match self.warning() {
            None => Ok(()),
            Some(warning) => Err(SqlError::away(format!("PostgreSQL committed with a warning: {warning}"))),
        }
    }

    /// Waits for the answers to all that was sent.
    async fn answered(&self) -> Result<(), SqlError> {
        poll_fn(|cx| self.poll_open(cx)).await
    }

    /// Why a statement has failed: where one before it did, whose answer nobody has waited for, because of that.
    pub(super) async fn cause_of(&self, error: SqlError) -> SqlError {
        if error.is_of_failed_transaction() { self.answered().await.err().unwrap_or(error) } else { error }
    }

    /// What PostgreSQL has refused before it came to `COMMIT` it has not committed.
    pub(super) fn note_failure(&self, error: &SqlError) {
        if error.is_from_server() {
            self.may_be_committed.set(false);
        }
    }

    pub(super) fn may_be_committed(&self) -> bool {
        self.may_be_committed.get()
    }

    /// Another transaction is begun here, whatever became of the last one.
    pub(super) fn forget_transaction(&self) {
        self.may_be_committed.set(false);
        drop(self.open.take());
        self.failure.take();
    }

    fn warning(&self) -> Option<String> {
        self.warned.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl SqlError {
    /// Whether PostgreSQL has answered so, and not the connection ended, or time.
    fn is_from_server(&self) -> bool {
        matches!(self, Self::Postgres(error) if error.code().is_some())
    }

    /// Whether an earlier statement of the transaction has failed.
    fn is_of_failed_transaction(&self) -> bool {
        matches!(self, Self::Postgres(error) if error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION))
    }
}

/// A statement as PostgreSQL takes it.
fn numbered(sql: &str) -> String {
    sql.replace('?', "$")
}
