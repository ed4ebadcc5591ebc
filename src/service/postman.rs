//! Mails the links of invites, and reminders: the carrier of letters, as long as there is a mail server in the configuration.
//!
//! A letter that was taken is deleted with the address in it. One that was not is sent again, less and less often, for three
//! days; one that the server refuses for good is dead at once. Whose invite has ended meanwhile gets none.

use std::time::Duration;

use jiff::Timestamp;

use super::running::Running;
use crate::config::MailSettings;
use crate::delivery::{Carried, Carrier, Carrying, ChannelNews, DeliveryEnd, Pace};
use crate::desk::{LetterContent, MailedInvite};
use crate::ledger::OutboxRow;
use crate::log::{Event, chain, event};
use crate::mail::{Letter, MailError, Mailer};
use crate::metrics::SentLabel;
use crate::pages::mail::{mail, reminder};

/// One letter at a time, as a mail server likes it, which may take minutes.
const PACE: Pace = Pace {
    at_once: 1,
    patience: Duration::from_secs(150),
    grace: Duration::from_secs(150),
    first: Duration::from_secs(5),
    most_for_row: Duration::from_hours(2),
    most_for_channel: Duration::from_mins(5),
};

/// Mails what waits to be mailed.
pub(super) struct Postman {
    running: Running,
    mailer: Mailer,
}

impl Postman {
    /// Who hands letters to that server. Reads the certificates that the system trusts.
    ///
    /// # Errors
    /// When TLS cannot be set up for a server of that name.
    pub(super) fn new(running: Running, settings: &MailSettings) -> Result<Self, MailError> {
        Ok(Self { running, mailer: Mailer::new(settings)? })
    }

    async fn post(&self, row: &OutboxRow, now: Timestamp) -> Carried {
        let state = self.running.state.load_full();
        let content = match state.desk.invites.mailed(row, now).await {
            Ok(Some(content)) => content,
            Ok(None) => return Carried::Dropped,
            Err(error) => return Carried::PutOff { reason: chain(&error).to_string() },
        };
        match content {
            LetterContent::Invite(mailed) => {
                let MailedInvite { created, delivery } = *mailed;
                let (id, host) = (created.invite.id, created.invite.draft.host.clone());
                let Some(site) = state.settings.hosts.get(&host) else { return Carried::Dropped };
                let text = mail(&created, site, delivery.language);
                let letter = Letter {
                    to: delivery.to,
                    id: format!("invite.{id}"),
                    date: now,
                    language: text.language,
                    subject: text.subject,
                    text: text.text,
                    html: text.html,
                };
                let sent = self.mailer.send(&letter).await;
                match &sent {
                    Ok(()) => event(&Event::MailSent { invite: &id, host: &host, to: &letter.to }),
                    Err(error @ MailError::Refused(_)) => {
                        event(&Event::MailRefused { invite: &id, host: &host, to: &letter.to, reason: &chain(error) });
                    }
                    Err(MailError::Later(_) | MailError::Away(_)) => {}
                }
                carried(sent)
            }
            LetterContent::Reminder { to, open } => {
                let text = reminder(&open);
                let id = format!("reminder.{}", row.message);
                let (language, subject) = (text.language, text.subject);
                let letter = Letter { to, id, date: now, language, subject, text: text.text, html: text.html };
                let sent = self.mailer.send(&letter).await;
                if sent.is_ok() {
                    event(&Event::MailReminded { to: &letter.to });
                }
                carried(sent)
            }
        }
    }
}

/// What came of a letter.
fn carried(sent: Result<(), MailError>) -> Carried {
    let Err(error) = sent else { return Carried::Delivered };
    let reason = chain(&error).to_string();
    match error {
        MailError::Refused(_) => Carried::Refused { reason },
        MailError::Later(_) => Carried::PutOff { reason },
        MailError::Away(_) => Carried::Failed { reason, wait: None },
    }
}

impl Carrier for Postman {
    fn carry<'a>(&'a self, rows: &'a [OutboxRow], now: Timestamp) -> Carrying<'a> {
        Box::pin(async move {
            match rows.first() {
                Some(row) => self.post(row, now).await,
                None => Carried::Dropped,
            }
        })
    }

    fn pace(&self) -> Pace {
        PACE
    }

    fn count(&self, end: DeliveryEnd) {
        self.running.metrics.mails.get_or_create(&SentLabel { result: end.name() }).inc();
    }

    fn tell(&self, news: &ChannelNews<'_>) {
        event(&match news {
            ChannelNews::Failing { reason } => Event::MailFailing { reason },
            ChannelNews::Recovered => Event::MailRecovered,
            ChannelNews::Dead { count } => Event::MailDead { count: *count },
        });
    }
}
