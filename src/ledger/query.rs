//! What the ledger is asked for in lists and counts, and what it tells.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::error::SqlError;
use crate::invite::name::{HostName, KeyId, Username};
use crate::invite::{Invite, InviteId, KindName, Source, Status};

/// Which invites to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of these hosts.
    pub hosts: Option<BTreeSet<HostName>>,
    /// Of this kind.
    pub kind: Option<KindName>,
    /// Bound to this name.
    pub username: Option<Username>,
    /// Of this inviter: a text that was given as such, or the address of a user who is the contact, or had the invite created
    /// in an app.
    pub inviter: Option<String>,
    /// In this state.
    pub status: Option<Status>,
    /// Made by this source.
    pub source: Option<Source>,
    /// Older than this one, for paging.
    pub before: Option<InviteId>,
    /// This one, or newer.
    pub since: Option<InviteId>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// Invites, and rows that should have been some.
#[derive(Debug, Default)]
pub(super) struct ReadInvites {
    pub(super) invites: Vec<Invite>,
    pub(super) unreadable: Vec<(InviteId, SqlError)>,
}

/// How many invites a source has on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Census {
    /// The host.
    pub host: HostName,
    /// The source.
    pub source: Source,
    /// Those that can be redeemed.
    pub pending: u64,
    /// Those that have expired.
    pub expired: u64,
}

/// When a key was last used.
pub type LastUse = BTreeMap<KeyId, Timestamp>;
