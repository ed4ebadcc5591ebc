//! `[component]`: the commands of XEP-0401 for users, on a component (XEP-0114) of real servers, and of scripted ones that
//! do what no real one does when it is told to.

mod adhoc;
mod at_ejabberd;
#[path = "../common/browser.rs"]
mod browser;
mod check;
#[path = "../common/mod.rs"]
mod common;
mod connection;
#[path = "../common/ejabberd.rs"]
mod ejabberd;
mod fake_port;
#[path = "../common/form.rs"]
mod form;
#[path = "../common/hostile.rs"]
mod hostile;
mod names;
mod news;
mod per_user;
mod place;
#[path = "../common/prosody.rs"]
mod prosody;
mod sessions;
#[path = "../common/slixmpp.rs"]
mod slixmpp;
mod stream;
mod users;
