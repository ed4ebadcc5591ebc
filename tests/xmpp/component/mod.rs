//! `[component]`: the commands of XEP-0401 for users, on a component (XEP-0114) of real servers, and of scripted ones that
//! do what no real one does when it is told to.

mod adhoc;
mod at_ejabberd;
mod check;
mod connection;
mod fake_port;
mod names;
mod news;
mod news_nodes;
mod per_user;
mod place;
mod sessions;
mod stream;
mod users;
