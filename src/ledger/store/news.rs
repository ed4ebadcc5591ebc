//! Statements about news for users: that somebody has joined, and what is true of it when it is sent; and reminders.

use jiff::Timestamp;

use super::rows::{IS_PENDING, moment};
use super::transaction::{Store, Transaction};
use crate::config::News;
use crate::invite::event::{EventKind, body};
use crate::invite::name::{Jid, Username};
use crate::invite::news::UserNews;
use crate::invite::open::{LONG, NAMED, OpenInvite, OpenInvites};
use crate::invite::{Invite, InviteId, Kind, Source};
use crate::ledger::error::{LedgerError, SqlError};
use crate::ledger::query::Reminder;
use crate::ledger::row::Row;
use crate::ledger::statements::Statements;

/// Where messages for users wait in the outbox. No webhook can be called so.
pub const MESSAGE_CHANNEL: &str = "message/";

/// Which links live long and are still open at `?1`.
fn is_open_for_long() -> String {
    format!("{IS_PENDING} AND expires_at - created_at > ?2")
}

/// When admins were reminded last, in milliseconds since 1970.
async fn reminded_at(sql: Statements<'_>) -> Result<Option<i64>, SqlError> {
    let statement = "SELECT value FROM meta WHERE name = 'reminded'";
    let read = |row: &Row<'_>| Ok(row.bytes(0)?.try_into().map(i64::from_be_bytes).ok());
    Ok(sql.first(statement, &[], read).await?.flatten())
}

impl Transaction<'_> {
    /// Has whoever had an invite created be told that `account` was, if that is a user who is told of it. Of whom others only say
    /// that they invite is told nothing: else whoever has a key could have anybody sent messages.
    pub(super) async fn announce_joined(
        &self,
        invite: &Invite,
        account: &Username,
        now: Timestamp,
    ) -> Result<(), SqlError> {
        match (&invite.draft.source, &invite.draft.kind) {
            (_, Kind::Reset { .. }) | (Source::Key(_) | Source::Cli | Source::Server, _) => Ok(()),
            (Source::Xmpp(user), Kind::Account { .. } | Kind::Contact { .. }) => {
                let account = Jid { user: account.clone(), host: invite.draft.host.clone() };
                self.announce_news(News::Joined, user, &UserNews::Joined { account }, now).await
            }
        }
    }

    /// Has a user be told, where users are.
    pub(super) async fn announce_news(
        &self,
        kind: News,
        user: &Jid,
        news: &UserNews,
        now: Timestamp,
    ) -> Result<(), SqlError> {
        for subscriber in self.subscribers.iter().filter(|one| one.wants_for(kind, user)) {
            self.put_in_outbox(&subscriber.channel, user.to_string(), &news.to_bytes(), now).await?;
        }
        Ok(())
    }

    /// Deletes what waits for `user`, and what tells others that `user` has joined.
    pub(super) async fn forget_news(&self, user: &Jid) -> Result<(), SqlError> {
        let joined = UserNews::Joined { account: user.clone() }.to_bytes();
        let statement = "DELETE FROM outbox WHERE channel = ?1 AND (topic = ?2 OR body = ?3)";
        let address = user.to_string();
        self.sql.send(statement, &[MESSAGE_CHANNEL.into(), address.as_str().into(), joined.as_slice().into()]).await
    }

    /// Puts reminders into the outbox, and notes that it was done at `now`; false, and nothing is done, where that was not done
    /// last at `before` any more: then another node has.
    pub(in crate::ledger) async fn remind(
        &self,
        open: &OpenInvites,
        reminders: &[Reminder],
        before: Option<i64>,
        now: Timestamp,
    ) -> Result<Result<bool, LedgerError>, SqlError> {
        if reminded_at(self.sql).await? != before {
            return Ok(Ok(false));
        }
        for Reminder { channel, topic, body } in reminders {
            self.put_in_outbox(channel, topic.clone(), body, now).await?;
        }
        let kind = EventKind::InvitesOpen;
        for subscriber in self.subscribers.iter().filter(|one| one.wants(kind, None)) {
            let body = body(kind.name(), now, open);
            self.put_in_outbox(&subscriber.channel, kind.name().to_owned(), &body, now).await?;
        }
        let statement = "INSERT INTO meta (name, value) VALUES ('reminded', ?1) \
                         ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.sql.send(statement, &[now.as_millisecond().to_be_bytes().as_slice().into()]).await?;
        Ok(Ok(true))
    }
}

impl Store<'_> {
    /// When admins were reminded last, in milliseconds since 1970.
    pub(in crate::ledger) async fn reminded_at(self) -> Result<Option<i64>, SqlError> {
        reminded_at(self.0).await
    }

    /// Invites that live long and are still open.
    pub(in crate::ledger) async fn open_for_long(self, now: Timestamp) -> Result<OpenInvites, SqlError> {
        let long = i64::try_from(LONG.as_millis()).unwrap_or(i64::MAX);
        let values = [now.as_millisecond().into(), long.into()];
        let is_open = is_open_for_long();
        let count = format!("SELECT count(*) FROM invite WHERE {is_open}");
        let count = self.0.first(&count, &values, |row| row.integer(0)).await?.unwrap_or_default();
        if count == 0 {
            return Ok(OpenInvites { count: 0, invites: vec![] });
        }
        let first = format!(
            "SELECT id, host, uses - used, created_at, expires_at FROM invite WHERE {is_open} ORDER BY id LIMIT {NAMED}"
        );
        let read = |row: &Row<'_>| {
            Ok(OpenInvite {
                id: InviteId::from_row(row.integer(0)?).to_string(),
                host: row.text(1)?.to_owned(),
                uses_left: row.number(2)?,
                created_at: moment(row, 3)?,
                expires_at: moment(row, 4)?,
            })
        };
        Ok(OpenInvites { count: count.cast_unsigned(), invites: self.0.all(&first, &values, read).await? })
    }
}
