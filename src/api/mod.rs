//! What programs call: `/invites_api`, `/api/v1` and the operator's pages.
//!
//! A call to `/api/v1` comes in by [`call`], which lets its key in; its body and query are read by [`fields`]; what it
//! is answered with reads as in [`view`]; and [`openapi`] describes all of it, with the [`schemas`] of its types and [`rules`]
//! for its texts. What comes again is known by [`again`].
//! What has many invites needs a [`permit`].

mod again;
pub mod call;
pub mod cors;
pub mod cursor;
mod events;
pub mod fields;
pub mod invites;
pub mod invites_api;
pub mod openapi;
pub mod ops;
mod permit;
pub mod redeem;
pub mod register;
pub mod rules;
mod schemas;
pub mod this_key;
pub mod tree;
pub mod view;
