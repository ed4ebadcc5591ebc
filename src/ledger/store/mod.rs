//! The rules of the ledger as statements: the same ones for every engine.
//!
//! What writes runs in a [`Transaction`], of which there is one at a time that judges, also when several processes or nodes
//! share the ledger: so whatever it reads stays true until it is committed. In PostgreSQL those who wait together do what they
//! want in one transaction at the same time, and wait for each other where they meet (`locks.rs`, [`Batch`]). What only reads is a
//! [`Store`].

mod adopt;
mod amend;
mod answers;
mod app_tokens;
mod batch;
mod channels;
mod create;
mod expiry;
mod gathered;
mod gathered_outbox;
mod letter;
mod limits;
mod list;
mod list_path;
mod locks;
mod mail;
mod names;
mod news;
mod once;
mod outbox;
mod outbox_entry;
mod passed_time;
mod pending;
mod redeem;
mod registrations;
mod rows;
mod sweep;
mod transaction;
mod tree;
mod uncounted;
mod uses;

pub(super) use batch::{Batch, NodeIds};
pub(super) use expiry::ExpiryKind;
pub use letter::{KeptLetter, MAIL_CHANNEL, OutgoingLetter};
pub use news::MESSAGE_CHANNEL;
pub use once::OneTimeUse;
pub(super) use transaction::{Memory, Store, Transaction};
