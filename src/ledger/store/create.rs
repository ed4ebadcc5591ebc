//! Statements that create invites.

use futures_lite::future::try_zip;
use futures_util::future::try_join_all;
use jiff::Timestamp;

use super::gathered::json;
use super::letter::OutgoingLetter;
use super::limits::judge;
use super::locks::LockKey;
use super::transaction::{Store, Transaction};
use crate::invite::event::EventKind;
use crate::invite::name::Username;
use crate::invite::{Draft, Invite, InviteId, inviter};
use crate::ledger::answers::Repeatable;
use crate::ledger::error::{CreateError, SqlError};
use crate::ledger::limits::SourceLimits;

impl Transaction<'_> {
    /// Creates invites, all or none. The inner result is the caller's; the outer one fails the transaction.
    pub(in crate::ledger) async fn create(
        &self,
        drafts: Vec<Draft>,
        limits: Option<&SourceLimits>,
        letter: Option<&OutgoingLetter>,
    ) -> Result<Result<Vec<Invite>, CreateError>, SqlError> {
        let Some(now) = drafts.first().map(|draft| draft.created_at) else { return Ok(Ok(vec![])) };
        let count = u32::try_from(drafts.len()).unwrap_or(u32::MAX);
        // All questions are asked before any answer is waited for.
        let mut names: Vec<_> = drafts.iter().filter_map(|draft| Some((&draft.host, draft.kind.reserves()?))).collect();
        names.sort_unstable();
        names.dedup();
        let mut locks = Vec::new();
        for (host, name) in names {
            locks.push(self.lock(LockKey::Name(host.clone(), name.clone())).await);
        }
        let reserved = drafts.iter().enumerate().filter_map(|(at, draft)| {
            let name = draft.kind.reserves()?;
            let is_same = |other: &Draft| other.host == draft.host && other.kind.reserves() == Some(name);
            let twice = drafts[..at].iter().any(is_same);
            Some(async move {
                let is_reserved = twice || self.is_reserved(&draft.host, name, None, now).await?;
                Ok::<_, SqlError>(is_reserved.then_some(name))
            })
        });
        let judged = async {
            let Some(limits) = limits else { return Ok(None) };
            let lock = self.lock(LockKey::Account(limits.account().into_owned())).await;
            Ok(Some((limits, self.judge(limits, count, now).await?, lock)))
        };
        let reserved = async {
            if self.batch.is_some() {
                return try_join_all(reserved).await;
            }
            // Many at a time may be put off, where nothing is waited for.
            let mut names = Vec::new();
            for name in reserved {
                names.push(name.await?);
            }
            Ok(names)
        };
        let (reserved, judged) = try_zip(reserved, judged).await?;
        if let Some(name) = reserved.into_iter().flatten().next() {
            return Ok(Err(CreateError::NameReserved(name.clone())));
        }
        let mut used = None;
        if let Some((limits, judged, lock)) = judged {
            locks.push(lock);
            match judged {
                Ok(rate) => used = Some((limits, rate)),
                Err(refusal) => {
                    self.note_refused(limits, now).await?;
                    return Ok(Err(refusal));
                }
            }
        }
        let mut mail = None;
        if let Some(letter) = letter {
            match self.judge_mail(letter, now).await? {
                Ok(taken) => mail = Some((letter, taken)),
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        let mut invites = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let invite = self.insert(draft).await?;
            self.announce(EventKind::InviteCreated, &invite, None, (now, now)).await?;
            invites.push(invite);
        }
        if let Some((limits, used)) = used {
            self.note_use(limits, now, used).await?;
        }
        if let (Some((letter, taken)), Some(invite)) = (mail, invites.first()) {
            self.put_letter(letter, taken, invite.id, now).await?;
        }
        Ok(Ok(invites))
    }

    pub(super) async fn insert(&self, draft: Draft) -> Result<Invite, SqlError> {
        if let Some(batch) = self.batch {
            let id = batch.next_id(draft.created_at, self.random()).await;
            let invite = Invite::from((id, draft));
            batch.gather(&invite);
            return Ok(invite);
        }
        let (source, contact) = (draft.source.to_string(), draft.kind.contact().map(ToString::to_string));
        let invited_by = inviter::address_of(&draft).map(|address| address.to_string());
        let (groups, roles) = (json(&draft.groups), json(&draft.roles));
        let mut last = self.memory.borrow().last_id;
        if last.is_none() {
            let newest = self.sql.first("SELECT max(id) FROM invite", &[], |row| row.maybe_integer(0)).await?;
            last = newest.flatten().map(InviteId::from_row);
        }
        let mut id = InviteId::after(last, draft.created_at, self.random());
        // Another process may have taken the id; then the next one is tried.
        while self
            .sql
            .execute(
                "INSERT INTO invite \
             (id, kind, host, source, username, contact, inviter, groups, roles, note, uses, created_at, expires_at, \
             app_token, app_expires_at, invited_by) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) ON CONFLICT (id) DO NOTHING",
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
                    invited_by.as_deref().into(),
                ],
            )
            .await?
            == 0
        {
            id = InviteId::after(Some(id), draft.created_at, self.random());
        }
        let mut memory = self.memory.borrow_mut();
        memory.last_id = Some(id);
        memory.uncounted.add(id, source, &draft);
        drop(memory);
        Ok(Invite::from((id, draft)))
    }
}

impl Store<'_> {
    /// Whether invites would be created: neither were they before, nor does a limit forbid it.
    pub(in crate::ledger) async fn would_create(
        self,
        limits: &SourceLimits,
        count: usize,
        request: Option<&Repeatable>,
        now: Timestamp,
    ) -> Result<bool, SqlError> {
        if let Some(request) = request
            && self.is_answered(request, now).await?
        {
            return Ok(false);
        }
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Ok(judge(self.0, limits, None, count, now).await?.is_ok())
    }
}
