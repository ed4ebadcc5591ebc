//! Once a week, admins are reminded of links that live long and are still open: by mail, by message, and by webhooks that ask
//! for it.

use crate::config::{RemindedAdmin, Settings};
use crate::invite::event::EventKind;
use crate::invite::news::UserNews;
use crate::invite::open::OpenInvites;
use crate::ledger::{Ledger, LedgerError, MESSAGE_CHANNEL, OutgoingLetter, Reminder, Seal, Subscriber};

/// Whether anybody is reminded.
pub(super) fn is_wanted(settings: &Settings, subscribers: &[Subscriber]) -> bool {
    !settings.invites.remind.is_empty() || subscribers.iter().any(|one| one.wants(EventKind::InvitesOpen, None))
}

/// Reminds them, if it is time for that and there is anything to be reminded of.
pub(super) async fn remind(ledger: &Ledger, settings: &Settings) -> Result<(), LedgerError> {
    let admins = &settings.invites.remind;
    let reminders =
        |open: &OpenInvites| admins.iter().map(|admin| reminder(admin, open, ledger.seal())).collect::<Vec<_>>();
    ledger.remind(reminders, ledger.now()).await
}

fn reminder(admin: &RemindedAdmin, open: &OpenInvites, seal: &Seal) -> Reminder {
    match admin {
        RemindedAdmin::Mail(to) => OutgoingLetter::reminder(to, open, seal),
        RemindedAdmin::Message(to) => Reminder {
            channel: MESSAGE_CHANNEL.to_owned(),
            topic: to.to_string(),
            body: UserNews::Open(open.clone()).to_bytes(),
        },
    }
}
