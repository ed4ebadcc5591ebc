//! How accounts and app tokens come to be on a host's XMPP server.
//!
//! [`Adapter`] is what a kind of server can be asked, and each kind is a stranger to the others. [`Backend`] stands
//! before an adapter and keeps the service whole when the server is not: every call has a deadline, few may wait, and a
//! server that is away is left alone for a while. Whether somebody may have an account is never decided here: that is the
//! ledger's.
//!
//! | module | what it has |
//! |---|---|
//! | `hosts` | the backends of all hosts |
//! | `guarded` | a backend as the desk calls it |
//! | `breaker`, `calls`, `status` | when it is left alone, how many calls it has, how it is |
//! | [`prosody`], [`ejabberd`], [`xmpp`] | the kinds of servers |
//! | `demo` | a pretend one |
//! | `dns`, `net` | how servers are found and connected to |
//! | `adapter` | what can be asked |
//! | `question` | what a server asks, and is answered |
//! | `account`, `token`, `examination`, `error` | what for, and what is answered |

mod account;
mod adapter;
mod breaker;
mod calls;
mod demo;
mod dns;
pub mod ejabberd;
mod error;
mod examination;
mod guarded;
mod hosts;
mod net;
pub mod prosody;
mod question;
mod status;
mod token;
pub mod xmpp;

pub use account::{NewAccount, NewPassword, is_kept};
pub use adapter::{Abilities, Adapter, DEADLINE, InApp};
pub use error::{CallError, Refusal};
pub use examination::{Examination, Finding};
pub use guarded::Backend;
pub use hosts::Backends;
pub use question::{InAppRefusal, InAppStep, Question, Questions, Verdict, Welcome};
pub use status::State;
pub use token::{End, Mint, Minted, Own, Room, TokenDetails, TokenState};
