//! Invites that are written together, by one statement.

use crate::invite::name::Username;
use crate::invite::{Invite, inviter};
use crate::ledger::value::OwnedValue;

/// A column each.
#[derive(Default)]
pub(super) struct GatheredInvites {
    ids: Vec<Option<i64>>,
    kinds: Vec<Option<String>>,
    hosts: Vec<Option<String>>,
    sources: Vec<Option<String>>,
    usernames: Vec<Option<String>>,
    contacts: Vec<Option<String>>,
    inviters: Vec<Option<String>>,
    groups: Vec<Option<String>>,
    roles: Vec<Option<String>>,
    notes: Vec<Option<String>>,
    uses: Vec<Option<i64>>,
    created_at: Vec<Option<i64>>,
    expires_at: Vec<Option<i64>>,
    app_tokens: Vec<Option<Vec<u8>>>,
    app_expire_at: Vec<Option<i64>>,
    invited_by: Vec<Option<String>>,
}

/// A list as the ledger has it.
pub(super) fn json(list: &[String]) -> Option<String> {
    (!list.is_empty()).then(|| serde_json::Value::from(list).to_string())
}

impl GatheredInvites {
    pub(super) fn add(&mut self, invite: &Invite) {
        let draft = &invite.draft;
        self.ids.push(Some(invite.id.to_row()));
        self.kinds.push(Some(draft.kind.name().word().to_owned()));
        self.hosts.push(Some(draft.host.as_str().to_owned()));
        self.sources.push(Some(draft.source.to_string()));
        self.usernames.push(draft.kind.username().map(|name| Username::as_str(name).to_owned()));
        self.contacts.push(draft.kind.contact().map(ToString::to_string));
        self.inviters.push(draft.inviter.clone());
        self.groups.push(json(&draft.groups));
        self.roles.push(json(&draft.roles));
        self.notes.push(draft.note.clone());
        self.uses.push(Some(draft.uses.into()));
        self.created_at.push(Some(draft.created_at.as_millisecond()));
        self.expires_at.push(Some(draft.expires_at.as_millisecond()));
        self.app_tokens.push(draft.app_token.as_ref().map(|token| token.sealed.clone()));
        self.app_expire_at.push(draft.app_token.as_ref().map(|token| token.expires_at.as_millisecond()));
        self.invited_by.push(inviter::address_of(draft).map(|address| address.to_string()));
    }

    /// What writes them, if there are any. An id that is there already is an error.
    pub(super) fn statement(self) -> Option<(&'static str, Vec<OwnedValue>)> {
        // They are counted, too, for themselves: several may add at the same time.
        const STATEMENT: &str = "WITH created AS (INSERT INTO invite \
                                 (id, kind, host, source, username, contact, inviter, groups, roles, note, uses, \
                                 created_at, expires_at, app_token, app_expires_at, invited_by) SELECT * FROM unnest(\
                                 ?1::bigint[], ?2::text[], ?3::text[], ?4::text[], ?5::text[], ?6::text[], ?7::text[], \
                                 ?8::text[], ?9::text[], ?10::text[], ?11::bigint[], ?12::bigint[], ?13::bigint[], \
                                 ?14::bytea[], ?15::bigint[], ?16::text[]) RETURNING id, source, host, expires_at), \
                                 expired AS (INSERT INTO expired_invite (id) \
                                 SELECT id FROM created WHERE expires_at <= (SELECT until FROM counted)) \
                                 INSERT INTO pending_count AS own (source, host, slot, pending) \
                                 SELECT source, host, pg_backend_pid(), count(*) FROM created \
                                 WHERE expires_at > (SELECT until FROM counted) GROUP BY source, host \
                                 ON CONFLICT (source, host, slot) DO UPDATE SET pending = own.pending + excluded.pending";
        if self.ids.is_empty() {
            return None;
        }
        let values = vec![
            OwnedValue::Integers(self.ids),
            OwnedValue::Texts(self.kinds),
            OwnedValue::Texts(self.hosts),
            OwnedValue::Texts(self.sources),
            OwnedValue::Texts(self.usernames),
            OwnedValue::Texts(self.contacts),
            OwnedValue::Texts(self.inviters),
            OwnedValue::Texts(self.groups),
            OwnedValue::Texts(self.roles),
            OwnedValue::Texts(self.notes),
            OwnedValue::Integers(self.uses),
            OwnedValue::Integers(self.created_at),
            OwnedValue::Integers(self.expires_at),
            OwnedValue::ByteStrings(self.app_tokens),
            OwnedValue::Integers(self.app_expire_at),
            OwnedValue::Texts(self.invited_by),
        ];
        Some((STATEMENT, values))
    }
}
