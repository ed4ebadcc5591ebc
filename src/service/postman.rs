//! Mails the links of invites: empties the channel of letters in the outbox, one after the other, as long as there is a mail server
//! in the configuration. A server that hangs has nobody else wait.
//!
//! A letter that was taken is deleted with the address in it. One that was not is sent again, less and less often, for three
//! days; one that the server refuses for good is dead at once. Whose invite has ended meanwhile gets none.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_channel::Receiver;
use async_io::Timer;
use futures_lite::FutureExt as _;
use jiff::{SignedDuration, Timestamp};

use super::running::Running;
use crate::config::HostSettings;
use crate::desk::MailedInvite;
use crate::ledger::{AttemptEnd, Attempted, ChannelNote, LedgerError, MAIL_CHANNEL, OutboxRow};
use crate::log::{Event, chain, event};
use crate::mail::{Letter, MailError, Mailer};
use crate::metrics::MailLabel;
use crate::pages::mail::mail;

/// So often it is looked for what was written elsewhere, or may be sent again.
const ROUND: Duration = Duration::from_secs(1);

/// So many letters are read at once.
const ROWS: usize = 32;

/// For so long a node is the one that sends: longer than one letter takes at the slowest server.
const HOLD: SignedDuration = SignedDuration::from_mins(5);

/// A letter is sent again after so long at first, twice as long after each failure, and at least so often.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(2);

/// Goes on until the other end of `stop` is gone, and what is under way then has ended.
pub(super) async fn run(running: Running, stop: Receiver<Infallible>) {
    let holder = running.ledger.new_holder();
    let mut postman = Postman { running, holder, mailer: None, is_failing: false };
    loop {
        let written = postman.running.ledger.outbox_written();
        if let Err(error) = postman.round(&stop).await {
            tracing::debug!(error = %chain(&error), "letters cannot be read or noted, will retry");
        }
        let next = async {
            written
                .or(async {
                    Timer::after(ROUND).await;
                })
                .await;
            false
        };
        let stopped = async {
            let _ = stop.recv().await;
            true
        };
        if stopped.or(next).await {
            break;
        }
    }
    let Postman { running, holder, mailer, .. } = postman;
    if mailer.is_some() {
        // Whoever comes next need not wait.
        let _ = running.ledger.release_channel(MAIL_CHANNEL.into(), holder).await;
    }
}

struct Postman {
    running: Running,
    holder: String,
    mailer: Option<Arc<Mailer>>,
    is_failing: bool,
}

/// What became of a letter.
enum Posted {
    Sent,
    /// Nobody could use it any more.
    Over,
    Failed(MailError),
}

impl Postman {
    /// Sends what may be sent now.
    async fn round(&mut self, stop: &Receiver<Infallible>) -> Result<(), LedgerError> {
        let settings = Arc::clone(&self.running.state.load().settings);
        let Some(mail) = &settings.mail else {
            self.mailer = None;
            return Ok(());
        };
        let ledger = self.running.ledger.clone();
        if ledger.may_judge().is_err() {
            return Ok(());
        }
        let rows = ledger.due(MAIL_CHANNEL.into(), BTreeSet::new(), ROWS, ledger.now()).await?;
        if rows.is_empty() {
            return Ok(());
        }
        if !matches!(&self.mailer, Some(mailer) if mailer.settings() == mail) {
            // It reads the certificates that the system trusts.
            let mail = mail.clone();
            match blocking::unblock(move || Mailer::new(&mail)).await {
                Ok(mailer) => self.mailer = Some(Arc::new(mailer)),
                Err(error) => {
                    self.note_failing(&error);
                    return Ok(());
                }
            }
        }
        let Some(mailer) = self.mailer.clone() else { return Ok(()) };
        for row in rows {
            if stop.is_closed() || Arc::as_ptr(&settings) != Arc::as_ptr(&self.running.state.load().settings) {
                break;
            }
            let (channel, holder) = (MAIL_CHANNEL.to_owned(), self.holder.clone());
            if !ledger.hold_channel(channel, holder, HOLD, ledger.now()).await? {
                break;
            }
            // Another node may have sent it before this one held the channel.
            let due = ledger.due(MAIL_CHANNEL.into(), BTreeSet::new(), ROWS, ledger.now()).await?;
            if !due.iter().any(|other| other.id == row.id && other.message == row.message) {
                continue;
            }
            let posted = self.post(&mailer, &row).await?;
            let is_away = matches!(posted, Posted::Failed(MailError::Away(_)));
            self.note(&row, posted).await?;
            if is_away {
                break;
            }
        }
        Ok(())
    }

    async fn post(&self, mailer: &Mailer, row: &OutboxRow) -> Result<Posted, LedgerError> {
        let state = self.running.state.load_full();
        let now = self.running.ledger.now();
        let Some(MailedInvite { created, delivery }) = state.desk.invites.mailed(row, now).await? else {
            return Ok(Posted::Over);
        };
        let Some(site) = state.settings.hosts.get(&created.invite.draft.host) else { return Ok(Posted::Over) };
        let site: &HostSettings = site;
        let text = mail(&created, site, delivery.language);
        let (id, host) = (created.invite.id, created.invite.draft.host);
        let letter = Letter {
            to: delivery.to,
            id: format!("invite.{id}"),
            date: now,
            language: text.language,
            subject: text.subject,
            text: text.text,
            html: text.html,
        };
        Ok(match mailer.send(&letter).await {
            Ok(()) => {
                event(&Event::MailSent { invite: &id, host: &host, to: &letter.to });
                Posted::Sent
            }
            Err(error) => {
                if let MailError::Refused(_) = &error {
                    event(&Event::MailRefused { invite: &id, host: &host, to: &letter.to, reason: &chain(&error) });
                }
                Posted::Failed(error)
            }
        })
    }

    /// Writes down what became of a letter.
    async fn note(&mut self, row: &OutboxRow, posted: Posted) -> Result<(), LedgerError> {
        let now = self.running.ledger.now();
        let mut note = ChannelNote::default();
        let (end, result) = match posted {
            Posted::Sent => {
                note.delivered_at = Some(now);
                self.is_failing = false;
                (AttemptEnd::Delivered, "sent")
            }
            Posted::Over => (AttemptEnd::Delivered, "dropped"),
            Posted::Failed(error) => {
                note.failed = Some((now, chain(&error).to_string()));
                match error {
                    MailError::Refused(_) => (AttemptEnd::Dead { at: now }, "refused"),
                    MailError::Later(_) | MailError::Away(_) if row.give_up_at <= now => {
                        tracing::warn!(error = %chain(&error), "a letter was not taken for three days, and is not sent");
                        (AttemptEnd::Dead { at: now }, "refused")
                    }
                    MailError::Later(_) | MailError::Away(_) => {
                        self.note_failing(&error);
                        (AttemptEnd::Failed { next_at: next_try(row.attempts, now) }, "failed")
                    }
                }
            }
        };
        self.running.metrics.mails.get_or_create(&MailLabel { result }).inc();
        let attempts = [Attempted { id: row.id, message: row.message.clone(), end }];
        self.running.ledger.note_attempts(MAIL_CHANNEL.into(), attempts.into(), note, None).await?;
        Ok(())
    }

    fn note_failing(&mut self, error: &MailError) {
        if !std::mem::replace(&mut self.is_failing, true) {
            tracing::warn!(error = %chain(error), "mail cannot be sent, will retry");
        }
    }
}

/// When a letter is sent again that failed so often before.
fn next_try(attempts: u32, now: Timestamp) -> Timestamp {
    let pause = FIRST_PAUSE.saturating_mul(1_i32.checked_shl(attempts.min(16)).unwrap_or(i32::MAX)).min(LONGEST_PAUSE);
    now.checked_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_sent_again_less_and_less_often() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let pauses: Vec<_> =
            [0, 1, 2, 7, 8, 1_000].map(|attempts| next_try(attempts, now).duration_since(now).as_secs()).into();
        assert_eq!(pauses, [5, 10, 20, 640, 1_280, 7_200]);
    }
}
