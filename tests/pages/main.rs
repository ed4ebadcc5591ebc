//! What guests see, with an XMPP server that does what it is told.

mod accounts;
mod brand;
#[path = "../common/mod.rs"]
mod common;
mod demo;
mod guests;
mod landing;
mod pages;
mod register;
mod sign_up;
mod text_browsers;
