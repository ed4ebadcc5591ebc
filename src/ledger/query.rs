//! What the ledger is asked for in lists and counts, and what it tells.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::error::SqlError;
use crate::invite::name::{HostName, Jid, KeyId, Username};
use crate::invite::{Invite, InviteId, Inviter, KindName, Source, Status};

/// Which invites to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of these hosts.
    pub hosts: Option<BTreeSet<HostName>>,
    /// Of this kind.
    pub kind: Option<KindName>,
    /// Bound to this name.
    pub username: Option<Username>,
    /// Of this inviter: an address (see [`Inviter`]), or a text that was given as such.
    pub inviter: Option<String>,
    /// In this state.
    pub status: Option<Status>,
    /// Made by this source.
    pub source: Option<Source>,
    /// Older than this one, for paging.
    pub before: Option<InviteId>,
}

/// A page of a list of invites.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedInvites {
    /// Newest first.
    pub invites: Vec<Invite>,
    /// The next page is of those that are older than this one; nothing where there is none. There may be a next one although this
    /// one has few, or none.
    pub next: Option<InviteId>,
}

/// Invites, and rows that should have been some.
#[derive(Debug, Default)]
pub(super) struct ReadInvites {
    pub(super) invites: Vec<Invite>,
    pub(super) unreadable: Vec<(InviteId, SqlError)>,
    /// See [`ListedInvites`].
    pub(super) next: Option<InviteId>,
}

/// An account that was created with an invite, and who invited it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitedAccount {
    /// The account.
    pub account: Jid,
    /// Who invited it, as `source` has it.
    pub inviter: Inviter,
    /// Who had the invite created.
    pub source: Source,
    /// What the invite was called by.
    pub invite: InviteId,
    /// When.
    pub at: Timestamp,
}

/// Which accounts to list, with who invited them.
#[derive(Clone, Debug, Default)]
pub struct TreeFilter {
    /// On these hosts. Accounts elsewhere are not looked at, nor is whom they invited.
    pub hosts: Option<BTreeSet<HostName>>,
    /// Whom this one has invited.
    pub inviter: Option<Inviter>,
    /// And whom those have invited, and so on.
    pub is_deep: bool,
    /// Whose address comes after this one, for paging.
    pub after: Option<Jid>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// What was revoked of an inviter.
#[derive(Clone, Debug, Default)]
pub struct RevokedInvites {
    /// Those invites that were pending, as they are now.
    pub invites: Vec<Invite>,
    /// The accounts that were invited before.
    pub accounts: Vec<InvitedAccount>,
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

/// What goes into the outbox to remind somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// The channel.
    pub channel: String,
    /// The topic.
    pub topic: String,
    /// What is sent.
    pub body: Vec<u8>,
}
