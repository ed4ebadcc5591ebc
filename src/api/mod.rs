//! What programs call.

pub mod invites;
pub mod invites_api;
