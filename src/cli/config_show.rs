//! `invited config show`: what is in force, and who set it.

use serde_json::json;

use super::global::Global;
use super::outcome::Outcome;
use super::terminal::{print, print_json};
use crate::config;

pub(super) fn show(global: &Global, is_json: bool) -> Outcome {
    let merged = global.merge();
    if is_json {
        return print_json(&json!({ "settings": config::shown(&merged)? }));
    }
    print(&config::show(&merged)?)
}
