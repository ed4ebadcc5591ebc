//! What the outbox holds of a letter: where it goes, sealed. Whose invite it is says the row's topic; its token is nowhere, and is
//! derived when the letter is sent. A reminder has with it what it is of.

use std::str::FromStr as _;

use serde::{Deserialize, Serialize};

use crate::config::LanguageTag;
use crate::invite::mail::{Delivery, MailAddress};
use crate::invite::open::OpenInvites;
use crate::ledger::query::Reminder;
use crate::ledger::seal::Seal;
use crate::rate::Rate;

/// Where letters wait in the outbox. No webhook can be called so.
pub const MAIL_CHANNEL: &str = "mail/";

/// A letter that goes into the outbox with its invite.
#[derive(Clone, Debug)]
pub struct OutgoingLetter {
    /// Under which name mails to its mailbox are counted; that says nothing of the address to whoever lacks the ledger key.
    pub(super) mailbox: String,
    /// Mails to one mailbox.
    pub(super) limit: Rate,
    /// What is kept of it.
    pub(super) sealed: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct SealedLetter {
    to: String,
    language: Option<String>,
    /// Of a reminder, in place of an invite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open: Option<OpenInvites>,
}

/// What the outbox holds of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptLetter {
    /// The link of the invite that its topic names.
    Invite(Delivery),
    /// A reminder.
    Reminder(MailAddress, OpenInvites),
}

impl OutgoingLetter {
    /// One that goes there.
    #[must_use]
    pub fn new(delivery: &Delivery, limit: Rate, seal: &Seal) -> Self {
        let language = delivery.language.map(str::to_owned);
        let letter = SealedLetter { to: delivery.to.reveal().to_owned(), language, open: None };
        Self { mailbox: mailbox(&delivery.to, seal), limit, sealed: letter.close(seal) }
    }

    /// A reminder that goes there.
    #[must_use]
    pub fn reminder(to: &MailAddress, open: &OpenInvites, seal: &Seal) -> Reminder {
        let letter = SealedLetter { to: to.reveal().to_owned(), language: None, open: Some(open.clone()) };
        let topic = format!("reminder/{}", mailbox(to, seal));
        Reminder { channel: MAIL_CHANNEL.to_owned(), topic, body: letter.close(seal) }
    }

    /// The letter of which the outbox holds this; nothing if it was sealed under another key.
    #[must_use]
    pub fn open(sealed: &[u8], seal: &Seal) -> Option<KeptLetter> {
        let letter: SealedLetter = serde_json::from_slice(&seal.open(sealed)?).ok()?;
        let to = letter.to.parse().ok()?;
        if let Some(open) = letter.open {
            return Some(KeptLetter::Reminder(to, open));
        }
        let language = letter.language.and_then(|tag| LanguageTag::from_str(&tag).ok()).map(|tag| tag.0);
        Some(KeptLetter::Invite(Delivery { to, language }))
    }
}

impl SealedLetter {
    fn close(&self, seal: &Seal) -> Vec<u8> {
        // None of it has a map whose keys are no texts, which is all that this could fail for.
        seal.close(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// Under which name mails to a mailbox are counted.
fn mailbox(to: &MailAddress, seal: &Seal) -> String {
    let digest = seal.slot(&["mail", &to.mailbox()]);
    digest.iter().take(16).fold("mail/".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::token::LedgerKey;

    #[test]
    fn what_is_kept_of_a_letter_is_read_with_the_key_alone() {
        let [own, other] = [1, 2].map(|byte| Seal::new(&LedgerKey::new(&[byte; 32])));
        let rate = Rate { count: 5, period: std::time::Duration::from_hours(24) };
        let delivery = |to: &str, language| Delivery { to: to.parse().unwrap(), language };
        let letter = |to: &str, seal| OutgoingLetter::new(&delivery(to, Some("de")), rate, seal);
        let juliet = letter("juliet@example.net", &own);
        assert_eq!(
            OutgoingLetter::open(&juliet.sealed, &own),
            Some(KeptLetter::Invite(delivery("juliet@example.net", Some("de"))))
        );
        assert_eq!(OutgoingLetter::open(&juliet.sealed, &other), None);
        for kept in [&juliet.sealed[..], juliet.mailbox.as_bytes()] {
            assert!(!String::from_utf8_lossy(kept).contains("juliet"));
        }
        let (to, open) = ("admin@example.net".parse().unwrap(), OpenInvites { count: 0, invites: vec![] });
        let reminder = OutgoingLetter::reminder(&to, &open, &own);
        assert_eq!(OutgoingLetter::open(&reminder.body, &own), Some(KeptLetter::Reminder(to, open)));
        assert!(!reminder.topic.contains("admin"));
        assert_eq!(letter("Juliet+a@EXAMPLE.net", &own).mailbox, juliet.mailbox);
        assert_ne!(letter("romeo@example.net", &own).mailbox, juliet.mailbox);
        assert_ne!(letter("juliet@example.net", &other).mailbox, juliet.mailbox);
    }
}
