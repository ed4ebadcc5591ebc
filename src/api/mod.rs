//! What programs call.

pub mod invites_api;
