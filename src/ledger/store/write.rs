//! What a transaction does: every statement that writes.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::Rng as _;

use super::Transaction;
use super::read::rate_used;
use super::rows::{COLUMNS, IS_PENDING, find, read_invite, with_redemptions};
use crate::invite::name::{HostName, Username};
use crate::invite::{Change, Draft, Invite, InviteId};
use crate::ledger::error::SqlError;
use crate::ledger::{ChangeError, CreateError, LedgerError, Terms};
use crate::rate::{Used, UsedUp};

/// When a key was last used is written so often; a limit that is used, always.
const NOTE_EVERY: SignedDuration = SignedDuration::from_secs(10);

/// A sweep looks at so many rows in one transaction, so that creates never wait long for it.
const SWEEP_ROWS: i64 = 2_000;

/// What one slice of a sweep did.
pub(in crate::ledger) struct Swept {
    pub(in crate::ledger) dropped: u64,
    /// Where the next slice begins, if there is one.
    pub(in crate::ledger) next: Option<InviteId>,
}

impl Transaction<'_> {
    /// Makes invites, all or none. The inner result is the caller's; the outer one fails the transaction.
    pub(in crate::ledger) fn create(
        &mut self,
        drafts: Vec<Draft>,
        terms: Option<&Terms>,
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
        let used = match terms {
            Some(terms) => match self.judge(terms, now, count)? {
                Ok(used) => Some((terms, used)),
                Err(refusal) => return Ok(Err(refusal)),
            },
            None => None,
        };
        let invites = drafts.into_iter().map(|draft| self.insert(draft)).collect::<Result<Vec<_>, SqlError>>()?;
        if let Some((terms, used)) = used {
            self.note_use(terms, now, used)?;
        }
        Ok(Ok(invites))
    }

    /// Changes an invite.
    pub(in crate::ledger) fn change(
        &mut self,
        id: InviteId,
        change: Change,
        terms: Option<&Terms>,
        now: Timestamp,
    ) -> Result<Result<Invite, ChangeError>, SqlError> {
        let Some(mut invite) = find(self.sql, id)? else { return Ok(Err(ChangeError::Absent)) };
        let revives = match change.apply(&mut invite, now) {
            Ok(revives) => revives,
            Err(error) => return Ok(Err(ChangeError::Uses(error))),
        };
        if revives {
            if let Some(name) = invite.draft.kind.reserves()
                && (self.is_reserved(&invite.draft.host, name, Some(id), now)?
                    || self.is_taken(&invite.draft.host, name)?)
            {
                return Ok(Err(ChangeError::NameReserved(name.clone())));
            }
            if let Some(terms) = terms
                && let Some(retry_after) = self.lacks_room(terms, now, 1)?
            {
                return Ok(Err(ChangeError::Pending { retry_after }));
            }
        }
        self.sql.execute(
            "UPDATE invite SET note = ?2, expires_at = ?3, uses = ?4, revoked_at = ?5, \
             spent_at = CASE WHEN used < ?4 THEN NULL ELSE coalesce(spent_at, ?6) END WHERE id = ?1",
            &[
                id.to_row().into(),
                invite.draft.note.as_deref().into(),
                invite.draft.expires_at.as_millisecond().into(),
                invite.draft.uses.into(),
                invite.revoked_at.map(Timestamp::as_millisecond).into(),
                now.as_millisecond().into(),
            ],
        )?;
        Ok(Ok(invite))
    }

    /// Whether another pending invite than `except` reserves the name.
    pub(super) fn is_reserved(
        &self,
        host: &HostName,
        name: &Username,
        except: Option<InviteId>,
        now: Timestamp,
    ) -> Result<bool, SqlError> {
        let statement = format!(
            "SELECT 1 FROM invite WHERE host = ?2 AND username = ?3 AND kind <> 'reset' \
             AND id IS DISTINCT FROM ?4 AND {IS_PENDING} LIMIT 1"
        );
        let except = except.map(InviteId::to_row).into();
        self.sql.any(&statement, &[now.as_millisecond().into(), host.as_str().into(), name.as_str().into(), except])
    }

    /// Whether an invite was redeemed for the name, or is just being.
    pub(super) fn is_taken(&self, host: &HostName, name: &Username) -> Result<bool, SqlError> {
        let statement = "SELECT 1 FROM redemption WHERE host = ?1 AND account = ?2 LIMIT 1";
        self.sql.any(statement, &[host.as_str().into(), name.as_str().into()])
    }

    /// How long until the key may have `count` more pending invites, if it may not now.
    fn lacks_room(&self, terms: &Terms, now: Timestamp, count: u32) -> Result<Option<Duration>, SqlError> {
        let Some(max_pending) = terms.max_pending else { return Ok(None) };
        let statement = format!(
            "SELECT count(*), min(expires_at) FROM \
             (SELECT expires_at FROM invite WHERE source = ?2 AND {IS_PENDING} LIMIT ?3) AS pending"
        );
        let source = terms.source.to_string();
        let values = [now.as_millisecond().into(), source.as_str().into(), max_pending.into()];
        let counted = self.sql.first(&statement, &values, |row| Ok((row.number(0)?, row.maybe_integer(1)?)))?;
        let (pending, next) = counted.unwrap_or_default();
        Ok((pending.saturating_add(count) > max_pending).then(|| {
            let wait = next.map_or(0, |next| next.saturating_sub(now.as_millisecond()));
            Duration::from_millis(u64::try_from(wait).unwrap_or(0).max(1_000))
        }))
    }

    /// Whether the key may make `count` more, and what is used of its rate then.
    fn judge(&mut self, terms: &Terms, now: Timestamp, count: u32) -> Result<Result<Used, CreateError>, SqlError> {
        if let Some(retry_after) = self.lacks_room(terms, now, count)? {
            return Ok(Err(CreateError::Pending { retry_after }));
        }
        let account = terms.account();
        let used = match self.memory.rates.get(&*account) {
            Some(used) => *used,
            None => rate_used(self.sql, &account)?,
        };
        Ok(match terms.limit {
            Some(limit) => {
                limit.take(used, now, count).map_err(|UsedUp { retry_after }| CreateError::Limit { retry_after })
            }
            None => Ok(used),
        })
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

    /// Writes what is used of a limit with every invite; when a key was last used, now and then.
    fn note_use(&mut self, terms: &Terms, now: Timestamp, used: Used) -> Result<(), SqlError> {
        let account = terms.account();
        let noted = self.memory.noted.get(&*account);
        if terms.limit.is_none() && noted.is_some_and(|at| now.duration_since(*at) < NOTE_EVERY) {
            return Ok(());
        }
        self.sql.execute(
            "INSERT INTO key_use (key, last_used_at, rate_used) VALUES (?1, ?2, ?3) \
             ON CONFLICT (key) DO UPDATE SET last_used_at = excluded.last_used_at, rate_used = excluded.rate_used",
            &[(&*account).into(), now.as_millisecond().into(), used.0.into()],
        )?;
        self.memory.rates.insert(account.to_string(), used);
        self.memory.noted.insert(account.into_owned(), now);
        Ok(())
    }

    pub(in crate::ledger) fn revoke(
        &mut self,
        ids: &[InviteId],
        now: Timestamp,
    ) -> Result<Result<Vec<Invite>, LedgerError>, SqlError> {
        // A use that is reserved may come free again, and then is not to be had either.
        let statement = format!(
            "UPDATE invite SET revoked_at = ?1 WHERE id = ?2 AND ({IS_PENDING} OR (revoked_at IS NULL \
             AND EXISTS (SELECT 1 FROM redemption WHERE redemption.invite = ?2 AND made = 0))) RETURNING {COLUMNS}"
        );
        let mut revoked = Vec::new();
        for id in ids {
            let values = [now.as_millisecond().into(), id.to_row().into()];
            let invite = self.sql.first(&statement, &values, read_invite)?;
            revoked.extend(invite.map(|invite| with_redemptions(self.sql, invite)).transpose()?);
        }
        Ok(Ok(revoked))
    }

    /// Drops what ended before `ended_before` among the next rows after `after`. What was made later cannot have ended
    /// earlier, so the sweep stops there: it costs what is old, not what is there.
    pub(in crate::ledger) fn sweep(
        &mut self,
        ended_before: Timestamp,
        after: Option<InviteId>,
    ) -> Result<Result<Swept, LedgerError>, SqlError> {
        let first = after.map_or(i64::MIN, InviteId::to_row);
        let end = InviteId::first_at(ended_before).to_row();
        let last = self.sql.first(
            "SELECT max(id) FROM (SELECT id FROM invite WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3) AS slice",
            &[first.into(), end.into(), SWEEP_ROWS.into()],
            |row| row.maybe_integer(0),
        )?;
        let Some(last) = last.flatten() else { return Ok(Ok(Swept { dropped: 0, next: None })) };
        let dropped = self.sql.execute(
            "DELETE FROM invite WHERE id > ?1 AND id <= ?2 \
             AND (expires_at < ?3 OR revoked_at < ?3 OR spent_at < ?3) \
             AND NOT EXISTS (SELECT 1 FROM redemption WHERE redemption.invite = invite.id AND made = 0)",
            &[first.into(), last.into(), ended_before.as_millisecond().into()],
        )?;
        Ok(Ok(Swept { dropped, next: Some(InviteId::from_row(last)) }))
    }

    pub(in crate::ledger) fn probe(&mut self) -> Result<Result<(), LedgerError>, SqlError> {
        self.sql.execute(
            "INSERT INTO meta (name, value) VALUES ('probe', ?1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            &[[0].as_slice().into()],
        )?;
        Ok(Ok(()))
    }
}
