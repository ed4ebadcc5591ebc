//! Events, under names that stay.

use std::fmt::Display;

/// Something that happened and that an admin may want to search for. The names are stable.
#[derive(Clone, Copy)]
pub enum Event<'a> {
    /// A key appeared in the state directory.
    KeyCreated {
        /// Its id.
        key: &'a dyn Display,
    },
    /// A key disappeared from the state directory.
    KeyDeleted {
        /// Its id.
        key: &'a dyn Display,
    },
    /// A caller was refused for its key.
    KeyRefused {
        /// The id it named, if there is such a key.
        key: Option<&'a dyn Display>,
        /// Who called.
        client: &'a dyn Display,
        /// Why.
        reason: &'a dyn Display,
    },
    /// An invite was created.
    InviteCreated {
        /// Its id.
        invite: &'a dyn Display,
        /// Its host.
        host: &'a dyn Display,
        /// Who had it created.
        source: &'a dyn Display,
    },
    /// A use of an invite was redeemed.
    InviteRedeemed {
        /// Its id.
        invite: &'a dyn Display,
        /// Its host.
        host: &'a dyn Display,
        /// By which way.
        via: &'a dyn Display,
        /// Who said so.
        source: &'a dyn Display,
    },
    /// An invite was revoked.
    InviteRevoked {
        /// Its id.
        invite: &'a dyn Display,
        /// Its host.
        host: &'a dyn Display,
    },
    /// Somebody signed in on `/manage`.
    SessionOpened {
        /// Who: a key's id, or a user, of whom it is not said which.
        manager: &'a dyn Display,
        /// Where.
        client: &'a dyn Display,
    },
    /// Somebody was refused there.
    SessionRefused {
        /// With what: a key, or a user's password.
        with: &'a dyn Display,
        /// Where.
        client: &'a dyn Display,
    },
    /// Somebody signed out.
    SessionClosed {
        /// As in [`Self::SessionOpened`].
        manager: &'a dyn Display,
    },
    /// The link of an invite was handed to the mail server.
    MailSent {
        /// The invite's id.
        invite: &'a dyn Display,
        /// Its host.
        host: &'a dyn Display,
        /// To whom, without what tells who that is.
        to: &'a dyn Display,
    },
    /// The mail server does not take the link of an invite, and would not take it later.
    MailRefused {
        /// The invite's id.
        invite: &'a dyn Display,
        /// Its host.
        host: &'a dyn Display,
        /// To whom, without what tells who that is.
        to: &'a dyn Display,
        /// What the server says.
        reason: &'a dyn Display,
    },
    /// No mail can be sent for now.
    MailFailing {
        /// Why.
        reason: &'a dyn Display,
    },
    /// All mail that could not be sent before was.
    MailRecovered,
    /// Mail is not sent any more, as that could not be done for three days.
    MailDead {
        /// How many letters.
        count: u64,
    },
    /// An admin was mailed which links are open for long.
    MailReminded {
        /// To whom, without what tells who that is.
        to: &'a dyn Display,
    },
    /// A user was sent a message.
    MessageSent {
        /// The host.
        host: &'a dyn Display,
        /// How much it tells of.
        count: usize,
    },
    /// The XMPP server does not take a message for a user, and would not take it later.
    MessageRefused {
        /// The host.
        host: &'a dyn Display,
        /// What the server says.
        reason: &'a dyn Display,
    },
    /// No messages can be sent for now.
    MessagesFailing {
        /// Why.
        reason: &'a dyn Display,
    },
    /// All messages that could not be sent before were.
    MessagesRecovered,
    /// Messages are not sent any more, as that could not be done for three days.
    MessagesDead {
        /// How many things users are not told of.
        count: u64,
    },
    /// A webhook began to fail.
    WebhookFailing {
        /// Its name.
        webhook: &'a dyn Display,
        /// Why.
        reason: &'a dyn Display,
    },
    /// A webhook that failed has taken what it did not take before.
    WebhookRecovered {
        /// Its name.
        webhook: &'a dyn Display,
    },
    /// Events are not sent any more, as a webhook did not take them for three days.
    WebhookDead {
        /// Its name.
        webhook: &'a dyn Display,
        /// How many.
        count: u64,
    },
    /// The configuration was reloaded and is in force.
    Reloaded,
    /// The configuration could not be reloaded; the running one stays in force.
    ReloadRefused {
        /// Why.
        reason: &'a dyn Display,
    },
}

/// Writes an event as an info line, a warning where something goes on worse, or an error where a person must act; `event=` is its stable name.
pub fn event(event: &Event<'_>) {
    match event {
        // A request may be the first to see these; it is not what caused them.
        Event::KeyCreated { key } => {
            tracing::info!(parent: None, event = "key.created", key.id = %key, "a key was created");
        }
        Event::KeyDeleted { key } => {
            tracing::info!(parent: None, event = "key.deleted", key.id = %key, "a key was deleted");
        }
        Event::KeyRefused { key, client, reason } => tracing::info!(
            event = "key.refused", key.id = key.map(tracing::field::display), client = %client, reason = %reason,
            "a key was refused"),
        Event::InviteCreated { invite, host, source } => tracing::info!(
            event = "invite.created", invite.id = %invite, host = %host, source = %source,
            "an invite was created"),
        Event::InviteRedeemed { invite, host, via, source } => tracing::info!(
            event = "invite.redeemed", invite.id = %invite, host = %host, via = %via, source = %source,
            "an invite was redeemed"),
        Event::InviteRevoked { invite, host } => {
            tracing::info!(event = "invite.revoked", invite.id = %invite, host = %host, "an invite was revoked");
        }
        Event::SessionOpened { manager, client } => tracing::info!(
            event = "session.opened", manager = %manager, client = %client, "somebody signed in to manage invites"),
        Event::SessionRefused { with, client } => tracing::info!(
            event = "session.refused", with = %with, client = %client, "a sign-in to manage invites was refused"),
        Event::SessionClosed { manager } => {
            tracing::info!(event = "session.closed", manager = %manager, "somebody signed out");
        }
        Event::MailSent { invite, host, to } => tracing::info!(
            event = "mail.sent", invite.id = %invite, host = %host, to = %to, "an invite was mailed"),
        Event::MailRefused { invite, host, to, reason } => tracing::warn!(
            event = "mail.refused", invite.id = %invite, host = %host, to = %to, error = %reason,
            "an invite could not be mailed"),
        Event::MailFailing { reason } => {
            tracing::warn!(event = "mail.failing", error = %reason, "mail cannot be sent, will retry");
        }
        Event::MailRecovered => tracing::info!(event = "mail.recovered", "mail is sent again"),
        Event::MailDead { count } => {
            tracing::warn!(event = "mail.dead", count, "letters could not be sent for three days, and are not sent");
        }
        Event::MailReminded { to } => tracing::info!(
            event = "mail.reminded", to = %to, "an admin was reminded by mail of links that are open for long"),
        Event::MessageSent { host, count } => tracing::info!(
            event = "message.sent", host = %host, count, "a user was sent a message"),
        Event::MessageRefused { host, reason } => tracing::info!(
            event = "message.refused", host = %host, error = %reason, "a user could not be sent a message"),
        Event::MessagesFailing { reason } => {
            tracing::warn!(event = "message.failing", error = %reason, "messages cannot be sent, will retry");
        }
        Event::MessagesRecovered => tracing::info!(event = "message.recovered", "messages are sent again"),
        Event::MessagesDead { count } => tracing::warn!(
            event = "message.dead",
            count,
            "users could not be told of something for three days, and are not told"
        ),
        Event::WebhookFailing { webhook, reason } => tracing::warn!(
            event = "webhook.failing", webhook = %webhook, error = %reason,
            "a webhook does not take what it is sent, will retry"),
        Event::WebhookRecovered { webhook } => tracing::info!(
            event = "webhook.recovered", webhook = %webhook, "a webhook takes what it is sent again"),
        Event::WebhookDead { webhook, count } => tracing::warn!(
            event = "webhook.dead", webhook = %webhook, count,
            "events were not taken by a webhook for three days and are not sent; send them: invited webhook retry {webhook}"),
        Event::Reloaded => tracing::info!(event = "reload.done", "the configuration was reloaded"),
        Event::ReloadRefused { reason } => {
            tracing::error!(event = "reload.refused", "reload refused: {reason}; keeping the running configuration");
        }
    }
}
