//! The rules of the ledger as statements: the same ones for every engine.
//!
//! What writes runs in a [`Transaction`], of which there is one at a time, also when several processes or nodes share
//! the ledger: so whatever it reads stays true until it is committed. What only reads is a [`Store`].

mod adopt;
mod amend;
mod answers;
mod app_tokens;
mod create;
mod limits;
mod list;
mod names;
mod once;
mod passed_time;
mod redeem;
mod registrations;
mod rows;
mod sweep;
mod transaction;
mod uses;

pub(super) use once::OneTimeUse;
pub(super) use transaction::{Memory, Store, Transaction};
