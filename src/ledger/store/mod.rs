//! The rules of the ledger as statements: the same ones for every engine.
//!
//! What writes runs in a [`Transaction`], of which there is one at a time, also when several processes or nodes share
//! the ledger: so whatever it reads stays true until it is committed.

mod answers;
mod once;
mod read;
mod rows;
mod uses;
mod write;

use std::collections::HashMap;

use jiff::Timestamp;
use rand::rngs::StdRng;

use super::sql::Sql;
use crate::invite::InviteId;
use crate::rate::Used;
pub(super) use once::Spend;
pub(super) use read::Store;

/// What the writer knows without asking; forgotten when a transaction fails, and where others write, too.
#[derive(Default)]
pub(super) struct Memory {
    last_id: Option<InviteId>,
    rates: HashMap<String, Used>,
    /// When the use of each key was last written.
    noted: HashMap<String, Timestamp>,
}

/// A transaction under way.
pub(super) struct Transaction<'a> {
    pub(super) sql: Sql<'a>,
    pub(super) memory: &'a mut Memory,
    /// Keeps ids of several processes apart. They are no secrets, so the operating system is not asked for each.
    pub(super) rng: &'a mut StdRng,
}
