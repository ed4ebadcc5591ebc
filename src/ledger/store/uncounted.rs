//! Invites that were added, and are not yet counted: see `pending.rs`.

use std::collections::BTreeMap;

use crate::invite::{Draft, InviteId};

/// What was added in a transaction, and is not yet counted.
#[derive(Default)]
pub(super) struct UncountedInvites(AddedInvites);

/// When each expires, and which it is, by source and host.
type AddedInvites = BTreeMap<(String, String), Vec<(i64, InviteId)>>;

impl UncountedInvites {
    pub(super) fn add(&mut self, id: InviteId, source: String, draft: &Draft) {
        let place = (source, draft.host.as_str().to_owned());
        self.0.entry(place).or_default().push((draft.expires_at.as_millisecond(), id));
    }

    /// All of it, to be counted.
    pub(super) fn take(&mut self) -> AddedInvites {
        std::mem::take(&mut self.0)
    }
}
