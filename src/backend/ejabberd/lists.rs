//! The last answer of `list_invites`.

use std::collections::HashMap;
use std::time::Instant;

use async_lock::Mutex;

use super::tokens::Listed;

pub(super) const LIST: &str = "list_invites";

/// The last answer of `list_invites`, which takes long where there are many. Whoever deletes a token holds it, too: our
/// own deletions make no list of ours fail.
#[derive(Default)]
pub(super) struct Lists(pub(super) Mutex<Option<List>>);

pub(super) struct List {
    pub(super) began: Instant,
    pub(super) rows: HashMap<String, Listed>,
}
