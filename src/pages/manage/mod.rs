//! `/manage`: invites, for people who are no admins of the machine. Rules are the desk's ([`crate::desk::manage`]); here they are
//! drawn. What somebody may not do is not offered.
//!
//! | path | |
//! |---|---|
//! | [`list`] | `/manage`: invites, newest first; the way in for whoever is not signed in |
//! | [`sign_in`] | `POST /manage`, `/manage/sign-out` |
//! | [`create`] | `/manage/new`: a new one |
//! | [`invite`] | `/manage/invites/ID`: one, with its link, and what can be done with it |
//! | [`card`] | `/manage/card/ID`: the same to be printed |
//! | [`tree`] | `/manage/tree`: who invited whom |
//!
//! `input` is what is filled in for a new one, `input_errors` what is wrong with that, `visit` who visits.

pub mod card;
pub mod create;
mod input;
mod input_errors;
pub mod invite;
pub mod list;
pub mod sign_in;
pub mod tree;
mod visit;
