//! Statements that create invites.

use jiff::Timestamp;
use rand::Rng as _;

use super::limits::judge;
use super::transaction::{Store, Transaction};
use crate::invite::name::Username;
use crate::invite::{Draft, Invite, InviteId};
use crate::ledger::answers::Repeatable;
use crate::ledger::error::{CreateError, SqlError};
use crate::ledger::limits::SourceLimits;

impl Transaction<'_> {
    /// Creates invites, all or none. The inner result is the caller's; the outer one fails the transaction.
    pub(in crate::ledger) fn create(
        &mut self,
        drafts: Vec<Draft>,
        limits: Option<&SourceLimits>,
    ) -> Result<Result<Vec<Invite>, CreateError>, SqlError> {
        let Some(now) = drafts.first().map(|draft| draft.created_at) else { return Ok(Ok(vec![])) };
        let count = u32::try_from(drafts.len()).unwrap_or(u32::MAX);
        for (at, draft) in drafts.iter().enumerate() {
            if let Some(name) = draft.kind.reserves() {
                let twice =
                    drafts[..at].iter().any(|other| other.host == draft.host && other.kind.reserves() == Some(name));
                if twice || self.is_reserved(&draft.host, name, None, now)? {
                    return Ok(Err(CreateError::NameReserved(name.clone())));
                }
            }
        }
        let used = match limits {
            Some(limits) => {
                let known = self.memory.rates.get(&*limits.account()).copied();
                match judge(self.sql, limits, known, count, now)? {
                    Ok(used) => Some((limits, used)),
                    Err(refusal) => {
                        self.note_refused(limits, known, now)?;
                        return Ok(Err(refusal));
                    }
                }
            }
            None => None,
        };
        let invites = drafts.into_iter().map(|draft| self.insert(draft)).collect::<Result<Vec<_>, SqlError>>()?;
        if let Some((limits, used)) = used {
            self.note_use(limits, now, used)?;
        }
        Ok(Ok(invites))
    }

    pub(super) fn insert(&mut self, draft: Draft) -> Result<Invite, SqlError> {
        let json = |list: &[String]| (!list.is_empty()).then(|| serde_json::Value::from(list).to_string());
        let (source, contact) = (draft.source.to_string(), draft.kind.contact().map(ToString::to_string));
        let (groups, roles) = (json(&draft.groups), json(&draft.roles));
        let last = if self.memory.last_id.is_some() {
            self.memory.last_id
        } else {
            let newest = self.sql.first("SELECT max(id) FROM invite", &[], |row| row.maybe_integer(0))?;
            newest.flatten().map(InviteId::from_row)
        };
        let mut id = InviteId::after(last, draft.created_at, self.rng.next_u32());
        // Another process may have taken the id; then the next one is tried.
        while self.sql.execute(
            "INSERT INTO invite \
             (id, kind, host, source, username, contact, inviter, groups, roles, note, uses, created_at, expires_at, \
             app_token, app_expires_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) ON CONFLICT (id) DO NOTHING",
            &[
                id.to_row().into(),
                draft.kind.name().word().into(),
                draft.host.as_str().into(),
                source.as_str().into(),
                draft.kind.username().map(Username::as_str).into(),
                contact.as_deref().into(),
                draft.inviter.as_deref().into(),
                groups.as_deref().into(),
                roles.as_deref().into(),
                draft.note.as_deref().into(),
                draft.uses.into(),
                draft.created_at.as_millisecond().into(),
                draft.expires_at.as_millisecond().into(),
                draft.app_token.as_ref().map(|token| token.sealed.as_slice()).into(),
                draft.app_token.as_ref().map(|token| token.expires_at.as_millisecond()).into(),
            ],
        )? == 0
        {
            id = InviteId::after(Some(id), draft.created_at, self.rng.next_u32());
        }
        self.memory.last_id = Some(id);
        Ok(Invite::from((id, draft)))
    }
}

impl Store<'_> {
    /// Whether invites would be created: neither were they before, nor does a limit forbid it.
    pub(in crate::ledger) fn would_create(
        self,
        limits: &SourceLimits,
        count: usize,
        request: Option<&Repeatable>,
        now: Timestamp,
    ) -> Result<bool, SqlError> {
        if let Some(request) = request
            && self.is_answered(request, now)?
        {
            return Ok(false);
        }
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Ok(judge(self.0, limits, None, count, now)?.is_ok())
    }
}
