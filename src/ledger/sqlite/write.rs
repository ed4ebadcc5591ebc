//! What a transaction does: every statement that writes.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::Rng as _;
use rand::rngs::StdRng;
use rusqlite::{OptionalExtension as _, params};

use super::Memory;
use super::rows::{COLUMNS, IS_PENDING, find, read_invite, with_redemptions};
use crate::config::{Used, UsedUp};
use crate::invite::name::{HostName, Username};
use crate::invite::{Change, Draft, Invite, InviteId, Source};
use crate::ledger::{Answer, ChangeError, CreateError, LedgerError, Repeatable, Terms};

/// When a key was last used is written so often; a limit that is used, always.
const NOTE_EVERY: SignedDuration = SignedDuration::from_secs(10);

/// A sweep looks at so many rows in one transaction, so that creates never wait long for it.
const SWEEP_ROWS: i64 = 2_000;

/// An answer is repeated for a day.
const ANSWERS_KEPT_MS: i64 = 24 * 3_600 * 1_000;

/// What was answered later than this is answered the same again.
pub(super) fn answers_kept_since(now: Timestamp) -> i64 {
    now.as_millisecond() - ANSWERS_KEPT_MS
}

/// What one slice of a sweep did.
pub(in crate::ledger) struct Swept {
    pub(in crate::ledger) dropped: u64,
    /// Where the next slice begins, if there is one.
    pub(in crate::ledger) next: Option<InviteId>,
}

/// A transaction under way.
pub(in crate::ledger) struct Transaction<'a> {
    pub(in crate::ledger) sqlite: rusqlite::Transaction<'a>,
    pub(super) memory: &'a mut Memory,
    pub(super) rng: &'a mut StdRng,
}

impl Transaction<'_> {
    /// Makes invites, all or none. The inner result is the caller's; the outer one fails the transaction.
    pub(in crate::ledger) fn create(
        &mut self,
        drafts: Vec<Draft>,
        terms: Option<&Terms>,
    ) -> rusqlite::Result<Result<Vec<Invite>, CreateError>> {
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
        let invites = drafts.into_iter().map(|draft| self.insert(draft)).collect::<rusqlite::Result<Vec<_>>>()?;
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
    ) -> rusqlite::Result<Result<Invite, ChangeError>> {
        let Some(mut invite) = find(&self.sqlite, id)? else { return Ok(Err(ChangeError::Absent)) };
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
        let mut statement = self.sqlite.prepare_cached(
            "UPDATE invite SET note = ?2, expires_at = ?3, uses = ?4, revoked_at = ?5, \
             spent_at = CASE WHEN used < ?4 THEN NULL ELSE coalesce(spent_at, ?6) END WHERE id = ?1",
        )?;
        statement.execute(params![
            id.to_row(),
            invite.draft.note,
            invite.draft.expires_at.as_millisecond(),
            invite.draft.uses,
            invite.revoked_at.map(Timestamp::as_millisecond),
            now.as_millisecond(),
        ])?;
        Ok(Ok(invite))
    }

    /// Does `work`, or gives what the same request was answered before.
    pub(in crate::ledger) fn once<T, E>(
        &mut self,
        request: Option<Repeatable<T>>,
        now: Timestamp,
        other_body: E,
        work: impl FnOnce(&mut Self) -> rusqlite::Result<Result<T, E>>,
    ) -> rusqlite::Result<Result<Answer<T>, E>> {
        let Some(request) = request else { return Ok(work(self)?.map(Answer::New)) };
        let mut statement =
            self.sqlite.prepare_cached("SELECT request, sealed FROM answer WHERE slot = ?1 AND made_at > ?2")?;
        let forgotten = answers_kept_since(now);
        let before: Option<(Vec<u8>, Vec<u8>)> =
            statement.query_row(params![request.slot, forgotten], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        drop(statement);
        if let Some((body, sealed)) = before {
            return Ok(if body == request.body { Ok(Answer::Before(sealed)) } else { Err(other_body) });
        }
        let made = work(self)?;
        if let Ok(made) = &made {
            let mut statement = self.sqlite.prepare_cached(
                "INSERT OR REPLACE INTO answer (slot, request, made_at, sealed) VALUES (?1, ?2, ?3, ?4)",
            )?;
            let sealed = (request.seal)(made);
            statement.execute(params![request.slot, request.body, now.as_millisecond(), sealed])?;
        }
        Ok(made.map(Answer::New))
    }

    /// Whether another pending invite than `except` reserves the name.
    pub(super) fn is_reserved(
        &self,
        host: &HostName,
        name: &Username,
        except: Option<InviteId>,
        now: Timestamp,
    ) -> rusqlite::Result<bool> {
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM invite WHERE host = ?2 AND username = ?3 AND kind <> 'reset' \
             AND id IS NOT ?4 AND {IS_PENDING})"
        );
        let mut statement = self.sqlite.prepare_cached(&sql)?;
        let except = except.map(InviteId::to_row);
        statement.query_row(params![now.as_millisecond(), host.as_str(), name.as_str(), except], |row| row.get(0))
    }

    /// Whether an invite was redeemed for the name, or is just being.
    pub(super) fn is_taken(&self, host: &HostName, name: &Username) -> rusqlite::Result<bool> {
        let mut statement =
            self.sqlite.prepare_cached("SELECT EXISTS (SELECT 1 FROM redemption WHERE host = ?1 AND account = ?2)")?;
        statement.query_row(params![host.as_str(), name.as_str()], |row| row.get(0))
    }

    /// How long until the key may have `count` more pending invites, if it may not now.
    fn lacks_room(&self, terms: &Terms, now: Timestamp, count: u32) -> rusqlite::Result<Option<Duration>> {
        let Some(max_pending) = terms.max_pending else { return Ok(None) };
        let sql = format!(
            "SELECT count(*), min(expires_at) FROM \
             (SELECT expires_at FROM invite WHERE source = ?2 AND {IS_PENDING} LIMIT ?3)"
        );
        let source = Source::Key(terms.key.clone()).to_string();
        let mut statement = self.sqlite.prepare_cached(&sql)?;
        let (pending, next): (u32, Option<i64>) = statement
            .query_row(params![now.as_millisecond(), source, max_pending], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok((pending.saturating_add(count) > max_pending).then(|| {
            let wait = next.map_or(0, |next| next.saturating_sub(now.as_millisecond()));
            Duration::from_millis(u64::try_from(wait).unwrap_or(0).max(1_000))
        }))
    }

    /// Whether the key may make `count` more, and what is used of its rate then.
    fn judge(&mut self, terms: &Terms, now: Timestamp, count: u32) -> rusqlite::Result<Result<Used, CreateError>> {
        if let Some(retry_after) = self.lacks_room(terms, now, count)? {
            return Ok(Err(CreateError::Pending { retry_after }));
        }
        let used = if let Some(used) = self.memory.rates.get(terms.key.as_str()) {
            *used
        } else {
            let mut statement = self.sqlite.prepare_cached("SELECT rate_used FROM key_use WHERE key = ?1")?;
            Used(statement.query_row([terms.key.as_str()], |row| row.get(0)).optional()?.unwrap_or(0))
        };
        Ok(match terms.limit {
            Some(limit) => {
                limit.take(used, now, count).map_err(|UsedUp { retry_after }| CreateError::Limit { retry_after })
            }
            None => Ok(used),
        })
    }

    pub(super) fn insert(&mut self, draft: Draft) -> rusqlite::Result<Invite> {
        let json = |list: &[String]| (!list.is_empty()).then(|| serde_json::Value::from(list).to_string());
        let mut statement = self.sqlite.prepare_cached(
            "INSERT OR IGNORE INTO invite \
             (id, kind, host, source, username, contact, inviter, groups, roles, note, uses, created_at, expires_at, \
             app_token, app_expires_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?;
        let last = if self.memory.last_id.is_some() {
            self.memory.last_id
        } else {
            let newest: Option<i64> = self.sqlite.query_row("SELECT max(id) FROM invite", [], |row| row.get(0))?;
            newest.map(InviteId::from_row)
        };
        let mut id = InviteId::after(last, draft.created_at, self.rng.next_u32());
        // Another process may have taken the id; then the next one is tried.
        while statement.execute(params![
            id.to_row(),
            draft.kind.name().word(),
            draft.host.as_str(),
            draft.source.to_string(),
            draft.kind.username().map(Username::as_str),
            draft.kind.contact().map(ToString::to_string),
            draft.inviter,
            json(&draft.groups),
            json(&draft.roles),
            draft.note,
            draft.uses,
            draft.created_at.as_millisecond(),
            draft.expires_at.as_millisecond(),
            draft.app_token.as_ref().map(|token| &token.sealed),
            draft.app_token.as_ref().map(|token| token.expires_at.as_millisecond()),
        ])? == 0
        {
            id = InviteId::after(Some(id), draft.created_at, self.rng.next_u32());
        }
        self.memory.last_id = Some(id);
        Ok(Invite::from((id, draft)))
    }

    /// Writes what is used of a limit with every invite; when a key was last used, now and then.
    fn note_use(&mut self, terms: &Terms, now: Timestamp, used: Used) -> rusqlite::Result<()> {
        let noted = self.memory.noted.get(terms.key.as_str());
        if terms.limit.is_none() && noted.is_some_and(|at| now.duration_since(*at) < NOTE_EVERY) {
            return Ok(());
        }
        let mut statement = self.sqlite.prepare_cached(
            "INSERT INTO key_use (key, last_used_at, rate_used) VALUES (?1, ?2, ?3) \
             ON CONFLICT (key) DO UPDATE SET last_used_at = excluded.last_used_at, rate_used = excluded.rate_used",
        )?;
        statement.execute(params![terms.key.as_str(), now.as_millisecond(), used.0])?;
        self.memory.rates.insert(terms.key.to_string(), used);
        self.memory.noted.insert(terms.key.to_string(), now);
        Ok(())
    }

    pub(in crate::ledger) fn revoke(
        &mut self,
        ids: &[InviteId],
        now: Timestamp,
    ) -> rusqlite::Result<Result<Vec<Invite>, LedgerError>> {
        // A use that is reserved may come free again, and then is not to be had either.
        let sql = format!(
            "UPDATE invite SET revoked_at = ?1 WHERE id = ?2 AND ({IS_PENDING} OR (revoked_at IS NULL \
             AND EXISTS (SELECT 1 FROM redemption WHERE invite = ?2 AND made = 0))) RETURNING {COLUMNS}"
        );
        let mut statement = self.sqlite.prepare_cached(&sql)?;
        let mut revoked = Vec::new();
        for id in ids {
            let invite = statement.query_row(params![now.as_millisecond(), id.to_row()], read_invite).optional()?;
            revoked.extend(invite.map(|invite| with_redemptions(&self.sqlite, invite)).transpose()?);
        }
        Ok(Ok(revoked))
    }

    /// Drops what ended before `ended_before` among the next rows after `after`. What was made later cannot have ended
    /// earlier, so the sweep stops there: it costs what is old, not what is there.
    pub(in crate::ledger) fn sweep(
        &mut self,
        ended_before: Timestamp,
        after: Option<InviteId>,
    ) -> rusqlite::Result<Result<Swept, LedgerError>> {
        let first = after.map_or(i64::MIN, InviteId::to_row);
        let end = InviteId::first_at(ended_before).to_row();
        let last: Option<i64> = self.sqlite.query_row(
            "SELECT max(id) FROM (SELECT id FROM invite WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3)",
            params![first, end, SWEEP_ROWS],
            |row| row.get(0),
        )?;
        let Some(last) = last else { return Ok(Ok(Swept { dropped: 0, next: None })) };
        let dropped = self.sqlite.execute(
            "DELETE FROM invite WHERE id > ?1 AND id <= ?2 \
             AND (expires_at < ?3 OR revoked_at < ?3 OR spent_at < ?3) \
             AND NOT EXISTS (SELECT 1 FROM redemption WHERE invite = invite.id AND made = 0)",
            params![first, last, ended_before.as_millisecond()],
        )?;
        Ok(Ok(Swept { dropped: dropped as u64, next: Some(InviteId::from_row(last)) }))
    }

    /// Drops answers that no repeated request gets any more.
    pub(in crate::ledger) fn forget_answers(&mut self, now: Timestamp) -> rusqlite::Result<Result<(), LedgerError>> {
        let forgotten = answers_kept_since(now);
        self.sqlite.execute("DELETE FROM answer WHERE made_at <= ?1", [forgotten])?;
        Ok(Ok(()))
    }

    pub(in crate::ledger) fn probe(&mut self) -> rusqlite::Result<Result<(), LedgerError>> {
        self.sqlite.execute(
            "INSERT INTO meta (name, value) VALUES ('probe', x'00') ON CONFLICT (name) DO UPDATE SET value = x'00'",
            [],
        )?;
        Ok(Ok(()))
    }
}
